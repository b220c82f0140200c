"""How lists become one ranking: every method on every set, what is fitted never on the set that it is judged on.

    python bench/fusion.py [--data DIR] [--workdir DIR] [--sets a,b] [--most N]

nDCG@10 over documents by their best page, of the fused lists alone: nothing is read again. `tuned` is a fixed
weight for each signal, chosen on all other sets; `learned, others` is fitted on all other sets together, `learned,
half` on half of the set's own questions and judged on the other half, both ways, beside the default on the same
questions. Fitting sees at most --most questions of each set.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

import triptych
from triptych import fuse
from triptych.errors import UserError
from triptych.evaluation import labelled
from triptych.evaluation.asking import build
from triptych.fuse import Lists, Weighed
from triptych.ranking import learned
from triptych.training import fusion
from triptych.training.example import Example, ndcg

DATA = Path(__file__).parents[2] / "shared" / "data"
WORK = Path("triptych-eval")
SETS = (
    "receipts_sroie,forms_funsd,forms_rotated,invoices_pdf,charts_chartqa,ui_screenshots,text_cranfield,"
    "reports_financebench,photos_flickr8k,products_grocery,sketch_to_photo"
)
SHARES = (0.0, 0.2, 0.4, 0.7, 1.0)  # of a signal beside the keywords, tried for `tuned`
WORSE, BETTER = 0.005, 0.015  # what the default may lose to one signal, and what half of a set should gain
Score = Callable[[Example], np.ndarray]  # fused score (n,) of each page, its document heard


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder of labelled sets")
    parser.add_argument("--sets", default=SETS, help="names of sets, by commas")
    parser.add_argument("--workdir", type=Path, default=WORK, help="where libraries are kept")
    parser.add_argument("--most", type=int, default=60, help="questions of each set that fitting sees")
    chosen = parser.parse_args()
    sets = {
        name: asked(chosen.data / name, chosen.workdir)
        for name in chosen.sets.split(",")
        if (chosen.data / name).is_dir()
    }
    rows = {name: measured(name, sets, chosen.most) for name in sets}
    return 0 if report(rows) else 1


def asked(folder: Path, workdir: Path) -> list[Example]:
    """What every signal of the set's library says to each of its questions that has a judgement."""
    labels = labelled.read(folder)
    described = (folder / labelled.CAPTIONS).is_file()  # by people
    with triptych.open(workdir / labels.name / ("library-captions" if described else "library")) as library:
        built = build(library, labels, workdir / labels.name / "rows", described, lambda text: None)
        found = fusion.examples(library, labels, built.places.assets)
    print(f"{labels.name}: {len(found)} questions", file=sys.stderr, flush=True)
    return [example for example in found if example.relevant]


def measured(name: str, sets: dict[str, list[Example]], most: int) -> dict[str, float]:
    """Each method's mean over the set's questions."""
    own = sets[name]
    others = [few(examples, most) for other, examples in sets.items() if other != name]
    row = {f"{signal} alone": alone(own, signal) for signal in triptych.types.SIGNALS if has(own, signal)}
    row |= {method: mean(own, by(method)) for method in fuse.METHODS}
    row["tuned"] = mean(own, tuned(others))
    row["learned, others"] = mean(own, learnt([e for examples in others for e in examples]))
    row |= halves(own)
    print(name, {k: round(v, 3) for k, v in row.items()}, file=sys.stderr, flush=True)
    return row


def few(examples: Sequence[Example], most: int) -> list[Example]:
    chosen = np.random.default_rng(0).permutation(len(examples))[:most]
    return [examples[i] for i in sorted(chosen.tolist())]


def has(examples: Sequence[Example], signal: str) -> bool:
    return any(signal in example.lists.scores for example in examples)


def alone(examples: Sequence[Example], signal: str) -> float:
    """Of the pages that the signal itself found; nothing found is worth nothing."""
    values = []
    for example in examples:
        raw = example.lists.scores.get(signal, np.full(len(example.documents), np.nan))
        there = ~np.isnan(raw)
        found = replace(example, documents=example.documents[there])
        values.append(ndcg(found, fuse.hear(raw[there], found.documents)) if there.any() else 0.0)
    return float(np.mean(values))


