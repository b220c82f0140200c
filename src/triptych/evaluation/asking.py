"""A labelled set as a library, and its queries asked there: hits folded into documents.

build(library, set, ...) -> Built       adds what is not there yet
Asking(library, places, set).ranking()  every query once for each choice of signals and fusion
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from triptych import fuse
from triptych.captioning import Sidecar
from triptych.errors import LibraryError, ModelError, UserError, WrongSpace
from triptych.evaluation import labelled
from triptych.evaluation.labelled import Document, LabelledSet, Question
from triptych.evaluation.measures import Run
from triptych.evaluation.notes import Note
from triptych.library import Library
from triptych.pipeline import ENCODERS, Encoders
from triptych.query.sight import Sight
from triptych.types import Hit

_FEW, _MANY = 20, 200  # pages asked for, so that ten documents are seen; many where documents have many
_TIMED = 50  # queries that are timed on their own, where more pages are asked for than people ask for


class Places:
    """Which documents of the set an asset of the library is: identical files are one asset."""

    def __init__(self, lib: Library, paths: Mapping[str, str]) -> None:
        """`paths`: document ids by the path under which the library has them."""
        self._documents: dict[str, list[str]] = {}
        self.assets: dict[str, str] = {}  # sha256 of each document
        for asset in lib.catalog.assets():
            here = [paths[s] for s in asset.sources if s in paths]
            self._documents[asset.sha256] = here
            self.assets.update(dict.fromkeys(here, asset.sha256))

    def of(self, asset: str) -> list[str]:
        return self._documents.get(asset, [])


class Built(NamedTuple):
    """Where the documents are, how many could not be added, and how long it took."""

    places: Places
    failed: int
    seconds: float


def build(lib: Library, labels: LabelledSet, rows: Path, captions: bool, note: Note) -> Built:
    """Add what is not there yet; rows of text become files in `rows`. With `captions`, the set's sidecar
    captions are supplied by people."""
    begun = time.perf_counter()
    _fit(lib, note)
    files = {_file(document, rows): document.id for document in labels.documents}
    failed = 0
    sources: dict[str, str] = {}
    by_name = {str(path.absolute()): id for path, id in files.items()}
    said = labelled.captions(labels) if captions else {}
    sidecar = Sidecar(
        labels.folder / labelled.CAPTIONS, {str(path): said[id] for path, id in files.items() if id in said}
    )
    for added in lib.adding(*files, captions=sidecar):
        if added.status == "failed":
            failed += 1
            note(f"{added.source}: {added.error}")
        key = str(Path(added.source).absolute())
        if key in by_name:
            sources[added.source] = by_name[key]
    return Built(Places(lib, sources), failed, time.perf_counter() - begun)


def _fit(lib: Library, note: Note) -> None:
    """Embed anew what encoders made that are not those of today: the library of a set is ours to change."""
    try:
        _ = lib.encoders
    except WrongSpace:
        held, now = lib.catalog.panels(), Encoders.load(lib.settings).spaces
        stale = {
            name for name, signal in ENCODERS.items() if signal in held and held[signal] != now.get(signal)
        }
        note(f"embedding {lib.folder} anew, because {' and '.join(sorted(stale))} changed since it was made")
        lib.rebuild(
            lib.settings.encoder if "encoder" in stale else None,
            lib.settings.image_encoder if "image_encoder" in stale else None,
        )


def _file(document: Document, rows: Path) -> Path:
    """The document's own file; a row of text becomes a Markdown file under its title."""
    if document.path is not None:
        return document.path
    rows.mkdir(parents=True, exist_ok=True)
    path = rows / f"{quote(document.id, safe='')[:200]}.md"
    title = " ".join(document.title.split())
    body = document.text.removeprefix(document.title).strip() or document.text
    text = f"# {title}\n\n{body}\n" if title else f"{document.text}\n"
    if not path.is_file() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")
    return path


@dataclass(frozen=True, slots=True)
class Ranking:
    """What was found for every query, best first: documents, and (document, page) pairs; the first hit of
    each query that had one; and the seconds that each query took."""

    documents: Run
    pages: Run
    first: Mapping[str, Hit]
    seconds: Sequence[float]


