"""Which pair of a page answers a question: by its words, its meaning, the shape of its value and how it lies.

The weights were fitted (conditional logit: the right pair against the others of its page) on questions to made papers;
see docs/log/answers.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from triptych.answering import roles, shapes
from triptych.answering.asked import Asked
from triptych.answering.layout import Layout
from triptych.answering.pairs import pairs
from triptych.answering.roles import INLINE, SAID, SENTENCE, Meaning, Pair

FAIR = 7.0  # of the matches that score this, nine in ten are right
GOOD = 8.5
_NEVER = -99.0
_MEANT = 0.35  # a label that shares no telling word with the question means as much as this at least
_NONE = 0.0  # of a meaning, without an encoder


@dataclass(frozen=True, slots=True)
class Matched:
    """A pair with its score: about 7 is fair, 9 good, 11 as good as any."""

    pair: Pair
    score: float


def matches(layout: Layout, asked: Asked, meaning: Meaning | None) -> list[Matched]:
    """The pairs of a page, best first; a value that stands there twice counts once."""
    found = list(pairs(layout, asked.shape))
    if not found:
        return []
    weights = asked.weights(layout)
    near = _meanings(asked.words, [p.label for p in found], meaning)
    scored = [Matched(p, _score(layout, p, asked, weights, n)) for p, n in zip(found, near, strict=True)]
    return _distinct(layout, sorted(scored, key=lambda m: -m.score))


def _meanings(words: str, labels: list[str], meaning: Meaning | None) -> np.ndarray:
    if meaning is None:
        return np.full(len(labels), _NONE)
    distinct = list(dict.fromkeys(labels))
    rows = meaning([words, *distinct])
    near = dict(zip(distinct, rows[1:] @ rows[0], strict=True))
    return np.array([near[label] for label in labels])


def said(layout: Layout, pair: Pair) -> str:
    """The value of a pair on one line."""
    return " ".join(" ".join(layout.text.text[a:b] for a, b in pair.value).split())


def _score(layout: Layout, pair: Pair, asked: Asked, weights: dict[str, float], near: float) -> float:
    value = said(layout, pair)
    of_label, of_asked = roles.overlap(roles.words(pair.label), weights)
    words = roles.words(value)
    if words and set(words) <= asked.said:
        return _NEVER  # what the question says it does not ask for
    fit = shapes.fits(value, asked.shape)
    label = bool(words) and all(map(roles.known, words))  # a value that could be a label itself
    if label and asked.shape == shapes.NAME:
        return _NEVER
    mine = roles.words(pair.label)
    told = any(roles.telling(a) and any(roles.near(a, b) and roles.telling(b) for b in mine) for a in weights)
    return (
        2.5 * of_label
        + 2.2 * of_asked
        + 1.0 * of_label * of_asked
        + 2.4 * near
        + (2.0 if fit > 0 else 3.5) * fit
        + 3.4 * min(pair.lie, 1.2)
        - 1.6 * label
        - 2.0 * (not told and near < _MEANT)
        + {SAID: 0.4, INLINE: -0.2, SENTENCE: 0.5}.get(pair.how, 0.0)
    )


def _distinct(layout: Layout, found: Iterable[Matched]) -> list[Matched]:
    kept: dict[str, Matched] = {}
    for match in found:
        kept.setdefault(said(layout, match.pair).casefold(), match)
    return list(kept.values())
