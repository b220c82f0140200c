"""Whether a clause says that something is so whose box is empty on the page, where another one beside it is ticked."""

from __future__ import annotations

from triptych.grounding import concepts, opposites
from triptych.grounding.claim import Claimed
from triptych.grounding.sheet import Sheet
from triptych.words import tokens


def unticked(taken: Claimed, sheet: Sheet) -> bool:
    """Whether the clause affirms an option that is not ticked, and none of the same choice that is."""
    if opposites.denies(opposites.plainly(taken.text)):
        return False
    said = set(tokens.words(taken.text))
    for choice in sheet.choices:
        ticked = [o for o in choice.options if o.ticked]
        named = [o for o in choice.options if _names(sheet.text[slice(*o.span)], said)]
        if ticked and named and not any(o.ticked for o in named):
            return not any(_elsewhere(sheet, o.span) for o in named)
    return False


def empty(text: str, sheet: Sheet) -> bool:
    """Whether a text names an option that is not ticked."""
    said = set(tokens.words(text))
    options = (o for choice in sheet.choices for o in choice.options)
    return any(not o.ticked and _names(sheet.text[slice(*o.span)], said) for o in options)


def _names(option: str, said: set[str]) -> bool:
    words = tokens.words(option)
    return bool(words) and all(concepts.held(dict.fromkeys(said), w) for w in words)


def _elsewhere(sheet: Sheet, span: tuple[int, int]) -> bool:
    """Whether the words of an option stand on another place of the page, too, which may be meant."""
    words = tokens.words(sheet.text[slice(*span)])
    return all(any(not (span[0] <= a < span[1]) for a, _ in sheet.words.get(w, ())) for w in words)
