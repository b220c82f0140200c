"""Asking: a question into a stream of events, whoever answers.

    Asking(catalog, search, ...).events(question) -> retrieval, token, citation, done

Knows the catalog and how to search; the extractive answerer quotes at once.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from triptych.answer import answer, around, gathered
from triptych.catalog import Catalog
from triptych.events import Cited, Done, Event, Retrieval, Token
from triptych.filters import Within
from triptych.pictures import Pictures
from triptych.results import Results
from triptych.settings import Settings


class Search(Protocol):
    """`Library.search`, as far as asking needs it."""

    def __call__(self, text: str, *, k: int, collection: Within, where: str | None) -> Results: ...


@dataclass(frozen=True)
class Asking:
    """Answers questions to one library."""

    catalog: Catalog
    search: Search
    pictures: Pictures
    settings: Settings

    def events(
        self, question: str, *, collection: Within = None, where: str | None = None
    ) -> Iterator[Event]:
        """The answer as it comes. Raises UserError for an unknown collection or filter; what a model does
        wrong is told as the last event."""
        begun = time.perf_counter()
        hits = self.search(question, k=self.settings.answer.evidence, collection=collection, where=where)
        yield Retrieval(question, hits.hits, hits.seconds)
        yield from self._quoted(question, hits, begun)

    def _quoted(self, question: str, hits: Results, begun: float) -> Iterator[Event]:
        """What the extractive answerer says, which is there as a whole or not at all."""
        evidence = gathered(self.catalog, () if hits.match is False else hits)
        given = answer(question, evidence, partial(around, self.catalog))
        seconds = {**hits.seconds, **given.seconds, "total": time.perf_counter() - begun}
        given = replace(given, evidence=hits.hits, seconds=seconds, painter=self.pictures.cited)
        yield Token(given.text)
        yield from map(Cited, given.citations)
        yield Done(given)
