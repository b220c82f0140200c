"""Replies of vision-language models: taken whole, and refused when they are not.

drained(stream) -> Reply         all of a stream
sound(reply, name) -> str        its text; raises VlmError when it was refused, cut off or empty
"""

from __future__ import annotations

from collections.abc import Generator

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


def sound(reply: Reply, name: str) -> str:
    """The text of a reply that is whole. `name` is the model's, for the sentence. Raises VlmError."""
    if reply.finish == "refused":
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
            f"The answer of {name} was cut off after {reply.tokens_out or 'all its'} tokens. "
            "Raise generation.max_tokens.",
        )
    return reply.text
