"""Does a sentence stand on the pages that it cites? Words are compared, nothing is believed.

A clause holds when everything in it that can be looked up (quotations, figures with their units, days, codes, names)
stands on one of its pages, and enough of its other words stand there or in the question. What the question names may
stand elsewhere in the same document. Figures that are sums, differences or shares of cited ones are told as derived.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from triptych import values
from triptych.answering.cells import alike
from triptych.grounding import (
    claims,
    concepts,
    figures,
    fit,
    frames,
    names,
    opposites,
    ordering,
    relations,
    units,
    who,
    working,
)
from triptych.grounding.bearing import SPOKEN, VERBATIM, added, covered, spoken_for, vouched
from triptych.grounding.claim import CODE, DAY, NAME, NUMBER, QUOTE, TIME, UNIT, Claim, Claimed
from triptych.grounding.claims import HAN, claimed
from triptych.grounding.concepts import same
from triptych.grounding.equations import equations
from triptych.grounding.placing import Place, placed, runs
from triptych.grounding.plain import ADDRESS, harmless
from triptych.grounding.propositions import contradicted, denied_nowhere
from triptych.grounding.sentences import Clause, clauses
from triptych.grounding.sheet import Sheet, Span
from triptych.grounding.ticks import unticked
from triptych.grounding.words import GENERIC, generic
from triptych.types import Page
from triptych.words import language, tokens

SUPPORTED, DERIVED, SEEN, UNSUPPORTED = "supported", "derived", "seen", "unsupported"
NOTHING = "it says nothing that can be looked up"
COVERED = 0.3  # share of a clause's words that must stand on its pages or in the question, beside its claims
PROSE = 0.6  # the same for a clause that claims nothing that can be looked up, within a few lines of one page
NAMED = 0.5  # and where it names somebody
PAIRED = 0.75  # in scripts whose words are pairs of letters, many of which stand anywhere
_WINDOW = 400  # characters within which the words of such a clause must stand together
_OTHER_WORDS = "its words are not those of the cited page"
_Found = dict[int, list[tuple[Claim, list[Span]]]]  # claims by item, with their places
_BARE = 12  # words up to which a page says so little that its picture must have said the rest


@dataclass(frozen=True)
class Item:
    """A numbered piece of evidence: its page, what else is known of its document, and whether the model saw it."""

    number: int
    sheet: Sheet
    context: Sheet  # title, path, captions, other pages of the document among the evidence
    pictured: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """A clause as it may be told, and what it rests on."""

    text: str
    status: str
    places: tuple[Place, ...] = ()
    why: str = ""  # what is lacking, in words of ours
    figures: tuple[Decimal, ...] = ()  # that stand on a page
    cited: tuple[int, ...] = ()  # the items that the model cited for it


@dataclass(frozen=True)
class Checker:
    """Checks the sentences of one answer, one after the other. `question` is what was asked."""

    items: Mapping[int, Item]
    question: str
    cited: list[tuple[int, Decimal]] = field(
        default_factory=list
    )  # figures of the sentences that held, by item

    def sentence(self, sentence: str) -> list[Checked]:
        """Its clauses, checked. What is checked is what is told: only characters that are harmless."""
        parts = [replace(c, text=harmless(c.text)) for c in clauses(sentence)]
        parts = [c for c in parts if any(map(str.isalnum, c.text))]
        taken = [claimed(_unspelled(c.text)) for c in parts]
        found = [self._looked_up(c, t) for c, t in zip(parts, taken, strict=True)]
        if all(_empty(t) for t in taken):
            return [replace(c, status=UNSUPPORTED, why=NOTHING) for c in found]
        here = [f for c in found for f in c.figures]
        found = [
            self._worked_out(c, t, before, here) if before.status == UNSUPPORTED else before
            for c, t, before in zip(parts, taken, found, strict=True)
        ]
        if all(c.status != UNSUPPORTED for c in found):
            self.cited.extend(
                (n, f) for p, c in zip(parts, found, strict=True) for n in p.cited for f in c.figures
            )
        return [replace(c, cited=part.cited) for c, part in zip(found, parts, strict=True)]

    def _worked_out(
        self, clause: Clause, taken: Claimed, before: Checked, cited: Sequence[Decimal]
    ) -> Checked:
        """The clause again, with figures allowed that follow from those of its sentence, and, where it says that it
        works something out, of earlier ones that cite the same items."""
        sheets = [self.items[n].sheet for n in clause.cited if n in self.items]
        earlier = [figure for n, figure in self.cited if n in clause.cited]
        known = [*(earlier if any(working.derives(taken.text, s) for s in sheets) else ()), *cited]
        lost = [
            c
            for c in taken.claims
            if c.kind == NUMBER
            and not any(figures.in_another_unit(c, sheet) for sheet in sheets)
            and figures.derived(c, known)
        ]
        again = self._looked_up(clause, taken, frozenset((c.start, c.end) for c in lost)) if lost else before
        return again

    def _looked_up(self, clause: Clause, taken: Claimed, free: frozenset[Span] = frozenset()) -> Checked:
        """`free` are places of figures that follow from others."""

        def lacking(why: str) -> Checked:
            # What is made with a figure of no page makes no other one.
            stand = tuple(h for h in held if all(h != s.result.readings[0] for s in sums))
            return Checked(clause.text, UNSUPPORTED, (), why, stand)

        held: list[Decimal] = []
        sums = equations(taken)
        if not clause.cited:
            return lacking("no page is cited for it")
        if any(n not in self.items for n in clause.cited):
            return lacking("it cites a page that was not given")
        items = [self.items[n] for n in dict.fromkeys(clause.cited)]
        found: _Found = {item.number: [] for item in items}
        if _empty(taken):
            return Checked(clause.text, SUPPORTED)
        if not all(s.right for s in sums):
            return lacking("it is wrongly worked out")
        free |= {(s.result.start, s.result.end) for s in sums}
        status = SUPPORTED
        missing = ""
        for claim in taken.claims:
            how = self._stands(claim, items, found)
            if how is None and ((claim.start, claim.end) in free or self._follows(claim, taken, items)):
                how = DERIVED
            if how is None:
                missing = missing or f"a {claim.kind} is not on the cited page"
                continue
            status = DERIVED if how == DERIVED else status
            if claim.kind == NUMBER:
                held += dict.fromkeys((claim.readings[0], claim.readings[0] * claim.scale))
        if why := missing or self._nowhere(clause, taken, items, found):
            return lacking(why)
        return self._worded(clause, taken, items, found, status, tuple(held))

    def _nowhere(self, clause: Clause, taken: Claimed, items: Sequence[Item], found: _Found) -> str:
        """What of a clause whose claims stand on a page does not: an address, words of a name; "" for nothing."""
        if any(not _printed(m[0], items) for m in ADDRESS.finditer(_unspelled(clause.text))):
            return "an address is not on the cited page"
        known = [words for i in items for words in (i.sheet.words, i.context.words)]
        asked = dict.fromkeys(tokens.words(self.question))
        pages = [(i.sheet, found[i.number]) for i in items]
        apart = names.apart(taken, pages) or names.stray(taken, [*known, asked])
        return "words of a name stand apart on the cited page" if apart else ""

    @staticmethod
    def _follows(claim: Claim, taken: Claimed, items: Sequence[Item]) -> bool:
        if claim.kind != NUMBER or working.within(claim, taken):
            return claim.kind == NUMBER
        return any(
            working.worked_out(claim, taken, i.sheet) and not figures.in_another_unit(claim, i.sheet)
            for i in items
        )

    def _stands(self, claim: Claim, items: Sequence[Item], found: _Found) -> str | None:
        """SUPPORTED or DERIVED when the claim stands on a page of `items`, whose places are noted in `found`."""
        for look, how in ((_places, SUPPORTED), (_conversions, DERIVED)):
            places = {item.number: look(claim, item.sheet) for item in items}
            if any(places.values()):
                for number, spans in places.items():
                    if spans:
                        found[number].append((claim, spans))
                return how
        if claim.paged and any(claim.readings[0] == item.sheet.page.number for item in items):
            return SUPPORTED
        asked = values.fold(claim.text) in values.fold(self.question)
        if asked and any(_places(claim, item.context) for item in items):
            return SUPPORTED
        return None

    def _worded(
        self,
        clause: Clause,
        taken: Claimed,
        items: Sequence[Item],
        found: _Found,
        status: str,
        held: tuple[Decimal, ...],
    ) -> Checked:
        """Whether the words around the claims have to do with the pages; and where on them all of it stands."""
        borne = _fullest(items, found)
        asked = frozenset(tokens.words(self.question))
        shown = [item.sheet for item in borne or items]
        order = [ordering.ordered(taken.text, sheet) for sheet in shown]
        verbatim = len(taken.text.split()) >= VERBATIM and any(s.literal(taken.text) for s in shown)
        why = "" if verbatim else self._refuted(taken, borne, shown, found, order)
        if why:
            return Checked(clause.text, UNSUPPORTED, (), why, held)
        if any(order):
            places = tuple(placed(item.number, item.sheet, found[item.number], taken.words) for item in borne)
            return Checked(clause.text, DERIVED, places, "", held)
        looked_up = any(c.kind != NAME for c in taken.claims)
        pages = [words for i in borne or items for words in (i.sheet.words, i.context.words)]
        tongue = language.detect(taken.text, tokens.words(taken.text), least=1)
        foreign = all(sheet.language != tongue for sheet in shown)  # its words are not the page's anyway
        strange = not verbatim and added(taken, pages, asked, foreign)
        if looked_up and strange:
            return Checked(clause.text, UNSUPPORTED, (), _OTHER_WORDS, held)
        if looked_up:
            rising = [
                w
                for w in taken.words
                if concepts.direction((w,)) and not any(concepts.held(p, w) for p in pages)
            ]
            telling = [w for w in taken.words if w not in GENERIC and w not in rising]
            valued = sum(c.kind != NAME for c in taken.claims)
            if len(telling) > 1 and valued < 2 and not foreign and covered(telling, pages, asked) < COVERED:
                return Checked(clause.text, UNSUPPORTED, (), _OTHER_WORDS, held)
        if not taken.words and any(c.kind in (CODE, QUOTE) for c in taken.claims):
            borne = [
                item
                for item in borne
                if vouched(taken, item.sheet, item.context, found[item.number], self.question)
            ]
            if not borne:
                return Checked(clause.text, UNSUPPORTED, (), "it has nothing to do with the question", held)
        if (looked_up or not taken.words) and (borne or status == DERIVED):
            places = tuple(placed(item.number, item.sheet, found[item.number], taken.words) for item in borne)
            return Checked(clause.text, status, places, "", held)
        spoken = not strange and (foreign or spoken_for(taken.text, pages) >= SPOKEN)
        prose = [
            place
            for item in borne or items
            if spoken
            and not denied_nowhere(taken, item.sheet)
            and (place := _said(taken, item, asked, found[item.number])) is not None
        ]
        if prose:
            return Checked(clause.text, status, tuple(prose), "", held)
        return self._seen(clause, taken, items, asked)

    def _refuted(
        self,
        taken: Claimed,
        borne: Sequence[Item],
        shown: Sequence[Sheet],
        found: _Found,
        order: Sequence[bool | None],
    ) -> str:
        """What the pages have against a clause whose values all stand there; "" for nothing."""
        if any(o is False for o in order):
            return "the figures of the cited page say otherwise"
        if any(order):
            return ""
        parts = claims.statements(taken)
        for part in parts:
            quoted = _quotes(part)
            if not quoted and all(_reversed(part.text, s) for s in shown):
                return "the cited page says it the other way round"
            its = {n: [(c, spans) for c, spans in those if c in part.claims] for n, those in found.items()}
            mentioned = frames.mentioning(part.text, part.words)
            if (
                not mentioned
                and borne
                and all(
                    fit.another(part, its[i.number], i.sheet, self.question, len(parts) == 1) for i in borne
                )
            ):
                return "the cited page says it of another"
            if not (mentioned or quoted) and all(who.another(part, s, self.question) for s in shown):
                return "the cited page says it of another"
            if not quoted and any(contradicted(part, s) or unticked(part, s) for s in shown):
                return "the cited page says otherwise"
        return ""

    def _seen(self, clause: Clause, taken: Claimed, items: Sequence[Item], asked: frozenset[str]) -> Checked:
        """What a picture without words shows cannot be looked up; it must speak of what was asked or described."""
        shown = [i for i in items if i.pictured and len(i.sheet.words) <= _BARE]
        about = [i for i in shown if covered(taken.words, [i.context.words], asked) > 0]
        if about and not taken.claims:
            return Checked(clause.text, SEEN, tuple(Place(i.number, (), ()) for i in about))
        return Checked(clause.text, UNSUPPORTED, (), _OTHER_WORDS)


def _reversed(said: str, sheet: Sheet) -> bool:
    return relations.reversed_parties(said, sheet) or relations.reversed_way(said, sheet)


def _quotes(part: Claimed) -> bool:
    """Whether a clause says no more than that words stand there."""
    said = [w for w in part.words if not (generic(w) or frames.named(w))]
    return not said and bool(part.claims) and all(c.kind == QUOTE for c in part.claims)


def _fullest(items: Sequence[Item], found: Mapping[int, Sequence[tuple[Claim, list[Span]]]]) -> list[Item]:
    """The items that bear a clause: those on which all of it stands that stands anywhere, else all that hold a part."""
    whole = {claim for those in found.values() for claim, _ in those}
    full = [item for item in items if whole and {claim for claim, _ in found[item.number]} == whole]
    return full or [item for item in items if found[item.number]]


def _empty(taken: Claimed) -> bool:
    """Whether a clause is but a frame for others: "As [1] shows"."""
    return not taken.claims and not taken.words


def _places(claim: Claim, sheet: Sheet) -> list[Span]:
    if claim.kind == QUOTE:
        return sheet.quoted(claim)
    if claim.kind == DAY:
        return sheet.dated(claim)
    if claim.kind == TIME:
        return sheet.timed(claim)
    if claim.kind == NUMBER:
        return figures.standing(claim, sheet)
    if claim.kind == CODE:
        return sheet.literal(claim.text)
    if claim.kind == UNIT:
        return units.places(sheet.text, claim.units[0])
    return sheet.named(claim.text)


def _conversions(claim: Claim, sheet: Sheet) -> list[Span]:
    return figures.converted(claim, sheet) if claim.kind == NUMBER else []


def _said(
    taken: Claimed, item: Item, asked: frozenset[str], found: Sequence[tuple[Claim, list[Span]]]
) -> Place | None:
    """Where a clause without claims is said: most of its words within a few lines of the page, and a denial only
    where the page denies something, too."""
    page = item.sheet
    spots = sorted(
        (span, word)
        for word in taken.words
        for other, spans in page.words.items()
        if other in same(word)
        or alike(word, other)
        or concepts.keys(word, page.language) & concepts.keys(other, page.language)
        for span in spans
    )
    spots = sorted([*spots, *((span, claim.text) for claim, spans in found for span in spans)])
    axes = {axis for p in page.propositions for axis in p.stances}  # which are compared for themselves
    telling = [
        w
        for w in taken.words
        if concepts.held(page.words, w) or not (w in GENERIC or (opposites.stance(w) or ("",))[0] in axes)
    ]
    whole = sum(map(len, telling)) + sum(c.end - c.start for c in taken.claims)
    if not spots or not whole:
        return None
    best: tuple[float, list[Span]] = (0.0, [])
    for i, (first, _) in enumerate(spots):
        near = [(span, word) for span, word in spots[i:] if span[1] <= first[0] + _WINDOW]
        weight = sum(len(w) for w in {word for _, word in near})
        if weight > best[0]:
            best = (weight, [span for span, _ in near])
    outside = sum(len(w) for w in taken.words if w in asked and not concepts.held(page.words, w))
    if (best[0] + 0.5 * outside) / whole < (
        PAIRED if HAN.search(taken.text) else NAMED if taken.claims else PROSE
    ):
        return None
    return Place(item.number, runs(page, best[1]), ())


def _printed(address: str, items: Sequence[Item]) -> bool:
    """Whether a page has an address, and no longer one that begins with it."""
    pattern = rf"(?<![\w.@-]){re.escape(address.rstrip('.'))}(?![\w@/-]|\.\w)"
    return any(re.search(pattern, item.sheet.text, re.IGNORECASE) for item in items)


def _unspelled(text: str) -> str:
    """Addresses as they stand on pages."""
    return text.replace("(dot)", ".").replace("(at)", "@")


def context(page: Page, *said: str) -> Sheet:
    """Words of a document beside its page, as something to look claims up in."""
    return Sheet(replace(page, text=type(page.text).plain("\n".join(filter(None, said)))))
