"""Whether a number of a clause stands on a page, in the unit it is said in; and whether it can be worked out.

A currency that no page names rules nothing out: 129.50 = $129.5. A unit that stands at the page's figure does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import combinations

from triptych.grounding import units
from triptych.grounding.claim import Claim
from triptych.grounding.printed import Figure
from triptych.grounding.sheet import Sheet, Span
from triptych.grounding.units import Unit

_POUND = Unit("mass", "lb")  # or of money
_HUNDREDTHS = ("CENT", "PENNY")  # of what money is printed in: 50 cents for $.50
_MILLION, _METRE = Unit(units.SCALE, "6"), Unit("length", "m")  # both are m
_LABEL = re.compile(r"([^;:|\n]+)[:|]")  # "Rain mm: 71.9"
ROUGH = Decimal("0.05")  # of a number, by which a rounded one may differ from it
_OPERANDS = 12  # cited figures that a sum or a difference is looked for among


def standing(claim: Claim, sheet: Sheet) -> list[Span]:
    """Places of the page's figures that are the claimed one, in its unit."""
    places = [f.span for f in sheet.figures if _same(claim.readings, f.readings) and _fits(claim, f, sheet)]
    if any(u.name in _HUNDREDTHS for u in claim.units):
        part = [r / 100 for r in claim.readings]
        places += [f.span for f in sheet.figures if _same(part, f.readings) and _is_money(f)]
    return places or ([] if claim.units else sheet.printed(claim.text))


def converted(claim: Claim, sheet: Sheet) -> list[Span]:
    """Places of figures that are the claimed one in another unit, on another scale, or rounded to what is said: 24 months
    are two years, 1,577 on a page in millions is 1.58 billion, and about 1.6 billion."""
    if exact := [f.span for f in sheet.figures if _is_exactly(claim, f)]:
        return exact
    scaled = any(u.dimension == units.SCALE for u in claim.units)
    if not scaled and not claim.hedge and claim.readings[0] < 1000:
        return []
    named = {u for u in sheet.units if u.dimension == units.SCALE}
    share = any(u.dimension == units.PERCENT for u in claim.units)
    found = []
    for figure in sheet.figures:
        if share != any(u.dimension == units.PERCENT for u in figure.units):
            continue
        own = [u for u in figure.units if u.dimension == units.SCALE]
        factors = {u.factor for u in own or named} | (set() if own else {Decimal(1)})
        factors -= set() if claim.hedge else {claim.scale}
        printed = figure.readings if factors == {1} else figure.readings[:1]  # 29,499 is no 29.499 thousand
        if any(_rounds(claim, abs(r) * factor) for r in printed for factor in factors):
            found.append(figure.span)
    return found


def _is_exactly(claim: Claim, figure: Figure) -> bool:
    said = claim.readings[0]
    told = [units.converted(said, a, b) for a in claim.units for b in figure.units]
    # Of 1,500 the likelier reading: in another unit the other one may be it by accident.
    return any(_same([value], figure.readings[:1]) for value in told if value is not None)


def in_another_unit(claim: Claim, sheet: Sheet) -> bool:
    """Whether the claimed number stands on the page, but as another unit's only."""
    same = [f for f in sheet.figures if claim.units and _same(claim.readings, f.readings)]
    return bool(same) and not any(_fits(claim, f, sheet) for f in same)


def _is_money(figure: Figure) -> bool:
    return any(u.dimension == units.CURRENCY and u.name not in _HUNDREDTHS for u in figure.units)


def _same(claimed: Sequence[Decimal], printed: Sequence[Decimal]) -> bool:
    """Equal in one reading; a loss of 5 may be printed as -5, but -5 is no 5."""
    return any(c == p or (c > 0 and c == -p) for c in claimed for p in printed)


def _fits(claim: Claim, figure: Figure, sheet: Sheet) -> bool:
    named = {u.dimension for u in claim.units}
    share = any(u.dimension == units.PERCENT for u in figure.units)
    if share and named and units.PERCENT not in named:
        return False  # 5 per cent are no 5 million
    if claim.counts and not claim.units and any(_measures(u) for u in figure.units):
        return False  # twenty carrots are not 20 minutes
    row = _in_row(figure, sheet) if claim.units else frozenset()
    return all(_unit_fits(unit, figure.units, sheet.units, row) for unit in claim.units)


def _measures(unit: Unit) -> bool:
    return _rules_out(unit) and unit.dimension != units.CURRENCY


