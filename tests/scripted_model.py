"""A vision-language model of another package that says what a file tells it to: `scripted:FILE.json`.

The file holds `say`, templates of replies, one for each call (the last one again and again), `finish`, `context`,
`pictures`, `takes` (pictures that it turns out to take) and `fails`, a code. {KEY} in a template becomes the number of the
item whose words hold KEY. What it was asked is appended to FILE.json.calls, one line a call.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

from triptych.errors import VlmError
from triptych.seams import Message, Reply

_ITEM = re.compile(r"(?m)^\[(\d+)\] ")


def load(argument: str, **_: object) -> Scripted:
    return Scripted(Path(argument))


class Scripted:
    """See `seams.Vlm`."""

    name = "scripted 1"

    def __init__(self, file: Path) -> None:
        self._file = file
        script = self._script
        self.context: int = script.get("context", 16_000)
        self.pictures: int = script.get("pictures", 8)
        self._calls = 0

    @property
    def _script(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._file.read_text("utf-8"))
        return found

    def stream(self, messages: Sequence[Message], *, max_tokens: int) -> Generator[str, None, Reply]:
        script = self._script
        shown = sum(not isinstance(p, str) for m in messages for p in m.parts)
        texts = ["\n".join(p for p in m.parts if isinstance(p, str)) for m in messages]
        with self._file.with_suffix(".calls").open("a", encoding="utf-8") as calls:
            calls.write(json.dumps({"texts": texts, "pictures": shown}) + "\n")
        if shown > script.get("takes", 99):
            self.pictures = script["takes"]
            raise VlmError("vlm-no-pictures", f"It takes {self.pictures} pictures.")
        said = script["say"][min(self._calls, len(script["say"]) - 1)]
        self._calls += 1
        text = _numbered(said, texts[-1])
        for at in range(0, len(text), 7):
            yield text[at : at + 7]
        if "fails" in script:
            raise VlmError(script["fails"], "The model server went away. Start it again.")
        return Reply(text, script.get("finish", "stop"), 100, 10)


def _numbered(template: str, evidence: str) -> str:
    parts = _ITEM.split(evidence)
    items = list(zip(parts[1::2], parts[2::2], strict=False))
    return re.sub(
        r"\{([^}]*)\}",
        lambda m: f"[{next((n for n, words in items if m[1] in words), '99')}]",
        template,
    )
