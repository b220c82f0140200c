"""What a sentence says, as words and values, and how much of it is said of something on a page.

Words that stand for all things of a kind weigh nothing; a word that means the same counts less than the word itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import log
from typing import Protocol

from triptych import values
from triptych.grounding import clock, concepts, facts, opposites, units
from triptych.grounding.claim import CODE, DAY, NAME, NUMBER, QUOTE, TIME, Claim, Claimed
from triptych.grounding.frames import named
from triptych.grounding.sheet import Sheet, Span
from triptych.grounding.words import TELLING
from triptych.words import language, tokens

FURTHER = 0.4  # how much words of another part of the sentence say of a value
SUBJECT = 0.8  # words before all values, of which the sentence is
DOCUMENT = 0.2  # and what the document calls itself: "the invoice is ..."
OF_ALL = 0.2  # that a day is a date
ASKED = 0.4  # and those of the question
MEANT = 0.8  # share of a word's weight that another one has which means the same
AS_SURE = 0.85  # share of the surest, from which a fact has a word as surely as any
_ANSWERING = 1  # words that an answer may have of its own, where none is the question's
RARE = 1.6  # what a word weighs at most, however rare it is

# What something is now is what it was changed to.
_NOW = re.compile(
    r"\b(?:now|new|nunmehr|jetzt|neue[rsn]?|nouveau|nouvelle|ahora|nuev[oa]|current|will be|will take|ends?|ended|until|endet|finit|termina)\b",
    re.IGNORECASE,
)
# What a value is told with, before or without is another one.
_APART = re.compile(
    r"\b(?:after|before|without|with|including|excluding|plus|less|nach|ohne|mit|hors|avant|après|sans|avec|antes de|sin|con)\s+(?:(?:the|this|that|its|la|le|el|der|den|dem)\s+)?"
    r"([^\W\d]+)",
    re.IGNORECASE,
)
# Behind a value so does what it includes: "1,190.00 incl. 19 % VAT".
_INCLUDED = re.compile(
    r"\b(?:(?:in|ex)(?:kl(?:usive)?|cl(?:uding|usive|usief)?)\.?|zzgl\.?|zuzüglich|einschließlich|y compris|dont)\s+((?:\d[\d.,]* ?%\s+)?[^\W\d]+)",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"[,;] |\b(?:and|und|et|y|e|en)\b")
_EACH_OF = re.compile(r"/[^\W\d_]{1,4}(?![^\W\d_])")
_RANGE = re.compile(
    r"[\s\d.,/–-]*|\s*(?:to|bis|à|a)\s*", re.IGNORECASE
)  # between numbers that are one value together
_WHO = re.compile(r"\s*(?:who|whom|wer|wen|wem|qui|quién|quien)\b", re.IGNORECASE)
_ASIDE = re.compile(r"\([^()]{2,60}\)")
_BEFORE = re.compile(
    r"\b(?:old|previous|previously|formerly|alte[rsn]?|bisher\w*|ancien(?:ne)?|antigu[oa]|anterior|originally|used to|begins?|began|starts?|started|beginnt|commence|empieza|comienza)\b",
    re.IGNORECASE,
)


# Words that say that something is said, but for those that label values, too.
_TELLING = TELLING - frozenset(["amount", "value", "values", "list", "item", "items", "figure", "figures", "two", "name", "report", "section"])  # fmt: skip


@lru_cache(maxsize=32)
def silent_in(lang: str) -> frozenset[str]:
    """Words of a sentence that say nothing of its values."""
    return language.stop_words(language.DEFAULT) | language.stop_words(lang) | _TELLING


@dataclass(frozen=True, slots=True)
class Term:
    """A word or value of a sentence, as any of its keys, and how much it says."""

    keys: frozenset[str]
    weight: float
    asked: bool = False  # in the question only
    named: bool = False  # a part of a name


class Said(Protocol):
    """Something of a page with the words that are said of it."""

    @property
    def said(self) -> Mapping[str, float]: ...


def weights(terms: Sequence[Term], those: Sequence[Said]) -> list[float]:
    """How much each term tells these facts apart: nothing where all of them have it."""
    found = []
    for term in terms:
        sure = [held(f, term) for f in those]
        most = max(sure, default=0.0)
        as_sure = sum(h > AS_SURE * most for h in sure)
        found.append(term.weight * min(RARE, log((len(sure) + 0.5) / as_sure)) if most else 0.0)
    return found


def fit(fact: Said, terms: Sequence[Term], heavy: Sequence[float]) -> float:
    """How much of the terms is said of a fact."""
    return sum(w * held(fact, t) for t, w in zip(terms, heavy, strict=True) if w)


def held(fact: Said, term: Term) -> float:
    """How surely a fact has a term; less so where only another word that means the same stands there."""
    said = fact.said
    return max((said[k] * (MEANT if k[0] == "#" else 1.0) for k in term.keys if k in said), default=0.0)


def clause_terms(piece: str, text: str, taken: Claimed, sheet: Sheet) -> list[Term]:
    """The words and values of a part of a clause, and less of the rest of it."""
    silent = silent_in(sheet.language)
    values = [value_keys(c) for c in taken.claims if c.kind in (NUMBER, DAY, TIME, CODE) and c.text in piece]
    near = {
        concepts.keys(w, sheet.language): 1.0
        for w in tokens.words(piece)
        if w not in silent and not w.isdigit()
    }
    far = {
        concepts.keys(w, sheet.language): FURTHER
        for w in tokens.words(text)
        if w not in silent and not w.isdigit()
    }
    return [Term(keys, weight) for keys, weight in {**far, **near, **dict.fromkeys(values, 1.0)}.items()]


class Terms:
    """The words and values of a clause, by where they stand in it."""

    def __init__(self, taken: Claimed, question: str, sheet: Sheet, asked_of: bool = True) -> None:
        """`asked_of`: whether the question is surely of this clause."""
        text, lang = taken.text, sheet.language
        self.text = text
        valued = [(c.start, c.end) for c in taken.claims if c.kind not in (QUOTE, NAME)]
        self.parts = facts.pieces(facts.unpunctuated(text, valued))
        self.role = facts.TO if _NOW.search(text) else facts.FROM if _BEFORE.search(text) else ""
        silent = silent_in(lang)
        counted = [(c.end, _unit_end(text, c.end)) for c in taken.claims if c.kind == NUMBER]
        self.values = [
            c
            for c in taken.claims
            if c.kind in (NUMBER, DAY, TIME) or (c.kind == CODE and not _within(c.start, counted))  # no m3
        ]
        name = [(c.start, c.end) for c in taken.claims if c.kind == NAME]
        phrases = [*concepts.phrases(text)]
        cost = concepts.keys("price") if phrases else frozenset()  # what costs so much in all is no price
        inside = [span for span, _ in phrases]
        inside += [(c.start, c.end) for c in self.values if c.kind != CODE] + counted
        words = [
            t
            for t in tokens.spans(text)
            if t.text not in silent
            and not _counting(t.text)
            and not _within(t.start, inside)
            and not concepts.keys(t.text, lang) & cost
        ]
        self.placed: list[tuple[Span, frozenset[str]]] = [
            ((t.start, t.end), _of_name(t.text, lang) if (t.start, t.end) in name else _keys(t.text, lang))
            for t in words
        ]
        after = {a.start: b.text for a, b in pairwise(tokens.spans(text))}  # an invoice, but no invoice date
        self.documents = {
            (t.start, t.end) for t in words if named(t.text) and after.get(t.start, "the") in silent
        }
        self.placed += phrases
        self.placed += [((c.start, c.end), value_keys(c)) for c in self.values]
        self.names = [
            v
            for v in facts.names(text)
            if any(c.kind == NAME and v.span[0] <= c.start < v.span[1] for c in taken.claims)
        ]
        self.names += [] if self.names else facts.actors(text)
        title = sheet.grid.cells[0].text if sheet.grid.cells and not sheet.grid.cells[0].beside else ""
        known = frozenset(k for w in tokens.words(title) if ": " not in title for k in concepts.keys(w, lang))
        here = frozenset().union(known, *(keys for _, keys in self.placed))
        spoken = frozenset(tokens.words(text))
        asked = [
            concepts.keys(w, lang)
            for w in dict.fromkeys(tokens.words(question))
            if w not in silent and w not in spoken
        ]
        self.asked = tuple(Term(keys, 1.0) for keys in asked if not keys & here)
        self.weighed = asked_of
        topic = frozenset(k for w in tokens.words(question) for k in concepts.keys(w, lang))
        own = [keys for at, keys in self.placed if at not in self.documents and at not in valued]
        # Of several things that are asked for it says which one it tells.
        self.says_which = _SEVERAL.search(question) is not None and any(keys & topic for keys in own)
        self.own = 0 if any(keys & topic for keys in own) else len(own)  # words about something else
        self.who = bool(_WHO.match(question)) and len(self.names) == 1

    def answers(self, name: bool) -> bool:
        """Whether the clause may say of a value, or of a name, what the question asks for: where it says little else."""
        weighed = self.weighed and not self.says_which
        return weighed and (self.who and not self.own if name else self.own <= _ANSWERING)

    def within(self, span: Span) -> list[frozenset[str]]:
        """The keys of each word at `span`."""
        return [keys for at, keys in self.placed if span[0] <= at[0] < span[1]]

    def whole_names(self, span: Span) -> tuple[frozenset[frozenset[str]], ...]:
        """The words of each name of several words, but for one at `span`."""
        names = [v.span for v in self.names if not (v.span[0] < span[1] and span[0] < v.span[1])]
        words = [frozenset(self.within(name)) for name in names]
        return tuple(name for name in words if len(name) > 1)

    def denied(self, span: Span) -> bool:
        """Whether the part of the clause before a value denies it."""
        first = max((a for a, b in facts.pieces(self.text, soft=False) if a <= span[0] < b), default=0)
        return opposites.denied(opposites.plainly(self.text[first : span[0]]))

    def denied_behind(self, end: int) -> bool:
        """Whether the part of the clause behind a value denies what is said of it."""
        last = min(
            (b for a, b in facts.pieces(self.text, soft=False) if a < end <= b), default=len(self.text)
        )
        return opposites.denied(opposites.plainly(self.text[end:last]))

    def of(self, span: Span, alone: bool = False) -> tuple[Term, ...]:
        """The terms that say something of the value at `span`, each once; `alone` without names."""
        own = next(((a, b) for a, b in self.parts if a <= span[0] < b), (0, len(self.text)))
        left_out = [span, *(v.span for v in self.names if v.kind != facts.ACTOR)] if alone else [span]
        rest = [
            (at, keys) for at, keys in self.placed if not any(at[0] < b and a < at[1] for a, b in left_out)
        ]
        mine = next((_kind(c) for c in self.values if c.start < span[1] and span[0] < c.end), facts.NAME)
        if mine == CODE:  # whose words say nothing of another one
            codes = [(c.start, c.end) for c in self.values if c.kind == mine]
            rest = [
                (at, keys) for at, keys in rest if at in codes or not any(a <= at[0] < b for a, b in codes)
            ]
        others = [
            (c.start, c.end)
            for c in self.values
            if _kind(c) == mine and not (c.start < span[1] and span[0] < c.end)
        ]
        if mine == facts.NAME:
            others = [v.span for v in self.names if v.span != span]
        # "it is A, not B": the one says nothing of the other
        contrary = [at for at in others if self.denied(at) != self.denied(span)]
        rest = [(at, keys) for at, keys in rest if at not in contrary]
        best: dict[frozenset[str], float] = {}
        near = any(own[0] <= at[0] < own[1] for at, _ in rest)
        taken = [(a, b) for a, b in self.parts if any(a <= c < b for c, _ in others)]
        asides = {m.start(): m.span() for m in _ASIDE.finditer(self.text)}
        mine_aside = next((x for s, x in asides.items() if 0 <= s - span[1] <= 2), None)
        apart = [m.span(1) for m in _APART.finditer(self.text)]
        apart += [m.span(1) for m in _INCLUDED.finditer(self.text, span[1])]
        first = min((a for a, _ in [*others, span]), default=0)
        for at, keys in rest:
            ends = self.text[min(at[1], span[1]) : max(at[0], span[0])]
            valued = any(c.start == at[0] and c.end == at[1] and _kind(c) == mine for c in self.values)
            if any(a <= at[0] < b for a, b in apart) or (valued and _RANGE.fullmatch(ends)):
                continue
            aside = next((x for s, x in asides.items() if x[0] <= at[0] < x[1]), None)
            if aside is not None and others:
                best[keys] = max(1.0 if aside == mine_aside else FURTHER, best.get(keys, 0.0))
                continue
            inside = own[0] <= at[0] < own[1]
            parted = mine != facts.NAME and any(
                min(at[1], span[1]) <= a and b <= max(at[0], span[0]) for a, b in others
            )
            of_another = any(a <= at[0] < b for a, b in taken)
            weight = (FURTHER if near and of_another else SUBJECT) if not inside else 0.6 if parted else 1.0
            if at[1] <= first and mine != facts.NAME:
                weight = max(weight, SUBJECT)
            weight *= DOCUMENT if at in self.documents and mine != DAY else 1.0
            weight *= OF_ALL if mine == DAY and keys & concepts.keys("date") else 1.0
            best[keys] = max(weight, best.get(keys, 0.0))
        role = facts.mark(self.text, span) or self.role
        role = role or (facts.TO if facts.reached(self.text, span) else "")
        if not role and mine in (DAY, TIME):
            before = self.text[: span[0]]
            role = (
                facts.FROM if facts.SINCE.search(before) else facts.TO if facts.UNTIL.search(before) else ""
            )
        if role:
            best[frozenset([role])] = 1.0
        asked: list[Term] = []
        if self.answers(mine == facts.NAME):
            asked = [Term(t.keys, ASKED, True) for t in self.asked if t.keys not in best]
        of_names = {keys for at, keys in rest if any(v.span[0] <= at[0] < v.span[1] for v in self.names)}
        return (*(Term(keys, weight, named=keys in of_names) for keys, weight in best.items()), *asked)


def _within(at: int, spans: Sequence[Span]) -> bool:
    return any(a <= at < b for a, b in spans)


def _unit_end(text: str, at: int) -> int:
    """Where the unit of a number ends, with what it is for each of: 3.5 g/kg."""
    at += len(units.run(text[at:]))
    return m.end() if (m := _EACH_OF.match(text, at)) else at


def _counting(word: str) -> bool:
    """Whether a word is a scale or a currency."""
    unit = units.named(word)
    return unit is not None and unit.dimension in (units.SCALE, units.CURRENCY)


def _keys(word: str, lang: str) -> frozenset[str]:
    return concepts.keys(word, lang) | _ranked(word)


def _of_name(word: str, lang: str) -> frozenset[str]:
    """What a word of a name is compared by: no word that means the same."""
    return frozenset(k for k in concepts.keys(word, lang) if k[0] != "#")


def _ranked(word: str) -> frozenset[str]:
    """The number that an ordinal says."""
    axis, member = opposites.stance(word) or ("", "")
    return frozenset([f"n:{member}"]) if axis == "rank" else frozenset()


def _kind(claim: Claim) -> str:
    return facts.kind_of(claim.text.strip("()"), claim.units) if claim.kind == NUMBER else claim.kind


def value_keys(claim: Claim) -> frozenset[str]:
    """What a value of a sentence may be compared by."""
    if claim.kind == DAY:
        return frozenset(f"d:{d}" for d in claim.days)
    if claim.kind == NUMBER:
        return facts.number_keys(claim.readings)
    if claim.kind == TIME:
        return frozenset(f"t:{m}" for _, m in clock.times(claim.text))
    return frozenset([f"c:{values.code_key(claim.text)}"])
