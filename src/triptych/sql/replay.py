"""Bulk reading of the catalog for projections: passages for keywords, vectors for stores, in key order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from sqlalchemy import ColumnElement, Connection, exists, func, select

from triptych.catalog import Catalog
from triptych.errors import LibraryError, WrongSpace
from triptych.records import KINDS, Change
from triptych.sql import database, pack, pieces, schema
from triptych.sql import statements as sql

BATCH = 2000  # chunks read at once
MOST_CAPTIONS = 50  # that one origin may say of one page
TEMPLATED = "builtin"  # the origin of captions that say nothing but what the look says


class Passage(NamedTuple):
    """What the keyword index is fed: a chunk's text with its headings and the names of its file."""

    key: int
    asset: int
    collection: str
    title: str
    section: str
    source: str
    text: str


def keys(catalog: Catalog, signal: str) -> np.ndarray:
    """Keys of the pieces that a signal's projection holds, sorted int64."""
    query = select(schema.chunk.c.key).where(_of(signal)).order_by(schema.chunk.c.key)
    with database.reading(catalog.engine) as connection:
        return np.array(connection.scalars(query).all(), np.int64)


def _of(signal: str) -> ColumnElement[bool]:
    """Which pieces a signal's projection holds. Keywords are text, and the captions of a page, all that one
    origin says of it as one passage under the key of the first: words of one picture belong together. The
    templated ones are left out: thousands of short passages in few words would make all others seem long
    (docs/log/panels.md)."""
    kind, start = schema.chunk.c.kind, schema.chunk.c.start
    if signal == "keyword":
        said = exists().where(
            schema.caption.c.chunk == schema.chunk.c.key, schema.caption.c.origin != TEMPLATED
        )
        return (kind == "text") | ((kind == "caption") & (start == 0) & said)
    return kind.in_(KINDS[signal])


def counts(catalog: Catalog, asset: int) -> dict[str, int]:
    """How many entries the projection of each signal has of an asset."""
    mine = select(func.count()).where(schema.chunk.c.asset == asset)
    with database.reading(catalog.engine) as connection:
        return {name: connection.scalar(mine.where(_of(name))) or 0 for name in ("keyword", *KINDS)}


def state(catalog: Catalog) -> tuple[int, int]:
    """(last change, last chunk key that was ever given) of one moment."""
    key = select(schema.counter.c.last).where(schema.counter.c.name == "chunk")
    with database.reading(catalog.engine) as connection:
        return int(connection.exec_driver_sql(sql.LAST_CHANGE).scalar() or 0), int(
            connection.scalar(key) or 0
        )


def passages(catalog: Catalog, first: int, last: int) -> Iterator[list[Passage]]:
    """The chunks with keys in [first, last] that are still there, in batches."""
    for low in range(first, last + 1, BATCH):
        with database.reading(catalog.engine) as connection:
            found = _passages(connection, low, min(last, low + BATCH - 1))
        if found:
            yield found


def _passages(connection: Connection, low: int, high: int) -> list[Passage]:
    query = sql.CHUNKS.where(schema.chunk.c.key.between(low, high), _of("keyword"))
    rows = connection.execute(query.order_by(schema.chunk.c.key)).all()
    # Page texts come once each: a text file may be one page of many megabytes with thousands of chunks.
    texts: dict[int, str] = {}
    for batch in sql.batches(sorted({row.page_key for row in rows})):
        wanted = select(schema.page.c.key, schema.page.c.text).where(schema.page.c.key.in_(batch))
        texts.update((key, text) for key, text in connection.execute(wanted))
    said = _captions(connection, low, high)
    return [
        Passage(
            row.key,
            row.asset,
            row.collection,
            row.title,
            row.section,
            row.source or "",
            said[row.key] if row.kind == "caption" else texts[row.page_key][row.start : row.end],
        )
        for row in rows
    ]


def _captions(connection: Connection, low: int, high: int) -> dict[int, str]:
    """What one origin says of a page, by the key of its first caption. The others follow it at once, also
    past `high`."""
    query = (
        select(schema.chunk.c.key, schema.chunk.c.start, schema.caption.c.text)
        .join(schema.caption, schema.caption.c.chunk == schema.chunk.c.key)
        .where(schema.chunk.c.key.between(low, high + MOST_CAPTIONS))
        .order_by(schema.chunk.c.key)
    )
    said: dict[int, list[str]] = {}
    first = None
    for key, number, text in connection.execute(query):
        if number == 0:
            first = key
        if first is not None:  # else the first of them is in the batch before
            said.setdefault(first, []).append(text)
    return {key: "\n".join(texts) for key, texts in said.items()}


def vectors(
    catalog: Catalog, signal: str, space: str, first: int, last: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(keys (n,) int64, rows (n, dim) float16) of a signal's pieces in [first, last], in batches.

    Raises WrongSpace when one of them has no vector in `space`: the encoder was changed and what is
    there was not embedded again yet.
    """
    for low in range(first, last + 1, BATCH):
        high = min(last, low + BATCH - 1)
        with database.reading(catalog.engine) as connection:
            row = connection.execute(select(schema.space).where(schema.space.c.name == space)).first()
            number = -1 if row is None else row.id
            query = (
                select(schema.chunk.c.key, schema.vector.c.row)
                .join(
                    schema.vector,
                    (schema.vector.c.hash == schema.chunk.c.hash) & (schema.vector.c.space == number),
                    isouter=True,
                )
                .where(schema.chunk.c.key.between(low, high), _of(signal))
                .order_by(schema.chunk.c.key)
            )
            found = connection.execute(query).all()
        missing = sum(vector is None for _, vector in found)
        if missing:
            raise WrongSpace(
                f"{missing} or more pieces of this library have no vector of the encoder '{space}'. "
                f"Make them: triptych rebuild"
            )
        if found:
            assert row is not None
            yield np.array([key for key, _ in found], np.int64), _rows([v for _, v in found], row.dim)


def _rows(packed: list[bytes], dim: int) -> np.ndarray:
    try:
        return pack.full(packed, dim)
    except ValueError as error:
        raise LibraryError("Vectors of the catalog are damaged. Type: triptych verify") from error


def without_vector(catalog: Catalog, signal: str, space: str) -> list[tuple[int, bytes]]:
    """(key, hash) of all pieces of a signal that have no vector in `space`: what a new encoder must embed."""
    last = state(catalog)[1]
    with database.reading(catalog.engine) as connection:
        return pieces.without_vector(connection, pieces.space_id(connection, space), signal, 1, last)


def orphan_vectors(catalog: Catalog) -> int:
    """Vectors whose text no chunk has any more. Always 0 unless the catalog was changed by other hands."""
    with database.reading(catalog.engine) as connection:
        used = exists().where(schema.chunk.c.hash == schema.vector.c.hash)
        return int(connection.scalar(select(func.count()).select_from(schema.vector).where(~used)) or 0)


def put_ranges(changes: Iterable[Change]) -> list[tuple[int, int]]:
    """Ranges [first, last] of chunk keys that were put, neighbours joined: fewer, larger reads."""
    ranges: list[tuple[int, int]] = []
    for change in changes:
        if change.op != "put" or change.first > change.last:
            continue
        if ranges and ranges[-1][1] + 1 == change.first:
            ranges[-1] = (ranges[-1][0], change.last)
        else:
            ranges.append((change.first, change.last))
    return ranges
