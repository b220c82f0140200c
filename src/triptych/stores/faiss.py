"""FAISS in a file: every vector compared as float16 while there are few, an HNSW graph beyond.

Up to 200,000 rows an exact scan takes milliseconds, so the graph (HNSW32, M. Malkov and Yashunin 2016)
only starts there. Rows that came after the file was written are scanned beside it. Deleted rows and rows
outside `allowed` are left out inside FAISS, and the best are scored once more in float64, so that order
and scores are those of the `exact` store.
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
from triptych.stores._table import Table

_GRAPH_FROM = 200_000  # rows
_LINKS = 32  # of a row in the graph
_EF_CONSTRUCTION = 120
_EF = 512  # rows that a search of the graph keeps in view, at least
_SMALL = 0.03  # up to this share of allowed rows, or _FEW of them, they are gathered and compared directly
_FEW = 1000
_EXTRA = 32  # rows asked for beyond k, so that ties at the end are seen
_MARGIN = 1e-5  # float32 sums are this close to the float64 ones


class FaissStore:
    """See `seams.Store`."""

    def __init__(self, folder: Path, dim: int, graph_from: int = _GRAPH_FROM) -> None:
        self._folder = folder
        self._graph_from = graph_from
        self._table = Table(folder / "vectors.bin", dim)
        self._open()

    def _open(self) -> None:
        """Build the searchable forms of the table's file and of its tail."""
        base = self._table.base
        self._flat = _flat(base)
        self._graph = self._open_graph() if len(base) >= self._graph_from else None
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
        for graph in self._graphs():
            files.remove(graph)
        self._table.clear()
        self._open()

    # ------------------------------------------------------------------------------------ searching

    def search(
        self, vector: np.ndarray, k: int, allowed: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        table = self._table
        rows = None if allowed is None else table.rows_of(allowed)
        if rows is not None and len(rows) <= max(_FEW, _SMALL * table.rows):
            return table.best(rows, vector, k)
        mask = table.alive
        if rows is not None:
            mask = np.zeros(table.rows, bool)
            mask[rows] = True
        count = int(mask.sum())
        depth = min(k + _EXTRA, count)
        while True:
            found, lowest = self._candidates(vector, depth, mask)
            ids, scores = table.best(found, vector, k)
            # Rows as good as the last hit may stand beyond those looked at: a tie is broken by id.
            if depth >= count or (len(ids) == k and (not k or scores[-1] > lowest + _MARGIN)):
                return ids, scores
            depth = min(count, depth * 4)

    def _candidates(self, vector: np.ndarray, depth: int, mask: np.ndarray) -> tuple[np.ndarray, float]:
        """Rows of `mask` among which the best `depth` are, and the score below which nothing is known."""
        query = np.ascontiguousarray(vector, np.float32).reshape(1, -1)
        old = len(self._table.base)
        found: list[np.ndarray] = []
        lowest = -np.inf
        for index, part, offset in ((self._flat, mask[:old], 0), (self._tail, mask[old:], old)):
            wanted = min(depth, int(part.sum()))
            if wanted:
                scores, rows = self._scan(index, query, wanted, part)
                found.append(rows + offset)
                if wanted == depth:
                    lowest = max(lowest, float(scores[-1]))
        return (np.concatenate(found) if found else np.empty(0, np.int64)), lowest

    def _scan(
        self, index: Any, query: np.ndarray, wanted: int, part: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        selector, _bits = _selector(part)
        # With most rows forbidden a walk along the graph finds too few; the scan skips them quickly.
        if index is self._flat and self._graph is not None and part.sum() > len(part) // 2:
            beam = max(_EF, 2 * wanted)
            how = faiss.SearchParametersHNSW(efSearch=beam, sel=selector)
            scores, rows = self._graph.search(query, wanted, params=how)
            if (rows[0] >= 0).all():
                return scores[0], rows[0]
        scores, rows = index.search(query, wanted, params=faiss.SearchParameters(sel=selector))
        return scores[0], rows[0]

    # ------------------------------------------------------------------------------------ the graph

    def _graphs(self) -> list[Path]:
        return sorted(self._folder.glob("graph-*.faiss"))

    def _open_graph(self) -> Any:
        """The graph over the file's rows. Its name holds the checksum of those rows and its own."""
        mine = f"graph-{self._table.checksum:08x}-"
        for path in self._graphs():
            if path.name.startswith(mine):
                if f"{mine}{zlib.crc32(path.read_bytes()):08x}.faiss" != path.name:
                    raise Damaged(f"The graph '{path}' is damaged: its checksum is wrong.")
                graph = faiss.read_index(str(path), faiss.IO_FLAG_SKIP_STORAGE)
                return _with_storage(graph, self._flat)
        return self._build_graph(mine)

    def _build_graph(self, name: str) -> Any:
        base = self._table.base
        graph = faiss.IndexHNSWSQ(
            base.shape[1], faiss.ScalarQuantizer.QT_fp16, _LINKS, faiss.METRIC_INNER_PRODUCT
        )
        graph.hnsw.efConstruction = _EF_CONSTRUCTION
        for start in range(0, len(base), 65536):
            graph.add(base[start : start + 65536].astype(np.float32))
        for old in self._graphs():
            files.remove(old)
        temporary = self._folder / f".graph.{os.getpid()}.tmp"
        faiss.write_index(graph, str(temporary), faiss.IO_FLAG_SKIP_STORAGE)
        with temporary.open("rb") as file:
            checksum = zlib.crc32(file.read())
            os.fsync(file.fileno())
        temporary.replace(self._folder / f"{name}{checksum:08x}.faiss")
        files.sync_folder(self._folder)
        return _with_storage(graph, self._flat)

    # ------------------------------------------------------------------------------------ the rest

    def get(self, ids: np.ndarray) -> np.ndarray:
        return self._table.get(ids)

    def __len__(self) -> int:
        return len(self._table)

    def ids(self) -> np.ndarray:
        return self._table.ids()

    def close(self) -> None:
        self._graph = None


def _flat(vectors: np.ndarray) -> Any:
    """A scan over (n, dim) float16 rows. The codes are the rows as they are."""
    index = faiss.IndexScalarQuantizer(
        vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )
    if len(vectors):
        faiss.copy_array_to_vector(np.ascontiguousarray(vectors).view("u1").ravel(), index.codes)
        index.ntotal = len(vectors)
    return index


def _with_storage(graph: Any, flat: Any) -> Any:
    """`graph` reading its vectors from `flat`, which must outlive it, instead of from a copy."""
    if graph.own_fields and graph.storage is not None:
        graph.storage.this.own(True)
    graph.own_fields = False
    graph.storage = flat
    return graph


def _selector(mask: np.ndarray) -> tuple[Any, np.ndarray | None]:
    """FAISS's selector of the rows that `mask` names, and the bits that must outlive it; None: all rows."""
    if mask.all():
        return None, None
    bits = np.packbits(mask, bitorder="little")
    return faiss.IDSelectorBitmap(len(mask), faiss.swig_ptr(bits)), bits


def load(argument: str, *, folder: Path, dim: int) -> FaissStore:
    """`faiss`, or `faiss:ROWS` to start the graph at another number of rows."""
    if argument and not argument.isdigit():
        raise UserError(
            f"The store 'faiss:{argument}' is unknown. After the colon stands the number of vectors from "
            f"which the graph is used, like faiss:200000."
        )
    return FaissStore(folder, dim, int(argument) if argument else _GRAPH_FROM)
