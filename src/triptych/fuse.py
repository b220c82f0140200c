"""Lists into one ranking. Pure functions of the lists: no order, clock, model or index plays a part.

A list maps pages to raw scores (higher is better); a page that a signal did not find is simply absent.
Every method gives each page `score = sum of weight * norm` over the signals that found it, and keeps
rank, raw score, norm and weight of each, so that a hit can say why it is where it is.

    adaptive   the default: the sharper the keyword list, the less the others may say
    rrf        reciprocal rank fusion: ranks only
    weighted   min-max normalised scores, one fixed weight a signal
    zscore     standardised scores, one fixed weight a signal

Learned fusion is a method of its own and needs labels; it is not here yet.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from statistics import pstdev

from triptych.errors import UserError
from triptych.types import SignalScore

List = Mapping[int, float]  # page -> raw score
Lists = Mapping[str, List]  # signal -> list

DEFAULT = "adaptive"
LEAD = "keyword"  # the signal whose sharpness is read; all others compare vectors


@dataclass(frozen=True, slots=True)
class Fused:
    """A page, its fused score, and what each signal that found it says."""

    page: int
    score: float
    signals: Mapping[str, SignalScore]


def fuse(lists: Lists, method: str = DEFAULT) -> list[Fused]:
    """All pages of `lists`, best first, by the method of that name. Raises UserError for an unknown one."""
    check(method)
    return METHODS[method]({name: scores for name, scores in lists.items() if scores})


def check(method: str) -> None:
    """Raises UserError when there is no fusion of that name."""
    if method not in METHODS:
        near = get_close_matches(method, METHODS, 1)
        guess = f" Did you mean '{near[0]}'?" if near else ""
        raise UserError(f"There is no fusion '{method}'.{guess} Known: {', '.join(METHODS)}.")


# ---------------------------------------------------------------------------------------- methods


def rrf(lists: Lists, k: int = 60) -> list[Fused]:
    """Reciprocal rank fusion: `score = sum of 1 / (k + rank)`.

    Cormack, Clarke, Buettcher: Reciprocal Rank Fusion Outperforms Condorcet and Individual Rank Learning
    Methods, SIGIR 2009, with their k of 60. It knows no scores, so a list that is all noise counts as
    much as a list that is sure.
    """
    norms = {name: {p: 1.0 / (k + r) for p, r in ranks(scores).items()} for name, scores in lists.items()}
    return _sum(lists, norms, dict.fromkeys(lists, 1.0))


def weighted(
    lists: Lists,
    weights: Mapping[str, float] | None = None,
    norm: Callable[[List], dict[int, float]] | None = None,
) -> list[Fused]:
    """Convex combination of normalised scores: `score = sum of w * norm`, weights scaled to sum to 1.

    Without `weights` all signals count the same; a signal that `weights` leaves out counts nothing.
    `norm` is `minmax` unless given.
    """
    asked = {name: 1.0 if weights is None else weights.get(name, 0.0) for name in lists}
    total = sum(asked.values()) or 1.0
    scale = minmax if norm is None else norm
    norms = {name: scale(scores) for name, scores in lists.items()}
    return _sum(lists, norms, {name: w / total for name, w in asked.items()})


def adaptive(
    lists: Lists, trust: float = 0.8, least: float = 0.1, most: float = 0.6, depth: int = 10
) -> list[Fused]:
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
        return _sum(lists, norms, dict.fromkeys(others, 1.0 / max(1, len(others))))
    norms[LEAD] = top(lists[LEAD])
    share = min(most, max(least, trust - drop(lists, depth))) if others else 0.0
    weights = {name: share / len(others) for name in others}
    return _sum(lists, norms, {**weights, LEAD: 1.0 - share})


def drop(lists: Lists, depth: int = 10) -> float:
    """By which part of its best score the keyword list has fallen after `depth` pages, 0..1.

    In a library of few pages every list ends early, so that nothing could be said; there the place
    looked at is a quarter of the way down all pages that any signal found.
    """
    falling = sorted(lists[LEAD].values(), reverse=True)
    found = len(set().union(*lists.values()))
    place = min(depth, max(1, found // 4))
    last = falling[place] if place < len(falling) else 0.0
    return (falling[0] - last) / falling[0] if falling[0] > 0 else 0.0


def hear(fused: Sequence[Fused], document: Mapping[int, int], share: float = 1.0) -> list[Fused]:
    """Each page hears its document: `score = (page + share * best page of its document) / (1 + share)`.

    The order of documents by their best page stays as it was, and so does a page that is a document of
    its own; other pages of a good document rise above chance finds elsewhere. `document` says which
    document each page belongs to.
    """
    best: dict[int, float] = {}
    for f in fused:
        key = document[f.page]
        best[key] = max(best.get(key, f.score), f.score)
    heard = [replace(f, score=(f.score + share * best[document[f.page]]) / (1.0 + share)) for f in fused]
    return _sorted(heard)


# ------------------------------------------------------------------------------ norms and ranks


def ranks(scores: List) -> dict[int, int]:
    """Rank of each page, from 1; pages with equal scores share the better rank."""
    rising = sorted(-s for s in scores.values())
    return {page: bisect_left(rising, -s) + 1 for page, s in scores.items()}


def minmax(scores: List) -> dict[int, float]:
    """`(s - worst) / (best - worst)`; all 1 when there is no difference."""
    low, high = min(scores.values()), max(scores.values())
    return {p: (s - low) / (high - low) if high > low else 1.0 for p, s in scores.items()}


def zscore(scores: List) -> dict[int, float]:
    """`(s - mean) / standard deviation`, moved so that the worst page has 0, which is what a page
    has that was not found. All 1 when there is no difference."""
    deviation = pstdev(scores.values())
    if deviation == 0.0:
        return dict.fromkeys(scores, 1.0)
    low = min(scores.values())
    return {p: (s - low) / deviation for p, s in scores.items()}


def top(scores: List) -> dict[int, float]:
    """`s / best`: for scores whose zero means that nothing matches. Never below 0."""
    high = max(scores.values())
    return {p: max(0.0, s / high) if high > 0 else 0.0 for p, s in scores.items()}


def spread(scores: List, depth: int = 100, least: float = 0.3) -> dict[int, float]:
    """Min-max over the best `depth` pages, for similarities, which have no natural zero.

    The range counts as at least `least` of the best score: among a few pages that are equally (un)like
    the query, a hair's breadth must not become the whole scale.
    """
    falling = sorted(scores.values(), reverse=True)
    high, low = falling[0], falling[min(depth, len(falling)) - 1]
    span = max(high - low, least * abs(high)) or 1.0
    return {p: max(0.0, 1.0 - (high - s) / span) for p, s in scores.items()}


# --------------------------------------------------------------------------------------- summing


def _sum(lists: Lists, norms: Mapping[str, Mapping[int, float]], weights: Mapping[str, float]) -> list[Fused]:
    places = {name: ranks(scores) for name, scores in lists.items()}
    pages: dict[int, dict[str, SignalScore]] = {}
    for name in sorted(lists):  # a fixed order of addition, so that sums agree to the last bit
        for page, raw in lists[name].items():
            said = SignalScore(places[name][page], raw, norms[name][page], weights[name])
            pages.setdefault(page, {})[name] = said
    return _sorted(
        [Fused(page, sum(s.weight * s.norm for s in said.values()), said) for page, said in pages.items()]
    )


def _sorted(fused: Sequence[Fused]) -> list[Fused]:
    """Best first; ties by page, so that the order never depends on how the lists came."""
    return sorted(fused, key=lambda f: (-f.score, f.page))


METHODS: dict[str, Callable[[Lists], list[Fused]]] = {
    "adaptive": adaptive,
    "rrf": rrf,
    "weighted": weighted,
    "zscore": lambda lists: weighted(lists, norm=zscore),
}
