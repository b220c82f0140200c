"""The small part of a store: rows in one file and a tail in memory, all compared, or found by a sketch.

The sketch (product codes, or RaBitQ) is of the file's rows and made again with each file, in a second for a
hundred thousand; the tail is scanned beside it.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from triptych import files
from triptych.errors import Damaged
from triptych.stores import _kinds
from triptych.stores._table import MARGIN, Found, Table

_EXTRA = 32  # rows that a scan is asked for beyond k, so that ties at the end are seen


class Recent:
    """Rows that change."""

    def __init__(self, path: Path, dim: int, plan: _kinds.Plan) -> None:
        """Raises Damaged when a file is not, bit for bit, what was written."""
        self._folder = path.parent
        self._plan = plan
        self.table = Table(path, dim)
        self._open()

    def _open(self) -> None:
        """Build the searchable forms of the table's file and of its tail."""
        self._scan: Any = None  # over the file's rows; made when it is first needed
        self._kind = self._sketched()
        self._sketch: Any = None if self._kind is None else self._open_sketch(self._kind)
        self._tail = _flat(self.table.tail_rows)

    def _sketched(self) -> _kinds.Kind | None:
        """The kind of sketch by which the file's rows are found, if any."""
        rows, dim = len(self.table.base), self.table.dim
        asked = self._plan.kind if self._plan.kind in ("flat", *_kinds.SCANNED) else ""
        chosen = _kinds.Plan(asked, self._plan.memory).choose(rows, dim).kind
        if not rows or chosen == "flat":
            return None
        return _kinds.KINDS[chosen if chosen in _kinds.SCANNED else _kinds.scanned(dim)[0]]

    # ------------------------------------------------------------------------------------ changes

    def put(self, ids: np.ndarray, vectors: np.ndarray) -> None:
        before = len(self.table.tail_rows)
        self.table.put(ids, vectors)
        added = self.table.tail_rows[before:]
        if len(added):
            self._tail.add(added.astype(np.float32))

    def write(self, note: Mapping[str, Any]) -> None:
        """Replace the file by the live rows."""
        self.table.write(note)
        self._open()
        for path in self._sketches():  # of other rows
            if self._kind is None or not path.name.startswith(self._sketch_name(self._kind)):
                files.remove(path)

    def clear(self) -> None:
        for path in self._sketches():
            files.remove(path)
        self.table.clear()
        self._open()

    # ------------------------------------------------------------------------------------ searching

    def search(self, vector: np.ndarray, k: int, allowed: np.ndarray | None) -> Found:
        """As `seams.Store.search`."""
        table = self.table
        few, mask = table.chosen(allowed)
        if few is not None:
            return table.best(few, vector, k)
        faiss.omp_set_num_threads(1)  # of this thread: one question is no work for two
        query = np.ascontiguousarray(vector, np.float32).reshape(1, -1)
        proposed = None if self._kind is None else self._proposed(self._kind, query, k, mask)
        if proposed is not None:
            return table.best(proposed, vector, k)
        return self._scanned(query, vector, k, mask)

    def _proposed(self, kind: _kinds.Kind, query: np.ndarray, k: int, mask: np.ndarray) -> np.ndarray | None:
        """Rows of `mask` that the sketch proposes, with the tail's best; None when it proposes too few, or most
        rows are forbidden: then a scan that skips them is quicker."""
        old = len(self.table.base)
        part = mask[:old]
        allowed = int(np.count_nonzero(part))
        if allowed < 0.5 * old:
            return None
        rows = _kinds.propose(self._sketch, kind, query, k, part)
        if len(rows) < min(k, allowed):
            return None
        tail, _ = _nearest(self._tail, query, k + _EXTRA, mask[old:])
        return np.concatenate([rows, tail + old])

    def _scanned(self, query: np.ndarray, vector: np.ndarray, k: int, mask: np.ndarray) -> Found:
        """The best k of `mask`, all rows compared."""
        if self._scan is None:
            self._scan = _flat(self.table.base)
        old, count = len(self.table.base), int(np.count_nonzero(mask))
        depth = min(k + _EXTRA, count)
        while True:
            base, base_lowest = _nearest(self._scan, query, depth, mask[:old])
            tail, tail_lowest = _nearest(self._tail, query, depth, mask[old:])
            ids, scores = self.table.best(np.concatenate([base, tail + old]), vector, k)
            # Rows as good as the last hit may stand beyond those looked at: a tie is broken by id.
            beyond = max(base_lowest, tail_lowest)
            if depth >= count or (len(ids) == k and (not k or scores[-1] > beyond + MARGIN)):
                return ids, scores
            depth = min(count, depth * 4)

    # ------------------------------------------------------------------------------------ the sketch

    def _sketches(self) -> list[Path]:
        return sorted(self._folder.glob("sketch-*.faiss"))

    def _sketch_name(self, kind: _kinds.Kind) -> str:
        """How it begins: with its kind and the checksum of the rows; its own checksum follows."""
        return f"sketch-{kind.name}-{self.table.checksum:08x}-"

    def _open_sketch(self, kind: _kinds.Kind) -> Any:
        """The sketch of the file's rows, made if it is not there. Raises Damaged when its checksum is wrong."""
        mine = self._sketch_name(kind)
        for path in self._sketches():
            if path.name.startswith(mine):
                if path.name != f"{mine}{zlib.crc32(path.read_bytes()):08x}.faiss":
                    raise Damaged(f"The sketch '{path}' is damaged: its checksum is wrong.")
                return faiss.read_index(str(path))
        sketch = _kinds.make(kind.name, self.table.base)
        temporary = self._folder / f".sketch.{os.getpid()}.tmp"
        faiss.write_index(sketch, str(temporary))
        with temporary.open("rb") as file:
            checksum = zlib.crc32(file.read())
            os.fsync(file.fileno())
        temporary.replace(self._folder / f"{mine}{checksum:08x}.faiss")
        files.sync_folder(self._folder)
        return sketch


def _flat(vectors: np.ndarray) -> Any:
    """A scan over (n, dim) float16 rows. The codes are the rows as they are."""
    index = faiss.IndexScalarQuantizer(
        vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )
    if len(vectors):
        faiss.copy_array_to_vector(np.ascontiguousarray(vectors).view("u1").ravel(), index.codes)
        index.ntotal = len(vectors)
    return index


def _nearest(index: Any, query: np.ndarray, depth: int, mask: np.ndarray) -> tuple[np.ndarray, float]:
    """The best `depth` rows of a scan that `mask` allows, and the score below which others may stand."""
    wanted = min(depth, int(np.count_nonzero(mask)))
    if not wanted:
        return np.empty(0, np.int64), -np.inf
    selector = None
    if not mask.all():
        bits = np.packbits(mask, bitorder="little")  # must live as long as the selector
        selector = faiss.IDSelectorBitmap(len(mask), faiss.swig_ptr(bits))
    scores, rows = index.search(query, wanted, params=faiss.SearchParameters(sel=selector))
    return rows[0], float(scores[0][-1]) if wanted == depth else -np.inf
