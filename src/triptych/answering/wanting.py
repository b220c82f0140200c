"""What a question wants: the words that say it, those that say of what, and what kind of answer will do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from triptych.answering import roles, shapes
from triptych.answering.asked import PHRASES, asked
from triptych.answering.fillers import YES_NO
from triptych.answering.matching import ASKING
from triptych.answering.passages import LONGEST
from triptych.values import fold, is_year

POLAR = re.compile(
    r"\b(?:not?|never|without|none|cannot|is|are|was|were|may|can|must|will|has|have|kein\w*|nicht|pas|aucun\w*|tidak)\b|n[’']t\b|not",
    re.IGNORECASE,
)
_CLOSE = 6  # words
_HALF, _ALL = 0.5, 0.99
FOCUSED = 0.6  # of the words that say what is wanted, by weight
_SHAPED = frozenset(
    ("time", "date", "day", "datum", "uhrzeit", "heure", "fecha", "hora")
)  # said by a value itself
_FEW = 5  # words of a label that says no more than that
_PAID = ("price", "pay", "total")
_WHICH = frozenset(("which", "welche", "welcher", "welches", "welchen", "welchem"))
_SHORT = 6  # words of a thing's name
NEARLY = 0.5  # how near two words are at least that say the same
# Words of a question that only ask, or name the paper.
_ASKING_WORDS = """
how much many what which who whom whose when where why was wie wer wann wo welche welcher welches was wieviel quel quelle
combien quand qui cual cuanto berapa jumlah pada am be been being could should would can may might must go within there each
did do does is are were has have had they them their it i we you my me our us ist sind wird hat haben
receipt invoice bill chart graph screenshot screen window form page report file paper document letter menu dialog
restaurant shop store company firm place fiscal year altogether insgesamt overall gekostet
more less fewer most least highest lowest largest smallest biggest higher lower larger smaller greater greatest
appear appears stand stands stood contain contains contained include includes included mention mentioned find found say says said
according shown show listed called printed given stated named name get got will to from on in of at for by with and or the
a an und der die das den dem ein eine einen einem einer eines beim bei zum zur wurde wurden wohin woher
con por para una uno del avec une pour cuanto cuantos cuanta cuantas sur la le les de des du l est rechnung beleg facture invois
"""
_DEALING_WORDS = """
buy bought purchase purchased sell sold use used make made hand handed order ordered gave give take took done cost costs gekostet kostet kosten earn earned purchases buys sells
"""
DEALS = frozenset(_DEALING_WORDS.split())  # what is done with goods, whatever a paper says of them
ASKS = frozenset(fold(w) for w in _ASKING_WORDS.split()) | ASKING
_WH = re.compile(
    r"\b(?:what(?:'s)?|which|who(?:se|m)?|how (?:much|many)|was(?= (?:ist|hat|haben|sind|kostete?n?|war|waren|steht|wird|muss|müssen|bedeutet|sagt)\b)|welche[rsnm]?|wer|wie ?viele?|quel(?:le)?s?|cu[áa]l(?:es)?|cu[áa]nt[oa]s?|combien|qui|berapa)\b",
    re.IGNORECASE,
)
_OPENS = re.compile(
    r"^\W*(?:(?:\w+ )?(?:why|when|where|how|wann|wo|warum|wie|quand|où|pourquoi|cu[áa]ndo|d[óo]nde)\b|tell|explain)",
    re.IGNORECASE,
)
_COUNTS = re.compile(r"how (?:much|many)|wie ?viele?|cu[áa]nt[oa]s?|combien", re.IGNORECASE)
_HOW = re.compile(r"^\W*(?:how|wie|why|warum|wieso|comment|pourquoi)\b", re.IGNORECASE)
_PIECES = re.compile(r"^(\s*\w+) (?:of|von)\b")  # bags of cement
_BREAK = re.compile(
    r"[,;:]|\b(?:is|am|are|was|were|be|could|should|did|does|do|has|have|had|will|can|the|an?|on|of|in|for|from|at|by|with|to|as|per|than|that|and|or"
    r"|ist|sind|hat|wird|der|die|das|des|von|vom|auf|für|im|bei|est|sont|du|de|la|le|sur|pour|dans)\b|\b[dl]['’]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Asking:
    """The words of a question that ask for something, those of its names, and the shape that is wanted."""

    words: tuple[str, ...]
    focus: tuple[str, ...]  # those that say what is wanted; the others say of what
    opens: str  # the word that asks
    whom: tuple[str, ...]  # the names
    names: dict[str, int]  # words of names, and of how many words the name is
    years: frozenset[str]
    shape: str
    text: str
    closed: bool


@lru_cache(maxsize=64)
def asking(question: str) -> Asking:
    """Take a question apart."""
    taken = asked(question)
    names = {w: len(tokens(n)) for n in taken.names for w in tokens(n) if not is_year(w)}
    for pattern, word in PHRASES:
        question = pattern.sub(word, question)
    words = tuple(w for w in tokens(question) if w not in ASKS)
    years = frozenset(filter(is_year, words))
    focus = _focus(question, names, taken.shape)
    focus = tuple(w for w in focus if w not in DEALS) or focus
    opens = _WH.search(question)
    return Asking(
        words,
        focus,
        opens[0] if opens else "",
        taken.names,
        names,
        years,
        taken.shape,
        taken.words,
        taken.closed,
    )


def _focus(question: str, names: Iterable[str], shape: str) -> tuple[str, ...]:
    """The words that say what is wanted: those after the word that asks, up to what says of what. Of a question without
    such a word, and of one that asks how, all: "storage box price"."""
    found = list(_WH.finditer(question))
    rest = question[found[0].end() :] if found else question
    if found and _COUNTS.match(found[0][0]):
        rest = _PIECES.sub(r"\1 ", rest, count=1)
    parts = _BREAK.split(rest)
    told: list[str] = []
    if shape in (shapes.DAY, shapes.TIME) and set(tokens(parts[0])) & _SHAPED:
        return ()
    if not found and _HOW.match(question):
        return tuple(w for w in tokens(rest) if w not in ASKS and w not in names)
    for part in parts:
        told += [
            w for w in tokens(part) if w not in ASKS and w not in names and not (told and w.endswith("ed"))
        ]
        if any(roles.telling(w) and not inside(w, _PAID) for w in told):
            return tuple(told)
        if not told and found and (own := tuple(w for w in tokens(part) if w in names)):
            return own  # the Facebook page of ...
    return tuple(told)


def tokens(text: str) -> tuple[str, ...]:
    found = (
        fold(w) for t in re.findall(r"[^\W_]+(?:[’'.,/-][^\W_]+)*", text) for w in re.split(r"[’'/-]", t)
    )
    return tuple(dict.fromkeys(w for w in found if w and (len(w) > 1 or w.isdigit())))


def share(own: Sequence[str], words: Iterable[str]) -> float:
    """The share of a label's words, by weight, that stand among some words."""
    words = tuple(words)
    weights = [roles.weight(w) for w in own]
    held = [m for w, m in zip(own, weights, strict=True) if any(roles.near(w, q) >= NEARLY for q in words)]
    return sum(held) / (sum(weights) or 1.0)


