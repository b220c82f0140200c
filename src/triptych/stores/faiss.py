"""FAISS in files: few vectors are all compared, more are found by a sketch, many by an index made beside.

    faiss            chosen by how many vectors there are and an eighth of the machine's memory
    faiss:500MB      the same for so much memory
    faiss:KIND       flat, rabitq, ivf, ivf-sq8, ivf-pq, ivf-rabitq, hnsw, hnsw-sq8

Up to 150,000 rows live in one file (`_table`) and are found by comparing all of them or by a sketch of them
that is made in a second. Beyond, they are the recent part of the store: a process of its own makes a
base (`_base`, `_build`) with an index of the kind that suits, which is taken up when it is ready; until
then, the store serves from what it has. Whatever proposes, the best are scored in float64 from the vectors
themselves, so that scores are those of the `exact` store. Figures: docs/index.md.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from triptych import files
from triptych.stores import _base, _kinds
from triptych.stores._base import Base
from triptych.stores._build import RECENT, Builder
from triptych.stores._recent import Recent
from triptych.stores._table import Found, Table, ranked

_SHARE = 0.1  # of the base: so many recent or deleted rows are worth a new one
_LEAST = 50_000  # but not fewer than so many recent ones
_BLOCK = 65536
_LOOK = 1.0  # seconds between two looks for a new base
_PATIENCE = 60.0  # seconds


class FaissStore:
    """See `seams.Store`. An id is live in one part at most: the base or the recent part."""

    def __init__(self, folder: Path, dim: int, plan: _kinds.Plan) -> None:
        self._folder = folder
        self._dim = dim
        self._plan = plan
        self._builder = Builder(folder, dim)
        self._looked = 0.0  # when a new base was last looked for
        # Of the moments in which files are replaced: no process names a base that another one removes.
        self._lock = FileLock(folder.with_name(f"{folder.name}.lock"))
        with self._alone():
            self._recent = Recent(folder / RECENT, dim, plan)
            self._base = self._open_base()
        self._told = self._dead  # deleted rows of the base that the file tells of

    def _open_base(self) -> Base | None:
        """The base that the file of recent rows names, without what it says was deleted there."""
        note = self._recent.table.note
        if not note.get("base"):
            return None
        base = Base(self._folder / note["base"], self._dim)
        base.table.kill(np.array(note["dead"], np.int64))
        return base

    @contextmanager
    def _alone(self, wait: float = _PATIENCE) -> Iterator[bool]:
        """Whether no other process replaces files meanwhile, nor can we where the folder is not ours to write.
        Waits so many seconds for one that does."""
        try:
            self._lock.acquire(timeout=wait)
        except (Timeout, OSError):
            yield False
            return
        try:
            yield True
        finally:
            self._lock.release()

    @property
    def watermark(self) -> int:
        return self._recent.table.watermark

    # ------------------------------------------------------------------------------------ changes

    def put(self, ids: np.ndarray, vectors: np.ndarray) -> None:
        self._recent.put(ids, vectors)
        if self._base is not None:
            self._base.table.kill(ids)

    def drop(self, first: int, last: int) -> None:
        self._recent.table.drop(first, last)
        if self._base is not None:
            self._base.table.drop(first, last)

    def flush(self, watermark: int) -> None:
        with self._alone():
            taken = self._take_up()
            self._recent.table.watermark = watermark
            wanted = "" if self._builder.at_work else self._due()
            if taken or wanted or self._recent.table.stale(self._dead - self._told):
                self._write()
        if wanted:
            self._builder.start(wanted)

    def _write(self) -> None:
        """Make durable what is in memory, and remove what it replaces."""
        name, dead = "", np.empty(0, np.int64)
        if self._base is not None and not len(self._base.table):  # as after all was put anew
            self._base = None
        if self._base is not None:
            name, table = self._base.name, self._base.table
            dead = table.base_ids[~table.alive]
        self._recent.write({"base": name, "dead": dead.tolist()})
        self._told = self._dead
        for path in self._folder.glob(f"{_base.PREFIX}*"):
            if not name or path.name < name:
                files.remove(path)

    def clear(self) -> None:
        for path in self._folder.glob(f"{_base.PREFIX}*"):
            files.remove(path)
        self._base, self._told = None, 0
        self._recent.clear()

    # ------------------------------------------------------------------------------------ the base

    @property
    def _dead(self) -> int:
        """Deleted rows of the base."""
        return 0 if self._base is None else self._base.size - len(self._base.table)

    def _due(self) -> str:
        """The kind of the base that should be made now; "" while what is there will do."""
        kind = self._plan.choose(len(self), self._dim).kind
        recent = len(self._recent.table)
        if kind not in _kinds.LARGE:
            return ""
        if self._base is None:
            return kind if recent > _kinds.FLAT_TO else ""
        least = max(_LEAST, _SHARE * self._base.size)
        stale = recent > least or self._dead > _SHARE * self._base.size or self._base.kind.name != kind
        return kind if stale else ""

    def _take_up(self) -> bool:
        """Go over to a newer base, if one is there, and tell whether. What it lacks stays with the recent part, what it has that
        is not ours any more is deleted in it: whatever happened while it was made, the store's rows are
        the same before and after."""
        name = _base.newest(self._folder, "" if self._base is None else self._base.name)
        if not name:
            return False
        fresh, recent = Base(self._folder / name, self._dim), self._recent.table
        ids, rows = fresh.table.base_ids, fresh.table.base
        blocks = [slice(start, start + _BLOCK) for start in range(0, len(ids), _BLOCK)]
        same = np.concatenate([self._holds(ids[block], rows[block]) for block in blocks])
        fresh.table.kill(ids[~same])
        left = np.setdiff1d(self.ids(), ids[same], assume_unique=True)
        _, kept = self.get(left)
        recent.kill(ids[same])
        moved = recent.find(left) < 0  # they were in the old base
        self._base = fresh
        self._recent.put(left[moved], kept[moved])
        return True

    def _holds(self, ids: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(n,) whether these ids are here with these very float16 vectors."""
        same = np.zeros(len(ids), bool)
        for table in self._tables():
            at = table.find(ids)
            there = at >= 0
            same[there] = (table.gather(at[there]).view("<u2") == rows[there].view("<u2")).all(axis=1)
        return same

    def _tables(self) -> list[Table]:
        return [self._recent.table, *([] if self._base is None else [self._base.table])]

    def _look(self) -> None:
        """Take up a newer base between two changes. If the files said all that is known here, they do so again
        afterwards, so that the next process need not do the same."""
        self._looked = time.monotonic()
        if not _base.newest(self._folder, "" if self._base is None else self._base.name):
            return
        with self._alone(wait=0.0) as alone:
            known = self._recent.table.written and self._dead == self._told
            if alone and self._take_up() and known:
                self._write()

    def settle(self) -> None:
        """Wait for a base that is being made, and take it up."""
        self._builder.wait()
        self._look()

    def about(self) -> str:
        """How vectors are searched here, and why."""
        choice = self._plan.choose(len(self), self._dim)
        told = f"{choice.kind}: {choice.reason}"
        if choice.kind in _kinds.LARGE and (self._base is None or self._base.kind.name != choice.kind):
            now = "a scan" if self._base is None else self._base.kind.name
            told += f"; {now} until the index is made"
        return told

    # ------------------------------------------------------------------------------------ searching

    def search(self, vector: np.ndarray, k: int, allowed: np.ndarray | None = None) -> Found:
        if time.monotonic() - self._looked > _LOOK:
            self._look()
        found = self._recent.search(vector, k, allowed)
        if self._base is None:
            return found
        more = self._base.search(vector, k, allowed)
        return ranked(np.concatenate([found[0], more[0]]), np.concatenate([found[1], more[1]]), k)

    def get(self, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if self._base is None:
            return self._recent.table.get(ids)
        known, rows = (
            np.concatenate(part) for part in zip(*(t.get(ids) for t in self._tables()), strict=True)
        )
        order = np.argsort(known)
        return known[order], rows[order]

    def __len__(self) -> int:
        return sum(len(table) for table in self._tables())

    def ids(self) -> np.ndarray:
        return np.sort(np.concatenate([table.ids() for table in self._tables()]))

    def close(self) -> None:
        self._base = None


def load(argument: str, *, folder: Path, dim: int) -> FaissStore:
    """`faiss`, `faiss:KIND` or `faiss:500MB`."""
    return FaissStore(folder, dim, _kinds.plan(argument))
