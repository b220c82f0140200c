"""What a found page is to another framework: its text, and where it stands."""

from __future__ import annotations

from typing import Any

from triptych.library import Library
from triptych.types import Hit

MOST = 20_000  # characters of a page


def text_of(library: Library, hit: Hit, whole: bool) -> str:
    """The page's text, or its snippet; of a picture without words what is said of it."""
    if not whole:
        return hit.snippet or hit.caption
    asset = library.catalog.asset(hit.asset, hit.collection)
    return library.catalog.page(asset.key, hit.page).text.text[:MOST] or hit.caption


def facts(hit: Hit) -> dict[str, Any]:
    """What is known of the place: plain values, as frameworks want them."""
    return {
        "source": hit.source,
        "page": hit.page,
        "asset": hit.asset,
        "collection": hit.collection,
        "title": hit.title,
        "score": round(hit.score, 6),
        "boxes": [list(box) for box in hit.boxes],
    }
