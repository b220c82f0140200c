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


class TestFaissGraph(StoreSuite):
    """The graph from the first file on."""

    exact = False

    def open(self, folder: Path, dim: int) -> Store:
        store: Store = plugins.load("stores", "faiss:500", folder=folder, dim=dim)
        return store


def test_every_store_has_its_suite() -> None:
    assert set(plugins.names("stores")) == {"exact", "faiss"}


def test_graph_finds_what_a_scan_finds(tmp_path: Path) -> None:
    store = plugins.load("stores", "faiss:500", folder=tmp_path, dim=DIM)
    exact = plugins.load("stores", "exact", folder=tmp_path / "exact", dim=DIM)
    ids, rows = np.arange(1, 20_001), unit_rows(20_000)
    for each in (store, exact):
        each.put(ids, rows)
        each.flush(1)
        each.drop(1, 2000)
    overlap = [
        len(np.intersect1d(store.search(v, 10)[0], exact.search(v, 10)[0])) for v in unit_rows(200, seed=1)
    ]
    assert np.mean(overlap) >= 9.7


def test_unknown_argument_says_what_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="faiss:200000"):
        plugins.load("stores", "faiss:fast", folder=tmp_path, dim=DIM)
