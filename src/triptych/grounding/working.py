"""Numbers that a page does not print but that follow from what it does: how many rows or items there are, what the rows that
a sentence names make together or differ by, how long it is from one day or time to the next.

A number follows only from values that the sentence names, by their label or by themselves; all pairs of a page make too many.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import combinations, permutations

from triptych import values
from triptych.grounding import clock, concepts, facts, opposites, ordering, reading, units
from triptych.grounding.claim import DAY, TIME, Claim, Claimed
from triptych.grounding.facts import Fact
from triptych.grounding.grid import Cell
from triptych.grounding.sheet import Sheet
from triptych.words import language, tokens

_MOST = 60  # what is counted
_LONGEST = 14  # words of a sentence that counts
_FEW = 4  # values that share a word
_ITEM = re.compile(r"^\W{0,3}(?:[-*•–]|\[[ xX✓]?\]|\d{1,2}[.)])\s*\S")
_LIST = re.compile(r":\s|\s(?:and|und|et|y)\s")  # of a sentence that lists things
_OPEN = re.compile(r"\[ ?\]|☐")
_DONE = re.compile(r"\[[xX✓]\]|☑|☒")
# Only a sentence that says so works something out: sums and differences of a page are many.
_DERIVES = re.compile(
    r"\b(?:sums?|total\w*|together|combined|altogether|overall|both|add(?:s|ed|ing)?|plus|minus|less|more|fewer|than|differen\w+|differs?|gap|apart|between"
    r"|exceed\w*|higher|lower|larger|smaller|greater|longer|shorter|above|below|over|under|ahead|behind|short of|ris\w+|rose|fell|fall\w*|grew|gr[oe]w\w*|increas\w+"
    r"|decreas\w+|declin\w+|dropp?\w*|gain\w*|los\w+|(?<!made )(?<!make )(?<!makes )(?<!set )up(?! to)|down|chang\w+|sav\w+|remain\w*|left|rest|deduct\w*|subtract\w*|net|margin|average|mean|combin\w+|account(?:s|ed) for"
    r"|share|half|twice|double\w*|times|per|each|across|in all|cumulative\w*|balance|summe|insgesamt|zusammen|gesamt\w*|unterschied|differenz|mehr|weniger|höher|niedriger|gestiegen|gesunken"
    r"|stieg|sank|zunahme|abnahme|plus|abzüglich|zuzüglich|als|somme|ensemble|différence|écart|plus|moins|hausse|baisse|augment\w+|diminu\w+|reste"
    r"|suma\w*|juntos|juntas|diferencia|más|menos|aument\w+|disminu\w+|resta)\b",
    re.IGNORECASE,
)
_TOTAL = re.compile(r"\btotal\w*|\bgesamt\w*|\bnet\b|\bbalance\b|\bsumme\b", re.IGNORECASE)
_DAYS = {"d": 1, "wk": 7}
_MINUTES = {"min": 1, "h": 60}


def within(claim: Claim, taken: Claimed) -> bool:
    """Whether a number follows from other values of its clause alone, as another unit or as a time between two."""
    said = {abs(r) * claim.scale for r in claim.readings}
    found = [*_converted(claim, taken), *(v for u in claim.units for v in _between(u.name, taken))]
    return any(v in said for v in found)


def worked_out(claim: Claim, taken: Claimed, sheet: Sheet) -> bool:
    """Whether a number of a clause follows from values of the page that the clause names."""
    said = {abs(r) * claim.scale for r in claim.readings} - {Decimal(0)}
    spans = [u.name for u in claim.units if u.dimension == "time"]
    if spans:
        lasting = any(v in said for v in _lasting(spans[0], taken, sheet))
        return lasting or (derives(taken.text, sheet) and any(v in said for v in _sums(taken, sheet)))
    if not claim.units and any(
        v == int(v) and v <= _MOST and int(v) in _counts(claim, taken, sheet) for v in said
    ):
        return True
    if not derives(taken.text, sheet):
        return False
    share = any(u.dimension == units.PERCENT for u in claim.units)
    step = Decimal(1).scaleb(-claim.decimals)
    for before, after in _changes(taken, sheet):
        change = abs(after - before) / abs(before) * 100 if share and before else abs(after - before)
        if any(
            2 * abs(change - v) <= step if share else change * at == v
            for v in said
            for at in _scales(claim, sheet)
        ):
            return True
    return any(v in said for v in _sums(taken, sheet))


def _converted(claim: Claim, taken: Claimed) -> Iterator[Decimal]:
    """What other measures of the clause are in the unit of this one: 36 months, that is three years."""
    for other in taken.claims:
        for wanted in claim.units:
            for unit in other.units if other is not claim else ():
                told = (units.converted(r, unit, wanted) for r in other.readings)
                yield from (value for value in told if value is not None)


def derives(text: str, sheet: Sheet) -> bool:
    """Whether a clause says that it works something out. What is but called a total is printed where the page has one."""
    said = [m[0] for m in _DERIVES.finditer(opposites.plainly(text))]
    return any(not _TOTAL.fullmatch(w) for w in said) or (bool(said) and _TOTAL.search(sheet.text) is None)


def _scales(claim: Claim, sheet: Sheet) -> set[Decimal]:
    """What the page's figures may be multiplied by: those under "in millions"."""
    return (
        {Decimal(1), *(u.factor for u in sheet.units if u.dimension == units.SCALE)}
        if claim.scale > 1
        else {Decimal(1)}
    )