def _in_row(figure: Figure, sheet: Sheet) -> frozenset[Unit]:
    """Units that the line or the label of a figure names, as tables do: Nitrate mg/l 18.4."""
    start, end = sheet.text.rfind("\n", 0, figure.span[0]) + 1, sheet.text.find("\n", figure.span[1])
    cell = sheet.grid.cell(figure.span[0])
    labels = [] if cell is None else [c.text for c in (*cell.heads, *cell.beside, *cell.mates)]
    labels += _LABEL.findall(sheet.text, start, figure.span[0])[-1:]
    line = sheet.text[start : end if end >= 0 else None]
    return frozenset([*units.spoken("\n".join([line, *labels])), *filter(None, map(units.last, labels))])


def _unit_fits(unit: Unit, at: Iterable[Unit], on_page: Iterable[Unit], in_row: Iterable[Unit]) -> bool:
    """Whether the unit stands at the figure; or none like it does, and the page names it apart from figures, and its row
    no other one."""
    money = [u for u in at if u.dimension == units.CURRENCY]
    if unit == _POUND and Unit(units.CURRENCY, "GBP") in (money or on_page):
        return True
    if unit == Unit(units.CURRENCY, "GBP") and _POUND in at:
        return True
    if {unit, *at} >= {_MILLION, _METRE}:
        return True
    beside = [u for u in at if u.dimension == unit.dimension]
    if beside:
        return unit in beside
    if unit.dimension != units.SCALE and any(_rules_out(u) for u in at):
        return False  # 640.40 pounds are no 640.40 dollars
    row = [u for u in in_row if u.dimension == unit.dimension]
    if unit.dimension == units.TIME or (
        row and unit.dimension not in (units.SCALE, units.CURRENCY, units.PERCENT)
    ):
        return unit in row
    like = {u for u in on_page if u.dimension == unit.dimension}
    return unit in like or (unit.dimension == units.CURRENCY and not like)


def _rules_out(unit: Unit) -> bool:
    """Whether a figure in this unit is in no other one; single letters behind figures mean many things (12.50 T)."""
    return unit.dimension not in (units.SCALE, units.PERCENT) and (
        unit.dimension == units.CURRENCY or len(unit.name) > 1
    )


def _rounds(claim: Claim, value: Decimal) -> bool:
    """Whether `value` is the claimed number, or rounds to it."""
    either = claim.readings if claim.scale == 1 else claim.readings[:1]  # 3.100 is 3,100, too
    return any(_rounds_to(claim, abs(r), value) for r in either)


def _rounds_to(claim: Claim, reading: Decimal, value: Decimal) -> bool:
    said = reading * claim.scale
    if value == said:
        return value >= 1000
    if claim.scale == 1 and not claim.hedge:
        return False
    step = claim.scale.scaleb(0 if reading == int(reading) else -claim.decimals)
    if not claim.hedge and said < 10 * step:
        return False  # one digit rounds too much
    while claim.hedge and said and said % (10 * step) == 0:  # 1,300,000 has two digits
        step *= 10
    apart = value - said
    near = {"under": -step <= apart < 0, "over": 0 < apart < step}.get(claim.hedge, 2 * abs(apart) <= step)
    return near and abs(apart) <= ROUGH * said


def derived(claim: Claim, cited: Sequence[Decimal]) -> bool:
    """Whether the number is a sum, a difference or a share of figures that are cited beside it."""
    operands = [abs(v) for v in dict.fromkeys(cited)][-_OPERANDS:]
    said = {abs(r) * factor for r in claim.readings for factor in (1, claim.scale)}
    share = any(u.dimension == units.PERCENT for u in claim.units)
    points = any(u.name == "pp" for u in claim.units)
    if (points or not share) and any(v in said for v in _sums(operands)):
        return True
    step = Decimal(1).scaleb(-claim.decimals)
    if any(abs(part - s) * 2 <= step for part in _parts(operands) for s in said if s >= 10 * step):
        return True
    return share and any(abs(part - s) * 2 <= step for part in _shares(operands) for s in said)


def _sums(operands: Sequence[Decimal]) -> Iterator[Decimal]:
    for a, b in combinations(operands, 2):
        yield a + b
        yield abs(a - b)
    for n in range(3, len(operands) + 1):
        yield sum(operands[-n:], Decimal(0))


def _parts(operands: Sequence[Decimal]) -> Iterator[Decimal]:
    """So many per cent of a figure: 19 % of 1,850,000."""
    for rate in (o for o in operands if 0 < o < 100):
        yield from (whole * rate / 100 for whole in operands if whole > 100)


def _shares(operands: Sequence[Decimal]) -> Iterator[Decimal]:
    """By how many per cent one figure is above or below another, and how many it is of it."""
    for a, b in combinations(operands, 2):
        for whole, part in ((a, b), (b, a)):
            if whole:
                yield abs(part - whole) / whole * 100
                yield part / whole * 100
