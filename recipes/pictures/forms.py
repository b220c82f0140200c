"""Forms: lined, ruled in cells, listings, memos of an office."""

from __future__ import annotations

import random
from itertools import pairwise

from PIL import Image, ImageDraw

from pictures import pen
from pictures.parts import grid, mark, scribble
from pictures.pen import BLACK, Drawing, Pen, grey

Dice = random.Random


def form(dice: Dice) -> Drawing:
    look = dice.choices((_lined_form, _memo, _grid_form, _listing), (3, 1.5, 1, 1.5))[0]
    return look(dice)


def _lined_form(dice: Dice) -> Drawing:
    """Labels with lines, boxes and ticks to fill in."""
    width = dice.randint(620, 800)
    height = round(width * dice.uniform(1.2, 1.42))
    page = Pen(dice, width, height)
    size = width / dice.uniform(38, 95)
    edge = width * dice.uniform(0.04, 0.14)
    y = edge * dice.uniform(0.6, 1.8)
    if dice.random() < 0.3:
        mark(page, edge + size * 2, y, size * 4, BLACK)
    page.text(width / 2, y, pen.title(dice, 2, 5), size * dice.uniform(1.1, 1.9), style="bold", anchor="ma")
    y += size * 3
    boxed, filled = dice.random() < 0.4, dice.random() < 0.8
    barred = dice.random() < 0.25
    ruled, step = dice.random() < 0.65, size * dice.uniform(1.7, 3.2)
    end = height - edge * (1 if dice.random() < 0.7 else dice.uniform(1, 5))
    while y < end - step:
        part = dice.random()
        if part < 0.14:
            if barred:
                page.box(edge, y - size * 0.2, width - edge, y + size * 1.5, BLACK)
            page.text(
                edge + size, y, pen.title(dice, 1, 4), size * 1.1, pen.WHITE if barred else BLACK, "bold"
            )
            y += step * 0.9
        elif part < 0.22:
            y = page.paragraph(edge, y, width - 2 * edge, dice.randint(1, 3), size) + size * 0.6
        elif part < 0.34:
            _ticks(page, edge, y, width - 2 * edge, size)
            y += step
        elif part < 0.44 and y < end - step * 4:
            y = (
                grid(
                    page,
                    edge,
                    y,
                    width - 2 * edge,
                    dice.randint(2, 6),
                    dice.randint(2, 6),
                    size,
                    BLACK,
                    empty=0.6,
                )
                + size
            )
        else:
            _fields(page, edge, y, width - 2 * edge, size, step, boxed, filled, ruled)
            y += step
    _office(page, size, edge)
    return Drawing(page.array(), "form", ("fields to fill in", "black and white", "lines and boxes"), ())


def _grid_form(dice: Dice) -> Drawing:
    """One large grid of cells of unequal size, each with a small label and perhaps an entry."""
    width = dice.randint(620, 800)
    height = round(width * dice.uniform(1.0, 1.4))
    page = Pen(dice, width, height)
    size = width / dice.uniform(44, 92)
    edge = width * dice.uniform(0.04, 0.1)
    y = edge
    page.text(
        dice.choice((edge, width * 0.3)), y, pen.title(dice, 2, 5), size * dice.uniform(1.2, 2), style="bold"
    )
    y += size * 3.5
    weight, filled = dice.choice((1, 1, 2)), dice.uniform(0.3, 0.9)
    while y < height - edge * dice.uniform(1, 3):
        high = size * dice.choice((2.4, 2.8, 3.4, 6))
        cuts = sorted(dice.uniform(0.15, 0.85) for _ in range(dice.choice((0, 1, 1, 2, 3))))
        lefts = [edge + (width - 2 * edge) * c for c in (0, *cuts, 1)]
        for x0, x1 in pairwise(lefts):
            page.box(x0, y, x1, y + high, grey(215) if dice.random() < 0.06 else None, BLACK, weight)
            room = max(2, int((x1 - x0) / size / 0.7))
            page.text(x0 + size * 0.3, y + size * 0.2, pen.words(dice, 1, 3).title()[:room], size * 0.75)
            if dice.random() < filled:
                page.text(
                    x0 + size * 0.6,
                    y + size * 1.2,
                    pen.words(dice, 1, 3).title()[: max(2, room - 2)],
                    size,
                    style="mono",
                )
        y += high
        if dice.random() < 0.12:
            y = (
                page.paragraph(edge, y + size * 0.5, width - 2 * edge, dice.randint(1, 2), size * 0.8)
                + size * 0.4
            )
    _office(page, size, edge)
    return Drawing(page.array(), "form", ("boxes with labels", "a grid of fields", "black and white"), ())


