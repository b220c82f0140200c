"""Things printed on paper: receipts, invoices, forms, letters, report pages, tables, handwriting."""

from __future__ import annotations

import math
import random

from pictures import pen
from pictures.pen import BLACK, Drawing, Pen, grey

Dice = random.Random


def receipt(dice: Dice) -> Drawing:
    width = dice.randint(300, 460)
    rows = dice.randint(5, 26)
    height = round(width * dice.uniform(1.5, 3.4))
    page = Pen(dice, width, height)
    size = width / dice.uniform(24, 34)
    ink = grey(dice.choice((0, 20, 60, 110, 150)))  # thermal paper fades
    page.face = dice.choice(("mono", "mono", "sans"))
    y, left, right = (
        size * dice.uniform(1, 4),
        width * dice.uniform(0.03, 0.12),
        width * dice.uniform(0.86, 0.97),
    )
    if dice.random() < 0.3:
        y = _mark(page, width / 2, y, size * 3, ink) + size
    page.text(width / 2, y, pen.title(dice, 1, 3), size * dice.uniform(1, 1.7), ink, "bold", "ma")
    y += size * 2
    for _ in range(dice.randint(2, 6)):
        page.text(width / 2, y, pen.words(dice, 2, 4).upper()[:30], size, ink, anchor="ma")
        y += size * 1.3
    for _ in range(dice.randint(0, 4)):
        page.text(left, y, f"{pen.word(dice).title()}: {pen.number(dice, 7)}", size, ink)
        y += size * 1.35
    y = _rule(page, left, right, y + size * 0.4, size, ink)
    step = size * dice.uniform(1.25, 1.8)
    for _ in range(rows):
        if y > height - size * 7:
            break
        page.text(left, y, pen.words(dice, 1, 3)[:22].upper(), size, ink)
        if dice.random() < 0.75:
            page.text(right, y, pen.money(dice), size, ink, anchor="ra")
        if dice.random() < 0.3:
            y += step
            page.text(left + size * 2, y, f"{dice.randint(1, 9)} x {pen.money(dice, 90)}", size, ink)
        y += step
    y = _rule(page, left, right, y, size, ink)
    for label in dice.sample(
        ("TOTAL", "SUBTOTAL", "GST 6%", "CASH", "CHANGE", "ROUNDING"), dice.randint(2, 5)
    ):
        big = size * (1.4 if label == "TOTAL" else 1)
        page.text(left + width * 0.1, y, label, big, ink, "bold" if label == "TOTAL" else "")
        page.text(right, y, pen.money(dice), big, ink, "bold" if label == "TOTAL" else "", "ra")
        y += big * 1.5
    for _ in range(dice.randint(0, 4)):
        page.text(width / 2, y + size, pen.words(dice, 3, 5).upper()[:32], size, ink, anchor="ma")
        y += size * 1.3
    if dice.random() < 0.25:
        _barcode(page, width * 0.2, y + size * 2, width * 0.6, size * 3, ink)
        y += size * 6
    end = min(height, round(y + size * dice.uniform(2, 6)))
    page.image = page.image.crop((0, 0, width, max(end, width)))
    traits = ("faded",) if ink[0] > 90 else ()
    return Drawing(page.array(), "receipt", (*traits, "narrow paper", "black on white"), ())


