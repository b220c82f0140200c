"""Measures a library on a labelled set: `triptych eval`.

    evaluate(folder) -> dict      builds or reuses a library of the set, asks its queries, computes the
                                  metrics of each signal and of all fused (see `labelled` for the set)

Documents are ranked by their best page. Metrics are those of trec_eval, computed by ir-measures.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import ir_measures

from triptych import labelled, library, marking
from triptych.captioning import Sidecar
from triptych.fuse import DEFAULT
from triptych.labelled import Document, LabelledSet, Question
from triptych.sight import Sight
from triptych.types import SIGNALS, Citation, Hit, Page

_FEW, _MANY = 20, 200  # pages asked for, so that ten documents are seen; many where documents have many
_MEASURES = {
    "recall@1": ir_measures.R @ 1,
    "recall@5": ir_measures.R @ 5,
    "recall@10": ir_measures.R @ 10,
    "ndcg@10": ir_measures.nDCG @ 10,
    "mrr@10": ir_measures.RR @ 10,
}

Run = dict[str, list[Any]]  # qid -> what was found, best first
Note = Callable[[str], None]


def evaluate(
    folder: str | Path,
    *,
    workdir: Path | None = None,
    config: Path | None = None,
    settings: Mapping[str, Any] | None = None,
    answers: bool = True,
    fusion: str | None = None,
    ignore: bool = True,
    captions: bool = False,
    note: Note | None = None,
) -> dict[str, Any]:
    """The report on the labelled set in `folder`, as the JSON of `triptych eval`.

    The set's library is kept in `workdir` (default: `triptych-eval` beside where one stands) under the
    set's name and reused. With `ignore` off, documents of `qrels_ignore.tsv` stay in the rankings. With
    `captions`, the set's sidecar captions are supplied by people, in a library of its own.
    Raises UserError for a set that cannot be read, naming file and line.
    """
    labels = labelled.read(Path(folder))
    home = (workdir or Path("triptych-eval")) / labels.name
    tell = note or _silent
    questions = labels.questions
    place_of = home / ("library-captions" if captions else "library")
    with library.open(place_of, config=config, settings=settings) as lib:
        place, failed, ingest = _add(lib, labels, home / "rows", captions, tell)
        searcher = _Searcher(lib, place, labels, ignore)
        seconds = searcher.time(questions, fusion)
        runs: dict[str, tuple[Run, Run]] = {"fused": searcher.run(questions, None, fusion)}
        for signal in lib.signals():
            runs[signal] = searcher.run(questions, [signal], None)
        report: dict[str, Any] = {
            "set": labels.name,
            "documents": len(labels.documents),
            "queries": len(questions),
            "fusion": fusion or lib.settings.search.fusion or DEFAULT,
            "failed": failed,
            "metrics": _by_signal({name: metrics(labels.judged, docs) for name, (docs, _) in runs.items()}),
            "by_type": _by_type(labels, runs),
        }
        if labels.judged_pages:
            report["pages"] = _by_signal(
                {name: metrics(labels.judged_pages, pages) for name, (_, pages) in runs.items()}
            )
        if answers and (asked := [q for q in questions if q.answers and q.text.rstrip().endswith("?")]):
            report["answers"] = _answers(lib, labels, asked, place)
    report["seconds"] = {"ingest": round(ingest, 3), **seconds}
    return report


def metrics(judged: Mapping[str, Mapping[Any, int]], run: Run) -> dict[str, float]:
    """Means over the queries of `run` that have judgements. A query that found nothing counts 0."""
    qrels = [
        ir_measures.Qrel(qid, str(found), relevance)
        for qid in run
        for found, relevance in judged.get(qid, {}).items()
    ]
    # Scores fall with the rank, so that the measuring program keeps our order and our ties.
    scored = [
        ir_measures.ScoredDoc(qid, str(found), -float(rank))
        for qid, ranking in run.items()
        for rank, found in enumerate(ranking)
    ]
    values = ir_measures.calc_aggregate(list(_MEASURES.values()), qrels, scored) if qrels else {}
    return {name: float(values.get(measure, 0.0)) for name, measure in _MEASURES.items()}


def _by_signal(measured: Mapping[str, dict[str, float]]) -> dict[str, dict[str, float] | None]:
    """Fused first, then every signal; those that this library lacks are null."""
    return {name: measured.get(name) for name in ("fused", *SIGNALS)}


def _by_type(labels: LabelledSet, runs: Mapping[str, tuple[Run, Run]]) -> dict[str, Any]:
    """The metrics of queries by text and of those by image apart."""
    types = {kind: {q.qid for q in labels.questions if q.type == kind} for kind in ("text", "image")}
    return {
        kind: _by_signal(
            {
                name: metrics(labels.judged, {qid: found for qid, found in run.items() if qid in asked})
                for name, (run, _) in runs.items()
            }
        )
        for kind, asked in types.items()
        if asked
    }


# ------------------------------------------------------------------------------------- the library


class _Places:
    """Which documents of the set an asset of the library is: identical files are one asset."""

    def __init__(self, lib: library.Library, paths: Mapping[str, str]) -> None:
        self._documents: dict[str, list[str]] = {}
        self.assets: dict[str, str] = {}
        for asset in lib.catalog.assets():
            here = [paths[s] for s in asset.sources if s in paths]
            self._documents[asset.sha256] = here
            self.assets.update(dict.fromkeys(here, asset.sha256))

    def of(self, asset: str) -> list[str]:
        return self._documents.get(asset, [])


def _add(
    lib: library.Library, labels: LabelledSet, rows: Path, captions: bool, note: Note
) -> tuple[_Places, int, float]:
    """Add what is not there yet. Returns the places, how many documents failed, and the seconds."""
    files = {_file(document, rows): document.id for document in labels.documents}
    begun = time.perf_counter()
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
    return _Places(lib, sources), failed, time.perf_counter() - begun


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


class _Searcher:
    """Asks queries and folds hits into documents."""

    def __init__(self, lib: library.Library, places: _Places, labels: LabelledSet, ignore: bool) -> None:
        self._lib = lib
        self._places = places
        self._ignored = labels.ignored if ignore else {}
        counts = lib.catalog.counts()
        self._seen: dict[str, Sight] = {}
        self._depth = _FEW if counts["pages"] == counts["assets"] else _MANY

    def time(self, questions: Sequence[Question], fusion: str | None) -> dict[str, float]:
        """Median and 95th percentile of a plain search, in seconds, after one to warm up."""
        self._ask(questions[0], fusion=fusion)
        took = []
        for question in questions:
            self._picture(question)
            begun = time.perf_counter()
            self._ask(question, fusion=fusion)
            took.append(time.perf_counter() - begun)
        took.sort()
        at = {"query_p50": 0.5, "query_p95": 0.95}
        return {
            name: round(took[min(len(took) - 1, int(share * len(took)))], 6) for name, share in at.items()
        }

    def run(
        self, questions: Sequence[Question], signals: Sequence[str] | None, fusion: str | None
    ) -> tuple[Run, Run]:
        """(documents, (document, page) pairs) of each query, best first."""
        documents: Run = {}
        pages: Run = {}
        for question in questions:
            hits = self._ask(question, k=self._depth, signals=signals, fusion=fusion)
            left_out = self._ignored.get(question.qid, frozenset())
            pairs = [pair for pair in self._pairs(hits) if pair[0] not in left_out]
            pages[question.qid] = pairs
            documents[question.qid] = list(dict.fromkeys(document for document, _ in pairs))
        return documents, pages

    def _ask(self, question: Question, **options: Any) -> library.Results:
        return self._lib.search(question.text or None, image=self._picture(question), **options)

    def _picture(self, question: Question) -> Sight | None:
        """The picture of an image query, looked at once: that takes longer than the searches with it."""
        if question.image is None:
            return None
        if question.qid not in self._seen:
            self._seen[question.qid] = self._lib.see(question.image)
        return self._seen[question.qid]

    def _pairs(self, hits: Iterable[Hit]) -> Iterator[tuple[str, int]]:
        for hit in hits:
            for document in self._places.of(hit.asset):
                yield document, hit.page


def _answers(
    lib: library.Library, labels: LabelledSet, asked: Sequence[Question], places: _Places
) -> dict[str, float | int]:
    """Ask every question against the whole library and mark the answers."""
    pages: dict[tuple[str, int], Page] = {}

    def page_of(citation: Citation) -> Page:
        key = (citation.asset, citation.page)
        if key not in pages:
            pages[key] = lib.catalog.page(lib.catalog.asset(citation.asset).key, citation.page)
        return pages[key]

    marks = []
    for question in asked:
        where = [places.assets[question.document]] if question.document in places.assets else []
        as_good = [places.assets[d] for d in labels.judged.get(question.qid, {}) if d in places.assets]
        marks.append(marking.mark(lib.ask(question.text), question, page_of, where, as_good))
    return marking.summary(marks)


def _silent(text: str) -> None:
    """Notes go nowhere unless somebody listens."""
