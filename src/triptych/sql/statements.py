"""Statements of the catalog, inside a transaction that the caller opened. See `catalog` for the meaning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, delete, exists, func, insert, select, tuple_, update
from sqlalchemy.engine import Row

from triptych.errors import UserError
from triptych.records import Asset, AssetRecord
from triptych.sql import pack, schema
from triptych.types import Box, Page, Region, Section, Source

T = TypeVar("T")

ID = 4  # characters of an asset's id that are enough to name it
BATCH = 500  # values in one IN list
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # NUL and lone surrogates: no database takes them

SOURCES = select(
    schema.source.c.path,
    schema.source.c.collection,
    schema.source.c.asset,
    schema.asset.c.sha256,
    schema.source.c.size,
    schema.source.c.modified,
    schema.asset.c.pipeline,
).join(schema.asset, schema.asset.c.key == schema.source.c.asset)

CHUNKS = (
    select(
        schema.chunk.c.key,
        schema.chunk.c.asset,
        schema.asset.c.sha256,
        schema.asset.c.collection,
        schema.asset.c.kind.label("asset_kind"),
        schema.asset.c.title,
        select(func.min(schema.source.c.path))
        .where(schema.source.c.asset == schema.asset.c.key)
        .scalar_subquery()
        .label("source"),
        schema.page.c.key.label("page_key"),
        schema.page.c.number.label("page"),
        schema.chunk.c.kind,
        schema.chunk.c.start,
        schema.chunk.c.end,
        schema.chunk.c.section,
        schema.chunk.c.confidence,
        schema.chunk.c.box,
    )
    .join(schema.page, schema.page.c.key == schema.chunk.c.page)
    .join(schema.asset, schema.asset.c.key == schema.chunk.c.asset)
)

SHOWN = str(  # plain SQL, see `database.asking`
    CHUNKS.add_columns(schema.page.c.text, schema.page.c.words, schema.caption.c.text).join(
        schema.caption, schema.caption.c.chunk == schema.chunk.c.key, isouter=True
    )
)
LAST_CHANGE = "SELECT last FROM counter WHERE name = 'change'"


def batches(values: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """`values` in lists of at most `size`."""
    rest = iter(values)
    while batch := list(islice(rest, size)):
        yield batch


def storable(text: str) -> str:
    """`text` with what no database can hold replaced one for one, so that character offsets stay."""
    return _UNSTORABLE.sub("\ufffd", text)


def stored_path(path: str) -> str:
    """`path` as it is stored: bytes of a name that are no UTF-8 are spelled out, so names stay distinct."""
    return _UNSTORABLE.sub(lambda m: f"\\x{ord(m.group()) & 0xFF:02x}", path)


def created(connection: Connection, made_by: str) -> None:
    """Make the tables of an empty database."""
    schema.metadata.create_all(connection)
    connection.execute(
        insert(schema.meta),
        [{"name": "schema", "value": str(schema.VERSION)}, {"name": "made_by", "value": made_by}],
    )
    connection.execute(insert(schema.counter), [{"name": name, "last": 0} for name in schema.COUNTERS])


def take(connection: Connection, name: str, count: int) -> int:
    """The first of `count` fresh consecutive numbers of a counter."""
    row = schema.counter.c
    connection.execute(update(schema.counter).where(row.name == name).values(last=row.last + count))
    last = connection.scalar(select(row.last).where(row.name == name))
    return int(last or 0) - count + 1


def record_change(connection: Connection, op: str, asset: int, first: int, last: int) -> None:
    seq = take(connection, "change", 1)
    values: dict[str, int | str] = {"seq": seq, "op": op, "asset": asset, "first": first, "last": last}
    values["at"] = datetime.now(UTC).isoformat()
    connection.execute(insert(schema.change).values(values))


# ---------------------------------------------------------------------------------------- reading


def load(connection: Connection, keys: Sequence[int]) -> list[Asset]:
    """Assets with their paths, by key."""
    found: list[Asset] = []
    for batch in batches(sorted(keys)):
        paths: dict[int, list[str]] = {}
        query = select(schema.source.c.asset, schema.source.c.path).where(schema.source.c.asset.in_(batch))
        for asset, path in connection.execute(query.order_by(schema.source.c.path)):
            paths.setdefault(asset, []).append(path)
        rows = select(schema.asset).where(schema.asset.c.key.in_(batch)).order_by(schema.asset.c.key)
        found += [_asset(row, paths.get(row.key, [])) for row in connection.execute(rows)]
    return found


def _asset(row: Row[Any], paths: Sequence[str]) -> Asset:
    return Asset(**row._mapping, sources=tuple(paths))


def find(connection: Connection, sha256: str, collection: str) -> Asset | None:
    query = select(schema.asset.c.key).where(
        schema.asset.c.sha256 == sha256, schema.asset.c.collection == collection
    )
    found = load(connection, connection.scalars(query).all())
    return found[0] if found else None


def named(connection: Connection, name: str, collection: str | None, further: Sequence[str]) -> list[Asset]:
    """Assets whose id starts with `name`, or that have it, or one of the `further` names, as a path."""
    written = [stored_path(path) for path in (name, *further)]
    by_path = select(schema.source.c.asset).where(schema.source.c.path.in_(written))
    condition: ColumnElement[bool] = schema.asset.c.key.in_(by_path)
    if len(name) >= ID and all(c in "0123456789abcdef" for c in name.lower()):
        condition |= schema.asset.c.sha256.startswith(name.lower(), autoescape=True)
    if collection is not None:
        condition &= schema.asset.c.collection == collection
    return load(connection, connection.scalars(select(schema.asset.c.key).where(condition)).all())


def one(found: Sequence[Asset], name: str) -> Asset:
    """The only asset that is meant by `name`. Raises UserError when there is none, or more than one."""
    if len(found) == 1:
        return found[0]
    if not found:
        short = f" Type {ID} characters of an id at least." if len(name) < ID else ""
        raise UserError(
            f"There is no asset '{name}' in this library.{short} See what there is: triptych list"
        )
    ids = ", ".join(f"{a.sha256[:12]} in {a.collection}" for a in found[:5])
    raise UserError(
        f"'{name}' means {len(found)} assets ({ids}). Type more of the id, or name one with --collection."
    )


def pages_at(connection: Connection, places: Sequence[tuple[str, str, int]]) -> list[Page | None]:
    """Pages by the sha256 of their asset, its collection and their number, in that order, in two queries; None for one
    that is not there any more."""
    assets = select(schema.asset.c.key, schema.asset.c.sha256, schema.asset.c.collection).where(
        schema.asset.c.sha256.in_({sha256 for sha256, _, _ in places})
    )
    keys = {(sha256, collection): key for key, sha256, collection in connection.execute(assets)}
    wanted = [(keys.get(place[:2], -1), place[2]) for place in places]
    query = select(schema.page).where(tuple_(schema.page.c.asset, schema.page.c.number).in_(wanted))
    pages = {(row.asset, row.number): page(row) for row in connection.execute(query)}
    return [pages.get(at) for at in wanted]


def paths(connection: Connection, asset: int) -> list[Source]:
    """The paths that stand for an asset."""
    query = SOURCES.where(schema.source.c.asset == asset)
    return [Source(r.path, r.sha256, r.size, r.modified) for r in connection.execute(query)]


def page(row: Row[Any]) -> Page:
    """A row of the page table as a Page with its words."""
    return Page(
        number=row.number,
        text=pack.unpack(row.text, row.words),
        width=row.width,
        height=row.height,
        dpi=row.dpi,
        turned=row.turned,
        text_source=row.text_source,
        ocr_engine=row.ocr_engine,
        language=row.language,
        sections=tuple(Section(start, title) for start, title in row.sections),
        meta=row.meta,
        failed=row.failed,
        regions=tuple(Region(name, Box(*box), text) for name, box, text in row.regions),
    )


# ---------------------------------------------------------------------------------------- adding


def insert_asset(connection: Connection, record: AssetRecord, pages: int) -> int:
    key = take(connection, "asset", 1)
    connection.execute(
        insert(schema.asset).values(
            key=key,
            sha256=record.sha256,
            collection=record.collection,
            kind=record.kind,
            media_type=record.media_type,
            bytes=record.bytes,
            status=record.status,
            added=datetime.now(UTC).isoformat(timespec="seconds"),
            pipeline=record.pipeline,
            title=storable(record.title),
            pages=pages,
            meta=_plain(record.meta),
            error=None if record.error is None else _plain(record.error),
        )
    )
    return key


def tag(connection: Connection, asset: int, tags: Mapping[str, str]) -> None:
    """Store the tags of an asset."""
    mine = schema.asset.c.key == asset
    meta = connection.scalar(select(schema.asset.c.meta).where(mine)) or {}
    connection.execute(update(schema.asset).where(mine).values(meta=_plain({**meta, "tags": tags})))


def _plain(value: Any) -> Any:
    """JSON-ready: mappings as dicts, tuples as lists, what no database can hold replaced."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {storable(str(k)): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value


