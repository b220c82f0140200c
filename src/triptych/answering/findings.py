"""Where a page may answer: totals, fields, cells and sentences as findings that can be compared.

Each finder looks at one page for one reading of the question and gives spans: the value, and what to quote.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from triptych.answering import cells, fillers, passages, shapes
from triptych.answering.asked import Asked, asked
from triptych.answering.cells import alike
from triptych.answering.fact import SAID, SENTENCE, STATED, Fact
from triptych.answering.facts import facts
from triptych.answering.fields import Field, fields
from triptych.answering.filing import in_cents, is_chart
from triptych.answering.items import items
from triptych.answering.layout import Layout, Segment
from triptych.answering.matching import ASKING, choose, tokens, wording
from triptych.answering.named import named
from triptych.answering.noted import noted
from triptych.answering.question import AMOUNT, COUNT, PERCENT, TEXT, Ask, Cut, content_words
from triptych.answering.quotes import spoken
from triptych.answering.roles import Meaning
from triptych.answering.support import PageWords
from triptych.answering.totals import totals
from triptych.answering.vocabulary import asks_due
from triptych.answering.wanting import asking, close
from triptych.pages.regions import heading
from triptych.types import Hit, Page
from triptych.values import dates, is_year, numbers

_YEARS = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_SOURCE = re.compile(
    r"©|\bsources?\b|\bcopyright\b|\bpublished\b|\bstatista\b", re.IGNORECASE
)  # years of the print
Spans = tuple[tuple[int, int], ...]
_WARMTH = re.compile(r"temp|°|[ºˆ] ?[CF]\b|grad|degree", re.IGNORECASE)

FIELD = 1.25  # a label half as good as a clean one, with a value that fits
TOTAL = 1.5  # a word for a total, or arithmetic that needs none
NOTED = 1.9  # what the page was noted for: no label says so
SURE = 1.6  # a labelled field beside which nothing else need be looked for
CLEAR = 2.0  # a finding as good as any: beyond it the page that was ranked higher wins
CELL = 0.12  # of the question's weight, at least this share stands in the labels of the cell
PASSAGE = 0.5  # and this share in the sentence
REST = 0.5  # of the words of a question that name no label, at least this share stands on the paper
ON_PAGE = 0.5  # and this share of its words on the page


@dataclass(frozen=True)
class Evidence:
    """A retrieved page, numbered as in citations. Order is the fused rank."""

    n: int
    hit: Hit
    page: Page


@dataclass(frozen=True)
class Candidate:
    """Evidence with its folded words and its geometry, each made once."""

    evidence: Evidence

    @cached_property
    def words(self) -> PageWords:
        return PageWords(self.evidence.page, self.evidence.hit.title)

    @cached_property
    def layout(self) -> Layout:
        return Layout(self.evidence.page)

    @cached_property
    def facts(self) -> list[Fact]:
        return facts(self.layout)

    @cached_property
    def stated(self) -> list[Fact]:
        """The facts that the order of the page states."""
        return [f for f in self.facts if f.how == STATED]

    @cached_property
    def title(self) -> frozenset[str]:
        """Words that say what the page is: its largest print, and its first line where that is no label."""
        text = self.evidence.page.text
        first = text.text.strip().partition("\n")[0]
        at = text.text.find(first)
        label = any(f.label and f.label[0] < at + len(first) for f in self.stated)
        return frozenset(tokens(f"{heading(text)} {'' if label else first}"))

    @property
    def asset(self) -> str:
        return self.evidence.hit.asset


@dataclass(frozen=True)
class Finding:
    """A value on a page as spans of its text, the spans to quote, and how much speaks for it: `strength`
    for the value alone, `score` with its page."""

    evidence: Evidence
    value: Spans
    quote: Spans
    strength: float
    score: float
    label: str = ""  # what names the value, where that is known
    at: tuple[int, int] | None = None  # where that stands


def words(finding: Finding) -> str:
    """The value of a finding, for people."""
    text = finding.evidence.page.text.text
    return " ".join(spoken(text[a:b]) for a, b in finding.value)


def weigh(score: float) -> float:
    """Beyond a clear finding, score decides only between pages that are otherwise equal."""
    return min(score, CLEAR) + 0.05 * score


def find_totals(cut: Cut, page: Candidate) -> list[Finding]:
    """Amounts of the page that may be its total."""
    found = []
    for total in totals(page.layout, due=asks_due(cut.label))[:3]:
        if total.score >= TOTAL:
            label = (total.label.start, total.label.end) if total.label else None
            value = ((total.start, total.end),)
            found.append(
                Finding(page.evidence, value, quoted(page, value, label), total.score, weigh(total.score))
            )
    return found


def find_fields(ask: Ask, cut: Cut, page: Candidate) -> list[Finding]:
    """Values beside or below the label that the cut asks for; without a sure one, what the page was noted for."""
    found = []
    for field in fields(page.layout, cut.label, ask.expects, "" if ask.quoted else cut.context)[:3]:
        if field.score >= FIELD and (ask.quoted or _answers(ask, cut, page, field)):
            quote = quoted(page, field.spans, (field.label.start, field.label.end))
            strength = field.score - 0.5 * (not field.apart and not ask.quoted)  # prose goes on, too
            score = weigh(field.score) + 0.3 * field.exact
            label = page.evidence.page.text.text[field.label.start : field.label.end]
            found.append(
                Finding(
                    page.evidence,
                    field.spans,
                    quote,
                    strength,
                    score,
                    label,
                    (field.label.start, field.label.end),
                )
            )
    if any(f.strength >= SURE for f in found):
        return found
    value = noted(page.evidence.page, cut.label)
    return (
        [*found, Finding(page.evidence, value, value, NOTED, weigh(NOTED), ask.question)] if value else found
    )


def _answers(ask: Ask, cut: Cut, page: Candidate, field: Field) -> bool:
    """Whether a field that no title leads to has the first word of the asked label and a value of its type."""
    text = page.evidence.page.text.text
    value = " ".join(text[a:b] for a, b in field.spans)
    first = content_words(cut.label)[:1]
    printed = content_words(
        text[field.label.segment.start : field.label.end] + " " + text[field.label.start : field.label.end]
    )
    if first and not any(alike(first[0], w) or first[0] in w for w in printed):
        return False
    if set(printed) <= set(content_words(" ".join(asked(ask.question).names))):
        return False  # who is asked about, not what
    if ask.expects in (AMOUNT, COUNT, PERCENT):
        return bool(numbers(value)) and not dates(value)
    return shapes.fits(value, shapes.called_for(ask.question)) > -1


def find_named(ask: Ask, cut: Cut, page: Candidate) -> list[Finding]:
    """Values of the kind that is asked for, or of the article."""
    found = []
    values = (
        items(page.layout, ask.item)
        if ask.item
        else named(page.layout, ask.kind, cut.context)
        if ask.kind
        else []
    )
    for value in values[:3]:
        spans = ((value.start, value.end),)
        quote = quoted(page, spans, value.label)
        found.append(Finding(page.evidence, spans, quote, value.score, weigh(value.score)))
    return found


def find_facts(ask: Ask, page: Candidate) -> list[Finding]:
    """The value whose label, or row and column, the question names on a paper that holds the rest of it."""
    wanted = wording(ask.question)
    if not all(page.words.holds(w) for name in wanted.names for w in name):
        return []
    text = page.evidence.page.text.text
    found = []
    for chosen in choose(wanted, page.stated, page.title, text)[:3]:
        rest = [w for w in wanted.words if w not in chosen.held and w not in ASKING]
        share = sum(page.words.holds(w) for w in rest) / len(rest) if rest else 1.0
        if (share >= REST or chosen.keyed) and _right_time(ask, page):
            fact = chosen.fact
            quote = quoted(page, fact.value, fact.label)
            said = " ".join((fact.name, *fact.keys))
            found.append(
                Finding(
                    page.evidence, fact.value, quote, chosen.score, chosen.score + share, said, fact.label
                )
            )
    return found


def find_roles(ask: Ask, wanted: Asked, meaning: Meaning | None, page: Candidate) -> list[Finding]:
    """What fills the role that the question asks for, whatever it is called on the page."""
    found: list[Finding] = []
    if not _right_time(ask, page):
        return found
    for match in fillers.matches(page.layout, page.facts, wanted, meaning)[:3]:
        guessed = match.fact.how != STATED and is_chart(page.layout)  # a number of the axis, perhaps
        if match.score >= fillers.FAIR and not (guessed and numbers(fillers.said(page.layout, match.fact))):
            quote = quoted(page, match.fact.value, match.fact.label)
            whole = match.fact.how == SENTENCE
            if whole and not close(asking(ask.question), page.layout.text.text, match.fact.value[0]):
                continue
            if match.fact.how in (SAID, SENTENCE):
                quote = _sentence(page, match.fact.value)
            said = " ".join((match.fact.name, *match.fact.keys))
            found.append(
                Finding(
                    page.evidence, match.fact.value, quote, match.score, match.score, said, match.fact.label
                )
            )
    return found


def _sentence(page: Candidate, value: Spans) -> Spans:
    """The sentence that a value stands in, else the value."""
    text = page.evidence.page.text.text
    return tuple(
        next(
            (
                (a, b)
                for a, b in passages.sentences(text)
                if a <= start and end <= b and b - a < passages.LONGEST
            ),
            (start, end),
        )
        for start, end in value
    )


def find_cells(ask: Ask, page: Candidate) -> list[Finding]:
    """The number of a table or chart whose labels fit, or the label of the number that is asked by."""
    if shapes.called_for(ask.question) == shapes.HEAT and not _WARMTH.search(page.words.raw):
        return []
    terms = cells.plain_terms(ask.terms)
    held = sum(page.words.holds(t) for t in terms) / len(terms) if terms else 0.0
    if held < ON_PAGE or not _right_time(ask, page):
        return []
    if any(region.name == "series" for region in page.evidence.page.regions):
        return []  # several numbers for each label: facts know which
    asks_label = cells.asks_label(ask.question)  # which country, which year: a label, never a number
    if (asks_label or ask.expects == TEXT) and (labels := _label_of(ask, page, held)):
        return labels
    if asks_label:
        return []
    if ask.expects not in (TEXT, AMOUNT, COUNT, PERCENT) or not ask.wants_thing:
        return []
    found = cells.cells(page.layout, terms)
    if ask.expects == COUNT or "dollar" in ask.question or "euro" in ask.question:
        found = [c for c in found if not c.number.percent]
    if shapes.called_for(ask.question) == shapes.MONEY and in_cents(page.words.raw):
        found = [c for c in found if c.number.money]
    if not found or found[0].score < CELL or not cells.decided(found):
        return []
    best = found[0]
    value = ((best.start, best.end),)
    beside = [(s.start, s.end) for s in best.labels[:1] if s.end <= best.start]
    quote = quoted(page, value, beside[0]) if beside else value
    return [Finding(page.evidence, value, quote, best.score, 2 * held + best.score, best.said)]


def _label_of(ask: Ask, page: Candidate, held: float) -> list[Finding]:
    if not (labels := _by_number(ask, page)):
        return []
    label, cell = labels[0]
    value = ((label.start, label.end),)
    return [Finding(page.evidence, value, (*value, (cell.start, cell.end)), held, 2 * held)]


def _right_time(ask: Ask, page: Candidate) -> bool:
    """A page whose labels name years must name those asked for; one that names none may be of any."""
    asked = {c.text for c in ask.codes if is_year(c.text)}
    shown = {y for s in page.layout.segments if not _SOURCE.search(s.text) for y in _YEARS.findall(s.text)}
    return not asked or not shown or asked <= shown


def _by_number(ask: Ask, page: Candidate) -> list[tuple[Segment, cells.Cell]]:
    """Labels of the largest or smallest value, or of a value with decimals that the question names."""
    extreme = cells.extreme(page.layout, ask.question)
    if extreme:
        return extreme
    named = [n for n in numbers(ask.question) if n.decimals]
    return cells.labelled(page.layout, named[0]) if named else []


def find_passages(ask: Ask, pages: Sequence[Candidate]) -> list[Finding]:
    """The best sentence of each page, or the value in it that the question calls for."""
    found = []
    wanted = shapes.called_for(ask.question)
    texts = [p.evidence.page.text for p in pages]
    for page, best in zip(
        pages,
        passages.passages(texts, ask.terms, ask.expects, content_words(" ".join(asked(ask.question).names))),
        strict=True,
    ):
        if best and best[0].score >= PASSAGE:
            top = best[0]
            text = page.evidence.page.text.text
            part = top.value != (top.start, top.end)
            if part and not close(asking(ask.question), text, top.value):
                continue
            if shapes.fits(text[slice(*top.value)], wanted) == -1:
                continue
            said = page.evidence.page.text.text[top.start : top.end]
            found.append(
                Finding(page.evidence, (top.value,), ((top.start, top.end),), top.score, top.score, said)
            )
    return found


def quoted(page: Candidate, value: Spans, label: tuple[int, int] | None) -> Spans:
    """What to quote: label and value where they stand next to each other, else the value."""
    if label is None or label[1] > value[0][0]:
        return value
    between = page.evidence.page.text.text[label[1] : value[0][0]]
    return value if any(c.isalnum() for c in between) else ((label[0], value[0][1]), *value[1:])
