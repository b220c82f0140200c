"""Extractive answers on the labelled sets, through the whole library, beside a plain rival.

    python bench/answers.py [--data DIR] [--workdir DIR] [--misses] [SET ...]

Every question of a set is asked against the library of the whole set. The rival gets the same pages in
the same order and reads text only, as a careful script would: the page that holds the question's date or
number, the last line with the word for the label, the rest of that line or else the next one.
Libraries are kept in the workdir and reused.
"""

from __future__ import annotations

import argparse
import re
import statistics
import time
from pathlib import Path

from triptych import library
from triptych.answering.question import Ask, parse
from triptych.answering.vocabulary import asks_total
from triptych.evaluation import labelled, marking
from triptych.evaluation.labelled import LabelledSet, Question
from triptych.types import Answer, Citation, Page
from triptych.values import fold, numbers, same_value

SETS = ("receipts_sroie", "forms_funsd", "invoices_pdf", "charts_chartqa")
TOLERANCE = 0.05  # charts are marked with the usual 5 %


def pages_of(lib: library.Library, answer: Answer) -> list[Page]:
    """The pages of the evidence, best first."""
    return [
        lib.catalog.page(lib.catalog.asset(hit.asset, hit.collection).key, hit.page)
        for hit in answer.evidence
    ]


def rival(question: str, pages: list[Page]) -> str:
    """What reading order alone gives."""
    ask = parse(question)
    marks = [fold(found.text) for found in (*ask.dates, *ask.codes)]
    fitting = [p for p in pages if all(m in fold(p.text.text) for m in marks)] or pages
    return _line_after(ask, fitting[0].text.text.split("\n")) if fitting else ""


def _line_after(ask: Ask, lines: list[str]) -> str:
    total = any(asks_total(c.label) for c in ask.cuts)
    label = "total" if total else fold(ask.cuts[-1].label)
    found = [i for i, line in enumerate(lines) if label in fold(line)]
    if not found:
        return ""
    at = found[-1] if total else found[0]
    here, after = lines[at], lines[at + 1] if at + 1 < len(lines) else ""
    if total:
        amounts = numbers(here) or numbers(after)
        return amounts[-1].text if amounts else ""
    rest = re.split(r"[:：]", here, maxsplit=1)[1:] if fold(here) != label else []
    return (rest[0] if rest and rest[0].strip() else after).strip()


def is_right(value: str, question: Question, tolerant: bool) -> bool:
    """Exact after folding, or the same number or date; within 5 % on charts."""
    if not value:
        return False
    if marking.is_exact(value, question.answers) or any(same_value(value, a) for a in question.answers):
        return True
    mine, theirs = numbers(value), [n for a in question.answers for n in numbers(a)]
    return bool(tolerant and len(mine) == 1 and theirs) and any(
        abs(m - t) <= abs(t) * type(t)(TOLERANCE) for m in mine[0].readings for t in theirs[0].readings
    )


def measure(folder: Path, workdir: Path, misses: bool) -> None:
    labels: LabelledSet = labelled.read(folder)
    asked = [q for q in labels.questions if q.answers and q.text.rstrip().endswith("?")]
    files = {str(d.path.absolute()): d.id for d in labels.documents if d.path}
    with library.open(workdir / labels.name) as lib:
        begun = time.perf_counter()
        fresh = [a for a in lib.adding(*files) if a.status not in ("unchanged",)]
        if fresh:
            print(
                f"{labels.name}: {len(fresh)} files added in {time.perf_counter() - begun:.0f} s", flush=True
            )
        assets = {
            files[path]: asset.sha256
            for asset in lib.catalog.assets()
            for source in asset.sources
            if (path := str(Path(source).absolute())) in files
        }

        def page_of(citation: Citation) -> Page:
            return lib.catalog.page(lib.catalog.asset(citation.asset).key, citation.page)

        marks, right, plain, judged, took = [], 0, 0, 0, []
        tolerant = labels.name.startswith("charts")
        for question in asked:
            given = lib.ask(question.text)
            took.append(given.seconds.get("answer", 0.0))
            marks.append(marking.mark(given, question, page_of, [assets.get(question.document, "")]))
            good = is_right(given.value, question, tolerant)
            right += good
            plain += is_right(rival(question.text, pages_of(lib, given)), question, tolerant)
            relevant = {assets.get(d) for d, grade in labels.judged.get(question.qid, {}).items() if grade}
            judged += bool(given.citations) and given.citations[0].asset in relevant
            if misses and not good:
                print(
                    f"  {question.qid} {question.text}\n    {question.answers[0]!r} != {given.value or given.text!r}"
                )
    report = marking.summary(marks)
    n, answered = len(asked), sum(not m.abstained for m in marks)
    print(
        f"{labels.name:22s} asked {n:3d}  right {right / n:.3f}  (reading order {plain / n:.3f})  "
        f"of answered {right / max(1, answered):.3f}  abstained {report['abstained']:.3f}  "
        f"citations hold {report['citation_precision']:.3f}  box {report['box_hit']:.3f}  "
        f"judged document {judged / max(1, answered):.3f}  "
        f"answer p50 {statistics.median(took) * 1e3:.0f} ms max {max(took) * 1e3:.0f} ms",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    root = Path(__file__).resolve().parent.parent
    parser.add_argument("sets", nargs="*", default=SETS)
    parser.add_argument("--data", type=Path, default=root.parent / "shared" / "data")
    parser.add_argument("--workdir", type=Path, default=Path("triptych-bench"))
    parser.add_argument("--misses", action="store_true", help="print every question that went wrong")
    options = parser.parse_args()
    for name in options.sets:
        measure(options.data / name, options.workdir, options.misses)


if __name__ == "__main__":
    main()
