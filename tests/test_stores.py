"""Every store passes the suite that is shipped for plug-in authors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from triptych import plugins
from triptych.conformance.store import DIM, StoreSuite, unit_rows
from triptych.errors import UserError
from triptych.seams import Store


class TestExact(StoreSuite):
    def open(self, folder: Path, dim: int) -> Store:
        store: Store = plugins.load("stores", "exact", folder=folder, dim=dim)
        return store


class TestFaiss(StoreSuite):
    def open(self, folder: Path, dim: int) -> Store:
        store: Store = plugins.load("stores", "faiss", folder=folder, dim=dim)
        return store


class TestFaissSketch(StoreSuite):
    """The sketch from the first file on."""

    dim = 96

    def open(self, folder: Path, dim: int) -> Store:
        store: Store = plugins.load("stores", "faiss:500,1000000", folder=folder, dim=dim)
        return store


class TestFaissGraph(StoreSuite):
    """The graph from the first file on."""

    exact = False

    def open(self, folder: Path, dim: int) -> Store:
        store: Store = plugins.load("stores", "faiss:500,500", folder=folder, dim=dim)
        return store


def test_every_store_has_its_suite() -> None:
    assert set(plugins.names("stores")) == {"exact", "faiss"}


@pytest.mark.parametrize("spec", ["faiss:500,1000000", "faiss:500,500"])
def test_sketch_and_graph_find_what_a_scan_finds(tmp_path: Path, spec: str) -> None:
    store = plugins.load("stores", spec, folder=tmp_path, dim=128)
    exact = plugins.load("stores", "exact", folder=tmp_path / "exact", dim=128)
    ids, rows = np.arange(1, 20_001), unit_rows(20_000, dim=128)
    late = unit_rows(100, 2, 128)
    for each in (store, exact):
        each.put(ids, rows)
        each.flush(1)
        each.drop(1, 2000)
        each.put(np.arange(30_001, 30_101), late)
    near = 0.7 * rows[::100] + 0.7 * unit_rows(200, 1, 128)  # as a question is near its answer
    overlap = [len(np.intersect1d(store.search(v, 10)[0], exact.search(v, 10)[0])) for v in near]
    assert np.mean(overlap) >= 9.8
    assert store.search(late[3], 1)[0].tolist() == [30_004]


def test_unknown_argument_says_what_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="faiss:20000,500000"):
        plugins.load("stores", "faiss:fast", folder=tmp_path, dim=DIM)