def insert_pages(connection: Connection, asset: int, pages: Sequence[Page]) -> int:
    """Store pages; the key of the first one, the others follow."""
    first = take(connection, "page", len(pages))
    rows = [
        {
            "key": first + i,
            "asset": asset,
            "number": p.number,
            "width": p.width,
            "height": p.height,
            "dpi": p.dpi,
            "turned": p.turned,
            "text_source": p.text_source,
            "ocr_engine": p.ocr_engine,
            "language": p.language,
            "confidence": p.text.mean_confidence,
            "failed": None if p.failed is None else storable(p.failed),
            "sections": [[s.start, storable(s.title)] for s in p.sections],
            "meta": _plain(p.meta),
            "regions": [[storable(r.name), list(r.box), storable(r.text)] for r in p.regions],
            "text": storable(p.text.text),
            "words": pack.words(p.text),
        }
        for i, p in enumerate(pages)
    ]
    if rows:
        connection.execute(insert(schema.page), rows)
    return first


def insert_sources(
    connection: Connection, asset: int, collection: str, sources: Sequence[Source]
) -> set[int]:
    """Let paths stand for `asset`; the keys of other assets that lost a path by it."""
    robbed: set[int] = set()
    for source in sources:
        path = stored_path(source.path)
        here = (schema.source.c.collection == collection) & (schema.source.c.path == path)
        other = connection.scalar(select(schema.source.c.asset).where(here))
        values: dict[str, Any] = {"asset": asset, "size": source.size, "modified": source.modified}
        if other is None:
            values |= {"collection": collection, "path": path}
            connection.execute(insert(schema.source).values(values))
        else:
            connection.execute(update(schema.source).where(here).values(values))
            if other != asset:
                robbed.add(other)
    return robbed