def _changes(taken: Claimed, sheet: Sheet) -> Iterator[tuple[Decimal, Decimal]]:
    """Two values of one row whose label the clause has, those under the years that it names where it names two."""
    said = frozenset(k for w in tokens.words(taken.text) for k in concepts.keys(w, sheet.language))
    years = {c.text for c in taken.claims if values.is_year(c.text)}
    for label in sheet.labels:
        words = [keys for f in label.cells[:1] for keys in f[1].label]
        if not words or 2 * sum(not keys.isdisjoint(said) for keys in words) < len(words):
            continue
        cells = [
            (over.text if over else "", a)
            for over, f in label.cells
            if (a := ordering.amount(f, sheet)) is not None
        ]
        named = [(year, a) for over, a in cells for year in years & set(tokens.words(over))]
        if len(named) == 2:  # from the earlier to the later
            (_, before), (_, after) = sorted(named)
            yield before, after
        else:
            yield from permutations([a for _, a in cells[:_FEW]], 2)


def _counts(claim: Claim, taken: Claimed, sheet: Sheet) -> set[int]:
    """How many rows a table has, and items a list of which the clause has a word; nothing where the page says it."""
    counted = next(iter(tokens.words(taken.text[claim.end :])), "")
    if not counted or len(taken.text.split()) > _LONGEST:
        return set()
    keys = concepts.keys(counted, sheet.language)
    if any(
        f.kind == facts.PLAIN and any(f.said.get(k, 0.0) >= reading.CLOSE for k in keys) for f in sheet.facts
    ):
        return set()
    said = {k for w in taken.words for k in concepts.keys(w, sheet.language)}
    found: set[int] = set()
    for block in sheet.grid.blocks:
        rows = _rows(block)
        title = block[-1].title
        told = title is not None and bool(sheet.reading.words(title.start, title.end) & said)
        if any(c.heads for c in block):
            body = [r for r in rows if any(c.heads for c in r)]
            items = next((i for i, r in enumerate(body) if ordering.sums_up(r[0].text)), len(body))
            of_it = [r for r in body if any(sheet.reading.words(c.start, c.end) & keys for c in r)]
            found |= {len(of_it)} if of_it else {len(body), items}
            heads = {id(h): h for c in block for h in c.heads}.values()
            if not of_it:
                found |= {
                    sum(any(c.text for c in r for h in c.heads if h is head) for r in body) for head in heads
                }
        elif told:
            lines = [sheet.text[r[0].start : r[-1].end] for r in rows]
            marks = [sum(bool(p.search(t)) for t in lines) for p in (_OPEN, _DONE)]
            found |= set(marks) if any(marks) else {sum(bool(_ITEM.match(t)) for t in lines)}
    for start, end in sheet.segments:
        if sheet.reading.words(start, end) & said and _LIST.search(sheet.text[start:end]):
            found.add(len(re.split(r",\s+|\s+(?:and|und|et|y)\s+", sheet.text[start:end])))
    return found - {0}


