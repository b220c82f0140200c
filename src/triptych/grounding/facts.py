"""What a page says of each of its values: every figure, day, time, code and name with the words that stand for it, read
once from tables, labels and sentences.

    reading.facts(sheet)  -> Fact(span, kind, keys, said): `said` has each word or value that tells what this one is, with how
                     surely: 1 beside it, less further off
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from triptych import values
from triptych.grounding import clock, concepts, opposites, units
from triptych.grounding.sheet import Sheet, Span
from triptych.grounding.words import GENERIC
from triptych.words import tokens

YEAR, MONEY, PLAIN, DAY, TIME, CODE = "year", "money", "plain", "day", "time", "code"
NAME, LONG_NAME, ACTOR = "name", "long name", "actor"
NAMES = (NAME, LONG_NAME, ACTOR)
_ACTORS = re.compile(
    r"\b(?:landlord|tenant|payer|payee|buyer|seller|purchaser|vendor|lender|borrower|insurer|policyholder|employer|employee|customer|supplier|licensor|licensee"
    r"|vermieter|mieter|käufer|verkäufer|arbeitgeber|arbeitnehmer|bailleur|locataire|vendeur|acheteur|employeur|arrendador|arrendatario|vendedor|comprador)s?\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_RUN = re.compile(
    r"(?<![\w'’])[A-Z\u00c0-\u00de][\w.&'’-]*(?:[ ](?:(?:de|van|von|der|den|di|da|la|le|du|bin|&)[ ])*(?:[A-Z\u00c0-\u00de][\w.&'’-]*|\d{1,4}(?![\w.,]*\d)))*"
)
_STOPS = (
    r"[;!?()•]|(?<!\b[A-ZÀ-Þ])(?<!\bno)(?<!\bNo)(?<!\bNr)(?<!\bDr)(?<!\bMr)(?<!\bSt)(?<!\bMrs)(?<!\bCo)(?<!\bInc)(?<!\bLtd)\.(?=\s|$)"
    r"|,(?=\s)|"
)
_PIECES = re.compile(
    _STOPS
    + r"\b(?:and|but|while|or|und|aber|oder|et|mais|ou|y|e|o|pero|plus|which|who|der|die|das|qui|que)\b",
    re.IGNORECASE,
)
_PARTS = re.compile(
    _STOPS
    + r"\b(?:and|und|et|y|e)(?=(?:\s\w+){0,2}\s(?:not|nicht|non|no|none|cannot)\b)|\b(?:but|while|whereas|aber|während|mais|pero|sondern|sino)\b",
    re.IGNORECASE,
)
_MEASURE = re.compile(r"\d+(?:[.,]\d+)?[^\W\d_]{1,3}")
_RATE = re.compile(r"\d+[.,]\d+/[^\W\d_]{1,6}|[^\W\d_]+:\d+(?:[.,]\d+)*")  # 15.97/h, Qty:4.00
_ABBREVIATED = 3  # letters up to which a word of a name may end in a point
_FROM = re.compile(r"\b(?:from|von|vom|de|del|da|desde|instead of)\s+(?:[a-zé]{1,3}\s)?$", re.IGNORECASE)
_TO = re.compile(
    r"\b(?:to|auf|bis|zum|zu|à|au|a|al|hasta|until|till|nach)\s+(?:[a-zé]{1,3}\s)?$", re.IGNORECASE
)
_TO_BEHIND = re.compile(r"^[^;]*?\b(?:to|auf|bis|nach|à|au|a|al|hasta)\b(?! partir)", re.IGNORECASE)
_FROM_BEFORE = re.compile(
    r"\b(?:from|von|vom|de|del|du|da|desde)\b(?:[^.;]|(?<=\d)\.(?=\d))*$", re.IGNORECASE
)
SINCE = re.compile(r"\b(?:from|since|ab|seit|desde|à partir du|depuis le)\s*$", re.IGNORECASE)
UNTIL = re.compile(r"\b(?:until|till|to|bis(?: zum)?|hasta(?: el)?|jusqu['’]au)\s*$", re.IGNORECASE)
FROM, TO = "=from", "=to"
ROLES = frozenset([FROM, TO])
HEAD = "head"
_WEEKDAYS = frozenset(values.fold(w) for members in opposites.SETS["weekday"] for w in members.split())


@dataclass(frozen=True, slots=True, eq=False)
class Fact:
    """A value of a page at `span`; two values are the same that share a key."""

    span: Span
    kind: str
    keys: frozenset[str]
    said: Mapping[str, float]
    labelled: bool  # by a cell, not by a sentence
    denied: bool  # in its part of a sentence
    place: str  # the column of a table that it stands in, or HEAD; "" outside of tables
    label: tuple[frozenset[str], ...] = ()  # the words of its row or of what stands before it on its line


@dataclass(frozen=True, slots=True)
class Value:
    """A value in a text, before anything is known of it."""

    span: Span
    kind: str
    keys: frozenset[str]


def found_values(sheet: Sheet) -> Iterator[Value]:
    text = sheet.text
    taken: list[Span] = []
    for span, days in sheet.days:
        taken.append(span)
        yield Value(span, DAY, frozenset(f"d:{d}" for d in days))
    for span, minutes in clock.times(text):
        if not _inside(span, taken):
            taken.append(span)
            yield Value(span, TIME, frozenset([f"t:{minutes}"]))
    taken.sort()
    coded = [c for c in values.codes(text) if any(map(str.isalpha, c.text)) and " " not in c.text]
    coded = [
        c
        for c in coded
        if not _inside((c.start, c.end), taken)
        and not values.number_readings(c.text)
        and not _RATE.fullmatch(c.text)
    ]
    for code in coded:
        yield Value((code.start, code.end), CODE, frozenset([f"c:{code.key}"]))
    inside = [(c.start, c.end) for c in coded if not _MEASURE.fullmatch(c.text)]
    for figure in sheet.figures:
        if not _inside(figure.span, taken) and not _inside(figure.span, inside):
            yield Value(
                figure.span, kind_of(text[slice(*figure.span)], figure.units), number_keys(figure.readings)
            )
    taken += inside
    yield from actors(text)
    for start, end in sheet.segments:
        for name in names(text[start:end].replace("\n", " ")):
            for a, b in _within_cells(sheet, start + name.span[0], start + name.span[1]):
                if not _inside((a, b), taken):
                    yield from (
                        Value((a + v.span[0], a + v.span[1]), v.kind, v.keys)
                        for v in names(text[a:b].replace("\n", " "))
                    )


def _within_cells(sheet: Sheet, start: int, end: int) -> Iterator[Span]:
    """A span cut where cells of a row meet."""
    first, last = sheet.grid.cell(start), sheet.grid.cell(end - 1)
    if first is None or last is None or first is last or not (last.beside or last.heads or last.mates):
        yield start, end
        return
    yield start, min(first.end, end)
    yield max(last.start, start), end


def _inside(span: Span, taken: Sequence[Span]) -> bool:
    return any(a < span[1] and span[0] < b for a, b in taken)


def number_keys(readings: Iterable[object]) -> frozenset[str]:
    return frozenset(f"n:{values.plain(abs(r))}" for r in readings)  # type: ignore[arg-type]


def kind_of(text: str, its: Sequence[units.Unit]) -> str:
    """What a number counts: money, a year, a share, a length; two numbers of other kinds are no rivals."""
    dimensions = [u.dimension for u in its if u.dimension != units.SCALE]
    if units.CURRENCY in dimensions or (not dimensions and re.search(r"[.,]\d\d(?!\d)", text)):
        return MONEY
    if dimensions:
        return dimensions[0]
    return YEAR if _YEAR.fullmatch(text) else PLAIN


def names(text: str) -> Iterator[Value]:
    """Runs of words with capitals, without usual words at their start."""
    for m in _RUN.finditer(text):
        start, end = m.start(), m.end()
        for word in m[0].split(" "):
            if not usual(word):
                break
            start += len(word) + 1
        if text[end : end + 1] == ":" and usual(text[start:end].rpartition(" ")[2]):  # Ben Ames Minutes: ...
            end = max(start, text.rfind(" ", start, end))
        if start >= end:
            continue
        stop = next(
            (
                w.end()
                for w in re.finditer(r"[^ ]+(?= )", text[start:end])
                if w[0].endswith(".") and len(w[0]) > 1 + _ABBREVIATED
            ),
            None,
        )
        if stop:
            yield from (
                Value((start + stop + v.span[0], start + stop + v.span[1]), v.kind, v.keys)
                for v in names(text[start + stop : end])
            )
        run = text[start : start + stop if stop else end].rstrip(".'’-")
        words = [values.fold(w) for w in run.split(" ")]
        telling = [w for w in words if len(w) > 1] or words  # the S. of Carol S. Lincoln is no second
        if any(w.isdigit() or w in values.MONTHS or w in _WEEKDAYS or units.named(w) for w in telling):
            continue
        yield Value(
            (start, start + len(run)),
            LONG_NAME if len(words) > 1 else NAME,
            frozenset(f"w:{w}" for w in words if w),
        )


def actors(text: str) -> Iterator[Value]:
    """Parties that a text calls by what they are."""
    for m in _ACTORS.finditer(text):
        yield Value(m.span(), ACTOR, frozenset([f"w:{m[0].lower().removesuffix('s')}"]))


def usual(word: str) -> bool:
    return any(w in GENERIC or concepts.known(w) for w in tokens.words(word))


def pieces(text: str, soft: bool = True) -> list[Span]:
    """Parts of a sentence, each of which says something of its own; without `soft` cuts lists stay whole."""
    cuts = [(0, 0), *(m.span() for m in (_PIECES if soft else _PARTS).finditer(text)), (len(text), len(text))]
    return [(a[1], b[0]) for a, b in pairwise(cuts) if b[0] > a[1]]


def unpunctuated(text: str, spans: Iterable[Span]) -> str:
    """`text`, of the same length, without marks inside values, which part nothing there: March 31, 2021."""
    letters = list(text)
    for start, end in spans:
        for i in range(start, end):
            if letters[i] in ",;.()":
                letters[i] = "\u00a0"
    return "".join(letters)


def reached(text: str, span: Span) -> bool:
    """Whether a value is what something rises or falls to."""
    before = text[: span[0]].replace("\n", " ")
    return _TO.search(before[-24:]) is not None and concepts.direction(tokens.words(before)) != 0


def mark(text: str, span: Span) -> str:
    """Whether a value is where something comes from, or goes to, where both are told; "" for neither."""
    before = text[max(0, span[0] - 70) : span[0]].replace("\n", " ")
    behind = text[span[1] : span[1] + 60].replace("\n", " ")
    if _FROM.search(before[-24:]) and _TO_BEHIND.search(behind):
        return FROM
    return TO if _TO.search(before[-24:]) and _FROM_BEFORE.search(before) else ""
