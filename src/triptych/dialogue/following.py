"""Follow-up questions written out by rules, in English and German, from the words of the questions before.

    written_out(question, [(question, answer), ...]) -> str        "" where it stands for itself, or nothing fits

"And for 2022?" exchanges what is of the same kind, "and its VAT?" asks for another value of the same thing, "who issued
it?" puts a name for the pronoun, "when is the payment due?" adds what was spoken of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from triptych import values
from triptych.answering.kinds import item_of
from triptych.answering.question import parse
from triptych.dialogue import referring
from triptych.dialogue.mentions import (
    MONTH,
    QUARTER,
    YEAR,
    Mention,
    article_of,
    is_german,
    is_label,
    is_thing,
    mention,
    names,
    split,
    temporal,
)

_LEAD = re.compile(r"^(?:(?:and|but|or|ok(?:ay)?|so|then|und|oder|aber|dann|et|y|e)\b[,\s]+)+", re.IGNORECASE)
_ABOUT = re.compile(
    r"^(?:(?:what|how) about|how much(?= (?:for|on|in|at)\b)|wie ?viel(?= (?:für|bei|in|im)\b)|was ist mit|wie (?:ist|sieht|war) (?:es|das) (?:mit|bei|für|im|in))\s+",
    re.IGNORECASE,
)
_PREPOSITION = re.compile(
    r"^(?:for|in|on|of|at|from|with|to|by|für|im|am|an|bei|von|vom|auf|mit|zum|zur|pour|para)\s+",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\b(?:is|are|was|were|do|does|did|has|have|had|can|will|would|should|who|when|where|why|which|how|what|"
    r"ist|sind|war|waren|hat|haben|hatte|wird|wurde|kann|muss|steht|gibt|wer|wann|wo|warum|wie|welche[rsnm]?|"
    r"it|they|he|she|we|you|i|sie|er|es|ihn|wir|man|ich)\b",
    re.IGNORECASE,
)
_OPENING = re.compile(
    rf"^(?:{_VERB.pattern}|whom|whose|wem|wen|an wen|von wem|by whom|to whom)", re.IGNORECASE
)
_DETERMINER = re.compile(
    r"^(?:(?:the|a|an|its|their|his|her|der|die|das|den|dem|ein|eine|ihr|ihre|ihren|sein|seine|seinen)\s+)",
    re.IGNORECASE,
)
_ALONE = {  # a bare word that asks
    "when": ("date", ""), "how much": ("total", ""), "wann": ("Datum", "das"),
    "wie viel": ("Gesamtbetrag", "der"), "wieviel": ("Gesamtbetrag", "der"),
}  # fmt: skip
_PLACED = re.compile(r"^(.+?)\s+((?:of|on|for|from|in|im|am|der|des|von|vom|auf|für)\s+(.+))$", re.IGNORECASE)
_SAME = ("one", "ones", "that", "those", "same")
_TALK = re.compile(r"\b(?:you|your|thanks?|danke)\b", re.IGNORECASE)
_KEPT = ("on", "of", "in", "from", "for", "at")  # prepositions that lead to what a value belongs to
_LONGEST_REST, _LONGEST_BARE, _LONGEST_ADDED = 6, 3, 9  # words

Turns = Sequence[tuple[str, str]]


def written_out(question: str, turns: Turns) -> str:
    """`question` with what it refers to; "" where it stands for itself."""
    known: list[tuple[str, str]] = []
    for asked, answer in turns:  # they may be follow-ups themselves
        known.append((_written(asked, known, loosely=False) or asked, answer))
    return _written(question, known, loosely=True)


def _written(question: str, turns: Turns, *, loosely: bool) -> str:
    if not turns:
        return ""
    asked = " ".join(question.split())
    german = is_german(f"{asked} {turns[-1][0]}")
    alone = _ALONE.get(_LEAD.sub("", asked).rstrip("?.! ").casefold())
    if alone is not None:
        spoken_of = _spoken_of(turns)
        return _value_of(alone[0], alone[1], spoken_of, german) if spoken_of else ""
    short = _short(asked)
    if short is not None:
        return _more(*short, turns, german)
    bare = _LEAD.sub("", asked)
    if bare != asked and _OPENING.match(bare):
        asked = bare[:1].upper() + bare[1:]
    return _referring(asked, turns, german, loosely)


# ------------------------------------------------------------------------------------- short follow-ups


def _short(asked: str) -> tuple[str, str] | None:
    """(preposition or "", rest) of a follow-up without a verb: and for 2022? what about its VAT?"""
    rest = _LEAD.sub("", asked)
    about = _ABOUT.sub("", rest)
    if about != rest:
        about = re.sub(r"\s+aus(?=\W*$)", "", about)
    bare = _PREPOSITION.sub("", about)
    said = bare.rstrip("?.! ")
    led = bare != asked
    if (
        not said
        or _VERB.search(said)
        or len(said.split()) > _LONGEST_REST
        or said.split()[-1].casefold() in _SAME
    ):
        return None
    if not led and not (asked.endswith("?") and _stands_for_a_value(said)):
        return None
    return about[: len(about) - len(bare)].strip(), said


def _stands_for_a_value(said: str) -> bool:
    """Whether so few words alone ask for something: VAT? the due date? INV-1043? Not: gibt es Rabatt?"""
    if len(said.split()) > _LONGEST_BARE:
        return False
    return (
        is_label(said) or bool(_DETERMINER.match(said)) or (" " not in said and any(map(str.isdigit, said)))
    )


def _more(preposition: str, rest: str, turns: Turns, german: bool) -> str:
    """The earlier question with `rest` in place of what is of its kind; or a question for another value."""
    before = turns[-1][0]
    if found := _with_its_place(rest, turns, german):
        return found
    bare = _DETERMINER.sub("", rest)
    if not _is_value(rest, bare, german):
        return _exchanged(before, preposition, rest, german)
    item = item_of(before.rstrip(" ?.!"))
    if item is not None and item.name in before and not is_label(bare):
        return before.replace(_with_article(before, item.name), rest, 1)
    if preposition and not is_label(bare) and is_thing(bare.split()[0]):
        return ""  # on page two: nothing that we know how to exchange
    spoken_of = _spoken_of(turns)
    if spoken_of is None:
        label = parse(before).cuts[-1].label
        return before.replace(label, bare, 1) if label and label in before else ""
    return _value_of(bare, rest[: len(rest) - len(bare)].strip(), spoken_of, german)


def _with_its_place(rest: str, turns: Turns, german: bool) -> str:
    """A question for a value that is named with its time or place: its revenue in 2022, the total of INV-1043."""
    parts = _PLACED.match(rest)
    head = _DETERMINER.sub("", parts[1]) if parts else ""
    if (
        not parts
        or head.casefold() in _SAME
        or is_thing(head.split()[-1])
        or not _is_value(parts[1], head, german)
    ):
        return ""
    determiner = parts[1][: len(parts[1]) - len(head)].strip()
    if temporal(parts[3]):
        spoken_of = _spoken_of(turns)
        return f"{_value_of(head, determiner, spoken_of, german)[:-1]} {parts[2]}?" if spoken_of else ""
    if not names(f"x {parts[3]}", german=german):
        return ""
    return f"{_asks_german(head, determiner) if german else _asks_english(head)} {parts[2]}?"


def _with_article(text: str, words: str) -> str:
    found = re.search(
        rf"(?:\b(?:the|a|an|der|die|das|den|ein|eine|einen)\s+)?{re.escape(words)}", text, re.IGNORECASE
    )
    return found[0] if found else words


def _is_value(rest: str, bare: str, german: bool) -> bool:
    """Whether a short follow-up asks for another value: the date, its VAT; not Globex, 2022, INV-1043."""
    if is_label(bare):
        return True
    return not temporal(rest) and not _month(rest) and not names(f"x {rest}", german=german)


def _value_of(label: str, determiner: str, of: Mention, german: bool) -> str:
    if german:
        return f"{_asks_german(label, determiner)} {of.on_german}?"
    kept = of.before if of.before in _KEPT else "of"
    return f"{_asks_english(label)} {kept} {of.text}?"


def _asks_english(label: str) -> str:
    return f"What {'are' if re.search(r'[^su]s$', label) else 'is'} the {label}"


def _asks_german(label: str, determiner: str) -> str:
    given = determiner.casefold()
    article = article_of(label) or (given if given in ("der", "die", "das") else "")
    return " ".join(filter(None, ("Was ist", article, label)))


# -------------------------------------------------------------------------------------------- exchanging


def _exchanged(before: str, preposition: str, rest: str, german: bool) -> str:
    """The earlier question with all that `rest` names in place of what is of the same kind: a day, a code, a month, a
    quarter, a year, a name; what has no counterpart is added."""
    text, left = before, rest
    exchanged = added = False
    for kind in (_day, _code, _month, _quarter, _year):
        if new := kind(left):
            left = left.replace(new, " ", 1)
            if old := kind(text):
                text, exchanged = text.replace(old, new, 1), True
            else:
                added = True
    if new := _name(f"of {left}", german):
        if old := _name(text, german):
            if not _code(rest):  # a number is the former one's
                text = _without_code(text)
            text, exchanged = text.replace(old, new, 1), True
        else:
            added = True
    if added and not exchanged:
        lead = preposition or ("im Jahr" if german else "in") if temporal(rest) else preposition
        return f"{before.rstrip(' ?.!')} {lead or ('für' if german else 'for')} {rest}?"
    return text if exchanged else ""


def _day(text: str) -> str:
    return next((d.text for d in values.dates(text) if not d.text.isdigit()), "")


def _code(text: str) -> str:
    days = [d.text for d in values.dates(text) if not d.text.isdigit()]
    found = (c.text for c in values.codes(text) if not any(c.text in day for day in days))
    return next((c for c in found if not YEAR.fullmatch(c)), "")


def _found(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def first(text: str) -> str:
        found = [m for m in pattern.finditer(text) if m[0] != "may"]
        return found[0][0] if found else ""

    return first


_month, _quarter, _year = _found(MONTH), _found(QUARTER), _found(YEAR)


def _name(text: str, german: bool) -> str:
    """The longest name without digits."""
    found = (re.sub(r"\s*\S*\d\S*\s*", " ", name).strip() for name in names(text, german=german))
    return max((name for name in found if name and not temporal(name)), key=len, default="")


def _without_code(text: str) -> str:
    code = _code(text)
    if not code:
        return text
    return re.sub(
        rf"\s*(?:\b(?:no|nr|number|nummer)\b\.?\s*)?{re.escape(code)}(?!\w)", "", text, count=1, flags=re.I
    )


# --------------------------------------------------------------------------------------------- referring

_PERSON = re.compile(r"\b(?:he|she|him|his|her)\b", re.IGNORECASE)


def _referring(asked: str, turns: Turns, german: bool, loosely: bool) -> str:
    """A whole question with a name for what it points at."""
    if german:
        spoken_of = _spoken_of(turns)
        written = referring.german(asked, spoken_of) if spoken_of else ""
    else:
        spoken_of = _spoken_of(turns, person=bool(_PERSON.search(asked)))
        written = referring.english(asked, spoken_of) if spoken_of else ""
    if written or spoken_of is None or not loosely or names(asked, german=german):
        return written
    own = mention(asked)
    body = asked.rstrip(" ?.!")
    if (
        own is not None
        or not 1 < len(body.split()) <= _LONGEST_ADDED
        or _LEAD.match(body)
        or _TALK.search(body)
    ):
        return ""
    if german:
        return f"{body} {spoken_of.on_german}?"
    return f"{body} {'on' if spoken_of.thing else 'for'} {spoken_of.text}?"


def _spoken_of(turns: Turns, *, person: bool = False) -> Mention | None:
    """What the newest turn that names something was about; somebody whom its answer names, if a person is meant."""
    for question, answer in reversed(turns):
        asked, said = mention(question), _answered(answer)
        found = (said or asked) if person else (asked or said)
        if found is not None:
            return found
    return None


def _answered(answer: str) -> Mention | None:
    """What an answer names."""
    text = re.sub(r"\s*\[\d+\](?:\([^)]*\))?|\(not verified\)", "", answer).strip()
    if not text or temporal(text) or not any(map(str.isalpha, text)):
        return None
    found = mention(f"x {text}")
    return found if found is not None and len(split(found.text)) <= _LONGEST_ADDED else None
