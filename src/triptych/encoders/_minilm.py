"""all-MiniLM-L6-v2 on OpenVINO: texts are sorted by length and run in batches of equal length.

The batch is where the time goes, so it is filled with tokens, not with padding.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import numpy as np
import openvino as ov

from triptych.encoders import _bert, _weights
from triptych.encoders._tokens import Tokens
from triptych.errors import UserError

CLS, SEP = 101, 102  # every text stands between these two
MAX_TOKENS = 254  # the teacher was trained and is published with 256, special tokens included
STEP = 16  # lengths are padded to a multiple of this: few shapes, so compiled kernels are reused
BATCH_TOKENS = 16 * 256  # tokens of a batch, padding included


def load(threads: int = 0) -> Minilm:
    """Map the weights and compile the graph, bfloat16 where the processor multiplies it natively."""
    weights = _weights.arrays("minilm.safetensors")
    core = ov.Core()
    native = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    settings = {
        "PERFORMANCE_HINT": "LATENCY",  # one stream over all cores; measured in bench/encoders.py
        "INFERENCE_PRECISION_HINT": "bf16" if native else "f32",
        "INFERENCE_NUM_THREADS": threads,
    }
    model = core.compile_model(_bert.graph(weights, _bert.Shape(layers=6, heads=12)), "CPU", settings)
    return Minilm(model, Tokens())


class Minilm:
    """Text in, 384 numbers out. Calls from several threads are run one after the other."""

    space = "builtin/minilm/1/384"
    dim = 384
    sees = frozenset({"text"})
    max_tokens = MAX_TOKENS

    def __init__(self, model: ov.CompiledModel, tokens: Tokens) -> None:
        self._request = model.create_infer_request()
        self._tokens = tokens
        self._lock = threading.Lock()

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """(n, 384) float32, rows of length 1. Longer texts are cut to `max_tokens`."""
        ids = [[CLS, *pieces[:MAX_TOKENS], SEP] for pieces in self._tokens.ids(texts)]
        rows = np.empty((len(ids), self.dim), np.float32)
        for batch in _batches([len(i) for i in ids]):
            rows[batch] = self._run([ids[i] for i in batch])
        return rows

    def queries(self, texts: Sequence[str]) -> np.ndarray:
        """As `texts`: this model has no prefix for questions."""
        return self.texts(texts)

    def images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        raise UserError(f"The encoder '{self.space}' sees text only, not images.")

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each whole text, without special tokens."""
        return self._tokens.count(texts)

    def _run(self, ids: Sequence[Sequence[int]]) -> np.ndarray:
        length = -(-max(map(len, ids)) // STEP) * STEP
        padded = np.zeros((len(ids), length), np.int32)
        mask = np.zeros((len(ids), length), np.float32)
        for row, tokens in enumerate(ids):
            padded[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        with self._lock:
            found: np.ndarray = self._request.infer([padded, mask])[0].copy()
        found /= np.linalg.norm(found, axis=1, keepdims=True)  # bfloat16 leaves them a little off length 1
        return found


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Positions of texts grouped by length, so that a padded group has at most BATCH_TOKENS tokens."""
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
        longest = -(-lengths[batch[0] if batch else i] // STEP) * STEP
        if batch and (len(batch) + 1) * longest > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch
