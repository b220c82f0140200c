"""Whether what a sentence says of the order of values is so: that one is more than another, the most of all, or that it
rose. The values are those of the rows and columns that the sentence names by their labels.

    ordered("A has more points than B", sheet)  -> True, False, or None where the page does not tell
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from triptych import values
from triptych.answering.vocabulary import names_total, squeeze
from triptych.grounding import comparison, concepts, facts, opposites, reading
from triptych.grounding.facts import Fact
from triptych.grounding.grid import Cell
from triptych.grounding.sheet import Sheet
from triptych.grounding.words import NUMBER_WORDS
from triptych.words import tokens

_RANGE = re.compile(
    r"\b(within|inside|below|under|above|over|outside)\b[^.]*\b(?:range|limits?|reference|interval|bounds)\b",
    re.IGNORECASE,
)
_PLACES = {
    "within": (0,),
    "inside": (0,),
    "below": (-1,),
    "under": (-1,),
    "above": (1,),
    "over": (1,),
    "outside": (-1, 1),
}
_BOUNDS = re.compile(r"^\D{0,8}(\d[\d.,]*)\s*(?:-|–|to|bis)\s*(\d[\d.,]*)")
_EARLIER = re.compile(r"\b(before|vor|avant|antes de)\b", re.IGNORECASE)
_LATER = re.compile(r"\b(after|nach|après|después de)\b", re.IGNORECASE)
_FROM_TO = re.compile(r"\b(?:from|von|de|del|du)\b([^;]*?)\b(?:to|auf|à|a|zu)\b([^;]*)", re.IGNORECASE)
_WHEN = re.compile(
    r"\b(?:earlier|later|sooner|older|newer|früher|später|älter|plus (?:tôt|tard)|más (?:temprano|tarde))\b",
    re.IGNORECASE,
)
_DEAR = re.compile(
    r"\b(?:cheap|dear)\w*|\b(?:billig|günstig|teur|teuer)\w*|\bmoins ch|\bplus ch|\bbarat|\bcar[oa]s?\b",
    re.IGNORECASE,
)
_PAID = concepts.keys("price") | concepts.keys("pay")
_BRACKETED = re.compile(r"\(.*?\)")  # World War II (1939-1945)
_SHORTEST = 2  # letters of a label


@dataclass(frozen=True, slots=True)
class Label:
    """A label of the page with the values that stand beside or under it, each under the label of the other axis."""

    text: str
    words: tuple[str, ...]
    cells: tuple[tuple[Cell | None, Fact], ...]
    table: int
    sums_up: bool  # a total, or behind one


def labels(sheet: Sheet) -> list[Label]:
    """Labels of rows and heads of columns of the page."""
    by_cell: dict[int, list[Fact]] = {}  # the first of each kind
    for fact in sheet.facts:
        cell = sheet.grid.cell(fact.span[0])
        if cell is not None and fact.kind not in (*facts.NAMES, facts.CODE):
            here = by_cell.setdefault(cell.start, [])
            here += [fact] if all(f.kind != fact.kind for f in here) else []
    found: list[Label] = []
    summed: set[int] = set()
    for cell in sheet.grid.cells:
        words = tuple(tokens.words(_BRACKETED.sub(" ", cell.text)) or tokens.words(cell.text))
        if not words or cell.prose or len("".join(words)) < _SHORTEST:
            continue
        if cell.under:
            pairs = [(_row_label(c), f) for c in cell.under for f in by_cell.get(c.start, ())]
        elif _wordy(cell):
            row = _right_of(cell, sheet) + [c for c in cell.beside if c.start < cell.start and cell.heads]
            pairs = [(c.heads[0] if c.heads else None, f) for c in row for f in by_cell.get(c.start, ())]
            pairs += [(None, f) for c in cell.mates for f in by_cell.get(c.start, ())]
            if not pairs and ": " in cell.text and by_cell.get(cell.start):
                pairs = [(None, by_cell[cell.start][0])]
                words = tuple(tokens.words(cell.text.partition(":")[0]))
        else:
            continue
        if pairs:
            summed = summed | {cell.block} if not cell.under and sums_up(cell.text) else summed
            found.append(
                Label(cell.text, words, tuple(pairs), cell.block, not cell.under and cell.block in summed)
            )
    return found


def sums_up(label: str) -> bool:
    """Whether a label is that of a total or a subtotal."""
    squeezed = squeeze(label)
    return names_total(squeezed) > 0 or "subt" in squeezed or "zwischens" in squeezed


def _wordy(cell: Cell) -> bool:
    return sum(map(str.isalpha, cell.text)) > sum(map(str.isdigit, cell.text))


def _right_of(cell: Cell, sheet: Sheet) -> list[Cell]:
    return [c for c in sheet.grid.blocks[cell.block] if c.start > cell.start and cell in c.beside]


def _row_label(cell: Cell) -> Cell | None:
    return next((c for c in cell.beside if _wordy(c)), None)


def ordered(text: str, sheet: Sheet) -> bool | None:
    """Whether the order that a sentence tells is that of the page's values."""
    if m := _RANGE.search(text):
        return _in_range(text, m[1].lower(), sheet)
    if (turn := _EARLIER.search(text) or _LATER.search(text)) and not opposites.denies(text):
        return _in_time(text[: turn.start()], text[turn.end() :], -1 if _EARLIER.search(text) else 1, sheet)
    sign = comparison.sign(text)
    if sign and abs(sign) == 1:
        return _compared(text, sign, sheet)
    if sign:
        return _extreme(text, sign // 2, sheet)
    return _moved(text, sheet)


def named(text: str, sheet: Sheet) -> list[tuple[int, Label]]:
    """Labels that a text names, longest first, with where; no part of another one."""
    words = [(t.text, t.start) for t in tokens.spans(text)]
    plain = [w for w, _ in words]
    found: list[tuple[int, int, Label]] = []
    for label in sorted(sheet.labels, key=lambda x: -len(x.words)):
        n = len(label.words)
        for i in range(len(plain) - n + 1):
            if all(map(_same, label.words, plain[i : i + n])) and not any(
                a < i + n and i < b for a, b, _ in found if (a, b) != (i, i + n)
            ):
                found.append((i, i + n, label))
                break
    return [(words[i][1], label) for i, _, label in sorted(found, key=lambda f: f[0])]


def hinted(text: str, sheet: Sheet) -> list[tuple[int, Label]]:
    """Labels that a text names in full, else those of which it has a word that no other one has: the soup, for "1 Soup of
    the day"."""
    if found := named(text, sheet):
        return found
    rows = [label for label in sheet.labels if not label.sums_up]
    own: list[tuple[int, Label]] = []
    for token in tokens.spans(text):
        those = [x for x in rows if any(_same(w, token.text) for w in x.words)] if len(token.text) > 3 else []
        if len(those) == 1:
            own.append((token.start, those[0]))
    return own


def _same(a: str, b: str) -> bool:
    return a == b or bool(concepts.keys(a) & concepts.keys(b))


def amount(fact: Fact, sheet: Sheet) -> Decimal | None:
    """What a value is ordered by, with its sign."""
    if fact.kind == facts.DAY:
        days = [k for k in fact.keys]
        return Decimal(days[0][2:].replace("-", "")) if len(days) == 1 else None
    if fact.kind == facts.TIME:
        return Decimal(next(iter(fact.keys))[2:])
    found = values.number_readings(sheet.text[slice(*fact.span)].strip(" +"))
    return found[0] if found else next((Decimal(k[2:]) for k in sorted(fact.keys) if k[:2] == "n:"), None)


def _pairs(
    a: Label, b: Label, sheet: Sheet, kinds: Sequence[str] = ()
) -> list[tuple[Cell | None, Decimal, Decimal]]:
    """The values that two labels have under the same label of the other axis."""
    found = []
    for over, x in a.cells:
        for other, y in b.cells:
            same = (
                over is other and x.kind == y.kind
                if over is not None or other is not None
                else x.kind == y.kind
            )
            if kinds and x.kind not in kinds:
                continue
            if same and (one := amount(x, sheet)) is not None and (two := amount(y, sheet)) is not None:
                found.append((over, one, two))
    return found


def _chosen(
    pairs: Sequence[tuple[Cell | None, Decimal, Decimal]], text: str
) -> list[tuple[Decimal, Decimal]]:
    """Those whose other label the sentence names, all where it names none."""
    said = set().union(*(concepts.keys(w) for w in tokens.words(text)), frozenset())
    named = [p for p in pairs if p[0] is not None and _share(p[0], said) >= 0.5]
    best = max((_share(p[0], said) for p in named if p[0] is not None), default=0.0)
    return [
        (x, y)
        for over, x, y in (named or pairs)
        if not named or (over is not None and _share(over, said) == best)
    ]


def _share(cell: Cell, said: Iterable[str]) -> float:
    words = tokens.words(_BRACKETED.sub(" ", cell.text))
    known = frozenset(said)
    return sum(bool(concepts.keys(w) & known) for w in words) / len(words) if words else 0.0


def _compared(text: str, sign: int, sheet: Sheet) -> bool | None:
    than = comparison.THAN.search(text)
    if than is None:
        return None
    left, right = text[: than.start()], text[than.end() :]
    first = next(iter(tokens.words(right)), "")
    if re.match(r"\W*(?:is )?(?:\d|[A-Z]{3} \d)", right) or first in NUMBER_WORDS:
        return None  # more than 150
    ones, others = hinted(left, sheet), hinted(right, sheet)
    tested = []
    for _, a in ones:
        for _, b in others:
            if a is not b:
                pairs = _pairs(a, b, sheet, _compared_by(text))
                tested += _chosen(pairs or _pairs(a, b, sheet), text)
    if not tested:
        x, y = _beside(left, sheet), _beside(right, sheet)
        if x is None or y is None or x.kind != y.kind:
            return None
        one, two = amount(x, sheet), amount(y, sheet)
        tested = [(one, two)] if one is not None and two is not None else []
    # Of what is booked as negative the larger payment is the more negative one.
    tested = [(abs(x), abs(y)) if x < 0 and y < 0 else (x, y) for x, y in tested]
    return _all((x - y) * sign > 0 for x, y in tested)


def _compared_by(text: str) -> tuple[str, ...]:
    """The kinds of values that a comparison is of, where its words say so; () for any."""
    if _WHEN.search(text):
        return (facts.DAY, facts.TIME)
    if _DEAR.search(text):
        return (facts.MONEY,)
    keys = frozenset(k for w in tokens.words(text) for k in concepts.keys(w))
    return (facts.MONEY,) if keys & _PAID or any(p.search(text) for p, _ in comparison.EXPENSIVE) else ()


def _in_range(text: str, where: str, sheet: Sheet) -> bool | None:
    """Whether the value of a row is where a sentence says, of the bounds in the same row."""
    for _, label in named(text, sheet):
        cells = [(sheet.grid.cell(f.span[0]), f) for _, f in label.cells]
        bounds = [(m, c) for c, _ in cells if c is not None and (m := _BOUNDS.match(c.text))]
        rest = [
            a
            for c, f in cells
            if c is not None and not any(c is b for _, b in bounds) and (a := amount(f, sheet)) is not None
        ]
        if len(bounds) == 1 and rest:
            low, high = (values.number_readings(x.rstrip(".,"))[:1] for x in bounds[0][0].groups())
            if low and high:
                place = -1 if rest[0] < low[0] else 1 if rest[0] > high[0] else 0
                return place in _PLACES[where]
    return None


def _in_time(left: str, right: str, sign: int, sheet: Sheet) -> bool | None:
    """Whether one thing is before or after another, by their days or times."""
    days = [[d.readings[0] for d in values.dates(part)] for part in (left, right)]
    if len(days[0]) == len(days[1]) == 1 and days[0] != days[1]:
        return (days[0][0] > days[1][0]) == (sign > 0)
    tested = [
        (x, y)
        for _, a in named(left, sheet)
        for _, b in named(right, sheet)
        if a is not b
        for over, x, y in _pairs(a, b, sheet, (facts.DAY, facts.TIME))
    ]
    return _all((x - y) * sign > 0 for x, y in tested if x != y)


def _beside(text: str, sheet: Sheet) -> Fact | None:
    """The one value that stands right beside the last word of a text that any does."""
    for word in reversed(tokens.words(text)):
        keys = concepts.keys(word, sheet.language)
        near = [
            f
            for f in sheet.facts
            if f.kind not in facts.NAMES and any(f.said.get(k, 0.0) >= reading.CLOSE for k in keys)
        ]
        if near:
            return near[0] if len({f.keys for f in near}) == 1 else None
    return None


def _all(held: Iterable[bool]) -> bool | None:
    """True where all hold, False where none does."""
    found = list(held)
    return None if not found or (any(found) and not all(found)) else found[0]


def _extreme(text: str, sign: int, sheet: Sheet) -> bool | None:
    """Whether a row, or a column, that the text names has the most of what it says."""
    those = hinted(text, sheet)
    spoken = {label.words for _, label in those}
    numbers = {f"n:{values.plain(abs(r))}" for n in values.numbers(values.grouped(text)) for r in n.readings}
    tested: list[tuple[int, Cell | None, Decimal, Decimal]] = []
    for _, label in those:
        for over, fact in label.cells:
            value = amount(fact, sheet)
            rest = [
                a
                for other in sheet.labels
                if other is not label and other.table == label.table and not other.sums_up
                for o, f in other.cells
                if o is over and f.kind == fact.kind and (a := amount(f, sheet)) is not None
            ]
            if value is not None and rest:
                # Of rows and years that are both named it is the year that is said to be the highest.
                across = over is not None and bool(over.under) != (
                    values.is_year(over.text) or values.is_year(label.text)
                )
                sure = 2 * bool(fact.keys & numbers) + (
                    over is not None and across and tuple(tokens.words(over.text)) in spoken
                )
                if any(r < 0 for r in rest):
                    value, rest = abs(value), [abs(r) for r in rest]
                tested.append((sure, over, value, max(rest) if sign > 0 else min(rest)))
    best = max((t[0] for t in tested), default=0)
    return _all((x - y) * sign >= 0 for x, y in _chosen([t[1:] for t in tested if t[0] == best], text))


def _moved(text: str, sheet: Sheet) -> bool | None:
    """Whether a row rose or fell between two columns that are named."""
    way = opposites.stances(opposites.plainly(text)).get("way")
    if way is None or len(way) != 1:
        return None
    sign = 1 if way == {"0"} else -1
    told = _printed_change(text)
    if told is not None and told * sign < 0:
        return False
    change = _change(text, sheet)  # that a sentence agrees with itself says nothing of the page
    return None if change is None or not change else change * sign > 0


def _printed_change(text: str) -> Decimal | None:
    """By how much something changes "from 5 to 3"."""
    m = _FROM_TO.search(text)
    first, last = (
        ([n for n in values.numbers(values.grouped(part))][:1] for part in m.groups()) if m else ([], [])
    )
    if not first or not last or values.is_year(first[0].text) or values.is_year(last[0].text):
        return None
    return last[0].readings[0] - first[0].readings[0]


def _change(text: str, sheet: Sheet) -> Decimal | None:
    """By how much the row that a text names changes from the earlier of the years that it names to the later."""
    those = [x for _, x in named(text, sheet)]
    heads = [x for x in those if values.is_year(x.text)]
    rows = [x for x in those if not values.is_year(x.text)]
    if len(heads) != 2 or len(rows) != 1:
        return None
    ends = [_under(rows[0], head, sheet) for head in sorted(heads, key=lambda h: h.text)]
    return None if ends[0] is None or ends[1] is None else ends[1] - ends[0]


def _under(row: Label, head: Label, sheet: Sheet) -> Decimal | None:
    for over, fact in row.cells:
        if over is not None and tuple(tokens.words(over.text)) == head.words:
            return amount(fact, sheet)
    return None
