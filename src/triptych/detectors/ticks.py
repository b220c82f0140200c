"""Tick boxes and radio buttons of a page with the option beside each, ticked or not. No model.

A mark is a small square or circle set apart from the words. Those that are empty show how large they are on this
page; another of that size, in a row or a column with an empty one, is ticked when there is ink in its middle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from statistics import median
from typing import NamedTuple

import cv2
import numpy as np

from triptych.detectors._ink import components
from triptych.detectors._upright import as_stored, straight
from triptych.errors import UserError
from triptych.types import Box, Page, PageText, Region

_SMALLEST, _LARGEST = 5, 30  # pixels of a side, of 1024
_SQUARE = 1.15  # one side is at most so much longer, and a pixel
_EMPTY, _INKED = 0.12, 0.2  # share of ink in the middle of an empty and of a ticked mark
_ALIKE = 1.3  # marks of a page are about as large
_SIDED = 0.8  # of each side of a box has ink
_OVER = 2.0  # a tick may reach out of its box
_GAP = 3.0  # of its size: how far the option's first word stands from a mark, at most
_TEXT = (0.45, 1.8)  # of the height of the words beside it: how large a mark is
_NEXT = 0.9  # of its size: nearer than this to another mark is the option of that one
_INTO = 0.3  # of its size: how far into a mark the middle of a word's box may reach
_FAR = 8.0  # of its size: how far it is looked for the next ink
_CLEAR = 0.25  # of its size: so much beside a mark is free
_DRAWN = frozenset("□☐○◯口■●◉☑☒▢冈区図")  # what a mark is read as
_ROUND = re.compile(r"[O0oQ](?=[A-Z\d])")  # or as a letter, where most options of a row begin with one
_WORDS_GAP = 1.3  # heights between words of one option
_FEWEST = 2  # marks of a page
_MOST = 120


class _Mark(NamedTuple):
    x0: float
    y0: float
    x1: float
    y1: float
    ink: float

    @property
    def size(self) -> float:
        return max(self.x1 - self.x0, self.y1 - self.y0)

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2


def load(argument: str = "") -> Ticks:
    """The detector. Raises UserError for an argument: it has none."""
    if argument:
        raise UserError(f"The detector 'ticks' takes no argument, got '{argument}'. Type: ticks")
    return Ticks()


class Ticks:
    """See `seams.Detector`. Regions `ticked` and `unticked` hold the mark and its option, `text` is the option."""

    name = "ticks"

    def regions(self, page: Page, pictures: Sequence[Box], image: np.ndarray | None) -> list[Region]:
        if image is None or not len(page.text.boxes) or min(image.shape[:2]) < _LARGEST:
            return []
        return as_stored(page, _found(*straight(page, image)))


def _found(page: Page, image: np.ndarray) -> Iterator[Region]:
    height, width = image.shape[:2]
    words = page.text.boxes.astype(np.float64) * [width, height, width, height]
    ink, order, back = _ink(image), np.arange(len(words)), False
    blobs = _blobs(_beside(ink, words, page) if page.text_source == "native" else ink)
    marks = _marks(ink, blobs, words)
    if not marks or not _precede(ink, marks):  # words before their marks: the same in a mirror
        ink, order, back = np.ascontiguousarray(ink[:, ::-1]), order[::-1], True
        words, blobs = _mirrored(words, width)[::-1], _mirrored(blobs, width)
        marks = _marks(ink, blobs, words)
        if not marks or not _precede(ink, marks):
            return
    marks.sort(key=lambda m: (m.middle, -m.x0 if back else m.x0))
    options = [
        (mark, order[words_of])
        for mark in marks
        if (words_of := _option(mark, marks, words, page.text.lines[order])) is not None
    ]
    told = [(mark, own, said) for mark, own in options if (said := _said(page.text, own))]
    if _FEWEST <= len(told) <= _MOST:
        for (mark, own, _), plain in zip(told, _plain([(m, said) for m, _, said in told]), strict=True):
            x0, x1 = (width - mark.x1, width - mark.x0) if back else (mark.x0, mark.x1)
            parts = [Box(x0 / width, mark.y0 / height, x1 / width, mark.y1 / height)]
            parts += [Box(*page.text.boxes[i].tolist()) for i in own]
            if plain:
                yield Region("ticked" if mark.ink > _INKED else "unticked", Box.around(parts), plain)


def _beside(ink: np.ndarray, words: np.ndarray, page: Page) -> np.ndarray:
    """The ink without that of words, which a PDF knows to the pixel: most of its pages then have nothing to look at."""
    bare = ink.copy()
    text = page.text.text
    for (x0, y0, x1, y1), (start, _) in zip(
        words.astype(int).tolist(), page.text.spans.tolist(), strict=True
    ):
        if text[start].isalnum():
            bare[y0 : y1 + 1, x0 : x1 + 1] = 0
    return bare


def _mirrored(boxes: np.ndarray, width: int) -> np.ndarray:
    return np.stack([width - boxes[:, 2], boxes[:, 1], width - boxes[:, 0], boxes[:, 3]], 1)


def _precede(ink: np.ndarray, marks: Sequence[_Mark]) -> bool:
    """Whether the words after the marks are nearer than those before them."""
    return median(_free(ink, m, 1) for m in marks) <= median(_free(ink, m, -1) for m in marks)


def _free(ink: np.ndarray, mark: _Mark, way: int) -> float:
    """How far it is from a mark to the next ink on its level, in its size."""
    x0, y0, x1, y1 = (int(v) for v in mark[:4])
    reach = int(_FAR * mark.size)
    strip = (
        ink[y0:y1, x1 + 1 : x1 + reach]
        if way > 0
        else ink[y0:y1, max(0, x0 - reach) : max(0, x0 - 1)][:, ::-1]
    )
    inked = np.flatnonzero(strip.any(axis=0))
    return float(inked[0]) / mark.size if len(inked) else _FAR


def _said(text: PageText, words: np.ndarray) -> str:
    """What the words of an option say; "" where no letter is among it."""
    said = text.text[int(text.spans[words, 0].min()) : int(text.spans[words, 1].max())]
    return said if any(map(str.isalpha, said)) else ""


def _marks(ink: np.ndarray, blobs: np.ndarray, words: np.ndarray) -> list[_Mark]:
    """Marks of a page: the empty ones, and what is as large and stands in line with one of them. `blobs` (n, 4)."""
    alone = (box for box in blobs[_square(blobs)].tolist() if _alone(ink, *box))
    likely = [m for box in alone if _word(m := _mark(ink, *box), words) is not None]
    empty = [m for m in likely if m.ink <= _EMPTY and _hollow(ink, m)]
    if not empty:
        return []
    size = median(m.size for m in empty)
    empty = [m for m in empty if size / _ALIKE <= m.size <= size * _ALIKE]
    others = [m for m in likely if m.ink > _INKED and size / _ALIKE <= m.size <= size * _ALIKE]
    sizes = (blobs[:, 2:] - blobs[:, :2]).max(1)
    large = blobs[(size < sizes) & (sizes <= _OVER * size)]
    crossed = [boxed for blob in large.tolist() if (boxed := _framed(ink, blob, round(size)))]
    others += [
        m
        for m in crossed
        if m.ink > _INKED and _word(m, words) is not None and not any(_same(m, o) for o in others)
    ]
    lined = [m for m in others if any(_in_line(m, e) for e in empty)]
    found = sorted([*empty, *lined], key=lambda m: m.x0)
    return [m for m in found if not any(_touches(o, m) for o in found)]


def _ink(image: np.ndarray) -> np.ndarray:
    """(h, w) uint8, 1 where a pixel is clearly darker, or on a dark page lighter, than what surrounds it."""
    grey = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
    if np.median(grey[::4, ::4]) < 100:
        grey = 255 - grey
    side = 2 * _LARGEST + 1
    around = cv2.blur(grey, (side, side)).astype(np.int16)
    return (grey < around - 24).astype(np.uint8)


def _blobs(ink: np.ndarray) -> np.ndarray:
    """(n, 4) corners of connected ink of the size of a mark."""
    corners, sides = np.split(components(ink)[1][1:, :4], 2, axis=1)
    fits = (sides.min(1) >= _SMALLEST) & (sides.max(1) <= _OVER * _LARGEST)
    return np.asarray(np.concatenate([corners, corners + sides], 1)[fits])


def _mark(ink: np.ndarray, x0: int, y0: int, x1: int, y1: int) -> _Mark:
    dx, dy = max(2, round(0.27 * (x1 - x0))), max(2, round(0.27 * (y1 - y0)))
    middle = ink[y0 + dy : y1 - dy, x0 + dx : x1 - dx]
    return _Mark(x0, y0, x1, y1, float(middle.mean()) if middle.size else 0.0)


def _square(blobs: np.ndarray) -> np.ndarray:
    """(n,) bool: which blobs may be the whole of a mark."""
    sides = blobs[:, 2:] - blobs[:, :2]
    return np.asarray(sides.max(1) <= np.minimum(_LARGEST, _SQUARE * sides.min(1) + 1))


def _touches(a: _Mark, b: _Mark) -> bool:
    """Whether `b` follows `a` where the option of `a` should be."""
    return abs(a.middle - b.middle) < b.size and b.x0 - a.x0 > 0 and b.x0 - a.x1 < _NEXT * b.size


def _same(a: _Mark, b: _Mark) -> bool:
    return abs(a.x0 - b.x0) < b.size and abs(a.y0 - b.y0) < b.size


def _framed(ink: np.ndarray, blob: Sequence[int], size: int) -> _Mark | None:
    """The box in a blob of ink that a tick reaches out of: where four sides of `size` pixels have the most ink."""
    x0, y0, x1, y1 = blob
    best, place = _SIDED, None
    for y in range(y0, y1 - size + 1):
        for x in range(x0, x1 - size + 1):
            part = ink[y : y + size, x : x + size]
            sides = part[:2].any(0), part[-2:].any(0), part[:, :2].any(1), part[:, -2:].any(1)
            if (least := min(float(side.mean()) for side in sides)) > best:
                best, place = least, (x, y)
    return None if place is None else _mark(ink, *place, place[0] + size, place[1] + size)


def _hollow(ink: np.ndarray, mark: _Mark) -> bool:
    """Whether there is ink on all four sides of the middle of a mark."""
    x0, y0, x1, y1 = (int(v) for v in mark[:4])
    part = ink[y0:y1, x0:x1]
    high, wide = part.shape
    rows, columns = part[high // 4 : high - high // 4], part[:, wide // 4 : wide - wide // 4]
    third = max(2, wide // 3), max(2, high // 3)
    sides = (
        rows[:, : third[0]].any(1),
        rows[:, -third[0] :].any(1),
        columns[: third[1]].any(0),
        columns[-third[1] :].any(0),
    )
    return min(float(side.mean()) for side in sides) >= _SIDED


def _alone(ink: np.ndarray, x0: int, y0: int, x1: int, y1: int) -> bool:
    """Whether nothing stands close before or after a mark, as the letters of a word do."""
    near = max(2, round(_CLEAR * max(x1 - x0, y1 - y0)))
    return (
        not ink[y0:y1, x1 + 1 : x1 + near].any() and not ink[y0:y1, max(0, x0 - near) : max(0, x0 - 1)].any()
    )


def _word(mark: _Mark, words: np.ndarray) -> int | None:
    """The word that a mark belongs to: the next one right of it (OCR's boxes of words may reach over a mark)."""
    heights = words[:, 3] - words[:, 1]
    middles = (words[:, 1] + words[:, 3]) / 2
    level = (
        (np.abs(middles - mark.middle) < 0.5 * heights)
        & (mark.size > _TEXT[0] * heights)
        & (mark.size < _TEXT[1] * heights)
    )
    centres = (words[:, 0] + words[:, 2]) / 2
    right = level & (centres > mark.x1 - _INTO * mark.size) & (words[:, 0] < mark.x1 + _GAP * mark.size)
    found = np.flatnonzero(right)
    return int(found[np.argmin(centres[found])]) if len(found) else None


def _in_line(a: _Mark, b: _Mark) -> bool:
    return abs(a.middle - b.middle) < 0.6 * b.size or abs(a.x0 - b.x0) < 0.6 * b.size


def _option(mark: _Mark, marks: Sequence[_Mark], words: np.ndarray, lines: np.ndarray) -> slice | None:
    """The words from a mark to the next one on its row."""
    first = _word(mark, words)
    if first is None:
        return None
    until = min(
        (m.x0 for m in marks if m.x0 > mark.x1 and abs(m.middle - mark.middle) < m.size), default=np.inf
    )
    high = words[first, 3] - words[first, 1]
    last = first
    for i in range(first + 1, len(words)):
        level = lines[i] == lines[first] and abs((words[i, 1] + words[i, 3]) / 2 - mark.middle) < 0.6 * high
        follows = words[last, 0] < words[i, 0] < words[last, 2] + _WORDS_GAP * high
        if not (level and follows and (words[i, 0] + words[i, 2]) / 2 < until):
            break
        last = i
    return slice(first, last + 1)


def _plain(options: Sequence[tuple[_Mark, str]]) -> list[str]:
    """Options without what OCR took their marks for."""
    plain = []
    for mark, said in options:
        row = [s for m, s in options if abs(m.middle - mark.middle) < mark.size]
        drawn = said[0] in _DRAWN or (sum(bool(_ROUND.match(s)) for s in row) > 0.5 * len(row) > 0.5)
        plain.append(said[1:].strip() if drawn and (said[0] in _DRAWN or _ROUND.match(said)) else said)
    return plain
