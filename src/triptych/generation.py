"""The models of one library that look, read and answer: each loaded once, every call counted and stopped in time.

    Vlms(settings, folder).get(spec, purpose) -> Asked       a `seams.BatchVlm`

Pictures are brought down to the size at which they are sent here, once for all back ends.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np

from triptych import cost, plugins
from triptych.cost import Ledger, Spent, Tariff
from triptych.errors import UserError
from triptych.replies import drained
from triptych.seams import BatchVlm, Message, Reply, Vlm
from triptych.settings import EXTRACTIVE, GenerationSettings, Settings

CONTEXT = 8192  # tokens that a model is taken to have which does not say
_TOGETHER = 8  # questions that a server gets at once


class Vlms:
    """Loads models by name and keeps them. Safe for threads."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.ledger = Ledger(folder / cost.FILE, Tariff.of(settings.cost))
        self._settings = settings
        self._lock = threading.Lock()
        self._loaded: dict[str, Vlm] = {}

    def get(self, spec: str = "", purpose: str = "answer") -> Asked:
        """The model `spec`, or the one that is set, with an account of its own. `purpose` is what its calls are
        booked under. Raises UserError when none is set, and as `plugins.load`."""
        chosen = spec or self._settings.vlm
        if chosen == EXTRACTIVE:
            raise UserError(
                'No vision-language model is set. Write vlm = "openai:MODEL@URL" or "transformers:FOLDER".'
            )
        generation = self._settings.generation
        with self._lock:
            if chosen not in self._loaded:
                self._loaded[chosen] = plugins.load(
                    "vlms", chosen, timeout=generation.timeout, retries=generation.retries
                )
        return Asked(self._loaded[chosen], self.ledger, generation, purpose)

    def close(self) -> None:
        self.ledger.close()


class Asked:
    """A model for one purpose: what its calls used is in `spent`. See `seams.BatchVlm`."""

    def __init__(self, vlm: Vlm, ledger: Ledger, settings: GenerationSettings, purpose: str) -> None:
        self.name = vlm.name
        self.spent = Spent()
        self._vlm = vlm
        self._ledger = ledger
        self._settings = settings
        self._purpose = purpose
        self._lock = threading.Lock()

    @property
    def context(self) -> int:
        """Tokens of question and answer together: as set, as the model says, or a cautious guess."""
        return self._settings.context or self._vlm.context or CONTEXT

    @property
    def pictures(self) -> int:
        """Most pictures of a call: what is set, or fewer where the model takes fewer."""
        return min(self._settings.pictures, self._vlm.pictures)

    def expected(self, messages: Sequence[Message], max_tokens: int) -> Spent:
        """What a call will use, rather too much than too little."""
        return cost.expected(self._fitted(messages), max_tokens, self._ledger.tariff)

    def stream(self, messages: Sequence[Message], *, max_tokens: int) -> Generator[str, None, Reply]:
        """See `seams.Vlm`. Raises VlmError before anything is sent when a limit would be exceeded."""
        fitted = self._fitted(messages)
        most = cost.expected(fitted, max_tokens, self._ledger.tariff)
        number = self._ledger.reserve(self._purpose, self.name, most)
        begun, said = time.perf_counter(), 0
        reply: Reply | None = None
        try:
            with closing(self._vlm.stream(fitted, max_tokens=max_tokens)) as pieces:
                while True:
                    try:
                        piece = next(pieces)
                    except StopIteration as end:
                        whole: Reply = end.value
                        reply = whole
                        return whole
                    said += 1
                    yield piece
        finally:
            used = Spent() if reply is None and not said else self._used(most, reply, said)
            self._settle(number, used, time.perf_counter() - begun)

    def replies(self, asked: Sequence[Sequence[Message]], *, max_tokens: int) -> list[Reply]:
        """See `seams.BatchVlm`: in one batch where the model can, else several at a time."""
        if isinstance(self._vlm, BatchVlm):
            return self._batch(self._vlm, [self._fitted(messages) for messages in asked], max_tokens)
        with ThreadPoolExecutor(_TOGETHER, "triptych-ask") as pool:
            return [*pool.map(lambda messages: drained(self.stream(messages, max_tokens=max_tokens)), asked)]

    def _batch(self, vlm: BatchVlm, asked: Sequence[tuple[Message, ...]], max_tokens: int) -> list[Reply]:
        tariff = self._ledger.tariff
        each = [cost.expected(messages, max_tokens, tariff) for messages in asked]
        number = self._ledger.reserve(self._purpose, self.name, sum(each, Spent()))
        begun, used = time.perf_counter(), Spent()
        try:
            replies = vlm.replies(asked, max_tokens=max_tokens)
            used = sum(
                (self._used(most, reply, 0) for most, reply in zip(each, replies, strict=True)), Spent()
            )
            return replies
        finally:
            self._settle(number, used, time.perf_counter() - begun)

    def _used(self, most: Spent, reply: Reply | None, said: int) -> Spent:
        """What was used by the model's own count; where it counts nothing, our estimate and a token a piece."""
        tokens_in = reply.tokens_in if reply is not None and reply.tokens_in else most.tokens_in
        tokens_out = reply.tokens_out if reply is not None and reply.tokens_out else said
        money = self._ledger.tariff.money(tokens_in, tokens_out)
        return Spent(1, tokens_in, tokens_out, most.pictures, most.pixels, 0.0, money)

    def _settle(self, number: int, used: Spent, seconds: float) -> None:
        if used.calls:
            used += Spent(seconds=seconds)
        self._ledger.settle(number, used)
        with self._lock:
            self.spent += used

    def _fitted(self, messages: Sequence[Message]) -> tuple[Message, ...]:
        side = self._settings.side
        return tuple(
            Message(m.role, tuple(p if isinstance(p, str) else fitted(p, side) for p in m.parts))
            for m in messages
        )


def fitted(picture: np.ndarray, side: int) -> np.ndarray:
    """A uint8 (h, w, 3) RGB picture whose longer side is at most `side` pixels; itself where it is already."""
    height, width = picture.shape[:2]
    if max(height, width) <= side:
        return picture
    from PIL import Image  # not on top: a search needs none

    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0))
