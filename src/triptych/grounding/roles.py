"""Whether what a clause says of a name or a day is written at another one: "the buyer is A", where the page says "Buyer: B"
and "Seller: A".

The words next to a value on the page say what it is there for. Only a clear contradiction counts: a word of the clause
stands next to another value of the kind, none next to this one, and this one has a word of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from triptych import values
from triptych.grounding import claims, concepts
from triptych.grounding.claims import Claimed
from triptych.grounding.sheet import Sheet, Span
from triptych.grounding.words import GENERIC
from triptych.words import language, tokens

# People and companies, as far as they can be told from other words: two words or more with capitals.
_RUN = re.compile(
    r"[A-Z\u00c0-\u00de][\w.&'’-]*(?:[ ](?:(?:de|van|von|der|den|di|da|la|le|du|bin|&)[ ])*[A-Z\u00c0-\u00de][\w.&'’-]*)+"
)
# Behind these a value is no longer spoken of.
_PARTS = re.compile(r"[;!?]|\.(?=\s|$)|,(?=\s)|\b(?:and|but|while|und|aber|et|mais|y|pero)\b", re.IGNORECASE)


_Found = list[tuple[Span, frozenset[object]]]


@dataclass(frozen=True, slots=True)
class _Value:
    """A name or a day in a text, and the words next to it."""

    span: Span
    means: frozenset[object]  # two values are the same that share one
    beside: frozenset[str]


def exchanged(taken: Claimed, sheet: Sheet) -> bool:
    """Whether another value of the page has the role that the clause gives to one of its own."""
    days: _Found = [((c.start, c.end), frozenset(c.days)) for c in taken.claims if c.kind == claims.DAY]
    names = _names(taken.text, taken)
    on_page: _Found = [(span, frozenset(means)) for span, means in sheet.days] if days else []
    return _another_has(taken, names, _names(sheet.text) if names else [], sheet) or _another_has(
        taken, [day for day in days if day[1]], on_page, sheet
    )


def _another_has(taken: Claimed, own: _Found, on_page: _Found, sheet: Sheet) -> bool:
    if not own:
        return False
    page = _valued(sheet.text, on_page, sheet.segment)
    return any(value.beside and _another(value, page, sheet) for value in _said(taken, own))


def _names(text: str, taken: Claimed | None = None) -> _Found:
    """Names in a text; of a clause those only that it claims."""
    found: _Found = []
    for m in _RUN.finditer(text):
        start, end = m.start(), m.end()
        for word in m[0].split(" ")[:-1]:  # "Kunde Anna Abel"
            if not _usual(word):
                break
            start += len(word) + 1
        named = taken is None or any(c.kind == claims.NAME and start <= c.start < end for c in taken.claims)
        if named and " " in text[start:end] and text[start:end] != text[start:end].upper():
            found.append(((start, end), frozenset([values.fold(text[start:end])])))
    return found


def _usual(word: str) -> bool:
    return any(w in GENERIC or concepts.known(w) for w in tokens.words(word))


def _said(taken: Claimed, own: Sequence[tuple[Span, frozenset[object]]]) -> list[_Value]:
    """The values of the clause with what it says of each: all of its words of a single one; of several the words that are
    next to one of them only, for "A follows B" is also "B is followed by A"."""
    if len(own) == 1:
        return [_Value(*own[0], frozenset(taken.words))]
    found = _valued(taken.text, own, lambda at: (0, len(taken.text)))
    shared = [a.beside & b.beside for a, b in pairwise(found)]
    return [_Value(v.span, v.means, v.beside.difference(*shared)) for v in found]


def _valued(
    text: str, found: Iterable[tuple[Span, frozenset[object]]], segment: Callable[[int], Span]
) -> list[_Value]:
    """Values of a text with the words next to them in their segments."""
    known = sorted(found, key=lambda pair: pair[0])
    silent = language.stop_words(language.DEFAULT) | language.stop_words(
        language.detect(text, tokens.words(text))
    )
    made = []
    for i, ((start, end), means) in enumerate(known):
        first, last = segment(start)
        first = max([first, *(e for (_, e), _ in known[:i] if e <= start)])
        last = min([last, *(s for (s, _), _ in known[i + 1 :] if s >= end)])
        before = [w for w in tokens.words(_PARTS.split(text[first:start])[-1]) if w not in silent]
        behind = [w for w in tokens.words(_PARTS.split(text[end:last])[0]) if w not in silent]
        made.append(
            _Value((start, end), means, frozenset(w for w in (*before[-1:], *behind[:1]) if w.isalpha()))
        )
    return made


def _another(value: _Value, page: Sequence[_Value], sheet: Sheet) -> bool:
    """Whether a word of the clause is next to other values of the page, and not to this one, which has its own."""
    here = [v for v in page if v.means & value.means]
    if not here or any(concepts.meet(value.beside, v.beside) for v in here):
        return False
    if not all(v.beside for v in here):
        return False
    rivals = [v for v in page if not v.means & value.means and concepts.meet(value.beside, v.beside)]
    places = {sheet.segment(v.span[0]) for v in here}
    near = {w for place in places for w in tokens.words(sheet.text[slice(*place)])}
    beside_it = any(sheet.segment(v.span[0]) in places for v in rivals)
    return bool(rivals) and (beside_it or not concepts.meet(value.beside, near))
