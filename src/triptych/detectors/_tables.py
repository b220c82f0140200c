"""Tables by geometry: rows of short segments whose edges stand in columns.

Text in two columns is no table: its segments are long and hold few numbers. Rulings are not looked at,
so tables without any are found as well.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from triptych.answering.layout import Layout, Segment
from triptych.types import Box, Page

_ROWS = 3  # at least, and one more where there are but two columns
_GAP, _EVEN_GAP = 2.6, 4.0  # text heights between the rows of one table, and where they stand evenly
_SIZES = 2.0  # a row so much higher than its neighbour is a title, not part of a table
_LOOSE = 2  # rows of one segment (headings, wrapped labels) in a row of them that do not end a table
_CELL_WORDS = 7  # on average at most: more are prose
_ALIGNED = 0.6  # share of the rows in which a column has a cell
_NUMBERS = 0.2  # share of the cells that are numbers
_VALUES = 0.6  # share of the rows that end in a number, where there are but two columns
_MOST_TEXT = 400  # characters of a table's text that are kept


def tables(page: Page) -> list[tuple[Box, str]]:
    """(box, text) of the tables of a page, from top to bottom."""
    if len(page.text.boxes) < 2 * _ROWS:
        return []
    found = []
    for run in _runs(_rows(Layout(page).segments)):
        if _is_table(run):
            segments = [s for row in run for s in row]
            words = np.concatenate([page.text.boxes[s.first : s.last] for s in segments])
            edges = *words[:, :2].min(0).tolist(), *words[:, 2:].max(0).tolist()
            text = "\n".join(" ".join(s.text for s in row) for row in run)
            found.append((Box(*edges), text[:_MOST_TEXT]))
    return found


def _rows(segments: Sequence[Segment]) -> list[list[Segment]]:
    """Segments by row, from top to bottom, each from left to right."""
    rows: list[list[Segment]] = []
    for segment in sorted(segments, key=lambda s: s.middle):
        last = rows[-1][0] if rows else None
        if last and segment.middle - last.middle < 0.5 * min(segment.height, last.height):
            rows[-1].append(segment)
        else:
            rows.append([segment])
    return [sorted(row, key=lambda s: s.x0) for row in rows]


def _runs(rows: Sequence[list[Segment]]) -> list[list[list[Segment]]]:
    """Rows of several segments that follow each other closely or evenly; single ones between them belong
    to them."""
    runs: list[list[list[Segment]]] = []
    run: list[list[Segment]] = []
    loose, step = 0, 0.0
    for row in rows:
        if run:
            last, here = run[-1][0], row[0]
            before, step = step, here.middle - last.middle
            even = len(run) == 1 or abs(step - before) < 0.5 * here.height
            low, high = sorted((here.height, last.height))
            if high > _SIZES * low or here.y0 - last.y1 > (_EVEN_GAP if even else _GAP) * high:
                runs.append(run)
                run, loose = [], 0
        if len(row) > 1:
            run.append(row)
            loose = 0
        elif run:
            loose += 1
            run.append(row)
            if loose > _LOOSE:
                runs.append(run)
                run, loose = [], 0
    runs.append(run)
    return [trimmed for run in runs if (trimmed := _trimmed(run))]


def _trimmed(run: list[list[Segment]]) -> list[list[Segment]]:
    """Without single segments at its end."""
    last = max((i for i, row in enumerate(run) if len(row) > 1), default=-1)
    return run[: last + 1]


def _is_table(run: Sequence[Sequence[Segment]]) -> bool:
    rows = [row for row in run if len(row) > 1]
    cells = [s for row in rows for s in row]
    if len(rows) < _ROWS or sum(s.last - s.first for s in cells) > _CELL_WORDS * len(cells):
        return False
    columns = _columns(rows)
    numbers = sum(_number_like(s.text) for s in cells) / len(cells)
    if len(columns) < 2 or numbers < _NUMBERS or (len(columns) == 2 and not _values(rows)):
        return False
    ruled = sum(sum(number in column for column in columns) > 1 for number in range(len(rows)))
    return ruled >= max(_ALIGNED * len(rows), _ROWS + (len(columns) == 2))


def _values(rows: Sequence[Sequence[Segment]]) -> bool:
    """Whether the last cells of the rows are mostly numbers: a list with its values, and no letterhead."""
    return sum(_number_like(row[-1].text) for row in rows) >= _VALUES * len(rows)


def _columns(rows: Sequence[Sequence[Segment]]) -> list[set[int]]:
    """For each column that most rows have a cell in, the numbers of these rows. Cells of one column stand
    in line with their left or with their right edges."""
    slack = 2.0 * float(np.median([s.height for row in rows for s in row]))
    columns: list[tuple[float, float, set[int]]] = []
    for edge in ("x1", "x0"):
        cells = sorted((getattr(s, edge), s.x0, s.x1, number) for number, row in enumerate(rows) for s in row)
        first = 0
        for last in range(len(cells)):
            if last + 1 < len(cells) and cells[last + 1][0] - cells[first][0] < slack:
                continue
            group, first = cells[first : last + 1], last + 1
            mine = {number for *_, number in group}
            x0, x1 = min(c[1] for c in group), max(c[2] for c in group)
            if len(mine) < _ALIGNED * len(rows):
                continue
            if not any(a < (x0 + x1) / 2 < b or x0 < (a + b) / 2 < x1 for a, b, _ in columns):
                columns.append((x0, x1, mine))
    return [mine for *_, mine in columns]


def _number_like(text: str) -> bool:
    digits = sum(c.isdigit() for c in text)
    return digits > 0 and sum(c.isalpha() for c in text) <= max(3, digits // 2)
