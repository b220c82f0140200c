"""A question into ranked pages, each with the reasons: the retrieving half of `search`.

    retrieve(query, catalog, index, encoders, settings, ...) -> Results

Each signal gives its own list of pieces (passages, captions, views), in parallel and within the scope that
collection and filter leave; pages that only one signal found are scored by all others that compare vectors;
pieces fold into pages by their best; lists of pages fuse; what the signals agree on moves the question, and
the vectors are asked once more (`candidates`); pages hear their document; the catalog confirms what is shown.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial
from time import perf_counter
from typing import NamedTuple

import numpy as np

from triptych import fuse
from triptych.catalog import Catalog
from triptych.errors import UserError
from triptych.fuse import LEAD
from triptych.index import Index
from triptych.pipeline import Encoders
from triptych.query import grammar
from triptych.query.filters import Scope, Within
from triptych.query.narrow import narrow
from triptych.query.sight import Sight
from triptych.ranking import evidence, fold, learned
from triptych.ranking.candidates import (
    Asked,
    Candidates,
    Found,
    collected,
    completed,
    fed_back,
    said_by_captions,
)
from triptych.ranking.floor import Fit, Floor, fit
from triptych.ranking.present import present
from triptych.ranking.reading import Reading
from triptych.ranking.recency import recent
from triptych.rerank import Again, Reranking
from triptych.results import Results
from triptych.seams import Calibrated
from triptych.settings import SearchSettings
from triptych.sql import hiding
from triptych.types import SIGNALS
from triptych.words import terms
from triptych.words.snippet import Weight

COPIES = 5  # pages more that are looked at where copies may be folded
_LONG = 20  # words from which a question is a long one
BESIDE = 0.5  # how much words say of the look of a picture that was given with them, beside its own 1


class Query(NamedTuple):
    """What is asked: words, a picture, or both. Words ask for text, captions and looks; a picture asks for
    looks, and when no words were given for the words on it and for what it shows, as far as somebody said."""

    text: str
    picture: Sight | None = None
    plain: bool = False  # the text is words as they stand: no phrases, exclusions and filters in it

    @property
    def words(self) -> str:
        """What is asked of text, and of captions unless there is a `caption`."""
        return self.text or ("" if self.picture is None else self.picture.words or self.picture.caption)

    @property
    def caption(self) -> str:
        """What is asked of captions alone: what a picture shows that no words were given with."""
        return "" if self.picture is None or self.text else self.picture.caption


Search = Callable[[], tuple[np.ndarray, np.ndarray]]  # keys and scores, as `Found`


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
    collection: Within = None,
    where: str | None = None,
    model: learned.Model | None = None,
    reranking: Reranking | None = None,
    floor: Floor | None = None,
) -> Results:
    """The `k` best pages for `query`. Raises UserError for an unknown signal, fusion or filter. `model` is what
    learned fusion has learned; what several signals found for words is read again by `reranking`; `floor`
    knows when nothing matches."""
    begun = perf_counter()
    method = fusion or settings.fusion
    fuse.check(method)
    wanted = settings.k if k is None else k
    if wanted < 1:
        raise UserError(f"k is {wanted}, but must be at least 1.")
    gathered = gather(query, catalog, index, encoders, settings, method, wanted, signals, collection, where)
    asked, candidates, seconds = gathered.asked, gathered.candidates, gathered.seconds
    weighed, recalled = _weighed(gathered, method, model, catalog)
    recency = recent(catalog, candidates.assets, settings.half_life_days, datetime.now(UTC))
    again = reranking if gathered.query.text and len(candidates.scores) > 1 else None
    deep = max(wanted + (COPIES if settings.fold != "off" else 0), again.depth if again else 0)
    ranked = fuse.ranked(weighed, candidates.assets, deep, recency, recalled)
    ranked = [f for f in ranked if f.score >= settings.floor]
    rarity = cache(partial(_rarity, index, None if asked.scope is None else asked.scope.collections))
    named = collection if isinstance(collection, str) else None
    reading = Reading.of(ranked, candidates.best_of, catalog, named)
    ranked = reading.there(ranked)
    taken_apart = evidence.Question.of(gathered.query.text, asked.query, rarity)
    read = Again(ranked)
    if again is not None:
        read = again.again(ranked, reading, gathered.query.text, taken_apart, rarity)
        ranked = read.ranked
    fits = _fit(gathered, ranked, reading, taken_apart, rarity) if settings.no_match != "off" else None
    looks = gathered.nearest.get("image") if query.picture is not None and not gathered.query.text else None
    match = floor.judge(fits, looks, asked.trust) if floor is not None else None
    ranked = [] if match is False and settings.no_match == "drop" else ranked
    if settings.fold != "off":
        seen = fold.looks(ranked, candidates, index.panels.get("image"))
        ranked = fold.folded(ranked, reading, seen, settings.fold == "near")
    fused = perf_counter()
    hidden = hiding.among(catalog, (f.page for f in ranked[:wanted]))
    hits = present(ranked[:wanted], reading, asked.query, rarity, hidden)
    total = perf_counter() - begun
    picture = None if query.picture is None else query.picture.name
    told = {"total": total, **seconds, "fuse": fused - begun - sum(seconds.values())}
    return Results(
        query.text or None,
        picture,
        tuple(hits),
        told,
        match,
        None if fits is None else fits.strength,
        warnings=(read.warning,) if read.warning else (),
        cost=read.cost,
    )


def _fit(
    gathered: Gathered,
    ranked: Sequence[fuse.Fused],
    reading: Reading,
    taken_apart: evidence.Question,
    rarity: Weight,
) -> Fit | None:
    """How well the best pages fit a question in words; None where one was not asked of words and meaning both."""
    question, nearest = gathered.query, gathered.nearest.get("text")
    if not question.text or question.picture is not None or nearest is None or LEAD not in gathered.signals:
        return None
    return fit(ranked, reading, taken_apart, rarity, nearest)


def gather(
    query: Query,
    catalog: Catalog,
    index: Index,
    encoders: Encoders,
    settings: SearchSettings,
    method: str,
    wanted: int,
    signals: Sequence[str] | None = None,
    collection: Within = None,
    where: str | None = None,
) -> Gathered:
    """What all signals say to a question, before it is fused. Raises as `retrieve` does."""
    begun = perf_counter()
    index.refresh()
    chosen = _signals(signals, index)
    line = grammar.Line(query.text) if query.plain else grammar.parse(query.text)
    if not line.words and query.picture is None:
        raise UserError(f"The query {query.text!r} only says where to look. Add a word to look for.")
    within = narrow(catalog, index.keyword, line, where, collection)
    seconds: dict[str, float] = {}
    query = query._replace(text=line.words)
    for depth in (settings.depth, max(settings.depth, wanted)):
        asked, found = _lists(query, index, encoders, chosen, depth, within, seconds, settings.threads != 1)
        there = collected(index.places(), found, asked)
        # Deeper only where that is too few: whoever asks for more pages wants the same ones first.
        if len(there.pages) >= wanted or all(len(one.keys) < depth for one in found.values()):
            break
    retrieved = perf_counter()
    candidates, rows = completed(there, asked, index)
    nearest = {name: float(one.scores.max()) for name, one in found.items() if len(one.scores)}
    asked = replace(
        asked, trust=_understood(query, asked, nearest, encoders) | said_by_captions(candidates, rows)
    )
    if method in (fuse.DEFAULT, fuse.LEARNED) and len(found) > 1:
        candidates = fed_back(candidates, rows, asked)
    seconds["retrieve"] = retrieved - begun - seconds.get("encode", 0.0)
    spaces = {name: index.panels[name].space.name for name in asked.vectors}
    return Gathered(query, asked, candidates, seconds, nearest, tuple(chosen), spaces)


def _weighed(
    gathered: Gathered, method: str, model: learned.Model | None, catalog: Catalog
) -> tuple[fuse.Weighed, fuse.Recalled | None]:
    """The lists with their weights by a method; the learned one asks the catalog about the pages, and remembers."""
    lists = gathered.lists
    if method != fuse.LEARNED:
        return fuse.weigh(lists, method), None
    assert model is not None, "the library loads it"
    learned.check(model, tuple(lists.scores))
    facts = catalog.facts(lists.pages)
    recalled = learned.recalled(model, gathered.seen, facts["document"])
    return learned.weigh(lists, model, gathered.question, facts), recalled


def available(index: Index) -> tuple[str, ...]:
    """The signals that a library has something for; keywords always."""
    index.refresh()
    return _there(index)


def _there(index: Index) -> tuple[str, ...]:
    there = [signal for signal, panel in index.panels.items() if len(panel)]
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
    abreast: bool,
) -> tuple[Asked, dict[str, Found]]:
    """The lists of all signals, side by side if `abreast`. The question is encoded before: encoder and searches
    would only take the processor's cores and caches from each other (docs/log/index.md)."""
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
    if fuse.LEAD in signals and (clauses := parsed.clauses):
        searches[fuse.LEAD] = partial(index.keyword.search, clauses, depth, within)
    found = _side_by_side(searches) if abreast else {name: Found(*act()) for name, act in searches.items()}
    return Asked(parsed, vectors, within), {name: found[name] for name in signals if name in found}


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
        asked = query.caption if signal == "caption" and query.caption else query.words
        if not asked:
            return None
        text = known.get("text") if asked == query.words else None  # one space
        return np.asarray(encoders.text.queries([asked])[0]) if text is None else text
    image = encoders.image
    if image is None:
        return None
    if query.picture is None:
        return np.asarray(image.queries([query.text])[0])
    if not query.text or query.picture.vector is None:
        return query.picture.vector
    both: np.ndarray = query.picture.vector + BESIDE * image.queries([query.text])[0]
    return np.asarray(both / np.linalg.norm(both))


