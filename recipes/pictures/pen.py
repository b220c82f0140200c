"""A canvas with dice: what all drawings share. Fonts, words, numbers, colours."""

from __future__ import annotations

import colorsys
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)


@dataclass(frozen=True)
class Drawing:
    """A finished picture and what it shows: `kind` is a key of `captions.KINDS`, `traits` are free words
    ("horizontal", "dark theme"), `colours` are names of the main colours."""

    picture: np.ndarray  # uint8 (h, w, 3) RGB
    kind: str
    traits: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()


SYLLABLES = [
    "ba",
    "be",
    "bo",
    "ca",
    "ce",
    "co",
    "da",
    "de",
    "do",
    "el",
    "en",
    "er",
    "fa",
    "fi",
    "ga",
    "ge",
    "go",
    "ha",
    "he",
    "in",
    "ka",
    "ki",
    "la",
    "le",
    "li",
    "lo",
    "ma",
    "me",
    "mi",
    "mo",
    "na",
    "ne",
    "no",
    "or",
    "pa",
    "pe",
    "po",
    "ra",
    "re",
    "ri",
    "ro",
    "sa",
    "se",
    "si",
    "so",
    "ta",
    "te",
    "ti",
    "to",
    "un",
    "va",
    "ve",
    "vi",
    "wa",
    "wo",
    "za",
]
COMMON = [
    "the",
    "of",
    "and",
    "to",
    "in",
    "for",
    "with",
    "on",
    "total",
    "date",
    "name",
    "number",
    "amount",
    "report",
    "account",
    "service",
    "order",
    "price",
    "value",
    "data",
    "item",
    "sales",
    "cost",
    "year",
    "quarter",
    "month",
    "rate",
    "net",
    "tax",
    "due",
    "paid",
    "city",
    "street",
    "phone",
    "customer",
    "company",
    "address",
    "note",
    "page",
]

# A few ways to mix each basic colour: centres in HSV, hue in degrees.
HUES: dict[str, Sequence[tuple[float, float, float]]] = {
    "red": ((0, 0.85, 0.85), (356, 0.8, 0.65), (2, 0.7, 0.9)),
    "orange": ((30, 0.9, 1.0), (25, 0.85, 0.95), (33, 0.8, 0.95)),
    "yellow": ((52, 0.85, 0.98), (48, 0.8, 0.95), (56, 0.6, 1.0)),
    "green": ((120, 0.6, 0.6), (140, 0.65, 0.7), (95, 0.6, 0.7), (150, 0.8, 0.4), (165, 0.7, 0.65)),
    "blue": ((210, 0.8, 0.85), (220, 0.85, 0.6), (205, 0.6, 0.9), (230, 0.7, 0.9), (195, 0.6, 0.9)),
    "purple": ((275, 0.6, 0.7), (285, 0.55, 0.6), (265, 0.6, 0.8)),
    "pink": ((330, 0.5, 0.95), (340, 0.35, 1.0), (322, 0.7, 0.95)),
    "brown": ((25, 0.65, 0.45), (22, 0.6, 0.55), (30, 0.5, 0.6)),
    "grey": ((210, 0.05, 0.5), (0, 0.0, 0.65), (220, 0.08, 0.4)),
    "black": ((0, 0.0, 0.05), (220, 0.2, 0.12)),
}


@cache
def font_files() -> dict[str, list[str]]:
    """Fonts by family style; Pillow's own where the system has none."""
    folders = [Path("/usr/share/fonts/truetype/dejavu")]
    spec = find_spec("reportlab")
    if spec and spec.origin:
        folders.append(Path(spec.origin).parent / "fonts")
    files = sorted(str(f) for folder in folders for f in folder.glob("*.ttf") if "Math" not in f.name)
    files = [f for f in files if "hb-test" not in f]
    styles: dict[str, list[str]] = {"sans": [], "serif": [], "mono": [], "bold": []}
    for file in files:
        name = Path(file).name
        style = "mono" if "Mono" in name else "serif" if "Serif" in name else "sans"
        styles[style].append(file)
        if "Bold" in name or name == "VeraBd.ttf":
            styles["bold"].append(file)
    return styles


