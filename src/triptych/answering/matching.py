"""Which of a page's facts a question asks for: the one whose label it says, in any order and with other words between.

A label is asked for when the question has its words. Of two that are, the one with more of the question's own
words wins; what the paper is called is in every question about it and counts little.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log

from triptych.answering import shapes
from triptych.answering.asked import asked
from triptych.answering.cells import alike
from triptych.answering.fact import Fact
from triptych.answering.question import FISCAL, QUOTATION, STOP
from triptych.values import MONTHS, fold, grouped, number_readings

COVERED = 0.6  # of a label's weight, at least this share is in the question
_NEARLY = 0.08  # two facts whose scores are closer than this cannot be told apart
_PLAIN = 0.35  # what a word weighs that labels of all kinds have
_TITLE = 0.5  # and one of the paper's title
_PLAIN_LABELS = """
name date number no nr num value amount total type kind code id field entry description day time percent share
"""
_PLAIN_WORDS = frozenset(_PLAIN_LABELS.split())
_ENDED = 0.9  # what a word weighs that the question has with another ending
# Words that only ask.
_ASKING_WORDS = """
entered under according listed list stated state shown show chosen selected ticked checked marked set given says say
written named printed should kind
"""
ASKING = frozenset(_ASKING_WORDS.split())
_IMPLIED = (
    (re.compile(r"^\W*(?:\w+ )?when\b|\bwhat (?:date|day)\b", re.I), ("date", "day", "time")),
    (re.compile(r"\bwhat time\b", re.I), ("time",)),
    (re.compile(r"^\W*(?:\w+ )?where\b", re.I), ("place", "location")),
    (re.compile(r"^\W*(?:\w+ )?whom?\b", re.I), ("name",)),
    (
        re.compile(r"\bhow many\b|\bwhat number\b|\bnumber of\b", re.I),
        ("number", "no", "nr", "count", "quantity"),
    ),
    (re.compile(r"\bhow much\b", re.I), ("amount", "value", "quantity")),
)
# What papers are called: such words alone name no field of one.
_PAPER_WORDS = """
form page document sheet letter receipt invoice bill report slip memo fax chart table statement contract ticket note mail
"""
_PAPERS = frozenset(_PAPER_WORDS.split())
_SYMBOLS = {"#": "number", "№": "number", "no": "number", "nr": "number", "%": "percent"}
_ASIDE = re.compile(r"\([^)]*\)")  # (seconds)
_GLUED = 6  # letters of a label that may have lost its spaces


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a question, those that it only implies, and the type of value that it wants."""

    words: tuple[str, ...]
    implied: frozenset[str]
    shape: str
    names: tuple[tuple[str, ...], ...]  # names of two and more words, quoted titles and labels

    @property
    def paper(self) -> frozenset[str]:
        """Words that say what kind of paper is meant, once and before the word for one: delivery note."""
        pairs = zip(self.words, self.words[1:], strict=False)
        return frozenset(w for w, after in pairs if after in _PAPERS and self.words.count(w) == 1)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A fact with its score and the words of the question that its labels have."""

    fact: Fact
    score: float
    held: frozenset[str]
    keyed: bool  # a row is named, too, and by more than a year or a number


def tokens(text: str) -> tuple[str, ...]:
    """Folded words, single letters and digits among them, without small words."""
    found = []
    for word in re.findall(r"#|№|%|[^\W_]+(?:[:.,'’][^\W_]+)*", text.replace("’s", "").replace("'s", "")):
        plain = _SYMBOLS.get(word.casefold()) or fold(word)
        if plain and (plain not in STOP or (len(word) == 1 and word.isupper())):
            found.append(_SYMBOLS.get(plain, plain))
    return tuple(found)


@lru_cache(maxsize=64)
def wording(question: str) -> Wording:
    """What a question says."""
    question = FISCAL.sub("", question)
    implied = {w for pattern, words in _IMPLIED if pattern.search(question) for w in words}
    names = {*(n for n in asked(question).names if " " in n), *(m[1] for m in QUOTATION.finditer(question))}
    return Wording(
        tokens(question), frozenset(implied), shapes.called_for(question), tuple(map(tokens, names))
    )


def choose(ask: Wording, facts: Sequence[Fact], title: Iterable[str], text: str) -> list[Chosen]:
    """Facts of one page that the question asks for, best first; [] where two are as good and say different things."""
    rare = Counter(w for fact in facts for w in set(tokens(fact.name)))
    titled = frozenset(title) | ask.paper
    found = []
    for fact in facts:
        value = " ".join(text[a:b] for a, b in fact.value)
        given = _follows(tokens(value) or ("",), ask.words)  # the question says it, so it does not ask for it
        if not given and _may_be(value, ask.shape) and (score := _score(ask, fact, rare, titled)):
            found.append(Chosen(fact, *score))
    found.sort(key=lambda c: -c.score)
    return found if decided(found, text) else []


def decided(found: Sequence[Chosen], text: str) -> bool:
    """Whether the best is better than every other one that says something else."""
    if not found:
        return False
    best = found[0]
    said = fold("".join(text[a:b] for a, b in best.fact.value))
    return all(
        c.score < best.score - _NEARLY or fold("".join(text[a:b] for a, b in c.fact.value)) == said
        for c in found[1:]
    )


def _score(
    ask: Wording, fact: Fact, rare: Counter[str], titled: frozenset[str]
) -> tuple[float, frozenset[str], bool] | None:
    own = tokens(_ASIDE.sub("", fact.name)) or tokens(fact.name)
    covered, held = _cover(ask, own, frozenset() if fact.keys else titled)
    if not covered and (glued := _glued(ask, fact.name)):
        covered, held = _ENDED, glued
    if covered < COVERED or held <= _PAPERS:
        return None
    score = covered + 0.1 * sum(1 / (1 + log(rare[w] or 1)) for w in held_words(own, ask))
    if not fact.keys:
        called = any(held <= set(name) for name in ask.names)  # who is asked about, not what
        return None if called else (score, held, False)
    named = max((_key_words(ask, key) for key in fact.keys), key=len)
    if named <= held:
        return None  # row and column must not be named by the same word
    return score + 0.3 + 0.1 * len(named), held | named, not all(map(str.isdigit, named))


def _glued(ask: Wording, name: str) -> frozenset[str]:
    """The words of the question that are a label in which spaces were lost or won."""
    whole = fold(name)
    runs = (
        ask.words[i:j] for i in range(len(ask.words)) for j in range(i + 1, min(i + 5, len(ask.words)) + 1)
    )
    return next(
        (frozenset(run) for run in runs if len(whole) >= _GLUED and "".join(run) == whole), frozenset()
    )


def held_words(own: Sequence[str], ask: Wording) -> list[str]:
    return [w for w in own if any(alike(w, q) for q in ask.words)]


def _cover(ask: Wording, own: Sequence[str], titled: frozenset[str]) -> tuple[float, frozenset[str]]:
    """The share of a label's weight that is in the question, and the words of the question that it has."""
    held: set[str] = set()
    gained = whole = 0.0
    if not _numbers_follow(own, ask.words):
        return 0.0, frozenset()
    for w in own:
        weight = _PLAIN if w in _PLAIN_WORDS else 1.0
        whole += weight
        said = [q for q in ask.words if same(w, q)]
        if said:
            held.update(said)
            gained += weight * (1.0 if w in said else _ENDED)
        elif w in ask.implied:
            gained += weight
    if not whole or not held:
        return 0.0, frozenset()
    titles = sum(any(same(w, t) for t in titled) for w in held) / len(held)
    return gained / whole - _TITLE * titles * (gained / whole), frozenset(held)


