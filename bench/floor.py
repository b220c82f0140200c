"""Does a library know what it cannot answer? Queries of every set asked of every set's library.

    python bench/floor.py [--data DIR] [--workdir DIR] [--sets a,b] [--queries N] [--images]

A set's own queries should not be marked as having no match; lost are those that are marked although a right
document was among the ten best. Queries of all other sets should be marked. Beside ours stands what people do:
one threshold on the cosine of the best passage, the same for every library, chosen with these very queries so
that it loses no more than ours does.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

import triptych
from triptych import labelled
from triptych.evaluation.asking import Places, build
from triptych.labelled import LabelledSet, Question
from triptych.library import Library

DATA = Path(__file__).parents[2] / "shared" / "data"
SETS = "receipts_sroie,invoices_pdf,charts_chartqa,ui_screenshots,products_grocery"
FOREIGN = "text_cranfield,reports_financebench,forms_funsd,photos_flickr8k,sketch_to_photo"  # queries only
MARKED, LOST = 0.90, 0.03  # what is to be reached


class Asked(NamedTuple):
    """One query: whether the library can answer it, whether it said so, and the cosine of the best passage."""

    answerable: bool
    match: bool | None
    cosine: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder of labelled sets")
    parser.add_argument("--sets", default=SETS, help="names of sets, by commas")
    parser.add_argument("--foreign", default=FOREIGN, help="sets of which only the queries are used")
    parser.add_argument(
        "--workdir", type=Path, default=Path("triptych-eval"), help="where libraries are kept"
    )
    parser.add_argument("--queries", type=int, default=40, help="queries of each foreign set")
    parser.add_argument("--images", action="store_true", help="queries by picture instead of by words")
    chosen = parser.parse_args()
    names = chosen.sets.split(",")
    every = {
        name: labelled.read(chosen.data / name)
        for name in dict.fromkeys([*names, *chosen.foreign.split(",")])
        if (chosen.data / name).is_dir()
    }
    rows = {
        name: measure(every[name], every, chosen.workdir, chosen.queries, chosen.images) for name in names
    }
    return 0 if verdict({name: asked for name, asked in rows.items() if asked}) else 1


def measure(
    own: LabelledSet, every: dict[str, LabelledSet], workdir: Path, queries: int, images: bool
) -> list[Asked]:
    """All queries of the set itself and some of each other one, asked of its library."""
    with triptych.open(workdir / own.name / "library") as library:
        built = build(library, own, workdir / own.name / "rows", False, lambda text: None)
        asked = []
        for name, labels in every.items():
            kind = "image" if images else "text"
            questions = [q for q in labels.questions if q.type == kind]
            if labels is not own:
                random.Random(name).shuffle(questions)
                questions = questions[:queries]
            asked += [ask(library, built.places, own, q, labels is own) for q in questions]
    return [a for a in asked if a is not None]


def ask(library: Library, places: Places, own: LabelledSet, question: Question, mine: bool) -> Asked | None:
    """One query; None for a set's own one that finds nothing right among ten, which says nothing of the floor."""
    picture = None if question.image is None else library.see(question.image)
    results = library.search(question.text or None, image=picture, k=10)
    judged = own.judged.get(question.qid, {}) if mine else {}
    right = any(judged.get(d, 0) > 0 for hit in results for d in places.of(hit.asset))
    if mine and not right:
        return None
    signal = "image" if picture is not None else "text"
    cosines = [s.raw for hit in results if (s := hit.signals[signal]) is not None]
    return Asked(mine, results.match, max(cosines, default=0.0))


def verdict(rows: dict[str, list[Asked]]) -> bool:
    """A line for each library, and all queries together beside a fixed threshold on the cosine."""
    print(f"{'library':24}{'own':>6}{'lost':>8}{'foreign':>9}{'marked':>8}")
    for name, asked in rows.items():
        own, foreign = split(asked)
        print(f"{name:24}{len(own):6}{share(own):8.3f}{len(foreign):9}{share(foreign):8.3f}")
    own, foreign = split([a for asked in rows.values() for a in asked])
    lost, marked = share(own), share(foreign)
    fixed = threshold(rows, lost)
    good = lost <= LOST and marked >= MARKED
    print(
        f"{'all':24}{len(own):6}{lost:8.3f}{len(foreign):9}{marked:8.3f}  to reach {LOST:.2f} and {MARKED:.2f}: {'OK' if good else 'short'}"
    )
    print(f"{'one cosine for all':24}{'':6}{fixed[0]:8.3f}{'':9}{fixed[1]:8.3f}")
    return good


def split(asked: Sequence[Asked]) -> tuple[list[Asked], list[Asked]]:
    return [a for a in asked if a.answerable], [a for a in asked if not a.answerable]


def share(asked: Sequence[Asked]) -> float:
    """Of queries that were marked as having no match."""
    return sum(a.match is False for a in asked) / max(1, len(asked))


def threshold(rows: dict[str, list[Asked]], lost: float) -> tuple[float, float]:
    """(lost, marked) of the highest cosine, the same for all libraries, that loses no more than `lost`."""
    best = (0.0, 0.0)
    parts = split([a for asked in rows.values() for a in asked])
    for cosine in np.linspace(0.0, 1.0, 201):
        below = [float(np.mean([a.cosine < cosine for a in part])) for part in parts]
        if below[0] <= lost + 1e-9:
            best = (below[0], below[1])
    return best


if __name__ == "__main__":
    raise SystemExit(main())
