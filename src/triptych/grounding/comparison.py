"""What a sentence says of an order in words: more or less than another, the most or the least of all.

sign("A is longer than B")  -> 1; -1 for less, 2 and -2 for the most and the least, 0 for nothing of that
"""

from __future__ import annotations

import re

from triptych.grounding import opposites
from triptych.words import tokens

_MORE = (
    "more higher larger bigger greater longer heavier dearer warmer hotter wider taller faster louder later older richer wetter sunnier above exceeds exceed exceeded outnumbers outnumber outnumbered surpasses surpass surpassed "
    "übersteigt überstieg dépasse dépassent supera superan mehr höher größer länger teurer schwerer später wärmer plus supérieur supérieure más mayor superior"
)
_LESS = (
    "less fewer lower smaller shorter lighter cheaper colder cooler narrower slower quieter earlier younger drier below under "
    "weniger niedriger kleiner kürzer billiger günstiger leichter früher kälter moins inférieur inférieure menos menor inferior"
)
_MOST = (
    "most highest largest biggest greatest longest heaviest dearest warmest hottest latest meisten höchste höchsten größte größten teuerste "
    "teuersten längste mayor máximo"
)
_LEAST = (
    "least fewest lowest smallest shortest lightest cheapest coldest earliest wenigsten niedrigste niedrigsten kleinste kleinsten billigste günstigste "
    "kürzeste menor mínimo"
)
THAN = re.compile(
    r"\b(?:than|als|denn|que|exceed(?:s|ed)?|outnumber(?:s|ed)?|surpass(?:es|ed)?|übersteigt|überstieg|dépassent?|superan?)\b",
    re.IGNORECASE,
)
_WORDS = {
    "".join(tokens.words(w)): sign
    for words, sign in ((_MORE, 1), (_LESS, -1), (_MOST, 2), (_LEAST, -2))
    for w in words.split()
}
EXPENSIVE = tuple(
    (re.compile(rf"\b(?:{words})\b", re.IGNORECASE), sign)
    for words, sign in (
        ("most (?:expensive|costly)|m[áa]s car[oa]|plus ch(?:er|ère)", 2),
        ("least (?:expensive|costly)|m[áa]s barat[oa]|moins ch(?:er|ère)", -2),
        ("more (?:expensive|costly)", 1),
        ("less (?:expensive|costly)", -1),
    )
)
_SHARE_OF = re.compile(
    r"\b(?:most|least) of\b|\bla plupart d|\bla mayoría de\b", re.IGNORECASE
)  # of no order


def sign(text: str) -> int:
    """1 where a text says more, -1 for less, 2 for the most, -2 for the least, 0 for none of these."""
    for pattern, way in EXPENSIVE:
        if pattern.search(text):
            return way
    plain = opposites.plainly(_SHARE_OF.sub(" ", text))
    signs = [_WORDS[w] for w in tokens.words(plain) if w in _WORDS]
    if "at_least" in plain or "at_most" in plain or opposites.denies(plain) or not signs:
        return 0
    strong = [s for s in signs if abs(s) == 2]
    if THAN.search(text):
        return next((s for s in signs if abs(s) == 1), 0)
    return strong[0] if strong else 0
