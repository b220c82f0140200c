"""How well a page fits what a question mentions: the names, dates and codes besides the wanted label.

A page that does not hold the asked company, date or number must not answer, however well its label fits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from rapidfuzz import fuzz

from triptych.answering.asked import asked
from triptych.answering.question import NOISE, Ask, content_words
from triptych.types import Page
from triptych.values import MONTHS, Code, Date, code_key, codes, dates, fold, is_year

MOST = 0.6  # of the names in a question, by length, a file must hold at least this share
_PLAIN = 0.25  # what another word weighs beside one of a name
_STEM = 4  # letters that a name and a word made of it have in common
_DAY_AND_YEAR = re.compile(r"([^\W\d_]{3,}\.? \d{1,2}),? ((?:19|20)\d\d)")  # December 31, 2022
_FUZZY = 84.0  # at least this share of a name's characters in order: OCR slips, not other names
_LEAST = 0.75  # of the letters of a long name stand in words of the page
_SLIPS = 80.0  # of a whole name, which is longer than a word
_DIGITS = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1", "|": "1", "S": "5", "B": "8", "Z": "2"})
_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "8": "b"})  # of folded words
_ANOTHER = re.compile(
    r"(?:ursprung|original|bezug|related|corrig|correct|korrektur|previous|vorherig|storno|zu rechnung|"
    r"d'origine|riferimento|referencia)[^\n]*\Z",
    re.IGNORECASE,
)


class PageWords:
    """Folded views of one page's text, made once per page."""

    def __init__(self, page: Page, title: str = "") -> None:
        self.page = page
        self.title = title
        self.raw = f"{page.text.text}\n{title}"

    @cached_property
    def folded(self) -> str:
        return fold(self.raw)

    @cached_property
    def codes(self) -> frozenset[str]:
        """Folded codes of the page, each as a whole."""
        return frozenset(c.key for c in codes(self.raw))

    def holds_code(self, code: Code) -> float:
        """1 where the code stands as a whole; less where only another document is named by it ("original
        invoice no. 4711" on a credit note), and as a part of another one (TX-471102 is not 471102)."""
        if is_year(code.text):
            return float(bool(re.search(rf"(?<!\d){code.text}(?!\d)", self.raw)))
        if code.key in self.codes:
            return 1.0 if self._own(code) else 0.8
        return 0.6 if len(code.key) >= 4 and code.key in self._run_together else 0.0

    def _own(self, code: Code) -> bool:
        """Whether somewhere the words before a code do not say that it is another document's."""
        places = [m.start() for m in re.finditer(re.escape(code.text), self.raw, re.IGNORECASE)]
        return not places or any(not _ANOTHER.search(self.raw[max(0, at - 40) : at]) for at in places)

    @cached_property
    def _run_together(self) -> str:
        return code_key(self.raw)

    @cached_property
    def _days(self) -> tuple[frozenset[date], frozenset[date]]:
        """The days of the page as they are likeliest meant, and every day that they can mean; also after
        undoing OCR's letters for digits."""
        repaired = re.sub(
            r"\S*\d\S*", lambda m: m[0].translate(_DIGITS) if len(m[0]) >= 6 else m[0], self.raw
        )
        found = [d.readings for text in (self.raw, repaired) for d in dates(text)]
        return frozenset(r[0] for r in found), frozenset(day for r in found for day in r)

    def holds_day(self, day: Date) -> float:
        """1 where the day stands as it was asked; less where day and month would have to change places."""
        likeliest, every = self._days
        if day.readings[0] in likeliest or fold(day.text) in self.folded:
            return 1.0
        if every.intersection(day.readings):
            return 0.7
        return 0.6 * bool((m := _DAY_AND_YEAR.fullmatch(day.text)) and self._apart(m[1], m[2]))

    def _apart(self, day: str, year: str) -> bool:
        """Whether day and year stand apart: "as of December 31" over columns of years."""
        own = re.search(rf"(?<!\d){year}(?!\d)", self.raw)
        return bool(own) and re.search(rf"\b{re.escape(day)}\b", self.raw, re.IGNORECASE) is not None

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(fold(w) for w in re.findall(r"[^\s/(),.:;-]+", self.raw))

    def holds(self, word: str) -> float:
        """How surely a folded word stands on the page: 1 as a word, less within another one (or where
        OCR lost a space), less again with an OCR slip in a longer one."""
        if word in self.words or (word in MONTHS and word[:3] in self.words):  # charts write Jan
            return 1.0
        if word in self.folded:
            return 0.9
        if word.translate(_ALIKE) in self._mended:
            return 0.8
        return 0.8 * (len(word) >= 5 and fuzz.partial_ratio(word, self.folded, score_cutoff=_FUZZY) > 0)

    @cached_property
    def _mended(self) -> frozenset[str]:
        """Words in which OCR may have read a letter as a digit, like D.1.Y., by what their characters look like."""
        mixed = re.findall(r"(?=\S*\d)(?=\S*[^\W\d_])\S+", self.raw)
        return frozenset(fold(word).translate(_ALIKE) for word in mixed)

    def holds_stem(self, word: str) -> bool:
        """Whether a word of the page begins alike: Norwegian and Norway."""
        return len(word) > _STEM and any(w.startswith(word[:_STEM]) for w in self.words)


