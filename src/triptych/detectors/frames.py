"""Frames that somebody drew around words of a page, in colour, to point at them. No model.

Manuals frame the button of a screenshot that the text speaks of, people frame a line of a scan. A frame is
connected ink of one hue that touches all four sides of its box and leaves the inside free, with a few words
inside. Boxes in black are left out: they belong to forms and tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from triptych.detectors._ink import components
from triptych.errors import UserError
from triptych.types import Box, Page, PageText, Region

_COLOURED = 70  # steps between the channels of coloured ink
_HUES, _REACH = 6, 15  # hues looked at, each as wide as all that OpenCV counts (180) by its number
_FEW = 40  # pixels of a hue that can make no frame
_WIDE, _HIGH = 16, 8  # pixels of the smallest frame around a word, of 1024
_RUN = 8  # pixels of a side without a gap
_LINE = 6  # pixels within which a side's ink may lie, or a sixth of the shorter side
_CLOSED = 0.9  # share of each side that has ink
_INSIDE = 0.12  # share of the inside that may have some of the same
_SOLID = 0.5  # of the box: what has more is a button, not a frame
_WORDS = 15  # more of them are a section of the page, not something pointed at
_WHOLE = 0.8  # of the page
_MOST = 8  # of a page, from the top


def load(argument: str = "") -> Frames:
    """The detector. Raises UserError for an argument: it has none."""
    if argument:
        raise UserError(f"The detector 'frames' takes no argument, got '{argument}'. Type: frames")
    return Frames()


class Frames:
    """See `seams.Detector`."""

    name = "frames"

    def regions(self, page: Page, pictures: Sequence[Box], image: np.ndarray | None) -> list[Region]:
        if image is None or not len(page.text.boxes) or min(image.shape[:2]) < _HIGH:
            return []
        boxes = sorted({box for box in _frames(image) if box.area < _WHOLE}, key=lambda b: (b.y0, b.x0))
        framed = [Region("frame", box, _said(page.text, box)) for box in boxes]
        return [region for region in framed if 0 < len(region.text.split()) <= _WORDS][:_MOST]


def _said(text: PageText, box: Box) -> str:
    """The words whose middle is in the box, in reading order."""
    return " ".join(text.text[start:end] for start, end in text.spans[text.inside(box)].tolist())


def _frames(image: np.ndarray) -> Iterator[Box]:
    """Boxes of the frames of `image`, uint8 (h, w, 3)."""
    hsv = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2HSV)
    hue, saturation, value = cv2.split(hsv)
    chroma = np.asarray(cv2.multiply(saturation, value, scale=1 / 255))  # the most channel less the least
    coloured = chroma > _COLOURED
    counts = np.bincount(hue[coloured], minlength=180)
    for centre in range(0, 180, 180 // _HUES):
        near = (np.arange(centre - _REACH, centre + _REACH + 1)) % 180
        if counts[near].sum() >= _FEW:
            wanted = np.zeros(256, np.uint8)
            wanted[near] = 1
            ink = coloured & np.asarray(cv2.LUT(hue, wanted), np.uint8)
            if _has_lines(ink):
                yield from _of_hue(ink)


def _has_lines(ink: np.ndarray) -> bool:
    """Whether any row and any column of ink (h, w) uint8 runs as far as a side must: most icons do not."""
    return all(cv2.erode(ink, np.ones(run, np.uint8)).any() for run in ((1, _RUN), (_RUN, 1)))


def _of_hue(ink: np.ndarray) -> Iterator[Box]:
    """Boxes of the connected ink (h, w) uint8, 0 or 1, that is a frame."""
    height, width = ink.shape
    labels, found = components(ink)
    wide, high, area = found.T[2:]
    likely = (wide >= _WIDE) & (high >= _HIGH) & (area < _SOLID * wide * high)
    likely[0] = False  # what has no ink
    for number in np.flatnonzero(likely).tolist():
        x0, y0, w, h = found[number, :4].tolist()
        if _is_frame(labels[y0 : y0 + h, x0 : x0 + w] == number):
            yield Box(x0 / width, y0 / height, (x0 + w) / width, (y0 + h) / height)


def _is_frame(ink: np.ndarray) -> bool:
    """Whether ink (h, w) bool runs along all sides of its box and leaves the inside free."""
    line = min(_LINE, max(2, min(ink.shape) // 6))
    sides = ink[:line].any(0), ink[-line:].any(0), ink[:, :line].any(1), ink[:, -line:].any(1)
    inside = ink[line + 1 : -line - 1, line + 1 : -line - 1]
    return min(side.mean() for side in sides) >= _CLOSED and (not inside.size or inside.mean() <= _INSIDE)
