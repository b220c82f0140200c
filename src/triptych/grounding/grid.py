"""A page as rows of cells, with what each cell stands under, beside and next to: tables by the places of their words, by
aligned characters or by bars, labels left of, above or below their values.

    Grid(sheet).cells[i].heads, .beside, .mates  -> other cells that say what cell i is
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from triptych.answering.layout import Layout
from triptych.types import Page

_GAP = 1.0  # heights of a line from which a gap between two words parts cells
_PARTS = re.compile(r"[ \t]{2,}|\t|[ ]?(?:\.{3,}|…+|(?: \.){3,})[ ]?|\s*\|\s*")
_LONG = 60  # characters of a cell from which it is prose
_GAP_PRINTED, _GAP_TYPED = 2.5, 0.5  # heights of a line between two rows that part blocks; an empty line does
_WIDER = 1.35  # times the usual distance of rows, from which another block begins
_SMALLER = 0.15  # by how much the letters of labels are smaller than those of values
_UNIT = 4  # letters of a unit
_VALUE = re.compile(r"\d")
_YEAR = re.compile(r"\W*(?:FY ?|(?:[^\W\d]+\.? \d{1,2}, ))?(?:19|20)\d\d\W*")
_NUMBERED = re.compile(
    r"\W*(?:19|20)\d\d\W*|[^\W\d]+\.? .*|[A-Z]\d(?: .*)?|.*[^\W\d]{4}.*"
)  # a year, No. 286, Q1, Tax 8 %
_LABEL_BELOW = re.compile(r"\(.*\)\s*")
_TITLE = re.compile(r"#+ |\d{1,2}\. (?=[A-ZÀ-Þ])")


@dataclass(eq=False, slots=True)
class Cell:
    """Characters `[start, end)`, from `x0` to `x1`, and the cells that say what stands in it."""

    start: int
    end: int
    x0: float
    x1: float
    text: str
    heads: list[Cell] = field(default_factory=list)  # of its column
    beside: list[Cell] = field(default_factory=list)  # of its row in a table, or the label left of it
    mates: list[Cell] = field(default_factory=list)  # the label over or under it, or the value there
    under: list[Cell] = field(default_factory=list)  # the column that it is the head of
    title: Cell | None = None  # of the part of the page
    block: int = 0

    @property
    def prose(self) -> bool:
        return len(self.text) > _LONG


@dataclass(slots=True)
class _Row:
    cells: list[Cell]
    top: float
    bottom: float
    barred: bool = False  # its cells are parted by bars, and stand in the order of their columns


class Grid:
    """The cells of one page, whose characters are those of `text`."""

    def __init__(self, page: Page, text: str) -> None:
        boxed = len(page.text.boxes) > 0
        rows = _placed(page, text) if boxed else _aligned(text)
        blocks = _blocks(rows, _GAP_PRINTED if boxed else _GAP_TYPED)
        title: Cell | None = None
        for number, block in enumerate(blocks):
            _tie(block)
            for row in block:
                for cell in row.cells:
                    cell.block = number
                    cell.title = title
            first = block[0].cells[0]
            if len(block[0].cells) == 1 and _titles(first.text, alone=len(block) == 1):
                title = first
                for row in block[1:]:
                    for cell in row.cells:
                        cell.title = title
        _dated(rows)
        self.cells = sorted((c for b in blocks for r in b for c in r.cells), key=lambda c: c.start)
        self._starts = [c.start for c in self.cells]
        self.blocks: list[list[Cell]] = [[c for r in b for c in r.cells] for b in blocks]
        self.tables = [b for b in blocks if any(c.heads for r in b for c in r.cells)]

    def cell(self, at: int) -> Cell | None:
        """The cell that holds a character."""
        i = bisect_right(self._starts, at) - 1
        return self.cells[i] if i >= 0 and at < self.cells[i].end else None


def _titles(text: str, alone: bool) -> bool:
    bare = text.strip()
    if _TITLE.match(bare):
        return True
    return alone and len(bare) <= _LONG and bare[-1:] not in ".;,:" and ": " not in bare


def _placed(page: Page, text: str) -> list[_Row]:
    """Rows of the words' boxes: what stands at one height, also where the text has it in another order."""
    boxes = Layout(page).boxes.tolist()
    spans = page.text.spans.tolist()
    rows: list[tuple[float, list[int]]] = []
    order = sorted(range(len(boxes)), key=lambda i: (boxes[i][1] + boxes[i][3]) / 2)
    for i in order:
        middle, height = (boxes[i][1] + boxes[i][3]) / 2, boxes[i][3] - boxes[i][1]
        if rows and middle - rows[-1][0] < 0.5 * height:
            rows[-1][1].append(i)
        else:
            rows.append((middle, [i]))
    found = []
    for _, words in rows:
        words.sort(key=lambda i: boxes[i][0])
        runs: list[list[int]] = []
        for i in words:
            height = boxes[i][3] - boxes[i][1]
            joined = (
                runs
                and boxes[i][0] - boxes[runs[-1][-1]][2] <= _GAP * height
                and spans[i][0] > spans[runs[-1][-1]][0]
            )
            if joined and "\n" not in text[spans[runs[-1][-1]][1] : spans[i][0]]:
                runs[-1].append(i)
            else:
                runs.append([i])
        cells = [
            Cell(
                spans[r[0]][0],
                spans[r[-1]][1],
                boxes[r[0]][0],
                boxes[r[-1]][2],
                text[spans[r[0]][0] : spans[r[-1]][1]],
            )
            for r in runs
        ]
        cells = [c for c in cells if c.text.strip()]
        if cells:
            found.append(_Row(cells, min(boxes[i][1] for i in words), max(boxes[i][3] for i in words)))
    return found


