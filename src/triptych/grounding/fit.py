"""Whether what a sentence says of a value is what the page says of it, or of another one.

Nothing is believed of a single label: the words of the sentence are held against every value of the kind on the page, and
the sentence is refuted where they fit another one clearly better. Words that stand for all values weigh nothing. Two values
of one sentence are refuted where they fit better exchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from itertools import combinations, permutations

from triptych import values
from triptych.grounding import claims, counting, facts, frames, reading, relations, units, working
from triptych.grounding.claim import CODE, DAY, NAME, NUMBER, QUOTE, UNIT, Claim, Claimed
from triptych.grounding.equations import equations
from triptych.grounding.facts import Fact
from triptych.grounding.sheet import Sheet, Span
from triptych.grounding.terms import Term, Terms, fit, held, value_keys, weights
from triptych.grounding.units import CURRENCY
from triptych.words import tokens

_ADDS = re.compile(
    r"\b(?:together|combined|add(?:s|ed)? up|sum of|zusammen|ensemble|juntos|juntas)\b", re.IGNORECASE
)
_LISTED = re.compile(r"[\s,&]*(?:and|und|et|y|or|oder|ou)?\s*", re.IGNORECASE)
_PARTED = re.compile(r"\b(?:and|und|et|y)\b|[;\n]|, (?:the|der|die|das|le|la|el|il)\b", re.IGNORECASE)
_CALLED = re.compile(r"[A-ZÀ-Þ][^\W\d_]+ $")
_LABEL = 4  # words of a label
_SHORT = 3  # characters of a number that something is called by
CLEAR = 0.3  # share of the other's fit by which it must be better
IN_TABLE = 0.25  # as much where both are cells, whose words are certain
LEAST = 0.4  # and by how much at least
LABELLED = 0.25  # as much where it has a label
COVERED = 0.5  # share of what the sentence says that must be said of the other value
_ROUNDING = Decimal("0.05")  # by which totals are rounded at most
DENIED = 0.2  # by how much a value must fit best that the sentence denies


@dataclass(frozen=True)
class _Told:
    """A value of the sentence: where it stands there, the facts of the page that it may be, and the others of their
    kind."""

    span: Span
    own: tuple[Fact, ...]
    rivals: tuple[Fact, ...]
    terms: tuple[Term, ...]
    asked: tuple[Term, ...]  # of the question
    denied: bool = False  # the sentence says that it is another
    name: bool = False
    rounded: bool = False  # to what several values of the page may be
    weighed: bool = True  # the question is of this clause
    names: tuple[frozenset[frozenset[str]], ...] = ()  # those of several words: the keys of each word

    @cached_property
    def weights(self) -> list[float]:
        return weights(self.terms, (*self.own, *self.rivals))

    @cached_property
    def keys(self) -> frozenset[str]:
        return frozenset().union(*(f.keys for f in self.own))

    def best(self, those: Iterable[Fact], but: frozenset[str] = frozenset()) -> float:
        """The best fit of `those`, without terms that are values of `but`."""
        heavy = [0.0 if t.keys & but else w for t, w in zip(self.terms, self.weights, strict=True)]
        return max((fit(f, self.terms, heavy) for f in those), default=0.0)

    def possible(self, terms: Sequence[Term]) -> float:
        """What a value would fit of which all of the sentence is said."""
        lost = sum(
            t.weight
            for t, w in zip(self.terms, self.weights, strict=True)
            if not (w or t.asked or t.named or t.keys <= facts.ROLES or self._known(t))
        )
        heavy = zip(self.terms, self.weights, strict=True)
        return sum(w for t, w in heavy if not t.asked) + lost if terms is self.terms else 0.0

    def _known(self, term: Term) -> bool:
        return any(k in f.said for f in (*self.own, *self.rivals) for k in term.keys)

    @cached_property
    def _said(self) -> frozenset[str]:
        return frozenset().union(*(t.keys for t in (*self.terms, *self.asked)))

    def _spoken(self, fact: Fact) -> float:
        """The share of a value's label that the clause, or the question, has; 1 where it has none."""
        return (
            sum(not keys.isdisjoint(self._said) for keys in fact.label) / len(fact.label)
            if fact.label
            else 1.0
        )

    def _says(self, fact: Fact) -> float:
        """The share of a value's label that the clause has; 0 where it has none."""
        own = frozenset().union(*(t.keys for t in self.terms if not t.asked))
        return sum(not keys.isdisjoint(own) for keys in fact.label) / max(1, len(fact.label))

    def _rounded_from(self, rival: Fact) -> bool:
        """Whether a value is another one rounded, as the page says: what is paid where cash has no cents."""
        mine = [a for f in self.own if any(k[:5] == "round" for k in f.said) for a in _amounts(f)]
        return any(0 < abs(a - b) <= _ROUNDING for a in mine for b in _amounts(rival))

    def _stands_alone(self, rivals: Sequence[Fact]) -> bool:
        """Whether the words of the clause itself fit this value clearly best, whatever was asked."""
        heavy = [0.0 if t.asked else w for t, w in zip(self.terms, self.weights, strict=True)]
        mine = max(self.own, key=lambda f: fit(f, self.terms, heavy))
        theirs = max(fit(f, self.terms, heavy) for f in rivals)
        return fit(mine, self.terms, heavy) > theirs + LEAST and _labelled(mine, self.terms, heavy)

    def _of_whole_names(self, fact: Fact, terms: Sequence[Term], heavy: Sequence[float]) -> Sequence[float]:
        """The weights for a fact of which a part of a name is said: the American Civil War is no Vietnam War."""
        parts = [name for name in self.names if any(not keys.isdisjoint(fact.said) for keys in name)]
        partly = {k for name in parts if any(keys.isdisjoint(fact.said) for keys in name) for k in name}
        return (
            [0.0 if t.keys in partly else w for t, w in zip(terms, heavy, strict=True)] if partly else heavy
        )

    def _labelled_alone(self, rivals: Sequence[Fact]) -> bool:
        """Whether a day has a label that the clause says, and no other day has it: then whose day it is is not told by names
        that stand beside another one."""
        if any(f.kind != facts.DAY for f in self.own):
            return False
        label = [t for t in self.terms if t.weight and not t.named and not t.asked and not t.keys & self.keys]
        return any(
            max(held(f, t) for f in self.own) >= reading.CLOSE and not any(held(f, t) for f in rivals)
            for t in label
        )

    def _multiplied(self, rival: Fact, besides: frozenset[str]) -> bool:
        """Whether a value is another one times a number of the clause: four at 8.27 are 33.08."""
        times = [Decimal(k[2:]) for k in besides if k[:2] == "n:"]
        return any(
            n > 1 and n * a == b
            for n in times
            for a in _amounts(rival)
            for f in self.own
            for b in _amounts(f)
        )

    def beaten(self, besides: frozenset[str]) -> bool:
        """Whether the terms fit another value clearly better, one that the sentence does not name itself."""
        if self.denied:
            said = [f for f in self.own if not f.denied]
            return len(said) == len(self.own) and self.best(said) > self.best(self.rivals) + DENIED
        rivals = [f for f in self.rivals if not f.keys & besides and not self._rounded_from(f)]
        rivals = [f for f in rivals if not self._multiplied(f, besides)]
        if not rivals:
            return False
        terms, heavy = self.terms, self.weights
        if self.weighed and not any(w for t, w in zip(terms, heavy, strict=True) if not t.asked):
            terms, heavy = self.asked, weights(self.asked, (*self.own, *rivals))
        if not self.rounded and self._stands_alone(rivals):
            return False
        if self._labelled_alone(rivals):
            heavy = [0.0 if t.named else w for t, w in zip(terms, heavy, strict=True)]
        mine = max(fit(f, terms, heavy) for f in self.own)
        known = max((self._spoken(f) for f in self.own), default=0.0)
        rivals = [f for f in rivals if not f.label or self._spoken(f) >= known]
        if not rivals:
            return False
        fits = {f: fit(f, terms, self._of_whole_names(f, terms, heavy)) for f in rivals}
        best = max(rivals, key=lambda f: fits[f])
        theirs = fits[best]
        if self.rounded:
            return theirs - mine > CLEAR * theirs
        if self.name and not best.labelled and not _sure(best, terms, heavy):
            return False
        in_table = best.place and any(f.place for f in self.own)
        least = (
            2 * LEAST if all(f.place for f in self.own) else LEAST
        )  # a cell is not beaten by a few words of prose
        clear = theirs - mine > (IN_TABLE if in_table else max(least, CLEAR * theirs))
        if in_table:
            return clear and _labelled(best, terms, heavy)
        if clear and self._says(best) == 1 and all(f.label and not self._says(f) for f in self.own):
            return True
        return (
            clear
            and _labelled(best, terms, heavy)
            and theirs >= (LABELLED if best.labelled else COVERED) * self.possible(terms)
        )


