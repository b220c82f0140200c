"""Whether a page says the opposite of a clause whose values all stand there: that it did not happen, or that it fell
where the clause says that it rose.

Only what is written counts, and only a clear contradiction: where a page says both, or the words are others, nothing is
told from it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from triptych.grounding import claims, concepts
from triptych.grounding.binding import is_year
from triptych.grounding.claims import Claim, Claimed
from triptych.grounding.sheet import Sheet, Span
from triptych.grounding.words import TELLING
from triptych.words import language, tokens

Found = Sequence[tuple[Claim, Sequence[Span]]]  # claims of a clause, each with its places on a page

_DENIAL = re.compile(
    r"\b(?:not|no(?![.:#]|\s+(?:of|is|are|was|amounts|reads|given|as|to|[\d:#]))|never|none|neither|nor|cannot|nicht|kein\w*|nie|niemals|pas|jamais|aucune?|ninguna?|niet|geen)\b|n['’]t\b",
    re.IGNORECASE,
)
_LIMITS = re.compile(  # denials that deny nothing: not later than, no. 5
    r"^\W*(?:only|later|earlier|more|less|limited|exceed\w*|necessarily|yet|just|merely|fewer|above|below|before|after|mehr|weniger"
    r"|nur|später|plus|moins|[.:#])",
    re.IGNORECASE,
)
# Denials without a word for no.
_REFUSED = re.compile(
    r"\b(?:without|ohne|sans|sin|senza|zonder|except\w*|excl\w*|reject\w*|refus\w*|declin\w*|den(?:y|ie[sd])|fail\w*|lack\w*|prohibit\w*"
    r"|forb\w+|prevent\w*|waive\w*|cancel\w*|free|nil|zero|void|hardly|rarely|un\w{4,}|non|abgelehnt|verweigert|untersagt)\b",
    re.IGNORECASE,
)
_FROM = re.compile(r"\b(?:from|von|de|da|van|desde)\s+(?:about\s+|rund\s+)?$", re.IGNORECASE)
_TO = re.compile(r"\b(?:to|auf|à|a|naar|hasta)\s+(?:about\s+|rund\s+)?$", re.IGNORECASE)
_PARTS = re.compile(r"[,;:.()]|\b(?:and|but|while|und|aber|et|mais|y|pero|e|en)\b", re.IGNORECASE)
_ENOUGH = 2  # words and values that a clause and a sentence of the page share before one can deny the other


def contradicted(taken: Claimed, found: Found, sheet: Sheet) -> bool:
    """Whether the page says the opposite."""
    return against_itself(taken) or _turned(taken, found, sheet) or _denied(taken, found, sheet)


def against_itself(taken: Claimed) -> bool:
    """Whether something "rose from 5 to 3"."""
    way = concepts.direction(_said(taken))
    numbers = [c for c in taken.claims if c.kind == claims.NUMBER and not is_year(c)]
    for a, b in itertools.pairwise(numbers):
        if way and _FROM.search(taken.text[: a.start]) and _TO.search(taken.text[a.end : b.start]):
            change = abs(b.readings[0]) * b.scale - abs(a.readings[0]) * (
                a.scale if a.scale != 1 else b.scale
            )
            return change * way < 0
    return False


def _said(taken: Claimed) -> list[str]:
    """All words outside the claims, also the small ones."""
    rest = list(taken.text)
    for claim in taken.claims:
        rest[claim.start : claim.end] = " " * (claim.end - claim.start)
    return tokens.words("".join(rest))


def _turned(taken: Claimed, found: Found, sheet: Sheet) -> bool:
    """Whether every sentence of the page with one of the clause's figures says that it went the other way."""
    way = concepts.direction(_said(taken))
    if not way:
        return False
    for claim, spans in found:
        if claim.kind == claims.NUMBER and not is_year(claim):
            ways = {concepts.direction(tokens.words(sheet.segment_at(span[0]))) for span in spans}
            if ways == {-way}:
                return True
    return False


def _denied(taken: Claimed, found: Found, sheet: Sheet) -> bool:
    """Whether the sentence of the page that is nearest to the clause denies what the clause says, or says what the clause
    denies."""
    text = taken.text
    denies = [*_denials(text)]
    if not denies and (_DENIAL.search(text) or _REFUSED.search(text)):
        return False
    scores = _nearness(taken, found, sheet)
    most = max(scores.values(), default=0)
    if denies and most < _ENOUGH:  # lines of a form: what is not so must be said somewhere
        return bool(scores) and all(_affirms(sheet.text[slice(*s)], denies, taken.words) for s in scores)
    if most < _ENOUGH:
        return False
    best = [sheet.text[slice(*span)] for span, score in scores.items() if score == most]
    if denies:
        return all(_affirms(seg, denies, taken.words) for seg in best)
    return all(concepts.meet(_denials(seg), taken.words) for seg in best)


def _affirms(segment: str, denied: Sequence[str], words: Sequence[str]) -> bool:
    """Whether a sentence of the page says what is `denied` and denies none of a clause's words, or denies nothing at all."""
    if _REFUSED.search(segment):
        return False
    theirs = [*_denials(segment)]
    said = concepts.meet(denied, tokens.words(segment)) and not concepts.meet(words, theirs)
    return said or not _DENIAL.search(segment)


def _nearness(taken: Claimed, found: Found, sheet: Sheet) -> dict[Span, int]:
    """How many words and values of the clause each sentence of the page holds."""
    scores: dict[Span, int] = {}
    for spans in (*(spans for _, spans in found), *map(sheet.meaning, taken.words)):
        for segment in {sheet.segment(span[0]) for span in spans}:
            scores[segment] = scores.get(segment, 0) + 1
    return scores


def _denials(text: str) -> Iterator[str]:
    """The words that are denied: the first one behind each "not" that says something, and in languages that put it last
    the one before."""
    silent = (
        TELLING
        | language.stop_words(language.DEFAULT)
        | language.stop_words(language.detect(text, tokens.words(text), least=1))
    )
    for m in _DENIAL.finditer(text):
        if _LIMITS.match(text[m.end() :]):
            continue
        behind = [w for w in tokens.words(_PARTS.split(text[m.end() :])[0]) if w not in silent]
        before = [w for w in tokens.words(_PARTS.split(text[: m.start()])[-1]) if w not in silent]
        yield from behind[:1]
        if m[0].lower() in ("nicht", "niet", "pas"):
            yield from before[-1:]
