"""Filters: `kind = pdf and (page <= 3 or tags.year = 2024) and not source ~ "*/old/*"`.

    expression := term ("or" term)*          term := factor ("and" factor)*
    factor     := "not" factor | "(" expression ")" | field operator value
    operator   := =  !=  <  <=  >  >=  ~ (a pattern with * and ?, case does not matter)
    value      := a word, or text in quotes; dates as 2024, 2024-05 or 2024-05-31, meaning all of it

An expression becomes one SQL condition over a chunk's page and asset, and that the sorted keys of the
chunks it allows. Retrievers get them as a `Scope` and never look at anything else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, NamedTuple, NoReturn

import numpy as np
from sqlalchemy import ColumnElement, Float, and_, cast, exists, func, not_, or_, select

from triptych.catalog import Catalog
from triptych.errors import UserError
from triptych.sql import database, schema
from triptych.sql import statements as sql


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """Where a search may look: these chunk keys (sorted int64), which all belong to `collections`
    (None: to any). `narrowed`: not all chunks of the collections are in."""

    keys: np.ndarray
    collections: tuple[str, ...] | None
    narrowed: bool


def beside(catalog: Catalog, keys: np.ndarray) -> np.ndarray:
    """Keys (n,) int64, sorted, of everything that stands on the pages of those chunks (sorted keys)."""
    if len(keys) > sql.BATCH:
        every, pages = _pages(catalog, catalog.last_change())
        return every[np.isin(pages, pages[np.isin(every, keys, assume_unique=True)])]
    pages_of = select(schema.chunk.c.page).where(schema.chunk.c.key.in_(keys.tolist()))
    query = select(schema.chunk.c.key).where(schema.chunk.c.page.in_(pages_of)).order_by(schema.chunk.c.key)
    with database.reading(catalog.engine) as connection:
        return np.array(connection.scalars(query).all(), np.int64)


def every(catalog: Catalog) -> np.ndarray:
    """Keys (n,) int64, sorted, of all there is."""
    return _pages(catalog, catalog.last_change())[0]


@lru_cache(maxsize=8)
def _pages(catalog: Catalog, _change: int) -> tuple[np.ndarray, np.ndarray]:
    """(keys, pages), two (n,) int64, of all chunks, by key."""
    query = select(schema.chunk.c.key, schema.chunk.c.page).order_by(schema.chunk.c.key)
    with database.reading(catalog.engine) as connection:
        rows = connection.execute(query).all()
    keys, pages = np.array([tuple(row) for row in rows], np.int64).reshape(-1, 2).T
    return keys, pages


Within = str | tuple[str, ...] | None  # a collection, several of them, or all there are


def scope(catalog: Catalog, expression: str | None = None, collection: Within = None) -> Scope | None:
    """The chunks that a search in `collection` with the filter `expression` may look at; None: all.

    Several collections always give a scope, also where there are no others: what is found for somebody who may
    see them does not depend on what else there is. Raises UserError that points at the character where the filter
    cannot be understood. Remembered for as long as the catalog does not change.
    """
    if expression is None and (collection is None or catalog.collections() == [collection]):
        return None
    names = (collection,) if isinstance(collection, str) else collection
    return _scope(catalog, expression, names, catalog.last_change())


@lru_cache(maxsize=64)
def _scope(
    catalog: Catalog, expression: str | None, collections: tuple[str, ...] | None, _change: int
) -> Scope:
    query = (
        select(schema.chunk.c.key)
        .join(schema.page, schema.page.c.key == schema.chunk.c.page)
        .join(schema.asset, schema.asset.c.key == schema.chunk.c.asset)
        .order_by(schema.chunk.c.key)
    )
    if expression is not None:
        query = query.where(parse(expression))
    if collections is not None:
        query = query.where(schema.asset.c.collection.in_(collections))
    with database.reading(catalog.engine) as connection:
        keys = np.array(connection.scalars(query).all(), np.int64)
    return Scope(keys, collections, expression is not None)


def assets(catalog: Catalog, expression: str) -> set[int]:
    """Keys of the assets of which some page fulfils the filter."""
    query = (
        select(schema.asset.c.key)
        .join(schema.page, schema.page.c.asset == schema.asset.c.key, isouter=True)
        .where(parse(expression))
    )
    with database.reading(catalog.engine) as connection:
        return set(connection.scalars(query))


# ---------------------------------------------------------------------------------------- grammar

_LEXEME = re.compile(
    r"""\s*(?:(?P<operator><=|>=|!=|=|<|>|~)|(?P<bracket>[()])
    |"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<word>[^\s()=<>!~"']+))""",
    re.VERBOSE,
)
_DEEPEST = 50


class _Lexeme(NamedTuple):
    kind: str  # operator, bracket, text (quoted), word, end
    text: str
    at: int


