"""A question into ranked pages, each with the reasons: the retrieving half of `search`.

    retrieve(query, catalog, index, encoders, settings, ...) -> Results

Each signal gives its own list of pieces (passages, captions, views), in parallel and within the scope that
collection and filter leave; pages that only one signal found are scored by all others that compare vectors;
pieces fold into pages by their best; lists of pages fuse; what the signals agree on moves the question, and
the vectors are asked once more (`_fed_back`); pages hear their document; the catalog confirms what is shown.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache, partial
from time import perf_counter
from typing import NamedTuple

import numpy as np

from triptych import fuse, grammar, learned, terms
from triptych.catalog import Catalog
from triptych.errors import UserError
from triptych.filters import Scope
from triptych.index import Index
from triptych.narrow import narrow
from triptych.pipeline import Encoders
from triptych.present import present
from triptych.recency import recent
from triptych.records import KINDS
from triptych.results import Results
from triptych.seams import Calibrated
from triptych.settings import SearchSettings
from triptych.sight import Sight
from triptych.types import SIGNALS

FEEDBACK = 3  # pages of the first round that move the question
PULL = 0.5  # how far: their mean beside the question's own 1
MOVED = ("text", "caption")  # signals whose question moves
LOOKED_AT = 10  # best pieces of the keyword list that are asked whether they are captions
SAID = 0.9  # by how much less its sharpness counts when all are
_LONG = 20  # words from which a question is a long one
BESIDE = 0.5  # how much words say of the look of a picture that was given with them, beside its own 1


class Query(NamedTuple):
    """What is asked: words, a picture, or both. Words ask for text, captions and looks; a picture asks for
    looks, and for the words on it when no others were given."""

    text: str
    picture: Sight | None = None

    @property
    def words(self) -> str:
        """What is asked of text and captions."""
        return self.text or ("" if self.picture is None else self.picture.words)


Search = Callable[[], tuple[np.ndarray, np.ndarray]]  # keys and scores, as `Found`


class Found(NamedTuple):
    """Pieces that one signal found: keys (n,) int64, best first, and raw scores (n,) float64."""

    keys: np.ndarray
    scores: np.ndarray


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question on its way: what every step needs."""

    query: terms.Query
    vectors: Mapping[str, np.ndarray]  # (dim,) float32 for each signal that compares vectors
    scope: Scope | None
    trust: Mapping[str, float] = field(default_factory=dict)  # how far a signal understands the question


def retrieve(
    query: Query,
    catalog: Catalog,
    index: Index,
    encoders: Encoders,
    settings: SearchSettings,
    *,
    k: int | None = None,
    signals: Sequence[str] | None = None,
    fusion: str | None = None,
    collection: str | None = None,
    where: str | None = None,
    model: learned.Model | None = None,
) -> Results:
    """The `k` best pages for `query`. Raises UserError for an unknown signal, fusion or filter. `model` is what
    learned fusion has learned."""
    begun = perf_counter()
    method = fusion or settings.fusion
    fuse.check(method)
    wanted = settings.k if k is None else k
    if wanted < 1:
        raise UserError(f"k is {wanted}, but must be at least 1.")
    gathered = gather(query, catalog, index, encoders, settings, method, wanted, signals, collection, where)
    asked, candidates, seconds = gathered.asked, gathered.candidates, gathered.seconds
    weighed = _weighed(gathered, method, model, catalog)
    recency = recent(catalog, candidates.assets, settings.half_life_days, datetime.now(UTC))
    ranked = fuse.ranked(weighed, candidates.assets, wanted, recency)
    ranked = [f for f in ranked if f.score >= settings.floor]
    fused = perf_counter()
    rarity = cache(partial(_rarity, index, None if asked.scope is None else asked.scope.collections))
    hits = present(ranked, candidates.best_of, asked.query, catalog, rarity)
    total = perf_counter() - begun
    picture = None if query.picture is None else query.picture.name
    told = {"total": total, **seconds, "fuse": fused - begun - sum(seconds.values())}
    return Results(query.text or None, picture, tuple(hits), told)


