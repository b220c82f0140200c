"""Measures a library on labelled sets: `triptych eval`.

    evaluate(folder) -> dict      builds or reuses a library of the set, asks its queries, computes the
                                  metrics of each signal and of all fused (see `labelled` for the set)
    measure(folder) -> Measured   the same with the rankings and the worst queries, for pages and files
    sets(folder) -> folders       the set itself, or all sets that a folder holds
    together(reports) -> dict     several reports and their mean

Documents are ranked by their best page. Metrics are those of trec_eval, computed by ir-measures.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triptych import fuse, library
from triptych.errors import UserError
from triptych.evaluation import ablation, labelled, marking
from triptych.evaluation.asking import Asking, Places, Ranking, build
from triptych.evaluation.bootstrap import CONFIDENCE, RESAMPLES, change, intervals, mean
from triptych.evaluation.labelled import LabelledSet, Question
from triptych.evaluation.losses import Loss, losses
from triptych.evaluation.measures import LEADING, NAMES, Values, metrics, values
from triptych.evaluation.notes import Note, silent
from triptych.settings import keys
from triptych.types import SIGNALS, Citation, Page

__all__ = ["Measured", "evaluate", "measure", "metrics", "sets", "together"]

FUSED = "fused"
_TOLD = 3  # of queries that cannot be asked


@dataclass(frozen=True, slots=True)
class Measured:
    """A report with what it was made of. `settings` are those of the library, by dotted key."""

    report: dict[str, Any]
    labels: LabelledSet
    rankings: Mapping[str, Ranking]
    settings: Mapping[str, Any]
    losses: Sequence[Loss] = ()


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
    ablate: bool = False,
    note: Note | None = None,
) -> dict[str, Any]:
    """The report on the labelled set in `folder`, as the JSON of `triptych eval`; see `measure`."""
    return measure(
        folder,
        workdir=workdir,
        config=config,
        settings=settings,
        answers=answers,
        fusion=fusion,
        ignore=ignore,
        captions=captions,
        ablate=ablate,
        note=note,
    ).report


def measure(
    folder: str | Path,
    *,
    workdir: Path | None = None,
    config: Path | None = None,
    settings: Mapping[str, Any] | None = None,
    answers: bool = True,
    fusion: str | None = None,
    ignore: bool = True,
    captions: bool = False,
    ablate: bool = False,
    worst: bool = False,
    note: Note | None = None,
) -> Measured:
    """Measure the labelled set in `folder`.

    The set's library is kept in `workdir` (default: `triptych-eval` beside where one stands) under the
    set's name and reused. With `ignore` off, documents of `qrels_ignore.tsv` stay in the rankings. With
    `captions`, the set's sidecar captions are supplied by people, in a library of its own. With `ablate`,
    the same queries are asked with one thing otherwise at a time; with `worst`, pictures of the worst
    losses are drawn. Raises UserError for a set that cannot be read, naming file and line.
    """
    labels = labelled.read(Path(folder))
    if fusion is not None:
        fuse.check(fusion)
    home = (workdir or Path("triptych-eval")) / labels.name
    tell = note or silent
    _tell_unjudged(labels, tell)
    place_of = home / ("library-captions" if captions else "library")
    with library.open(place_of, config=config, settings=settings) as lib:
        built = build(lib, labels, home / "rows", captions, tell)
        asking = Asking(lib, built.places, labels, ignore, fusion)
        rankings = {FUSED: asking.ranking()}
        _tell_refused(labels, asking.refused, tell)
        rankings |= {signal: asking.ranking([signal]) for signal in lib.signals()}
        measured = {name: values(labels.judged, r.documents) for name, r in rankings.items()}
        report: dict[str, Any] = {
            "set": labels.name,
            "documents": len(labels.documents),
            "queries": len(labels.questions),
            "fusion": asking.fusion,
            "failed": built.failed,
            "refused": len(asking.refused),
            "metrics": _by_signal({name: v.means() for name, v in measured.items()}),
            **_sureness(measured),
            "by_type": _by_type(labels, measured),
            "directions": _directions(labels, measured),
        }
        if labels.judged_pages:
            report["pages"] = _by_signal(
                {name: metrics(labels.judged_pages, r.pages) for name, r in rankings.items()}
            )
        if answers and (
            asked := [q for q in labels.questions if q.answers and q.text.rstrip().endswith("?")]
        ):
            tell(f"{labels.name}: asking {len(asked)} questions")
            report["answers"] = _answers(lib, labels, asked, built.places)
        if ablate:
            ground = ablation.Ground(lib, labels, asking, home, config, settings or {}, tell)
            report["ablation"] = [row.to_dict() for row in ablation.ablate(ground)]
        report["seconds"] = {"ingest": round(built.seconds, 3), **asking.timing()}
        best = measured[report["against"]["signal"]]
        lost = losses(lib, built.places, labels, measured[FUSED], best, rankings) if worst else ()
        return Measured(report, labels, rankings, dict(keys(lib.settings)), lost)


def sets(folder: Path) -> list[Path]:
    """The labelled sets in `folder`: itself, or its folders that hold one, by name. Raises UserError."""
    if not folder.is_dir():
        raise UserError(f"There is no labelled set '{folder}'. Name a folder that holds corpus.jsonl.")
    if (folder / labelled.CORPUS).is_file():
        return [folder]
    found = sorted(path.parent for path in folder.glob(f"*/{labelled.CORPUS}"))
    if not found:
        raise UserError(
            f"'{folder}' is no labelled set and holds none: neither it nor a folder in it has "
            f"{labelled.CORPUS}. Make one: triptych label DIR --queries FILE"
        )
    for path in found:
        labelled.read(path)  # what is wrong is told before anything is measured
    return found


def together(reports: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The reports on several sets and their mean: every set counts the same, each signal over the sets that
    have it; `margin` is the fused nDCG@10 above the best single signal of each set."""
    means = {}
    for name in (FUSED, *SIGNALS):
        rows = [report["metrics"][name] for report in reports if report["metrics"][name] is not None]
        means[name] = {m: sum(row[m] for row in rows) / len(rows) for m in NAMES} if rows else None
    moved = [report["against"][LEADING] for report in reports]
    margin = mean([(m["difference"], m["low"], m["high"]) for m in moved])
    whole: dict[str, Any] = {
        "metrics": means,
        "margin": {
            "mean": margin.value,
            "low": margin.low,
            "high": margin.high,
            "least": min(m["difference"] for m in moved),
        },
    }
    if ablated := [report["ablation"] for report in reports if "ablation" in report]:
        whole["ablation"] = ablation.over_sets(ablated)
    return {"sets": list(reports), "mean": whole}


