"""Key-value by geometry: find a label on a page, then the value that belongs to it.

Labels are found by character similarity, so that an OCR slip or a transcriber's does not hide them, and
across two lines. A value stands on the same line after its label, right of it, or below it; how far it
reaches follows from columns, line gaps and the next label.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from rapidfuzz import fuzz

from triptych.layout import Layout, Segment
from triptych.values import dates, numbers

_SIMILAR = 78.0
_LABEL_END = re.compile(r"[:：;]\s*[_.\s]*$")
_FILLER = re.compile(r"^[\s:：;.,_\-–—=*>|)\]]+|[\s:：_|]+$")
_WANTS_DATE = re.compile(r"\bdates?\b|\bdatum\b|\bdata\b|\bfecha\b|\bdue\b|\bperiod\b", re.I)
_WANTS_DIGIT = re.compile(
    r"\b(?:no|nos|nr|num\w*|fax|tel\w*|phone|number|numero|code|zip|id|total|amount|budget|balance|cost|price|"
    r"value|weight|quantity|qty|pages|dates?|year|age|rate|size)\b|#|\$|%",
    re.I,
)
_WANTS_LETTERS = re.compile(
    r"\b(?:name|by|from|to|attention|attn|company|address|operator|manager|signature|city)\b", re.I
)


@dataclass(frozen=True, slots=True)
class Match:
    """A label found on the page: characters `[start, end)`, and how sure we are (0 to 1)."""

    segment: Segment  # the words of the label's last line
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Field:
    """A value `[start, end)` with the label it belongs to."""

    start: int
    end: int
    label: Match
    score: float


def fold_map(text: str) -> tuple[str, list[int]]:
    """Letters and digits of `text` in lower case, and the place of each in `text`."""
    letters: list[str] = []
    places: list[int] = []
    for i, c in enumerate(text):
        if c.isalnum():
            for low in c.casefold():
                letters.append(low)
                places.append(i)
    return "".join(letters), places


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
    a, b = _to_words(segment.text, places[found.dest_start], places[found.dest_end - 1] + 1)
    own, _ = fold_map(segment.text[a:b])
    similar = fuzz.ratio(wanted, own) / 100
    if similar < _SIMILAR / 100:
        return []
    rest = segment.text[b:]
    colon = bool(re.match(r"\s*[)\].]*\s*[:：]", rest))
    phrase, _ = fold_map(segment.text.split(":")[0] if ":" in segment.text[b:] else segment.text)
    whole = len(own) / max(len(own), len(phrase))
    before, _ = fold_map(segment.text[:a])
    score = similar + 0.25 * colon - 0.3 * bool(before) - 0.2 * (1 - whole) * (not colon)
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
        _, end = _to_words(after.text, 0, end)
        joined = text + fold_map(after.text[:end])[0]
        similar = fuzz.ratio(wanted, joined) / 100
        if similar >= 0.85:
            part = layout.part(after, after.start, after.start + end)
            colon = after.text[end:].lstrip()[:1] in (":", "：") or after.text[:end].endswith(":")
            found.append(Match(part, after.start, after.start + end, similar + 0.2 * colon))
    return found


def _to_words(text: str, a: int, b: int) -> tuple[int, int]:
    """Widen or shrink `[a, b)` to the nearest borders of words."""
    starts = [0, *(m.end() for m in re.finditer(r"[\s:/(]+", text))]
    ends = [*(m.start() for m in re.finditer(r"[\s:/)]+", text)), len(text)]
    i, j = bisect_right(starts, a) - 1, bisect_left(ends, b)
    start = starts[i]
    if i + 1 < len(starts) and starts[i + 1] - a < a - starts[i]:
        start = starts[i + 1]
    end = ends[min(j, len(ends) - 1)]
    if j > 0 and b - ends[j - 1] < end - b and ends[j - 1] > start:
        end = ends[j - 1]
    return (start, end) if start < end else (a, b)


# ------------------------------------------------------------------------------------------ values


def fields(layout: Layout, label: str, expects: str = "text") -> list[Field]:
    """Values that may belong to `label`, best first. Score about 2 is a good label with a value beside it."""
    found: list[Field] = []
    for match in match_label(layout, label):
        for start, end, relation in _values(layout, match):
            a, b = _trim(layout.text.text, start, end)
            if a < b:
                fit = _fits(layout.text.text[a:b], label, expects)
                found.append(Field(a, b, match, match.score + relation + fit))
    return sorted(found, key=lambda f: -f.score)


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
    if expects == "date" or _WANTS_DATE.search(label):
        fit += 0.3 if dates(value) else 0.1 if digits else -0.4
    elif _WANTS_DIGIT.search(label) or expects in ("amount", "count", "percent"):
        fit += 0.2 if digits else -0.4
    elif expects == "person" or _WANTS_LETTERS.search(label):
        fit += 0.15 if letters >= 3 and not numbers(value) else -0.2
    if value.rstrip().endswith((":", "：")):
        fit -= 0.8
    return fit


def _label_like(segment: Segment) -> bool:
    """A segment that names something itself: a colon at its end or after its first words."""
    head, colon, _ = segment.text.partition(":")
    return bool(colon) and not re.search(r"\d$", head) and len(head) <= 40


def _values(layout: Layout, match: Match) -> list[tuple[int, int, float]]:
    """(start, end, score of the relation) of what stands after, right of and below a label."""
    text = layout.text.text
    found: list[tuple[int, int, float]] = []
    home = next(s for s in layout.segments if s.start <= match.start < s.end)
    inline = text[match.end : home.end]
    if any(c.isalnum() for c in inline):
        colon = bool(re.match(r"[^\w]*[:：#]", inline))
        part = layout.part(home, match.end, home.end)
        if not inline[:1].isalnum():
            found.append((*_extent(layout, part, match), 0.9 if colon else 0.45))
    anchor = match.segment
    blank = not any(c.isalnum() for c in inline)
    for segment in layout.right_of(home)[:1] if blank else []:
        gap = (segment.x0 - home.x1) / anchor.height
        relation = 0.85 - min(0.5, 0.02 * max(0.0, gap))
        if _label_like(segment):
            relation -= 0.6
        found.append((*_extent(layout, segment, match), relation))
    for segment in layout.below(anchor, 3.5)[:1]:
        gap = max(0.0, (segment.y0 - anchor.y1) / anchor.height)
        relation = 0.6 - 0.1 * gap
        if _label_like(segment):
            relation -= 0.6
        if not blank:
            relation -= 0.4
        found.append((*_extent(layout, segment, match), relation))
    return found


def _extent(layout: Layout, first: Segment, match: Match) -> tuple[int, int]:
    """From the first words of a value to its end: lines below that continue it, contiguous in the text."""
    end = first.end
    last = first
    while True:
        after = [s for s in layout.below(last, 1.0) if s.start >= end]
        follow = after[0] if after else None
        if follow is None or not _continues(layout, first, last, follow, match):
            return first.start, end
        if layout.text.text[end : follow.start].strip():
            return first.start, end
        last, end = follow, follow.end


def _continues(layout: Layout, first: Segment, last: Segment, follow: Segment, match: Match) -> bool:
    """A line goes on below when it starts in the same column, close by, and is no label or row of its own."""
    height = min(last.height, follow.height)
    label = match.segment
    aligned = abs(follow.x0 - first.x0) < 1.2 * height
    under_label = (
        first.x0 > label.x0 and abs(follow.x0 - label.x0) < 1.2 * height and last.x1 - last.x0 > 20 * height
    )
    if not (aligned or under_label) or _label_like(follow):
        return False
    if follow.y0 - last.y1 > 0.7 * height:
        return False
    return not layout.left_of(follow)
