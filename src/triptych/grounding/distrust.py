"""What on a page is not to be believed: words that nobody sees on it, and words that speak to a model.

Neither is shown to the model as text, and neither supports a sentence. This is the second line of defence: a page
may still say something false in plain sight, and then the answer cites that page for it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath

from triptych.grounding.plain import harmless
from triptych.pages.hidden import LEAST
from triptych.types import Hit, Page

_PAYLOAD = 400  # characters after words to a model that are taken to belong to them
_TO_A_MODEL = re.compile(
    r"""
    \b(?:ignore|disregard|forget|override|bypass|discard|neglect|skip)\b[^.]{0,40}\b(?:previous|prior|above|earlier|preceding|all|any|
        other|your|the|system|existing|given|initial|original)\b[^.]{0,30}\b(?:instructions?|prompts?|rules?|directions?|guidelines?|
        context|evidence|commands?|orders?|constraints?|documents?|question|messages?|sources?)\b
    | \b(?:system|developer|hidden|initial|assistant)[ ]prompt\b
    | \b(?:reveal|print|repeat|output|show|leak|disclose|display|recite|reproduce|expose|quote|append)\b[^.]{0,50}
        \b(?:system[ ](?:message|prompt|instructions?)|your[ ](?:instructions|prompt|rules|configuration|guidelines)|
        instructions[ ]you|(?:other|all)[ ](?:documents|evidence|collections|sources)|api[ ]keys?|passwords?)
    | \b(?:attention|note|message|instructions?|notice|memo|important|hint|reminder|warning)[ ]*(?:to|for)[ ]+(?:the|any|all|every)?[ ]*
        (?:ai|a\.i\.|llm|language|assistant|chatbot|model|models|assistants|agents?|bot|copilot|gpt|reviewer[ ]model)
    | \b(?:as|you[ ]are|act[ ]as|pretend|if[ ]you[ ]are|dear|hey|hello)\b[^.]{0,24}\b(?:ai|a\.i\.|llm|language[ ]model|chatbot|
        ai[ ]assistant|virtual[ ]assistant|gpt|copilot)\b
    | \b(?:dear|hey|hello)[ ](?:ai|assistant|helper|model|bot|agent|chatbot)\b
    | \b(?:attention|important|note|warning|notice)[ ]*[:!,]?[ ]*(?:ai|llm|language|gpt)[ ]?(?:models?|assistants?|agents?|systems?)\b
    | \b(?:disregard|ignore|forget)[ ](?:all[ ]of[ ]|everything[ ])?(?:the[ ])?(?:above|previous|foregoing|preceding)\b
    | \bfrom[ ]now[ ]on\b[^.]{0,20}\byou\b | \byou[ ]are[ ](?:now[ ])?(?:dan|in[ ](?:developer|maintenance|debug|admin)[ ]mode)\b
    | </?(?:system|assistant|instructions?|prompt|user|human|evidence|context|tool\w*)> | \{\{[#/]?(?:system|user|assistant)
    | \btranslate[ ]the[ ]following\b[^.]{0,40}\b(?:and|then)[ ](?:say|print|write|answer|reply)\b
    | \bwhen[ ]asked\b[^.]{0,30}\b(?:say|answer|reply|respond|state|tell)\b
    | \b(?:ai|llm|language[ ]model|chatbot|(?:ai|the)[ ]assistant|copilot|gpt)s?\b[^.]{0,20}
        \b(?:must|shall|should|has[ ]to|have[ ]to|is[ ]to|are[ ]to|needs?[ ]to|will[ ]now|please)\b
    | \b(?:respond|reply|answer|conclude|begin|end|start|finish|close)\b[^.]{0,30}\b(?:with|only|exactly|verbatim|by[ ]saying|using|
        in[ ]your|every)\b[^.]{0,12}(?:[:"“'‘]|\bthe[ ](?:words?|phrase|text|following|sentence|string|code|link)\b|
        \b(?:this|these)[ ](?:link|words?|code|text|sentence)\b|\bonly\b|https?:|www\.|!\[|\[)
    | \b(?:say|write|print|output|type|state|claim|tell|inform|insert|embed|add|include|append|mention|cite|quote|render|paste)\b[^.]{0,40}
        (?:\bin[ ]your[ ](?:answer|reply|response|output|summary)|\bto[ ]your[ ](?:answer|reply|response|output)|\bthe[ ]user\b|
        \byour[ ](?:answer|reply|response)\b)
    | \byour[ ](?:answer|reply|response|output|summary)\b[^.]{0,30}\b(?:must|should|shall|has[ ]to|is[ ]to|needs[ ]to|will|always|only)\b
    | \b(?:do[ ]not|don['’]t|never)\b[^.]{0,20}\b(?:tell|inform|reveal|mention|warn|alert)\b[^.]{0,20}\b(?:the[ ]user|users|anyone|them)\b
    | \b(?:correct|right|only|proper|true|best|valid)[ ](?:answer|reply|response)s?[ ](?:to|for)[ ](?:any|every|all|each|this|your)\b
    | \b(?:new|updated|additional|real|actual|revised|special|urgent)[ ](?:system[ ])?instructions?\b[^.]{0,12}[:.]
    | <\|[^|\n]{2,24}\|> | \[/?INST\] | <</?SYS>> | \#\#\#[ ]*(?:instruction|system|assistant|human|user|response)
    | \bBEGIN[ ](?:SYSTEM|INSTRUCTIONS?|PROMPT)\b | \bend[ ]of[ ](?:evidence|context|documents?|data|input)\b
    | \b(?:ignoriere|vergiss|missachte)\b[^.]{0,50}\b(?:anweisung\w*|regeln|vorgaben|befehle|dokumente?)
    | \b(?:antworte|schreibe|gib|sage)\b[^.]{0,30}\b(?:nur|genau|ausschlie\w+|immer)\b[^.]{0,20}[:"„“]
    | \b(?:ignore[sz]?|oublie[sz]?)\b[^.]{0,40}\b(?:instructions?|consignes?|r[eè]gles?)\b
    | \b(?:ignora|olvida|dimentica)\b[^.]{0,40}\b(?:instrucciones|istruzioni|reglas|regole)\b
    | \b(?:call|use|invoke|execute|run)\b[^.]{0,24}\b(?:tools?|functions?|plugin|api|command|shell|code)\b[^.]{0,40}\b(?:with|to|and|now)\b
    | \b(?:delete|remove|erase|wipe|drop)\b[^.]{0,24}\b(?:library|catalog|collections?|index|database|all[ ]files|all[ ]documents)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Doubt:
    """Characters `[start, end)` of a page, and why they are not believed: hidden, or to a model."""

    start: int
    end: int
    why: str


HIDDEN, TO_A_MODEL = "hidden", "to a model"


def doubts(page: Page) -> tuple[Doubt, ...]:
    """What of a page's text is not believed, by place."""
    hidden = page.meta.get("hidden") or {}
    found = [Doubt(int(a), int(b), HIDDEN) for a, b in hidden.get("spans", ())]
    found += [Doubt(a, b, TO_A_MODEL) for a, b in addressed(page.text.text)]
    return tuple(sorted(found, key=lambda d: (d.start, d.end)))


_ROLE = re.compile(
    r"^ *(?:system|assistant|developer|user|human|ai|llm|bot) ?: ", re.IGNORECASE | re.MULTILINE
)
_NEAR = 100  # characters around such a word
# Without one of these words nothing of that can be said; most pages have none of them.
_HINT = re.compile(
    r"instruct|prompt|assistant|chatbot|\bai\b|a\.i\.|llm|gpt|copilot|language model|the model|answer|reply|respon[ds]|conclude|"
    r"output|the user|evidence|<\||\[/?inst|<<|###|system|developer|disregard|forget|ignore|from now on|you are|translate|when asked|\{\{|</|rules|guidelines|anweisung|vorgaben|regeln|schreibe|sage|gib|consigne|"
    r"instruccion|istruzion|reglas|regole|règles|tool|function|plugin|library|catalog|collections|database|helper|\bbot\b|"
    r"\bagent|human:|user:|passwords?|api keys?|users|anyone",
    re.IGNORECASE,
)


_LOOKALIKES = str.maketrans(
    "абеорсухіјѕԁһӏАВЕКМНОРСТУХІЈЅαοενικρτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aeeopcyxijsdhlABEKMHOPCTYXIJSaoevikptuxABEZHIKMNOPTYX",
)
_MIXED = re.compile(r"[A-Za-z][\u0370-\u04ff]|[\u0370-\u04ff][A-Za-z]")
_UNSEEN = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def _undisguised(text: str) -> str:
    """`text`, of the same length, with letters for what looks like them, and what is not seen left out at the end of its
    word."""
    if text.isascii():
        return text
    if _UNSEEN.search(text):
        text = re.sub(r"\S+", lambda m: (bare := _UNSEEN.sub("", m[0])) + " " * (len(m[0]) - len(bare)), text)
    text = "".join(_letter(c) for c in text)
    return text.translate(_LOOKALIKES) if _MIXED.search(text) else text


def _letter(char: str) -> str:
    plain = char if char.isascii() else unicodedata.normalize("NFKC", char)
    return plain if len(plain) == 1 else char


@lru_cache(maxsize=256)
def addressed(text: str) -> tuple[tuple[int, int], ...]:
    """Spans of words that speak to a model: from the start of their line to a little behind them."""
    found: list[tuple[int, int]] = []
    text = _undisguised(text)
    flat = text.replace("\n", " ")  # an order goes on over the end of its line
    for a, b in sorted(
        {m.span() for part in _parts(text) for m in _TO_A_MODEL.finditer(flat, *part)} | _roles(text)
    ):
        start = text.rfind("\n", 0, a) + 1
        end = min(len(text), b + _PAYLOAD)
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)


def _parts(text: str) -> list[tuple[int, int]]:
    """The neighbourhoods of words that orders are made of, joined: all of a page is not worth looking at."""
    parts: list[tuple[int, int]] = []
    for m in _HINT.finditer(text):
        start, end = max(0, m.start() - _NEAR), min(len(text), m.end() + _NEAR)
        if parts and start <= parts[-1][1]:
            parts[-1] = (parts[-1][0], end)
        else:
            parts.append((start, end))
    return parts


def _roles(text: str) -> set[tuple[int, int]]:
    """Lines that open as those of a chat do."""
    return {m.span() for m in _ROLE.finditer(text)}


def warning(hit: Hit, page: Page) -> str:
    """What people are told about a page among the evidence, in one sentence; "" for most pages."""
    place = (
        f"{harmless(PurePath(hit.source).name)}, page {page.number},"  # names of files are foreign words, too
    )
    if (page.meta.get("hidden") or {}).get("words", 0) >= LEAST:
        return f"{place} holds text that nobody sees on the page; it was not used."
    return (
        f"{place} holds words that speak to a model instead of a reader." if addressed(page.text.text) else ""
    )
