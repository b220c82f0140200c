"""Assets out of a library, with all that is theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from triptych import ingest
from triptych.blobs import Blobs
from triptych.catalog import Catalog
from triptych.errors import FileError, UserError
from triptych.results import Added


def removing(
    what: Iterable[str],
    collection: str | None,
    catalog: Catalog,
    blobs: Blobs,
    notes_gone: Callable[[str], None],
) -> Iterator[Added]:
    """Remove assets, by path or id, told one by one; one that is not there is reported. `notes_gone` is called
    with each collection that lost Markdown files: what these said of pictures goes, too."""
    lost: set[str] = set()
    for name in what:
        try:
            asset = catalog.asset(name, collection, ingest.names_of(name))
        except UserError as error:
            yield Added(name, None, "failed", error=FileError("not-found", str(error)))
            continue
        blobs.free(catalog.remove([asset.key]))
        lost |= {asset.collection} if asset.kind == "markdown" else set()
        path = asset.sources[0] if asset.sources else asset.sha256
        yield Added(path, asset.sha256, "removed", asset.pages)
    for where in sorted(lost):
        notes_gone(where)
