"""What speaks for the words of a clause, beside the values that it claims: a label, the question, the rest of the page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from triptych import values
from triptych.grounding import claims, concepts, opposites, relations, units
from triptych.grounding.claim import CODE, NAME, NUMBER, QUOTE, Claim, Claimed
from triptych.grounding.claims import claimed
from triptych.grounding.frames import named
from triptych.grounding.sheet import Sheet, Span
from triptych.grounding.words import TELLING, generic
from triptych.words import language, tokens

VERBATIM = 5  # words from which a clause is a sentence of the page, as it stands there
ADDED = 0.5  # share of the words of a part of a clause that must stand on its pages, where it claims nothing but names
SPOKEN = 0.7  # of all words of a clause without values, usual ones too: "was paid late" is made of those
# Words that say that something is said, and label values as well.
_LABELS = frozenset(
    tokens.words("document item items list name report page section figure file value amount")
)
# Light words, which say nothing without the others of their clause.
_ASIDE = frozenset(
    tokens.words(
        "yes no cannot paid bottom top ja nein oui non sí si however currently also only already still yet now then take takes taken took make makes made put got get gets go goes went come"
        " need needs needed require requires required requested necessary possible one ones both thus therefore lie lies located found effect jedoch auch nur weil da"
        " stattgefunden fand statt aussi también"
    )
)
_SUBJECT = re.compile(
    r"\W*(?:the|der|die|das|le|la|el|il|lo)\s+([^\W\d_]+)\s+(?:is|was|are|were|has|have|had|should|can|may|must|will|ist|war|hat|est|es|è)\b",
    re.IGNORECASE,
)
# What parts a clause; a sentence may also begin with nothing before it but its capital.
_ADDED = re.compile(
    r"[;()—–]|,(?!\d)|\s-\s|(?i:\b(?:and|but|while|because|since|so|which|who|und|aber|weil|denn|et|mais|y|pero|porque)\b)"
    r"|\s(?=(?:The|All|This|These|Die|Das|Alle|La|El|Los|Las|Le|Les)\s[^\W\d_]+)"
)
# A statement that follows a value with nothing between: "weighs 412 kg the key is ..."
_ANOTHER = re.compile(
    r".{0,12}?(?:\s+|(?<=[^\W\d_])(?=(?:the|all|this)\s))(?=(?:the|all|this|these|your|our|my|der|die|das|alle|el|la|los|las|le|les)\s(?:[^\W\d_]+\s){1,4}"
    r"(?:is|are|was|were|must|has|have|had|will|ist|sind|war|wurden?|est|sont|es|son|fue|fueron|está)\b)",
    re.IGNORECASE,
)


def covered(words: Sequence[str], on: Sequence[Mapping[str, object]], asked: Iterable[str]) -> float:
    """Share of `words`, by length, that stand on a page or in the question, in some form; 1 where there are none."""
    weight = sum(map(len, words))
    if not weight:
        return 1.0
    known = [*on, dict.fromkeys(asked)]
    return sum(len(w) for w in words if any(concepts.held(page, w) for page in known)) / weight


def spoken_for(text: str, pages: Sequence[Mapping[str, object]]) -> float:
    """Share of all that a text says, by length, that stands on its pages; what was asked is no evidence of it."""
    words = dict.fromkeys(tokens.words(text))
    own = language.stop_words(language.detect(text, [*words], least=1))
    silent = language.stop_words(language.DEFAULT) | own | TELLING | _ASIDE
    # What the document is about needs no name of its own: the dog, the building.
    subject = _SUBJECT.match(text)
    silent |= {*tokens.words(subject[1])} if subject else frozenset()
    said = [w for w in words if w not in silent and not named(w) and len(w) > 1]
    if any(map(relations.kind, said)):
        deeds = {kind for page in pages for w in page if (kind := relations.kind(w))}
        said = [w for w in said if relations.kind(w) not in deeds]
    return covered(said, pages, ())


def added(
    taken: Claimed, pages: Sequence[Mapping[str, object]], asked: frozenset[str], foreign: bool = False
) -> bool:
    """Whether a part of the clause that claims nothing but names is in words of its own: what is true of "A weighs
    5 kg" is not of "and was stolen". In a language that is `foreign` to the pages a name is enough."""
    for start, end in _parts(taken):
        its = [c for c in taken.claims if start <= c.start < end]
        if all(c.kind == NAME for c in its) and not (its and foreign):
            inside = [replace(c, start=c.start - start, end=c.end - start) for c in its]
            said = claims.words(taken.text[start:end], inside)
            if covered([w for w in said if not (_usual(w) or w in _ASIDE)], pages, asked) < ADDED:
                return True
            usual = not its and said and len(taken.text[start:end].split()) > 2 and start and not foreign
            if usual and spoken_for(taken.text[start:end], pages) < ADDED:
                return True  # "... (checks are off)"
    return False


