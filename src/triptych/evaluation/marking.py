"""Marks answers against a labelled set: is it right, and does the citation bear it.

Pure functions over answers, questions and pages; knows nothing of libraries.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from triptych.evaluation.labelled import Question
from triptych.types import Answer, Box, Citation, Page
from triptych.values import fold, keys, same_value

PageOf = Callable[[Citation], Page]

_WORD = re.compile(r"[^\W\d_]+(?:['’.&-][^\W\d_]+)*")
_SENTENCE = re.compile(r"(?:^|[.!?:]\s)\s*$")  # what stands before the first word of a sentence


@dataclass(frozen=True, slots=True)
class Mark:
    """What one answer earned. `citations`, `borne` and `sound` count citations, those that hold what they
    claim, and those of a document that answers the question; `box` is None where the set marks no place, or
    no answer was given."""

    exact: bool
    numeric: bool
    abstained: bool
    citations: int
    borne: int
    box: bool | None
    entity: bool = False
    sound: int = 0


def mark(
    answer: Answer, question: Question, page_of: PageOf, documents: Iterable[str], as_good: Iterable[str] = ()
) -> Mark:
    """Mark `answer`. `page_of` gives the page of a citation; `documents` are the sha256 of the document
    on which the question's boxes stand, `as_good` those of other documents that answer it as well, such
    as another rendering of an invoice: nobody marked a place on these, so none can be missed there."""
    if answer.abstained:
        return Mark(False, False, True, 0, 0, None)
    pages = [page_of(c) for c in answer.citations]
    borne = sum(bears(answer.value, c, p) for c, p in zip(answer.citations, pages, strict=True))
    place = None
    sheets = set(documents)
    elsewhere = {c.asset for c in answer.citations} <= set(as_good) - sheets
    if question.boxes and not elsewhere:
        place = any(
            c.asset in sheets and c.page == question.page and touches(c, question.boxes, p)
            for c, p in zip(answer.citations, pages, strict=True)
        )
    exact = is_exact(answer.value, question.answers)
    numeric = exact or any(same_value(answer.value, a) for a in question.answers)
    entity = numeric or any(names_all(f"{answer.text} {answer.value}", a) for a in question.answers)
    sound = sum(c.asset in sheets | set(as_good) for c in answer.citations)
    return Mark(exact, numeric, False, len(answer.citations), borne, place, entity, sound)


def is_exact(value: str, answers: Iterable[str]) -> bool:
    """Equal to one of `answers` after folding case, space and punctuation."""
    folded = fold(value)
    return bool(folded) and any(folded == fold(a) for a in answers)


def names_all(said: str, wanted: str) -> bool:
    """Whether all that `wanted` names stands in `said`: numbers, dates and codes by value, names by their
    words. Where `wanted` names nothing, its words as they are. A long answer may say more around them."""
    entities = _entities(wanted)
    if not entities:
        return bool(fold(wanted)) and fold(wanted) in fold(said)
    there = {key for _, _, key in keys(said)} | {fold(m[0]) for m in _WORD.finditer(said)}
    return all(readings & there for readings in entities)


def _entities(text: str) -> list[set[str]]:
    """The numbers, dates, codes and names of a text, each as the keys under which it can be read."""
    found: list[set[str]] = []
    taken: list[tuple[int, int]] = []
    spans = sorted({(start, end) for start, end, _ in keys(text)}, key=lambda s: (s[0] - s[1], s))
    for start, end in spans:  # the longest first: a date is no three numbers
        if not any(a < end and start < b for a, b in taken):
            taken.append((start, end))
            found.append({key for a, b, key in keys(text) if (a, b) == (start, end)})
    return [*found, *({fold(name)} for name in _names(text, taken))]


def _names(text: str, taken: Iterable[tuple[int, int]]) -> list[str]:
    """Words with a capital, outside what is `taken`. The first word of a sentence of several words counts
    only beside another one: there is no model of language behind this."""
    words = [m for m in _WORD.finditer(text) if not any(a < m.end() and m.start() < b for a, b in taken)]
    capital = [m[0] != m[0].lower() for m in words]
    found = []
    for i, m in enumerate(words):
        alone = i + 1 == len(words) or not capital[i + 1]
        opens = _SENTENCE.search(text[: m.start()]) is not None and len(words) > 2
        if capital[i] and not (opens and alone):
            found.append(m[0])
    return found


def bears(value: str, citation: Citation, page: Page) -> bool:
    """Whether the quote holds the value, and the cited boxes hold the quoted words.

    On pages without boxes, such as those of text files, the quote must stand in the page's text.
    """
    quote = fold(citation.quote)
    if not quote or fold(value) not in quote:
        return False
    if not len(page.text.boxes):
        return quote in fold(page.text.text)
    return quote in fold(" ".join(_words_inside(page, citation.boxes)))


def _words_inside(page: Page, boxes: Iterable[Box]) -> list[str]:
    """Words of which at least half lies in one of `boxes`, in the order of the page."""
    text = page.text
    cited = list(boxes)
    found = []
    for (start, end), corners in zip(text.spans.tolist(), text.boxes.tolist(), strict=True):
        word = Box(*corners)
        if any(word.overlap(box) >= 0.5 * word.area for box in cited):
            found.append(text.text[start:end])
    return found


def touches(citation: Citation, labelled: Iterable[Box], page: Page) -> bool:
    """Whether a cited box overlaps a labelled one, which is in pixels or points of `page`."""
    scale = (page.width, page.height, page.width, page.height)
    places = [Box(*(v / s for v, s in zip(box, scale, strict=True))) for box in labelled]
    return any(box.overlap(place) > 0 for box in citation.boxes for place in places)


def summary(marks: list[Mark]) -> dict[str, float | int]:
    """Shares over all marks, as the `answers` of an evaluation. Where nothing counts, a share is 0.

    `exact`, `numeric`, `entity` and `abstained` are shares of all questions. Citation precision and recall
    are those of Gao et al., Enabling Large Language Models to Generate Text with Citations, EMNLP 2023, with
    words that stand on the page in place of a model's judgement: the share of citations that hold what they
    claim, and of given answers that some citation holds. `citation_sound` is the share of citations that are
    of a document that answers the question, `box_hit` of the given answers to questions whose place the set
    marks, `right_of_given` the numeric ones among the given answers.
    """
    given = [m for m in marks if not m.abstained]
    places = [m.box for m in marks if m.box is not None]
    return {
        "asked": len(marks),
        "exact": _share(sum(m.exact for m in marks), len(marks)),
        "numeric": _share(sum(m.numeric for m in marks), len(marks)),
        "abstained": _share(sum(m.abstained for m in marks), len(marks)),
        "citation_precision": _share(sum(m.borne for m in marks), sum(m.citations for m in marks)),
        "box_hit": _share(sum(places), len(places)),
        "entity": _share(sum(m.entity for m in marks), len(marks)),
        "right_of_given": _share(sum(m.numeric for m in given), len(given)),
        "citation_recall": _share(sum(m.borne > 0 for m in given), len(given)),
        "citation_sound": _share(sum(m.sound for m in marks), sum(m.citations for m in marks)),
    }


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
