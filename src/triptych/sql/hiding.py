"""Which pages hold words that nobody sees, see `pages.hidden`: asked of the catalog without reading what stands on them.

of_asset(catalog, asset) -> page numbers        among(catalog, keys) -> those of these keys of pages
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, select

from triptych.catalog import Catalog
from triptych.pages.hidden import LEAST
from triptych.sql import database, schema

_PAGE = schema.page.c
_HIDES: ColumnElement[bool] = _PAGE.meta[("hidden", "words")].as_integer() >= LEAST


def of_asset(catalog: Catalog, asset: int) -> tuple[int, ...]:
    with database.reading(catalog.engine) as connection:
        asked = select(_PAGE.number).where(_PAGE.asset == asset, _HIDES).order_by(_PAGE.number)
        return tuple(connection.scalars(asked))


def among(catalog: Catalog, keys: Iterable[int]) -> frozenset[int]:
    with database.reading(catalog.engine) as connection:
        return frozenset(connection.scalars(select(_PAGE.key).where(_PAGE.key.in_([*keys]), _HIDES)))
