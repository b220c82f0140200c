"""SQL about the pieces of pages: passages, captions and views, their vectors and spaces.

Like `statements`, on a connection whose transaction is the caller's (`catalog`).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, delete, exists, func, insert, select, update

from triptych.errors import LibraryError, WrongSpace
from triptych.records import KINDS, SIGNAL_OF, Piece, Space, Spaces
from triptych.sql import pack, schema
from triptych.sql.statements import batches, record_change, storable, take
from triptych.types import Box, Caption, Chunk

SILENT = "silent"  # under which a page's meta names the models that have nothing to say of it
_YEAR = 31_557_600  # seconds


def insert_pieces(
    connection: Connection, asset: int, pieces: Sequence[tuple[int, Piece]], spaces: Spaces
) -> None:
    """Store pieces, each with the key of its page, with their vectors, and number the change.

    Captions go last, so that they can be replaced later without touching the other pieces.
    """
    pieces = sorted(pieces, key=lambda placed: placed[1].kind == "caption")
    first = take(connection, "chunk", len(pieces))
    last = first + len(pieces) - 1
    rows = [_chunk_row(first + i, asset, page, piece) for i, (page, piece) in enumerate(pieces)]
    said = [
        {"chunk": first + i, **piece.caption.to_dict(), "text": storable(piece.caption.text)}
        for i, (_, piece) in enumerate(pieces)
        if piece.caption is not None
    ]
    if rows:
        connection.execute(insert(schema.chunk), rows)
    if said:
        connection.execute(insert(schema.caption), said)
    for signal in sorted({SIGNAL_OF[piece.kind] for _, piece in pieces}):
        number = enter(connection, signal, spaces[signal])
        mine = [piece for _, piece in pieces if SIGNAL_OF[piece.kind] == signal]
        insert_vectors(connection, number, {p.hash: p.vector for p in mine if p.vector is not None})
        if missing := without_vector(connection, number, signal, first, last):
            raise LibraryError(
                f"{len(missing)} passages or views came without vectors; nothing of this asset was stored."
            )
    record_change(connection, "put", asset, first, last)


def _chunk_row(key: int, asset: int, page: int, piece: Piece) -> dict[str, Any]:
    return {
        "key": key,
        "asset": asset,
        "page": page,
        "kind": piece.kind,
        "start": piece.chunk.start,
        "end": piece.chunk.end,
        "section": storable(piece.chunk.section),
        "confidence": piece.chunk.confidence,
        "box": None if piece.box is None else [round(v, 6) for v in piece.box],
        "hash": piece.hash,
    }


def without_vector(
    connection: Connection, space: int | None, signal: str, first: int, last: int
) -> list[tuple[int, bytes]]:
    """(key, hash) of those pieces of a signal in [first, last] that have no vector in the space."""
    number = -1 if space is None else space
    has = exists().where(schema.vector.c.space == number, schema.vector.c.hash == schema.chunk.c.hash)
    query = select(schema.chunk.c.key, schema.chunk.c.hash).where(
        schema.chunk.c.key.between(first, last), schema.chunk.c.kind.in_(KINDS[signal]), ~has
    )
    return [(key, name) for key, name in connection.execute(query.order_by(schema.chunk.c.key))]


def ensure_space(connection: Connection, space: Space) -> int:
    """Number of the space, made on first use. Raises WrongSpace when it has another dimension."""
    row = connection.execute(select(schema.space).where(schema.space.c.name == space.name)).first()
    if row is None:
        number = 1 + int(connection.scalar(select(func.max(schema.space.c.id))) or 0)
        connection.execute(insert(schema.space).values(id=number, name=space.name, dim=space.dim))
        return number
    if row.dim != space.dim:
        raise WrongSpace(
            f"The space '{space.name}' has vectors of {row.dim} numbers here, the encoder gives {space.dim}. "
            f"Use the encoder that the library was made with."
        )
    return int(row.id)


def panels(connection: Connection) -> dict[str, Space]:
    """Signal -> the space that its vectors are in."""
    query = select(schema.panel.c.signal, schema.space.c.name, schema.space.c.dim).join(
        schema.space, schema.space.c.id == schema.panel.c.space
    )
    return {signal: Space(name, dim) for signal, name, dim in connection.execute(query)}


def enter(connection: Connection, signal: str, space: Space) -> int:
    """Number of the space of a signal, which it keeps from its first vector on. Raises WrongSpace when it
    is another one."""
    known = panels(connection).get(signal, space)
    if known.name != space.name:
        raise WrongSpace(f"The signal '{signal}' has vectors of '{known.name}' here, not of '{space.name}'.")
    number = ensure_space(connection, space)
    if not connection.scalar(select(func.count()).where(schema.panel.c.signal == signal)):
        connection.execute(insert(schema.panel).values(signal=signal, space=number))
    return number


def insert_vectors(connection: Connection, space: int, rows: Mapping[bytes, np.ndarray]) -> None:
    """Store those vectors whose hash has none in the space yet."""
    known: set[bytes] = set()
    for batch in batches(rows):
        query = select(schema.vector.c.hash).where(
            schema.vector.c.space == space, schema.vector.c.hash.in_(batch)
        )
        known |= set(connection.scalars(query))
    new = [name for name in rows if name not in known]
    if new:
        packed = pack.half(np.stack([rows[name] for name in new]))
        values = [{"space": space, "hash": h, "row": r} for h, r in zip(new, packed, strict=True)]
        connection.execute(insert(schema.vector), values)


def space_id(connection: Connection, name: str) -> int | None:
    """Number of a space; None when nothing was stored in it yet."""
    return connection.scalar(select(schema.space.c.id).where(schema.space.c.name == name))


def replace_captions(
    connection: Connection,
    asset: int,
    pieces: Mapping[int, Sequence[Piece]],
    origins: Iterable[str],
    spaces: Spaces,
    silent: str,
) -> set[bytes]:
    """See `Catalog.describe`. The hashes of what was embedded before, as of `drop_captions`."""
    pages = select(schema.page.c.number, schema.page.c.key).where(schema.page.c.asset == asset)
    key_of = {number: key for number, key in connection.execute(pages)}
    hashes = drop_captions(connection, asset, [key_of[n] for n in pieces], origins)
    placed = [(key_of[number], p) for number, said in pieces.items() for p in said]
    insert_pieces(connection, asset, placed, spaces)
    if silent:
        _note_silent(connection, [key_of[n] for n, said in pieces.items() if not said], silent)
    return hashes


def drop_captions(
    connection: Connection, asset: int, pages: Iterable[int], origins: Iterable[str]
) -> set[bytes]:
    """Delete what `origins` said of those pages (keys) of an asset, and number a change for each run. The
    hashes of what was embedded: `purge` them when the transaction has inserted what it wants to insert."""
    query = (
        select(schema.chunk.c.key, schema.chunk.c.hash)
        .join(schema.caption, schema.caption.c.chunk == schema.chunk.c.key)
        .where(
            schema.chunk.c.asset == asset,
            schema.chunk.c.page.in_(sorted(pages)),
            schema.caption.c.origin.in_(sorted(origins)),
        )
        .order_by(schema.chunk.c.key)
    )
    found = connection.execute(query).all()
    for batch in batches(key for key, _ in found):
        connection.execute(delete(schema.caption).where(schema.caption.c.chunk.in_(batch)))
        connection.execute(delete(schema.chunk).where(schema.chunk.c.key.in_(batch)))
    for first, last in runs([key for key, _ in found]):
        record_change(connection, "drop", asset, first, last)
    return {name for _, name in found}


def _note_silent(connection: Connection, pages: Iterable[int], model: str) -> None:
    """Note with pages (keys) that `model` has looked at them and said nothing."""
    for key in pages:
        here = schema.page.c.key == key
        meta = connection.execute(select(schema.page.c.meta).where(here)).scalar_one()
        noted = {**meta, SILENT: sorted({*meta.get(SILENT, ()), model})}
        connection.execute(update(schema.page).where(here).values(meta=noted))


def runs(keys: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(first, last) of each run of consecutive numbers in sorted `keys`."""
    start = 0
    for i in range(1, len(keys) + 1):
        if i == len(keys) or keys[i] != keys[i - 1] + 1:
            yield keys[start], keys[i - 1]
            start = i


