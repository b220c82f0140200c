"""all-MiniLM-L6-v2: the first query in NumPy, batches and all later queries in OpenVINO.

Texts are sorted by length and run in batches of nearly equal length, so that time goes into tokens and not
into padding. A row does not depend on the texts that it shares a batch with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from triptych.encoders import _weights
from triptych.encoders._bert import Bert, Shape, Weights
from triptych.encoders._tokens import Tokens
from triptych.errors import ModelError, UserError

if TYPE_CHECKING:
    from triptych.encoders._bert_openvino import Engine

SHAPE = Shape(layers=6, heads=12)
CLS, SEP = 101, 102  # every text stands between these two
MAX_TOKENS = 254  # the teacher is published with 256, special tokens included
STEP = 16  # lengths are padded to a multiple of this: few shapes, so compiled kernels are reused
BATCH_TOKENS = 8 * 256  # tokens of a batch, padding included
PATIENCE = 4  # queries that NumPy answers before the engine is worth its third of a second
LIGHT_TOKENS = 96  # up to here NumPy answers before OpenVINO could be ready


def load(threads: int = 0) -> Minilm:
    """Map the weights; nothing is read or compiled before it is needed. `threads` = 0: all cores."""
    return _shared(threads, _weights.FOLDER)


@cache
def _shared(threads: int, folder: Path) -> Minilm:
    """One for the process: `look` asks it the same texts, and an engine costs 100 MB."""
    return Minilm(_weights.arrays("minilm.safetensors"), Tokens(), threads)


class Minilm:
    """Text in, 384 numbers out. May be called from several threads."""

    space = "builtin/minilm/1/384"
    dim = 384
    sees = frozenset({"text"})
    side = 0
    max_tokens = MAX_TOKENS
    clear: Mapping[str, tuple[float, float]] = {
        "text": (0.35, 0.55),
        "caption": (0.4, 0.7),
    }  # docs/log/panels.md

    def __init__(self, weights: Weights, tokens: Tokens, threads: int = 0) -> None:
        self._weights = weights
        self._tokens = tokens
        self._threads = threads
        self._light: Bert | None = None
        self._asked = 0  # queries that NumPy has answered
        self._last: tuple[list[str], np.ndarray] = [], np.empty((0, self.dim), np.float32)
        self._asking = 0  # questions that are being answered now
        self._engines: dict[bool, Future[Engine]] = {}  # by `alone`: for questions, for batches
        self._lock = Lock()

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """(n, 384) float32, rows of length 1. Longer texts are cut to `max_tokens`."""
        return self._batched(self._ids(texts))

    def queries(self, texts: Sequence[str]) -> np.ndarray:
        """As `texts`: this model has no prefix for questions.

        The first short queries of a process are answered by NumPy; the next one starts compiling the engine
        beside it. So a search from the command line never waits for an engine, and a server soon has one.
        The last answer is remembered: one search asks for text, captions and pictures.
        """
        asked, rows = self._last
        if asked != list(texts):
            rows = self._asked_anew(texts)
            self._last = list(texts), rows
        return rows.copy()

    def _asked_anew(self, texts: Sequence[str]) -> np.ndarray:
        ids = self._ids(texts)
        if self._ready() or not ids or sum(map(len, ids)) > LIGHT_TOKENS:
            with self._among_others() as alone:
                return self._batched(ids, alone)
        self._asked += 1
        if self._asked > PATIENCE:
            self._compiled(alone=True)
        light = self._light or Bert(self._weights, SHAPE)
        self._light = light
        rows = np.stack([light(np.array(i)) for i in ids])
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows

    @contextmanager
    def _among_others(self) -> Iterator[bool]:
        """Whether a question has all threads to itself. Where several are asked at once, each gets one: together
        they are done sooner, as threads that wait for each other only burn time (docs/log/server.md)."""
        with self._lock:
            self._asking += 1
            several = self._asking > 1
        try:
            yield not (several and self._compiled(alone=False).done())
        finally:
            with self._lock:
                self._asking -= 1

    def images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        raise UserError(f"The encoder '{self.space}' sees text only, not images.")

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each whole text, without special tokens."""
        return self._tokens.count(texts)

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        return [[CLS, *pieces[:MAX_TOKENS], SEP] for pieces in self._tokens.ids(texts)]

    def _ready(self) -> bool:
        return True in self._engines and self._engines[True].done()

    def _compiled(self, alone: bool) -> Future[Engine]:
        """The engine, being compiled by a thread of its own since the first call."""
        with self._lock:
            if alone not in self._engines:
                pool = ThreadPoolExecutor(1, "triptych-minilm")
                self._engines[alone] = pool.submit(_compile, self._weights, self._threads, alone)
                pool.shutdown(wait=False)
        return self._engines[alone]

    def _batched(self, ids: Sequence[Sequence[int]], alone: bool = False) -> np.ndarray:
        rows = np.empty((len(ids), self.dim), np.float32)
        batches = list(_batches([len(i) for i in ids]))
        if not batches:
            return rows
        engine = self._compiled(alone).result()

        def run(batch: Sequence[int]) -> None:
            rows[batch] = engine(*_pad([ids[i] for i in batch]))

        if len(batches) == 1:
            run(batches[0])
        else:
            with ThreadPoolExecutor(engine.streams) as pool:
                list(pool.map(run, batches))  # to the end, and to raise what was raised
        return rows


def _compile(weights: Weights, threads: int, alone: bool) -> Engine:
    from triptych.encoders._bert_openvino import Engine  # a tenth of a second: not for one query

    try:
        return Engine(weights, SHAPE, threads, alone=alone)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(
            f'OpenVINO cannot compile the built-in encoder: {reason}. Try: encoder = "builtin:static"'
        ) from error


def _pad(ids: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Lists of token numbers as (b, t) int32 and their mask (b, t) float32, t a multiple of STEP."""
    shape = len(ids), _rounded(max(map(len, ids)))
    padded, mask = np.zeros(shape, np.int32), np.zeros(shape, np.float32)
    for row, tokens in enumerate(ids):
        padded[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
    return padded, mask


def _rounded(length: int) -> int:
    return -(-length // STEP) * STEP


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Positions of texts grouped by length, longest first, each group at most BATCH_TOKENS when padded."""
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
        if batch and (len(batch) + 1) * _rounded(lengths[batch[0]]) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch
