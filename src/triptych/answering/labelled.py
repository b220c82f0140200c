"""Values near printed labels: *Driver | Dorian Naylor*, *Date: 7 May*, *Issued 2 May*. Whether the two belong together is
told by their places and marks, and stays a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from triptych.answering import roles, shapes
from triptych.answering.fact import INLINE, PRINTED, Fact
from triptych.answering.fields import fields_at, is_header
from triptych.answering.labels import matched
from triptych.answering.layout import Layout, Segment, Span
from triptych.values import number_readings

_COLON = re.compile(r"(?:^|(?<=[|;·•]\s)|(?<=\s{2}))[\W_]*([^\W\d_][^:：|;]{0,39}?)\s*[:：](?!//|\d\d\b)")
_LABEL_WORDS = 6


def labelled(layout: Layout) -> Iterator[Fact]:
    """Labels with what stands beside or under them, in reading order."""
    titles = {s.start for s in roles.titles(layout)}
    data = data_of(layout)
    for segment in layout.segments:
        for a, b in _labels(segment, segment.start in titles):
            colon = b < len(segment.text.rstrip())
            if colon or data != TABLE:
                yield from (
                    f
                    for f in _printed(layout, segment, a, b)
                    if colon or not data or not is_number(layout, f)
                )
        yield from _inline(layout, segment)


def is_number(layout: Layout, fact: Fact) -> bool:
    """Whether the value is a number and nothing else."""
    return _is_number(" ".join(layout.text.text[a:b] for a, b in fact.value))


BILL, TABLE = "bill", "table"
_NUMBERS = 8  # cells or ticks with nothing but a number, of which a page of data has so many
_SHARE = 0.35  # and this share of all its segments


@lru_cache(maxsize=64)
def data_of(layout: Layout) -> str:
    """Whether a page is a chart or a table of numbers, or a bill or another list of amounts; "" for none. Which of
    the numbers is meant does not follow from one label."""
    bare = [s.text.strip(" %") for s in layout.segments if _is_number(s.text)]
    if len(bare) < max(_NUMBERS, _SHARE * len(layout.segments)):
        return ""
    return BILL if sum(t[-3:-2] in ".," for t in bare if len(t) > 3) > len(bare) / 3 else TABLE


def _labels(segment: Segment, title: bool) -> Iterator[Span]:
    """Characters of a segment that may be a label: before a colon, or all of a short one that is no title."""
    found = [m.span(1) for m in _COLON.finditer(segment.text)]
    yield from found
    if not found and not title and _short(segment.text):
        yield 0, len(segment.text)


def _short(text: str) -> bool:
    """A few words, no sentence, no number."""
    tokens = text.split()
    return (
        0 < len(tokens) <= _LABEL_WORDS
        and sum(map(str.isalpha, text)) >= 2
        and sum(map(str.isdigit, text)) <= 2
        and (not text.rstrip().endswith((".", ",", ";")) or len(tokens) <= 2)
    )


def _printed(layout: Layout, segment: Segment, a: int, b: int) -> Iterator[Fact]:
    match = matched(layout, segment, a, b, 1.0)
    label = " ".join(segment.text[a:b].split())
    under = [s.text for s in layout.below(segment, 12.0)[:2]]
    if len(under) > 1 and all(map(_is_number, under)) and is_header(layout, segment, match):
        return  # of a table: which row is another question
    if b >= len(segment.text.rstrip(" :")) and _is_row(layout, segment):
        return  # of a table, or a list of choices: which column is another question
    for field in fields_at(layout, [match], label)[:3]:
        if field.apart and field.score - match.score > 0:
            at, lie = (match.start, match.end), field.score - match.score
            yield Fact(field.spans, label, (), at, lie, PRINTED)


def _is_row(layout: Layout, segment: Segment) -> bool:
    """Whether several numbers, or a list of three and more, stand right of a label."""
    right = [s.text for s in layout.right_of(segment)[:3]]
    return (
        all(map(_is_number, right[:2]))
        if len(right) == 2
        else len(right) > 2 and not any(map(_names_itself, right))
    )


def _is_number(text: str) -> bool:
    return bool(number_readings(text.strip(" %")))


def _names_itself(text: str) -> bool:
    words = roles.words(text.split(":")[0])
    return ":" in text or (bool(words) and roles.known(words[0]))


def _inline(layout: Layout, segment: Segment) -> Iterator[Fact]:
    """*Issued 2 May 2020* and columns of plain text, whose label has no colon."""
    text = segment.text
    for start, end in _valued(text):
        head = text[:start].rstrip(" :.-–#")
        if (
            head
            and not shapes.every(shapes.DAY, text[: start + 6])
            and _short(head)
            and len(head.split()) <= 4
            and not text[end:].strip(" .,;)")
        ):
            at = segment.start, segment.start + len(head)
            yield Fact(((segment.start + start, segment.start + end),), head, (), at, 0.7, INLINE)


def _valued(text: str) -> Iterator[Span]:
    """Days, amounts, measures and codes of a line."""
    kinds = (shapes.DAY, shapes.TIME, shapes.HEAT, shapes.MASS, shapes.SPAN, shapes.MONEY)
    yield from {s for kind in kinds if (s := shapes.first_of(kind, text))}
    if m := re.search(r"(?<=\s)[A-Z0-9*#+(][\w*#+()/-]*\d[\w*()/-]*(?: [\d*()-]+)*$", text):
        yield m.span()
