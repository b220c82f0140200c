"""Parts of pages: cut out, placed back, joined with the text of the page. Pure functions of values."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from triptych.types import Box, Line, Page, PageText

_FRAME = "frame"  # name of a region that somebody drew a frame around, see detectors/frames.py
_LARGE, _LEVEL = 1.25, 0.8  # of the median height of a line: large print; of the largest print: as large
_LETTERS = 3  # of a line of words
_LONGEST = 80  # characters of a heading


def cut(image: np.ndarray, box: Box) -> np.ndarray:
    """The pixels of `box`, contiguous, at least one of them."""
    height, width = image.shape[:2]
    x0, y0 = min(int(box.x0 * width), width - 1), min(int(box.y0 * height), height - 1)
    x1, y1 = max(x0 + 1, round(box.x1 * width)), max(y0 + 1, round(box.y1 * height))
    return np.ascontiguousarray(image[y0:y1, x0:x1])


def moved(lines: Sequence[Line], place: Callable[[Box], Box]) -> list[Line]:
    """Lines with every word's box put through `place`."""
    return [Line(tuple(word._replace(box=place(word.box)) for word in line.words)) for line in lines]


def inside(outer: Box) -> Callable[[Box], Box]:
    """Turns a box in fractions of `outer` into one in fractions of the page."""
    width, height = outer.x1 - outer.x0, outer.y1 - outer.y0

    def place(box: Box) -> Box:
        return Box(
            outer.x0 + box.x0 * width,
            outer.y0 + box.y0 * height,
            outer.x0 + box.x1 * width,
            outer.y0 + box.y1 * height,
        )

    return place


def covered(box: Box, text: PageText) -> float:
    """Share of `box` that lies under words (words that overlap each other count twice)."""
    if not len(text.boxes) or box.area <= 0:
        return 0.0
    width = np.minimum(text.boxes[:, 2], box.x1) - np.maximum(text.boxes[:, 0], box.x0)
    height = np.minimum(text.boxes[:, 3], box.y1) - np.maximum(text.boxes[:, 1], box.y0)
    return float((width.clip(0) * height.clip(0)).sum()) / box.area


def unknown(lines: Sequence[Line], text: PageText) -> list[Line]:
    """Lines that do not stand where the text has words already."""
    return [line for line in lines if covered(line.box, text) < 0.3]


def append(text: PageText, lines: Sequence[Line]) -> PageText:
    """The text with further lines below it."""
    more = PageText.of_lines(lines)
    if not text.text:
        return more
    shift = np.uint32(len(text.text) + 1)
    first = np.uint32(int(text.lines[-1]) + 1 if len(text.lines) else 0)
    return PageText(
        f"{text.text}\n{more.text}",
        np.concatenate([text.spans, more.spans + shift]),
        np.concatenate([text.boxes, more.boxes]),
        np.concatenate([text.confidence, more.confidence]),
        np.concatenate([text.lines, more.lines + first]),
    )


def framed(page: Page) -> tuple[str, ...]:
    """The words in each frame that somebody drew on the page."""
    return tuple(region.text for region in page.regions if region.name == _FRAME)


def heading(text: PageText) -> str:
    """The largest print of an upright page, at most two lines of it from the top; "" where all is of about one
    size or nothing has a place."""
    if not len(text.boxes):
        return ""
    _, first = np.unique(text.lines, return_index=True)
    ends = np.append(first[1:], len(text.lines))
    heights = np.add.reduceat(text.boxes[:, 3] - text.boxes[:, 1], first) / (ends - first)
    said = [text.text[text.spans[a, 0] : text.spans[b - 1, 1]] for a, b in zip(first, ends, strict=True)]
    worded = np.array([sum(map(str.isalpha, line)) >= _LETTERS for line in said])
    tall = heights[worded & (heights > _LARGE * np.median(heights))]
    chosen = np.flatnonzero(worded & (heights > _LEVEL * tall.max())) if len(tall) else first[:0]
    from_top = sorted(chosen.tolist(), key=lambda i: float(text.boxes[first[i], 1]))
    return " ".join(said[i] for i in from_top[:2])[:_LONGEST]
