"""The forms of the vector index beside each other: memory, time to make, time of a question, what is found.

    python bench/index.py [--rows 1000000] [--kinds ivf-sq8,ivf-rabitq] [--questions 200] [--write]

Vectors of 384 numbers lie in 2,000 clusters of uneven size, each spread over 24 directions of its own, a little
in all others; questions are further members of the clusters. `recall@10` is the share of the ten truly
nearest among the ten found, `p50` and `p95` the time of one question after another, rows in memory or in
the cache of the file system. `--write` puts the table into docs/index.md.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from triptych import files
from triptych.stores import _base, _build, _kinds, _table
from triptych.stores._recent import Recent

DIM, CLUSTERS, DIRECTIONS = 384, 2000, 24
LIMITS = {"recall": 0.97, "p50": 2.0}  # of the kind that is chosen by itself
SKETCH = {"recall": 0.95, "bytes": 80.0}  # of ivf-rabitq
PAGE = Path(__file__).parents[1] / "docs" / "index.md"
Search = Callable[[np.ndarray, int], np.ndarray]


class Figures(NamedTuple):
    """What was measured of one kind."""

    kind: str
    bytes: float  # in memory, for a vector
    seconds: float  # to make the index
    p50: float  # milliseconds
    p95: float
    recall: float


def rows_of(count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, DIM) float16 rows of length 1."""
    fixed = np.random.default_rng(7)
    centres = fixed.standard_normal((CLUSTERS, DIM), np.float32)
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    spread = 0.25 * fixed.standard_normal((CLUSTERS, DIRECTIONS, DIM), np.float32) / DIM**0.5
    sizes = 1 / np.sqrt(np.arange(1, CLUSTERS + 1))
    member = np.sort(rng.choice(CLUSTERS, count, p=sizes / sizes.sum()))
    rows = np.empty((count, DIM), np.float16)
    borders = np.searchsorted(member, np.arange(CLUSTERS + 1)).tolist()
    for cluster, (start, end) in enumerate(pairwise(borders)):
        made = centres[cluster] + rng.standard_normal((end - start, DIRECTIONS), np.float32) @ spread[cluster]
        made += 0.02 * rng.standard_normal((end - start, DIM), np.float32)
        rows[start:end] = made / np.linalg.norm(made, axis=1, keepdims=True)
    return rows[rng.permutation(count)]


def truth(rows: np.ndarray, questions: np.ndarray, k: int = 10) -> np.ndarray:
    """(q, k) rows that are truly nearest."""
    best = np.full((len(questions), k), -np.inf, np.float32)
    found = np.zeros((len(questions), k), np.int64)
    for start in range(0, len(rows), 65536):
        scores = np.hstack([best, questions @ rows[start : start + 65536].astype(np.float32).T])
        order = np.argpartition(-scores, k, axis=1)[:, :k]
        names = np.hstack(
            [
                found,
                np.broadcast_to(
                    np.arange(start, start + scores.shape[1] - k), (len(questions), scores.shape[1] - k)
                ),
            ]
        )
        best, found = np.take_along_axis(scores, order, 1), np.take_along_axis(names, order, 1)
    return found


def measured(search: Search, questions: np.ndarray, nearest: np.ndarray) -> tuple[float, float, float]:
    """(p50, p95, recall@10) of a search that gives ids, which are rows counted from 1."""
    for question in questions[:20]:
        search(question, 10)
    taken, hits = [], 0
    for question, right in zip(questions, nearest, strict=True):
        begun = time.perf_counter()
        found = search(question, 10)
        taken.append(1e3 * (time.perf_counter() - begun))
        hits += len(np.intersect1d(found - 1, right))
    return float(np.median(taken)), float(np.percentile(taken, 95)), hits / nearest.size


def small(folder: Path, kind: str) -> tuple[Search, float, float]:
    """(search, bytes a vector, seconds) of what is scanned as a whole."""
    begun = time.perf_counter()
    recent = Recent(folder / _build.RECENT, DIM, _kinds.Plan(kind))
    recent.search(np.zeros(DIM, np.float32), 1, None)  # makes the scan
    held = (
        2.0 * DIM
        if kind == "flat"
        else sum(p.stat().st_size for p in folder.glob("sketch-*")) / len(recent.table)
    )
    return lambda question, k: recent.search(question, k, None)[0], held, time.perf_counter() - begun