def _key_words(ask: Wording, key: str) -> frozenset[str]:
    """The words of the question that name a row by all of `key`; none where it does not."""
    own = tokens(key)
    if not _numbers_follow(own, ask.words) or not all(any(same(w, q) for q in ask.words) for w in own):
        return frozenset()
    return frozenset(q for w in own for q in ask.words if same(w, q))


def same(a: str, b: str) -> bool:
    """The same word, give or take an ending; numbers and codes to the letter."""
    if any(map(str.isdigit, a)) or any(map(str.isdigit, b)) or min(len(a), len(b)) < 3:
        return a == b
    return alike(a, b) or (a[:3] == b[:3] and MONTHS.get(a, 0) == MONTHS.get(b))  # Jan, January


def _numbers_follow(own: Sequence[str], words: Sequence[str]) -> bool:
    """Whether the numbers and letters that tell a label from its like stand in the question beside the same
    word: Well B, Zone 2."""
    for i, w in enumerate(own):
        if len(w) == 1 or any(map(str.isdigit, w)):
            pair = own[max(0, i - 1) : i + 1] if i else own[:2]
            if not _follows(pair, words):
                return False
    return True


def _follows(own: Sequence[str], words: Sequence[str]) -> bool:
    """Whether the words of a label that holds a number stand in the question side by side."""
    size = len(own)
    return any(
        all(same(a, b) for a, b in zip(own, words[i : i + size], strict=True))
        for i in range(len(words) - size + 1)
    )


def _may_be(value: str, shape: str) -> bool:
    """Whether a value may be what the question calls for; the unit of a temperature may stand in the head of its column."""
    return shapes.fits(grouped(value), shape) > -1 or (shape == shapes.HEAT and bool(number_readings(value)))
