"""Words and boxes out of pdfium's text layer, in two library calls a word.

pdfium gives a page's text in one call; the place of a word is the hull of its first and last
character's boxes. Asking for every character, or for pdfium's own rectangles, costs five times as much
(bench/pdf.py). Boxes leave here as fractions of the page as displayed: /Rotate and crop box applied.
"""

from __future__ import annotations

import ctypes
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium

from triptych.types import PageText, Section

_SCALE = 1_000_000  # device units to a page side, for pdfium's integer page-to-device mapping
_OUTSIDE = 100  # words outside of a page that are told
_WORD = re.compile(r"\S+")
_JOIN = "\ufffe"  # pdfium's mark for a hyphen at a line end; the line break after it is already gone
_LIGATURES = str.maketrans(
    {
        "\ufb00": "ff",
        "\ufb01": "fi",
        "\ufb02": "fl",
        "\ufb03": "ffi",
        "\ufb04": "ffl",
        "\ufb05": "st",
        "\ufb06": "st",
        "\u00ad": "-",
        "\u00a0": " ",
        "\u200b": "",
        "\ufeff": "",
    }
)
# First halves that English joins with a hyphen: kept when such a word is broken there.
_PREFIXES = frozenset(
    [
        "all",
        "anti",
        "co",
        "cross",
        "ex",
        "first",
        "five",
        "four",
        "full",
        "half",
        "high",
        "in",
        "inter",
        "long",
        "low",
        "mid",
        "multi",
        "non",
        "off",
        "on",
        "one",
        "out",
        "over",
        "part",
        "post",
        "pre",
        "pro",
        "real",
        "second",
        "self",
        "semi",
        "short",
        "single",
        "six",
        "sub",
        "ten",
        "third",
        "three",
        "two",
        "under",
        "well",
        "year",
    ]
)


def characters(textpage: Any) -> str:
    """The page's text, one Python character for each of pdfium's, so that indices are pdfium's own."""
    count = pdfium.FPDFText_CountChars(textpage)
    if count <= 0:
        return ""
    buffer = (ctypes.c_ushort * (count + 1))()
    written = pdfium.FPDFText_GetText(textpage, 0, count, buffer)
    text = bytes(buffer)[: 2 * max(0, written - 1)].decode("utf-16-le", errors="replace")
    if len(text) == count:
        return text
    # GetText leaves characters out, or writes two units for one: ask for each (rare, slow).
    return "".join(map(_character, (pdfium.FPDFText_GetUnicode(textpage, i) for i in range(count))))


def _character(code: int) -> str:
    if code == 2:
        return _JOIN
    return chr(code) if 0 < code < 0xD800 or 0xE000 <= code <= 0x10FFFF else "\ufffd"


def page_to_fractions(page: Any) -> np.ndarray:
    """(2, 3) float64: maps (x, y, 1) of the page's own space to fractions of the displayed page."""

    def device(x: float, y: float) -> tuple[float, float]:
        dx, dy = ctypes.c_int(), ctypes.c_int()
        pdfium.FPDF_PageToDevice(page, 0, 0, _SCALE, _SCALE, 0, x, y, ctypes.byref(dx), ctypes.byref(dy))
        return dx.value / _SCALE, dy.value / _SCALE

    origin, right, up = device(0, 0), device(1000, 0), device(0, 1000)
    columns = [((p[0] - origin[0]) / 1000, (p[1] - origin[1]) / 1000) for p in (right, up)]
    return np.array([*columns, origin], np.float64).T


def to_fractions(boxes: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """(n, 4) left, bottom, right, top in page space -> (n, 4) x0, y0, x1, y1 in fractions, unclipped."""
    xs, ys = np.repeat(boxes[:, [0, 2]], 2, axis=1), np.tile(boxes[:, [1, 3]], 2)  # four corners
    px = matrix[0, 0] * xs + matrix[0, 1] * ys + matrix[0, 2]
    py = matrix[1, 0] * xs + matrix[1, 1] * ys + matrix[1, 2]
    return np.stack([px.min(1), py.min(1), px.max(1), py.max(1)], 1)


@dataclass(slots=True)
class _Words:
    """Words in pdfium's order. `glue` is what stands before each: "" where a word broken at a line end
    goes on, a space, or a newline."""

    texts: list[str] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)  # first and last character of each, one after the other
    glue: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)


def read(page: Any, textpage: Any, matrix: np.ndarray) -> tuple[PageText, tuple[Section, ...], list[str]]:
    """(words with boxes, headings, words outside) of one page. Words that stand outside the displayed page are
    no part of its text: nobody sees them."""
    words = _words(characters(textpage))
    if not words.texts:
        return PageText.of_lines([]), (), []
    boxes = to_fractions(_hulls(textpage, words.ends), matrix)
    seen = (boxes[:, 2] > 0) & (boxes[:, 0] < 1) & (boxes[:, 3] > 0) & (boxes[:, 1] < 1)
    outside = [words.texts[i] for i in np.flatnonzero(~seen)[:_OUTSIDE].tolist()]
    text = _lay_out(words, boxes, seen)
    return text, headings(text), outside


def _words(text: str) -> _Words:
    found = _Words()
    line, before = -1, 0
    for match in _WORD.finditer(text):
        start, end = match.span()
        glue = "\n" if line < 0 or "\n" in text[before:start] else " "
        line += glue == "\n"
        before = end
        word = match.group()
        if word.isascii():
            found.texts.append(word)
            found.ends += (start, end - 1)
            found.glue.append(glue)
            found.lines.append(line)
        else:
            line = _odd_word(found, text, start, end, glue, line)
    return found


