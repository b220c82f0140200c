"""Pages of reports: running text, covers, contents, charts and accounts between paragraphs."""

from __future__ import annotations

import random

from PIL import Image

from pictures import charts, pen
from pictures.parts import accounts
from pictures.pen import BLACK, Drawing, Pen, grey

Dice = random.Random


def report_page(dice: Dice) -> Drawing:
    look = dice.choices((_columns, _sparse, _cover, _contents, _illustrated), (6, 2, 1.2, 0.8, 1.3))[0]
    return look(dice)


def _sheet(dice: Dice) -> tuple[Pen, float, float]:
    """A page for a report, the size of its letters and its margin."""
    width = dice.randint(600, 820)
    page = Pen(dice, width, round(width * dice.uniform(1.28, 1.42)))
    page.face = dice.choice(("serif", "sans", "serif"))
    size = width / dice.uniform(58, 105)
    edge = width * dice.uniform(0.05, 0.13)
    if dice.random() < 0.5:
        ink = dice.choice((grey(100), BLACK, (30, 70, 200)))
        page.text(edge, edge * 0.4, pen.words(dice, 2, 5), size * 0.85, ink)
    if dice.random() < 0.8:
        page.text(width / 2, page.height - edge * 0.55, str(dice.randint(1, 250)), size, anchor="ma")
    return page, size, edge


def _columns(dice: Dice) -> Drawing:
    """Running text in one or two columns, with headings, lists and now and then a table."""
    page, size, edge = _sheet(dice)
    columns = dice.choice((1, 1, 1, 2))
    name = dice.choice(pen.CHROMATIC)
    accent = pen.colour(dice, name) if dice.random() < 0.3 else BLACK
    room = (page.width - 2 * edge - (columns - 1) * size * 2) / columns
    gap = dice.uniform(1.25, 1.6)
    tables = dice.choice((0, 0, 0.15, 0.35, 0.6))
    for column in range(columns):
        x, y = edge + column * (room + size * 2), edge * dice.uniform(1, 1.4)
        stop = page.height - edge * (1 if dice.random() < 0.75 else dice.uniform(2, 8))
        while y < stop - size * 3:
            part = dice.random()
            if part < 0.2:
                centred = dice.random() < 0.3
                at, anchor = (x + room / 2, "ma") if centred else (x, "la")
                page.text(
                    at,
                    y + size * 0.5,
                    pen.title(dice, 2, 5)[:40],
                    size * dice.uniform(1, 1.5),
                    accent,
                    "bold",
                    anchor,
                )
                y += size * 2.6
            elif part < 0.3:
                for _ in range(dice.randint(2, 5)):
                    if y < stop - size * 2:
                        page.text(x + size, y, "•", size)
                        y = (
                            page.paragraph(x + size * 2.2, y, room - size * 3, dice.randint(1, 2), size)
                            + size * 0.4
                        )
            elif part < 0.3 + tables and stop - y > size * 10:
                y = (
                    accounts(
                        page,
                        x,
                        y,
                        room,
                        min(dice.randint(4, 14), int((stop - y) / size / 1.8)),
                        dice.randint(1, 3),
                        size,
                    )
                    + size
                )
            else:
                lines = min(dice.randint(2, 9), int((stop - y) / (size * gap)))
                y = page.paragraph(x, y, room, max(1, lines), size, gap=gap) + size * 0.8
    traits = ("two columns",) if columns == 2 else ("dense text",)
    return Drawing(
        page.array(),
        "report page",
        (*traits, "paragraphs of text", "portrait"),
        (name,) if accent != BLACK else (),
    )


def _sparse(dice: Dice) -> Drawing:
    """A cover, a signature page, the end of a chapter: a few lines on much white."""
    page, size, edge = _sheet(dice)
    y = edge * dice.uniform(1, 3)
    for _ in range(dice.randint(1, 7)):
        part = dice.random()
        if part < 0.45:
            page.text(
                page.width / 2,
                y,
                pen.title(dice, 2, 6)[:44],
                size * dice.choice((1, 1, 1.3, 2)),
                style=dice.choice(("bold", "")),
                anchor="ma",
            )
            y += size * dice.uniform(2, 4)
        elif part < 0.8:
            y = page.paragraph(edge, y, page.width - 2 * edge, dice.randint(1, 5), size) + size * 2
        else:
            x = dice.choice((edge, page.width * 0.5))
            for _ in range(dice.randint(1, 4)):
                page.text(x, y, pen.words(dice, 1, 4).title(), size)
                page.line([(x, y + size * 1.3), (x + size * 18, y + size * 1.3)])
                y += size * 2
        if dice.random() < 0.15:
            page.line([(edge, y), (page.width - edge, y)])
        if y > page.height - 2 * edge:
            break
    return Drawing(page.array(), "report page", ("a few lines of text", "mostly white", "portrait"), ())


