"""What happens while a question is answered, in order: the same for people, programs and servers.

    retrieval, then token and citation as often as needed, then done;  or error, at any point after retrieval

An `error` ends the answer: what was told before is checked and stands on the pages cited, but it is not the whole.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from triptych.types import Answer, Citation, Hit


@dataclass(frozen=True, slots=True)
class Retrieval:
    """The pages that were found, best first. `asked` is the question as it was looked for."""

    name: ClassVar[str] = "retrieval"
    asked: str
    hits: tuple[Hit, ...]
    seconds: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {
            "asked": self.asked,
            "hits": [hit.to_dict() for hit in self.hits],
            "seconds": {name: round(value, 6) for name, value in self.seconds.items()},
        }


@dataclass(frozen=True, slots=True)
class Token:
    """The next piece of the answer's text: a sentence that was checked. All of them joined are the text."""

    name: ClassVar[str] = "token"
    text: str

    def to_dict(self) -> dict[str, Any]:
        return {"text": self.text}


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation, told after the first piece of text that has its number."""

    name: ClassVar[str] = "citation"
    citation: Citation

    def to_dict(self) -> dict[str, Any]:
        return self.citation.to_dict()


@dataclass(frozen=True, slots=True)
class Done:
    """The whole answer, or a whole abstention."""

    name: ClassVar[str] = "done"
    answer: Answer

    def to_dict(self) -> dict[str, Any]:
        return self.answer.to_dict()


@dataclass(frozen=True, slots=True)
class Failed:
    """The model gave no whole answer. `answer` has the evidence and the error, and no text."""

    name: ClassVar[str] = "error"
    answer: Answer

    def to_dict(self) -> dict[str, Any]:
        return self.answer.to_dict()


Event = Retrieval | Token | Cited | Done | Failed


def outcome(events: Iterable[Event]) -> Answer:
    """The answer at the end of `events`; one whose model failed has `error`."""
    [last] = deque(events, maxlen=1)
    assert isinstance(last, Done | Failed), "answers end with done or error"
    return last.answer
