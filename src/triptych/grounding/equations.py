"""Arithmetic that a clause writes out, which needs no page to be checked: 2 x 12.50 = 25.00.

equations(claimed("Two cost 2 x 12.50 = 25.00"))  -> [Equation(operands, result, right=True)]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import product

from triptych.grounding import units
from triptych.grounding.claim import NUMBER, Claim, Claimed

_SIGNS = {
    "+": r"\+|plus|más|più",
    "-": r"[-−–—]|minus|less|moins|menos|meno",
    "*": r"[x×*·✕]|times|multiplied by|mal|fois|por",
    "/": r"[/÷]|divided by|geteilt durch|divisé par|entre",
    "=": r"=|equals|makes|gives|ergibt|macht|égale?|fait|da",
}
_SIGN = re.compile("|".join(f"(?P<s{i}>{forms})" for i, forms in enumerate(_SIGNS.values())), re.IGNORECASE)
_AROUND = re.compile(r"[\s()*_]+")  # brackets and emphasis
_MOST = 6  # operands, each of which may be read in two ways


@dataclass(frozen=True, slots=True)
class Equation:
    """The result may stand elsewhere in the clause: 25.00 in all (2 x 12.50)."""

    operands: tuple[Claim, ...]
    result: Claim
    right: bool

    @property
    def claims(self) -> tuple[Claim, ...]:
        return (*self.operands, self.result)


def equations(taken: Claimed) -> list[Equation]:
    """The equations of a clause, from left to right."""
    found = []
    for numbers, signs in _runs(taken):
        ends = [i for i, sign in enumerate(signs) if sign == "="]
        end = ends[0] if ends else len(signs)
        operands, between = numbers[: end + 1], signs[:end]
        if not between or len(operands) > _MOST:
            continue
        told = numbers[end + 1 : end + 2] or [
            n for n in taken.claims if n.kind == NUMBER and n not in numbers and _holds(operands, between, n)
        ]
        if told:
            found.append(Equation(tuple(operands), told[0], _holds(operands, between, told[0])))
    return found


def _runs(taken: Claimed) -> Iterator[tuple[list[Claim], list[str]]]:
    """Numbers with nothing but signs between them."""
    numbers: list[Claim] = []
    signs: list[str] = []
    for claim in (c for c in taken.claims if c.kind == NUMBER):
        sign = _between(taken.text[numbers[-1].end : claim.start]) if numbers else ""
        if numbers and not sign:
            yield numbers, signs
            numbers, signs = [], []
        if sign:
            signs.append(sign)
        numbers.append(claim)
    yield numbers, signs


def _between(text: str) -> str:
    """The sign between two numbers, units aside; "" for none."""
    words = _AROUND.sub(" ", text[len(units.run(text)) :]).strip(" .")
    first, _, last = words.rpartition(" ")
    if first and units.named(last) is not None:  # a currency before the next number
        words = first
    m = _SIGN.fullmatch(words)
    return next((s for s, form in zip(_SIGNS, m.groups(), strict=True) if form), "") if m else ""


def _holds(operands: Sequence[Claim], signs: Sequence[str], result: Claim) -> bool:
    """Whether the operands come to the result, in any reading of theirs, rounded as it is."""
    step = Decimal(1).scaleb(-result.decimals)
    rough = "*" in signs or "/" in signs
    return any(
        abs(abs(value) - abs(said)) * 2 <= (step if rough else 0)
        for values in product(*(_readings(o) for o in operands))
        for value in _worked_out(values, signs)
        for said in result.readings
    )


def _readings(claim: Claim) -> Iterable[Decimal]:
    share = any(u.dimension == units.PERCENT for u in claim.units)
    return [r / 100 if share else r for r in claim.readings]


def _worked_out(values: Sequence[Decimal], signs: Sequence[str]) -> Iterator[Decimal]:
    """The value of a row of terms, products first."""
    terms = [values[0]]
    try:
        for sign, value in zip(signs, values[1:], strict=True):
            if sign == "*":
                terms[-1] *= value
            elif sign == "/":
                terms[-1] /= value
            else:
                terms.append(value if sign == "+" else -value)
    except (ZeroDivisionError, InvalidOperation):
        return
    yield sum(terms, Decimal(0))
