"""How well pages are ranked, beside plain BM25, plain MiniLM and their reciprocal rank fusion.

    python bench/ranking.py [--data DIR] [--sets a,b] [--workdir DIR] [--fusion NAME] [--answers]

All four rank the same texts, taken from the library's own catalog in the same run. The rivals are those
that people build in an afternoon: chunks of 180 words, English stop words dropped, no stemming (bm25s),
best chunk per document, RRF with k = 60. Every figure of ours stands beside the one it has to reach.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import bm25s
import numpy as np

import triptych
from triptych.evaluate import evaluate, metrics
from triptych.evaluation import labelled
from triptych.evaluation.labelled import LabelledSet
from triptych.library import Library

DATA = Path(__file__).parents[2] / "shared" / "data"
WORK = Path("triptych-eval")
CHUNK = 180  # words
DEEP = 100  # documents of each list that RRF sees

# The best cell of three plain rivals when this was first measured, nDCG@10 (docs/log/ranking.md).
BEST = {
    "receipts_sroie": 0.955,
    "forms_funsd": 0.949,
    "forms_rotated": 0.933,
    "invoices_pdf": 0.816,
    "charts_chartqa": 0.907,
    "ui_screenshots": 0.619,
    "text_cranfield": 0.378,
    "reports_financebench": 0.763,
}
SLACK = 0.005  # fused may stay this far below the best cell
OWN = 0.01  # and this far below its own best signal
TURNED = 0.03  # turned pages may cost this much

Run = dict[str, list[Any]]


class Piece(NamedTuple):
    """A rival's chunk: document, page, text."""

    document: str
    page: int
    text: str


class Row(NamedTuple):
    """What was measured on one set: rival -> figures, and our report."""

    name: str
    rivals: dict[str, dict[str, float]]
    pages: dict[str, dict[str, float]]
    report: Mapping[str, Any]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder of labelled sets")
    parser.add_argument("--sets", default=",".join(BEST), help="names of sets, by commas")
    parser.add_argument("--workdir", type=Path, default=WORK, help="where libraries are kept and reused")
    parser.add_argument("--fusion", help="another fusion than the default")
    parser.add_argument("--answers", action="store_true", help="ask the questions too")
    chosen = parser.parse_args()
    rows = []
    for name in chosen.sets.split(","):
        rows.append(measure(chosen.data / name, chosen.workdir, chosen.fusion, chosen.answers))
        show(rows[-1])
    return 0 if verdicts(rows) else 1


def measure(folder: Path, workdir: Path, fusion: str | None, answers: bool) -> Row:
    """Evaluate the library of a set (made when it is not there) and the rivals over its texts."""
    report = evaluate(folder, workdir=workdir, fusion=fusion, answers=answers, ignore=False, note=note)
    labels = labelled.read(folder)
    with triptych.open(workdir / labels.name / "library") as library:
        runs = rival_runs(library, labels, pieces(library, labels), workdir / labels.name)
    rivals = {rival: metrics(labels.judged, run) for rival, (run, _) in runs.items()}
    judged = labels.judged_pages
    pages = {rival: metrics(judged, run) for rival, (_, run) in runs.items()} if judged else {}
    return Row(labels.name, rivals, pages, report)


# ------------------------------------------------------------------------------------------ rivals


def pieces(library: Library, labels: LabelledSet) -> list[Piece]:
    """Every page's text as the library read it, in runs of 180 words."""
    by_name = {d.path.name if d.path else f"{d.id}.md": d.id for d in labels.documents}
    found = []
    for asset in library.catalog.assets():
        documents = [by_name[Path(s).name] for s in asset.sources if Path(s).name in by_name]
        for page in library.catalog.pages(asset.key):
            words = page.text.text.split()
            for start in range(0, max(1, len(words)), CHUNK):
                text = " ".join(words[start : start + CHUNK])
                found += [Piece(document, page.number, text) for document in documents]
    return found


def rival_runs(
    library: Library, labels: LabelledSet, chunks: Sequence[Piece], cache: Path
) -> dict[str, tuple[Run, Run]]:
    """(documents, pages) of every rival, for every text query."""
    questions = [q for q in labels.questions if q.type == "text"]
    index = bm25s.BM25()
    index.index(
        bm25s.tokenize([c.text for c in chunks], stopwords="en", show_progress=False), show_progress=False
    )
    vectors = embedded(library, [c.text for c in chunks], cache)
    runs: dict[str, tuple[Run, Run]] = {name: ({}, {}) for name in ("BM25", "MiniLM", "RRF")}
    for q in questions:
        words = bm25s.tokenize(q.text, stopwords="en", return_ids=False, show_progress=False)[0]
        lexical = index.get_scores(words) if words else np.zeros(len(chunks))
        dense = vectors @ library.encoders.text.queries([q.text])[0]
        for at, key in ((0, by_document), (1, by_page)):
            lists = [best(chunks, scores, key) for scores in (lexical, dense)]
            for name, ranking in zip(runs, (*lists, reciprocal(lists)), strict=True):
                runs[name][at][q.qid] = ranking
    return runs


