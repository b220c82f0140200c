"""Assets out of a library, with all that is theirs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from triptych.blobs import Blobs
from triptych.catalog import Catalog
from triptych.errors import FileError, UserError
from triptych.results import Added


def removing(what: Iterable[str], collection: str | None, catalog: Catalog, blobs: Blobs) -> Iterator[Added]:
    """Remove assets, by path or id, told one by one; one that is not there is reported."""
    for name in what:
        try:
            asset = catalog.asset(name, collection)
        except UserError as error:
            yield Added(name, None, "failed", error=FileError("not-found", str(error)))
            continue
        blobs.free(catalog.remove([asset.key]))
        yield Added(asset.sources[0], asset.sha256, "removed", asset.pages)
