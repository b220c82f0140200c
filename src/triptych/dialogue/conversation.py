"""Follow-up questions, written out with what they refer to, so that they can be looked up alone.

    rewritten(question, turns) -> str                    by rules, from the words of the turns
    rewritten_by(vlm, prompts, question, turns) -> str   by a model, held to those words

    remembered(folder), remember(folder, turns)          what the command line goes on from

"" means that a question stands for itself. The rules know three ways to follow on: "and for 2022?" exchanges what is
of the same kind, "who issued it?" puts a name for the pronoun, "when is the payment due?" adds what was spoken of. They
know no grammar beyond that; what was made of a question is always shown.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from triptych import values
from triptych.answering.question import parse
from triptych.dialogue.replies import drained
from triptych.errors import UserError
from triptych.grounding.plain import harmless
from triptych.grounding.prompting import Model, Prompts
from triptych.seams import Message
from triptych.words import language, tokens

MOST = 6  # earlier turns that are looked at
_LONGEST = 400  # characters of a question that is written out
_TOKENS = 128  # of a model's rewriting
_ELLIPSIS = re.compile(
    r"^(?:and|but|or|ok(?:ay)?,?|so|und|et|y|e)?,?\s*(?:(?:what|how) about|and for|and in|and|und|et|y)\s+(?:for |in |on |of |at |from |with |für |pour |para )?(.+?)[?.!\s]*$"
    r"|^(?:for|in|on|of|from) (.+?)\?\s*$",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\b(?:is|are|was|were|do|does|did|has|have|had|can|will|would|should|who|when|where|why|which|how)\b",
    re.IGNORECASE,
)
_THING = r"(?:invoice|receipt|bill|report|form|document|page|letter|contract|order|file|company|one|statement|memo|chart|table)"
_POSSESSED = re.compile(
    r"\b(?:its|their|his|her)\s+((?:[^\W\d_]+\s?){1,4}?)(?=[?.!,]|$|\s(?:is|was|on|in|at|for)\b)",
    re.IGNORECASE,
)
_POINTED = re.compile(rf"\b(?:this|that|these|those|the same)\s+{_THING}s?\b", re.IGNORECASE)
_PRONOUN = re.compile(
    r"\b(?:it|they|them|he|she|him|this|that|these|those)\b(?!\s+(?:[^\W\d_]{3,}\s+)?(?:that|true|possible|is)\b)",
    re.IGNORECASE,
)
_NAMES = re.compile(r"(?<![\w])(?:[A-Z][\w&'’.-]*|[A-Z]{2,}[\w-]*)(?:\s+(?:[A-Z][\w&'’.-]*|\d[\w.-]*))*")
_LEADING = re.compile(
    r"^\s*(?:on|of|in|for|from|at|by|with|to|per|about|der|des|von|du|de)\s+", re.IGNORECASE
)
_ARTICLE = re.compile(r"^(?:the|a|an|der|die|das|le|la|el)\s+", re.IGNORECASE)


class Turn(NamedTuple):
    """An earlier question, as it was understood, and the text of its answer."""

    question: str
    answer: str = ""


def proper(turns: Iterable[object]) -> list[Turn]:
    """Turns as callers give them: pairs of texts will do. Raises TypeError."""
    return [_proper(turn) for turn in turns]


def _proper(turn: object) -> Turn:
    if isinstance(turn, tuple | list) and len(turn) in (1, 2) and all(isinstance(said, str) for said in turn):
        return Turn(*turn)
    shown = f"{turn!r:.60}"
    raise TypeError(
        f"An earlier turn is {shown}, but must be triptych.Turn(question, answer), or a pair of texts."
    )


FILE = "conversation.json"


def remembered(folder: Path) -> list[Turn]:
    """The turns of the last conversation in this library; [] where there was none. Raises UserError."""
    path = folder / FILE
    if not path.is_file():
        return []
    try:
        return [Turn(str(t["question"]), str(t["answer"])) for t in json.loads(path.read_text("utf-8"))]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(
            f"The last conversation ({path}) cannot be read. Delete that file to begin anew."
        ) from error


def remember(folder: Path, turns: Sequence[Turn]) -> None:
    """Keep the newest turns, for the next question that goes on from them. Raises OSError."""
    part = folder / f"{FILE}.{os.getpid()}.part"
    part.write_text(json.dumps([t._asdict() for t in turns[-MOST:]], ensure_ascii=False), "utf-8")
    part.replace(folder / FILE)


def rewritten(question: str, turns: Sequence[Turn]) -> str:
    """`question` with what it refers to in `turns`, by rules; "" where it stands for itself or nothing fits."""
    if not turns:
        return ""
    before = turns[-1].question
    asked = " ".join(question.split())
    more = _ELLIPSIS.match(asked)
    rest = next(filter(None, more.groups()), "") if more else ""
    if rest and len(rest.split()) <= 6 and not _VERB.search(rest):
        return _exchanged(before, rest)[:_LONGEST]
    spoken_of = next((found for turn in reversed(turns[-MOST:]) if (found := _referent(turn))), "")
    if not spoken_of or _names(asked):
        return ""
    for pattern in (_POSSESSED, _POINTED, _PRONOUN):
        if word := pattern.search(asked):
            said = f"the {word[1].strip()} of {spoken_of}" if pattern is _POSSESSED else spoken_of
            return (asked[: word.start()] + said + asked[word.end() :])[:_LONGEST]
    body = asked.rstrip(" ?.!")
    return f"{body} on {spoken_of}?"[:_LONGEST] if len(body.split()) <= 9 else ""


def _exchanged(before: str, rest: str) -> str:
    """The earlier question with `rest` in place of what is of the same kind in it: a day, a code, a year, a name, or
    else what was asked for."""
    kinds = [(kind(f"of {rest}"), kind(before)) for kind in (_day, _code, _year, _name)]
    for new, old in kinds:
        if new and old:
            return before.replace(old, new, 1)
    if any(new for new, _ in kinds):
        return f"{before.rstrip(' ?.!')} {rest}?"
    label = _ARTICLE.sub("", parse(before).cuts[-1].label)
    if not label or label not in before:
        return f"{rest}: {before}"
    return before.replace(label, _ARTICLE.sub("", rest), 1)


def _day(text: str) -> str:
    return next((d.text for d in values.dates(text)), "")


def _code(text: str) -> str:
    return next((c.text for c in values.codes(text) if not c.text.isdigit() or len(c.text) > 4), "")


def _year(text: str) -> str:
    found = re.search(r"\b(?:FY ?)?(?:19|20)\d\d\b|\bQ[1-4]\b", text)
    return found[0] if found else ""


def _name(text: str) -> str:
    return max((n for n in _names(text) if any(map(str.isalpha, n))), key=len, default="")


def _names(text: str) -> list[str]:
    """Runs of words with capitals and codes; the word that opens the question is none."""
    opening = len(text) - len(text.lstrip()) + len(text.split(" ", 1)[0])
    found = [
        m[0].rstrip(".") for m in _NAMES.finditer(text) if m.start() >= opening or any(map(str.isdigit, m[0]))
    ]
    return [*found, *(c.text for c in values.codes(text) if not any(c.text in name for name in found))]


def _referent(turn: Turn) -> str:
    """What a turn was about: the part of its question that names something, else a name or code of its answer."""
    if _names(turn.question):
        context = parse(turn.question).cuts[-1].context.strip(" ?.!")
        named = _LEADING.sub("", context)
        return named if named and _names(f"x {named}") else " ".join(dict.fromkeys(_names(turn.question)))
    answered = re.sub(r"\s*\[\d+\]", "", turn.answer)
    return next(iter(_names(f"x {answered}")), "")


def rewritten_by(vlm: Model, prompts: Prompts, question: str, turns: Sequence[Turn]) -> str:
    """`question` as a model writes it out, if it uses no word but those of the conversation; else as the rules do.
    Raises VlmError."""
    if not turns:
        return ""
    talk = "\n".join(f"Q: {turn.question}\nA: {turn.answer}" for turn in turns[-MOST:])
    messages = (
        Message("system", (prompts.say("rewrite"),)),
        Message("user", (f"{talk}\nLast question: {question}",)),
    )
    said = harmless(drained(vlm.stream(messages, max_tokens=_TOKENS)).text)
    known = {
        word for turn in (*turns[-MOST:], Turn(question)) for text in turn for word in tokens.words(text)
    }
    small = language.stop_words(language.detect(question, tokens.words(question), least=1))
    words = set(tokens.words(said))
    if not words or words - known - small or len(said) > _LONGEST:
        return rewritten(question, turns)
    return "" if values.fold(said) == values.fold(question) else said
