"""A name in place of a pronoun, or of whatever else points at it: its, that invoice, the invoice, it; sie, diese Rechnung, darauf."""

from __future__ import annotations

import re

from triptych.dialogue.mentions import Mention, article_of, gender_of, is_thing, names

_POSSESSED = re.compile(
    r"\b(?:its|their|his|her)\s+((?:[^\W\d_]+\s?){1,4}?)(?=[?.!,]|$|\s(?:is|are|was|were|on|in|at|for|due|paid)\b)",
    re.IGNORECASE,
)
_POINTED = re.compile(r"\b(?:this|that|these|those|the same)\s+([^\W\d_]+)\b(?<!is)(?<!was)", re.IGNORECASE)
_DEFINITE = re.compile(r"\bthe\s+([^\W\d_]+)\b", re.IGNORECASE)
_PRONOUN = re.compile(
    r"\b(it|they|them|he|she|him)\b(?!\s+(?:[^\W\d_]{3,}\s+)?(?:that|true|possible)\b)", re.IGNORECASE
)
_DEMONSTRATIVE = re.compile(  # not "items that were delivered"
    r"\b(?:is|was|are|were|do|does|did|for|of|on|in|by|to|from|with|about|pay|paid|issued?|signed?|sent|sold|bought)\s+"
    r"(this|that|these|those)(?=\W*$|\s+(?:paid|due|for|from|about|sent|made|sold|bought|\w+ed)\b)",
    re.IGNORECASE,
)
_HIS = re.compile(r"\b(?:ihr|sein|dessen|deren)(e[rsnm]?)?\s+([A-ZÄÖÜ][\w-]*)")
_THIS = re.compile(r"\b(?:diese|jene)([rsnm]?)\s+([A-ZÄÖÜ][\w-]*)", re.IGNORECASE)
_DER = re.compile(r"\b(?:der|die|das|den|dem|des)\s+([A-ZÄÖÜ][\w-]*)")
_ES = re.compile(
    r"(?<![Gg]ibt )(?<![Gg]eht )(?<!handelt )\b(?:(sie|er|es)|(ihn)|(ihm|ihr(?!\s+[A-ZÄÖÜ])))\b(?!\s+(?:sich um|gibt))"
)
_DAS = re.compile(r"\b(?:ist|war|kostet|kostete|bedeutet) (das|dies)(?=\W*$)")
_DARAUF = re.compile(r"\bda(?:r?(auf|für|von|zu|mit|bei)|(rin))\b(?!\s*,\s*dass)", re.IGNORECASE)


def english(asked: str, of: Mention) -> str:
    """An English question with `of` in place of what points at it; "" where nothing does."""
    own = names(asked)
    if any(any(map(str.isdigit, name)) for name in own):
        return ""
    if word := _POSSESSED.search(asked):
        return f"{asked[: word.start()]}the {word[1].strip()} of {of.text}{asked[word.end() :]}"
    for pattern in (_POINTED, _DEFINITE):
        for word in pattern.finditer(asked):
            same = word[1].casefold() == of.thing.casefold() or (pattern is _POINTED and is_thing(word[1]))
            if (same or (pattern is _POINTED and word[1].casefold() == "one")) and not own:
                return asked[: word.start()] + of.text + asked[word.end() :]
    pronoun = _PRONOUN.search(asked) or _DEMONSTRATIVE.search(asked)
    if pronoun is None or (own and not of.thing):
        return ""
    return asked[: pronoun.start(1)] + of.text + asked[pronoun.end(1) :]


def german(asked: str, of: Mention) -> str:
    """A German question with `of` in place of what points at it; "" where nothing does."""
    own = names(asked, german=True)
    if any(any(map(str.isdigit, name)) for name in own):
        return ""
    if word := _HIS.search(asked):
        article = {"e": "die", "er": "der", "en": "den", "em": "dem", "es": "des"}.get(
            word[1] or "", article_of(word[2])
        )
        said = " ".join(filter(None, (article, word[2], of.on_german)))
        return asked[: word.start()] + said + asked[word.end() :]
    for word in _THIS.finditer(asked):
        if is_thing(word[2]):
            case = {"m": "dat", "n": "acc", "r": "dat" if gender_of(word[2]) == "f" else "nom"}.get(
                word[1], "nom"
            )
            return asked[: word.start()] + of.german(case) + asked[word.end() :]
    for word in _DER.finditer(asked):
        if word[1].casefold() == of.thing.casefold() and not own:
            return asked[: word.start(1)] + of.bare + asked[word.end() :]
    if word := _DARAUF.search(asked):
        preposition = "in" if word[2] else word[1].casefold()
        case = "acc" if preposition == "für" else "dat"
        return f"{asked[: word.start()]}{preposition} {of.german(case)}{asked[word.end() :]}"
    if word := _DAS.search(asked):
        return asked[: word.start(1)] + of.german("nom") + asked[word.end(1) :]
    if word := _ES.search(asked):
        case = "nom" if word[1] else "acc" if word[2] else "dat"
        return asked[: word.start()] + of.german(case) + asked[word.end() :]
    return ""
