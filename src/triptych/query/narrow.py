"""Where a search may look: the filters, phrases and exclusions of a query as one scope.

Retrievers never see what a query keeps away, so it cannot leak through scores, counts or other signals.
"""

from __future__ import annotations

import numpy as np

from triptych.catalog import Catalog
from triptych.projections.keyword import KeywordIndex
from triptych.query import filters
from triptych.query.filters import Scope, Within
from triptych.query.grammar import Line
from triptych.words import tokens


def narrow(
    catalog: Catalog, keyword: KeywordIndex, line: Line, where: str | None, collection: Within
) -> Scope | None:
    """The chunks that `line`, beside the filter `where`, may find in `collection`; None: all.

    A page stands or falls as a whole, its captions and views with it: phrases must stand in its text or its
    captions, and what is excluded neither there nor in the names of its file.
    """
    scope = filters.scope(catalog, _both(where, line.where), collection)
    if not line.phrases and not line.without:
        return scope
    keys = None if scope is None else scope.keys
    known = keyword.watermark  # before it is asked: it may be told more meanwhile
    for phrase in line.phrases:
        standing = filters.beside(catalog, keyword.holding(tokens.words(phrase)))
        keys = standing if keys is None else np.intersect1d(keys, standing, assume_unique=True)
    if keys is None:
        keys = filters.every(catalog)
    for phrase in line.without:
        standing = filters.beside(catalog, keyword.holding(tokens.words(phrase), ("text", "title")))
        keys = np.setdiff1d(keys, standing, assume_unique=True)
    if line.without:  # of what keywords do not hold yet nobody knows whether it is excluded
        late = [c for c in catalog.changes(known) if c.op == "put"]
        keys = keys[~np.any([(keys >= c.first) & (keys <= c.last) for c in late], axis=0)] if late else keys
    return Scope(keys, None if scope is None else scope.collections, True)


def _both(where: str | None, also: str | None) -> str | None:
    """Both expressions in one. A mistake in the first is told of that one alone."""
    if where is None or also is None:
        return where if also is None else also
    filters.parse(where)
    return f"({where}) and ({also})"
