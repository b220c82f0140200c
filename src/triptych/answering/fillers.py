"""Which fact of a page answers a question: by its words, its meaning, the shape of its value and how it lies.

The weights were fitted (conditional logit: the right fact against the others of its page) on questions to made papers;
see docs/log/answers.md.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from triptych.answering import roles, sayings, shapes
from triptych.answering.asked import Asked
from triptych.answering.fact import INLINE, PRINTED, SAID, SENTENCE, STATED, Fact
from triptych.answering.labelled import data_of, is_number
from triptych.answering.layout import Layout, Span
from triptych.answering.roles import Meaning
from triptych.values import fold

FAIR = 7.0  # of the matches that score this, nine in ten are right
GOOD = 8.5
_WEIGHTS = np.array([2.5, 2.2, 1.0, 2.0, 3.5, 3.4, -1.6, 0.4, -0.2, 0.5])  # of `Features.given`, in order
_NEAR, _VAGUE = 2.4, 2.0
_COLUMN = 3  # lines on which a label stands that is one of a table's
_PRINT = re.compile(r"©|\bcopyright\b|\bstatista\b", re.IGNORECASE)  # says who printed the page
YES_NO = frozenset(("yes", "no", "ja", "nein", "oui", "non", "sí", "si", "nee", "true", "false", "on", "off"))
_SHAPED = 0.2  # of a fact that lies well, a value of the asked shape makes so much
_FEW = 6  # words of a value that ends without its full stop
_LONG = 7  # letters that are no chance
_MEANT = 0.35  # a label that shares no telling word with the question means as much as this at least


@dataclass(frozen=True, slots=True)
class Matched:
    """A fact with its score: about 7 is fair, 9 good, 11 as good as any."""

    fact: Fact
    score: float


@dataclass(frozen=True, slots=True)
class Features:
    """What speaks for a fact before the encoder is asked: numbers for `_WEIGHTS`; whether no telling word of the
    question is in the label, and whether the label has none."""

    given: tuple[float, ...]
    untold: bool
    empty: bool


def matches(layout: Layout, facts: Sequence[Fact], asked: Asked, meaning: Meaning | None) -> list[Matched]:
    """Those of a page's facts, and of what its sentences say, that score at least FAIR, best first; a value that stands
    there twice counts once."""
    weights = asked.weights(layout)
    said_here = sayings.said(layout.text.text, asked.shape, apart=not data_of(layout))
    found = _of_row(layout, [*_meant(layout, facts, asked.shape), *said_here], asked)
    at_best = [(p, f) for p in found if (f := features(layout, p, asked, weights)) and _score(f, 1.0) >= FAIR]
    near = _meanings(asked.words, [p.name for p, _ in at_best], meaning)
    scored = [Matched(p, _score(f, n)) for (p, f), n in zip(at_best, near, strict=True)]
    return _distinct(layout, sorted((m for m in scored if m.score >= FAIR), key=lambda m: -m.score))


def _meant(layout: Layout, facts: Sequence[Fact], kind: str) -> Iterator[Fact]:
    """The facts that one label names, with as much of their values as the question calls for. Of several numbers on a
    page of them which one is meant does not follow from one label."""
    text = layout.text.text
    marked = not data_of(layout) or kind in (shapes.CODE, shapes.DAY, shapes.TIME)
    for fact in facts:
        if fact.how == PRINTED:
            value = tuple(_unstopped(text, *span) for span in own_lines(text, fact.value, kind))
            shaped = fact.label and kind != shapes.TEXT
            fit = shapes.fits(" ".join(text[a:b] for a, b in value), kind) if shaped else 0.0
            yield fact._replace(value=value, lie=fact.lie + _SHAPED * fit)
        elif (fact.how == INLINE and (marked or not is_number(layout, fact))) or (
            fact.how == STATED and not fact.keys and not data_of(layout)
        ):
            yield fact


_STOP = re.compile(r"(?:(?<=[a-z]{3})|(?<=\d\d))(?<!\bInc)(?<!\bLtd)(?<!\bCorp)\.\s*$")


def _unstopped(text: str, start: int, end: int) -> Span:
    """A value of a few words without the full stop after it."""
    piece = text[start:end]
    return start, start + len(_STOP.sub("", piece) if len(piece.split()) <= _FEW else piece)


def own_lines(text: str, spans: tuple[Span, ...], kind: str) -> tuple[Span, ...]:
    """The lines of a value up to one that opens like a label; the first alone where it is all that is wanted."""
    lines = [(a + m.start(), a + m.end()) for a, b in spans for m in re.finditer(r"[^\n]+", text[a:b])]
    if len(lines) < 2 or (
        shapes.fits(text[slice(*lines[0])], kind) > 0 and kind not in (shapes.NAME, shapes.PLACE)
    ):
        return tuple(lines[:1])
    kept = [lines[0]]
    for a, b in lines[1:]:
        said = roles.words(text[a:b])
        label = bool(said) and (all if kind == shapes.TEXT else any)(
            map(roles.known, said[:1] if kind != shapes.TEXT else said)
        )
        if (label and text[a].isupper()) or ":" in text[a:b]:
            break
        if (
            kind != shapes.DAY
            and shapes.every(shapes.DAY, text[a:b])
            and not shapes.every(shapes.DAY, text[slice(*lines[0])])
        ):
            break
        kept.append((a, b))
    return spans if len(kept) == len(lines) else tuple(kept)


def _of_row(layout: Layout, found: list[Fact], asked: Asked) -> list[Fact]:
    """Without the values of records that the question does not name: a label that stands on many lines is a column."""
    labels = {(p.name, p.label) for p in found if p.how == PRINTED and p.label}
    times = Counter(label for label, _ in labels)
    lines = [_line(layout, p.label) if p.label and times[p.name] >= _COLUMN else "" for p in found]
    if not any(lines):
        return found
    held = {line: len(asked.said & set(roles.words(line))) for line in lines if line}
    most = max(held.values())
    best = [line for line, count in held.items() if count == most]
    return [p for p, line in zip(found, lines, strict=True) if not line or best == [line]]


def _line(layout: Layout, at: tuple[int, int]) -> str:
    text = layout.text.text
    end = text.find("\n", at[1])
    return text[text.rfind("\n", 0, at[0]) + 1 : end if end >= 0 else len(text)]


def _meanings(words: str, labels: list[str], meaning: Meaning | None) -> list[float]:
    """How near each label is in meaning to the words of the question: the cosine, 0 without an encoder."""
    if meaning is None or not labels:
        return [0.0] * len(labels)
    distinct = list(dict.fromkeys(labels))
    rows = meaning([words, *distinct])
    near = dict(zip(distinct, (rows[1:] @ rows[0]).tolist(), strict=True))
    return [near[label] for label in labels]


def said(layout: Layout, fact: Fact) -> str:
    """The value of a fact on one line."""
    return " ".join(" ".join(layout.text.text[a:b] for a, b in fact.value).split())


def features(layout: Layout, fact: Fact, asked: Asked, weights: dict[str, float]) -> Features | None:
    """What speaks for a fact; None for one that cannot answer."""
    value = said(layout, fact)
    words, mine = roles.words(value), roles.words(fact.name)
    if words and set(words) <= asked.said:
        return None  # what the question says it does not ask for
    if (
        _PRINT.search(value)
        or (asked.closed and value.casefold() not in YES_NO)
        or roles.extreme(weights, mine)
    ):
        return None
    label = roles.only_labels(value)
    if label and asked.shape == shapes.NAME:
        return None
    of_label, of_asked = roles.overlap(mine, weights)
    if (squeezed := fold(fact.name)) and len(squeezed) >= _LONG and squeezed in fold(asked.words):
        of_label, of_asked = 1.0, max(of_asked, len(squeezed) / len(fold(asked.words)))  # OCR lost a space
    fit = shapes.fits(value, asked.shape)
    given = (
        of_label,
        of_asked,
        of_label * of_asked,
        max(fit, 0.0),
        min(fit, 0.0),
        min(fact.lie, 1.2),
        float(label),
    )
    how = tuple(float(fact.how == kind) for kind in (SAID, INLINE, SENTENCE))
    told = any(roles.near(a, b) for a in filter(roles.telling, weights) for b in filter(roles.telling, mine))
    untold = any(map(roles.telling, weights)) and not told
    return Features((*given, *how), untold, untold and not any(map(roles.telling, mine)))


def _score(found: Features, near: float) -> float:
    """`near` is what the encoder says; a label that shares no telling word with the question has to mean the same."""
    vague = found.empty or (found.untold and near < _MEANT)
    return float(np.dot(found.given, _WEIGHTS)) + _NEAR * near - _VAGUE * vague


def _distinct(layout: Layout, found: Iterable[Matched]) -> list[Matched]:
    kept: dict[str, Matched] = {}
    for match in found:
        kept.setdefault(said(layout, match.fact).casefold(), match)
    return list(kept.values())
