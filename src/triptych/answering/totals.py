"""The total of a receipt or an invoice: which of the amounts on a page is the one to pay.

Every number of the page is a candidate. Words left of it or over it say what it is (see `vocabulary`);
arithmetic between the amounts (net plus tax, cash less change, rounding) and their size settle the rest.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from triptych.answering import vocabulary as words
from triptych.answering.layout import Layout, Segment
from triptych.answering.quotes import SPACED
from triptych.values import Number, dates, numbers, repair

_CENT = Decimal("0.011")
_ROUNDING = Decimal("0.05")  # the largest step that cash is rounded by where it is not printed
_PAID = 1.2  # support from cash less change


@dataclass(frozen=True, slots=True)
class Total:
    """An amount that may be the total. `start, end` are characters of the page."""

    start: int
    end: int
    number: Number
    label: Segment | None
    score: float


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of the page with the words around it. `[start, end)` are characters of the page."""

    number: Number
    start: int
    end: int
    middle: float  # where its row stands on the page
    right: float  # where it ends
    row: str  # squeezed words left of the number
    head: str  # squeezed words over it
    label: Segment | None
    last: bool  # no further number stands right of it

    @property
    def value(self) -> Decimal:
        return self.number.readings[0]


def totals(layout: Layout, due: bool = False) -> list[Total]:
    """Candidates for the total of the page, best first. About 2: a word for a total says so; 3 and more:
    a word for the final amount, or arithmetic as well. `due`: what is left to pay rather than the sum."""
    every = amounts(layout)
    if not every:
        return []
    money = [a for a in every if _money_like(a, every)]
    sizes = sorted({a.value for a in money}, reverse=True)
    rounded = _roundings(money)
    support = _arithmetic(money, rounded)
    bottom = max(s.y1 for s in layout.segments)
    scored = []
    for amount in every:
        score = _score(amount, sizes, support[amount.value], {after for _, after in rounded}, due)
        score += 0.3 * amount.middle / bottom - 1.5 * (amount not in money)
        scored.append(Total(amount.start, amount.end, amount.number, amount.label, score))
    return sorted(scored, key=lambda t: -t.score)


# -------------------------------------------------------------------------------- reading the page


def amounts(layout: Layout) -> list[Amount]:
    """Every number of the page but percentages, dates and long bare digits, with the words around it."""
    found: list[Amount] = []
    for segment in layout.segments:
        if not any(c.isdigit() for c in segment.text):
            continue
        text, places = _despaced(segment.text)
        text = repair(text)
        days = [(d.start, d.end) for d in dates(text)]
        for number in numbers(text):
            in_date = any(a < number.end and number.start < b for a, b in days)
            code = len(number.text) > 7 and number.text.isdigit()
            if not (number.percent or in_date or code):
                span = segment.start + places[number.start], segment.start + places[number.end - 1] + 1
                more = bool(numbers(text[number.end :]))
                found.append(_amount(layout, segment, number, span, more))
    return found


def _despaced(text: str) -> tuple[str, list[int]]:
    """Text without the spaces of letter-spaced words ("R M 1 . 3 8"), and each character's old place."""
    gaps = {m.start() + i for m in SPACED.finditer(text) for i, c in enumerate(m[0]) if c == " "}
    places = [i for i in range(len(text)) if i not in gaps]
    return "".join(text[i] for i in places), places


def _amount(layout: Layout, segment: Segment, number: Number, span: tuple[int, int], more: bool) -> Amount:
    here = layout.part(segment, *span)
    prefix = layout.text.text[segment.start : span[0]]
    left = _one_row(layout.left_of(here), here)
    named = [s for s in left if s.start != segment.start and len(words.squeeze(s.text)) > 1]
    label: Segment | None = named[0] if named else None
    if len(words.squeeze(prefix)) > 1:
        label = layout.part(segment, segment.start, span[0])
    row = words.squeeze(" ".join([*(s.text for s in reversed(left) if s.start != segment.start), prefix]))
    above = _heads(layout, here)
    head = words.squeeze(" ".join(s.text for s in above))
    last = not more and not any(numbers(s.text) for s in layout.right_of(here))
    if label is None and above:
        label = above[0]
    return Amount(number, *span, here.middle, here.x1, row, head, label, last)


def _heads(layout: Layout, here: Segment) -> list[Segment]:
    """The words over an amount, up to two lines; other amounts of its column are passed over."""
    found: list[Segment] = []
    last = here
    for segment in layout.above(here, 12.0):
        if last.y0 - segment.y1 > (1.0 if found else 3.0) * here.height or len(found) == 2:
            break
        last = segment
        if words.squeeze(segment.text):
            found.append(segment)
    return found


