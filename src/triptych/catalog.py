"""The catalog: the only truth of a library, in one SQL database.

    Catalog.open(url, create=False) -> Catalog       url: path of an SQLite file, or an SQLAlchemy URL
    put(record, sources, pages, pieces, spaces) -> Committed     one transaction, numbered changes
    alias(asset_key, sources) -> Committed           the same content under further paths
    remove(asset_keys) / forget(collection, paths) -> tuple[str, ...]   sha256 that nothing holds any more
    find(sha256, collection) -> Asset | None         source(collection, path) -> StoredSource | None
    asset(id prefix or path, collection) -> Asset    assets(...), sources(...), collections(), counts()
    pages(asset_key), page(asset_key, number) -> Page
    shown(keys) -> [(ChunkRow, PageText)]            places(keys) -> Places
    pieces(asset_key) -> [(Page, [Piece])]           describe(asset_key, captions, ...): captions anew
    vectors(space, hashes) -> dict                   the embedding cache
    last_change(), changes(since)                    what projections replay (see also `replay`)

An asset commits with its pages, words, chunks and vectors in one transaction, together with a numbered
change that names its range of chunk keys. Replacing it is a drop and a put in the same transaction.
Keys are never used twice. Values in and out are those of `records` and `types`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import delete, func, insert, inspect, select
from sqlalchemy.engine import Engine

from triptych import __version__
from triptych.errors import LibraryError, UserError
from triptych.faults import point
from triptych.records import (
    Asset,
    AssetRecord,
    Change,
    ChunkRow,
    Committed,
    Piece,
    Places,
    Space,
    Spaces,
    StoredSource,
)
from triptych.sql import database, pack, schema
from triptych.sql import pieces as sql_pieces
from triptych.sql import statements as sql
from triptych.types import Page, PageText, Source


def _listed(numbers: Sequence[int] | np.ndarray) -> str:
    return ",".join(map(str, np.asarray(numbers).tolist())) or "NULL"  # an empty list is no SQL everywhere


class Catalog:
    """An opened catalog. Any number of threads may read; one at a time may write."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, url: str | Path, create: bool = False) -> Catalog:
        """The catalog at `url`. Raises LibraryError when there is none (and `create` is off), when it
        is not one of ours, is damaged, or was made by another version. Never overwrites anything."""
        address = str(url)
        none_there = LibraryError(
            f"There is no library '{Path(address).parent}'. Name one after --library, or make one: triptych add PATH"
        )
        if "://" not in address and not create and not Path(address).is_file():
            raise none_there
        engine = database.connect(address)
        with database.reading(engine) as connection:
            tables = set(inspect(connection).get_table_names())
        if not tables and create:
            with database.writing(engine) as connection:
                sql.created(connection, __version__)
        elif "meta" not in tables or "chunk" not in tables:
            engine.dispose()
            if not tables:  # whoever was making it was killed
                raise none_there
            raise LibraryError(
                f"'{address}' is a database, but not a Triptych catalog. Name another library after --library."
            )
        catalog = cls(engine)
        catalog._check_version(address)
        return catalog

    def _check_version(self, address: str) -> None:
        with database.reading(self.engine) as connection:
            found = {name: value for name, value in connection.execute(select(schema.meta))}
        if found.get("schema") != str(schema.VERSION):
            self.close()
            raise LibraryError(
                f"'{address}' was made by another version of Triptych ({found.get('made_by', 'unknown')}, schema "
                f"{found.get('schema')}; this one reads schema {schema.VERSION}). Install that version, or add "
                f"the files to a new library: triptych --library NEW add PATH"
            )

    def close(self) -> None:
        self.engine.dispose()

    # ------------------------------------------------------------------------------------ writing

    def put(
        self,
        record: AssetRecord,
        sources: Sequence[Source],
        pages: Sequence[Page],
        pieces: Sequence[Sequence[Piece]],
        spaces: Spaces,
    ) -> Committed:
        """Commit one asset with everything of it; `pieces[i]` are those of `pages[i]`, with vectors in
        the space of their signal.

        An asset of the same content and collection is replaced. A path that stood for other content
        now stands for this one; content that lost its last path goes. A piece without a vector must
        have one in the catalog already (LibraryError).
        """
        with database.writing(self.engine) as connection:
            old = sql.find(connection, record.sha256, record.collection)
            kept = [] if old is None else sql.paths(connection, old.key)
            hashes = set() if old is None else sql.drop(connection, [old.key])
            key = sql.insert_asset(connection, record, len(pages))
            first = sql.insert_pages(connection, key, pages)
            placed = [(first + i, piece) for i, here in enumerate(pieces) for piece in here]
            sql_pieces.insert_pieces(connection, key, placed, spaces)
            robbed = sql.insert_sources(connection, key, record.collection, [*kept, *sources])
            freed = sql.settle(connection, robbed, hashes)
            asset = sql.load(connection, [key])[0]
            point("catalog-before-commit")
        point("catalog-after-commit")
        return Committed(asset, freed)

    def describe(
        self,
        asset: int,
        pieces: Mapping[int, Sequence[Piece]],
        origins: Iterable[str],
        spaces: Spaces,
        silent: str = "",
    ) -> None:
        """Captions of pages, by page number, in place of what `origins` said of them; nothing else of the
        asset changes. Of pages without any it is noted that the model `silent` said nothing."""
        with database.writing(self.engine) as connection:
            hashes = sql_pieces.replace_captions(connection, asset, pieces, origins, spaces, silent)
            sql.purge(connection, hashes)
            point("catalog-before-commit")

    def alias(self, asset: int, sources: Sequence[Source]) -> Committed:
        """Further paths of the same content, or new times of known ones. No change is numbered unless
        other content lost its last path by it."""
        with database.writing(self.engine) as connection:
            found = sql.load(connection, [asset])
            if not found:
                raise LibraryError(f"The asset {asset} is not in the catalog any more. Add its file again.")
            robbed = sql.insert_sources(connection, asset, found[0].collection, sources)
            freed = sql.settle(connection, robbed)
            committed = Committed(sql.load(connection, [asset])[0], freed)
            point("alias-before-commit")
        return committed

    def tag(self, asset: int, tags: Mapping[str, str]) -> None:
        """Give an asset these tags in place of the ones it has; nothing else of it changes."""
        with database.writing(self.engine) as connection:
            sql.tag(connection, asset, tags)

    def remove(self, assets: Sequence[int]) -> tuple[str, ...]:
        """Remove assets with all that is theirs; the sha256 that nothing holds any more."""
        with database.writing(self.engine) as connection:
            found = sql.load(connection, assets)
            sql.purge(connection, sql.drop(connection, [asset.key for asset in found]))
            freed = sql.unheld(connection, {asset.sha256 for asset in found})
            point("remove-before-commit")
        point("remove-after-commit")
        return freed

    def forget(self, collection: str, paths: Iterable[str]) -> tuple[str, ...]:
        """Forget paths; content that loses its last one is removed. The sha256 that nothing holds any more."""
        with database.writing(self.engine) as connection:
            robbed: set[int] = set()
            for batch in sql.batches(sql.stored_path(path) for path in paths):
                here = (schema.source.c.collection == collection) & schema.source.c.path.in_(batch)
                robbed |= set(connection.scalars(select(schema.source.c.asset).where(here)))
                connection.execute(delete(schema.source).where(here))
            freed = sql.settle(connection, robbed)
            point("remove-before-commit")
        point("remove-after-commit")
        return freed

    def add_vectors(self, space: Space, rows: Mapping[bytes, np.ndarray]) -> None:
        """Store vectors of a further space for what is here already, as for a change of encoder."""
        with database.writing(self.engine) as connection:
            number = sql_pieces.ensure_space(connection, space)
            sql_pieces.insert_vectors(connection, number, rows)

    def adopt(self, spaces: Spaces) -> None:
        """From now on the vectors of these signals are those of these spaces. Spaces that no signal uses any
        more are forgotten with their vectors."""
        with database.writing(self.engine) as connection:
            for signal, space in spaces.items():
                number = sql_pieces.ensure_space(connection, space)
                connection.execute(delete(schema.panel).where(schema.panel.c.signal == signal))
                connection.execute(insert(schema.panel).values(signal=signal, space=number))
            idle = schema.space.c.id.not_in(select(schema.panel.c.space))
            numbers = list(connection.scalars(select(schema.space.c.id).where(idle)))
            connection.execute(delete(schema.vector).where(schema.vector.c.space.in_(numbers)))
            connection.execute(delete(schema.space).where(schema.space.c.id.in_(numbers)))

    def integrity(self) -> list[str]:
        """What the database finds wrong with itself; [] is sound."""
        return database.integrity(self.engine)

    def shrink(self) -> None:
        """Cut the write-ahead log to nothing, so that no bytes of removed assets stay in it."""
        database.shrink(self.engine)

    # ------------------------------------------------------------------------------------ assets

    def find(self, sha256: str, collection: str) -> Asset | None:
        """The asset of this content in this collection, if it is there."""
        with database.reading(self.engine) as connection:
            return sql.find(connection, sha256, collection)

    def asset(self, name: str, collection: str | None = None, paths: Sequence[str] = ()) -> Asset:
        """The one asset whose id starts with `name` (at least 4 characters) or that has the path `name`, or one
        of `paths`, which mean the same file.

        Raises UserError when there is none, or more than one.
        """
        with database.reading(self.engine) as connection:
            return sql.one(sql.named(connection, name, collection, paths), name)

    def assets(self, collection: str | None = None) -> list[Asset]:
        """All assets, in the order in which they were added."""
        query = select(schema.asset.c.key)
        if collection is not None:
            query = query.where(schema.asset.c.collection == collection)
        with database.reading(self.engine) as connection:
            return sql.load(connection, connection.scalars(query).all())

    def source(self, collection: str, path: str) -> StoredSource | None:
        """What is known of a path, if it is."""
        query = sql.SOURCES.where(
            schema.source.c.collection == collection, schema.source.c.path == sql.stored_path(path)
        )
        with database.reading(self.engine) as connection:
            row = connection.execute(query).first()
        return None if row is None else StoredSource(*row)

    def sources(self, collection: str | None = None, path_prefix: str = "") -> list[StoredSource]:
        """All known paths that start with `path_prefix`, in order."""
        query = sql.SOURCES.where(
            schema.source.c.path.startswith(sql.stored_path(path_prefix), autoescape=True)
        )
        if collection is not None:
            query = query.where(schema.source.c.collection == collection)
        with database.reading(self.engine) as connection:
            return [StoredSource(*row) for row in connection.execute(query.order_by(schema.source.c.path))]

    def collections(self) -> list[str]:
        """Names of the collections that hold something, sorted."""
        with database.reading(self.engine) as connection:
            query = select(schema.asset.c.collection).distinct().order_by(schema.asset.c.collection)
            return list(connection.scalars(query))

    def blobs(self) -> set[str]:
        """The sha256 of all contents that some asset holds."""
        with database.reading(self.engine) as connection:
            return set(connection.scalars(select(schema.asset.c.sha256).distinct()))

    def counts(self) -> dict[str, int]:
        """How many assets, pages, chunks and vectors there are."""
        tables = (schema.asset, schema.page, schema.chunk, schema.vector)
        with database.reading(self.engine) as connection:
            return {
                f"{table.name}s": int(connection.scalar(select(func.count()).select_from(table)) or 0)
                for table in tables
            }

    # ------------------------------------------------------------------------------------ pages and chunks

    def pages(self, asset: int) -> list[Page]:
        """All pages of an asset, in order. [] for an unknown asset."""
        query = select(schema.page).where(schema.page.c.asset == asset).order_by(schema.page.c.number)
        with database.reading(self.engine) as connection:
            return [sql.page(row) for row in connection.execute(query)]

    def page(self, asset: int, number: int) -> Page:
        """One page. Raises UserError when the asset has no such page."""
        query = select(schema.page).where(schema.page.c.asset == asset, schema.page.c.number == number)
        with database.reading(self.engine) as connection:
            row = connection.execute(query).first()
            pages = connection.scalar(select(schema.asset.c.pages).where(schema.asset.c.key == asset))
        if row is None:
            raise UserError(f"There is no page {number} in this asset; the last one is {pages}.")
        return sql.page(row)

    def pages_at(self, places: Sequence[tuple[str, str, int]]) -> list[Page | None]:
        """Pages by the sha256 of their asset, its collection and their number, in that order; None for one that is not
        there any more."""
        with database.reading(self.engine) as connection:
            return sql.pages_at(connection, places)

    def shown(self, keys: Sequence[int]) -> list[tuple[ChunkRow, PageText]]:
        """Pieces with page, asset and text, each with the text and words of its whole page, in the order of
        `keys`; unknown keys are left out, which is how the catalog confirms a hit."""
        known: dict[int, tuple[ChunkRow, PageText]] = {}
        pages: dict[int, PageText] = {}
        for *told, box, text, words, said in self._asked(
            f'{sql.SHOWN} WHERE chunk."key" IN ({_listed(keys)})'
        ):
            row = ChunkRow._make((*told, json.loads(box) if isinstance(box, str) else box, said or ""))
            page = pages.get(row.page_key)
            if page is None:
                page = pages[row.page_key] = pack.unpack(text, bytes(words))
            known[row.key] = (row if said is not None else row._replace(text=text[row.start : row.end])), page
        return [known[int(key)] for key in keys if int(key) in known]

    def places(self, keys: Sequence[int] | np.ndarray) -> Places:
        """Where pieces stand, by page and key; unknown keys are left out. For the hundreds of candidates that
        are folded into pages: numbers in plain SQL, because binding each of them costs four times as much
        as the look-up."""
        return self._placed(f'"key" IN ({_listed(keys)})')

    def beside(self, pages: np.ndarray, kinds: Sequence[str]) -> Places:
        """Where the pieces of some kinds on those pages stand, as `places`."""
        wanted = ",".join(f"'{kind}'" for kind in kinds)
        return self._placed(f"page IN ({_listed(np.unique(pages))}) AND kind IN ({wanted})")

    def standing(self, first: int, last: int) -> list[tuple[int, int, int, str]]:
        """Key, asset, page and kind of every piece with a key in [first, last]."""
        query = f'SELECT "key", asset, page, kind FROM chunk WHERE "key" BETWEEN {int(first)} AND {int(last)}'
        return self._asked(query)

    def _placed(self, condition: str) -> Places:
        query = f'SELECT "key", asset, page FROM chunk WHERE {condition}'
        rows = self._asked(query)
        numbers = np.fromiter(chain.from_iterable(rows), np.int64, 3 * len(rows))
        return Places.of(*numbers.reshape(-1, 3).T)

    def _asked(self, query: str) -> list[Any]:
        with database.asking(self.engine) as cursor:
            cursor.execute(query)
            return cursor.fetchall()  # type: ignore[no-any-return]

    def facts(self, pages: np.ndarray) -> dict[str, np.ndarray]:
        """What is known of pages (keys), as learned fusion wants it: (n,) arrays, all about 0..1."""
        with database.reading(self.engine) as connection:
            return sql_pieces.facts(connection, pages.tolist())

    def pieces(self, asset: int) -> list[tuple[Page, list[Piece]]]:
        """The pages of an asset with their pieces (without vectors), in order."""
        pages = select(schema.page).where(schema.page.c.asset == asset).order_by(schema.page.c.number)
        with database.reading(self.engine) as connection:
            rows = connection.execute(pages).all()
            found = sql_pieces.of_asset(connection, asset)
        return [(sql.page(row), found.get(row.key, [])) for row in rows]

    # ------------------------------------------------------------------------------------ vectors

    def panels(self) -> dict[str, Space]:
        """The space of the vectors of each signal that has some."""
        with database.reading(self.engine) as connection:
            return sql_pieces.panels(connection)

    def vectors(self, space: str, hashes: Iterable[bytes]) -> dict[bytes, np.ndarray]:
        """The (dim,) float16 vectors of those of `hashes` that have one in `space`."""
        found: dict[bytes, np.ndarray] = {}
        with database.reading(self.engine) as connection:
            number = sql_pieces.space_id(connection, space)
            for batch in sql.batches(sorted(set(hashes))):
                query = select(schema.vector.c.hash, schema.vector.c.row).where(
                    schema.vector.c.space == number, schema.vector.c.hash.in_(batch)
                )
                found.update((name, np.frombuffer(row, "<f2")) for name, row in connection.execute(query))
        return found

    # ------------------------------------------------------------------------------------ changes

    def last_change(self) -> int:
        """Number of the last committed change; 0 for an empty library. Cheap: asked before each search."""
        found = self._asked(sql.LAST_CHANGE)
        return int(found[0][0]) if found else 0

    def changes(self, since: int, limit: int = 1000) -> list[Change]:
        """Changes with numbers above `since`, in order, at most `limit`."""
        query = (
            select(schema.change)
            .where(schema.change.c.seq > since)
            .order_by(schema.change.c.seq)
            .limit(limit)
        )
        with database.reading(self.engine) as connection:
            return [Change(*row) for row in connection.execute(query)]
