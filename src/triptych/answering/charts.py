"""Charts with a legend or with their shares printed: each number with its series and its category.

Which series a number belongs to was seen when the page was read (`detectors/legends`); the category is the label of
the axis that stands under it, or left of it where the bars lie. Only what is printed is told.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from triptych.answering.fact import Fact
from triptych.answering.grids import rows_of, tables
from triptych.answering.layout import Layout, Segment
from triptych.answering.scales import values_of
from triptych.types import Region
from triptych.values import numbers

_SHARE = re.compile(r"^(?P<name>[^\W\d_][^\d%]*?)[\s:,(–-]*(?P<value>\d[\d.,]*\s?%)\)?$")
_FEWEST = 3  # numbers of a chart
_SEGMENTS = 80  # a page with more is no chart
_MOST = 0.6  # of the labels of an axis have a number
_EVEN = 1.4
_LINED = 0.7  # heights within which labels of an axis stand in line
_HALF = 0.6  # of the distance of two labels: how far from its label a number stands


def marks(layout: Layout) -> list[Fact]:
    """The numbers of a page's chart that have a name."""
    series = [r for r in layout.page.regions if r.name == "series"]
    if len(series) >= _FEWEST:
        return list(_of_series(layout, series))
    plain = [Fact(((v.start, v.end),), c.text, (), (c.start, c.end)) for v, c in bars(layout)]
    return plain or list(_shares(layout))


@lru_cache(maxsize=64)
def bars(layout: Layout) -> tuple[tuple[Segment, Segment], ...]:
    """The numbers of a chart of one series, each with the label of the axis that it alone stands at."""
    if not len(layout.boxes) or tables(layout) or len(layout.segments) > _SEGMENTS:
        return ()
    values = values_of(layout)
    known = {v.start for v in values}
    free = [s for s in layout.segments if s.start not in known]
    for find in (_below, _left):
        axis = find(layout, values, free) if len(values) >= _FEWEST else None
        if axis and len(axis[0]) >= _FEWEST and _evenly(axis):
            found = [(v, c) for v in values if (c := _nearest(v, *axis))]
            once = Counter(c.start for _, c in found)
            found = [(v, c) for v, c in found if once[c.start] == 1]
            if len(found) >= max(_FEWEST, _MOST * len(axis[0])):
                return tuple(found)
    return ()


def _evenly(axis: tuple[list[Segment], str]) -> bool:
    """Whether the labels of an axis are about as far from each other."""
    places = sorted(getattr(s, axis[1]) for s in axis[0])
    steps = [b - a for a, b in pairwise(places)]
    return bool(max(steps) <= _EVEN * max(min(steps), 1e-6))


def _shares(layout: Layout) -> Iterator[Fact]:
    """Slices with their share printed behind their name."""
    found = [(s, m) for s in layout.segments if (m := _SHARE.match(s.text))]
    if len(found) >= _FEWEST:
        for s, m in found:
            value = (s.start + m.start("value"), s.start + m.end("value"))
            yield Fact((value,), m["name"], (), (s.start, s.start + m.end("name")))


def _of_series(layout: Layout, series: Sequence[Region]) -> Iterator[Fact]:
    found = [(segment, region.text) for region in series if (segment := _segment(layout, region))]
    legend = {r.text for r in layout.page.regions if r.name == "legend"}
    free = [s for s in layout.segments if s.text not in legend and s.start not in {n.start for n, _ in found}]
    values = [segment for segment, _ in found]
    axis = _below(layout, values, free) or _left(layout, values, free)
    for segment, name in found:
        category = _nearest(segment, *axis) if axis else None
        label = (category.start, category.end) if category else None
        if category or not axis:
            yield Fact(((segment.start, segment.end),), name, (category.text,) if category else (), label)


def _segment(layout: Layout, region: Region) -> Segment | None:
    """The number in a region."""
    spans = layout.text.spans[layout.text.inside(region.box)].tolist()
    if not spans:
        return None
    home = next(s for s in layout.segments if s.start <= spans[0][0] < s.end)
    return layout.part(home, spans[0][0], spans[-1][1])


def _below(
    layout: Layout, values: Sequence[Segment], free: Sequence[Segment]
) -> tuple[list[Segment], str] | None:
    """The labels of a horizontal axis: the first row under all numbers that has two or more."""
    lowest = max(v.middle for v in values)
    known = {s.start for s in free}
    for row in rows_of(layout):
        labels = [s for s in row if s.start in known]
        if len(labels) > 1 and min(s.middle for s in labels) > lowest:
            return (labels, "centre") if all(s.middle > lowest for s in labels) else None
    return None


def _left(
    layout: Layout, values: Sequence[Segment], free: Sequence[Segment]
) -> tuple[list[Segment], str] | None:
    """The labels of a vertical axis: words left of all numbers, in one column."""
    first = min(v.x0 for v in values)
    left = [
        s for s in free if s.x1 < first + s.height and any(map(str.isalpha, s.text)) and not numbers(s.text)
    ]
    columns = [
        [s for s in left if abs(s.x1 - o.x1) < _LINED * o.height or abs(s.x0 - o.x0) < _LINED * o.height]
        for o in left
    ]
    best = max(columns, key=len, default=[])
    return (best, "middle") if len(best) > 1 else None


def _nearest(value: Segment, labels: Sequence[Segment], along: str) -> Segment | None:
    """The label that a number stands at; None where it stands between two."""
    places = sorted(getattr(s, along) for s in labels)
    step = min(b - a for a, b in pairwise(places))
    best = min(labels, key=lambda s: abs(getattr(s, along) - getattr(value, along)))
    return best if abs(getattr(best, along) - getattr(value, along)) <= _HALF * step else None
