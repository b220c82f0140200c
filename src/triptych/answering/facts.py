"""Facts of a page: values with the labels that its layout gives them, from whatever tells which belong together.

Found once for a page, without a question; `matching` chooses among them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from triptych.answering.charts import marks
from triptych.answering.fact import Fact
from triptych.answering.grids import grids, rows_of
from triptych.answering.labelled import labelled
from triptych.answering.layout import Layout, Segment
from triptych.answering.letters import parts
from triptych.answering.options import choices
from triptych.answering.stacks import stacks

_INLINE = re.compile(r"^\W{0,4}(?P<key>[^\W\d][^:：|;]{0,40})[:：]\s+(?P<value>[^\s:].*)$")
_SPACED = re.compile(r"^(?P<key>\S(?:\S| (?! )){1,30})\s{2,}(?P<value>\S.*)$")
_AMOUNT = re.compile(
    r"^[-*•\s]*(?P<value>\d[\d.,/½¼¾]*\s?(?:[mk]?g|[mcd]?l|oz|lbs?|cups?|tsp|tbsp|EL|TL|pcs|x)?)\s+(?P<key>[^\W\d][^\d:|]{1,40})$"
)
_SHORT = 80  # characters of the one line under a heading
_FEWEST = 3  # lines of key and value that make a list
_LONGEST = 48
_FARTHEST = 4.0  # heights between rows of label and value
_MOST = 0.8  # of the labels of a block have no digit


def facts(layout: Layout) -> list[Fact]:
    """All facts of a page, those first that its order states."""
    return [*stated(layout), *labelled(layout), *parts(layout)]


def stated(layout: Layout) -> list[Fact]:
    """The facts that tables, charts, ticks, forms and lists state: which label a value has is no guess."""
    stacked = stacks(layout)
    cells = grids(layout)
    taken = frozenset(s.start for stack in stacked for s in (stack.label, *stack.value))
    taken |= {c.value[0][0] for c in cells}
    known = [
        Fact(
            tuple((s.start, s.end) for s in stack.value),
            stack.label.text,
            (),
            (stack.label.start, stack.label.end),
        )
        for stack in stacked
    ]
    chosen = [Fact(c.chosen, c.name, (), c.label) for c in choices(layout) if c.chosen]
    offered = {c.name for c in choices(layout)}
    others = [*marks(layout), *known, *cells, *_lines(layout), *_beside(layout, taken)]
    return [*chosen, *(f for f in others if f.name not in offered)]


def _lines(layout: Layout) -> Iterator[Fact]:
    """Lines of "key: value", and of keys and values set apart by spaces in a text without boxes."""
    for line in layout.segments:
        if (m := _INLINE.match(line.text)) and line.text.count(": ") == 1:
            yield _of_line(line, m)
    if not len(layout.boxes):
        yield from _in_columns(layout)
        yield from _under_headings(layout)
        yield from _amounts(layout)


def _in_columns(layout: Layout) -> Iterator[Fact]:
    """Lines whose values all begin at the same character: set with spaces."""
    places = Counter(m.start("value") for line in layout.segments if (m := _SPACED.match(line.text)))
    column, lines = max(places.items(), key=lambda p: p[1], default=(0, 0))
    if lines >= _FEWEST:
        for line in layout.segments:
            key, value = line.text[:column], line.text[column:].rstrip()
            if key.strip() and key[-1] == " " and value and value[0] != " " and len(value) <= _SHORT:
                start = line.start + column
                label = (line.start, line.start + len(key.rstrip()))
                yield Fact(((start, start + len(value)),), key.strip(), (), label)


def _under_headings(layout: Layout) -> Iterator[Fact]:
    """A heading of a text with one short line under it."""
    text, sections = layout.text.text, layout.page.sections
    ends = [*(s.start for s in sections[1:]), len(text)]
    for section, end in list(zip(sections, ends, strict=False))[1:]:  # the first one is the title
        title = section.title.rpartition(" > ")[2]
        at = text.find(title, section.start, end)
        start = at + len(title)
        body = text[start:end].strip()
        if at >= 0 and body and "\n" not in body and len(body) <= _SHORT:
            value = text.index(body, start)
            yield Fact(((value, value + len(body)),), title, (), (at, start))


def _amounts(layout: Layout) -> Iterator[Fact]:
    """Lines of a list that say how much of each thing: 250 g cream."""
    found = [(line, m) for line in layout.segments if (m := _AMOUNT.match(line.text))]
    if len(found) >= _FEWEST:
        yield from (_of_line(line, m) for line, m in found)


def _of_line(line: Segment, m: re.Match[str]) -> Fact:
    value = (line.start + m.start("value"), line.start + len(line.text[: m.end("value")].rstrip()))
    return Fact((value,), m["key"].strip(), (), (line.start + m.start("key"), line.start + m.end("key")))


def _beside(layout: Layout, taken: frozenset[int]) -> Iterator[Fact]:
    """Labels with a colon and what stands right of them; rows of label and value in the same columns."""
    paired = {left.start: right for left, right in _pairs(layout)}
    for s in layout.segments:
        if s.start in taken or len(s.text) > _LONGEST or not _worded(s.text):
            continue
        right = paired.get(s.start) or next(iter(layout.right_of(s)), None)
        if right is None or right.start in taken or right.text.rstrip().endswith(":"):
            continue
        offered = s.start not in paired and _several(layout, s)
        if not offered and (s.start in paired or s.text.rstrip().endswith((":", "："))):
            yield Fact(((right.start, right.end),), s.text, (), (s.start, s.end))


def _several(layout: Layout, label: Segment) -> bool:
    """Whether several things stand right of a label and none of them is a label: a choice, or a row of a table."""
    right = layout.right_of(label)
    return len(right) > 1 and not any(":" in s.text for s in right)


def _pairs(layout: Layout) -> Iterator[tuple[Segment, Segment]]:
    """Label and value of rows that follow each other and have two or four parts in the same places."""
    block: list[list[Segment]] = []
    for row in [*rows_of(layout), []]:
        if block and not _lined(block[-1], row):
            yield from _told(block)
            block = []
        if len(row) in (2, 4):
            block.append(row)


def _lined(above: Sequence[Segment], row: Sequence[Segment]) -> bool:
    if len(above) != len(row) or row[0].middle - above[0].middle > _FARTHEST * row[0].height:
        return False
    return all(min(abs(a.x0 - b.x0), abs(a.x1 - b.x1)) < a.height for a, b in zip(above, row, strict=True))


def _told(block: Sequence[Sequence[Segment]]) -> Iterator[tuple[Segment, Segment]]:
    """The pairs of a block in which every other column is of words that repeat nothing."""
    labels = [s for row in block for s in row[::2]]
    worded = sum(not any(map(str.isdigit, s.text)) for s in labels)
    if len(labels) >= _FEWEST and len(block) > 1 and worded >= _MOST * len(labels):
        yield from ((row[i], row[i + 1]) for row in block for i in range(0, len(row), 2))


def _worded(text: str) -> bool:
    """Whether a line is made of words more than of figures."""
    return sum(map(str.isalpha, text)) > sum(map(str.isdigit, text))
