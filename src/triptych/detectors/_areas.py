"""Areas of a picture that hold solid or coloured ink but no words: connected cells of a coarse grid.

The background is the page's most frequent colour. A cell counts when most of its pixels differ from it, or
some do in colour: thin black rules and handwriting do not. Cells under words are cleared; neighbours form
areas (runs of a row, joined by union-find: Rosenfeld and Pfaltz 1966), near areas beside or over each
other become one, as the bars of a chart do. A few milliseconds for a picture of 1024 pixels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from triptych.types import Box

_SAMPLED = 288  # pixels of the longer side that are looked at
_CELL = 3  # pixels of a cell's side, of these
_GROUND = 0.25  # of the pixels have the most frequent colour of a page; of a photo, hardly 0.15
_DIFFERS = 56  # steps of a colour channel from which a pixel is ink
_SOLID, _TINGED = 0.6, 0.2  # of a cell's pixels: any ink, coloured ink
_COLOURED = 60  # steps between the channels of coloured ink
_SPECK = 6  # cells of an area that is not looked at further
_MOST = 40  # areas that are, the largest
_NEAR, _BARS = 0.03, 0.15  # of the page: areas so near are joined, bars on one base line further off
_LEVEL = 2  # cells by which base lines may differ
_ABREAST = 0.5  # of the shorter one's side that near areas share
_SIDE = 5  # cells of an area's shorter side: lines of text that nobody read are lower
_FILLED, _SPARSE = 0.3, 0.1  # of the cells, of a small and of a large area
_LARGE = 0.06  # of the page
_CONTRAST = 32.0  # standard deviation of a colour channel: pale panels and the stripes of tables have less
_BORDERS = 3  # of the page that an area touches: what lies around a photographed paper
_LONG = 8  # times as long as wide: banners, edges of scans


class _Area(NamedTuple):
    """Cells `[top, bottom)` x `[left, right)`, of which `filled` hold ink."""

    top: int
    left: int
    bottom: int
    right: int
    filled: int

    @property
    def size(self) -> tuple[int, int]:
        return self.bottom - self.top, self.right - self.left


def areas(image: np.ndarray, words: np.ndarray) -> list[Box]:
    """Boxes of areas of `image`, uint8 (h, w, 3), that `words` (n, 4), fractions, leave free; largest first."""
    height, width = image.shape[:2]
    step = max(1, -(-max(height, width) // _SAMPLED))
    rows, columns = (len(range(step // 2, side, step)) // _CELL for side in (height, width))
    if min(rows, columns) < 2 * _SIDE:
        return []
    sampled = image[step // 2 :: step, step // 2 :: step][: rows * _CELL, : columns * _CELL]
    planes = np.ascontiguousarray(sampled.transpose(2, 0, 1))  # operations on whole planes are the quickest
    solid, coloured = _inked(planes)
    _clear(solid, words)
    _clear(coloured, words)
    grains = [a for a in _components(solid | coloured) if a.filled >= _SPECK and min(a.size) > 1]
    grains = sorted(grains, key=lambda a: -a.filled)[:_MOST]
    found = [
        Box(a.left / columns, a.top / rows, a.right / columns, a.bottom / rows)
        for a in _joined(grains, rows, columns)
        if _is_figure(a, solid, planes)
    ]
    return sorted(found, key=lambda b: -b.area)


def _is_figure(area: _Area, solid: np.ndarray, planes: np.ndarray) -> bool:
    rows, columns = solid.shape
    tall, wide = area.size
    if min(tall, wide) < _SIDE or max(tall, wide) > _LONG * min(tall, wide):
        return False
    if tall * wide > _LARGE * rows * columns:
        dense = area.filled > _SPARSE * tall * wide
    else:
        dense = bool(solid[area.top : area.bottom, area.left : area.right].mean() > _FILLED)
    borders = (area.left <= 0) + (area.top <= 0) + (area.right >= columns) + (area.bottom >= rows)
    if not dense or borders >= _BORDERS:
        return False
    part = planes[:, area.top * _CELL : area.bottom * _CELL, area.left * _CELL : area.right * _CELL]
    return float(part.std(axis=(1, 2)).max()) >= _CONTRAST


def _inked(planes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(solid, coloured), each (rows, columns) bool, of `planes` (3, h, w): cells that differ from the most
    frequent colour in most of their pixels, and those that do in some of them by a colour. None do in a picture without a background."""
    red, green, blue = planes
    keys = (red[::2].astype(np.uint16) >> 4 << 8) + (green[::2] >> 4 << 4) + (blue[::2] >> 4)
    common = keys == np.bincount(keys.ravel(), minlength=4096).argmax()
    if common.mean() < _GROUND:
        nothing = np.zeros((planes.shape[1] // _CELL, planes.shape[2] // _CELL), bool)
        return nothing, nothing
    background = [int(plane[::2][common][::16].mean()) for plane in planes]
    apart = [
        np.maximum(plane, value) - np.minimum(plane, value)
        for plane, value in zip(planes, np.array(background, np.uint8), strict=True)
    ]
    ink = np.maximum(np.maximum(apart[0], apart[1]), apart[2]) > _DIFFERS
    most, least = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
    tinged = ink & (most - least > _COLOURED)
    return _pooled(ink) >= _SOLID * _CELL**2, _pooled(tinged) >= _TINGED * _CELL**2


def _pooled(pixels: np.ndarray) -> np.ndarray:
    """(rows, columns) uint8: how many pixels of each cell are set."""
    lines = np.add.reduce([pixels[i::_CELL].astype(np.uint8) for i in range(_CELL)])
    return np.asarray(np.add.reduce([lines[:, i::_CELL] for i in range(_CELL)]))


def _clear(cells: np.ndarray, words: np.ndarray) -> None:
    """Takes the cells under words away, in place."""
    if not len(words):
        return
    rows, columns = cells.shape
    scaled = words * np.array([columns, rows, columns, rows])
    first = np.floor(scaled[:, :2] - 0.3).astype(int).clip(0)
    last = np.ceil(scaled[:, 2:] + 0.3).astype(int)
    for (x0, y0), (x1, y1) in zip(first.tolist(), last.tolist(), strict=True):
        cells[y0:y1, x0:x1] = False


def _joined(found: list[_Area], rows: int, columns: int) -> list[_Area]:
    """Areas with those that stand near them, side by side or one over the other, as one."""
    left = list(found)
    joined: list[_Area] = []
    while left:
        area = left.pop()
        near = [other for other in left if _near(area, other, rows, columns)]
        if not near:
            joined.append(area)
            continue
        left = [other for other in left if other not in near]
        group = [area, *near]
        left.append(
            _Area(
                min(a.top for a in group),
                min(a.left for a in group),
                max(a.bottom for a in group),
                max(a.right for a in group),
                sum(a.filled for a in group),
            )
        )
    return joined


def _near(a: _Area, b: _Area, rows: int, columns: int) -> bool:
    """Whether two areas stand side by side or over each other, close by, or a little further apart on one
    base line: the bars of a chart."""
    down = max(a.top, b.top) - min(a.bottom, b.bottom)  # gaps; below zero what both share
    across = max(a.left, b.left) - min(a.right, b.right)
    level, flush = abs(a.bottom - b.bottom) <= _LEVEL, abs(a.left - b.left) <= _LEVEL
    if -down >= _ABREAST * min(a.size[0], b.size[0]):
        return across <= (_BARS if level else _NEAR) * columns
    return -across >= _ABREAST * min(a.size[1], b.size[1]) and down <= (_BARS if flush else _NEAR) * rows


def _components(cells: np.ndarray) -> list[_Area]:
    """Areas of cells that touch, a gap of one cell forgiven."""
    padded = np.zeros((cells.shape[0], cells.shape[1] + 2), np.int8)
    padded[:, 1:-1] = cells
    edges = np.diff(padded, axis=1)
    starts, ends = np.argwhere(edges == 1).tolist(), np.argwhere(edges == -1).tolist()
    runs = [(y, x0, x1) for (y, x0), (_, x1) in zip(starts, ends, strict=True)]
    parent = list(range(len(runs)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    first = 0  # of the runs that can touch: those of this row and the two above it
    for number, (y, x0, x1) in enumerate(runs):
        while runs[first][0] < y - 2:
            first += 1
        for i in range(first, number):
            if runs[i][1] <= x1 + 1 and x0 <= runs[i][2] + 1:
                parent[root(i)] = root(number)
    boxes: dict[int, list[int]] = {}
    for i, (y, x0, x1) in enumerate(runs):
        box = boxes.setdefault(root(i), [y, x0, y + 1, x1, 0])
        box[1], box[2], box[3] = min(box[1], x0), y + 1, max(box[3], x1)
        box[4] += x1 - x0
    return [_Area(*box) for box in boxes.values()]
