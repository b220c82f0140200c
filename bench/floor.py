"""Does a library know what it cannot answer? Queries of every set asked of every set's library.

    python bench/floor.py [--data DIR] [--workdir DIR] [--sets a,b] [--queries N] [--images]

A set's own queries should not be marked as having no match; lost are those that are marked although a right
document was among the ten best. Queries of all other sets should be marked, but for those of SAME, which hold the
same things. Every library and every pair of sets counts the same. Beside ours stands what people do: one threshold
on the cosine of the best passage, the same for every library, chosen with these very queries so that it loses no
more than ours does.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import triptych
from triptych.evaluation import labelled
from triptych.evaluation.asking import Places, build
from triptych.evaluation.labelled import LabelledSet, Question
from triptych.library import Library

DATA = Path(__file__).parents[2] / "shared" / "data"
SETS = "receipts_sroie,invoices_pdf,charts_chartqa,ui_screenshots,products_grocery"
FOREIGN = "text_cranfield,reports_financebench,forms_funsd,photos_flickr8k,sketch_to_photo"  # queries only
SAME = ({"forms_funsd", "forms_rotated"}, {"photos_flickr8k", "sketch_to_photo"})
MARKED, LOST = 0.90, 0.03  # what is to be reached
WORST = 5  # pairs that are told


class Asked(NamedTuple):
    """One query of a set: whether the library can answer it, whether it said so, and the cosine of the best passage."""

    source: str
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
            if labels is not own and any({name, own.name} <= alike for alike in SAME):
                continue
            kind = "image" if images else "text"
            questions = [q for q in labels.questions if q.type == kind]
            if labels is not own:
                random.Random(name).shuffle(questions)
                questions = questions[:queries]
            asked += [ask(library, built.places, own, q, name) for q in questions]
    return [a for a in asked if a is not None]


def ask(library: Library, places: Places, own: LabelledSet, question: Question, source: str) -> Asked | None:
    """One query of the set `source`; None for a set's own one that finds nothing right among ten, which says nothing of the floor."""
    picture = None if question.image is None else library.see(question.image)
    mine = source == own.name
    results = library.search(question.text or None, image=picture, k=10, plain=True)
    judged = own.judged.get(question.qid, {}) if mine else {}
    right = any(judged.get(d, 0) > 0 for hit in results for d in places.of(hit.asset))
    if mine and not right:
        return None
    signal = "image" if picture is not None else "text"
    cosines = [s.raw for hit in results if (s := hit.signals[signal]) is not None]
    return Asked(source, mine, results.match, max(cosines, default=0.0))


def verdict(rows: dict[str, list[Asked]]) -> bool:
    """A line for each library, the means over libraries and over pairs beside those of a fixed threshold, and the
    worst pairs."""
    lost, pairs = shares(rows, lambda asked: asked.match is False)
    print(f"{'library':24}{'own':>6}{'lost':>8}{'foreign':>9}{'marked':>8}  least")
    for name, asked in rows.items():
        here = {source: marked for (library, source), marked in pairs.items() if library == name}
        own = sum(a.answerable for a in asked)
        least = min(here, key=lambda source: here[source])
        told = f"{lost[name]:8.3f}" if own else f"{'-':>8}"
        print(f"{name:24}{own:6}{told}{len(asked) - own:9}{mean(here):8.3f}  {here[least]:.2f} {least}")
    good = mean(lost) <= LOST and mean(pairs) >= MARKED
    reached = f"to reach {LOST:.2f} and {MARKED:.2f}: {'OK' if good else 'short'}"
    print(f"{'mean':30}{mean(lost):8.3f}{mean(pairs):17.3f}  {reached}")
    fixed = threshold(rows, mean(lost))
    print(f"{'one cosine for all':30}{fixed[0]:8.3f}{fixed[1]:17.3f}")
    for library, source in sorted(pairs, key=lambda pair: pairs[pair])[:WORST]:
        print(f"  {pairs[library, source]:.2f} of {source} marked by {library}")
    return good


def shares(
    rows: dict[str, list[Asked]], marked: Callable[[Asked], bool]
) -> tuple[dict[str, float], dict[tuple[str, str], float]]:
    """Shares that are marked: of each library's own queries, and of those of each other set."""
    lost: dict[str, float] = {}
    pairs: dict[tuple[str, str], float] = {}
    for name, asked in rows.items():
        for source in {a.source for a in asked}:
            share = float(np.mean([marked(a) for a in asked if a.source == source]))
            if source == name:
                lost[name] = share
            else:
                pairs[name, source] = share
    return lost, pairs


def mean(shares: Mapping[Any, float]) -> float:
    return float(np.mean([*shares.values()])) if shares else 0.0


def threshold(rows: dict[str, list[Asked]], lost: float) -> tuple[float, float]:
    """(lost, marked) of the highest cosine, the same for all libraries, that loses no more than `lost`."""
    best = (0.0, 0.0)
    for cosine in np.linspace(0.0, 1.0, 201):
        below = [mean(part) for part in shares(rows, partial(farther, float(cosine)))]
        if below[0] <= lost + 1e-9:
            best = (below[0], below[1])
    return best


def farther(cosine: float, asked: Asked) -> bool:
    return asked.cosine < cosine


if __name__ == "__main__":
    raise SystemExit(main())