# ---------------------------------------------------------------------------------------- reading


def of_asset(connection: Connection, asset: int) -> dict[int, list[Piece]]:
    """All pieces of an asset without their vectors, by the key of their page, in order of their keys."""
    query = (
        select(schema.chunk, schema.caption)
        .join(schema.caption, schema.caption.c.chunk == schema.chunk.c.key, isouter=True)
        .where(schema.chunk.c.asset == asset)
        .order_by(schema.chunk.c.key)
    )
    found: dict[int, list[Piece]] = {}
    for row in connection.execute(query):
        piece = Piece(
            Chunk(row.start, row.end, row.section, row.confidence),
            row.hash,
            kind=row.kind,
            box=None if row.box is None else Box(*row.box),
            caption=None
            if row.chunk is None
            else Caption(row.text, row.origin, row.model, row.style, row.prompt, row.at),
        )
        found.setdefault(row.page, []).append(piece)
    return found


def facts(connection: Connection, pages: Sequence[int]) -> dict[str, np.ndarray]:
    """Of each page (keys), as (n,) arrays that are all about 0..1: the mean confidence of its words, how many
    captions it has, whether its file is a picture, and the age of that; and the sha256 of its document."""
    captions = (
        select(func.count())
        .where(schema.chunk.c.page == schema.page.c.key, schema.chunk.c.kind == "caption")
        .scalar_subquery()
    )
    changed = select(func.max(schema.source.c.modified)).where(schema.source.c.asset == schema.asset.c.key)
    query = select(
        schema.page.c.key,
        schema.page.c.confidence,
        captions,
        schema.asset.c.kind,
        changed.scalar_subquery(),
        schema.asset.c.sha256,
    ).join(schema.asset, schema.asset.c.key == schema.page.c.asset)
    known: dict[int, tuple[float, float, float, float]] = {}
    documents: dict[int, str] = {}
    for batch in batches(pages):
        for key, sure, count, kind, at, sha256 in connection.execute(
            query.where(schema.page.c.key.in_(batch))
        ):
            documents[key] = sha256
            years = max(0.0, time.time() - (at or 0.0)) / _YEAR
            known[key] = (
                1.0 if sure is None else sure,
                min(count, 5) / 5,
                kind == "image",
                np.log1p(years) / 3,
            )
    rows = np.array([known.get(key, (1.0, 0.0, 0.0, 0.0)) for key in pages]).reshape(-1, 4)
    told = dict(zip(("confidence", "captions", "picture_file", "age"), rows.T, strict=True))
    return told | {"document": np.array([documents.get(key, "") for key in pages], object)}
