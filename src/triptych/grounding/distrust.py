"""What on a page is not to be believed: words that nobody sees on it, and words that speak to a model.

Neither is shown to the model as text, and neither supports a sentence. This is the second line of defence: a page
may still say something false in plain sight, and then the answer cites that page for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from triptych.hidden import LEAST
from triptych.types import Page

_PAYLOAD = 400  # characters after words to a model that are taken to belong to them
_TO_A_MODEL = re.compile(
    r"""
    \b(?:ignore|disregard|forget|override|bypass|discard|neglect|skip)\b[^.\n]{0,40}\b(?:previous|prior|above|earlier|preceding|all|any|
        other|your|the|system|existing|given|initial|original)\b[^.\n]{0,30}\b(?:instructions?|prompts?|rules?|directions?|guidelines?|
        context|evidence|commands?|orders?|constraints?|documents?|question|messages?|sources?)\b
    | \b(?:system|developer|hidden|initial|assistant)[ ]prompt\b
    | \b(?:reveal|print|repeat|output|show|leak|disclose|display|recite|reproduce|expose|include|quote|append)\b[^.\n]{0,50}
        \b(?:system\b|your[ ](?:instructions|prompt|rules|configuration|guidelines)|instructions[ ]you|prompt\b|conversation|
        (?:other|all)[ ](?:documents|evidence|collections|sources|items)|api[ ]keys?|secrets?|passwords?)
    | \b(?:attention|note|message|instructions?|notice|memo|important|hint|reminder|warning)[ ]*(?:to|for)[ ]+(?:the|any|all|every)?[ ]*
        (?:ai|a\.i\.|llm|language|assistant|chatbot|model|models|assistants|agents?|bot|copilot|gpt|reviewer[ ]model)
    | \b(?:as|you[ ]are|act[ ]as|pretend|if[ ]you[ ]are|dear|hey|hello)\b[^.\n]{0,24}\b(?:ai|a\.i\.|llm|language[ ]model|chatbot|
        ai[ ]assistant|assistant|gpt|copilot|agent|bot)\b
    | \b(?:ai|llm|language[ ]model|assistant|chatbot|the[ ]model|copilot|gpt)s?\b[^.\n]{0,20}
        \b(?:must|shall|should|has[ ]to|have[ ]to|is[ ]to|are[ ]to|needs?[ ]to|will[ ]now|please)\b
    | \b(?:respond|reply|answer|conclude|begin|end|start|finish|close)\b[^.\n]{0,30}\b(?:with|only|exactly|verbatim|by[ ]saying|using|
        in[ ]your|every)\b[^.\n]{0,12}(?:[:"“'‘]|\bthe[ ](?:words?|phrase|text|following|sentence|string|code|link)\b|
        \b(?:this|these)[ ](?:link|words?|code|text|sentence)\b|\bonly\b|https?:|www\.|!\[|\[)
    | \b(?:say|write|print|output|type|state|claim|tell|inform|insert|embed|add|include|append|mention|cite|quote|render|paste)\b[^.\n]{0,40}
        (?:\bin[ ]your[ ](?:answer|reply|response|output|summary)|\bto[ ]your[ ](?:answer|reply|response|output)|\bthe[ ]user\b|
        \byour[ ](?:answer|reply|response)\b)
    | \byour[ ](?:answer|reply|response|output|summary)\b[^.\n]{0,30}\b(?:must|should|shall|has[ ]to|is[ ]to|needs[ ]to|will|always|only)\b
    | \b(?:do[ ]not|don['’]t|never)\b[^.\n]{0,20}\b(?:tell|inform|reveal|mention|warn|alert)\b[^.\n]{0,20}\b(?:the[ ]user|users|anyone|them)\b
    | \b(?:new|updated|additional|real|actual|revised|special|urgent)[ ](?:system[ ])?instructions?\b[^.\n]{0,12}[:.]
    | <\|[^|\n]{2,24}\|> | \[/?INST\] | <</?SYS>> | \#\#\#[ ]*(?:instruction|system|assistant|human|user|response)
    | (?:^|\n)[ ]*(?:system|assistant|developer|user|human)[ ]*:[ ]
    | \bBEGIN[ ](?:SYSTEM|INSTRUCTIONS?|PROMPT)\b | \bend[ ]of[ ](?:evidence|context|documents?|data|input)\b
    | \b(?:ignoriere|vergiss|missachte)\b[^.\n]{0,50}\b(?:anweisung\w*|regeln|vorgaben|befehle|dokumente?)
    | \b(?:antworte|schreibe|gib|sage)\b[^.\n]{0,30}\b(?:nur|genau|ausschlie\w+|immer)\b[^.\n]{0,20}[:"„“]
    | \b(?:ignore[sz]?|oublie[sz]?)\b[^.\n]{0,40}\b(?:instructions?|consignes?|r[eè]gles?)\b
    | \b(?:ignora|olvida|dimentica)\b[^.\n]{0,40}\b(?:instrucciones|istruzioni|reglas|regole)\b
    | \b(?:call|use|invoke|execute|run)\b[^.\n]{0,24}\b(?:tools?|functions?|plugin|api|command|shell|code)\b[^.\n]{0,40}\b(?:with|to|and|now)\b
    | \b(?:delete|remove|erase|wipe|drop)\b[^.\n]{0,24}\b(?:library|catalog|collections?|index|database|all[ ]files|all[ ]documents)\b
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


@lru_cache(maxsize=256)
def addressed(text: str) -> tuple[tuple[int, int], ...]:
    """Spans of words that speak to a model: from the start of their line to a little behind them."""
    found: list[tuple[int, int]] = []
    for m in _TO_A_MODEL.finditer(text):
        start = text.rfind("\n", 0, m.start()) + 1
        end = min(len(text), m.end() + _PAYLOAD)
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return tuple(found)


def warning(page: Page) -> str:
    """What people are told about a page, in one sentence; "" for most pages."""
    if (page.meta.get("hidden") or {}).get("words", 0) >= LEAST:
        return "holds text that nobody sees on the page; it was not used"
    if addressed(page.text.text):
        return "holds words that speak to a model instead of a reader; they were not used"
    return ""
