"""Plain text, in whatever encoding: pages of about 3,000 characters, cut between paragraphs."""

from __future__ import annotations

from pathlib import Path

from triptych.formats._plain import TextDocument, check_pages, cut, decode, encoding_of
from triptych.settings import Limits


def load(argument: str = "") -> TextFormat:
    """The format; it has no argument."""
    return TextFormat()


class TextFormat:
    """See `seams.Format`."""

    def sniff(self, head: bytes, name: str) -> int:
        return 1 if encoding_of(head) else 0  # any other format that knows it better goes first

    def open(self, path: Path, limits: Limits) -> TextDocument:
        text, encoding = decode(path, limits)
        spans = cut(text)
        check_pages(path.name, len(spans), limits)
        return TextDocument("text", "text/plain", text, (), spans, {"encoding": encoding})
