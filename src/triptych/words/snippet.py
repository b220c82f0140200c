"""The few lines of a page that show why it was found, with the words that matched.

Pure functions of a page's text and a question; boxes come from the page's words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from triptych import values
from triptych.types import Box, PageText
from triptych.words import slips, tokens
from triptych.words.language import stems
from triptych.words.terms import Query, Value

_Reader = Callable[[str], Sequence[tuple[int, int, str]]]
LENGTH = 240  # characters of a snippet, about
Weight = Callable[[str, str], float]  # (field, token) -> how rare it is


class Match(NamedTuple):
    """Characters `[start, end)` that answer to the term `term` of the question, which weighs `weight`."""

    start: int
    end: int
    term: str
    weight: float


@dataclass(frozen=True, slots=True)
class Snippet:
    """A part of the page's text, the spans of it that matched, and where they stand on the page."""

    text: str
    marks: tuple[tuple[int, int], ...]
    boxes: tuple[Box, ...]


def snippet(page: PageText, start: int, end: int, query: Query, weight: Weight) -> Snippet:
    """The best few lines of `page.text[start:end]`, marked. Without a match: its first lines."""
    found = matches(page.text[start:end], query, weight)
    found = [Match(m.start + start, m.end + start, m.term, m.weight) for m in found]
    first, last, best = _window(found, start)
    first, last = _rounded(page.text, first, last, start, end)
    inside = _runs(page.text, [m for m in best if m.start >= first and m.end <= last])
    text = page.text[first:last]
    marks = tuple((a - first, b - first) for a, b in inside)
    spans = inside or [(first, last)]
    boxes = [box for a, b in spans for box in page.boxes_in(a, b)]
    return Snippet(text, marks, tuple(dict.fromkeys(boxes)))


def matches(text: str, query: Query, weight: Weight) -> list[Match]:
    """Words and values of `text` that the question asks for, by place."""
    wanted = _wanted(query)
    found: list[Match] = []
    spans = _candidates(text, wanted.starts)
    root_of = _stems_of({t.text for t in spans} - wanted.root.keys(), wanted.stems, query.languages)
    for token in spans:
        if token.text in wanted.root:
            root = wanted.root[token.text]
            found.append(Match(token.start, token.end, root, weight("text", token.text)))
        elif (stem := root_of.get(token.text)) is not None:
            found.append(Match(token.start, token.end, wanted.stems[stem], weight("stem", stem)))
    if query.values:
        values = _values(text, query.exact, _read) or _values(text, query.slips, _misread)
        found += [Match(a, b, key, weight("exact", key)) for a, b, key in values]
    return sorted(found)


