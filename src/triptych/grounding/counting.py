"""What a number of a clause counts, held against what the page counts: 36 cars, four votes."""

from __future__ import annotations

from collections.abc import Sequence

from triptych.grounding import concepts
from triptych.grounding.claim import NUMBER, Claim
from triptych.grounding.claims import NEXT
from triptych.grounding.facts import Fact
from triptych.grounding.sheet import Sheet, Span
from triptych.grounding.terms import silent_in
from triptych.words import tokens


def the_same(
    claim: Claim, spans: Sequence[Span], own: Sequence[Fact], rivals: Sequence[Fact], text: str, sheet: Sheet
) -> bool:
    """Whether what the clause counts is what the page counts there, and nowhere else: 36 cars."""
    if claim.kind != NUMBER or claim.units or not own:
        return False
    wanted = _behind(text, claim.end, sheet)
    there = [_behind(sheet.text, end, sheet) for _, end in spans]
    others = [_behind(sheet.text, f.span[1], sheet) for f in rivals]
    return bool(wanted) and any(wanted & t for t in there) and not any(wanted & o for o in others)


def otherwise(claim: Claim, spans: Sequence[Span], text: str, sheet: Sheet) -> bool:
    """Whether the page counts the same things, and nowhere as many of them: four votes of a page with 3."""
    if not claim.counts or claim.units:
        return False
    wanted = _behind(text, claim.end, sheet)
    counted = [f for f in sheet.figures if wanted & _behind(sheet.text, f.span[1], sheet)]
    if not counted or any(f.span in spans for f in counted):
        return False
    # "14 votes in favour" of a page with "in favour 14"
    said = frozenset(k for w in tokens.words(text[claim.end :]) for k in concepts.keys(w, sheet.language))
    return not any(said & _before(sheet.text, start, sheet) for start, _ in spans)


def _before(text: str, at: int, sheet: Sheet) -> frozenset[str]:
    """What the word right before a number may be compared by."""
    words = tokens.words(text[max(text.rfind("\n", 0, at) + 1, at - 30) : at])[-1:]
    return concepts.keys(words[0], sheet.language) if words else frozenset()


def _behind(text: str, at: int, sheet: Sheet) -> frozenset[str]:
    """What the word right behind a number may be compared by; nothing for a silent one."""
    word = NEXT.match(text, at)
    folded = "".join(tokens.words(word[1])) if word else ""
    return (
        concepts.keys(folded, sheet.language)
        if folded and folded not in silent_in(sheet.language)
        else frozenset()
    )
