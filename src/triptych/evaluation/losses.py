"""The queries that went worst, as a person wants to see them: what was asked, expected, and found instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from triptych.display.draw import thumbnail
from triptych.errors import FileError
from triptych.evaluation.asking import Places, Ranking
from triptych.evaluation.labelled import LabelledSet, Question
from triptych.evaluation.measures import Values, first_relevant
from triptych.library import Library

MOST = 12  # queries told of each set
_SIDE = 220  # pixels of a page's picture
_SHORT = 200  # characters of a page's words


@dataclass(frozen=True, slots=True)
class Shown:
    """A page as it is shown: `picture` is WebP, None for a page of plain text; `text` its title and beginning."""

    document: str
    page: int
    text: str
    picture: bytes | None


@dataclass(frozen=True, slots=True)
class Loss:
    """A query below what can be had. `value` is its fused nDCG@10; `expected` the right document that came
    last or not at all, None where no document is right; `first` what came first; `ranks` where each signal, and all fused,
    have the first relevant document, None where they have it not."""

    question: Question
    picture: bytes | None  # of a query by image
    value: float
    expected: Shown | None
    first: Shown | None
    ranks: Mapping[str, int | None]


def losses(
    lib: Library,
    places: Places,
    labels: LabelledSet,
    fused: Values,
    best: Values,
    rankings: Mapping[str, Ranking],
) -> list[Loss]:
    """The worst queries by the fused metric; of equals first those where the best single signal loses least,
    for there fusion is to blame. Queries where nothing is lost are not told."""
    questions = {q.qid: q for q in labels.questions}
    mine, other = fused.column(), best.column()
    order = np.lexsort((-other, mine))
    eyes = _Eyes(lib, places)
    found = []
    for at in [i for i in order.tolist() if mine[i] < 1.0 - 1e-9][:MOST]:
        question = questions[fused.queries[at]]
        judged = labels.judged[question.qid]
        wanted = _latest(judged, rankings["fused"].documents[question.qid])
        ranks = {name: first_relevant(judged, r.documents[question.qid]) for name, r in rankings.items()}
        hit = rankings["fused"].first.get(question.qid)
        came = None
        if hit is not None:
            came = eyes.page(rankings["fused"].documents[question.qid][0], hit.page)
        seen = eyes.query(question)
        expected = (
            None
            if wanted is None
            else eyes.page(wanted, _page_of(labels, question, wanted, rankings["fused"]))
        )
        found.append(Loss(question, seen, float(mine[at]), expected, came, ranks))
    return found


def _latest(judged: Mapping[str, int], ranking: Sequence[str]) -> str | None:
    """Of the relevant documents the one that is ranked last, or not at all; of those the most relevant."""
    rank = {document: number for number, document in enumerate(ranking)}
    wanted = [document for document, relevance in judged.items() if relevance > 0]
    return max(wanted, key=lambda d: (rank.get(d, len(rank)), judged[d]), default=None)


def _page_of(labels: LabelledSet, question: Question, document: str, ranking: Ranking) -> int:
    """The page of the document that answers, where the set says so; else the one that was found best."""
    pages = labels.judged_pages.get(question.qid, {})
    marked = [page for (d, page), relevance in pages.items() if d == document and relevance > 0]
    if marked or question.document == document:
        return min(marked, default=question.page)
    return next((page for d, page in ranking.pages[question.qid] if d == document), 1)


class _Eyes:
    """Pictures of pages, each drawn once."""

    def __init__(self, lib: Library, places: Places) -> None:
        self._lib = lib
        self._places = places
        self._seen: dict[tuple[str, int], Shown] = {}

    def page(self, document: str, number: int) -> Shown:
        key = document, number
        if key not in self._seen:
            self._seen[key] = self._look(document, number)
        return self._seen[key]

    def _look(self, document: str, number: int) -> Shown:
        if document not in self._places.assets:
            return Shown(document, number, "could not be added", None)
        asset = self._lib.catalog.asset(self._places.assets[document])
        number = min(number, asset.pages)
        page = self._lib.catalog.page(asset.key, number)
        path = self._lib.blobs.local(asset.sha256)
        picture = self._small(path, asset.sources[0], number) if page.width else None
        return Shown(document, number, _short(f"{asset.title}: {page.text.text}"), picture)

    def query(self, question: Question) -> bytes | None:
        """The picture that a query by image asks with."""
        if question.image is None:
            return None
        return self._small(question.image, question.image.name, 1)

    def _small(self, path: Path, name: str, page: int) -> bytes | None:
        """A page as a small WebP; None where it cannot be drawn, which the words beside it then tell alone."""
        try:
            return thumbnail(self._lib.workers.pixels(path, name, page, 2 * _SIDE), _SIDE)
        except FileError:
            return None


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _SHORT else f"{plain[: _SHORT - 1]}…"
