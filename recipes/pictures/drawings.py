"""Things drawn: diagrams, logos, sketches, cartoons, paintings."""

from __future__ import annotations

import math
import random

import cv2
import numpy as np

from pictures import pen, photos
from pictures.pen import BLACK, WHITE, Colour, Drawing, Pen, grey

Dice = random.Random
Points = list[tuple[float, float]]


def diagram(dice: Dice) -> Drawing:
    """Boxes joined by arrows, in rows, as a tree or as a chain."""
    width = dice.randint(500, 1000)
    height = round(width * dice.uniform(0.4, 1.2))
    page = Pen(dice, width, height, dice.choice((WHITE, WHITE, (248, 249, 251))))
    page.face = "sans"
    names = pen.some_colours(dice, dice.randint(1, 3))
    fills = [pen.tint(pen.colour(dice, n), dice.choice((0, 0.5, 0.75))) for n in names]
    plain = dice.random() < 0.3
    levels, size = dice.randint(2, 5), width / dice.uniform(45, 65)
    before: Points = []
    sideways = dice.random() < 0.35
    for level in range(levels):
        count = dice.randint(1, 4)
        now: Points = []
        for i in range(count):
            along, across = (level + 0.5) / levels, (i + 0.5) / count
            x, y = (along * width, across * height) if sideways else (across * width, along * height)
            w = min(width / (levels if sideways else count) * 0.34, size * 7)
            h = min(height / (count if sideways else levels) * 0.28, size * 3)
            for bx, by in dice.sample(before, min(len(before), dice.choice((1, 1, 2)))):
                _arrow(page, bx, by, x, y, size)
            now.append((x, y))
            _node(page, x, y, w, h, None if plain else dice.choice(fills), size)
        before = now
    return Drawing(page.array(), "diagram", ("boxes and arrows",), () if plain else tuple(names))


def logo(dice: Dice) -> Drawing:
    """One emblem in one or two colours, with or without a name."""
    side = dice.randint(200, 600)
    wide = dice.random() < 0.5
    width, height = (round(side * dice.uniform(1.4, 3)), side) if wide else (side, side)
    name = dice.choice(
        ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "grey")
    )
    ink = pen.colour(dice, name)
    names = [name]
    turned = dice.random() < 0.2
    ground = ink if turned else dice.choice((WHITE, WHITE, WHITE, (245, 245, 245)))
    page = Pen(dice, width, height, ground)
    page.face = dice.choice(("sans", "serif"))
    if turned:
        ink = WHITE
    second = ink
    if dice.random() < 0.3:
        other = dice.choice([n for n in pen.HUES if n != name])
        second = pen.colour(dice, other)
        names.append(other)
    r = height * dice.uniform(0.22, 0.36)
    named = dice.random() < 0.7
    x = width * 0.22 if wide and named else width / 2
    y = height / 2 if wide or not named else height * 0.4
    _emblem(page, x, y, min(r, width * 0.2 if wide else r), ink, second, ground)
    if named:
        text = pen.title(dice, 1, 2)[:12]
        size = min(height * 0.25, width * (0.55 if wide else 0.8) / max(4, len(text)) / 0.62)
        at = (width * 0.45, height / 2, "lm") if wide else (width / 2, height * 0.8, "ma")
        page.text(at[0], at[1], text, size, dice.choice((ink, second, ink)), "bold", at[2])
    return Drawing(page.array(), "logo", ("flat shapes", "simple"), tuple(names))


def sketch(dice: Dice) -> Drawing:
    """Thin strokes of an invented thing on white."""
    side = dice.randint(250, 600)
    page = Pen(dice, side, round(side * dice.uniform(0.7, 1.3)), dice.choice((WHITE, WHITE, (250, 249, 245))))
    ink = grey(dice.choice((0, 30, 70, 110)))
    weight = side / dice.uniform(120, 350)
    cx, cy = page.width / 2, page.height / 2
    for _ in range(dice.randint(2, 5)):
        x, y = cx + dice.gauss(0, side * 0.12), cy + dice.gauss(0, side * 0.12)
        a, b = side * dice.uniform(0.08, 0.32), side * dice.uniform(0.06, 0.3)
        outline = blob(dice, x, y, a, b)
        for _ in range(dice.choice((1, 1, 2))):
            page.line(_wobble(dice, [*outline, outline[0]], side * 0.006), ink, weight)
    for _ in range(dice.randint(3, 18)):
        x, y = cx + dice.gauss(0, side * 0.2), cy + dice.gauss(0, side * 0.2)
        angle, reach = dice.uniform(0, 6.3), side * dice.uniform(0.03, 0.3)
        bend = dice.gauss(0, 0.3) * reach
        path = [
            (x, y),
            (x + math.cos(angle) * reach / 2 + bend, y + math.sin(angle) * reach / 2),
            (x + math.cos(angle) * reach, y + math.sin(angle) * reach),
        ]
        page.line(_wobble(dice, _smooth(path), side * 0.003), ink, weight)
    if dice.random() < 0.3:
        x, y, reach = cx, cy, side * 0.15
        for i in range(dice.randint(6, 25)):
            page.line([(x + i * 5, y), (x + i * 5 - reach * 0.4, y + reach)], ink, weight * 0.7)
    if dice.random() < 0.3:
        drawn = photos.any_photo(Dice(dice.random())).picture
        return Drawing(_pencilled(drawn, dice), "sketch", ("shaded pencil", "grey"), ())
    return Drawing(page.array(), "sketch", ("thin black lines on white",), ())