def _amounts(fact: Fact) -> list[Decimal]:
    """What a sum of money may be; nothing for other values."""
    return [Decimal(k[2:]) for k in fact.keys if k[:2] == "n:"] if fact.kind == facts.MONEY else []


def _sure(fact: Fact, terms: Sequence[Term], heavy: Sequence[float]) -> bool:
    """Whether two terms are said of a value, or one right next to it."""
    held = [
        max((fact.said[k] for k in t.keys if k in fact.said), default=0.0)
        for t, w in zip(terms, heavy, strict=True)
        if w
    ]
    return sum(h > 0 for h in held) >= 2 or max(held, default=0.0) >= reading.CLOSE


def _labelled(fact: Fact, terms: Sequence[Term], heavy: Sequence[float]) -> bool:
    """Whether one of the terms stands right beside a value, not only around it."""
    return any(
        w > 0 and any(fact.said.get(k, 0.0) >= 0.8 for k in t.keys) for t, w in zip(terms, heavy, strict=True)
    )


def another(
    taken: Claimed,
    found: Sequence[tuple[Claim, Sequence[Span]]],
    sheet: Sheet,
    question: str,
    asked_of: bool = True,
) -> bool:
    """Whether a value of the clause, which stands at the spans of the page, is said there of something else.
    `asked_of`: the question is surely of this clause."""
    if any(counting.otherwise(claim, spans, taken.text, sheet) for claim, spans in found):
        return True
    dated = {c.kind for c, _ in found} == {DAY} and bool(taken.words) and all(map(frames.named, taken.words))
    told = _told(
        taken, found, sheet, question, asked_of and not dated
    )  # a letter has a date, whatever was asked
    if not told:
        return False
    named = {t.span: frozenset().union(*(f.keys for f in t.own)) for t in told}
    related = [
        span
        for a, b in combinations([t for t in told if t.name], 2)
        if relations.deed(taken.text, *sorted((a.span, b.span)))
        for span in (a.span, b.span)
    ]
    both = [t for t in told if t.name and not t.denied]
    if (
        len(both) == 2
        and len(told) == 2
        and not related
        and not _LISTED.fullmatch(taken.text[both[0].span[1] : both[1].span[0]])
    ):
        return any(_nearer(a, b, sheet.text) for a, b in permutations(both, 2))
    for value in told:
        if value.span in related and not value.denied:
            continue
        besides = frozenset().union(*(keys for span, keys in named.items() if span != value.span))
        if value.beaten(besides):
            return True
    return any(
        _exchanged(a, b)
        for a, b in combinations(told, 2)
        if not a.denied and not b.denied and not (a.name and relations.deed(taken.text, a.span, b.span))
    )


