"""What the text formats share: bytes into text, and text into pages of bounded size."""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from triptych.errors import FileError
from triptych.seams import RawPage
from triptych.settings import Limits
from triptych.types import PageText, Section

PAGE_CHARACTERS = 3000  # about one printed page: small enough to show, large enough for several chunks
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with theirs
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Control characters that no text holds: all but tab, line feed, vertical tab, form feed, return, escape.
_TYPE = "If it is a document, convert it to PDF"
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_BINARY_TEXT = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def encoding_of(head: bytes) -> str | None:
    """The encoding of a text that begins with `head`; None when these bytes are no text.

    A byte order mark decides; then NULs at every other place mean UTF-16; then valid UTF-8; the rest is
    taken as Windows-1252, the superset of Latin-1 that such files were mostly written in.
    """
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    if wide := _utf16_without_mark(head):
        return wide
    if len(_BINARY.findall(head)) > len(head) // 1000:
        return None
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # may end within a character
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _utf16_without_mark(head: bytes) -> str | None:
    if len(head) < 8:
        return None
    even, odd = head[0::2].count(0) / len(head[0::2]), head[1::2].count(0) / max(1, len(head[1::2]))
    if odd > 0.6 and even < 0.05:
        return "utf-16-le"
    if even > 0.6 and odd < 0.05:
        return "utf-16-be"
    return None


def decode(path: Path, limits: Limits) -> tuple[str, str]:
    """(text, encoding) of a file, line ends made `\\n`. Raises FileError for what is no text."""
    size = path.stat().st_size
    # One page holds PAGE_CHARACTERS, a character up to four bytes: more cannot fit under the page limit.
    if size > limits.pages * PAGE_CHARACTERS * 4:
        raise FileError(
            "too-many-pages",
            f"{path.name} has {size:,} bytes of text, more than {limits.pages} pages can hold",
            "Raise limits.pages or split the file.",
        )
    raw = path.read_bytes()
    encoding = encoding_of(raw[:65536])
    if encoding is None:
        raise FileError("unknown-type", f"{path.name} holds binary data, not text", _TYPE)
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        encoding, text = "cp1252", raw.decode("cp1252", errors="replace")
    if len(_BINARY_TEXT.findall(text)) > max(8, len(text) // 100):
        raise FileError("unknown-type", f"{path.name} holds binary data, not text", _TYPE)
    text = _BINARY_TEXT.sub(" ", text).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise FileError("empty", f"{path.name} holds no text", "Leave it out")
    return text, encoding


def cut(text: str, size: int = PAGE_CHARACTERS) -> list[tuple[int, int]]:
    """Spans of at most `size` characters that cover the text, ending at a blank line where one stands in
    the second half, else at a line, else at a sentence, else at a space."""
    spans: list[tuple[int, int]] = []
    at = 0
    while at < len(text):
        end = at + size
        if end >= len(text):
            spans.append((at, len(text)))
            break
        for border in ("\n\n", "\n", ". ", " "):
            found = text.rfind(border, at + size // 2, end)
            if found > 0:
                end = found + len(border)
                break
        spans.append((at, end))
        at = end
    return [(a, b) for a, b in spans if text[a:b].strip()] or [(0, len(text))]


@dataclass(slots=True)
class TextDocument:
    """A text that has been decoded: pages are runs of its characters. `sections` are of the whole text."""

    kind: str
    media_type: str
    text: str
    sections: Sequence[Section]
    spans: Sequence[tuple[int, int]]
    meta: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.spans)

    def page(self, number: int) -> RawPage:
        start, end = self.spans[number - 1]
        text = self.text[start:end].rstrip()
        starts = [s.start for s in self.sections]
        first, last = bisect_right(starts, start), bisect_right(starts, end - 1)
        inside = [Section(s.start - start, s.title) for s in self.sections[first:last]]
        if first > 0 and (not inside or inside[0].start > 0):  # the section goes on from the page before
            inside.insert(0, Section(0, self.sections[first - 1].title))
        return RawPage(number, 0, 0, None, PageText.plain(text), tuple(inside), {}, ())

    def pixels(self, number: int, side: int) -> np.ndarray | None:
        return None

    def close(self) -> None:
        self.text = ""


def check_pages(name: str, pages: int, limits: Limits) -> None:
    """Raises FileError when a text gives more pages than are allowed."""
    if pages > limits.pages:
        raise FileError(
            "too-many-pages",
            f"{name} gives {pages} pages of text, more than the {limits.pages} that are allowed",
            "Raise limits.pages or split the file.",
        )
