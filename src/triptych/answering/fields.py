"""Key-value by geometry: the value that belongs to a label.

A value stands on the same line after its label, right of it, or below it; how far it
reaches follows from columns, line gaps and the next label.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from triptych.answering.labels import Match, fold_map, match_label
from triptych.answering.layout import Layout, Segment
from triptych.answering.options import choices
from triptych.answering.question import content_words
from triptych.answering.stacks import stacks
from triptych.values import date_readings, dates, number_readings, numbers

_NEXT_FIELD = re.compile(r"[;|]\s+[^;:|]{1,40}:\s|\s\|\s")  # name: Pear; price: 1.55
_FILLER = re.compile(r"^[\s:：;.,_\-–—=*>|)\]]+|[\s:：_|]+$")
_STACKED = 0.9  # how well a value lies that the order of the whole page gives to a label
_NUMBERED = re.compile(r"\(?[0-9A-Za-z]{1,2}[.)]\s")  # 3. Court, (a) Name
_WANTS_DATE = re.compile(r"\bdates?\b|\bdatum\b|\bdata\b|\bfecha\b|\bdue\b|\bperiod\b", re.I)
_WANTS_DIGIT = re.compile(
    r"\b(?:no|nos|nr|num\w*|fax|tel\w*|phone|number|numero|code|zip|id|total|amount|budget|balance|cost|price|"
    r"fee|revenue|sales|income|salary|share|percent\w*|value|weight|quantity|qty|pages|dates?|year|age|rate|size)\b|#|\$|%",
    re.I,
)
_WANTS_LETTERS = re.compile(
    r"\b(?:name|by|from|to|attention|attn|company|address|operator|manager|signature|city)\b", re.I
)
# What forms call their fields: such words alone are rarely a value.
_LABEL_WORDS = """
date name title address telephone phone fax number no department company signature city state zip subject from to page
pages description quantity amount total remarks comments brand manufacturer reference attention type status approved by
datum nom adresse nombre fecha unterschrift anschrift betreff
"""
_LABELS = frozenset(_LABEL_WORDS.split())


@dataclass(frozen=True, slots=True)
class Field:
    """A value with the label it belongs to: one span of the page text, or one a line where lines of
    another column stand between them in reading order."""

    spans: tuple[tuple[int, int], ...]
    label: Match
    score: float
    exact: bool  # the label stands there letter for letter, in the case of the question
    apart: bool  # a colon, a gap or a line break parts label and value


def fields(layout: Layout, label: str, expects: str = "text", context: str = "") -> list[Field]:
    """Values that may belong to `label`, best first. Score about 2 is a good label with a value beside it.

    Words of `context` on the line of a label speak for it: the price in the row of the asked article.
    """
    return fields_at(layout, match_label(layout, label), label, expects, context)


def fields_at(
    layout: Layout, matches: Sequence[Match], label: str, expects: str = "text", context: str = ""
) -> list[Field]:
    """As `fields`, for labels that were found on the page already; `label` says in words what they mean."""
    wanted = content_words(context)
    found: list[Field] = []
    text = layout.text.text
    for match in matches:
        home = _home(layout, match)
        before = any(map(str.isalnum, text[home.start : match.start]))  # "Due date" is no "date"
        exact = label.strip(" -*.:") in text[match.start : match.end + 1] and not before
        beside = 0.4 * _share(wanted, home.text)
        for near in _values(layout, match):
            trimmed = tuple(t for t in (_trim(text, a, b) for a, b in near.spans) if t[0] < t[1])
            if trimmed and _is_value(text[slice(*trimmed[0])]):
                trimmed = trimmed[:1]  # a number, a code or a date is whole on its line
            if trimmed:
                value = " ".join(text[a:b] for a, b in trimmed)
                score = match.score + 0.1 * exact + beside + near.relation + _fits(value, label, expects)
                found.append(Field(_joined(text, trimmed), match, score, exact, near.apart))
    return sorted(found, key=lambda f: -f.score)


def _is_value(line: str) -> bool:
    return bool(number_readings(line) or date_readings(line)) or (
        " " not in line and any(map(str.isdigit, line))
    )


def _share(wanted: Sequence[str], line: str) -> float:
    """Share of the folded words `wanted` that stand on a line."""
    if not wanted:
        return 0.0
    return len(set(wanted) & set(content_words(line))) / len(set(wanted))


def _home(layout: Layout, match: Match) -> Segment:
    """The segment that a label stands in."""
    return next(s for s in layout.segments if s.start <= match.start < s.end)


def _joined(text: str, spans: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """Spans that only white space parts become one."""
    joined = [spans[0]]
    for a, b in spans[1:]:
        if a >= joined[-1][1] and not text[joined[-1][1] : a].strip():
            joined[-1] = (joined[-1][0], b)
        else:
            joined.append((a, b))
    return tuple(joined)


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    lead = _FILLER.match(piece)
    a = lead.end() if lead and lead.start() == 0 else 0
    if a and piece[a - 1 : a] in ".-" and piece[a : a + 1].isdigit() and piece[a - 2 : a - 1] in ("", " "):
        a -= 1  # the point of .025 and the sign of -5 belong to the value
    tail = re.search(r"[\s:：_|]+$", piece)
    b = tail.start() if tail else len(piece)
    return start + a, start + max(a, b)


def _fits(value: str, label: str, expects: str) -> float:
    """Whether the value is of the kind that label and question call for."""
    fit = 0.0
    digits = any(c.isdigit() for c in value)
    letters = sum(c.isalpha() for c in value)
    if not digits and not letters:
        return -1.0
    if fold_map(value)[0] in _LABELS or (_NUMBERED.match(label) and _NUMBERED.match(value)):
        fit -= 1.0  # the next label, not a value
    if len(value) == 1 or (len(value) == 2 and not digits):
        fit -= 0.25 / len(value)
    if expects == "date" or _WANTS_DATE.search(label):
        fit += 0.3 if dates(value) else 0.1 if digits else -0.4
    elif _WANTS_DIGIT.search(label) or expects in ("amount", "count", "percent"):
        fit += 0.2 if digits else -0.4
    elif expects == "person" or _WANTS_LETTERS.search(label):
        fit += 0.15 if letters >= 3 and letters > sum(c.isdigit() for c in value) else -0.2
    if value.rstrip().endswith((":", "：")):
        fit -= 0.8
    return fit


def _label_like(segment: Segment) -> bool:
    """A segment that names something itself: a colon at its end or after its first words."""
    head, colon, _ = segment.text.partition(":")
    return bool(colon) and not re.search(r"\d$", head) and len(head) <= 60


class _Near(NamedTuple):
    """Spans of a value near a label; how well it lies; whether anything but a space parts the two."""

    spans: list[tuple[int, int]]
    relation: float
    apart: bool = True


def _values(layout: Layout, match: Match) -> Iterator[_Near]:
    """What stands after, right of and below a label."""
    home = _home(layout, match)
    for choice in choices(layout):
        if choice.label[0] <= match.start < choice.label[1]:
            if choice.chosen:
                yield _Near(list(choice.chosen), _STACKED)
            return
    stacked = stacks(layout)
    own = [s for s in stacked if s.label.start == home.start]
    if own:
        yield _Near([(v.start, v.end) for v in own[0].value], _STACKED)
        return
    if any(home.start == v.start for s in stacked for v in s.value):
        return  # a value is no label
    until = _NEXT_FIELD.search(layout.text.text, match.end, home.end)
    end = until.start() if until else home.end
    inline = layout.text.text[match.end : end]
    blank = not any(c.isalnum() for c in inline)
    glued = inline[:1].isupper() and layout.text.text[match.end - 1].islower()
    if not blank and (glued or not inline[:1].isalnum()):
        colon = bool(re.match(r"[^\w]*[:：#]", inline))
        start, _ = _trim(layout.text.text, match.end, end)
        more = [] if until else _reach(layout, layout.part(home, start, end), match)[1:]
        # Cut by characters: the label may touch the value.
        yield _Near([(start, end), *more], 0.9 if colon else 0.5, colon)
    header = blank and is_header(layout, home, match)
    if blank:
        yield from _right(layout, home, match, header)
    yield from _below(layout, home, match, blank, header)


def _right(layout: Layout, home: Segment, match: Match, header: bool) -> Iterator[_Near]:
    right = layout.right_of(home)
    cells = sum(bool(numbers(s.text)) and sum(map(str.isalpha, s.text)) < 4 for s in right)
    table = cells > 1 and not _label_like(home)  # which of the columns is another question
    for place, segment in enumerate(right[:2]):
        gap = max(0.0, (segment.x0 - home.x1) / match.segment.height)
        far = min(0.5, 0.02 * gap) + 0.35 * place
        yield _Near(
            _reach(layout, segment, match),
            0.85 - far - 0.6 * _label_like(segment) - 0.6 * header - 0.3 * table,
        )


def _below(layout: Layout, home: Segment, match: Match, blank: bool, header: bool) -> Iterator[_Near]:
    for segment, distance in _under(layout, match.segment):
        relation = 0.62 - 0.1 * distance - 0.4 * (not blank) - 0.6 * _label_like(segment) + 0.2 * header
        owner = layout.left_of(segment)[:1]
        relation -= 0.5 * any(_label_like(s) for s in owner if s.start != home.start)
        alone = match.start == home.start or _label_like(home)  # else a line of running text goes on
        spans = [(segment.start, segment.end)] if header else _reach(layout, segment, match)
        yield _Near(spans, relation, alone)


def is_header(layout: Layout, home: Segment, match: Match) -> bool:
    """A label in a row of three or more such labels, most with something below: the head of a table."""
    if _label_like(home) or any(c.isdigit() for c in home.text):
        return False
    row = [
        s
        for s in (*layout.left_of(home), *layout.right_of(home))
        if abs(s.middle - home.middle) < home.height
    ]
    if len(row) < 2 or any(_label_like(s) or numbers(s.text) for s in row):
        return False
    filled = [bool(layout.below(s, 3.0)) for s in (home, *row)]
    return filled[0] and sum(filled) >= 0.5 * len(filled)


def _under(layout: Layout, anchor: Segment) -> list[tuple[Segment, float]]:
    """Segments in the cell below a label, or below and a little right of it, with a distance in heights."""
    found = []
    for segment in layout.segments:
        down = (segment.middle - anchor.middle) / anchor.height
        if not 0.55 < down < 4.5:
            continue
        apart = max(0.0, anchor.x0 - segment.x1, segment.x0 - anchor.x1) / anchor.height
        shifted = segment.x0 < anchor.x0 - 2 * anchor.height or segment.x0 > anchor.x1
        if apart < 3:
            found.append((segment, max(0.0, down - 1.2) + 0.5 * apart + 0.3 * shifted))
    return sorted(found, key=lambda pair: pair[1])[:3]


def _reach(layout: Layout, first: Segment, match: Match) -> list[tuple[int, int]]:
    """The spans of a value that starts with `first`: lines below that continue it."""
    spans = [(first.start, first.end)]
    last = first
    while len(spans) < 40:
        follow = next((s for s in layout.below(last, 1.0) if s.start != last.start), None)
        if follow is None or not _continues(layout, first, last, follow, match):
            break
        spans.append((follow.start, follow.end))
        last = follow
    return spans


def _continues(layout: Layout, first: Segment, last: Segment, follow: Segment, match: Match) -> bool:
    """A line goes on below when it starts in the same column, close by, and is no label or row of its own."""
    height = min(last.height, follow.height)
    label = match.segment
    if max(first.height, follow.height) > 1.5 * min(first.height, follow.height):
        return False  # a figure and the small print under it
    if _label_like(follow) or layout.left_of(follow):
        return False
    indent = follow.x0 - first.x0
    gap = (follow.y0 - last.y1) / height
    if abs(indent) < 0.6 * height and last.x1 > follow.x1:
        return gap <= 1.0  # the last line of a wrapped paragraph
    centred = 0 < indent < 3 * height and follow.x1 < last.x1
    aligned = abs(indent) < 1.2 * height
    wide = last.x1 - last.x0 > 20 * height
    under_label = wide and first.x0 > label.x0 and abs(follow.x0 - label.x0) < 1.2 * height
    return (aligned or centred or under_label) and gap <= 0.8