def invoice(dice: Dice) -> Drawing:
    width = dice.randint(620, 820)
    height = round(width * 1.414)
    page = Pen(dice, width, height)
    size = width / dice.uniform(55, 75)
    edge = width * dice.uniform(0.06, 0.11)
    name = dice.choice(pen.CHROMATIC)
    brand = pen.colour(dice, name) if dice.random() < 0.7 else BLACK
    if brand != BLACK and dice.random() < 0.3:
        page.box(0, 0, width, height * 0.07, brand)
    logo_right = dice.random() < 0.5
    x = width - edge - size * 10 if logo_right else edge
    _mark(page, x + size * 3, edge * 0.8, size * dice.uniform(3, 6), brand)
    page.text(
        edge if logo_right else width - edge - size * 16,
        edge * 0.9,
        pen.title(dice, 2, 3),
        size * 1.5,
        brand,
        "bold",
    )
    y = edge + size * 7
    for side in (edge, width * 0.6):
        at = y
        for _ in range(dice.randint(3, 6)):
            page.text(side, at, pen.words(dice, 1, 3).title(), size)
            at += size * 1.4
    y += size * 11
    page.text(
        edge,
        y,
        dice.choice(("INVOICE", "Invoice", "RECHNUNG", "Tax Invoice", "FACTURE")) + " " + pen.number(dice, 6),
        size * dice.uniform(1.6, 2.6),
        brand,
        "bold",
    )
    y += size * 4
    y = grid(
        page, edge, y, width - 2 * edge, dice.randint(3, 14), dice.randint(3, 6), size, brand, numbers_from=1
    )
    for label in ("Subtotal", "VAT 19%", "TOTAL"):
        page.text(width * 0.62, y + size, label, size, style="bold" if label == "TOTAL" else "")
        page.text(
            width - edge,
            y + size,
            pen.money(dice, 9000),
            size,
            style="bold" if label == "TOTAL" else "",
            anchor="ra",
        )
        y += size * 1.7
    y = page.paragraph(edge, y + size * 3, (width - 2 * edge) * 0.8, dice.randint(1, 4), size)
    foot = height - edge * 0.8
    page.line([(edge, foot - size), (width - edge, foot - size)], brand)
    for i in range(3):
        for j in range(2):
            page.text(
                edge + i * (width - 2 * edge) / 3,
                foot + j * size,
                pen.words(dice, 2, 3),
                size * 0.8,
                grey(90),
            )
    return Drawing(
        page.array(),
        "invoice",
        ("a logo at the top", "a table of items", "portrait"),
        (name,) if brand != BLACK else (),
    )


def form(dice: Dice) -> Drawing:
    width = dice.randint(620, 800)
    height = round(width * dice.uniform(1.2, 1.42))
    page = Pen(dice, width, height)
    size = width / dice.uniform(50, 72)
    edge = width * dice.uniform(0.05, 0.12)
    y = edge * dice.uniform(0.6, 1.4)
    page.text(width / 2, y, pen.title(dice, 2, 5), size * dice.uniform(1.1, 1.7), style="bold", anchor="ma")
    y += size * 3
    boxed, filled = dice.random() < 0.5, dice.random() < 0.75
    step = size * dice.uniform(2, 3.2)
    while y < height - edge - step:
        part = dice.random()
        if part < 0.12:
            page.text(edge, y, pen.title(dice, 1, 4), size * 1.1, style="bold")
            y += step * 0.9
        elif part < 0.22:
            y = page.paragraph(edge, y, width - 2 * edge, dice.randint(1, 3), size) + size * 0.6
        elif part < 0.36:
            _ticks(page, edge, y, width - 2 * edge, size)
            y += step
        elif part < 0.44 and y < height - edge - step * 4:
            y = (
                grid(
                    page,
                    edge,
                    y,
                    width - 2 * edge,
                    dice.randint(2, 5),
                    dice.randint(2, 5),
                    size,
                    BLACK,
                    empty=0.6,
                )
                + size
            )
        else:
            _fields(page, edge, y, width - 2 * edge, size, step, boxed, filled)
            y += step
    if dice.random() < 0.4:
        page.box(
            edge * 0.6, edge * 0.5, width - edge * 0.6, height - edge * 0.5, None, BLACK, dice.randint(1, 3)
        )
    if dice.random() < 0.4:
        page.text(width - size * 1.5, height * 0.75, pen.number(dice, 8), size, anchor="ma")
    return Drawing(page.array(), "form", ("fields to fill in", "black and white", "lines and boxes"), ())


def letter(dice: Dice) -> Drawing:
    width = dice.randint(600, 800)
    height = round(width * 1.38)
    page = Pen(dice, width, height)
    page.face = dice.choice(("serif", "mono", "sans", "serif"))
    size = width / dice.uniform(48, 62)
    edge = width * dice.uniform(0.1, 0.15)
    y = edge * 0.7
    if dice.random() < 0.6:
        page.text(width / 2, y, pen.title(dice, 2, 4), size * 1.6, style="bold", anchor="ma")
        page.text(width / 2, y + size * 2.2, pen.words(dice, 4, 7), size * 0.85, anchor="ma")
    y += size * 6
    page.text(edge if dice.random() < 0.5 else width * 0.62, y, pen.date(dice), size)
    y += size * 3
    for _ in range(dice.randint(2, 5)):
        page.text(edge, y, pen.words(dice, 1, 4).title(), size)
        y += size * 1.4
    y += size * 2
    page.text(edge, y, "Dear " + pen.words(dice, 1, 2).title() + ",", size)
    y += size * 2.4
    for _ in range(dice.randint(2, 5)):
        if y > height * 0.72:
            break
        y = page.paragraph(edge, y, width - 2 * edge, dice.randint(2, 6), size) + size
    page.text(edge, y, "Sincerely,", size)
    scribble(page, edge, y + size * 3.5, size * 10, size * 1.6)
    page.text(edge, y + size * 6, pen.words(dice, 2, 2).title(), size)
    return Drawing(page.array(), "letter", ("a signature", "paragraphs of text", "portrait"), ())


