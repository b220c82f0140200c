"""Asking: a question into a stream of events, whoever answers.

    Asking(catalog, search, ...).events(question) -> retrieval, then token and citation, then done or error

The extractive answerer quotes at once; a model is given the best pages and is checked sentence by sentence. What a
model does wrong ends the stream with an `error`; the pages that were found are told in any case.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from triptych.answer import answer, around, gathered, named_by, seen
from triptych.catalog import Catalog
from triptych.dialogue.events import Cited, Done, Event, Failed, Retrieval, Token, outcome
from triptych.display.pictures import Pictures
from triptych.display.showing import Showing
from triptych.errors import FileError, LibraryError, VlmError
from triptych.grounding import distrust
from triptych.pipeline import Encoders
from triptych.query.filters import Within
from triptych.results import Results
from triptych.settings import EXTRACTIVE, Settings
from triptych.types import Answer, Hit, Page, Trouble

if TYPE_CHECKING:
    from triptych.dialogue.conversation import Turn
    from triptych.dialogue.generation import Asked, Vlms
    from triptych.dialogue.stopping import Stop
    from triptych.grounding.packing import Wanted
    from triptych.grounding.reader import Drawn, Reader

_TOGETHER = 8  # questions that a model is asked at once


class Search(Protocol):
    """`Library.search`, as far as asking needs it."""

    def __call__(
        self,
        text: str,
        *,
        image: str | Path | None,
        k: int,
        collection: Within,
        where: str | None,
        plain: bool,
    ) -> Results: ...


@dataclass(frozen=True)
class Asking:
    """Answers questions to one library."""

    catalog: Catalog
    search: Search
    pictures: Pictures
    vlms: Callable[[], Vlms]
    settings: Settings
    encoders: Encoders  # the one for texts says which labels mean what a question says in other words

    def events(
        self,
        question: str,
        *,
        collection: Within = None,
        where: str | None = None,
        turns: Sequence[Turn | tuple[str, str]] = (),
        image: str | Path | None = None,
        stop: Stop | None = None,
    ) -> Iterator[Event]:
        """The answer as it comes; `turns` are those of the conversation so far, to which a question may refer,
        `image` is a picture that the pages should look like, too, and `stop` ends the model from another thread.
        Raises UserError for an unknown collection, filter or model, TypeError for what is no turn."""
        begun = time.perf_counter()
        vlm = None if self.settings.vlm == EXTRACTIVE else self.vlms().get(purpose="answer", stop=stop)
        reader = None if vlm is None else self._reader(vlm)
        understood = self._understood(question, turns, reader)
        asked = understood or question
        most = self.settings.answer.evidence if vlm is None else self.settings.answer.candidates
        # Words of earlier answers come from pages: in what is written out with them nothing is a command.
        hits = self.search(
            asked, image=image, k=most, collection=collection, where=where, plain=bool(understood)
        )
        best = [] if reader is None else self._best(hits)
        found = hits.hits[: self.settings.answer.evidence]
        hits = replace(hits, hits=(*found, *(hit for hit in best if hit not in found)))
        yield Retrieval(asked, hits.hits, hits.seconds)
        for event in self._quoted(asked, hits) if reader is None else self._read(asked, hits, best, reader):
            if isinstance(event, Done | Failed):
                seconds = {**hits.seconds, **event.answer.seconds, "total": time.perf_counter() - begun}
                whole = replace(event.answer, question=question, understood=understood, seconds=seconds)
                told = (*hits.warnings, *whole.warnings)
                cost = _cost(vlm, hits)
                yield replace(event, answer=replace(whole, warnings=told, cost=cost, painter=self.shown))
            else:
                yield event

    def every(
        self, questions: Iterable[str], *, collection: Within = None, where: str | None = None
    ) -> Iterator[Answer]:
        """The answers to several questions, in their order; a model is asked several at a time."""

        def one(question: str) -> Answer:
            return outcome(self.events(question, collection=collection, where=where))

        if self.settings.vlm == EXTRACTIVE:
            yield from map(one, questions)
            return
        with ThreadPoolExecutor(_TOGETHER, "triptych-ask") as pool:
            yield from pool.map(one, questions)

    @property
    def shown(self) -> Showing:
        """Shows answers to people."""
        return Showing(self.pictures)

    def _understood(
        self, question: str, earlier: Sequence[Turn | tuple[str, str]], reader: Reader | None
    ) -> str:
        """A follow-up question with what it refers to; "" where it refers to nothing."""
        if not earlier:
            return ""
        from triptych.dialogue import conversation

        turns = conversation.proper(earlier)
        if reader is None:
            return conversation.rewritten(question, turns)
        try:
            return conversation.rewritten_by(reader.vlm, reader.prompts, question, turns)
        except VlmError:  # the model is asked again for the answer, and what is wrong with it is told then
            return conversation.rewritten(question, turns)

    def _quoted(self, question: str, hits: Results) -> Iterator[Event]:
        """What the extractive answerer says, which is there as a whole or not at all."""
        evidence = gathered(self.catalog, hits)
        if hits.match is False:
            evidence = named_by(question, evidence)
        given = answer(question, seen(evidence), partial(around, self.catalog), self.encoders.text.texts)
        doubts = tuple(told for e in evidence if (told := distrust.warning(e.hit, e.page)))
        given = replace(given, evidence=hits.hits, warnings=(*given.warnings, *doubts))
        yield Token(given.text)
        yield from map(Cited, given.citations)
        yield Done(given)

    def _best(self, hits: Results) -> list[Hit]:
        """The pages that a model is shown: as few as will do, none where nothing matches."""
        from triptych.grounding.selection import chosen

        settings = self.settings.answer
        return [] if hits.match is False else chosen(hits.hits, settings.pages, settings.per_source)

    def _read(self, question: str, hits: Results, best: Sequence[Hit], reader: Reader) -> Iterator[Event]:
        """What a model says that holds."""
        from triptych.grounding.reader import NOTHING

        given = Answer(question, NOTHING, abstained=True, model=reader.vlm.name, evidence=hits.hits)
        begun = time.perf_counter()
        evidence = gathered(self.catalog, best)
        if not evidence:
            yield Token(given.text)
        else:
            try:
                given = yield from reader.answer(
                    question, [e.hit for e in evidence], [e.page for e in evidence]
                )
            except VlmError as error:
                yield Failed(replace(given, text="", error=Trouble(error.code, str(error))))
                return
        yield Done(replace(given, evidence=hits.hits, seconds={"answer": time.perf_counter() - begun}))

    def _reader(self, vlm: Asked) -> Reader:
        from triptych.grounding.prompting import Prompts
        from triptych.grounding.reader import Reader

        settings = self.settings.answer
        return Reader(vlm, Prompts.load(settings.prompts), settings, self.settings.generation, self._drawn)

    def _drawn(self, hit: Hit, page: Page, wanted: Sequence[Wanted]) -> Drawn:
        """Pictures of one page; none of a page that cannot be drawn any more, which is read by its words then."""
        try:
            parts = self.pictures.parts(hit, page, [(w.box, w.side) for w in wanted])
        except (FileError, LibraryError):  # damaged; or removed meanwhile
            return []
        return [(w, parts[w.box]) for w in wanted if w.box in parts]


def _cost(vlm: Asked | None, hits: Results) -> dict[str, float]:
    """What models used for an answer: the one that reads the pages again, and the one that answers."""
    from triptych.dialogue.cost import Spent

    used = [Spent(**hits.cost)] if hits.cost else []  # type: ignore[arg-type]
    used += [] if vlm is None else [vlm.spent]
    return sum(used, Spent()).to_dict() if used else {}
