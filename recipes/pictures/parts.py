"""What several drawings on paper share: tables, accounts, scribbles, marks."""

from __future__ import annotations

import math

from pictures import pen
from pictures.pen import BLACK, Pen, grey


def grid(
    page: Pen, x: float, y: float, width: float, rows: int, columns: int, size: float, head: pen.Colour,
    numbers_from: int = 1, empty: float = 0.03,
) -> float:  # fmt: skip
    """A ruled table; returns the y below it."""
    dice = page.dice
    shares = [dice.uniform(1.6, 2.6) if c < numbers_from else 1 for c in range(columns)]
    edges = [x + width * sum(shares[:c]) / sum(shares) for c in range(columns + 1)]
    step = size * dice.uniform(1.5, 2.6)
    style = dice.choice(("filled", "filled", "pale", "ruled", "plain", "plain"))
    lines, stripes = dice.choice(("all", "rows", "none", "all", "all")), dice.random() < 0.3
    rule = grey(dice.choice((0, 0, 0, 120, 200, 215)))
    centred = dice.random() < 0.25
    for row in range(rows + 1):
        top = y + row * step
        if row == 0 and style in ("filled", "pale"):
            page.box(x, top, x + width, top + step, head if style == "filled" else pen.tint(head, 0.75))
        elif stripes and row % 2:
            page.box(x, top, x + width, top + step, pen.tint(head, 0.88))
        ink = pen.WHITE if row == 0 and style == "filled" else BLACK
        for c in range(columns):
            if row and dice.random() < empty:
                continue
            room = edges[c + 1] - edges[c] - size * 0.6
            if row == 0 or c < numbers_from:
                text = pen.words(dice, 1, 3).title()[: max(2, int(room / size / 0.62))]
                page.text(
                    edges[c] + size * 0.4, top + step * 0.2, text, size, ink, "bold" if row == 0 else ""
                )
            else:
                text = dice.choice(
                    (pen.money(dice, 9999), str(dice.randint(1, 999)), f"{dice.uniform(0, 99):.1f}%")
                )
                page.text(
                    (edges[c] + edges[c + 1]) / 2 if centred else edges[c + 1] - size * 0.4,
                    top + step * 0.2,
                    text[: max(2, int(room / size / 0.6))],
                    size,
                    ink,
                    anchor="ra",
                )
        if lines != "none" or row == 0:
            page.line([(x, top + step), (x + width, top + step)], rule)
    bottom = y + (rows + 1) * step
    if lines == "all":
        page.box(x, y, x + width, bottom, None, rule)
        for c in edges[1:-1]:
            page.line([(c, y), (c, bottom)], rule)
    return bottom


def accounts(page: Pen, x: float, y: float, width: float, rows: int, columns: int, size: float) -> float:
    """Labels on the left, columns of figures on the right, a rule above sums; returns the y below."""
    dice = page.dice
    step, stripes = size * dice.uniform(1.35, 1.75), dice.random() < 0.5
    stripe = dice.choice(
        ((224, 236, 246), (204, 232, 250), (235, 235, 235), (226, 240, 224), (245, 238, 222))
    )
    right = [x + width - c * width * dice.uniform(0.13, 0.15) for c in range(columns)]
    for row in range(max(1, rows)):
        if stripes and row % 2:
            page.box(x, y, x + width, y + step, stripe)
        strong = dice.random() < 0.15
        page.text(
            x + size * dice.choice((0, 0, 1.5)),
            y,
            pen.words(dice, 2, 6).capitalize()[:44],
            size,
            style="bold" if strong else "",
        )
        if dice.random() < 0.9:
            for at in right:
                page.text(
                    at,
                    y,
                    dice.choice(
                        (
                            pen.money(dice, 9999)[:-3],
                            f"({dice.randint(10, 999)})",
                            f"{dice.randint(100, 99999):,}",
                        )
                    ),
                    size,
                    anchor="ra",
                )
                if strong:
                    page.line([(at - size * 5, y), (at, y)])
        y += step
    return y


def scribble(
    page: Pen,
    x: float,
    y: float,
    width: float,
    height: float,
    ink: pen.Colour = (20, 20, 40),
    weight: int = 2,
) -> None:
    """A line of loops, as of a pen."""
    dice = page.dice
    points = []
    phase, speed, slant = dice.uniform(0, 6), dice.uniform(0.5, 0.9), dice.uniform(0.1, 0.6)
    count = max(8, int(width / 3))
    for i in range(count):
        tall = height * (dice.uniform(1.2, 2) if dice.random() < 0.08 else dice.uniform(0.5, 1))
        swing = math.sin(phase + i * speed)
        points.append((x + width * i / count + slant * swing * height, y - swing * tall))
    page.line(points, ink, weight)


def rule(page: Pen, left: float, right: float, y: float, size: float, ink: pen.Colour) -> float:
    kind = page.dice.choice(("dashes", "line", "stars", "none"))
    if kind == "line":
        page.line([(left, y + size * 0.5), (right, y + size * 0.5)], ink)
    elif kind != "none":
        font = page.font(size)
        sign = "-" if kind == "dashes" else "*"
        page.text(left, y, sign * int((right - left) / font.getlength(sign)), size, ink)
    return y + size * 1.3


def barcode(page: Pen, x: float, y: float, width: float, height: float, ink: pen.Colour) -> None:
    at = x
    while at < x + width:
        thick = page.dice.choice((1, 1, 2, 3))
        page.box(at, y, at + thick, y + height, ink)
        at += thick + page.dice.choice((1, 2, 3))


def mark(page: Pen, x: float, y: float, size: float, ink: pen.Colour) -> float:
    """A small emblem in one colour; returns the y below it."""
    shape = page.dice.choice(("disc", "square", "ring", "triangle"))
    x0, x1 = x - size / 2, x + size / 2
    if shape == "disc":
        page.draw.ellipse((x0, y, x1, y + size), ink)
    elif shape == "square":
        page.box(x0, y, x1, y + size, ink)
    elif shape == "ring":
        page.draw.ellipse((x0, y, x1, y + size), None, ink, max(2, round(size / 6)))
    else:
        page.draw.polygon([(x, y), (x0, y + size), (x1, y + size)], ink)
    return y + size
