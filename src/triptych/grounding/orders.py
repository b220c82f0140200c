"""Words on a page that speak to a model instead of a reader: orders, roles of a chat, tokens of its templates.

A list of how people speak to models cannot be complete, and a form speaks to its readers in like words ("answer with yes or
no"). So each pattern needs two things: who is spoken to, or that an order is overridden, and what shall be said. Disguises
(letters of other scripts, digits for letters, letters set apart) are taken off first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from triptych.grounding.plain import LOOKALIKES

_PAYLOAD = 400  # characters after words to a model that are taken to belong to them
_NEAR = 100  # characters around a word that orders are made of

_ENGLISH = r"""
    \b(?:ignore|disregard|forget|override|bypass|discard|neglect|skip)\b[^.]{0,40}\b(?:previous|prior|above|earlier|preceding|all|any|
        other|your|the|system|existing|given|initial|original)\b[^.]{0,30}\b(?:instructions?|prompts?|rules?|directions?|guidelines?|
        context|evidence|commands?|orders?|constraints?|documents?|question|messages?|sources?)\b
    | \b(?:system|developer|hidden|initial|assistant)[ ]prompt\b | \bsystem_?override\b
    | \b(?:reveal|print|repeat|output|show|leak|disclose|display|recite|reproduce|expose|quote|append)\b[^.]{0,50}
        \b(?:system[ ](?:message|prompt|instructions?)|your[ ](?:instructions|prompt|rules|configuration|guidelines)|
        instructions[ ]you|(?:other|all)[ ](?:documents|evidence|collections|sources)|api[ ]keys?|passwords?)
    | \b(?:attention|note|message|instructions?|notice|memo|important|hint|reminder|warning|footnote)[ ]*(?:to|for)[ ]+(?:the|any|all|every)?[ ]*
        (?:ai|a\.i\.|llm|language|assistant|chatbot|models?|assistants|agents?|bot|copilot|gpt|reviewer[ ]model|automated[ ]readers?)
    | \b(?:as|you[ ]are|act[ ]as|pretend|if[ ]you[ ]are|dear|hey|hello)\b[^.]{0,24}\b(?:ai|a\.i\.|llm|language[ ]model|chatbot|
        ai[ ]assistant|virtual[ ]assistant|gpt|copilot)\b
    | \b(?:dear|hey|hello)[ ](?:ai|assistant|helper|model|bot|agent|chatbot)\b
    | \b(?:attention|important|note|warning|notice)[ ]*[:!,]?[ ]*(?:ai|llm|language|gpt)[ ]?(?:models?|assistants?|agents?|systems?)\b
    | \b(?:disregard|ignore|forget)[ ](?:all[ ]of[ ]|everything[ ])?(?:the[ ])?(?:above|previous|foregoing|preceding)\b
    | \b(?:forget|ignore|disregard)[ ](?:what|everything|all)[ ](?:that[ ])?you[ ](?:were|have|know|read|had)\b
    | \bfrom[ ]now[ ]on\b[^.]{0,20}\byour?\b | \byou[ ]are[ ](?:now[ ])?(?:dan|in[ ](?:developer|maintenance|debug|admin)[ ]mode)\b
    | \b(?:developer|maintenance|debug|admin)[ ]mode[ ]*:[ ]*(?:echo|print|say|output|write|show) | \bi[ ]am[ ]your[ ](?:developer|creator|admin\w*|operator)\b
    | \btranslat(?:e|ing)[ ](?:the|this)[ ](?:following|text)\b[^.]{0,40}\b(?:say|print|write|answer|reply|output|append)\b
    | \bwhen[ ]asked\b[^.]{0,30}\b(?:say|answer|reply|respond|state|tell)\b
    | \b(?:ai|llm|language[ ]model|chatbot|(?:ai|the)[ ]assistant|copilot|gpt)s?\b[^.]{0,20}
        \b(?:must|shall|should|has[ ]to|have[ ]to|is[ ]to|are[ ]to|needs?[ ]to|will[ ]now|please|answers|replies|outputs)\b
    | \b(?:assistant|model|ai|llm|bot|gpt)\b[ ]*[:,][ ]*(?:please[ ])?(?:output|append|say|write|print|reply|answer|add|insert|include)\b
    | \b(?:respond|reply|answer|conclude|begin|end|start|finish|close)\b[^.]{0,30}\b(?:with|only|exactly|verbatim|by[ ]saying|using|
        in[ ]your|every)\b[^.]{0,12}(?:[:"“'‘]|\bthe[ ](?:words?|phrase|text|following|sentence|string|code|link)\b|
        \b(?:this|these)[ ](?:link|words?|code|text|sentence)\b|\bonly\b|https?:|www\.|!\[|\[)
    | \b(?:always|only)[ ](?:begin|end|start|finish|close|reply|respond|answer)[ ](?:with|by)\b
    | \b(?:say|write|print|output|type|state|claim|tell|inform|insert|embed|add|include|append|mention|cite|quote|render|paste|written|echo)\b
        (?![^.]{0,60}\b(?:ref|reference|number|no|date|file|case)\b)[^.]{0,40}
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
    | \bBEGIN[ ](?:SYSTEM|INSTRUCTIONS?|PROMPT)\b | \bend[ ]of[ ](?:evidence|context|documents?|data|input)\b
    | \b(?:call(?![ ]cent)|use|invoke|execute|run)\b[^.]{0,24}\b(?:tools?|functions?|plugin|api|command|shell|code)\b[^.]{0,40}\b(?:with|to|and|now)\b
    | \b(?:delete|remove|erase|wipe|drop)\b[^.]{0,24}\b(?:library|catalog|collections?|index|database|all[ ]files|all[ ]documents)\b
"""
_TEMPLATES = r"""
    </?(?:system|assistant|instructions?|prompt|user|human|evidence|context|tool\w*)> | \{\{[#/]?(?:system|user|assistant)
    | <\|[^|\n]{2,24}\|> | \[/?INST\] | <</?SYS>> | </?(?:start|end)_of_turn> | \#\#\#[ ]*(?:instruction|system|assistant|human|user|response)
    | ["']role["']\s*:\s*["'](?:system|assistant|user|developer)["'] | ["'](?:tool|function|tool_call)["']\s*:\s*["{]
    | <!--[ ]*(?:assistant|ai|model|llm|system)\b | =[ ]*ANSWER\(
"""
_OTHERS = r"""
    \b(?:ignoriere|vergiss|missachte)\b[^.]{0,50}\b(?:anweisung\w*|regeln|vorgaben|befehle|dokumente?|alles|bisherige\w*)
    | \b(?:antworte|schreibe|gib|sage)\b[^.]{0,30}\b(?:nur|genau|ausschlie\w+|immer|stets)\b
    | \b(?:sprachmodelle?n?|ki|ki-\w+|assistent(?:en)?)\b[^.]{0,20}[:,][^.]{0,20}\b(?:schreibe?|gib|nenne|sage?|antworte)\b
    | \b(?:in|zu)[ ](?:deine[rm]?|jede[rm]?)[ ]antwort\b | \bdeine[ ]antwort\b | \bantwort[ ](?:muss\b[^.]{0,120}\blauten|lautet[ ]ab)\b | \bnenne[ ]stattdessen\b
    | \b(?:schreibst|nennst|sagst|antwortest)[ ]du[ ](?:nicht|das)\b | \bwirst[ ]du[ ](?:nach|gefragt)\b | \bschreibe?[ ](?:dies|das|folgendes)[ ]*: | \bschreibe[ ]*:
    | \b(?:ignore[sz]?|oublie[sz]?)\b[^.]{0,40}\b(?:instructions?|consignes?|r[eè]gles?)\b
    | \bta[ ]réponse\b | \bdans[ ](?:chaque|toute)[ ]réponse\b | \bmod[eè]les?[ ]de[ ]langage\b
    | \b(?:ignora|olvida|dimentica|ignore|esqueça)\b[^.]{0,40}\b(?:instrucciones|istruzioni|instruções|reglas|regole|regras|todo|tutto|tudo)\b
    | \b(?:en|con)[ ]cada[ ]respuesta\b | \btu[ ]respuesta\b | \brespuesta[ ]debe[ ]ser\b | \bmodelos?[ ]de[ ]lenguaje\b | \bestimado[ ]asistente\b
    | \bsi[ ](?:te[ ])?(?:preguntan|pregunta)\b[^.]{0,40}\b(?:contesta|responde|di)\b | \bsi[ ]no[ ](?:escribes|dices|respondes)\b | \bescribe[ ]*:
    | \b(?:nella|la)[ ]tua[ ]risposta\b | \brisposta[ ]deve[ ]essere\b | \bresposta[ ]deve[ ]ser\b | \bmodell[io][ ]linguistic[io]\b | \bmodelos?[ ]de[ ]linguagem\b
    | (?:忽略|忘记|无视|不要理会)[^。]{0,15}(?:指令|规则|指示|提示|要求|一切) | (?:语言模型|人工智能|助手|机器人|大模型)[^。]{0,12}(?:输出|回答|写|说|必须|请)
    | (?:答案|回答|回复)(?:必须|应该|中请|里请|中要|是：|是:) | (?:请|必须|都要)(?:在回答|回答(?!以下|下列|所有|问题|上述)|输出|写上|写：|写:) | 从现在起[^。]{0,10}(?:回答|你) | 如果你不(?:写|说|回答|输出)
    | (?:前の|以前の|これまでの)(?:指示|命令)を?(?:無視|忘れ) | 必ず.{0,12}と(?:答え|書い|出力) | (?:지시|명령)[^.]{0,8}(?:무시|잊)
    | (?:забудь|игнорируй)\w*[^.]{0,40}(?:инструкци|правил|указани)
"""
_TO_A_MODEL = re.compile(f"{_ENGLISH} | {_TEMPLATES} | {_OTHERS}", re.IGNORECASE | re.VERBOSE)
_ROLE = re.compile(
    r"^ *(?:system|assistant|developer|user|human|ai|llm|bot|sistema|asistente|système|assistent|系统|助手) ?[:：] ?",
    re.IGNORECASE | re.MULTILINE,
)
# Without one of these words nothing of that can be said; most pages have none of them.
_HINT = """
instruct prompt assistant chatbot gpt copilot language_model the_model model: model, answer reply repli respon conclude output the_user evidence <| <start <end
<!-- [inst [/inst << ### system developer disregard forget ignore from_now_on you_are translat when_asked {{ </ rules guidelines anweisung vorgaben regeln schreib
sage gib_ consigne quote_the_following quote_this write_this bonus reward unless_you if_you_do_not do_not_tell always_begin always_end always_start always_fini
only_begin only_end summary_of_this instruc istruzion reglas regole regras règles tool function plugin library catalog collections database helper "role
'role echo debug agent human: user: password api_key users anyone antwort nenne st_du_ sprachmodell vergiss respuesta responde contesta escrib asistente modelo
réponse modèle risposta resposta 忽略 忘记 无视 模型 助手 智能 机器人 答案 回答 回复 输出 写 系统 从现在 指示 命令 必ず 지시 명령 забудь игнорируй
"""
_HINTS = tuple(hint.replace("_", " ") for hint in _HINT.split())
_SHORT = re.compile(r"\b(?:ai|llms?|bot)\b|\ba\.i\.")
_MIXED = re.compile(r"[A-Za-z][\u0370-\u04ff]|[\u0370-\u04ff][A-Za-z]")
_UNSEEN = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_DIGITS = str.maketrans("01345$7@", "oieassta")
_LEET = re.compile(r"(?<!\S)(?=[a-z0-9@$]*[a-z])(?=[a-z0-9@$]*[0134570@$])[a-z0134570@$]{2,}(?=\S?(?:\s|$))")
_RUN = re.compile(r"(?:ignore|disregard|forget)(?:all|any|the|your|previous)|systemprompt", re.IGNORECASE)
_SPACED = re.compile(r"\b(?:[A-Za-z] ){5,}[A-Za-z]\b(?:  +(?:[A-Za-z] )*[A-Za-z]\b)*")


@lru_cache(maxsize=256)
def addressed(text: str) -> tuple[tuple[int, int], ...]:
    """Spans of words that speak to a model: from the start of their line to a little behind them."""
    found: list[tuple[int, int]] = []
    text = _undisguised(text)
    flat = text.replace("\n", " ")  # an order goes on over the end of its line
    said = {m.span() for part in _parts(text) for m in _TO_A_MODEL.finditer(flat, *part)}
    for a, b in sorted(said | _roles(text) | _apart(text)):
        start = text.rfind("\n", 0, a) + 1
        end = min(len(text), b + _PAYLOAD)
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)


def _undisguised(text: str) -> str:
    """`text`, of the same length, with letters for what looks like them, and what is not seen left out at the end of its
    word."""
    text = _LEET.sub(lambda m: m[0].translate(_DIGITS), text)
    if text.isascii():
        return text
    if _UNSEEN.search(text):
        text = re.sub(r"\S+", lambda m: (bare := _UNSEEN.sub("", m[0])) + " " * (len(m[0]) - len(bare)), text)
    text = "".join(_letter(c) for c in text)
    return text.translate(LOOKALIKES) if _MIXED.search(text) else text


def _letter(char: str) -> str:
    plain = char if char.isascii() else unicodedata.normalize("NFKC", char)
    return plain if len(plain) == 1 else char


def _parts(text: str) -> list[tuple[int, int]]:
    """The neighbourhoods of words that orders are made of, joined: all of a page is not worth looking at."""
    parts: list[tuple[int, int]] = []
    for a, b in sorted(_hints(_lower(text))):
        start, end = max(0, a - _NEAR), min(len(text), b + _NEAR)
        if parts and start <= parts[-1][1]:
            parts[-1] = (parts[-1][0], end)
        else:
            parts.append((start, end))
    return parts


def _hints(text: str) -> Iterator[tuple[int, int]]:
    yield from (m.span() for m in _SHORT.finditer(text))
    for hint in _HINTS:  # searched for one by one: seven times faster than a pattern of all
        at = text.find(hint)
        while at >= 0:
            yield at, at + len(hint)
            at = text.find(hint, at + len(hint))


def _lower(text: str) -> str:
    """Small letters, as many of them."""
    small = text.lower()
    return small if len(small) == len(text) else "".join(c.lower()[:1] for c in text)


def _roles(text: str) -> set[tuple[int, int]]:
    """Lines that open as those of a chat do."""
    return {m.span() for m in _ROLE.finditer(text)}


def _apart(text: str) -> set[tuple[int, int]]:
    """Orders in letters that are set apart: I G N O R E  A L L  R U L E S."""
    joined = ((m.span(), re.sub(r"(?<=\S) (?=\S)", "", m[0])) for m in _SPACED.finditer(text))
    return {s for s, words in joined if _TO_A_MODEL.search(re.sub(r" +", " ", words)) or _RUN.search(words)}