def _aligned(text: str) -> list[_Row]:
    """Rows of lines, cut at runs of spaces, dots and bars."""
    found = []
    at = 0
    for number, line in enumerate(text.split("\n")):
        cells, first = [], 0
        for m in [*_PARTS.finditer(line), None]:
            last = m.start() if m else len(line)
            piece = line[first:last]
            bare = piece.strip()
            if bare:
                x = first + len(piece) - len(piece.lstrip())
                cells.append(Cell(at + x, at + x + len(bare), x, x + len(bare), bare))
            elif cells and m and "|" in line[: m.start()] and "|" in m[0]:
                cells.append(Cell(at + first, at + first, first, first, ""))
            first = m.end() if m else last
        if line.lstrip().startswith("|"):
            cells = _cells_between_bars(line, at)
        if any(c.text for c in cells) and any(map(str.isalnum, line)):
            found.append(_Row(cells, number, number + 1, line.lstrip().startswith("|")))
        at += len(line) + 1
    return found


def _cells_between_bars(line: str, at: int) -> list[Cell]:
    cells = []
    bars = [i for i, c in enumerate(line) if c == "|"]
    ends = [*bars[1:], len(line)] if len(line.rstrip()) > bars[-1] + 1 else bars[1:]
    for a, b in zip(bars, ends, strict=False):
        piece = line[a + 1 : b]
        bare = piece.strip()
        x = a + 1 + len(piece) - len(piece.lstrip())
        cells.append(Cell(at + x, at + x + len(bare), x, x + len(bare), bare))
    return cells


def _blocks(rows: Sequence[_Row], widest: float) -> list[list[_Row]]:
    """Rows that stand together: the distance to the next is not wider than within."""
    found: list[list[_Row]] = []
    tops = [row.top for row in rows]
    for i, row in enumerate(rows):
        step = row.top - tops[i - 1] if i else 0.0
        near = [tops[j] - tops[j - 1] for j in (i - 1, i + 1) if 0 < j < len(rows)]
        if (
            i
            and step <= _WIDER * max(1e-6, min(near, default=step))
            and not _parted(rows[i - 1], row, widest)
        ):
            found[-1].append(row)
        else:
            found.append([row])
    return found


def _parted(a: _Row, b: _Row, widest: float) -> bool:
    """A title in other letters, or a table behind prose."""
    return b.top - a.bottom > widest * (a.bottom - a.top) or a.barred != b.barred


