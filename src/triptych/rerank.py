"""The best of a ranking, read again: `search` after it has fused, before it shows.

    Reranking.load(settings.rerank) -> Reranking | None
    reranking.again(ranked, best_of, question, query, catalog, rarity) -> ranked, in a new order

`evidence` needs no model and moves a page by what its words say; a model (a back end of rerankers/) replaces the
order of the pages it has read. Hits keep what the signals said of them and tell what was made of it. The same
pages give the same order: ties stay as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from triptych import evidence, plugins, terms
from triptych.catalog import Catalog
from triptych.errors import ModelError
from triptych.fuse import LEAD, Fused
from triptych.records import ChunkRow
from triptych.seams import Reranker
from triptych.settings import RERANK_BUILTIN, RerankSettings
from triptych.snippet import Weight
from triptych.types import PageText, Reranked

READ = 20  # pages that evidence reads at most: more of them changed no figure (docs/log/rerank.md)
_SIGNALS = ("text", LEAD, "caption")  # whose piece of a page is read, in this order
_MOST = 1.0 + sum(evidence.WEIGHTS.values())

BestOf = Callable[[str, int], int]  # (signal, page) -> key of the piece that earned the page its score there


@dataclass(frozen=True, slots=True)
class Reranking:
    """How a ranking is read again. `model` is None where evidence does it."""

    depth: int  # pages
    model: Reranker | None = None

    @classmethod
    def load(cls, settings: RerankSettings) -> Reranking | None:
        """As set; None when the ranking stays as it is. Raises as `plugins.load`."""
        if settings.model == "none" or settings.depth < 1:
            return None
        if settings.model in RERANK_BUILTIN:
            return cls(min(settings.depth, READ))
        return cls(settings.depth, plugins.load("rerankers", settings.model))

    def again(
        self,
        ranked: Sequence[Fused],
        best_of: BestOf,
        question: str,
        query: terms.Query,
        catalog: Catalog,
        rarity: Weight,
    ) -> list[Fused]:
        """`ranked` with its first `depth` pages in a new order. Raises ModelError when a model does not answer
        as it must."""
        seen, rest = ranked[: self.depth], ranked[self.depth :]
        keys = [best_of(_told_by(f), f.page) for f in seen]
        known = {row.key: (row, page) for row, page in catalog.shown(keys)}
        there = [known.get(key) for key in keys]  # what was removed meanwhile is not read
        if self.model is None:
            return self._by_evidence(seen, there, rest, evidence.Question.of(question, query, rarity), rarity)
        return self._by_model(seen, there, rest, question, self.model)

    def _by_evidence(
        self,
        seen: Sequence[Fused],
        there: Sequence[tuple[ChunkRow, PageText] | None],
        rest: Sequence[Fused],
        asked: evidence.Question,
        rarity: Weight,
    ) -> list[Fused]:
        """Fused score plus evidence, both as a share of the most there can be."""
        found = [
            {} if one is None else evidence.parts(one[1], f"{one[0].title} {one[0].section}", asked, rarity)
            for one in there
        ]
        scores = [f.score + evidence.weighed(parts) for f, parts in zip(seen, found, strict=True)]
        told = [
            replace(
                f, score=score / _MOST, rerank=Reranked("evidence", before, evidence.weighed(parts), parts)
            )
            for before, (f, score, parts) in enumerate(zip(seen, scores, found, strict=True), 1)
        ]
        return [*_sorted(told), *(replace(f, score=f.score / _MOST) for f in rest)]

    def _by_model(
        self,
        seen: Sequence[Fused],
        there: Sequence[tuple[ChunkRow, PageText] | None],
        rest: Sequence[Fused],
        question: str,
        model: Reranker,
    ) -> list[Fused]:
        """By the model alone, brought to 0.5..1; pages that it did not read stand below, in their order."""
        read = [i for i, one in enumerate(there) if one is not None]
        scores = model.scores(question, [_passage(*one) for one in there if one is not None])
        _check(scores, len(read), model)
        low, high = (scores.min(), scores.max()) if len(read) else (0.0, 0.0)
        shares = (scores - low) / (high - low) if high > low else np.ones(len(scores))
        told = [
            replace(
                seen[i],
                score=0.5 + 0.5 * float(share),
                rerank=Reranked(model.name, i + 1, float(score)),
            )
            for i, score, share in zip(read, scores.tolist(), shares.tolist(), strict=True)
        ]
        most = max((f.score for f in rest), default=0.0)
        return [*_sorted(told), *(replace(f, score=0.5 * f.score / max(1.0, most)) for f in rest)]


def _sorted(told: Sequence[Fused]) -> list[Fused]:
    return sorted(told, key=lambda f: -f.score)  # stable: ties stay as they were


def _told_by(fused: Fused) -> str:
    """The signal whose piece of a page is read: one of words where there is one."""
    return next((name for name in _SIGNALS if name in fused.signals), next(iter(fused.signals)))


def _passage(row: ChunkRow, page: PageText) -> str:
    """What a model reads: title, section, and the piece's text; of a picture the words on it."""
    heading = " - ".join(part for part in (row.title, row.section if row.kind == "text" else "") if part)
    text = row.text if row.kind in ("text", "caption") else page.text
    return f"{heading}\n{text}" if heading else text


def _check(scores: np.ndarray, count: int, model: Reranker) -> None:
    if scores.shape != (count,) or not np.isfinite(scores).all():
        raise ModelError(
            f"The reranker {model.name} gave {scores.shape} scores for {count} passages, or some that are no "
            "numbers. Set another one: rerank.model"
        )
