"""What a page looks like and says, to ask with: `more like this`, and how near a library's pictures are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from triptych.catalog import Catalog
from triptych.index import Index
from triptych.projections.panel import Panel
from triptych.query.filters import Scope
from triptych.query.sight import Sight
from triptych.records import Asset
from triptych.results import Results
from triptych.sql.replay import TEMPLATED

SAMPLE = 200  # pictures of a library that are compared with all
_LONGEST = 600  # characters of a page's words that are asked for
_DEPTH = 20  # neighbours of each, of which some are views of the same file
_SEED = 4  # the same library gives the same sample


def sight_of(catalog: Catalog, asset: Asset, number: int) -> Sight:
    """A page of the library as a picture to ask with: the vector of the whole page where one was made, its first
    words, and its first caption that is not made from a template. Raises UserError for an unknown page."""
    page = catalog.page(asset.key, number)
    words = page.text.text[:_LONGEST]
    # Removed meanwhile, it has no pieces any more, and its words are what is left to ask with.
    pieces = next((here for known, here in catalog.pieces(asset.key) if known.number == number), [])
    whole = [piece.hash for piece in pieces if piece.kind == "image"]
    space = catalog.panels().get("image")
    found = catalog.vectors(space.name, whole[:1]) if space is not None else {}
    said = [
        piece.caption for piece in pieces if piece.caption is not None and piece.caption.origin != TEMPLATED
    ]
    caption = said[0].text if said else ""
    return Sight(f"{asset.sources[0]}, page {number}", next(iter(found.values()), None), words, caption)


def without(found: Results, sha256: str, page: int) -> Results:
    """The results of a search with a page of the library, without that page."""
    others = [hit for hit in found if (hit.asset, hit.page) != (sha256, page)]
    kept = others if len(others) < len(found) else others[:-1]  # one more was asked for
    return replace(found, hits=tuple(replace(hit, rank=rank) for rank, hit in enumerate(kept, 1)))


def nearest_looks(catalog: Catalog, index: Index, scope: Scope | None = None) -> np.ndarray | None:
    """Score (n,) float64 of the nearest picture of another file, for a sample of the library's views, or of those
    in `scope`. None where there are none."""
    index.refresh()
    panel = index.panels.get("image")
    if panel is None or not len(panel):
        return None
    ids = panel.store.ids()
    if scope is not None:
        ids = np.intersect1d(ids, scope.keys, assume_unique=True)
    if not len(ids):
        return None
    chosen = np.sort(np.random.default_rng(_SEED).choice(ids, min(SAMPLE, len(ids)), replace=False))
    rows = panel.rows(chosen)
    pairs = zip(chosen[rows.known], rows.vectors, strict=True)
    scores = [_nearest(catalog, panel, key, row, scope) for key, row in pairs]
    return np.array([score for score in scores if score is not None])


def _nearest(catalog: Catalog, panel: Panel, key: int, row: np.ndarray, scope: Scope | None) -> float | None:
    keys, scores = panel.nearest(row.astype(np.float32), _DEPTH, scope)
    places = catalog.places(np.union1d(keys, [key]))
    file = dict(zip(places.chunks.tolist(), places.assets.tolist(), strict=True))
    others = (s for k, s in zip(keys.tolist(), scores, strict=True) if file.get(k) != file.get(int(key)))
    return next((float(score) for score in others), None)
