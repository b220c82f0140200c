"""A model's stream into sentences that people may read: each is checked before it is told, and what it cites is found.

Citations are numbered anew in the order in which they come: one number is one quotation on one page, with its boxes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from triptych.answering.quotes import cite
from triptych.dialogue.events import Cited, Token
from triptych.grounding.check import (
    DERIVED,
    NOTHING,
    SEEN,
    SUPPORTED,
    UNSUPPORTED,
    Checked,
    Checker,
    Item,
)
from triptych.grounding.placing import Place
from triptych.grounding.plain import harmless, visible
from triptych.grounding.prompting import NO_ANSWER
from triptych.grounding.sentences import Splitter
from triptych.grounding.sheet import Sheet
from triptych.grounding.tables import Rows
from triptych.seams import Reply
from triptych.types import Box, Citation, Hit, Statement
from triptych.values import fold

MARK = "mark"  # the setting that lets unsupported sentences through, marked as such
_NOT_SUPPORTED = "(not on the pages cited)"
_WORKED_OUT = "(calculated)"
_AROUND = 600  # characters of the page that a second opinion sees before and behind
_STOP = re.compile(r"(?:\.{3}|[!?]+|[.。！？])?$")  # the point of S.A. is not that of the sentence


@dataclass
class Speaker:
    """Tells one answer. What was told so far is in its fields."""

    items: Mapping[int, Item]
    hits: Mapping[int, Hit]
    question: str
    unsupported: str = "drop"
    doubted: Callable[[str, str], bool] | None = None  # a second opinion on (passage, statement)
    citations: list[Citation] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)  # why, for each sentence that was not told
    values: list[str] = field(default_factory=list)  # what the citations bear, in the page's words, harmless
    said: str = ""

    def __post_init__(self) -> None:
        self._checker = Checker(self.items, self.question)
        self._rows = Rows()
        self._numbers: dict[tuple[int, tuple[tuple[int, int], ...]], int] = {}

    def tell(self, stream: Generator[str, None, Reply]) -> Generator[Token | Cited, None, Reply]:
        """Whole sentences of `stream` as they are sure; returns what the stream returns. The last sentence of a
        reply that was cut off or refused is not told."""
        splitter = Splitter()
        while True:
            try:
                piece = next(stream)
            except StopIteration as end:
                reply: Reply = end.value
                break
            for sentence in splitter.feed(piece):
                yield from self.sentence(sentence)
        if reply.finish == "stop":
            for sentence in splitter.rest():
                yield from self.sentence(sentence)
        return reply

    def sentence(self, sentence: str) -> Iterator[Token | Cited]:
        """A sentence, if it holds: its text, then the citations that are new in it."""
        sentence = self._rows.sentence(sentence)
        if not any(map(str.isalnum, visible(sentence))) or self._declines(sentence):
            return
        checked = [self._doubt(c) for c in self._checker.sentence(sentence)]
        lost = next((c for c in checked if c.status == UNSUPPORTED), None)
        if checked and all(c.why == NOTHING for c in checked):
            return  # "Here is what the documents show:"
        if not checked or (lost is not None and self.unsupported != MARK):
            self.left_out.append(lost.why if lost else "it says nothing")
            return
        new: list[Citation] = []
        text = self._marked(checked, lost, new)
        self.statements.append(self._statement(text, checked, lost))
        piece = f" {text}" if self.said else text
        self.said += piece
        yield Token(piece)
        self.citations += new
        yield from map(Cited, new)

    @property
    def value(self) -> str:
        """What is answered in the page's own words, where that is one thing; "" where it is more, or prose."""
        distinct = list(dict.fromkeys(self.values))
        return distinct[0] if len(distinct) == 1 else ""

    def _doubt(self, clause: Checked) -> Checked:
        """The clause, unsupported if the second opinion says that its pages do not say so."""
        if self.doubted is None or not any(p.spans for p in clause.places):
            return clause
        passages = [around(self.items[p.number].sheet, p) for p in clause.places]
        if any(not self.doubted(passage, clause.text) for passage in passages):
            return clause
        return replace(
            clause, status=UNSUPPORTED, places=(), why="the model itself, asked again, does not find it there"
        )

    @staticmethod
    def _declines(sentence: str) -> bool:
        return fold(sentence) == fold(NO_ANSWER)

    def _marked(self, checked: Sequence[Checked], lost: Checked | None, new: list[Citation]) -> str:
        """The sentence with our numbers in place of the model's."""
        text = ""
        for clause in checked:
            if lost is not None:
                text += clause.text if not text or clause.text[:1] in ",.;:!?)" else f" {clause.text}"
                continue
            marks = "".join(f"[{n}]" for n in self._cited_by(clause, new))
            if clause.status == DERIVED:
                marks = f"{_WORKED_OUT} {marks}".strip()
            glue = "" if not text or clause.text[:1] in ",.;:!?)" else " "
            text += glue + _before_its_end(clause.text, marks)
        return _before_its_end(text, _NOT_SUPPORTED) if lost is not None else text

    def _cited_by(self, clause: Checked, new: list[Citation]) -> list[int]:
        """The numbers of a clause's citations; of one that only follows from figures, those that its items have."""
        if clause.places or clause.status != DERIVED:
            return list(dict.fromkeys(self._number(p, clause, new) for p in clause.places))
        return [n for (item, _), n in self._numbers.items() if item in clause.cited]

    def _number(self, place: Place, clause: Checked, new: list[Citation]) -> int:
        """The number of a citation, a new one for words that were not cited yet."""
        key = place.number, place.spans
        if key not in self._numbers:
            number = len(self._numbers) + 1
            citation = self._citation(number, place)
            if (
                clause.status != SEEN and not citation.verified
            ):  # words that cannot be read off their boxes in order
                citation = self._citation(
                    number, Place(place.number, place.value or place.spans[:1], place.value)
                )
            self._numbers[key] = number
            # It was looked up as it stands; what is told of it is as plain as the sentence.
            new.append(replace(citation, quote=harmless(citation.quote)))
            page = self.items[place.number].sheet.page.text.text
            self.values += [harmless(page[a:b]) for a, b in place.value]
        return self._numbers[key]

    def _citation(self, number: int, place: Place) -> Citation:
        hit, page = self.hits[place.number], self.items[place.number].sheet.page
        if place.spans:
            return cite(number, hit, page, place.spans, place.value[-1:] or place.spans[:1])
        box = hit.view.box if hit.view is not None else Box(0.0, 0.0, 1.0, 1.0)
        return Citation(number, hit.asset, hit.source, page.number, hit.caption, (box,), False)

    def _statement(self, text: str, checked: Sequence[Checked], lost: Checked | None) -> Statement:
        if lost is not None:
            return Statement(text, UNSUPPORTED, (), lost.why)
        numbers = [n for c in checked for n in self._cited_by(c, [])]
        status = next((s for s in (SEEN, DERIVED) if any(c.status == s for c in checked)), SUPPORTED)
        return Statement(text, status, tuple(dict.fromkeys(numbers)))


def noted(checked: Sequence[Checked]) -> str:
    """A sentence that holds, with the numbers of its items; "" for any other."""
    if any(c.status == UNSUPPORTED for c in checked) or not any(c.places for c in checked):
        return ""
    said = [_before_its_end(c.text, "".join(f"[{p.number}]" for p in c.places)) for c in checked]
    return " ".join(said)


def around(sheet: Sheet, place: Place) -> str:
    """The lines of a page around what bears a clause."""
    start, end = min(a for a, _ in place.spans), max(b for _, b in place.spans)
    return sheet.text[max(0, start - _AROUND) : end + _AROUND]


def _before_its_end(text: str, marks: str) -> str:
    """`marks` before the full stop of a sentence: The total is 129.50 [1]."""
    if not marks:
        return text
    bare = text.rstrip()
    end = _STOP.search(bare).start()  # type: ignore[union-attr]
    return f"{bare[:end].rstrip()} {marks}{bare[end:]}"
