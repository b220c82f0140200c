"""Lists into one ranking. Pure functions of the lists: no order, clock, model or index plays a part.

`Lists` holds what every signal says of the same pages: raw scores, higher is better, NaN where a signal did
not find the page. Every method weighs lists (`Weighed`): it norms their scores and gives each signal a
weight. A page's score is `sum of weight * norm` over the signals that found it; with rank and raw score
beside, a hit can say why it is where it is.

    adaptive   the default: the sharper the keyword list, the less the others may say
    rrf        reciprocal rank fusion: ranks only
    weighted   min-max normalised scores, one fixed weight a signal
    zscore     standardised scores, one fixed weight a signal

    learned    adaptive, with weights bent by what labelled questions taught; see `learned`
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import partial
from typing import NamedTuple

import numpy as np

from triptych.errors import UserError
from triptych.types import Reranked, SignalScore

Norm = Callable[[np.ndarray], np.ndarray]  # scores that one signal gave (at least one) -> norms

DEFAULT = "adaptive"
LEARNED = "learned"  # it needs to know more than the lists, so it is a module of its own
LEAD = "keyword"  # the signal whose sharpness is read; all others compare vectors
INSIDE = 0.6  # weight of the vectors among the pages of one document (docs/log/ranking.md)


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """What signals say of pages. `pages` (n,) int64, ascending: all that some signal found. `scores` of each
    signal (n,) float64, NaN where it did not find the page. `trust`: how far a signal understands this
    question, 0..1; one that is not named is trusted."""

    pages: np.ndarray
    scores: Mapping[str, np.ndarray]
    trust: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fused:
    """A page, its fused score, and what each signal that found it says."""

    page: int
    score: float
    signals: Mapping[str, SignalScore]
    recency: float | None = None
    remembered: float | None = None
    rerank: Reranked | None = None
    copies: tuple[int, ...] = ()  # pages that are folded into this one


class Recalled(NamedTuple):
    """How far each page's document (n,), 0..1, answered questions like this one, and what that counts beside the
    fused score's 1."""

    found: np.ndarray
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """Lists with normalised scores (NaN where the raw ones are) and the weight (n,) of each for each page.
    `inside`: weights by which the pages of one document are compared, where these are others."""

    lists: Lists
    norms: Mapping[str, np.ndarray]
    weights: Mapping[str, np.ndarray]
    inside: Mapping[str, np.ndarray] | None = None

    def scores(self) -> np.ndarray:
        """Fused score (n,) of each page."""
        return self._summed(self.weights)

    def inner(self) -> np.ndarray:
        """Fused score (n,) of each page among those of its document."""
        return self._summed(self.weights if self.inside is None else self.inside)

    def _summed(self, weights: Mapping[str, np.ndarray]) -> np.ndarray:
        total = np.zeros(len(self.lists.pages))
        for name in sorted(self.norms):  # a fixed order of addition: sums agree to the last bit
            total += weights[name] * np.where(np.isnan(self.norms[name]), 0.0, self.norms[name])
        return total

    def best(self, scores: np.ndarray, k: int | None = None) -> list[Fused]:
        """The `k` best pages by `scores` (None: all) with their reasons; ties by page, so that the order
        never depends on how the lists came."""
        order = np.argsort(-scores, kind="stable")[:k]
        said = {name: self._said(name, order) for name in self.lists.scores}
        return [
            Fused(page, score, {name: says[i] for name, says in said.items() if i in says})
            for i, (page, score) in enumerate(
                zip(self.lists.pages[order].tolist(), scores[order].tolist(), strict=True)
            )
        ]

    def _said(self, name: str, order: np.ndarray) -> dict[int, SignalScore]:
        """What one signal says of the pages in `order`, by place there, where it found them."""
        raw, norm = self.lists.scores[name][order], self.norms[name][order]
        rank, weight = ranks(self.lists.scores[name])[order], self.weights[name][order]
        return {
            i: SignalScore(int(rank[i]), float(raw[i]), float(norm[i]), float(weight[i]))
            for i in np.flatnonzero(~np.isnan(raw)).tolist()
        }


def fuse(
    lists: Lists, method: str = DEFAULT, document: np.ndarray | None = None, k: int | None = None
) -> list[Fused]:
    """The `k` best pages of `lists` (None: all), by the method of that name.

    With `document` (n,), the document of each page, pages hear their document, see `hear`. Raises UserError
    for an unknown method.
    """
    return ranked(weigh(lists, method), document, k)


