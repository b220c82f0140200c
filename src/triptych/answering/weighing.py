"""Which statement of a page answers a question, and how sure that is.

All that a page states is one list: values with labels (`facts`), values of rows (`rows`), lines that open with a label,
sentences. Each is weighed by the same few features, which say how much of the question it explains.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp

from triptych.answering import roles, shapes
from triptych.answering.fact import OPENING, PRINTED, SENTENCE, STATED, Fact
from triptych.answering.filing import Filed, in_cents, is_chart, masthead, offered, speaks, weights_of
from triptych.answering.fillers import YES_NO, own_lines
from triptych.answering.layout import Layout, Span
from triptych.answering.passages import LONGEST, sentences
from triptych.answering.question import STOP
from triptych.answering.roles import Meaning
from triptych.answering.rows import openings, rows
from triptych.answering.support import PageWords
from triptych.answering.wanting import (
    ASKS,
    FOCUSED,
    NEARLY,
    POLAR,
    Asking,
    asking,
    close,
    foci,
    inside,
    of_whom,
    priced,
    says,
    share,
    tokens,
)
from triptych.values import fold, numbers

SURE = 0.35  # a statement that is as likely right is told
_RIVAL = 0.3  # of the odds: a statement with another value that is so close cannot be told apart
_MEANT = 0.6  # how near a label is in meaning to what is wanted whose words say nothing of it
_ENCODED = 40  # statements whose labels the encoder is asked about
_FEW = 5  # words of a line that says something by itself
_MISFIT = -0.9
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_COUNTED = (shapes.COUNT, shapes.MONEY, shapes.FIGURE, shapes.SHARE)
_FULL = 0.95
_LABEL = 120  # letters of a label that the encoder is given
_BRACKETS = "()[] .,;"
# What a question implies that its label may say.
_IMPLIED = {
    shapes.COUNT: ("quantity", "number", "qty", "menge", "quantité"),
    shapes.MONEY: ("amount", "price", "cost", "total", "betrag", "preis", "prix", "montant"),
    shapes.FIGURE: ("amount", "price", "cost", "total", "betrag"),
    shapes.DAY: ("date", "day", "datum"),
    shapes.NAME: ("name",),
    shapes.PLACE: ("address", "location", "place", "ort"),
}
# Features and what they weigh: log odds, set by hand on made pages and half of a set of questions that people typed. A
# logistic fit on those was no better when cross-validated (docs/log/answers.md). SURE and _RIVAL go with them.
WEIGHTS = {
    "told": 3.2,  # the share of the asked words, by weight, that label and row say
    "label": 1.3,  # the share of the label's words that the question says
    "row": 1.3,  # the share of the row's words that the question says
    "fit": 0.8,  # the value looks like what is asked for
    "misfit": 3.0,  # (below 0) it looks like something else
    "near": 1.2,  # the meaning of label and row, beside that of the question
    "absent": -2.6,  # the share of the question's words that stand nowhere in the file
    "dated": 0.8,  # it says the year that is asked for
    "lies": 0.6,  # label and value lie together
    "stated": 0.4,  # the order of the page says that they belong together
    "opening": -0.1,
    "sentence": -0.4,
    "base": -3.4,
}


@dataclass(frozen=True, slots=True)
class Said:
    """A statement of a page, how likely it is the answer, and what speaks for it."""

    fact: Fact
    sure: float
    features: dict[str, float]


def weigh(
    question: str,
    pages: Sequence[tuple[Layout, Sequence[Fact]]],
    words: Sequence[PageWords],
    meaning: Meaning | None,
) -> list[tuple[int, Said]]:
    """The statements of the pages of one file, the likeliest first, each with the place of its page among them. `words`
    are those of all pages of the file that were read."""
    ask, file = asking(question), Filed(words)
    if any(map(file.misses, ask.whom)):
        return []
    keys = (
        {w for layout, _ in pages for f in rows(layout) for k in f.keys for w in tokens(k)}
        if ask.names
        else set()
    )
    found = [
        (i, *p) for i, (layout, facts) in enumerate(pages) for p in _of_page(ask, layout, facts, file, keys)
    ]
    found.sort(key=lambda p: -_odds(p[2]))
    best = found[:_ENCODED]
    near = _near(ask, [f for _, f, _ in best], meaning)
    said = [(i, _said(f, {**m, "near": n})) for (i, f, m), n in zip(best, near, strict=True)]
    return sorted(said, key=lambda s: -s[1].sure)


def _said(fact: Fact, features: dict[str, float]) -> Said:
    return Said(fact, 1 / (1 + exp(-_odds(features))), features)


def _of_page(
    ask: Asking, layout: Layout, facts: Sequence[Fact], file: Filed, keys: set[str]
) -> Iterator[tuple[Fact, dict[str, float]]]:
    """The statements of a page that may answer, with what speaks for them."""
    title = masthead(ask, layout, file.pages)
    weights, absent = weights_of(ask, title, keys, file)
    held = tuple(w for w in ask.words if file.lacks(w) < 1)
    on = _Page(
        layout,
        title,
        title | (set(ask.names) - set(ask.focus)),
        weights,
        absent,
        held,
        in_cents(layout.text.text),
        is_chart(layout),
    )
    for fact in _statements(layout, facts, ask):
        if features := _features(on, fact, ask):
            yield fact, features


@dataclass(frozen=True, slots=True)
class _Page:
    """What is known of a page before its statements are weighed."""

    layout: Layout
    title: frozenset[str]
    whose: frozenset[str]  # words of its title, and of the names of the question
    weights: dict[str, float]  # what each asked word weighs
    absent: float  # the share of them that stand nowhere in the file
    held: tuple[str, ...]  # those that do
    cents: bool
    chart: bool


def as_likely(other: Said, best: Said) -> bool:
    """Whether another statement cannot be told from the best one."""
    return _odds(other.features) > _odds(best.features) - _RIVAL


def names(question: str, label: str, layout: Layout, page: PageWords, meaning: Meaning | None) -> bool:
    """Whether a label says what is wanted, by its words or by its meaning."""
    ask = asking(question)
    title = masthead(ask, layout, [page])
    whose = title | (set(ask.names) - set(ask.focus))
    focus, said = foci(ask, whose), tokens(label)
    if not focus or says(focus, said) or priced(ask, said):
        return True
    if ask.shape in _COUNTED and speaks(question, page) and of_whom(ask, said):
        return True
    rest = [w for w in focus if w not in said]  # what a label says for its other words needs no meaning
    if meaning is None or set(said) <= whose:
        return False
    encoded = meaning([" ".join([ask.opens, *rest]), label[:_LABEL]])
    return float(encoded[0] @ encoded[1]) >= _MEANT


def _odds(features: dict[str, float]) -> float:
    return WEIGHTS["base"] + sum(WEIGHTS[name] * value for name, value in features.items())


def _statements(layout: Layout, facts: Sequence[Fact], ask: Asking) -> Iterator[Fact]:
    if is_chart(layout):
        yield from (f for f in facts if f.how == STATED)
        return
    for fact in facts:
        whole = fact.keys or fact.how not in (PRINTED, STATED)
        yield fact if whole else fact._replace(value=_lines(layout.text.text, fact, ask.shape))
    yield from openings(layout)
    yield from _sentences(layout, ask)
    yield from rows(layout)


def _lines(text: str, fact: Fact, shape: str) -> tuple[Span, ...]:
    """The lines of a value that are wanted: a name is one."""
    lines = own_lines(text, fact.value, shape)
    first = next(((a, a + len(text[a:b].partition("\n")[0])) for a, b in lines[:1]), None)
    return (
        (first,) if first and shape == shapes.NAME and shapes.fits(text[slice(*first)], shape) > 0 else lines
    )


def _sentences(layout: Layout, ask: Asking) -> Iterator[Fact]:
    """Sentences, and lines of a few words that are some: the one value of the asked shape, else all of it."""
    text = layout.text.text
    lines = [(s.start, s.end) for s in layout.segments if len(s.text.split()) > 2]
    lines += [(a, d) for (a, b), (c, d) in pairwise(lines) if not text[b:c].strip()]
    for a, b in dict.fromkeys([*sentences(text), *lines]):
        piece = text[a:b]
        if b - a > LONGEST or not (ask.closed or ask.shape != shapes.TEXT or len(piece.split()) > _FEW):
            continue
        found = shapes.every(ask.shape, piece) if ask.shape not in (shapes.TEXT, shapes.CODE) else []
        value = (a + found[0][0], a + found[0][1]) if len(found) == 1 else (a, b)
        if found or ask.shape == shapes.TEXT:
            rest = f"{text[a : value[0]]} {text[value[1] : b]}" if found else piece
            yield Fact((value,), rest, (), (a, b), 0.5, SENTENCE)


def _features(on: _Page, fact: Fact, ask: Asking) -> dict[str, float] | None:
    """What speaks for a statement; None for one that cannot answer."""
    value = " ".join(" ".join(on.layout.text.text[a:b] for a, b in fact.value).split()).strip(_BRACKETS)
    fit = shapes.fits(value, ask.shape)
    if fit < _MISFIT or not _may_answer(on, fact, ask, value) or not _timely(ask, fact):
        return None
    sentence, chart = fact.how == SENTENCE, on.chart and fact.how == STATED
    label = tuple(w for w in tokens(fact.name) if w.strip("x"))
    if chart:
        label, fact = (), fact._replace(keys=(" ".join((fact.name, *fact.keys)),))
    untitled = [w for w in ask.words if w not in on.title]
    key = max((tokens(k) for k in fact.keys), key=lambda k: share(k, untitled), default=())
    told, strong = _told(on, ask, label, key)
    if not strong or not _wanted(ask, foci(ask, on.whose), label, key, on.held, chart):
        return None
    own = [w for w in ask.words if w not in on.whose]
    return {
        "told": told,
        "label": share(label, (*own, *_IMPLIED.get(ask.shape, ()))) if label and not sentence else 0.5,
        "row": share(key, untitled),
        "fit": max(fit, 0.0),
        "misfit": min(fit, 0.0),
        "absent": on.absent,
        "dated": float(bool(ask.years & {y for t in (fact.name, *fact.keys) for y in _YEAR.findall(t)})),
        "lies": min(fact.lie, 1.0),
        "stated": float(fact.how == STATED),
        "opening": float(fact.how == OPENING),
        "sentence": float(sentence),
    }


def _may_answer(on: _Page, fact: Fact, ask: Asking, value: str) -> bool:
    """Whether the value of a statement, whatever its label, can be what is asked for."""
    text, said, sentence = on.layout.text.text, tokens(value), fact.how == SENTENCE
    if not said or shapes.NOTE.fullmatch(text[slice(*fact.value[0])].strip()):
        return False
    if ask.closed and not (POLAR.search(value) if sentence else value.casefold() in YES_NO):
        return False
    if ask.shape == shapes.NAME and sum(fold(w) in STOP for w in value.split()) > 1:
        return False  # a sentence in capitals
    if ask.shape == shapes.MONEY and on.cents and not any(n.money for n in numbers(value)):
        return False
    if sentence:
        return _new(ask, fact, text, said)
    if set(said) <= {*ask.words, *ask.names} or _is_label(value):
        return False
    return bool(fact.keys) or not offered(on.layout, fact.value, fact.label)


def _told(on: _Page, ask: Asking, label: Sequence[str], key: Sequence[str]) -> tuple[float, bool]:
    """The share of the asked words, by weight, that label and row say; and whether one of these tells something."""
    told, strong = 0.0, False
    for word, mine in on.weights.items():
        of = (*label, *key) if word not in on.whose or word in ask.years else key if word in ask.names else ()
        near = max((roles.near(word, w) for w in of), default=0.0)
        told += mine * (near if near >= NEARLY else 0.0)
        strong |= near >= NEARLY and roles.telling(word)
    return told / (sum(on.weights.values()) or 1.0), strong


def _new(ask: Asking, sentence: Fact, text: str, said: Sequence[str]) -> bool:
    """Whether a sentence says more than the question, and its value near what is asked."""
    apart = tuple(sentence.value) != (sentence.label,)
    if apart and not close(ask, text, sentence.value[0]):
        return False
    return ask.closed or any(not inside(w, ask.words) for w in said if w not in ASKS)


def _wanted(
    ask: Asking,
    focus: Sequence[str],
    label: Sequence[str],
    key: Sequence[str],
    held: Sequence[str],
    chart: bool,
) -> bool:
    """Whether label and row say what is wanted. On a chart the page says it; so it does where the question counts, and
    names a row in full: "how many stores are in Florida"."""
    if share(focus, (*label, *key)) >= FOCUSED:
        return True
    there = [w for w in focus if w in held]
    if ask.shape in _COUNTED and there and share(there, key) >= FOCUSED:
        return True  # bags of cement
    full = chart or (ask.shape in _COUNTED and bool(key) and share(key, ask.words) > _FULL)
    return full and share(focus, held) >= FOCUSED


def _timely(ask: Asking, fact: Fact) -> bool:
    """Whether a statement that says its year says one that is asked for."""
    said = {y for text in (fact.name, *fact.keys) for y in _YEAR.findall(text)}
    return not said or not ask.years or bool(said & ask.years)


def _is_label(value: str) -> bool:
    return roles.only_labels(value) or value.endswith(":")


def _near(ask: Asking, found: Sequence[Fact], meaning: Meaning | None) -> list[float]:
    """How near each label is in meaning to the question, names aside: the cosine, 0 without an encoder."""
    if meaning is None or not found:
        return [0.0] * len(found)
    labels = [" ".join([f.name, *f.keys[:1]])[:_LABEL] for f in found]
    distinct = list(dict.fromkeys(labels))
    encoded = meaning([ask.text, *distinct])
    near = dict(zip(distinct, (encoded[1:] @ encoded[0]).tolist(), strict=True))
    return [near[label] for label in labels]
