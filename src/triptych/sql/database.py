"""Opening the catalog's database. The only place that knows which SQL engine it is.

SQLite: write-ahead log, `synchronous=FULL` (a commit that was acknowledged survives a power cut),
`BEGIN IMMEDIATE` for writers so that a transaction never fails half way for a lock, deleted content
overwritten with zeros, and no functions or views of the file trusted.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, create_engine, event, exc
from sqlalchemy.engine import URL, Engine, make_url

from triptych.errors import LibraryError, Locked, MissingPackage

_BUSY_MS = 10_000


def connect(url: str) -> Engine:
    """An engine for `url`, a path of an SQLite file or any SQLAlchemy URL."""
    address = make_url(url) if "://" in url else URL.create("sqlite", database=url)
    try:
        engine = create_engine(address)
    except ModuleNotFoundError as error:
        raise MissingPackage(
            f"The catalog '{address.render_as_string()}' needs the Python package '{error.name}', which is "
            f"not installed. Type: pip install 'triptych[postgres]'"
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in (
        f"busy_timeout={_BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "trusted_schema=OFF",
        "secure_delete=ON",
        "cache_size=-65536",  # KiB
        "mmap_size=1073741824",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A consistent view: everything read inside belongs to one moment."""
    with _errors(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def asking(engine: Engine) -> Iterator[Any]:
    """A bare cursor for one statement of plain SQL, which is a consistent view by itself. For what every search asks:
    a transaction around it and its results as rows of SQLAlchemy cost more than most look-ups do."""
    with _errors(engine):
        connection = engine.raw_connection()
        try:
            yield connection.cursor()
        finally:
            connection.close()  # back to the others


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction: all of it or nothing."""
    with _errors(engine), engine.connect() as connection:
        connection = connection.execution_options(writing=True)
        with connection.begin():
            yield connection


@contextmanager
def _errors(engine: Engine) -> Iterator[None]:
    """Say what happened to the database in a sentence; leave errors of ours alone."""
    where = engine.url.database or engine.url.render_as_string()
    try:
        yield
    except (exc.OperationalError, exc.DatabaseError, sqlite3.DatabaseError) as error:
        told = str(getattr(error, "orig", error)).lower()
        if "disk is full" in told or "no space" in told:
            raise LibraryError(
                f"The disk that holds '{where}' is full; the last change was not stored, all earlier ones "
                f"are. Free some space and run the same command again."
            ) from error
        if "locked" in told or "busy" in told:
            raise Locked(
                f"The catalog '{where}' is in use by another writer. Try again when it is done."
            ) from error
        if "malformed" in told or "not a database" in told or "corrupt" in told:
            raise LibraryError(
                f"The catalog '{where}' is damaged ({told}). It was left as it is. Restore it from a backup, "
                f"or move the library away and add the files again."
            ) from error
        if "unable to open" in told or "readonly" in told or "read-only" in told or "i/o error" in told:
            raise LibraryError(
                f"The catalog '{where}' cannot be opened or written ({told}). Check that the folder exists, "
                f"is yours and is on a local disk."
            ) from error
        raise


def integrity(engine: Engine) -> list[str]:
    """What the database itself finds wrong with its file; [] is sound."""
    if engine.dialect.name != "sqlite":
        return []
    with reading(engine) as connection:
        found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(20)")]
        found += [
            f"row {row[1]} of table {row[0]} names a row of {row[2]} that is not there"
            for row in connection.exec_driver_sql("PRAGMA foreign_key_check")
        ]
    return [line for line in found if line != "ok"]


def shrink(engine: Engine) -> None:
    """Fold the write-ahead log into the file and cut it to nothing, so that no deleted bytes stay in it."""
    if engine.dialect.name == "sqlite":
        with _errors(engine), engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            assert isinstance(raw, sqlite3.Connection)
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
