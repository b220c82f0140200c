"""How long a search takes among 100,000 chunks, part by part, with and without a filter.

    python bench/query.py [--chunks 100000] [--queries 300] [--workdir DIR]

The library is synthetic: words drawn by Zipf's law with numbers and dates among them, vectors in
clusters. It goes through the catalog and the index as an added file would, without reading or encoding.
The rivals are the bare engines, asked for the same in the same run: tantivy and FAISS, one after the other.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from triptych import library
from triptych.catalog import Catalog
from triptych.embed import key
from triptych.index import Index
from triptych.pages.views import WHOLE
from triptych.records import AssetRecord, Piece, Spaces
from triptych.types import Caption, Chunk, Page, PageText, Source

PAGES, CHUNKS, WORDS = 10, 4, 120  # of an asset, of a page, of a chunk
LIMITS = {"p50": 12.0, "p95": 25.0}  # milliseconds, for finding; 20 and 40 when the best pages are read again
BARE = {"rerank.model": "none", "search.fold": "off", "search.no_match": "off"}


def vocabulary(size: int, rng: np.random.Generator) -> np.ndarray:
    """Made-up words of two to five syllables."""
    syllables = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]
    made: dict[str, None] = {}
    while len(made) < size:
        made["".join(rng.choice(syllables, rng.integers(2, 6)))] = None
    return np.array(list(made))


def texts(rng: np.random.Generator, words: np.ndarray) -> Iterator[str]:
    """Endless chunk texts: Zipfian words, a number or a date every 20 words."""
    weights = 1 / np.arange(1, len(words) + 1)
    ladder = np.cumsum(weights / weights.sum())
    while True:
        drawn = words[np.searchsorted(ladder, rng.random(WORDS))].tolist()
        for at in range(0, WORDS, 20):
            number, day = rng.integers(1, 10_000_000) / 100, rng.integers(1, 28)
            drawn[at] = f"{number:,.2f}" if at % 40 else f"{day:02d}/{rng.integers(1, 13):02d}/2024"
        yield "\n".join(" ".join(drawn[i : i + 10]) for i in range(0, WORDS, 10))


def vectors(rng: np.random.Generator, dim: int) -> Iterator[np.ndarray]:
    """Endless unit rows in 500 clusters."""
    centres = rng.standard_normal((500, dim)).astype(np.float32)
    while True:
        rows = centres[rng.integers(500, size=1000)] + 0.7 * rng.standard_normal((1000, dim))
        yield from (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def fill(catalog: Catalog, count: int, spaces: Spaces, panels: bool) -> None:
    """Put assets until there are `count` chunks; with `panels` each page has one, a caption and a view."""
    rng = np.random.default_rng(0)
    text, rows = texts(rng, vocabulary(50_000, rng)), vectors(rng, spaces["text"].dim)
    looks = vectors(rng, spaces["image"].dim)
    chunks = 1 if panels else CHUNKS
    for number in range(count // (PAGES * chunks)):
        pages, pieces = [], []
        for at in range(PAGES):
            parts = [next(text) for _ in range(chunks)]
            pages.append(Page(at + 1, PageText.plain("\n".join(parts)), 612, 792, text_source="native"))
            starts = np.cumsum([0, *(len(part) + 1 for part in parts[:-1])]).tolist()
            pieces.append(
                [Piece(Chunk(s, s + len(p)), key(p), next(rows)) for s, p in zip(starts, parts, strict=True)]
            )
            if panels:
                said = Caption(next(text)[:80], "builtin", "bench")
                name = f"{number} {at}"
                pieces[-1].append(Piece(Chunk(0, 0), key(name), next(rows), "caption", caption=said))
                pieces[-1].append(Piece(Chunk(0, 0), key(f"view {name}"), next(looks), "image", WHOLE))
        sha256 = hashlib.sha256(f"bench {number}".encode()).hexdigest()
        kind = "pdf" if number % 10 else "image"
        record = AssetRecord(sha256, "default", kind, "application/pdf", 1, "ready", "bench", f"{number}.pdf")
        source = Source(f"in/{number % 50}/{number}.pdf", sha256, 1, 1.7e9)
        catalog.put(record, [source], pages, pieces, spaces)


def timed(work: Callable[[str], object], queries: Sequence[str]) -> tuple[float, float]:
    """(median, 95th percentile) in milliseconds."""
    for query in queries[:10]:
        work(query)
    taken = []
    for query in queries:
        begun = time.perf_counter()
        work(query)
        taken.append(1e3 * (time.perf_counter() - begun))
    return statistics.median(taken), float(np.percentile(taken, 95))


def report(name: str, figures: tuple[float, float], limited: bool = False) -> bool:
    kept = not limited or (figures[0] <= LIMITS["p50"] and figures[1] <= LIMITS["p95"])
    verdict = (
        ""
        if not limited
        else f"   {'ok' if kept else 'TOO SLOW'} (at most {LIMITS['p50']:.0f} / {LIMITS['p95']:.0f})"
    )
    print(f"{name:<44} p50 {figures[0]:7.2f} ms   p95 {figures[1]:7.2f} ms{verdict}")
    return kept


def rivals(index: Index, queries: Sequence[str], encode: Callable[[str], np.ndarray]) -> None:
    """The bare engines: six words as OR in tantivy's own words, a flat float16 scan in FAISS."""
    import faiss
    import tantivy

    [part] = index.keyword._parts.values()  # one collection
    searcher, schema = part.snapshot._searcher, part._schema
    should = tantivy.Occur.Should

    def bare_tantivy(query: str) -> object:
        terms = [tantivy.Query.term_query(schema, "text", word) for word in query.split()]
        return searcher.search(tantivy.Query.boolean_query([(should, t) for t in terms]), 50, count=False)

    report("tantivy alone, OR of the words, top 50", timed(bare_tantivy, queries))
    rows = index.panels["text"].store.get(index.panels["text"].store.ids())[1]
    flat = faiss.IndexScalarQuantizer(
        rows.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )
    flat.add(rows)
    ready = {query: encode(query)[None] for query in queries}
    report("FAISS alone, flat float16, top 50", timed(lambda q: flat.search(ready[q], 50), queries))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--panels", action="store_true", help="pages with a caption and a view each")
    parser.add_argument("--workdir", type=Path, default=Path(tempfile.gettempdir()) / "triptych-bench-query")
    given = parser.parse_args()

    name = f"{given.chunks}-panels" if given.panels else str(given.chunks)
    with library.open(given.workdir / name) as lib:
        spaces = lib.encoders.spaces
        if not lib.catalog.counts()["chunks"]:
            begun = time.perf_counter()
            fill(lib.catalog, given.chunks, spaces, given.panels)
            stored = time.perf_counter()
            lib.index.catch_up()
            print(
                f"made: catalog {stored - begun:.1f} s, indexes {time.perf_counter() - stored:.1f} s "
                f"({given.chunks / (time.perf_counter() - stored):.0f} chunks/s)"
            )
        begun = time.perf_counter()
        lib.search("opened")
        print(f"first search, opening the indexes and the model: {time.perf_counter() - begun:.2f} s")

        rng = np.random.default_rng(1)
        words = vocabulary(50_000, np.random.default_rng(0))
        ranks = np.exp(rng.uniform(np.log(3), np.log(5_000), (given.queries, 6))).astype(int)
        queries = [" ".join(words[row]) for row in ranks]
        print(f"{lib.catalog.counts()['chunks']:,} chunks, {len(queries)} queries of six words\n")

        encode = lambda query: lib.encoders.text.queries([query])[0]  # noqa: E731
        rivals(lib.index, queries, encode)
        report("encoding the question alone", timed(encode, queries))
        with library.open(given.workdir / name, settings=BARE) as bare:
            fine = report("search, nothing read again", timed(bare.search, queries), limited=not given.panels)
            for where in ("kind = image", "kind = pdf", 'source ~ "in/7/*"', "page = 3"):
                figures = timed(lambda q, where=where: bare.search(q, where=where), queries)  # type: ignore[misc]
                fine &= report(f"  --filter '{where}'", figures, limited=not given.panels)
        LIMITS.update(p50=20.0, p95=40.0)
        fine &= report("search", timed(lib.search, queries), limited=True)
        for signal in lib.signals():
            alone = timed(lambda q, signal=signal: lib.search(q, signals=[signal]), queries)  # type: ignore[misc]
            report(f"  --signals {signal}", alone)
    raise SystemExit(0 if fine else 1)


if __name__ == "__main__":
    main()
