"""Quotes: where given words stand on a page, and whether a citation holds what it claims."""

from __future__ import annotations

import re

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


def boxes_of(page: PageText, start: int, end: int, first: tuple[int, int] | None = None) -> tuple[Box, ...]:
    """Boxes of the words in `[start, end)`, one a line; those of the span `first` come before the others."""
    boxes = page.boxes_in(start, end)
    if first is None:
        return boxes
    lead = page.boxes_in(*first)
    touching = [b for b in boxes if any(b.overlap(f) > 0.5 * f.area for f in lead)]
    return (*touching, *(b for b in boxes if b not in touching))


def cite(number: int, hit: Hit, page: Page, span: tuple[int, int], value: tuple[int, int]) -> Citation:
    """Cite the characters `span` of `page`; the boxes of `value`, the answer within it, come first.

    `verified` is what `verify` found out, not what we hoped.
    """
    quote = tidy(page.text.text, *span)
    boxes = boxes_of(page.text, *span, first=value)
    claim = Citation(number, hit.asset, hit.source, page.number, quote, boxes, False)
    checked = verify(claim, page.text, tidy(page.text.text, *value))
    return Citation(number, hit.asset, hit.source, page.number, quote, boxes, checked)


def verify(citation: Citation, page: PageText, value: str = "") -> bool:
    """Whether the quote stands on the page, in exactly these boxes, and holds `value`.

    A page without boxes (a text file) is checked by its text alone.
    """
    if not fold(citation.quote) or fold(value) not in fold(citation.quote):
        return False
    places = find(page.text, citation.quote)
    if not len(page.boxes):
        return bool(places)
    claimed = sorted(citation.boxes)
    return any(_same(claimed, sorted(page.boxes_in(*place))) for place in places)


def _same(a: list[Box], b: list[Box]) -> bool:
    return len(a) == len(b) and all(
        abs(p - q) <= _NEAR for one, other in zip(a, b, strict=True) for p, q in zip(one, other, strict=True)
    )
