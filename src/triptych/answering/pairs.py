"""What a page says of what: labels with their values, and facts of sentences as if they had labels.

*Driver | Dorian Naylor*, *Date: 7 May*, *Issued 2 May*, "our housing officer Jasper Whitcombe", "the rent will be
$1,250", "room 239": each is a pair of the words that say a role and the words that fill it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from triptych.answering import letters, roles, sayings, shapes
from triptych.answering.fields import fields_at, is_header
from triptych.answering.labels import matched
from triptych.answering.layout import Layout, Segment, Span
from triptych.answering.roles import INLINE, PRINTED, Pair
from triptych.values import number_readings

_COLON = re.compile(r"(?:^|(?<=[|;·•]\s)|(?<=\s{2}))[\W_]*([^\W\d_][^:：|;]{0,39}?)\s*[:：](?!//|\d\d\b)")
_GAP = re.compile(r"^([^\W\d_][^:\n]{1,38}?)(?:\s{2,}|\s*\.{3,}\s*|\t)(\S.*)$")
_LABEL_WORDS = 6


def pairs(layout: Layout, kind: str) -> Iterator[Pair]:
    """The pairs of a page, in reading order; `kind` is the shape of value that is wanted (see `shapes`)."""
    titles = {s.start for s in roles.titles(layout)}
    data = _is_data(layout)
    for segment in layout.segments:
        for a, b in _labels(segment, segment.start in titles):
            colon = b < len(segment.text.rstrip())
            found = _printed(layout, segment, a, b, kind)
            if colon or not data:
                yield from found
            elif data == _BILL:
                yield from (p for p in found if not _is_number(_text(layout, p)))
        plain = kind in (shapes.CODE, shapes.DAY, shapes.TIME)
        yield from (
            p for p in _inline(layout, segment) if plain or not data or not _is_number(_text(layout, p))
        )
    yield from letters.parts(layout)
    yield from sayings.said(layout.text.text, kind, apart=not data)


def _text(layout: Layout, pair: Pair) -> str:
    return " ".join(layout.text.text[a:b] for a, b in pair.value)


_BILL, _TABLE = "bill", "table"
_NUMBERS = 8  # cells or ticks with nothing but a number, of which a page of data has so many
_SHARE = 0.35  # and this share of all its segments


def _is_data(layout: Layout) -> str:
    """Whether a page is a chart or a table of numbers, or a bill or another list of amounts; "" for none. Which of
    the numbers is meant does not follow from one label."""
    bare = [s.text.strip(" %") for s in layout.segments if _is_number(s.text)]
    if len(bare) < max(_NUMBERS, _SHARE * len(layout.segments)):
        return ""
    return _BILL if sum(t[-3:-2] in ".," for t in bare if len(t) > 3) > len(bare) / 3 else _TABLE


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


_EXPECTS = {
    shapes.NAME: "person",
    shapes.DAY: "date",
    shapes.MONEY: "amount",
    shapes.COUNT: "count",
    shapes.SHARE: "percent",
}


def _printed(layout: Layout, segment: Segment, a: int, b: int, kind: str) -> Iterator[Pair]:
    match = matched(layout, segment, a, b, 1.0)
    label = " ".join(segment.text[a:b].split())
    under = [s.text for s in layout.below(segment, 12.0)[:2]]
    if len(under) > 1 and all(map(_is_number, under)) and is_header(layout, segment, match):
        return  # of a table: which row is another question
    if b >= len(segment.text.rstrip(" :")) and _is_row(layout, segment):
        return  # of a table, or a list of choices: which column is another question
    for field in fields_at(layout, [match], label, _EXPECTS.get(kind, "text"))[:3]:
        if field.apart and field.score - match.score > 0:
            value = tuple(
                _unstopped(layout.text.text, *span) for span in _own(layout.text.text, field.spans, kind)
            )
            yield Pair(label, (match.start, match.end), value, field.score - match.score, PRINTED)


_STOP = re.compile(r"(?:(?<=[a-z]{3})|(?<=\d\d))(?<!\bInc)(?<!\bLtd)(?<!\bCorp)\.\s*$")


def _unstopped(text: str, start: int, end: int) -> Span:
    """A value of a few words without the full stop after it."""
    piece = text[start:end]
    return start, start + len(_STOP.sub("", piece) if len(piece.split()) <= _LABEL_WORDS else piece)


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


def _own(text: str, spans: tuple[Span, ...], kind: str) -> tuple[Span, ...]:
    """The lines of a value up to one that opens like a label; the first alone where it is all that is wanted."""
    lines = [(a + m.start(), a + m.end()) for a, b in spans for m in re.finditer(r"[^\n]+", text[a:b])]
    if len(lines) < 2 or (
        shapes.fits(text[slice(*lines[0])], kind) > 0 and kind not in (shapes.NAME, shapes.PLACE)
    ):
        return tuple(lines[:1])
    kept = [lines[0]]
    for a, b in lines[1:]:
        said = roles.words(text[a:b])
        label = bool(said) and (all if kind == shapes.TEXT else any)(
            map(roles.known, said[:1] if kind != shapes.TEXT else said)
        )
        if (label and text[a].isupper()) or ":" in text[a:b]:
            break
        if (
            kind != shapes.DAY
            and shapes.every(shapes.DAY, text[a:b])
            and not shapes.every(shapes.DAY, text[slice(*lines[0])])
        ):
            break
        kept.append((a, b))
    return spans if len(kept) == len(lines) else tuple(kept)


def _inline(layout: Layout, segment: Segment) -> Iterator[Pair]:
    """*Issued 2 May 2020* and columns of plain text, whose label has no colon."""
    text = segment.text
    if m := _GAP.match(text):
        at = segment.start, segment.start + len(m[1])
        yield Pair(m[1], at, ((segment.start + m.start(2), segment.start + len(text.rstrip())),), 0.8, INLINE)
        return
    for start, end in _valued(text):
        head = text[:start].rstrip(" :.-–#")
        if (
            head
            and not shapes.every(shapes.DAY, text[: start + 6])
            and _short(head)
            and len(head.split()) <= 4
            and not text[end:].strip(" .,;)")
        ):
            yield Pair(
                head,
                (segment.start, segment.start + len(head)),
                ((segment.start + start, segment.start + end),),
                0.7,
                INLINE,
            )


def _valued(text: str) -> Iterator[Span]:
    """Days, amounts, measures and codes of a line."""
    kinds = (shapes.DAY, shapes.TIME, shapes.HEAT, shapes.MASS, shapes.SPAN, shapes.MONEY)
    yield from {s for kind in kinds if (s := shapes.first_of(kind, text))}
    if m := re.search(r"(?<=\s)[A-Z0-9*#+(][\w*#+()/-]*\d[\w*()/-]*(?: [\d*()-]+)*$", text):
        yield m.span()
