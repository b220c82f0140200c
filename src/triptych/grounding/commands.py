"""Orders by the words they are made of, in fifteen languages (orders.toml): no wording is known, only who does what.

One word alone says nothing: forms ask their readers to answer, too. An order is two of them near each other, within a
sentence: rules and a verb that puts them aside, a machine and a verb of speech; or somebody is to be told, or something
to be said always, and a colon or a quotation follows.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from typing import NamedTuple

from triptych.grounding.bared import Bare, Span, fold

_ENDS = re.compile(r"[.?](?: |$)|[。।]")  # "!" may end the address
_SPEECH = r"""(?::|["“”„«‹「『])"""
_RUN_ON = frozenset(("zh", "ja"))  # written without spaces
_LONGEST = 40  # characters of the longest phrase
_SURE = 4  # letters of a word that is looked for where nobody knows where words begin


class Pair(NamedTuple):
    """Words of two kinds that make an order, so many characters apart, if what is to be said follows soon enough."""

    first: str
    second: str
    apart: int = 70
    speech: re.Pattern[str] = re.compile("")


_FOLLOWS, _AT_ONCE = re.compile(rf"[^.!?]{{0,40}}?{_SPEECH}"), re.compile(rf"[^.!?]{{0,6}}?{_SPEECH}")
_PAIRS = (
    Pair("sure", "sure"),
    Pair("override", "overridden"),
    Pair("answer", "be"),
    Pair("who", "say"),
    Pair("who", "do"),
    Pair("yours", "yours", 0, _FOLLOWS),
    Pair("role", "say", 70, _FOLLOWS),
    Pair("role", "do", 70, _FOLLOWS),
    Pair("user", "say", 70, _FOLLOWS),
    Pair("user", "do", 70, _FOLLOWS),
    Pair("only", "say", 30, _AT_ONCE),
)
_WORD = re.compile(r"[\w']+")


class Stem(NamedTuple):
    """Folded; whether a word begins with it, and ends with it."""

    text: str
    begins: bool
    ends: bool
    first: str  # of its words


Kinds = dict[str, list[Stem]]


def orders(bare: Bare) -> Iterator[Span]:
    """Spans of `bare.text` that are orders."""
    page = _Page(bare)
    for kinds in _languages():
        yield from _in_one(page, kinds)


def _in_one(page: _Page, kinds: Kinds) -> Iterator[Span]:
    """Orders in one language: words of two do not make one together."""

    @cache
    def places(kind: str) -> list[Span]:
        return sorted(span for stem in kinds.get(kind, ()) for span in page.find(stem))

    for pair in _PAIRS:
        if places(pair.first) and places(pair.second):
            yield from _near(page.text, places(pair.first), places(pair.second), pair)


def _near(text: str, first: Sequence[Span], second: Sequence[Span], pair: Pair) -> Iterator[Span]:
    for a in first:
        for b in second[bisect_left(second, (a[0] - pair.apart - _LONGEST,)) :]:
            if b[0] > a[1] + pair.apart:
                break
            start, end = min(a[0], b[0]), max(a[1], b[1])
            gap = text[min(a[1], b[1]) : max(a[0], b[0])]
            overlap = a != b and a[0] < b[1] and b[0] < a[1]  # what is one word is not two
            if overlap or len(gap) > pair.apart or _ENDS.search(gap):
                continue
            if pair.speech.match(text, end):
                yield start, end
                break  # what is said goes on from there anyway


class _Page:
    """Where stems stand in a text. Its words are sorted once: most stems are on no page."""

    def __init__(self, bare: Bare) -> None:
        self._bare = bare
        self.text = bare.text
        self._words = sorted(set(_WORD.findall(bare.text)))
        self._loose = bool(bare.joined)

    def find(self, stem: Stem) -> Iterator[Span]:
        if self._loose:
            yield from self._all(stem, stem.text)
            if " " in stem.text:
                yield from self._all(stem, stem.text.replace(" ", ""))
        elif not stem.begins or self._known(stem):
            yield from self._all(stem, stem.text)

    def _all(self, stem: Stem, word: str) -> Iterator[Span]:
        at = self.text.find(word)
        while at >= 0:
            end = at + len(word)
            if self._whole(stem, at, end):
                yield at, end
            at = self.text.find(word, end)

    def _known(self, stem: Stem) -> bool:
        """Whether a word is on the page that begins as the stem does."""
        i = bisect_left(self._words, stem.first)
        return i < len(self._words) and self._words[i].startswith(stem.first)

    def _whole(self, stem: Stem, start: int, end: int) -> bool:
        if self._loose and self._bare.loose(start):
            return len(stem.text) >= _SURE
        text = self.text
        begun = not stem.begins or not start or not _letter(text[start - 1])
        return begun and not (stem.ends and _letter(text[end : end + 1]))


def _letter(char: str) -> bool:
    return char.isalnum() or char == "'"


@cache
def _languages() -> tuple[Kinds, ...]:
    listed = tomllib.loads(resources.files("triptych.grounding").joinpath("orders.toml").read_text("utf-8"))
    return tuple(
        {kind: [*_stems(words.split(), name not in _RUN_ON)] for kind, words in kinds.items()}
        for name, kinds in listed.items()
    )


def _stems(words: list[str], begins: bool) -> Iterator[Stem]:
    for word in words:
        parts = [fold(part) for part in word.rstrip("*").split("_")]
        spellings = {" ".join(parts)}
        if len(parts) > 1:
            spellings.add(" ".join("al" if part == "ai" else part for part in parts))  # as OCR reads AI
        for text in spellings:
            first = _WORD.match(text)
            assert first is not None, text
            yield Stem(text, begins, begins and not word.endswith("*"), first[0])
