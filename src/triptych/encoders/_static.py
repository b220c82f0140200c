"""One vector per word piece, summed: thousands of texts a second, no engine, clearly weaker than minilm.

The vectors are distilled from MiniLM as in model2vec (Tulkens and van Dongen 2024): each word piece is
encoded alone, the vectors are reduced by PCA and weighted by how rare the word piece is. Word order is lost.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from triptych.encoders import _weights
from triptych.encoders._tokens import Tokens
from triptych.errors import UserError

UNKNOWN = 100  # the word piece [UNK]: also stands for a text without any word piece


def load(threads: int = 0) -> Static:
    """`threads` is accepted as for the other encoders; this one needs no more than one."""
    del threads
    weights = _weights.arrays("static.safetensors")
    return Static(weights["pieces.int8"] * weights["pieces.scale"].astype(np.float32), Tokens())


class Static:
    """Text in, 256 numbers out. May be called from several threads."""

    space = "builtin/static/1/256"
    dim = 256
    sees = frozenset({"text"})
    side = 0
    max_tokens = 512  # a sum takes any length; beyond a page or two it says little

    def __init__(self, table: np.ndarray, tokens: Tokens) -> None:
        self._table = table  # (vocabulary, 256) float32
        self._tokens = tokens

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """(n, 256) float32, rows of length 1. Longer texts are cut to `max_tokens`."""
        rows = np.empty((len(texts), self.dim), np.float32)
        for i, pieces in enumerate(self._tokens.ids(texts)):
            self._table[pieces[: self.max_tokens] or [UNKNOWN]].sum(0, out=rows[i])
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows

    def queries(self, texts: Sequence[str]) -> np.ndarray:
        """As `texts`."""
        return self.texts(texts)

    def images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        raise UserError(f"The encoder '{self.space}' sees text only, not images.")

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each whole text."""
        return self._tokens.count(texts)
