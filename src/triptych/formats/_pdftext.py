"""Words and boxes out of pdfium's text layer, in two library calls a word.

pdfium gives a page's text in one call; the place of a word is the hull of its first and last
character's boxes. Asking for every character, or for pdfium's own rectangles, costs five times as much
(bench/pdf.py). Boxes leave here as fractions of the page as displayed: /Rotate and crop box applied.
"""

from __future__ import annotations

import ctypes
import re
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium

from triptych.types import PageText, Section

_SCALE = 1_000_000  # device units to a page side, for pdfium's integer page-to-device mapping
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
    xs, ys = boxes[:, [0, 2]], boxes[:, [1, 3]]
    a, b = np.repeat(xs, 2, axis=1), np.tile(ys, 2)  # four corners
    px = matrix[0, 0] * a + matrix[0, 1] * b + matrix[0, 2]
    py = matrix[1, 0] * a + matrix[1, 1] * b + matrix[1, 2]
    return np.stack([px.min(1), py.min(1), px.max(1), py.max(1)], 1)


def read(page: Any, textpage: Any, matrix: np.ndarray) -> tuple[PageText, tuple[Section, ...]]:
    """(words with boxes, headings) of one page. Words that stand outside the displayed page are left out:
    nobody sees them."""
    text = characters(textpage)
    words: list[str] = []
    glue: list[str] = []  # what stands before the word: "" (broken word goes on), " " or "\n"
    lines: list[int] = []
    corners: list[tuple[float, float, float, float]] = []
    first, last = pdfium.FS_RECTF(), pdfium.FS_RECTF()
    first_ref, last_ref = ctypes.byref(first), ctypes.byref(last)
    box_of = pdfium.FPDFText_GetLooseCharBox
    vocabulary: frozenset[str] | None = None
    number, before = -1, 0
    for found in _WORD.finditer(text):
        start, end = found.span()
        new_line = number < 0 or "\n" in text[before:start]
        number += new_line
        before = end
        pieces = found.group().split(_JOIN)
        at = start
        for i, piece in enumerate(pieces):
            stop = at + len(piece)
            if piece:
                box_of(textpage, at, first_ref)
                box_of(textpage, stop - 1, last_ref)
                corners.append(
                    (
                        min(first.left, last.left),
                        min(first.bottom, last.bottom),
                        max(first.right, last.right),
                        max(first.top, last.top),
                    )
                )
                token = piece.translate(_LIGATURES) if not piece.isascii() else piece
                if i + 1 < len(pieces):
                    if vocabulary is None:
                        vocabulary = frozenset(re.findall(r"[\w-]+", text.lower()))
                    token += _hyphen(piece, pieces[i + 1], vocabulary)
                words.append(token)
                glue.append("" if i and words else "\n" if new_line and not i else " ")
                number += i > 0
                lines.append(number)
            at = stop + 1
    if not words:
        return PageText.of_lines([]), ()
    boxes = to_fractions(np.array(corners, np.float64), matrix)
    return _lay_out(words, glue, lines, boxes)


def _hyphen(left: str, right: str, vocabulary: frozenset[str]) -> str:
    """Whether a word broken at a line end keeps its hyphen: "" or "-".

    It does when it is written so elsewhere on the page, when its second half is a word of its own there
    or begins in upper case or with a digit, or when its first half is a usual prefix ("third-party").
    """
    a = re.split(r"\W", left.lower())[-1]
    b = re.split(r"\W", right.lower())[0]
    if not (a.isalpha() and b.isalpha()) or not right[:1].islower():
        return "-"
    if f"{a}-{b}" in vocabulary:
        return "-"
    if a + b in vocabulary:
        return ""
    return "-" if a in _PREFIXES or (len(b) >= 4 and b in vocabulary) else ""


def _lay_out(
    words: list[str], glue: list[str], lines: list[int], boxes: np.ndarray
) -> tuple[PageText, tuple[Section, ...]]:
    """Joins words into the page's text and finds its headings."""
    seen = (boxes[:, 2] > 0) & (boxes[:, 0] < 1) & (boxes[:, 3] > 0) & (boxes[:, 1] < 1)
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    kept: list[int] = []
    at = 0
    previous = -1
    for i in np.flatnonzero(seen).tolist():
        word = words[i].strip()
        if not word:
            continue
        if parts:
            join = glue[i] if previous == i - 1 else "\n" if lines[i] != lines[previous] else " "
            parts.append(join)
            at += len(join)
        parts.append(word)
        spans.append((at, at + len(word)))
        at += len(word)
        kept.append(i)
        previous = i
    text = PageText(
        "".join(parts),
        np.array(spans, np.uint32).reshape(-1, 2),
        np.clip(boxes[kept], 0, 1).astype(np.float32).reshape(-1, 4),
        np.ones(len(kept), np.float32),
        np.array([lines[i] for i in kept], np.uint32),
    )
    return text, headings(text)


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
