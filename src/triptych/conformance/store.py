"""What every vector store must do. Subclass it in a test file and say how your store is opened."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from triptych.errors import Damaged
from triptych.seams import Store

DIM = 32


def unit_rows(count: int, seed: int = 0, dim: int = DIM) -> np.ndarray:
    """(count, dim) float32 rows of length 1 in a few clusters, as embeddings lie; as float16 holds them."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((8, dim))
    rows = centres[rng.integers(8, size=count)] + 0.8 * rng.standard_normal((count, dim))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float16).astype(np.float32)


def nearest(ids: np.ndarray, rows: np.ndarray, vector: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The reference: all products in float64, rounded as stores round them, ties by id."""
    scores = np.round(rows.astype(np.float64) @ vector.astype(np.float64), 6)
    order = np.lexsort((ids, -scores))[:k]
    return ids[order], scores[order]


class StoreSuite:
    """Inherit it, implement `open`, run pytest."""

    dim = DIM
    exact = True  # compares everything; False for a graph, which may miss one of 50
    persistent = True  # keeps files in `folder`; False for one that lives on a server

    def open(self, folder: Path, dim: int) -> Store:
        """The store under test, with what it kept in `folder`."""
        raise NotImplementedError

    def rows(self, count: int, seed: int = 0) -> np.ndarray:
        return unit_rows(count, seed, self.dim)

    def filled(self, folder: Path, count: int = 1000) -> tuple[Store, np.ndarray, np.ndarray]:
        """A store of `count` rows with ids 1, 4, 7, ..., its ids and its rows."""
        store = self.open(folder, self.dim)
        ids, rows = np.arange(count, dtype=np.int64) * 3 + 1, self.rows(count)
        store.put(ids, rows)
        store.flush(1)
        return store, ids, rows

    def same(self, found: np.ndarray, right: np.ndarray) -> None:
        if self.exact:
            assert found.tolist() == right.tolist()
        assert len(found) == len(right)
        assert len(np.intersect1d(found, right)) >= 0.9 * len(right)

    def test_empty(self, tmp_path: Path) -> None:
        store = self.open(tmp_path, self.dim)
        ids, scores = store.search(self.rows(1)[0], 10)
        assert len(store) == len(ids) == len(scores) == len(store.ids()) == 0
        assert store.watermark == 0
        known, rows = store.get(np.array([5]))
        assert (known.shape, rows.shape) == ((0,), (0, self.dim))
        assert store.about() and "\n" not in store.about()

    def test_finds_itself_first(self, tmp_path: Path) -> None:
        store, ids, rows = self.filled(tmp_path)
        for i in range(0, len(ids), 50):
            found, scores = store.search(rows[i], 1)
            assert found.tolist() == [ids[i]]
            assert abs(scores[0] - 1.0) < 2e-3

    def test_same_top_ten_as_exact(self, tmp_path: Path) -> None:
        store, ids, rows = self.filled(tmp_path)
        for vector in self.rows(100, seed=1):
            found, scores = store.search(vector, 10)
            self.same(found, nearest(ids, rows, vector, 10)[0])
            for key, score in zip(found.tolist(), scores, strict=True):
                assert abs(score - rows[(key - 1) // 3] @ vector) < 1e-5

    def test_k_of_nought_and_beyond_all(self, tmp_path: Path) -> None:
        store, ids, rows = self.filled(tmp_path, 20)
        found, scores = store.search(rows[0], 100)
        assert sorted(found.tolist()) == ids.tolist()
        assert (np.diff(scores) <= 0).all()
        assert len(store.search(rows[0], 0)[0]) == 0

    def test_replaced(self, tmp_path: Path) -> None:
        store, ids, rows = self.filled(tmp_path, 200)
        store.put(ids[:1], -rows[:1])
        assert len(store) == 200
        assert store.search(-rows[0], 1)[0].tolist() == [ids[0]]
        assert store.search(rows[0], 200)[0][-1] == ids[0]
        known, found = store.get(np.array([ids[0] - 1, ids[0], ids[3] + 1, ids[3]]))
        assert known.tolist() == [1, 3]
        np.testing.assert_array_equal(found, [-rows[0], rows[3]])

    def test_dropped_at_once(self, tmp_path: Path) -> None:
        store, ids, rows = self.filled(tmp_path, 200)
        store.drop(int(ids[10]), int(ids[19]))
        store.drop(10**12, 10**12 + 5)
        assert len(store) == 190
        assert not np.isin(ids[10:20], store.ids()).any()
        for i in range(10, 20):
            assert ids[i] not in store.search(rows[i], 200)[0]

    def test_only_allowed_are_found(self, tmp_path: Path) -> None:
        store, ids, rows = self.filled(tmp_path, 5000)
        rng = np.random.default_rng(2)
        for share in (0.001, 0.05, 0.5, 1.0):
            some = np.sort(rng.choice(len(ids), max(1, int(share * len(ids))), replace=False))
            for vector in self.rows(5, seed=3):
                found, _ = store.search(vector, 10, ids[some])
                self.same(found, nearest(ids[some], rows[some], vector, 10)[0])
                assert np.isin(found, ids[some]).all()

    def test_allowed_ids_that_are_not_there(self, tmp_path: Path) -> None:
        store, ids, rows = self.filled(tmp_path, 50)
        assert len(store.search(rows[0], 10, np.array([2, 3, 10**9]))[0]) == 0
        assert len(store.search(rows[0], 10, np.empty(0, np.int64))[0]) == 0
        assert store.search(rows[0], 10, np.array([2, ids[7]]))[0].tolist() == [ids[7]]

    def test_equal_vectors_come_in_order_of_ids(self, tmp_path: Path) -> None:
        store = self.open(tmp_path, self.dim)
        same = np.repeat(self.rows(1), 300, axis=0)
        ids = np.random.default_rng(4).permutation(300).astype(np.int64) + 1
        store.put(ids, same)
        assert store.search(same[0], 5)[0].tolist() == [1, 2, 3, 4, 5]

    def test_same_question_same_answer(self, tmp_path: Path) -> None:
        store, _, _ = self.filled(tmp_path)
        vector = self.rows(1, seed=5)[0]
        first = store.search(vector, 50)
        for _ in range(5):
            again = store.search(vector, 50)
            assert again[0].tolist() == first[0].tolist()
            assert again[1].tolist() == first[1].tolist()

    def test_reopened_at_its_watermark(self, tmp_path: Path) -> None:
        """Whatever the store kept, replaying what came after its watermark gives the same answers."""
        batches = [
            (np.arange(i * 700, (i + 1) * 700, dtype=np.int64) + 1, self.rows(700, i)) for i in range(4)
        ]
        store = self.open(tmp_path, self.dim)
        for change, (ids, rows) in enumerate(batches, 1):
            store.put(ids, rows)
            store.flush(change)
        store.drop(1, 10)
        store.flush(5)
        vector = self.rows(1, seed=9)[0]
        expected = store.search(vector, 20)
        store.close()
        again = self.open(tmp_path, self.dim)
        assert 0 <= again.watermark <= 5
        for change in range(again.watermark + 1, 6):
            if change <= 4:
                again.put(*batches[change - 1])
            else:
                again.drop(1, 10)
        assert len(again) == 2790
        found = again.search(vector, 20)
        assert found[0].tolist() == expected[0].tolist()
        assert found[1].tolist() == expected[1].tolist()

    def test_cleared(self, tmp_path: Path) -> None:
        store, ids, rows = self.filled(tmp_path, 2000)
        store.clear()
        assert len(store) == store.watermark == 0
        assert len(store.search(rows[0], 5)[0]) == 0
        store.put(ids[:3], rows[:3])
        assert len(store) == 3
        store.close()
        assert self.open(tmp_path, self.dim).watermark == 0

    def test_damage_is_seen(self, tmp_path: Path) -> None:
        """A file that was cut or altered is refused, never searched."""
        if not self.persistent:
            return
        store, _, _ = self.filled(tmp_path, 3000)
        store.close()
        kept = [path for path in sorted(tmp_path.rglob("*")) if path.is_file()]
        assert kept, "3,000 rows were not written to a file"
        for path in kept:
            whole = path.read_bytes()
            for damaged in (whole[:-1], whole[: len(whole) // 2], b"", _flipped(whole)):
                path.write_bytes(damaged)
                try:
                    self.open(tmp_path, self.dim).close()
                except Damaged:
                    continue
                raise AssertionError(f"{path.name}: damage was not seen")
            path.write_bytes(whole)
        assert len(self.open(tmp_path, self.dim)) == 3000


def _flipped(data: bytes) -> bytes:
    at = len(data) * 2 // 3
    return data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]
