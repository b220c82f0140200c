"""How sure a mean over queries is, and a difference of two: the paired bootstrap.

Queries are drawn anew, with replacement, as many as there are; every system is measured on the same draw, so
that what makes a query hard for all of them cancels out of differences. The interval is that of the
percentiles (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13); for metrics of
retrieval: Sakai, Evaluating Evaluation Metrics Based on the Bootstrap, SIGIR 2006. The seed is fixed: the
same values give the same interval.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

RESAMPLES = 10_000
CONFIDENCE = 0.95
_SEED = 20061
_BLOCK = 1 << 22  # numbers held at once


class Interval(NamedTuple):
    """An estimate and the ends of its confidence interval."""

    value: float
    low: float
    high: float


class Change(NamedTuple):
    """A difference of two means over the same queries, with its interval, and on how many queries it is
    better, worse, equal."""

    difference: float
    low: float
    high: float
    better: int
    worse: int
    equal: int


def intervals(values: Mapping[str, np.ndarray]) -> dict[str, Interval]:
    """The mean of each system's values (n,), all over the same queries, with its interval."""
    if not values:
        return {}
    table = np.stack(list(values.values()), axis=1)
    low, high = _ends(_means(table))
    means = table.mean(axis=0) if len(table) else np.zeros(table.shape[1])
    return {name: Interval(float(means[i]), float(low[i]), float(high[i])) for i, name in enumerate(values)}


def change(before: np.ndarray, after: np.ndarray) -> Change:
    """From `before` to `after`, values (n,) of the same queries."""
    apart = after - before
    (low,), (high,) = _ends(_means(apart[:, None]))
    better, worse = int((apart > 1e-12).sum()), int((apart < -1e-12).sum())
    mean = float(apart.mean()) if len(apart) else 0.0
    return Change(mean, float(low), float(high), better, worse, len(apart) - better - worse)


def mean(intervals: Sequence[tuple[float, float, float]]) -> Interval:
    """The mean of values (value, low, high) of several sets, at least one. Queries of each set vary on their
    own, so that squares of half widths add up; the sets themselves are taken as given."""
    count = len(intervals)
    value = sum(v for v, _, _ in intervals) / count
    half = math.sqrt(sum(((high - low) / 2) ** 2 for _, low, high in intervals)) / count
    return Interval(value, value - half, value + half)


def _means(table: np.ndarray) -> np.ndarray:
    """Means (RESAMPLES, m) of the columns of `table` (n, m) over queries drawn anew."""
    count = len(table)
    if not count:
        return np.zeros((1, table.shape[1]))
    random = np.random.default_rng(_SEED)
    step = max(1, _BLOCK // count)
    drawn = [
        # How often each query is drawn, which is all that a mean needs to know.
        random.multinomial(count, np.full(count, 1.0 / count), size=min(step, RESAMPLES - done)) @ table
        for done in range(0, RESAMPLES, step)
    ]
    means: np.ndarray = np.concatenate(drawn) / count
    return means


def _ends(means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    outside = (1.0 - CONFIDENCE) / 2.0
    low, high = np.quantile(means, [outside, 1.0 - outside], axis=0)
    return low, high