def gather(
    query: Query,
    catalog: Catalog,
    index: Index,
    encoders: Encoders,
    settings: SearchSettings,
    method: str,
    wanted: int,
    signals: Sequence[str] | None = None,
    collection: str | None = None,
    where: str | None = None,
) -> Gathered:
    """What all signals say to a question, before it is fused. Raises as `retrieve` does."""
    begun = perf_counter()
    index.refresh()
    chosen = _signals(signals, index)
    line = grammar.parse(query.text)
    if not line.words and query.picture is None:
        raise UserError(f"The query {query.text!r} only says where to look. Add a word to look for.")
    within = narrow(catalog, index.keyword, line, where, collection)
    seconds: dict[str, float] = {}
    query = query._replace(text=line.words)
    asked, found = _lists(query, index, encoders, chosen, max(settings.depth, wanted), within, seconds)
    retrieved = perf_counter()
    candidates, rows = _completed(_candidates(catalog, found, asked), asked, index)
    asked = replace(asked, trust=_seen(query, found, encoders) | _said(candidates, rows))
    if method in (fuse.DEFAULT, fuse.LEARNED) and len(found) > 1:
        candidates = _fed_back(candidates, rows, asked)
    seconds["retrieve"] = retrieved - begun - seconds.get("encode", 0.0)
    return Gathered(query, asked, candidates, seconds)


def _weighed(gathered: Gathered, method: str, model: learned.Model | None, catalog: Catalog) -> fuse.Weighed:
    """The lists with their weights by a method; the learned one asks the catalog about the pages."""
    lists = gathered.lists
    if method != fuse.LEARNED:
        return fuse.weigh(lists, method)
    assert model is not None, "the library loads it"
    learned.check(model, tuple(lists.scores))
    return learned.weigh(lists, model, gathered.question, catalog.facts(lists.pages))


def available(index: Index) -> tuple[str, ...]:
    """The signals that a library has something for; keywords always."""
    index.refresh()
    return _there(index)


def _there(index: Index) -> tuple[str, ...]:
    there = [signal for signal, panel in index.panels.items() if len(panel.store)]
    return tuple(name for name in SIGNALS if name == fuse.LEAD or name in there)


def _signals(names: Sequence[str] | None, index: Index) -> tuple[str, ...]:
    """The signals of that name (None: all), in the order of SIGNALS, that have something in the library."""
    there = _there(index)
    if names is None:
        return there
    wrong = next((n for n in names if n not in SIGNALS), None)
    if wrong is not None or not names:
        said = f"The signal '{wrong}' is unknown" if names else "No signal is named"
        raise UserError(f"{said}. There are: {', '.join(SIGNALS)}.")
    return tuple(name for name in there if name in names)


# ------------------------------------------------------------------------------ lists of chunks


def _lists(
    query: Query,
    index: Index,
    encoders: Encoders,
    signals: Sequence[str],
    depth: int,
    within: Scope | None,
    seconds: dict[str, float],
) -> tuple[_Asked, dict[str, Found]]:
    """The lists of all signals, side by side. The question is encoded before: encoder and searches would only
    take the processor's cores and caches from each other (docs/log/index.md)."""
    parsed = terms.parse(query.words, index.keyword.languages(None if within is None else within.collections))
    vectors: dict[str, np.ndarray] = {}
    begun = perf_counter()
    for name in signals:
        vector = None if name == fuse.LEAD else _vector(name, query, encoders, vectors)
        if vector is not None:
            vectors[name] = vector
    seconds["encode"] = perf_counter() - begun
    searches: dict[str, Search] = {
        name: partial(index.panels[name].nearest, vector, depth, within) for name, vector in vectors.items()
    }
    if fuse.LEAD in signals and parsed.clauses:
        searches[fuse.LEAD] = partial(index.keyword.search, parsed.clauses, depth, within)
    found = _side_by_side(searches)
    return _Asked(parsed, vectors, within), {name: found[name] for name in signals if name in found}


def _side_by_side(searches: Mapping[str, Search]) -> dict[str, Found]:
    """What each search finds. The first runs here, the others beside it."""
    if not searches:
        return {}
    here, *others = searches
    waiting = {name: _beside().submit(searches[name]) for name in others}
    found = {here: Found(*searches[here]())}
    return found | {name: Found(*result.result()) for name, result in waiting.items()}


