"""Evidence into an answer: the extractive answerer, which quotes the pages and nothing else.

It takes the question apart, looks for the page that fits what the question mentions, finds the value
there (a total, a field, a cell, a sentence), and cites the words around it. What no page supports is not
answered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from time import perf_counter

from triptych.answering import comparing, kinds, roles, shapes, telling, wanting
from triptych.answering.asked import Asked, asked
from triptych.answering.fillers import FAIR, GOOD
from triptych.answering.findings import (
    Candidate,
    Evidence,
    Finding,
    find_cells,
    find_facts,
    find_fields,
    find_named,
    find_passages,
    find_roles,
    find_totals,
    words,
)
from triptych.answering.question import AMOUNT, COUNT, TEXT, Ask, Cut, of_kind, parse
from triptych.answering.quotes import cite
from triptych.answering.roles import Meaning
from triptych.answering.support import Support, bears, bears_values, lacking, mostly, support
from triptych.answering.vocabulary import asks_total
from triptych.catalog import Catalog
from triptych.errors import UserError
from triptych.grounding.plain import visible
from triptych.pages.hidden import without
from triptych.types import Answer, Citation, Hit, Page
from triptych.values import fold, is_year, numbers

__all__ = ["Evidence", "answer", "around", "gathered", "seen"]

NAMED = 0.45  # of the asked names, at least this share must stand on the page
FOUND = 0.8  # of the best file's score, at least, another file needs to answer
FILES = 3  # files whose further pages are looked at
RANK = 0.06  # what one place in the ranking is worth, beside a support of 0 to 1 and a score of 0 to 2
CLEAR_FIELD = 1.75  # a label with a colon and a value of its kind beside it
FAIR_FIELD = 1.6
UNSURE = 0.6  # words read with less confidence are told
AROUND = 5  # pages before and after a hit that an answer may be looked for on
AS_WELL = 0.15  # a finding of another file whose score is this close is told
NEAR = 0.2  # pages whose support is this close to the best are looked at

More = Callable[[Hit], Sequence[Page]]


def no_more(hit: Hit) -> Sequence[Page]:
    """No further pages."""
    return ()


def gathered(catalog: Catalog, hits: Iterable[Hit]) -> list[Evidence]:
    """The pages of hits, numbered from 1; those that were removed meanwhile are left out."""
    known = list(hits)
    pages = catalog.pages_at([(hit.asset, hit.collection, hit.page) for hit in known])
    there = [(hit, page) for hit, page in zip(known, pages, strict=True) if page is not None]
    return [Evidence(n, hit, page) for n, (hit, page) in enumerate(there, 1)]


def seen(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The same, without words that nobody sees on the pages."""
    return [replace(e, page=without(e.page)) for e in evidence]


def around(catalog: Catalog, hit: Hit) -> list[Page]:
    """The other pages of a hit's file, those of long files near it only: a total may stand there."""
    try:
        asset = catalog.asset(hit.asset, hit.collection)
        near = range(max(1, hit.page - AROUND), min(asset.pages, hit.page + AROUND) + 1)
        return [without(catalog.page(asset.key, number)) for number in near if number != hit.page]
    except UserError:  # removed meanwhile
        return []


def named_by(question: str, evidence: Sequence[Evidence]) -> list[Evidence]:
    """The pages that hold every name, date and code of a question that has any: what nothing else speaks for."""
    wanted, ask = asked(question), parse(question)
    if not (wanted.names or ask.codes):
        return []
    return [c.evidence for c in _named(wanted, ask, [Candidate(e) for e in evidence])]


def answer(
    question: str, evidence: Sequence[Evidence], more: More = no_more, meaning: Meaning | None = None
) -> Answer:
    """Answer from `evidence`, or abstain and say what is lacking.

    `more(hit)` gives further pages of the file that the hit is from (an invoice's total often stands on
    another page than its number and its seller); it is asked for the best fitting files only. `meaning` encodes
    texts: with it a label is found that means what the question says in other words.
    """
    start = perf_counter()
    ask = parse(question)
    pages = [Candidate(e) for e in _found(evidence)]
    pages += _beyond(ask, pages, more)
    found, lacking = _find(ask, pages, meaning)
    given = _say(question, found) if found else Answer(question, lacking, abstained=True)
    hits = tuple(e.hit for e in evidence)
    return replace(given, evidence=hits, seconds={"answer": perf_counter() - start})