def _parts(taken: Claimed) -> Iterator[Span]:
    """The parts of a clause, as its punctuation and conjunctions have them, and as statements follow its values."""
    text, ends = taken.text, [0]
    for m in _ADDED.finditer(text):
        if not any(c.start < m.end() and m.start() < c.end for c in taken.claims):
            ends += [m.start(), m.end()]
    for claim in taken.claims:
        behind = claim.end + len(units.run(text[claim.end :])) if claim.kind == NUMBER else claim.end
        if claim.kind != NAME and (other := _ANOTHER.match(text, behind)):
            ends.append(other.end())
    yield from pairwise([*sorted(ends), len(text)])


def _usual(word: str) -> bool:
    """Whether a word needs no page: one that any sentence may have, the kind of the document, a weekday, which is compared
    with the calendar."""
    return generic(word) or named(word) or (opposites.stance(word) or ("",))[0] == "weekday"


def vouched(
    taken: Claimed,
    sheet: Sheet,
    context: Sheet,
    found: Sequence[tuple[Claim, list[Span]]],
    question: str,
) -> bool:
    """Whether more than its being printed speaks for a bare code or quotation: a page may print whatever it wants said.

    Its label, which the clause has, too, or that it is several words; nothing of that on a page that speaks to models. Or
    that it stands near words of the question, or is a sentence of the document which the question names.
    """
    asked = claimed(question)
    wanted = [*asked.words, *(values.fold(c.text) for c in asked.claims)]
    bare = [c for c, _ in found if c.kind in (CODE, QUOTE)]
    near = [_lines(sheet.text, span) for c, spans in found if c in bare for span in spans]
    if not sheet.doubted:
        if all(c.kind == QUOTE and _phrase(c.text) for c in bare):
            return True
        if len(found) > 1 and set.intersection(
            *({sheet.text.rfind("\n", 0, a) for a, _ in s} for _, s in found)
        ):
            return True  # on one line
        label = _label(taken)
        if any(word in lines for lines in near for word in label):
            return True
    whole = all(c.kind == QUOTE and len(c.text.split()) >= VERBATIM for c, _ in found)
    if whole and any(concepts.held(page, w) for page in (sheet.words, context.words) for w in wanted):
        return True
    return not wanted or any(concepts.held(lines, word) for lines in near for word in wanted)


def _phrase(quotation: str) -> bool:
    """Whether it is words, not a single one or a code: nobody hides those in a page to have them said."""
    return len(quotation.split()) > 1 or (
        len(tokens.words(quotation)) > 1 and not any(map(str.isdigit, quotation))
    )


def _label(taken: Claimed) -> list[str]:
    """The words of a clause that may label its values, capitals such as GST, too."""
    rest = list(taken.text)
    for claim in taken.claims:
        if claim.kind in (CODE, QUOTE):
            rest[claim.start : claim.end] = " " * (claim.end - claim.start)
    silent = language.stop_words(language.DEFAULT) | (TELLING - _LABELS)
    return [w for w in tokens.words("".join(rest)) if w not in silent]


def _lines(text: str, span: Span) -> dict[str, None]:
    """The words of the line of a span, and of the one before it."""
    first = text.rfind("\n", 0, max(0, text.rfind("\n", 0, span[0]))) + 1
    last = text.find("\n", span[1])
    return dict.fromkeys(tokens.words(text[first : last if last >= 0 else len(text)]))
