"""Numbers that belong to a row and a column: tables, and charts with their values printed.

A number's words are the label on its row, the head of its column above it and the axis label below it.
The number whose labels hold most of what the question asks for, and little that it does not, is the cell.
The same reading backwards finds the label of the largest, the smallest or a given number.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from math import log

from rapidfuzz import fuzz

from triptych.answering.charts import bars
from triptych.answering.layout import Layout, Segment
from triptych.answering.question import content_words
from triptych.answering.scales import read
from triptych.values import Number, fold, grouped, numbers

_MOST = re.compile(
    r"\b(?:most|highest|largest|biggest|greatest|longest|top|leading|best|busiest|maximum)\b", re.I
)
_WHICH = re.compile(
    r"\s*(?:in |on |at )?(?:what|which|who|when|welche|wann|quel|quand|cu[áa]l|cu[áa]ndo)", re.I
)
_LABEL = re.compile(
    r"\s*(?:(?:in|on|at|for|by|to|from) )?(?:which|who|(?:what|welche[srmn]?|quel(?:le)?) (?:country|state|city|year|month|quarter|company|brand|region|segment|age|group|"
    r"category|product|type|kind|party|sport|team|jahr|land|ann[ée]e|pays)\b)",
    re.I,
)
_VALUE = re.compile(
    r"\s*what (?:was|is|were|are) the (?:highest|lowest|largest|smallest|greatest|maximum|minimum|most|top|biggest|average|total)?\s*"
    r"(?:amount|number|value|price|percentage|share|rate|population|sales?|revenue|cost|figure|level|score)\b",
    re.I,
)
_ORDINAL = re.compile(r"\b(?:second|third|fourth|fifth|\d(?:nd|rd|th))\b", re.I)
_LEAST = re.compile(r"\b(?:least|lowest|smallest|fewest|shortest|worst|minimum)\b", re.I)
_FEWEST = 3  # values that make a table or a chart
_SAME = 0.06  # two cells whose scores are closer than this cannot be told apart


@dataclass(frozen=True, slots=True)
class Cell:
    """A number `[start, end)` of the page, its labels, and how well they fit a question."""

    start: int
    end: int
    number: Number
    labels: tuple[Segment, ...]
    score: float

    @property
    def said(self) -> str:
        return " ".join(s.text for s in self.labels)


@dataclass(frozen=True, slots=True)
class _Place:
    start: int
    end: int
    number: Number
    box: Segment
    row: tuple[Segment, ...]
    head: tuple[Segment, ...]
    foot: tuple[Segment, ...]

    @property
    def value(self) -> Decimal:
        return self.number.readings[0]

    @property
    def labels(self) -> tuple[Segment, ...]:
        return (*self.row, *self.head, *self.foot)


def cells(layout: Layout, terms: Sequence[str]) -> list[Cell]:
    """Cells whose labels hold words of `terms` (folded), best first. A score is the share of the terms'
    weight that the labels hold, less what else they hold; rare words weigh more than common ones."""
    places = _places(layout)
    if len(places) < _FEWEST:
        return []
    held = [_held_by(place, terms) for place in places]
    weights = {t: log(1 + len(places) / (1 + sum(t in h for h in held))) for t in terms}
    total = sum(weights.values()) or 1.0
    found = []
    for place, mine in zip(places, held, strict=True):
        score = sum(weights[t] * share for t, share in mine.items()) / total
        if score > 0:
            found.append(Cell(place.start, place.end, place.number, place.labels, score))
    return sorted(found, key=lambda c: -c.score)


def asks_label(question: str) -> bool:
    """Whether a question asks for the label of a value: which country, in what year, who had the most."""
    if _LABEL.match(question):
        return True
    return bool(
        _WHICH.match(question)
        and (_MOST.search(question) or _LEAST.search(question))
        and not _VALUE.match(question)
    )


def decided(found: Sequence[Cell]) -> bool:
    """Whether the best cell is better than every cell with another value."""
    best = found[0]
    return all(c.number.readings == best.number.readings or c.score < best.score - _SAME for c in found[1:])


def extreme(layout: Layout, question: str) -> list[tuple[Segment, Cell]]:
    """For "which ... has the most ...": the label of the largest (or smallest) number of the page's main
    column or row of values, with its cell; [] when the question asks for none or the page has no such list."""
    most, least = _MOST.search(question), _LEAST.search(question)
    if not (most or least) or _ORDINAL.search(question) or not _WHICH.match(question):
        return []
    if charted := bars(layout):
        return _extreme_bar(charted, bool(most))
    places = _column(_places(layout))
    if len(places) < 3:
        return []
    ordered = sorted(places, key=lambda p: p.value, reverse=bool(most))
    if ordered[0].value == ordered[1].value:
        return []
    best = ordered[0]
    label = (best.row or best.foot or best.head)[0]
    return [(label, Cell(best.start, best.end, best.number, best.labels, 1.0))]


def _extreme_bar(charted: Sequence[tuple[Segment, Segment]], most: bool) -> list[tuple[Segment, Cell]]:
    found = [(numbers(grouped(value.text))[0], value, label) for value, label in charted]
    ordered = sorted(found, key=lambda f: f[0].readings[0], reverse=most)
    if ordered[0][0].readings[0] == ordered[1][0].readings[0]:
        return []
    number, value, label = ordered[0]
    return [(label, Cell(value.start, value.end, number, (label,), 1.0))]


def labelled(layout: Layout, wanted: Number) -> list[tuple[Segment, Cell]]:
    """For "which ... had 68.44 percent": the labels of the cells that hold the number `wanted`."""
    return [
        (label, Cell(p.start, p.end, p.number, p.labels, 1.0))
        for p in _places(layout)
        if set(p.number.readings) & set(wanted.readings)
        for label in (p.row or p.foot)[:1]
    ]


def _column(places: Sequence[_Place]) -> list[_Place]:
    """Values that each have a label of their own on their row, or all on one axis below."""
    by_row = [p for p in places if p.row]
    own = Counter(p.row[0].start for p in by_row)
    rows = [p for p in by_row if own[p.row[0].start] == 1]
    feet = [p for p in places if p.foot and not p.row]
    own = Counter(p.foot[0].start for p in feet)
    columns = [p for p in feet if own[p.foot[0].start] == 1]
    return max(rows, columns, key=len)


# ------------------------------------------------------------------------------------------- words


@lru_cache(maxsize=8192)
def alike(a: str, b: str) -> bool:
    """The same word, give or take an ending or an OCR slip in a long one."""
    if a == b:
        return True
    if a[:1] != b[:1]:
        return False
    if min(len(a), len(b)) >= 4 and (
        a.startswith(b[: max(4, len(b) - 2)]) or b.startswith(a[: max(4, len(a) - 2)])
    ):
        return abs(len(a) - len(b)) <= 3
    return min(len(a), len(b)) >= 6 and fuzz.ratio(a, b) >= 84


def _held(label: str, terms: Sequence[str]) -> dict[str, float]:
    """Terms that a label holds, each with the share of the label's words that the question asks for."""
    words = content_words(label)
    if not words:
        return {}
    held = {t for t in terms for w in words if alike(t, w)}
    asked = sum(any(alike(t, w) for t in terms) for w in words)
    share = asked / len(words)
    return dict.fromkeys(held, share) if share >= 0.5 else {}


