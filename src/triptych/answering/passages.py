"""The sentence that answers: for questions to running text, where no field, table or chart does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from triptych.answering.cells import alike
from triptych.answering.question import AMOUNT, COUNT, DATE, PERCENT, content_words
from triptych.types import PageText
from triptych.values import dates, numbers

LONGEST = 420  # characters of a quoted sentence
_END = re.compile(r"(?<=[.!?。！？])[\"'”)\]]*(?=\s+[\"'“(\[]?[A-ZÄÖÜÀ-Ý0-9•])|\n\s*\n|(?<=[。！？])")


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence `[start, end)` of a page, the answer in it, and the share of the question that it holds."""

    start: int
    end: int
    value: tuple[int, int]
    score: float


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans of sentences; line breaks inside a sentence do not end it, blank lines do."""
    spans = []
    at = 0
    for end in [*(m.end() for m in _END.finditer(text)), len(text)]:
        piece = text[at:end]
        if _is_prose(piece):
            lead = len(piece) - len(piece.lstrip())
            spans.append((at + lead, at + len(piece.rstrip())))
        at = end
    return spans


def _is_prose(piece: str) -> bool:
    """Words in lines of some length: no table, no chart, no list of amounts."""
    words = piece.split()
    digits = sum(any(c.isdigit() for c in w) for w in words)
    return (
        len(words) >= 5 and digits <= 0.4 * len(words) and len(words) >= 3 * (piece.strip().count("\n") + 1)
    )


def passages(pages: Sequence[PageText], terms: Sequence[str], expects: str) -> list[list[Passage]]:
    """For each page its sentences that hold words of the question and a value of the expected type, best
    first. Rare words count more: the weights are those of all sentences of all pages."""
    split = [[(a, b, frozenset(content_words(p.text[a:b]))) for a, b in sentences(p.text)] for p in pages]
    counts = Counter(w for page in split for _, _, words in page for w in words)
    total = 1 + sum(len(page) for page in split)
    like = {t: frozenset(w for w in counts if w[:1] == t[:1] and alike(t, w)) for t in terms}
    weights = {t: log(total / (1 + sum(counts[w] for w in like[t]))) for t in terms}
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
        found = [(d.start, d.end) for d in dates(piece)]
    elif expects in (AMOUNT, COUNT, PERCENT):
        days = [(d.start, d.end) for d in dates(piece)]
        asked = set(terms)
        found = [
            (n.start, n.end)
            for n in numbers(piece)
            if (n.percent or expects != PERCENT)
            and n.text not in asked
            and not re.fullmatch(r"(?:19|20)\d\d", n.text)
            and not any(a <= n.start < b for a, b in days)
        ]
    else:
        return start, end
    if not found:
        return start, start
    return (start + found[0][0], start + found[0][1]) if len(found) == 1 else (start, end)
