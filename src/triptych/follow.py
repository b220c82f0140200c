"""Following a folder: what is new, changed, renamed or gone there becomes so in the library."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from triptych import ingest
from triptych.adding import Adding
from triptych.results import Added


def follow(folder: Path, collection: str, library: Path, adding: Adding) -> Iterator[Added]:
    """Make a collection follow `folder`, told one by one; `library` is the library's own folder, which is
    left out. Used while the library's lock is held."""
    catalog, blobs = adding.catalog, adding.blobs
    under = ingest.name_of(folder / "x")[:-1]
    known = {s.path: (s.sha256, s.size, s.modified) for s in catalog.sources(collection, path_prefix=under)}
    plan = ingest.plan_sync(folder, known, library, adding.settings.limits)
    for name in plan.same:
        yield Added(name, known[name][0], "unchanged")
    for old, new in plan.rename:
        asset = catalog.asset(old, collection)
        catalog.alias(asset.key, [new])
        blobs.free(catalog.forget(collection, [old]))
        yield Added(new.path, new.sha256, "renamed", asset.pages)
    for name in plan.remove:
        blobs.free(catalog.forget(collection, [name]))
        yield Added(name, known[name][0], "removed")
    rest = [ingest.path_of(s.path) for s in (*plan.touch, *plan.change, *plan.add)]
    yield from adding.files([*plan.refused, *rest], collection, {})
