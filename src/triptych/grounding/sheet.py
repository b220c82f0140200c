"""A page as what claims are looked up in: where a quotation, a number, a day or a name stands on it.

Spans are characters of the page's own text, so that whatever is found can be boxed. What nobody sees on the page,
or what speaks to the model instead of the reader, is left out: it supports nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, Levenshtein

from triptych import values
from triptych.answering.layout import Layout
from triptych.answering.options import Choice, choices
from triptych.grounding import clock, opposites, units
from triptych.grounding.claim import Claim
from triptych.grounding.days import DAY_MONTH, MONTH_YEAR
from triptych.grounding.folded import Folded
from triptych.grounding.grid import Grid
from triptych.grounding.printed import Figure, lines, printed
from triptych.grounding.sentences import ABBREVIATION
from triptych.grounding.units import Unit
from triptych.types import Page
from triptych.words import language, tokens

if TYPE_CHECKING:
    from triptych.grounding.facts import Fact
    from triptych.grounding.ordering import Label
    from triptych.grounding.propositions import Proposition
    from triptych.grounding.reading import Reading
    from triptych.grounding.who import Role

Span = tuple[int, int]

_ELLIPSIS = re.compile(r"\s*(?:…|\.{3,}|\(\.\.\.\)|\[\.\.\.\])\s*")
_UNIT_CELL = re.compile(r"\|\s*([^\W\d][^|\s]{0,7})\s*(?=\|)")  # | 19.6 | g/dL |
_WORD = re.compile(r"[^\W_]+")
_POSSESSIVE = re.compile(r"['’]s?$")
_MONTH_IN_DIGITS = re.compile(
    r"(?<![\d/.-])(?:(0?[1-9]|1[0-2])[/.-]((?:19|20)\d\d)|((?:19|20)\d\d)-(0[1-9]|1[0-2]))(?![\d/-])"
)
_DOTTED = re.compile(r"(?<![\d.,])([01]?\d|2[0-3])\.([0-5]\d)(?![\d%]|[.,]\d)")  # hours: 20.45
_INFLECTED = 8  # letters of a name that may have another ending: Luftballons
_ENDING = re.compile(r"(?:e?[ns]|e)?")
_ALMOST = 93.0  # per cent of a long quotation's characters in order, on a page that OCR read
_LONG = 24  # characters of a quotation from which a slip of OCR may be in it
RECORD = re.compile(r"([^:;]+: [^:;]+); [^:;]+: ")  # a row of a CSV file
_LABEL = re.compile(r"\W*[^\W\d_]+(?: [^\W\d_]+){0,2}:\s")  # which opens a line
_PROSE = 70  # characters of a line that is none of a table or a form
_LETTERS = 8  # of a name from which OCR may have one wrong


class Sheet:
    """One page. `distrusted` are the spans that support nothing."""

    def __init__(self, page: Page, distrusted: Sequence[Span] = ()) -> None:
        self.page = page
        text = page.text.text
        for start, end in distrusted:
            text = text[:start] + re.sub(r"\S", " ", text[start:end]) + text[end:]
        self.text = text
        self.doubted = bool(distrusted)
        self.ocr = page.text_source in ("ocr", "mixed")

    @cached_property
    def folded(self) -> Folded:
        return Folded(self.text)

    @cached_property
    def words(self) -> dict[str, list[Span]]:
        """Folded words, each with its places."""
        found: dict[str, list[Span]] = defaultdict(list)
        for m in _WORD.finditer(self.text):
            if m[0].isascii() or len(cut := tokens.spans(m[0])) < 2:
                # Names are looked up with their accents, other words without them.
                for form in {values.fold(m[0]), *tokens.words(m[0])}:
                    found[form].append(m.span())
            else:  # scripts without spaces between words, in pairs of letters
                for token in cut:
                    found[token.text].append((m.start() + token.start, m.start() + token.end))
        return found

    @cached_property
    def language(self) -> str:
        return language.detect(self.text, tokens.words(self.text))

    @cached_property
    def choices(self) -> tuple[Choice, ...]:
        """What is chosen from by ticks."""
        return choices(Layout(self.page))

    @cached_property
    def grid(self) -> Grid:
        return Grid(self.page, self.text)

    @cached_property
    def reading(self) -> Reading:
        from triptych.grounding.reading import Reading  # which reads sheets

        return Reading(self)

    @cached_property
    def facts(self) -> list[Fact]:
        from triptych.grounding.reading import facts

        return facts(self)

    @cached_property
    def propositions(self) -> list[Proposition]:
        from triptych.grounding.propositions import propositions

        return propositions(self)

    @cached_property
    def roles(self) -> list[Role]:
        from triptych.grounding.who import roles

        return roles(self)

    @cached_property
    def labels(self) -> list[Label]:
        from triptych.grounding.ordering import labels

        return labels(self)

    @cached_property
    def segments(self) -> list[Span]:
        """Sentences, those of prose joined over the ends of its lines; elsewhere lines."""
        cut = [0]
        for m in re.finditer(r"\n|(?<=[\w)%”\"][.!?])[ ]+(?=[A-ZÀ-Þ“\"(])", self.text):
            line = self.text[cut[-1] : m.start()]
            if m[0] != "\n" and ABBREVIATION.search(line[-20:]):
                continue
            if (
                m[0] != "\n"
                or not _goes_on(line, self.text[m.end() : m.end() + 40])
                or self._row(m.start(), m.end())
            ):
                cut.append(m.end())
        return [*zip(cut, [*cut[1:], len(self.text)], strict=True)]

    def _row(self, end: int, start: int) -> bool:
        """Whether the line that ends or the one that starts there is a row of cells."""
        before, behind = self.grid.cell(end - 1), self.grid.cell(start)
        return any(c is not None and (c.beside or c.heads or c.mates) for c in (before, behind))

    def segment(self, at: int) -> Span:
        """The segment that holds a character."""
        return self.segments[bisect_right(self._begins, at) - 1]

    @cached_property
    def _begins(self) -> list[int]:
        return [start for start, _ in self.segments]

    @cached_property
    def figures(self) -> list[Figure]:
        return printed(self.text)

    @cached_property
    def units(self) -> frozenset[Unit]:
        """Units that the page names apart from its figures, as heads of tables do: "in millions"; and its
        currencies, which many tables print in their first row only."""
        rest = list(self.text)
        for figure in self.figures:
            start, end = figure.span
            if units.named(self.text[start:end]) is not None:
                continue  # in thousand dollars
            end += len(units.run(self.text[end : end + 30]))
            rest[start:end] = " " * (end - start)
        money = {u for f in self.figures for u in f.units if u.dimension == units.CURRENCY}
        column = {u for m in _UNIT_CELL.finditer(self.text) for u in units.behind(m[1])}
        return frozenset(money | column | {*units.spoken("".join(rest)), *units.headed(self.text)})

    @cached_property
    def days(self) -> list[tuple[Span, tuple[date, ...]]]:
        found = {
            (d.start, d.end): d.readings for d in values.dates(values.repair(self.text.replace("\n", " ")))
        }
        for start, end in lines(self.text):
            for day in values.dates(self.text[start:end]):
                found.setdefault((start + day.start, start + day.end), day.readings)
        return [(span, days) for span, days in sorted(found.items()) if not self._across(*span)]

    def _across(self, start: int, end: int) -> bool:
        """Whether characters belong to several cells of one row: the day of a month beside a value."""
        first, last = self.grid.cell(start), self.grid.cell(end - 1)
        return first is not None and last is not None and first in last.beside

    # Looking up: the places of a claim, [] where it does not stand here.

    def quoted(self, claim: Claim) -> list[Span]:
        """One place for each part of a quotation, in its order; [] unless all of them are here."""
        found: list[Span] = []
        for part in _ELLIPSIS.split(claim.text):
            wanted = values.fold(part)
            if not wanted:
                continue
            place = next(self.folded.find(wanted), None) or self._almost(wanted)
            if place is None:
                return []
            found.append(place)
        return found

    def _almost(self, wanted: str) -> Span | None:
        """A long quotation from a page that OCR read may differ in a letter, in no digit."""
        if not self.ocr or len(wanted) < _LONG:
            return None
        best = fuzz.partial_ratio_alignment(wanted, self.folded.text, score_cutoff=_ALMOST)
        if best is None:
            return None
        here = self.folded.text[best.dest_start : best.dest_end]
        slips = [
            (here[o.dest_start : o.dest_end], wanted[o.src_start : o.src_end])
            for o in Levenshtein.opcodes(wanted, here)
            if o.tag != "equal"
        ]
        if len(slips) > len(wanted) // _LONG or any(
            max(map(len, pair)) > 1 or "".join(pair).isdigit() for pair in slips
        ):
            return None
        return self.folded.span(best.dest_start, best.dest_end)

    def literal(self, text: str) -> list[Span]:
        """Where these words stand, give or take case, space and punctuation."""
        return [*self.folded.find(values.fold(text))]

    def printed(self, text: str) -> list[Span]:
        """Where these very characters stand, and no digit beside them: points, slashes and colons matter in figures."""
        pattern = rf"(?<![\w.,/])(?<!\d:){re.escape(text.strip())}(?![\w/]|[.,:]\d)"
        return [m.span() for m in re.finditer(pattern, self.text, re.IGNORECASE)]

    def dated(self, claim: Claim) -> list[Span]:
        """Days that a date can mean, or that lie in the month that it names."""
        if claim.days:
            places = [span for span, days in self.days if set(days) & set(claim.days)]
            return places or self.printed(claim.text)
        assert claim.month is not None
        year, month = claim.month
        wanted = int(claim.readings[0]) if claim.readings else 0
        places = [
            span
            for span, days in self.days
            if any(d.month == month and year in (0, d.year) and wanted in (0, d.day) for d in days)
        ]
        if not year and not wanted:
            named = [spans for w, spans in self.words.items() if values.MONTHS.get(w) == month]
            places += [span for spans in named for span in spans]
        places += [
            m.span() for m in _MONTH_IN_DIGITS.finditer(self.text) if year and _digits(m) == (year, month)
        ]
        pattern = MONTH_YEAR if year else DAY_MONTH
        places += [m.span() for m in pattern.finditer(self.text) if _month(m) == (year, month, wanted)]
        return places or self.printed(claim.text)

    def timed(self, claim: Claim) -> list[Span]:
        """Where the time of a claim stands, in either way of counting hours."""
        said = {minutes for _, minutes in clock.times(claim.text)}
        found = [span for span, minutes in self.times if minutes in said]
        return found or [m.span() for m in _DOTTED.finditer(self.text) if 60 * int(m[1]) + int(m[2]) in said]

    @cached_property
    def times(self) -> list[tuple[Span, int]]:
        return [*clock.times(self.text)]

    def whole(self, start: int, end: int) -> Span:
        """All characters of the words that a span touches: boxes are those of words."""
        words = self.page.text.words_in(start, end)
        if not words:
            return start, end
        spans = self.page.text.spans
        return min(start, int(spans[words[0], 0])), max(end, int(spans[words[-1], 1]))

    def _capitals(self, word: str) -> list[Span]:
        """Where a folded word stands with a capital: Mon, Mo."""
        return [span for span in self.words.get(word, ()) if self.text[span[0]].isupper()]

    def named(self, word: str) -> list[Span]:
        """A name: as it stands, without its 's, or, on a page that OCR read, with one slip."""
        folded = values.fold(_POSSESSIVE.sub("", word))
        if places := [*self.words.get(folded, ()), *self.folded.find(folded)]:
            return sorted(places, key=lambda span: self.text[slice(*span)] != word)
        if (opposites.stance(folded) or ("",))[0] == "weekday":
            return [span for short in (folded[:3], folded[:2]) for span in self._capitals(short)]
        if len(folded) >= _INFLECTED:
            places = [span for w in self.words if _inflected(w, folded) for span in self._capitals(w)]
        if places or not self.ocr:
            return places
        shape = values.code_key(folded)
        like = [w for w in self.words if values.code_key(w) == shape or _slipped(w, folded)]
        return [span for w in like for span in self.words[w]]


