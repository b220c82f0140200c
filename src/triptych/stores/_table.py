"""Rows of ids and float16 vectors in memory and in one file: what local stores have in common.

The file holds the live rows at one change of the catalog: a header in JSON with the checksum of all that
follows, the ids (int64, ascending), the vectors (float16), little endian. It is mapped and replaced as a
whole. Rows that came later are a tail in memory, made again from the catalog after a restart, until they
are worth a new file.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from triptych import files
from triptych.errors import Damaged
from triptych.faults import point

_MAGIC = b"TRIPVEC2"
_PREFIX = struct.Struct("<8sII")  # magic, length of the header, its CRC-32
_DECIMALS = 6  # float16 products differ beyond that with the order of addition: no order in that
MARGIN = 1e-5  # float32 sums of products of unit vectors are this close to the float64 ones
_BLOCK = 200  # rows that are compared at once
_COPIED = 65536  # rows that are copied at once
_SMALL = 0.03  # up to this share of allowed rows, or _FEW of them, they are gathered and compared directly
_FEW = 1000
_TAIL = 1000  # changed rows that are worth a new file in any case
_SHARE = 0.1  # or this share of the file's rows
_SIGN_AND_VALUE = np.int32(-0x70000001)  # all bits but the three between sign and exponent
_EXPONENT = np.float32(2.0**112)  # by which float16 and float32 count exponents differently
_TIDY = 20_000  # up to so many rows a file with deleted ones is replaced at once: nothing stays behind

Found = tuple[np.ndarray, np.ndarray]  # ids (n,) int64 and scores (n,) float64, best first


class Table:
    """Rows in the order of their arrival; a replaced or deleted row stays until the next file, dead."""

    def __init__(self, path: Path, dim: int) -> None:
        self.path = path
        self.dim = dim
        self.watermark = 0
        self.checksum = 0  # of the file's rows
        self.stamp = 0  # of the file's header: another one for any other content
        self.note: dict[str, Any] = {}  # what the file's owner wrote into its header
        self._start(np.empty(0, np.int64), np.empty((0, dim), "<f2"))
        if path.exists():
            self._read()

    def _start(self, ids: np.ndarray, vectors: np.ndarray) -> None:
        self.base_ids, self.base = ids, vectors  # rows of the file, mapped
        self._tail_ids = np.empty(0, np.int64)  # rows since, with room to grow
        self._tail = np.empty((0, self.dim), "<f2")
        self.alive = np.ones(len(ids), bool)
        self._live = len(ids)
        self._late: tuple[np.ndarray, np.ndarray] | None = None
        self._recent: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None

    # ------------------------------------------------------------------------------------ changes

    def put(self, ids: np.ndarray, vectors: np.ndarray) -> None:
        if vectors.shape != (len(ids), self.dim):
            raise ValueError(f"vectors of shape {vectors.shape}, expected {(len(ids), self.dim)}")
        self.kill(ids)
        # Of an id that comes twice at once, the last one counts.
        latest = {int(i): at for at, i in enumerate(ids)}
        keep = np.fromiter(latest.values(), np.int64, len(latest))
        used = self.rows - len(self.base)
        if used + len(keep) > len(self._tail):
            room = max(256, 2 * (used + len(keep)))
            self._tail = _grown(self._tail[:used], room)
            self._tail_ids = _grown(self._tail_ids[:used], room)
        self._tail[used : used + len(keep)] = vectors[keep]
        self._tail_ids[used : used + len(keep)] = np.asarray(ids, np.int64)[keep]
        self.alive = np.concatenate([self.alive, np.ones(len(keep), bool)])
        self._live += len(keep)
        self._late = None

    def drop(self, first: int, last: int) -> None:
        begin, end = np.searchsorted(self.base_ids, [first, last + 1])
        late = np.flatnonzero((self.tail_ids >= first) & (self.tail_ids <= last)) + len(self.base)
        self._kill(np.concatenate([np.arange(begin, end), late]))

    def kill(self, ids: np.ndarray) -> None:
        """Delete these ids; unknown ones are no error."""
        self._kill(self.rows_of(ids))

    def _kill(self, rows: np.ndarray) -> None:
        rows = rows[self.alive[rows]]
        if len(rows):
            self.alive = self.alive.copy()  # a search may be looking at the old one
            self.alive[rows] = False
            self._live = int(np.count_nonzero(self.alive))
            self._late = None

    # ------------------------------------------------------------------------------------ look-up

    def __len__(self) -> int:
        return self._live

    @property
    def rows(self) -> int:
        """Rows, dead ones included."""
        return len(self.alive)

    @property
    def tail_rows(self) -> np.ndarray:
        """(rows - rows of the file, dim) float16."""
        return self._tail[: self.rows - len(self.base)]

    @property
    def tail_ids(self) -> np.ndarray:
        return self._tail_ids[: self.rows - len(self.base)]

    def ids(self) -> np.ndarray:
        """All live ids, sorted."""
        return np.union1d(self.base_ids[self.alive[: len(self.base)]], self._live_tail()[0])

    def ids_of(self, rows: np.ndarray) -> np.ndarray:
        """The id of each of `rows`."""
        return self._picked(rows, self.base_ids, self._tail_ids)

    def _live_tail(self) -> tuple[np.ndarray, np.ndarray]:
        """Sorted live ids of the tail and the row of each."""
        if self._late is None:
            rows = np.flatnonzero(self.alive[len(self.base) :])
            order = np.argsort(self.tail_ids[rows], kind="stable")
            self._late = self.tail_ids[rows][order], rows[order] + len(self.base)
        return self._late

    def find(self, ids: np.ndarray) -> np.ndarray:
        """The live row of each of `ids`, -1 for those that are not there."""
        rows = _positions(self.base_ids, ids)
        there = rows >= 0
        rows[there] = np.where(self.alive[rows[there]], rows[there], -1)
        late_ids, late_rows = self._live_tail()
        late = _positions(late_ids, ids)
        there = late >= 0
        rows[there] = late_rows[late[there]]
        return rows

    def rows_of(self, ids: np.ndarray) -> np.ndarray:
        """Rows of those of `ids` that are live, in their order."""
        rows = self.find(np.asarray(ids, np.int64))
        return rows[rows >= 0]

    def chosen(self, allowed: np.ndarray | None) -> tuple[np.ndarray | None, np.ndarray]:
        """(rows, mask): the rows that `allowed` leaves where they are so few that they are to be compared
        directly, else None and which rows (n,) may be found."""
        if allowed is None:
            return None, self.alive
        rows = self.rows_allowed(allowed)
        if len(rows) <= max(_FEW, _SMALL * self.rows):
            return rows, self.alive
        mask = np.zeros(self.rows, bool)
        mask[rows] = True
        return None, mask

    def rows_allowed(self, allowed: np.ndarray) -> np.ndarray:
        """As `rows_of`; the last answer is kept, for a filter is asked again and again."""
        if self._recent is None or self._recent[0] is not allowed or self._recent[1] is not self.alive:
            self._recent = allowed, self.alive, self.rows_of(allowed)
        return self._recent[2]

    def gather(self, rows: np.ndarray) -> np.ndarray:
        """(n, dim) float16 vectors of rows."""
        return self._picked(rows, self.base, self._tail)

    def _picked(self, rows: np.ndarray, base: np.ndarray, tail: np.ndarray) -> np.ndarray:
        old = rows < len(self.base)
        if old.all():
            return np.asarray(base.take(rows, axis=0))
        found = np.empty((len(rows), *base.shape[1:]), base.dtype)
        found[old] = base.take(rows[old], axis=0)
        found[~old] = tail.take(rows[~old] - len(self.base), axis=0)
        return found

    def get(self, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See `seams.Store`."""
        rows = self.find(np.asarray(ids, np.int64))
        known = np.flatnonzero(rows >= 0)
        return known, single(self.gather(rows[known]))

    def best(self, rows: np.ndarray, vector: np.ndarray, k: int) -> Found:
        """The best k of `rows`, scored in float64 so that every store and machine says the same."""
        rows = self._leading(rows, vector, k)
        products = _products(single(self.gather(rows)).astype(np.float64), vector.astype(np.float64))
        return ranked(self.ids_of(rows), np.round(products, _DECIMALS), k)

    def _leading(self, rows: np.ndarray, vector: np.ndarray, k: int) -> np.ndarray:
        """Those of many `rows` that are among the best k, or so near that float32 cannot tell. In blocks that
        the processor's cache holds: the rows of a thousand proposals do not fit."""
        if not 0 < k < len(rows) // 2:
            return rows
        narrow = vector.astype(np.float32)
        blocks = (rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK))
        scores = np.concatenate([_products(single(self.gather(b)), narrow) for b in blocks])
        lowest = np.partition(scores, len(rows) - k)[len(rows) - k]
        leading: np.ndarray = rows[scores >= lowest - MARGIN]
        return leading

    # ------------------------------------------------------------------------------------ the file

    @property
    def written(self) -> bool:
        """Whether the file says all that is known here."""
        return self.rows == len(self) == len(self.base) and self.stamp == _stamp(self.path)

    def stale(self, beside: int = 0) -> bool:
        """Whether so much has changed since the file was written that a new one is worth it; `beside` are
        changes elsewhere that its note would tell."""
        dead = len(self.base) - int(np.count_nonzero(self.alive[: len(self.base)]))
        changed = self.rows - len(self.base) + dead + beside
        return changed > max(_TAIL, _SHARE * len(self.base)) or (dead > 0 and len(self.base) <= _TIDY)

    def write(self, note: Mapping[str, Any] | None = None) -> None:
        """Replace the file by the live rows and start again from it."""
        ids = self.ids()
        rows = self.find(ids)
        blocks = (self.gather(rows[at : at + _COPIED]) for at in range(0, len(rows), _COPIED))
        write(self.path, self.dim, self.watermark, ids, blocks, note or {})
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
                body = np.memmap(file, "u1", "r", offset=_PREFIX.size + length)
        except (OSError, ValueError, struct.error) as error:
            raise Damaged(f"The vectors in '{self.path}' cannot be read: {error}.") from error
        rows, width = told["rows"], 8 * told["rows"]
        if told["dim"] != self.dim or len(body) != width + rows * self.dim * 2:
            raise Damaged(
                f"The vectors in '{self.path}' are {len(body)} bytes of dim {told['dim']}: not whole."
            )
        if zlib.crc32(body.data) != told["crc"]:
            raise Damaged(f"The vectors in '{self.path}' are damaged: their checksum is wrong.")
        self.checksum, self.stamp = int(told["crc"]), checksum
        self.watermark = int(told["watermark"])
        self.note = told["note"]
        whole = np.asarray(body)  # still mapped
        self._start(whole[:width].view("<i8"), whole[width:].view("<f2").reshape(rows, self.dim))

    def clear(self) -> None:
        files.remove(self.path)
        self.watermark, self.checksum, self.stamp, self.note = 0, 0, 0, {}
        self._start(np.empty(0, np.int64), np.empty((0, self.dim), "<f2"))