def by_document(piece: Piece) -> Any:
    return piece.document


def by_page(piece: Piece) -> Any:
    return piece.document, piece.page


def best(chunks: Sequence[Piece], scores: np.ndarray, key: Any) -> list[Any]:
    """Documents or pages by their best chunk; ties by name."""
    top: dict[Any, float] = {}
    for piece, score in zip(chunks, scores.tolist(), strict=True):
        name = key(piece)
        top[name] = max(score, top.get(name, score))
    return sorted(top, key=lambda name: (-top[name], name))[:200]


def reciprocal(lists: Iterable[Sequence[Any]], k: int = 60) -> list[Any]:
    """Reciprocal rank fusion, written again: ours is not asked to judge itself."""
    fused: dict[Any, float] = {}
    for ranking in lists:
        for rank, name in enumerate(ranking[:DEEP], 1):
            fused[name] = fused.get(name, 0.0) + 1.0 / (k + rank)
    return sorted(fused, key=lambda name: (-fused[name], name))


def embedded(library: Library, texts: list[str], cache: Path) -> np.ndarray:
    """MiniLM vectors of the rival's chunks, kept beside the library: thousands take minutes."""
    name = hashlib.sha256("\0".join([library.encoders.text.space, *texts]).encode()).hexdigest()[:16]
    path = cache / f"rival-{name}.npy"
    if not path.is_file():
        np.save(path, library.encoders.text.texts(texts))
    found: np.ndarray = np.load(path)
    return found


# ---------------------------------------------------------------------------------------- printing


def show(row: Row) -> None:
    """One set: each ranking's nDCG@10 and recall@10, by document and where judged by page."""
    report = row.report
    print(f"\n{row.name}: {report['documents']} documents, {report['queries']} queries")
    print(f"  {'nDCG@10 / recall@10':26}", *(f"{cell(v)} {n}" for n, v in row.rivals.items()), sep="  ")
    ours = [(n, v) for n, v in report["metrics"].items() if v]
    print(f"  {'ours':26}", *(f"{cell(v)} {n}" for n, v in ours), sep="  ")
    if row.pages:
        print(
            f"  {'pages, recall@5':26}", *(f"{v['recall@5']:.3f} {n}" for n, v in row.pages.items()), sep="  "
        )
        pages = [(n, v) for n, v in report["pages"].items() if v]
        print(f"  {'ours':26}", *(f"{v['recall@5']:.3f} {n}" for n, v in pages), sep="  ")
    if "answers" in report:
        print("  answers  " + "  ".join(f"{n} {v:.3g}" for n, v in report["answers"].items()))
    seconds = report["seconds"]
    print(f"  search p50 {seconds['query_p50'] * 1000:.1f} ms, p95 {seconds['query_p95'] * 1000:.1f} ms")
    sys.stdout.flush()


def cell(values: Mapping[str, float]) -> str:
    return f"{values['ndcg@10']:.3f} / {values['recall@10']:.3f}"


def verdicts(rows: Sequence[Row]) -> bool:
    """Every figure beside the one to reach; whether all are reached."""
    print(f"\n{'fused nDCG@10':24}{'ours':>8}{'rival':>8}{'to reach':>10}{'own best':>10}")
    fused: dict[str, float] = {}
    fine = True
    for row in rows:
        ours = {n: v["ndcg@10"] for n, v in row.report["metrics"].items() if v}
        fused[row.name] = mine = ours.pop("fused")
        rival = max(v["ndcg@10"] for v in row.rivals.values())
        target = BEST[row.name] - SLACK if row.name in BEST else rival - SLACK
        good = mine >= target and mine >= max(ours.values()) - OWN
        fine &= good
        said = "OK" if good else "short"
        print(f"{row.name:24}{mine:8.3f}{rival:8.3f}{target:10.3f}{max(ours.values()):10.3f}  {said}")
    if {"forms_funsd", "forms_rotated"} <= set(fused):
        near = fused["forms_rotated"] >= fused["forms_funsd"] - TURNED
        fine &= near
        print(
            f"turned forms cost {fused['forms_funsd'] - fused['forms_rotated']:.3f}  {'OK' if near else 'short'}"
        )
    best_single = [
        max(v["ndcg@10"] for n, v in r.report["metrics"].items() if v and n != "fused") for r in rows
    ]
    gain = np.mean(list(fused.values())) - np.mean(best_single)
    print(f"mean of fused {np.mean(list(fused.values())):.4f}, beside each set's best signal {gain:+.4f}")
    return fine


def note(text: str) -> None:
    print(f"  {text}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