def parse(expression: str) -> ColumnElement[bool]:
    """The SQL condition over asset and page that `expression` means. Raises UserError."""
    parser = _Parser(expression)
    condition = parser.any_of()
    if parser.here.kind != "end":
        parser.fail("expected 'and', 'or' or the end")
    return condition


class _Parser:
    """Recursive descent over the lexemes of one expression."""

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.depth = 0
        self.lexemes = self._lex()
        self.here = next(self.lexemes)

    def _lex(self) -> Iterator[_Lexeme]:
        at, text = 0, self.expression.rstrip()
        while at < len(text):
            found = _LEXEME.match(text, at)
            if found is None:
                at += len(text[at:]) - len(text[at:].lstrip())
                self.here = _Lexeme("", text[at:], at)
                self.fail("this is neither a name, an operator nor a closed quotation")
            kind = {"double": "text", "single": "text"}.get(found.lastgroup or "", found.lastgroup or "")
            yield _Lexeme(kind, found[found.lastgroup or 0], found.start(found.lastgroup or 0))
            at = found.end()
        while True:
            yield _Lexeme("end", "", len(text))

    def fail(self, what: str) -> NoReturn:
        shown = f"'{self.here.text}'" if self.here.text else "the end"
        raise UserError(
            f"The filter {self.expression!r} goes wrong at character {self.here.at + 1}, {shown}: {what}."
        )

    def take(self) -> _Lexeme:
        taken = self.here
        self.here = next(self.lexemes)
        return taken

    def keyword(self, name: str) -> bool:
        if self.here.kind == "word" and self.here.text.lower() == name:
            self.take()
            return True
        return False

    def any_of(self) -> ColumnElement[bool]:
        parts = [self.all_of()]
        while self.keyword("or"):
            parts.append(self.all_of())
        return or_(*parts) if len(parts) > 1 else parts[0]

    def all_of(self) -> ColumnElement[bool]:
        parts = [self.factor()]
        while self.keyword("and"):
            parts.append(self.factor())
        return and_(*parts) if len(parts) > 1 else parts[0]

    def factor(self) -> ColumnElement[bool]:
        self.depth += 1
        if self.depth > _DEEPEST:
            self.fail(f"a filter may be nested {_DEEPEST} deep at most")
        condition = self.operand()
        self.depth -= 1
        return condition

    def operand(self) -> ColumnElement[bool]:
        if self.keyword("not"):
            return not_(self.factor())
        if self.here == ("bracket", "(", self.here.at):
            self.take()
            inside = self.any_of()
            if self.here.text != ")":
                self.fail("expected ')'")
            self.take()
            return inside
        return self.comparison()

    def comparison(self) -> ColumnElement[bool]:
        if self.here.kind != "word":
            self.fail(f"expected a field, one of {NAMES}")
        name = self.here.text
        if not known(name):
            self.fail(f"there is no such field {nearest(name)}")
        self.take()
        if self.here.kind != "operator":
            self.fail("expected one of = != < <= > >= ~")
        operator = self.take().text
        if self.here.kind not in ("word", "text"):
            self.fail("expected a value; put quotes around one with spaces or signs in it")
        try:
            condition = compare(name, operator, self.here.text)
        except ValueError as error:
            self.fail(str(error))
        self.take()
        return condition


# ---------------------------------------------------------------------------------------- fields

_Field = Callable[[str, str], ColumnElement[bool]]


def known(name: str) -> bool:
    """Whether there is a field of that name."""
    return name.lower() in _FIELDS or _TAG.fullmatch(name) is not None


def is_text(name: str) -> bool:
    """Whether values of that field are words, which have no order."""
    return name.lower() in _TEXTS


def nearest(name: str) -> str:
    """Which field may be meant by `name`, or all there are: for the sentence that says there is none."""
    near = get_close_matches(name.lower(), [*_FIELDS, "tags"], 1)
    return f"(did you mean {near[0]}?)" if near else f"(there are {NAMES})"


def compare(name: str, operator: str, value: str) -> ColumnElement[bool]:
    """The condition that one comparison means. Raises ValueError, which says what is wrong with it."""
    tag = _TAG.fullmatch(name)
    return (_FIELDS[name.lower()] if tag is None else _tag(tag[1]))(operator, value)


def _text(column: ColumnElement[Any]) -> _Field:
    def compare(operator: str, value: str) -> ColumnElement[bool]:
        present = func.coalesce(column, "")
        if operator == "~":
            return present.ilike(_like(value), escape="\\")
        if operator not in ("=", "!="):
            raise ValueError("text can only be compared with = != ~")
        return present == value if operator == "=" else present != value

    return compare


