"""What stands in rows: each value with the words that begin its row and those over its column.

Other than `grids` this asks for no even table: a receipt's article over its numbers, a name that wraps, heads of two
lines, a row of a form will do. Which of the rows is meant is left to the question (see `weighing`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from triptych.answering import roles
from triptych.answering.fact import OPENING, ROW, Fact
from triptych.answering.grids import rows_of
from triptych.answering.layout import Layout, Segment
from triptych.answering.question import STOP
from triptych.values import CURRENCIES, dates, fold, grouped, is_year, numbers

Row = list[Segment]
_TIMES = re.compile(r"^(\d+(?:[.,]\d+)?)\s?[xX@*]\s?((?:RM|[$€£])?\s?\d+[.,]\d\d)$")  # 2 X 5.30
_MANY = re.compile(r"^\d+(?:[.,]\d+)?\s?(?:[xX]|pcs?|Stk\.?|Unit\(s\))$")
_FIGURE = re.compile(rf"^[^\w]*(?:(?:{CURRENCIES})\W*)?\d", re.IGNORECASE)
_LISTED = re.compile(r"\(?(?:\d{1,2}|[A-Za-z])[.)]\.?")  # the number of a paragraph
_UP, _HEADS = 70, 3  # rows over a value among which its head is looked for; lines of a head
_WIDER = 6  # what is so much wider than its column is no head of it
_NEAR = 1.9  # heights between lines that belong together
_FEWEST = 3  # parts of a row that is a head
_LONGEST = 10  # words of a line that opens with a label
_UPRIGHT, _NARROW = 6, 0.15  # so many letters and more are so wide, in heights, where they run along a row
_CLOSE = 1.8  # heights between the lines of a head
_ALONE = 3.5  # heights over its column that a head may stand which is the only one of its line
_FAR = 1.2  # widths of a head, from its middle to that of its column
_NOTE = re.compile(r"\(\d\)|.*[^\W\d]\W*\(?\d\)?")  # of a footnote
_PROSE = 14  # words of a line of running text
_OPENS = 4  # words of such a label
UNIT, SUM, COUNT = (
    "unit price each",
    "amount",
    "quantity number",
)  # what no head says, but the place in a bill


@lru_cache(maxsize=64)
def rows(layout: Layout) -> tuple[Fact, ...]:
    """The values of a page's rows, named by the heads of their columns; `keys` are readings of their row's label."""
    if not len(layout.boxes):
        return ()
    lines = _joined([level for row in rows_of(layout) if (level := [s for s in row if _level(s)])])
    return tuple(f for i in range(len(lines)) for f in _cells(layout, lines, i))


@lru_cache(maxsize=64)
def openings(layout: Layout) -> tuple[Fact, ...]:
    """Short lines that may open with a label which nothing parts from its value: *Project Name Charcoal Smoking*."""
    return tuple(f for s in layout.segments for f in _opened(s))


def _opened(line: Segment) -> Iterator[Fact]:
    words = list(re.finditer(r"\S+", line.text))
    if not 1 < len(words) <= _LONGEST:
        return
    for before, after in pairwise(words[: _OPENS + 1]):
        value = line.text[after.start() :]
        rest = value.lstrip(" :;.-–#=|")
        opens = fold(before[0]) not in STOP and any(map(str.isalpha, before[0]))
        named = all(map(roles.known, roles.words(after[0]) or ("",)))  # the label goes on
        if rest and opens and not named and (rest[0].isupper() or not rest[0].isalpha()):
            start = line.end - len(rest)
            label = (line.start, line.start + before.end())
            yield Fact(((start, line.end),), line.text[: before.end()], (), label, 0.6, OPENING)


def is_value(segment: Segment) -> bool:
    """Whether a part of a row is a number, with a few letters at most; years and days name columns."""
    text = grouped(segment.text)
    found = numbers(text)
    few = sum(map(str.isalpha, text)) <= 3 + 2 * len(found)
    if _LISTED.fullmatch(text) or is_year(text.strip("*")) or dates(text):
        return False
    return bool(found and few and _FIGURE.match(text))


def _level(segment: Segment) -> bool:
    """Whether words run along their row: the name of an axis may stand upright."""
    size = len(segment.text)
    return size < _UPRIGHT or segment.x1 - segment.x0 > _NARROW * size * segment.height


def _worded(segment: Segment) -> bool:
    letters = sum(map(str.isalpha, segment.text))
    return letters >= 3 and letters > sum(map(str.isdigit, segment.text)) and not is_value(segment)


def _joined(lines: Sequence[Row]) -> list[Row]:
    """Rows, each with values under it that stand in none of its columns: a row printed on two lines."""
    joined: list[Row] = []
    for row in lines:
        over = joined[-1] if joined else []
        alone = (
            all(map(is_value, row))
            and any(map(_worded, over))
            and any(map(is_value, over))
            and row[0].middle - over[0].middle < _NEAR * over[0].height
            and not any(_overlap(s, o) > 0 for s in row for o in over)
        )
        if alone:
            joined[-1] = sorted([*over, *row], key=lambda s: s.x0)
        else:
            joined.append(list(row))
    return joined


def _cells(layout: Layout, lines: Sequence[Row], i: int) -> Iterator[Fact]:
    row = lines[i]
    values = [s for s in row if is_value(s)]
    labels = [s for s in row if _worded(s)]
    if any(len(s.text.split()) > _PROSE for s in row):
        return
    own = [s for s in labels[:1] if values and s.x0 < values[-1].x0]
    if values:
        keys = _wrapped(lines, i, own[0]) if own else _borrowed(lines, i)
        label = (own[0].start, own[0].end) if own else None
        for k, s in enumerate(values):
            head = _head(lines, i, s)
            yield from _told(layout, s, head, keys, label, values[k + 1 :])
    if any(":" in s.text.rstrip(" :") for s in row):
        return  # labels with their values
    for s, after in pairwise(row):
        if (
            _worded(s)
            and len(s.text.split()) <= _OPENS
            and ":" not in after.text
            and not after.text[0].islower()
        ):
            yield Fact(((after.start, after.end),), s.text, (), (s.start, s.end), 0.5, ROW)
    for s in labels[1:]:
        if not s.text[0].islower() and (head := _topmost(lines, i, s) or _head(lines, i, s)):
            yield Fact(((s.start, s.end),), head, tuple(o.text for o in row if o is not s), None, 0.6, ROW)


def _told(
    layout: Layout,
    s: Segment,
    head: str,
    keys: tuple[str, ...],
    label: tuple[int, int] | None,
    after: Sequence[Segment],
) -> Iterator[Fact]:
    """A value of a row; of "2 X 5.30" the count and the price."""
    if m := _TIMES.match(s.text):
        yield Fact(((s.start, s.start + m.end(1)),), COUNT, keys, label, 0.7, ROW)
        yield Fact(((s.start + m.start(2), s.end),), UNIT, keys, label, 0.7, ROW)
        return
    if not head and _MANY.match(s.text):
        head = COUNT
    elif not head and _cents(s):
        head = UNIT if any(map(_cents, after)) else SUM
    yield Fact(((s.start, s.end),), head, keys, label, 0.7, ROW)


def _cents(s: Segment) -> bool:
    return any(n.decimals == 2 and not n.percent for n in numbers(s.text))


def _wrapped(lines: Sequence[Row], i: int, own: Segment) -> tuple[str, ...]:
    """A row's label, and that with the one line under it that goes on in its column."""
    if i + 1 < len(lines):
        below = lines[i + 1]
        near = below[0].middle - own.middle < _NEAR * own.height
        if len(below) == 1 and near and abs(below[0].x0 - own.x0) < own.height and _worded(below[0]):
            return own.text, f"{own.text} {below[0].text}"
    return (own.text,)


