"""Candidates: the pieces that any signal found, scored by every signal that can, and folded into pages.

collected(where, lists, asked) -> Candidates       the pieces of all lists, and of their pages
completed(candidates, asked, index)                  what the vectors say of pieces that others found
fed_back(candidates, rows, asked)                    the vectors again, for the question moved
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from triptych import fuse
from triptych.catalog import Catalog
from triptych.index import Index
from triptych.projections.panel import Rows
from triptych.query.filters import Scope
from triptych.records import KINDS
from triptych.sql.whereabouts import Table
from triptych.words import terms

FEEDBACK = 3  # pages of the first round that move the question
PULL = 0.5  # how far: their mean beside the question's own 1
MOVED = ("text", "caption")  # signals whose question moves
LOOKED_AT = 10  # best pieces of the keyword list that are asked whether they are captions
SAID = 0.9  # by how much less its sharpness counts when all are


class Found(NamedTuple):
    """Pieces that one signal found: keys (n,) int64, best first, and raw scores (n,) float64."""

    keys: np.ndarray
    scores: np.ndarray


@dataclass(frozen=True, slots=True)
class Asked:
    """One question on its way: what every step needs."""

    query: terms.Query
    vectors: Mapping[str, np.ndarray]  # (dim,) float32 for each signal that compares vectors
    scope: Scope | None
    trust: Mapping[str, float] = field(default_factory=dict)  # how far a signal understands the question


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """The pieces of every page that some signal found, those of a page side by side; `scores` of each signal
    (n,) float64, NaN where it says nothing of a piece."""

    keys: np.ndarray  # (n,) int64, rising within a page
    starts: np.ndarray  # (m,) where the chunks of each page begin
    pages: np.ndarray  # (m,) int64, rising
    assets: np.ndarray  # (m,) int64
    scores: Mapping[str, np.ndarray]

    def lists(self, asked: Asked) -> fuse.Lists:
        """Chunks folded into pages: a page has the score of its best chunk."""
        folded = {name: np.fmax.reduceat(scores, self.starts) for name, scores in self.scores.items()}
        return fuse.Lists(self.pages, folded if len(self.keys) else self.scores, asked.trust)

    def best(self, signal: str, page: int) -> int:
        """Where the piece stands to which the signal owes its score of a page; of equals the first."""
        start, end = self.span(page)
        scores = self.scores[signal][start:end].tolist()  # a few: quicker as numbers
        best = max(score for score in scores if score == score)  # NaN counts as nothing
        return start + int(scores.index(best))

    def span(self, page: int) -> tuple[int, int]:
        """Where the pieces of a page begin and end."""
        at = int(self.pages.searchsorted(page))
        end = self.starts[at + 1] if at + 1 < len(self.starts) else len(self.keys)
        return int(self.starts[at]), int(end)

    def best_of(self, signal: str, page: int) -> int:
        """The key of that piece."""
        return int(self.keys[self.best(signal, page)])


def collected(where: Catalog | Table, lists: Mapping[str, Found], asked: Asked) -> Candidates:
    """The pieces of all lists, with the captions and views of their pages where these signals are asked: a
    page that words found has a look, too. Those that the catalog no longer knows are left out."""
    keys = [found.keys for found in lists.values()]
    places = where.places(np.unique(np.concatenate(keys)) if keys else [])
    kinds = [kind for signal in asked.vectors for kind in KINDS[signal] if signal != "text"]
    if kinds and len(lists) > 1:
        places = places.union(where.beside(places.pages, kinds))
    pages, starts = np.unique(places.pages, return_index=True)
    scores = {name: _aligned(found, places.chunks) for name, found in lists.items()}
    return Candidates(places.chunks, starts, pages, places.assets[starts], scores)


def _aligned(found: Found, keys: np.ndarray) -> np.ndarray:
    """Scores (n,) of `keys`; NaN for those that were not found."""
    scores = np.full(len(keys), np.nan)
    if len(found.keys):
        order = np.argsort(found.keys)
        at = order[np.minimum(np.searchsorted(found.keys, keys, sorter=order), len(order) - 1)]
        same = found.keys[at] == keys
        scores[same] = found.scores[at[same]]
    return scores


def completed(candidates: Candidates, asked: Asked, index: Index) -> tuple[Candidates, dict[str, Rows]]:
    """Candidates with what the vectors say of chunks that only other signals found, and the vectors of each
    signal: the vectors are at hand, so it is known and need not be guessed. Keywords were
    not worth the same (docs/log/ranking.md)."""
    several = len(candidates.scores) > 1
    rows = {name: index.panels[name].rows(candidates.keys) for name in asked.vectors if several}
    known = {name: rows[name].products(asked.vectors[name]) for name in rows}
    full = {name: _completed(s, known[name]) if name in known else s for name, s in candidates.scores.items()}
    return replace(candidates, scores=full), rows


def _completed(found: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Scores that were found, else those that are known; of a vector that was dropped meanwhile neither counts."""
    completed: np.ndarray = np.where(np.isnan(found) | np.isnan(known), known, found)
    return completed


def fed_back(candidates: Candidates, rows: Mapping[str, Rows], asked: Asked) -> Candidates:
    """Each list of vectors again, for the question moved towards the best pages of the first round.

    Rocchio's feedback (in Salton, The SMART Retrieval System, 1971) on vectors: the question plus half the
    mean of the best pages' chunks, weighted by fused score. So keywords tell the other signals what the
    question is about, which helps most where none is sure (docs/log/ranking.md). All pages stay in
    the race; only their scores by vectors change.
    """
    lists = candidates.lists(asked)
    scores = fuse.weigh(lists).scores()
    order = np.argsort(-scores, kind="stable")
    moved = {}
    for name, vector in asked.vectors.items():
        if name not in MOVED:
            continue
        best = order[~np.isnan(lists.scores[name][order])][:FEEDBACK]
        if len(best):
            weights = np.maximum(scores[best], 1e-9)
            chunks = [candidates.best(name, page) for page in lists.pages[best].tolist()]
            pull = vector + PULL * (weights @ rows[name].of(chunks) / weights.sum())
            moved[name] = rows[name].products(pull / np.linalg.norm(pull))
    return replace(candidates, scores={**candidates.scores, **moved})


def said_by_captions(candidates: Candidates, rows: Mapping[str, Rows]) -> dict[str, float]:
    """How far the sharpness of the keyword list speaks for it: less where it is captions that hold the words.
    Two people describe one picture in different words, so the one that fits by chance stands out
    (docs/log/panels.md)."""
    if fuse.LEAD not in candidates.scores or "caption" not in rows:
        return {}
    scores = candidates.scores[fuse.LEAD]
    best = np.argsort(-scores, kind="stable")[:LOOKED_AT]  # NaN goes last
    held = np.isin(best[~np.isnan(scores[best])], rows["caption"].known)
    return {fuse.LEAD: 1.0 - SAID * float(held.mean())} if len(held) else {}
