"""Screens: windows, dialogs, login pages, web pages, code, menus, spreadsheets, slides."""

from __future__ import annotations

import random

from pictures import charts, pen, photos
from pictures.parts import mark
from pictures.pen import WHITE, Drawing, Pen, grey
from pictures.widgets import (
    Theme,
    cells,
    code_lines,
    content,
    dialog_box,
    dialog_on,
    highlight,
    menu_on,
    paste,
    screen,
    side_bar,
    theme,
    title_bar,
    tool_bar,
)

Dice = random.Random


def window(dice: Dice) -> Drawing:
    """A program: title bar, perhaps a tool bar and a side bar, and something in the middle."""
    t = theme(dice)
    width = dice.randint(500, 1300)
    height = round(
        width * dice.choice((dice.uniform(0.2, 0.8), dice.uniform(0.5, 0.7), dice.uniform(0.8, 1.3)))
    )
    page = screen(dice, width, height, t)
    size = width / dice.uniform(36, 110)
    y = title_bar(page, t, 0, 0, width, size) if dice.random() < 0.75 else 0.0
    if dice.random() < 0.7:
        y = tool_bar(page, t, y, size)
    x = 0.0
    if dice.random() < 0.55:
        x = width * dice.uniform(0.12, 0.26)
        side_bar(page, t, 0, y, x, height, size)
    if dice.random() < 0.2:
        side_bar(page, t, width * 0.82, y, width, height, size)
        width = round(width * 0.82)
    content(page, t, x + size, y + size, width - size, height - size, size)
    if dice.random() < 0.4:
        page.box(x, height - size * 1.8, page.width, height, t.panel)
        page.text(x + size, height - size * 1.5, pen.words(dice, 2, 4), size * 0.9, t.ink)
    if dice.random() < 0.25:
        dialog_on(page, t, size)
    if dice.random() < 0.2:
        menu_on(page, t, size)
    if dice.random() < 0.25:
        highlight(page, x + size, y + size)
    return Drawing(
        page.array(),
        "screenshot",
        (*t.traits, "windows and buttons", "landscape"),
        (t.name,) if t.dark is False else ("black", t.name),
    )


def dialog(dice: Dice) -> Drawing:
    t = theme(dice, 0.15)
    width = dice.randint(300, 900)
    height = round(width * dice.choice((dice.uniform(0.35, 0.95), dice.uniform(0.9, 1.5))))
    page = screen(dice, width, height, t)
    size = width / dice.uniform(24, 62)
    dialog_box(page, t, 0, 0, width, height, size)
    if dice.random() < 0.3:
        highlight(page, size, size * 4)
    return Drawing(
        page.array(), "dialog", (*t.traits, "buttons at the bottom", "OK and Cancel buttons"), (t.name,)
    )


def login(dice: Dice) -> Drawing:
    t = theme(dice, 0.2)
    width = dice.choice((dice.randint(360, 480), dice.randint(700, 1200)))
    height = round(width * (dice.uniform(0.5, 0.7) if width > 500 else dice.uniform(1.1, 2.0)))
    page = screen(dice, width, height, t)
    size = min(width, height) / dice.uniform(28, 40)
    if dice.random() < 0.5 and width > 500:
        ground = pen.tint(t.accent, dice.choice((0.85, 0.0, -0.5)))
        page.box(0, 0, width, height, ground)
    x = width / 2
    if width > 500 and dice.random() < 0.3:
        page.box(0, 0, width * 0.45, height, t.accent)
        x = width * 0.72
    half = min(size * dice.uniform(9, 12), width * 0.42)
    top = height / 2 - size * 11
    if dice.random() < 0.7:
        page.box(
            x - half - size * 2,
            top - size,
            x + half + size * 2,
            top + size * 23,
            t.ground,
            t.faint,
            radius=size / 2 * dice.randint(0, 2),
        )
    if dice.random() < 0.7:
        mark(page, x, top + size * 0.4, size * 2.6, t.accent)
    page.text(
        x,
        top + size * 3.8,
        dice.choice(("Sign in", "Log in", "Login", "Welcome back", "Log in to your account")),
        size * 1.6,
        t.ink,
        "bold",
        "ma",
    )
    y = top + size * 7
    for label in (dice.choice(("Email", "User name", "Email address")), "Password"):
        inside = dice.random() < 0.5
        if not inside:
            page.text(x - half, y - size * 0.2, label, size, t.ink)
        page.box(x - half, y + size * 1.2, x + half, y + size * 3.2, t.ground, t.faint, radius=size / 4)
        if inside:
            page.text(x - half + size * 0.6, y + size * 1.7, label, size, t.faint)
        elif label == "Password" and dice.random() < 0.7:
            page.text(x - half + size * 0.6, y + size * 1.8, "•" * dice.randint(6, 12), size, t.ink)
        y += size * 4
    page.text(x - half, y, dice.choice(("Forgot password?", "Remember me")), size * 0.8, t.accent)
    y += size * 2
    page.box(x - half, y, x + half, y + size * 2.3, t.accent, radius=size / 3)
    page.text(x, y + size * 1.1, dice.choice(("Sign in", "Log in", "Continue")), size, WHITE, "bold", "mm")
    if dice.random() < 0.6:
        page.text(x, y + size * 3.2, "No account? Sign up", size * 0.9, t.accent, anchor="ma")
    return Drawing(
        page.array(), "login page", (*t.traits, "a password field", "one button in the middle"), (t.name,)
    )