def _listing(dice: Dice) -> Drawing:
    """Labels in one column, entries in a second one, in sections, with much white between."""
    width = dice.randint(620, 800)
    height = round(width * dice.uniform(1.25, 1.4))
    page = Pen(dice, width, height)
    page.face = dice.choice(("sans", "serif", "mono"))
    size = width / dice.uniform(50, 95)
    edge = width * dice.uniform(0.06, 0.16)
    y = edge * dice.uniform(0.6, 1.5)
    for _ in range(dice.randint(1, 3)):
        page.text(
            width / 2,
            y,
            pen.title(dice, 2, 6)[:46],
            size * dice.uniform(1, 1.6),
            style=dice.choice(("bold", "")),
            anchor="ma",
        )
        y += size * 2
    y += size * 2
    tab, underlined = width * dice.uniform(0.28, 0.5), dice.random() < 0.4
    step = size * dice.uniform(1.5, 3)
    end = height - edge * dice.uniform(1, 4)
    while y < end:
        part = dice.random()
        if part < 0.15:
            page.text(edge, y, pen.title(dice, 1, 4), size, style="bold")
            if dice.random() < 0.5:
                page.line([(edge, y + size * 1.3), (width - edge, y + size * 1.3)])
        elif part < 0.25:
            y = page.paragraph(edge, y, width - 2 * edge, dice.randint(1, 4), size)
        else:
            page.text(
                edge,
                y,
                pen.words(dice, 1, 4).capitalize() + dice.choice((":", "", ":")),
                size,
                style=dice.choice(("", "bold")),
            )
            for _ in range(dice.choice((1, 1, 1, 2, 3))):
                if dice.random() < 0.85:
                    page.text(
                        tab,
                        y,
                        dice.choice(
                            (
                                pen.words(dice, 1, 4).title(),
                                pen.date(dice),
                                pen.number(dice, 7),
                                pen.money(dice),
                            )
                        ),
                        size,
                        style=dice.choice(("mono", "")),
                    )
                if underlined:
                    page.line([(tab, y + size * 1.2), (width - edge, y + size * 1.2)])
                y += size * 1.4
        y += step
    _office(page, size, edge)
    return Drawing(page.array(), "form", ("labels and entries", "typed entries", "black and white"), ())


def _memo(dice: Dice) -> Drawing:
    """A typed form of an office: TO, FROM, SUBJECT; a cover sheet of a fax; a request with remarks."""
    width = dice.randint(600, 800)
    height = round(width * dice.uniform(1.25, 1.4))
    page = Pen(dice, width, height)
    page.face = dice.choice(("mono", "mono", "serif", "sans"))
    size = width / dice.uniform(48, 92)
    edge = width * dice.uniform(0.08, 0.15)
    y = edge * dice.uniform(0.6, 1.6)
    page.text(
        dice.choice((edge, width * 0.4)),
        y,
        pen.title(dice, 2, 5).upper()[:36],
        size * dice.uniform(1, 1.8),
        style="bold",
    )
    y += size * dice.uniform(3, 5)
    tab = edge + size * dice.uniform(7, 12)
    for label in dice.sample(
        ("TO", "FROM", "DATE", "SUBJECT", "COMPANY", "FAX NO", "PHONE", "PAGES", "REF", "BRAND", "PRODUCT"),
        dice.randint(4, 9),
    ):
        page.text(edge, y, label + ":", size, style=dice.choice(("bold", "")))
        if dice.random() < 0.85:
            if dice.random() < 0.2:
                scribble(page, tab, y + size * 0.7, size * dice.uniform(6, 14), size * 0.6)
            else:
                page.text(tab, y, pen.words(dice, 1, 5).title()[:34], size, style="mono")
        if dice.random() < 0.3:
            page.line([(tab, y + size * 1.2), (width - edge, y + size * 1.2)])
        y += size * dice.uniform(1.6, 2.4)
    if dice.random() < 0.6:
        page.line([(edge, y), (width - edge, y)], width=2)
    y += size * 1.5
    for _ in range(dice.randint(1, 4)):
        if y < height * 0.7:
            page.text(edge, y, pen.title(dice, 1, 2).upper() + ":", size, style="bold")
            y = (
                page.paragraph(
                    edge + size * 2, y + size * 2, width - 2 * edge - size * 2, dice.randint(1, 4), size
                )
                + size
            )
    _ticks(page, edge, min(y + size, height - edge), width - 2 * edge, size)
    _office(page, size, edge)
    return Drawing(page.array(), "form", ("typed entries", "to and from fields", "a fax cover sheet"), ())


