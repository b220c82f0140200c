"""What a page affirms and denies, part by part of its sentences, and whether a clause says the opposite.

A clause is held against all parts of the page that agree with it and all that do not; it is refuted where the latter fit its
words clearly better.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from triptych.grounding import concepts, facts, opposites, ticks
from triptych.grounding.claim import NAME, QUOTE, TIME, Claimed
from triptych.grounding.fit import LEAST
from triptych.grounding.reading import ELSEWHERE
from triptych.grounding.sheet import RECORD, Sheet, Span
from triptych.grounding.terms import Term, clause_terms, fit, silent_in, weights
from triptych.words import language, tokens

_LABEL = re.compile(r"\W*([^\W\d_]+(?: [^\W\d_]+)?):\s")  # which all of a list is under
_EMPTY = re.compile(r"^\W*\[ ?\]|☐")
_YES = re.compile(r"(?:^|[:\s])(?:yes|ja|oui|sí|si)\W*$", re.IGNORECASE)
_NO = re.compile(r"[:\s](?:no|nein|non)\W*$", re.IGNORECASE)
_ANSWER = re.compile(r"^\W*(?:yes|no|ja|nein|oui|non|sí)\s*[,:;.!]\s*", re.IGNORECASE)
_AND = re.compile(r"\b(?:and|und|et|y)\b", re.IGNORECASE)
_CLEAR = 0.15
_CONDITION = re.compile(r"\W*(?:if|unless|when|wenn|falls|sofern|si|cuando|quando)\b", re.IGNORECASE)
_EXCEPT = re.compile(r"\b(?:except|but|außer|sauf|excepto|salvo)\b", re.IGNORECASE)
_TWO_WORDS = re.compile(r"(?=\b([^\W\d_]+) [^\W\d_]+)\b[^\W\d_]+ [^\W\d_]+")
_SAID = 0.9  # how surely a word is a part's own
_SPEAKS = 0.5  # share of what is said of a denial in what the page denies
_WITHOUT = re.compile(r"\b(?:without|ohne|sans|sin|senza|zonder)\s(.+)", re.IGNORECASE)
_PAST = r"(?:was|were|had|did|war|waren|wurden?|hatten?|était|étaient|fue|fueron)"
# What is told of the past with the time at which it was: "The driver was present when the notice was issued".
_AS_IT_WAS = re.compile(
    rf"(?<=\s)(?:when|while|as|wenn|als|quand|lorsque|cuando)\s(?=.*\b{_PAST}\b)", re.IGNORECASE
)
_ZERO = frozenset(["n:0", "nil", "none", "keine"])
_SENTENCE = 3  # words beside small ones from which a cell with a verb says something
_JOINED = re.compile(r"\s*(?:and|und|et|y|but|aber|mais|pero)\b", re.IGNORECASE)
_AUXILIARY = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|can|may|must|will|ist|sind|war|waren|wird|werden|wurde|est|sont|es|son|está|están|fue)\b",
    re.I,
)
_NONE = re.compile(
    r"\b(?:no|kein\w*|aucune?|ningun[oa]?|ningún)\s(?:[^\W\d]+\s){1,4}?(?:is|are|was|were|has been|have been|ist|sind|wurden?|a été|est|fue)\s(?:(?:yet|noch)\s)?([^\W\d]+)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“”„«»][^\"“”„«»]*[\"“”„«»]")


@dataclass(frozen=True, slots=True, eq=False)
class Proposition:
    """A part of the page: what is said around it, the stances that it takes, and whether it affirms."""

    said: Mapping[str, float]
    stances: Mapping[str, frozenset[str]]
    affirms: bool
    denies: bool  # in so many words
    unclear: bool
    what: frozenset[str]  # that is denied, as far as it can be told
    row: bool  # of a table or a form, which affirms nothing but its values


def propositions(sheet: Sheet) -> list[Proposition]:
    """Of all parts of all sentences, lines and cells of a page."""
    reading = sheet.reading
    found = []
    for start, end in sheet.segments:
        text = sheet.text[start:end]
        before, last = "", (0, 0)
        item = RECORD.match(text)  # of whom all of a record is said
        subject = reading.words(start, start + item.end(1)) if item else frozenset()
        label = _LABEL.match(text)
        over = opposites.stances(label[1]) if label else {}
        for a, b in _parts(reading.text[start:end]):
            piece = text[a:b]
            if not any(map(str.isalnum, piece)):
                continue
            plain = opposites.plainly(piece)
            own = [
                w
                for w in tokens.words(plain)
                if w not in language.stop_words(language.DEFAULT) and not opposites.denies(w)
            ]
            carried = before if len(own) <= 1 and before else ""  # the attic is not
            stances = opposites.stances(plain)
            if carried:
                stances = (
                    {**opposites.stances(plain + " " + carried), **stances}
                    if opposites.denies(plain)
                    else {**opposites.stances(carried), **stances}
                )
            stances = {**over, **stances}
            said = reading.around(start + a, start + b, (start, end))
            if last[1] and _JOINED.match(piece):
                for key in reading.words(*last):
                    said[key] = max(said.get(key, 0.0), 0.7)
            for key in subject:
                said[key] = max(said.get(key, 0.0), 0.9)
            last = (start + a, start + b)
            for word in tokens.words(carried):
                for key in concepts.keys(word, sheet.language):
                    said[key] = max(said.get(key, 0.0), 0.9)
            empty = bool(_EMPTY.search(text) or _NO.search(piece if ";" in text else text))
            affirms = opposites.positive(plain, stances) and not empty
            denies = opposites.denies(plain) or empty
            cell = sheet.grid.cell(start + a)
            row = cell is not None and bool(cell.beside or cell.heads) and not _YES.search(text)
            row = row and not (_AUXILIARY.search(piece) and len(own) >= _SENTENCE)
            what = _denied(plain, carried, sheet.language) if denies else frozenset()
            unclear = opposites.unclear(plain)
            lacks = _WITHOUT.search(plain)
            lacking = _first(lacks[1], sheet.language) if lacks and not denies else frozenset()
            if lacking and not lacking & concepts.keys("tax"):  # a sum without tax is one more sum
                found.append(Proposition(said, stances, False, True, unclear, lacking, False))
                said = {k: min(s, ELSEWHERE) if k in lacking else s for k, s in said.items()}
            found.append(Proposition(said, stances, affirms, denies, unclear, what, row and not denies))
            if not carried:
                before = _predicate(plain)
    return found


def _denied(plain: str, carried: str, lang: str) -> frozenset[str]:
    """Keys of the word right behind a denial, which is what it denies; of an empty one of what was said before it."""
    around = opposites.around_denial(plain)
    words = [[w for w in tokens.words(side) if w not in silent_in(lang)] for side in around]
    near = [*(words[1][:1] or words[0][-1:]), *tokens.words(carried)]
    return frozenset(k for w in near for k in concepts.keys(w, lang))


def _first(text: str, lang: str) -> frozenset[str]:
    """Keys of the first word of sense."""
    words = (w for w in tokens.words(text) if w not in silent_in(lang))
    return concepts.keys(next(words, ""), lang)


def _parts(text: str) -> list[Span]:
    """The parts of a sentence; one that denies ends where another verb begins."""
    found: list[Span] = []
    for a, b in facts.pieces(text, soft=False):
        cuts = [m.start() for m in _AND.finditer(text, a, b)] if opposites.denied(text[a:b]) else []
        found += [(x, y) for x, y in zip([a, *cuts], [*cuts, b], strict=True) if y > x]
    return found


def _predicate(piece: str) -> str:
    """What a part says of its subject, without denial: of "freight is included" the last word."""
    said = _AUXILIARY.split(piece)[-1]
    words = [w for w in re.findall(r"[^\W\d_]+", said) if not opposites.denies(w)]
    return " ".join(words[-3:] if said != piece else words[-1:])


def contradicted(taken: Claimed, sheet: Sheet) -> bool:
    """Whether the page says the opposite of a clause."""
    text = facts.unpunctuated(taken.text, ((c.start, c.end) for c in taken.claims if c.kind != QUOTE))
    text = _ANSWER.sub("", _QUOTED.sub(" ", text))
    if opposites.unclear(text):
        return False
    return any(
        _opposed(text[a:b], text, taken, sheet)
        for whole in _parts(text)
        for a, b in _told_apart(text, whole)
        if any(map(str.isalpha, text[a:b]))
    )


def _told_apart(text: str, part: Span) -> list[Span]:
    """What a part says, and when it was so."""
    m = _AS_IT_WAS.search(text, *part) if re.search(_PAST, text[slice(*part)]) else None
    return [(part[0], m.start()), (m.start(), part[1])] if m else [part]


def denied_nowhere(taken: Claimed, sheet: Sheet) -> bool:
    """Whether a clause denies what no part of the page that speaks of it does, nor is a zero there."""
    text = _ANSWER.sub("", _QUOTED.sub(" ", taken.text))
    for a, b in _parts(text):
        plain = opposites.plainly(text[a:b])
        if not opposites.denies(plain) or ticks.empty(plain, sheet):
            continue
        stances = opposites.stances(plain)
        terms = clause_terms(text[a:b], text, taken, sheet)
        heavy = weights(terms, sheet.propositions)
        those = [
            p
            for p in sheet.propositions
            if p.denies
            or not p.affirms
            or p.unclear
            or _ZERO & p.said.keys()
            or p.stances.get("verdict", frozenset()) - {"0"}
            or _agree(stances, p.stances)
        ]
        if max((fit(p, terms, heavy) for p in those), default=0.0) < _SPEAKS * sum(heavy):
            return True
    return False


def _agree(ours: Mapping[str, frozenset[str]], theirs: Mapping[str, frozenset[str]]) -> bool:
    return any(members & theirs.get(axis, frozenset()) for axis, members in ours.items())


def _opposed(piece: str, text: str, taken: Claimed, sheet: Sheet) -> bool:
    if _CONDITION.match(piece):
        return False
    plain = opposites.plainly(piece)
    stances = _comparable(opposites.stances(plain), piece, taken, sheet)
    affirms, denies = opposites.positive(plain, stances), opposites.denies(plain)
    if denies and (_denies_a_value(plain, taken) or ticks.empty(plain, sheet)):
        return False  # that a value is not this one is seen by the others
    terms = clause_terms(piece, text, taken, sheet)
    names = "".join(c.text for c in taken.claims if c.kind == NAME and c.text in piece)
    if not stances and not denies and len(names) * 3 > 2 * sum(map(str.isalpha, piece)):
        return False  # it but names them
    heavy = weights(terms, sheet.propositions)
    known = _weekdays(taken, terms, sheet) if "weekday" in stances else frozenset()
    if known and not known & stances.pop("weekday"):
        return True
    if any(_turned(axis, members, terms, heavy, sheet) for axis, members in stances.items()):
        return True
    if stances.keys() - {"allowed"} and not denies:
        return False
    absorbed = any(axis in opposites.DENYING for axis in stances)
    agree = [
        p
        for p in sheet.propositions
        if p.unclear
        or (denies and p.row)
        or p.affirms == affirms
        or not (p.denies or (denies and not absorbed))
    ]
    if not denies and any(k[:2] in ("n:", "d:", "t:") for t in terms for k in t.keys):
        return False  # whose value it is is seen by the others
    what = _denied(plain, "", sheet.language) if denies else frozenset()
    if denies and (
        verb := _NONE.search(plain)
    ):  # no decision was taken: what is denied is that one was taken
        what = concepts.keys(next(iter(tokens.words(verb[1])), ""), sheet.language)
    oppose = [
        p
        for p in sheet.propositions
        if p not in agree
        and (
            any(p.said.get(k, 0.0) >= _SAID for k in what)
            if what
            else denies or not p.what or any(t.keys & p.what for t in terms if t.weight >= 1)
        )
    ]
    if denies:
        return _fits_better(oppose, agree, terms, heavy)
    return any(_fits_better([p], [q for q in agree if _says_it(q, p)], terms, heavy) for p in oppose)


def _says_it(other: Proposition, denying: Proposition) -> bool:
    """Whether another part of the page says what one denies: only that speaks against the denial."""
    return not denying.what or any(other.said.get(k, 0.0) >= _SAID for k in denying.what)


def _comparable(
    stances: Mapping[str, frozenset[str]], piece: str, taken: Claimed, sheet: Sheet
) -> dict[str, frozenset[str]]:
    """Those stances of a part that the page can take another one of: an hour of closing is none, nor is an exception, nor
    a rank that stands there with its word."""
    kept = dict(stances)
    if any(c.kind == TIME and c.text in piece for c in taken.claims):
        kept.pop("open", None)
    if _EXCEPT.search(piece):
        kept.pop("weekday", None)
    ranked = (m[0] for m in _TWO_WORDS.finditer(piece) if opposites.on("rank", "".join(tokens.words(m[1]))))
    if any(sheet.literal(two) for two in ranked):
        kept.pop("rank", None)
    return kept


def _denies_a_value(plain: str, taken: Claimed) -> bool:
    """Whether the first thing behind a denial is a value of the clause: "the total is not 9.00"."""
    behind = opposites.around_denial(plain)[1]
    for claim in taken.claims:
        said = facts.unpunctuated(claim.text, [(0, len(claim.text))])
        if claim.kind != QUOTE and said in behind:
            between = tokens.words(behind[: behind.index(said)])
            if all(w in language.stop_words(language.DEFAULT) for w in between):
                return True
    return False


def _weekdays(taken: Claimed, terms: Sequence[Term], sheet: Sheet) -> frozenset[str]:
    """The weekdays of the days that the clause names, or else of that day of the page which its words fit best, better than
    what the page says of any weekday."""
    days = [d for c in taken.claims for d in c.days]
    if not days:
        those = [f for f in sheet.facts if f.kind == facts.DAY]
        named = [p for p in sheet.propositions if "weekday" in p.stances]
        heavy = weights(terms, [*those, *named])
        best = max((fit(f, terms, heavy) for f in those), default=0.0)
        said = max((fit(p, terms, heavy) for p in named), default=0.0)
        best = best if best > max(_SPEAKS * sum(heavy), said) else 0.0
        keys = {k for f in those if best and fit(f, terms, heavy) == best for k in f.keys}
        days = [date.fromisoformat(k[2:]) for k in keys]
    return frozenset(str(d.weekday()) for d in days)


def _turned(
    axis: str, members: frozenset[str], terms: Sequence[Term], heavy: Sequence[float], sheet: Sheet
) -> bool:
    """Whether what the clause says takes another stance where the page speaks of it."""
    rest = [
        0.0 if any(opposites.on(axis, key) for key in t.keys) else w
        for t, w in zip(terms, heavy, strict=True)
    ]
    those = [p for p in sheet.propositions if axis in p.stances and not p.unclear]
    agree = [p for p in those if p.stances[axis] & members]
    return _fits_better([p for p in those if p not in agree], agree, terms, rest)


def _fits_better(
    oppose: Sequence[Proposition], agree: Sequence[Proposition], terms: Sequence[Term], heavy: Sequence[float]
) -> bool:
    if not oppose:
        return False
    mine = max((fit(p, terms, heavy) for p in agree), default=0.0)
    theirs = max(fit(p, terms, heavy) for p in oppose)
    return theirs - mine > max(LEAST, _CLEAR * theirs) and theirs > 0.5 * sum(heavy)
