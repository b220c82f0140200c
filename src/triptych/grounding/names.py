"""Whether the words of a name in a clause belong together on the page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from triptych import values
from triptych.grounding import concepts
from triptych.grounding.claim import NAME, Claim, Claimed
from triptych.grounding.claims import ARTICLE
from triptych.grounding.sheet import Sheet, Span
from triptych.grounding.words import GENERIC

_NAME = 60  # characters from one word of a name to the next
_SMALL = re.compile(r"(?<![\w’'])[a-zà-ÿ]{2,}")
_CAPITALS = re.compile(r"(?<![^\W_])[A-Z\u00c0-\u00de][^\W\d_]+")
_PARTICLES = frozenset(["de", "van", "von", "der", "den", "di", "da", "la", "le", "du", "del", "bin", "binti", "und", "of", "the", "für"])  # fmt: skip
_POSSESSIVE = ("'s", "’s")
_WITHIN_NAMES = re.compile(r" (?:[A-Z]\. ?)*|-| & ")


def apart(taken: Claimed, pages: Sequence[tuple[Sheet, Sequence[tuple[Claim, Sequence[Span]]]]]) -> bool:
    """Whether two words of one name stand nowhere near each other: the first of one person, the last of another."""
    places = [{c: spans for c, spans in found if c.kind == NAME} for _, found in pages]
    for a, b in pairwise(taken.claims):
        named = [here for here in places if a in here or b in here]
        usual = {values.fold(a.text), values.fold(b.text)} & GENERIC
        if not named or usual or not _WITHIN_NAMES.fullmatch(taken.text, a.end, b.start):
            continue
        if a.text.endswith(_POSSESSIVE):
            continue  # Egypt's GDP
        if b.kind == a.kind and not any(
            _one_name(sheet.text, s, o)
            for (sheet, _), here in zip(pages, places, strict=True)
            for s in here.get(a, ())
            for o in here.get(b, ())
        ):
            return True
    return False


def stray(taken: Claimed, known: Sequence[Mapping[str, object]]) -> bool:
    """Whether a usual word with a capital stands beside a name, as a part of it, and nowhere in what is `known`."""
    names = [c for c in taken.claims if c.kind == NAME]
    for m in _CAPITALS.finditer(taken.text):
        word = values.fold(m[0])
        beside = any(taken.text[min(m.end(), c.end) : max(m.start(), c.start)] == " " for c in names)
        opens = m.start() < 3  # behind a frame it is a name: "As the page says, Employer ..."
        noun = ARTICLE.search(taken.text[: m.start()]) is not None  # German ones have capitals, too
        if noun or not beside or word not in taken.words or (opens and len(taken.words) > 1):
            continue
        if not any(concepts.held(page, word) for page in known):
            return True
    return False


def _one_name(text: str, a: Span, b: Span) -> bool:
    """Whether two words may belong to one name: a few characters apart, and no words of a sentence between."""
    between = text[min(a[1], b[1]) : max(a[0], b[0])]
    small = (w for w in _SMALL.findall(between) if w not in _PARTICLES)
    return abs(a[0] - b[0]) <= _NAME and next(small, None) is None
