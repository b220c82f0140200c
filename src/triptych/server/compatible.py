"""The shapes of the OpenAI API: what of a chat is asked, and how an answer goes out.

A model is a collection, by its name; `triptych` is all that the key may see. The last message of the
user is asked, with its picture if it has one; it may refer to the turns before it. Citations are numbered links in the text, to the page with the
place marked, and a structured field: `citations`, and `annotations` of the message as OpenAI has them.
"""

from __future__ import annotations

import base64
import binascii
import re
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import quote

from triptych.dialogue import events
from triptych.dialogue.conversation import Turn
from triptych.server.problems import Problem, of_model
from triptych.types import Answer, Citation

EVERYTHING = "triptych"  # the model that looks at all collections
_DATA = re.compile(r"data:image/[\w.+-]{1,40};base64,", re.ASCII)
_LINK = re.compile(r"\[\[(\d{1,4})\]\]\([^)]*\)")
_NUMBER = re.compile(r"\[(\d{1,4})\]")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a chat asks."""

    text: str
    picture: bytes | None
    turns: list[Turn]  # of the conversation before


def asked(messages: Sequence[Mapping[str, Any]]) -> Asked:
    """The last message of the user. Raises Problem when there is none, or it holds what cannot be asked."""
    at = next((n for n in reversed(range(len(messages))) if messages[n].get("role") == "user"), None)
    if at is None:
        raise Problem(
            422, "no-question", "There is no message of the role 'user', so there is nothing to answer."
        )
    parts = _parts(messages[at])
    text = _text(parts)
    pictures = [p for p in parts if p.get("type") == "image_url"]
    if not text and not pictures:
        raise Problem(422, "no-question", "The last message of the user is empty.")
    return Asked(text, _picture(pictures[-1]) if pictures else None, _turns(messages[:at]))


def _parts(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    content = message.get("content")
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise Problem(422, "not-valid", "'content' is not right: it must be text, or a list of parts.")
    return parts


def _text(parts: Sequence[Mapping[str, Any]]) -> str:
    return " ".join(str(p.get("text", "")) for p in parts if p.get("type") == "text").strip()


def _turns(messages: Sequence[Mapping[str, Any]]) -> list[Turn]:
    """Questions of the user, each with the answer that follows it; links are taken out of the answers."""
    turns = []
    for question, answer in pairwise(messages):
        if question.get("role") == "user" and answer.get("role") == "assistant" and answer.get("content"):
            said = _LINK.sub(r"[\1]", _text(_parts(answer)))
            turns.append(Turn(_text(_parts(question)), said))
    return turns


def _picture(part: Mapping[str, Any]) -> bytes:
    """The bytes of a data URL. No other address is ever fetched."""
    told = part.get("image_url")
    url = told.get("url") if isinstance(told, dict) else told
    head = _DATA.match(url) if isinstance(url, str) else None
    if head is None or not isinstance(url, str):
        raise Problem(
            422, "picture-address", "A picture must be sent with the message, as data:image/...;base64,..."
        )
    try:
        return base64.b64decode(url[head.end() :], validate=True)
    except (binascii.Error, ValueError):
        raise Problem(422, "picture-address", "The picture of the message is not valid base64.") from None


# ------------------------------------------------------------------------------------------ answers


class Links:
    """Puts links in the place of citation numbers; `base` is the address of this server."""

    def __init__(self, base: str) -> None:
        self._base = base.rstrip("/")
        self._known: dict[int, Citation] = {}

    def know(self, citations: Iterable[Citation]) -> None:
        self._known.update((citation.n, citation) for citation in citations)

    def address(self, citation: Citation) -> str:
        """The page of this server's own viewer, the quoted words marked."""
        boxes = ";".join(",".join(f"{v:.4f}" for v in box) for box in citation.boxes)
        mark = f"?boxes={quote(boxes, safe='')}" if boxes else ""
        return f"{self._base}/#/page/{citation.asset}/{citation.page}{mark}"

    def linked(self, text: str) -> str:
        """`... 129.50 [1].` -> `... 129.50 [[1]](address).`"""

        def link(found: re.Match[str]) -> str:
            citation = self._known.get(int(found[1]))
            return found[0] if citation is None else f"[[{citation.n}]]({self.address(citation)})"

        return _NUMBER.sub(link, text)

    def annotations(self, text: str) -> list[dict[str, Any]]:
        """The links in `text` as OpenAI annotates them."""
        found = []
        for match in _LINK.finditer(text):
            if (citation := self._known.get(int(match[1]))) is not None:
                place = {
                    "start_index": match.start(),
                    "end_index": match.end(),
                    "url": self.address(citation),
                }
                title = f"{citation.source}, page {citation.page}"
                found.append({"type": "url_citation", "url_citation": {**place, "title": title}})
        return found


def completion(made: str, model: str, given: Answer, links: Links) -> dict[str, Any]:
    """A whole answer as a `chat.completion`."""
    links.know(given.citations)
    text = links.linked(given.text)
    message = {"role": "assistant", "content": text, "refusal": None, "annotations": links.annotations(text)}
    return {
        "id": made,
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": _usage(),
        **_told(given),
    }


def chunks(
    made: str, model: str, told: Iterable[events.Event], links: Links, usage: bool
) -> Generator[dict[str, Any], None, None]:
    """An answer as it comes, as `chat.completion.chunk`s. A piece of text goes out when the citations that follow
    it are known, for its numbers become links. Raises Problem when the model gave no whole answer."""
    head = {"id": made, "object": "chat.completion.chunk", "created": int(time.time()), "model": model}

    def chunk(delta: Mapping[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
        choice = {"index": 0, "delta": dict(delta), "finish_reason": finish, "logprobs": None}
        return {**head, "choices": [choice], **more}

    yield chunk({"role": "assistant", "content": ""})
    held = ""
    for event in told:
        if isinstance(event, events.Cited):
            links.know([event.citation])
        elif isinstance(event, events.Token):
            if held:
                yield chunk({"content": links.linked(held)})
            held = event.text
        elif isinstance(event, events.Done):
            if text := held or event.answer.text:
                yield chunk({"content": links.linked(text)})
            yield chunk({}, "stop", **_told(event.answer))
        elif isinstance(event, events.Failed):
            assert event.answer.error is not None
            raise of_model(event.answer.error.code)
    if usage:
        yield {**head, "choices": [], "usage": _usage()}


def _told(given: Answer) -> dict[str, Any]:
    """What OpenAI has no field for."""
    return {"citations": [c.to_dict() for c in given.citations], "abstained": given.abstained}


def _usage() -> dict[str, int]:
    """Tokens of the key's budget that an answer cost: none, for this server sells none."""
    return {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
