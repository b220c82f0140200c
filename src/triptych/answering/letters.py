"""Who wrote a letter, to whom and about what: places of a letter as facts, though no label names them.

The name under the closing signed it, the name over the salutation is addressed, a line of its own beside the
salutation says what it is about. Addresses stand on lines with a number and no other value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from triptych.answering import shapes
from triptych.answering.fact import PRINTED, Fact
from triptych.answering.layout import Layout, Segment
from triptych.values import dates, fold, numbers

_CLOSING = re.compile(
    r"^(?:(?:yours|very) (?:sincerely|faithfully|truly)|(?:with )?(?:kind|best|warm|many)\w* (?:regards|wishes|greetings)|regards|sincerely"
    r"|(?:mit )?(?:freundlichen?|besten|herzlichen) gr[üu](?:ß|ss)en?|hochachtungsvoll|(?:bien )?cordialement|(?:avec )?(?:mes|nos) (?:\w+ )?salutations"
    r"|veuillez agr[ée]er.*|(?:muy )?atentamente|(?:un cordial )?saludos?)\b.{0,12}$",
    re.IGNORECASE,
)
_SALUTATION = re.compile(
    r"^(?:dear|hello|hi|sehr geehrter?|liebe[rs]?|ch[eè]re?|madame|monsieur|estimad[oa]s?|querid[oa])\b(.*)$",
    re.IGNORECASE,
)
_SIGNED = "signed by, written by, author, sender"
_TO = "addressed to, recipient, written to"
_ABOUT = "subject, about"
_DATED = "date, written on, sent on, dated"
_PLACE = "address, location, where"


def parts(layout: Layout) -> Iterator[Fact]:
    """The parts of a letter that a page has, and the address of who made the page out."""
    lines = layout.segments
    yield from _address(layout)
    yield from _titled(lines)
    greeting = next((i for i, s in enumerate(lines) if _SALUTATION.match(s.text) and len(s.text) < 50), None)
    for i, line in enumerate(lines):
        if _CLOSING.match(line.text.strip()):
            yield from _signature(layout, lines[i + 1 : i + 5])
    dated = next(
        (s for s in lines if (d := dates(s.text)) and len(d[0].text) > 0.6 * len(s.text.strip())), None
    )
    if greeting is not None and dated is not None:
        yield Fact(_span(dated), _DATED, (), None, 1.0, PRINTED)
    if greeting is not None:
        yield from _greeted(lines, greeting)


_JOB = re.compile(
    r"\b(?:officer|manager|director|president|secretary|treasurer|chief|chair\w*|partner|engineer|assistant|clerk|inspector|editor|professor|attorney"
    r"|leiter\w*|geschäftsführer\w*|vorstand\w*|directeur|directrice|gérant\w*|director[a]?|gerente|presidente)\b",
    re.IGNORECASE,
)


def _titled(lines: Sequence[Segment]) -> Iterator[Fact]:
    """Names over what they are."""
    for name, job in pairwise(lines):
        if (
            _full_name(name.text)
            and 1 < len(job.text.split()) < 7
            and _JOB.search(job.text)
            and ":" not in job.text
        ):
            yield Fact(_span(name), job.text, (), (job.start, job.end), 1.0, PRINTED)


def _span(segment: Segment) -> tuple[tuple[int, int], ...]:
    return ((segment.start, segment.end),)


def _signature(layout: Layout, under: Sequence[Segment]) -> Iterator[Fact]:
    """The first full name under a closing, and the line under it as its position."""
    for name, after in pairwise((*under, None)):
        if name is None or not _full_name(name.text):
            continue
        yield Fact(_span(name), _SIGNED, (), None, 1.0, PRINTED)
        if (
            after is not None
            and 2 < len(after.text) < 60
            and not any(map(str.isdigit, after.text))
            and ":" not in after.text
        ):
            yield Fact(_span(after), f"position, job title, role of {name.text}", (), None, 1.0, PRINTED)
            yield Fact(_span(name), after.text, (), (after.start, after.end), 1.0, PRINTED)
        return


def _full_name(text: str) -> bool:
    return len(text.split()) > 1 and shapes.fits(text, shapes.NAME) > 0 and not any(map(str.isdigit, text))


def _greeted(lines: Sequence[Segment], at: int) -> Iterator[Fact]:
    """Who is addressed, and what about."""
    greeted = [fold(w) for w in re.findall(r"[^\W\d_]{3,}", _SALUTATION.match(lines[at].text)[1])]  # type: ignore[index]
    above = lines[max(0, at - 12) : at]
    named = [s for s in above if _full_name(s.text) and greeted and fold(s.text.split()[-1]) == greeted[-1]]
    if named:
        yield Fact(_span(named[-1]), _TO, (), None, 1.0, PRINTED)
    for line in (*lines[max(0, at - 1) : at], *lines[at + 1 : at + 2]):
        text = line.text.strip()
        if (
            1 < len(text.split()) < 11
            and ":" not in text
            and not text.endswith((".", ","))
            and not shapes.placed(text)
            and not dates(text)
        ):
            yield Fact(_span(line), _ABOUT, (), None, 0.9, PRINTED)


def _address(layout: Layout) -> Iterator[Fact]:
    """The first address on the upper half of a page: whose page it is, that is where it is."""
    lines = layout.segments
    for i, line in enumerate(lines[: max(4, len(lines) // 3)]):
        text = line.text
        if (
            shapes.placed(text)
            and not dates(text)
            and ":" not in text
            and not any(n.money for n in numbers(text))
        ):
            spans = [(line.start, line.end)]
            after = lines[i + 1] if i + 1 < len(lines) else None
            if (
                after is not None
                and shapes.placed(after.text)
                and ":" not in after.text
                and abs(after.x0 - line.x0) < 20 * line.height
                and not dates(after.text)
            ):
                spans = (
                    [(line.start, after.end)]
                    if not layout.text.text[line.end : after.start].strip()
                    else [*spans, (after.start, after.end)]
                )
            yield Fact(tuple(spans), _PLACE, (), None, 1.0, PRINTED)
            return
