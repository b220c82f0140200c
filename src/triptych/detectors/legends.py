"""Which series of a chart a printed number belongs to: the colour of its bar or wedge against the legend's. No model.

A legend is a few words each with a small patch of one colour before it. A number belongs to the mark that it stands
in, over, or right of; that mark's colour says which entry of the legend it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from triptych.detectors._upright import as_stored, straight
from triptych.errors import UserError
from triptych.types import Box, Page, Region
from triptych.values import numbers

_WORDS = 250  # a page with more is no chart
_BEFORE = 2.4  # heights of a line: how far before a word its patch may begin
_LIKE = 34.0  # steps of colour, Euclid over three channels, within which two are the same
_APART = 24.0  # and from which two entries of a legend are different ones
_FILLED = 0.55  # of its box is a patch
_SIDES = (0.25, 1.3)  # heights of a line: how large a patch is
_WIDEST = 3.2  # heights: a patch may be a stroke of a line
_MOSTLY = 0.6  # of the pixels looked at have the colour
_FEWEST, _MOST = 2, 12  # entries of a legend


class _Entry(NamedTuple):
    label: str
    box: np.ndarray  # (4,) pixels of the words
    colour: np.ndarray  # (3,)


def load(argument: str = "") -> Legends:
    """The detector. Raises UserError for an argument: it has none."""
    if argument:
        raise UserError(f"The detector 'legends' takes no argument, got '{argument}'. Type: legends")
    return Legends()


class Legends:
    """See `seams.Detector`. A region `series` is a number, its `text` the legend's entry; `legend` is an entry."""

    name = "legends"

    def regions(self, page: Page, pictures: Sequence[Box], image: np.ndarray | None) -> list[Region]:
        if image is None or not 4 <= len(page.text.boxes) <= _WORDS:
            return []
        return as_stored(page, _found(*straight(page, image)))


def _found(page: Page, image: np.ndarray) -> Iterator[Region]:
    height, width = image.shape[:2]
    boxes = page.text.boxes.astype(np.float64) * [width, height, width, height]
    ground = np.median(image.reshape(-1, 3), axis=0)
    entries = _entries(page, boxes, image, ground)
    for entry in entries:
        yield Region("legend", _fraction(entry.box, width, height), entry.label)
    named = {tuple(e.box.tolist()) for e in entries}
    for (start, end), box in zip(page.text.spans.tolist(), boxes, strict=True):
        if entries and numbers(page.text.text[start:end]) and tuple(box.tolist()) not in named:
            own = _of(entries, image, box)
            if own is not None:
                yield Region("series", _fraction(box, width, height), own.label)


def _fraction(box: np.ndarray, width: int, height: int) -> Box:
    return Box(*(float(v) for v in box / [width, height, width, height]))


def _entries(page: Page, boxes: np.ndarray, image: np.ndarray, ground: np.ndarray) -> list[_Entry]:
    """The legend's entries: words after patches of different colours, in one row or one column; [] for none."""
    found = []
    for first, last in _phrases(page, boxes):
        words = boxes[first : last + 1]
        box = np.array([words[0, 0], words[:, 1].min(), words[-1, 2], words[:, 3].max()])
        colour = _patch(image, boxes[first], ground)
        if colour is not None:
            text = page.text.text[int(page.text.spans[first, 0]) : int(page.text.spans[last, 1])]
            found.append(_Entry(text, box, colour))
    lined = [e for e in found if any(e is not o and _lined(e, o) for o in found)]
    apart = all(np.linalg.norm(a.colour - b.colour) > _APART for a, b in combinations(lined, 2))
    return lined if apart and _FEWEST <= len(lined) <= _MOST else []


def _phrases(page: Page, boxes: np.ndarray) -> Iterator[tuple[int, int]]:
    """First and last word of each run of words of a line without a gap, that begins with a letter or a digit."""
    first = 0
    lines = page.text.lines
    for i in range(1, len(boxes) + 1):
        apart = (
            i == len(boxes)
            or lines[i] != lines[i - 1]
            or boxes[i, 0] - boxes[i - 1, 2] > boxes[i, 3] - boxes[i, 1]
        )
        if apart:
            if any(map(str.isalpha, page.text.text[slice(*page.text.spans[first].tolist())])):
                yield first, i - 1
            first = i


