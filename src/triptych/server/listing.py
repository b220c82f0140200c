"""Lists of assets and collections for one caller: read from the catalog within what they may see.

A cursor says after which asset a list goes on by what the caller knows anyway (time, id, collection), never by a
number of ours that would count what others have.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, tuple_

from triptych.catalog import Catalog
from triptych.errors import UserError
from triptych.query import filters
from triptych.records import Asset
from triptych.sql import database, schema
from triptych.sql import statements as sql

_asset = schema.asset.c
_PLACE = (_asset.added, _asset.sha256, _asset.collection)  # newest first, by all three


@dataclass(frozen=True, slots=True)
class Listed:
    """Some assets, how many there are in all, and the cursor of those after them."""

    assets: list[Asset]
    total: int
    next: str | None


def assets(
    catalog: Catalog, scope: Sequence[str] | None, where: str | None, limit: int, cursor: str | None
) -> Listed:
    """The newest `limit` assets of the collections in `scope` (None: all) that fulfil the filter and stand
    after the cursor. Raises UserError for a filter or cursor that cannot be understood."""
    conditions: list[ColumnElement[bool]] = [] if scope is None else [_asset.collection.in_(scope)]
    if where is not None:
        fitting = select(_asset.key).join(schema.page, schema.page.c.asset == _asset.key, isouter=True)
        conditions.append(_asset.key.in_(fitting.where(filters.parse(where))))
    after = [] if cursor is None else [tuple_(*_PLACE) < tuple_(*_read(cursor))]
    query = select(_asset.key, *_PLACE).where(*conditions, *after).order_by(*(c.desc() for c in _PLACE))
    with database.reading(catalog.engine) as connection:
        total = connection.scalar(select(func.count()).select_from(schema.asset).where(*conditions))
        rows = connection.execute(query.limit(limit + 1)).all()
        found = {a.key: a for a in sql.load(connection, [row.key for row in rows[:limit]])}
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    return Listed(
        [found[row.key] for row in rows[:limit]],
        int(total or 0),
        _written(last.added, last.sha256, last.collection) if last is not None else None,
    )


def _written(*place: str) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[str, ...]:
    try:
        raw = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        raw = None
    if not isinstance(raw, list) or len(raw) != len(_PLACE) or not all(isinstance(part, str) for part in raw):
        raise UserError("The cursor is not one of ours. Take the 'next' of the list before, or leave it out.")
    return tuple(raw)


def collections(catalog: Catalog, scope: Sequence[str] | None) -> dict[str, dict[str, Any]]:
    """Assets, pages and kinds of files of each collection in `scope` (None: all), by name."""
    query = select(
        _asset.collection, _asset.kind, func.count().label("assets"), func.sum(_asset.pages).label("pages")
    ).group_by(_asset.collection, _asset.kind)
    if scope is not None:
        query = query.where(_asset.collection.in_(scope))
    found: dict[str, dict[str, Any]] = {}
    with database.reading(catalog.engine) as connection:
        for row in connection.execute(query.order_by(_asset.collection, _asset.kind)):
            one = found.setdefault(row.collection, {"assets": 0, "pages": 0, "kinds": {}})
            one["assets"] += int(row.assets)
            one["pages"] += int(row.pages or 0)
            one["kinds"][row.kind] = int(row.assets)
    return found


def titles(catalog: Catalog, scope: Sequence[str] | None, text: str, most: int) -> list[str]:
    """Titles of files that begin like `text`, then those that hold it, each once."""
    typed = filters.literal(text)
    holding = or_(
        _asset.title.ilike(f"{typed}%", escape="\\"), _asset.title.ilike(f"% {typed}%", escape="\\")
    )
    query = select(_asset.title).distinct().where(holding)
    if scope is not None:
        query = query.where(_asset.collection.in_(scope))
    with database.reading(catalog.engine) as connection:
        found = [str(title) for title in connection.scalars(query.order_by(_asset.title).limit(10 * most))]
    begins = text.casefold()
    return sorted(found, key=lambda title: not title.casefold().startswith(begins))[:most]
