"""Whether a figure stands where a clause says it does: "the total is 12.30", where 12.30 is the tax and the total is
another.

Only a clear contradiction counts: none of the clause's words is on or next to a line with the figure, and all of them are
on the line of another figure of its kind; or the figure stands in the column of another year than the clause names.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from triptych.answering.vocabulary import asks_total, names_total, squeeze
from triptych.grounding import concepts, units
from triptych.grounding.claims import Claim, Claimed
from triptych.grounding.sheet import Sheet, Span
from triptych.types import Box
from triptych.words import language, tokens

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
_ALIGNED = 0.06  # of the page's width, between the right ends of a year and of a figure of its column
_JOINED = re.compile(r"[,;:]\s|\b(?:and|but|while|und|aber|et|mais|y|pero)\b", re.IGNORECASE)
_LINKS = language.stop_words(language.DEFAULT)
_CENTS = re.compile(r"[.,]\d\d(?!\d)")


def misplaced(claim: Claim, spans: Sequence[Span], words: Iterable[str], sheet: Sheet) -> bool:
    """Whether the clause's words stand at another figure, and not at this one, which stands at `spans`."""
    at = {
        word: {sheet.segment(a) for a, _ in places}
        for word in words
        if word not in _DOCUMENT and not concepts.direction((word,)) and (places := sheet.meaning(word))
    }
    labels = [segments for segments in at.values() if 0 < len(segments) <= _COMMON]
    if not labels or not spans:
        return False
    here = {segment for a, _ in spans for segment in _around(claim, a, sheet)}
    if not here or any(segments & here for segments in labels):
        return False
    if asks_total(" ".join(at)) and any(names_total(squeeze(sheet.text[slice(*s)])) > 0 for s in here):
        return False  # a page has many words for its total
    most = max(_holds(at, segment) for segment in here)
    named = set.intersection(*labels)
    return any(_held(segment, sheet, claim) and _holds(at, segment) > most for segment in named)


def _holds(at: Mapping[str, set[Span]], segment: Span) -> int:
    """How many words a segment has, of words and the segments that have them."""
    return sum(segment in segments for segments in at.values())


def _held(segment: Span, sheet: Sheet, claim: Claim) -> bool:
    """Whether a segment has another figure of the claim's kind."""
    return any(
        not set(f.readings) & set(claim.readings)
        and not _YEAR.fullmatch(sheet.text[slice(*f.span)])
        and _alike(claim, sheet, f.span)
        for f in sheet.figures_in(segment)
    )


def _around(claim: Claim, at: int, sheet: Sheet) -> list[Span]:
    """The segment with a figure, and where it has no words of its own those before and behind; none of a row of
    figures, whose words are in the head of its table."""
    segment = sheet.segment(at)
    if _worded(sheet.text[slice(*segment)]):
        return [segment]
    if _held(segment, sheet, claim):
        return []
    before = sheet.segment(max(0, segment[0] - 1))
    labelled = _worded(sheet.text[slice(*before)]) and not sheet.figures_in(before)
    return [segment, before] if labelled else [segment, before, sheet.following(segment)]


def _worded(text: str) -> bool:
    """Whether a text has words that are no units."""
    return any(units.named(w) is None for w in re.findall(r"[^\W\d_]{2,}", text))


def said_of(claim: Claim, taken: Claimed) -> list[str]:
    """Words of a clause that are said of one of its figures: those before it ("sales of 5"), up to the value, comma or
    "and" there; where none are, those behind it ("5 in sales")."""
    others = [c for c in taken.claims if c is not claim]
    first = max((c.end for c in others if c.end <= claim.start), default=0)
    last = min((c.start for c in others if c.start >= claim.end), default=len(taken.text))
    before = _JOINED.split(taken.text[first : claim.start])[-1]
    behind = _JOINED.split(taken.text[claim.end : last])[0]
    near = before if any(w not in _LINKS for w in tokens.words(before)) else behind
    return [w for w in tokens.words(near) if w in taken.words]


def is_year(claim: Claim) -> bool:
    """Whether a number is one that heads of columns have."""
    return bool(_YEAR.fullmatch(claim.text))


def in_another_column(spans: Sequence[Span], year: Claim, sheet: Sheet) -> bool:
    """Whether every place of a figure is in a column that is headed by another year, while one is headed by `year`."""
    headed = _headed if len(sheet.page.text.boxes) else _counted
    heads = [headed(span, sheet) for span in spans]
    return bool(heads) and all(
        head is not None and year.text in head[1] and head[0] != year.text for head in heads
    )


def _headed(span: Span, sheet: Sheet) -> tuple[str, frozenset[str]] | None:
    """The year over a figure, by their right ends, and all years of that line; None where it is not clear."""
    digits = [span[0] + m.start() for m in re.finditer(r"\d", sheet.text[slice(*span)])]
    if not digits:
        return None  # a number in words
    box = Box.around(sheet.page.text.boxes_in(digits[0], digits[-1] + 1))
    heads = [
        {name: Box.around(sheet.page.text.boxes_in(*at)) for name, at in head.items()}
        for head in _heads(sheet)
    ]
    above = [head for head in heads if max(year.y1 for year in head.values()) <= box.y0 + 1e-3]
    if not above:
        return None
    head = max(above, key=lambda h: max(year.y1 for year in h.values()))
    apart = sorted((abs(year.x1 - box.x1), name) for name, year in head.items())
    clear = apart[0][0] <= _ALIGNED and 2 * apart[0][0] < apart[1][0]
    return (apart[0][1], frozenset(head)) if clear else None


def _counted(span: Span, sheet: Sheet) -> tuple[str, frozenset[str]] | None:
    """As `_headed`, in a text without boxes: the third figure of a row of three is under the third of three years."""
    starts = _starts(sheet.text)
    row = _line(starts, span[0])
    figures = [f for f in sheet.figures if _line(starts, f.span[0]) == row]
    above = [head for head in _heads(sheet) if _line(starts, min(head.values())[0]) < row]
    if not above or len(figures) != len(above[-1]):
        return None
    place = next((i for i, f in enumerate(figures) if f.span[0] <= span[0] < f.span[1]), None)
    names = [name for name, _ in sorted(above[-1].items(), key=lambda pair: pair[1])]
    return None if place is None else (names[place], frozenset(names))


def _heads(sheet: Sheet) -> list[dict[str, Span]]:
    """Lines with two years or more: where each year stands."""
    found = []
    for start in _starts(sheet.text):
        end = sheet.text.find("\n", start)
        line = sheet.text[start : end if end >= 0 else len(sheet.text)]
        years = [(m[0], (start + m.start(), start + m.end())) for m in _YEAR.finditer(line)]
        if len(years) >= 2 and len(dict(years)) == len(years):
            found.append(dict(years))
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
