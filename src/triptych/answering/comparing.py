"""Which of several is the most, the least, or the more: the values of one column beside each other.

Of what stands in rows and on charts, values with the same head are one list. A question for the largest asks for a
row of that list; one that names two of its rows asks which has more, or whether one does.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from triptych.answering import roles
from triptych.answering.charts import marks
from triptych.answering.fact import Fact
from triptych.answering.filing import is_chart
from triptych.answering.layout import Layout, Span
from triptych.answering.rows import rows
from triptych.answering.wanting import asking, share, tokens
from triptych.values import grouped, numbers

_MORE = re.compile(
    r"\b(?:more|higher|larger|bigger|greater|longer|older|mehr|höher|größer|plus|más|mayor)\b", re.IGNORECASE
)
_LESS = re.compile(
    r"\b(?:less|fewer|lower|smaller|cheaper|shorter|weniger|niedriger|kleiner|moins|menos)\b", re.IGNORECASE
)
_MOST = re.compile(
    r"\b(?:most|highest|largest|biggest|greatest|longest|dearest|maximum|meisten?|höchste\w*|größte\w*)\b",
    re.IGNORECASE,
)
_LEAST = re.compile(
    r"\b(?:least|lowest|smallest|fewest|cheapest|shortest|minimum|wenigsten?|niedrigste\w*|kleinste\w*)\b",
    re.IGNORECASE,
)
_TWO = re.compile(r"[,:]\s*(?:the\s+)?(.+?)\s+(?:or|oder|ou|o)\s+(?:the\s+)?(.+)$", re.IGNORECASE)
_THAN = re.compile(
    r"^(?:does|do|did|has|have|is|are|was|were|hat|haben|ist)\s+(?:the\s+)?(.+?)\s+(?:have|had|has|cost|costs|get|got)?\s*(?:a\s+)?"
    r"(?:more|higher|larger|bigger|less|fewer|lower|smaller|mehr|weniger)\b.*?\b(?:than|als)\s+(?:the\s+|in\s+)?(.+)$",
    re.IGNORECASE,
)
_FEWEST = 3  # values of a list that has a largest one
_NAMED = 0.6  # of a row's words, the share that a question says which names it
_ASKED = 0.5  # of what is compared, the share that the head of its column says


class Compared(NamedTuple):
    """The row that is asked for, the values that were compared, and the spans that answer."""

    answer: tuple[Span, ...]
    values: tuple[Span, ...]
    label: str


class _Entry(NamedTuple):
    fact: Fact
    row: str
    value: Decimal


def compares(question: str) -> bool:
    """Whether a question asks for the most or the least, or which of two has more."""
    return bool(of_two(question)) or bool(_MOST.search(question) or _LEAST.search(question))


def compared(question: str, layout: Layout) -> Compared | None:
    """The answer of a page to a question that compares; None where it has no such list, or two are the same."""
    lists = _lists(layout)
    if pair := of_two(question):
        return _of_two(question, pair, lists)
    if is_chart(layout) or not (_MOST.search(question) or _LEAST.search(question)):
        return None  # of charts `cells.extreme` knows
    return _of_all(question, lists)


def of_two(question: str) -> tuple[str, str] | None:
    plain = question.strip(" ?.!")
    if not (_MORE.search(plain) or _LESS.search(plain)):
        return None
    found = _THAN.match(plain) or _TWO.search(plain)
    return (found[1], found[2]) if found else None


def _lists(layout: Layout) -> list[tuple[str, list[_Entry]]]:
    """The values of each column, with the head of it."""
    columns: defaultdict[tuple[str, bool], list[_Entry]] = defaultdict(list)
    for fact in marks(layout) if is_chart(layout) else rows(layout):
        text = layout.text.text[slice(*fact.value[0])]
        found = numbers(grouped(text))
        row = fact.keys[-1] if fact.keys else fact.name
        if len(found) == 1 and row:
            head = fact.name if fact.keys else ""
            value = found[0].readings[0]
            paid = found[0].currency and text.rstrip().endswith("-")  # a line that OCR read behind an amount
            columns[head, found[0].percent].append(_Entry(fact, row, abs(value) if paid else value))
    return [(head, entries) for (head, _), entries in columns.items()]


def _of_two(
    question: str, pair: tuple[str, str], lists: Sequence[tuple[str, list[_Entry]]]
) -> Compared | None:
    """The row with the larger value of two, from the list that has them both and says most of what is compared."""
    asked = asking(question).words
    held = [
        (share(tokens(head), asked), chosen)
        for head, entries in lists
        if all(chosen := [_row(name, entries) for name in pair]) and chosen[0] != chosen[1]
    ]
    most = max((s for s, _ in held), default=0.0)
    if most < 1.0:  # which column is meant is not sure, so all have to agree
        if any(_twice(name, entries) for _, entries in lists for name in pair):
            return None  # columns without a head
        held = [(most, chosen) for _, chosen in held]
    best = [[e for e in chosen if e] for s, chosen in held if s == most]
    if len({a.value > b.value for a, b in best}) != 1:
        return None  # none, or several columns that say different things
    ordered = sorted(best[0], key=lambda e: e.value, reverse=bool(_MORE.search(question)))
    if ordered[0].value == ordered[1].value:
        return None
    both = tuple(sorted(e.fact.value[0] for e in ordered))
    if asking(question).closed:
        own = [s for e in ordered for s in (*((e.fact.label,) if e.fact.label else ()), e.fact.value[0])]
        return Compared(tuple(sorted(own)), both, question)
    label = ordered[0].fact.label
    return Compared((label,), both, question) if label else None


def _row(name: str, entries: Sequence[_Entry]) -> _Entry | None:
    """The entry of the row that a name says, where it is one."""
    wanted = tokens(name)
    scored = [(share(wanted, tokens(e.row)), e) for e in entries]
    best = max((s for s, _ in scored), default=0.0)
    found = [e for s, e in scored if s == best]
    return found[0] if best >= _NAMED and len(found) == 1 else None


def _twice(name: str, entries: Sequence[_Entry]) -> bool:
    """Whether a row that a name says has several values in a list, so that it is of several columns."""
    rows_of_it = [e.row for e in entries if share(tokens(name), tokens(e.row)) >= _NAMED]
    return len(rows_of_it) > len(set(rows_of_it))


def _of_all(question: str, lists: Sequence[tuple[str, list[_Entry]]]) -> Compared | None:
    """The row with the largest or smallest value of the list whose head says what is compared."""
    ask = asking(question)
    wanted = [w for w in ask.words if not _MOST.fullmatch(w) and not _LEAST.fullmatch(w)]
    fitting = [
        (share(tokens(head), wanted), entries) for head, entries in lists if len(entries) >= _FEWEST and head
    ]
    best = max((s for s, _ in fitting), default=0.0)
    chosen = [entries for s, entries in fitting if s == best and best >= _ASKED]
    if len(chosen) != 1:
        return None
    ordered = sorted(chosen[0], key=lambda e: e.value, reverse=bool(_MOST.search(question)))
    first = ordered[0].fact
    if ordered[0].value == ordered[1].value or first.label is None or roles.only_labels(ordered[0].row):
        return None
    return Compared((first.label,), (first.value[0],), question)