def _understood(
    query: Query, asked: Asked, nearest: Mapping[str, float], encoders: Encoders
) -> dict[str, float]:
    """How far each signal that compares vectors can answer the question: by the score of its nearest piece, where
    the encoder says what that means. A picture that was asked with speaks for itself."""
    trust: dict[str, float] = {}
    for signal in asked.vectors:
        encoder = encoders.image if signal == "image" else encoders.text
        spoken = signal != "image" or query.picture is None
        if spoken and isinstance(encoder, Calibrated) and signal in encoder.clear:
            low, high = encoder.clear[signal]
            best = nearest.get(signal, low)  # of nothing found nothing is understood
            trust[signal] = min(1.0, max(0.0, (best - low) / (high - low)))
    return trust


@cache
def _beside() -> ThreadPoolExecutor:
    """Threads that outlive a question: starting one costs more than a look-up."""
    return ThreadPoolExecutor(len(SIGNALS), "triptych-search")


os.register_at_fork(after_in_child=_beside.cache_clear)  # threads stay behind in the parent


# ---------------------------------------------------------------------------- chunks into pages


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """What all signals say to one question: `lists` of pages, `documents` (n,) that these belong to."""

    query: Query
    asked: Asked
    candidates: Candidates
    seconds: dict[str, float]
    nearest: Mapping[str, float]  # best raw score of each signal, before the question was moved
    signals: Sequence[str]  # that were asked
    spaces: Mapping[str, str]  # of the vectors

    @property
    def seen(self) -> learned.Seen | None:
        """The question as learned fusion remembers it: its words where there are any, else its picture."""
        signal = "text" if self.query.text else "image"
        vector = self.asked.vectors.get(signal)
        return None if vector is None else learned.Seen(signal, self.spaces[signal], vector)

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


def _rarity(index: Index, collections: tuple[str, ...] | None, field: str, token: str) -> float:
    """Inverse document frequency of a token: what seeing it is worth."""
    everywhere = index.keyword.size(collections)
    here = index.keyword.document_frequency(field, token, collections)
    return float(np.log1p((everywhere - here + 0.5) / (here + 0.5)))
