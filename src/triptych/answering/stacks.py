"""Labels that stand over or under their values, decided from the page as a whole.

In a form, on a card or a dashboard, a label and its value stand closer to each other than to what comes next;
which of the two is the label is the same all over the page. So the groups are found first, by distance, and
then all of them vote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from statistics import median
from typing import NamedTuple

from triptych.answering.layout import Layout, Segment

_APART = 0.87  # distances inside a group are at most this share of those to what stands around it
_FARTHEST = 3.2  # lines, in heights, between the middles of two lines of a group
_SPREAD = 1.45  # groups of a page are about equally tight
_FEWEST = 3  # groups that make a page of stacked fields
_LONGEST = 48  # characters of a label
_LARGE = 1.3  # print that is so much larger is a value
_VOTE = 0.2  # for each group, at least this much
_SHAPED = re.compile(r"[@$€£%]|\d")
_CLOSED = re.compile(r"^\(.*\)$|[:：]$")


class Stack(NamedTuple):
    """A label and the lines of its value."""

    label: Segment
    value: tuple[Segment, ...]


def stacks(layout: Layout) -> list[Stack]:
    """Labels with the values over or under them; [] where the page has no such order."""
    if not len(layout.boxes):
        return []
    groups = _even([g for chain in _chains(layout) for g in _groups(chain)])
    if len(groups) < _FEWEST:
        return []
    pairs = [g for g in groups if not _figure(g)]
    votes = sum(_valued(g[-1]) - _valued(g[0]) for g in pairs) + _print(pairs)
    upper = votes > 0 if abs(votes) >= _VOTE * len(pairs) else None
    found = []
    for group in groups:
        stack = _told(group) if _figure(group) else _read(group, upper)
        if stack and _is_label(stack.label):
            found.append(stack)
    return found if len(found) >= _FEWEST else []


def _chains(layout: Layout) -> Iterator[list[Segment]]:
    """Segments each of which is the next one under the one before, and has it as the next one over it."""
    after: dict[int, Segment] = {}
    before: dict[int, Segment] = {}
    for s in layout.segments:
        under = _next(layout.below(s, 6.0), s)
        if under and (over := _next(layout.above(under, 6.0), under)) and over.start == s.start:
            after[s.start], before[under.start] = under, s
    for s in layout.segments:
        if s.start in after and s.start not in before:
            chain = [s]
            while chain[-1].start in after:
                chain.append(after[chain[-1].start])
            yield chain


def _next(near: Sequence[Segment], anchor: Segment) -> Segment | None:
    """The nearest of the segments that begin, end or are centred as `anchor` is, give or take an indent."""
    slack = 3 * anchor.height
    lined = (
        s
        for s in near
        if abs(s.x0 - anchor.x0) < slack or abs(s.centre - anchor.centre) < slack or abs(s.x1 - anchor.x1) < slack
    )
    return min(lined, key=lambda s: abs(s.middle - anchor.middle), default=None)


def _groups(chain: Sequence[Segment]) -> Iterator[tuple[Segment, ...]]:
    """Three or two lines of a chain that stand closer to each other than to the lines around them."""
    steps = [b.middle - a.middle for a, b in zip(chain, chain[1:], strict=False)]
    at = 0
    while at < len(chain) - 1:
        for size in (3, 2):
            inner = steps[at : at + size - 1]
            outer = min([*steps[max(0, at - 1) : at], *steps[at + size - 1 : at + size]], default=float("inf"))
            tight = max(inner) <= min(_APART * outer, _FARTHEST * chain[at].height)
            if at + size <= len(chain) and tight:
                yield tuple(chain[at : at + size])
                at += size
                break
        else:
            at += 1


def _even(groups: Sequence[tuple[Segment, ...]]) -> list[tuple[Segment, ...]]:
    """The groups that are about as tight as most of the page's."""
    if not groups:
        return []
    steps = [g[1].middle - g[0].middle for g in groups]
    usual = median(steps)
    return [g for g, step in zip(groups, steps, strict=True) if usual / _SPREAD <= step <= usual * _SPREAD]


def _valued(segment: Segment) -> float:
    """How much a line looks like a value rather than like a label."""
    return bool(_SHAPED.search(segment.text)) - 1.5 * bool(_CLOSED.search(segment.text))


def _print(pairs: Sequence[tuple[Segment, ...]]) -> float:
    """The larger print is the value's: as many votes as groups where it is clearly so all over the page."""
    if not pairs:
        return 0.0
    ratio = median(g[-1].height / g[0].height for g in pairs)
    return len(pairs) * (0.5 * (ratio > 1.08) - 0.5 * (ratio < 0.93))


def _figure(group: Sequence[Segment]) -> bool:
    """Whether one line is far larger than the others: the figure of a tile."""
    heights = sorted(s.height for s in group)
    return heights[-1] > _LARGE * heights[-2]


def _told(group: Sequence[Segment]) -> Stack | None:
    """A figure and what names it: the words beside it, not the change that is printed below them."""
    figure = max(group, key=lambda s: s.height)
    at = group.index(figure)
    beside = [group[i] for i in (at + 1, at - 1) if 0 <= i < len(group)]
    named = [s for s in beside if not _SHAPED.search(s.text)] or beside[:1]
    return Stack(named[0], (figure,))


def _read(group: Sequence[Segment], upper: bool | None) -> Stack | None:
    if upper is None:
        return None
    return Stack(group[0], tuple(group[1:])) if upper else Stack(group[-1], tuple(group[:-1]))


def _is_label(segment: Segment) -> bool:
    return len(segment.text) <= _LONGEST and any(map(str.isalpha, segment.text))
