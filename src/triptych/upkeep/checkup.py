"""Whether catalog, indexes and originals of a library agree: `triptych verify`."""

from __future__ import annotations

from typing import Any

from triptych.blobs import Blobs
from triptych.catalog import Catalog
from triptych.index import Index
from triptych.upkeep import soundness


def checkup(catalog: Catalog, index: Index, blobs: Blobs) -> dict[str, Any]:
    """What `triptych verify --json` shows: `differences`, a line each. Indexes are compared with a catalog that
    is sound: with another one there is nothing to compare."""
    differences = soundness.differences(catalog) or index.verify()
    differences += blobs.differences(catalog.blobs())
    counts = catalog.counts()
    return {
        "ok": not differences,
        "assets": counts["assets"],
        "pages": counts["pages"],
        "differences": differences,
    }
