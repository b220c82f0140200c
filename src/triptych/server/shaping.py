"""The library's values as they go out over HTTP: the JSON of the command line, with addresses of pictures."""

from __future__ import annotations

from typing import Any

from triptych.records import Asset
from triptych.results import Results
from triptych.server.identity import Identity
from triptych.server.signing import Signer
from triptych.types import Answer, Hit

TEXTS = ("text", "markdown", "csv")  # kinds of files whose pages have no picture
THUMBNAIL, PAGE = 320, 1600  # widths of the pictures that are named


def pictures(signer: Signer, who: Identity, sha256: str, page: int, collection: str) -> dict[str, str]:
    """Addresses of a page, small and large, for this caller."""
    path = f"/v1/assets/{sha256}/pages/{page}.webp"
    return {
        name: signer.address(who, path, {"collection": collection, "width": str(width)})
        for name, width in (("thumbnail", THUMBNAIL), ("page", PAGE))
    }


def hit(signer: Signer, who: Identity, found: Hit, *, explain: bool = True) -> dict[str, Any]:
    told = found.to_dict()
    if not explain:
        told.pop("signals")
    shown = (
        pictures(signer, who, found.asset, found.page, found.collection) if found.kind not in TEXTS else None
    )
    return {**told, "pictures": shown}


def results(signer: Signer, who: Identity, found: Results, *, explain: bool = True) -> dict[str, Any]:
    return {**found.to_dict(), "hits": [hit(signer, who, one, explain=explain) for one in found]}


def answer(signer: Signer, who: Identity, given: Answer) -> dict[str, Any]:
    return {**given.to_dict(), "evidence": [hit(signer, who, one) for one in given.evidence]}


def asset(signer: Signer, who: Identity, there: Asset) -> dict[str, Any]:
    drawn = there.kind not in TEXTS
    shown = pictures(signer, who, there.sha256, 1, there.collection) if drawn else None
    return {**there.to_dict(), "pictures": shown}