# ---------------------------------------------------------------------------------------- removing


def drop(connection: Connection, assets: Iterable[int]) -> set[bytes]:
    """Delete assets with paths, pages and chunks, and number a change for each. The hashes of their
    chunks: `purge` them when the transaction has inserted what it wants to insert."""
    hashes: set[bytes] = set()
    for asset in sorted(assets):
        mine = schema.chunk.c.asset == asset
        hashes |= set(connection.scalars(select(schema.chunk.c.hash).where(mine)))
        bounds = select(func.min(schema.chunk.c.key), func.max(schema.chunk.c.key)).where(mine)
        first, last = connection.execute(bounds).one()
        said = select(schema.chunk.c.key).where(mine, schema.chunk.c.kind == "caption")
        connection.execute(delete(schema.caption).where(schema.caption.c.chunk.in_(said)))
        connection.execute(delete(schema.chunk).where(mine))
        connection.execute(delete(schema.page).where(schema.page.c.asset == asset))
        connection.execute(delete(schema.source).where(schema.source.c.asset == asset))
        connection.execute(delete(schema.asset).where(schema.asset.c.key == asset))
        record_change(connection, "drop", asset, first or 1, last or 0)
    return hashes


def drop_stranded(connection: Connection, assets: Iterable[int]) -> tuple[set[bytes], set[str]]:
    """Drop those of `assets` that have no path left; the hashes of their chunks and their sha256."""
    has_path = select(schema.source.c.asset).distinct()
    gone: dict[int, str] = {}
    for batch in batches(sorted(assets)):
        query = select(schema.asset.c.key, schema.asset.c.sha256).where(
            schema.asset.c.key.in_(batch), schema.asset.c.key.not_in(has_path)
        )
        gone.update((key, sha256) for key, sha256 in connection.execute(query))
    return drop(connection, gone), set(gone.values())


def purge(connection: Connection, hashes: Iterable[bytes]) -> None:
    """Delete the vectors, in every space, of those hashes that no chunk has any more."""
    wanted = select(schema.chunk.c.hash).where(schema.chunk.c.hash == schema.vector.c.hash)
    for batch in batches(sorted(hashes)):
        connection.execute(
            delete(schema.vector).where(
                schema.vector.c.hash.in_(batch), ~exists(wanted.correlate(schema.vector))
            )
        )


def unheld(connection: Connection, contents: set[str]) -> tuple[str, ...]:
    """Those sha256 that no asset of any collection holds."""
    held: set[str] = set()
    for batch in batches(sorted(contents)):
        held |= set(connection.scalars(select(schema.asset.c.sha256).where(schema.asset.c.sha256.in_(batch))))
    return tuple(sorted(contents - held))


def settle(connection: Connection, robbed: set[int], hashes: Iterable[bytes] = ()) -> tuple[str, ...]:
    """Drop assets that lost their last path, then vectors of dropped chunks that nothing shares."""
    loose, contents = drop_stranded(connection, robbed)
    purge(connection, loose.union(hashes))
    return unheld(connection, contents)
