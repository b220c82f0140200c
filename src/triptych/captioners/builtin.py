"""Honest captions without a model of language: what is known of a picture, in a fixed sentence.

Kind, main colours and orientation come from the vector of the built-in image encoder, words from the name of
a file without words, and from frames that somebody drew around some of them. Nothing is guessed: no objects, people, places or brands, and no kind where the encoder is
not sure of one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from triptych import plugins
from triptych.errors import UserError
from triptych.seams import Seen

SURE = 0.6  # how sure the encoder must be of a kind before we say it
LONGEST = 80  # characters of a file's name at most
_WINDOWS = frozenset(
    ["screenshot", "dialog", "menu", "login page", "code"]
)  # what people call by its heading
_PAPER = frozenset(["white", "grey", "black", "light", "dark"])  # words for the ground, not for the ink


class Looking(Protocol):
    """What the built-in image encoder can do beyond a `seams.Encoder`."""

    space: str

    def images(self, images: Sequence[np.ndarray]) -> np.ndarray: ...
    def kinds(self, rows: np.ndarray) -> list[tuple[str, float]]: ...
    def colours(self, rows: np.ndarray) -> list[list[tuple[str, float]]]: ...


def load(argument: str = "") -> Templates:
    """The captioner. It has no argument."""
    if argument:
        raise UserError(
            f"The built-in captioner takes no argument, not '{argument}'. Write: captioner = \"builtin\""
        )
    return Templates(plugins.load("encoders", "builtin:look"))


class Templates:
    """See `seams.Captioner`."""

    name = "builtin/3"
    prompt = ""
    side = 0  # the vector suffices

    def __init__(self, look: Looking) -> None:
        self._look = look

    def captions(self, seen: Sequence[Seen]) -> list[tuple[str, ...]]:
        """One or two for each; () where neither a vector of `builtin:look` nor pixels are at hand."""
        rows = self._rows(seen)
        known = [i for i, row in enumerate(rows) if row is not None]
        if not known:
            return [()] * len(seen)
        stacked = np.stack([row for row in rows if row is not None])
        found: list[tuple[str, ...]] = [()] * len(seen)
        for i, kind, colours in zip(
            known, self._look.kinds(stacked), self._look.colours(stacked), strict=True
        ):
            found[i] = _sentences(seen[i], kind, [name for name, _ in colours])
        return found

    def _rows(self, seen: Sequence[Seen]) -> list[np.ndarray | None]:
        rows = [one.vector if one.space == self._look.space else None for one in seen]
        blind = [(i, one.pixels) for i, one in enumerate(seen) if rows[i] is None and one.pixels is not None]
        for (i, _), row in zip(blind, self._look.images([pixels for _, pixels in blind]), strict=True):
            rows[i] = row
        return rows


def _sentences(seen: Seen, kind: tuple[str, float], colours: Sequence[str]) -> tuple[str, ...]:
    """The caption; a window of a screen has one with its heading, too, and a picture without words one with the
    name of its file. Other words of a page are not said again, only those that somebody framed: headings of
    charts moved ranks for the worse (docs/log/ranking.md)."""
    name = kind[0] if kind[1] >= SURE else "picture"
    told = f"{_article(name)} {name}"
    short = f"{told}{_coloured(colours)}{_orientation(seen.pixels)}{_framed(seen)}.".strip()
    if name in _WINDOWS and seen.heading:
        return (short, f"{told} titled {seen.heading}{_framed(seen)}.")
    title = "" if seen.text.strip() else _spoken(seen.title)
    return (short, f"{short[:-1]}. Title: {title}") if title else (short,)


def _framed(seen: Seen) -> str:
    said = [words.rstrip(" .,:;") for words in seen.framed]
    return f", with {' and '.join(said)} highlighted" if said else ""


def _spoken(title: str) -> str:
    """A file's title as words; '' where it is only a number or a code."""
    words = re.sub(r"\.[A-Za-z0-9]{2,4}$", "", title)
    words = re.sub(r"[_\-.]+", " ", words).strip()
    letters = re.findall(r"[^\W\d_]{3,}", words)
    return words[:LONGEST] if letters and sum(map(len, letters)) >= 0.6 * len(words.replace(" ", "")) else ""


def _coloured(colours: Sequence[str]) -> str:
    hues = [name for name in colours if name not in _PAPER and name != "colourful"][:3]
    ground = next((name for name in colours if name in ("white", "black", "grey")), "")
    if not hues:
        return {"white": ", black on white", "black": ", mostly black", "grey": ", in grey"}.get(ground, "")
    joined = " and ".join([", ".join(hues[:-1]), hues[-1]] if len(hues) > 1 else hues)
    return f" in {joined}" + (f" on {ground}" if ground in ("white", "black") else "")


def _orientation(pixels: np.ndarray | None) -> str:
    if pixels is None:
        return ""
    ratio = pixels.shape[1] / pixels.shape[0]
    return ", portrait" if ratio < 0.87 else ", landscape" if ratio > 1.15 else ", square"


def _article(name: str) -> str:
    return "An" if name[0] in "aeiou" else "A"
