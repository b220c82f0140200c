"""A question into ranked pages, each with the reasons: the retrieving half of `search`.

    retrieve(text, catalog, index, encoder, settings, ...) -> Results

Each signal gives its own list of chunks, in parallel and within the scope that collection and filter
leave; chunks that only one signal found are scored by the other too; chunks fold into pages by their
best; lists of pages fuse; what both signals agree on moves the question, and the text is asked once more
(`_fed_back`); pages hear their document; the catalog confirms what is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter
from typing import NamedTuple

import numpy as np

from triptych import fuse, terms
from triptych.catalog import Catalog
from triptych.errors import UserError
from triptych.filters import Scope, scope
from triptych.index import Index
from triptych.records import ChunkRow
from triptych.results import Results
from triptych.seams import Encoder
from triptych.settings import SearchSettings
from triptych.snippet import Snippet, snippet
from triptych.types import SIGNALS, Hit

FEEDBACK = 3  # pages of the first round that move the question
PULL = 0.5  # how far: their mean beside the question's own 1
AVAILABLE = ("keyword", "text")  # of SIGNALS; captions and images are signals of a later version


class Found(NamedTuple):
    """Chunks that one signal found: keys (n,) int64, best first, and raw scores (n,) float64."""

    keys: np.ndarray
    scores: np.ndarray


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question on its way: what every step needs."""

    query: terms.Query
    vector: np.ndarray | None  # (dim,) float32; None when no signal compares vectors
    scope: Scope | None


def retrieve(
    text: str,
    catalog: Catalog,
    index: Index,
    encoder: Encoder,
    settings: SearchSettings,
    *,
    k: int | None = None,
    signals: Sequence[str] | None = None,
    fusion: str | None = None,
    collection: str | None = None,
    where: str | None = None,
) -> Results:
    """The `k` best pages for `text`. Raises UserError for an unknown signal, fusion or filter."""
    begun = perf_counter()
    chosen = _signals(signals)
    method = fusion or settings.fusion
    fuse.check(method)
    wanted = settings.k if k is None else k
    if wanted < 1:
        raise UserError(f"k is {wanted}, but must be at least 1.")
    index.refresh()
    within = scope(catalog, where, collection)
    seconds: dict[str, float] = {}
    asked, lists = _lists(text, index, encoder, chosen, max(settings.depth, wanted), within, seconds)
    retrieved = perf_counter()
    pages = _pages(catalog, lists)
    if method == fuse.DEFAULT and len(lists) > 1:
        pages = _fed_back(pages, fuse.weigh(pages.lists, method).scores(), asked, index)
    ranked = [f for f in fuse.fuse(pages.lists, method, pages.asset, wanted) if f.score >= settings.floor]
    fused = perf_counter()
    hits = _hits(ranked, pages, asked, catalog, index)
    seconds |= {"retrieve": retrieved - begun - seconds.get("encode", 0.0), "fuse": fused - retrieved}
    return Results(text, tuple(hits), {"total": perf_counter() - begun, **seconds})


def _signals(names: Sequence[str] | None) -> tuple[str, ...]:
    if names is None:
        return AVAILABLE
    wrong = next((n for n in names if n not in AVAILABLE), None)
    if wrong is not None or not names:
        why = "is not in this version yet" if wrong in SIGNALS else "is unknown"
        said = f"The signal '{wrong}' {why}" if names else "No signal is named"
        raise UserError(f"{said}. There are: {', '.join(AVAILABLE)}.")
    return tuple(dict.fromkeys(names))


# ------------------------------------------------------------------------------ lists of chunks


def _lists(
    text: str,
    index: Index,
    encoder: Encoder,
    signals: Sequence[str],
    depth: int,
    within: Scope | None,
    seconds: dict[str, float],
) -> tuple[_Asked, dict[str, Found]]:
    """The lists of all signals, side by side, each completed with the chunks of the other."""
    query = terms.parse(text)
    lists: dict[str, Found] = {}
    vector = None
    with ThreadPoolExecutor(1) as beside:
        if "keyword" in signals:
            keyword = beside.submit(index.keyword.search, query.clauses, depth, within)
        if "text" in signals:
            begun = perf_counter()
            vector = encoder.queries([text])[0]
            seconds["encode"] = perf_counter() - begun
            lists["text"] = Found(*index.panels["text"].nearest(vector, depth, within))
        if "keyword" in signals:
            lists["keyword"] = Found(*keyword.result())
    asked = _Asked(query, vector, within)
    return asked, _completed(lists, asked, index) if len(lists) > 1 else lists


def _completed(lists: Mapping[str, Found], asked: _Asked, index: Index) -> dict[str, Found]:
    """The text list with the chunks that only keywords found: its vectors are at hand, so what it thinks
    of them is known and need not be guessed. The other way round nothing was gained (docs/log/ranking.md)."""
    assert asked.vector is not None
    text = lists["text"]
    rest = np.setdiff1d(lists["keyword"].keys, text.keys, assume_unique=True)
    scores = index.panels["text"].products(asked.vector, rest)
    full = Found(np.concatenate([text.keys, rest]), np.concatenate([text.scores, scores]))
    return {**lists, "text": full}


