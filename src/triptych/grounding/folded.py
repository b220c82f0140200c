"""A text without case, space and punctuation, to look words up in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

Span = tuple[int, int]


class Folded:
    """A text without case, space and punctuation, every character of which knows where it came from."""

    def __init__(self, text: str) -> None:
        self._raw = text
        letters: list[str] = []
        self._at: list[int] = []
        for i, char in enumerate(text):
            for letter in char.lower() if char.isascii() else unicodedata.normalize("NFKC", char).casefold():
                if letter.isalnum():
                    letters.append(letter)
                    self._at.append(i)
        self.text = "".join(letters)

    def find(self, wanted: str) -> Iterator[Span]:
        """Spans of the raw text that are `wanted` (folded) and are not parts of longer words."""
        at = self.text.find(wanted) if wanted else -1
        while at >= 0:
            span = self.span(at, at + len(wanted))
            if self._between(at) and self._between(at + len(wanted)) and self._whole(*span):
                yield span
            at = self.text.find(wanted, at + 1)

    def span(self, start: int, end: int) -> Span:
        """The raw characters of folded ones."""
        return self._at[start], self._at[end - 1] + 1

    def _between(self, at: int) -> bool:
        """Whether a raw character begins or ends there: ß is two folded letters, and neither of them is a word."""
        return not 0 < at < len(self._at) or self._at[at - 1] != self._at[at]

    def _whole(self, start: int, end: int) -> bool:
        before, after = self._raw[start - 1 : start], self._raw[end : end + 1]
        first, last = self._raw[start], self._raw[end - 1]
        if before.isalnum() and not _parts(before, first):
            return False
        if after.isalnum() and not _parts(last, after):
            return False
        if first.isdigit() and re.search(r"\d[.,]$", self._raw[max(0, start - 2) : start]):
            return False  # the 50 of 129.50
        return not (last.isdigit() and re.match(r"[.,]\d", self._raw[end : end + 2]))


def _parts(a: str, b: str) -> bool:
    """Whether words may part between two letters without a space: Han and Kana are written so."""
    return any("\u3040" <= c <= "\u9fff" or "\uac00" <= c <= "\ud7af" for c in (a, b))
