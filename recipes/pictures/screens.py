"""Screens: windows, dialogs, login pages, web pages, code, menus, spreadsheets, slides."""

from __future__ import annotations

import random
from dataclasses import dataclass

from PIL import Image

from pictures import charts, papers, pen, photos
from pictures.pen import WHITE, Colour, Drawing, Pen, grey

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


def window(dice: Dice) -> Drawing:
    """A program: title bar, perhaps a tool bar and a side bar, and something in the middle."""
    t = theme(dice)
    width = dice.randint(700, 1300)
    height = round(width * dice.uniform(0.35, 0.8))
    page = _screen(dice, width, height, t)
    size = width / dice.uniform(70, 110)
    y = _title_bar(page, t, 0, 0, width, size) if dice.random() < 0.75 else 0.0
    if dice.random() < 0.7:
        y = _tool_bar(page, t, y, size)
    x = 0.0
    if dice.random() < 0.55:
        x = width * dice.uniform(0.12, 0.26)
        _side_bar(page, t, 0, y, x, height, size)
    if dice.random() < 0.2:
        _side_bar(page, t, width * 0.82, y, width, height, size)
        width = round(width * 0.82)
    _content(page, t, x + size, y + size, width - size, height - size, size)
    if dice.random() < 0.4:
        page.box(x, height - size * 1.8, page.width, height, t.panel)
        page.text(x + size, height - size * 1.5, pen.words(dice, 2, 4), size * 0.9, t.ink)
    if dice.random() < 0.25:
        _dialog_on(page, t, size)
    if dice.random() < 0.25:
        _highlight(page, x + size, y + size)
    return Drawing(
        page.array(),
        "screenshot",
        (*t.traits, "windows and buttons", "landscape"),
        (t.name,) if t.dark is False else ("black", t.name),
    )


def dialog(dice: Dice) -> Drawing:
    t = theme(dice, 0.15)
    width = dice.randint(380, 900)
    height = round(width * dice.uniform(0.35, 0.95))
    page = _screen(dice, width, height, t)
    size = width / dice.uniform(34, 60)
    _dialog(page, t, 0, 0, width, height, size)
    if dice.random() < 0.3:
        _highlight(page, size, size * 4)
    return Drawing(
        page.array(), "dialog", (*t.traits, "buttons at the bottom", "OK and Cancel buttons"), (t.name,)
    )


