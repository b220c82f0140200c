"""Values of a kind on a page (see `kinds`): beside a label in any language, or by their shape alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from triptych.answering import roles, vocabulary
from triptych.answering.fields import fields_at
from triptych.answering.kinds import CODE, DAY, MONEY, NAME, Kind, shaped
from triptych.answering.labels import match_pattern
from triptych.answering.layout import Layout, Span
from triptych.answering.question import content_words
from triptych.answering.totals import Amount, amounts
from triptych.values import date_readings

_DIALLED = re.compile(
    r"\+\d{1,3}[ /.()\d-]{7,18}\d|\(\d{2,5}\)[ \d-]{5,12}\d"
)  # a phone number that needs no label
_NEAR = 14  # characters between a label and its value on one line
_LABELLED = 2.0
_UNLABELLED = 1.7


@dataclass(frozen=True, slots=True)
class Named:
    """A value `[start, end)` of the page, its label if it has one, and how much speaks for it."""

    start: int
    end: int
    label: Span | None
    score: float


def named(layout: Layout, kind: Kind, context: str) -> list[Named]:
    """Values of that kind, best first; [] where the page has none or several that cannot be told apart."""
    if kind.shape == MONEY:
        return _money(layout, kind)
    found = [*_labelled(layout, kind), *_by_shape(layout, kind, context)]
    return sorted(found, key=lambda n: -n.score)


def _labelled(layout: Layout, kind: Kind) -> Iterator[Named]:
    text = layout.text.text
    for segment in layout.segments:  # label and value on one line, several of them perhaps
        for hit in kind.printed.finditer(segment.text):
            start = segment.start + hit.end()
            for a, b in shaped(kind.shape, text[start : segment.end]):
                between = text[start : start + a]
                if (
                    a <= _NEAR
                    and not any(c.isalnum() for c in between)
                    and _fits(kind, text[start + a : start + b])
                ):
                    yield Named(start + a, start + b, (segment.start + hit.start(), start), _LABELLED + 0.2)
                break
    expects = "date" if kind.shape == DAY else "text"
    for field in fields_at(layout, match_pattern(layout, kind.printed), kind.name, expects):
        start, end = field.spans[0]
        for a, b in shaped(kind.shape, text[start:end]):
            if a <= _NEAR and field.apart and _fits(kind, text[start + a : start + b]):
                label = (field.label.start, field.label.end)
                yield Named(start + a, start + b, label, min(_LABELLED + 0.15, field.score))
            break


def _fits(kind: Kind, value: str) -> bool:
    """Whether a value may be what it looks like: a name is no next label, a code no amount."""
    if kind.shape == NAME:
        return (
            sum(map(str.isalpha, value)) >= 2
            and not value.rstrip().endswith(":")
            and not roles.only_labels(value)
        )
    if kind.shape == CODE:
        return not date_readings(value) and "%" not in value and len(value) > 1
    return True


def _by_shape(layout: Layout, kind: Kind, context: str) -> list[Named]:
    """Values that need no label: all that the page has of a bare shape, else those on a line of the context."""
    wanted = set(content_words(context))
    found = []
    for segment in layout.segments:
        if kind.name == "phone" and _DIALLED.fullmatch(segment.text.strip()):
            found.append(Named(segment.start, segment.end, None, _UNLABELLED))
        beside = bool(wanted) and wanted <= set(content_words(segment.text))
        if kind.bare or (beside and kind.shape not in (NAME, CODE, DAY)):
            for a, b in shaped(kind.shape, segment.text):
                found.append(Named(segment.start + a, segment.start + b, None, _UNLABELLED + 0.5 * beside))
    texts = (
        {layout.text.text[n.start : n.end] for n in found if n.score == found[0].score} if found else set()
    )
    return found if len(texts) == 1 or any(n.score > _UNLABELLED for n in found) else []


# ---------------------------------------------------------------------------------------- amounts


def _money(layout: Layout, kind: Kind) -> list[Named]:
    every = [a for a in amounts(layout) if a.number.decimals == 2 or a.number.currency]
    fitting = [a for a in every if _names(kind, a.row) or (not a.row and _names(kind, a.head))]
    last = [a for a in fitting if a.last] or fitting
    if kind.name == "tax":
        last = _taxes(last, every)
    best = last[-1:] if kind.name == "net amount" else last
    values = {abs(a.value) for a in best}
    if len(values) != 1:
        return []
    return [_as_named(a, _LABELLED) for a in best]


def _as_named(amount: Amount, score: float) -> Named:
    label = (amount.label.start, amount.label.end) if amount.label else None
    return Named(amount.start, amount.end, label, score)


def _names(kind: Kind, words: str) -> bool:
    """Whether squeezed words name an amount of this kind, and no total that holds it."""
    if not kind.printed.search(words):
        return False
    if kind.name == "tax":
        plain = vocabulary.TAX_INSIDE.sub("", words)
        return vocabulary.names_total(plain) <= 0 and not vocabulary.UNTAXED.search(plain)
    return True


def _taxes(found: Sequence[Amount], every: Sequence[Amount]) -> list[Amount]:
    """Of amounts called tax, those that are the difference of two others: a rate's base stands there, too."""
    values = {abs(a.value) for a in every}
    sums = [a for a in found if any(v + abs(a.value) in values for v in values if v > abs(a.value))]
    return sums or list(found)
