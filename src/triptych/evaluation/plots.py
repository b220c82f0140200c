"""Plots as inline SVG: bars with intervals, shares, changes around zero, dots of several sets.

Pure functions from numbers to text. Colours are names of CSS variables, so that a page can be light or dark;
what a mark stands for is also told by its `<title>`. Lengths are pixels of a drawing `_WIDTH` wide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from triptych.display.markup import text

_WIDTH = 760
_LEFT = 160  # for names
_RIGHT = 160  # for figures
_ROW = 30
_AXIS = 22  # below the rows
_STEPS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # where an axis of changes may end
_FAR = 0.2  # changes beyond are told, not drawn to scale


class Bar(NamedTuple):
    """A value between 0 and 1 with the ends of its interval. `tone` is a CSS variable."""

    name: str
    value: float
    low: float
    high: float
    tone: str


class Move(NamedTuple):
    """A change with the ends of its interval, and what to write beside it."""

    group: str
    name: str
    change: float
    low: float
    high: float
    note: str = ""


def bars(rows: Sequence[Bar]) -> str:
    """Horizontal bars from 0 to 1, each with its interval as a whisker and its figures."""
    x = _Scale(0.0, 1.0)
    parts = [_grid(x, [0, 0.25, 0.5, 0.75, 1], len(rows), "{:.2f}")]
    for at, row in enumerate(rows):
        y = at * _ROW
        told = f"{row.name}: {row.value:.3f}, between {row.low:.3f} and {row.high:.3f}"
        parts.append(
            f"<g><title>{text(told)}</title>{_name(row.name, y)}"
            f'<rect x="{_LEFT}" y="{y + 7}" width="{x(row.value) - _LEFT:.1f}" height="16" rx="3" '
            f'fill="var(--{row.tone})"/>{_whisker(x(row.low), x(row.high), y + 15)}'
            f"{_figure(f'{row.value:.3f}', f'{row.low:.3f} – {row.high:.3f}', y)}</g>"
        )
    return _svg(parts, len(rows))


def shares(rows: Sequence[tuple[str, Sequence[int]]], names: Sequence[str]) -> str:
    """Each row's counts as parts of one bar, paler from left to right; `names` say what the parts are."""
    parts = []
    width = _WIDTH - _LEFT - 12
    for at, (name, counts) in enumerate(rows):
        y, left, total = at * _ROW, float(_LEFT), sum(counts) or 1
        parts.append(_name(name, y))
        for tone, (count, part) in enumerate(zip(counts, names, strict=True)):
            long = width * count / total
            label = f'<text class="in{tone}" x="{left + 7:.1f}" y="{y + 20}">{count}</text>'
            parts.append(
                f"<g><title>{text(f'{name}, {part}: {count} of {total}')}</title>"
                f'<rect class="share{tone}" x="{left:.1f}" y="{y + 4}" width="{max(0.0, long - 1.5):.1f}" '
                f'height="22" rx="2"/>{label if long > 34 else ""}</g>'
            )
            left += long
    return _svg(parts, len(rows), axis=False)


def moves(rows: Sequence[Move]) -> str:
    """Changes around zero: green and red where the interval leaves zero out, grey where it does not."""
    furthest = max((max(abs(r.low), abs(r.high), abs(r.change)) for r in rows), default=0.0)
    end = next((step for step in _STEPS if furthest <= step), 1.0)
    end = min(end, _FAR)
    x = _Scale(-end, end)
    parts = [_grid(x, [-end, -end / 2, 0, end / 2, end], len(rows), "{:+.3g}")]
    group = ""
    for at, row in enumerate(rows):
        y = at * _ROW
        if row.group != group and at:
            parts.append(f'<line class="rule" x1="0" x2="{_WIDTH}" y1="{y}" y2="{y}"/>')
        group = row.group
        tone = "good" if row.low > 0 else "bad" if row.high < 0 else "even"
        told = f"{row.group}, {row.name}: {row.change:+.4f}, between {row.low:+.4f} and {row.high:+.4f}"
        parts.append(
            f'<g class="{tone}"><title>{text(told)}</title>{_name(row.name, y)}'
            f"{_whisker(x(row.low), x(row.high), y + 15)}{_mark(x, row.change, y + 15)}"
            f"{_figure(signed(row.change), row.note, y)}</g>"
        )
    return _svg(parts, len(rows))


