"""The floors of a library: one for each collection, and where there are several one for all.

    Floors(folder).of(collections) -> Floor | None      None stands for all collections
    learn(catalog, index, encoders, settings)           by a writer: what is outdated, anew

A question that looks at some collections is judged by theirs alone, so that what others keep shows in no result.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from time import monotonic

from sqlalchemy import func, select

from triptych import files
from triptych.catalog import Catalog
from triptych.index import Index
from triptych.pipeline import Encoders
from triptych.query.filters import Within
from triptych.ranking import calibrate, floor
from triptych.ranking.floor import Floor
from triptych.settings import SearchSettings
from triptych.sql import database, schema

FOLDER = "floors"
LONGEST = 10.0  # seconds that a writer spends on it
_ALL = "all.json"


class Floors:
    """What is no match, in the collections of one library."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER
        self._known: dict[str, tuple[tuple[int, int], Floor | None]] = {}  # with the stamp of each file

    def of(self, collections: Within) -> Floor | None:
        """The floor of a search in those collections; None where nothing can be said."""
        if collections is None:
            return self._load(_ALL)
        names = (collections,) if isinstance(collections, str) else collections
        found = [known for name in names if (known := self._load(_file(name))) is not None]
        return _together(found) if found else None

    def learn(self, catalog: Catalog, index: Index, encoders: Encoders, settings: SearchSettings) -> None:
        """Ask those collections anew that have become others, and forget those that are gone. Where there are so
        many that it takes longer than LONGEST, the rest is asked next time."""
        spaces = calibrate.spaces(catalog)
        pages = _pages(catalog)
        wanted: dict[str, tuple[tuple[str, ...] | None, int]] = {}
        if sum(pages.values()) and len(pages) > 1:
            wanted[_ALL] = (None, sum(pages.values()))
        wanted |= {_file(name): ((name,), number) for name, number in pages.items() if number}
        begun = monotonic()
        for file, (collections, number) in [*wanted.items()]:
            known = self._load(file)
            if known is not None and known.fits(number, spaces):
                continue
            if monotonic() - begun < LONGEST:
                made = calibrate.calibrated(catalog, index, encoders, settings, collections, number)
                floor.store(self._folder / file, made)
            elif known is None or known.spaces != spaces:
                del wanted[file]  # says nothing of what is there now
        if len(pages) == 1 and (only := _file(next(iter(pages)))) in wanted:  # it is all there is
            files.write(self._folder / _ALL, (self._folder / only).read_bytes())
            wanted[_ALL] = (None, 0)
        self._forget(wanted)

    def _forget(self, wanted: Mapping[str, object]) -> None:
        self._known.clear()
        if self._folder.is_dir():
            for path in self._folder.glob("*.json"):
                if path.name not in wanted:
                    path.unlink(missing_ok=True)

    def _load(self, file: str) -> Floor | None:
        """As another process may have learned it meanwhile. Costs one look at the file."""
        path = self._folder / file
        stamp = files.stamp(path)
        known = self._known.get(file)
        if known is None or known[0] != stamp:
            known = self._known[file] = stamp, floor.load(path)
        return known[1]


def _file(collection: str) -> str:
    return f"{hashlib.sha256(collection.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}.json"


def _together(floors: list[Floor]) -> Floor:
    """Of several collections as strict as the strictest: more is there that nobody's questions come near."""
    words = [known.words for known in floors if known.words is not None]
    looks = [known.looks for known in floors if known.looks is not None]
    return Floor(
        sum(known.pages for known in floors),
        floors[0].spaces,
        max(words) if words else None,
        min(looks) if looks else None,
    )


def _pages(catalog: Catalog) -> dict[str, int]:
    """How many pages each collection has."""
    column = schema.asset.c.collection
    query = select(column, func.sum(schema.asset.c.pages)).group_by(column)
    with database.reading(catalog.engine) as connection:
        return {str(name): int(pages or 0) for name, pages in connection.execute(query)}