def _found(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The evidence without files that were found far less than the best one: what such a file says answers another
    question."""
    best: dict[str, float] = {}
    for e in evidence:
        best[e.hit.asset] = max(e.hit.score, best.get(e.hit.asset, 0.0))
    least = FOUND * max(best.values(), default=0.0)
    return [e for e in evidence if best[e.hit.asset] >= least]


def _say(question: str, found: Sequence[Finding]) -> Answer:
    best = _checked(found[0])
    citation = _cite(best)
    value = words(best)
    said = f"{visible(value)} [1]"
    return Answer(question, said, value, citations=(citation,), warnings=tuple(_doubts(best, found)))


def _cite(finding: Finding) -> Citation:
    return cite(1, finding.evidence.hit, finding.evidence.page, finding.quote, finding.value)


def _checked(finding: Finding) -> Finding:
    """The finding, without the last lines of its value while the quote cannot be read off its boxes
    (lines that OCR read out of order, or twice)."""
    while len(finding.value) > 1 and not _cite(finding).verified:
        finding = replace(finding, value=finding.value[:-1], quote=finding.quote[:-1])
    return finding


def _doubts(best: Finding, found: Sequence[Finding]) -> Iterator[str]:
    """What a careful reader would add: poorly read words, another file that answers as well."""
    text = best.evidence.page.text
    read = [float(text.confidence[word]) for span in best.value for word in text.words_in(*span)]
    if read and min(read) < UNSURE:
        yield f"The answer was read with a confidence of {min(read):.2f} only."
    value = fold(words(best))
    for other in found[1:]:
        hit = other.evidence.hit
        if other.score < best.score - AS_WELL:
            break
        if hit.asset != best.evidence.hit.asset and fold(words(other)) != value:
            yield f"{hit.source}, page {other.evidence.page.number}, answers as well: {visible(words(other))[:80]}"
            break


def _find(ask: Ask, pages: Sequence[Candidate], meaning: Meaning | None) -> tuple[list[Finding], str]:
    """Findings, best first; when there are none, a sentence that says why."""
    if not pages:
        return [], "Nothing in the library bears on this question."
    wanted = asked(ask.question)
    named = pages if ask.quoted else _nearest(wanted, _named(wanted, ask, pages))
    cuts = _cuts(ask)
    every = {cut: _supports(ask, cut, pages) for cut in cuts}
    total, implied = _wants_total(ask, cuts[0]), bool(_SPENDS.search(ask.question))
    fitting = _fitting(ask, pages)
    if not ask.quoted and ((told := telling.compared(ask, fitting)) or comparing.of_two(ask.question)):
        return told, "" if told else _why([s for of in every.values() for s in of])
    if not wanted.closed and (kind := of_kind(ask)):
        weighed = partial(telling.weighed, ask, fitting, meaning)
        finders = [partial(_of_kind, kind, named), partial(_facts, ask, pages, meaning), weighed]
        if kind.item:  # its price is a cell of a row
            finders.reverse()
        found = next((f for find in finders if (f := find())), []) or _unkind(kind, ask, named, meaning)
        if kind.kind and kind.kind.shape in kinds.SHAPES:
            found = [f for f in found if any(kinds.shaped(kind.kind.shape, words(f)))]
    elif total:
        found = telling.weighed(ask, fitting, meaning) if implied else []
        if not found and not (implied and telling.told_apart(ask, pages)):
            found = _labelled(cuts, _among(every, pages, named), named, find_totals)
    else:
        fields = _labelled(cuts, _among(every, pages, named), named, partial(find_fields, ask))
        if ask.quoted:  # a title leads to fields first
            found = fields or _facts(ask, pages, meaning) or _roles(ask, pages, meaning, FAIR)
        else:
            found = telling.weighed(ask, fitting, meaning) or _facts(ask, pages, meaning)
            found = found or _unlabelled(ask, fields, pages, meaning)
    own = {fold(code.text) for code in ask.codes}  # what the question says it does not ask for
    found = [f for f in found if fold(words(f)) not in own and not _cannot_be(ask, words(f))]
    found.sort(key=lambda f: -f.score)
    return (found, "") if found else ([], _why([s for of in every.values() for s in of]))


def _cannot_be(ask: Ask, value: str) -> bool:
    """Whether a value is of another kind than what is asked for."""
    return shapes.contradicts(value, ask.question) or _only_when(ask, value)


def _only_when(ask: Ask, value: str) -> bool:
    """Whether a value is a day or a time, where the question is which of some other things."""
    if not _WHICH.match(ask.question) or shapes.called_for(ask.question) != shapes.TEXT:
        return False
    return any(n.currency for n in numbers(value)) or any(
        span == (0, len(value)) for kind in (shapes.DAY, shapes.TIME) for span in shapes.every(kind, value)
    )


def _among(
    supports: dict[Cut, list[Support]], pages: Sequence[Candidate], some: Sequence[Candidate]
) -> dict[Cut, list[Support]]:
    """The supports of some of the pages."""
    kept = {id(p) for p in some}
    return {cut: [s for s, p in zip(of, pages, strict=True) if id(p) in kept] for cut, of in supports.items()}


def _of_kind(ask: Ask, pages: Sequence[Candidate]) -> list[Finding]:
    """Values of the kind that is asked for; without a balance, what is to be paid is the total."""
    kind = ask.kind
    pages = [p for p in _fitting(ask, pages) if not (kind and telling.of_party(ask, kind, p.layout))]
    supports = {cut: _supports(ask, cut, pages) for cut in ask.cuts}
    found = _labelled(ask.cuts, supports, pages, partial(find_named, ask))
    if not found and ask.kind and (ask.kind.name == "balance" or _NET.search(ask.question)):
        due = Cut("amount due", ask.cuts[0].context)
        found = _labelled((due,), {due: supports[ask.cuts[0]]}, pages, find_totals)
    return found


_SPENDS = re.compile(r"\b(?:pay|paid|spend|spent)\b.*\b(?:in|for|on|by|with|via)\b", re.IGNORECASE)
_WHICH = re.compile(r"\W*which (?!day|date|month|year|week|quarter|time|hour|period|season)", re.IGNORECASE)
_NET = re.compile(
    r"\bnett? (?:total|amount due)\b", re.IGNORECASE
)  # what is left to pay, on Malaysian receipts


def _unkind(kind: Ask, ask: Ask, pages: Sequence[Candidate], meaning: Meaning | None) -> list[Finding]:
    """For a kind that no page has a label for: a clear field that is called as in the question, else what fills the
    role, else a sentence that says the word. A receipt without a tip is no reason to quote anything else of it."""
    if kind.kind is None:
        return []
    cuts = [c for c in ask.cuts if kind.kind.asked.search(c.label)]
    supports = {cut: _supports(ask, cut, pages) for cut in cuts}
    found = _clear(_labelled(cuts, supports, pages, partial(find_fields, ask))) or _roles(
        ask, pages, meaning, GOOD
    )
    if found:
        return found
    said = find_passages(kind, _fitting(kind, pages))
    return [f for f in said if kind.kind.asked.search(f.evidence.page.text.text, *f.quote[0])]


def _clear(fields: Sequence[Finding]) -> list[Finding]:
    return [f for f in fields if f.strength >= CLEAR_FIELD]


def _roles(ask: Ask, pages: Sequence[Candidate], meaning: Meaning | None, least: float) -> list[Finding]:
    """What fills the asked role on pages of files that hold every name of the question, those of the best files."""
    wanted = asked(ask.question)
    fitting = _nearest(wanted, _named(wanted, ask, pages))
    files = list(dict.fromkeys(p.asset for p in fitting))[:FILES]
    found = _ranked((p for p in fitting if p.asset in files), partial(find_roles, ask, wanted, meaning))
    return [f for f in found if f.strength >= least]


def _ranked(pages: Iterable[Candidate], find: Callable[[Candidate], list[Finding]]) -> list[Finding]:
    """What is found on the pages; a page that was ranked higher counts more."""
    return [replace(f, score=f.score - RANK * p.evidence.n) for p in pages for f in find(p)]


def _nearest(wanted: Asked, pages: Sequence[Candidate]) -> list[Candidate]:
    """Without pages of files that lack two and more of the words that another file has: lemon, cake."""
    words = [w for w in roles.words(wanted.words) if not roles.known(w)]
    held = {
        asset: sum(any(p.words.holds(w) for p in pages if p.asset == asset) for w in words)
        for asset in {p.asset for p in pages}
    }
    most = max(held.values(), default=0)
    return [p for p in pages if held[p.asset] > most - 2]


def _named(wanted: Asked, ask: Ask, pages: Sequence[Candidate]) -> list[Candidate]:
    """Pages of files that hold all names, dates and codes of the question."""
    words = {p.asset: [q.words for q in pages if q.asset == p.asset] for p in pages}
    held = {
        asset
        for asset, every in words.items()
        if not lacking(wanted.names, every) and bears_values(ask, every)
    }
    return [p for p in pages if p.asset in held]


def _fitting(ask: Ask, pages: Sequence[Candidate]) -> list[Candidate]:
    """Pages of files that hold what the question names, whole names of people and companies among it."""
    words = {p.asset: [q.words for q in pages if q.asset == p.asset] for p in pages}
    names = asked(ask.question).names
    return [p for p in pages if bears(ask, names, words[p.asset]) and mostly(names, words[p.asset])]


def _labelled(
    cuts: Sequence[Cut],
    supports: dict[Cut, list[Support]],
    pages: Sequence[Candidate],
    find: Callable[[Cut, Candidate], list[Finding]],
) -> list[Finding]:
    """Findings for every cut on the pages that hold what the cut's context mentions."""
    found: list[Finding] = []
    rank = {p.asset: p.evidence.n for p in sorted(pages, key=lambda p: -p.evidence.n)}
    for cut in cuts:
        usable = [(s, p) for s, p in zip(supports[cut], pages, strict=True) if s.usable(NAMED)]
        best = max((s.score for s, _ in usable), default=0.0)
        for s, page in usable:
            if s.score >= best - NEAR:
                weight = 6.0 * s.score - RANK * rank[page.asset]
                found += [replace(f, score=f.score + weight) for f in find(cut, page)]
    return found


def _unlabelled(
    ask: Ask, fields: list[Finding], pages: Sequence[Candidate], meaning: Meaning | None
) -> list[Finding]:
    """For a question that names no form: a good match of roles, else a clear field, a cell, any match, any field, a
    sentence."""
    fields = telling.kept(ask, fields, pages, meaning)
    matched = telling.kept(ask, _roles(ask, pages, meaning, FAIR), pages, meaning)
    clear = [f for f in matched if f.strength >= GOOD] or _clear(fields)
    yearly = any(is_year(c.text) for c in ask.codes)  # one column of several, perhaps
    if clear and not yearly:
        return clear
    pages = _fitting(ask, pages)
    return (
        telling.kept(ask, _ranked(pages, partial(find_cells, ask)), pages, meaning)
        or clear
        or matched
        or [f for f in fields if f.strength >= FAIR_FIELD]
        or telling.kept(ask, find_passages(ask, pages) if wanting.asks(ask.question) else [], pages, meaning)
    )


def _facts(ask: Ask, pages: Sequence[Candidate], meaning: Meaning | None) -> list[Finding]:
    """Values whose label, or row and column, the question names."""
    found = sorted(_ranked(_fitting(ask, pages), partial(find_facts, ask)), key=lambda f: -f.score)
    return found if ask.quoted else telling.kept(ask, found, pages, meaning)


def _beyond(ask: Ask, pages: Sequence[Candidate], more: More) -> list[Candidate]:
    """Other pages of the files that fit best what the question mentions."""
    if not pages:
        return []
    scores = _supports(ask, _cuts(ask)[0], pages)
    best = max(s.score for s in scores)
    fitting = {p.asset: p.evidence for s, p in zip(scores, pages, strict=True) if s.score >= best - NEAR / 2}
    seen = {(p.asset, p.evidence.page.number) for p in pages}
    return [
        Candidate(replace(e, page=page))
        for e in list(fitting.values())[:FILES]
        for page in more(e.hit)
        if (e.hit.asset, page.number) not in seen
    ]


def _cuts(ask: Ask) -> tuple[Cut, ...]:
    """The cut that asks for a total and leaves most to the context, if there is one, else all of them."""
    total = [c for c in ask.cuts if _wants_total(ask, c)]
    return (total[-1],) if total else ask.cuts


def _wants_total(ask: Ask, cut: Cut) -> bool:
    return ask.expects in (TEXT, AMOUNT, COUNT) and asks_total(cut.label)


def _supports(ask: Ask, cut: Cut, pages: Sequence[Candidate]) -> list[Support]:
    """Support of each page; pages of one file share what the file as a whole says."""
    best: dict[str, Support] = {}
    for page in pages:
        own = support(ask, cut.context, page.words)
        if page.asset not in best or own.score > best[page.asset].score:
            best[page.asset] = own
    return [best[p.asset] for p in pages]


def _why(supports: Sequence[Support]) -> str:
    missing = max(supports, key=lambda s: s.score).missing
    if missing:
        return f"The nearest page that was found does not hold {' and '.join(map(repr, missing[:2]))}."
    return "The pages that were found do not answer this."
