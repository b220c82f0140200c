"""Key-value by geometry: find a label on a page, then the value that belongs to it.

Labels are found by character similarity, so that an OCR slip or a transcriber's does not hide them, and
across two lines. A value stands on the same line after its label, right of it, or below it; how far it
reaches follows from columns, line gaps and the next label.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from triptych.layout import Layout, Segment
from triptych.values import dates, numbers

_SIMILAR = 78.0
_LABEL_END = re.compile(r"[:：;]\s*[_.\s]*$")
_FILLER = re.compile(r"^[\s:：;.,_\-–—=*>|)\]]+|[\s:：_|]+$")
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
class Match:
    """A label found on the page: characters `[start, end)`, and how sure we are (0 to 1)."""

    segment: Segment  # the words of the label's last line
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Field:
    """A value with the label it belongs to: one span of the page text, or one a line where lines of
    another column stand between them in reading order."""

    spans: tuple[tuple[int, int], ...]
    label: Match
    score: float
    exact: bool  # the label stands there letter for letter, in the case of the question


@lru_cache(maxsize=4096)
def fold_map(text: str) -> tuple[str, tuple[int, ...]]:
    """Letters and digits of `text` in lower case, and the place of each in `text`."""
    letters: list[str] = []
    places: list[int] = []
    for i, c in enumerate(text):
        if c.isalnum():
            for low in c.casefold():
                letters.append(low)
                places.append(i)
    return "".join(letters), tuple(places)


def match_label(layout: Layout, label: str) -> list[Match]:
    """Places where `label` stands on the page, best first, over one line or two."""
    wanted, _ = fold_map(label)
    if not wanted:
        return []
    found: list[Match] = []
    for segment in layout.segments:
        found += _match_in(layout, segment, wanted)
        if len(wanted) >= 6:
            found += _match_across(layout, segment, wanted)
    return sorted(found, key=lambda m: -m.score)[:8]


def _match_in(layout: Layout, segment: Segment, wanted: str) -> list[Match]:
    text, places = fold_map(segment.text)
    if len(text) < 0.7 * len(wanted):
        return []
    found = fuzz.partial_ratio_alignment(wanted, text, score_cutoff=_SIMILAR)
    if found is None or found.dest_end <= found.dest_start:
        return []
    a, b, similar = _snap(segment.text, places[found.dest_start], places[found.dest_end - 1] + 1, wanted)
    if similar < _SIMILAR / 100:
        return []
    own, _ = fold_map(segment.text[a:b])
    rest = segment.text[b:]
    colon = bool(re.match(r"\s*[)\].]*\s*[:：]", rest))
    phrase, _ = fold_map(segment.text.split(":")[0] if ":" in segment.text[b:] else segment.text)
    whole = len(own) / max(len(own), len(phrase))
    before, _ = fold_map(segment.text[:a])
    numbered = before.isdigit() or len(before) == 1  # 3. Court, (a) Name
    score = similar + 0.25 * colon - 0.3 * (bool(before) and not numbered) - 0.1 * (1 - whole) * (not colon)
    score += _long(wanted)
    part = layout.part(segment, segment.start + a, segment.start + b)
    return [Match(part, segment.start + a, segment.start + b, score)]


def _match_across(layout: Layout, segment: Segment, wanted: str) -> list[Match]:
    """A label that starts in `segment` and goes on in the line below or right of it."""
    text, _ = fold_map(segment.text)
    if not 3 <= len(text) < len(wanted) or fuzz.partial_ratio(text, wanted) < 85:
        return []
    found = []
    for after in [*layout.below(segment, 1.5)[:2], *layout.right_of(segment)[:1]]:
        more, places = fold_map(after.text)
        share = min(len(more), len(wanted) - len(text))
        if share < 2 or not places:
            continue
        end = places[min(len(more), share) - 1] + 1
        _, end, _ = _snap(after.text, 0, end, wanted[len(text) :])
        joined = text + fold_map(after.text[:end])[0]
        similar = fuzz.ratio(wanted, joined) / 100
        if similar >= 0.85:
            part = layout.part(after, after.start, after.start + end)
            colon = after.text[end:].lstrip()[:1] in (":", "：") or after.text[:end].endswith(":")
            found.append(Match(part, after.start, after.start + end, similar + 0.2 * colon + _long(wanted)))
    return found


def _long(wanted: str) -> float:
    """A long label that matches says more than a short one: DATE stands on many a line."""
    return 0.15 * min(1.0, len(wanted) / 24)


def _snap(text: str, a: int, b: int, wanted: str) -> tuple[int, int, float]:
    """The borders of words near `[a, b)` between which the text is most like `wanted`, and how like."""
    starts = [0, *(m.end() for m in re.finditer(r"[\s:/(]+", text) if m.start())]
    ends = [*(m.start() for m in re.finditer(r"[\s:/)]+", text) if m.start()), len(text)]
    i, j = bisect_right(starts, a) - 1, bisect_left(ends, b)
    best = (a, b, 0.0)
    for start in starts[i : i + 2]:
        for end in ends[max(0, j - 1) : j + 1]:
            if start < end:
                similar = fuzz.ratio(wanted, fold_map(text[start:end])[0]) / 100
                if similar > best[2]:
                    best = (start, end, similar)
    return best


# ------------------------------------------------------------------------------------------ values


def fields(layout: Layout, label: str, expects: str = "text") -> list[Field]:
    """Values that may belong to `label`, best first. Score about 2 is a good label with a value beside it."""
    found: list[Field] = []
    text = layout.text.text
    for match in match_label(layout, label):
        exact = label.strip(" -*.:") in text[match.start : match.end + 1]
        for spans, relation in _values(layout, match):
            trimmed = tuple(t for t in (_trim(text, a, b) for a, b in spans) if t[0] < t[1])
            if trimmed:
                value = " ".join(text[a:b] for a, b in trimmed)
                score = match.score + 0.1 * exact + relation + _fits(value, label, expects)
                found.append(Field(_joined(text, trimmed), match, score, exact))
    return sorted(found, key=lambda f: -f.score)


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
    if fold_map(value)[0] in _LABELS:
        fit -= 0.6
    if len(value) == 1:
        fit -= 0.25
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


def _values(layout: Layout, match: Match) -> list[tuple[list[tuple[int, int]], float]]:
    """(spans, score of the relation) of what stands after, right of and below a label."""
    found: list[tuple[list[tuple[int, int]], float]] = []
    home = next(s for s in layout.segments if s.start <= match.start < s.end)
    inline = layout.text.text[match.end : home.end]
    blank = not any(c.isalnum() for c in inline)
    if not blank and not inline[:1].isalnum():
        colon = bool(re.match(r"[^\w]*[:：#]", inline))
        start, _ = _trim(layout.text.text, match.end, home.end)
        part = layout.part(home, start, home.end)
        spans = [(start, home.end), *_reach(layout, part, match)[1:]]  # the label may touch the value
        found.append((spans, 0.9 if colon else 0.6))
    header = blank and _is_header(layout, home, match)
    for place, segment in enumerate(layout.right_of(home)[:2] if blank else []):
        gap = max(0.0, (segment.x0 - home.x1) / match.segment.height)
        relation = 0.85 - min(0.5, 0.02 * gap) - 0.35 * place - 0.6 * _label_like(segment) - 0.5 * header
        found.append((_reach(layout, segment, match), relation))
    for segment, distance in _under(layout, match.segment):
        relation = 0.62 - 0.1 * distance - 0.4 * (not blank) - 0.6 * _label_like(segment) + 0.2 * header
        relation -= 0.5 * any(_label_like(s) for s in layout.left_of(segment)[:1] if s.start != home.start)
        found.append((_reach(layout, segment, match), relation))
    return found


def _is_header(layout: Layout, home: Segment, match: Match) -> bool:
    """A label in a row of three or more such labels, each with something below: the head of a table."""
    if _label_like(home) or any(c.isdigit() for c in home.text):
        return False
    row = [
        s
        for s in (*layout.left_of(home), *layout.right_of(home))
        if abs(s.middle - home.middle) < home.height
    ]
    if len(row) < 2 or any(_label_like(s) or numbers(s.text) for s in row):
        return False
    return all(layout.below(s, 2.5) for s in (home, *row[:2]))


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
            found.append((segment, max(0.0, down - 1.2) + 0.5 * apart + 0.5 * shifted))
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
    return (aligned or centred or under_label) and gap <= 0.7
