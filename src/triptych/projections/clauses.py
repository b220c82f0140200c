"""What the keyword index is asked: terms, the best of several, ladders of ever weaker ways to find one thing.

    resolve(clauses, statistics) -> parts      what stands in the collections that are asked, with its weight

Weights come from the statistics of the collections that a question may look at, and from nothing else: neither a
weight, nor which rung of a ladder stands, nor which words one beginning stands for depends on what others keep.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

_LATER = 0.1  # of its weight counts a rung after the first one that stands
BEGINNINGS = 30  # tokens that one beginning may stand for


class Term(NamedTuple):
    """One token in one field; its BM25 score is multiplied by `weight`."""

    field: str
    token: str
    weight: float = 1.0


Clause = tuple[Term, ...]


class Begins(NamedTuple):
    """The tokens of a field that begin with `prefix`, the commonest of them, as terms of that weight."""

    field: str
    prefix: str
    weight: float = 1.0


class Near(NamedTuple):
    """The tokens of a field that are `token` but for one letter more, less, another, or two in turned order."""

    field: str
    token: str
    weight: float = 1.0


class Ladder(NamedTuple):
    """Ever weaker ways to find one thing. The first rung on which anything stands counts in full, those after it
    a little, so that a likeness never counts like the thing itself; rungs with a `Near` only where nothing stands."""

    rungs: tuple[tuple[Clause | Begins | Near, ...], ...]


class Statistics(Protocol):
    """What is counted in the collections that are asked."""

    def size(self) -> int: ...

    def frequency(self, field: str, token: str) -> int:
        """In how many chunks `token` stands in `field`."""
        ...

    def likenesses(self, near: Near) -> int:
        """In how many chunks something near stands."""
        ...

    def beginnings(self, field: str, prefix: str) -> Sequence[str]:
        """The commonest tokens of `field` that begin with `prefix`, `BEGINNINGS` at most."""
        ...


class Best(NamedTuple):
    """Terms of which the best one counts; each weight holds the inverse document frequency."""

    terms: tuple[Term, ...]


class Likeness(NamedTuple):
    """All that is near a token, of one score: tantivy does not tell which one it found."""

    near: Near
    score: float


Part = Best | Likeness


def resolve(clauses: Sequence[Clause | Ladder], statistics: Statistics) -> list[Part]:
    """The parts of a question of which something stands in the collections that are asked."""
    parts: list[Part] = []
    for clause in clauses:
        if isinstance(clause, Ladder):
            parts += _ladder(clause, statistics)
        else:
            parts += _best_of(clause, statistics)
    return parts


def idf(documents: int, frequency: int) -> float:
    """BM25's inverse document frequency, as tantivy has it."""
    return float(np.log1p((documents - frequency + 0.5) / (frequency + 0.5)))


def _ladder(ladder: Ladder, statistics: Statistics) -> list[Part]:
    parts: list[Part] = []
    share = 1.0
    for rung in ladder.rungs:
        if parts and any(isinstance(step, Near) for step in rung):
            continue
        here: list[Part] = []
        for step in rung:
            if isinstance(step, Near):
                here += _near(step, statistics)
            elif isinstance(step, Begins):
                for token in statistics.beginnings(step.field, step.prefix):
                    here += _best_of((Term(step.field, token, step.weight),), statistics, share)
            else:
                here += _best_of(step, statistics, share)
        parts += here
        share = _LATER if parts else 1.0
    return parts


def _best_of(clause: Clause, statistics: Statistics, share: float = 1.0) -> list[Part]:
    """At most one part, of which the best term counts."""
    found = []
    for term in clause:
        frequency = statistics.frequency(term.field, term.token) if term.weight else 0
        if frequency:
            weight = idf(statistics.size(), frequency) * term.weight * share
            found.append(Term(term.field, term.token, weight))
    return [Best(tuple(found))] if found else []


def _near(near: Near, statistics: Statistics) -> list[Part]:
    number = statistics.likenesses(near)
    return [Likeness(near, near.weight * idf(statistics.size(), number))] if number else []
