"""Parts of pages: cut out, placed back, joined with the text of the page. Pure functions of values."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from triptych.types import Box, Line, Page, PageText

FRAME = "frame"  # name of a region that somebody drew a frame around


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
    return tuple(region.text for region in page.regions if region.name == FRAME)
