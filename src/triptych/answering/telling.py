"""What the pages state, and whether it may be told: one statement that is sure, without another as likely."""

from __future__ import annotations

from collections.abc import Sequence

from triptych.answering import comparing, filing, roles, shapes, wanting, weighing
from triptych.answering.asked import asked
from triptych.answering.cells import asks_label
from triptych.answering.fact import SENTENCE
from triptych.answering.findings import Candidate, Finding, quoted, words
from triptych.answering.kinds import Kind
from triptych.answering.layout import Layout
from triptych.answering.question import Ask
from triptych.answering.roles import Meaning
from triptych.values import fold, numbers

_PARTIES = ("customer", "supplier", "seller")
_FIGURE = 24  # characters of a value that is a number


def weighed(ask: Ask, pages: Sequence[Candidate], meaning: Meaning | None) -> list[Finding]:
    """What the pages of the file that was found first state; [] where nothing is sure, or two statements with other
    values are as likely."""
    own = [p for p in _first(pages) if not filing.is_chart(p.layout)]
    stated = [(p.layout, p.facts) for p in own]
    found = weighing.weigh(ask.question, stated, [p.words for p in own], meaning)
    if not found or found[0][1].sure < weighing.SURE:
        return []
    best = found[0][1]
    finding = _finding(best, own[found[0][0]])
    value = _figure(words(finding))
    rivals = (_figure(words(_finding(s, own[i]))) for i, s in found[1:] if weighing.as_likely(s, best))
    alone = all(value in other or other in value for other in rivals)
    return [finding] if alone and _new(ask, words(finding)) else []


def told_apart(ask: Ask, pages: Sequence[Candidate]) -> bool:
    """Whether a question for what was spent says on what, and the pages speak of that: no total is wanted."""
    return wanting.focused(ask.question) and any(filing.speaks(ask.question, p.words) for p in pages)


def of_party(ask: Ask, kind: Kind, layout: Layout) -> bool:
    """Whether a question says of which party a number is, and the page has a block for that party, so that not every
    number of that kind will do."""
    said = [w for w in wanting.asking(ask.question).focus if not kind.asked.search(w)]
    party = [w for w in said if any(roles.near(w, p) >= roles.RING for p in _PARTIES)]
    heads = [w for s in layout.segments if len(own := roles.words(s.text)) == 1 for w in own]
    return any(roles.near(w, h) >= roles.RING for w in party for h in heads)


def compared(ask: Ask, pages: Sequence[Candidate]) -> list[Finding]:
    """Which of several is the most, or the more of two; [] where pages differ."""
    if not comparing.compares(ask.question):
        return []
    own = [p for p in _first(pages) if asks_label(ask.question) or filing.speaks(ask.question, p.words)]
    found = [(p, c) for p in own if (c := comparing.compared(ask.question, p.layout))]
    said = {tuple(p.evidence.page.text.text[a:b] for a, b in c.answer) for p, c in found}
    if len(said) != 1:
        return []
    page, told = found[0]
    quote = tuple(sorted({*told.answer, *told.values}))
    return [Finding(page.evidence, told.answer, quote, 1.0, 1.0, told.label)]


def kept(
    ask: Ask, found: Sequence[Finding], pages: Sequence[Candidate], meaning: Meaning | None
) -> list[Finding]:
    """Without findings that say nothing of what is wanted: "Who approved it?" is no question for what stands under
    *Requisition*."""
    by_page = {id(p.evidence.page): p for p in pages}
    return [f for f in found if _says(ask, f, by_page[id(f.evidence.page)], meaning)]


def _says(ask: Ask, finding: Finding, page: Candidate, meaning: Meaning | None) -> bool:
    """Whether what names a value says what is wanted; on a chart, and where no label is known, whether the page does."""
    value = words(finding)
    if not _new(ask, value) or filing.offered(page.layout, finding.value, finding.at):
        return False
    paid = shapes.called_for(ask.question) == shapes.MONEY and filing.in_cents(page.words.raw)
    if paid and not any(n.money for n in numbers(value)):
        return False
    label = asks_label(ask.question)
    if filing.is_chart(page.layout):
        # What is drawn is said by a title that may be cut off.
        thing = wanting.asks(ask.question) and shapes.called_for(ask.question) in (shapes.TEXT, shapes.NAME)
        return label or thing or any(map(str.isdigit, value))
    if filing.is_data(page.layout):
        return True
    if finding.label:
        return weighing.names(ask.question, finding.label, page.layout, page.words, meaning)
    return label or filing.speaks(ask.question, page.words)


def _new(ask: Ask, value: str) -> bool:
    """Whether a value says more than the question, as long and as plainly as that asks."""
    said = set(map(fold, value.split())) <= asked(ask.question).said
    short = len(value.split()) <= wanting.most_words(ask.question)
    kind = shapes.called_for(ask.question)
    fits = kind != shapes.MONEY or shapes.fits(value, kind) > -1
    return not said and short and fits and wanting.polar(ask.question, value)


def _first(pages: Sequence[Candidate]) -> list[Candidate]:
    """The pages of the file that was found first."""
    best = min(pages, key=lambda p: p.evidence.n, default=None)
    return [p for p in pages if best and p.asset == best.asset]


def _finding(said: weighing.Said, page: Candidate) -> Finding:
    fact = said.fact
    quote = (fact.label,) if fact.how == SENTENCE and fact.label else quoted(page, fact.value, fact.label)
    return Finding(page.evidence, fact.value, quote, said.sure, said.sure, " ".join((fact.name, *fact.keys)))


def _figure(value: str) -> str:
    """A value as it is compared: its only number, else its letters."""
    found = numbers(value)
    return str(found[0].readings[0].normalize()) if len(found) == 1 and len(value) < _FIGURE else fold(value)
