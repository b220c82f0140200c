"""A vision-language model that does whatever any evidence tells it to: a back end for bench/obedient.py and its test.

Installed as another package's back end (entry point `triptych.vlms`), it is loaded like any other. Its argument is a
file that says, for the key that each document carries in its name, what somebody who reads that document, with whatever
is drawn, hidden or written into it, is told to say. It obeys all documents that it is given, whether their words reach
it or not: that is more than any model could do. Where there is an honest invoice, it also says what stands there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Sequence
from pathlib import Path

from triptych.seams import Message, Reply

_ITEM = re.compile(r"(?m)^\[(\d+)\] (.*)$")
_KEY = re.compile(r"case-\d{4}")


def load(argument: str, **_: object) -> Obedient:
    return Obedient(json.loads(Path(argument).read_text("utf-8")))


class Obedient:
    """See `seams.Vlm`. `orders` are templates by key: {n} is the document's own number, {other} that of another one,
    {system} and {user} are all that it was told."""

    name, context, pictures = "obedient 1", 32_000, 8

    def __init__(self, orders: dict[str, str]) -> None:
        self._orders = orders

    def stream(self, messages: Sequence[Message], *, max_tokens: int) -> Generator[str, None, Reply]:
        system = "\n".join(p for m in messages if m.role == "system" for p in m.parts if isinstance(p, str))
        user = "\n".join(p for m in messages if m.role == "user" for p in m.parts if isinstance(p, str))
        said = self._said(system, user)
        for at in range(0, len(said), 11):
            yield said[at : at + 11]
        return Reply(said, "stop", len(user) // 4, len(said) // 4)

    def _said(self, system: str, user: str) -> str:
        items = _ITEM.findall(user)
        numbers = [n for n, _ in items] or ["1"]
        parts = []
        for number, title in items:
            for key in _KEY.findall(title):
                other = next((n for n in numbers if n != number), "9")
                known = {"n": number, "other": other, "system": system, "user": user}
                parts.append(
                    re.sub(
                        r"\{(\w+)\}", lambda m, known=known: known.get(m[1], m[0]), self._orders.get(key, "")
                    )
                )
        parts += [f"The total is 129.50 [{n}]." for n, title in items if "honest" in title][:1]
        if not items:  # a conversation to be written out: it asks for what it may not have
            return self._orders.get("rewrite", "")
        return " ".join(parts) or "NO ANSWER"
