"""Words on a page that speak to a model instead of a reader: orders, roles of a chat, tokens of its templates.

A list of how people speak to models cannot be complete, and a form speaks to its readers in like words ("answer with yes or
no"). So each pattern needs two things: who is spoken to, or that an order is overridden, and what shall be said. Here are
those of English and of chats; commands.py has the words of all languages. Disguises are taken off first (bared.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from triptych.grounding import commands
from triptych.grounding.bared import Bare, Span, readings

_PAYLOAD = 400  # characters after words to a model that are taken to belong to them
_NEAR = 100  # characters around a word that orders are made of

_ENGLISH = r"""
    \b(?:ignore|disregard|forget|override|bypass|discard|neglect|skip)\b[^.]{0,40}\b(?:previous|prior|above|earlier|preceding|all|any|
        other|your|the|system|existing|given|initial|original)\b[^.]{0,30}\b(?:instructions?|prompts?|rules?|directions?|guidelines?|
        context|evidence|commands?|orders?|constraints?|documents?|question|messages?|sources?)\b
    | \b(?:system|developer|hidden|initial|assistant)[ ]prompt\b | \bsystem[ ]?override\b
    | \b(?:reveal|print|repeat|output|show|leak|disclose|display|recite|reproduce|expose|quote|append)\b[^.]{0,50}
        \b(?:system[ ](?:message|prompt|instructions?)|your[ ](?:instructions|prompt|rules|configuration|guidelines)|
        instructions[ ]you|(?:other|all)[ ](?:documents|evidence|collections|sources)|api[ ]keys?|passwords?)
    | \b(?:attention|note|message|instructions?|notice|memo|important|hint|reminder|warning|footnote)[ ]*(?:to|for)[ ]+(?:the|any|all|every)?[ ]*
        (?:ai|a\.i\.|llm|language|assistant|chatbot|models?|assistants|bot|copilot|gpt|reviewer[ ]model|automated[ ]readers?)
    | \b(?:as|you[ ]are|act[ ]as|pretend|if[ ]you[ ]are|dear|hey|hello)\b[^.]{0,24}\b(?:ai|a\.i\.|llm|language[ ]model|chatbot|
        ai[ ]assistant|virtual[ ]assistant|gpt|copilot)\b
    | \b(?:dear|hey|hello)[ ](?:ai|assistant|helper|model|bot|agent|chatbot)\b
    | \b(?:attention|important|note|warning|notice)[ ]*[:!,]?[ ]*(?:ai|llm|language|gpt)[ ]?(?:models?|assistants?|agents?|systems?)\b
    | \b(?:disregard|ignore|forget)[ ](?:all[ ]of[ ]|everything[ ])?(?:the[ ])?(?:above|previous|foregoing|preceding)\b
    | \b(?:forget|ignore|disregard)[ ](?:what|everything|all)[ ](?:that[ ])?you[ ](?:were|have|know|read|had)\b
    | \bfrom[ ]now[ ]on\b[^.]{0,20}\byour?\b | \byou[ ]are[ ](?:now[ ])?(?:dan|in[ ](?:developer|maintenance|debug|admin)[ ]mode)\b
    | \b(?:developer|maintenance|debug|admin)[ ]mode[ ]*:[ ]*(?:echo|print|say|output|write|show) | \bi[ ]am[ ]your[ ](?:developer|creator|admin\w*|operator)\b
    | \b(?:instead|in[ ]place)[ ]of\b[^.]{0,40}\b(?:paper|page|document|printed)\b[^.]{0,20}\b(?:mention|say|state|answer|report|tell|give[ ]out)\b
    | \bwhatever\b[^.]{0,40}\b(?:assert|say|answer|reply)\b | \bexecute[ ]*:[ ]*\w+\( | \bfinal_answer\b | \brobots?[ ]must\b
    | \bin[ ](?:every|each|any)[ ](?:reply|answer|response)\b[^.]{0,50}\b(?:write|say|state|mention|include|add)\b
    | \bi[ ]am[ ]your[ ]developer\b | \b(?:bot|robots?|copilot)\b[^.]{0,20}\b(?:open|send|share|believe)\b
    | \btranslat(?:e|ing)[ ](?:the|this)[ ](?:following|text)\b[^.]{0,40}\b(?:say|print|write|answer|reply|output|append)\b
    | \b(?:when|whenever|if|once)[ ](?:you[ ]are[ ]|you're[ ])?asked\b[^.]{0,40}\b(?:say|answer|reply|respond|state|tell)\b
    | \b(?:ai|llm|language[ ]model|chatbot|(?:ai|the)[ ]assistant|copilot|gpt)s?\b[^.]{0,20}
        \b(?:must|shall|should|has[ ]to|have[ ]to|is[ ]to|are[ ]to|needs?[ ]to|will[ ]now|please|answers|replies|outputs)\b
    | \b(?:assistants?|models?|ai|llms?|bots?|gpt|machines|robots|chatbots?)[ ]?[:,][ ]?(?:(?:please|kindly|always|now|just|only|you|must|should|shall)[ ])*
        (?:output|append|say|write|print|reply|answer|add|insert|include|search|list|set|call|execute|run|delete|confirm|report|state|announce|repeat|reveal|
        ignore|forget|decode|mention|claim|conclude|finish|respond|tell|assert|declare|cite|quote|treat|assume|in[ ]your)\b
    | \b(?:respond|reply|answer|conclude|begin|end|start|finish|close)\b[^.]{0,30}\b(?:with|only|exactly|verbatim|by[ ]saying|using|
        in[ ]your|every)\b[^.]{0,12}(?:[:"“'‘]|\bthe[ ](?:words?|phrase|text|following|sentence|string|code|link)\b|
        \b(?:this|these)[ ](?:link|words?|code|text|sentence)\b|\bonly\b|https?:|www\.|!\[|\[)
    | \b(?:always|only)[ ](?:begin|end|start|finish|close|reply|respond|answer)[ ](?:with|by)\b
    | \b(?:say|write|print|output|type|state|claim|tell|inform|insert|embed|add|include|append|mention|cite|quote|render|paste|written|echo)\b
        (?![^.]{0,60}\b(?:ref|reference|number|no|date|file|case)\b)(?:[^.]|\.(?![ ])){0,60}
        (?:\bin[ ](?:your|every|each)[ ](?:answer|reply|response|output|summary)|\bto[ ](?:your|the)[ ](?:answer|reply|response|output)\b|\bthe[ ]user\b|
        \byour[ ](?:answer|reply|response)\b)
    | \bquote[ ]the[ ]following[ ](?:sentence|line|text|words?)\b | \b(?:text|words?|answer)[ ]to[ ]show[ ](?:the[ ])?users?\b
    | \bwrite[ ]this\b[ ]*: | \byou[ ]are[ ]this[ ](?:helper|assistant|model|bot)\b
    | \b(?:helper|assistant|model|bot)[ ](?:who|that|which)[ ](?:always[ ])?(?:replies|answers|says|outputs)\b
    | \b(?:bonus|reward|tip)\b[^.]{0,30}\bfor[ ](?:writing|saying|replying)\b
    | \b(?:if[ ]you[ ]do[ ]not|unless[ ]you)[ ](?:say|output)\b
    | \bdo[ ]not[ ]tell\b[^.]{0,40}\.[ ]*tell\b
    | \byour[ ](?:answer|reply|response|output|summary)\b[^.]{0,30}\b(?:must|should|shall|has[ ]to|is[ ]to|needs[ ]to|will|always|only)\b
    | \b(?:every|each|all|good)[ ](?:answer|reply|response|summary|replies|answers|responses|summaries)\b[^.]{0,30}\b(?:always|begins?|starts?|ends?)\b
    | \b(?:answer|reply|response)[ ]must[ ]be[ ](?!(?:in|on|at|as|to|by|a|an|no|not|written|rounded|given|submitted|returned|received|sent|made|signed|typed|legible|correct
        |justified|supported|exact|within|clear|complete)\b)
    | \b(?:answers|replies|responses)[ ]consist[ ]of\b
    | \b(?:do[ ]not|don['’]t|never)\b[^.]{0,20}\b(?:tell|inform|reveal|mention|warn|alert)\b[^.]{0,20}\b(?:the[ ]user|users|anyone|them)\b
    | \b(?:correct|right|only|proper|true|best|valid)[ ](?:answer|reply|response)s?[ ](?:to|for)[ ](?:any|every|all|each|this|your)\b
    | \b(?:new|updated|additional|real|actual|revised|special|urgent)[ ](?:system[ ])?instructions?\b[^.]{0,12}[:.]
    | \bend[ ]of[ ](?:evidence|context|documents?|data|input)\b
    | \b(?:call(?![ ]cent)|use|invoke|execute|run)\b[^.]{0,24}\b(?:tools?|functions?|plugin|api|command|shell|code)\b[^.]{0,40}\b(?:with|to|and|now)\b
    | \b(?:delete|remove|erase|wipe|drop)\b[^.]{0,24}\b(?:library|catalog|collections?|index|database|all[ ]files|all[ ]documents)\b
    | \bpretend[ ]that\b | \b(?:kindly|please)[ ](?:say|state|claim|pretend|assert|declare)[ ]that\b | \bis[ ]what[ ]you[ ](?:say|answer|reply|tell|write)\b
    | \b(?:developer|system|assistant)[ ](?:message|note|notice|order|command)[ ]?: | \b(?:begin|end|start)[ ](?:of[ ])?(?:new[ ])?(?:system[ ])?(?:instructions?|prompt)\b
    | \b(?:whoever|anyone[ ]who|anybody[ ]who|everyone[ ]who|those[ ]who)[ ](?:reads?|summari[sz]es?|answers?|process(?:es)?|quotes?|is[ ]asked)\b[^.]{0,60}
        \b(?:must|should|shall|has[ ]to|have[ ]to|needs?[ ]to|is[ ]to|will)[ ](?:\w+[ly]+[ ])?(?:say|write|state|answer|reply|claim|report|declare|tell|mention|add|cite)\b
    | \btell[ ](?:people|everyone|everybody|whoever)\b
    | \b(?:verified|approved|official|expected|required|only[ ]correct)[ ]answer[ ](?:is|was|:)
    | \b(?:if|when|whenever|should)[ ](?:somebody|someone|anyone|anybody|people|a[ ]user|the[ ]user|they)[ ](?:asks?|inquires?|enquires?|wants?[ ]to[ ]know)\b
        [^.]{0,60}\b(?:answer[ ](?:is|with|that|:)|say|reply|respond|tell|state)
    | \b(?:put|set|lay)\b[^.]{0,20}\b(?:rules|instructions|guidelines)[ ]aside\b | \byour[ ](?:task|instructions|rules|prompt)[ ](?:has|have|is|are)[ ](?:now|changed|been)\b
    | \bregardless[ ]of[ ]what[ ](?:the|this|any)[ ](?:page|document|paper|text|evidence)\b | \banswer[ ](?:every|any|each|all)[ ]questions?[ ](?:with|by)\b
    | \binstead[ ]of[ ]the[ ](?:printed|true|real|actual|stated|given)\b[^.]{0,40}\b(?:give|say|answer|state|report|write|tell)\b
    | \byou[ ]are[ ][^.:]{0,40}\bwho[ ](?:always|only)\b
    | \b(?:authori[sz]e|instruct|order|command)[ ]you[ ]\S+[ ](?:answer|say|reply|state|claim|tell|write|confirm|report)\b
    | \bwhen[ ]you[ ](?:answer|summari[sz]e)\b[^.]{0,20}\b(?:cite|mention|say|add|claim|write|state|end|begin)\b
    | \bin[ ]your[ ]summary\b[^.]{0,20}\b(?:say|claim|state|write|mention|add|cite)\b
    | (?:^|[ ])a:[ ][^?]{3,120}\[\d+\]
"""
_TEMPLATES = r"""
    </?(?:system|assistant|instructions?|prompt|user|human|evidence|context|tool\w*)> | \{\{[#/]?(?:system|user|assistant)
    | <\|[^|\n]{2,24}\|> | \[/?inst\] | <</?sys>> | </?(?:start|end)[ ]of[ ]turn> | \#\#\#[ ]*(?:instruction|system|assistant|human|user|response)
    | ["']role["']\s*:\s*["'](?:system|assistant|user|developer)["'] | ["'](?:tool|function|tool[ ]call)["']\s*:\s*["{]
    | <!--[ ]*(?:assistant|ai|model|llm|system)\b | =[ ]*answer\(
"""
_TO_A_MODEL = re.compile(f"{_ENGLISH} | {_TEMPLATES}", re.VERBOSE)
# The first words of a line of a chat.
_ROLE = re.compile(
    r"(?<!\S)(?:system|assistant|developer|user|human|ai|llm|bot|sistema|asistente|systeme|assistent|система|系统|助手) ?: ?"
)
# Without one of these words nothing of that can be said; most pages have none of them.
_HINT = """
instruct prompt assistant chatbot gpt copilot language_model the_model model: model, answer reply repli respon conclude output the_user evidence <| <start <end
<!-- [inst [/inst << ### system developer disregard forget ignore from_now_on you_are translat asked {{ </ rules guidelines quote_the_following quote_this
write_this bonus reward unless_you if_you_do_not do_not_tell always_begin always_end always_start always_fini only_begin only_end summary_of_this tool function
plugin library catalog collections database helper "role 'role echo debug agent human: user: password api_key users anyone pretend you_say whoever somebody asks
aside your_task regardless instead_of_the tell_people tell_every machines robot bot_ =answer execute: instead_of in_place_of whatever final_answer begin_ authori summari a:_
"""
_HINTS = tuple(hint.replace("_", " ") for hint in _HINT.split())
_SHORT = re.compile(r"\b(?:ai|llms?|bot)\b|\ba\.i\.")
_GOES_ON = re.compile(r"[^\n]{30,}[^\s.:;!?。]\Z")  # a line of prose whose sentence is not at its end
_BROKEN = 3  # lines over which a sentence is followed back


@lru_cache(maxsize=256)
def addressed(text: str) -> tuple[Span, ...]:
    """Spans of words that speak to a model: from where their sentence begins, in whole lines, to a little behind them."""
    found: list[Span] = []
    said: set[Span] = set()
    for bare in readings(text):
        said |= {bare.span(*span) for span in _orders(bare)} | set(_roles(bare, text))
    for a, b in sorted((_opening(text, a), b) for a, b in said):
        end = min(len(text), b + _PAYLOAD)
        if found and a <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((a, end))
    return tuple(found)


def _orders(bare: Bare) -> Iterator[Span]:
    for part in _parts(bare.text):
        yield from (m.span() for m in _TO_A_MODEL.finditer(bare.text, *part))
    yield from commands.orders(bare)


def _opening(text: str, at: int) -> int:
    """Where the sentence of a character begins: the line that it is on, or one of those that it goes on from."""
    start = text.rfind("\n", 0, at) + 1
    for _ in range(_BROKEN):
        before = text.rfind("\n", 0, max(0, start - 1)) + 1
        if before == start or not _GOES_ON.match(text[before : start - 1]):
            break
        start = before
    return start


def _parts(text: str) -> list[Span]:
    """The neighbourhoods of words that orders are made of, joined: all of a page is not worth looking at."""
    parts: list[Span] = []
    for a, b in sorted(_hints(text)):
        start, end = max(0, a - _NEAR), min(len(text), b + _NEAR)
        if parts and start <= parts[-1][1]:
            parts[-1] = (parts[-1][0], end)
        else:
            parts.append((start, end))
    return parts


def _hints(text: str) -> Iterator[Span]:
    yield from (m.span() for m in _SHORT.finditer(text))
    for hint in _HINTS:  # searched for one by one: seven times faster than a pattern of all
        at = text.find(hint)
        while at >= 0:
            yield at, at + len(hint)
            at = text.find(hint, at + len(hint))


def _roles(bare: Bare, text: str) -> Iterator[Span]:
    """Words that open a line as those of a chat do."""
    for m in _ROLE.finditer(bare.text):
        start, end = bare.span(m.start(), m.end())
        if not text[text.rfind("\n", 0, start) + 1 : start].strip():
            yield start, end