def dots(rows: Sequence[tuple[str, Mapping[str, float]]], tones: Mapping[str, str]) -> str:
    """For each row the values of several systems between 0 and 1 on one line; the first system is drawn largest
    and its figure stands beside it."""
    x = _Scale(0.0, 1.0)
    parts = [_grid(x, [0, 0.25, 0.5, 0.75, 1], len(rows), "{:.2f}")]
    lead = next(iter(tones), "")
    for at, (name, found) in enumerate(rows):
        y = at * _ROW + 15
        marks = [
            f'<circle cx="{x(value):.1f}" cy="{y}" r="{7 if system == lead else 5}" fill="var(--{tones[system]})">'
            f"<title>{text(f'{name}, {system}: {value:.3f}')}</title></circle>"
            for system, value in reversed([*found.items()])
        ]
        line = f'<line class="span" x1="{x(min(found.values())):.1f}" x2="{x(max(found.values())):.1f}" y1="{y}" y2="{y}"/>'
        best = max((v for system, v in found.items() if system != lead), default=0.0)
        parts.append(
            f"<g>{_name(name, at * _ROW)}{line}{''.join(marks)}"
            f"{_figure(f'{found[lead]:.3f}', f'single {best:.3f}', at * _ROW)}</g>"
        )
    return _svg(parts, len(rows))


def signed(value: float) -> str:
    """Three decimals with a sign; a true minus, and no sign before zero."""
    shown = f"{abs(value):.3f}"
    return shown if float(shown) == 0 else ("+" if value > 0 else "−") + shown


class _Scale:
    """From values to the x of the drawing; what is outside stands at the edge."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def __call__(self, value: float) -> float:
        share = (min(self.high, max(self.low, value)) - self.low) / (self.high - self.low)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _svg(parts: Sequence[str], rows: int, axis: bool = True) -> str:
    height = rows * _ROW + (_AXIS if axis else 0)
    return (
        f'<div class="plot"><svg viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" role="img">'
        f"{''.join(parts)}</svg></div>"
    )


def _grid(x: _Scale, ticks: Sequence[float], rows: int, form: str) -> str:
    foot = rows * _ROW
    return "".join(
        f'<line class="{"zero" if tick == 0 else "grid"}" x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="0" y2="{foot}"/>'
        f'<text class="tick" x="{x(tick):.1f}" y="{foot + 16}">{form.format(tick).replace("-", "−").replace("+0", "0", tick == 0)}</text>'
        for tick in ticks
    )


def _name(name: str, y: float) -> str:
    shown = name if len(name) <= 24 else f"{name[:23]}…"
    return f'<text class="name" x="{_LEFT - 12}" y="{y + 20}">{text(shown)}</text>'


def _figure(value: str, note: str, y: float) -> str:
    x = _WIDTH - _RIGHT + 12
    return (
        f'<text class="figure" x="{x}" y="{y + 20}">{text(value)}</text>'
        f'<text class="note" x="{x + 56}" y="{y + 20}">{text(note)}</text>'
    )


def _whisker(low: float, high: float, y: float) -> str:
    ends = "".join(
        f'<line class="whisker" x1="{e:.1f}" x2="{e:.1f}" y1="{y - 4}" y2="{y + 4}"/>' for e in (low, high)
    )
    ends_at = f'x1="{low:.1f}" x2="{high:.1f}" y1="{y}" y2="{y}"'
    return f'<line class="halo" {ends_at}/><line class="whisker" {ends_at}/>{ends}'


def _mark(x: _Scale, change: float, y: float) -> str:
    """A dot; an arrow where the change is beyond the axis."""
    at = x(change)
    if x.low <= change <= x.high:
        return f'<circle class="dot" cx="{at:.1f}" cy="{y}" r="5"/>'
    way = 1 if change > 0 else -1
    return f'<path class="dot" d="M{at + way * 8:.1f} {y}l{-way * 11} -6v12z"/>'
