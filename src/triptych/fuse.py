"""Lists into one ranking. Pure functions of the lists: no order, clock, model or index plays a part.

A list maps pages to raw scores (higher is better); a page that a signal did not find is simply absent.
Every method weighs lists (`Weighed`): it norms their scores and gives each signal a weight. A page's score
is `sum of weight * norm` over the signals that found it; with rank and raw score beside, a hit can say why
it is where it is.

    adaptive   the default: the sharper the keyword list, the less the others may say
    rrf        reciprocal rank fusion: ranks only
    weighted   min-max normalised scores, one fixed weight a signal
    zscore     standardised scores, one fixed weight a signal

Learned fusion is a method of its own and needs labels; it is not here yet.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from statistics import pstdev

from triptych.errors import UserError
from triptych.types import SignalScore

Scores = Mapping[int, float]  # page -> score
Lists = Mapping[str, Scores]  # signal -> list of raw scores

DEFAULT = "adaptive"
LEAD = "keyword"  # the signal whose sharpness is read; all others compare vectors


@dataclass(frozen=True, slots=True)
class Fused:
    """A page, its fused score, and what each signal that found it says."""

    page: int
    score: float
    signals: Mapping[str, SignalScore]


@dataclass(frozen=True, slots=True)
class Weighed:
    """Lists with normalised scores and a weight for each."""

    lists: Lists
    norms: Lists
    weights: Mapping[str, float]

    def scores(self) -> dict[int, float]:
        """Fused score of every page that any list holds."""
        total: dict[int, float] = {}
        for name in sorted(self.norms):  # a fixed order of addition: sums agree to the last bit
            weight = self.weights[name]
            for page, norm in self.norms[name].items():
                total[page] = total.get(page, 0.0) + weight * norm
        return total

    def best(self, scores: Scores, k: int | None = None) -> list[Fused]:
        """The `k` best pages by `scores` (None: all) with their reasons; ties by page, so that the order
        never depends on how the lists came."""
        order = sorted(scores, key=lambda page: (-scores[page], page))[:k]
        rising = {name: sorted(-s for s in found.values()) for name, found in self.lists.items()}
        return [Fused(page, scores[page], self._reasons(page, rising)) for page in order]

    def _reasons(self, page: int, rising: Mapping[str, list[float]]) -> dict[str, SignalScore]:
        return {
            name: SignalScore(
                bisect_left(rising[name], -found[page]) + 1,
                found[page],
                self.norms[name][page],
                self.weights[name],
            )
            for name, found in self.lists.items()
            if page in found
        }


def fuse(
    lists: Lists, method: str = DEFAULT, document: Mapping[int, int] | None = None, k: int | None = None
) -> list[Fused]:
    """The `k` best pages of `lists` (None: all), by the method of that name.

    With `document` (page -> its document) pages hear their document, see `hear`. Raises UserError for an
    unknown method.
    """
    weighed = weigh(lists, method)
    scores = weighed.scores()
    return weighed.best(scores if document is None else hear(scores, document), k)


def weigh(lists: Lists, method: str = DEFAULT) -> Weighed:
    """Norms and weights by the method of that name; empty lists are left out."""
    check(method)
    return METHODS[method]({name: found for name, found in lists.items() if found})


def check(method: str) -> None:
    """Raises UserError when there is no fusion of that name."""
    if method not in METHODS:
        near = get_close_matches(method, METHODS, 1)
        guess = f" Did you mean '{near[0]}'?" if near else ""
        raise UserError(f"There is no fusion '{method}'.{guess} Known: {', '.join(METHODS)}.")


# ---------------------------------------------------------------------------------------- methods


def rrf(lists: Lists, k: int = 60) -> Weighed:
    """Reciprocal rank fusion: `score = sum of 1 / (k + rank)`.

    Cormack, Clarke, Buettcher: Reciprocal Rank Fusion Outperforms Condorcet and Individual Rank Learning
    Methods, SIGIR 2009, with their k of 60. It knows no scores, so a list that is all noise counts as
    much as a list that is sure.
    """
    norms = {name: {p: 1.0 / (k + r) for p, r in ranks(found).items()} for name, found in lists.items()}
    return Weighed(lists, norms, dict.fromkeys(lists, 1.0))


def weighted(
    lists: Lists,
    weights: Mapping[str, float] | None = None,
    norm: Callable[[Scores], dict[int, float]] | None = None,
) -> Weighed:
    """Convex combination of normalised scores: `score = sum of w * norm`, weights scaled to sum to 1.

    Without `weights` all signals count the same; a signal that `weights` leaves out counts nothing.
    `norm` is `minmax` unless given.
    """
    asked = {name: 1.0 if weights is None else weights.get(name, 0.0) for name in lists}
    total = sum(asked.values()) or 1.0
    scale = minmax if norm is None else norm
    norms = {name: scale(found) for name, found in lists.items()}
    return Weighed(lists, norms, {name: w / total for name, w in asked.items()})


def adaptive(
    lists: Lists, trust: float = 0.8, least: float = 0.1, most: float = 0.6, depth: int = 20
) -> Weighed:
    """Convex combination whose weights follow the keyword list's sharpness, query by query.

    The drop of the keyword list is `(s[1] - s[depth + 1]) / s[1]`: near 1 when few pages hold the
    words asked for (a number, a name, a code), near 0 when every page holds some of them (a long
    question in plain words). That a steep list is a good one is what query performance prediction
    finds (weighted information gain and NQC: Zhou and Croft, SIGIR 2007; Shtok et al., TOIS 2012).
    The vector signals share the weight `min(most, max(least, trust - drop))`, keyword has the rest.

    Norms are `s / best` for keyword, where 0 means that no word matches (theoretical minimum: Bruch et
    al., An Analysis of Fusion Functions for Hybrid Retrieval, TOIS 2023), and `spread` for vectors.
    """
    others = [name for name in lists if name != LEAD]
    norms = {name: spread(lists[name]) for name in others}
    if LEAD not in lists:
        return Weighed(lists, norms, dict.fromkeys(others, 1.0 / max(1, len(others))))
    norms[LEAD] = top(lists[LEAD])
    share = min(most, max(least, trust - drop(lists, depth))) if others else 0.0
    weights = {name: share / len(others) for name in others}
    return Weighed(lists, norms, {**weights, LEAD: 1.0 - share})


def drop(lists: Lists, depth: int = 20) -> float:
    """By which part of its best score the keyword list has fallen after `depth` pages, 0..1.

    In a library of few pages every list ends early, so that nothing could be said; there the place
    looked at is a quarter of the way down all pages that any signal found.
    """
    falling = sorted(lists[LEAD].values(), reverse=True)
    found = len(set().union(*lists.values()))
    place = min(depth, max(1, found // 4))
    last = falling[place] if place < len(falling) else 0.0
    return (falling[0] - last) / falling[0] if falling[0] > 0 else 0.0


def hear(scores: Scores, document: Mapping[int, int], share: float = 1.0) -> dict[int, float]:
    """Each page hears its document: `score = (page + share * best page of its document) / (1 + share)`.

    The order of documents by their best page stays as it was, and so does a page that is a document of
    its own; other pages of a good document rise above chance finds elsewhere. `document` says which
    document each page belongs to.
    """
    best: dict[int, float] = {}
    for page, score in scores.items():
        key = document[page]
        if score > best.get(key, float("-inf")):
            best[key] = score
    return {page: (score + share * best[document[page]]) / (1.0 + share) for page, score in scores.items()}


# ------------------------------------------------------------------------------ norms and ranks


def ranks(scores: Scores) -> dict[int, int]:
    """Rank of each page, from 1; pages with equal scores share the better rank."""
    rising = sorted(-s for s in scores.values())
    return {page: bisect_left(rising, -s) + 1 for page, s in scores.items()}


def minmax(scores: Scores) -> dict[int, float]:
    """`(s - worst) / (best - worst)`; all 1 when there is no difference."""
    low, high = min(scores.values()), max(scores.values())
    return {p: (s - low) / (high - low) if high > low else 1.0 for p, s in scores.items()}


def zscore(scores: Scores) -> dict[int, float]:
    """`(s - mean) / standard deviation`, moved so that the worst page has 0, which is what a page
    has that was not found. All 1 when there is no difference."""
    deviation = pstdev(scores.values())
    if deviation == 0.0:
        return dict.fromkeys(scores, 1.0)
    low = min(scores.values())
    return {p: (s - low) / deviation for p, s in scores.items()}


def top(scores: Scores) -> dict[int, float]:
    """`s / best`: for scores whose zero means that nothing matches. Never below 0."""
    high = max(scores.values())
    return {p: max(0.0, s / high) if high > 0 else 0.0 for p, s in scores.items()}


def spread(scores: Scores, depth: int = 100, least: float = 0.3) -> dict[int, float]:
    """Min-max over the best `depth` pages, for similarities, which have no natural zero.

    The range counts as at least `least` of the best score: among a few pages that are equally (un)like
    the query, a hair's breadth must not become the whole scale.
    """
    falling = sorted(scores.values(), reverse=True)
    high, low = falling[0], falling[min(depth, len(falling)) - 1]
    span = max(high - low, least * abs(high)) or 1.0
    return {p: max(0.0, 1.0 - (high - s) / span) for p, s in scores.items()}


METHODS: dict[str, Callable[[Lists], Weighed]] = {
    "adaptive": adaptive,
    "rrf": rrf,
    "weighted": weighted,
    "zscore": partial(weighted, norm=zscore),
}
