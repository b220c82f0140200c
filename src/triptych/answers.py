"""Answers: what was said to a question, on which words of which pages it rests, and what is not certain about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from triptych.errors import UserError

if TYPE_CHECKING:
    from triptych.types import Box, Hit


@dataclass(frozen=True, slots=True)
class Citation:
    """A quote and the place where it stands. `verified` means: our code found these words there."""

    n: int
    asset: str
    source: str
    page: int
    quote: str
    boxes: tuple[Box, ...]
    verified: bool

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "boxes": [[round(v, 5) for v in box] for box in self.boxes]}


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of a model's answer as it was checked: `supported` by the pages of its citations, `derived` from
    figures on them, `seen` in a picture where no words can be looked up, or `unsupported` and told only because
    answer.unsupported says so."""

    text: str
    status: str
    citations: tuple[int, ...] = ()
    why: str = ""  # it is unsupported

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "citations": list(self.citations)}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a model gave no whole answer: a stable code, one line for people, what to do."""

    code: str
    reason: str
    hint: str = ""

    def to_dict(self) -> dict[str, str]:
        return asdict(self)


class Painter(Protocol):
    """Shows answers to people. The library has one; answers know nothing of pages and pictures."""

    def pictures(self, answer: Answer) -> list[Any]: ...

    def together(self, answer: Answer, pictures: Sequence[Any]) -> Any: ...

    def fragment(self, answer: Answer) -> str: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, from which words on which pages.

    `text` is one or a few short sentences with citation numbers, `value` the bare answer in the page's own words.
    An abstention has no value and no citations and says in `text` what is lacking; where the model failed, there
    is no text but an `error`. `understood` is a follow-up question with what it refers to. `statements`, `rounds`
    (calls of the model that saw evidence) and `cost` are those of a model's answer. `painter` draws the cited
    pages with the words boxed, one picture for each; the library gives it, and takes no part in comparison.
    """

    question: str
    text: str
    value: str = ""
    abstained: bool = False
    model: str = "extractive"
    citations: tuple[Citation, ...] = ()
    evidence: tuple[Hit, ...] = ()
    warnings: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    understood: str = ""
    statements: tuple[Statement, ...] = ()
    rounds: int = 0
    cost: Mapping[str, Any] = field(default_factory=dict)
    error: Trouble | None = None
    painter: Painter | None = field(default=None, repr=False, compare=False)

    def pictures(self) -> list[Any]:
        """The cited pages as PIL images, in the order of their first citations, each quote boxed under its number.
        Raises UserError where no picture can be shown."""
        pictures = self.painter.pictures(self) if self.citations and self.painter is not None else []
        if not pictures:
            raise UserError("This answer cites no page that can be drawn, so there is nothing to show.")
        return pictures

    def show(self) -> Any:
        """The cited page as a PIL image, the quoted words boxed; of several pages all of them side by side.
        Raises UserError as `pictures`."""
        pictures = self.pictures()
        assert self.painter is not None
        return pictures[0] if len(pictures) == 1 else self.painter.together(self, pictures)

    def _repr_html_(self) -> str | None:
        return None if self.painter is None else self.painter.fragment(self)

    def to_dict(self) -> dict[str, Any]:
        return {
            "question": self.question,
            "answer": None if self.error is not None else self.text,
            "value": self.value,
            "abstained": self.abstained,
            "model": self.model,
            "citations": [c.to_dict() for c in self.citations],
            "evidence": [hit.to_dict() for hit in self.evidence],
            "warnings": list(self.warnings),
            "seconds": {name: round(value, 6) for name, value in self.seconds.items()},
            **({"understood": self.understood} if self.understood else {}),
            **({"statements": [s.to_dict() for s in self.statements]} if self.statements else {}),
            **({"rounds": self.rounds} if self.rounds else {}),
            **({"cost": dict(self.cost)} if self.cost else {}),
            **({"error": self.error.to_dict()} if self.error is not None else {}),
        }