def login(dice: Dice) -> Drawing:
    t = theme(dice, 0.2)
    width = dice.choice((dice.randint(360, 480), dice.randint(700, 1200)))
    height = round(width * (dice.uniform(0.5, 0.7) if width > 500 else dice.uniform(1.1, 2.0)))
    page = _screen(dice, width, height, t)
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
        papers._mark(page, x, top + size * 0.4, size * 2.6, t.accent)
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
    page = _screen(dice, width, height, t)
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
    _paste(
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
                _paste(
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
    page = _screen(dice, width, height, t)
    size = width / dice.uniform(50, 95)
    y = _title_bar(page, t, 0, 0, width, size) + size if dice.random() < 0.4 else size
    _code(page, t, size, y, width - size, height - size, size)
    return Drawing(page.array(), "code", (*t.traits, "coloured words", "monospaced text"), ())


def menu(dice: Dice) -> Drawing:
    """A part of a screen: a menu, a tool bar with icons, a list."""
    t = theme(dice, 0.2)
    if dice.random() < 0.5:
        width = dice.randint(250, 520)
        height = round(width * dice.uniform(0.6, 2))
        page = _screen(dice, width, height, t)
        size = width / dice.uniform(18, 30)
        _side_bar(page, t, 0, 0, width, height, size)
    else:
        width = dice.randint(600, 1300)
        height = round(width * dice.uniform(0.1, 0.28))
        page = _screen(dice, width, height, t)
        size = width / dice.uniform(70, 100)
        y = 0.0
        while y < height - size * 3:
            y = _tool_bar(page, t, y, size)
    if dice.random() < 0.4:
        _highlight(page, size, size * 2)
    return Drawing(page.array(), "menu", (*t.traits, "icons and words"), (t.name,))


def spreadsheet(dice: Dice) -> Drawing:
    t = theme(dice, 0.1)
    width = dice.randint(600, 1200)
    height = round(width * dice.uniform(0.3, 0.8))
    page = _screen(dice, width, height, t)
    size = width / dice.uniform(70, 100)
    y = 0.0
    if dice.random() < 0.6:
        y = _title_bar(page, t, 0, 0, width, size)
        y = _tool_bar(page, t, y, size)
    _cells(page, t, 0, y, width, height, size)
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
        _paste(page, other.picture, width * 0.53, size * 5, width * 0.95, height - size * 3)
    return Drawing(page.array(), "slide", ("bullet points", "big title", "landscape"), (name,))


# ------------------------------------------------------------------------------------- parts


def _screen(dice: Dice, width: int, height: int, t: Theme) -> Pen:
    page = Pen(dice, width, height, t.ground)
    page.face = "sans"
    return page


def _paste(page: Pen, picture: object, x0: float, y0: float, x1: float, y1: float) -> None:
    small = Image.fromarray(picture).resize(
        (max(4, int(x1 - x0)), max(4, int(y1 - y0))), Image.Resampling.BOX
    )  # type: ignore[arg-type]
    page.image.paste(small, (int(x0), int(y0)))


def _title_bar(page: Pen, t: Theme, x0: float, y0: float, x1: float, size: float) -> float:
    high = size * 2.4
    page.box(x0, y0, x1, y0 + high, page.dice.choice((t.panel, t.accent, t.ground)))
    page.text(x0 + size, y0 + size * 0.6, pen.title(page.dice, 2, 4), size, t.ink)
    for i, sign in enumerate("×□–"):
        page.text(x1 - size * (1.5 + 2.4 * i), y0 + size * 0.5, sign, size * 1.2, t.ink)
    return y0 + high


def _tool_bar(page: Pen, t: Theme, y: float, size: float) -> float:
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


def _side_bar(page: Pen, t: Theme, x0: float, y0: float, x1: float, y1: float, size: float) -> None:
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


def _content(page: Pen, t: Theme, x0: float, y0: float, x1: float, y1: float, size: float) -> None:
    dice = page.dice
    kind = dice.choice(("cells", "cells", "fields", "text", "code", "empty", "chart", "list"))
    if kind == "cells":
        _cells(page, t, x0, y0, x1, y1 - (y1 - y0) * dice.choice((0, 0, 0.4)), size)
    elif kind == "fields":
        _inputs(page, t, x0, y0, x1, y1, size)
    elif kind == "text":
        page.text(x0, y0, pen.title(dice, 2, 5), size * 2, t.ink, "bold")
        page.paragraph(x0, y0 + size * 4, (x1 - x0) * 0.8, max(1, int((y1 - y0) / size / 3)), size, t.ink)
    elif kind == "code":
        _code(page, t, x0, y0, x1, y1, size)
    elif kind == "chart":
        chart = dice.choice(charts.DRAW)(Dice(dice.random()))
        _paste(page, chart.picture, x0 + (x1 - x0) * 0.1, y0 + size * 2, x1 - (x1 - x0) * 0.2, y1 - size * 2)
    elif kind == "list":
        y = y0
        while y < y1 - size * 4:
            page.box(x0, y, x1, y + size * 3.4, t.ground, t.faint)
            page.box(x0 + size, y + size * 0.7, x0 + size * 3, y + size * 2.7, t.accent)
            page.text(x0 + size * 4, y + size * 0.4, pen.title(dice, 2, 4)[:40], size, t.ink, "bold")
            page.text(x0 + size * 4, y + size * 1.8, pen.words(dice, 3, 7)[:60], size * 0.9, t.ink)
            y += size * 4


def _inputs(page: Pen, t: Theme, x0: float, y0: float, x1: float, y1: float, size: float) -> float:
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


def _dialog(page: Pen, t: Theme, x0: float, y0: float, x1: float, y1: float, size: float) -> None:
    dice = page.dice
    page.box(x0, y0, x1 - 1, y1 - 1, t.ground, t.faint)
    y = y0 + size
    if dice.random() < 0.5:
        y = _title_bar(page, t, x0, y0, x1, size) + size
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
        _side_bar(page, t, x0 + size * 0.5, y, left - size, foot, size)
    body = dice.choice(("inputs", "inputs", "text", "cells", "both"))
    if body in ("text", "both"):
        y = page.paragraph(left, y, (x1 - left) * 0.85, dice.randint(1, 3), size, t.ink) + size
    if body in ("inputs", "both"):
        _inputs(page, t, left, y, x1 - size * 1.5, foot, size)
    elif body == "cells" and foot - y > size * 4:
        _cells(page, t, left, y, x1 - size, foot - size, size)
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


def _dialog_on(page: Pen, t: Theme, size: float) -> None:
    w, h = page.width * page.dice.uniform(0.3, 0.6), page.height * page.dice.uniform(0.4, 0.8)
    x, y = (page.width - w) * page.dice.random(), (page.height - h) * page.dice.random()
    page.box(x + 5, y + 5, x + w + 5, y + h + 5, pen.tint(t.ink, 0.4))
    _dialog(page, t, x, y, x + w, y + h, size)


def _highlight(page: Pen, x: float, y: float) -> None:
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


def _cells(page: Pen, t: Theme, x0: float, y0: float, x1: float, y1: float, size: float) -> None:
    dice = page.dice
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
            if row == 0:
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


def _code(page: Pen, t: Theme, x0: float, y0: float, x1: float, y1: float, size: float) -> None:
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