def _number(column: ColumnElement[Any]) -> _Field:
    def compare(operator: str, value: str) -> ColumnElement[bool]:
        try:
            number = float(value)
        except ValueError:
            raise ValueError("expected a number") from None
        return _ordered(func.coalesce(column, 0.0), operator, number)

    return compare


def _ordered(column: ColumnElement[Any], operator: str, value: Any) -> ColumnElement[bool]:
    if operator == "~":
        raise ValueError("a number cannot be compared with a pattern; use = != < <= > >=")
    compared: ColumnElement[bool] = column.op(operator, is_comparison=True)(value)
    return compared


def _time(column: ColumnElement[Any], spell: Callable[[datetime], Any]) -> _Field:
    """A time, compared with a whole year, month or day: `= 2024-05` is any moment of that month."""

    def compare(operator: str, value: str) -> ColumnElement[bool]:
        begin, end = (spell(moment) for moment in _period(value))
        conditions: dict[str, ColumnElement[bool]] = {
            "=": and_(column >= begin, column < end),
            "!=": or_(column < begin, column >= end),
            "<": column < begin,
            "<=": column < end,
            ">": column >= end,
            ">=": column >= begin,
        }
        if operator not in conditions:
            raise ValueError("a date cannot be compared with a pattern; use = != < <= > >=")
        return conditions[operator]

    return compare


def _period(value: str) -> tuple[datetime, datetime]:
    """First moment of a year, month or day, and of the next one, in UTC."""
    found = re.fullmatch(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", value)
    if found is None:
        raise ValueError("expected a date such as 2024, 2024-05 or 2024-05-31")
    year, month, day = (int(part) if part else 0 for part in found.groups())
    try:
        begin = datetime(year, month or 1, day or 1, tzinfo=UTC)
        if day:
            return begin, begin + timedelta(days=1)
        return begin, begin.replace(year=year + (month in (0, 12)), month=month % 12 + 1 if month else 1)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"there is no such date ({error})") from None


def _source(operator: str, value: str) -> ColumnElement[bool]:
    some = exists().where(
        schema.source.c.asset == schema.asset.c.key,
        _text(schema.source.c.path)("=" if operator == "!=" else operator, value),
    )
    return not_(some) if operator == "!=" else some


def _modified(operator: str, value: str) -> ColumnElement[bool]:
    matches = _time(schema.source.c.modified, datetime.timestamp)(operator, value)
    return exists().where(schema.source.c.asset == schema.asset.c.key, matches)


def _date(operator: str, value: str) -> ColumnElement[bool]:
    """The document's own time, as a camera or a writer noted it, else its file's."""
    own = schema.asset.c.meta[("created",)].as_string()
    said = _time(own, lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S"))(operator, value)
    return or_(and_(own.is_not(None), said), and_(own.is_(None), _modified(operator, value)))


def _type(operator: str, value: str) -> ColumnElement[bool]:
    """A kind of file (pdf, image), or a format of it (png, jpeg)."""
    if operator not in ("=", "!=", "~"):
        raise ValueError("a type can only be compared with = != ~")
    name = value.lower().lstrip(".").replace("jpg", "jpeg")
    same = or_(_text(schema.asset.c.kind)("~", name), _text(schema.asset.c.media_type)("~", f"*/{name}"))
    return not_(same) if operator == "!=" else same


def _tag(key: str) -> _Field:
    column = schema.asset.c.meta[("tags", key)].as_string()

    def compare(operator: str, value: str) -> ColumnElement[bool]:
        if operator in ("=", "!=", "~"):
            return _text(column)(operator, value)
        return _number(cast(column, Float))(operator, value)

    return compare


def literal(text: str) -> str:
    """Text as a pattern of SQL's LIKE that means just this text, with a backslash as escape."""
    return re.sub(r"([\\%_])", r"\\\1", text)


def _like(pattern: str) -> str:
    return literal(pattern).replace("*", "%").replace("?", "_")


_FIELDS: dict[str, _Field] = {
    "kind": _text(schema.asset.c.kind),
    "type": _type,
    "collection": _text(schema.asset.c.collection),
    "title": _text(schema.asset.c.title),
    "status": _text(schema.asset.c.status),
    "source": _source,
    "added": _time(schema.asset.c.added, lambda moment: moment.isoformat(timespec="seconds")),
    "modified": _modified,
    "date": _date,
    "page": _number(schema.page.c.number),
    "pages": _number(schema.asset.c.pages),
    "confidence": _number(schema.page.c.confidence),
    "language": _text(schema.page.c.language),
    "text_source": _text(schema.page.c.text_source),
}
_TEXTS = {"kind", "type", "collection", "title", "status", "source", "language", "text_source"}
NAMES = ", ".join([*_FIELDS, "tags.NAME"])
_TAG = re.compile(r"tags?\.([\w-]+)", re.IGNORECASE)
