"""A question into what the keyword index is asked: terms, the fields they may stand in, their weights.

Weights were chosen on labelled sets of many kinds (docs/log/ranking.md); BM25 itself is the index's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from triptych import tokens
from triptych.keyword import Clause, Term, stems

TEXT = 0.5  # the word as it stands
STEM = 0.5  # and any form of it
EXACT = 0.75  # a number, date or code, however it is printed
PAIR = 0.2  # two words side by side, beyond what each of them is worth
TITLE = 1.0  # a word of the file's name, title or section

_FISCAL = re.compile(r"fy(\d{4}|\d{2})")

# Words that say nothing about a page. Other languages' are dropped when the question is in them.
_STOP = {
    language: frozenset(words.split())
    for language, words in {
        "en": (
            "a an and are as at be been being but by can could did do does doing for from had has have having "
            "he her here hers him his how i if in into is it its itself me my no nor not of on or our ours she "
            "should so some such than that the their theirs them then there these they this those through to "
            "too until upon very was we were what when where which while who whom whose why will with would "
            "you your yours about any all am because both each more most other same just now"
        ),
        "de": (
            "aber als am an auch auf aus bei bis das dass dem den der des die durch ein eine einem einen einer "
            "eines er es für fur hat im in ist mit nach nicht oder sich sie sind über uber um und unter von "
            "vom vor war was welche welcher welches wer werden wie wird wo zu zum zur"
        ),
        "fr": (
            "au aux avec ce ces cette dans de des du elle en est et il ils je la le les leur mais ne nous on "
            "ou où par pas plus pour qu que quel quelle quels qui sa se ses son sont sur un une vous"
        ),
        "nl": (
            "aan als bij dat de den der deze die dit een en er het hoe in is met naar niet of om onder ook op "
            "over te ten ter tot uit van voor waar wat welke werd wie wordt zijn zich"
        ),
        "es": (
            "al como con cual de del donde el ella en es esta este la las lo los más no o para pero por que "
            "qué se ser su sus un una y"
        ),
        "it": (
            "al alla anche che chi ci come con da dal dei del della delle di dove e ed gli i il in la le lo ma "
            "nel nella non o per più qual quale si sono su sul un una uno"
        ),
        "pt": "a ao as com como da das de do dos e em é mais na nas no nos não o os ou para pela por qual que se um uma",
    }.items()
}


@dataclass(frozen=True, slots=True)
class Query:
    """A question, taken apart. `words` are folded, without those that say nothing; `exact` are keys of
    its numbers, dates and codes; `pairs` are neighbouring words written as one."""

    words: tuple[str, ...]
    stems: tuple[str, ...]
    exact: tuple[str, ...]
    pairs: tuple[str, ...]

    @property
    def clauses(self) -> list[Clause]:
        """What `KeywordIndex.search` is asked."""
        return list(self._clauses())

    def _clauses(self) -> Iterator[Clause]:
        for word, times in Counter(self.words).items():
            yield (Term("text", word, TEXT * times),)
            yield (Term("title", word, TITLE * times),)
        for stem, times in Counter(self.stems).items():
            yield (Term("stem", stem, STEM * times),)
        for key in self.exact:
            yield (Term("exact", key, EXACT),)
        for pair in self.pairs:
            yield (Term("pair", pair, PAIR),)
            yield (Term("text", pair, TEXT),)  # two words that OCR or a name runs together
            yield (Term("title", pair, TITLE),)


def parse(question: str) -> Query:
    """Take a question apart. A question of stop words alone keeps them."""
    every = tokens.words(question)
    stop = _stop_words(every)
    words = [w for w in every if w not in stop] or every
    words += [year for w in words if (year := _fiscal_year(w))]
    pairs = [a + b for a, b in pairwise(every) if a not in stop or b not in stop]
    return Query(
        tuple(words), tuple(stems(words)), tuple(tokens.exact(question)), tuple(dict.fromkeys(pairs))
    )


def _fiscal_year(word: str) -> str:
    """FY2022 and FY22 are written 2022 elsewhere; "" for any other word."""
    found = _FISCAL.fullmatch(word)
    return "" if found is None else found[1] if len(found[1]) == 4 else f"20{found[1]}"


def _stop_words(words: list[str]) -> frozenset[str]:
    """English ones, and those of the language that most of the question's stop words belong to."""
    counts = {language: sum(w in stop for w in words) for language, stop in _STOP.items()}
    most = max(counts, key=lambda language: (counts[language], language == "en"))
    return _STOP["en"] if counts["en"] >= counts[most] else _STOP[most]
