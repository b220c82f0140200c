"""By how many degrees a page's content is turned, from the lines that an OCR engine found on it.

Costs nothing on an upright page: lines that lie and are read with confidence end the matter. Otherwise
a few long lines are cut out, turned each way and read again; the clearest reading wins. Works with any
engine, and knows none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from triptych.types import Box, Line

Read = Callable[[np.ndarray], list[Line]]

_SURE = 0.90  # mean confidence from which lying lines are taken as upright
_MARGIN = 0.08  # by which another way must be read more clearly
_SAMPLES = 6  # lines that are read again


def turned(image: np.ndarray, lines: Sequence[Line], read: Read) -> int:
    """0, 90, 180 or 270: by how much, clockwise, the content of `image` is turned."""
    if not lines:
        return 0
    shape = image.shape
    weights = np.array([len(line.text) for line in lines], np.float64)
    standing = np.array([_stands(line, shape) for line in lines])
    share_standing = float((weights * standing).sum() / weights.sum())
    confidence = float((weights * [line.confidence for line in lines]).sum() / weights.sum())
    if share_standing < 0.5 and confidence >= _SURE:
        return 0
    ways = (90, 270) if share_standing >= 0.5 else (180,)
    samples = _samples(lines, standing if share_standing >= 0.5 else ~standing)
    scores = {way: _clearness(image, samples, read, way) for way in (0, *ways)}
    best = max(ways, key=lambda way: scores[way])
    if share_standing >= 0.5:
        return best if scores[best] > 0.5 else 0
    return best if scores[best] > scores[0] + _MARGIN else 0


def upright(image: np.ndarray, degrees: int) -> np.ndarray:
    """The picture turned back by `degrees` (a multiple of 90), contiguous."""
    return np.ascontiguousarray(np.rot90(image, degrees // 90))


def on_turned(box: Box, degrees: int) -> Box:
    """Where a box of the upright picture stands on the picture that is turned clockwise by `degrees`."""
    x0, y0, x1, y1 = box
    if degrees == 90:
        return Box(1 - y1, x0, 1 - y0, x1)
    if degrees == 180:
        return Box(1 - x1, 1 - y1, 1 - x0, 1 - y0)
    if degrees == 270:
        return Box(y0, 1 - x1, y1, 1 - x0)
    return box


def _stands(line: Line, shape: tuple[int, ...]) -> bool:
    """Whether a line of at least three characters is higher than wide."""
    box = line.box
    width, height = (box.x1 - box.x0) * shape[1], (box.y1 - box.y0) * shape[0]
    return len(line.text) >= 3 and height > 1.5 * width


def _samples(lines: Sequence[Line], fit: np.ndarray) -> list[Box]:
    """Places of the longest lines."""
    chosen = [line for line, good in zip(lines, fit, strict=True) if good]
    return [line.box for line in sorted(chosen, key=lambda line: -len(line.text))[:_SAMPLES]]


def _clearness(image: np.ndarray, samples: Sequence[Box], read: Read, degrees: int) -> float:
    """Mean confidence of the samples read the other way, weighted by length; 0 when nothing is read."""
    total = clear = 0.0
    for box in samples:
        for line in read(upright(_cut(image, box), degrees)):
            total += len(line.text)
            clear += len(line.text) * line.confidence
    return clear / total if total else 0.0


def _cut(image: np.ndarray, box: Box) -> np.ndarray:
    """The box and half its thickness around it: engines want air around a line."""
    height, width = image.shape[:2]
    x0, y0, x1, y1 = box.x0 * width, box.y0 * height, box.x1 * width, box.y1 * height
    air = 0.5 * min(x1 - x0, y1 - y0) + 2
    return image[max(0, int(y0 - air)) : int(y1 + air) + 1, max(0, int(x0 - air)) : int(x1 + air) + 1]
