"""Labels that stand over or under their values, decided from the page as a whole.

In a form, on a card or a dashboard, a label and its value stand closer to each other than to what comes next;
which of the two is the label is the same all over the page. So the groups are found first, by distance, and
then all of them vote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from triptych.answering.grids import tables
from triptych.answering.layout import Layout, Segment

_APART = 0.87  # distances inside a group are at most this share of those to what stands around it
_FARTHEST = 3.2  # lines, in heights, between the middles of two lines of a group
_SPREAD = 1.45  # groups of a page are about equally tight
_FEWEST = 3  # groups that make a page of stacked fields
_LONGEST = 48  # characters of a label
_LARGE = 1.3  # print that is so much larger is a value
_INDENT = (0.2, 1.5)  # heights
_COVERED = 0.4  # of the short lines outside tables, at least this share is label or value
_MOST = 0.7  # of the groups
_TALLER = 1.05  # print of another size
_STEP = 1.08  # the longer one of two steps
_VOTE = 0.2  # for each group, at least this much
_SHAPED = re.compile(r"[@$€£%]|\d")
_CLOSED = re.compile(r"^\(.*\)$|[:：]$")


class Stack(NamedTuple):
    """A label and the lines of its value."""

    label: Segment
    value: tuple[Segment, ...]


@lru_cache(maxsize=64)
def stacks(layout: Layout) -> tuple[Stack, ...]:
    """Labels with the values over or under them; () where the page has no such order."""
    if not len(layout.boxes):
        return ()
    tabled = {s.start for rows in tables(layout) for row in rows for s in row}
    chains = list(_chains(layout, tabled))
    found = max(_grouped(chains), _alternating(chains), key=len)
    if (
        sum(_beside(layout, s) for s in layout.segments) >= _FEWEST
    ):  # labels with a colon stand left of values
        found = [s for s in found if s.label.text.rstrip().endswith(":")]
    lines = sum(1 + len(s.value) for s in found)
    free = sum(s.start not in tabled and len(s.text) <= _LONGEST for s in layout.segments)
    return tuple(found) if len(found) >= _FEWEST and lines >= _COVERED * free else ()


def _beside(layout: Layout, segment: Segment) -> bool:
    """Whether a label with a colon has its value beside it."""
    head, colon, rest = segment.text.partition(":")
    return bool(colon) and len(head) <= _LONGEST and bool(rest.strip() or layout.right_of(segment))


def _grouped(chains: Sequence[list[Segment]]) -> list[Stack]:
    """Label and value by distance: nearer to each other than to what stands around them."""
    groups = _even([g for chain in chains for g in _groups(chain)])
    pairs = [g for g in groups if not _figure(g)]
    votes = sum(_valued(g[-1]) - _valued(g[0]) for g in pairs) + _print(pairs) + _indent(pairs)
    upper = votes > 0 if abs(votes) >= _VOTE * len(pairs) else None
    found = []
    for group in groups:
        stack = _told(group) if _figure(group) else _read(group, upper)
        if stack and _is_label(stack.label):
            found.append(stack)
    return found


def _alternating(chains: Sequence[list[Segment]]) -> list[Stack]:
    """Label and value by print: small and large lines take turns, and of the two steps one is the shorter."""
    steps = [(a, b) for chain in chains for a, b in pairwise(chain)]
    grows = [(a, b) for a, b in steps if b.height > _TALLER * a.height]
    shrinks = [(a, b) for a, b in steps if a.height > _TALLER * b.height]
    if min(len(grows), len(shrinks)) < _FEWEST - 1 or max(len(grows), len(shrinks)) < _FEWEST:
        return []
    over, under = (median(b.middle - a.middle for a, b in found) for found in (grows, shrinks))
    if max(over, under) < _STEP * min(over, under):
        return []
    limit = (over + under) / 2
    pairs = [pair for chain in chains for pair in _near(chain, limit)]
    told = [Stack(a, (b,)) if over < under else Stack(b, (a,)) for a, b in pairs]
    return [s for s in told if _is_label(s.label) and not _CLOSED.search(s.value[0].text)]


def _near(chain: Sequence[Segment], limit: float) -> Iterator[tuple[Segment, Segment]]:
    """Pairs of neighbours of a chain that are nearer than `limit`, each line in one of them."""
    at = 0
    while at < len(chain) - 1:
        near = 0.5 * limit < chain[at + 1].middle - chain[at].middle < limit
        if near:
            yield chain[at], chain[at + 1]
        at += 1 + near


def _chains(layout: Layout, tabled: set[int]) -> Iterator[list[Segment]]:
    """Segments each of which is the next one under the one before, and has it as the next one over it."""
    after: dict[int, Segment] = {}
    before: dict[int, Segment] = {}
    for s in layout.segments:
        if s.start in tabled:
            continue
        under = _next(layout.below(s, 6.0), s)
        if (
            under
            and under.start not in tabled
            and (over := _next(layout.above(under, 6.0), under))
            and over.start == s.start
        ):
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
        if abs(s.x0 - anchor.x0) < slack
        or abs(s.centre - anchor.centre) < slack
        or abs(s.x1 - anchor.x1) < slack
    )
    return min(lined, key=lambda s: abs(s.middle - anchor.middle), default=None)


def _groups(chain: Sequence[Segment]) -> Iterator[tuple[Segment, ...]]:
    """Three or two lines of a chain that stand closer to each other than to the lines around them."""
    steps = [b.middle - a.middle for a, b in pairwise(chain)]
    at = 0
    while at < len(chain) - 1:
        for size in (3, 2):
            inner = steps[at : at + size - 1]
            outer = min(
                [*steps[max(0, at - 1) : at], *steps[at + size - 1 : at + size]], default=float("inf")
            )
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


def _indent(pairs: Sequence[tuple[Segment, ...]]) -> float:
    """A value stands a little right of its label: as many votes as groups where most of them agree."""
    steps = [(g[-1].x0 - g[0].x0) / g[0].height for g in pairs]
    right, left = (sum(_INDENT[0] < way * step < _INDENT[1] for step in steps) for way in (1, -1))
    return len(pairs) * (0.5 * (right >= _MOST * len(pairs)) - 0.5 * (left >= _MOST * len(pairs)))


def _figure(group: Sequence[Segment]) -> bool:
    """Whether one line is far larger than the others: the figure of a tile."""
    heights = sorted(s.height for s in group)
    return heights[-1] > _LARGE * heights[-2]


def _told(group: Sequence[Segment]) -> Stack | None:
    """A figure and what names it: the words beside it, not the change that is printed below them."""
    figure = max(group, key=lambda s: s.height)
    at = group.index(figure)
    beside = [group[i] for i in (at + 1, at - 1) if 0 <= i < len(group)]
    named = [s for s in beside if s.text[:1].isalpha()]
    return Stack(named[0], (figure,)) if named else None


def _read(group: Sequence[Segment], upper: bool | None) -> Stack | None:
    if upper is None:
        return None
    label, value = (group[0], group[1:]) if upper else (group[-1], group[:-1])
    if any(":" in v.text and v.text[0].isalpha() for v in value):
        return None
    if (
        upper
        and len(value) > 1
        and label.text.isupper()
        and value[1].text.isupper() > value[0].text.isupper()
    ):
        value = value[:1]  # the next label: in capitals, as this one is and its value is not
    return Stack(label, tuple(value))


def _is_label(segment: Segment) -> bool:
    return len(segment.text) <= _LONGEST and any(map(str.isalpha, segment.text))