def report_page(dice: Dice) -> Drawing:
    width = dice.randint(600, 820)
    height = round(width * dice.uniform(1.28, 1.42))
    page = Pen(dice, width, height)
    page.face = dice.choice(("serif", "sans", "serif"))
    size = width / dice.uniform(58, 85)
    edge = width * dice.uniform(0.06, 0.13)
    columns = dice.choice((1, 1, 1, 2))
    name = dice.choice(pen.CHROMATIC)
    accent = pen.colour(dice, name) if dice.random() < 0.35 else BLACK
    room = (width - 2 * edge - (columns - 1) * size * 2) / columns
    page.text(edge, edge * 0.5, pen.words(dice, 2, 5), size * 0.85, grey(100))
    for column in range(columns):
        x, y = edge + column * (room + size * 2), edge * dice.uniform(1, 1.4)
        stop = height - edge * (1 if dice.random() < 0.8 else dice.uniform(2, 6))
        while y < stop - size * 3:
            part = dice.random()
            if part < 0.25:
                page.text(
                    x,
                    y + size * 0.5,
                    pen.title(dice, 2, 5)[:40],
                    size * dice.uniform(1.1, 1.6),
                    accent,
                    "bold",
                )
                y += size * 2.6
            elif part < 0.33:
                for _ in range(dice.randint(2, 5)):
                    if y < stop - size * 2:
                        page.text(x + size, y, "•", size)
                        y = (
                            page.paragraph(x + size * 2.2, y, room - size * 3, dice.randint(1, 2), size)
                            + size * 0.4
                        )
            else:
                lines = min(dice.randint(3, 9), int((stop - y) / (size * 1.45)))
                y = page.paragraph(x, y, room, max(1, lines), size) + size * 0.8
    page.text(width / 2, height - edge * 0.55, str(dice.randint(1, 250)), size, anchor="ma")
    traits = ("two columns",) if columns == 2 else ("dense text",)
    return Drawing(
        page.array(),
        "report page",
        (*traits, "paragraphs of text", "portrait"),
        (name,) if accent != BLACK else (),
    )


def financial_page(dice: Dice) -> Drawing:
    width = dice.randint(600, 820)
    height = round(width * dice.uniform(1.28, 1.42))
    page = Pen(dice, width, height)
    page.face = dice.choice(("serif", "sans"))
    size = width / dice.uniform(60, 85)
    edge = width * dice.uniform(0.06, 0.12)
    y = edge
    page.text(width / 2, y, pen.title(dice, 3, 6)[:50], size * 1.3, style="bold", anchor="ma")
    y = page.paragraph(edge, y + size * 3, width - 2 * edge, dice.randint(1, 5), size) + size
    while y < height - edge * 1.6:
        rows = min(dice.randint(6, 30), int((height - edge * 1.2 - y) / (size * 1.55)))
        y = accounts(page, edge, y, width - 2 * edge, rows, dice.randint(2, 4), size) + size * 2
        if dice.random() < 0.5 and y < height - edge * 2:
            lines = min(dice.randint(1, 5), int((height - edge - y) / (size * 1.5)))
            y = page.paragraph(edge, y, width - 2 * edge, max(1, lines), size) + size
    page.text(width / 2, height - edge * 0.55, str(dice.randint(1, 250)), size, anchor="ma")
    return Drawing(page.array(), "financial table page", ("columns of numbers", "portrait"), ())