def _cover(dice: Dice) -> Drawing:
    """The first page of a filing or report: centred titles between rules, a company, small print."""
    page, size, edge = _sheet(dice)
    y = edge * dice.uniform(0.8, 2)
    while y < page.height - edge * dice.uniform(1.5, 4):
        part = dice.random()
        if part < 0.55:
            big = size * dice.choice((0.8, 1, 1, 1.4, 2.2))
            page.text(
                page.width / 2,
                y,
                pen.title(dice, 2, 7)[: int(page.width / big / 0.8)],
                big,
                style=dice.choice(("bold", "bold", "")),
                anchor="ma",
            )
            y += big * dice.uniform(1.4, 2.6)
        elif part < 0.7:
            page.line([(edge, y), (page.width - edge, y)], width=dice.choice((1, 1, 3)))
            y += size
        elif part < 0.85:
            y = page.paragraph(edge, y, page.width - 2 * edge, dice.randint(1, 5), size * 0.85) + size
        else:
            columns = dice.randint(2, 3)
            for i in range(columns):
                x = edge + (i + 0.5) * (page.width - 2 * edge) / columns
                page.text(x, y, pen.words(dice, 1, 3).title(), size, anchor="ma")
                page.text(x, y + size * 1.3, "(" + pen.words(dice, 2, 4) + ")", size * 0.7, anchor="ma")
            y += size * 3.4
    return Drawing(page.array(), "report page", ("a cover page", "centred titles", "portrait"), ())


def _contents(dice: Dice) -> Drawing:
    """A list of chapters with page numbers."""
    page, size, edge = _sheet(dice)
    page.text(
        page.width / 2,
        edge,
        dice.choice(("TABLE OF CONTENTS", "Contents", "INDEX")),
        size * 1.3,
        style="bold",
        anchor="ma",
    )
    y, ink = edge + size * 3, dice.choice((BLACK, BLACK, (30, 60, 200)))
    step = size * dice.uniform(1.3, 2.2)
    while y < page.height - edge * dice.uniform(1, 3):
        page.text(edge, y, pen.words(dice, 1, 1).title() + f" {dice.randint(1, 15)}.", size, ink)
        page.text(edge + size * 8, y, pen.words(dice, 2, 7)[:50].capitalize(), size, ink)
        page.text(page.width - edge, y, str(dice.randint(1, 180)), size, ink, anchor="ra")
        y += step
    return Drawing(page.array(), "report page", ("a list of chapters", "table of contents", "portrait"), ())


def _illustrated(dice: Dice) -> Drawing:
    """Text around a chart."""
    page, size, edge = _sheet(dice)
    chart = dice.choice(charts.DRAW)(Dice(dice.random())).picture
    width = round((page.width - 2 * edge) * dice.uniform(0.5, 1))
    height = min(round(width * chart.shape[0] / chart.shape[1]), page.height // 2)
    small = Image.fromarray(chart).resize((width, height), Image.Resampling.BOX)
    y = page.paragraph(edge, edge, page.width - 2 * edge, dice.randint(2, 10), size) + size
    page.text(edge, y, pen.title(dice, 2, 5)[:40], size * 1.2, style="bold")
    page.image.paste(small, (round((page.width - width) / 2), round(y + size * 2)))
    y += size * 4 + height
    while y < page.height - edge * 1.5 - size * 6:
        y = page.paragraph(edge, y, page.width - 2 * edge, dice.randint(3, 6), size) + size
    return Drawing(
        page.array(), "report page", ("a chart between paragraphs", "text and a figure", "portrait"), ()
    )


def financial_page(dice: Dice) -> Drawing:
    width = dice.randint(600, 820)
    height = round(width * dice.uniform(1.28, 1.42))
    page = Pen(dice, width, height)
    page.face = dice.choice(("serif", "sans"))
    size = width / dice.uniform(60, 105)
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
