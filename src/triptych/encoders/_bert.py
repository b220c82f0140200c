"""A BERT sentence encoder in NumPy: one short text at a time, at once, without an engine.

Importing OpenVINO and compiling the model takes a third of a second, this takes none; a short query takes
some ten milliseconds here and two there. So the first queries of a process are run here (`_minilm`).

Devlin et al. 2019, "BERT: Pre-training of Deep Bidirectional Transformers"; pooling by the mean over
tokens as in Reimers and Gurevych 2019, "Sentence-BERT". Knows nothing of files or tokenizers.
Shapes: t tokens, d hidden size; dots stand for any leading axes. Weight names are those of the published checkpoint.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

Weights = Mapping[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes that the arrays do not tell."""

    layers: int
    heads: int
    epsilon: float = 1e-12


class Bert:
    """Holds the layers as float32, ready to multiply; the word table stays as it is stored."""

    def __init__(self, weights: Weights, shape: Shape) -> None:
        layers = {name: array for name, array in weights.items() if name not in _TABLES}
        self._wide = {name: array.astype(np.float32) for name, array in layers.items()}
        self._tables = {name: weights[name] for name in _TABLES}
        self._shape = shape

    def __call__(self, ids: np.ndarray) -> np.ndarray:
        """ids (..., t), texts of equal length, special tokens included -> (..., d) means over the tokens."""
        words = self._tables["words.int8"][ids] * self._tables["words.scale"][ids].astype(np.float32)
        x = self._norm(words + self._tables["positions"][: ids.shape[-1]], "embeddings.LayerNorm")
        for i in range(self._shape.layers):
            x = self._layer(x, f"encoder.layer.{i}")
        mean: np.ndarray = x.mean(-2)
        return mean

    def _linear(self, x: np.ndarray, name: str) -> np.ndarray:
        return _times(x, self._wide[f"{name}.weight"]) + self._wide[f"{name}.bias"]

    def _norm(self, x: np.ndarray, name: str) -> np.ndarray:
        centred = x - x.mean(-1, keepdims=True)
        spread = np.sqrt(np.square(centred).mean(-1, keepdims=True) + self._shape.epsilon)
        normed: np.ndarray = centred / spread * self._wide[f"{name}.weight"] + self._wide[f"{name}.bias"]
        return normed

    def _attend(self, x: np.ndarray, name: str) -> np.ndarray:
        def heads(part: str) -> np.ndarray:
            flat = self._linear(x, f"{name}.{part}")
            return flat.reshape(*x.shape[:-1], self._shape.heads, -1).swapaxes(
                -2, -3
            )  # (..., heads, t, size)

        query, key, value = heads("query"), heads("key"), heads("value")
        scores = query @ key.swapaxes(-1, -2) / np.float32(np.sqrt(query.shape[-1]))
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        shares /= shares.sum(-1, keepdims=True)
        mixed: np.ndarray = (shares @ value).swapaxes(-2, -3).reshape(x.shape)
        return mixed

    def _layer(self, x: np.ndarray, name: str) -> np.ndarray:
        mixed = self._linear(self._attend(x, f"{name}.attention.self"), f"{name}.attention.output.dense")
        x = self._norm(x + mixed, f"{name}.attention.output.LayerNorm")
        wide = _gelu(self._linear(x, f"{name}.intermediate.dense"))
        return self._norm(x + self._linear(wide, f"{name}.output.dense"), f"{name}.output.LayerNorm")


# OpenBLAS multiplies on one thread up to this many products (its SMP_THRESHOLD_MIN times 4).
_ONE_THREAD = 4 * 65536
_TABLES = ("words.int8", "words.scale", "positions")


def _gelu(x: np.ndarray) -> np.ndarray:
    """x times the share of a normal distribution below x; erf by Abramowitz and Stegun 7.1.26 (1.5e-7)."""
    z = np.abs(x) * np.float32(np.sqrt(0.5))
    t = 1 / (1 + np.float32(0.3275911) * z)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    tail = series * np.exp(-z * z) / 2  # the share beyond |x|
    gated: np.ndarray = x * np.where(x > 0, 1 - tail, tail)
    return gated


def _times(x: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """x (..., k) times matrix (n, k) transposed -> (..., n), in blocks so small that BLAS stays on one thread.

    For a short text the threads of BLAS cost more than they bring: they spin while they wait for each other,
    which on a busy machine makes a query ten times slower (docs/log/encoders.md).
    """
    flat = x.reshape(-1, x.shape[-1])
    room = _ONE_THREAD // flat.size  # rows of the matrix that may be multiplied at once
    if not room:  # many texts: here threads pay
        product: np.ndarray = x @ matrix.T
        return product
    block = math.gcd(1 << room.bit_length() - 1, len(matrix))  # a power of two that divides the rows
    parts = matrix.reshape(-1, block, flat.shape[1]).swapaxes(1, 2)  # (blocks, k, block)
    joined: np.ndarray = np.matmul(flat, parts).swapaxes(0, 1).reshape(*x.shape[:-1], len(matrix))
    return joined
