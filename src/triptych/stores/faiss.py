"""FAISS in a file: all vectors compared as float16 while there are few, a sketch or a graph beyond.

From 20,000 rows on a sketch of one bit a dimension (RaBitQ, Gao and Long, SIGMOD 2024, scanned in SIMD
registers) proposes the rows that are then compared exactly, from 500,000 on a graph does (HNSW32, Malkov
and Yashunin 2016). Rows that came after the file was written are scanned beside it. Whatever proposes,
the best are scored in float64 from the vectors themselves, so that scores are those of the `exact` store.
Figures: docs/log/index.md.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from triptych import files
from triptych.errors import Damaged, UserError
from triptych.stores._table import MARGIN, Table

_SKETCH_FROM = 20_000  # rows
_GRAPH_FROM = 500_000
_LINKS = 32  # of a row in the graph
_EF_CONSTRUCTION = 80
_SMALL = 0.03  # up to this share of allowed rows, or _FEW of them, they are gathered and compared directly
_FEW = 1000
_PROPOSED = 1600  # rows that a sketch or graph proposes at least, and
_PROPOSED_PER_HIT = 8  # times k: finds 99.8 % of the best 200, all of the best 10
_SKETCH_DIM = 64  # a sketch of fewer bits says too little
_EXTRA = 32  # rows that a scan is asked for beyond k, so that ties at the end are seen


class FaissStore:
    """See `seams.Store`."""

    def __init__(self, folder: Path, dim: int, sketch_from: int, graph_from: int) -> None:
        self._folder = folder
        self._from = {"graph": graph_from, **({"sketch": sketch_from} if dim >= _SKETCH_DIM else {})}
        self._table = Table(folder / "vectors.bin", dim)
        self._open()

    def _open(self) -> None:
        """Build the searchable forms of the table's file and of its tail."""
        rows = len(self._table.base)
        kind = next((kind for kind, least in self._from.items() if rows >= least), None)
        self._scan: Any = None  # over the file's rows; made when it is first needed
        self._coarse = None if kind is None else self._open_coarse(kind)
        self._tail = _flat(self._table.tail_rows)

    @property
    def watermark(self) -> int:
        return self._table.watermark

    # ------------------------------------------------------------------------------------ changes

    def put(self, ids: np.ndarray, vectors: np.ndarray) -> None:
        before = self._table.rows
        self._table.put(ids, vectors)
        added = self._table.tail_rows[before - len(self._table.base) :]
        if len(added):
            self._tail.add(added.astype(np.float32))

    def drop(self, first: int, last: int) -> None:
        self._table.drop(first, last)

    def flush(self, watermark: int) -> None:
        self._table.watermark = watermark
        if self._table.stale:
            self._table.write()
            self._open()

    def clear(self) -> None:
        for path in self._kept():
            files.remove(path)
        self._table.clear()
        self._open()

    # ------------------------------------------------------------------------------------ searching

    def search(
        self, vector: np.ndarray, k: int, allowed: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        table = self._table
        rows = None if allowed is None else table.rows_allowed(allowed)
        if rows is not None and len(rows) <= max(_FEW, _SMALL * table.rows):
            return table.best(rows, vector, k)
        mask = table.alive
        if rows is not None:
            mask = np.zeros(table.rows, bool)
            mask[rows] = True
        faiss.omp_set_num_threads(1)  # of this thread: one question is no work for two
        query = np.ascontiguousarray(vector, np.float32).reshape(1, -1)
        proposed = None if self._coarse is None else self._proposed(self._coarse, query, k, mask)
        if proposed is not None:
            return table.best(proposed, vector, k)
        return self._scanned(query, vector, k, mask)

    def _proposed(self, coarse: Any, query: np.ndarray, k: int, mask: np.ndarray) -> np.ndarray | None:
        """Rows of `mask` that the sketch or graph proposes, with the tail's best; None when it proposes
        too few, as when most rows are forbidden: then a scan that skips them is quicker."""
        old = len(self._table.base)
        part, wanted = mask[:old], max(_PROPOSED, _PROPOSED_PER_HIT * k)
        share = int(np.count_nonzero(part)) / max(1, old)
        if share < 0.5:
            return None
        depth = min(old, int(wanted / share))
        how = faiss.SearchParametersHNSW(efSearch=depth) if isinstance(coarse, faiss.IndexHNSW) else None
        _, found = coarse.search(query, depth, params=how)
        rows = found[0][found[0] >= 0]
        rows = rows[part[rows]]
        if len(rows) < min(k, int(np.count_nonzero(part))):
            return None
        tail, _ = _nearest(self._tail, query, k + _EXTRA, mask[old:])
        return np.concatenate([rows, tail + old])

    def _scanned(
        self, query: np.ndarray, vector: np.ndarray, k: int, mask: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The best k of `mask`, all rows compared."""
        if self._scan is None:
            self._scan = _flat(self._table.base)
        old, count = len(self._table.base), int(np.count_nonzero(mask))
        depth = min(k + _EXTRA, count)
        while True:
            base, base_lowest = _nearest(self._scan, query, depth, mask[:old])
            tail, tail_lowest = _nearest(self._tail, query, depth, mask[old:])
            ids, scores = self._table.best(np.concatenate([base, tail + old]), vector, k)
            # Rows as good as the last hit may stand beyond those looked at: a tie is broken by id.
            beyond = max(base_lowest, tail_lowest)
            if depth >= count or (len(ids) == k and (not k or scores[-1] > beyond + MARGIN)):
                return ids, scores
            depth = min(count, depth * 4)

    # ------------------------------------------------------------------------------------ sketch and graph

    def _kept(self) -> list[Path]:
        return [path for kind in self._from for path in sorted(self._folder.glob(f"{kind}-*.faiss"))]

    def _open_coarse(self, kind: str) -> Any:
        """The sketch or graph of the file's rows, made if it is not there. Its name holds the checksum
        of those rows and its own. Raises Damaged when its own is wrong."""
        mine = f"{kind}-{self._table.checksum:08x}-"
        for path in self._kept():
            if path.name.startswith(mine):
                if path.name != f"{mine}{zlib.crc32(path.read_bytes()):08x}.faiss":
                    raise Damaged(f"The {kind} '{path}' is damaged: its checksum is wrong.")
                return faiss.read_index(str(path))
        coarse = _made(kind, self._table.base)
        for path in self._kept():
            files.remove(path)
        temporary = self._folder / f".{kind}.{os.getpid()}.tmp"
        faiss.write_index(coarse, str(temporary))
        with temporary.open("rb") as file:
            checksum = zlib.crc32(file.read())
            os.fsync(file.fileno())
        temporary.replace(self._folder / f"{mine}{checksum:08x}.faiss")
        files.sync_folder(self._folder)
        return coarse

    # ------------------------------------------------------------------------------------ the rest

    def get(self, ids: np.ndarray) -> np.ndarray:
        return self._table.get(ids)

    def __len__(self) -> int:
        return len(self._table)

    def ids(self) -> np.ndarray:
        return self._table.ids()

    def close(self) -> None:
        self._coarse = self._scan = None


def _made(kind: str, base: np.ndarray) -> Any:
    """A sketch or graph of (n, dim) float16 rows."""
    dim = base.shape[1]
    if kind == "sketch":
        # Turned at random first: a bit says as much of each dimension, however uneven they were.
        coarse = faiss.index_factory(dim, f"RR{dim},RaBitQfs", faiss.METRIC_INNER_PRODUCT)
    else:
        half = faiss.ScalarQuantizer.QT_fp16
        coarse = faiss.IndexHNSWSQ(dim, half, _LINKS, faiss.METRIC_INNER_PRODUCT)
        coarse.hnsw.efConstruction = _EF_CONSTRUCTION
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    coarse.train(base[:: max(1, len(base) // 65536)].astype(np.float32))
    for start in range(0, len(base), 65536):
        coarse.add(base[start : start + 65536].astype(np.float32))
    return coarse


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


def load(argument: str, *, folder: Path, dim: int) -> FaissStore:
    """`faiss`, or `faiss:ROWS,ROWS` to start sketch and graph at other numbers of rows."""
    given = argument.split(",") if argument else [str(_SKETCH_FROM), str(_GRAPH_FROM)]
    if len(given) != 2 or not all(number.isdigit() for number in given):
        raise UserError(
            f"The store 'faiss:{argument}' is unknown. After the colon stand the numbers of vectors from which "
            f"the sketch and the graph are used, like faiss:{_SKETCH_FROM},{_GRAPH_FROM}."
        )
    return FaissStore(folder, dim, int(given[0]), int(given[1]))
