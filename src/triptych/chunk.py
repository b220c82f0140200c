"""Pages into chunks: as long as is asked for and the encoder reads, overlapping, cut on natural borders.

A chunk is a run of characters of its page, so its text, words and boxes are the page's own and
nothing is copied. Knows nothing of models: `count` tells how long a piece is.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence

from triptych.types import Chunk, Page, PageText, Section

Count = Callable[[Sequence[str]], list[int]]

_LONG = 250  # characters of a line above which it is cut
_SENTENCE = 40  # characters a sentence must have to be a piece of its own
_LINE = re.compile(r"[^\n]+")
_WORD = re.compile(r"\S{1,60}")  # scripts without spaces have words as long as their lines


def _pieces(text: str) -> list[tuple[int, int]]:
    """Where a text may be cut: its lines as spans; a long line at its sentences, then at words."""
    spans: list[tuple[int, int]] = []
    for line in _LINE.finditer(text):
        start, end = line.span()
        if text[start:end].isspace():
            continue
        spans += [(start, end)] if end - start <= _LONG else _cut_line(text, start, end)
    return spans


def _cut_line(text: str, start: int, end: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    first = last = None
    for word in _WORD.finditer(text, start, end):
        if first is not None and last is not None and word.end() - first > _LONG:
            spans.append((first, last))
            first = None
        first = word.start() if first is None else first
        last = word.end()
        if last - first >= _SENTENCE and text[last - 1] in ".!?。！？":
            spans.append((first, last))
            first = None
    if first is not None and last is not None:
        spans.append((first, last))
    return spans


def chunk(pages: Sequence[Page], count: Count, size: int = 256, overlap: int = 32) -> list[list[Chunk]]:
    """Cut each page into chunks of at most `size` tokens, each `overlap` tokens into the one before.

    Sections start a new chunk when the running one is at least half full, so short sections share a
    chunk and long ones have their own. A page without words gives []. Tokens of all pages are counted in
    one call, which is many times faster than page by page.
    """
    pieces = [_pieces(page.text.text) for page in pages]
    texts = [page.text.text[a:b] for page, spans in zip(pages, pieces, strict=True) for a, b in spans]
    tokens = iter(count(texts))
    return [
        _cut(page, spans, [next(tokens) for _ in spans], size, overlap)
        for page, spans in zip(pages, pieces, strict=True)
    ]


def _cut(
    page: Page, pieces: Sequence[tuple[int, int]], tokens: Sequence[int], size: int, overlap: int
) -> list[Chunk]:
    """The chunks of one page, given its pieces and how many tokens each has."""
    if not pieces:
        return []
    sections = page.sections or (Section(0, ""),)
    starts = [section.start for section in sections]
    chunks: list[Chunk] = []

    def emit(first: int, last: int) -> None:
        a, b = pieces[first][0], pieces[last][1]
        under = bisect_right(starts, a)
        title = sections[under - 1].title if under else ""
        chunks.append(Chunk(a, b, title, _confidence(page.text, a, b)))

    first, total = 0, 0
    for i, n in enumerate(tokens):
        begins = i > 0 and bisect_right(starts, pieces[i][0]) > bisect_right(starts, pieces[i - 1][0])
        if i > first and (total + n > size or (begins and total >= size // 2)):
            emit(first, i - 1)
            first, total = i, 0
            while not begins and first > 0 and total + tokens[first - 1] <= overlap:
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