def holds(text: str, value: Value) -> bool:
    """Whether a value stands in `text`, in any style or as OCR may have misread it."""
    return bool(_values(text, value.keys, _read) or _values(text, value.slips, _misread))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What one question looks for in every text."""

    root: Mapping[str, str]  # of each word and pair asked for, so that forms of a word count as one term
    stems: Mapping[str, str]  # in any language of the library, and the root of each
    starts: tuple[str, ...]  # how words begin, in folded case, that may be one of these


@lru_cache(maxsize=64)
def _wanted(query: Query) -> _Wanted:
    forms = [(word, stems[0]) for word, stems in zip(query.words, query.stems, strict=True)]
    root = {pair: pair for pair in query.pairs} | dict(reversed(forms))
    roots = {stem: stems[0] for stems in reversed(query.stems) for stem in stems}
    return _Wanted(root, roots, tuple({word[:3] for word in {*root, *roots}}))


def _candidates(text: str, starts: Sequence[str]) -> list[tokens.Token]:
    """Tokens of `text`, of which those that begin otherwise than all that is wanted may be left out: most are
    plain Latin words, found at once; what may fold to something else is looked at one by one."""
    low, plain = text.lower(), text.isascii()
    if not plain and (_FOLDS.search(text) or len(low) != len(text)):
        return tokens.spans(text)
    places = _places(low, starts)
    if not plain:
        places.update(m.start() for m in _BEYOND.finditer(low))
    found = []
    for start in sorted(places):
        end = _END.search(low, start)
        last = end.start() if end else len(low)
        word = low[start:last]
        if plain or word.isascii():
            found.append(tokens.Token(word, start, last))
        else:
            found += [tokens.Token(t.text, start, last) for t in tokens.spans(word)]
    return found


def _places(low: str, starts: Sequence[str]) -> set[int]:
    """Where words stand that begin so. Plain searching: a pattern of them all takes twice as long on a page, and
    longer than that to compile for each question."""
    places = set()
    for start in starts:
        at = low.find(start)
        while at >= 0:
            if not at or not low[at - 1].isalnum():
                places.add(at)
            at = low.find(start, at + 1)
    return places


_END = re.compile(r"[\W_]")  # the first character after a word
# Words with letters beyond ASCII, which may fold to a wanted one.
_BEYOND = re.compile(r"(?<![^\W_])[a-z0-9]*[^\W_\x00-\x7f][^\W_]*")
# Letters that fold to others, marks, and scripts whose words are cut into pairs: not Latin.
_FOLDS = re.compile("[\u0250-\u1fff\u2c00-\ud7ff\uf900-\uffff\U00010000-\U0010ffff]")


def _stems_of(words: set[str], roots: Mapping[str, str], languages: Sequence[str]) -> dict[str, str]:
    """Stem of each of `words` that is one of `roots`, in the first of `languages` in which it is. Stems keep the
    first letters: few need stemming."""
    starts = tuple(root[:3] for root in roots)
    near = [w for w in words if w.startswith(starts)]
    found: dict[str, str] = {}
    for name in reversed(languages if near else ()):
        found |= {w: stem for w, stem in zip(near, stems(near, name), strict=True) if stem in roots}
    return found


def _values(text: str, asked: Sequence[str], read: _Reader) -> list[tuple[int, int, str]]:
    """Numbers, dates and codes of `text` that have one of the keys `asked`."""
    wanted = set(asked)
    here = [signs for signs in map(_signs, wanted) if all(sign in text for sign in signs)]
    found: list[tuple[int, int, str]] = []
    if not here:
        return found
    at = 0
    for line in text.split("\n"):
        if any(all(sign in line for sign in signs) for signs in here):  # reading values is slow
            found += [(at + a, at + b, key) for a, b, key in read(line) if key in wanted]
        at += len(line) + 1
    return found


# Lines of a page that is found are found again.
_read = lru_cache(maxsize=8192)(values.keys)
_misread = lru_cache(maxsize=8192)(slips.keys)


def _signs(key: str) -> tuple[str, ...]:
    """Digits that a line must hold, however it prints the value: the last ones of a whole number, day and
    year of a date, and of a code those that OCR does not confuse with letters."""
    kind, _, value = key.partition(":")
    if kind in ("~n", "~d", "s"):
        return tuple({*value} & {*"34679"})
    if kind == "n":
        return (value.lstrip("-").partition(".")[0][-3:].lstrip("0"),)
    if kind == "d":
        return value[2:4], value[-2:].lstrip("0")
    return tuple({*value} & {*"0123456789"})


def _window(found: Sequence[Match], start: int) -> tuple[int, int, list[Match]]:
    """(first, last, matches) of the run of matches within LENGTH that weighs most, a term counted once
    in full and a little for each time more."""
    if not found:
        return start, start + LENGTH, []
    best, most = (0, 1), -1.0
    for i, head in enumerate(found):
        seen: dict[str, float] = {}
        j = i
        while j < len(found) and found[j].end <= head.start + LENGTH:
            m = found[j]
            seen[m.term] = seen.get(m.term, 0.0) + (0.1 * m.weight if m.term in seen else m.weight)
            j += 1
        total = sum(seen.values())
        if total > most + 1e-9:
            best, most = (i, max(j, i + 1)), total
    chosen = list(found[best[0] : best[1]])
    first, last = chosen[0].start, max(m.end for m in chosen)
    slack = max(0, LENGTH - (last - first))
    return first - slack // 3, last + slack - slack // 3, chosen


def _rounded(text: str, first: int, last: int, start: int, end: int) -> tuple[int, int]:
    """The window within `[start, end)`, moved outwards to borders of words, spaces at the ends dropped."""
    first, last = max(start, first), min(end, max(last, first + 1))
    while first > start and not text[first - 1].isspace() and first > start - 40:
        first -= 1
    while last < end and not text[last].isspace():
        last += 1
    while first < last and text[first].isspace():
        first += 1
    while last > first and text[last - 1].isspace():
        last -= 1
    return first, last


def _runs(text: str, found: Sequence[Match]) -> list[tuple[int, int]]:
    """Spans of matches; those that overlap, or that only space and punctuation of one line parts, joined."""
    runs: list[tuple[int, int]] = []
    for m in sorted(found):
        if runs and (m.start <= runs[-1][1] or _apart(text[runs[-1][1] : m.start])):
            runs[-1] = (runs[-1][0], max(runs[-1][1], m.end))
        else:
            runs.append((m.start, m.end))
    return runs


def _apart(between: str) -> bool:
    return len(between) <= 3 and "\n" not in between and not any(c.isalnum() for c in between)