def ranked(
    weighed: Weighed,
    document: np.ndarray | None = None,
    k: int | None = None,
    recency: np.ndarray | None = None,
    recalled: Recalled | None = None,
) -> list[Fused]:
    """The `k` best pages by weighed lists, see `fuse`; what is `recalled` of each with its score; with `recency` (n,)
    0..1, older ones `aged`."""
    scores = weighed.scores()
    if document is not None:
        scores = hear(scores, document, weighed.inner())
    if recalled is not None:
        scores = remembering(scores, recalled)
    if recency is not None:
        scores = aged(scores, recency)
    best = weighed.best(scores, k)
    if recalled is None and recency is None:
        return best
    at = {page: i for i, page in enumerate(weighed.lists.pages.tolist())}
    return [
        replace(
            f,
            recency=None if recency is None else float(recency[at[f.page]]),
            remembered=None if recalled is None else float(recalled.found[at[f.page]]),
        )
        for f in best
    ]


def weigh(lists: Lists, method: str = DEFAULT) -> Weighed:
    """Norms and weights by the method of that name; signals that found nothing are left out."""
    check(method)
    found = {name: scores for name, scores in lists.scores.items() if not np.isnan(scores).all()}
    return METHODS[method](Lists(lists.pages, found, lists.trust))


def check(method: str) -> None:
    """Raises UserError when there is no fusion of that name."""
    known = (*METHODS, LEARNED)
    if method not in known:
        near = get_close_matches(method, known, 1)
        guess = f" Did you mean '{near[0]}'?" if near else ""
        raise UserError(f"There is no fusion '{method}'.{guess} Known: {', '.join(known)}.")


# ---------------------------------------------------------------------------------------- methods


def rrf(lists: Lists, k: int = 60) -> Weighed:
    """Reciprocal rank fusion: `score = sum of 1 / (k + rank)`.

    Cormack, Clarke, Buettcher: Reciprocal Rank Fusion Outperforms Condorcet and Individual Rank Learning
    Methods, SIGIR 2009, with their k of 60. It knows no scores, so a list that is all noise counts as
    much as a list that is sure.
    """
    norms = {name: 1.0 / (k + ranks(scores)) for name, scores in lists.scores.items()}
    return Weighed(lists, norms, dict.fromkeys(norms, np.ones(len(lists.pages))))


def weighted(
    lists: Lists,
    weights: Mapping[str, float] | None = None,
    norm: Norm | None = None,
) -> Weighed:
    """Convex combination of normalised scores: `score = sum of w * norm`, weights scaled to sum to 1.

    Without `weights` all signals count the same; a signal that `weights` leaves out counts nothing.
    `norm` is `minmax` unless given.
    """
    asked = {name: 1.0 if weights is None else weights.get(name, 0.0) for name in lists.scores}
    total = sum(asked.values()) or 1.0
    norms = {name: _normed(norm or minmax, scores) for name, scores in lists.scores.items()}
    each = np.ones(len(lists.pages))
    return Weighed(lists, norms, {name: w / total * each for name, w in asked.items()})


def adaptive(
    lists: Lists, start: float = 0.8, least: float = 0.1, most: float = 0.6, depth: int = 20
) -> Weighed:
    """Convex combination whose weights follow the keyword list's sharpness, query by query.

    Among the pages of one document the vectors have the weight INSIDE: rare words of the question, the name of
    a company or a year, make the list sharp and stand on all of them.

    The drop of the keyword list is `(s[1] - s[depth + 1]) / s[1]`: near 1 when few pages hold the
    words asked for (a number, a name, a code), near 0 when every page holds some of them (a long
    question in plain words). That a steep list is a good one is what query performance prediction
    finds (weighted information gain and NQC: Zhou and Croft, SIGIR 2007; Shtok et al., TOIS 2012).
    The vector signals share the weight `min(most, max(least, start - trust * drop))`, keyword has the rest;
    `trust` is that in the keyword list.
    On each page they share it as far as they are trusted with this question (`Lists.trust`), those alone
    that found the page: a photo without a word is not held back by that, and one whose look the question
    does not speak of gets no more than its trust.

    Norms are `s / best` for keyword, where 0 means that no word matches (theoretical minimum: Bruch et
    al., An Analysis of Fusion Functions for Hybrid Retrieval, TOIS 2023), and `spread` for vectors.
    """
    others = [name for name in lists.scores if name != LEAD]
    norms = {name: _normed(spread, lists.scores[name]) for name in others}
    share = 1.0
    if LEAD in lists.scores:
        norms[LEAD] = _normed(top, lists.scores[LEAD])
        steep = lists.trust.get(LEAD, 1.0) * drop(lists, depth)
        share = min(most, max(least, start - steep)) if others else 0.0
    trusted = {name: lists.trust.get(name, 1.0) * ~np.isnan(lists.scores[name]) for name in others}
    total = np.maximum(1.0, sum(trusted.values()))

    def weights(share: float) -> dict[str, np.ndarray]:
        lead = {LEAD: np.full(len(lists.pages), 1.0 - share)} if LEAD in lists.scores else {}
        return lead | {name: share * trusted[name] / total for name in others}

    return Weighed(lists, norms, weights(share), weights(INSIDE) if len(norms) > 1 else None)


