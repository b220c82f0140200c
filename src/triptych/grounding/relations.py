"""Who does what to whom: whether the page has two parties of a clause the other way round.

Two parties with a verb between them are held against the sentences of the page that have both of them with a verb of the same
kind, and against the labels at which they stand: who is billed pays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from triptych import values
from triptych.grounding import clock, concepts, facts, reading
from triptych.grounding.facts import Value
from triptych.grounding.sheet import Sheet, Span
from triptych.words import language, tokens

# kind -> (words of the one who does it, or of what he does; words of the other, or of what that one does)
_KINDS = {
    "succession": (
        "succeed succeeds succeeded successor follow follows followed replace replaces replaced folgt nachfolger löst abgelöst ersetzt succède succédé remplace remplacé "
        "sustituye sustituyó sucede reemplaza new incoming",
        "predecessor precede preceded former outgoing vorgänger prédécesseur predecesor",
    ),
    "trade": (
        "pay pays paid owe owes buy buys bought acquire acquires acquired purchase purchased rent rents rented buyer purchaser customer client tenant payer debtor policyholder insured "
        "zahlt zahlen bezahlt schuldet kauft käufer kunde mieter doit paye payer achète acheteur locataire debe paga pagar compra comprador cliente inquilino",
        "sell sells sold bill bills billed invoiced issue issued charge charges charged let lets lease leases insure insures supply supplies seller vendor supplier landlord payee creditor insurer lender "
        "berechnet stellt gestellt verkauft verkäufer lieferant vermieter vend vendeur fournisseur bailleur vende vendedor proveedor arrendador receive receives received gets",
    ),
    "sending": (
        "write writes wrote send sends sent complain complains sender from schreibt schrieb sendet absender écrit envoie expéditeur escribe envía remitente ships shipped hands",
        "recipient addressee receiver to attn empfänger destinataire destinatario consignee",
    ),
    "contest": ("beat beats defeat defeats defeated win wins won against besiegt schlug gewinnt bat vence", "lose loses lost verliert verlor perd pierde"),
    "work": (
        "employ employs employed hire hires hired employer arbeitgeber employeur teach teaches taught instructor teacher trainer train trains trained boss",
        "employee arbeitnehmer employé empleado participant student learner works learn learned",
    ),
}  # fmt: skip
_BY = re.compile(r"\b(?:by|von|vom|durch|par|por)\s+(?:the\s+|der\s+|dem\s+)?$", re.IGNORECASE)
_DONE_BY = re.compile(
    r"([^\W\d_]+)\s+(?:by|von|vom|durch|par|por)\s+(?:the\s+|der\s+|dem\s+)?$", re.IGNORECASE
)  # issued by A to B
_TO = re.compile(r"\s*(?:to|for|an|für|à|pour|a|para)\s+(?:the\s+|die\s+|den\s+)?$", re.IGNORECASE)
_OVER = re.compile(r"(?:^|\n)\W*([^\n]{3,24}?)\W*\n[^\n]*\Z")  # the line over a place
_SENTENCE = re.compile(r"(?:\S+\s+){5,}\S+[.!?]")
_LONGEST = 120  # characters between two parties of one verb


@dataclass(frozen=True, slots=True)
class _Deed:
    """What is said between two parties: its kind, and whether the first one does it."""

    kind: str
    first: bool


@lru_cache(maxsize=1)
def _verbs() -> dict[str, tuple[str, bool]]:
    return {
        "".join(tokens.words(word)): (kind, side == 0)
        for kind, sides in _KINDS.items()
        for side, words in enumerate(sides)
        for word in words.split()
    }


def kind(word: str) -> str:
    """The kind of deed that a folded word is a verb or a party of; "" for none."""
    return _verbs().get(word, ("", False))[0]


def reversed_parties(text: str, sheet: Sheet) -> bool:
    """Whether the page has it the other way round, and nowhere as the clause has it."""
    found = [v for v in facts.names(text) if not any(map(str.isdigit, text[slice(*v.span)]))]
    for a, b in _neighbours(found, text):
        done = deed(text, a.span, b.span)
        if done is None:
            continue
        theirs = [*_told(a, b, done.kind, sheet)]
        if theirs and all(first != done.first for first in theirs):
            return True
    return False


def _neighbours(found: Sequence[Value], text: str) -> Iterator[tuple[Value, Value]]:
    for i, a in enumerate(found):
        for b in found[i + 1 :]:
            if (
                not a.keys & b.keys
                and b.span[0] - a.span[1] < _LONGEST
                and not re.search(r"[.;]\s", text[a.span[1] : b.span[0]].lstrip("."))
            ):
                yield a, b
                break


def deed(text: str, a: Span, b: Span) -> _Deed | None:
    """What the words between two parties say that one does to the other; None where none is known."""
    between = text[a[1] : b[0]]
    verbs = _verbs()
    known = [verbs[w] for w in tokens.words(between) if w in verbs and w not in ("to", "from")]
    if not known:
        done = _DONE_BY.search(text[: a[0]]) if _TO.match(between) else None
        verb = verbs.get("".join(tokens.words(done[1]))) if done else None
        return _Deed(*verb) if verb else None
    kind, doer = known[0]
    if kind == "succession" and any(map(str.isdigit, between)):
        return None  # "A with 9.8 %, followed by B" ranks them
    if any(k != kind for k, _ in known):
        known = [k for k in known if k[0] == kind]
    passive = bool(_BY.search(between))
    return _Deed(kind, doer != passive)


def _told(a: Value, b: Value, kind: str, sheet: Sheet) -> Iterator[bool]:
    """For each place of the page that tells it: whether the first party does it."""
    for start, end in sheet.segments:
        here = [v for v in facts.names(sheet.text[start:end].replace("\n", " "))]
        ones = [v for v in here if _same(a, v)]
        others = [v for v in here if _same(b, v)]
        for x in ones:
            for y in others:
                one, two = sorted((x, y), key=lambda v: v.span)
                done = deed(sheet.text[start:end].replace("\n", " "), one.span, two.span)
                if done is not None and done.kind == kind and two.span[0] - one.span[1] < _LONGEST:
                    yield done.first == (one is x)
    sides = [_side(v, kind, sheet) for v in (a, b)]
    if sides[0] != sides[1] and (sides[0] is None or sides[1] is None or sides[0] != sides[1]):
        yield sides[0] if sides[0] is not None else not sides[1]


def _same(said: Value, printed: Value) -> bool:
    words = frozenset(k for k in said.keys if len(k) > 3) or said.keys
    return words <= printed.keys


def _side(value: Value, kind: str, sheet: Sheet) -> bool | None:
    """Whether the labels of the page make a party the one who does it; None where they say nothing, or both."""
    sides = set()
    for fact in sheet.facts:
        if (
            fact.kind in (facts.NAME, facts.LONG_NAME)
            and fact.labelled
            and _same(value, Value(fact.span, fact.kind, fact.keys))
        ):
            sides |= _headed(fact.span, kind, sheet)
            if any(
                a <= fact.span[0] < b and _SENTENCE.fullmatch(sheet.text[a:b].strip())
                for a, b in sheet.segments
            ):
                continue  # whose words are no labels
            for word, (its, doer) in _verbs().items():
                if its == kind and any(
                    fact.said.get(k, 0.0) >= reading.PARTED for k in _keys(word, sheet.language)
                ):
                    to = fact.said.get("to", 0.0) >= reading.PARTED and word not in (
                        "to",
                        "from",
                    )  # billed to
                    sides.add(doer != to)
    return sides.pop() if len(sides) == 1 else None


def _headed(span: Span, kind: str, sheet: Sheet) -> set[bool]:
    """The side of a party under a line of its own: Bill to."""
    over = _OVER.search(sheet.text[: span[0]])
    words = tokens.words(over[1]) if over else []
    known = (
        [_verbs()[w] for w in words if w in _verbs() and w not in ("to", "from")] if len(words) < 4 else []
    )
    return {doer != ("to" in words) for its, doer in known if its == kind}


@lru_cache(maxsize=4096)
def _keys(word: str, lang: str) -> frozenset[str]:
    return frozenset(k for k in concepts.keys(word, lang) if not k.startswith("#"))


_FROM_TO = re.compile(
    r"\b(?:from|von|vom|de|du|desde|del)\s+(?P<a>[^;:]{1,60}?),?\s+(?:to|auf|nach|zu|zum|à|au|a|al|hasta)\s+(?P<b>[^;:]{1,60})",
    re.IGNORECASE,
)
_SILENT = frozenset(w for lang in ("en", "de", "fr", "es") for w in language.stop_words(lang))
_LEADS = re.compile(r"(?<![\w-])(?P<a>[A-ZÀ-Þ][\w-]+) (?:to|–|→|nach|bis) (?P<b>[A-ZÀ-Þ][\w-]+)")
_WORDS = 5  # of what something comes from, or goes to


def reversed_way(text: str, sheet: Sheet) -> bool:
    """Whether a clause has from here to there what the page has from there to here."""
    said = _ways(text, sheet.language)
    if not said:
        return False
    theirs = [
        way
        for start, end in sheet.segments
        for way in _ways(sheet.text[start:end].replace("\n", " "), sheet.language)
    ]
    for a, b in said:
        turned = any((a - b) & (y - x) and (b - a) & (x - y) for x, y in theirs)
        if turned and not any((a - b) & (x - y) and (b - a) & (y - x) for x, y in theirs):
            return True
    return False


def _ways(text: str, lang: str) -> list[tuple[frozenset[str], frozenset[str]]]:
    """Words and values of each "from A to B": the last ones of A, the first of B."""
    return [
        (_told_by(m["a"], lang), _told_by(m["b"], lang))
        for m in (*_FROM_TO.finditer(text), *_LEADS.finditer(text))
    ]


def _told_by(text: str, lang: str) -> frozenset[str]:
    found = {f"n:{values.plain(r)}" for n in values.numbers(values.grouped(text))[:1] for r in n.readings[:1]}
    found |= {f"d:{d}" for day in values.dates(text)[:1] for d in day.readings}
    found |= {f"t:{m}" for _, m in [*clock.times(text)][:1]}
    words = [w for w in tokens.words(text)[:_WORDS] if not w.isdigit() and w not in _SILENT]
    return (
        frozenset(found) | {k for w in words for k in concepts.keys(w, lang) if not k.startswith("#")}
        if not found
        else frozenset(found)
    )