@dataclass(frozen=True, slots=True)
class Support:
    """`score` 0 to 1: the share of what was asked for that the page holds. `missing` names what it lacks."""

    score: float
    names: float
    values: float
    missing: tuple[str, ...]
    complete: bool  # every date and code that was asked for is there

    def usable(self, names: float) -> bool:
        """Whether the page may answer: enough of the names, and all dates and codes asked for."""
        return self.names >= names and self.complete


def support(ask: Ask, context: str, words: PageWords) -> Support:
    """What of `context` and of the question's dates and codes stands on the page."""
    missing: list[str] = []
    marks: list[float] = []
    inside = " ".join(ask.quoted)  # numbers of a quoted title are part of the title
    for day in ask.dates:
        if day.text in inside:
            continue
        held = words.holds_day(day)
        marks.append(held)
        missing += [] if held else [day.text]
    for code in ask.codes:
        if code.text not in inside and (code.text in context or not ask.quoted):
            held = words.holds_code(code)
            marks.append(held)
            missing += [] if held else [code.text]
    names = _names(ask, context, words)
    if names < 0.5:
        missing.append(_named(ask, context))
    values = sum(marks) / len(marks) if marks else 1.0
    weight = 2.0 * len(marks)
    return Support((names + weight * values) / (1 + weight), names, values, tuple(missing), all(marks))


def bears(ask: Ask, names: Sequence[str], pages: Sequence[PageWords]) -> bool:
    """Whether the pages of one file hold what the question names besides years: its dates, its codes, and
    most of its names."""
    own = [w for w in content_words(" ".join(names)) if w not in NOISE and not any(map(str.isdigit, w))]
    size = sum(map(len, own))
    held = sum(len(name) * any(w.holds(name) or w.holds_stem(name) for w in pages) for name in own)
    return bears_values(ask, pages) and held >= MOST * size


def bears_values(ask: Ask, pages: Sequence[PageWords]) -> bool:
    """Whether the pages of one file hold the dates and codes of the question, years aside."""
    marks = [max(w.holds_day(d) for w in pages) for d in ask.dates]
    marks += [max(w.holds_code(c) for w in pages) for c in ask.codes if not is_year(c.text)]
    return all(marks)


def mostly(names: Sequence[str], pages: Sequence[PageWords]) -> bool:
    """Whether most of each name of several words, by length, stands on a page of one file; legal forms and short
    words are not counted."""
    return all(any(_most(name, w) for w in pages) for name in names if " " in name)


def _most(name: str, words: PageWords) -> bool:
    own = [w for w in content_words(name) if len(w) > 2 and w not in NOISE]
    if max(map(len, own), default=0) < _STEM:
        return True  # VAT ID
    return sum(len(w) for w in own if words.holds(w)) >= MOST * sum(map(len, own))


def lacking(names: Sequence[str], pages: Sequence[PageWords]) -> list[str]:
    """Those of the names that the pages of one file do not hold, their words together, OCR slips aside. Codes and
    dates are no names (see `bears`)."""
    return [name for name in names if not any(_together(name, w) for w in pages)]


def _together(name: str, words: PageWords) -> bool:
    parts = [
        w for w in name.split() if not any(map(str.isdigit, w)) and len(fold(w)) > 1 and fold(w) not in NOISE
    ]
    whole = fold("".join(parts))
    if not whole or whole in words.folded:
        return True
    if len(whole) < 5:
        return words.holds(whole) > 0
    if fuzz.partial_ratio(whole, words.folded) >= _SLIPS:
        return True
    held = sum(len(w) for w in map(fold, parts) if words.holds(w))
    return len(parts) > 2 and held >= _LEAST * len(whole)


def _clean(ask: Ask, context: str) -> str:
    for value in [*(d.text for d in ask.dates), *(c.text for c in ask.codes)]:
        context = context.replace(value, " ")
    return " ".join(context.split())


def _named(ask: Ask, context: str) -> str:
    """What a context names, for people: without the small words that it opens and ends with."""
    tokens = _clean(ask, context).split()
    while tokens and not content_words(tokens[0]):
        del tokens[0]
    while tokens and (not content_words(tokens[-1]) or fold(tokens[-1]) in NOISE):
        del tokens[-1]
    return " ".join(tokens)


def _names(ask: Ask, context: str, words: PageWords) -> float:
    """Share, by length, of the context's content words that the page holds; 1 when there are none."""
    cleaned = context if ask.quoted else _clean(ask, context)
    named = content_words(cleaned)
    wanted = [w for w in named if w not in NOISE] or list(named)
    if not wanted:
        return 1.0
    own = set(content_words(" ".join(asked(ask.question).names)))
    weights = {w: len(w) * (1.0 if w in own or not own & set(wanted) else _PLAIN) for w in wanted}
    held = sum(weight * words.holds(w) for w, weight in weights.items()) / sum(weights.values())
    whole = fold(ask.quoted[0] if ask.quoted else cleaned)
    near = fuzz.partial_ratio(whole, words.folded) / 100 if len(whole) >= 6 else held
    if not ask.quoted:
        return max(held, 0.85 * near if near >= 0.8 else 0.0)
    case = " ".join(ask.quoted[0].split()) in " ".join(words.raw.split())
    return 0.55 * held + 0.4 * max(0.0, (near - 0.5) * 2) + 0.05 * case
