"""Texts into vectors, each distinct text once: what the catalog already holds is not computed again.

The key of a text is a hash of its content; with the encoder's space it addresses the vector in the
catalog. Knows nothing of models or of the catalog.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from triptych.errors import ModelError
from triptych.seams import Encoder, Progress
from triptych.types import Box

Cached = Callable[[Sequence[bytes]], Mapping[bytes, np.ndarray]]
BLOCK = 1024  # texts handed to the encoder at once: enough to sort by length, few enough for progress


def key(text: str) -> bytes:
    """16 bytes that name the content of `text`."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


def view_key(sha256: str, page: int, box: Box) -> bytes:
    """16 bytes that name a part of a page of some content, whatever it is drawn with: how large and how it
    is brought down is the space's."""
    return key(f"view {sha256} {page} {' '.join(f'{v:.6f}' for v in box)}")


def embed(
    texts: Sequence[str],
    encoder: Encoder,
    cached: Cached | None = None,
    progress: Progress | None = None,
) -> tuple[list[bytes], np.ndarray]:
    """Keys of `texts` and their (n, dim) float32 rows of length 1, in order.

    `cached` is asked once for all distinct keys and returns the vectors that are known already, in the
    space of `encoder`. Raises ModelError when the encoder returns rows that cannot be searched.
    """
    keys = [key(text) for text in texts]
    text_of = dict(zip(keys, texts, strict=True))
    known = dict(cached(list(text_of))) if cached and text_of else {}
    missing = [k for k in text_of if k not in known]
    for start in range(0, len(missing), BLOCK):
        block = missing[start : start + BLOCK]
        rows = encoder.texts([text_of[k] for k in block])
        check(rows, len(block), encoder)
        known.update(zip(block, rows, strict=True))
        if progress:
            progress(start + len(block), len(missing), "embed")
    found = np.empty((len(keys), encoder.dim), np.float32)
    for i, k in enumerate(keys):
        found[i] = known[k]
    return keys, found


def check(rows: np.ndarray, count: int, encoder: Encoder) -> None:
    """Raises ModelError unless there are `count` rows of length 1.

    A vector of NaN or zero would be stored for good and never be found: better stop now."""
    if rows.shape != (count, encoder.dim):
        raise ModelError(
            f"The encoder '{encoder.space}' returned vectors of shape {rows.shape} instead of "
            f"{(count, encoder.dim)}. Choose another encoder, for example builtin:minilm."
        )
    lengths = np.linalg.norm(rows, axis=1)
    bad = int((~(np.abs(lengths - 1) < 1e-2)).sum())
    if bad:
        raise ModelError(
            f"The encoder '{encoder.space}' returned {bad} of {count} vectors that are not of length 1 "
            "(NaN or zero). Choose another encoder, for example builtin:minilm."
        )
