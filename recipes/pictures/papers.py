"""Things printed on paper: receipts, invoices, letters, tables, handwriting."""

from __future__ import annotations

import random

from pictures import pen
from pictures.parts import barcode, grid, mark, rule, scribble
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
        y = mark(page, width / 2, y, size * 3, ink) + size
    page.text(width / 2, y, pen.title(dice, 1, 3), size * dice.uniform(1, 1.7), ink, "bold", "ma")
    y += size * 2
    for _ in range(dice.randint(2, 6)):
        page.text(width / 2, y, pen.words(dice, 2, 4).upper()[:30], size, ink, anchor="ma")
        y += size * 1.3
    for _ in range(dice.randint(0, 4)):
        page.text(left, y, f"{pen.word(dice).title()}: {pen.number(dice, 7)}", size, ink)
        y += size * 1.35
    y = rule(page, left, right, y + size * 0.4, size, ink)
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
    y = rule(page, left, right, y, size, ink)
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
        barcode(page, width * 0.2, y + size * 2, width * 0.6, size * 3, ink)
        y += size * 6
    end = min(height, round(y + size * dice.uniform(2, 6)))
    page.image = page.image.crop((0, 0, width, max(end, width)))
    traits = ("faded",) if ink[0] > 90 else ()
    return Drawing(page.array(), "receipt", (*traits, "narrow paper", "black on white"), ())


def invoice(dice: Dice) -> Drawing:
    width = dice.randint(620, 820)
    height = round(width * 1.414)
    page = Pen(dice, width, height)
    size = width / dice.uniform(55, 100)
    edge = width * dice.uniform(0.06, 0.11)
    name = dice.choice(pen.CHROMATIC)
    brand = pen.colour(dice, name) if dice.random() < 0.5 else BLACK
    if brand != BLACK and dice.random() < 0.3:
        page.box(0, 0, width, height * 0.07, brand)
    logo_right = dice.random() < 0.5
    x = width - edge - size * 10 if logo_right else edge
    if dice.random() < 0.6:
        mark(page, x + size * 3, edge * 0.8, size * dice.uniform(3, 6), brand)
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
        page, edge, y, width - 2 * edge, dice.randint(1, 14), dice.randint(3, 8), size, brand, numbers_from=1
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


def table(dice: Dice) -> Drawing:
    """A table by itself: cropped close, or in the middle of a white field."""
    width = dice.randint(420, 900)
    page = Pen(dice, width, 1500)
    rows, columns = dice.randint(3, 20), dice.randint(2, 8)
    edge = width * dice.choice((0.005, 0.04, 0.1, 0.15))
    size = min((width - 2 * edge) / columns / dice.uniform(5, 9), width / dice.uniform(28, 70))
    name = dice.choice((*pen.CHROMATIC, "grey"))
    head = pen.colour(dice, name)
    y = edge + (width * dice.uniform(0.05, 0.3) if dice.random() < 0.3 else 0)
    top = y
    if dice.random() < 0.4:
        page.text(edge, y, pen.title(dice, 2, 5), size * 1.3, style="bold")
        y += size * 2.4
    y = grid(
        page, edge, y, width - 2 * edge, rows, columns, size, head, numbers_from=dice.choice((0, 0, 1, 1, 2))
    )
    page.image = page.image.crop((0, 0, width, min(1500, round(y + top))))
    return Drawing(page.array(), "table", ("rows and columns", "a header row"), (name,))


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
