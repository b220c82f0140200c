"""By how many degrees a page's content is turned, from the lines that an OCR engine found on it.

Costs nothing on an upright page: lines that lie and are read with confidence end the matter. Otherwise
the longest lines are cut out onto one small picture, which is turned each way and read again; the clearest
reading wins. Works with any engine, and knows none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from triptych.types import Box, Line

Read = Callable[[np.ndarray], list[Line]]

_SURE = 0.90  # mean confidence from which lying lines are taken as upright
_READABLE = 0.6  # mean confidence that standing lines must reach when they are laid down
_MARGIN = 0.08  # by which upside down must be read more clearly
_SAMPLES = 6  # lines that are read again
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def turned(image: np.ndarray, lines: Sequence[Line], read: Read) -> int:
    """0, 90, 180 or 270: by how much, clockwise, the content of `image` is turned."""
    if not lines:
        return 0
    weights = np.array([len(line.text) for line in lines], np.float64)
    standing = np.array([_stands(line, image.shape) for line in lines])
    on_its_side = float(weights[standing].sum()) > 0.5 * float(weights.sum())
    confidence = float((weights * [line.confidence for line in lines]).sum() / weights.sum())
    if not on_its_side and confidence >= _SURE:
        return 0
    sample = _sample(image, lines, standing if on_its_side else ~standing)
    if on_its_side:
        scores = {way: _clearness(read(upright(sample, way))) for way in (90, 270)}
        best = max(scores, key=lambda way: scores[way])
        return best if scores[best] > _READABLE and not _is_vertical_script(lines) else 0
    as_is, over = _clearness(read(sample)), _clearness(read(upright(sample, 180)))
    return 180 if over > as_is + _MARGIN else 0


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


def _sample(image: np.ndarray, lines: Sequence[Line], fit: np.ndarray) -> np.ndarray:
    """The longest lines, cut out and stacked (or, standing, set side by side) as one small picture."""
    chosen = [line for line, good in zip(lines, fit, strict=True) if good]
    cuts = [_cut(image, line.box) for line in sorted(chosen, key=lambda line: -len(line.text))[:_SAMPLES]]
    heights, widths = [c.shape[0] for c in cuts], [c.shape[1] for c in cuts]
    lying = sum(widths) > sum(heights)
    size = (sum(heights), max(widths)) if lying else (max(heights), sum(widths))
    sample = np.full((*size, 3), np.median(image[::16, ::16], axis=(0, 1)), np.uint8)
    at = 0
    for piece in cuts:
        height, width = piece.shape[:2]
        if lying:
            sample[at : at + height, :width] = piece
        else:
            sample[:height, at : at + width] = piece
        at += height if lying else width
    return sample


def _cut(image: np.ndarray, box: Box) -> np.ndarray:
    """The box and half its thickness around it: engines want air around a line."""
    height, width = image.shape[:2]
    x0, y0, x1, y1 = box.x0 * width, box.y0 * height, box.x1 * width, box.y1 * height
    air = 0.5 * min(x1 - x0, y1 - y0) + 2
    return image[max(0, int(y0 - air)) : int(y1 + air) + 1, max(0, int(x0 - air)) : int(x1 + air) + 1]


def _clearness(lines: Sequence[Line]) -> float:
    """Mean confidence of lines, weighted by length; 0 when nothing is read."""
    total = sum(len(line.text) for line in lines)
    return sum(len(line.text) * line.confidence for line in lines) / total if total else 0.0


def _is_vertical_script(lines: Sequence[Line]) -> bool:
    """Whether most characters are Chinese, Japanese or Korean: those may be set in columns."""
    text = "".join(line.text for line in lines)
    return 2 * len(_CJK.findall(text)) > len(text)
