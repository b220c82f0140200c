"""Which pages answer, and which of their words: as few as will do, within what a model may read.

Pure functions. Pages come best first; a page earns its place by its score, or by words of the question that none
before it has. Of its text stay the lines that bear on the question, each with its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from triptych.types import Hit
from triptych.words import tokens
from triptych.words.snippet import Match, matches
from triptych.words.terms import Query

_BETWEEN = "\n…\n"  # where lines were left out
_ENOUGH = 0.5  # of the best page's score: what scores less must add a word
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZÄÖÜÀ-Ý0-9\"“(])")
_LONG = 320  # characters of a line from which its sentences are taken one by one

Count = Callable[[str], int]  # tokens of a text; of two together not more than of each


def chosen(hits: Sequence[Hit], most: int, per_source: int) -> list[Hit]:
    """At most `most` hits, in their order, at most `per_source` of one file unless there is no other."""
    if not hits:
        return []
    taken: list[Hit] = []
    said: set[str] = set()
    best = max(hit.score for hit in hits)
    for hit in hits:
        new = _marked(hit) - said
        crowded = sum(h.asset == hit.asset for h in taken) >= per_source
        if len(taken) < most and not crowded and (new or not taken or hit.score >= _ENOUGH * best):
            taken.append(hit)
            said |= new
    if len({h.asset for h in hits}) == 1:  # one file alone may fill what is left
        rest = [h for h in hits if h not in taken and h.score >= _ENOUGH * best]
        taken += rest[: most - len(taken)]
    return sorted(taken, key=hits.index)


def _marked(hit: Hit) -> set[str]:
    return {word for a, b in hit.marks for word in tokens.words(hit.snippet[a:b])}


def compressed(text: str, query: Query, budget: int, count: Count, keep: str = "") -> str:
    """The lines of `text` that bear on the question, in their order, of `budget` tokens at most; gaps are marked.
    `keep` is a passage that is wanted before all others. A text within the budget stays as it is."""
    if count(text) <= budget:
        return text
    units = _units(text)
    worth = _worth(text, units, query, keep)
    order = sorted(range(len(units)), key=lambda i: (-worth[i], i))
    taken: set[int] = set()
    left = budget
    for i in order:
        price = count(text[slice(*units[i])]) + count(_BETWEEN)
        if worth[i] > 0 and price <= left:
            taken.add(i)
            left -= price
    found = _laid_out(text, units, taken)
    return found if taken else _cut(text, budget, count)


def _units(text: str) -> list[tuple[int, int]]:
    """Spans of the lines of a text, long ones by sentences."""
    spans: list[tuple[int, int]] = []
    at = 0
    for line in text.split("\n"):
        cuts = (
            [0, *(m.end() for m in _SENTENCE.finditer(line)), len(line)]
            if len(line) > _LONG
            else [0, len(line)]
        )
        spans += [(at + a, at + b) for a, b in pairwise(cuts) if line[a:b].strip()]
        at += len(line) + 1
    return spans


def _worth(text: str, units: Sequence[tuple[int, int]], query: Query, keep: str) -> list[float]:
    """What each unit is worth: the different words of the question in it, a share of what its neighbours have, a
    little for the first lines, which say what the page is, and more for the passage that was found."""
    found = matches(text, query, lambda field, term: 1.0)
    own = [_distinct(m for m in found if a <= m.start < b) for a, b in units]
    first = text.find(keep) if keep else -1
    last = first + len(keep)
    worth = []
    for i, (a, b) in enumerate(units):
        near = max((own[j] for j in (i - 1, i + 1) if 0 <= j < len(units)), default=0.0)
        here = first >= 0 and a < last and first < b
        worth.append(own[i] + 0.5 * near + 0.4 * (i < 2) + 1.5 * here)
    return worth


def _distinct(found: Iterable[Match]) -> float:
    return float(len({m.term for m in found}))


def _laid_out(text: str, units: Sequence[tuple[int, int]], taken: Iterable[int]) -> str:
    parts: list[str] = []
    before = -1
    for i in sorted(taken):
        if parts:
            parts.append("\n" if i == before + 1 else _BETWEEN)
        parts.append(text[units[i][0] : units[i][1]])
        before = i
    return "".join(parts)


def _cut(text: str, budget: int, count: Count) -> str:
    """The longest beginning of a text that is within the budget."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if count(text[:middle]) <= budget else (low, middle - 1)
    return text[:low]
