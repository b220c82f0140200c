"""Lines of a bill: what an article cost and how many there were of it."""

from __future__ import annotations

from collections.abc import Iterator

from triptych.answering.kinds import COST, MANY, Item
from triptych.answering.labels import Match, match_label
from triptych.answering.layout import Layout, Segment
from triptych.answering.named import Named
from triptych.values import Number, dates, numbers

_SURE = 0.85  # of a label that is an article's name
_SCORE = 2.0


def items(layout: Layout, item: Item) -> list[Named]:
    """The asked number on the line of that article; [] where no line or several different ones have it."""
    found = []
    for match in match_label(layout, item.name):
        if match.score >= _SURE:
            row = list(_row(layout, match))
            value = _pick(row, item.wanted)
            if value:
                found.append(Named(*value, (match.start, match.end), _SCORE))
    texts = {layout.text.text[n.start : n.end] for n in found}
    return found[:1] if len(texts) == 1 else []


def _row(layout: Layout, match: Match) -> Iterator[tuple[Number, int]]:
    """Numbers on the line of an article with their places; those of the line below where it has none."""
    home = next(s for s in layout.segments if s.start <= match.start < s.end)
    own = [
        *_numbers(layout, home, match.end),
        *(n for s in layout.right_of(home) for n in _numbers(layout, s, s.start)),
    ]
    lead = [
        *(n for s in reversed(layout.left_of(home)) for n in _numbers(layout, s, s.start)),
        *((n, at) for n, at in _numbers(layout, home, home.start) if at < match.start),
    ]
    if not own:
        for under in layout.below(home, 1.5)[:1]:
            own = [n for s in (under, *layout.right_of(under)) for n in _numbers(layout, s, s.start)]
    yield from [*lead, *own]


def _numbers(layout: Layout, segment: Segment, start: int) -> list[tuple[Number, int]]:
    text = layout.text.text[start : segment.end]
    days = [(d.start, d.end) for d in dates(text)]
    return [(n, start + n.start) for n in numbers(text) if not any(a <= n.start < b for a, b in days)]


def _pick(row: list[tuple[Number, int]], wanted: str) -> tuple[int, int] | None:
    """The last amount is what a line costs, the one before it what a piece costs; a whole number counts."""
    money = [(n, at) for n, at in row if n.decimals == 2 or n.currency]
    whole = [(n, at) for n, at in row if not n.decimals and not n.currency and not n.percent]
    if wanted == MANY:
        chosen = whole[:1]
    elif wanted == COST:
        chosen = money[-1:]
    else:
        chosen = money[-2:-1] or money[-1:]
    return (chosen[0][1], chosen[0][1] + len(chosen[0][0].text)) if chosen else None
