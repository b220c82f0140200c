"""What calls of a vision-language model cost: estimated before, counted after, stopped at a limit.

    Tariff.of(settings.cost)                prices and limits
    expected(messages, max_tokens)          what a call will use at most, before it is made
    Ledger(path, tariff).reserve(...)       raises VlmError at the limit; what was reserved counts until it is settled

The ledger is a small SQLite file of the library, `costs.sqlite`, beside the catalog: those who only read a library
ask questions, too, in any number of processes. A process that is killed during a call leaves its reservation, which
counts for an hour: nobody knows what the server charged.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

from triptych.errors import LibraryError, VlmError
from triptych.seams import Message
from triptych.settings import CostSettings

FILE = "costs.sqlite"
_BUSY = 10.0  # seconds to wait for another process
_BYTES = 3  # of UTF-8 to a token at the least, in the languages that are written in words
_FRAME = 8  # tokens around a message
_PIXELS = 750  # to a token of a picture, as few as any model that cuts pictures up has (docs/log/vlm.md)
_COLUMNS = """purpose text not null, model text not null, calls integer not null, tokens_in integer not null,
    tokens_out integer not null, pictures integer not null, pixels integer not null, seconds real not null,
    money real not null"""
_LEASE = (
    3600  # seconds for which a reservation counts; a call that takes longer is booked at its end all the same
)
_KEPT = 30 * 86_400  # seconds after which nobody is going to settle it
_TABLES = (
    f"create table if not exists reserved (number integer primary key, {_COLUMNS}, at integer not null default 0)",
    f"""create table if not exists spent (day text not null, {_COLUMNS}, primary key (day, purpose, model))
        without rowid""",
)
_COUNTS = ("calls", "tokens_in", "tokens_out", "pictures", "pixels", "seconds", "money")
_NAMES = ", ".join(_COUNTS)
_SUMS = ", ".join(f"coalesce(sum({name}), 0)" for name in _COUNTS)
_NOW = "cast(strftime('%s', 'now') as integer)"
_ALL = f"""(select purpose, model, {_NAMES} from spent union all
    select purpose, model, {_NAMES} from reserved where at > {_NOW} - {_LEASE})"""
_INSERT = f"insert into reserved (purpose, model, {_NAMES}, at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, {_NOW})"
_FORGET = f"delete from reserved where at <= {_NOW} - {_KEPT}"
_ADD = f"""insert into spent (day, purpose, model, {_NAMES})
    select date('now'), purpose, model, ?, ?, ?, ?, ?, ?, ? from reserved where number = ?
    on conflict do update set {", ".join(f"{name} = {name} + excluded.{name}" for name in _COUNTS)}"""


@dataclass(frozen=True, slots=True)
class Spent:
    """What calls used. `money` is in the currency of the tariff."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    pictures: int = 0
    pixels: int = 0
    seconds: float = 0.0
    money: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def __mul__(self, times: float) -> Spent:
        """So many times as much, counts rounded."""
        counts = {name: round(getattr(self, name) * times) for name in _COUNTS[:-2]}
        return Spent(**counts, seconds=self.seconds * times, money=self.money * times)

    @property
    def tokens(self) -> int:
        return self.tokens_in + self.tokens_out

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "seconds": round(self.seconds, 3), "money": round(self.money, 6)}


@dataclass(frozen=True, slots=True)
class Tariff:
    """Prices for a million tokens, and how much a library may cost in all (0: no limit)."""

    input: float = 0.0
    output: float = 0.0
    currency: str = "USD"
    stop: float = 0.0
    stop_tokens: int = 0

    @classmethod
    def of(cls, settings: CostSettings) -> Tariff:
        return cls(settings.input, settings.output, settings.currency, settings.stop, settings.stop_tokens)

    @property
    def limited(self) -> bool:
        return bool(self.stop or self.stop_tokens)

    def money(self, tokens_in: int, tokens_out: int) -> float:
        return (tokens_in * self.input + tokens_out * self.output) / 1e6

    def left(self, spent: Spent, each: Spent) -> int | None:
        """How many more calls like `each` the limits allow; None where there are none."""
        rooms = [
            (limit - used) / one
            for limit, used, one in (
                (self.stop, spent.money, each.money),
                (self.stop_tokens, spent.tokens, each.tokens),
            )
            if limit and one
        ]
        return max(0, int(min(rooms))) if rooms else None

    def check(self, spent: Spent, more: Spent) -> None:
        """Raises VlmError when `more`, on top of what was spent, exceeds a limit."""
        if self.stop and not (self.input or self.output):
            raise VlmError(
                "vlm-budget",
                f"The model was not asked: the limit is {self.stop:g} {self.currency} (cost.stop), but without prices "
                "nobody knows what it costs. Set cost.input and cost.output, or limit cost.stop_tokens instead.",
            )
        if self.stop and spent.money + more.money > self.stop:
            raise VlmError(
                "vlm-budget",
                f"The model was not asked: this library has cost {spent.money:.2f} {self.currency}, the next call may "
                f"cost {more.money:.4f}, and the limit is {self.stop:g} (cost.stop). Raise it to go on.",
            )
        if self.stop_tokens and spent.tokens + more.tokens > self.stop_tokens:
            raise VlmError(
                "vlm-budget",
                f"The model was not asked: this library has used {spent.tokens} tokens, the next call may use "
                f"{more.tokens}, and the limit is {self.stop_tokens} (cost.stop_tokens). Raise it to go on.",
            )