def _nearer(a: _Told, b: _Told, text: str) -> bool:
    """Whether another one than `a`, of which as much is said, stands nearer to `b`: who represents whom. What "and"
    parts is further off."""

    def gap(those: Iterable[Fact]) -> int:
        pairs = (sorted((x.span, y.span)) for x in those for y in b.own)
        between = (text[first[1] : last[0]] for first, last in pairs)
        return min(len(t) + (100 if _PARTED.search(t) else 0) for t in between)

    heavy = [0.0 if t.named else w for t, w in zip(a.terms, a.weights, strict=True)]
    mine = max(fit(f, a.terms, heavy) for f in a.own)
    others = [f for f in a.rivals if not f.keys & b.keys and fit(f, a.terms, heavy) >= max(mine, LEAST)]
    return bool(others) and gap(others) < gap(a.own)


def _exchanged(a: _Told, b: _Told) -> bool:
    """Whether each of two values fits better what is said of the other."""
    if not (set(a.own) & set(b.rivals) and set(b.own) & set(a.rivals)):
        return False
    both = a.keys | b.keys
    straight = a.best(a.own, both) + b.best(b.own, both)
    crossed = a.best(set(b.own) & set(a.rivals), both) + b.best(set(a.own) & set(b.rivals), both)
    in_table = all(f.place for f in (*a.own, *b.own))
    return crossed - straight > (IN_TABLE if in_table else LEAST)