def drop(lists: Lists, depth: int = 20) -> float:
    """By which part of its best score the keyword list has fallen after `depth` pages, 0..1.

    In a library of few pages every list ends early, so that nothing could be said; there the place
    looked at is a quarter of the way down all pages that any signal found.
    """
    falling = _falling(lists.scores[LEAD])
    place = min(depth, max(1, len(lists.pages) // 4))
    last = falling[place] if place < len(falling) else 0.0
    return float((falling[0] - last) / falling[0]) if falling[0] > 0 else 0.0


def hear(
    scores: np.ndarray, document: np.ndarray, inner: np.ndarray | None = None, share: float = 1.0
) -> np.ndarray:
    """Each page hears its document: `score = (page + share * best page of its document) / (1 + share)`.

    The order of documents by their best page stays as it was, and so does a page that is a document of
    its own; other pages of a good document rise above chance finds elsewhere. `document` (n,) says which
    document each page belongs to. With `inner` (n,), the score of each page among those of its document, that
    decides between them, brought to the scale of `scores`: the best one has the document's best score.
    """
    _, at = np.unique(document, return_inverse=True)
    best = _best_of(scores, at)
    if inner is not None:
        leading = _best_of(inner, at)
        scores = np.where(leading > 0, inner * best / np.where(leading > 0, leading, 1.0), scores)
    heard: np.ndarray = (scores + share * best) / (1.0 + share)
    return heard


def _best_of(scores: np.ndarray, at: np.ndarray) -> np.ndarray:
    """(n,) the best of `scores` (n,) in the group `at` (n,) of each."""
    best = np.full(len(scores), -np.inf)
    np.maximum.at(best, at, scores)
    found: np.ndarray = best[at]
    return found


def aged(scores: np.ndarray, recency: np.ndarray, share: float = 0.2) -> np.ndarray:
    """Scores (n,) of which recency (n,) 0..1 may take a share: `score * (1 - share * (1 - recency))`. It
    decides between pages that are about equally good, and lifts none above a clearly better one."""
    older: np.ndarray = scores * (1.0 - share * (1.0 - recency))
    return older


def remembering(scores: np.ndarray, recalled: Recalled) -> np.ndarray:
    """Fused scores (n,) with what is recalled: `(score + share * found) / (1 + share * most found)`. Where nothing is
    recalled they stay as they are."""
    found, share = recalled
    joined: np.ndarray = (scores + share * found) / (1.0 + share * found.max(initial=0.0))
    return joined


# ------------------------------------------------------------------------------ norms and ranks


def ranks(scores: np.ndarray) -> np.ndarray:
    """Rank (n,) of each page, from 1; pages with equal scores share the better rank; NaN where not found."""
    rank = 1.0 + np.searchsorted(-_falling(scores), -scores)
    return np.where(np.isnan(scores), np.nan, rank)


def minmax(scores: np.ndarray) -> np.ndarray:
    """`(s - worst) / (best - worst)`; all 1 when there is no difference."""
    low, high = scores.min(), scores.max()
    return (scores - low) / (high - low) if high > low else np.ones(len(scores))


def zscore(scores: np.ndarray) -> np.ndarray:
    """`(s - mean) / standard deviation`, moved so that the worst page has 0, which is what a page
    has that was not found. All 1 when there is no difference."""
    low, high = scores.min(), scores.max()
    deviation = scores.std() if high > low else 0.0
    return (scores - low) / deviation if deviation > 0 else np.ones(len(scores))


def top(scores: np.ndarray) -> np.ndarray:
    """`s / best`: for scores whose zero means that nothing matches. Never below 0."""
    high = scores.max()
    return np.maximum(0.0, scores / high) if high > 0 else np.zeros(len(scores))


def spread(scores: np.ndarray, depth: int = 100, least: float = 0.3) -> np.ndarray:
    """Min-max over the best `depth` pages, for similarities, which have no natural zero.

    The range counts as at least `least` of the best score: among a few pages that are equally (un)like
    the query, a hair's breadth must not become the whole scale.
    """
    falling = _falling(scores)
    high, low = falling[0], falling[min(depth, len(falling)) - 1]
    span = max(high - low, least * abs(high)) or 1.0
    norms: np.ndarray = np.maximum(0.0, 1.0 - (high - scores) / span)
    return norms


def _falling(scores: np.ndarray) -> np.ndarray:
    """The scores that are there, best first."""
    return -np.sort(-scores[~np.isnan(scores)])


def _normed(norm: Norm, scores: np.ndarray) -> np.ndarray:
    """`norm` of the scores that are there; NaN stays NaN."""
    there = ~np.isnan(scores)
    norms = np.full(len(scores), np.nan)
    norms[there] = norm(scores[there])
    return norms


METHODS: dict[str, Callable[[Lists], Weighed]] = {
    "adaptive": adaptive,
    "rrf": rrf,
    "weighted": weighted,
    "zscore": partial(weighted, norm=zscore),
}
