"""Which pair of a page answers a question: by its words, its meaning, the shape of its value and how it lies.

The weights were fitted (conditional logit: the right pair against the others of its page) on questions to made papers;
see docs/log/answers.md.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from triptych.answering import roles, shapes
from triptych.answering.asked import Asked
from triptych.answering.layout import Layout
from triptych.answering.pairs import pairs
from triptych.answering.roles import INLINE, PRINTED, SAID, SENTENCE, Meaning, Pair
from triptych.values import fold

FAIR = 7.0  # of the matches that score this, nine in ten are right
GOOD = 8.5
_WEIGHTS = np.array([2.5, 2.2, 1.0, 2.4, 2.0, 3.5, 3.4, -1.6, -2.0, 0.4, -0.2, 0.5])  # of `features`, in order
_COLUMN = 3  # lines on which a label stands that is one of a table's
_PRINT = re.compile(r"©|\bcopyright\b|\bstatista\b", re.IGNORECASE)  # says who printed the page
_YES_NO = frozenset("yes no ja nein oui non sí si ja nee true false on off".split())
_NEVER = -99.0
_LONG = 7  # letters that are no chance
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
    found, near = _of_row(layout, found, near, asked)
    scored = [Matched(p, _score(layout, p, asked, weights, n)) for p, n in zip(found, near, strict=True)]
    return _distinct(layout, sorted(scored, key=lambda m: -m.score))


def _of_row(layout: Layout, found: list[Pair], near: np.ndarray, asked: Asked) -> tuple[list[Pair], np.ndarray]:
    """Without the values of records that the question does not name: a label that stands on many lines is a column."""
    times = Counter(label for label, _ in {(p.label, p.at) for p in found if p.how == PRINTED and p.at})
    rows = [times[p.label] >= _COLUMN and p.how == PRINTED and p.at is not None for p in found]
    if not any(rows):
        return found, near
    text = layout.text.text
    lines = ["" if not r else text[text.rfind("\n", 0, p.at[0]) + 1 : text.find("\n", p.at[1])] for p, r in zip(found, rows, strict=True)]  # type: ignore[index]
    held = [len(asked.said & set(roles.words(line))) for line in lines]
    most = max(held)
    only = [h == most and held.count(h) <= len(set(lines)) for h in held]
    best = {line for line, o, r in zip(lines, only, rows, strict=True) if o and r}
    keep = [i for i, r in enumerate(rows) if not r or (len(best) == 1 and lines[i] in best)]
    return [found[i] for i in keep], near[keep]


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


def features(
    layout: Layout, pair: Pair, asked: Asked, weights: dict[str, float], near: float
) -> tuple[float, ...] | None:
    """What speaks for a pair, one number for each of `_WEIGHTS`; None for one that cannot answer."""
    value = said(layout, pair)
    words = roles.words(value)
    if words and set(words) <= asked.said:
        return None  # what the question says it does not ask for
    if _PRINT.search(value):
        return None
    if asked.closed and value.casefold() not in _YES_NO:
        return None
    label = roles.only_labels(value)
    if label and asked.shape == shapes.NAME:
        return None
    mine = roles.words(pair.label)
    if roles.extreme(weights, mine):
        return None
    of_label, of_asked = roles.overlap(mine, weights)
    if (squeezed := fold(pair.label)) and len(squeezed) >= _LONG and squeezed in fold(asked.words):
        of_label, of_asked = 1.0, max(of_asked, len(squeezed) / len(fold(asked.words)))  # OCR lost a space
    fit = shapes.fits(value, asked.shape)
    tells = any(map(roles.telling, weights))
    told = any(roles.telling(a) and any(roles.near(a, b) and roles.telling(b) for b in mine) for a in weights)
    vague = tells and not told and (near < _MEANT or not any(map(roles.telling, mine)))
    return (
        of_label,
        of_asked,
        of_label * of_asked,
        near,
        max(fit, 0.0),
        min(fit, 0.0),
        min(pair.lie, 1.2),
        float(label),
        float(vague),
        float(pair.how == SAID),
        float(pair.how == INLINE),
        float(pair.how == SENTENCE),
    )


def _score(
    layout: Layout, pair: Pair, asked: Asked, weights: dict[str, float], near: float
) -> float:
    found = features(layout, pair, asked, weights, near)
    return _NEVER if found is None else float(np.dot(found, _WEIGHTS))


def _distinct(layout: Layout, found: Iterable[Matched]) -> list[Matched]:
    kept: dict[str, Matched] = {}
    for match in found:
        kept.setdefault(said(layout, match.pair).casefold(), match)
    return list(kept.values())
