"""Who it was: whether what a clause says of one person or firm the page says of another one.

Only for clauses that name nobody else and claim nothing else. Two things tell it: labels ("Chair: F. Nordahl", a form's
field), where the clause says little but the label; and a sentence that has all of the clause's words and another name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from triptych.grounding import concepts, facts, frames, opposites
from triptych.grounding.claim import NAME, Claimed
from triptych.grounding.facts import Value
from triptych.grounding.sheet import Sheet, Span
from triptych.grounding.words import TELLING
from triptych.words import language, tokens

# "Chair: ", "released by: Dr. ", "/ notes: ", right before a name, or in a line of its own.
_BEFORE = re.compile(r"(?:^|[\n/.;|,()])\s*([^\W\d_][^\n:/.;|,()]{1,40}) ?:[ \n]+(?:[^\W\d_]{1,4}\. ?){0,2}$")
# "the landlord, Mr "
_TITLED = re.compile(r"(?<!\w)([^\W\d_]+),? (?:(?:Mr|Mrs|Ms|Dr|Prof|Herr|Frau|Mme|M)\.? )?$")
# What somebody may be, with all words that mean the same.
_OFFICES = ["seller", "buyer", "customer", "supplier", "chair", "contact", "policyholder", "holder", "tenant", "landlord", "recipient", "sender", "manager", "department", "patient", "doctor", "secretary", "teacher", "author", "witness", "technician", "driver", "winner", "signer", "designer", "founder"]  # fmt: skip
_TOWARDS = {"to": "recipient", "attn": "recipient", "attention": "recipient", "an": "recipient", "à": "recipient", "from": "sender", "von": "sender", "de": "sender"}  # fmt: skip
_SOMEBODY = (facts.NAME, facts.LONG_NAME)
_LABEL = 4  # words of a label in a field of its own
_BESIDES = 1  # words of a clause that its label does not have
_BETWEEN = 80  # characters between a name and the word of a label that is no label there
# Words of a clause that say that somebody is named as something.
_NAMING = TELLING | frozenset(["role", "filled", "person", "firm", "entered"])
# Who is meant stands in another sentence.
_ANAPHORA = frozenset(["i", "we", "he", "she", "they", "his", "her", "their", "it", "its", "ich", "wir", "er", "sie", "sein", "ihr", "es", "je", "nous", "il", "elle", "ils", "elles", "son", "sa", "leur", "yo", "él", "ella", "ellos", "su", "lui", "lei"])  # fmt: skip
_OF_THE_PAGE = 2  # lines from the top whose names are those of all that the page says

Keys = frozenset[str]


@dataclass(frozen=True, slots=True)
class Role:
    """A name of the page with the words of its label, each as its keys."""

    label: tuple[Keys, ...]
    holder: Value


def roles(sheet: Sheet) -> list[Role]:
    """Of all names of a page that a label stands at."""
    named = [v for v in sheet.reading.found if v.kind in _SOMEBODY]
    return [Role(label, value) for value in named if (label := _label(sheet, value.span))]


def _label(sheet: Sheet, span: Span) -> tuple[Keys, ...]:
    before = sheet.text[max(0, span[0] - 90) : span[0]]
    if m := _BEFORE.search(before):
        towards = _TOWARDS.get(m[1].split()[-1].lower())
        return tuple(_words(f"{m[1]} {towards or ''}", sheet.language))
    if m := _TITLED.search(before):
        said = tuple(_words(m[1], sheet.language))
        if any(keys & _roles() for keys in said):
            return said
    cell = sheet.grid.cell(span[0])
    if cell is None or cell.heads or cell.prose or sheet.text[cell.start : span[0]].strip(" .:"):
        return ()
    beside = (*cell.mates, *cell.beside[-1:])
    return next((tuple(_words(c.text, sheet.language)) for c in beside if len(c.text.split()) <= _LABEL), ())


@lru_cache(maxsize=1)
def _roles() -> Keys:
    """The keys of all words that say what somebody is."""
    return frozenset(k for w in _OFFICES for k in concepts.keys(w) if k[0] == "#")


def _words(text: str, lang: str, silent: Collection[str] = ()) -> Iterator[Keys]:
    """The keys of each word of sense."""
    stop = language.stop_words(language.DEFAULT) | language.stop_words(lang)
    words = (w for w in tokens.words(text) if w not in stop and w not in silent and not w.isdigit())
    return (concepts.keys(w, lang) for w in words)


def another(taken: Claimed, sheet: Sheet, question: str) -> bool:
    """Whether the page has somebody else for what a clause says of the one that it names. Names of the question say which
    document it is."""
    text = frames.undocumented(taken.text)
    asked = {f"w:{w}" for w in tokens.words(question)}
    claimed = [c for c in taken.claims if text[c.start : c.end].strip()]
    named = [v for v in facts.names(text) if any(v.span[0] <= c.start < v.span[1] for c in claimed)]
    named = [v for v in named if not v.keys <= asked]
    if len(named) != 1 or any(c.kind != NAME for c in claimed) or opposites.denied(opposites.plainly(text)):
        return False
    [name] = named
    rest = text[: name.span[0]] + " " + text[name.span[1] :]
    mine = [v for v in sheet.reading.found if v.kind in facts.NAMES and v.keys & _telling(name)]
    said = [*_words(rest, sheet.language, _NAMING)]
    whole = [*_words(rest, sheet.language)]
    if _labelled_otherwise(said or whole, whole, name, mine, sheet):
        return True
    return not name.keys & asked and _told_of_another(said, mine, sheet)


def _telling(name: Value) -> Keys:
    """The words of a name but for its initials and titles."""
    return frozenset(k for k in name.keys if len(k) > 5) or name.keys


def _labelled_otherwise(
    said: Sequence[Keys], whole: Sequence[Keys], name: Value, mine: Sequence[Value], sheet: Sheet
) -> bool:
    """Whether a label that the clause says stands at another one, or this one has another label, and what the clause says
    is no label of his."""
    fitting = [r for r in sheet.roles if r.label and _left(said, whole, r) <= _BESIDES]
    if any(r.holder.keys & _telling(name) for r in fitting):
        return False
    held = {r.holder.span: r for r in sheet.roles}
    offices = frozenset(k for keys in said for k in keys) & _roles()
    elsewhere = bool(mine) and bool(offices & sheet.reading.words(0, len(sheet.text)))
    if not fitting and not (elsewhere and len(said) <= _BESIDES + 1 and all(v.span in held for v in mine)):
        return False
    labels = frozenset().union(*(k for r in fitting for k in r.label)) | offices
    for value in mine:
        if value.span in held:
            own = any(keys & s for keys in held[value.span].label for s in whole)
            if own or (not fitting and _beside(offices, value.span, sheet)):
                return False
        elif _near(labels, value.span, sheet):
            return False
    return True


def _near(labels: Keys, span: Span, sheet: Sheet) -> bool:
    """Whether a word of a label stands near a name in its sentence, not as the label of something."""
    start, end = sheet.segment(span[0])
    before = sheet.text[max(start, span[0] - _BETWEEN) : span[0]]
    before = before[before.rfind(":") + 1 :]
    behind = sheet.text[span[1] : min(end, span[1] + _BETWEEN)]
    behind = "" if ":" in behind else behind
    around = [(span[0] - len(before), span[0]), (span[1], span[1] + len(behind))]
    return any(sheet.reading.words(*part) & labels for part in around)


def _beside(offices: Keys, span: Span, sheet: Sheet) -> bool:
    """Whether a word of a role stands on the line of a name, or on one beside it."""
    first = sheet.text.rfind("\n", 0, max(0, sheet.text.rfind("\n", 0, span[0]))) + 1
    last = sheet.text.find("\n", sheet.text.find("\n", span[1]) + 1)
    return bool(sheet.reading.words(first, last if last > first else len(sheet.text)) & offices)


def _left(said: Sequence[Keys], whole: Sequence[Keys], role: Role) -> int:
    """Words of a clause that are none of a label; more than all of them where it has not all of the label's."""
    held = all(any(keys & s for s in whole) for keys in role.label)
    return sum(not any(keys & s for keys in role.label) for s in said) if held else len(said) + 1 + _BESIDES


def _told_of_another(said: Sequence[Keys], mine: Sequence[Value], sheet: Sheet) -> bool:
    """Whether sentences have all of the words, each with another name only, and none of them is about this one."""
    top = len("\n".join(sheet.text.split("\n")[:_OF_THE_PAGE]))
    if len(said) < 2 or any(v.span[0] < top for v in mine):
        return False
    holding = [
        (start, end)
        for start, end in sheet.segments
        if all(keys & sheet.reading.words(start, end) for keys in said)
    ]
    return bool(holding) and all(
        any(start <= v.span[0] < end and v.kind in _SOMEBODY for v in sheet.reading.found)
        and not any(sheet.segment(max(0, start - 1))[0] <= v.span[0] <= sheet.segment(end)[1] for v in mine)
        and not _ANAPHORA & {*tokens.words(sheet.text[start:end])}
        for start, end in holding
    )
