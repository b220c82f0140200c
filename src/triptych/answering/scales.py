"""The numbers of a page that are values: no years, no ticks of an axis, no numbers inside sentences or codes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from operator import attrgetter

from triptych.answering.layout import Layout, Segment
from triptych.values import Number, dates, grouped, is_year, numbers

_CODE = re.compile(r"(?<!\w)[^\W\d_]+[-/]?(?:\d+[-/]?)*$")  # what stands before a number in a code
_TICKS = 4  # so many evenly spaced numbers in one line are an axis

Value = tuple[Number, Segment, int, int]


def values_of(layout: Layout) -> list[Segment]:
    """The values of a page."""
    return [box for _, box, _, _ in read(layout)[0]]


def read(layout: Layout) -> tuple[list[Value], list[Segment]]:
    """The values of a page, each with its place, and the segments that may be labels."""
    values: list[Value] = []
    labels: list[Segment] = []
    for segment in layout.segments:
        text = grouped(segment.text)
        days = [(d.start, d.end) for d in dates(text)]
        found = [
            n
            for n in numbers(text)
            if not is_year(n.text)
            and not _in_code(text, n.start)
            and not any(a <= n.start < b for a, b in days)
        ]
        letters = sum(c.isalpha() for c in segment.text)
        if found and letters <= 3 + 2 * len(found):
            for n in found:
                start, end = segment.start + n.start, segment.start + n.end
                values.append((n, layout.part(segment, start, end), start, end))
        elif letters or is_year(segment.text):
            labels.append(segment)
    ticks = _ticks([box for _, box, _, _ in values], [n for n, _, _, _ in values])
    return [v for i, v in enumerate(values) if i not in ticks], labels


def _in_code(text: str, start: int) -> bool:
    """Whether a number is part of a code: DN-80818, BK-2375-82."""
    return bool(_CODE.search(text[:start]))


def _ticks(boxes: Sequence[Segment], found: Sequence[Number]) -> set[int]:
    """Numbers of an axis: aligned, and evenly spaced in value."""
    ticks: set[int] = set()
    for edge in ("x1", "x0", "middle"):
        key: Callable[[Segment], float] = attrgetter(edge)
        order = sorted(range(len(boxes)), key=lambda i: key(boxes[i]))
        group: list[int] = []
        for i in [*order, -1]:
            if group and (i < 0 or key(boxes[i]) - key(boxes[group[0]]) > 0.6 * boxes[i].height):
                values = sorted({found[j].readings[0] for j in group})
                steps = {b - a for a, b in pairwise(values)}
                if len(values) >= _TICKS and len(steps) == 1:
                    ticks.update(group)
                group = []
            if i >= 0:
                group.append(i)
    return ticks