def _vector(
    signal: str, query: Query, encoders: Encoders, known: Mapping[str, np.ndarray]
) -> np.ndarray | None:
    """The question in the space of a signal; None when it says nothing to that signal."""
    if signal != "image":
        if not query.words:
            return None
        text = known.get("text", known.get("caption"))  # one space
        return np.asarray(encoders.text.queries([query.words])[0]) if text is None else text
    image = encoders.image
    if image is None:
        return None
    if query.picture is None:
        return np.asarray(image.queries([query.text])[0])
    if not query.text:
        return query.picture.vector
    both: np.ndarray = query.picture.vector + BESIDE * image.queries([query.text])[0]
    return np.asarray(both / np.linalg.norm(both))


def _seen(query: Query, found: Mapping[str, Found], encoders: Encoders) -> dict[str, float]:
    """How far the look of pictures can answer the question: for words, by the score of the best picture, where
    the encoder says what that means; a picture that was asked with speaks for itself."""
    if query.picture is not None or "image" not in found or not isinstance(encoders.image, Calibrated):
        return {}
    low, high = encoders.image.clear
    best = float(found["image"].scores.max(initial=low))
    return {"image": min(1.0, max(0.0, (best - low) / (high - low)))}


def _said(candidates: _Candidates, rows: Mapping[str, np.ndarray]) -> dict[str, float]:
    """How far the sharpness of the keyword list speaks for it: less where it is captions that hold the words.
    Two people describe one picture in different words, so the one that fits by chance stands out
    (docs/log/ranking.md)."""
    if fuse.LEAD not in candidates.scores or "caption" not in rows:
        return {}
    scores = candidates.scores[fuse.LEAD]
    best = np.argsort(-scores, kind="stable")[:LOOKED_AT]  # NaN goes last
    held = np.asarray(rows["caption"].any(axis=1))[best[~np.isnan(scores[best])]]
    return {fuse.LEAD: 1.0 - SAID * float(held.mean())} if len(held) else {}


@cache
def _beside() -> ThreadPoolExecutor:
    """Threads that outlive a question: starting one costs more than a look-up."""
    return ThreadPoolExecutor(len(SIGNALS), "triptych-search")


os.register_at_fork(after_in_child=_beside.cache_clear)  # threads stay behind in the parent


# ---------------------------------------------------------------------------- chunks into pages


@dataclass(frozen=True, slots=True, eq=False)
class _Candidates:
    """The pieces of every page that some signal found, those of a page side by side; `scores` of each signal
    (n,) float64, NaN where it says nothing of a piece."""

    keys: np.ndarray  # (n,) int64, rising within a page
    starts: np.ndarray  # (m,) where the chunks of each page begin
    pages: np.ndarray  # (m,) int64, rising
    assets: np.ndarray  # (m,) int64
    scores: Mapping[str, np.ndarray]

    def lists(self, asked: _Asked) -> fuse.Lists:
        """Chunks folded into pages: a page has the score of its best chunk."""
        folded = {name: np.fmax.reduceat(scores, self.starts) for name, scores in self.scores.items()}
        return fuse.Lists(self.pages, folded if len(self.keys) else self.scores, asked.trust)

    def best(self, signal: str, page: int) -> int:
        """Where the piece stands to which the signal owes its score of a page; of equals the first."""
        at = int(np.searchsorted(self.pages, page))
        end = self.starts[at + 1] if at + 1 < len(self.starts) else len(self.keys)
        scores = self.scores[signal][self.starts[at] : end]
        return int(self.starts[at] + np.argmax(np.fmax(scores, -np.inf)))  # NaN counts as nothing

    def best_of(self, signal: str, page: int) -> int:
        """The key of that piece."""
        return int(self.keys[self.best(signal, page)])