class Asking:
    """Asks the queries of a set. The same question with the same signals and fusion is asked once; the
    picture of a query is looked at once, for variants of the library too."""

    def __init__(
        self,
        lib: Library,
        places: Places,
        labels: LabelledSet,
        ignore: bool,
        fusion: str | None = None,
    ) -> None:
        """`fusion` is what fuses unless a ranking says otherwise; None: as the library is set. Raises UserError
        when there is none of that name."""
        self._lib = lib
        unfolded = replace(lib.settings.search, fold="off")  # a copy is a document of its own to judges
        lib.settings = replace(lib.settings, search=unfolded)
        self._places = places
        self._questions = labels.questions
        self._labels = labels
        self._ignore = ignore
        self._ignored = labels.ignored if ignore else {}
        self.fusion = fusion or lib.settings.search.fusion
        self._sights: dict[str, Sight] = {}
        fuse.check(self.fusion)
        self.refused: dict[str, str] = {}  # queries that cannot be asked, and why: they find nothing
        self._settled = False  # whether those are all: the first ranking has them
        self._known: dict[tuple[tuple[str, ...], str], Ranking] = {}
        counts = lib.catalog.counts()
        self._depth = _FEW if counts["pages"] == counts["assets"] else _MANY

    def on(self, variant: Library) -> Asking:
        """The same questions for a variant of the library, whose assets stand in the same places."""
        asking = Asking(variant, self._places, self._labels, self._ignore, self.fusion)
        asking._sights, asking.refused, asking._settled = self._sights, self.refused, self._settled
        return asking

    def ranking(self, signals: Sequence[str] | None = None, fusion: str | None = None) -> Ranking:
        """All queries, asked of `signals` (None: all that the library has). Raises UserError when not one
        query can be asked."""
        chosen = tuple(signals if signals is not None else self._lib.signals())
        method = (fusion or self.fusion) if len(chosen) > 1 else ""  # one list is not fused
        key = (chosen, method)
        if key not in self._known:
            self._known[key] = self._asked(chosen, method or self.fusion)
            if len(self.refused) == len(self._questions):  # then it is not the queries
                raise UserError(next(iter(self.refused.values())))
            self._settled = True
        return self._known[key]

    def timing(self) -> dict[str, float]:
        """Median and 95th percentile of a plain search, in seconds."""
        took = [*self.ranking().seconds]
        if self._depth == _MANY:  # deeper than people ask
            step = max(1, len(self._questions) // _TIMED)
            took = [self._ask(q)[1] for q in self._questions[::step]]
        took = sorted(took[1:] or took)  # the first one warms up
        at = {"query_p50": 0.5, "query_p95": 0.95}
        return {
            name: round(took[min(len(took) - 1, int(share * len(took)))], 6) for name, share in at.items()
        }

    def _asked(self, signals: Sequence[str], fusion: str) -> Ranking:
        documents: Run = {}
        pages: Run = {}
        first: dict[str, Hit] = {}
        seconds: list[float] = []
        for question in self._questions:
            hits, took = self._ask(question, signals, fusion, self._depth)
            seconds.append(took)
            left_out = self._ignored.get(question.qid, frozenset())
            pairs = [
                (d, hit.page, hit) for hit in hits for d in self._places.of(hit.asset) if d not in left_out
            ]
            pages[question.qid] = [(document, page) for document, page, _ in pairs]
            documents[question.qid] = list(dict.fromkeys(document for document, _, _ in pairs))
            if pairs:
                first[question.qid] = pairs[0][2]
        return Ranking(documents, pages, first, seconds)

    def _ask(
        self,
        question: Question,
        signals: Sequence[str] | None = None,
        fusion: str | None = None,
        k: int | None = None,
    ) -> tuple[Sequence[Hit], float]:
        """The hits, and how many seconds the search took, without the look at a picture."""
        if question.qid in self.refused:
            return (), 0.0
        try:
            picture = self._picture(question)
            begun = time.perf_counter()
            results = self._lib.search(
                question.text or None,
                image=picture,
                k=k,
                signals=signals,
                fusion=fusion or self.fusion,
                plain=True,
            )
        except UserError as error:  # of this query: its picture, or what it says
            if self._settled or isinstance(error, LibraryError):
                raise
            self.refused[question.qid] = str(error)
            return (), 0.0
        if results.warnings:  # what is measured would not be what was set
            raise ModelError(results.warnings[0])
        return results.hits, time.perf_counter() - begun

    def _picture(self, question: Question) -> Sight | None:
        """The picture of an image query, looked at once: that takes longer than the searches with it."""
        if question.image is None:
            return None
        if question.qid not in self._sights:
            self._sights[question.qid] = self._lib.see(question.image)
        return self._sights[question.qid]
