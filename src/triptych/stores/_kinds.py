"""The forms in which FAISS can search vectors, and which of them suits how many.

A kind proposes rows; the best of them are then scored from the vectors themselves. So its loss is only what
it does not propose. `flat` compares every vector and needs no proposing.

    flat         every vector, float16
    pq           product codes of two bits a dimension (Jegou et al., PAMI 2011), scanned as a whole in the
                 processor's registers (Andre et al., VLDB 2015)
    rabitq       a sketch of one bit a dimension, likewise (RaBitQ: Gao and Long, SIGMOD 2024)
    ivf*         inverted lists (Jegou et al.): the nearest few of thousands of clusters are scanned,
                 their vectors held as float16, as bytes (sq8), as product codes (pq) or as sketches (rabitq)
    hnsw*        a graph of near neighbours (Malkov and Yashunin, PAMI 2020), float16 or bytes

Figures of each are in docs/index.md, made by bench/index.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np

from triptych.errors import UserError

FLAT_TO = 20_000  # rows up to which every vector is compared
SCAN_TO = 150_000  # rows up to which a sketch is scanned as a whole
SKETCH_DIM = 64  # a sketch of fewer bits says too little
_LINKS = 32  # of a row in a graph
_CONSTRUCTION = 80  # candidates that are looked at for each row while a graph is made
_SAMPLE = 24  # rows for each cluster that clustering looks at
_ROUNDS = 5  # of k-means
_DIM = 384  # that the numbers of proposals were found for
_LOOKED = 30_000  # rows in the inverted lists that are looked at
_CODED = 16_384  # rows that product codes are learned from
_BLOCK = 65536  # rows that are added at once


@dataclass(frozen=True, slots=True)
class Kind:
    """One form. `factory` describes it to FAISS for so many rows of so many dimensions; `bytes` are those in
    memory for a vector of so many dimensions; `proposed` rows are scored exactly for each question (or
    `per_hit` times k, if that is more)."""

    name: str
    factory: Callable[[int, int], str]
    bytes: Callable[[int], float]
    proposed: int
    per_hit: int = 8
    looked: int = 0  # rows that stand in the inverted lists looked at
    filters: bool = False  # can skip forbidden rows by itself


def _lists(rows: int) -> int:
    """Number of clusters: four times the root, as FAISS' guidelines say."""
    return max(1, min(int(4 * rows**0.5), rows // 8))


_GRAPH = 4 * 2 * _LINKS + 8  # bytes of a row's links and their ends

KINDS = {
    kind.name: kind
    for kind in (
        Kind("pq", lambda n, d: f"RR{d},PQ{d // 2}x4fs", lambda d: d / 4 + 8, 600, 6),
        Kind("rabitq", lambda n, d: f"RR{d},RaBitQfs", lambda d: d / 8 + 8, 1600),
        Kind("ivf", lambda n, d: f"IVF{_lists(n)},SQfp16", lambda d: 2 * d + 8, 200, 2, _LOOKED, True),
        Kind("ivf-sq8", lambda n, d: f"IVF{_lists(n)},SQ8", lambda d: d + 8, 200, 3, _LOOKED, True),
        Kind("ivf-pq", lambda n, d: f"IVF{_lists(n)},PQ{d // 4}x4fs", lambda d: d / 8 + 8, 400, 8, _LOOKED),
        Kind("ivf-rabitq", lambda n, d: f"IVF{_lists(n)},RaBitQfs", lambda d: d / 8 + 16, 400, 8, _LOOKED),
        Kind("hnsw", lambda n, d: f"HNSW{_LINKS},SQfp16", lambda d: 2 * d + _GRAPH, 200, 2, 0, True),
        Kind("hnsw-sq8", lambda n, d: f"HNSW{_LINKS},SQ8", lambda d: d + _GRAPH, 200, 3, 0, True),
    )
}
NAMES = ("flat", *KINDS)
SCANNED = ("pq", "rabitq")  # kinds that are made in a second or two
LARGE = tuple(name for name in KINDS if name not in SCANNED)  # kinds that take minutes to make


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind, and why it is the one."""

    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What decides about the kind: a kind that was asked for, or the memory that may be used, in bytes."""

    kind: str = ""
    memory: float = 0.0

    def choose(self, rows: int, dim: int) -> Choice:
        """The kind for so many rows."""
        if self.kind:
            return Choice(self.kind, "as the setting 'store' says")
        memory = self.memory or _machine_memory() / 8
        kinds, why = _suited(rows, dim)
        need = {name: rows * _bytes(name, dim) for name in kinds}
        name = next((name for name in kinds if need[name] <= memory), min(kinds, key=need.__getitem__))
        within = "within" if need[name] <= memory else "beyond, but nothing is smaller than,"
        size = f"{need[name] / 1e6:,.0f} MB, {within} the {memory / 1e6:,.0f} MB allowed"
        return Choice(name, f"{rows:,} vectors {why}; {size}")


def _suited(rows: int, dim: int) -> tuple[tuple[str, ...], str]:
    """The kinds for so many rows, best first, and why."""
    sketched = dim >= SKETCH_DIM
    if rows <= FLAT_TO or (rows <= SCAN_TO and not sketched):
        return ("flat", *(scanned(dim) if sketched else ())), "can all be compared"
    if rows <= SCAN_TO:
        return scanned(dim), "have sketches that are scanned in less than a millisecond"
    return ("ivf-rabitq", "ivf-pq") if sketched else ("ivf-sq8",), "are too many to look at each"


def scanned(dim: int) -> tuple[str, ...]:
    """The kinds of sketch for so many dimensions, best first: product codes are of pairs."""
    return SCANNED[dim % 2 :]


def _bytes(name: str, dim: int) -> float:
    return 2.0 * dim if name == "flat" else KINDS[name].bytes(dim)


def plan(argument: str) -> Plan:
    """The plan that stands after the colon of `faiss:...`: nothing, a kind, or megabytes. Raises UserError."""
    if argument in ("", *NAMES):
        return Plan(argument)
    if argument.lower().endswith("mb") and argument[:-2].isdigit():
        return Plan("", 1e6 * int(argument[:-2]))
    raise UserError(
        f"The store 'faiss:{argument}' is unknown. After the colon stands how vectors are searched, one of "
        f"{', '.join(NAMES)}, or how much memory that may take, like faiss:500MB."
    )


def _machine_memory() -> float:
    return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))


