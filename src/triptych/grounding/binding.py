"""Whether a figure stands where a clause says it does: "the total is 12.30", where 12.30 is the tax and the total is
another.

Only a clear contradiction counts: none of the clause's words is on or next to a line with the figure, and all of them are
on the line of another figure of its kind; or the figure stands in the column of another year than the clause names.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache

from triptych.grounding.claims import Claim
from triptych.grounding.sheet import Sheet, Span
from triptych.types import Box

_COMMON = 3  # lines of a page up to which a word says where something stands
# Words for the document as a whole say nothing about a line of it.
_DOCUMENT = frozenset(
    [
        "invoice",
        "receipt",
        "bill",
        "document",
        "page",
        "form",
        "report",
        "order",
        "statement",
        "letter",
        "note",
        "customer",
        "company",
    ]
)
_YEAR = re.compile(r"(?<![\w.,/-])(?:19|20)\d\d(?![\w/]|[.,-]\d)")
_BOTTOM = "bottom"  # of a line of years, beside the years
_ALIGNED = 0.06  # of the page's width, between the right ends of a year and of a figure of its column
_CENTS = re.compile(r"[.,]\d\d(?!\d)")


def misplaced(claim: Claim, spans: Sequence[Span], words: Iterable[str], sheet: Sheet) -> bool:
    """Whether the clause's words stand at another figure, and not at this one, which stands at `spans`."""
    starts = _starts(sheet.text)
    at = {
        word: {_line(starts, a) for a, _ in sheet.words.get(word, ())}
        for word in words
        if word not in _DOCUMENT
    }
    labels = [lines for lines in at.values() if 0 < len(lines) <= _COMMON]
    if not labels or not spans:
        return False
    here = {_line(starts, a) + step for a, _ in spans for step in (-1, 0, 1)}
    if any(lines & here for lines in labels):
        return False
    named = set.intersection(*labels)
    return any(
        _line(starts, f.span[0]) in named
        and not set(f.readings) & set(claim.readings)
        and _alike(claim, sheet, f.span)
        for f in sheet.figures
    )


def is_year(claim: Claim) -> bool:
    """Whether a number is one that heads of columns have."""
    return bool(_YEAR.fullmatch(claim.text))


def in_another_column(spans: Sequence[Span], year: Claim, sheet: Sheet) -> bool:
    """Whether every place of a figure is in a column that is headed by another year, while one is headed by `year`."""
    if not len(sheet.page.text.boxes) or not spans:
        return False
    heads = _heads(sheet)
    return all(_headed_otherwise(span, year.text, heads, sheet) for span in spans)


def _headed_otherwise(span: Span, year: str, heads: Sequence[dict[str, float]], sheet: Sheet) -> bool:
    digits = [span[0] + m.start() for m in re.finditer(r"\d", sheet.text[slice(*span)])]
    if not digits:
        return False  # a number in words
    box = Box.around(sheet.page.text.boxes_in(digits[0], digits[-1] + 1))
    above = [head for head in heads if head[_BOTTOM] <= box.y0 + 1e-3]
    if not above:
        return False
    head = max(above, key=lambda h: h[_BOTTOM])
    apart = {name: abs(right - box.x1) for name, right in head.items() if name != _BOTTOM}
    nearest = min(apart, key=lambda name: apart[name])
    if year not in apart or nearest == year:
        return False
    return apart[nearest] <= _ALIGNED and 2 * apart[nearest] < apart[year]


def _heads(sheet: Sheet) -> list[dict[str, float]]:
    """Lines with two years or more: where each year ends, from the left, and the bottom of the line."""
    found = []
    text = sheet.page.text
    for start in _starts(sheet.text):
        end = sheet.text.find("\n", start)
        line = sheet.text[start : end if end >= 0 else len(sheet.text)]
        years = [(m[0], start + m.start(), start + m.end()) for m in _YEAR.finditer(line)]
        names = [name for name, _, _ in years]
        if len(names) >= 2 and len(set(names)) == len(names):
            boxes = [Box.around(text.boxes_in(a, b)) for _, a, b in years]
            ends = {name: box.x1 for name, box in zip(names, boxes, strict=True)}
            found.append({**ends, _BOTTOM: max(box.y1 for box in boxes)})
    return found


def _alike(claim: Claim, sheet: Sheet, span: Span) -> bool:
    """Whether both are amounts with cents, or neither is: a number of pieces is no rival of a sum."""
    return bool(_CENTS.search(claim.text)) == bool(_CENTS.search(sheet.text[slice(*span)]))


@lru_cache(maxsize=64)
def _starts(text: str) -> list[int]:
    """Where the lines of a text begin."""
    return [0, *(m.end() for m in re.finditer("\n", text))]


def _line(starts: Sequence[int], at: int) -> int:
    return bisect_right(starts, at)