def cartoon(dice: Dice) -> Drawing:
    """Flat colours with bold outlines."""
    side = dice.randint(250, 600)
    names = pen.some_colours(dice, dice.randint(1, 3))
    ground = WHITE if dice.random() < 0.6 else pen.tint(pen.colour(dice, dice.choice(pen.CHROMATIC)), 0.6)
    page = Pen(dice, side, side, ground)
    if ground != WHITE and dice.random() < 0.6:
        page.box(0, side * dice.uniform(0.6, 0.8), side, side, pen.colour(dice, "green"))
    weight = side / dice.uniform(60, 150)
    inks = [pen.colour(dice, n) for n in names]
    edge = BLACK if dice.random() < 0.85 else None
    for _ in range(dice.randint(3, 8)):
        x, y = side / 2 + dice.gauss(0, side * 0.15), side / 2 + dice.gauss(0, side * 0.15)
        outline = blob(dice, x, y, side * dice.uniform(0.06, 0.3), side * dice.uniform(0.06, 0.3))
        page.draw.polygon(outline, dice.choice(inks))
        if edge:
            page.line([*outline, outline[0]], edge, weight)
    for _ in range(dice.choice((0, 2, 2))):
        x, y, r = side / 2 + dice.gauss(0, side * 0.1), side * 0.35, side * 0.04
        page.draw.ellipse((x - r, y - r, x + r, y + r), WHITE, BLACK, 2)
        page.draw.ellipse((x - r / 3, y - r / 3, x + r / 3, y + r / 3), BLACK)
    return Drawing(page.array(), "cartoon", ("flat colours and black outlines",), tuple(names))


def painting(dice: Dice) -> Drawing:
    """A photo-like picture laid in strokes."""
    source = photos.any_photo(Dice(dice.random())).picture
    rng = np.random.default_rng(dice.getrandbits(32))
    height, width = source.shape[:2]
    canvas = cv2.GaussianBlur(source, (0, 0), 6)
    for stroke in (dice.uniform(8, 16), dice.uniform(4, 8)):
        for _ in range(dice.randint(400, 900)):
            x, y = int(rng.integers(width)), int(rng.integers(height))
            tone = np.clip(source[y, x].astype(float) + rng.normal(0, 14, 3), 0, 255)
            angle = rng.uniform(0, 180) if stroke > 8 else rng.normal(45, 30)
            cv2.ellipse(
                canvas,
                (x, y),
                (int(stroke * 1.6), int(stroke * 0.5) + 1),
                float(angle),
                0,
                360,
                tone.tolist(),
                -1,
            )
    return Drawing(canvas, "painting", ("visible brush strokes",), ())


def _arrow(page: Pen, x0: float, y0: float, x1: float, y1: float, size: float) -> None:
    ink = grey(page.dice.choice((0, 60, 110)))
    if page.dice.random() < 0.5:
        middle = (y0 + y1) / 2
        page.line([(x0, y0), (x0, middle), (x1, middle), (x1, y1)], ink, size / 9)
    else:
        page.line([(x0, y0), (x1, y1)], ink, size / 9)
    angle = math.atan2(y1 - y0, x1 - x0)
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    tip = [
        (x + math.cos(angle + a) * size * 0.7, y + math.sin(angle + a) * size * 0.7) for a in (0, 2.5, -2.5)
    ]
    page.draw.polygon(tip, ink)


def _node(page: Pen, x: float, y: float, w: float, h: float, fill: Colour | None, size: float) -> None:
    shape = page.dice.choice(("box", "box", "round", "oval", "diamond"))
    fill, ink = fill or WHITE, BLACK
    if shape == "diamond":
        page.draw.polygon([(x, y - h * 1.3), (x + w, y), (x, y + h * 1.3), (x - w, y)], fill, ink)
    elif shape == "oval":
        page.draw.ellipse((x - w, y - h, x + w, y + h), fill, ink)
    else:
        page.box(x - w, y - h, x + w, y + h, fill, ink, radius=h / 2 if shape == "round" else 0)
    text = pen.title(page.dice, 1, 2)[: max(2, int(2 * w / size / 0.7))]
    page.text(x, y, text, size, WHITE if sum(fill) < 330 else BLACK, anchor="mm")


