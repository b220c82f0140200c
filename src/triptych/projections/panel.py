"""One panel of the index: the vectors of one signal in one space, a projection of the catalog.

Panel(folder, catalog, signal, space, store)      store: a back end of stores/, as in settings
nearest(vector, k, scope), products(vector, ids), rows(ids)       from any thread
open(aside), replay(changes), remake(watermark), flush(watermark), clear(), close()      by the owner of the files: `index`
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from triptych import plugins
from triptych.catalog import Catalog
from triptych.errors import Damaged
from triptych.query.filters import Scope
from triptych.records import Change, Space
from triptych.seams import Store
from triptych.sql import replay

SetAside = Callable[[Path, Damaged], None]


class Rows(NamedTuple):
    """What a panel knows of `asked` pieces: the vectors (m, dim) float64 of those that stand at `known` (m,)."""

    asked: int
    known: np.ndarray
    vectors: np.ndarray

    def products(self, vector: np.ndarray) -> np.ndarray:
        """Scores (n,) float64; NaN for pieces that are not known."""
        scores = np.full(self.asked, np.nan)
        # einsum: adds in one order on every machine, and starts no threads for so little.
        scores[self.known] = np.einsum("ij,j->i", self.vectors, vector.astype(np.float64))
        return scores

    def of(self, places: Sequence[int]) -> np.ndarray:
        """The vectors of pieces that are known, by where they stand."""
        return np.asarray(self.vectors[np.searchsorted(self.known, places)])


class Panel:
    """The vector store of one signal. Opened when first used."""

    def __init__(self, folder: Path, catalog: Catalog, signal: str, space: Space, store: str) -> None:
        self.signal = signal
        self.space = space
        self.at = 0  # last change that was handed over, flushed or not
        self._catalog = catalog
        self._spec = store
        name = plugins.split(store)[0]
        self._folder = folder / f"{signal}-{name}-{hashlib.sha256(space.name.encode()).hexdigest()[:12]}"
        self._store: Store | None = None
        self._guard = threading.Lock()  # no search while rows move

    def __len__(self) -> int:
        """How many pieces it holds."""
        with self._guard:
            return len(self.store)

    @property
    def opened(self) -> bool:
        return self._store is not None

    @property
    def store(self) -> Store:
        """The opened store. Other threads than the one that writes ask `nearest` and `products`."""
        assert self._store is not None, "Index.refresh opens it"
        return self._store

    def open(self, set_aside: SetAside) -> None:
        """Open what is on disk; what cannot be trusted is handed to `set_aside` and begun anew."""
        if self._store is not None:
            return
        try:
            store = self._load()
        except Damaged as error:
            set_aside(self._folder, error)
            store = self._load()
        self.at = store.watermark
        self._store = store

    def _load(self) -> Store:
        store: Store = plugins.load("stores", self._spec, folder=self._folder, dim=self.space.dim)
        return store

    def nearest(
        self, vector: np.ndarray, k: int, scope: Scope | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """(chunk keys, scores), best first, of the pieces of `scope`."""
        with self._guard:
            return self.store.search(vector, k, None if scope is None else scope.keys)

    def products(self, vector: np.ndarray, ids: np.ndarray) -> np.ndarray:
        """Scores (n,) float64 of pieces, as `nearest` gives them; NaN for unknown ones."""
        return self.rows(ids).products(vector)

    def rows(self, ids: np.ndarray) -> Rows:
        """The vectors of those of `ids` that are known."""
        with self._guard:
            known, vectors = self.store.get(ids)
        return Rows(len(ids), known, vectors.astype(np.float64))

    def replay(self, changes: Sequence[Change], ranges: Iterable[tuple[int, int]]) -> None:
        """Take in changes; `ranges` of keys are what they put."""
        for change in changes:
            if change.op == "drop":
                with self._guard:
                    self.store.drop(change.first, change.last)
        self._put(ranges)
        self.at = changes[-1].seq

    def _put(self, ranges: Iterable[tuple[int, int]]) -> None:
        for first, last in ranges:
            for keys, rows in replay.vectors(self._catalog, self.signal, self.space.name, first, last):
                with self._guard:
                    self.store.put(keys, rows)

    def flush(self, watermark: int) -> None:
        if self.store.watermark < watermark:
            with self._guard:
                self.store.flush(watermark)

    def remake(self, watermark: int) -> None:
        """Put every vector of the catalog in the place of the one that is there, and drop what it does not hold."""
        keys = replay.keys(self._catalog, self.signal)
        for extra in np.setdiff1d(self.store.ids(), keys).tolist():
            with self._guard:
                self.store.drop(extra, extra)
        self._put([(1, int(keys[-1]))] if len(keys) else [])
        with self._guard:
            self.store.flush(watermark)

    def clear(self) -> None:
        with self._guard:
            self.store.clear()
        self.at = 0

    def close(self) -> None:
        if self._store is not None:
            self._store.close()
        self._store = None
