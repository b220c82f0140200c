"""What a clause says about its saying: "According to the invoice, ...", "... indicates that", "1.", "Answer:".

It claims nothing but that the document is this one: its names are looked up, its words are not held against values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from triptych import values

_DOCUMENT = (
    r"(?:receipt|invoice|bill|report|document|chart|graph|table|form|contract|agreement|letter|page|note|sheet|statement|minutes|list|order|paper|ticket|timetable"
    r"|schedule|roster|e-?mail|fax|memo|filing|image|screenshot|figure|confirmation|evidence|source|text|passage|excerpt|article|brochure|leaflet|rechnung|beleg|dokument|vertrag|bericht|tabelle|seite|protokoll"
    r"|\w*bevestiging|bestelling|offerte|factuur|schreiben|brief|lettre|courrier|carta|escrito|facture|document|rapport|contrat|tableau|page|factura|documento|informe|contrato|tabla|página)s?"
)
_KIND = re.compile(_DOCUMENT, re.IGNORECASE)
_THING = r"(?:value|figure|number|amount|name|date|entry|item|word|text|wert|zahl|betrag|valeur|chiffre|valor|cifra)(?:s|e|es|en)?"
_SAYS = (
    r"\b(?:(?:indicates?|states?|shows?|says?|notes?|mentions?|confirms?|records?|reveals?|tells us|specifies|explains)(?: that)?"
    r"|(?:zeigt|besagt|nennt|gibt an)(?:, dass)?|(?:indique|montre|précise)(?: que)?|(?:indica|muestra|dice)(?: que)?)\b"
)
_ASIDE = r"(?:\([^()]*\)|[^,:;()]|,(?=\s(?:inc|llc|ltd|jr|gmbh)\b))"
_END = r"[,:](?!\d)"  # but not that of 8,20
_LISTED = re.compile(
    r"^\W*\d{1,2}[.)]\s+(?=[^\W\d]+\.? \d{1,2}\b(?! ?(?:19|20)\d\d)|\d[\d.,]*\s*[%+×*=−–€$£]|\d+[.,]\d{1,2}(?![\d.]))"
)
_FRAMES = re.compile(
    r"^\W*\d{1,2}[.)]\s+(?=[^\W\d]|[$€£])"  # the number of a list
    r"|^\W*(?:answer|antwort|réponse|respuesta|in short|in summary|overall)\b\s*[,:]"
    rf"|^\W*(?:according to|as per|per|based on|looking at|judging (?:by|from)|going by|as (?:shown|seen|stated|given|listed) (?:in|on)|laut|gemäß|selon|d['’]après|según|de acuerdo con|conforme (?:al?|à)|in accordance with)\b{_ASIDE}{{0,120}}?(?:{_END}|\bgilt:|$)"
    rf"|^\W*(?:from|aus)\b{_ASIDE}{{3,120}}?\b(?:it (?:can be seen|follows|is clear|appears)|(?:we|one|you) (?:can )?(?:see|learn)|geht hervor)(?: that|, dass)?"
    rf"|^\W*(?:as\s+)?(?:it\s|{_ASIDE}{{0,100}}?\b{_DOCUMENT}\b{_ASIDE}{{0,60}}?)?{_SAYS}\s*(?:{_END})?"
    rf"|(?:^\W*|[;,]\s*(?:while|whereas|and|but)?\s*)(?:in|on|for)\s(?={_ASIDE}*?\b{_DOCUMENT}\b){_ASIDE}{{3,120}}?,(?!\d)"
    rf"|,\s+(?:as|wie)\s(?:is\s)?(?:stated|shown|noted|given|listed|reported|indicated|seen|recorded|described|mentioned|angegeben|gezeigt)\s(?:in|on|by|at)\b.*$",
    re.IGNORECASE,
)


def unlisted(text: str) -> str:
    """`text`, of the same length, with blanks for the number of a list that would be read as a part of a day or a sum."""
    return _LISTED.sub(lambda m: re.sub(r"\S", " ", m[0]), text)


def unframed(text: str) -> str:
    """`text`, of the same length, with blanks for what frames it; itself where nothing would be left."""
    rest = _FRAMES.sub(_blank, text)
    rest = _FRAMES.sub(_blank, rest) if rest != text else text
    return rest if any(map(str.isalnum, rest)) else text


_KINDS = rf"(?:{_DOCUMENT}|(?:policy|quotation|offer|survey|requisition|request|notes|certificate|registration|summary|estimat\w+|label|voucher))(?!\w)"
_IN_DOCUMENT = re.compile(
    rf",?\s(?:on|in|of|from|according to|for|laut|auf)\s(?:the\s|der\s|dem\s)?(?:[^\s,]+\s){{0,8}}?{_KINDS}(?:\s(?:of|for|from|to)\s[^,]*)?"
    rf"|^\W*(?:the\s)?(?:[^\s,]+\s){{0,8}}?{_KINDS}(?:\s(?:of|for|from|to)\s.{{0,60}}?)?(?=\s(?:names?|gives?|carries|lists?|puts?|has)\s)",
    re.IGNORECASE,
)
_THINGS = re.compile(_THING, re.IGNORECASE)
_ONE_OF = re.compile(
    r"\b(?:one of|among|appears?|listed|named|mentioned|printed|found|einer der|eine der|un des|une des)\b",
    re.IGNORECASE,
)
_IS = re.compile(
    r"\b(?:is|are|was|were|has|have|had|holds?|held|stands? at|stood|follow\w*|posted|recorded|scored|earn\w*|wins?|won|los(?:es?|t)|made|amount\w*|came|comes?|total\w*|reach\w*|costs?|equals?|makes?|lautet|beläuft|ergibt|ist|sind|war|beträgt|est|sont|es|son)\b|[:=]",
    re.IGNORECASE,
)


def undocumented(text: str) -> str:
    """`text`, of the same length, with blanks for the document that it is about, and whose: "on the letter from Ames Ltd"."""
    return _IN_DOCUMENT.sub(_blank, text)


def mentioning(text: str, words: Iterable[str]) -> bool:
    """Whether a clause says no more of a value than that it is there, which is no answer to what was asked: "The page shows
    the date 3/20/95". `words` are its own, folded, outside its values."""
    bare = all(named(w) or w == "one" or _THINGS.fullmatch(w) for w in words)
    return bare and (_IS.search(text) is None or _ONE_OF.search(text) is not None)


def named(word: str) -> bool:
    """Whether a word names a kind of document."""
    return _KIND.fullmatch(word) is not None


def framing(text: str) -> bool:
    """Whether a text is but such a frame."""
    return not any(map(str.isalnum, _FRAMES.sub(_blank, text)))


def listed(text: str, at: int) -> bool:
    """Whether a number at `at` is that of a list, not of the page."""
    return not text[:at].strip(" -*•(")


def _blank(m: re.Match[str]) -> str:
    """A day of a month that opens the clause is no number of a list."""
    behind = re.match(r"\s*([^\W\d]+)", m.string[m.end() :])
    day = m[0].strip()[:1].isdigit() and behind is not None and behind[1].lower() in values.MONTHS
    return m[0] if day else re.sub(r"\S", " ", m[0])
