"""Figures, logos and tables of a page, from its words and a small picture of it, without a model.

Figures are embedded pictures of a PDF page, and areas of the drawn page that hold ink but hardly a word.
Tables are rows of short words in columns. Text blocks and headings are left out on purpose: chunks and
sections find those, and to an image encoder one block of text looks like another.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from triptych.detectors import _areas, _tables
from triptych.errors import UserError
from triptych.types import Box, Page, PageText, Region

_MOST = 6  # regions of a page, the largest first
_WHOLE = 0.8  # of the page: a region as large says nothing that the page does not
_SMALLEST = 0.004  # of the page: smaller pictures are bullets and icons
_SAME = 0.6  # common area, as a share of the smaller region, from which two are one
_PLOT = 0.3  # share of a table under figures from which it is a chart's words
_WORDY = 0.12  # share of a figure that may lie under words
_LOGO = 0.06  # of the page, at most, and in the upper _TOP of a page with words
_TOP = 0.3
_FEW_WORDS = 8
_LETTER = 0.01  # of the page: words of one or two letters are smaller


def load(argument: str = "") -> Geometry:
    """The detector. Raises UserError for an argument: it has none."""
    if argument:
        raise UserError(f"The detector 'geometry' takes no argument, got '{argument}'. Type: geometry")
    return Geometry()


class Geometry:
    """See `seams.Detector`."""

    name = "geometry"

    def regions(self, page: Page, pictures: Sequence[Box], image: np.ndarray | None) -> list[Region]:
        words = _words(page.text)
        tables = [found for found in _tables.tables(page) if found[0].area < _WHOLE]
        figures = _joined([box for box in pictures if _SMALLEST <= box.area < _WHOLE])
        if image is not None:
            figures += [box for box in _areas.areas(image, words) if _apart(box, figures)]
        figures = [box for box in figures if _SMALLEST <= box.area < _WHOLE and _covered(box, words) < _WORDY]
        tables = [found for found in tables if not _filled(found[0], figures)]  # values printed on a chart
        figures = [box for box in figures if _apart(box, [table for table, _ in tables])]  # coloured rows
        found = [Region(_kind(box, page), box) for box in figures]
        found += [Region("table", box, text) for box, text in tables]
        found = sorted(found, key=lambda r: -r.box.area)[:_MOST]
        return sorted(found, key=lambda r: (_upright(r.box, page.turned).y0, r.box.x0))


def _words(text: PageText) -> np.ndarray:
    """(n, 4) boxes of the words, without the single letter that OCR sees in a round figure."""
    sizes = text.boxes[:, 2:] - text.boxes[:, :2]
    letters = text.spans[:, 1] - text.spans[:, 0]
    return np.asarray(text.boxes[(letters > 2) | (sizes.prod(1) < _LETTER)])


def _kind(box: Box, page: Page) -> str:
    """A small figure at the head of a page with words is a logo."""
    place = _upright(box, page.turned)
    small = box.area < _LOGO and (place.y0 + place.y1) / 2 < _TOP
    return "logo" if small and len(page.text.spans) >= _FEW_WORDS else "figure"


def _upright(box: Box, turned: int) -> Box:
    """The box on the page as it is read."""
    x0, y0, x1, y1 = box
    if turned == 90:
        return Box(y0, 1 - x1, y1, 1 - x0)
    if turned == 180:
        return Box(1 - x1, 1 - y1, 1 - x0, 1 - y0)
    if turned == 270:
        return Box(1 - y1, x0, 1 - y0, x1)
    return box


def _joined(boxes: Sequence[Box]) -> list[Box]:
    """Boxes that overlap or touch become one: pictures are often stored in strips."""
    left = [Box(*b) for b in boxes]
    joined: list[Box] = []
    while left:
        box = left.pop()
        near = [b for b in left if _touch(box, b)]
        if near:
            left = [b for b in left if not _touch(box, b)]
            left.append(Box.around([box, *near]))
        else:
            joined.append(box)
    return joined


def _touch(a: Box, b: Box, slack: float = 0.004) -> bool:
    return min(a.x1, b.x1) + slack >= max(a.x0, b.x0) and min(a.y1, b.y1) + slack >= max(a.y0, b.y0)


def _apart(box: Box, others: Sequence[Box]) -> bool:
    """Whether a box is none of the others over again, nor holds or fills most of one."""
    return all(box.overlap(other) <= _SAME * min(box.area, other.area) for other in others)


def _filled(box: Box, figures: Sequence[Box]) -> bool:
    """Whether figures take up a good part of a box."""
    return sum(box.overlap(figure) for figure in figures) > _PLOT * box.area


def _covered(box: Box, words: np.ndarray) -> float:
    """Share of a box that lies under words."""
    if not len(words):
        return 0.0
    width = np.minimum(words[:, 2], box.x1) - np.maximum(words[:, 0], box.x0)
    height = np.minimum(words[:, 3], box.y1) - np.maximum(words[:, 1], box.y0)
    return float((width.clip(0) * height.clip(0)).sum()) / max(box.area, 1e-9)
