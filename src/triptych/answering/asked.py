"""What a question asks for apart from names: the words of the role and the shape of what fills it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from triptych.answering import roles, shapes
from triptych.answering.layout import Layout
from triptych.answering.question import QUOTATION
from triptych.values import MONTHS, dates, fold

_FIELD = re.compile(
    r"\b(?:under|beside|next to|in (?:the )?(?:field|box|line|row)|labell?ed|marked|field|unter|sous|bajo)(?: the)?\s*$",
    re.IGNORECASE,
)
# Verbs that say with a small word what they would not without it.
PHRASES = tuple(
    (re.compile(pattern, re.IGNORECASE), word)
    for pattern, word in (
        (r"\b(?:rents?|rented|lets?) out\b", "landlord"),
        (r"\bsign(?:s|ed)? off\b", "approved"),
        (r"(?<=\bwho )(?:bought|purchased|ordered)\b", "customer"),
        (r"\basked for\b", "requested"),
        (r"\bmanaging director\b", "director"),
        (r"\b(?:call|ring|reach) (?:me|us|you|him|her|them)\b", "phone"),
    )
)
_CLOSED = re.compile(
    r"^(?:is|am|are|was(?! (?:ist|hat|haben|sind|kostete?n?|war|waren|steht|wird|muss|müssen)\b)|were|does|do|did|has|have|had|can|could|may|must|should|will|ist|sind|hat|est-ce|est|es|son)\b",
    re.IGNORECASE,
)
_GERMAN = re.compile(
    r"^(?:(?:von|bis|seit|an|mit|für|auf|in|unter|aus|zu) )?(?:w(?:er|as|ie|ann|o|em|en|elche[rsnm]?|ohin|oher|arum)|ist|sind)\b",
    re.IGNORECASE,
)
_SMALL_WORDS = """
on in of from by at with the a an for about to der die das von vom bei für auf im de du la le les des à del el en
"""
_BEFORE_NAME = frozenset(_SMALL_WORDS.split())
TITLE = 0.3  # what a word weighs that the page has for its title


@dataclass(frozen=True, slots=True)
class Asked:
    """The words of a question without names, codes and quotations; the shape that is wanted; every word that the
    question says, names too."""

    words: str
    shape: str
    said: frozenset[str]
    closed: bool  # is answered by yes or no
    names: tuple[str, ...]  # of whom and what the question speaks, words that stand together in one string

    def weights(self, layout: Layout) -> dict[str, float]:
        """What each word weighs on a page: little where it only says what paper this is."""
        title = set(roles.words(" ".join(s.text for s in roles.titles(layout))))
        return {w: min(roles.weight(w), TITLE if w in title else 1.0) for w in roles.words(self.words)}


@lru_cache(maxsize=64)
def asked(question: str) -> Asked:
    """Take the names out of a question; what is quoted is a name, too, unless the question says that it is a label."""
    plain = " ".join(question.split()).strip(" ?¿.!")
    for pattern, word in PHRASES:
        plain = pattern.sub(word, plain)
    said = frozenset(roles.words(plain))
    closed = bool(_CLOSED.match(plain))
    quoted = [m for m in QUOTATION.finditer(plain)]
    label = next((m for m in quoted if _FIELD.search(plain[: m.start()])), None)
    bare = QUOTATION.sub(" Q1 ", plain)
    for day in reversed(dates(bare)):
        bare = f"{bare[: day.start]} Q1 {bare[day.end :]}"
    words, found = _unnamed(bare)
    if _GERMAN.match(plain):  # where every noun has a capital, one alone need not be a name
        found = [n for n in found if " " in n]
    names = (*(n for n in found if n != "Q1"), *(m[1] for m in quoted if m is not label))
    if label:
        return Asked(label[1], shapes.called_for(label[1]), said, closed, names)
    return Asked(" ".join(words), shapes.called_for(QUOTATION.sub(" ", plain)), said, closed, names)


def _unnamed(text: str) -> tuple[list[str], list[str]]:
    """The words of a question without names, and its names, words that follow each other together."""
    kept: list[str] = []
    names: list[list[str]] = []
    after = False
    for i, token in enumerate(re.sub(r"['’]s\b|[,;()]", " ", text).split()):
        if i and not after and _is_acronym(token):
            names.append([token])  # IBM, or a label: either way the page has to say it
            kept.append(token)
            after = True
            continue
        goes_on = after and token[:1].isupper() and roles.telling(fold(token))
        if named := bool(i and (goes_on or _is_name(token))):
            while len(kept) > 1 and not after and kept[-1].casefold() in _BEFORE_NAME:
                kept.pop()
            names = [*names[:-1], [*names[-1], token]] if after else [*names, [token]]
        else:
            kept.append(token)
        after = named
    return kept, [" ".join(w for w in n if w != "Q1") for n in names if n != ["Q1"]]


def _is_acronym(token: str) -> bool:
    return token.isupper() and token.isalpha() and 2 < len(token) < 6 and not roles.known(fold(token))


def _is_name(token: str) -> bool:
    """Whether a word of a question names somebody or something: a capital or a digit, and no word of papers."""
    if any(map(str.isdigit, token)):
        return True
    if fold(token) in MONTHS:
        return False
    acronym = token.isupper() and len(token) < 6
    return (token[:1].isupper() and not acronym and not roles.known(fold(token))) or token == "&"
