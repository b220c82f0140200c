"""What learned fusion should remember of labelled questions, and how far to trust it.

    memories(examples, scores) -> (Memory, ...), gains           `scores`: fused score of each example's pages

How near a question must be, and what its judgements then count, is chosen by asking every question with all others
remembered and itself forgotten (leave one out), in nDCG@10. What does not surely gain is not remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from triptych import fuse
from triptych.fuse import Recalled
from triptych.ranking.memory import Memory, recalled
from triptych.training.example import LEAST, Example, ndcg, sure

NEAR = (0.1, 0.3, 0.5, 0.7, 0.9)  # of how near questions are to the nearest other one: quantiles
WIDTHS = (0.02, 0.05, 0.1)
SHARES = (0.1, 0.3, 1.0, 3.0)
CHANCE = 0.02  # stricter than for weights: more numbers are tried


def memories(
    examples: Sequence[Example], scores: Sequence[np.ndarray]
) -> tuple[tuple[Memory, ...], np.ndarray]:
    """What is remembered of each kind of question, and what each example gains (n,) by the others' judgements;
    `scores` of each are those of its pages before."""
    found: list[Memory] = []
    gains = np.zeros(len(examples))
    for kind in sorted({(e.seen.signal, e.seen.space) for e in examples if e.seen is not None}):
        alike = [i for i, e in enumerate(examples) if e.seen is not None and e.seen[:2] == kind and e.judged]
        if len(alike) < LEAST:
            continue
        memory, gained = _memory([examples[i] for i in alike], [scores[i] for i in alike])
        if memory is not None:
            found.append(memory)
            gains[alike] = gained
    return tuple(found), gains


def _memory(examples: Sequence[Example], scores: Sequence[np.ndarray]) -> tuple[Memory | None, np.ndarray]:
    """The best memory of questions of one kind, None where none surely gains, and what it gains for each (n,)."""
    whole = _whole(examples)
    likeness = whole.vectors @ whole.vectors.T
    np.fill_diagonal(likeness, -1.0)
    nearest = np.quantile(likeness.max(axis=1), NEAR)
    at = {name: i for i, name in enumerate(whole.names)}
    places = [np.array([at.get(name, -1) for name in e.facts["document"]], np.int64) for e in examples]
    before = np.array([ndcg(e, s) for e, s in zip(examples, scores, strict=True)])
    best, gained = whole, np.full(len(examples), -np.inf)
    for near, width in product(nearest.tolist(), WIDTHS):
        tried = replace(whole, near=round(near, 4), width=width)
        said = [_recalled(row, tried, place) for row, place in zip(likeness, places, strict=True)]
        for share in SHARES:
            after = [
                ndcg(e, fuse.remembering(s, Recalled(f, share)))
                for e, s, f in zip(examples, scores, said, strict=True)
            ]
            if (np.array(after) - before).mean() > gained.mean():
                best, gained = replace(tried, share=share), np.array(after) - before
    return (best, gained) if sure(gained, CHANCE) else (None, np.zeros(len(examples)))


def _whole(examples: Sequence[Example]) -> Memory:
    """All questions and their judgements, believed in no way yet."""
    seen = [e.seen for e in examples if e.seen is not None]
    vectors = np.stack([one.vector for one in seen])
    return Memory.of(
        seen[0].signal, seen[0].space, vectors, [e.judged for e in examples], near=1.0, width=1.0, share=0.0
    )


def _recalled(likeness: np.ndarray, memory: Memory, places: np.ndarray) -> np.ndarray:
    """(n,) of the documents at `places` in the memory; -1: it has none."""
    return np.asarray(np.append(recalled(likeness, memory, len(memory.names)), 0.0)[places])