def _candidates(catalog: Catalog, lists: Mapping[str, Found], asked: _Asked) -> _Candidates:
    """The pieces of all lists, with the captions and views of their pages where these signals are asked: a
    page that words found has a look, too. Those that the catalog no longer knows are left out."""
    keys = [found.keys for found in lists.values()]
    places = catalog.places(np.unique(np.concatenate(keys)) if keys else [])
    kinds = [kind for signal in asked.vectors for kind in KINDS[signal] if signal != "text"]
    if kinds and len(lists) > 1:
        beside = catalog.beside(places.pages, kinds)
        places = catalog.places(np.union1d(places.chunks, beside))
    pages, starts = np.unique(places.pages, return_index=True)
    scores = {name: _aligned(found, places.chunks) for name, found in lists.items()}
    return _Candidates(places.chunks, starts, pages, places.assets[starts], scores)


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """What all signals say to one question: `lists` of pages, `documents` (n,) that these belong to."""

    query: Query
    asked: _Asked
    candidates: _Candidates
    seconds: dict[str, float]

    @property
    def lists(self) -> fuse.Lists:
        return self.candidates.lists(self.asked)

    @property
    def documents(self) -> np.ndarray:
        return self.candidates.assets

    @property
    def question(self) -> dict[str, float]:
        """What learned fusion wants to know of the question, see `learned.QUESTION`."""
        text = self.query.text
        return {
            "digits": float(any(c.isdigit() for c in text)),
            "quotes": float('"' in text),
            "length": min(len(text.split()), _LONG) / _LONG,
            "picture": float(self.query.picture is not None),
        }


def _aligned(found: Found, keys: np.ndarray) -> np.ndarray:
    """Scores (n,) of `keys`; NaN for those that were not found."""
    scores = np.full(len(keys), np.nan)
    if len(found.keys):
        order = np.argsort(found.keys)
        at = order[np.minimum(np.searchsorted(found.keys, keys, sorter=order), len(order) - 1)]
        same = found.keys[at] == keys
        scores[same] = found.scores[at[same]]
    return scores


def _completed(
    candidates: _Candidates, asked: _Asked, index: Index
) -> tuple[_Candidates, dict[str, np.ndarray]]:
    """Candidates with what the vectors say of chunks that only other signals found, and the rows (n, dim)
    float64 of each signal: the vectors are at hand, so it is known and need not be guessed. Keywords were
    not worth the same (docs/log/ranking.md)."""
    several = len(candidates.scores) > 1
    rows = {name: index.panels[name].rows(candidates.keys) for name in asked.vectors if several}
    known = {name: _products(rows[name], asked.vectors[name]) for name in rows}
    full = {name: np.where(np.isnan(s), known.get(name, s), s) for name, s in candidates.scores.items()}
    return replace(candidates, scores=full), rows


def _products(rows: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Scores (n,) float64 of rows; NaN for rows of zero, which stand for chunks of other signals."""
    # einsum: adds in one order on every machine, and starts no threads for so little.
    products = np.einsum("ij,j->i", rows, vector.astype(np.float64))
    return np.where(rows.any(axis=1), products, np.nan)


def _fed_back(candidates: _Candidates, rows: Mapping[str, np.ndarray], asked: _Asked) -> _Candidates:
    """Each list of vectors again, for the question moved towards the best pages of the first round.

    Rocchio's feedback (in Salton, The SMART Retrieval System, 1971) on vectors: the question plus half the
    mean of the best pages' chunks, weighted by fused score. So keywords tell the other signals what the
    question is about, which helps most where none is sure (docs/log/ranking.md). All pages stay in
    the race; only their scores by vectors change.
    """
    lists = candidates.lists(asked)
    scores = fuse.weigh(lists).scores()
    order = np.argsort(-scores, kind="stable")
    moved = {}
    for name, vector in asked.vectors.items():
        if name not in MOVED:
            continue
        best = order[~np.isnan(lists.scores[name][order])][:FEEDBACK]
        if len(best):
            weights = np.maximum(scores[best], 1e-9)
            chunks = [candidates.best(name, page) for page in lists.pages[best].tolist()]
            pull = vector + PULL * (weights @ rows[name][chunks] / weights.sum())
            moved[name] = _products(rows[name], pull / np.linalg.norm(pull))
    return replace(candidates, scores={**candidates.scores, **moved})


def _rarity(index: Index, collections: tuple[str, ...] | None, field: str, token: str) -> float:
    """Inverse document frequency of a token: what seeing it is worth."""
    everywhere = index.keyword.size(collections)
    here = index.keyword.document_frequency(field, token, collections)
    return float(np.log1p((everywhere - here + 0.5) / (here + 0.5)))
