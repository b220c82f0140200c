"""Bulk reading of the catalog for projections: passages for keywords, vectors for stores, in key order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection, exists, func, select

from triptych import database, pack, schema
from triptych import statements as sql
from triptych.catalog import Catalog
from triptych.errors import WrongSpace

BATCH = 2000  # chunks read at once


class Passage(NamedTuple):
    """What the keyword index is fed: a chunk's text with its headings and the names of its file."""

    key: int
    asset: int
    collection: str
    title: str
    section: str
    source: str
    text: str


def keys(catalog: Catalog) -> np.ndarray:
    """Keys of all chunks, sorted int64."""
    with database.reading(catalog.engine) as connection:
        found = connection.scalars(select(schema.chunk.c.key).order_by(schema.chunk.c.key)).all()
    return np.array(found, np.int64)


def state(catalog: Catalog) -> tuple[int, int]:
    """(last change, last chunk key that was ever given) of one moment."""
    key = select(schema.counter.c.last).where(schema.counter.c.name == "chunk")
    with database.reading(catalog.engine) as connection:
        return int(connection.scalar(sql.LAST_CHANGE) or 0), int(connection.scalar(key) or 0)


def passages(catalog: Catalog, first: int, last: int) -> Iterator[list[Passage]]:
    """The chunks with keys in [first, last] that are still there, in batches."""
    for low in range(first, last + 1, BATCH):
        with database.reading(catalog.engine) as connection:
            found = _passages(connection, low, min(last, low + BATCH - 1))
        if found:
            yield found


def _passages(connection: Connection, low: int, high: int) -> list[Passage]:
    query = sql.CHUNKS.where(schema.chunk.c.key.between(low, high)).order_by(schema.chunk.c.key)
    rows = connection.execute(query).all()
    # Page texts come once each: a text file may be one page of many megabytes with thousands of chunks.
    texts: dict[int, str] = {}
    for batch in sql.batches(sorted({row.page_key for row in rows})):
        wanted = select(schema.page.c.key, schema.page.c.text).where(schema.page.c.key.in_(batch))
        texts.update((key, text) for key, text in connection.execute(wanted))
    return [
        Passage(
            row.key,
            row.asset,
            row.collection,
            row.title,
            row.section,
            row.source or "",
            texts[row.page_key][row.start : row.end],
        )
        for row in rows
    ]


def vectors(catalog: Catalog, space: str, first: int, last: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(keys (n,) int64, rows (n, dim) float16) of the chunks in [first, last], in batches.

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
                .where(schema.chunk.c.key.between(low, high))
                .order_by(schema.chunk.c.key)
            )
            found = connection.execute(query).all()
        missing = sum(vector is None for _, vector in found)
        if missing:
            raise WrongSpace(
                f"{missing} or more passages of this library have no vector of the encoder '{space}'. "
                f"Make them: triptych rebuild"
            )
        if found:
            assert row is not None
            yield np.array([key for key, _ in found], np.int64), pack.full([v for _, v in found], row.dim)


def without_vector(catalog: Catalog, space: str) -> list[tuple[int, bytes]]:
    """(chunk key, hash) of all chunks that have no vector in `space`: what a new encoder must embed."""
    with database.reading(catalog.engine) as connection:
        number = sql.space_id(connection, space)
        has = exists().where(
            schema.vector.c.space == (-1 if number is None else number),
            schema.vector.c.hash == schema.chunk.c.hash,
        )
        query = select(schema.chunk.c.key, schema.chunk.c.hash).where(~has).order_by(schema.chunk.c.key)
        return [(key, name) for key, name in connection.execute(query)]


def orphan_vectors(catalog: Catalog) -> int:
    """Vectors whose text no chunk has any more. Always 0 unless the catalog was changed by other hands."""
    with database.reading(catalog.engine) as connection:
        used = exists().where(schema.chunk.c.hash == schema.vector.c.hash)
        return int(connection.scalar(select(func.count()).select_from(schema.vector).where(~used)) or 0)