def large(folder: Path, kind: str) -> tuple[Search, float, float]:
    """(search, bytes a vector, seconds) of what is made beside."""
    begun = time.perf_counter()
    name = _build.build(folder, DIM, kind)
    seconds = time.perf_counter() - begun
    base = _base.Base(folder / name, DIM)
    held = sum(path.stat().st_size for path in (folder / name).glob("*.faiss")) / base.size
    return lambda question, k: base.search(question, k, None)[0], held, seconds


def figures(kind: str, rows: np.ndarray, questions: np.ndarray, nearest: np.ndarray) -> Figures:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "store"
        ids = np.arange(1, len(rows) + 1)
        note = {"base": "", "dead": []}
        _table.write(folder / _build.RECENT, DIM, 1, ids, blocks(rows), note)
        search, held, seconds = (large if kind in _kinds.LARGE else small)(folder, kind)
        return Figures(kind, held + 1, seconds, *measured(search, questions, nearest))  # 1: is it deleted


def blocks(rows: np.ndarray) -> Iterator[np.ndarray]:
    return (rows[start : start + 65536] for start in range(0, len(rows), 65536))


def line(f: Figures) -> str:
    return f"| {f.kind} | {f.bytes:.0f} | {f.seconds:.0f} | {f.p50:.2f} | {f.p95:.2f} | {f.recall:.3f} |"


def judged(f: Figures, default: str) -> list[str]:
    """Which limits a kind has, and whether it keeps them."""
    told = []
    if f.kind == default:
        fine = f.recall >= LIMITS["recall"] and f.p50 <= LIMITS["p50"]
        told.append(
            f"{f.kind} is the default: {'ok' if fine else 'MISSED'} (recall at least {LIMITS['recall']}, p50 at most {LIMITS['p50']} ms)"
        )
    if f.kind == "ivf-rabitq":
        fine = f.recall >= SKETCH["recall"] and f.bytes <= SKETCH["bytes"]
        told.append(
            f"{f.kind}: {'ok' if fine else 'MISSED'} (recall at least {SKETCH['recall']}, at most {SKETCH['bytes']:.0f} bytes)"
        )
    return told


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--kinds", default=",".join(_kinds.NAMES))
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()

    rows = rows_of(given.rows, np.random.default_rng(0))
    questions = rows_of(given.questions, np.random.default_rng(1)).astype(np.float32)
    nearest = truth(rows, questions)
    default = _kinds.plan("").choose(given.rows, DIM)
    print(
        f"{given.rows:,} vectors of {DIM}, {os.cpu_count()} cores; by itself: {default.kind} ({default.reason})\n"
    )
    head = [
        "| kind | bytes a vector | made in, s | p50, ms | p95, ms | recall@10 |",
        "|---|---|---|---|---|---|",
    ]
    print("\n".join(head), flush=True)
    lines, told = [], []
    for kind in given.kinds.split(","):
        found = figures(kind, rows, questions, nearest)
        lines.append(line(found))
        told += judged(found, default.kind)
        print(lines[-1], flush=True)
        if given.write:
            write_page(given.rows, head, lines)
    print("\n" + "\n".join(told))
    raise SystemExit(any("MISSED" in verdict for verdict in told))


def write_page(count: int, head: list[str], lines: list[str]) -> None:
    """Put the table into docs/index.md, between its marks; rows of kinds that were not run stay."""
    begin, end = f"<!-- table {count} -->", "<!-- end -->"
    page = PAGE.read_text("utf-8")
    before, rest = page.split(begin, 1)
    old, after = rest.split(end, 1)
    known = {row.split("|")[1].strip(): row for row in [*old.splitlines(), *lines] if row.startswith("| ")}
    table = "\n".join([*head, *(known[kind] for kind in _kinds.NAMES if kind in known)])
    files.write(PAGE, f"{before}{begin}\n{table}\n{end}{after}".encode())


if __name__ == "__main__":
    main()