def expected(messages: Sequence[Message], max_tokens: int, tariff: Tariff) -> Spent:
    """What a call will use, rather too much than too little."""
    tokens = pictures = pixels = 0
    for message in messages:
        tokens += _FRAME
        for part in message.parts:
            if isinstance(part, str):
                tokens += text_tokens(part)
            else:
                pictures += 1
                pixels += part.shape[0] * part.shape[1]
                tokens += picture_tokens(part.shape[0] * part.shape[1])
    return Spent(1, tokens, max_tokens, pictures, pixels, 0.0, tariff.money(tokens, max_tokens))


def text_tokens(text: str) -> int:
    """Tokens of a text, by its bytes in UTF-8: a little more than most tokenizers make."""
    return -(-len(text.encode("utf-8", "replace")) // _BYTES)


def picture_tokens(pixels: int) -> int:
    """Tokens that a picture of so many pixels makes."""
    return max(1, -(-pixels // _PIXELS))


class Ledger:
    """All calls for one library. Safe for threads and processes."""

    def __init__(self, path: Path, tariff: Tariff) -> None:
        """Nothing is opened or made before the first call."""
        self.tariff = tariff
        self._path = path
        self._lock = threading.Lock()
        self._opened: sqlite3.Connection | None = None

    def reserve(self, purpose: str, model: str, more: Spent) -> int:
        """Note a call before it is made; its number. Raises VlmError when it would exceed a limit."""
        with self._writing() as connection:
            self.tariff.check(_summed(connection), more)
            connection.execute(_FORGET)
            return connection.execute(_INSERT, (purpose, model, *astuple(more))).lastrowid or 0

    def settle(self, number: int, spent: Spent) -> None:
        """What the reserved call `number` used; nothing at all when it was not carried out."""
        with self._writing() as connection:
            if spent.calls:
                connection.execute(_ADD, (*astuple(spent), number))
            connection.execute("delete from reserved where number = ?", (number,))

    def total(self) -> Spent:
        """Of all calls so far, those under way by their reservation."""
        if not self._path.is_file():
            return Spent()
        with self._connected() as connection:
            return _summed(connection)

    def by_model(self) -> list[tuple[str, str, Spent]]:
        """(purpose, model, spent), the most expensive first."""
        if not self._path.is_file():
            return []
        with self._connected() as connection:
            rows = connection.execute(f"select purpose, model, {_SUMS} from {_ALL} group by 1, 2").fetchall()
        found = [(purpose, model, Spent(*counts)) for purpose, model, *counts in rows]
        return sorted(found, key=lambda row: (-row[2].money, -row[2].tokens, row[:2]))

    def to_dict(self) -> dict[str, Any]:
        """As `triptych cost --json` shows it."""
        rows = [{"purpose": p, "model": m, **s.to_dict()} for p, m, s in self.by_model()]
        tariff = self.tariff
        limits = {"money": tariff.stop or None, "tokens": tariff.stop_tokens or None}
        return {
            "currency": tariff.currency,
            "limits": limits,
            "total": self.total().to_dict(),
            "by_model": rows,
        }

    def close(self) -> None:
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._opened is None:
                    self._opened = _open(self._path)
                yield self._opened
            except sqlite3.Error as error:
                raise LibraryError(
                    f"The ledger of costs {self._path} cannot be used ({error}). Check that its folder can be "
                    "written; delete the file to count from nothing again."
                ) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._connected() as connection:
            connection.execute("begin immediate")
            try:
                yield connection
            except BaseException:
                connection.execute("rollback")
                raise
            connection.execute("commit")


def _open(path: Path) -> sqlite3.Connection:
    """A power cut may cost the last entries, but no waiting for the disk stands before a model's first word."""
    connection = sqlite3.connect(path, timeout=_BUSY, isolation_level=None, check_same_thread=False)
    try:
        _write_ahead(connection)
        connection.execute("pragma synchronous=normal")
        connection.execute("begin immediate")
        for table in _TABLES:
            connection.execute(table)
        if "at" not in {row[1] for row in connection.execute("pragma table_info(reserved)")}:
            connection.execute("alter table reserved add column at integer not null default 0")  # of long ago
        connection.execute("commit")
    except BaseException:
        connection.close()
        raise
    return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to a write-ahead log, which SQLite refuses at once, not after its time-out, while another process does."""
    until = time.monotonic() + _BUSY
    while True:
        try:
            connection.execute("pragma journal_mode=wal")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)


def _summed(connection: sqlite3.Connection) -> Spent:
    return Spent(*connection.execute(f"select {_SUMS} from {_ALL}").fetchone())
