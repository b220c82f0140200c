"""What is said of each value of a page: its label, the heads of its column and row, its part of a sentence, each with how
surely it is said of this one.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from triptych.grounding import concepts, opposites
from triptych.grounding.facts import (
    FROM,
    HEAD,
    NAME,
    NAMES,
    TO,
    Fact,
    Value,
    found_values,
    mark,
    pieces,
    unpunctuated,
)
from triptych.grounding.grid import Cell
from triptych.grounding.sheet import RECORD, Sheet, Span
from triptych.words import language, tokens

# How surely words stand for a value: right beside it, in its part of the sentence, behind another value, elsewhere.
_RELATIVE = re.compile(r"\b(?:which|who|der|die|das|qui|que)\b", re.IGNORECASE)
_ASIDE = re.compile(r"\s?\(([^()]{2,40})\)")
_LED = re.compile(
    r"\b(?:to|auf|bis|zu|à|au|a|hasta|until|till|for|by|für|pour|par|por|para)\b", re.IGNORECASE
)
CLOSE, BESIDE, PARTED, ANTECEDENT, BEYOND, TITLE, NEAR, AROUND = 1.15, 1.0, 0.9, 0.8, 0.6, 0.6, 0.5, 0.15
ELSEWHERE = 0.35  # in another part of a sentence, of what a part says
_JOINED = re.compile(r"(?:and|und|et|y|,)", re.IGNORECASE)


def facts(sheet: Sheet) -> list[Fact]:
    """All values of a page, in their order."""
    reading = sheet.reading
    return [
        Fact(
            v.span,
            v.kind,
            v.keys,
            reading.said(v),
            reading.labelled(v),
            reading.denied(v),
            reading.place(v),
            reading.label(v),
        )
        for v in reading.found
        if not reading.opens(v)
    ]


class _Said(dict[str, float]):
    """Words and values with how surely they are said; of several places the surest counts."""

    def add(self, keys: Iterable[str], strength: float) -> None:
        for key in keys:
            if self.get(key, 0.0) < strength:
                self[key] = strength


class Reading:
    """What is said of the values of one page."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.found = found = sorted(found_values(sheet), key=lambda v: (v.span[0], -v.span[1]))
        self.starts = [v.span[0] for v in found]
        self.text = unpunctuated(sheet.text, (v.span for v in found))
        self.lang = language.detect(sheet.text, tokens.words(sheet.text))
        self.silent = language.stop_words(language.DEFAULT) | language.stop_words(self.lang)
        self._known: dict[Span, frozenset[str]] = {}
        self._paragraphs: dict[int, frozenset[str]] = {}

    def words(self, start: int, end: int, without: Span = (0, 0)) -> frozenset[str]:
        """Keys of the words and values in characters `[start, end)`, but for one value's own."""
        span = (start, end)
        if without[0] < end and start < without[1]:
            return self._keys(start, max(start, without[0]), without) | self._keys(
                min(end, without[1]), end, without
            )
        if span not in self._known:
            self._known[span] = self._keys(start, end, without)
        return self._known[span]

    def _keys(self, start: int, end: int, without: Span) -> frozenset[str]:
        if end <= start:
            return frozenset()
        keys = {k for w in tokens.words(self.sheet.text[start:end]) for k in concepts.keys(w, self.lang)}
        keys |= {k for _, ks in concepts.phrases(self.sheet.text[start:end]) for k in ks}
        for v in self.found[bisect_left(self.starts, start) : bisect_right(self.starts, end - 1)]:
            if v.span[1] <= end and v.span != without and v.kind not in NAMES:
                keys |= v.keys
        return frozenset(keys)

    def denied(self, value: Value) -> bool:
        start, end = self.sheet.segment(value.span[0])
        text = self.sheet.text[start:end]
        part = next(((a, b) for a, b in pieces(text, soft=False) if a <= value.span[0] - start < b), (0, 0))
        return opposites.denied(opposites.plainly(text[slice(*part)]))

    def labelled(self, value: Value) -> bool:
        cell = self.sheet.grid.cell(value.span[0])
        return cell is not None and not self._prose(self.sheet.segment(value.span[0]), cell)

    def place(self, value: Value) -> str:
        cell = self.sheet.grid.cell(value.span[0])
        if cell is None:
            return ""
        return HEAD if cell.under else f"under {cell.heads[0].start}" if cell.heads else ""

    def label(self, value: Value) -> tuple[frozenset[str], ...]:
        """The words of sense of the label of a value, of its row where it has one."""
        cell = self.sheet.grid.cell(value.span[0])
        if cell is None or not self.labelled(value):
            return ()
        beside = [c.text for c in (*cell.beside, *cell.mates) if re.search(r"[^\W\d]{2}", c.text)]
        text = self.sheet.text[cell.start : value.span[0]]
        label = text if re.search(r"[^\W\d]{2}", text) else beside[0] if beside else ""
        words = tokens.words(label.partition(" (")[0])
        return tuple(concepts.keys(w, self.lang) for w in words if w not in self.silent and not w.isdigit())

    def opens(self, value: Value) -> bool:
        """Whether a name is but a word that opens a sentence."""
        if value.kind != NAME:
            return False
        cell = self.sheet.grid.cell(value.span[0])
        if cell is not None and value.span == (cell.start, cell.end):
            return False
        if self.lang == "de":
            return True  # any noun
        before = self.sheet.text[max(0, value.span[0] - 3) : value.span[0]]
        segment = self.sheet.segment(value.span[0])
        return (
            segment[0] == value.span[0]
            or (cell is not None and cell.start == value.span[0])
            or before.strip()[-1:] in (".", "•", "-")
        )

    def said(self, value: Value) -> dict[str, float]:
        """Each word and value that is said of a value, with how surely."""
        said = _Said()
        segment, cell = self.sheet.segment(value.span[0]), self.sheet.grid.cell(value.span[0])
        prose = cell is None or self._prose(segment, cell)
        whole = segment if cell is None or prose else (cell.start, cell.end)
        self._said_in(value, whole, cell is not None and bool(cell.heads), said)
        if m := _ASIDE.match(self.sheet.text, value.span[1]):
            said.add(self.words(*m.span(1)), CLOSE)
        if item := RECORD.match(self.sheet.text, *segment):  # a row, of its first cell
            said.add(self.words(*item.span(1), value.span), BESIDE)
        if role := mark(self.sheet.text, value.span):
            said.add([role], BESIDE)
        if cell is not None:
            if not prose:
                self._labelled_by(value, cell, said)
            self._around_cell(value, cell, said)
            if prose:
                said.add(self.paragraph(cell.block), AROUND)
        return said

    def _said_in(self, value: Value, whole: Span, in_table: bool, said: _Said) -> None:
        """The words of a sentence or cell: those of the value's part, of others, and those that several share."""
        parts = [(a + whole[0], b + whole[0]) for a, b in pieces(self.text[slice(*whole)])]
        own = next((i for i, (a, b) in enumerate(parts) if a <= value.span[0] < b), None)
        for i, part in enumerate(parts):
            if i != own:
                said.add(self.words(*part, value.span), NEAR)
                continue
            first, last = self._reach(value, *part)
            alike = self._like(value, part)
            said.add(self.words(first, last, value.span), BESIDE)
            said.add(self.words(part[0], min([first, *(v.span[0] for v in alike)]), value.span), PARTED)
            said.add(self.words(max([last, *(v.span[1] for v in alike)]), part[1], value.span), PARTED)
            said.add(self.words(*part, value.span), BESIDE if in_table else BEYOND)
            said.add(self._next_to(first, last, value.span), CLOSE)
            said.add(self.words(whole[0], self._led_by(value, whole)), BESIDE)
        if own is None:
            return
        if own + 1 < len(parts):  # 67 % of the women and 66 % of the men had taken part
            between = self.sheet.text[parts[own][1] : parts[own + 1][0]].strip()
            alike = self._like(value, parts[own + 1])
            if _JOINED.fullmatch(between) and alike and value.kind not in NAMES:
                said.add(self.words(max(v.span[1] for v in alike), parts[own + 1][1]), PARTED)
        if own and _RELATIVE.search(self.sheet.text[parts[own - 1][1] : parts[own][0]]):
            said.add(self.words(*parts[own - 1]), ANTECEDENT)

    def _led_by(self, value: Value, whole: Span) -> int:
        """Where what leads a list ends: "The motion fell: 6 for, 10 against" is of both."""
        colon = self.text.find(": ", whole[0], value.span[0])
        led = colon >= 0 and ": " not in self.text[colon + 1 : value.span[0]]
        return colon if led and not self._like(value, (whole[0], colon)) else whole[0]

    def _like(self, value: Value, part: Span) -> list[Value]:
        """Values of the same kind in a part of a sentence."""
        first, last = bisect_left(self.starts, part[0]), bisect_left(self.starts, part[1])
        return [v for v in self.found[first:last] if v.kind == value.kind]

    def _labelled_by(self, value: Value, cell: Cell, said: _Said) -> None:
        """What a cell is labelled by: within itself, by the cell left of it, over it or under it, and the heads and the row
        of a table."""
        label, colon, _ = self.sheet.text[cell.start : value.span[0]].partition(": ")
        if colon:
            said.add(self.words(cell.start, cell.start + len(label)), CLOSE)
        for other in () if cell.heads else (*cell.mates, *cell.beside[-1:]):
            said.add(self.words(other.start, other.end), CLOSE)
        for other in (*cell.heads, *cell.mates, *cell.beside, *cell.under):
            said.add(self.words(other.start, other.end), BESIDE)
        if cell.heads:
            said.add((FROM, TO), BESIDE)  # a table does not say which way

    def _around_cell(self, value: Value, cell: Cell, said: _Said) -> None:
        if (cell.start, cell.end) == value.span and not (cell.mates or cell.beside or cell.heads):
            for other in self._lines_around(cell):
                said.add(self.words(other.start, other.end), ANTECEDENT)
        if cell.title is not None:
            said.add(self.words(cell.title.start, cell.title.end), TITLE)

    def _lines_around(self, cell: Cell) -> list[Cell]:
        """The short lines over and under a bare value in its block, as under a signature."""
        block = self.sheet.grid.blocks[cell.block]
        at = block.index(cell)
        return [c for c in block[max(0, at - 1) : at + 2] if c is not cell and not c.prose and not c.beside]

    def around(self, start: int, end: int, whole: Span) -> dict[str, float]:
        """What is said in a part of a segment, and less surely around it."""
        said = _Said(dict.fromkeys(self.words(start, end), BESIDE))
        said.add(self.words(*whole), ELSEWHERE)
        cell = self.sheet.grid.cell(start)
        if cell is not None:
            for other in (*cell.heads, *cell.beside, *cell.mates):
                said.add(self.words(other.start, other.end), BESIDE)
            if cell.title is not None:
                said.add(self.words(cell.title.start, cell.title.end), TITLE)
            said.add(self.paragraph(cell.block), AROUND)
        return said

    def _next_to(self, start: int, end: int, span: Span) -> frozenset[str]:
        """The words of sense right before and behind a value."""
        before = [w for w in tokens.words(self.sheet.text[start : span[0]]) if w not in self.silent]
        behind = [w for w in tokens.words(self.sheet.text[span[1] : end]) if w not in self.silent]
        return frozenset().union(*(concepts.keys(w, self.lang) for w in (*before[-1:], *behind[:1])))

    def _reach(self, value: Value, start: int, end: int) -> Span:
        """How far words of a part belong to a value: up to the next one of its kind, or to where that is led in."""
        first, last = start, end
        for other in self.found[bisect_left(self.starts, start) : bisect_left(self.starts, end)]:
            if other.kind != value.kind or other.keys & value.keys:
                continue
            if other.span[1] <= value.span[0]:
                led = _LED.search(self.sheet.text, other.span[1], value.span[0])
                first = max(first, led.start() if led else other.span[1])
            elif other.span[0] >= value.span[1]:
                led = _LED.search(self.sheet.text, value.span[1], other.span[0])
                last = min(last, led.start() if led else other.span[0])
        return first, last

    def _prose(self, segment: Span, cell: Cell) -> bool:
        return cell.prose or (
            segment[1] - segment[0] > len(cell.text) + 20 and not (cell.beside or cell.heads or cell.under)
        )

    def paragraph(self, block: int) -> frozenset[str]:
        if block not in self._paragraphs:
            cells = self.sheet.grid.blocks[block]
            self._paragraphs[block] = frozenset().union(*(self.words(c.start, c.end) for c in cells))
        return self._paragraphs[block]
