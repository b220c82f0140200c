"""Evidence: what the words of a page say of a question, beyond that they are there. No model, no index.

    parts(page, title, caption, question, rarity) -> {part: share}     of one page, each 0..1

BM25 counts words wherever they stand. Here the whole page is read: how much of the question it covers, which
words of the question stand side by side as asked, how long the longest such run is, whether names stand as they were
written, what stands in large print, how much stands there of what is specific, and what its caption says of
it: the kind of picture, words that are framed on it. Each part is a share of the question's weight, a word weighing its
inverse document frequency in the library. Proximity of query terms: Tao and Zhai, An Exploration of Proximity
Measures in Information Retrieval, SIGIR 2007; ordered pairs: Metzler and Croft, A Markov Random Field Model for
Term Dependencies, SIGIR 2005. The weights of the parts were chosen with one labelled set left out at a time
(docs/log/rerank.md); numbers have no part, because years mislead and codes are found without. Specifics weigh
nothing here: the order is better without, but the floor asks for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from triptych.types import PageText
from triptych.words import tokens
from triptych.words.snippet import Match, Weight, holds, matches
from triptych.words.terms import Query, Value

WEIGHTS = {
    "coverage": 0.25,
    "neighbours": 0.1,
    "run": 0.1,
    "names": 0.2,
    "print": 0.1,
    "specifics": 0.0,  # for the floor alone
    "described": 0.5,
}
APART = 3  # characters between two words that still stand side by side
LARGE = 1.25  # times the median height of a line: large print

_WORD = re.compile(r"[\w&'./-]+")
_OPENS = re.compile(r"(?:^|[.?!:])\W*$")  # what stands before the first word of a sentence


@dataclass(frozen=True, slots=True)
class Question:
    """A question as evidence is looked for: `weights` of its words by root, `following` pairs of them that stand
    side by side, `names`, runs of words with capitals, as they were typed, `specific`, the roots of what is
    named or numbered: words with capitals or digits, and `values`, which pages print in other styles, each with the
    roots of the words that it is written with: a date has several."""

    query: Query
    roots: Mapping[str, str]
    weights: Mapping[str, float]
    following: frozenset[tuple[str, str]]
    names: tuple[str, ...]
    specific: frozenset[str]
    values: tuple[tuple[Value, frozenset[str]], ...]

    @classmethod
    def of(cls, text: str, query: Query, rarity: Weight) -> Question:
        roots = {word: stems[0] for word, stems in zip(query.words, query.stems, strict=True)}
        weights: dict[str, float] = {}
        for word, root in roots.items():
            weight = max(rarity("text", word), rarity("stem", root))
            weights[root] = max(weight, weights.get(root, 0.0))
        following = frozenset(pairwise(roots[word] for word in query.words))
        specific = frozenset(roots[word] for word in _specific(text) if word in roots)
        values = tuple(
            (v, frozenset(roots[word] for word in _run_of(v.printed, query.words))) for v in query.values
        )
        bare = replace(query, values=())
        return cls(bare, roots, weights, following, tuple(_names(text)), specific, values)

    @property
    def total(self) -> float:
        return sum(self.weights.values())

    @property
    def named(self) -> float:
        """Weight of what is specific."""
        return sum(self.weights[term] for term in self.specific)


def _run_of(printed: str, words: Sequence[str]) -> Sequence[str]:
    """The neighbours among `words` that are `printed` when written as one; () without any."""
    runs = (words[i:j] for i in range(len(words)) for j in range(i + 1, len(words) + 1))
    return next((run for run in runs if "".join(run) == printed), ())


def weighed(parts: Mapping[str, float]) -> float:
    """The parts of a page's evidence as one number, 0 to the sum of WEIGHTS."""
    return sum(WEIGHTS[name] * share for name, share in parts.items())