@cache
def _font(file: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(file, size) if file else ImageFont.load_default(size)  # type: ignore[return-value]


class Pen:
    """A canvas of `width` x `height` pixels. `dice` decides everything that is left open."""

    def __init__(self, dice: random.Random, width: int, height: int, ground: Colour = WHITE) -> None:
        self.dice = dice
        self.width, self.height = width, height
        self.image = Image.new("RGB", (width, height), ground)
        self.draw = ImageDraw.Draw(self.image)
        self.face = dice.choice(["sans", "sans", "serif"])
        self._files: dict[str, str] = {}

    def font(self, size: float, style: str = "") -> ImageFont.FreeTypeFont:
        """One file for each style throughout a drawing."""
        style = style or self.face
        if style not in self._files:
            known = font_files()[style] or [""]
            plain = [f for f in known if style == "bold" or "Bold" not in f] or known
            self._files[style] = self.dice.choice(plain)
        return _font(self._files[style], max(5, round(size)))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        ink: Colour = BLACK,
        style: str = "",
        anchor: str = "la",
    ) -> float:
        """Writes a line; returns its width in pixels."""
        font = self.font(size, style)
        self.draw.text((x, y), text, fill=ink, font=font, anchor=anchor)
        return float(font.getlength(text))

    def paragraph(
        self,
        x: float,
        y: float,
        width: float,
        lines: int,
        size: float,
        ink: Colour = BLACK,
        gap: float = 1.45,
    ) -> float:
        """Invented words in `lines` lines, the last one short; returns where the next line would stand."""
        font = self.font(size)
        for i in range(lines):
            room = width * (self.dice.uniform(0.3, 0.9) if i == lines - 1 else self.dice.uniform(0.93, 1))
            self.draw.text((x, y), line_of(self.dice, font, room), fill=ink, font=font)
            y += size * gap
        return y

    def box(
        self, x0: float, y0: float, x1: float, y1: float, fill: Colour | None = None, edge: Colour | None = None,
        width: int = 1, radius: float = 0,
    ) -> None:  # fmt: skip
        corners = (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
        if radius:
            self.draw.rounded_rectangle(corners, radius, fill, edge, width)
        else:
            self.draw.rectangle(corners, fill, edge, width)

    def line(self, points: Sequence[tuple[float, float]], ink: Colour = BLACK, width: float = 1) -> None:
        self.draw.line(list(points), fill=ink, width=max(1, round(width)), joint="curve")

    def array(self) -> np.ndarray:
        return np.asarray(self.image).copy()


@cache
def _mean_width(font: ImageFont.FreeTypeFont) -> float:
    return float(font.getlength("the quick brown sum of 1250 lines")) / 33


def line_of(dice: random.Random, font: ImageFont.FreeTypeFont, room: float) -> str:
    """Invented words that fill about `room` pixels."""
    letters, found = int(room / _mean_width(font)), ""
    while len(found) < letters:
        found += word(dice) + " "
    return found[:letters].strip()


def word(dice: random.Random) -> str:
    if dice.random() < 0.45:
        return dice.choice(COMMON)
    return "".join(dice.choice(SYLLABLES) for _ in range(dice.choice((1, 2, 2, 3, 4))))


def words(dice: random.Random, low: int, high: int) -> str:
    return " ".join(word(dice) for _ in range(dice.randint(low, high)))


def title(dice: random.Random, low: int = 1, high: int = 3) -> str:
    found = words(dice, low, high)
    return found.upper() if dice.random() < 0.3 else found.title()


def money(dice: random.Random, most: float = 900) -> str:
    return f"{dice.uniform(1, most):,.2f}"


def date(dice: random.Random) -> str:
    return f"{dice.randint(1, 28):02}/{dice.randint(1, 12):02}/{dice.randint(1990, 2026)}"


def number(dice: random.Random, digits: int) -> str:
    return "".join(dice.choice("0123456789") for _ in range(digits))


def colour(dice: random.Random, name: str) -> Colour:
    """A colour that people would call by that name."""
    hue, saturation, value = dice.choice(HUES[name])
    spread = 0.4 if name in ("grey", "black") else 1.0
    hue = (hue + dice.uniform(-5, 5) * spread) / 360 % 1
    saturation = min(1, max(0, saturation + dice.uniform(-0.08, 0.1) * spread))
    value = min(1, max(0.02, value + dice.uniform(-0.06, 0.06)))
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


CHROMATIC = ("red", "orange", "yellow", "green", "blue", "blue", "blue", "purple", "pink", "brown")


def some_colours(dice: random.Random, count: int) -> list[str]:
    """Different names, blue more often: as people choose them."""
    found: list[str] = []
    while len(found) < count:
        name = dice.choice((*CHROMATIC, "grey", "black"))
        if name not in found:
            found.append(name)
    return found


def tint(colour: Colour, share: float) -> Colour:
    """Mixed with white: share 0 leaves it, 1 is white. Negative shares mix with black."""
    goal = 255 if share >= 0 else 0
    return tuple(round(c + (goal - c) * abs(share)) for c in colour)  # type: ignore[return-value]


def grey(level: float) -> Colour:
    return (round(level),) * 3