def _odd_word(found: _Words, text: str, start: int, end: int, glue: str, line: int) -> int:
    """A word with ligatures, or broken at line ends: each piece has a place of its own. Gives the line
    on which it ends."""
    pieces = text[start:end].split(_JOIN)
    at = start
    for i, piece in enumerate(pieces):
        if i:  # the text has no line break here, the page has
            line += 1
        token = piece.translate(_LIGATURES).strip()
        if token and i + 1 < len(pieces):
            token += _hyphen(piece, pieces[i + 1], text)
        if token:
            found.texts.append(token)
            found.ends += (at, at + len(piece) - 1)
            found.glue.append("" if i and at > start + 1 else glue)
            found.lines.append(line)
        at += len(piece) + 1
    return line


def _hulls(textpage: Any, ends: list[int]) -> np.ndarray:
    """(n, 4) left, bottom, right, top of n words, from the boxes of their first and last characters."""
    rectangles = (pdfium.FS_RECTF * len(ends))()
    step, byref, box_of = ctypes.sizeof(pdfium.FS_RECTF), ctypes.byref, pdfium.FPDFText_GetLooseCharBox
    offset, start = 0, rectangles[0]
    for index in ends:
        box_of(textpage, index, byref(start, offset))
        offset += step
    sides = np.frombuffer(rectangles, np.float32).reshape(-1, 2, 4)  # left, top, right, bottom of both
    low, high = sides.min(1), sides.max(1)
    return np.stack([low[:, 0], low[:, 3], high[:, 2], high[:, 1]], 1).astype(np.float64)


def _hyphen(left: str, right: str, text: str) -> str:
    """Whether a word broken at a line end keeps its hyphen: "" or "-".

    It does when it is written so elsewhere on the page, when its second half is a word of its own there
    or begins in upper case or with a digit, or when its first half is a usual prefix ("third-party").
    """
    a, b = re.split(r"\W", left.lower())[-1], re.split(r"\W", right.lower())[0]
    if not (a.isalpha() and b.isalpha() and right[0].islower()):
        return "-"
    lower = text.lower()
    if re.search(rf"\b{a}-{b}\b", lower):
        return "-"
    if re.search(rf"\b{a}{b}\b", lower):
        return ""
    return "-" if a in _PREFIXES or (len(b) >= 4 and re.search(rf"(?<!{_JOIN})\b{b}\b", lower)) else ""


def _lay_out(words: _Words, boxes: np.ndarray, seen: np.ndarray) -> PageText:
    """Joins the words that stand on the displayed page, those that are `seen`, into its text."""
    texts, glue, lines = words.texts, words.glue, np.array(words.lines, np.uint32)
    if not seen.all():
        kept = np.flatnonzero(seen).tolist()
        glue = [
            glue[i] if i and seen[i - 1] else "\n" if not i or lines[i] != lines[i - 1] else " " for i in kept
        ]
        texts, lines, boxes = [texts[i] for i in kept], lines[kept], boxes[kept]
    if not texts:
        return PageText.of_lines([])
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    gaps = np.fromiter(map(len, glue), np.int64, len(glue))
    gaps[0] = 0
    starts = np.cumsum(gaps) + np.concatenate(([0], np.cumsum(lengths)[:-1]))
    pieces = [piece for pair in zip(glue, texts, strict=True) for piece in pair]
    return PageText(
        "".join(pieces[1:]),
        np.stack([starts, starts + lengths], 1).astype(np.uint32),
        np.clip(boxes, 0, 1).astype(np.float32),
        np.ones(len(texts), np.float32),
        lines,
    )


def headings(text: PageText) -> tuple[Section, ...]:
    """Short lines set clearly larger than the page's body text, as sections.

    The body is the median letter's height. A page where many lines are large has no headings: it is a
    slide or a poster.
    """
    if len(text.lines) < 20:
        return ()
    heights = text.boxes[:, 3] - text.boxes[:, 1]
    lengths = (text.spans[:, 1] - text.spans[:, 0]).astype(np.int64)
    order = np.argsort(heights, kind="stable")
    body = float(heights[order][np.searchsorted(np.cumsum(lengths[order]), lengths.sum() / 2)])
    starts = np.flatnonzero(np.diff(text.lines, prepend=-1))
    counts = np.diff(np.append(starts, len(text.lines)))
    large = np.minimum.reduceat(heights, starts) > 1.18 * body
    large &= counts <= 14
    if not large.any() or large.mean() > 0.3:
        return ()
    sections: list[Section] = []
    previous = (-2, 0.0)  # line and height of the heading before: one heading may fill two lines
    for line in np.flatnonzero(large).tolist():
        first, last = int(starts[line]), int(starts[line] + counts[line] - 1)
        title = text.text[text.spans[first, 0] : text.spans[last, 1]]
        if sum(c.isalpha() for c in title) < 3:
            continue
        height = float(heights[first])
        if previous[0] == line - 1 and abs(previous[1] - height) < 0.1 * height:
            sections[-1] = Section(sections[-1].start, f"{sections[-1].title} {title}"[:200])
        else:
            sections.append(Section(int(text.spans[first, 0]), title[:200]))
        previous = (line, height)
    return tuple(sections)
