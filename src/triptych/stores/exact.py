"""All vectors compared, in NumPy: the reference that other stores are measured against."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from triptych.stores._table import MARGIN, Table


class ExactStore:
    """See `seams.Store`. Keeps a float32 copy of everything: for tests and small libraries."""

    def __init__(self, folder: Path, dim: int) -> None:
        self._table = Table(folder / "vectors.bin", dim)
        self._matrix: np.ndarray | None = None

    @property
    def watermark(self) -> int:
        return self._table.watermark

    def put(self, ids: np.ndarray, vectors: np.ndarray) -> None:
        self._table.put(ids, vectors)
        self._matrix = None

    def drop(self, first: int, last: int) -> None:
        self._table.drop(first, last)

    def search(
        self, vector: np.ndarray, k: int, allowed: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        table = self._table
        rows = np.flatnonzero(table.alive) if allowed is None else table.rows_allowed(allowed)
        if k < len(rows):
            scores = self._all()[rows] @ vector.astype(np.float32)
            lowest = np.partition(scores, len(scores) - k)[len(scores) - k] if k else np.inf
            rows = rows[scores >= lowest - MARGIN]
        return table.best(rows, vector, k)

    def _all(self) -> np.ndarray:
        if self._matrix is None:
            self._matrix = self._table.gather(np.arange(self._table.rows)).astype(np.float32)
        return self._matrix

    def get(self, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self._table.get(ids)

    def flush(self, watermark: int) -> None:
        self._table.watermark = watermark
        if self._table.stale():
            self._table.write()
            self._matrix = None

    def clear(self) -> None:
        self._table.clear()
        self._matrix = None

    def __len__(self) -> int:
        return len(self._table)

    def ids(self) -> np.ndarray:
        return self._table.ids()

    def about(self) -> str:
        """How vectors are searched here, and why."""
        return "exact: every vector compared, as the setting 'store' says"

    def close(self) -> None:
        self._matrix = None


def load(argument: str, *, folder: Path, dim: int) -> ExactStore:
    """`exact` takes no argument."""
    return ExactStore(folder, dim)
