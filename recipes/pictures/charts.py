"""Charts of every common kind, in the styles of newspapers, statistics portals and office programs."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from PIL import Image

from pictures import pen
from pictures.pen import WHITE, Colour, Drawing, Pen, grey

Dice = random.Random


class Frame:
    """The canvas of a chart: ground, title, axes, legend. Its plot area is `x0, y0, x1, y1`."""

    def __init__(self, dice: Dice, axes: bool = True, count: int = 1, tall: float = 0) -> None:
        self.dice = dice
        self.dark = dice.random() < 0.12
        ground = pen.tint(pen.colour(dice, dice.choice(("black", "blue"))), -0.75) if self.dark else WHITE
        if not self.dark and dice.random() < 0.2:
            ground = dice.choice(((245, 245, 245), (234, 234, 242), (255, 250, 240), (240, 245, 250)))
        width = dice.randint(420, 900)
        height = round(width * (tall or dice.choice((0.55, 0.62, 0.7, 0.75, 0.8, 1.0, 1.2))))
        self.page = page = Pen(dice, width, height, ground)
        page.face = dice.choice(("sans", "sans", "sans", "serif"))
        self.ink: Colour = (225, 225, 230) if self.dark else grey(dice.choice((0, 40, 90)))
        self.size = width / dice.uniform(38, 62)
        self.ground = ground
        self.names = pen.some_colours(dice, min(count, 7))
        if count == 1 and dice.random() < 0.8:
            self.names = [dice.choice(pen.CHROMATIC)]
        self.colours = [pen.colour(dice, n) for n in self.names]
        if self.dark:
            self.colours = [pen.tint(c, 0.25) for c in self.colours]
        self.count = count
        self.x0, self.x1 = width * dice.uniform(0.07, 0.16), width * dice.uniform(0.9, 0.97)
        self.y0, self.y1 = height * dice.uniform(0.05, 0.1), height * dice.uniform(0.78, 0.9)
        if dice.random() < 0.65:
            self.y0 += self._title()
        if dice.random() < 0.25:
            page.text(
                self.x0,
                height - self.size * 1.3,
                "Source: " + pen.words(dice, 2, 5),
                self.size * 0.75,
                self.ink,
            )
        if count > 1 and dice.random() < 0.8:
            self._legend()
        if axes:
            self._axes()

    def colour(self, series: int) -> Colour:
        return self.colours[series % len(self.colours)]

    def done(self, kind: str, *traits: str) -> Drawing:
        page = self.page
        if self.dice.random() < 0.2:
            page.box(0, 0, page.width - 1, page.height - 1, None, grey(180))
        theme = ("dark background",) if self.dark else ("white background",)
        return Drawing(page.array(), kind, (*traits, *theme), tuple(self.names))

    def _title(self) -> float:
        page, size = self.page, self.size * self.dice.uniform(1.1, 1.7)
        centred = self.dice.random() < 0.5
        x = page.width / 2 if centred else self.x0 * 0.6
        page.text(
            x,
            self.y0 * 0.6,
            pen.words(self.dice, 3, 7).capitalize()[:48],
            size,
            self.ink,
            "bold",
            "ma" if centred else "la",
        )
        return size * 1.8

    def _legend(self) -> None:
        page, size = self.page, self.size
        below = self.dice.random() < 0.5
        if below:
            self.y1 -= size * 1.2
            x, y = self.x0, page.height - size * 3.2
        else:
            self.x1 -= size * 8
            x, y = self.x1 + size, self.y0 + size
        for i in range(min(self.count, 8)):
            page.box(x, y, x + size * 0.8, y + size * 0.8, self.colour(i))
            taken = page.text(
                x + size * 1.2, y - size * 0.15, pen.title(self.dice, 1, 2)[:12], size * 0.9, self.ink
            )
            if below:
                x += taken + size * 2.5
            else:
                y += size * 1.6

    def _axes(self) -> None:
        page, dice = self.page, self.dice
        rule = pen.tint(self.ink, 0.75) if not self.dark else grey(80)
        lines, frame = dice.choice(("y", "y", "both", "none")), dice.choice(("box", "L", "bottom", "none"))
        for i in range(steps := dice.randint(4, 8)):
            y = self.y1 - (self.y1 - self.y0) * i / (steps - 1)
            if lines != "none":
                page.line([(self.x0, y), (self.x1, y)], rule)
            page.text(
                self.x0 - self.size * 0.5,
                y,
                f"{i * dice.choice((5, 5, 5)):,}",
                self.size * 0.85,
                self.ink,
                anchor="rm",
            )
        if lines == "both":
            for i in range(1, 7):
                x = self.x0 + (self.x1 - self.x0) * i / 7
                page.line([(x, self.y0), (x, self.y1)], rule)
        if frame == "box":
            page.box(self.x0, self.y0, self.x1, self.y1, None, self.ink)
        if frame in ("L", "bottom"):
            page.line([(self.x0, self.y1), (self.x1, self.y1)], self.ink)
        if frame == "L":
            page.line([(self.x0, self.y0), (self.x0, self.y1)], self.ink)
        for i in range(n := dice.randint(4, 9)):
            x = self.x0 + (self.x1 - self.x0) * (i + 0.5) / n
            page.text(x, self.y1 + self.size * 0.5, str(2000 + i), self.size * 0.85, self.ink, anchor="ma")


def bars(dice: Dice) -> Drawing:
    series = dice.choice((1, 1, 1, 2, 3))
    frame = Frame(dice, count=series)
    page, groups = frame.page, dice.randint(3, 14 if series > 1 else 24)
    room = (frame.x1 - frame.x0) / groups
    gap = dice.uniform(0.1, 0.5)
    labels = dice.random() < 0.5
    heights = _values(dice, groups)
    for g in range(groups):
        for s in range(series):
            high = (frame.y1 - frame.y0) * min(
                1, heights[g] * dice.uniform(0.7, 1.1) if series > 1 else heights[g]
            )
            width = room * (1 - gap) / series
            x = frame.x0 + g * room + room * gap / 2 + s * width
            page.box(x, frame.y1 - high, x + max(1, width - 1), frame.y1, frame.colour(s))
            if labels:
                page.text(
                    x + width / 2,
                    frame.y1 - high - 2,
                    str(round(high)),
                    frame.size * 0.75,
                    frame.ink,
                    anchor="mb",
                )
    return frame.done("bar chart", "vertical bars", *(("grouped bars",) if series > 1 else ()))


def horizontal_bars(dice: Dice) -> Drawing:
    series = dice.choice((1, 1, 1, 2))
    tall = dice.choice((0, 0, 0, 1.3, 2.2))
    frame = Frame(dice, axes=False, count=series, tall=tall)
    page, groups = frame.page, dice.randint(3, 20) if not tall else dice.randint(15, 45)
    x0 = frame.x0 + page.width * dice.uniform(0.08, 0.25)
    room = (frame.y1 - frame.y0) / groups
    gap = dice.uniform(0.15, 0.5)
    lengths = _values(dice, groups)
    if dice.random() < 0.6:
        for i in range(6):
            x = x0 + (frame.x1 - x0) * i / 5
            page.line([(x, frame.y0), (x, frame.y1)], pen.tint(frame.ink, 0.8))
            page.text(x, frame.y1 + 2, str(i * 20), frame.size * 0.8, frame.ink, anchor="ma")
    for g in range(groups):
        page.text(
            x0 - 4,
            frame.y0 + (g + 0.5) * room,
            pen.title(dice, 1, 3)[:16],
            min(frame.size, room * 0.8),
            frame.ink,
            anchor="rm",
        )
        for s in range(series):
            length = (frame.x1 - x0) * 0.92 * min(1, lengths[g] * (dice.uniform(0.7, 1.1) if s else 1))
            high = room * (1 - gap) / series
            y = frame.y0 + g * room + room * gap / 2 + s * high
            page.box(x0, y, x0 + length, y + max(1, high - 1), frame.colour(s))
            if dice.random() < 0.8:
                page.text(
                    x0 + length + 3,
                    y + high / 2,
                    str(round(length)),
                    min(frame.size * 0.8, room * 0.8),
                    frame.ink,
                    anchor="lm",
                )
    return frame.done("bar chart", "horizontal bars")


def stacked_bars(dice: Dice) -> Drawing:
    series = dice.randint(2, 6)
    lying = dice.random() < 0.4
    frame = Frame(dice, axes=not lying, count=series)
    page, groups = frame.page, dice.randint(3, 14)
    full = dice.random() < 0.4
    room = ((frame.y1 - frame.y0) if lying else (frame.x1 - frame.x0)) / groups
    reach = (frame.x1 - frame.x0) if lying else (frame.y1 - frame.y0)
    gap = dice.uniform(0.1, 0.5)
    for g in range(groups):
        parts = [dice.uniform(0.2, 1) for _ in range(series)]
        total = reach * (1 if full else dice.uniform(0.4, 1))
        at = 0.0
        for s, part in enumerate(parts):
            size = total * part / sum(parts)
            start = (frame.y0 if lying else frame.x0) + g * room + room * gap / 2
            if lying:
                page.box(
                    frame.x0 + at, start, frame.x0 + at + size, start + room * (1 - gap), frame.colour(s)
                )
            else:
                page.box(
                    start, frame.y1 - at - size, start + room * (1 - gap), frame.y1 - at, frame.colour(s)
                )
            at += size
    return frame.done("stacked bar chart", "horizontal bars" if lying else "vertical bars")


def lines(dice: Dice) -> Drawing:
    series = dice.choice((1, 1, 2, 3, 4, 6))
    frame = Frame(dice, count=series)
    count = dice.choice((5, 8, 12, 20, 50, 120))
    marks = dice.random() < (0.5 if count < 25 else 0.05)
    weight = dice.choice((1, 2, 2, 3, 4)) * frame.page.width / 600
    for s in range(series):
        points = _curve(frame, _walk(dice, count))
        frame.page.line(points, frame.colour(s), weight)
        if marks:
            for x, y in points:
                _dot(frame.page, x, y, weight * 1.8, frame.colour(s))
    return frame.done(
        "line chart", "rising and falling lines", *(("several lines",) if series > 1 else ("one line",))
    )


def areas(dice: Dice) -> Drawing:
    series = dice.choice((1, 1, 2, 3, 4))
    frame = Frame(dice, count=series)
    count = dice.choice((6, 6, 12, 12, 30, 60))
    base = [0.0] * count
    tops = []
    stacked = dice.random() < 0.7
    for _ in range(series):
        walk = _walk(dice, count)
        base = [b + w / series for b, w in zip(base, walk, strict=True)] if stacked else walk
        tops.append(base)
    tops.sort(key=sum, reverse=True)
    under = frame.page.image.copy()
    for s, top in enumerate(tops):
        points = _curve(frame, top)
        frame.page.draw.polygon([(frame.x0, frame.y1), *points, (frame.x1, frame.y1)], frame.colour(s))
        if dice.random() < 0.5:
            frame.page.line(points, pen.tint(frame.colour(s), -0.2), 2)
    if dice.random() < 0.4:  # half transparent
        frame.page.image = Image.blend(frame.page.image, under, dice.uniform(0.2, 0.5))
    return frame.done("area chart", "filled areas", *(("stacked",) if series > 1 else ()))


def scatter(dice: Dice) -> Drawing:
    series = dice.choice((1, 1, 2, 3))
    frame = Frame(dice, count=series)
    page = frame.page
    bubbles = dice.random() < 0.2
    radius = page.width / dice.uniform(90, 280)
    shape = dice.choice(("disc", "disc", "ring", "cross", "square"))
    for s in range(series):
        slope, spread = dice.uniform(-0.8, 0.8), dice.uniform(0.03, 0.25)
        centre = dice.uniform(0.3, 0.7), dice.uniform(0.3, 0.7)
        reach = dice.choice((0.08, 0.15, 0.28))
        for _ in range(dice.randint(12, 160) if not bubbles else dice.randint(6, 25)):
            u = dice.gauss(0, reach) if dice.random() < 0.7 else dice.uniform(-0.5, 0.5)
            x = frame.x0 + (frame.x1 - frame.x0) * min(0.98, max(0.02, centre[0] + u))
            v = centre[1] + slope * u + dice.gauss(0, spread)
            y = frame.y1 - (frame.y1 - frame.y0) * min(0.98, max(0.02, v))
            size = radius * (dice.uniform(2, 7) if bubbles else 1)
            _dot(page, x, y, size, frame.colour(s), "disc" if bubbles else shape)
    if dice.random() < 0.2:
        page.line(
            [
                (frame.x0, frame.y1 - (frame.y1 - frame.y0) * 0.3),
                (frame.x1, frame.y0 + (frame.y1 - frame.y0) * 0.3),
            ],
            frame.ink,
            1,
        )
    return frame.done("scatter chart", "many dots", *(("bubbles",) if bubbles else ("points",)))


def pie(dice: Dice) -> Drawing:
    slices = dice.randint(2, 8)
    frame = Frame(dice, axes=False, count=slices)
    page = frame.page
    radius = min(frame.x1 - frame.x0, frame.y1 - frame.y0) * dice.uniform(0.33, 0.48)
    x, y = (frame.x0 + frame.x1) / 2, (frame.y0 + frame.y1) / 2
    parts = [dice.uniform(0.15, 1) ** 1.5 for _ in range(slices)]
    one_hue = dice.random() < 0.2
    if one_hue:
        frame.colours = [pen.tint(frame.colours[0], i * 0.7 / slices) for i in range(slices)]
        frame.names = frame.names[:1]
    at = dice.uniform(0, 360)
    rim = frame.ground if dice.random() < 0.6 else None
    for s, part in enumerate(parts):
        turn = 360 * part / sum(parts)
        page.draw.pieslice(
            (x - radius, y - radius, x + radius, y + radius), at, at + turn, frame.colour(s), rim, 2
        )
        middle = math.radians(at + turn / 2)
        if dice.random() < 0.85:
            out = radius * dice.choice((0.6, 1.2))
            ink = frame.ink if out > radius else WHITE
            page.text(
                x + out * math.cos(middle),
                y + out * math.sin(middle),
                f"{round(100 * part / sum(parts))}%",
                frame.size,
                ink,
                anchor="mm",
            )
        at += turn
    ring = dice.random() < 0.3
    if ring:
        hole = radius * dice.uniform(0.45, 0.7)
        page.draw.ellipse((x - hole, y - hole, x + hole, y + hole), frame.ground)
    return frame.done("pie chart", "slices", *(("a donut",) if ring else ("a circle",)))


DRAW: tuple[Callable[[Dice], Drawing], ...] = (
    bars,
    horizontal_bars,
    stacked_bars,
    lines,
    areas,
    scatter,
    pie,
)


def _values(dice: Dice, count: int) -> list[float]:
    found = [dice.uniform(0.15, 1) for _ in range(count)]
    way = dice.random()
    if way < 0.35:
        power = dice.choice((2, 2, 4, 8))
        found = sorted(v**power + 0.02 for v in found)[::-1]
    elif way < 0.55:
        found.sort()
    elif way < 0.7:  # all nearly alike
        found = [0.75 + v * 0.2 for v in found]
    return [min(1.0, v) for v in found]


def _walk(dice: Dice, count: int) -> list[float]:
    """A random walk between 0.05 and 0.95, smooth or jagged."""
    drift, step = dice.uniform(-0.6, 0.6) / count, dice.uniform(0.4, 1.4) / math.sqrt(count) / 2
    at, found = dice.uniform(0.2, 0.8), []
    for _ in range(count):
        at = min(0.95, max(0.05, at + drift + dice.gauss(0, step)))
        found.append(at)
    return found


def _curve(frame: Frame, values: list[float]) -> list[tuple[float, float]]:
    reach = len(values) - 1
    return [
        (frame.x0 + (frame.x1 - frame.x0) * i / reach, frame.y1 - (frame.y1 - frame.y0) * v)
        for i, v in enumerate(values)
    ]


def _dot(page: Pen, x: float, y: float, radius: float, ink: Colour, shape: str = "disc") -> None:
    corners = (x - radius, y - radius, x + radius, y + radius)
    if shape == "disc":
        page.draw.ellipse(corners, ink)
    elif shape == "ring":
        page.draw.ellipse(corners, None, ink, max(1, round(radius / 3)))
    elif shape == "square":
        page.box(*corners, ink)
    else:
        page.line([corners[:2], corners[2:]], ink)
        page.line([(corners[0], corners[3]), (corners[2], corners[1])], ink)
