"""Labels on a page, found by character similarity, over one line or two.

An OCR slip or a transcriber's does not hide a label; a label inside a longer one, or in running text,
counts less than one that has its place to itself.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from triptych.answering.layout import Layout, Segment

_GLUED = "(?<=[a-z])(?=[A-Z])"  # OCR lost a space: DivisionSales
_LEADERS = r"\.{2,}"  # DATE...April 1
_BEFORE_WORD = re.compile(rf"[\s:：/(（]+|{_LEADERS}|{_GLUED}")
_AFTER_WORD = re.compile(rf"[\s:：/)）]+|{_LEADERS}|{_GLUED}")
_SIMILAR = 78.0  # per cent of the characters, in order


@dataclass(frozen=True, slots=True)
class Match:
    """A label found on the page: characters `[start, end)`, and how sure we are (0 to 1)."""

    segment: Segment  # the words of the label's last line
    start: int
    end: int
    score: float


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
    return [matched(layout, segment, a, b, similar + _long(wanted))]


def match_pattern(layout: Layout, pattern: re.Pattern[str]) -> list[Match]:
    """As `match_label`, for labels that many languages write in many ways: what `pattern` finds first in a
    segment, letter for letter."""
    found = [
        matched(layout, segment, hit.start(), hit.end(), 1.0)
        for segment in layout.segments
        if (hit := pattern.search(segment.text))
    ]
    return sorted(found, key=lambda m: -m.score)[:8]


def matched(layout: Layout, segment: Segment, a: int, b: int, similar: float) -> Match:
    """Characters `[a, b)` of a segment as a label: best with a colon after it and nothing before it."""
    own, _ = fold_map(segment.text[a:b])
    rest = segment.text[b:]
    colon = bool(re.match(r"\s*[)\].]*\s*[:：]", rest))
    phrase, _ = fold_map(segment.text.split(":")[0] if ":" in segment.text[b:] else segment.text)
    whole = len(own) / max(len(own), len(phrase))
    before, _ = fold_map(segment.text[:a])
    numbered = before.isdigit() or len(before) == 1  # 3. Court, (a) Name
    score = similar + 0.25 * colon - 0.3 * (bool(before) and not numbered) - 0.1 * (1 - whole) * (not colon)
    part = layout.part(segment, segment.start + a, segment.start + b)
    return Match(part, segment.start + a, segment.start + b, score)


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
    starts = [0, *(m.end() for m in _BEFORE_WORD.finditer(text) if m.start())]
    ends = [*(m.start() for m in _AFTER_WORD.finditer(text) if m.start()), len(text)]
    i, j = bisect_right(starts, a) - 1, bisect_left(ends, b)
    best = (a, b, 0.0)
    for start in starts[i : i + 2]:
        for end in ends[max(0, j - 1) : j + 1]:
            if start < end:
                similar = fuzz.ratio(wanted, fold_map(text[start:end])[0]) / 100
                if similar > best[2]:
                    best = (start, end, similar)
    return best