def heard(weighed: Weighed, example: Example) -> np.ndarray:
    return fuse.hear(weighed.scores(), example.documents)


def by(method: str) -> Score:
    return lambda example: heard(fuse.weigh(example.lists, method), example)


def fixed(weights: dict[str, float]) -> Score:
    def score(example: Example) -> np.ndarray:
        lists = example.lists
        found = {name: given for name, given in lists.scores.items() if not np.isnan(given).all()}
        return heard(fuse.weighted(Lists(lists.pages, found), weights), example)

    return score


def tuned(others: Sequence[Sequence[Example]]) -> Score:
    """The fixed weights that are best for the mean of the other sets."""
    signals = [name for name in triptych.types.SIGNALS if name != fuse.LEAD]
    tried = [
        {fuse.LEAD: 1.0, **dict(zip(signals, shares, strict=True))}
        for shares in itertools.product(SHARES, repeat=len(signals))
    ]
    best = max(tried, key=lambda weights: float(np.mean([mean(e, fixed(weights)) for e in others])))
    return fixed(best)


def learnt(examples: Sequence[Example]) -> Score:
    try:
        model = fusion.fit(examples)
    except UserError:  # too few questions: `train fusion` says so, and the default stays
        return by(fuse.DEFAULT)

    def score(e: Example) -> np.ndarray:
        scores = heard(learned.weigh(e.lists, model, e.question, e.facts), e)
        recalled = learned.recalled(model, e.seen, e.facts["document"])
        return scores if recalled is None else fuse.remembering(scores, recalled)

    return score


def halves(own: Sequence[Example]) -> dict[str, float]:
    """Learned on each half of the questions and judged on the other."""
    order = np.random.default_rng(1).permutation(len(own)).tolist()
    first, second = [[own[i] for i in order[start::2]] for start in (0, 1)]
    gained = scores(second, learnt(first)) + scores(first, learnt(second))
    return {"learned, half": float(np.mean(gained))}


def mean(examples: Sequence[Example], score: Score) -> float:
    return float(np.mean(scores(examples, score)))


def scores(examples: Sequence[Example], score: Score) -> list[float]:
    return [ndcg(e, score(e)) for e in examples]


def report(rows: dict[str, dict[str, float]]) -> bool:
    """A table, methods down and sets across, and whether what the default promises holds."""
    methods = list(dict.fromkeys(method for row in rows.values() for method in row))
    print("| | " + " | ".join(name.split("_")[0] for name in rows) + " | mean |")
    print("|---" * (len(rows) + 2) + "|")
    for method in methods:
        found = [row.get(method) for row in rows.values()]
        told = [f"{100 * v:.1f}" if v is not None else "-" for v in found]
        whole = f"{100 * np.mean([v for v in found if v is not None]):.1f}" if None not in found else "-"
        print(f"| {method} | " + " | ".join(told) + f" | {whole} |")
    best = {name: max(v for m, v in row.items() if m.endswith("alone")) for name, row in rows.items()}
    worst = min(rows[name][fuse.DEFAULT] - best[name] for name in rows)
    names = list(dict.fromkeys(m for row in rows.values() for m in row if m.endswith("alone")))
    one = max(np.mean([row.get(m, 0.0) for row in rows.values()]) for m in names)
    gain = np.mean([row[fuse.DEFAULT] for row in rows.values()]) - one
    others = np.mean([row["learned, others"] - row[fuse.DEFAULT] for row in rows.values()])
    half = np.mean([row["learned, half"] - row[fuse.DEFAULT] for row in rows.values()])
    checks = (
        (f"default, beside the best signal of each set, at worst {worst:+.3f}", worst >= -WORSE),
        (f"default, beside the one signal that is best on average, {gain:+.3f}", gain >= 0.02),
        (f"learned on the other sets, beside the default, {others:+.4f}", others >= 0),
        (f"learned on half, beside the default on the other half, {half:+.4f}", half >= BETTER),
    )
    for said, good in checks:
        print(f"{said}: {'OK' if good else 'short'}")
    return all(good for _, good in checks)


if __name__ == "__main__":
    raise SystemExit(main())
