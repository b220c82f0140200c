"""Areas of a picture that hold ink but no words: connected cells of a coarse grid.

The background is the page's most frequent colour. A cell has ink when enough of its pixels differ from
it; cells under words are cleared; neighbouring cells form areas (runs of a row, joined by union-find:
Rosenfeld and Pfaltz 1966). A few milliseconds for a picture of 1024 pixels.
"""

from __future__ import annotations

import numpy as np

from triptych.types import Box

_SAMPLED = 320  # pixels of the longer side that are looked at
_CELL = 3  # pixels of a cell's side, of these
_DIFFERS = 36  # steps of a colour channel from which a pixel is ink
_INKED = 0.15  # of a cell's pixels
_SIDE = 5  # cells of an area's shorter side: lines of text that nobody read are lower
_FILLED = 0.3  # of the cells of a small area
_SPARSE = 0.12  # of the cells of a large one: a line chart
_LARGE = 0.06  # of the page
_FLAT = 6.0  # standard deviation below which a filled area is a coloured panel, not a picture
_BORDERS = 3  # of the page that an area touches: what lies around a photographed paper


def areas(image: np.ndarray, words: np.ndarray) -> list[Box]:
    """Boxes of areas of `image`, uint8 (h, w, 3), that `words` (n, 4), fractions, leave free; largest first."""
    height, width = image.shape[:2]
    step = max(1, -(-max(height, width) // _SAMPLED))
    small = image[step // 2 :: step, step // 2 :: step]
    rows, columns = small.shape[0] // _CELL, small.shape[1] // _CELL
    if min(rows, columns) < 2 * _SIDE:
        return []
    small = small[: rows * _CELL, : columns * _CELL]
    ink = _ink(small)
    cells = ink.reshape(rows, _CELL, columns, _CELL).mean((1, 3)) > _INKED
    _clear(cells, words)
    found = []
    for top, left, bottom, right, filled in _components(cells):
        box = Box(left / columns, top / rows, right / columns, bottom / rows)
        share = filled / ((bottom - top) * (right - left))
        if min(bottom - top, right - left) < _SIDE or share < (_SPARSE if box.area > _LARGE else _FILLED):
            continue
        borders = (left <= 0) + (top <= 0) + (right >= columns) + (bottom >= rows)
        if borders >= _BORDERS:
            continue
        part = small[top * _CELL : bottom * _CELL, left * _CELL : right * _CELL]
        if share > 0.8 and float(part.std(axis=(0, 1)).max()) < _FLAT:
            continue
        found.append(box)
    return sorted(found, key=lambda b: -b.area)


def _ink(small: np.ndarray) -> np.ndarray:
    """(h, w) bool: pixels that differ from the most frequent colour."""
    keys = (small[..., 0].astype(np.int32) >> 4 << 8) + (small[..., 1] >> 4 << 4) + (small[..., 2] >> 4)
    common = int(np.bincount(keys.ravel(), minlength=4096).argmax())
    background = np.median(small[keys == common], axis=0).astype(np.int16)
    return np.asarray(np.abs(small.astype(np.int16) - background).max(2) > _DIFFERS)


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


def _components(cells: np.ndarray) -> list[tuple[int, int, int, int, int]]:
    """(top, left, bottom, right, cells) of areas whose cells touch, a gap of one cell forgiven."""
    padded = np.zeros((cells.shape[0], cells.shape[1] + 2), np.int8)
    padded[:, 1:-1] = cells
    edges = np.diff(padded, axis=1)
    parent: list[int] = []
    runs: list[tuple[int, int, int]] = []

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    starts, ends = np.argwhere(edges == 1), np.argwhere(edges == -1)
    before: list[int] = []  # runs of the two rows above
    row = -1
    current: list[int] = []
    for (y, x0), (_, x1) in zip(starts.tolist(), ends.tolist(), strict=True):
        if y != row:
            before = [i for i in [*before, *current] if runs[i][0] >= y - 2]
            row, current = y, []
        number = len(runs)
        runs.append((y, x0, x1))
        parent.append(number)
        for i in before:
            if runs[i][1] <= x1 + 1 and x0 <= runs[i][2] + 1:
                parent[root(i)] = root(number)
        if current and x0 <= runs[current[-1]][2] + 1:
            parent[root(current[-1])] = root(number)
        current.append(number)
    boxes: dict[int, list[int]] = {}
    for i, (y, x0, x1) in enumerate(runs):
        box = boxes.setdefault(root(i), [y, x0, y + 1, x1, 0])
        box[1], box[2], box[3] = min(box[1], x0), y + 1, max(box[3], x1)
        box[4] += x1 - x0
    return [(b[0], b[1], b[2], b[3], b[4]) for b in boxes.values()]
