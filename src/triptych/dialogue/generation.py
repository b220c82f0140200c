"""The models of one library that look, read and answer: each loaded once, every call counted and stopped in time.

    Vlms(settings, folder).get(spec, purpose) -> Asked       a `seams.BatchVlm`

Pictures are brought down to the size at which they are sent here, once for all back ends.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from triptych import plugins
from triptych.dialogue import cost
from triptych.dialogue.cost import Ledger, Spent, Tariff
from triptych.dialogue.replies import drained, spoken, unthought
from triptych.dialogue.stopping import Stop, until
from triptych.errors import UserError, VlmError
from triptych.seams import BatchVlm, Message, Reply, Vlm
from triptych.settings import EXTRACTIVE, GenerationSettings, Settings

CONTEXT = 8192  # tokens that a model is taken to have which does not say
_LONGEST = 8.0  # seconds between two attempts, unless a server asks for more
LEAST = 28  # pixels of a side; Qwen2-VL's patches are as large
_LONGEST_RATIO = 100  # of the sides; Qwen2-VL takes less than 200
_TOGETHER = 8  # questions that a server gets at once
_CHARGED = ("vlm-timeout", "vlm-stream")  # failures of a call that the server may charge for nevertheless


class Vlms:
    """Loads models by name and keeps them. Safe for threads."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.ledger = Ledger(folder / cost.FILE, Tariff.of(settings.cost))
        self._settings = settings
        self._lock = threading.Lock()
        self._loaded: dict[str, Vlm] = {}
        self._rooms: dict[str, Room] = {}

    def get(self, spec: str = "", purpose: str = "answer", stop: Stop | None = None) -> Asked:
        """The model `spec`, or the one that is set, with an account of its own. `purpose` is what its calls are
        booked under, `stop` ends them. Raises UserError when none is set, and as `plugins.load`."""
        chosen = spec or self._settings.vlm
        if chosen == EXTRACTIVE:
            raise UserError(
                'No vision-language model is set. Write vlm = "openai:MODEL@URL" or "transformers:FOLDER".'
            )
        generation = self._settings.generation
        with self._lock:
            if chosen not in self._loaded:
                self._loaded[chosen] = plugins.load("vlms", chosen, timeout=generation.timeout)
                self._rooms[chosen] = Room()
        return Asked(self._loaded[chosen], self.ledger, generation, purpose, self._rooms[chosen], stop)

    def close(self) -> None:
        with self._lock:
            for vlm in self._loaded.values():
                if hasattr(vlm, "close"):
                    vlm.close()
            self._loaded.clear()
        self.ledger.close()


@dataclass
class Room:
    """How many tokens, by our count, a model turned out to take at the most; 0: nothing is known. And whether it takes
    pictures with them. It is found out once for all who ask the model."""

    tokens: int = 0
    pictures: bool = True
    _in_vain: int = 0  # times that no more than `tokens` was too much as well

    def narrow(self, sent: Spent, said: int) -> None:
        """`sent` was too much: the model takes the tokens that it has `said`, somewhat less than was sent where it counts
        otherwise than we do, and perhaps half of it where it says nothing. Where that was in vain twice, it is not to
        be had with pictures: some servers write them into the prompt, as words."""
        tokens = sent.tokens
        self._in_vain += 0 < tokens <= self.tokens  # more than that was on its way before `tokens` was known
        if sent.pictures and self._in_vain > 1:
            self.pictures, self.tokens = False, said or self.tokens
            return
        found = said if 0 < said < tokens else tokens * 3 // 4 if said else tokens // 2
        self.tokens = min(self.tokens, found) if self.tokens else found


@dataclass
class _Heard:
    """What came of a call so far."""

    reply: Reply | None = None
    pieces: int = 0
    charged: bool = False  # although nothing was heard


