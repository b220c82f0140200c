"""Text into the tokens that the keyword index holds. Made by us, so that every store sees the same ones.

`words` are folded: NFKC, case, accents of Latin, Greek and Cyrillic letters. Scripts that write without
spaces (Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese) become overlapping pairs; words of Indic and
other scripts keep their combining marks, for these carry vowels. `exact` gives one token per value,
however it is printed: 129.50 and 129,50 share one (see `values.keys`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from triptych import values

VERSION = 1  # part of the index: another number means other tokens, and the index is made again
_LONGEST = 64  # characters of a token; what is longer is no word that anybody types

# Blocks where combining marks belong to the word: Indic, Thai to Myanmar, Khmer. re's \w leaves marks out.
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c2\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc"
    "\u0900-\u0963\u0971-\u0dff\u0e30-\u0e3a\u0e47-\u0e4e\u0eb0-\u0ebc\u0ec8-\u0ece\u0f71-\u0f87"
    "\u102b-\u103e\u1056-\u109d\u17b4-\u17d3\u200c\u200d\u3099\u309a"
)
_WORD = re.compile(rf"(?:[^\W_]|[{_MARKS}])+")
_POSSESSIVE = re.compile(r"(?<=\w)['’]s\b", re.IGNORECASE)
# Runs of scripts without spaces between words.
_RUN = re.compile(
    "[\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+"
    "|[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+"
)
_CLUSTER = re.compile(rf"[^{_MARKS}][{_MARKS}]*|[{_MARKS}]+")
_PLAIN_LETTERS = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ı": "i",
        "\u200c": "",
        "\u200d": "",
    }
)
_ACCENTS = re.compile("[\u0300-\u036f]")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_DIGIT = re.compile(r"\d")
_AROUND = 3  # words before and after a digit that may belong to its value: a month, a currency, half a code


class Token(NamedTuple):
    """A token and the characters `[start, end)` of the text that gave it."""

    text: str
    start: int
    end: int


def words(text: str) -> list[str]:
    """Folded tokens of `text`, in order."""
    text = _POSSESSIVE.sub("", text)
    return [token for word in _WORD.findall(text) for token in _folded(word)]


def pairs(words: Sequence[str]) -> list[str]:
    """Each two neighbours of `words` written as one, in order."""
    return [a + b for a, b in pairwise(words)]


def spans(text: str) -> list[Token]:
    """As `words`, with the place of each: what marks matches in a snippet."""
    return list(_spans(text))


def _spans(text: str) -> Iterator[Token]:
    possessives = {m.start() + 1 for m in _POSSESSIVE.finditer(text)}
    for m in _WORD.finditer(text):
        if m.start() not in possessives:
            for token in _folded(m.group()):
                yield Token(token, m.start(), m.end())


@lru_cache(maxsize=65536)
def _folded(word: str) -> tuple[str, ...]:
    """Tokens of one run of letters, digits and marks: mostly one; pairs for scripts without spaces."""
    if word.isascii():
        return (word.lower()[:_LONGEST],)
    parts = unicodedata.normalize("NFKD", word).casefold().translate(_PLAIN_LETTERS)
    plain = unicodedata.normalize("NFC", _ACCENTS.sub("", parts))
    tokens: list[str] = []
    for part in _WORD.findall(plain):
        at = 0
        for run in _RUN.finditer(part):
            if run.start() > at:
                tokens.append(part[at : run.start()])
            tokens += _pairs(run.group())
            at = run.end()
        if at < len(part):
            tokens.append(part[at:])
    return tuple(token[:_LONGEST] for token in tokens)


def _pairs(run: str) -> list[str]:
    """Overlapping pairs of letters with their marks; a single letter stands alone."""
    letters = _CLUSTER.findall(run)
    if len(letters) < 2:
        return letters
    return [a + b for a, b in pairwise(letters)]


def exact(text: str) -> list[str]:
    """One token per reading of each number, date and code, and one per e-mail address, sorted."""
    found: set[str] = set()
    for part in _around_digits(text):
        found.update(key for _, _, key in values.keys(part))
    if "@" in text:
        found.update(f"e:{m.casefold()}" for m in _EMAIL.findall(text))
    return sorted(key[:_LONGEST] for key in found if " " not in key)


def _around_digits(text: str) -> Iterator[str]:
    """The stretches of each line that hold digits, with the words around them: a value is nowhere else,
    and looking for it costs far more than looking for a digit."""
    for line in text.split("\n"):
        if not _DIGIT.search(line):
            continue
        parts = line.split(" ")
        end = 0  # of the stretch under way
        start = 0
        for at, part in enumerate(parts):
            if _DIGIT.search(part):
                if end and at - _AROUND > end:
                    yield " ".join(parts[start:end])
                    end = 0
                start = start if end else max(0, at - _AROUND)
                end = at + 1 + _AROUND
        yield " ".join(parts[start:end])
