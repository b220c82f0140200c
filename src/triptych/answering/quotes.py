"""Quotes: where given words stand on a page, and whether a citation holds what it claims."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from triptych.types import Box, Citation, Hit, Page, PageText
from triptych.values import fold

_NEAR = 2e-3  # boxes are the same when no edge differs by more than this share of the page


def find(text: str, quote: str) -> list[tuple[int, int]]:
    """Spans of `text` that hold the words of `quote` in order; white space may differ, nothing else."""
    words = quote.split()
    if not words:
        return []
    pattern = r"\s+".join(map(re.escape, words))
    return [m.span() for m in re.finditer(pattern, text)]


def tidy(text: str, start: int, end: int) -> str:
    """The characters `[start, end)` as a quote on one line."""
    return " ".join(text[start:end].split())


SPACED = re.compile(r"(?<!\S)\S(?: \S){3,}(?!\S)")
_BETWEEN_HAN = re.compile(r"(?<=[\u3040-\u30ff\u3400-\u9fff]) (?=[\u3040-\u30ff\u3400-\u9fff])")


def spoken(text: str) -> str:
    """A value for people: on one line, without the spaces that OCR puts between Han and Kana characters
    and into letter-spaced amounts ("R M 1 . 3 8")."""
    line = _BETWEEN_HAN.sub("", " ".join(text.split()))
    if not any(c.isdigit() for c in line):
        return line
    return SPACED.sub(lambda m: m[0].replace(" ", ""), line)


ELISION = " … "


def cite(
    number: int, hit: Hit, page: Page, spans: Sequence[tuple[int, int]], value: Sequence[tuple[int, int]]
) -> Citation:
    """Cite the characters `spans` of `page`; the boxes of `value`, the answer among them, come first.

    A quote of several spans is joined by an ellipsis. `verified` is what `verify` found out.
    """
    text = page.text.text
    spans = sorted(spans) if len(value) == 1 else spans
    quote = ELISION.join(tidy(text, *span) for span in spans)
    boxes = _boxes(page.text, spans, value)
    claim = Citation(number, hit.asset, hit.source, page.number, quote, boxes, False)
    checked = verify(claim, page.text, " ".join(tidy(text, *span) for span in value))
    return replace(claim, verified=checked)


def _boxes(
    page: PageText, spans: Sequence[tuple[int, int]], value: Sequence[tuple[int, int]]
) -> tuple[Box, ...]:
    """Boxes of the words in `spans`, one a line, those that hold words of `value` first."""
    boxes = [box for span in spans for box in page.boxes_in(*span)]
    lead = [box for span in value for box in page.boxes_in(*span)]
    holds = {box: any(box.overlap(v) > 0.5 * v.area for v in lead) for box in boxes}
    return tuple(sorted(boxes, key=lambda box: not holds[box]))


def verify(citation: Citation, page: PageText, value: str = "") -> bool:
    """Whether every part of the quote stands on the page, in the claimed boxes and no others; whether who
    reads the boxes reads the quote, in this order; and whether the quote holds `value`.

    A page without boxes (a text file) is checked by its text alone.
    """
    quote = fold(citation.quote)
    if not quote or fold(value) not in quote:
        return False
    if len(page.boxes) and quote not in fold(_inside(page, citation.boxes)):
        return False
    left = list(citation.boxes)
    for part in citation.quote.split(ELISION.strip()):
        places = find(page.text, part)
        if not len(page.boxes):
            if not places:
                return False
            continue
        here = next((b for place in places if _take(left, b := page.boxes_in(*place))), None)
        if here is None:
            return False
    return not left


def _inside(page: PageText, boxes: Sequence[Box]) -> str:
    """The words of which at least half lies in one of the boxes, in the order of the page."""
    corners = page.boxes
    areas = (corners[:, 2] - corners[:, 0]) * (corners[:, 3] - corners[:, 1])
    held = np.zeros(len(corners), bool)
    for box in boxes:
        wide = np.minimum(corners[:, 2], box.x1) - np.maximum(corners[:, 0], box.x0)
        high = np.minimum(corners[:, 3], box.y1) - np.maximum(corners[:, 1], box.y0)
        held |= (wide > 0) & (high > 0) & (wide * high >= 0.49 * areas)
    return " ".join(page.text[a:b] for a, b in page.spans[held].tolist())


def _take(left: list[Box], wanted: Sequence[Box]) -> bool:
    """Strike the boxes `wanted` from `left` if all of them are there."""
    found = [next((b for b in left if _same(b, w)), None) for w in wanted]
    if any(b is None for b in found) or not found:
        return False
    for box in found:
        if box in left:
            left.remove(box)
    return True


def _same(a: Box, b: Box) -> bool:
    return all(abs(p - q) <= _NEAR for p, q in zip(a, b, strict=True))
