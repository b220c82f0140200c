"""What windows are made of: bars, fields, grids, dialogs, menus."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
from PIL import Image

from pictures import charts, pen
from pictures.pen import WHITE, Colour, Pen, grey

Dice = random.Random


@dataclass(frozen=True)
class Theme:
    """Colours of a program."""

    dark: bool
    ground: Colour
    panel: Colour
    ink: Colour
    faint: Colour
    accent: Colour
    name: str

    @property
    def traits(self) -> tuple[str, ...]:
        return ("dark theme", "dark mode") if self.dark else ("light theme", "white background")


def theme(dice: Dice, dark: float = 0.25) -> Theme:
    name = dice.choice((*pen.CHROMATIC, "blue", "yellow", "green"))
    accent = pen.colour(dice, name)
    if dice.random() < dark:
        ground = dice.choice(((30, 30, 30), (24, 26, 32), (17, 17, 17), (32, 36, 46), (13, 17, 23)))
        return Theme(True, ground, pen.tint(ground, 0.08), (225, 225, 228), (90, 92, 98), accent, name)
    panel = dice.choice(((243, 243, 243), (240, 240, 245), (250, 250, 250), (225, 230, 238), (230, 230, 230)))
    return Theme(
        False, WHITE, panel, grey(dice.choice((20, 40, 70))), grey(dice.choice((160, 200, 215))), accent, name
    )


def screen(dice: Dice, width: int, height: int, t: Theme) -> Pen:
    page = Pen(dice, width, height, t.ground)
    page.face = "sans"
    return page


def paste(page: Pen, picture: np.ndarray, x0: float, y0: float, x1: float, y1: float) -> None:
    small = Image.fromarray(picture).resize(
        (max(4, int(x1 - x0)), max(4, int(y1 - y0))), Image.Resampling.BOX
    )
    page.image.paste(small, (int(x0), int(y0)))


def title_bar(page: Pen, t: Theme, x0: float, y0: float, x1: float, size: float) -> float:
    high = size * 2.4
    page.box(x0, y0, x1, y0 + high, page.dice.choice((t.panel, t.accent, t.ground)))
    page.text(x0 + size, y0 + size * 0.6, pen.title(page.dice, 2, 4), size, t.ink)
    for i, sign in enumerate("×□–"):
        page.text(x1 - size * (1.5 + 2.4 * i), y0 + size * 0.5, sign, size * 1.2, t.ink)
    return y0 + high


def tool_bar(page: Pen, t: Theme, y: float, size: float) -> float:
    """Menu names, then icons with labels."""
    dice = page.dice
    high = size * dice.choice((2, 5, 7))
    page.box(0, y, page.width, y + high, t.panel)
    x = size
    while x < page.width * dice.uniform(0.5, 1):
        if high > size * 3:
            side = size * dice.choice((1.4, 2.4))
            kind = dice.random()
            ink = dice.choice((t.accent, t.ink, pen.colour(dice, dice.choice(pen.CHROMATIC))))
            if kind < 0.5:
                page.box(x, y + size * 0.6, x + side, y + size * 0.6 + side, None, ink, 2)
            else:
                page.draw.ellipse((x, y + size * 0.6, x + side, y + size * 0.6 + side), ink)
        x += page.text(x, y + high - size * 1.6, pen.title(dice, 1, 2)[:12], size, t.ink) + size * 1.6
        if dice.random() < 0.15:
            page.line([(x - size * 0.8, y + size * 0.3), (x - size * 0.8, y + high - size * 0.3)], t.faint)
    page.line([(0, y + high), (page.width, y + high)], t.faint)
    return y + high


def side_bar(page: Pen, t: Theme, x0: float, y0: float, x1: float, y1: float, size: float) -> None:
    dice = page.dice
    page.box(x0, y0, x1, y1, t.panel)
    page.line([(x1, y0), (x1, y1)], t.faint)
    step = size * dice.uniform(1.7, 2.6)
    y, chosen = y0 + size, dice.randint(0, 9)
    for i in range(int((y1 - y0) * dice.uniform(0.4, 1) / step)):
        if i == chosen:
            page.box(
                x0, y - size * 0.3, x1, y + size * 1.4, pen.tint(t.accent, 0.7) if not t.dark else t.accent
            )
        x = x0 + size * (1 + dice.choice((0, 0, 1)))
        if dice.random() < 0.6:
            page.box(
                x, y + size * 0.1, x + size * 0.8, y + size * 0.9, dice.choice((t.accent, t.faint, t.ink))
            )
        text = pen.words(dice, 1, 3)[: max(3, int((x1 - x - size * 2) / size / 0.65))]
        page.text(x + size * 1.5, y, text, size, t.ink)
        y += step


def content(page: Pen, t: Theme, x0: float, y0: float, x1: float, y1: float, size: float) -> None:
    dice = page.dice
    kind = dice.choice(("cells", "cells", "fields", "text", "code", "empty", "chart", "list"))
    if kind == "cells":
        cells(page, t, x0, y0, x1, y1 - (y1 - y0) * dice.choice((0, 0, 0.4)), size)
    elif kind == "fields":
        inputs(page, t, x0, y0, x1, y1, size)
    elif kind == "text":
        page.text(x0, y0, pen.title(dice, 2, 5), size * 2, t.ink, "bold")
        page.paragraph(x0, y0 + size * 4, (x1 - x0) * 0.8, max(1, int((y1 - y0) / size / 3)), size, t.ink)
    elif kind == "code":
        code_lines(page, t, x0, y0, x1, y1, size)
    elif kind == "chart":
        chart = dice.choice(charts.DRAW)(Dice(dice.random()))
        paste(page, chart.picture, x0 + (x1 - x0) * 0.1, y0 + size * 2, x1 - (x1 - x0) * 0.2, y1 - size * 2)
    elif kind == "list":
        y = y0
        while y < y1 - size * 4:
            page.box(x0, y, x1, y + size * 3.4, t.ground, t.faint)
            page.box(x0 + size, y + size * 0.7, x0 + size * 3, y + size * 2.7, t.accent)
            page.text(x0 + size * 4, y + size * 0.4, pen.title(dice, 2, 4)[:40], size, t.ink, "bold")
            page.text(x0 + size * 4, y + size * 1.8, pen.words(dice, 3, 7)[:60], size * 0.9, t.ink)
            y += size * 4


def inputs(page: Pen, t: Theme, x0: float, y0: float, x1: float, y1: float, size: float) -> float:
    """Labels with entry fields, choices and check boxes; returns the y below them."""
    dice = page.dice
    y, beside = y0, dice.random() < 0.4
    while y < y1 - size * 4:
        if dice.random() < 0.25:
            round_one = dice.random() < 0.5
            for _ in range(dice.randint(1, 4)):
                corners = (x0, y, x0 + size, y + size)
                page.draw.ellipse(corners, None, t.ink) if round_one else page.box(*corners, None, t.ink)
                page.text(x0 + size * 1.7, y, pen.words(dice, 1, 5)[:30], size, t.ink)
                y += size * 1.8
        else:
            left = x0 + (x1 - x0) * 0.3 if beside else x0
            page.text(x0, y, pen.words(dice, 1, 4).capitalize()[:24], size, t.ink)
            top = y - size * 0.3 if beside else y + size * 1.5
            right = left + (x1 - left) * dice.choice((0.5, 0.8, 1))
            page.box(left, top, right, top + size * 1.9, t.ground, t.faint if not t.dark else (120, 120, 125))
            if dice.random() < 0.6:
                page.text(
                    left + size * 0.5,
                    top + size * 0.4,
                    pen.words(dice, 1, 3)[: max(2, int((right - left) / size / 0.8))],
                    size,
                    t.ink,
                )
            if dice.random() < 0.4:
                page.text(right - size * 1.4, top + size * 0.3, "▾", size, t.ink)
            y = top + size * 3
        y += size * dice.uniform(0.3, 1)
    return y


def dialog_box(page: Pen, t: Theme, x0: float, y0: float, x1: float, y1: float, size: float) -> None:
    dice = page.dice
    page.box(x0, y0, x1 - 1, y1 - 1, t.ground, t.faint)
    y = y0 + size
    if dice.random() < 0.5:
        y = title_bar(page, t, x0, y0, x1, size) + size
    else:
        page.text(
            x0 + size * 1.2,
            y,
            pen.title(dice, 2, 4)[:30],
            size * dice.uniform(1, 1.7),
            t.ink,
            dice.choice(("bold", "")),
        )
        page.text(x1 - size * 2, y, "×", size * 1.3, t.ink)
        y += size * 3
    foot = y1 - size * 3.6
    left = x0 + size * 1.2
    if dice.random() < 0.3:
        left = x0 + (x1 - x0) * dice.uniform(0.25, 0.4)
        side_bar(page, t, x0 + size * 0.5, y, left - size, foot, size)
    body = dice.choice(("inputs", "inputs", "text", "cells", "both"))
    if body in ("text", "both"):
        y = page.paragraph(left, y, (x1 - left) * 0.85, dice.randint(1, 3), size, t.ink) + size
    if body in ("inputs", "both"):
        inputs(page, t, left, y, x1 - size * 1.5, foot, size)
    elif body == "cells" and foot - y > size * 4:
        cells(page, t, left, y, x1 - size, foot - size, size)
    if dice.random() < 0.4:
        page.box(x0 + 1, foot - size * 0.3, x1 - 2, y1 - 2, t.panel)
    x = x1 - size * 1.2
    for i in range(dice.choice((1, 2, 2, 3))):
        wide = size * dice.uniform(4.5, 6.5)
        page.box(
            x - wide,
            foot + size * 0.5,
            x,
            foot + size * 2.6,
            t.accent if i == 0 and dice.random() < 0.8 else t.panel,
            t.faint,
            radius=dice.choice((0, 0, size / 3)),
        )
        page.text(
            x - wide / 2,
            foot + size * 1.55,
            dice.choice(("OK", "Cancel", "Next", "Close", "Save", "Connect")),
            size,
            WHITE if i == 0 and sum(t.accent) < 500 else t.ink,
            anchor="mm",
        )
        x -= wide + size


def dialog_on(page: Pen, t: Theme, size: float) -> None:
    w, h = page.width * page.dice.uniform(0.3, 0.6), page.height * page.dice.uniform(0.4, 0.8)
    x, y = (page.width - w) * page.dice.random(), (page.height - h) * page.dice.random()
    page.box(x + 5, y + 5, x + w + 5, y + h + 5, pen.tint(t.ink, 0.4))
    dialog_box(page, t, x, y, x + w, y + h, size)


def highlight(page: Pen, x: float, y: float) -> None:
    """The red frame of manuals."""
    dice = page.dice
    x += dice.random() * page.width * 0.5
    y += dice.random() * max(1, page.height * 0.6 - y)
    page.box(
        x,
        y,
        x + page.width * dice.uniform(0.08, 0.4),
        y + page.height * dice.uniform(0.04, 0.2),
        None,
        (225, 20, 30),
        3,
    )


def menu_on(page: Pen, t: Theme, size: float) -> None:
    """A context menu over what is there, perhaps with a second one beside it."""
    dice = page.dice
    x, y = page.width * dice.uniform(0.1, 0.6), page.height * dice.uniform(0.05, 0.3)
    for _ in range(dice.choice((1, 1, 2))):
        w, h = size * dice.uniform(14, 22), min(page.height - y - 2, size * dice.uniform(12, 36))
        page.box(x - 1, y - 1, x + w + 1, y + h + 1, t.panel, t.faint)
        side_bar(page, t, x, y, x + w, y + h, size)
        x, y = x + w, y + h * dice.uniform(0.1, 0.5)


def cells(
    page: Pen, t: Theme, x0: float, y0: float, x1: float, y1: float, size: float, icons: bool = False
) -> None:
    """A grid of data; with `icons` as programs show it: a small sign beside each heading, numbered rows."""
    dice = page.dice
    if icons:
        for row in range(int((y1 - y0) / size / 1.9)):
            page.text(
                x0 + size * 1.8, y0 + (row + 1) * size * 1.9, str(row), size * 0.9, t.faint, anchor="ra"
            )
        x0 += size * 2.4
    step, columns = size * dice.uniform(1.6, 2.2), dice.randint(3, 9)
    width = (x1 - x0) * dice.choice((1, 1, 0.6)) / columns
    room = max(2, int(width / size / 0.62) - 1)
    rows = int((y1 - y0) / step)
    numbers = [dice.random() < 0.5 for _ in range(columns)]
    lines = dice.random() < 0.7
    for row in range(rows):
        y = y0 + row * step
        if row == 0 and dice.random() < 0.8:
            page.box(x0, y, x0 + columns * width, y + step, dice.choice((t.panel, t.accent)))
        for c in range(columns):
            x = x0 + c * width
            if row == 0 and icons:
                page.box(x + size * 0.3, y + step * 0.25, x + size * 1.5, y + step * 0.75, None, t.accent)
                page.text(
                    x + size * 2, y + step * 0.2, pen.title(dice, 1, 2)[: max(1, room - 3)], size, t.ink
                )
                page.line([(x, y + step - 1), (x + width - 2, y + step - 1)], t.accent, 2)
            elif row == 0:
                page.text(x + size * 0.4, y + step * 0.2, pen.title(dice, 1, 2)[:room], size, t.ink, "bold")
            elif numbers[c]:
                page.text(
                    x + width - size * 0.4,
                    y + step * 0.2,
                    str(dice.randint(1, 99999))[:room],
                    size,
                    t.ink,
                    anchor="ra",
                )
            else:
                page.text(x + size * 0.4, y + step * 0.2, pen.words(dice, 1, 2)[:room], size, t.ink)
            if lines:
                page.line([(x, y), (x, y + step)], t.faint)
        if lines or dice.random() < 0.2:
            page.line([(x0, y + step), (x0 + columns * width, y + step)], t.faint)


def code_lines(page: Pen, t: Theme, x0: float, y0: float, x1: float, y1: float, size: float) -> None:
    dice = page.dice
    inks = [pen.colour(dice, n) for n in pen.some_colours(dice, 3)]
    inks = [pen.tint(i, 0.35) if t.dark else pen.tint(i, -0.2) for i in inks]
    y, indent, numbered, line = y0, 0, dice.random() < 0.5, 1
    while y < y1 - size:
        x = x0
        if numbered:
            page.text(x + size * 1.5, y, str(line), size, t.faint, "mono", "ra")
            x += size * 2.5
        if dice.random() < 0.88:
            x += indent * size * 2
            for _ in range(dice.randint(1, 7)):
                text = pen.word(dice) + dice.choice(("", "(", ")", " =", ",", ":", "."))
                if x + len(text) * size * 0.6 > x1:
                    break
                x += page.text(x, y, text, size, dice.choice((t.ink, t.ink, *inks)), "mono") + size * 0.6
        indent = min(5, max(0, indent + dice.choice((-1, 0, 0, 1))))
        y += size * 1.5
        line += 1