def _emblem(page: Pen, x: float, y: float, r: float, ink: Colour, second: Colour, ground: Colour) -> None:
    """One of eleven shapes around x, y."""
    dice = page.dice
    shape = dice.choice(
        ("disc", "ring", "square", "triangle", "star", "letter", "waves", "petals", "shield", "bars", "blob")
    )
    corners = (x - r, y - r, x + r, y + r)
    if shape == "disc":
        page.draw.ellipse(corners, ink)
        page.draw.ellipse((x - r / 2, y - r / 2, x + r / 2, y + r / 2), second if second != ink else ground)
    elif shape == "ring":
        page.draw.ellipse(corners, None, ink, max(3, round(r / 4)))
        page.draw.ellipse((x - r / 3, y - r / 3, x + r / 3, y + r / 3), second)
    elif shape in ("square", "letter"):
        page.box(*corners, ink, radius=r * dice.choice((0, 0.3, 1)))
        if shape == "letter":
            page.text(
                x, y, dice.choice("ABEGHKMNRSTZ"), r * 1.4, ground if second == ink else second, "bold", "mm"
            )
    elif shape == "triangle":
        page.draw.polygon([(x, y - r), (x - r, y + r), (x + r, y + r)], ink)
        page.draw.polygon(
            [(x, y), (x - r / 2, y + r), (x + r / 2, y + r)], second if second != ink else ground
        )
    else:
        _ornament(page, shape, x, y, r, ink, second)


def _ornament(page: Pen, shape: str, x: float, y: float, r: float, ink: Colour, second: Colour) -> None:
    """Emblems of several equal parts."""
    dice = page.dice
    if shape == "star":
        n, inner = dice.randint(5, 12), r * dice.uniform(0.4, 0.75)
        page.draw.polygon(
            [
                (
                    x + math.sin(i * math.pi / n) * (inner if i % 2 else r),
                    y - math.cos(i * math.pi / n) * (inner if i % 2 else r),
                )
                for i in range(2 * n)
            ],
            ink,
        )
    elif shape == "petals":
        for i in range(n := dice.randint(3, 8)):
            px, py = (
                x + math.cos(i * 2 * math.pi / n) * r * 0.55,
                y + math.sin(i * 2 * math.pi / n) * r * 0.55,
            )
            page.draw.ellipse(
                (px - r * 0.4, py - r * 0.4, px + r * 0.4, py + r * 0.4), second if i % 2 else ink
            )
    elif shape == "shield":
        page.draw.polygon(
            [(x - r, y - r), (x + r, y - r), (x + r, y + r * 0.2), (x, y + r), (x - r, y + r * 0.2)], ink
        )
    elif shape == "bars":
        for i in range(3):
            page.box(
                x - r + i * r * 0.7,
                y + r - r * (0.7 + 0.6 * i),
                x - r + i * r * 0.7 + r * 0.5,
                y + r,
                second if i == 2 else ink,
            )
    elif shape == "waves":
        for i in range(3):
            at = y - r * 0.6 + i * r * 0.6
            page.line(
                [(x - r + j * r / 10, at + math.sin(j * 0.7) * r * 0.15) for j in range(21)],
                second if i == 1 else ink,
                r / 5,
            )
    else:
        page.draw.polygon(blob(dice, x, y, r, r), ink)


def blob(dice: Dice, x: float, y: float, a: float, b: float) -> Points:
    """A closed smooth outline: an ellipse with a few random harmonics, turned."""
    waves = [(n, dice.gauss(0, 0.25 / n), dice.uniform(0, 6.3)) for n in (2, 3, 4, 5)]
    turn, found = dice.uniform(0, 6.3), []
    for i in range(60):
        angle = i * 2 * math.pi / 60
        reach = 1 + sum(size * math.cos(n * angle + phase) for n, size, phase in waves)
        u, v = math.cos(angle) * a * reach, math.sin(angle) * b * reach
        found.append(
            (x + u * math.cos(turn) - v * math.sin(turn), y + u * math.sin(turn) + v * math.cos(turn))
        )
    return found


def _smooth(path: Points, steps: int = 14) -> Points:
    """A quadratic curve through three points."""
    (x0, y0), (x1, y1), (x2, y2) = path
    found = []
    for i in range(steps + 1):
        t = i / steps
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
        found.append((a * x0 + b * x1 + c * x2, a * y0 + b * y1 + c * y2))
    return found


def _wobble(dice: Dice, path: Points, much: float) -> Points:
    return [(x + dice.gauss(0, much), y + dice.gauss(0, much)) for x, y in path]


def _pencilled(picture: np.ndarray, dice: Dice) -> np.ndarray:
    """Dodge and burn: what differs from its surroundings becomes a stroke."""
    light = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    blurred = cv2.GaussianBlur(255 - light, (0, 0), dice.uniform(2, 6))
    drawn = cv2.divide(light, 255 - np.minimum(blurred, 254), scale=256)
    return np.repeat(drawn[..., None], 3, 2)
