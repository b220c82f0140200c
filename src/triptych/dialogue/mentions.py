"""What a question speaks of: the paper, person or company that a follow-up may refer to, in English and German.

    mention("How much did the invoice HP-2207 of Harbour & Pine cost?") -> the invoice HP-2207 of Harbour & Pine
    names(text)                          runs of words that name somebody or something, codes among them

Names are told by capitals and digits; in German, where all nouns have capitals, only where no article stands before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from triptych import values
from triptych.answering.kinds import kind_of
from triptych.words import language, tokens


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# Kinds of papers; German ones with their gender.
_ENGLISH = _words(
    "invoice receipt bill report form document page letter contract order file statement memo chart table slip note "
    "ticket company firm quote offer policy certificate manual"
)
_GENDERS = {
    "f": "rechnung quittung bestellung mahnung seite tabelle datei firma gutschrift notiz bescheinigung urkunde "
    "police lieferung",
    "m": "beleg brief vertrag bericht lieferschein auftrag kontoauszug bescheid bon kassenbon kassenzettel ausweis",
    "n": "formular dokument blatt schreiben angebot protokoll diagramm zeugnis handbuch",
}
_GENDER = {word: gender for gender, listed in _GENDERS.items() for word in listed.split()}
_DETERMINERS = _words(
    "the a an this that these those our my your der die das des den dem ein eine einer eines einem einen diese dieser "
    "dieses diesem diesen unser unsere unserer unserem unseren mein meine meiner meinem meinen welche welcher welches "
    "welchen welchem viele wie ihr ihre ihrer ihrem ihren sein seine seiner seinem seinen zum zur vom im am beim und "
    "which"
)
_NUMBERED = _words("no nr number nummer num #")
_LINKS = _words("of from by to for with dated von vom der des an für & and und")
_JOINS = _words("& and und")
_SMALL = _words(
    "what which who whom whose when where why how is are was were do does did has have had can will would should much "
    "many long on in at and or was wer wem wen wann wo warum wie ist sind war waren hat haben hatte wird wurde kann "
    "muss auf bei nach"
)
_LABELS = _words(
    "total subtotal date amount price tax customer seller vendor buyer supplier quantity qty address name status terms "
    "sku ust id tin po due iban vat please"
)
_WORD = re.compile(r"[^\s?!,;:()\"“”„]+")
_MONTHS = (
    "january february march april may june july august september october november december januar februar märz mai "
    "juni juli oktober dezember"
)
MONTH = re.compile(rf"\b(?:{'|'.join(_MONTHS.split())})\b", re.IGNORECASE)
YEAR = re.compile(r"\b(?:FY ?)?(?:19|20)\d\d\b")
_SPAN = re.compile(r"\b(?:the|year|month|quarter|of|jahre?s?|monats?|quartals?)\b", re.IGNORECASE)
QUARTER = re.compile(r"\bQ[1-4]\b")


class Word(NamedTuple):
    """A word of a question, with its place."""

    text: str
    start: int
    end: int

    @property
    def small(self) -> str:
        return self.text.casefold()


@dataclass(frozen=True, slots=True)
class Mention:
    """Something that a question speaks of: `text` as it stands there, `before` the preposition before it, `thing` the
    kind of paper that it is, "" for a person or company."""

    text: str
    before: str = ""
    thing: str = ""

    @property
    def bare(self) -> str:
        """Without an article."""
        first, _, rest = self.text.partition(" ")
        return rest if rest and first.casefold() in _DETERMINERS else self.text

    def german(self, case: str) -> str:
        """With the article of `case`: nom, acc, dat, where it is a paper."""
        gender = gender_of(self.thing)
        return f"{_ARTICLES[case][gender]} {self.bare}" if gender else self.bare

    @property
    def on_german(self) -> str:
        """As that to which a value belongs."""
        return f"auf {self.german('dat')}" if gender_of(self.thing) else f"von {self.bare}"


_ARTICLES = {
    "nom": {"m": "der", "f": "die", "n": "das"},
    "acc": {"m": "den", "f": "die", "n": "das"},
    "dat": {"m": "dem", "f": "der", "n": "dem"},
}


def gender_of(noun: str) -> str:
    """m, f or n of a German paper, compounds by their last part; "" for any other word."""
    small = noun.casefold()
    found = max((known for known in _GENDER if small.endswith(known)), key=len, default="")
    return _GENDER.get(found, "")


_NEUTER = re.compile(r"(?:datum|konto|ziel|ende|gewicht|kennzeichen)$", re.IGNORECASE)
_FEMININE = re.compile(
    r"(?:nummer|summe|steuer|adresse|frist|anzahl|menge|ung|keit|heit|schaft|bank|iban)$", re.IGNORECASE
)
_MASCULINE = re.compile(
    r"(?:betrag|preis|name|rabatt|kunde|absender|empfänger|aussteller|verkäufer|käufer|ort)$", re.IGNORECASE
)


def article_of(label: str) -> str:
    """The German article of a label; "" where its ending does not tell."""
    for pattern, article in ((_NEUTER, "das"), (_FEMININE, "die"), (_MASCULINE, "der")):
        if pattern.search(label):
            return article
    return ""


def is_thing(word: str) -> bool:
    small = word.casefold()
    return small in _ENGLISH or small.removesuffix("s") in _ENGLISH or bool(gender_of(small))


def is_german(*texts: str) -> bool:
    """Whether the first of the texts that has words of any language is German."""
    for text in texts:
        found = language.detect(text, tokens.words(text), least=1)
        if found:
            return found == "de"
    return False


def is_label(words: str) -> bool:
    """Whether papers have such a label for one of their values, however it is written: VAT, IBAN."""
    return words.casefold() in _LABELS or kind_of(f"what is the {words}") is not None


def split(text: str) -> list[Word]:
    found = []
    for match in _WORD.finditer(text):
        word = match[0].rstrip(".") or match[0]
        found.append(Word(word, match.start(), match.start() + len(word)))
    return found


def names(text: str, *, german: bool = False) -> list[str]:
    """Names and codes of a text; the word that opens it is none, unless it has a digit."""
    words = split(text)
    named = [i for i in range(len(words)) if _is_name(words, i, german)]
    return [text[words[a].start : words[b].end] for a, b in _ranges(named)]


def _ranges(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """First and last of each row of numbers without a gap."""
    found: list[tuple[int, int]] = []
    for n in numbers:
        if found and n == found[-1][1] + 1:
            found[-1] = (found[-1][0], n)
        else:
            found.append((n, n))
    return found


def _is_name(words: Sequence[Word], i: int, german: bool) -> bool:
    word = words[i]
    if any(map(str.isdigit, word.text)):
        return True
    if not word.text[0].isupper() or i == 0 or word.small in _SMALL | _DETERMINERS or is_thing(word.text):
        return False
    if is_label(word.text):
        return False
    return not (german and words[i - 1].small in _DETERMINERS)


def temporal(text: str) -> bool:
    """Whether a text names nothing but a time."""
    rest = text
    for day in values.dates(text):
        rest = rest.replace(day.text, " ")
    for pattern in (YEAR, QUARTER, MONTH, _SPAN):
        rest = pattern.sub(" ", rest)
    return not re.search(r"\w", rest)


def mention(text: str) -> Mention | None:
    """What a question speaks of: a paper with a name or code, else a name, else "the grocery receipt"."""
    german = is_german(text)
    words = split(text)
    found = [_run(text, words, i, german) for i in range(len(words)) if _is_core(words, i, german)]
    best = max((f for f in found if f is not None), key=lambda f: f[0], default=None)
    return None if best is None else best[1]


def _is_core(words: Sequence[Word], i: int, german: bool) -> bool:
    return _is_name(words, i, german) or is_thing(words[i].text)


def _run(
    text: str, words: Sequence[Word], i: int, german: bool
) -> tuple[tuple[bool, bool, int], Mention] | None:
    """The phrase around the word `i`, and how well it tells what it means; None where it tells nothing."""
    first, last = _begin(words, i, german), _end(words, i, german)
    inside = range(first, last + 1)
    said = text[words[first].start : words[last].end]
    named = any(_is_name(words, k, german) for k in inside) and not temporal(said)
    thing = next((words[k].text for k in inside if is_thing(words[k].text)), "")
    definite = words[first].small in ("the", "der", "die", "das", "dem", "den", "des", "our", "my")
    if not (named or (thing and definite)):
        return None
    before = words[first - 1].small if first else ""
    return (named and bool(thing), named, len(said)), Mention(said, before, thing)


def _begin(words: Sequence[Word], i: int, german: bool) -> int:
    """Where the phrase of the word `i` begins: with its article, if it has one."""
    first = i
    while first and _is_core(words, first - 1, german):
        first -= 1
    modifiers = first
    while modifiers and first - modifiers < 3 and words[modifiers - 1].small not in _DETERMINERS:
        if words[modifiers - 1].small in _SMALL | _LINKS:
            return first
        modifiers -= 1
    return modifiers - 1 if modifiers and words[modifiers - 1].small in _ARTICLED else first


_ARTICLED = _words("the our my your der die das des den dem unser unsere unserer unserem unseren")


def _end(words: Sequence[Word], i: int, german: bool) -> int:
    """Where the phrase of the word `i` ends: with the names that hang on it."""
    last = i
    while last + 1 < len(words):
        ahead = last + 1
        if words[ahead].small in _LINKS:
            joins = words[ahead].small in _JOINS
            ahead += 1
            if not joins and ahead < len(words) and words[ahead].small in _DETERMINERS:
                ahead += 1
        elif words[ahead].small in _NUMBERED:
            ahead += 1
        if ahead >= len(words) or not _is_core(words, ahead, german):
            return last
        last = ahead
    return last