def _one_row(left: Sequence[Segment], here: Segment) -> list[Segment]:
    """Of segments that stand over each other left of an amount, those on its very row, nearest first."""
    kept: list[Segment] = []
    for segment in sorted(left, key=lambda s: abs(s.middle - here.middle)):
        if not any(min(segment.x1, k.x1) - max(segment.x0, k.x0) > 0.5 * segment.height for k in kept):
            kept.append(segment)
    return sorted(kept, key=lambda s: -s.x1)


def _money_like(amount: Amount, amounts: Sequence[Amount]) -> bool:
    """Amounts are printed with two decimals or a currency, unless hardly any number of the page is."""
    if amount.number.decimals == 2 or amount.number.currency:
        return True
    return sum(a.number.decimals == 2 for a in amounts) < 2


# ----------------------------------------------------------------------------------------- scoring


def _score(
    amount: Amount, sizes: Sequence[Decimal], support: float, rounded: set[Decimal], due: bool
) -> float:
    """What the words say, and whether the size is that of a total: few amounts of a page are larger."""
    naming = words.names_total(amount.row, due)
    if naming == 0.0 and amount.head:
        naming = 0.6 * max(0.0, words.names_total(amount.head, due))
    if words.ROUNDING.search(amount.row) and amount.value in rounded:
        naming = 2.0  # "Rounding 20.00" is the rounded total itself
    elif words.SUBTOTAL.search(amount.row) and support >= _PAID:
        naming = 0.8  # a receipt that prints no other total, and this is what was paid
    score = naming + support - 0.4 * (not amount.last) - 1.5 * (amount.value == 0)
    score -= 1.0 * (amount.number.decimals > 2) + 0.5 * (amount.value < 0 < sizes[0] if sizes else False)
    if naming > 0:
        larger = sum(size > amount.value for size in sizes)
        score += (0.6, 0.4, 0.1, -0.2)[larger] if larger < 4 else -0.6
    return score


def _arithmetic(
    amounts: Sequence[Amount], rounded: set[tuple[Decimal, Decimal]]
) -> defaultdict[Decimal, float]:
    """Support for values from sums that hold between the printed amounts."""
    support: defaultdict[Decimal, float] = defaultdict(float)
    times = Counter(a.value for a in amounts)
    values = [v for v in times if v]
    cash = {a.value for a in amounts if words.CASH.search(a.row)}
    change = {a.value for a in amounts if words.CHANGE.search(a.row)}
    tax = {a.value for a in amounts if words.TAX.search(a.row) or words.TAX.search(a.head)}
    for value in values:
        support[value] += min(0.2 * (times[value] - 1), 0.4)
        if any(given - back == value for given in cash for back in change if back not in (value, given)):
            support[value] += _PAID
        elif not change and value in cash and times[value] > 1:
            support[value] += 0.4
        if any(_near(value - part, other) for part in tax if part for other in values if other > part):
            support[value] += 0.3
    for value in _column_sums(amounts):
        support[value] += 0.8
    for before, after in rounded:
        support[after] += 1.0
        support[before] -= 0.6
    return support


def _column_sums(amounts: Sequence[Amount]) -> set[Decimal]:
    """Values that are the sum of two or more amounts right over them in their column."""
    sums = set()
    for last in amounts:
        over = [
            a for a in amounts if abs(a.right - last.right) < 4 + 0.01 * last.right and a.middle < last.middle
        ]
        running, count = Decimal(0), 0
        for amount in sorted(over, key=lambda a: -a.middle):
            running, count = running + amount.value, count + 1
            if count > 1 and running == last.value:
                sums.add(last.value)
    return sums


def _roundings(amounts: Sequence[Amount]) -> set[tuple[Decimal, Decimal]]:
    """(exact, rounded) totals: where a rounding is printed, a named total and the amount that follows it."""
    lines = [a for a in amounts if words.ROUNDING.search(a.row)]
    if not lines:
        return set()
    steps = {abs(a.value) for a in lines if a.value}
    pairs = set()
    for before in amounts:
        named = words.names_total(before.row) > 0
        for after in amounts:
            gap = abs(after.value - before.value)
            if not gap or gap > max(before.value, _ROUNDING) / 10 or after.middle <= before.middle:
                continue
            follows = after in lines or (named and words.names_total(after.row) > 0)
            if follows and (gap in steps or (named and gap <= _ROUNDING)):
                pairs.add((before.value, after.value))
    return pairs


def _near(a: Decimal, b: Decimal) -> bool:
    return abs(a - b) < _CENT