# ---------------------------------------------------------------------------- chunks into pages


@dataclass(frozen=True, slots=True)
class _Pages:
    """Lists of pages by signal, the chunk that earned each page its place there, and their assets.
    `places` are the page of each chunk that was found, as two arrays."""

    lists: dict[str, dict[int, float]]
    chunk: dict[str, dict[int, int]]
    asset: dict[int, int]
    keys: np.ndarray  # (n,) int64, sorted
    page_of: np.ndarray  # (n,) int64


def _pages(catalog: Catalog, lists: Mapping[str, Found]) -> _Pages:
    """Fold chunks into pages. Chunks that the catalog no longer knows are left out."""
    every = np.unique(np.concatenate([found.keys for found in lists.values()]))
    places = sorted(catalog.places(every.tolist()))
    keys = np.array([p.chunk for p in places], np.int64)
    page_of = np.array([p.page for p in places], np.int64)
    pages = _Pages({}, {}, {p.page: p.asset for p in places}, keys, page_of)
    for name, found in lists.items():
        pages.lists[name], pages.chunk[name] = _folded(found, pages)
    return pages


def _folded(found: Found, pages: _Pages) -> tuple[dict[int, float], dict[int, int]]:
    """(score, chunk) of each page: those of its best chunk."""
    known = np.isin(found.keys, pages.keys)
    keys, scores = found.keys[known], found.scores[known]
    page = pages.page_of[np.searchsorted(pages.keys, keys)]
    order = np.lexsort((keys, -scores))
    _, first = np.unique(page[order], return_index=True)
    best = order[first]
    names = page[best].tolist()
    return (
        dict(zip(names, scores[best].tolist(), strict=True)),
        dict(zip(names, keys[best].tolist(), strict=True)),
    )


def _fed_back(pages: _Pages, scores: fuse.Scores, asked: _Asked, index: Index) -> _Pages:
    """The text list again, for the question moved towards the best pages of the first round.

    Rocchio's feedback (in Salton, The SMART Retrieval System, 1971) on vectors: the question plus half the
    mean of the best pages' chunks, weighted by fused score. So keywords tell the text signal what the
    question is about, which helps most where neither is sure (docs/log/ranking.md). All pages stay in
    the race; only their text scores change.
    """
    assert asked.vector is not None
    chunk = pages.chunk["text"]
    best = sorted((page for page in scores if page in chunk), key=lambda page: (-scores[page], page))[
        :FEEDBACK
    ]
    if not best:
        return pages
    weights = np.array([max(scores[page], 1e-9) for page in best])
    rows = index.panels["text"].rows(pages.keys)
    pull = weights @ rows[np.searchsorted(pages.keys, [chunk[page] for page in best])] / weights.sum()
    moved = asked.vector + PULL * pull
    found = Found(pages.keys, np.einsum("ij,j->i", rows, moved / np.linalg.norm(moved)))
    scores, chunk = _folded(found, pages)
    return replace(pages, lists={**pages.lists, "text": scores}, chunk={**pages.chunk, "text": chunk})


# ------------------------------------------------------------------------------------------ hits


def _hits(
    ranked: Sequence[fuse.Fused], pages: _Pages, asked: _Asked, catalog: Catalog, index: Index
) -> list[Hit]:
    """What people see of the best pages. A page that was removed meanwhile is left out."""
    chunks = [_chunk_of(f, pages) for f in ranked]
    rarity = partial(_rarity, index, None if asked.scope is None else asked.scope.collections)
    known = {row.key: (row, text) for row, text in catalog.shown(chunks)}
    shown = [(f, *known[key]) for f, key in zip(ranked, chunks, strict=True) if key in known]
    return [
        _hit(rank, f, row, snippet(text, row.start, row.end, asked.query, rarity))
        for rank, (f, row, text) in enumerate(shown, 1)
    ]


def _chunk_of(fused: fuse.Fused, pages: _Pages) -> int:
    """The chunk to show: of the signal that gave the page most."""
    said = fused.signals
    strongest = max(said, key=lambda name: (said[name].weight * said[name].norm, name == "keyword"))
    return pages.chunk[strongest][fused.page]


def _hit(rank: int, fused: fuse.Fused, row: ChunkRow, part: Snippet) -> Hit:
    return Hit(
        rank=rank,
        score=fused.score,
        asset=row.sha256,
        source=row.source,
        page=row.page,
        collection=row.collection,
        title=row.title,
        snippet=part.text,
        boxes=part.boxes,
        signals={name: fused.signals.get(name) for name in SIGNALS},
        marks=part.marks,
        section=row.section,
    )


def _rarity(index: Index, collections: tuple[str, ...] | None, field: str, token: str) -> float:
    """Inverse document frequency of a token: what seeing it is worth."""
    everywhere = index.keyword.size(collections)
    here = index.keyword.document_frequency(field, token, collections)
    return float(np.log1p((everywhere - here + 0.5) / (here + 0.5)))
