"""Metrics of rankings, query by query: those of trec_eval, computed by ir-measures.

Pure functions of judgements and rankings; knows nothing of libraries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ir_measures
import numpy as np

_MEASURES = {
    "recall@1": ir_measures.R @ 1,
    "recall@5": ir_measures.R @ 5,
    "recall@10": ir_measures.R @ 10,
    "ndcg@10": ir_measures.nDCG @ 10,
    "mrr@10": ir_measures.RR @ 10,
}
NAMES = tuple(_MEASURES)
LEADING = "ndcg@10"  # the metric that systems are compared by

Judged = Mapping[str, Mapping[Any, int]]  # qid -> what was judged -> relevance
Run = dict[str, list[Any]]  # qid -> what was found, best first


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """`rows` (n, 5) float64: what each of the metrics in `NAMES` says of each of `queries`."""

    queries: tuple[str, ...]
    rows: np.ndarray

    def means(self) -> dict[str, float]:
        """Each metric over all queries; 0 without queries."""
        means = self.rows.mean(axis=0) if len(self.rows) else np.zeros(len(NAMES))
        return dict(zip(NAMES, means.tolist(), strict=True))

    def of(self, queries: Sequence[str]) -> Values:
        """The values of those queries among `queries` that were judged."""
        at = {qid: i for i, qid in enumerate(self.queries)}
        kept = [qid for qid in queries if qid in at]
        return Values(tuple(kept), self.rows[[at[qid] for qid in kept]])

    def column(self, name: str = LEADING) -> np.ndarray:
        """(n,) one metric."""
        column: np.ndarray = self.rows[:, NAMES.index(name)]
        return column


def values(judged: Judged, run: Run) -> Values:
    """Every metric of every query of `run` that has judgements. A query that found nothing has 0."""
    asked = tuple(qid for qid in run if judged.get(qid))
    qrels = [
        ir_measures.Qrel(qid, str(found), relevance)
        for qid in asked
        for found, relevance in judged[qid].items()
    ]
    # Scores fall with the rank, so that the measuring program keeps our order and our ties.
    scored = [
        ir_measures.ScoredDoc(qid, str(found), -float(rank))
        for qid in asked
        for rank, found in enumerate(run[qid])
    ]
    rows = np.zeros((len(asked), len(NAMES)))
    at = {qid: i for i, qid in enumerate(asked)}
    column = {str(measure): i for i, measure in enumerate(_MEASURES.values())}
    for metric in ir_measures.iter_calc(list(_MEASURES.values()), qrels, scored) if qrels else ():
        rows[at[metric.query_id], column[str(metric.measure)]] = metric.value
    return Values(asked, rows)


def metrics(judged: Judged, run: Run) -> dict[str, float]:
    """Means over the queries of `run` that have judgements."""
    return values(judged, run).means()


def first_relevant(judged: Mapping[Any, int], ranking: Sequence[Any]) -> int | None:
    """Rank, from 1, of the first that was judged relevant; None where there is none in the ranking."""
    return next((rank for rank, found in enumerate(ranking, 1) if judged.get(found, 0) > 0), None)
