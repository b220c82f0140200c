"""Dashboards: tiles with charts and big figures."""

from __future__ import annotations

import random

from PIL import Image

from pictures import charts, pen
from pictures.pen import BLACK, WHITE, Drawing, Pen

Dice = random.Random


def dashboard(dice: Dice) -> Drawing:
    """Tiles with charts and big figures."""
    dark = dice.random() < 0.3
    width = dice.randint(800, 1200)
    height = round(width * dice.uniform(0.5, 0.75))
    page = Pen(dice, width, height, (24, 28, 38) if dark else (243, 244, 247))
    page.face = "sans"
    tile = (38, 44, 58) if dark else WHITE
    ink = (230, 230, 235) if dark else BLACK
    size, gap = width / 70, width / 90
    name = dice.choice(pen.CHROMATIC)
    top, left = size * 3.5, 0.0
    page.box(0, 0, width, top - gap, pen.colour(dice, name) if dice.random() < 0.4 else tile)
    page.text(gap, size * 0.6, pen.title(dice, 2, 4), size * 1.5, ink, "bold")
    if dice.random() < 0.5:
        left = width * 0.14
        page.box(0, top - gap, left - gap, height, pen.tint(pen.colour(dice, name), -0.5))
        for i in range(7):
            page.text(gap, top + i * size * 2.4, pen.title(dice, 1, 2)[:12], size, (220, 220, 225))
    cards = dice.randint(3, 5)
    for i in range(cards):
        room = (width - left - gap) / cards
        x = left + gap + i * room if left else gap + i * room
        page.box(x, top, x + room - gap * 2, top + size * 5, tile, radius=size / 3)
        page.text(x + size, top + size * 0.5, pen.title(dice, 1, 2)[:14], size * 0.9, ink)
        page.text(
            x + size,
            top + size * 2,
            dice.choice((f"{dice.randint(1, 99)}%", f"{dice.randint(100, 9999):,}", "$" + pen.money(dice))),
            size * 2,
            pen.colour(dice, dice.choice(pen.CHROMATIC)),
            "bold",
        )
    top += size * 5 + gap
    columns, rows = dice.randint(2, 3), dice.randint(1, 2)
    for row in range(rows):
        for column in range(columns):
            x = left + gap + column * (width - left - gap) / columns
            y = top + row * (height - top) / rows
            w, h = (width - left - gap) / columns - gap, (height - top) / rows - gap
            page.box(x, y, x + w, y + h, tile, radius=size / 3)
            chart = dice.choice(charts.DRAW)(Dice(dice.random()))
            small = Image.fromarray(chart.picture).resize(
                (max(8, int(w - gap)), max(8, int(h - gap))), Image.Resampling.BOX
            )
            if dark and chart.picture.mean() > 128:
                small = Image.eval(small, lambda v: 255 - v * 215 // 255)
            page.image.paste(small, (int(x + gap / 2), int(y + gap / 2)))
    traits = ("dark theme",) if dark else ("light theme",)
    return Drawing(page.array(), "dashboard", (*traits, "several charts", "big numbers"), (name,))
