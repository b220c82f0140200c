"""A labelled question as retrieval saw it, and what a ranking of its pages is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from triptych.fuse import Lists
from triptych.ranking.learned import Seen

LEAST = 30  # labelled questions that are needed
RESAMPLES = 2000
_AT = 10


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One labelled question as retrieval saw it. `documents` (n,) are those of the pages, `relevant` their grades."""

    lists: Lists
    documents: np.ndarray
    question: Mapping[str, float]
    facts: Mapping[str, np.ndarray]
    relevant: Mapping[int, int]  # document -> grade above 0
    seen: Seen | None = None
    judged: Mapping[str, float] = field(default_factory=dict)  # sha256 of a document -> grade of 1


def ndcg(example: Example, scores: np.ndarray) -> float:
    """nDCG@10 over documents by their best page (Jarvelin and Kekalainen, TOIS 2002), as trec_eval has it."""
    order = np.argsort(-scores, kind="stable")
    ranking = list(dict.fromkeys(example.documents[order].tolist()))[:_AT]
    discount = 1.0 / np.log2(np.arange(2, _AT + 2))
    found = sum(example.relevant.get(d, 0) * discount[i] for i, d in enumerate(ranking))
    ideal = sorted(example.relevant.values(), reverse=True)[:_AT]
    return float(found / (np.array(ideal) @ discount[: len(ideal)])) if ideal else 0.0


def sure(gains: np.ndarray, chance: float) -> bool:
    """Whether the mean gain is above 0 in all bootstrap samples of the questions (Efron 1979) but a share of `chance`."""
    drawn = np.random.default_rng(0).integers(0, len(gains), (RESAMPLES, len(gains)))
    return bool((gains[drawn].mean(axis=1) <= 0).mean() < chance)
