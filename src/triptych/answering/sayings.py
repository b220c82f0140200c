"""Facts of sentences: a role and what fills it.

"our housing officer Jasper Whitcombe", "the rent will be $1,250", "X (the tenant)", "room 239", "4,744 employees";
and of a whole sentence the one value of the shape that is wanted, with the rest of the sentence as its role.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from triptych.answering import shapes
from triptych.answering.fact import SAID, SENTENCE, Fact
from triptych.answering.passages import sentences
from triptych.values import dates

_ROLE = r"[a-zäöüß][\w'’-]*(?:\s[a-zäöüß][\w'’-]*){0,3}"
_PERSON = (
    r"(?:(?:Dr|Prof|Mr|Mrs|Ms)\.\s)?[A-ZÄÖÜÀ-Þ][\w'’-]+(?:\s(?:(?:van|von|de|der|la|of)\s)*(?:&\s)?[A-ZÄÖÜÀ-Þ][\w'’-]+){0,4}"
    r"(?:\s(?:Inc|Ltd|Co|Corp)\.)?"
)
_FIGURE = (
    r"(?:[$€£]|[A-Z]{3}\s|RM\s?)?[-\d](?:[\d.,:'/-]*\d)?(?:\s(?:million|billion|thousand|Mio\.?|Mrd\.?))?"
    r"(?:\s?(?:%|percent|per cent|°\s?[CF]?|(?!(?:and|or|per|for|in|on|at|of|to|the|is|are|from|with|by|as|und|et|y)\b)[A-Za-z]{1,8})\b)?"
)
_BE = (
    r"(?:is|are|was|were|will\sbe|amounts?\sto|amounted\sto|comes\sto|totals|totalled|stands\sat|stood\sat|reached"
    r"|ist|sind|war|beträgt|betrug|est|sont|était|es|son|era|asciende\sa)"
)
_FACTS = tuple(
    (re.compile(pattern), role, value)
    for pattern, role, value in (
        (rf"({_PERSON})\s?(?:\(|,\s)(?:hereinafter\s|called\s|hereafter\s)*(?:[Tt]he|our|their|as|die|der|le|la|el)?\s?[\"“']?([A-Za-zäöü][\w'’-]*(?:\s[\w'’-]+){{0,3}})[\"”']?(?:\)|,|\.)", 2, 1),
        (rf"\b(?:[Oo]ur|[Tt]he|[Yy]our|[Tt]heir|[Hh]er|[Hh]is|[Uu]nsere?n?|[Nn]otre|[Nn]uestr[oa])\s({_ROLE})[,:]?\s({_PERSON})", 1, 2),
        (rf"({_ROLE}|[A-Z][a-z]+(?:\s{_ROLE})?)\s{_BE}\s(?:set\sat\s|now\s|at\s|currently\s|about\s|called\s)?({_PERSON}|{_FIGURE}|[A-Z]+-?\d[\w-]*)", 1, 2),
        (rf"({_ROLE})\s(?:by|durch|par|por)\s({_PERSON})", 1, 2),
        (r"\b([A-Za-z][a-z]{2,})(?:\s(?:no\.?|number|nr\.?))?[\s:#]{1,2}([A-Z]{0,4}-?\d(?:[\w./-]*\w)?)(?![\w%€$£]|[.,]\d|\s?°)", 1, 2),
        (r"(?<![\w.,$€£])(?<!\bper )(\d(?:[\d.,']*\d)?(?:\s?(?:kg|g|mg|ml|cl|l|tbsp|tsp|cups?|km|m|cm|mm|kW|kWh|MB|GB)\b)?)\s((?:[a-z]+\s)?[a-z]{3,})\b", 2, 1),
    )
)  # fmt: skip
_WRAPS = 6  # words on a line that may go on in the next one
_WORDS = 40  # of a sentence that can stand for one fact


def said(text: str, kind: str, apart: bool) -> Iterator[Fact]:
    """The facts that the sentences of a text state, those of the wanted shape; `apart`: lines of their own, too."""
    prose = [span for span in sentences(text) if "|" not in text[slice(*span)]]
    lines = [m.span() for m in re.finditer(r"[^\n]+", text)]
    alone = [(a, b) for a, b in lines if not any(s < b and a < e for s, e in prose) and "|" not in text[a:b]]
    wrapped = [
        (a, d) for (a, b), (c, d) in pairwise(lines) if len(text[a:b].split()) >= _WRAPS and c == b + 1
    ]
    for start, end in (*prose, *(alone if apart else ()), *wrapped):
        yield from _facts(text[start:end], start, kind)
    for start, end in prose:
        yield from _whole(text[start:end], start, kind)


def _facts(piece: str, start: int, kind: str) -> Iterator[Fact]:
    days = dates(piece)
    for pattern, role, value in _FACTS:
        for m in pattern.finditer(piece):
            a, b = m.span(value)
            b = a + len(piece[a:b].rstrip(" .,"))
            in_day = any(d.start < b and a < d.end and b - a < d.end - d.start for d in days)
            if not in_day and shapes.fits(piece[a:b], kind) >= 0:
                at = start + m.start(role), start + m.end(role)
                yield Fact(((start + a, start + b),), " ".join(m[role].split()), (), at, 0.6, SAID)


def _whole(piece: str, start: int, kind: str) -> Iterator[Fact]:
    """A sentence with each of its values of the wanted shape; the rest of the sentence says the role."""
    if len(piece.split()) > _WORDS:
        return
    found = shapes.every(kind, piece)
    for i, (a, b) in enumerate(found):
        rest = f"{piece[:a]} {piece[b:]}"
        if i and kind != shapes.NAME and len(clause := piece[found[i - 1][1] : a].split()) > 1:
            rest = " ".join(
                [*piece.split()[:3], *clause]
            )  # "the fair opens on 2 May and closes on 30 September"
        elif len(found) > 1 and kind != shapes.NAME and len(piece[:a].split()) > 1:
            rest = piece[:a]
        at = start, start + len(piece)
        yield Fact(((start + a, start + b),), " ".join(rest.split()), (), at, 0.5, SENTENCE)
