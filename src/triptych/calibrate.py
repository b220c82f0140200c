"""Learning a library's floor: it is asked what it cannot know, and how near its own pictures are to each other.

Done by a writer at the end of its work, when the library has become another one; a search only reads what was
found. See `floor` for what is done with it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from triptych import alike
from triptych.catalog import Catalog
from triptych.floor import MARGIN, NOBODYS, PAGES, SHARE, Floor
from triptych.index import Index
from triptych.pipeline import Encoders
from triptych.rerank import Reranking
from triptych.retrieve import Query, retrieve
from triptych.settings import RerankSettings, SearchSettings


def outdated(floor: Floor | None, catalog: Catalog) -> bool:
    """Whether a library is large enough for a floor and has none that speaks for it."""
    pages = catalog.counts()["pages"]
    return pages >= PAGES and (floor is None or not floor.fits(pages, _spaces(catalog)))


def calibrated(catalog: Catalog, index: Index, encoders: Encoders, settings: SearchSettings) -> Floor:
    """The floor of a library as it is now. No reranking model is asked."""
    by_evidence = Reranking.load(RerankSettings())

    def ask(question: str) -> float | None:
        query = Query(question)
        return retrieve(query, catalog, index, encoders, settings, k=1, reranking=by_evidence).strength

    return learned(catalog, ask, alike.nearest_looks(catalog, index))


def learned(catalog: Catalog, ask: Callable[[str], float | None], looks: np.ndarray | None) -> Floor:
    """The floor from `ask`, the strength of a question, and `looks` (n,), the score of the nearest other
    picture for some of the library's own."""
    asked = [found for question in NOBODYS if (found := ask(question)) is not None]
    words = float(np.quantile(asked, SHARE)) + MARGIN if asked else None
    least = float(np.quantile(looks, 1.0 - SHARE)) if looks is not None and len(looks) >= PAGES else None
    return Floor(catalog.counts()["pages"], _spaces(catalog), words, least)


def _spaces(catalog: Catalog) -> str:
    return " ".join(sorted({space.name for space in catalog.panels().values()}))
