"""Whereabouts: on which page of which asset every piece stands, in memory.

    Whereabouts(catalog).at(change) -> Catalog | Table      what tells `places` and `beside` as of that change

A search asks for some hundred pieces, which is a tenth of its time in SQL and nothing here (docs/log/index.md). The
first searches of a process ask the catalog, so that a search from the command line loads nothing; then the table is
made, and kept in step by the catalog's numbered changes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from triptych.catalog import Catalog
from triptych.records import KINDS, Change, Places
from triptych.sql import replay

PATIENCE = 8  # searches that the catalog answers before the table is worth loading
_MOST = 5_000_000  # pieces, of 33 bytes each: beyond, the catalog answers
_CODES = {
    kind: code for code, kind in enumerate(sorted({kind for kinds in KINDS.values() for kind in kinds}))
}


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """All pieces as of one change: `keys`, `assets`, `pages` (n,) int64 and `kinds` (n,) codes, by key; `by_page`
    (n,) are their rows in the order of pages, then keys."""

    change: int
    keys: np.ndarray
    assets: np.ndarray
    pages: np.ndarray
    kinds: np.ndarray
    by_page: np.ndarray

    @classmethod
    def of(cls, change: int, columns: np.ndarray) -> Table:
        """`columns` (4, n): keys, assets, pages, kinds."""
        keys, assets, pages, kinds = columns[:, np.argsort(columns[0], kind="stable")]
        return cls(change, keys, assets, pages, kinds.astype(np.uint8), np.argsort(pages, kind="stable"))

    @property
    def columns(self) -> np.ndarray:
        return np.stack([self.keys, self.assets, self.pages, self.kinds.astype(np.int64)])

    def places(self, keys: Sequence[int] | np.ndarray) -> Places:
        """As `Catalog.places`."""
        wanted = np.unique(np.asarray(keys, np.int64))
        rows = np.minimum(self.keys.searchsorted(wanted), len(self.keys) - 1)
        return self._at(rows[self.keys[rows] == wanted] if len(self.keys) else rows[:0])

    def beside(self, pages: np.ndarray, kinds: Sequence[str]) -> Places:
        """As `Catalog.beside`."""
        wanted, ordered = np.unique(pages), self.pages[self.by_page]
        first, end = ordered.searchsorted(wanted), ordered.searchsorted(wanted, side="right")
        counts = end - first
        offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        rows = self.by_page[np.repeat(first, counts) + offsets]
        return self._at(rows[np.isin(self.kinds[rows], [_CODES[kind] for kind in kinds])])

    def _at(self, rows: np.ndarray) -> Places:
        return Places.of(self.keys[rows], self.assets[rows], self.pages[rows])


class Whereabouts:
    """The table of one catalog, made when it is worth it. May be asked from several threads."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._table = Table.of(0, np.empty((4, 0), np.int64))
        self._asked = 0
        self._guard = threading.Lock()

    def at(self, change: int) -> Catalog | Table:
        """The table if it knows of `change`, brought forward if need be; the catalog while another thread does that."""
        self._asked += 1
        if self._table.change >= change > 0:
            return self._table
        if change <= 0 or self._asked <= PATIENCE or not self._guard.acquire(blocking=False):
            return self._catalog
        try:
            if replay.state(self._catalog)[1] > _MOST:
                return self._catalog
            while self._table.change < change:
                self._table = self._after(self._table, self._catalog.changes(self._table.change))
            return self._table
        finally:
            self._guard.release()

    def _after(self, table: Table, changes: Sequence[Change]) -> Table:
        """The table after these changes. What was put is read as it stands now: dropped meanwhile, it is not there."""
        stay = np.ones(len(table.keys), bool)
        for change in changes:
            stay[slice(*table.keys.searchsorted([change.first, change.last + 1]))] = False
        put = [self._catalog.standing(first, last) for first, last in replay.put_ranges(changes)]
        codes = ((key, asset, page, _CODES[kind]) for rows in put for key, asset, page, kind in rows)
        return Table.of(changes[-1].seq, np.concatenate([table.columns[:, stay], _columns(codes)], axis=1))


def _columns(rows: Iterable[tuple[int, int, int, int]]) -> np.ndarray:
    return np.array([*rows], np.int64).reshape(-1, 4).T
