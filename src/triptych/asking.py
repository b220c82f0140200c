"""Asking: a question into a stream of events, whoever answers.

    Asking(catalog, search, ...).events(question) -> retrieval, then token and citation, then done or error

The extractive answerer quotes at once; a model is given the best pages and is checked sentence by sentence. What a
model does wrong ends the stream with an `error`; the pages that were found are told in any case.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from triptych.answer import answer, around, gathered
from triptych.catalog import Catalog
from triptych.errors import FileError, UserError, VlmError
from triptych.events import Cited, Done, Event, Failed, Retrieval, Token
from triptych.filters import Within
from triptych.pictures import Pictures
from triptych.results import Results
from triptych.settings import EXTRACTIVE, Settings
from triptych.showing import Showing
from triptych.types import Answer, Hit, Page, Trouble

if TYPE_CHECKING:
    from triptych.generation import Asked, Vlms
    from triptych.grounding.packing import Wanted
    from triptych.grounding.reader import Drawn, Reader

_UNSUPPORTED = ("drop", "mark")


class Search(Protocol):
    """`Library.search`, as far as asking needs it."""

    def __call__(
        self, text: str, *, k: int, collection: Within, where: str | None, plain: bool
    ) -> Results: ...


@dataclass(frozen=True)
class Asking:
    """Answers questions to one library."""

    catalog: Catalog
    search: Search
    pictures: Pictures
    vlms: Callable[[], Vlms]
    settings: Settings

    def events(
        self, question: str, *, collection: Within = None, where: str | None = None
    ) -> Iterator[Event]:
        """The answer as it comes. Raises UserError for an unknown collection, filter or model."""
        begun = time.perf_counter()
        vlm = None if self.settings.vlm == EXTRACTIVE else self.vlms().get(purpose="answer")
        reader = None if vlm is None else self._reader(vlm)
        most = self.settings.answer.evidence if vlm is None else self.settings.answer.candidates
        hits = self.search(question, k=most, collection=collection, where=where, plain=False)
        yield Retrieval(question, hits.hits, hits.seconds)
        given = self._quoted(question, hits) if reader is None else self._read(question, hits, reader)
        for event in given:
            if isinstance(event, Done | Failed):
                seconds = {**hits.seconds, **event.answer.seconds, "total": time.perf_counter() - begun}
                whole = replace(event.answer, seconds=seconds, painter=Showing(self.pictures))
                yield replace(
                    event, answer=whole if vlm is None else replace(whole, cost=vlm.spent.to_dict())
                )
            else:
                yield event

    def _quoted(self, question: str, hits: Results) -> Iterator[Event]:
        """What the extractive answerer says, which is there as a whole or not at all."""
        evidence = gathered(self.catalog, () if hits.match is False else hits)
        given = replace(answer(question, evidence, partial(around, self.catalog)), evidence=hits.hits)
        yield Token(given.text)
        yield from map(Cited, given.citations)
        yield Done(given)

    def _read(self, question: str, hits: Results, reader: Reader) -> Iterator[Event]:
        """What a model says that holds."""
        from triptych.grounding.reader import NOTHING
        from triptych.grounding.selection import chosen

        settings = self.settings.answer
        best = [] if hits.match is False else chosen(hits.hits, settings.pages, settings.per_source)
        if not best:
            yield Done(Answer(question, NOTHING, abstained=True, model=reader.vlm.name, evidence=hits.hits))
            return
        pages = [e.page for e in gathered(self.catalog, best)]
        begun = time.perf_counter()
        try:
            given = yield from reader.answer(question, best, pages)
        except VlmError as error:
            trouble = Trouble(error.code, str(error))
            yield Failed(
                Answer(question, "", abstained=True, model=reader.vlm.name, evidence=hits.hits, error=trouble)
            )
            return
        yield Done(replace(given, evidence=hits.hits, seconds={"answer": time.perf_counter() - begun}))

    def _reader(self, vlm: Asked) -> Reader:
        from triptych.grounding.prompting import Prompts
        from triptych.grounding.reader import Reader

        settings = self.settings.answer
        if settings.unsupported not in _UNSUPPORTED:
            raise UserError(
                f"answer.unsupported is '{settings.unsupported}'. Allowed are: {', '.join(_UNSUPPORTED)}."
            )
        return Reader(vlm, Prompts.load(settings.prompts), settings, self.settings.generation, self._drawn)

    def _drawn(self, hit: Hit, page: Page, wanted: Sequence[Wanted]) -> Drawn:
        """Pictures of one page; none of a page that cannot be drawn any more, which is read by its words then."""
        try:
            parts = self.pictures.parts(hit, page, [w.box for w in wanted], max(w.side for w in wanted))
        except FileError:
            return []
        return [(w, parts[w.box]) for w in wanted if w.box in parts]
