"""Words of a text layer that nobody sees on the page: no ink where they stand, too small to read, or off the page.

    found(text, height, image) -> Mapping      what is noted with a page; {} for almost all pages
    without(page) -> Page                      as those who look at it know it

How a word was hidden does not matter (invisible, white on white, behind a white box): the drawn page is looked at. The
layer that an OCR program puts under a scan is invisible, too, but stands where there is ink. Words behind a picture
that has ink of its own are not found out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from triptych.types import Box, Line, Page, PageText, Word

_WORDS = 3  # from which people are told
LEAST = 2  # with a figure among them: a label and its value
_ACROSS, _DOWN = 12, 4  # places of a word that are looked at first
_INK = 16  # of 255: a word's lightest and darkest places differ by more, or there is nothing to see
_TINY = 2.0  # points (1/72 inch) of height below which nobody reads a word
_SAMPLE = 200  # characters that are kept to show


def found(text: PageText, height: float, image: np.ndarray, outside: Sequence[str] = ()) -> dict[str, Any]:
    """Number, places and beginning of the hidden words of a text layer. `height` is the page's in points, `image`
    the page as it is drawn, uint8 (h, w, 3) RGB, `outside` the words that stand off the page."""
    unseen = _unseen(text, height, image) if len(text.boxes) else []
    words = [text.text[a:b] for a, b in text.spans[unseen].tolist()] + list(outside)
    words = [word for word in words if any(map(str.isalnum, word))]
    if not words:
        return {}
    return {
        "words": len(words),
        "text": " ".join(words)[:_SAMPLE],
        "spans": _joined(text.spans[unseen].tolist()),
    }


def hides(page: Page) -> bool:
    """Whether a page holds so many words that nobody sees that people are told."""
    return telling(page.meta.get("hidden") or {})


def telling(hidden: Mapping[str, Any]) -> bool:
    """Whether hidden words, as a page's `meta` has them, are so many that people are told."""
    least = LEAST if any(map(str.isdigit, hidden.get("text", ""))) else _WORDS
    return bool(hidden.get("words", 0) >= least)


def without(page: Page) -> Page:
    """The page without its hidden words; itself where it has none."""
    spans = (page.meta.get("hidden") or {}).get("spans")
    if not spans:
        return page
    text = page.text
    unseen = {word for start, end in spans for word in text.words_in(start, end)}
    lines: dict[int, list[Word]] = {}
    for i, (start, end) in enumerate(text.spans.tolist()):
        if i not in unseen:
            box, sure = Box(*map(float, text.boxes[i])), float(text.confidence[i])
            lines.setdefault(int(text.lines[i]), []).append(Word(text.text[start:end], box, sure))
    return replace(
        page, text=PageText.of_lines([Line(tuple(words)) for words in lines.values()]), sections=()
    )


def _unseen(text: PageText, height: float, image: np.ndarray) -> list[int]:
    """Numbers of the words that are too small, or show nothing."""
    tiny = (text.boxes[:, 3] - text.boxes[:, 1]) * height < _TINY
    pale = _spread(text.boxes, image) < _INK
    suspects = np.flatnonzero(tiny | pale).tolist()
    return [i for i in suspects if tiny[i] or _blank(text.boxes[i], image)]


def _spread(boxes: np.ndarray, image: np.ndarray) -> np.ndarray:
    """(n,) int16: how much the green of each box varies over a grid of places, which is nearly all there is to know."""
    rows = _places(boxes[:, 1], boxes[:, 3], _DOWN, image.shape[0])
    columns = _places(boxes[:, 0], boxes[:, 2], _ACROSS, image.shape[1])
    green = image[rows[:, :, None], columns[:, None, :], 1].reshape(len(boxes), -1)
    spread: np.ndarray = green.max(1).astype(np.int16) - green.min(1)
    return spread


def _places(low: np.ndarray, high: np.ndarray, count: int, size: int) -> np.ndarray:
    """(n, count) pixels, evenly spread between fractions of a page that is `size` pixels long."""
    steps = (np.arange(count, dtype=np.float32) + 0.5) / count
    at = (low[:, None] + (high - low)[:, None] * steps) * size
    pixels: np.ndarray = np.clip(at.astype(np.int32), 0, size - 1)
    return pixels


def _blank(box: np.ndarray, image: np.ndarray) -> bool:
    """Whether all of a box is of one colour."""
    height, width = image.shape[:2]
    x0, x1 = int(box[0] * width), int(np.ceil(box[2] * width))
    y0, y1 = int(box[1] * height), int(np.ceil(box[3] * height))
    part = image[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
    if not part.size:
        return True
    return bool((part.max((0, 1)).astype(np.int16) - part.min((0, 1))).max() < _INK)


def _joined(spans: Iterable[Sequence[int]]) -> list[list[int]]:
    """Spans of words that follow each other as one."""
    runs: list[list[int]] = []
    for start, end in spans:
        if runs and start <= runs[-1][1] + 1:
            runs[-1][1] = end
        else:
            runs.append([start, end])
    return runs