def _office(page: Pen, size: float, edge: float) -> None:
    """What offices leave on forms: frames, a number along the side, stamps, signatures."""
    dice, width, height = page.dice, page.width, page.height
    if dice.random() < 0.25:
        page.box(
            edge * 0.6, edge * 0.5, width - edge * 0.6, height - edge * 0.5, None, BLACK, dice.randint(1, 3)
        )
    if dice.random() < 0.5:
        strip = Image.new("RGB", (round(size * 9), round(size * 1.4)), pen.WHITE)
        ImageDraw.Draw(strip).text((2, 0), pen.number(dice, 8), BLACK, page.font(size))
        if dice.random() < 0.7:
            strip = strip.rotate(90, expand=True)
        page.image.paste(
            strip, (round(width - edge * 0.5 - strip.width / 2), round(height * dice.uniform(0.6, 0.85)))
        )
    if dice.random() < 0.35:
        scribble(
            page, width * dice.uniform(0.1, 0.6), height * dice.uniform(0.75, 0.92), size * 11, size * 1.8
        )
    if dice.random() < 0.2:
        x, y = width * dice.uniform(0.5, 0.75), height * dice.uniform(0.05, 0.8)
        page.box(x, y, x + size * 13, y + size * 4, None, grey(60), 3)
        page.text(
            x + size, y + size, dice.choice(("RECEIVED", "APPROVED", "COPY")), size * 1.7, grey(60), "bold"
        )


def _ticks(page: Pen, x: float, y: float, width: float, size: float) -> None:
    count = page.dice.randint(2, 5)
    for i in range(count):
        at = x + i * width / count
        page.box(at, y, at + size, y + size, None, BLACK)
        if page.dice.random() < 0.3:
            page.line([(at, y), (at + size, y + size)], width=2)
            page.line([(at + size, y), (at, y + size)], width=2)
        page.text(at + size * 1.6, y, pen.words(page.dice, 1, 2)[:14], size)


def _fields(
    page: Pen,
    x: float,
    y: float,
    width: float,
    size: float,
    step: float,
    boxed: bool,
    filled: bool,
    ruled: bool,
) -> None:
    """One to three labels with lines or boxes to write on, some of them filled in."""
    dice = page.dice
    count = dice.choice((1, 1, 2, 2, 3))
    for i in range(count):
        left, right = x + i * width / count, x + (i + 1) * width / count - size
        label = (pen.words(dice, 1, 3).title()[: int(width / count / size / 1.3)] or "Name") + ":"
        if boxed:
            page.box(left, y - size * 0.3, right + size, y + step - size * 0.3, None, BLACK)
        taken = page.text(left + size * 0.3, y, label, size, style=dice.choice(("", "", "bold")))
        if ruled and not boxed:
            page.line([(left + taken + size * 0.6, y + size * 1.1), (right, y + size * 1.1)])
        if filled and dice.random() < 0.75:
            at = left + taken + size
            if dice.random() < 0.3:
                scribble(page, at, y + size * 0.7, max(size * 3, (right - at) * 0.6), size * 0.5)
            else:
                text = pen.words(dice, 1, 3)[: max(3, int((right - at) / size / 0.7))]
                page.text(at, y, text, size, style="mono")
