"""Days and months that a clause names, as claims; a month without a year is looked up as well."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from triptych import values
from triptych.grounding import units
from triptych.grounding.claim import DAY, Claim

_MONTH_NAMES = "|".join(
    sorted(
        (
            m
            for m in values.MONTHS
            if m not in ("may", "mar", "set", "out", "ago", "mag", "mei", "gen", "dic", "jan")
        ),
        key=len,
        reverse=True,
    )
)
MONTH_YEAR = re.compile(
    rf"(?<![^\W_])({_MONTH_NAMES}|jan|mar|may|mai|mei)\.?,? (?:of |de )?((?:19|20)\d\d)(?!\d)", re.IGNORECASE
)
DAY_MONTH = re.compile(
    rf"(?<![\w.])(\d{{1,2}})(?:st|nd|rd|th|er|\.)? (?:of |de )?({_MONTH_NAMES}|jan|may|mai|mei|march|mar)(?![^\W_])"
    rf"|(?<![^\W_])({_MONTH_NAMES}|jan|may|march|mar)\.? (\d{{1,2}})(?:st|nd|rd|th)?(?![\d.,]*\d)",
    re.IGNORECASE,
)
_MONTH_ALONE = re.compile(
    rf"(?<![^\W_])(?:{'|'.join(m for m in _MONTH_NAMES.split('|') if len(m) > 3)}|M(?:AY|ay)|M(?:AI|ai))(?![^\W_]|['’.] ?[^\W\d_]|(?-i: [A-Z\u00c0-\u00de]))",
    re.IGNORECASE,
)
_OTHERWISE = frozenset(["march", "mars", "august"])  # months with a capital only
OPENING = re.compile(r"(?:^|[:;,.!?–—(\"“”„«»])[^\w]*$")  # of a part of a clause


def days(text: str) -> Iterator[Claim]:
    spans: list[tuple[int, int]] = []
    for day in values.dates(text):
        if not day.text.isdigit():
            spans.append((day.start, day.end))
            yield Claim(DAY, day.start, day.end, day.text, days=day.readings)
    for pattern, read in ((MONTH_YEAR, _month_year), (DAY_MONTH, _day_month)):
        for m in pattern.finditer(text):
            counted = m[0][-1:].isdigit() and pattern is DAY_MONTH and units.behind(text[m.end() :])
            if not counted and not any(a < m.end() and m.start() < b for a, b in spans):
                spans.append((m.start(), m.end()))
                yield read(m)
    for m in _MONTH_ALONE.finditer(text):
        opens = OPENING.search(text[: m.start()]) is not None
        if not any(a < m.end() and m.start() < b for a, b in spans) and _is_month(m[0], opens):
            yield Claim(DAY, m.start(), m.end(), m[0], month=(0, values.MONTHS[m[0].lower()]))


def _is_month(word: str, opens: bool) -> bool:
    """Whether a word is a month and nothing else: no march, no "may"."""
    short = len(word) < 4 or word.lower() in _OTHERWISE
    return not (short and (opens or word == word.lower()))


def _month_year(m: re.Match[str]) -> Claim:
    return Claim(DAY, m.start(), m.end(), m[0], month=(int(m[2]), values.MONTHS[m[1].lower()]))


def _day_month(m: re.Match[str]) -> Claim:
    day, month = (m[1], m[2]) if m[1] else (m[4], m[3])
    return Claim(DAY, m.start(), m.end(), m[0], (Decimal(day),), month=(0, values.MONTHS[month.lower()]))
