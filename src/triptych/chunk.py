"""Pages into chunks: 256 to 512 tokens, overlapping, cut on natural borders.

A chunk is a run of characters of its page, so its text, words and boxes are the page's own and
nothing is copied. Knows nothing of models: `count` tells how long a piece is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from triptych.types import Chunk, Page, PageText, Section

Count = Callable[[Sequence[str]], list[int]]


def _pieces(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Lines of `text[start:end]` as spans; a line of over 60 words is cut at its sentences, then words."""
    spans: list[tuple[int, int]] = []
    for line in re.finditer(r"[^\n]+", text[start:end]):
        a, b = start + line.start(), start + line.end()
        if not text[a:b].strip():
            continue
        words = list(re.finditer(r"\S+", text[a:b]))
        if len(words) <= 60:
            spans.append((a, b))
            continue
        first = 0
        for i, word in enumerate(words):
            last = i + 1 == len(words)
            length = i + 1 - first
            if last or length >= 60 or (length >= 8 and word.group()[-1] in ".!?。！？"):
                spans.append((a + words[first].start(), a + word.end()))
                first = i + 1
    return spans


def chunk(page: Page, count: Count, size: int = 256, overlap: int = 32) -> list[Chunk]:
    """Cut one page into chunks of at most `size` tokens, each `overlap` tokens into the one before.

    Sections start a new chunk when the running one is at least half full, so short sections share a
    chunk and long ones have their own. A page without words gives [].
    """
    text = page.text.text
    sections = page.sections or (Section(0, ""),)
    chunks: list[Chunk] = []
    pieces = _pieces(text, 0, len(text))
    if not pieces:
        return []
    tokens = count([text[a:b] for a, b in pieces])
    starts = [s.start for s in sections]

    def title(at: int) -> str:
        found = ""
        for section in sections:
            if section.start > at:
                break
            found = section.title
        return found

    def emit(first: int, last: int) -> None:
        a, b = pieces[first][0], pieces[last][1]
        chunks.append(Chunk(a, b, title(a), _confidence(page.text, a, b)))

    first, total = 0, 0
    for i, n in enumerate(tokens):
        new_section = any(pieces[i - 1][0] < s <= pieces[i][0] for s in starts) if i else False
        if i > first and (total + n > size or (new_section and total >= size // 2)):
            emit(first, i - 1)
            first, total = i, 0
            while not new_section and first > 0 and total + tokens[first - 1] <= overlap:
                first -= 1
                total += tokens[first]
        total += n
    emit(first, len(pieces) - 1)
    return chunks


def passage(title: str, piece: Chunk, text: str) -> str:
    """What is embedded for a chunk: its own words under the name of its section. Chunks of a long
    document are told apart by where they stand, so `title` and section lead (contextual chunks)."""
    head = " - ".join(part for part in (title, piece.section) if part)
    body = text[piece.start : piece.end]
    return f"{head}\n{body}" if head else body


def _confidence(text: PageText, start: int, end: int) -> float | None:
    words = text.words_in(start, end)
    if not len(words):
        return None
    return float(text.confidence[words.start : words.stop].mean())
