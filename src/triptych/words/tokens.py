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
from triptych.words import slips

VERSION = 2  # part of the index: another number means other tokens, and the index is made again
SHORTEST_PART = 3  # characters by which a code can be found
_LONGEST = 64  # characters of a token; what is longer is no word that anybody types

# Combining marks and joiners, which belong to the word: re's \\w leaves them out.
_MARKS = (
    "\u00ad\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf-\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f"
    "\u0670\u06d6-\u06ed\u0711\u0730-\u074a\u07a6-\u07b0\u0816-\u082d\u0859-\u085b\u0898-\u089f\u08ca-\u0963"
    "\u0971-\u0dff\u0e30-\u0e3a\u0e47-\u0e4e\u0eb0-\u0ebc\u0ec8-\u0ece\u0f18\u0f19\u0f35\u0f37\u0f39\u0f3e\u0f3f"
    "\u0f71-\u0fbc\u102b-\u103e\u1056-\u109d\u135d-\u135f\u1712-\u1773\u17b4-\u17d3\u17dd\u180b-\u180f"
    "\u1920-\u193b\u1a17-\u1a7f\u1ab0-\u1ace\u1b00-\u1b44\u1b80-\u1bf3\u1c24-\u1c37\u1cd0-\u1cf9\u1dc0-\u1dff"
    "\u200c\u200d\u20d0-\u20f0\u302a-\u302f\u3099\u309a\ua802-\ua82c\ua880-\ua8c5\ua8e0-\ua8ff\ua926-\ua953"
    "\ua980-\ua9c0\uaa29-\uaabf\uaaeb-\uaaf6\uabe3-\uabed\ufe00-\ufe0f\ufe20-\ufe2f"
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
    }
)
# Marks of Latin, Greek and Cyrillic letters, and points of Hebrew and Arabic, which are mostly not written.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]"
)
_UNSEEN = re.compile("[\u00ad\u0640\u200c\u200d\ufe00-\ufe0f]")  # soft hyphens, joiners, lengthened strokes
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_DIGIT = re.compile(r"\d")
_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")
_AROUND = 3  # words before and after a digit that may belong to its value: a month, a currency, half a code


class Token(NamedTuple):
    """A token and the characters `[start, end)` of the text that gave it."""

    text: str
    start: int
    end: int


def words(text: str, accents: bool = False) -> list[str]:
    """Folded tokens of `text`, in order. With `accents` these stay, as stemmers want them."""
    text = _POSSESSIVE.sub("", text)
    return [token for word in _WORD.findall(text) for token in _folded(word, accents)]


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
def _folded(word: str, accents: bool = False) -> tuple[str, ...]:
    """Tokens of one run of letters, digits and marks: mostly one; pairs for scripts without spaces."""
    if word.isascii():
        return (word.lower()[:_LONGEST],)
    plain = _UNSEEN.sub("", unicodedata.normalize("NFKD", word).casefold())
    if not accents:
        plain = _ACCENTS.sub("", plain.translate(_PLAIN_LETTERS))
    plain = unicodedata.normalize("NFC", _FOREIGN_DIGIT.sub(_ascii_digit, plain))
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


def _ascii_digit(found: re.Match[str]) -> str:
    return str(unicodedata.decimal(found[0]))


def _pairs(run: str) -> list[str]:
    """Overlapping pairs of letters with their marks; a single letter stands alone."""
    letters = _CLUSTER.findall(run)
    if len(letters) < 2:
        return letters
    return [a + b for a, b in pairwise(letters)]


def exact(text: str) -> list[str]:
    """One token per reading of each number, date and code, and one per e-mail address, sorted."""
    found = {key for part in _around_digits(text) for _, _, key in values.keys(part)}
    return sorted(_tokens(found) | {key for _, _, key in _emails(text)})


def values_of(text: str) -> list[tuple[int, int, str]]:
    """`(start, end, token)` of each reading of each value of a short text, by place."""
    found = [(a, b, key[:_LONGEST]) for a, b, key in values.keys(text) if " " not in key]
    return sorted([*found, *_emails(text)])


def indexed(text: str) -> list[str]:
    """As `exact`, with what may have stood there before OCR (`slips.keys`), sorted."""
    found: set[str] = set()
    for part in _around_digits(text):
        found.update(key for _, _, key in values.keys(part))
        found.update(key for _, _, key in slips.keys(part))
    return sorted(_tokens(found) | {key for _, _, key in _emails(text)})


def tails(exact: Sequence[str]) -> list[str]:
    """The ends of the codes among tokens of `exact`, sorted: what a part of a code is the beginning of."""
    codes = [token[2:] for token in exact if token.startswith("c:")]
    return sorted({code[at:] for code in codes for at in range(1, len(code) - SHORTEST_PART + 1)})


def _tokens(keys: set[str]) -> set[str]:
    return {key[:_LONGEST] for key in keys if " " not in key}


def _emails(text: str) -> list[tuple[int, int, str]]:
    found = _EMAIL.finditer(text) if "@" in text else ()
    return [(m.start(), m.end(), f"e:{m[0].casefold()}"[:_LONGEST]) for m in found]


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
