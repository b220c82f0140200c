"""Rows of ids and float16 vectors in memory and in one file: what local stores have in common.

The file holds the live rows at one change of the catalog: a header in JSON with the checksum of all that
follows, the ids (int64), the vectors (float16), little endian. It is replaced as a whole. Rows that came
later are a tail in memory, made again from the catalog after a restart, until they are worth a new file.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from pathlib import Path

import numpy as np

from triptych import files
from triptych.errors import Damaged
from triptych.faults import point

_MAGIC = b"TRIPVEC1"
_PREFIX = struct.Struct("<8sII")  # magic, length of the header, its CRC-32
_DECIMALS = 6  # float16 products differ beyond that with the order of addition: no order in that
MARGIN = 1e-5  # float32 sums of products of unit vectors are this close to the float64 ones
_BLOCK = 200  # rows that are compared at once
_TAIL = 1000  # changed rows that are worth a new file in any case
_SHARE = 0.1  # or this share of the file's rows
_TIDY = 20_000  # up to so many rows a file with deleted ones is replaced at once: nothing stays behind


class Table:
    """Rows in the order of their arrival; a replaced or deleted row stays until the next file, dead."""

    def __init__(self, path: Path, dim: int) -> None:
        self.path = path
        self.dim = dim
        self.watermark = 0
        self._start(np.empty(0, np.int64), np.empty((0, dim), "<f2"))
        if path.exists():
            self._read()

    def _start(self, ids: np.ndarray, vectors: np.ndarray) -> None:
        self.base = vectors  # rows of the file, mapped
        self.tail = np.empty((0, self.dim), "<f2")  # rows since, with room to grow
        self.row_ids = ids
        self.alive = np.ones(len(ids), bool)
        self._sorted: tuple[np.ndarray, np.ndarray] | None = None
        self._recent: tuple[np.ndarray, tuple[np.ndarray, np.ndarray], np.ndarray] | None = None

    # ------------------------------------------------------------------------------------ changes

    def put(self, ids: np.ndarray, vectors: np.ndarray) -> None:
        if vectors.shape != (len(ids), self.dim):
            raise ValueError(f"vectors of shape {vectors.shape}, expected {(len(ids), self.dim)}")
        if len(self) and len(ids):
            self._kill(self.rows_of(ids))
        # Of an id that comes twice at once, the last one counts.
        latest = {int(i): at for at, i in enumerate(ids)}
        keep = np.fromiter(latest.values(), np.int64, len(latest))
        used = len(self.row_ids) - len(self.base)
        if used + len(keep) > len(self.tail):
            grown = np.empty((max(256, 2 * (used + len(keep))), self.dim), "<f2")
            grown[:used] = self.tail[:used]
            self.tail = grown
        self.tail[used : used + len(keep)] = vectors[keep]
        self.row_ids = np.concatenate([self.row_ids, np.asarray(ids, np.int64)[keep]])
        self.alive = np.concatenate([self.alive, np.ones(len(keep), bool)])
        self._sorted = None

    def drop(self, first: int, last: int) -> None:
        self._kill(np.flatnonzero((self.row_ids >= first) & (self.row_ids <= last)))

    def _kill(self, rows: np.ndarray) -> None:
        if len(rows):
            self.alive = self.alive.copy()  # a search may be looking at the old one
            self.alive[rows] = False
            self._sorted = None

    # ------------------------------------------------------------------------------------ look-up

    def __len__(self) -> int:
        return int(self.alive.sum())

    @property
    def rows(self) -> int:
        """Rows, dead ones included."""
        return len(self.row_ids)

    @property
    def tail_rows(self) -> np.ndarray:
        """(rows - rows of the file, dim) float16."""
        return self.tail[: self.rows - len(self.base)]

    def _live(self) -> tuple[np.ndarray, np.ndarray]:
        """Sorted live ids and the row of each."""
        if self._sorted is None:
            rows = np.flatnonzero(self.alive)
            order = np.argsort(self.row_ids[rows], kind="stable")
            self._sorted = self.row_ids[rows][order], rows[order]
        return self._sorted

    def ids(self) -> np.ndarray:
        return self._live()[0]

    def rows_of(self, ids: np.ndarray) -> np.ndarray:
        """Rows of those of `ids` that are live, in their order."""
        known, rows = self._live()
        at = np.minimum(np.searchsorted(known, ids), max(0, len(known) - 1))
        return rows[at[known[at] == ids]] if len(known) else np.empty(0, np.int64)

    def rows_allowed(self, allowed: np.ndarray) -> np.ndarray:
        """As `rows_of`; the last answer is kept, for a filter is asked again and again."""
        live = self._live()
        if self._recent is None or self._recent[0] is not allowed or self._recent[1] is not live:
            self._recent = allowed, live, self.rows_of(allowed)
        return self._recent[2]

    def gather(self, rows: np.ndarray) -> np.ndarray:
        """(n, dim) float16 vectors of rows."""
        old = rows < len(self.base)
        if old.all():
            return self.base.take(rows, axis=0)
        found = np.empty((len(rows), self.dim), "<f2")
        found[old] = self.base.take(rows[old], axis=0)
        found[~old] = self.tail.take(rows[~old] - len(self.base), axis=0)
        return found

    def get(self, ids: np.ndarray) -> np.ndarray:
        found = np.zeros((len(ids), self.dim), np.float32)
        known, rows = self._live()
        if len(known):
            at = np.minimum(np.searchsorted(known, ids), len(known) - 1)
            hit = known[at] == ids
            found[hit] = self.gather(rows[at[hit]])
        return found

    def best(self, rows: np.ndarray, vector: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The best k of `rows`, scored in float64 so that every store and machine says the same."""
        rows = self._leading(rows, vector, k)
        products = _products(self.gather(rows).astype(np.float64), vector.astype(np.float64))
        scores = np.round(products, _DECIMALS)
        ids = self.row_ids[rows]
        order = np.lexsort((ids, -scores))[:k]
        return ids[order], scores[order]

    def _leading(self, rows: np.ndarray, vector: np.ndarray, k: int) -> np.ndarray:
        """Those of many `rows` that are among the best k, or so near that float32 cannot tell. In blocks that
        the processor's cache holds: the rows of a thousand proposals do not fit."""
        if not 0 < k < len(rows) // 2:
            return rows
        narrow = vector.astype(np.float32)
        blocks = (rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK))
        scores = np.concatenate([_products(self.gather(b).astype(np.float32), narrow) for b in blocks])
        lowest = np.partition(scores, len(rows) - k)[len(rows) - k]
        leading: np.ndarray = rows[scores >= lowest - MARGIN]
        return leading

    # ------------------------------------------------------------------------------------ the file

    @property
    def stale(self) -> bool:
        """Whether so much has changed since the file was written that a new one is worth it."""
        dead = int((~self.alive[: len(self.base)]).sum())
        changed = self.rows - len(self.base) + dead
        return changed > max(_TAIL, _SHARE * len(self.base)) or (dead > 0 and len(self.base) <= _TIDY)

    def write(self) -> None:
        """Replace the file by the live rows and start again from it."""
        ids, rows = self._live()
        temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        checksum = zlib.crc32(np.ascontiguousarray(ids, "<i8").tobytes())
        blocks = [rows[i : i + 65536] for i in range(0, len(rows), 65536)]
        for block in blocks:
            checksum = zlib.crc32(self.gather(block).data, checksum)
        header = json.dumps(
            {"dim": self.dim, "rows": len(ids), "watermark": self.watermark, "crc": checksum}
        ).encode()
        with temporary.open("wb") as file:
            file.write(_PREFIX.pack(_MAGIC, len(header), zlib.crc32(header)) + header)
            file.write(np.ascontiguousarray(ids, "<i8").tobytes())
            for block in blocks:
                file.write(self.gather(block).tobytes())
            file.flush()
            os.fsync(file.fileno())
        point("store-written")
        temporary.replace(self.path)
        files.sync_folder(self.path.parent)
        point("store-renamed")
        self._read()

    def _read(self) -> None:
        """Take over the file. Raises Damaged when it is not, bit for bit, what was written."""
        try:
            with self.path.open("rb") as file:
                magic, length, checksum = _PREFIX.unpack(file.read(_PREFIX.size))
                header = file.read(length)
                if magic != _MAGIC or zlib.crc32(header) != checksum:
                    raise ValueError("not a file of vectors, or its header is damaged")
                told = json.loads(header)
                body = np.memmap(self.path, "u1", "r", offset=_PREFIX.size + length)
        except (OSError, ValueError, struct.error) as error:
            raise Damaged(f"The vectors in '{self.path}' cannot be read: {error}.") from error
        rows, width = told["rows"], 8 * told["rows"]
        if told["dim"] != self.dim or len(body) != width + rows * self.dim * 2:
            raise Damaged(
                f"The vectors in '{self.path}' are {len(body)} bytes of dim {told['dim']}: not whole."
            )
        if zlib.crc32(body.data) != told["crc"]:
            raise Damaged(f"The vectors in '{self.path}' are damaged: their checksum is wrong.")
        self.checksum = int(told["crc"])
        self.watermark = int(told["watermark"])
        vectors = np.asarray(body[width:]).view("<f2").reshape(rows, self.dim)  # still mapped
        self._start(np.array(body[:width].view("<i8")), vectors)

    def clear(self) -> None:
        files.remove(self.path)
        self.watermark = 0
        self._start(np.empty(0, np.int64), np.empty((0, self.dim), "<f2"))


def _products(rows: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """(n,) inner products. By einsum: it adds in one order on every machine, and starts no threads for so
    little."""
    products: np.ndarray = np.einsum("ij,j->i", rows, vector)
    return products
