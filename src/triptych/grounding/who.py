"""Who it was: whether what a clause says of one person or firm the page says of another one.

Only for clauses that name nobody else and claim nothing else. Two things tell it: labels ("Chair: F. Nordahl", a form's
field), where the clause says little but the label; and a sentence that has all of the clause's words and another name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from triptych.grounding import concepts, facts, opposites
from triptych.grounding.claim import NAME, Claimed
from triptych.grounding.facts import Value
from triptych.grounding.sheet import Sheet, Span
from triptych.words import language, tokens

# "Chair: ", "released by: Dr. ", "/ notes: ", right before a name.
_BEFORE = re.compile(r"(?:^|[\n/.;|,()])\s*([^\W\d_][^\n:/.;|,()]{1,40}):\s+(?:[^\W\d_]{1,4}\. ?){0,2}$")
_SOMEBODY = (facts.NAME, facts.LONG_NAME)
_LABEL = 4  # words of a label in a field of its own
_BESIDES = 1  # words of a clause that its label does not have
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
    line = sheet.text.rfind("\n", 0, span[0]) + 1
    if m := _BEFORE.search(sheet.text[line : span[0]]):
        return tuple(_words(m[1], sheet.language))
    cell = sheet.grid.cell(span[0])
    if cell is None or cell.heads or cell.prose or sheet.text[cell.start : span[0]].strip(" .:"):
        return ()
    beside = (*cell.mates, *cell.beside[-1:])
    return next((tuple(_words(c.text, sheet.language)) for c in beside if len(c.text.split()) <= _LABEL), ())


def _words(text: str, lang: str) -> Iterator[Keys]:
    """The keys of each word of sense."""
    silent = language.stop_words(language.DEFAULT) | language.stop_words(lang)
    return (concepts.keys(w, lang) for w in tokens.words(text) if w not in silent and not w.isdigit())


def another(taken: Claimed, sheet: Sheet, question: str) -> bool:
    """Whether the page has somebody else for what a clause says of the one that it names."""
    named = [
        v for v in facts.names(taken.text) if any(v.span[0] <= c.start < v.span[1] for c in taken.claims)
    ]
    if len(named) != 1 or any(c.kind != NAME for c in taken.claims):
        return False
    [name] = named
    if opposites.denied(opposites.plainly(taken.text)):
        return False
    rest = taken.text[: name.span[0]] + " " + taken.text[name.span[1] :]
    said = [*_words(rest, sheet.language)]
    if not said:
        return False
    mine = [v for v in sheet.reading.found if v.kind in facts.NAMES and v.keys & _telling(name)]
    return _labelled_otherwise(said, name, mine, sheet) or _told_of_another(said, name, mine, question, sheet)


def _telling(name: Value) -> Keys:
    """The words of a name but for its initials and titles."""
    return frozenset(k for k in name.keys if len(k) > 5) or name.keys


def _labelled_otherwise(said: Sequence[Keys], name: Value, mine: Sequence[Value], sheet: Sheet) -> bool:
    fitting = [r for r in sheet.roles if r.label and _left(said, r) <= _BESIDES]
    if not fitting or any(r.holder.keys & _telling(name) for r in fitting):
        return False
    labels = frozenset().union(*(k for r in fitting for k in r.label))
    held = {r.holder.span: r for r in sheet.roles}
    for value in mine:
        if value.span in held:
            if any(keys & s for keys in held[value.span].label for s in said):
                return False  # a label of its own
        elif sheet.reading.words(*sheet.segment(value.span[0])) & labels:
            return False
    return True


def _left(said: Sequence[Keys], role: Role) -> int:
    """Words of a clause that are none of a label; all of them where it has not all of the label's."""
    whole = all(any(keys & s for s in said) for keys in role.label)
    return sum(not any(keys & s for keys in role.label) for s in said) if whole else len(said) + 1


def _told_of_another(
    said: Sequence[Keys], name: Value, mine: Sequence[Value], question: str, sheet: Sheet
) -> bool:
    """Whether sentences have all of the words, each with another name only, and none of them is about this one."""
    top = len("\n".join(sheet.text.split("\n")[:_OF_THE_PAGE]))
    asked = {f"w:{w}" for w in tokens.words(question)}
    if len(said) < 2 or name.keys & asked or any(v.span[0] < top for v in mine):
        return False
    holding = [
        (start, end)
        for start, end in sheet.segments
        if all(keys & sheet.reading.words(start, end) for keys in said)
    ]
    return bool(holding) and all(
        any(start <= v.span[0] < end and v.kind in _SOMEBODY for v in sheet.reading.found)
        and not any(start <= v.span[0] < end for v in mine)
        and not _ANAPHORA & {*tokens.words(sheet.text[start:end])}
        for start, end in holding
    )
