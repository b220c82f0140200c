"""The large part of a store: rows that no longer change, with an index over them, in a folder of their own.

It is made beside the store that serves, by `_build` in another process, and is there as a whole or not at
all: `base-NUMBER` holds `rows.bin` (see `_table`) and `KIND-CHECKSUM.faiss`. Of several the one with the
highest number is the newest.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from triptych.errors import Damaged
from triptych.stores import _kinds
from triptych.stores._table import Found, Table

PREFIX = "base-"
ROWS = "rows.bin"


class Base:
    """Rows with an index. Deleting is all that can be done to them."""

    def __init__(self, folder: Path, dim: int) -> None:
        """Raises Damaged when a file is missing or is not, bit for bit, what was written."""
        self.name = folder.name
        self.table = Table(folder / ROWS, dim)
        self.size = len(self.table)  # rows at the start, dead ones included
        kind, self._index = _read(folder, self.size)
        self.kind = _kinds.KINDS[kind]

    def search(self, vector: np.ndarray, k: int, allowed: np.ndarray | None) -> Found:
        """As `seams.Store.search`."""
        table = self.table
        few, mask = table.chosen(allowed)
        if few is not None:
            return table.best(few, vector, k)
        query = np.ascontiguousarray(vector, np.float32).reshape(1, -1)
        proposed = _kinds.propose(self._index, self.kind, query, k, mask)
        if len(proposed) < min(k, int(np.count_nonzero(mask))):  # too few: then all
            proposed = np.flatnonzero(mask)
        return table.best(proposed, vector, k)


def newest(folder: Path, than: str = "") -> str:
    """Name of the newest base in a store's folder, if it is newer than `than`; "" otherwise."""
    names = sorted(path.name for path in folder.glob(f"{PREFIX}*"))
    return names[-1] if names and names[-1] > than else ""


def number(name: str) -> int:
    """The number of a base; 0 for none."""
    return int(name.removeprefix(PREFIX) or 0)


def named(number: int) -> str:
    return f"{PREFIX}{number:08d}"


def write_index(index: Any, kind: str, folder: Path) -> None:
    """Write the index of a base under the checksum of its bytes."""
    temporary = folder / "index.tmp"
    faiss.write_index(index, str(temporary))
    checksum = zlib.crc32(temporary.read_bytes())
    temporary.rename(folder / f"{kind}-{checksum:08x}.faiss")


def _read(folder: Path, rows: int) -> tuple[str, Any]:
    """(kind, index) of a base."""
    found = list(folder.glob("*.faiss"))
    if len(found) != 1:
        raise Damaged(f"The vectors in '{folder}' have {len(found)} indexes, not one.")
    kind, _, checksum = found[0].stem.rpartition("-")
    if kind not in _kinds.KINDS or f"{zlib.crc32(found[0].read_bytes()):08x}" != checksum:
        raise Damaged(f"The index '{found[0]}' is damaged: its checksum is wrong.")
    index = faiss.read_index(str(found[0]))
    if index.ntotal != rows:
        raise Damaged(f"The index '{found[0]}' holds {index.ntotal} vectors of {rows}.")
    return kind, index
