"""The best of a ranking, read again: `search` after it has fused, before it shows.

    Reranking.load(settings.rerank) -> Reranking | None
    reranking.again(ranked, reading, question, asked, rarity) -> Again: in a new order, or why not

`evidence` needs no model and moves a page by what its words say; a model (a back end of rerankers/) replaces the
order of the pages it has read, or looked at: of such a model's pages those without a picture keep their places. Hits keep what the signals said of them and tell what was made of it. The same
pages give the same order: ties stay as they were. A model that fails takes nothing away: pages stay as they were found,
and a warning says so; the reason, which may name a server, is logged.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from triptych import plugins
from triptych.dialogue.generation import Asked, Vlms
from triptych.errors import ModelError, VlmError
from triptych.fuse import LEAD, Fused
from triptych.ranking import evidence
from triptych.ranking.reading import Reading, Said
from triptych.records import ChunkRow
from triptych.seams import PageReranker, Reranker
from triptych.settings import RERANK_BUILTIN, VLM, RerankSettings
from triptych.types import PageText, Reranked
from triptych.words.snippet import Weight

READ = 15  # pages that evidence reads at most: more of them changed hardly a figure (docs/log/rerank.md)
_SIGNALS = ("text", LEAD, "caption")  # whose piece of a page is read, in this order
_TOGETHER = 16  # pages whose pictures are in memory at once
_MOST = 1.0 + sum(evidence.WEIGHTS.values())

_log = logging.getLogger(__name__)

Model = Reranker | PageReranker
Draw = Callable[[Sequence[ChunkRow], int], list[np.ndarray | None]]  # see `Pictures.drawn`


class Again(NamedTuple):
    """A ranking that was read again; what a vision-language model used for that; why it was not read, or ""."""

    ranked: list[Fused]
    cost: Mapping[str, float] = {}  # as of `Spent.to_dict`
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Grader:
    """A vision-language model as reranker: each search has an account of its own, and what the model was found not to
    take is known to the next one."""

    spec: str
    vlms: Vlms

    def account(self) -> Asked:
        return self.vlms.get(plugins.split(self.spec)[1], "rerank")

    def model(self, vlm: Asked) -> Model:
        made: Model = plugins.load("rerankers", self.spec, vlm=vlm)
        return made


@dataclass(frozen=True, slots=True)
class Reranking:
    """How a ranking is read again. `model` is None where evidence does it; `draw` is for models that look."""

    depth: int  # pages
    model: Model | None = None
    draw: Draw | None = None
    grader: Grader | None = field(default=None, kw_only=True)  # in place of `model`, where accounts are kept

    @classmethod
    def load(
        cls, settings: RerankSettings, vlms: Vlms | None = None, draw: Draw | None = None
    ) -> Reranking | None:
        """As set; None when the ranking stays as it is. `vlms` are needed where one of them grades, `draw` where
        pages are looked at. Raises as `plugins.load`."""
        if settings.model == "none" or settings.depth < 1:
            return None
        if settings.model in RERANK_BUILTIN:
            return cls(min(settings.depth, READ))
        if plugins.split(settings.model)[0] == VLM and vlms is not None:
            grader = Grader(settings.model, vlms)
            return cls(settings.depth, grader.model(grader.account()), draw, grader=grader)
        return cls(settings.depth, plugins.load("rerankers", settings.model), draw)

    def again(
        self,
        ranked: Sequence[Fused],
        reading: Reading,
        question: str,
        asked: evidence.Question,
        rarity: Weight,
    ) -> Again:
        """`ranked` with its first `depth` pages in a new order; `asked` is the question taken apart."""
        seen, rest = reading.there(ranked[: self.depth]), ranked[self.depth :]
        if self.model is None:
            return Again([*_by_evidence(seen, reading, asked, rarity), *_below(rest, 1.0 / _MOST)])
        vlm = None if self.grader is None else self.grader.account()
        try:
            scores = self._scored(seen, reading, question, self.model, vlm)
        except ModelError as error:
            return Again([*ranked], _cost(vlm), _failed(self.model.name, error))
        half = 0.5 / max(1.0, *(f.score for f in rest), 1.0)
        return Again([*_by_scores(seen, scores, self.model.name), *_below(rest, half)], _cost(vlm))

    def _scored(
        self, seen: Sequence[Fused], reading: Reading, question: str, model: Model, vlm: Asked | None
    ) -> np.ndarray:
        """(n,) what the model says of each page. One that turns out to take no pictures reads instead. Raises ModelError
        when a model does not answer as it must."""
        if self.grader is None or vlm is None:
            return self._scores(seen, reading, question, model)
        try:
            return self._scores(seen, reading, question, self.grader.model(vlm))
        except VlmError as error:
            if error.code != "vlm-no-pictures" or vlm.pictures:
                raise
            return self._scores(seen, reading, question, self.grader.model(vlm))

    def _scores(self, seen: Sequence[Fused], reading: Reading, question: str, model: Model) -> np.ndarray:
        """(n,) what the model says of each page; NaN for those that it cannot see."""
        if isinstance(model, PageReranker):
            assert self.draw is not None, "the library gives it"
            return _looked_at(seen, reading, question, model, self.draw)
        scores = model.scores(question, [_passage(*_words(f, reading)) for f in seen])
        return _checked(scores, len(seen), model.name)


def _cost(vlm: Asked | None) -> Mapping[str, float]:
    return {} if vlm is None else vlm.spent.to_dict()


def _failed(model: str, error: ModelError) -> str:
    """The warning that people and programs get."""
    _log.warning("The reranker %s (rerank.model) failed. %s", model, error)
    code = f" ({error.code})" if isinstance(error, VlmError) else ""
    return (
        f"The pages stand as they were found: the reranker failed{code}. Mend it, set another rerank.model, or go "
        'without: rerank.model = "none"'
    )


def _by_evidence(
    seen: Sequence[Fused], reading: Reading, asked: evidence.Question, rarity: Weight
) -> list[Fused]:
    """Fused score plus evidence, as a share of the most there can be."""
    told = []
    for before, fused in enumerate(seen, 1):
        parts = parts_of(fused, reading, asked, rarity)
        found = Reranked("evidence", before, evidence.weighed(parts), parts)
        told.append(replace(fused, score=(fused.score + found.score) / _MOST, rerank=found))
    return _sorted(told)


def parts_of(fused: Fused, reading: Reading, asked: evidence.Question, rarity: Weight) -> dict[str, float]:
    """The evidence of a ranked page under its title and section, and its caption."""
    row, _ = reading.told_by(fused)
    caption = reading.pieces[fused.page].get("caption")
    said = "" if caption is None else caption[0].text
    return evidence.parts(reading.text(fused.page), f"{row.title} {row.section}", said, asked, rarity)


def _looked_at(
    seen: Sequence[Fused], reading: Reading, question: str, model: PageReranker, draw: Draw
) -> np.ndarray:
    """Scores (n,) by the pictures of the pages, a few of which are drawn at a time; NaN where there is none."""
    rows = [reading.told_by(fused)[0] for fused in seen]
    scores = np.full(len(rows), np.nan)
    for first in range(0, len(rows), _TOGETHER):
        drawn = draw(rows[first : first + _TOGETHER], model.side)
        there = {i: picture for i, picture in enumerate(drawn, first) if picture is not None}
        if there:
            scores[[*there]] = _checked(model.seen(question, [*there.values()]), len(there), model.name)
    return scores


def _by_scores(seen: Sequence[Fused], scores: np.ndarray, model: str) -> list[Fused]:
    """By a model's scores alone, brought to 0.5..1: above all that it did not read. A page without one (NaN) keeps
    its place, and shows the score of the page above: nothing speaks for it or against it."""
    read = ~np.isnan(scores)
    low, high = scores[read].min(initial=np.inf), scores[read].max(initial=-np.inf)
    shares = (scores - low) / (high - low) if high > low else np.ones(len(scores))
    told = _sorted(
        [
            replace(fused, score=0.5 + 0.5 * float(share), rerank=Reranked(model, before, float(score)))
            for before, (fused, score, share) in enumerate(zip(seen, scores, shares, strict=True), 1)
            if not np.isnan(score)
        ]
    )
    above, ordered = 1.0, iter(told)
    placed = []
    for fused, known in zip(seen, read, strict=True):
        placed.append(next(ordered) if known else replace(fused, score=above))
        above = placed[-1].score
    return placed


def _below(rest: Sequence[Fused], factor: float) -> list[Fused]:
    """Pages that were not read again, in their order."""
    return [replace(f, score=f.score * factor) for f in rest]


def _sorted(told: Sequence[Fused]) -> list[Fused]:
    return sorted(told, key=lambda f: -f.score)  # stable: ties stay as they were


def _words(fused: Fused, reading: Reading) -> Said:
    """The piece of a page that a model reads: one of words where there is one."""
    here = reading.pieces[fused.page]
    return next((here[name] for name in _SIGNALS if name in here), None) or next(iter(here.values()))


def _passage(row: ChunkRow, page: PageText) -> str:
    """What a model reads: title, section, and the piece's text; of a picture the words on it."""
    heading = " - ".join(part for part in (row.title, row.section if row.kind == "text" else "") if part)
    text = row.text if row.kind in ("text", "caption") else page.text
    return f"{heading}\n{text}" if heading else text


def _checked(scores: np.ndarray, count: int, model: str) -> np.ndarray:
    """The scores, where there is a number for each of `count` pages. Raises ModelError."""
    if scores.shape != (count,) or not np.isfinite(scores).all():
        raise ModelError(
            f"The reranker {model} gave {scores.shape} scores for {count} pages, or some that are no numbers. "
            "Set another one: rerank.model"
        )
    return scores
