"""Numbers as a page prints them, with the units that stand at them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from triptych import values
from triptych.grounding import units
from triptych.grounding.claims import PADDED, SCALED
from triptych.grounding.units import Unit
from triptych.grounding.words import NUMBER_WORDS

Span = tuple[int, int]

_SECOND_HALF = re.compile(r"(?:-[^\W\d_]+)?")  # of twenty-five
_LIMITS = re.compile(r"^ ?\(\s?[\d.,]+[^()]{1,8}[\d.,]+\s?\)")  # 3.5 (3.1 to 3.9) g/kg
# One, if a unit of time follows; "three days a week" has none.
_ONE = re.compile(
    r"(?<!\w)(?:(?:within|in|for|of|after|every|binnen|von|für|nach|sous|pendant|en|de|dans|entro|di|da) "
    r"(an?|eine[nmrs]?|une?|uno?|una|een)|(one))(?!\w)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of the page, all that it can mean, and the units that stand at it."""

    span: Span
    readings: tuple[Decimal, ...]
    units: tuple[Unit, ...]


def printed(text: str) -> list[Figure]:
    """Numbers as they stand in their lines, and in every word alone: OCR and tables part them oddly."""
    found = {f.span: f for line in lines(text) for f in _figures(text, *line)}
    for m in re.finditer(r"\S*\d\S*", text):
        for figure in _figures(text, *m.span()):
            found.setdefault(figure.span, figure)
    for m in re.finditer(r"(?<![^\W_])[^\W\d_]{3,}", text):
        for end in (m.end(), m.end() + len(_SECOND_HALF.match(text, m.end())[0])):  # type: ignore[index]
            if (value := NUMBER_WORDS.get(text[m.start() : end].lower())) is not None:
                beside = units.behind(text[end : end + 30])
                found[m.start(), end] = Figure((m.start(), end), (Decimal(value),), beside)
    for m in _ONE.finditer(text):
        beside = units.behind(text[m.end() : m.end() + 30])
        if any(u.dimension == units.TIME for u in beside):
            span = m.span(m.lastindex or 0)
            found[span] = Figure(span, (Decimal(1),), beside)
    return sorted(found.values(), key=lambda f: f.span)


def lines(text: str) -> Iterator[Span]:
    """Those with a digit."""
    at = 0
    for line in text.split("\n"):
        if any(map(str.isdigit, line)):
            yield at, at + len(line)
        at += len(line) + 1


def _figures(text: str, start: int, end: int) -> Iterator[Figure]:
    piece = values.grouped(values.repair(text[start:end]))
    for n in values.numbers(piece):
        if PADDED.fullmatch(n.text):
            continue
        own = units.named(n.currency) if n.currency else None
        rest = text[start + n.end : start + n.end + 60].split("\n")[0]
        beside = units.behind(rest[:30]) or units.behind(_LIMITS.sub("", rest, count=1))
        at = (*((own,) if own else ()), *((Unit(units.PERCENT, "%"),) if n.percent else ()), *beside)
        yield Figure((start + n.start, start + n.end), n.readings, tuple(dict.fromkeys(at)))
    for m in SCALED.finditer(piece):
        yield Figure(
            (start + m.start(), start + m.end()), values.number_readings(m[0]), units.behind(piece[m.end() :])
        )
    for m in re.finditer(r"(?<![\w.,])\d{1,3}(?=\s?[xX×](?!\w))", piece):  # 4X
        yield Figure((start + m.start(), start + m.end()), (Decimal(m[0]),), ())
    for m in re.finditer(r"(?<!\d)(?:19|20)\d\d(?!\d)", piece):  # the year of a date or of FY2022
        yield Figure((start + m.start(), start + m.end()), (Decimal(m[0]),), ())
