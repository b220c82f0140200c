"""A request for a chat completion as the bytes that are sent. Pictures are most of it, and nothing in them is to be
escaped: they are put between the JSON of the words as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from triptych.dialogue.control_tokens import broken_up
from triptych.seams import Message
from triptych.vlms._jpeg import Encoder

Pieces = list[bytes]  # JSON, when they are joined

_encoder = Encoder()


def body(sent: Pieces, **options: object) -> bytes:
    """The request for `messages` in JSON."""
    return b"".join([_json(options)[:-1], b',"messages":[', *sent, b"]}"])


def messages(asked: Sequence[Message]) -> Pieces:
    """The messages in JSON, commas between them."""
    return _listed([b'{"role":', _json(m.role), b',"content":', *_content(m), b"}"] for m in asked)


def _content(message: Message) -> Pieces:
    """The parts of a message; words alone as one text, as servers without pictures want it."""
    if all(isinstance(part, str) for part in message.parts):
        return [_json(broken_up("".join(map(str, message.parts))))]
    uris = iter(_encoder.uris([part for part in message.parts if not isinstance(part, str)]))
    parts = _listed(
        [b'{"type":"text","text":', _json(broken_up(part)), b"}"]
        if isinstance(part, str)
        else [b'{"type":"image_url","image_url":{"url":"', next(uris), b'"}}']
        for part in message.parts
    )
    return [b"[", *parts, b"]"]


def _listed(each: Iterable[Pieces]) -> Pieces:
    return [piece for pieces in each for piece in (b",", *pieces)][1:]


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
