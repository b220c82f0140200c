"""The quality report of one file: how its pages were read, and what to be careful with."""

from __future__ import annotations

from collections import Counter
from typing import Any

from triptych.catalog import Catalog
from triptych.pages.hidden import hides


def of(catalog: Catalog, sha256: str, collection: str) -> dict[str, Any] | None:
    """Pages by how their text was read, words, mean confidence, languages, pages worth a look; None for an asset
    that is not there any more."""
    asset = catalog.find(sha256, collection)
    if asset is None:
        return None
    pages = catalog.pages(asset.key)
    words = {page.number: len(page.text.spans) for page in pages}
    sure = {page.number: c for page in pages if (c := page.text.mean_confidence) is not None}
    weight = sum(words[number] for number in sure)
    mean = sum(c * words[number] for number, c in sure.items()) / weight if weight else None
    return {
        "pages": len(pages),
        "text": dict(Counter(page.text_source for page in pages)),
        "words": sum(words.values()) or sum(len(page.text.text.split()) for page in pages),
        "confidence": None if mean is None else round(mean, 3),
        "languages": sorted({page.language for page in pages if page.language}),
        "turned": [page.number for page in pages if page.turned],
        "unsure": [page.number for page in pages if page.unsure],
        "hidden": [page.number for page in pages if hides(page)],
        "failed": {str(page.number): page.failed for page in pages if page.failed},
    }