def parts(page: PageText, title: str, caption: str, asked: Question, rarity: Weight) -> dict[str, float]:
    """Each part of WEIGHTS as a share, 0..1, of what the question weighs. `title` holds the words of the
    document's title and of the section; `caption` is "" where the page has none."""
    total = asked.total
    if total <= 0:
        return dict.fromkeys(WEIGHTS, 0.0)
    found = [m for m in matches(page.text, asked.query, rarity) if m.term in asked.weights]
    beside = [_beside(page.text, a, b) and (a.term, b.term) in asked.following for a, b in pairwise(found)]
    spoken = {m.term for m in found} | {asked.roots[w] for w in tokens.words(title) if w in asked.roots}
    said = _whole(page.text, spoken, asked)
    return {
        "coverage": sum(asked.weights[term] for term in said) / total,
        "neighbours": _neighbours(found, beside, asked),
        "run": min(1.0, _run(found, beside, asked) / total),  # a word that is asked twice may come thrice
        "names": _named(page.text, asked) / total,
        "print": sum(asked.weights[term] for term in _large(page, found)) / total,
        "specifics": _specifics(said, asked),
        "described": sum(asked.weights[term] for term in _terms(caption, asked, rarity)) / total,
    }


def _whole(text: str, said: Set[str], asked: Question) -> Set[str]:
    """What is said, with values that stand there in another style, without pieces of some that do not stand there as
    a whole: 05, 02 and 18 stand on most receipts."""
    whole, pieces = set[str](), set[str]()
    for value, roots in asked.values:
        if len(roots) > 1 or not roots <= said:
            (whole if holds(text, value) else pieces).update(roots)
    return (said - pieces) | whole


def _terms(text: str, asked: Question, rarity: Weight) -> set[str]:
    """Words of the question that stand in the text."""
    return {m.term for m in matches(text, asked.query, rarity) if m.term in asked.weights}


def _neighbours(found: Sequence[Match], beside: Sequence[bool], asked: Question) -> float:
    """Share of the pairs that follow each other in the question and stand so on the page."""
    worth = {pair: min(asked.weights[term] for term in pair) for pair in asked.following}
    there = {(a.term, b.term) for (a, b), near in zip(pairwise(found), beside, strict=True) if near}
    return sum(worth[pair] for pair in there) / (sum(worth.values()) or 1.0)


def _run(found: Sequence[Match], beside: Sequence[bool], asked: Question) -> float:
    """Weight of the longest run of words that stand as in the question, two at least."""
    best = run = 0.0
    for (a, b), near in zip(pairwise(found), beside, strict=True):
        run = (run or asked.weights[a.term]) + asked.weights[b.term] if near else 0.0
        best = max(best, run)
    return best


def _named(text: str, asked: Question) -> float:
    """Weight of the names that stand in the text as they were typed, capitals and all."""
    if not asked.names:
        return 0.0
    line = " ".join(text.split())
    said = {word for name in asked.names if name in line for word in tokens.words(name)}
    return sum(asked.weights[root] for root in {asked.roots[word] for word in said if word in asked.roots})


def _specifics(said: Set[str], asked: Question) -> float:
    """Share of what the question names or numbers that is said; 1 where it does neither: nothing lacks."""
    return (
        sum(asked.weights[term] for term in asked.specific & said) / asked.named if asked.named > 0 else 1.0
    )


def _large(page: PageText, found: Sequence[Match]) -> set[str]:
    """Terms that stand in large print, as headings and labels do. None on a page without boxes."""
    if not len(page.boxes) or not found:
        return set()
    heights = page.boxes[:, 3] - page.boxes[:, 1]
    at = np.searchsorted(page.spans[:, 1], [m.start for m in found], side="right")
    middle = np.partition(heights, len(heights) // 2)[len(heights) // 2]  # ten times as fast as np.median
    tall = heights[np.minimum(at, len(heights) - 1)] > LARGE * middle
    return {m.term for m, is_tall in zip(found, tall.tolist(), strict=True) if is_tall}


def _beside(text: str, a: Match, b: Match) -> bool:
    return b.start - a.end <= APART and not any(c.isalnum() for c in text[a.end : b.start])


def _names(text: str) -> Iterator[str]:
    """Runs of words that begin with a capital, or with a digit after one that does."""
    run: list[str] = []
    for word in [*_WORD.findall(text), ""]:
        if word[:1].isupper() or (run and word[:1].isdigit()):
            run.append(word)
        elif run:
            yield " ".join(run)
            run = []


def _specific(text: str) -> Iterator[str]:
    """Folded words with a digit or a capital, without what has a capital only because a sentence begins."""
    for found in _WORD.finditer(text):
        word = found[0]
        opens = word[1:] == word[1:].lower() and _OPENS.search(text[: found.start()]) is not None
        if any(c.isdigit() for c in word) or (word[:1].isupper() and not opens):
            yield from tokens.words(word)
