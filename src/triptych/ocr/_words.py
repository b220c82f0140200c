"""Strips into lines of words: where each word begins and ends, by the recogniser's columns and the ink."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from triptych.ocr import _order
from triptych.ocr._ppocr import STRIP, Strip
from triptych.types import Box, Line, Word

_GAP = 40  # pixels of a strip: characters whose middles are further apart are two words,
_WIDE = 1.7  # or, in wide type, this many times as far as the line's middle pair
_CLEAR, _CLEAR_SHORT, _CLEAR_SIGN = 0.5, 0.6, 0.85  # what a line, one or two letters, one or two signs need


def lines(strips: Sequence[Strip], width: int, height: int) -> list[Line]:
    """Lines in reading order; boxes are fractions of a picture of `width` x `height` pixels."""
    kept = [s for s in strips if _is_text(s)]
    if not kept:
        return []
    size = np.array([width, height], np.float32)
    order = _order.reading_order(np.stack([s.quad for s in kept]))
    found = (Line(tuple(_words(kept[i], size))) for i in order)
    return [line for line in found if line.words]


def _is_text(strip: Strip) -> bool:
    """Whether a strip holds text: icons and textures are read as one or two signs with little confidence."""
    text = strip.text.strip()
    if len(text) > 2:
        return strip.clearness >= _CLEAR
    return bool(text) and strip.clearness >= (
        _CLEAR_SHORT if text.isascii() and text.isalnum() else _CLEAR_SIGN
    )


def _words(strip: Strip, size: np.ndarray) -> Iterator[Word]:
    length = strip.image.shape[1]
    groups = list(_groups(strip, length))
    ink = _ink(strip.image)
    centres = strip.centres * length
    for i, (first, last) in enumerate(groups):
        left = 0 if i == 0 else _border(ink, centres[groups[i - 1][1]], centres[first])
        right = length if i + 1 == len(groups) else _border(ink, centres[last], centres[groups[i + 1][0]])
        left, right = _trim(ink, left, right, centres[first], centres[last])
        text = strip.text[first : last + 1]
        box = _on_page(strip.quad, left / length, right / length, size)
        yield Word(text, box, float(strip.scores[first : last + 1].mean()))


def _groups(strip: Strip, length: int) -> Iterator[tuple[int, int]]:
    """(first, last) character of each word: parted by spaces and by wide gaps."""
    start = -1
    gap = _GAP / length
    steps = np.diff(strip.centres)
    if len(steps) >= 4:
        gap = max(gap, _WIDE * float(np.median(steps)))
    for i, character in enumerate(strip.text):
        if character.isspace():
            if start >= 0:
                yield start, i - 1
            start = -1
        elif start >= 0 and strip.centres[i] - strip.centres[i - 1] > gap:
            yield start, i - 1
            start = i
        elif start < 0:
            start = i
    if start >= 0:
        yield start, len(strip.text) - 1


def _ink(image: np.ndarray) -> np.ndarray:
    """(w,) float32: how much each column of a strip differs from its background, 0..1."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[4 : STRIP - 4].astype(np.int16)
    away = np.abs(grey - int(np.median(grey)))
    reach = max(24, int(np.percentile(away, 98)) // 2)
    return np.asarray((away > reach).mean(0), np.float32)


def _border(ink: np.ndarray, left: float, right: float) -> int:
    """The middle of the emptiest stretch between two character centres, in columns of the strip."""
    a, b = int(left) + 1, max(int(left) + 2, int(right))
    window = ink[a:b]
    if not len(window):
        return a
    empty = window <= window.min() + 0.02
    edges = np.flatnonzero(np.diff(np.concatenate(([False], empty, [False])).astype(np.int8)))
    runs = edges.reshape(-1, 2)
    longest = runs[np.argmax(runs[:, 1] - runs[:, 0])]
    return a + int(longest.sum() // 2)


def _trim(ink: np.ndarray, left: int, right: int, first: float, last: float) -> tuple[int, int]:
    """Moves both ends of a word to its outermost ink, never past the centres of its end characters."""
    dark = np.flatnonzero(ink[left:right] > 0.03)
    if not len(dark):
        return left, max(right, left + 1)
    start = min(left + int(dark[0]), int(first))
    end = max(left + int(dark[-1]) + 1, int(last) + 1)
    return max(0, start - 1), min(len(ink), end + 1)


def _on_page(quad: np.ndarray, start: float, end: float, size: np.ndarray) -> Box:
    """The upright hull of the part of a line between two shares of its length."""
    top, bottom = quad[1] - quad[0], quad[2] - quad[3]
    corners = np.stack(
        [quad[0] + top * start, quad[0] + top * end, quad[3] + bottom * start, quad[3] + bottom * end]
    )
    corners = (corners / size).clip(0, 1)
    low, high = corners.min(0), corners.max(0)
    return Box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))
