"""Whether the catalog agrees with itself: what no crash leaves behind, but other hands or a bad disk may.

A passage is stored with a hash of the text that was embedded for it, so a page whose text was changed, or a
passage that is cut elsewhere, gives itself away without a model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from sqlalchemy import Connection, func, select

from triptych.catalog import Catalog
from triptych.chunk import passage
from triptych.embed import key, view_key
from triptych.records import Asset, Piece
from triptych.sql import database, replay, schema
from triptych.types import Page

_AGAIN = "remove the file and add it again"
_EMBED = "make it: triptych rebuild --encoder SPEC, or --image-encoder SPEC"
_REPLACED = "\ufffd"  # in a stored text for what no database can hold: its hash is that of the text before
_LENGTH = 2e-2  # by which the length of a float16 vector may differ from 1
_BATCH = 5000  # vectors looked at together


def differences(catalog: Catalog) -> list[str]:
    """One line for each contradiction; [] is sound."""
    found = catalog.integrity()
    with database.reading(catalog.engine) as connection:
        found += [*_counters(connection), *_vectors(connection), *_collections(connection)]
    for signal, space in catalog.panels().items():
        if bare := replay.without_vector(catalog, signal, space.name):
            found.append(f"{len(bare)} pieces of '{signal}' have no vector of '{space.name}'; {_EMBED}")
    for asset in catalog.assets():
        found += _asset(catalog, asset)
    return found


def _asset(catalog: Catalog, asset: Asset) -> Iterator[str]:
    name = f"the file {asset.sources[0] if asset.sources else asset.sha256}"
    if not asset.sources:
        yield f"{name} has lost its paths; {_AGAIN}"
    try:
        pages = catalog.pieces(asset.key)
    except ValueError:
        yield f"the words of {name} are damaged; {_AGAIN}"
        return
    if [page.number for page, _ in pages] != [*range(1, asset.pages + 1)]:
        yield f"{name} has {asset.pages} pages, but {len(pages)} are there; {_AGAIN}"
    for page, pieces in pages:
        if not _belong(asset, page, pieces):
            yield f"page {page.number} of {name} is not what its passages were made from; {_AGAIN}"


def _belong(asset: Asset, page: Page, pieces: Sequence[Piece]) -> bool:
    """Whether each piece of a page is what was embedded for it, and each word stands in the text."""
    words = page.text.spans
    end = max(
        [int(words[:, 1].max()) if len(words) else 0, *(p.chunk.end for p in pieces if p.kind == "text")]
    )
    return end <= len(page.text.text) and all(
        _hash(asset, page, piece) in (piece.hash, b"") for piece in pieces
    )


def _hash(asset: Asset, page: Page, piece: Piece) -> bytes:
    """The hash that a piece should have; b"" where that cannot be told."""
    if piece.box is not None:
        return view_key(asset.sha256, page.number, piece.box)
    said = piece.caption
    text = passage(asset.title, piece.chunk, page.text.text) if said is None else said.text
    return b"" if _REPLACED in text else key(text)


def _counters(connection: Connection) -> Iterator[str]:
    """Numbers that were given out, against those in use: one given twice would mix up two files."""
    tables = {"asset": schema.asset, "page": schema.page, "chunk": schema.chunk, "change": schema.change}
    last = {row.name: row.last for row in connection.execute(select(schema.counter))}
    for name, table in tables.items():
        column = table.c.seq if table is schema.change else table.c.key
        most = connection.scalar(select(func.max(column))) or 0
        if most > last.get(name, 0) or (name == "change" and most != last.get(name, 0)):
            yield f"the counter of {name}s stands at {last.get(name, 0)}, but the last one is {most}"


def _vectors(connection: Connection) -> Iterator[str]:
    for space in connection.execute(select(schema.space)).all():
        rows = connection.execute(select(schema.vector.c.row).where(schema.vector.c.space == space.id))
        bad = 0
        while batch := rows.fetchmany(_BATCH):
            whole = [row for (row,) in batch if len(row) == 2 * space.dim]
            lengths = np.linalg.norm(
                np.frombuffer(b"".join(whole), "<f2").reshape(-1, space.dim).astype(np.float32), axis=1
            )
            bad += len(batch) - int((np.abs(lengths - 1) < _LENGTH).sum())
        if bad:
            yield f"{bad} vectors of '{space.name}' are damaged; {_AGAIN}"


def _collections(connection: Connection) -> Iterator[str]:
    astray = (
        select(schema.source.c.path, schema.source.c.collection)
        .join(schema.asset)
        .where(schema.source.c.collection != schema.asset.c.collection)
    )
    for path, collection in connection.execute(astray):
        yield f"the path {path} is in the collection {collection}, but its file is not; {_AGAIN}"
