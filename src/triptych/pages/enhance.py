"""Cleaning bad scans before they are read: takes off the specks of dust, fax lines and thin paper.

Measured on forms (docs/log/reading.md): the recogniser does best on the scan as it is, save one case.
Specks of one pixel, as a fax leaves them, cost half of the words; a median over 3 x 3 pixels brings a
third of those back. Thresholds, background removal and non-local means lost more than they won.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageFilter

from triptych.types import Line

Read = Callable[[np.ndarray], list[Line]]

_DOUBTFUL = 0.8  # mean confidence below which a page is tried again, cleaned
_MIN_LINES = 3  # a picture with a word or two is no bad scan
_BETTER = 1.1  # times as much must be read clearly for the cleaned page to count


def cleaned(image: np.ndarray) -> np.ndarray:
    """The picture without specks; strokes of two pixels and more stay."""
    return np.asarray(Image.fromarray(np.ascontiguousarray(image)).filter(ImageFilter.MedianFilter(3)))


def read(image: np.ndarray, lines: list[Line], again: Read, mode: str) -> list[Line]:
    """The better reading of a picture: `lines`, or what `again` reads on the cleaned picture.

    `mode` is "off", "on" (always cleaned) or "auto": tried where the lines are doubtful, kept where more
    characters are clear.
    """
    if mode == "off":
        return lines
    if mode == "on":
        return again(cleaned(image))
    if len(lines) < _MIN_LINES or clear_characters(lines) >= _DOUBTFUL * _characters(lines):
        return lines
    second = again(cleaned(image))
    return second if clear_characters(second) > _BETTER * clear_characters(lines) else lines


def clear_characters(lines: Sequence[Line]) -> float:
    """Characters read, each counted by its line's confidence: how many are expected to be right."""
    return sum(len(line.text) * line.confidence for line in lines)


def _characters(lines: Sequence[Line]) -> int:
    return sum(len(line.text) for line in lines)