def web(dice: Dice) -> Drawing:
    t = theme(dice, 0.15)
    width = dice.randint(700, 1200)
    height = round(width * dice.uniform(0.55, 1.3))
    page = screen(dice, width, height, t)
    size = width / dice.uniform(60, 80)
    y = 0.0
    if dice.random() < 0.5:
        page.box(0, 0, width, size * 3.4, t.panel)
        page.box(size * 6, size * 0.7, width * 0.8, size * 2.7, t.ground, t.faint, radius=size)
        for i in range(3):
            page.draw.ellipse(
                (size * (0.8 + i * 1.6), size * 1.2, size * (1.8 + i * 1.6), size * 2.2), t.faint
            )
        y = size * 3.4
    page.box(0, y, width, y + size * 4, t.accent if dice.random() < 0.5 else t.ground)
    page.text(size * 2, y + size, pen.title(dice, 1, 2), size * 1.6, t.ink, "bold")
    for i in range(dice.randint(3, 6)):
        page.text(width * 0.45 + i * size * 7, y + size * 1.4, pen.title(dice, 1, 1)[:9], size, t.ink)
    y += size * 4
    tall = height * dice.uniform(0.2, 0.4)
    paste(
        page, photos.any_photo(Dice(dice.random())).picture, 0, y, width, y + tall
    ) if dice.random() < 0.5 else page.box(0, y, width, y + tall, pen.tint(t.accent, 0.7))
    page.text(
        width / 2, y + tall * 0.35, pen.title(dice, 2, 4), size * 3, WHITE if t.dark else t.ink, "bold", "mm"
    )
    page.box(
        width / 2 - size * 5,
        y + tall * 0.6,
        width / 2 + size * 5,
        y + tall * 0.6 + size * 2.4,
        t.accent,
        radius=size,
    )
    y += tall + size * 2
    columns = dice.randint(2, 4)
    room = (width - size * 4) / columns
    while y < height - size * 8:
        for c in range(columns):
            x = size * 2 + c * room
            if dice.random() < 0.5:
                paste(
                    page,
                    photos.any_photo(Dice(dice.random())).picture,
                    x,
                    y,
                    x + room - size * 2,
                    y + size * 9,
                )
            page.text(x, y + size * 10, pen.title(dice, 1, 3)[:18], size * 1.2, t.ink, "bold")
            page.paragraph(x, y + size * 12, room - size * 2, dice.randint(2, 4), size, t.ink)
        y += size * 20
    return Drawing(page.array(), "web page", (*t.traits, "a menu bar and a big picture"), (t.name,))


def code(dice: Dice) -> Drawing:
    t = theme(dice, 0.6)
    width = dice.randint(500, 1100)
    height = round(width * dice.uniform(0.2, 0.9))
    page = screen(dice, width, height, t)
    size = width / dice.uniform(50, 95)
    y = title_bar(page, t, 0, 0, width, size) + size if dice.random() < 0.4 else size
    code_lines(page, t, size, y, width - size, height - size, size)
    return Drawing(page.array(), "code", (*t.traits, "coloured words", "monospaced text"), ())


def menu(dice: Dice) -> Drawing:
    """A part of a screen: a menu, a tool bar with icons, a list, a palette of icons."""
    t = theme(dice, 0.2)
    if dice.random() < 0.2:
        return _palette(dice, t)
    if dice.random() < 0.5:
        width = dice.randint(220, 520)
        height = round(width * dice.uniform(0.6, 2))
        page = screen(dice, width, height, t)
        size = width / dice.uniform(13, 30)
        side_bar(page, t, 0, 0, width, height, size)
    else:
        width = dice.randint(600, 1300)
        height = round(width * dice.uniform(0.1, 0.28))
        page = screen(dice, width, height, t)
        size = width / dice.uniform(45, 100)
        y = 0.0
        while y < height - size * 3:
            y = tool_bar(page, t, y, size)
    if dice.random() < 0.4:
        highlight(page, size, size * 2)
    return Drawing(page.array(), "menu", (*t.traits, "icons and words"), (t.name,))