# ---------------------------------------------------------------------------------------- parts


def _tell_unjudged(labels: LabelledSet, note: Note) -> None:
    lacking = [q.qid for q in labels.questions if not labels.judged.get(q.qid)]
    if lacking:
        more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
        note(f"{labels.name}: query '{lacking[0]}'{more} has no judgement in qrels.tsv and does not count")


def _tell_refused(labels: LabelledSet, refused: Mapping[str, str], note: Note) -> None:
    for qid, why in [*refused.items()][:_TOLD]:
        note(f"{labels.name}: query '{qid}' cannot be asked and counts as not found: {why}")
    if len(refused) > _TOLD:
        note(f"{labels.name}: the same of {len(refused) - _TOLD} more queries")


def _by_signal(measured: Mapping[str, dict[str, float]]) -> dict[str, dict[str, float] | None]:
    """Fused first, then every signal; those that this library lacks are null."""
    return {name: measured.get(name) for name in (FUSED, *SIGNALS)}


def _sureness(measured: Mapping[str, Values]) -> dict[str, Any]:
    """How sure the leading metric is, and how far fused stands from the best single signal. The best one is
    chosen with the same queries, which favours it: a margin that is sure here is sure."""
    columns = {name: v.column() for name, v in measured.items()}
    singles = {name: float(column.mean()) for name, column in columns.items() if name != FUSED}
    best = max(singles, key=lambda name: singles[name])
    ends = {name: {LEADING: [i.low, i.high]} for name, i in intervals(columns).items()}
    return {
        "intervals": {name: ends.get(name) for name in (FUSED, *SIGNALS)},
        "against": {
            "signal": best,
            LEADING: change(columns[best], columns[FUSED])._asdict(),
            "confidence": CONFIDENCE,
            "resamples": RESAMPLES,
        },
    }


def _by_type(labels: LabelledSet, measured: Mapping[str, Values]) -> dict[str, Any]:
    """The metrics of queries by text and of those by image apart."""
    return {
        kind: _by_signal({name: v.of(asked).means() for name, v in measured.items()})
        for kind, asked in _types(labels).items()
        if asked
    }


def _directions(labels: LabelledSet, measured: Mapping[str, Values]) -> dict[str, Any]:
    """From what to what: words to pages by all signals, words to pictures and pictures to pictures by the
    image signal alone, pictures to pages by all signals. Null where the set or the library has no such thing."""
    ways = {
        "text_to_page": ("text", FUSED),
        "text_to_image": ("text", "image"),
        "image_to_image": ("image", "image"),
        "image_to_page": ("image", FUSED),
    }
    asked = _types(labels)
    found: dict[str, Any] = {}
    for name, (kind, signal) in ways.items():
        here = measured[signal].of(asked[kind]) if signal in measured else None
        found[name] = {"queries": len(here.queries), **here.means()} if here and here.queries else None
    return found


def _types(labels: LabelledSet) -> dict[str, list[str]]:
    return {kind: [q.qid for q in labels.questions if q.type == kind] for kind in ("text", "image")}


def _questions(labels: LabelledSet, refused: Container[str]) -> list[Question]:
    """What can be asked for an answer."""
    return [
        q for q in labels.questions if q.answers and q.text.rstrip().endswith("?") and q.qid not in refused
    ]


def _answers(
    lib: library.Library, labels: LabelledSet, asked: Sequence[Question], places: Places
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
        judged = labels.judged.get(question.qid, {})
        as_good = [places.assets[d] for d, r in judged.items() if r > 0 and d in places.assets]
        marks.append(marking.mark(lib.ask(question.text), question, page_of, where, as_good))
    return marking.summary(marks)
