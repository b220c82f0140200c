"""Whether a figure stands where a clause says it does: "the total is 12.30", where 12.30 is the tax and the total is
another.

Only a clear contradiction counts: none of the clause's words is on or next to a line with the figure, and all of them are
on the line of another figure of its kind. Columns of tables are not told apart.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache

from triptych.grounding.claims import Claim
from triptych.grounding.sheet import Sheet, Span

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


def _alike(claim: Claim, sheet: Sheet, span: Span) -> bool:
    """Whether both are amounts with cents, or neither is: a number of pieces is no rival of a sum."""
    return bool(_CENTS.search(claim.text)) == bool(_CENTS.search(sheet.text[slice(*span)]))


@lru_cache(maxsize=64)
def _starts(text: str) -> list[int]:
    """Where the lines of a text begin."""
    return [0, *(m.end() for m in re.finditer("\n", text))]


def _line(starts: Sequence[int], at: int) -> int:
    return bisect_right(starts, at)