def _told(
    taken: Claimed,
    found: Sequence[tuple[Claim, Sequence[Span]]],
    sheet: Sheet,
    question: str,
    asked_of: bool = True,
) -> list[_Told]:
    terms = Terms(taken, question, sheet, asked_of)
    told = []
    added = [*claims.added_up(taken), *(c for e in equations(taken) for c in e.claims)]
    worked = {c.readings for c in added}
    known = [_in_words(claim, question) for claim, _ in found]  # which says what it is about
    for (claim, spans), asked in zip(found, known, strict=True):
        if asked and not all(k for k, (c, _) in zip(known, found, strict=True) if c.kind != NAME):
            continue
        framed = claim.paged or not taken.text[claim.start : claim.end].strip()
        lettered = claim.text.isdigit() and taken.text[claim.end : claim.end + 1].isupper()  # 3M is no number
        if (
            framed
            or lettered
            or (claim.kind == NUMBER and claim.readings in worked)
            or claim.kind in (QUOTE, NAME, UNIT)
            or _numbers_a_thing(claim, taken.text, sheet)
            or _printed_so(claim, taken, sheet)
            or claim.month is not None  # facts are days with their year
            or terms.denied_behind(claim.end)
        ):
            continue
        at = [f for f in sheet.facts if any(a < f.span[1] and f.span[0] < b for a, b in spans)]
        own = [f for f in at if f.keys & (value_keys(claim) or f.keys)]
        if any(u.dimension == CURRENCY for u in claim.units):
            own = [f for f in own if f.kind == facts.MONEY] or own
        listed = claim.kind == CODE and any(f.place for f in own)
        value = _against((claim.start, claim.end), own or at, terms, sheet, listed)
        value = replace(value, rounded=not own, weighed=asked_of)
        if not value.denied and counting.the_same(claim, spans, own, value.rivals, taken.text, sheet):
            continue
        counted = claim.kind == NUMBER and (_ADDS.search(taken.text) or not value.best(value.own))
        if not (counted and working.worked_out(claim, taken, sheet)):
            told.append(value)
    followed = [c for c in taken.claims if c.kind == NUMBER and not any(c is x for x, _ in found)]
    topic = frozenset(tokens.words(question))
    for name in () if followed else terms.names:  # what follows from several rows is of none of them
        if any(c.kind != NAME for c in taken.claims) and topic.issuperset(
            tokens.words(taken.text[slice(*name.span)])
        ):
            continue  # what is asked about
        if not frames.undocumented(taken.text)[slice(*name.span)].strip():
            continue  # whose the document is
        if terms.denied_behind(name.span[1]):
            continue
        words = frozenset(k for k in name.keys if len(k) > 3) or name.keys
        if any(_labels(terms.within(name.span), f) for t in told if not t.name for f in t.own):
            continue  # the name is the label of a value, which is held against others itself
        own = [f for f in sheet.facts if f.kind in facts.NAMES and words <= f.keys]
        told.append(_against(name.span, own, terms, sheet, placed=True, named=True))
    told = [t for t in told if t.own]
    valued = [t for t in told if not t.name and any(f.kind != facts.YEAR for f in t.own)]
    # A year beside a value says which one it is, and is no value itself.
    return [t for t in told if t.name or t in valued] if valued else told


def _in_words(claim: Claim, question: str) -> bool:
    """Whether a question has a claim in the same words."""
    return re.search(rf"(?<!\w){re.escape(claim.text)}(?!\w)", question) is not None


def _labels(words: Sequence[frozenset[str]], fact: Fact) -> bool:
    """Whether each of the words, as any of its keys, stands right beside a value."""
    return bool(words) and all(
        max((fact.said.get(k, 0.0) for k in keys), default=0.0) >= reading.CLOSE for keys in words
    )


def _printed_so(claim: Claim, taken: Claimed, sheet: Sheet) -> bool:
    """Whether a clause is no more than a label and its value, and both stand so on the page: Document no.: TD0116."""
    label, rest = taken.text[: claim.start], taken.text[claim.end :]
    short = 0 < len(label.split()) <= _LABEL and not any(map(str.isalnum, rest[len(units.run(rest)) :]))
    return short and bool([*sheet.folded.find(values.fold(label) + values.fold(claim.text))])


def _numbers_a_thing(claim: Claim, text: str, sheet: Sheet) -> bool:
    """Whether a short number is a part of what something is called, on the page, too: Bus 4."""
    word = _CALLED.search(text[: claim.start]) if len(claim.text) <= _SHORT and claim.text.isalnum() else None
    return word is not None and bool(sheet.literal(f"{word[0]}{claim.text}"))


def _against(
    span: Span, own: Sequence[Fact], terms: Terms, sheet: Sheet, placed: bool = False, named: bool = False
) -> _Told:
    """`placed` values have rivals in their own columns only."""
    kinds = {f.kind for f in own}
    keys = frozenset().union(*(f.keys for f in own))
    if kinds <= {facts.YEAR, facts.DAY, *facts.NAMES} and any(f.place == facts.HEAD for f in own):
        return _Told(span, (), (), (), ())
    same = [f for f in sheet.facts if f.kind in kinds]
    own = [f for f in same if f.keys & keys and (not placed or f in own)]
    places = {f.place for f in own}
    rivals = [f for f in same if not f.keys & keys and (f.place in places or not placed)]
    if kinds <= set(facts.NAMES):
        rivals = [f for f in rivals if sheet.text[f.span[1] : f.span[1] + 1] != ":"]  # no labels
    return _Told(
        span,
        tuple(own),
        tuple(rivals),
        terms.of(span, named and not any(f.place for f in own) and len(terms.names) != 2),
        terms.asked if terms.answers(named) else (),
        terms.denied(span),
        named,
        names=terms.whole_names(span),
    )