def _palette(dice: Dice, t: Theme) -> Drawing:
    """Rows of icons under a heading."""
    columns, rows = dice.randint(3, 8), dice.randint(2, 8)
    cell = dice.uniform(40, 70)
    page = screen(dice, round(columns * cell + cell), round(rows * cell + cell * 1.6), t)
    page.text(cell * 0.4, cell * 0.4, pen.title(dice, 1, 2)[:18], cell * 0.4, t.ink, "bold")
    for i in range(columns * rows):
        x, y = cell * (0.5 + i % columns), cell * (1.2 + i // columns)
        ink = pen.colour(dice, dice.choice((*pen.CHROMATIC, "grey", "black")))
        for _ in range(dice.randint(1, 3)):
            a, b, c, d = (dice.uniform(0.1, 0.7) * cell for _ in range(4))
            if dice.random() < 0.6:
                page.box(x + a, y + b, x + c, y + d, dice.choice((ink, None)), ink, 2)
            else:
                page.draw.ellipse(
                    (x + min(a, c), y + min(b, d), x + max(a, c), y + max(b, d)),
                    dice.choice((ink, None)),
                    ink,
                    2,
                )
    return Drawing(page.array(), "menu", (*t.traits, "rows of icons"), (t.name,))


def spreadsheet(dice: Dice) -> Drawing:
    t = theme(dice, 0.1)
    width = dice.randint(600, 1200)
    height = round(width * dice.uniform(0.12, 0.8))
    page = screen(dice, width, height, t)
    size = width / dice.uniform(40, 100)
    y = 0.0
    if dice.random() < 0.35:
        y = title_bar(page, t, 0, 0, width, size)
        y = tool_bar(page, t, y, size)
    cells(page, t, 0, y, width, height, size, icons=dice.random() < 0.6)
    if dice.random() < 0.35:
        menu_on(page, t, size)
    if dice.random() < 0.3:
        highlight(page, size, y + size)
    return Drawing(page.array(), "spreadsheet", (*t.traits, "many cells", "columns of values"), (t.name,))


def slide(dice: Dice) -> Drawing:
    width = dice.randint(640, 1100)
    height = round(width * dice.choice((0.5625, 0.75)))
    name = dice.choice(pen.CHROMATIC)
    accent = pen.colour(dice, name)
    ground = dice.choice((WHITE, WHITE, accent, pen.tint(accent, 0.9), pen.tint(accent, -0.6)))
    page = Pen(dice, width, height, ground)
    ink = WHITE if sum(ground) < 380 else grey(30)
    size = width / dice.uniform(26, 36)
    look = dice.choice(("bullets", "bullets", "title", "picture", "chart"))
    if dice.random() < 0.4:
        page.box(0, 0, width, size * 3.5, accent)
    if dice.random() < 0.3:
        page.box(0, height - size, width, height, pen.tint(accent, -0.3))
    if look == "title":
        page.text(width / 2, height * 0.4, pen.title(dice, 2, 4), size * 2.2, ink, "bold", "mm")
        page.text(width / 2, height * 0.55, pen.words(dice, 2, 5), size, ink, anchor="mm")
        return Drawing(page.array(), "slide", ("big title", "landscape"), (name,))
    page.text(size * 1.5, size * 0.9, pen.title(dice, 2, 4)[:26], size * 1.6, ink, "bold")
    right = width * 0.95 if look == "bullets" else width * 0.5
    y = size * 5
    for _ in range(dice.randint(3, 6)):
        if y < height - size * 3:
            page.text(size * 1.6, y, "•", size, accent if ground == WHITE else ink)
            y = page.paragraph(size * 3, y, right - size * 4, dice.choice((1, 1, 2)), size, ink) + size * 0.8
    if look != "bullets":
        seed = Dice(dice.random())
        other = photos.any_photo(seed) if look == "picture" else dice.choice(charts.DRAW)(seed)
        paste(page, other.picture, width * 0.53, size * 5, width * 0.95, height - size * 3)
    return Drawing(page.array(), "slide", ("bullet points", "big title", "landscape"), (name,))