def _rows(block: Iterable[Cell]) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for cell in block:
        if rows and (cell in rows[-1][0].beside or rows[-1][0] in cell.beside):
            rows[-1].append(cell)
        else:
            rows.append([cell])
    return rows


def _lasting(unit: str, taken: Claimed, sheet: Sheet) -> Iterator[Decimal]:
    """How long it is between the days, or the times, that the clause names, or the page where the clause names none."""
    days = sorted({d for c in taken.claims if c.kind == DAY for d in c.days[:1]})
    if len(days) < 2:
        days = sorted({d for _, ds in sheet.days for d in ds[:1]})[:8]
    for a, b in combinations(days, 2):
        apart = (b - a).days
        for length in {apart, apart + 1}:
            if unit in _DAYS and length % _DAYS[unit] == 0:
                yield Decimal(length // _DAYS[unit])
        months = 12 * (b.year - a.year) + b.month - a.month
        if unit == "mo":
            yield Decimal(months)
        if unit == "yr":
            yield Decimal(months // 12)
    if unit == "yr":  # "of the five years" of a table
        for block in sheet.grid.blocks:
            yield Decimal(len({h.start for c in block for h in c.heads if values.is_year(h.text)}))
    yield from _between(unit, taken)


def _between(unit: str, taken: Claimed) -> Iterator[Decimal]:
    """How long it is from one time of a clause to another."""
    times = [m for c in taken.claims if c.kind == TIME for _, m in clock.times(c.text)]
    both = {"h", "min"} <= {u.name for c in taken.claims for u in c.units}  # 1 hour 25 minutes
    for first, last in combinations(times, 2):
        apart = abs(last - first)
        if unit in _MINUTES:
            yield Decimal(apart) / _MINUTES[unit]
        if both:
            yield Decimal(apart // 60 if unit == "h" else apart % 60)


def _sums(taken: Claimed, sheet: Sheet) -> Iterator[Decimal]:
    for group in _groups(taken, sheet):
        amounts = [a for f in group if (a := ordering.amount(f, sheet)) is not None]
        if len(amounts) < 2:
            continue
        yield abs(sum(amounts, Decimal(0)))
        for a, b in combinations(amounts[:_FEW], 2):
            yield abs(a - b)
            yield abs(a) + abs(b)


def _groups(taken: Claimed, sheet: Sheet) -> Iterator[list[Fact]]:
    """Values that belong together: under labels that the clause names, by a word that it has, in one sentence."""
    named = [label for _, label in ordering.named(taken.text, sheet)]
    for over in {id(o): o for label in named for o, _ in label.cells}.values():
        yield [f for label in named for o, f in label.cells if o is over]
    if len(named) > 1:
        yield [f for label in named for _, f in label.cells[:1]]
    numbers = [
        f for f in sheet.facts if f.kind not in (*facts.NAMES, facts.CODE, facts.DAY, facts.TIME, facts.YEAR)
    ]
    silent = language.stop_words(language.DEFAULT) | language.stop_words(sheet.language)
    keys = [
        concepts.keys(w, sheet.language)
        for w in dict.fromkeys(tokens.words(taken.text))
        if w not in silent and not w.isdigit()
    ]
    for key in keys:
        beside = _distinct(f for f in numbers if any(f.said.get(k, 0.0) >= reading.PARTED for k in key))
        for kind in {f.kind for f in beside}:
            alike = [f for f in beside if f.kind == kind]
            if 2 <= len(alike) <= _FEW:
                yield alike
    spoken = [s for s in sheet.segments if any(k in sheet.reading.words(*s) for key in keys for k in key)]
    for start, end in spoken:
        inside = _distinct(f for f in numbers if start <= f.span[0] < end)
        for kind in {f.kind for f in inside}:
            alike = [f for f in inside if f.kind == kind]
            if 2 <= len(alike) <= _FEW:
                yield alike


def _distinct(found: Iterable[Fact]) -> list[Fact]:
    kept: list[Fact] = []
    for fact in found:
        if not any(fact.span[0] < k.span[1] and k.span[0] < fact.span[1] for k in kept):
            kept.append(fact)
    return kept
