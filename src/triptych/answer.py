"""Evidence into an answer: the extractive answerer, which quotes the pages and nothing else.

It takes the question apart, looks for the page that fits what the question mentions, finds the value
there (a total, a field), and cites the words around it. What no page supports is not answered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

from triptych.fields import fields
from triptych.layout import Layout
from triptych.question import Ask, Cut, parse
from triptych.quotes import cite, tidy
from triptych.support import PageWords, Support, support
from triptych.totals import totals
from triptych.types import Answer, Hit, Page
from triptych.vocabulary import asks_due, asks_total

Spans = tuple[tuple[int, int], ...]

_SUPPORTED = 0.5  # of the asked names, at least this share must stand on the page
_FIELD = 1.25  # a label half as good as a clean one, with a value that fits
_TOTAL = 1.5
_FILES = 3  # files whose further pages are looked at
_CLEAR = 2.0  # beyond this a field is as good as any: the page that was ranked higher wins


@dataclass(frozen=True)
class Evidence:
    """A retrieved page, numbered as in citations. Order is the fused rank."""

    n: int
    hit: Hit
    page: Page


@dataclass(frozen=True)
class Finding:
    """A value on a page as spans of its text, the spans to quote, and how much speaks for it."""

    evidence: Evidence
    value: Spans
    quote: Spans
    score: float


@dataclass(frozen=True)
class _Candidate:
    evidence: Evidence
    words: PageWords
    layout: Layout


def _no_more(hit: Hit) -> Sequence[Page]:
    return ()


def answer(
    question: str, evidence: Sequence[Evidence], more: Callable[[Hit], Sequence[Page]] = _no_more
) -> Answer:
    """Answer from `evidence`, or abstain and say what is lacking.

    `more(hit)` gives further pages of the file that the hit is from (an invoice's total often stands on
    another page than its number and its seller); it is asked for the best fitting files only.
    """
    start = perf_counter()
    ask = parse(question)
    pages = [_candidate(e) for e in evidence]
    pages += _beyond(ask, pages, more)
    findings, lacking = _find(ask, pages)
    hits = tuple(e.hit for e in evidence)
    seconds = {"answer": perf_counter() - start}
    if not findings:
        return Answer(question, lacking, abstained=True, evidence=hits, seconds=seconds)
    best = findings[0]
    citation = cite(1, best.evidence.hit, best.evidence.page, best.quote, best.value)
    value = " ".join(tidy(best.evidence.page.text.text, *span) for span in best.value)
    return Answer(question, f"{value} [1]", value, citations=(citation,), evidence=hits, seconds=seconds)


def _candidate(evidence: Evidence) -> _Candidate:
    return _Candidate(evidence, PageWords(evidence.page, evidence.hit.title), Layout(evidence.page))


def _beyond(ask: Ask, pages: list[_Candidate], more: Callable[[Hit], Sequence[Page]]) -> list[_Candidate]:
    """Other pages of the files that fit best what the question mentions."""
    if not pages:
        return []
    scores = _supports(ask, _cuts(ask)[0], pages)
    best = max(s.score for s in scores)
    fitting = {
        p.evidence.hit.asset: p.evidence for s, p in zip(scores, pages, strict=True) if s.score >= best - 0.1
    }
    seen = {(p.evidence.hit.asset, p.evidence.page.number) for p in pages}
    return [
        _candidate(Evidence(e.n, e.hit, page))
        for e in list(fitting.values())[:_FILES]
        for page in more(e.hit)
        if (e.hit.asset, page.number) not in seen
    ]


def _cuts(ask: Ask) -> tuple[Cut, ...]:
    """The cut that asks for a total and leaves most to the context, if there is one, else all of them."""
    total = [c for c in ask.cuts if asks_total(c.label)]
    return (total[-1],) if total else ask.cuts


def _find(ask: Ask, pages: list[_Candidate]) -> tuple[list[Finding], str]:
    """Findings, best first; when there are none, a sentence that says why."""
    if not pages:
        return [], "Nothing in the library bears on this question."
    cuts = _cuts(ask)
    total = asks_total(cuts[0].label)
    found: list[Finding] = []
    lacking: list[tuple[float, Support]] = []
    for cut in cuts:
        supports = _supports(ask, cut, pages)
        lacking += [(s.score, s) for s in supports]
        usable = [
            (s, p)
            for s, p in zip(supports, pages, strict=True)
            if s.names >= _SUPPORTED and (s.values > 0 or not s.missing)
        ]
        if not usable:
            continue
        best = max(s.score for s, _ in usable)
        rank = _ranks(pages)
        for s, page in usable:
            if s.score >= best - 0.2:
                weight = (4.0 if total else 2.0) * s.score - 0.06 * rank[page.evidence.hit.asset]
                found += _totals(cut, page, weight) if total else _fields(ask, cut, page, weight)
    found.sort(key=lambda f: -f.score)
    if found:
        return found, ""
    return [], _why(lacking)


def _why(lacking: list[tuple[float, Support]]) -> str:
    missing = max(lacking, key=lambda pair: pair[0])[1].missing
    if missing:
        return f"No page that was found holds {' and '.join(repr(m) for m in missing[:2])}."
    return "The pages that were found do not answer this."


def _supports(ask: Ask, cut: Cut, pages: list[_Candidate]) -> list[Support]:
    """Support of each page; pages of one file share what the file as a whole says."""
    own = [support(ask, cut.context, p.words) for p in pages]
    best: dict[str, Support] = {}
    for s, p in zip(own, pages, strict=True):
        asset = p.evidence.hit.asset
        if asset not in best or s.score > best[asset].score:
            best[asset] = s
    return [best[p.evidence.hit.asset] for p in pages]


def _ranks(pages: list[_Candidate]) -> dict[str, int]:
    """The best rank of each file."""
    return {p.evidence.hit.asset: p.evidence.n for p in sorted(pages, key=lambda p: -p.evidence.n)}


def _weigh(score: float) -> float:
    """Beyond a clear finding, score decides only between pages that are otherwise equal."""
    return min(score, _CLEAR) + 0.05 * score


def _totals(cut: Cut, page: _Candidate, weight: float) -> list[Finding]:
    found = []
    for total in totals(page.layout, due=asks_due(cut.label))[:3]:
        if total.score < _TOTAL:
            break
        label = (total.label.start, total.label.end) if total.label else None
        value = ((total.start, total.end),)
        found.append(Finding(page.evidence, value, _quote(page, value, label), weight + _weigh(total.score)))
    return found


def _fields(ask: Ask, cut: Cut, page: _Candidate, weight: float) -> list[Finding]:
    found = []
    for field in fields(page.layout, cut.label, ask.expects)[:3]:
        if field.score < _FIELD:
            break
        quote = _quote(page, field.spans, (field.label.start, field.label.end))
        found.append(Finding(page.evidence, field.spans, quote, weight + _weigh(field.score)))
    return found


def _quote(page: _Candidate, value: Spans, label: tuple[int, int] | None) -> Spans:
    """What to quote: label and value where they stand next to each other, else the value."""
    if label is None or label[1] > value[0][0]:
        return value
    between = page.evidence.page.text.text[label[1] : value[0][0]]
    return value if any(c.isalnum() for c in between) else ((label[0], value[0][1]), *value[1:])
