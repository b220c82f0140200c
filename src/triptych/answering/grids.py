"""Tables whose rows and columns are known: printed ones by their geometry, files of records and Markdown by
their marks. Each cell has the head of its column and the other cells of its row, any of which may name it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby, pairwise

from triptych.answering.fact import Fact
from triptych.answering.layout import Layout, Segment, Span
from triptych.values import dates, is_year, numbers

_FEWEST_CELLS, _FEWEST_ROWS = 3, 3  # of a printed table, its head among them
_FARTHEST = 4.5  # heights from one row to the next
_WIDER = 1.6
_UNEVEN = 1.5
_VALUE = re.compile(r"\w*\d[\w-]{4,}")  # DN-80818
_RECORD = re.compile(r"(?P<key>[^:;|]{1,40}):\s(?P<value>[^;]*)(?:;\s|$)")
_BAR = re.compile(r"^\s*\|.*\|\s*$")
_BETWEEN = re.compile(r"[^|]+")
_RULE = re.compile(r"^[\s|:-]+$")
_LONG = 60  # characters of a cell that names a row


@lru_cache(maxsize=64)
def grids(layout: Layout) -> tuple[Fact, ...]:
    """Cells of the page's tables."""
    if len(layout.boxes):
        return tuple(cell for rows in tables(layout) for cell in _printed(rows, layout.text.text))
    return (*_records(layout), *_barred(layout))


def tables(layout: Layout) -> list[list[list[Segment]]]:
    """Rows of segments of each printed table, its head first."""
    found = []
    for over, rows in _blocks(rows_of(layout)):
        if _is_head(rows[0], rows[1:]):
            found.append(rows)
        elif len(over) == len(rows[0]) - 1 > 1 and over[0].x0 > rows[0][0].x0 and _is_head(over, rows):
            found.append([over, *rows])  # nothing stands over the labels of the rows
    return [rows for rows in found if len(rows) >= _FEWEST_ROWS and _even(rows)]


def _cells(heads: Sequence[str], row: Sequence[Span | None], text: str) -> Iterator[Fact]:
    """Cells of one row under `heads`; None where it has none."""
    said = ["" if span is None else text[slice(*span)] for span in row]
    for i, span in enumerate(row):
        if span is None or not heads[i]:
            continue
        others = [j for j in range(len(row)) if j != i and said[j] and len(said[j]) <= _LONG]
        named = [j for j in others if j == 0 or any(map(str.isalpha, said[j]))]
        if named:
            yield Fact((span,), heads[i], tuple(said[j] for j in named), row[named[0]])


# ------------------------------------------------------------------------------------------ by marks


def _records(layout: Layout) -> Iterator[Fact]:
    """Lines of "name: value; name: value", as files of records are read."""
    for line in layout.segments:
        found = list(_RECORD.finditer(line.text))
        if len(found) > 1 and found[0].start() == 0 and found[-1].end() == len(line.text):
            spans = [(line.start + m.start("value"), line.start + m.end("value")) for m in found]
            yield from _cells(
                [m["key"].strip() for m in found],
                [s if s[0] < s[1] else None for s in spans],
                layout.text.text,
            )


def _barred(layout: Layout) -> Iterator[Fact]:
    """Tables of Markdown."""
    for barred, lines in groupby(layout.segments, key=lambda s: bool(_BAR.match(s.text))):
        if barred:
            rows = [_bars(line) for line in lines if not _RULE.match(line.text)]
            heads = [layout.text.text[a:b] for a, b in rows[0]]
            for row in rows[1:]:
                if len(row) == len(heads):
                    yield from _cells(heads, row, layout.text.text)


def _bars(line: Segment) -> list[Span]:
    found = []
    for m in _BETWEEN.finditer(line.text):
        inner = m[0].strip()
        if inner or (m.start() > 0 and m.end() < len(line.text.rstrip())):
            lead = len(m[0]) - len(m[0].lstrip()) if inner else 0
            start = line.start + m.start() + lead
            found.append((start, start + len(inner)))
    return found


# ------------------------------------------------------------------------------------------ by geometry


def _printed(rows: Sequence[Sequence[Segment]], text: str) -> Iterator[Fact]:
    head, body = rows[0], rows[1:]
    corner = not any(row[0].x1 < head[0].x0 for row in body)  # the first column has a head, too
    columns = head if corner else [None, *head]
    heads = ["" if s is None else s.text for s in columns]
    for row in body:
        placed = _placed(row, columns)
        yield from _cells(heads, [None if s is None else (s.start, s.end) for s in placed], text)


