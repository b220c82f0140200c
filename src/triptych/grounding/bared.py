"""A page's words without their disguises, to look for orders in: small letters without accents, on one line.

    for bare in readings(text):     as it stands, and as it may be meant
        bare.text
        bare.span(start, end)       the characters of the page that those of bare.text are, in whole words

Taken off are letters of other scripts and of full width, what nobody sees, digits for letters, and the spaces of letters
that are set apart. Where letters stand apart evenly nobody knows where words begin: bare.loose(at).
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from triptych.grounding.plain import LOOKALIKES

_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_MIXED = re.compile(r"[A-Za-z][\u0370-\u04ff]|[\u0370-\u04ff][A-Za-z]")
_FOREIGN = re.compile(r"[\u0370-\u04ff]")
_UNSEEN = ("Mn", "Me", "Cf", "Cc", "Cs", "Co", "Cn")
_ALIKE = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "’": "'", "‘": "'", "ʼ": "'", "：": ":"})
_DIGITS = str.maketrans("01345$7@", "oieassta")
_LEET = re.compile(r"(?=.*[a-z])(?=.*[0134570@$])[\w@$']{3,}$")
_SHORT_LEET = re.compile(r"[a-z0134570@$']{2,}$")
_MUCH_LEET = re.compile(r"[a-z][013457@$]+[a-z]|[013457@$][a-z]+[013457@$]")  # 4n5w3r, but few codes
_MANY = 4  # of these, from which short words are such, too
_WORD = re.compile(r"[^\s_*]+")
_BROKEN = re.compile(r"(?<=[^\W\d])-\n(?=[^\W\d])")  # by the end of a line
_SOFT = "\u00ad"  # a hyphen that is not seen
_STRUNG = re.compile(r"(?:[^\W\d_][.·|/~+-]){2,}[^\W\d_]")  # i-g-n-o-r-e
_STRINGS = re.compile(r"[.·|/~+-]")
_AROUND = ".,:;!?()[]{}<>\"'“”„«»-"
_KEPT = 40  # characters of the longest word that is remembered
_STRUNG_LETTERS = 12  # in one word, from which on it may be several
_LETTERS = 6  # set apart one by one: from so many on they are no initials
_VOWELS = 0.28  # share of the letters of a line below which it is in no language that we know
_LONG = 16  # letters of a line that are enough to count

Span = tuple[int, int]


@dataclass(frozen=True)
class Bare:
    """Words as they are without disguise, joined by single spaces, and the spans of the page that each was."""

    text: str
    begins: Sequence[int]  # of the words in `text`
    places: Sequence[Span]  # of the words on the page
    joined: frozenset[int]  # numbers of the words that may be several

    def span(self, start: int, end: int) -> Span:
        return self.places[self._word(start)][0], self.places[self._word(end - 1)][1]

    def loose(self, at: int) -> bool:
        """Whether a word may begin or end at any letter there."""
        return bool(self.joined) and self._word(at) in self.joined

    def _word(self, at: int) -> int:
        return bisect_right(self.begins, at) - 1


def readings(text: str) -> Iterator[Bare]:
    """The page as it may be read: as it stands, what lines break as one word, and lines that are turned."""
    yield bare(text)
    if _BROKEN.search(text):
        yield bare(_BROKEN.sub(2 * _SOFT, text))
    turned = "\n".join(map(_turned, text.split("\n")))
    if not turned.isspace():
        yield bare(turned)


def bare(text: str) -> Bare:
    mixed = not text.isascii() and _MIXED.search(text) is not None
    leet = len(_MUCH_LEET.findall(text)) >= _MANY
    words: list[str] = []
    begins: list[int] = []
    places: list[Span] = []
    joined: set[int] = set()
    at = 0
    for raw, start, end, several in _words(text):
        folded = _folded if len(raw) <= _KEPT else fold
        if word := folded(raw, mixed, leet):
            if several:
                joined.add(len(words))
            words.append(word)
            begins.append(at)
            places.append((start, end))
            at += len(word) + 1
    return Bare(" ".join(words), begins, places, frozenset(joined))


def fold(word: str, mixed: bool = False, leet: bool = False) -> str:
    """A word in small letters without accents, digits and letters of other scripts as the letters that they stand for."""
    if _STRUNG.match(word):
        word = _STRUNG.sub(lambda m: _STRINGS.sub("", m[0]), word)
    if "\\u" in word:  # JSON
        word = _ESCAPED.sub(lambda m: chr(int(m[1], 16)), word)
    if not word.isascii():
        if mixed and not _FOREIGN.search(latin := word.translate(LOOKALIKES)):
            word = latin
        apart = unicodedata.normalize("NFKD", word.lower())
        seen = "".join(c for c in apart if unicodedata.category(c) not in _UNSEEN)
        word = unicodedata.normalize("NFC", seen).translate(_ALIKE)
    word = word.lower()
    inner = word.strip(_AROUND)
    disguised = _LEET.match(inner) or (leet and _SHORT_LEET.match(inner))
    return word.translate(_DIGITS) if disguised else word


_folded = lru_cache(maxsize=16384)(fold)


def _words(text: str) -> Iterator[tuple[str, int, int, bool]]:
    """Words with their places, letters that stand apart joined; whether one may be several words."""
    run: list[Span] = []
    for m in _WORD.finditer(text):
        start, end = m.span()
        if end - start == 1:
            run.append((start, end))
            continue
        if run:
            yield from _run(text, run)
            run = []
        strung = end - start > 2 * _STRUNG_LETTERS and _STRUNG.match(text, start) is not None
        yield m[0], start, end, strung
    yield from _run(text, run)


def _run(text: str, run: Sequence[Span]) -> Iterator[tuple[str, int, int, bool]]:
    """The words of characters that stand alone, one after the other: parted by wider spaces, or nobody knows how."""
    if not run:
        return
    letters = sum(not text[a].isdigit() for a, _ in run)
    if len(run) < _LETTERS or 2 * letters < len(run):
        yield from ((text[a:b], a, b, False) for a, b in run)
        return
    spaced = any(b[0] - a[1] > 1 for a, b in pairwise(run))
    word: list[Span] = []
    for a, b in run:
        parts = spaced and word and (a - word[-1][1] > 1 or text[a - 1] == "\n")
        if parts:
            yield _joined(text, word, False)
            word = []
        word.append((a, b))
    yield _joined(text, word, not spaced)


def _joined(text: str, run: Sequence[Span], several: bool) -> tuple[str, int, int, bool]:
    return "".join(text[a:b] for a, b in run), run[0][0], run[-1][1], several


def _turned(line: str) -> str:
    """A line turned by ROT13, where its letters have too few vowels for any language; else as many spaces."""
    letters = line.lower()
    if len(line) >= _LONG and sum(map(letters.count, "aeiou")) < _VOWELS * len(line):
        count = sum(map(str.isalpha, line))
        if count >= _LONG and sum(map(letters.count, "aeiou")) < _VOWELS * count:
            return codecs.encode(line, "rot13")
    return " " * len(line)
