"""Which pages hold words that nobody sees, see `pages.hidden`: asked of the catalog without reading what stands on them.

of_asset(catalog, asset) -> page numbers        among(catalog, keys) -> those of these keys of pages
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from triptych.catalog import Catalog
from triptych.pages.hidden import LEAST, telling
from triptych.sql import database, schema

_PAGE = schema.page.c
_WORDS, _TEXT = (_PAGE.meta[("hidden", name)] for name in ("words", "text"))
_HIDES: ColumnElement[bool] = _WORDS.as_integer() >= LEAST  # of those `telling` says which


def of_asset(catalog: Catalog, asset: int) -> tuple[int, ...]:
    asked = _asked(_PAGE.number, _PAGE.asset == asset).order_by(_PAGE.number)
    return tuple(_told(catalog, asked))


def among(catalog: Catalog, keys: Iterable[int]) -> frozenset[int]:
    return frozenset(_told(catalog, _asked(_PAGE.key, _PAGE.key.in_([*keys]))))


def _asked(what: ColumnElement[int], which: ColumnElement[bool]) -> Select[Any]:
    return select(what, _WORDS.as_integer(), _TEXT.as_string()).where(which, _HIDES)


def _told(catalog: Catalog, asked: Select[Any]) -> Iterator[int]:
    with database.reading(catalog.engine) as connection:
        for found, words, text in connection.execute(asked):
            if telling({"words": words, "text": text}):
                yield found