class Asked:
    """A model for one purpose: what its calls used is in `spent`. See `seams.BatchVlm`."""

    def __init__(
        self,
        vlm: Vlm,
        ledger: Ledger,
        settings: GenerationSettings,
        purpose: str,
        room: Room | None = None,
        stop: Stop | None = None,
    ) -> None:
        self.name = vlm.name
        self.spent = Spent()
        self._vlm = vlm
        self._ledger = ledger
        self._settings = settings
        self._purpose = purpose
        self._room = room or Room()
        self._stop = stop or Stop()
        self._lock = threading.Lock()

    @property
    def context(self) -> int:
        """Tokens of question and answer together: as set, but no more than the model says or turned out to take; or a
        cautious guess."""
        known = (self._settings.context, self._vlm.context, self._room.tokens)
        return min((tokens for tokens in known if tokens), default=CONTEXT)

    @property
    def pictures(self) -> int:
        """Most pictures of a call: what is set, or fewer where the model takes fewer."""
        return min(self._settings.pictures, self._vlm.pictures) if self._room.pictures else 0

    @property
    def together(self) -> bool:
        """Whether many questions are best asked in one batch: it is paid as a whole or not at all, so not at a limit."""
        return isinstance(self._vlm, BatchVlm) and not self._ledger.tariff.limited

    def expected(self, messages: Sequence[Message], max_tokens: int) -> Spent:
        """What a call will use, rather too much than too little."""
        return cost.expected(self._fitted(messages), max_tokens, self._ledger.tariff)

    def usual(self) -> Spent | None:
        """What a call for this purpose has used so far, on the average, at the prices of today; None before the first."""
        found = next((s for p, m, s in self._ledger.by_model() if (p, m) == (self._purpose, self.name)), None)
        if found is None or not found.calls:
            return None
        each = found * (1 / found.calls)
        return replace(each, money=self._ledger.tariff.money(each.tokens_in, each.tokens_out))

    def stream(self, messages: Sequence[Message], *, max_tokens: int) -> Generator[str, None, Reply]:
        """See `seams.Vlm`; begun anew after an error that may pass, as long as nothing was heard. Raises VlmError
        before anything is sent when a limit would be exceeded, and when it is stopped."""
        sent = self._fitted(messages)
        attempt = 0
        while True:
            heard = _Heard()
            try:
                return (yield from self._booked(sent, max_tokens, heard))
            except VlmError as error:
                if heard.pieces or error.again is None or attempt >= self._settings.retries:
                    raise
                self._stop.wait(_pause(error.again, attempt))
                attempt += 1

    def _booked(
        self, messages: Sequence[Message], max_tokens: int, heard: _Heard
    ) -> Generator[str, None, Reply]:
        """The model's stream, once: reserved before, and settled by what was heard."""
        self._stop.check()
        most = cost.expected(messages, max_tokens, self._ledger.tariff)
        number = self._ledger.reserve(self._purpose, self.name, most)
        begun = time.perf_counter()
        try:
            stream = until(self._stop, self._vlm.stream(messages, max_tokens=max_tokens))
            heard.reply = yield from _counted(spoken(stream), heard)
            return heard.reply
        except VlmError as error:
            heard.charged = self._stop.asked or error.code in _CHARGED
            if error.code == "vlm-context":
                self._room.narrow(most, self._vlm.context)
            self._stop.check()  # a line that we cut looks like a server that broke off
            raise
        finally:
            charged = heard.reply or heard.pieces or heard.charged
            self._settle(number, self._used(most, heard) if charged else Spent(), time.perf_counter() - begun)

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
            replies = [r._replace(text=unthought(r.text)) for r in vlm.replies(asked, max_tokens=max_tokens)]
            heard = [_Heard(reply) for reply in replies]
            used = sum((self._used(*pair) for pair in zip(each, heard, strict=True)), Spent())
            return replies
        finally:
            self._settle(number, used, time.perf_counter() - begun)

    def _used(self, most: Spent, heard: _Heard) -> Spent:
        """What was used by the model's own count; where it counts nothing, our estimate and a token a piece."""
        counted_in, counted_out = (heard.reply.tokens_in, heard.reply.tokens_out) if heard.reply else (0, 0)
        tokens_in, tokens_out = counted_in or most.tokens_in, counted_out or heard.pieces
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


def _counted(stream: Generator[str, None, Reply], heard: _Heard) -> Generator[str, None, Reply]:
    with closing(stream):
        while True:
            try:
                piece = next(stream)
            except StopIteration as end:
                reply: Reply = end.value
                return reply
            heard.pieces += 1
            yield piece


def _pause(least: float, attempt: int) -> float:
    """Seconds before the next attempt: twice as long each time, and not the same for all who wait."""
    return max(least, min(_LONGEST, 0.25 * 2.0**attempt)) * random.uniform(1.0, 1.5)


def fitted(picture: np.ndarray, side: int) -> np.ndarray:
    """A uint8 (h, w, 3) RGB picture whose longer side is at most `side` pixels, and neither side so short that models
    refuse it; itself where it is so already."""
    height, width = picture.shape[:2]
    if max(height, width) > side:
        scale = side / max(height, width)
        picture = shrunk(picture, (max(1, round(height * scale)), max(1, round(width * scale))))
    height, width = picture.shape[:2]
    taller, wider = padded(height, width)
    if (taller, wider) == (height, width):
        return picture
    return np.pad(picture, ((0, taller - height), (0, wider - width), (0, 0)), constant_values=255)


def padded(height: int, width: int) -> tuple[int, int]:
    """(height, width) of a picture as it is sent: no side is so short that models refuse it."""
    least = max(LEAST, max(height, width) // _LONGEST_RATIO)
    return max(height, least), max(width, least)


def shrunk(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A uint8 (h, w, 3) picture brought down to (height, width); itself where that is its size."""
    if picture.shape[:2] == size:
        return picture
    from PIL import Image  # not on top: a search needs none

    return np.asarray(Image.fromarray(picture).resize(size[::-1], Image.Resampling.HAMMING))
