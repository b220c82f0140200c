"""Learning a library's floor: it is asked what it cannot know, and how near its own pictures are to each other.

Done by a writer at the end of its work, when the library has become another one; a search only reads what was
found. See `floor` for what is done with it, and `floors` for which collections have one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from triptych.catalog import Catalog
from triptych.index import Index
from triptych.pipeline import Encoders
from triptych.query import filters
from triptych.ranking import alike
from triptych.ranking.floor import NEAREST, NOBODYS, PICTURES, SHARE, Floor
from triptych.rerank import Reranking
from triptych.retrieve import Query, retrieve
from triptych.seams import Encoder
from triptych.settings import RerankSettings, SearchSettings


def calibrated(
    catalog: Catalog,
    index: Index,
    encoders: Encoders,
    settings: SearchSettings,
    collections: tuple[str, ...] | None,
    pages: int,
) -> Floor:
    """The floor of some collections (None: all) as they are now, with so many pages. No reranking model is
    asked."""
    by_evidence = Reranking.load(RerankSettings())
    prepared = Encoders(_Prepared.of(encoders.text), encoders.image and _Prepared.of(encoders.image))

    def ask(question: str) -> float | None:
        found = retrieve(
            Query(question),
            catalog,
            index,
            prepared,
            settings,
            k=1,
            collection=collections,
            reranking=by_evidence,
        )
        return found.strength

    looks = alike.nearest_looks(catalog, index, filters.scope(catalog, None, collections))
    return learned(pages, spaces(catalog), ask, looks)


def learned(pages: int, spaces: str, ask: Callable[[str], float | None], looks: np.ndarray | None) -> Floor:
    """The floor from `ask`, the strength of a question, and `looks` (n,), the score of the nearest other
    picture for some of the library's own."""
    asked = [found for question in NOBODYS if (found := ask(question)) is not None]
    words = float(np.quantile(asked, SHARE)) if asked else None
    least = float(np.quantile(looks, 1.0 - NEAREST)) if looks is not None and len(looks) >= PICTURES else None
    return Floor(pages, spaces, words, least)


def spaces(catalog: Catalog) -> str:
    """The spaces that a library is seen in: seen otherwise, it is asked anew."""
    return " ".join(sorted({space.name for space in catalog.panels().values()}))


@dataclass(frozen=True)
class _Prepared:
    """An encoder that has answered NOBODYS at once: in a batch that takes a third of the time."""

    encoder: Encoder
    rows: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, encoder: Encoder) -> Encoder:
        return cls(encoder, dict(zip(NOBODYS, encoder.queries(NOBODYS), strict=True)))

    def queries(self, texts: Sequence[str]) -> np.ndarray:
        return np.stack([self.rows[text] for text in texts])

    def __getattr__(self, name: str) -> Any:
        return getattr(self.encoder, name)
