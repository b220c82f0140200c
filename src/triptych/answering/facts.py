"""Facts of a page: values with the labels that its layout gives them, from whatever tells which belong together.

Found once for a page, without a question; `matching` chooses among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from triptych.answering.grids import grids
from triptych.answering.layout import Layout, Segment
from triptych.answering.stacks import stacks

Span = tuple[int, int]
_INLINE = re.compile(r"^\W{0,4}(?P<key>[^\W\d][^:：|;]{0,40})[:：]\s+(?P<value>[^\s:].*)$")
_SPACED = re.compile(r"^(?P<key>\S(?:\S| (?! )){1,30})\s{2,}(?P<value>\S.*)$")
_FEWEST = 3  # lines of key and value that make a list
_LONGEST = 48


class Fact(NamedTuple):
    """A value, one span a line, and its label. In a table the label is the head of its column, and one of
    `keys` names its row."""

    value: tuple[Span, ...]
    name: str
    keys: tuple[str, ...] = ()
    label: Span | None = None


def facts(layout: Layout) -> list[Fact]:
    """All facts of a page."""
    found = stacks(layout)
    cells = grids(layout)
    taken = frozenset(s.start for stack in found for s in (stack.label, *stack.value))
    taken |= {c.value[0] for c in cells}
    known = [
        Fact(tuple((s.start, s.end) for s in stack.value), stack.label.text, (), (stack.label.start, stack.label.end))
        for stack in found
    ]
    tabled = [Fact((c.value,), c.head, c.keys, c.label) for c in cells]
    return [*known, *tabled, *_lines(layout), *_beside(layout, taken)]


def _lines(layout: Layout) -> Iterator[Fact]:
    """Lines of "key: value", and of keys and values set apart by spaces in a text without boxes."""
    for line in layout.segments:
        if (m := _INLINE.match(line.text)) and line.text.count(": ") == 1:
            yield _of_line(line, m)
    if not len(layout.boxes):
        spaced = [(line, m) for line in layout.segments if (m := _SPACED.match(line.text))]
        if len(spaced) >= _FEWEST:
            yield from (_of_line(line, m) for line, m in spaced)


def _of_line(line: Segment, m: re.Match[str]) -> Fact:
    value = (line.start + m.start("value"), line.start + len(line.text[: m.end("value")].rstrip()))
    return Fact((value,), m["key"].strip(), (), (line.start + m.start("key"), line.start + m.end("key")))


def _beside(layout: Layout, taken: frozenset[int]) -> Iterator[Fact]:
    """A label with a colon and what stands right of it; rows of two that stand in two columns."""
    for s in layout.segments:
        if s.start in taken or len(s.text) > _LONGEST or not _worded(s.text):
            continue
        right = layout.right_of(s)[:2]
        if not right or right[0].start in taken or right[0].text.rstrip().endswith(":"):
            continue
        colon = s.text.rstrip().endswith((":", "："))
        alone = len(right) == 1 and not layout.left_of(s)
        if colon or (alone and _in_columns(layout, s, right[0])):
            yield Fact(((right[0].start, right[0].end),), s.text, (), (s.start, s.end))


def _worded(text: str) -> bool:
    """Whether a line is made of words more than of figures."""
    return sum(map(str.isalpha, text)) > sum(map(str.isdigit, text))


def _in_columns(layout: Layout, left: Segment, right: Segment) -> bool:
    """Whether a row over or under has its two parts in the same places."""
    for near in (*layout.above(left, 3.0)[:1], *layout.below(left, 3.0)[:1]):
        beside = layout.right_of(near)
        if abs(near.x0 - left.x0) < left.height and beside and not layout.left_of(near):
            lined = min(abs(beside[0].x0 - right.x0), abs(beside[0].x1 - right.x1))
            if lined < right.height:
                return True
    return False
