"""What reading the best pages again gives, and what it costs: nDCG@10 and milliseconds with and without.

    python bench/rerank.py [--data DIR] [--workdir DIR] [--sets a,b] [--model SPEC ...] [--depth N]

All rankings are of the same library, in the same run; the rival is our own fused ranking, which
bench/ranking.py holds against others. Beside evidence those of `--model` are measured, by default the one that
looks at pages and needs no download.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import median
from typing import NamedTuple

import triptych
from triptych.evaluation import labelled
from triptych.evaluation.asking import Asking, build
from triptych.evaluation.measures import LEADING, values
from triptych.settings import RERANK_BUILTIN

DATA = Path(__file__).parents[2] / "shared" / "data"
SETS = "receipts_sroie,invoices_pdf,charts_chartqa,ui_screenshots,products_grocery"
OFF = "none"
LOOKING = "encoder:builtin:look"
DEPTH = 10  # pages that a model reads or looks at
LOSS = 0.003  # that no set may lose


class Row(NamedTuple):
    """nDCG@10 and the median search in milliseconds."""

    ndcg: float
    took: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder of labelled sets")
    parser.add_argument("--sets", default=SETS, help="names of sets, by commas")
    parser.add_argument(
        "--workdir", type=Path, default=Path("triptych-eval"), help="where libraries are kept"
    )
    parser.add_argument(
        "--model", action="append", help=f"a reranker beside evidence, as in rerank.model; {LOOKING}"
    )
    parser.add_argument("--depth", type=int, default=DEPTH, help="pages that such a model reads or looks at")
    chosen = parser.parse_args()
    models = [OFF, *RERANK_BUILTIN, *(chosen.model or [LOOKING])]
    print(f"{'nDCG@10 / ms a search':24}" + "".join(f"{model[:22]:>24}" for model in models))
    gains = []
    for name in chosen.sets.split(","):
        rows = [measure(chosen.data / name, chosen.workdir, model, chosen.depth) for model in models]
        print(f"{name:24}" + "".join(f"{row.ndcg:16.4f} /{row.took:6.1f}" for row in rows), flush=True)
        gains.append(rows[1].ndcg - rows[0].ndcg)
    good = min(gains) >= -LOSS and sum(gains) > 0
    mean = sum(gains) / len(gains)
    print(f"evidence: mean {mean:+.4f}, least {min(gains):+.4f}  {'OK' if good else 'short'}")
    return 0 if good else 1


def measure(folder: Path, workdir: Path, model: str, depth: int) -> Row:
    """Every query of a set, its first `depth` pages (evidence: as many as it is made for) read again by `model`."""
    labels = labelled.read(folder)
    settings = {"rerank.model": model} | ({} if model in (OFF, *RERANK_BUILTIN) else {"rerank.depth": depth})
    with triptych.open(workdir / labels.name / "library", settings=settings) as library:
        built = build(library, labels, workdir / labels.name / "rows", False, lambda text: None)
        ranking = Asking(library, built.places, labels, ignore=True).ranking()
    means = values(labels.judged, ranking.documents).means()
    return Row(means[LEADING], 1000 * median(ranking.seconds))


if __name__ == "__main__":
    raise SystemExit(main())
