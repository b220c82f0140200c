"""Replies of vision-language models: taken whole, and refused when they are not.

drained(stream) -> Reply         all of a stream
spoken(stream)                   a stream without what the model thinks aloud before it answers
sound(reply, name) -> str        its text; raises VlmError when it was refused, cut off or empty
"""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import closing

from triptych.errors import VlmError
from triptych.seams import Reply


def drained(stream: Generator[str, None, Reply]) -> Reply:
    """What a stream returns at its end. Raises what the stream raises."""
    while True:
        try:
            next(stream)
        except StopIteration as end:
            reply: Reply = end.value
            return reply


# How models decline in words; "I cannot find it" is an answer.
_REFUSAL = re.compile(
    r"\W*(?:(?:I['’]m|I am)(?: very)? sorry[,.;]?|sorry[,.;]?|unfortunately,?|as an AI[^,]{0,40},|es tut mir leid,?|je suis désolée?,?)?"
    r"(?: but| aber| mais)?\s*(?:I (?:can['’]?t|cannot|can not|won['’]t|will not|am (?:not able|unable) to|must decline to)(?: \w+)?"
    r"|I['’]m (?:not able|unable) to|ich kann (?:dabei|Ihnen)|je ne peux pas)\s+(?:assist|help|comply|fulfil|engage|participate|nicht helfen"
    r"|vous aider|t['’]aider|aider)",
    re.IGNORECASE,
)
THOUGHT, ANSWER = "<think>", "</think>"  # what stands around thoughts where a server leaves them in the text


def spoken(stream: Generator[str, None, Reply]) -> Generator[str, None, Reply]:
    """`stream` without the thoughts that it begins with, if it does; its first piece is held back only while it may
    still be their beginning. An answer that is all thoughts is empty."""
    held, thinking = "", True  # until it is clear that it does not, or no longer, think
    with closing(stream):
        while True:
            try:
                piece = next(stream)
            except StopIteration as end:
                reply: Reply = end.value
                rest = unthought(held) if thinking else ""
                if rest:
                    yield rest
                return reply._replace(text=unthought(reply.text))
            if not thinking:
                yield piece
                continue
            held += piece
            thinking = _may_think(held)
            if not thinking and (rest := unthought(held)):
                yield rest


def _may_think(text: str) -> bool:
    """Whether a reply that begins so is not yet an answer."""
    begun = text.lstrip()
    return not unthought(begun) if begun.startswith(THOUGHT) else THOUGHT.startswith(begun)


def unthought(text: str) -> str:
    """`text` without the thoughts that it begins with."""
    if not text.lstrip().startswith(THOUGHT):
        return text
    return text.partition(ANSWER)[2].lstrip()


def sound(reply: Reply, name: str, advice: str = "Raise generation.max_tokens.") -> str:
    """The text of a reply that is whole. `name` is the model's, for the sentence; `advice` is what helps against a reply
    that was cut off. Raises VlmError."""
    if reply.finish == "refused" or _REFUSAL.match(reply.text):
        raise VlmError(
            "vlm-refused", f"The model {name} refused to answer this. Ask otherwise, or set another vlm."
        )
    if not reply.text.strip():
        raise VlmError(
            "vlm-empty",
            f"The model {name} gave an empty answer. Ask again, raise generation.max_tokens (a thinking model may "
            "have used them all), or set another vlm.",
        )
    if reply.finish == "length":
        raise VlmError(
            "vlm-cut",
            f"The answer of {name} was cut off after {reply.tokens_out or 'all its'} tokens. {advice}",
        )
    return reply.text
