"""The sentence that answers: for questions to running text, where no field, table or chart does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log

from triptych.answering.cells import alike
from triptych.answering.question import AMOUNT, COUNT, DATE, PERCENT, PERSON, SITE, STOP, content_words
from triptych.types import PageText
from triptych.values import dates, is_year, numbers

LONGEST = 420  # characters of a quoted sentence
_END = re.compile(
    r"(?<=[.!?。！？])(?<!\b(?:Inc|Ltd|Mrs)\.)(?<!\b(?:Dr|Mr|Ms|Co|No|St|Nr)\.)(?<!\bCorp\.)[\"'”)\]]*(?=\s+[\"'“(\[]?[A-ZÄÖÜÀ-Ý0-9•])"
    r"|\n\s*\n|(?<=[。！？])|\n(?=\s*(?:[-*•|#]|\d{1,2}[.)]\s))"
)
_SHORT = 0.7  # of a usual line: one that ends here before a capital ends a heading or an entry
_NAME = re.compile(
    r"(?:Dr\. |Prof\. )?[A-ZÄÖÜÀ-Ý][\w'’.-]*(?: (?:(?:&|de|van|von|der|du|la|of)(?: (?:de|der|la))? )?[A-ZÄÖÜÀ-Ý][\w'’-]*(?:\.(?= [A-Z]))?)*"
)
_YEAR = re.compile(r"\b(?:1[6-9]|20)\d\d\b")
_DIGITS = 0.34  # of the words of a sentence, at most this share are numbers
NAMED = 0.35  # what a name weighs in a sentence of a file that is known to be about it


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence `[start, end)` of a page, the answer in it, and the share of the question that it holds."""

    start: int
    end: int
    value: tuple[int, int]
    score: float


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans of sentences; line breaks inside a sentence do not end it, blank lines and short lines do."""
    spans = []
    at = 0
    for end in sorted({*(m.end() for m in _END.finditer(text)), *_line_ends(text), len(text)}):
        piece = text[at:end]
        if _is_prose(piece):
            lead = len(piece) - len(piece.lstrip(" \n-*•#"))
            spans.append((at + lead, at + len(piece.rstrip())))
        at = end
    return spans


def _line_ends(text: str) -> list[int]:
    """Ends of lines that are clearly shorter than the usual one and before a capital."""
    lines = text.split("\n")
    usual = sorted(map(len, lines))[int(0.8 * (len(lines) - 1))]
    ends, at = [], 0
    for line, after in pairwise(lines):
        at += len(line) + 1
        if len(line) < _SHORT * usual and after[:1].isupper():
            ends.append(at)
    return ends


def _is_prose(piece: str) -> bool:
    """Words in lines of some length, small ones among them: no table, no chart, no list of amounts."""
    words = piece.split()
    digits = sum(any(c.isdigit() for c in w) for w in words)
    small = {w.casefold() for w in words} & STOP
    return (
        len(words) >= 5
        and digits <= _DIGITS * len(words)
        and len(words) >= 3 * (piece.strip().count("\n") + 1)
        and len(small) >= 2 - (len(words) < 9)
    )


def passages(
    pages: Sequence[PageText], terms: Sequence[str], expects: str, names: Sequence[str] = ()
) -> list[list[Passage]]:
    """For each page its sentences that hold words of the question and a value of the expected type, best
    first. Rare words count more: the weights are those of all sentences of all pages."""
    split = [[(a, b, frozenset(content_words(p.text[a:b]))) for a, b in sentences(p.text)] for p in pages]
    counts = Counter(w for page in split for _, _, words in page for w in words)
    total = 1 + sum(len(page) for page in split)
    like = {t: frozenset(w for w in counts if w[:1] == t[:1] and alike(t, w)) for t in terms}
    known = set(names) if set(terms) - set(names) else set()
    weights = {
        t: (NAMED if t in known else 1.0) * log(total / (1 + sum(counts[w] for w in like[t]))) for t in terms
    }
    whole = sum(weights.values()) or 1.0
    found = []
    for page, spans in zip(pages, split, strict=True):
        mine = []
        for start, end, words in spans:
            held = sum(weight for term, weight in weights.items() if like[term] & words)
            if held / whole < 0.3:
                continue
            value = _value(page.text, start, end, terms, expects)
            if value[0] < value[1] and end - start <= 3 * LONGEST:
                crowd = max(0.0, len(words) / 40 - 1) * 0.1  # a list of everything holds every word
                mine.append(Passage(start, end, value, held / whole - crowd))
        found.append(sorted(mine, key=lambda p: -p.score))
    return found


def _value(text: str, start: int, end: int, terms: Sequence[str], expects: str) -> tuple[int, int]:
    """The one value of the expected type in a sentence, the sentence where there are several or none is
    expected; an empty span where one is expected and there is none."""
    piece = text[start:end]
    if expects == DATE:
        found = [(d.start, d.end) for d in dates(piece)] or [
            m.span() for m in _YEAR.finditer(piece) if m[0] not in terms
        ]
    elif expects in (AMOUNT, COUNT, PERCENT):
        found = _numbers(piece, terms, expects)
    elif expects in (PERSON, SITE):
        return _named(text, start, end, terms)
    else:
        return start, end
    if not found:
        return start, start
    return (start + found[0][0], start + found[0][1]) if len(found) == 1 else (start, end)


def _numbers(piece: str, terms: Sequence[str], expects: str) -> list[tuple[int, int]]:
    """Numbers that the question does not name; where it counts things, those before the counted word."""
    days = [(d.start, d.end) for d in dates(piece)]
    asked = set(terms)
    found = [
        (n.start, n.end)
        for n in numbers(piece)
        if (n.percent or expects != PERCENT)
        and n.text not in asked
        and not is_year(n.text)
        and not any(a <= n.start < b for a, b in days)
    ]
    if expects != COUNT or len(found) < 2 or not terms:
        return found
    before = [
        (a, b) for a, b in found if any(alike(terms[0], w) for w in content_words(piece[b : b + 30])[:2])
    ]
    return before if len(before) == 1 else found


def _named(text: str, start: int, end: int, terms: Sequence[str]) -> tuple[int, int]:
    """The one name in a sentence that the question does not say; else the sentence."""
    found = [
        m
        for m in _NAME.finditer(text, start, end)
        if (words := content_words(m[0])) and not any(alike(t, w) for t in terms for w in words)
    ]
    longer = [m for m in found if m.start() > start] or found
    if len(longer) > 1:
        longer = [m for m in longer if " " in m[0]]
    return (
        (longer[0].start(), longer[0].start() + len(longer[0][0].rstrip(".,")))
        if len(longer) == 1
        else (start, end)
    )