def _held_by(place: _Place, terms: Sequence[str]) -> dict[str, float]:
    """Terms that the labels of a cell hold, each with the best share."""
    held: dict[str, float] = {}
    for block in (place.row, place.head, place.foot):
        for term, share in _held(" ".join(s.text for s in block), terms).items():
            held[term] = max(held.get(term, 0.0), share)
    return held


# ------------------------------------------------------------------------------------------ places


def _places(layout: Layout) -> list[_Place]:
    """Numbers that are values, with their labels."""
    kept, labels = read(layout)
    return [
        _Place(start, end, n, box, _row(labels, box), _head(labels, box), _foot(labels, box))
        for n, box, start, end in kept
    ]


def _row(labels: Sequence[Segment], box: Segment) -> tuple[Segment, ...]:
    """The label left of a number: the nearest words on its row, and the lines over and under them."""
    left = [
        s
        for s in labels
        if s.x1 <= box.x0 + 0.5 * box.height and abs(s.middle - box.middle) < 1.1 * box.height
    ]
    return _block(left, box)


def _block(near: Sequence[Segment], box: Segment) -> tuple[Segment, ...]:
    if not near:
        return ()
    nearest = min(near, key=lambda s: (box.x0 - s.x1) + 3 * abs(s.middle - box.middle))
    same = [s for s in near if min(s.x1, nearest.x1) - max(s.x0, nearest.x0) > 0 or s is nearest]
    same = [
        s for s in same if abs(s.middle - box.middle) <= abs(nearest.middle - box.middle) + 0.3 * box.height
    ]
    return tuple(sorted(same, key=lambda s: s.y0))


def _head(labels: Sequence[Segment], box: Segment) -> tuple[Segment, ...]:
    """The head of a number's column: the nearest words over it that share its columns, up to two lines."""
    over = [s for s in labels if s.y1 <= box.y0 + 0.3 * box.height and _share(s, box) > 0]
    return _stack(over, box, -1)


def _foot(labels: Sequence[Segment], box: Segment) -> tuple[Segment, ...]:
    """The axis label under a number, up to three lines."""
    under = [s for s in labels if s.y0 >= box.y1 - 0.3 * box.height and _share(s, box) > 0]
    return _stack(under, box, 1)


def _share(a: Segment, b: Segment) -> float:
    """Common columns as a share of the narrower one; words far wider than a column are no head of it."""
    if a.x1 - a.x0 > 6 * max(b.x1 - b.x0, 2 * b.height):
        return 0.0
    return (min(a.x1, b.x1) - max(a.x0, b.x0)) / max(1e-6, min(a.x1 - a.x0, b.x1 - b.x0))


def _stack(found: Sequence[Segment], box: Segment, way: int) -> tuple[Segment, ...]:
    if not found:
        return ()
    ordered = sorted(found, key=lambda s: way * s.middle)
    kept = [ordered[0]]
    for segment in ordered[1:3]:
        if abs(segment.middle - kept[-1].middle) < 1.7 * segment.height:
            kept.append(segment)
    return tuple(sorted(kept, key=lambda s: s.y0))


def plain_terms(terms: Sequence[str]) -> tuple[str, ...]:
    """Question terms without words that only ask: percent, dollars, highest."""
    return tuple(t for t in terms if fold(t) not in _ASKING)


_ASKING_WORDS = """
percent percentage share dollars dollar euros amount number value money worth highest lowest most least country state
company brand year average total estimated respondents people
"""
_ASKING = frozenset(_ASKING_WORDS.split())