def table(dice: Dice) -> Drawing:
    width = dice.randint(420, 900)
    page = Pen(dice, width, 1200)
    rows, columns = dice.randint(3, 18), dice.randint(2, 8)
    size = min(width / columns / 7, width / dice.uniform(32, 60))
    edge = dice.choice((4, width * 0.04))
    name = dice.choice((*pen.CHROMATIC, "grey"))
    head = pen.colour(dice, name)
    y = edge
    if dice.random() < 0.4:
        page.text(edge, y, pen.title(dice, 2, 5), size * 1.3, style="bold")
        y += size * 2.4
    y = grid(page, edge, y, width - 2 * edge, rows, columns, size, head, numbers_from=dice.choice((1, 1, 2)))
    page.image = page.image.crop((0, 0, width, min(1200, round(y + edge))))
    return Drawing(page.array(), "table", ("rows and columns", "a header row"), ())


def handwriting(dice: Dice) -> Drawing:
    width, height = dice.randint(400, 800), dice.randint(400, 900)
    paper = dice.choice((pen.WHITE, (250, 246, 230), (253, 250, 200), (236, 240, 246)))
    page = Pen(dice, width, height, paper)
    ink = dice.choice(((20, 20, 30), (20, 40, 130), (60, 60, 60), (10, 10, 90)))
    step = height / dice.uniform(8, 20)
    ruled = dice.random() < 0.5
    y = step
    while y < height - step:
        if ruled:
            page.line([(0, y + step * 0.3), (width, y + step * 0.3)], (190, 205, 225))
        x = width * 0.07
        while x < width * dice.uniform(0.7, 0.95):
            length = dice.uniform(1, 4) * step * 0.7
            scribble(page, x, y, length, step * 0.35, ink, dice.choice((1, 2, 2, 3)))
            x += length + step * 0.4
        y += step
    return Drawing(page.array(), "handwriting", ("ruled paper",) if ruled else ("a note",), ())


# ------------------------------------------------------------------------------------- parts


def grid(
    page: Pen, x: float, y: float, width: float, rows: int, columns: int, size: float, head: pen.Colour,
    numbers_from: int = 1, empty: float = 0.03,
) -> float:  # fmt: skip
    """A ruled table; returns the y below it."""
    dice = page.dice
    shares = [dice.uniform(1.6, 2.6) if c < numbers_from else 1 for c in range(columns)]
    edges = [x + width * sum(shares[:c]) / sum(shares) for c in range(columns + 1)]
    step = size * dice.uniform(1.6, 2.4)
    style = dice.choice(("filled", "filled", "pale", "ruled", "plain"))
    lines, stripes = dice.choice(("all", "rows", "none", "all")), dice.random() < 0.35
    rule = grey(dice.choice((0, 120, 200, 215)))
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
                    edges[c + 1] - size * 0.4,
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
    step, stripes = size * dice.uniform(1.35, 1.75), dice.random() < 0.35
    right = [x + width - c * width * dice.uniform(0.13, 0.15) for c in range(columns)]
    for row in range(max(1, rows)):
        if stripes and row % 2:
            page.box(x, y, x + width, y + step, (224, 236, 246))
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


def _rule(page: Pen, left: float, right: float, y: float, size: float, ink: pen.Colour) -> float:
    kind = page.dice.choice(("dashes", "line", "stars", "none"))
    if kind == "line":
        page.line([(left, y + size * 0.5), (right, y + size * 0.5)], ink)
    elif kind != "none":
        font = page.font(size)
        sign = "-" if kind == "dashes" else "*"
        page.text(left, y, sign * int((right - left) / font.getlength(sign)), size, ink)
    return y + size * 1.3


def _barcode(page: Pen, x: float, y: float, width: float, height: float, ink: pen.Colour) -> None:
    at = x
    while at < x + width:
        thick = page.dice.choice((1, 1, 2, 3))
        page.box(at, y, at + thick, y + height, ink)
        at += thick + page.dice.choice((1, 2, 3))


def _mark(page: Pen, x: float, y: float, size: float, ink: pen.Colour) -> float:
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
    page: Pen, x: float, y: float, width: float, size: float, step: float, boxed: bool, filled: bool
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
        if not boxed:
            page.line([(left + taken + size * 0.6, y + size * 1.1), (right, y + size * 1.1)])
        if filled and dice.random() < 0.75:
            at = left + taken + size
            if dice.random() < 0.3:
                scribble(page, at, y + size * 0.7, max(size * 3, (right - at) * 0.6), size * 0.5)
            else:
                text = pen.words(dice, 1, 3)[: max(3, int((right - at) / size / 0.7))]
                page.text(at, y, text, size, style="mono")
