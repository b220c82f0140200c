"""What a model is told: our rules, the question, and the evidence fenced off as data. All words are in prompts.toml."""

from __future__ import annotations

import re
import secrets
import tomllib
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Protocol

import numpy as np

from triptych.errors import UserError
from triptych.grounding.packing import Packed
from triptych.grounding.plain import visible
from triptych.seams import Message, Reply

NO_ANSWER = "NO ANSWER"
_KEYS = (
    "system",
    "open",
    "close",
    "item",
    "described",
    "part",
    "page",
    "question",
    "merge",
    "rewrite",
    "entails",
)
_NEEDED = {"open": "fence", "close": "fence", "item": "number", "described": "caption", "question": "question",
           "system": "fence", "merge": "fence", "entails": "fence"}  # fmt: skip
Part = str | np.ndarray


class Model(Protocol):
    """A `seams.Vlm` that may only be asked."""

    @property
    def name(self) -> str: ...

    @property
    def context(self) -> int: ...

    @property
    def pictures(self) -> int: ...

    def stream(self, messages: Sequence[Message], *, max_tokens: int) -> Generator[str, None, Reply]: ...


@dataclass(frozen=True, slots=True)
class Prompts:
    """Templates by name, see prompts.toml."""

    texts: Mapping[str, str]

    @classmethod
    def load(cls, override: str = "") -> Prompts:
        """The prompts of the package, those of the file `override` in their place. Raises UserError."""
        return cls({**_ours(), **(_theirs(Path(override)) if override else {})})

    def say(self, name: str, **values: object) -> str:
        """A template with its values; braces in a value stay as they are."""
        known = {key: str(value) for key, value in values.items()}
        return re.sub(r"\{(\w+)\}", lambda m: known.get(m[1], m[0]), self.texts[name].strip())

    def ask(self, question: str, items: Sequence[Packed]) -> tuple[Message, ...]:
        """The call that answers `question` from `items`."""
        fence = new_fence()
        parts: list[Part] = [self.say("open", fence=fence)]
        for item in items:
            parts += self._item(item)
        parts += [self.say("close", fence=fence), self.say("question", question=line(question))]
        return Message("system", (self.say("system", fence=fence),)), Message("user", tuple(_joined(parts)))

    def merge(self, question: str, notes: Iterable[str]) -> tuple[Message, ...]:
        """The call that makes one answer of the notes of several rounds."""
        fence = new_fence()
        said = "\n".join([self.say("open", fence=fence), *notes, self.say("close", fence=fence)])
        asked = f"{said}\n\n{self.say('question', question=line(question))}"
        return Message("system", (self.say("merge", fence=fence),)), Message("user", (asked,))

    def entails(self, passage: str, statement: str) -> tuple[Message, ...]:
        """The call that judges whether a passage says what a statement says."""
        fence = new_fence()
        said = "\n".join([self.say("open", fence=fence), passage, self.say("close", fence=fence)])
        return Message("system", (self.say("entails", fence=fence),)), Message(
            "user", (f"{said}\n\n{statement}",)
        )

    def _item(self, item: Packed) -> list[Part]:
        known = {"number": item.number, "title": line(item.title), "page": item.page}
        parts: list[Part] = [self.say("item", **known)]
        if item.caption:
            parts.append(self.say("described", caption=line(item.caption)))
        if item.text:
            parts.append(item.text)
        for kind, picture in item.pictures:
            parts += [self.say(kind, **known), picture]
        return parts


def _joined(parts: Iterable[Part]) -> list[Part]:
    """Texts that follow each other as one."""
    found: list[Part] = []
    for part in parts:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] = f"{found[-1]}\n{part}"
        else:
            found.append(part)
    return found


def new_fence() -> str:
    """A word that nobody who wrote the evidence can know."""
    return f"~{secrets.token_hex(8)}~"


def line(text: str) -> str:
    """Foreign words on one line: a file's name may hold a newline."""
    return visible(text)


@cache
def _ours() -> dict[str, str]:
    return tomllib.loads(resources.files("triptych.grounding").joinpath("prompts.toml").read_text("utf-8"))


def _theirs(path: Path) -> dict[str, str]:
    try:
        texts = tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"The prompts '{path}' (answer.prompts) cannot be read: {error}.") from error
    for key, text in texts.items():
        if key not in _KEYS or not isinstance(text, str):
            raise UserError(
                f"The prompts '{path}' hold '{key}'. Allowed are texts under: {', '.join(_KEYS)}."
            )
        needed = _NEEDED.get(key)
        if needed and f"{{{needed}}}" not in text:
            raise UserError(
                f"The prompt '{key}' in '{path}' (answer.prompts) lacks {{{needed}}}, so the model would never see it. "
                f"Write {{{needed}}} where it is to stand."
            )
    return texts