def write(
    path: Path,
    dim: int,
    watermark: int,
    ids: np.ndarray,
    blocks: Iterable[np.ndarray],
    note: Mapping[str, Any],
) -> None:
    """Replace the file at `path`: sorted ids (n,), their vectors in blocks of float16 rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    head = {"dim": dim, "rows": len(ids), "watermark": watermark, "note": note}
    # The checksum is known at the end only. A multiple of 64: ids and vectors lie aligned when mapped.
    room = -(-len(_header(head, 0xFFFFFFFF)) // 64) * 64
    with temporary.open("wb") as file:
        file.write(bytes(room))
        checksum = 0
        for block in chain([np.ascontiguousarray(ids, "<i8")], blocks):
            data = block.tobytes()
            file.write(data)
            checksum = zlib.crc32(data, checksum)
        file.seek(0)
        file.write(_header(head, checksum, room))
        file.flush()
        os.fsync(file.fileno())
    point("store-written")
    temporary.replace(path)
    files.sync_folder(path.parent)


def _header(told: Mapping[str, Any], checksum: int, length: int = 0) -> bytes:
    """Prefix and header, filled up with spaces to `length` bytes."""
    header = json.dumps({**told, "crc": checksum}).encode()
    header = header.ljust(length - _PREFIX.size)
    return _PREFIX.pack(_MAGIC, len(header), zlib.crc32(header)) + header


def _stamp(path: Path) -> int:
    """That of the file as it is now; 0 for none."""
    if not path.exists():
        return 0
    with path.open("rb") as file:
        return int(_PREFIX.unpack(file.read(_PREFIX.size))[2])


def ranked(ids: np.ndarray, scores: np.ndarray, k: int) -> Found:
    """The best k, ties by id."""
    order = np.lexsort((ids, -scores))[:k]
    return ids[order], scores[order]


def single(rows: np.ndarray) -> np.ndarray:
    """(n, dim) float16 rows of finite numbers as float32. The bits are moved to their places and the exponent is
    corrected by a product, which is exact: a seventh of the time of NumPy's own conversion (docs/log/index.md)."""
    bits = rows.view("<i2").astype("<i4")
    bits <<= 13
    bits &= _SIGN_AND_VALUE
    found = bits.view("<f4")
    found *= _EXPONENT
    return found


def _positions(known: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Where each of `ids` stands in `known` (sorted), -1 for those that do not."""
    if not len(known):
        return np.full(len(ids), -1)
    at = np.minimum(np.searchsorted(known, ids), len(known) - 1)
    return np.where(known[at] == ids, at, -1)


def _grown(array: np.ndarray, rows: int) -> np.ndarray:
    """A copy with room for `rows` rows."""
    grown = np.empty((rows, *array.shape[1:]), array.dtype)
    grown[: len(array)] = array
    return grown


def _products(rows: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """(n,) inner products. By einsum: it adds in one order on every machine, and starts no threads for so
    little."""
    products: np.ndarray = np.einsum("ij,j->i", rows, vector)
    return products
