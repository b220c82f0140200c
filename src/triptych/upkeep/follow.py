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
    top = ingest.place_of(folder)
    places = ((s, ingest.place_of(ingest.path_of(s.path))) for s in catalog.sources(collection))
    sources = {s.path: s for s, place in places if place.is_relative_to(top)}
    known = {path: (s.sha256, s.size, s.modified) for path, s in sources.items()}
    plan = ingest.plan_sync(folder, known, library, adding.settings.limits)
    assets = {asset.key: asset for asset in catalog.assets(collection)}
    for name in plan.same:
        yield adding.told(name, assets[sources[name].asset], "unchanged")
    for old, new in plan.rename:
        asset = adding.renamed(assets[sources[old].asset], old, new.path)
        catalog.alias(asset.key, [new])
        blobs.free(catalog.forget(collection, [old]))
        yield adding.told(new.path, asset, "renamed")
    for name in plan.remove:
        blobs.free(catalog.forget(collection, [name]))
        yield Added(name, known[name][0], "removed", assets[sources[name].asset].pages)
    rest = [ingest.path_of(s.path) for s in (*plan.touch, *plan.change, *plan.add)]
    yield from adding.files([*plan.refused, *rest], collection, {})
    if plan.rename or plan.remove:
        adding.alt_texts(collection)
