"""A question into what the keyword index is asked: terms, the fields they may stand in, their weights.

Weights were chosen on labelled sets of many kinds (docs/log/ranking.md); BM25 itself is the index's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from triptych.projections.keyword import Begins, Clause, Ladder, Near, Term
from triptych.values import fold
from triptych.words import language, slips, tokens

TEXT = 0.5  # the word as it stands
STEM = 0.5  # and any form of it
EXACT = 1.5  # a number, date or code, however it is printed: more than the words in which it is
PAIR = 0.2  # two words side by side, beyond what each of them is worth
TITLE = 1.0  # a word of the file's name, title or section

FUZZY = 5  # characters from which a word or a code that stands nowhere is looked for with one changed

_FISCAL = re.compile(r"fy(\d{4}|\d{2})")


class Value(NamedTuple):
    """A number, date, code or e-mail address of a question: its keys, one a reading; keys under which it stands
    where OCR misread it, or what it is if the question did; and how it is printed, folded."""

    keys: tuple[str, ...]
    slips: tuple[str, ...]
    printed: str


@dataclass(frozen=True, slots=True)
class Query:
    """A question, taken apart. `words` are folded, without those that say nothing; `stems` are those of each
    word in each of `languages`; `values` are its numbers, dates, codes and addresses; `pairs` are neighbouring
    words written as one."""

    words: tuple[str, ...]
    stems: tuple[tuple[str, ...], ...]
    values: tuple[Value, ...]
    pairs: tuple[str, ...]
    languages: tuple[str, ...] = (language.DEFAULT,)

    @property
    def exact(self) -> tuple[str, ...]:
        """Keys of all values."""
        return tuple(key for value in self.values for key in value.keys)

    @property
    def slips(self) -> tuple[str, ...]:
        """Keys under which they stand where OCR misread them."""
        return tuple(key for value in self.values for key in value.slips)

    @property
    def clauses(self) -> list[Clause | Ladder]:
        """What `KeywordIndex.search` is asked."""
        return list(self._clauses())

    def _clauses(self) -> Iterator[Clause | Ladder]:
        stems = dict(zip(self.words, self.stems, strict=True))
        for word, times in Counter(self.words).items():
            yield _word(word, stems[word], times)
        for value in self.values:
            yield _value(value)
        for pair in self.pairs:
            yield (Term("pair", pair, PAIR),)
            yield (Term("text", pair, TEXT),)  # two words that OCR or a name runs together
            yield (Term("title", pair, TITLE),)


def _word(word: str, stems: Sequence[str], times: int) -> Ladder:
    """The word, what one slip of OCR makes of it, and where nothing of that stands, what is most like it."""
    said: tuple[Clause, ...] = (
        (Term("text", word, TEXT * times),),
        (Term("title", word, TITLE * times),),
        *((Term("stem", stem, STEM * times),) for stem in dict.fromkeys(stems)),  # a chunk has one of them
    )
    misread = tuple((Term("text", other, TEXT * times),) for other in slips.variants(word))
    like: list[Begins | Near] = []
    if len(word) >= tokens.SHORTEST_PART:
        like.append(Begins("tail", word, TEXT * times))
    if len(word) >= FUZZY:
        like.append(Near("text", word, TEXT * times))
    return Ladder((said, misread, tuple(like)))


def _value(value: Value) -> Ladder:
    """The value, its misread forms, codes that it is a part of, and at last what differs in one sign."""
    # A sum: the best of several terms would cost the search half as much again (docs/log/exact.md).
    weight = EXACT / len(value.keys) ** 0.5
    said = tuple((Term("exact", key, weight),) for key in value.keys)
    misread = tuple((Term("exact", key, EXACT),) for key in value.slips)
    codes = [key[2:] for key in value.keys if key.startswith("c:") or key == f"n:{value.printed}"]
    parts = tuple(Begins("tail", code, EXACT) for code in codes if len(code) >= tokens.SHORTEST_PART)
    like = dict.fromkeys(key for key in (*value.keys, *_digits(value)) if key[0] in "ce")
    near = tuple(Near("exact", key, EXACT) for key in like if len(key) >= FUZZY + 2)
    return Ladder((said, misread, parts, near))


def _digits(value: Value) -> Iterator[str]:
    """The codes that a value looks like where one of its signs is not a digit any more."""
    yield f"c:{value.printed}"
    for key in value.keys:
        if key.startswith("d:"):
            year, month, day = key.removeprefix("d:").split("-")
            yield from (f"c:{day}{month}{year}", f"c:{month}{day}{year}", f"c:{year}{month}{day}")


def parse(question: str, languages: Sequence[str] = (language.DEFAULT,)) -> Query:
    """Take a question apart, for a library that holds texts in `languages`. A question of stop words alone
    keeps them."""
    every = tokens.words(question)
    stop = language.stop_words(language.detect(question, every, least=1))
    words = [w for w in every if w not in stop] or every
    words += [year for w in words if (year := _fiscal_year(w))]
    pairs = [a + b for a, b in pairwise(every) if a not in stop or b not in stop]
    known = tuple(dict.fromkeys((*languages, language.DEFAULT)))
    return Query(
        tuple(words), _stems(question, words, known), _values(question), tuple(dict.fromkeys(pairs)), known
    )


def _stems(question: str, words: Sequence[str], languages: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Stems of each word in each language; words are stemmed as they were typed, with their accents."""
    typed = dict(zip(tokens.words(question), tokens.words(question, accents=True), strict=False))
    accented = [typed.get(word, word) for word in words]
    stems = (language.stems(words if name == language.DEFAULT else accented, name) for name in languages)
    return tuple(zip(*stems, strict=True))


def _values(question: str) -> tuple[Value, ...]:
    """The values of a question; readings that overlap, such as a code and its halves, belong to one. Of a date
    that is only the date, for its year stands on many pages."""
    found: list[tuple[int, int, list[str]]] = []
    for start, end, key in tokens.values_of(question):
        if found and start < found[-1][1]:
            first, last, known = found[-1]
            found[-1] = (first, max(last, end), [*known, key])
        else:
            found.append((start, end, [key]))
    misread = slips.keys(question)
    return tuple(
        _told(known, [key for start, end, key in misread if start < b and a < end], fold(question[a:b]))
        for a, b, known in found
    )


def _told(keys: Sequence[str], misread: Sequence[str], printed: str) -> Value:
    days = [key for key in keys if key.startswith("d:")]
    chosen = [*days, *(key for key in keys if key == f"c:{printed}")] if days else keys
    chosen = [
        key for key in chosen if f"n:{key[2:]}" not in chosen or key[0] == "n"
    ]  # 2018 is no code as well
    shapes = [key for known in chosen for key in slips.shape(known)]
    meant = [other for key in misread if key[0] == "~" for other in (key[1:], key)]
    return Value(tuple(dict.fromkeys(chosen)), tuple(dict.fromkeys([*shapes, *meant])), printed)


def _fiscal_year(word: str) -> str:
    """FY2022 and FY22 are written 2022 elsewhere; "" for any other word."""
    found = _FISCAL.fullmatch(word)
    return "" if found is None else found[1] if len(found[1]) == 4 else f"20{found[1]}"