def _tie(block: list[_Row]) -> None:
    """Tell the cells of a block what they stand under and beside."""
    if len(block) == 2 and _stacked(*block):
        for cell, mate in zip(block[1].cells, block[0].cells, strict=True):
            cell.mates.append(mate)
            mate.mates.append(cell)
        if len(block[0].cells) < 3 or _LABEL_BELOW.fullmatch(block[1].cells[0].text):
            return
    rows = [row for row in block if len(row.cells) >= 2]
    head = rows[0] if rows and _heads(rows[0], rows[1:]) else None
    for row in rows:
        if head is None:
            for j, cell in enumerate(row.cells):
                cell.beside = row.cells[:j]
        elif row is not head:
            _tabled(row, head)


def _dated(rows: Sequence[_Row]) -> None:
    """Years over a part of a table head the rows of its other parts, too, that have as many values."""
    years: list[Cell] = []
    for row in rows:
        found = [c for c in row.cells if _YEAR.fullmatch(c.text)]
        values = [c for c in row.cells[1:] if _numeric(c.text)]
        if len(found) > 1 and not set(values) - set(found):
            years = found
        elif len(values) == len(years) and not any(c.heads for c in row.cells):
            for cell, over in zip(values, years, strict=True):
                cell.heads = [over]
                cell.beside = [c for c in row.cells if c is not cell]
                over.under.append(cell)


def _tabled(row: _Row, head: _Row) -> None:
    for j, cell in enumerate(row.cells):
        cell.beside = [c for c in row.cells if c is not cell]
        cell.heads = _over(head, row, j)
        for over in cell.heads:
            over.under.append(cell)


def _stacked(a: _Row, b: _Row) -> bool:
    """Whether each cell of one row has its own over or under it."""
    if a.barred or b.barred or any(c.prose for c in (*a.cells, *b.cells)):
        return False
    if len(a.cells) != len(b.cells) or not all(map(_flush, a.cells, b.cells)):
        return False
    valued = [any(_VALUE.search(c.text) for c in row.cells) for row in (a, b)]
    smaller = abs((a.bottom - a.top) - (b.bottom - b.top)) > _SMALLER * (a.bottom - a.top)
    if len(a.cells) == 1:
        return not any(": " in c.text for c in (*a.cells, *b.cells))
    return valued[0] != valued[1] or (smaller and not all(valued))


def _flush(a: Cell, b: Cell) -> bool:
    return abs(a.x0 - b.x0) < 0.02 * max(50.0, abs(a.x1), abs(b.x1))


def _heads(row: _Row, body: Sequence[_Row]) -> bool:
    """Whether the cells of a row are heads of the `body` below: words, years, numbers of things rather than values. Two
    columns may as well be labels and values: there the second one must be numbers throughout."""
    if not body:
        return False
    if len(row.cells) == 2 and all(len(r.cells) == 2 for r in body):
        seconds = [r.cells[-1].text for r in body]
        if len(body) < 2 or not all(map(_numeric, seconds)) or _VALUE.search(row.cells[1].text):
            return False
    full = [c for c in row.cells if c.text]
    valued = [c for c in full if _VALUE.search(c.text) and not _NUMBERED.fullmatch(c.text)]
    return not any(c.prose or ": " in c.text or c.text.endswith(":") for c in full) and len(valued) * 3 < len(
        full
    )


def _numeric(text: str) -> bool:
    """Whether a cell is but a number with its unit."""
    return bool(_VALUE.search(text)) and sum(map(str.isalpha, text)) <= _UNIT


def _over(head: _Row, row: _Row, j: int) -> list[Cell]:
    """The head of a cell's column."""
    if row.barred and head.barred:
        return [head.cells[j]] if j < len(head.cells) else []
    cell = row.cells[j]

    def apart(h: Cell) -> tuple[float, float]:
        common = min(cell.x1, h.x1) - max(cell.x0, h.x0)
        return -common if common < 0 else 0.0, min(abs(cell.x0 - h.x0), abs(cell.x1 - h.x1))

    best = min(head.cells, key=apart)
    wide = max(cell.x1 - cell.x0, best.x1 - best.x0)
    return [best] if apart(best)[0] <= 0.5 * wide else []
