"""Follow-up questions, written out with what they refer to, so that they can be looked up alone.

    rewritten(question, turns) -> str                    by rules, from the words of the turns
    rewritten_by(vlm, prompts, question, turns) -> str   by a model, held to those words

    remembered(folder), remember(folder, turns)          what the command line goes on from

"" means that a question stands for itself. The rules are those of `following`; what was made of a question is always
shown.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from triptych import values
from triptych.dialogue import following
from triptych.dialogue.replies import drained
from triptych.errors import UserError
from triptych.grounding.plain import harmless
from triptych.grounding.prompting import Model, Prompts
from triptych.seams import Message
from triptych.words import language, tokens

MOST = 6  # earlier turns that are looked at
_LONGEST = 400  # characters of a question that is written out
_TOKENS = 128  # of a model's rewriting


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
    return following.written_out(question, turns[-MOST:])[:_LONGEST]


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
