"""Reading order of lines on a page: columns of running text one after the other, else rows from the top.

Recursive cuts as in XY-cut (Nagy and Seth, ICPR 1984), with one difference: a page is cut into columns
only where lines fill the column, as running text does. Tables and forms are read row by row.
"""

from __future__ import annotations

import numpy as np

_MIN_LINES = 4  # in each column
_FILLED = 0.6  # median share of the column's width that its lines fill


def reading_order(quads: np.ndarray) -> list[int]:
    """Indices of the lines in reading order; `quads` (n, 4, 2) are corners in pixels, clockwise from
    where the text begins. A page that is skewed by a few degrees is taken as straight."""
    if len(quads) < 2:
        return list(range(len(quads)))
    upright = _straightened(quads.astype(np.float64))
    boxes = np.concatenate([upright.min(1), upright.max(1)], axis=1)  # (n, 4): x0, y0, x1, y1
    return _order(boxes, np.arange(len(boxes)), depth=0)


def _straightened(quads: np.ndarray) -> np.ndarray:
    """Turns all corners back by the median slope of the lines, long ones counting more."""
    along = quads[:, 1] - quads[:, 0]
    lengths = np.hypot(along[:, 0], along[:, 1])
    angles = np.degrees(np.arctan2(along[:, 1], along[:, 0]))
    lying = np.abs(angles) < 30
    if not lying.any():
        return quads
    order = np.argsort(angles[lying])
    weights = np.cumsum(lengths[lying][order])
    skew = np.radians(angles[lying][order][np.searchsorted(weights, weights[-1] / 2)])
    if abs(skew) < np.radians(0.3):
        return quads
    turn = np.array([[np.cos(skew), -np.sin(skew)], [np.sin(skew), np.cos(skew)]])
    return np.asarray(quads @ turn)


def _order(boxes: np.ndarray, members: np.ndarray, depth: int) -> list[int]:
    if depth < 6 and len(members) >= 2 * _MIN_LINES:
        for parts in (_columns(boxes, members), _bands(boxes, members)):
            if len(parts) > 1:
                return [i for part in parts for i in _order(boxes, part, depth + 1)]
    return _rows(boxes, members)


def _columns(boxes: np.ndarray, members: np.ndarray) -> list[np.ndarray]:
    """Parts left and right of an empty gutter, where both look like running text."""
    own = boxes[members]
    height = float(np.median(own[:, 3] - own[:, 1]))
    order = np.argsort(own[:, 0], kind="stable")
    reach = np.maximum.accumulate(own[order, 2])
    gaps = own[order[1:], 0] - reach[:-1]
    for cut in np.flatnonzero(gaps > 0.6 * height) + 1:
        left, right = members[order[:cut]], members[order[cut:]]
        if all(_is_running_text(boxes[part]) for part in (left, right)):
            return [np.sort(left), np.sort(right)]
    return [members]


def _is_running_text(own: np.ndarray) -> bool:
    if len(own) < _MIN_LINES:
        return False
    width = own[:, 2].max() - own[:, 0].min()
    heights = own[:, 3] - own[:, 1]
    wide = (own[:, 2] - own[:, 0]) / max(width, 1e-6)
    return bool(np.median(wide) > _FILLED and width > 8 * np.median(heights))


def _bands(boxes: np.ndarray, members: np.ndarray) -> list[np.ndarray]:
    """Parts above and below the first wide empty band, e.g. a title over two columns."""
    own = boxes[members]
    height = float(np.median(own[:, 3] - own[:, 1]))
    order = np.argsort(own[:, 1], kind="stable")
    reach = np.maximum.accumulate(own[order, 3])
    gaps = own[order[1:], 1] - reach[:-1]
    cuts = np.flatnonzero(gaps > 0.5 * height) + 1
    if not len(cuts):
        return [members]
    cut = int(cuts[np.argmax(gaps[cuts - 1])])
    return [np.sort(members[order[:cut]]), np.sort(members[order[cut:]])]


def _rows(boxes: np.ndarray, members: np.ndarray) -> list[int]:
    """Rows from the top, each from the left; a line joins a row when their middles are near."""
    own = boxes[members]
    middles = (own[:, 1] + own[:, 3]) / 2
    heights = own[:, 3] - own[:, 1]
    rows: list[list[int]] = []
    for i in np.argsort(middles, kind="stable").tolist():
        row = rows[-1] if rows else []
        near = row and middles[i] - np.mean(middles[row]) < 0.5 * min(heights[i], np.mean(heights[row]))
        if near:
            row.append(i)
        else:
            rows.append([i])
    return [int(members[i]) for row in rows for i in sorted(row, key=lambda i: float(own[i, 0]))]