def _goes_on(line: str, following: str) -> bool:
    """Whether a line of prose is broken here, within a sentence."""
    bare = line.rstrip()
    last = bare[bare.rfind("\n") + 1 :]
    whole = not bare or bare[-1] in ".!?:;" or RECORD.match(last) is not None
    prose = len(last) > _PROSE and 8 * sum(map(str.isdigit, last)) < len(last)
    labelled = _LABEL.match(following) is not None
    return not whole and (following[:1].islower() or (prose and not labelled))


def _inflected(word: str, name: str) -> bool:
    """Whether two folded words differ by an ending of the plural or of a case only."""
    short, long = sorted((word, name), key=len)
    return long.startswith(short) and _ENDING.fullmatch(long[len(short) :]) is not None


def _slipped(word: str, name: str) -> bool:
    """Whether OCR may have read one letter of a long name wrong."""
    return len(name) >= _LETTERS and OSA.distance(word, name, score_cutoff=1) <= 1


def _digits(m: re.Match[str]) -> tuple[int, int]:
    """(year, month) of 11/2019 or 2019-11."""
    return (int(m[2]), int(m[1])) if m[1] else (int(m[3]), int(m[4]))


def _month(m: re.Match[str]) -> tuple[int, int, int]:
    """(year, month, day), 0 where none is named, of a match of either pattern."""
    if m.re is MONTH_YEAR:
        return int(m[2]), values.MONTHS[m[1].lower()], 0
    day, month = (m[1], m[2]) if m[1] else (m[4], m[3])
    return 0, values.MONTHS[month.lower()], int(day)


def nearest(places: Sequence[Span], to: Sequence[Span]) -> Span:
    """Of several places the one that is closest to others, the first where there are none."""
    if not to:
        return places[0]
    middles = sorted((a + b) // 2 for a, b in to)

    def apart(span: Span) -> int:
        i = bisect_left(middles, span[0])
        return min(abs(span[0] - middles[j]) for j in (i - 1, i) if 0 <= j < len(middles))

    return min(places, key=lambda span: (apart(span), span))