def says(focus: Sequence[str], label: Sequence[str]) -> bool:
    """Whether a label says what is wanted: most of its words, or half of them and nothing else."""
    told = share(focus, label)
    return told >= FOCUSED or (told >= _HALF and share(label, focus) >= _ALL)


def close(ask: Asking, text: str, value: tuple[int, int]) -> bool:
    """Whether a value of a sentence stands near a word of the question that is no name."""
    before, after = text[: value[0]].split()[-_CLOSE:], text[value[1] :].split()[:_CLOSE]
    around = tokens(" ".join([*before, *after]))
    return any(inside(w, around) for w in ask.words if w not in ask.names and roles.telling(w))


def inside(word: str, words: Iterable[str]) -> bool:
    return any(roles.near(word, w) >= NEARLY for w in words)


def foci(ask: Asking, whose: Iterable[str]) -> list[str]:
    """What is wanted, in words that are not those of the page's title."""
    return [w for w in ask.focus if w not in set(whose)]


def of_whom(ask: Asking, label: Sequence[str]) -> bool:
    """Whether a label says a whole name of the question."""
    return any(own - ASKS and own <= set(label) for own in map(set, map(tokens, ask.whom)))


def priced(ask: Asking, label: Sequence[str]) -> bool:
    """Whether question and label both say that something costs."""
    return (
        any(roles.near(w, "price") >= NEARLY for w in ask.words)
        and len(label) < _FEW
        and share(label, ("price",)) >= FOCUSED
    )


def asks(question: str) -> bool:
    """Whether a question has a word that asks, or wants a yes or no: "storage box price" does not."""
    return bool(_WH.search(question)) or bool(_OPENS.match(question)) or asking(question).closed


def focused(question: str) -> bool:
    """Whether a question says what is wanted, and not only of whom."""
    return any(roles.telling(w) and w.isalpha() and not inside(w, _PAID) for w in asking(question).focus)


def polar(question: str, value: str) -> bool:
    """Whether a value may answer a question that asks yes or no: it says so, or it is a sentence that does."""
    return not asking(question).closed or value.casefold() in YES_NO or POLAR.search(value) is not None


def most_words(question: str) -> int:
    """How long an answer may be: a question for one of some things, and one without a word that asks, wants no
    sentence."""
    opens = _WH.search(question)
    if asking(question).closed or (opens and fold(opens[0]) not in _WHICH):
        return LONGEST
    return _SHORT
