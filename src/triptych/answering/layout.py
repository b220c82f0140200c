"""The geometry of one page: segments of words, what stands right of what, and what stands below.

Works in the reading frame: pixels or points, upright (a page that is stored turned is turned back),
with the slope of a crooked photo taken out. Values of `types` in, character ranges out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from triptych.types import Page, PageText

Span = tuple[int, int]  # characters of a page, from and before
COLUMN_GAP = 1.6  # a gap of this many text heights between words of one line starts a new segment


@dataclass(frozen=True, slots=True)
class Segment:
    """Words `[first, last)` of a line without a column gap; `[start, end)` are characters of the page."""

    first: int
    last: int
    start: int
    end: int
    x0: float
    y0: float
    x1: float
    y1: float
    text: str

    @property
    def height(self) -> float:
        return max(self.y1 - self.y0, 1e-6)

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2

    @property
    def centre(self) -> float:
        return (self.x0 + self.x1) / 2


def _upright(boxes: np.ndarray, page: Page) -> np.ndarray:
    """(n, 4) boxes in the reading frame, in pixels or points of the upright page."""
    x0, y0, x1, y1 = (boxes[:, i].astype(np.float64) for i in range(4))
    if page.turned == 90:
        x0, y0, x1, y1 = y0, 1 - x1, y1, 1 - x0
    elif page.turned == 180:
        x0, y0, x1, y1 = 1 - x1, 1 - y1, 1 - x0, 1 - y0
    elif page.turned == 270:
        x0, y0, x1, y1 = 1 - y1, x0, 1 - y0, x1
    width, height = page.width or 1000, page.height or 1000
    if page.turned in (90, 270):
        width, height = height, width
    return np.stack([x0 * width, y0 * height, x1 * width, y1 * height], 1)


def _slope(boxes: np.ndarray, lines: np.ndarray) -> float:
    """Rise per unit of run along the text lines: median over neighbouring words of one line."""
    same = lines[1:] == lines[:-1]
    if same.sum() < 8:
        return 0.0
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    step = (centres[1:] - centres[:-1])[same]
    step = step[step[:, 0] > 1e-3]
    if len(step) < 8:
        return 0.0
    slope = float(np.median(step[:, 1] / step[:, 0]))
    return slope if abs(slope) < 0.15 else 0.0


class Layout:
    """Where the words of `page` stand. Cheap: a page of 1,000 words takes a few milliseconds."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.text: PageText = page.text
        boxes = _upright(page.text.boxes, page)
        if len(boxes):
            slope = _slope(boxes, page.text.lines)
            shift = (boxes[:, 0] + boxes[:, 2]) / 2 * slope
            boxes = boxes - np.stack([np.zeros_like(shift), shift] * 2, 1)
        self.boxes = boxes

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """Lines cut at column gaps, in reading order. Text without boxes: its lines, one below the other."""
        if not len(self.boxes):
            return self._plain_segments()
        spans = self.text.spans.tolist()
        boxes = self._edges
        lines = self.text.lines.tolist()
        cuts = [0]
        for i in range(1, len(spans)):
            a, b = boxes[i - 1], boxes[i]
            height = max(a[3] - a[1], b[3] - b[1])
            if lines[i] != lines[i - 1] or b[0] - a[2] > COLUMN_GAP * height or b[0] < a[0] - height:
                cuts.append(i)
        cuts.append(len(spans))
        return tuple(self._segment(first, last) for first, last in pairwise(cuts) if last > first)

    @cached_property
    def _edges(self) -> list[list[float]]:
        edges: list[list[float]] = self.boxes.tolist()
        return edges

    def _segment(self, first: int, last: int) -> Segment:
        """Words `[first, last)`; its height is that of its middle word, so one stray box does not stretch it."""
        start, end = int(self.text.spans[first, 0]), int(self.text.spans[last - 1, 1])
        words = self._edges[first:last]
        middle = len(words) // 2
        return Segment(
            first,
            last,
            start,
            end,
            min(w[0] for w in words),
            sorted(w[1] for w in words)[middle],
            max(w[2] for w in words),
            sorted(w[3] for w in words)[middle],
            self.text.text[start:end],
        )

    def _plain_segments(self) -> tuple[Segment, ...]:
        found: list[Segment] = []
        at = 0
        for number, line in enumerate(self.text.text.split("\n")):
            if line.strip():
                y = number * 2.0
                found.append(Segment(0, 0, at, at + len(line), 0.0, y, len(line) * 0.5, y + 1, line))
            at += len(line) + 1
        return tuple(found)

    @cached_property
    def _corners(self) -> np.ndarray:
        return np.array([(s.x0, s.y0, s.x1, s.y1) for s in self.segments]).reshape(-1, 4)

    def part(self, segment: Segment, start: int, end: int) -> Segment:
        """The words of `segment` that touch the characters `[start, end)` as a segment of their own."""
        words = self.text.words_in(start, end)
        if len(words):
            return self._segment(words.start, words.stop)
        text = self.text.text[start:end]
        x0 = segment.x0 + (start - segment.start) * 0.5
        return Segment(0, 0, start, end, x0, segment.y0, x0 + len(text) * 0.5, segment.y1, text)

    def right_of(self, anchor: Segment) -> list[Segment]:
        """Segments on the row of `anchor` that start right of it, nearest first."""
        corners = self._corners
        overlap = np.minimum(corners[:, 3], anchor.y1) - np.maximum(corners[:, 1], anchor.y0)
        least = np.minimum(corners[:, 3] - corners[:, 1], anchor.height)
        slack = 0.5 * anchor.height
        found = np.flatnonzero((overlap > 0.45 * least) & (corners[:, 0] > anchor.x1 - slack))
        return [self.segments[i] for i in found[np.argsort(corners[found, 0], kind="stable")]]

    def left_of(self, anchor: Segment) -> list[Segment]:
        """Segments on the row of `anchor` that end left of it, nearest first."""
        corners = self._corners
        overlap = np.minimum(corners[:, 3], anchor.y1) - np.maximum(corners[:, 1], anchor.y0)
        least = np.minimum(corners[:, 3] - corners[:, 1], anchor.height)
        slack = 0.5 * anchor.height
        found = np.flatnonzero((overlap > 0.45 * least) & (corners[:, 2] < anchor.x0 + slack))
        return [self.segments[i] for i in found[np.argsort(-corners[found, 2], kind="stable")]]

    def below(self, anchor: Segment, within: float = 4.0) -> list[Segment]:
        """Segments under `anchor` that share its columns, at most `within` of its heights away, nearest first."""
        return self._stacked(anchor, within, 1)

    def above(self, anchor: Segment, within: float = 4.0) -> list[Segment]:
        """Segments over `anchor` that share its columns, nearest first."""
        return self._stacked(anchor, within, -1)

    def _stacked(self, anchor: Segment, within: float, way: int) -> list[Segment]:
        corners = self._corners
        gap = corners[:, 1] - anchor.y1 if way > 0 else anchor.y0 - corners[:, 3]
        columns = np.minimum(corners[:, 2], anchor.x1) - np.maximum(corners[:, 0], anchor.x0)
        found = np.flatnonzero((gap > -0.5 * anchor.height) & (gap < within * anchor.height) & (columns > 0))
        middle = (corners[found, 1] + corners[found, 3]) / 2
        found = found[(middle - anchor.middle) * way > 0.5 * anchor.height]
        return [self.segments[i] for i in found[np.argsort(gap[found], kind="stable")]]