def _borrowed(lines: Sequence[Row], i: int) -> tuple[str, ...]:
    """The label of a row of numbers alone: the lines over it that have none, else the one under it."""
    found: list[str] = []
    for row in reversed(lines[max(0, i - 3) : i]):
        if any(map(is_value, row)) or len(row) >= _FEWEST:
            break
        found.append(" ".join(s.text for s in row))
        if any(map(_worded, row)):
            return (" ".join(reversed(found)),)
    below = lines[i + 1] if i + 1 < len(lines) else []
    return (below[0].text,) if len(below) == 1 and _worded(below[0]) else ()


def _head(lines: Sequence[Row], i: int, cell: Segment) -> str:
    """The words over a value's column, those of up to three lines that follow each other."""
    found: list[str] = []
    last = cell
    top = cell.middle  # of the values of this column
    for row in reversed(lines[max(0, i - _UP) : i]):
        if found and last.middle - row[0].middle > _CLOSE * last.height:
            break
        alone = len(row) == 1
        if alone and not found and top - row[0].middle > _ALONE * cell.height:
            continue
        if any(map(is_value, row)) and not any(map(_timed, row)):
            if found:
                break
            if any(is_value(s) and _overlap(s, cell) > 0 for s in row):
                top = row[0].middle
            continue
        over = [s for s in row if _heads(s, cell, alone)]
        if not over and len(row) > 1 and all(map(_names, row)) and (found or any(map(_timed, row))):
            over = [
                min(row, key=lambda s: abs(s.centre - cell.centre))
            ]  # For | Against, over two columns each
            over = [s for s in over if abs(s.centre - cell.centre) < _reach(row, s)]
        if not over and found:
            break
        if over:
            found.append(over[0].text)
            last = over[0]
        if len(found) == _HEADS:
            break
    return " ".join(w for w in reversed(found) if any(map(str.isalnum, w)))


