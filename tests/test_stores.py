"""Every store passes the suite that is shipped for plug-in authors."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triptych import plugins
from triptych.conformance.store import DIM, StoreSuite, unit_rows
from triptych.errors import UserError
from triptych.seams import Store
from triptych.stores import _kinds
from triptych.stores._build import build
from triptych.stores.faiss import FaissStore


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
        store: Store = plugins.load("stores", "faiss:rabitq", folder=folder, dim=dim)
        return store


class Indexed(FaissStore):
    """Makes its base as soon as something is written, without another process."""

    def flush(self, watermark: int) -> None:
        super().flush(watermark)
        if self._recent.table.path.exists():
            build(self._folder, self._dim, self._plan.kind)
            self.settle()
            super().flush(watermark)


@pytest.mark.parametrize("kind", _kinds.LARGE)
class TestFaissKinds(StoreSuite):
    """Everything in a base, with an index of each kind over it."""

    dim = 96
    exact = False

    @pytest.fixture(autouse=True)
    def _of(self, kind: str) -> None:
        self.kind = kind

    def open(self, folder: Path, dim: int) -> Store:
        return Indexed(folder, dim, _kinds.plan(self.kind))


def test_every_store_has_its_suite() -> None:
    assert set(plugins.names("stores")) == {"exact", "faiss"}


@pytest.mark.parametrize("kind", [*_kinds.SCANNED, *_kinds.LARGE])
def test_every_kind_finds_what_a_scan_finds(tmp_path: Path, kind: str) -> None:
    store = Indexed(tmp_path / kind, 128, _kinds.plan(kind))
    exact = plugins.load("stores", "exact", folder=tmp_path / "exact", dim=128)
    ids, rows = np.arange(1, 8001), unit_rows(8000, dim=128)
    late = unit_rows(100, 2, 128)
    for each in (store, exact):
        each.put(ids, rows)
        each.flush(1)
        each.drop(1, 2000)
        each.put(np.arange(30_001, 30_101), late)
    near = 0.7 * rows[::40] + 0.7 * unit_rows(200, 1, 128)  # as a question is near its answer
    overlap = [len(np.intersect1d(store.search(v, 10)[0], exact.search(v, 10)[0])) for v in near]
    assert np.mean(overlap) >= 9.8
    assert store.search(late[3], 1)[0].tolist() == [30_004]


# ---------------------------------------------------------------------------- a base made beside


def test_what_one_process_took_up_is_there_for_the_next(tmp_path: Path) -> None:
    store = filled(tmp_path)
    store.flush(1)
    store.settle()
    again = FaissStore(tmp_path, 96, _kinds.plan("ivf-rabitq"))
    assert (len(again._recent.table), len(again), again.watermark) == (0, 21_000, 1)
    assert not list(tmp_path.glob("sketch-*"))


def filled(folder: Path, kind: str = "ivf-rabitq", rows: int = 21_000) -> FaissStore:
    store = FaissStore(folder, 96, _kinds.plan(kind))
    store.put(np.arange(1, rows + 1), unit_rows(rows, dim=96))
    return store


def contents(store: Store) -> list[tuple[int, bytes]]:
    ids = store.ids()
    return [(i, row.tobytes()) for i, row in zip(ids.tolist(), store.get(ids)[1], strict=True)]


def bases(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("base-*"))


def test_a_process_beside_makes_the_index_and_the_store_takes_it_up(tmp_path: Path) -> None:
    store = filled(tmp_path)
    store.flush(1)
    assert "until the index is made" in store.about()
    rows = unit_rows(21_000, dim=96)
    before = store.search(rows[7], 10)
    store.settle()
    assert bases(tmp_path) == ["base-00000001"]
    assert store.about() == "ivf-rabitq: as the setting 'store' says"
    after = store.search(rows[7], 10)
    assert after[0][0] == before[0][0] == 8
    assert len(np.intersect1d(before[0], after[0])) >= 8


def test_what_happens_while_an_index_is_made_is_kept(tmp_path: Path) -> None:
    store = filled(tmp_path)
    store.flush(1)
    store.drop(1, 50)  # while it is made: deleted, replaced, added
    store.put(np.array([60, 30_000]), unit_rows(2, 5, 96))
    store.settle()
    twin = plugins.load("stores", "exact", folder=tmp_path / "twin", dim=96)
    twin.put(np.arange(1, 21_001), unit_rows(21_000, dim=96))
    twin.drop(1, 50)
    twin.put(np.array([60, 30_000]), unit_rows(2, 5, 96))
    assert contents(store) == contents(twin)
    store.flush(2)
    store.close()
    assert contents(FaissStore(tmp_path, 96, _kinds.plan("ivf-rabitq"))) == contents(twin)


def test_a_base_is_replaced_when_enough_has_changed(tmp_path: Path) -> None:
    store = Indexed(tmp_path, 96, _kinds.plan("ivf-sq8"))
    for change in range(1, 4):
        store.put(np.arange(change * 5000, change * 5000 + 3000), unit_rows(3000, change, 96))
        store.flush(change)
    assert bases(tmp_path) == ["base-00000003"]
    assert len(store) == 9000


def test_a_base_of_which_nothing_is_left_goes(tmp_path: Path) -> None:
    store = Indexed(tmp_path, 96, _kinds.plan("ivf-sq8"))
    store.put(np.arange(1, 3001), unit_rows(3000, 1, 96))
    store.flush(1)
    store.put(np.arange(1, 3001), unit_rows(3000, 1, 96))
    assert len(store.search(unit_rows(1, 2, 96)[0], 10)[0]) == 10  # all of it is dead
    FaissStore.flush(store, 2)
    assert bases(tmp_path) == []
    assert len(store) == 3000
    assert contents(store) == contents(FaissStore(tmp_path, 96, _kinds.plan("ivf-sq8")))


def test_another_process_that_holds_the_old_base_writes_what_it_knows(tmp_path: Path) -> None:
    """Two stores on one folder: the first goes on with what it has mapped, and what it writes is whole."""
    Indexed(tmp_path, 96, _kinds.plan("ivf-sq8")).flush(0)
    first = Indexed(tmp_path, 96, _kinds.plan("ivf-sq8"))
    first.put(np.arange(1, 2001), unit_rows(2000, 1, 96))
    first.flush(1)
    second = Indexed(tmp_path, 96, _kinds.plan("ivf-sq8"))
    second.put(np.arange(3001, 5001), unit_rows(2000, 2, 96))
    second.flush(2)
    assert bases(tmp_path) == ["base-00000002"]
    first.put(np.arange(3001, 5001), unit_rows(2000, 2, 96))
    FaissStore.flush(first, 2)
    assert contents(first) == contents(second) == contents(FaissStore(tmp_path, 96, _kinds.plan("ivf-sq8")))


def test_a_killed_process_leaves_nothing_that_matters(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    store = filled(folder)
    store._write()
    command = [sys.executable, "-m", "triptych.stores._build", str(folder), "96", "hnsw"]
    with subprocess.Popen(command) as child:
        while not (folder / ".making").exists() and child.poll() is None:
            time.sleep(0.01)
        child.kill()
    assert contents(FaissStore(folder, 96, _kinds.plan("hnsw"))) == contents(store)
    assert build(folder, 96, "hnsw") == "base-00000001"
    assert not (folder / ".making").exists()
    assert contents(FaissStore(folder, 96, _kinds.plan("hnsw"))) == contents(store)


@given(
    st.lists(st.tuples(st.sampled_from(["put", "drop", "flush", "reopen"]), st.integers(1, 60)), max_size=12)
)
@settings(deadline=None, max_examples=25)
def test_any_order_of_changes_leaves_the_same_rows(steps: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store, kept = Indexed(Path(folder), 96, _kinds.plan("ivf")), {}
        for change, (step, number) in enumerate(steps, 1):
            if step == "put":
                ids = np.arange(number, number + 20)
                rows = unit_rows(20, change, 96)
                store.put(ids, rows)
                kept |= {int(i): row.tobytes() for i, row in zip(ids, rows, strict=True)}
            elif step == "drop":
                store.drop(number, number + 5)
                kept = {i: row for i, row in kept.items() if not number <= i <= number + 5}
            else:
                store._write()  # as a flush of many changes does
                store.flush(change)
                if step == "reopen":
                    store = Indexed(Path(folder), 96, _kinds.plan("ivf"))
        assert dict(contents(store)) == kept
        assert len(store) == len(kept)


def test_the_kind_follows_size_and_memory() -> None:
    def kind(argument: str, rows: int, dim: int = 384) -> str:
        return _kinds.plan(argument).choose(rows, dim).kind

    assert [kind("", rows) for rows in (0, 20_000, 20_001, 150_000)] == ["flat", "flat", "pq", "pq"]
    assert kind("", 1_000_000) == kind("100MB", 1_000_000) == "ivf-rabitq"
    assert kind("60MB", 1_000_000) == kind("1MB", 1_000_000) == "ivf-pq"
    assert [kind("10MB", 20_000), kind("1MB", 20_000), kind("", 50_000, dim=385)] == [
        "pq",
        "rabitq",
        "rabitq",
    ]
    assert kind("hnsw", 10) == "hnsw"
    assert [kind("", rows, dim=32) for rows in (100_000, 1_000_000)] == ["flat", "ivf-sq8"]
    assert _kinds.plan("400MB").choose(1_000_000, 384).reason == (
        "1,000,000 vectors are too many to look at each; 64 MB, within the 400 MB allowed"
    )


def test_unknown_argument_says_what_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"flat, pq, rabitq, ivf, .* like faiss:500MB"):
        plugins.load("stores", "faiss:fast", folder=tmp_path, dim=DIM)