def _patch(image: np.ndarray, word: np.ndarray, ground: np.ndarray) -> np.ndarray | None:
    """The colour of a small patch of one colour before a word, with free space around it; None for none."""
    high = word[3] - word[1]
    y0, y1 = max(0, int(word[1] - 0.1 * high)), int(word[3] + 0.1 * high)
    x0, x1 = max(0, int(word[0] - _BEFORE * high)), int(word[0] + 0.35 * high)
    part = image[y0:y1, x0:x1].astype(np.float64)
    if min(part.shape[:2]) < 5:
        return None
    near = np.median(part[:, : max(1, int(0.15 * high))].reshape(-1, 3), axis=0)
    ink = np.linalg.norm(part - near, axis=2) > _LIKE
    columns = np.flatnonzero(ink.mean(axis=0) > 0.15)
    if not len(columns):
        return None
    runs = np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1)
    run = max((r for r in runs if r[0] > 0), key=len, default=None)
    if run is None or not _SIDES[0] * high <= len(run) <= _WIDEST * high:
        return None
    rows = np.flatnonzero(ink[:, run].mean(axis=1) > 0.5)
    if not len(rows) or not 0.1 * high <= rows[-1] - rows[0] + 1 <= _SIDES[1] * high:
        return None
    patch = part[rows[0] : rows[-1] + 1, run[0] : run[-1] + 1]
    colour = np.median(patch.reshape(-1, 3), axis=0)
    same = (np.linalg.norm(patch - colour, axis=2) < _LIKE).mean()
    return colour if same > _FILLED and np.linalg.norm(colour - ground) > _LIKE else None


def _lined(a: _Entry, b: _Entry) -> bool:
    """Whether two entries stand in one row, or begin in one column."""
    high = a.box[3] - a.box[1]
    return bool(
        abs((a.box[1] + a.box[3] - b.box[1] - b.box[3]) / 2) < 0.6 * high
        or abs(a.box[0] - b.box[0]) < 0.8 * high
    )


def _of(entries: Sequence[_Entry], image: np.ndarray, box: np.ndarray) -> _Entry | None:
    """The entry whose colour lies around a number, else under it, else left of it."""
    high, wide = box[3] - box[1], box[2] - box[0]
    x0, y0, x1, y1 = box
    pad = 0.12 * high
    around = [
        (x0 - pad - 2, y0, x0 - pad, y1),
        (x1 + pad, y0, x1 + pad + 2, y1),
        (x0, y0 - 2, x1, y0),
        (x0, y1, x1, y1 + 2),
    ]
    under = [
        (x0 + 0.25 * wide, y1 + d * high, x1 - 0.25 * wide, y1 + d * high + 2) for d in (0.15, 0.4, 0.8, 1.2)
    ]
    left = [
        (x0 - d * high - 2, y0 + 0.3 * high, x0 - d * high, y1 - 0.3 * high) for d in (0.3, 0.6, 1.0, 1.4)
    ]
    inside = _agreed(entries, [_pixels(image, part) for part in around])
    if inside is not None:
        return inside
    for strips in (under, left):
        for strip in strips:
            found = _agreed(entries, [_pixels(image, strip)])
            if found is not None:
                return found
    return None


def _pixels(image: np.ndarray, part: Sequence[float]) -> np.ndarray:
    height, width = image.shape[:2]
    x0, y0, x1, y1 = part
    rows = slice(max(0, int(y0)), min(height, max(int(y0) + 1, int(y1))))
    columns = slice(max(0, int(x0)), min(width, max(int(x0) + 1, int(x1))))
    return image[rows, columns].reshape(-1, 3).astype(np.float64)


def _agreed(entries: Sequence[_Entry], parts: Sequence[np.ndarray]) -> _Entry | None:
    """The entry whose colour most of the pixels have."""
    pixels = np.concatenate(list(parts))
    if not len(pixels):
        return None
    steps = np.linalg.norm(pixels[:, None] - np.stack([e.colour for e in entries]), axis=2)
    near = steps.argmin(axis=1)
    near[steps.min(axis=1) > _LIKE] = -1
    best = np.bincount(near[near >= 0], minlength=len(entries))
    return entries[int(best.argmax())] if best.max() > _MOSTLY * len(pixels) else None