def _topmost(lines: Sequence[Row], i: int, cell: Segment) -> str:
    """The first line of a column of words, over at least two others: a list's head."""
    column, last = [], cell
    for row in reversed(lines[max(0, i - _UP) : i]):
        over = [s for s in row if _overlap(s, cell) > 0 and abs(s.x0 - cell.x0) < cell.height]
        if over:
            last = over[0]
            column.append(last)
        elif last.middle - row[0].middle > _ALONE * cell.height:
            break
    return column[-1].text if len(column) >= _FEWEST and all(map(_worded, column)) else ""


def _reach(row: Row, head: Segment) -> float:
    """How far from the middle of a head the middle of its column may be: half way to the next head."""
    others = [abs(s.centre - head.centre) for s in row if s is not head]
    return max(_FAR * (head.x1 - head.x0), 0.5 * min(others, default=0.0))


def _heads(s: Segment, cell: Segment, alone: bool) -> bool:
    """Whether words over a value may be the head of its column; a line of its own has to be in line with it."""
    width, own = s.x1 - s.x0, cell.x1 - cell.x0
    if (
        _overlap(s, cell) <= 0.3 * min(width, own)
        or width > _WIDER * max(own, 2 * cell.height)
        or not _names(s)
    ):
        return False
    return (
        not alone or min(abs(s.x0 - cell.x0), abs(s.x1 - cell.x1), abs(s.centre - cell.centre)) < cell.height
    )


def _names(s: Segment) -> bool:
    """Whether words may name a column: no value, no label and value, no code."""
    if ":" in s.text or not (any(map(str.isalpha, s.text)) or _timed(s)):
        return False
    return _timed(s) or not any(map(str.isdigit, s.text)) or _NOTE.fullmatch(s.text) is not None


def _timed(s: Segment) -> bool:
    """Whether words are a year or a day, as over the columns of a report."""
    return is_year(s.text.strip("*")) or (bool(dates(s.text)) and len(s.text.split()) < 5)


def _overlap(a: Segment, b: Segment) -> float:
    return min(a.x1, b.x1) - max(a.x0, b.x0)