# ------------------------------------------------------------------------------------ making and asking


def make(kind: str, rows: np.ndarray) -> Any:
    """The FAISS index of (n, dim) float16 rows."""
    count, dim = rows.shape
    index = faiss.index_factory(dim, KINDS[kind].factory(count, dim), faiss.METRIC_INNER_PRODUCT)
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    sample = count
    if isinstance(index, faiss.IndexIVF):
        index.cp.niter, index.cp.min_points_per_centroid, index.cp.max_points_per_centroid = (
            _ROUNDS,
            1,
            _SAMPLE,
        )
        sample = index.nlist * _SAMPLE
        if isinstance(index, faiss.IndexIVFPQFastScan):
            index.pq.cp.niter = _ROUNDS
    elif kind == "pq":
        codes = faiss.downcast_index(index.index).pq
        codes.cp.niter, codes.cp.min_points_per_centroid = _ROUNDS, 1
        sample = _CODED
    elif isinstance(index, faiss.IndexHNSW):
        index.hnsw.efConstruction = _CONSTRUCTION
        sample = _BLOCK
    index.train(rows[:: max(1, count // sample)].astype(np.float32))
    for start in range(0, count, _BLOCK):
        index.add(rows[start : start + _BLOCK].astype(np.float32))
    return index


def propose(index: Any, kind: Kind, query: np.ndarray, k: int, mask: np.ndarray) -> np.ndarray:
    """Rows of `mask` that are worth comparing with the query (1, dim) float32; the fewer rows are allowed, the
    more are asked for."""
    share = max(1e-3, int(np.count_nonzero(mask)) / max(1, len(mask)))
    coarse = max(1.0, _DIM / index.d)  # shorter vectors have shorter codes, which tell less
    wanted = int(max(kind.proposed, kind.per_hit * k) * coarse)
    depth = min(index.ntotal, wanted if kind.filters else int(wanted / share))
    if not depth:
        return np.empty(0, np.int64)
    faiss.omp_set_num_threads(1)  # of this thread: one question is no work for two
    selector = None
    if kind.filters and share < 1.0:
        bits = np.packbits(mask, bitorder="little")  # must live as long as the selector
        selector = faiss.IDSelectorBitmap(len(mask), faiss.swig_ptr(bits))
    _, found = index.search(query, depth, params=_parameters(index, kind, depth, share, selector))
    rows: np.ndarray = found[0][found[0] >= 0]
    return np.asarray(rows[mask[rows]])


def _parameters(index: Any, kind: Kind, depth: int, share: float, selector: Any) -> Any:
    if isinstance(index, faiss.IndexIVF):
        lists = min(index.nlist, int(index.nlist * kind.looked / (share * index.ntotal)) + 1)
        return faiss.SearchParametersIVF(nprobe=lists, sel=selector)
    if isinstance(index, faiss.IndexHNSW):
        return faiss.SearchParametersHNSW(efSearch=int(depth / share), sel=selector)
    return None
