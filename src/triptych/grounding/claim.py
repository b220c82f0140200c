"""A claim of a clause: characters that must stand in its evidence, and how they may be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from triptych.grounding import units
from triptych.grounding.units import Unit

QUOTE, DAY, TIME, NUMBER, CODE, NAME, UNIT = "quotation", "date", "time", "number", "code", "name", "unit"


@dataclass(frozen=True, slots=True)
class Claim:
    """Characters `[start, end)` of a clause that must stand in its evidence."""

    kind: str
    start: int
    end: int
    text: str
    readings: tuple[Decimal, ...] = ()  # of a number, without its scale
    units: tuple[Unit, ...] = ()
    days: tuple[date, ...] = ()  # every day that a date can mean
    month: tuple[int, int] | None = None  # (year, month), year 0 where none is named
    decimals: int = 0
    hedge: str = ""  # about, almost, just over: the number is rounded
    paged: bool = False  # the number of a page: "page 2 of the invoice"
    counts: bool = False  # a word behind it says of what it is the number: twenty carrots

    @property
    def scale(self) -> Decimal:
        return next((u.factor for u in self.units if u.dimension == units.SCALE), Decimal(1))


@dataclass(frozen=True, slots=True)
class Claimed:
    """A clause taken apart: its claims from left to right, and the words that say what is claimed of them."""

    text: str  # with blanks for what only frames it
    claims: tuple[Claim, ...]
    words: tuple[str, ...]  # folded content words outside the claims