def rows_of(layout: Layout) -> list[list[Segment]]:
    """Segments by row, from the top, each from the left."""
    rows: list[list[Segment]] = []
    for s in sorted(layout.segments, key=lambda s: s.middle):
        if rows and s.middle - sum(t.middle for t in rows[-1]) / len(rows[-1]) < 0.5 * min(
            s.height, rows[-1][0].height
        ):
            rows[-1].append(s)
        else:
            rows.append([s])
    return [sorted(row, key=lambda s: s.x0) for row in rows]


def _blocks(rows: Sequence[list[Segment]]) -> Iterator[tuple[list[Segment], list[list[Segment]]]]:
    """Rows one below the other that have as many cells as a table, give or take an empty one, and the row over them."""
    block: list[list[Segment]] = []
    over: list[Segment] = []
    for above, row in pairwise([[], *rows, []]):
        likely = len(row) >= _FEWEST_CELLS and not any(s.text.rstrip().endswith(":") for s in row)
        if likely and block and abs(len(row) - len(block[0])) <= 1 and _near(block, row):
            block.append(row)
            continue
        if len(block) >= _FEWEST_ROWS - 1:
            yield over, block
        over, block = above, [row] if likely else []


def _near(block: Sequence[Sequence[Segment]], row: Sequence[Segment]) -> bool:
    """Whether a row is not much farther from the last one than that is from the one before."""
    step = row[0].middle - block[-1][0].middle
    if len(block) < 2:
        return step < _FARTHEST * row[0].height
    return step < _WIDER * (block[-1][0].middle - block[-2][0].middle) + 0.5 * row[0].height


def _even(rows: Sequence[Sequence[Segment]]) -> bool:
    """Whether rows follow each other at about the same distance: tiles and fields do not."""
    steps = sorted(b[0].middle - a[0].middle for a, b in pairwise(rows[1:])) or [1.0]
    return steps[-1] <= _UNEVEN * steps[0]


def _is_head(head: Sequence[Segment], body: Sequence[Sequence[Segment]]) -> bool:
    """Whether a row names columns: words, at most whole numbers, over rows that begin with something else."""
    words = sum(any(map(str.isalpha, s.text)) for s in head)
    if any(_VALUE.search(s.text) or dates(s.text) for s in head):
        return False  # rows of labels and values
    if sum(_plain(s) for s in head) > 0.5 * len(head) and sum(
        _plain(s) for row in body for s in row
    ) > 0.5 * sum(map(len, body)):
        return False  # a row of numbers over rows of numbers
    parts = any(n.decimals or n.percent or n.currency for s in head for n in numbers(s.text))
    named = sum(
        any(map(str.isalpha, row[0].text)) or ":" in row[0].text or not numbers(row[0].text) for row in body
    )
    worded = words or all(is_year(s.text) for s in head)
    return bool(worded) and not parts and named >= 0.7 * len(body)


def _plain(segment: Segment) -> bool:
    """Whether a cell is a number and no year or time."""
    return (
        bool(numbers(segment.text))
        and not is_year(segment.text)
        and not any(c.isalpha() or c == ":" for c in segment.text)
    )


def _placed(row: Sequence[Segment], columns: Sequence[Segment | None]) -> list[Segment | None]:
    """The cells of a row under their columns: where most of it stands under one head, else the nearest."""
    placed: list[Segment | None] = [None] * len(columns)
    rest = list(row)
    if columns[0] is None:
        placed[0], rest = rest[0], rest[1:]
    for s in rest:
        free = [i for i, c in enumerate(columns) if c is not None and placed[i] is None]
        if free:
            placed[min(free, key=lambda i: _apart(s, columns[i]))] = s
    return placed


def _apart(cell: Segment, head: Segment | None) -> float:
    """How far a cell stands from a head's column: by the edge or the middle that lines up best."""
    assert head is not None
    overlap = min(cell.x1, head.x1) - max(cell.x0, head.x0)
    edges = min(abs(cell.x0 - head.x0), abs(cell.x1 - head.x1), abs(cell.centre - head.centre))
    return edges - max(0.0, overlap)
