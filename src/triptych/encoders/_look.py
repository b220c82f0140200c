"""The built-in image encoder: what kind of picture it is and how it looks. No torch, no download.

A row has four blocks, each scaled by a fixed weight:

    meaning    in the space of the text encoder MiniLM: a ridge head over frozen features (see `_look_backbone`),
               fitted to the captions of generated pictures (recipes/build_look.py)
    colour     how much of each named colour (see `_look_words`, `_look_colours`)
    histogram  colours of what stands in the middle, for look-alikes (see `_look_shapes`)
    edges      edges by place and direction, for look-alikes

A text has MiniLM's vector in the first block, the colours that it names in the second, zeros in the others. So
one vector of fixed length serves every store, and pictures are compared with pictures by all four.
It knows kinds, colours and layout, and nothing of objects, people, places or brands (docs/models/look.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from triptych.encoders import _blas, _look_kinds, _look_words, _minilm, _weights
from triptych.encoders._minilm import Minilm
from triptych.errors import UserError

if TYPE_CHECKING:
    from triptych.encoders._look_backbone import Backbone
    from triptych.encoders._look_features import Features

VERSION = 1  # of the vectors: another one is another space
FILE = "look.safetensors"
SIDE = 256
# Squares of the weights of the blocks in the row of a picture (docs/log/look.md). They need not add up to 1.
SHARES = {"meaning": 0.5, "colour": 0.08, "histogram": 1.3, "edges": 0.35}
ASKED = 1.25  # weight of the colours that a text names, beside its meaning
CLIP = 6.0  # standard deviations beyond which a feature says nothing more


def load(threads: int = 0) -> Look:
    """Map the weights; nothing is compiled before the first picture. `threads` = 0: all cores."""
    return Look(_weights.arrays(FILE), threads)


class Look:
    """Pictures and texts in, rows of one space out. May be called from several threads."""

    sees = frozenset({"text", "image"})
    side = SIDE
    max_tokens = _minilm.MAX_TOKENS
    clear: Mapping[str, tuple[float, float]] = {"image": (0.15, 0.4)}  # docs/log/panels.md

    def __init__(self, weights: Mapping[str, np.ndarray], threads: int = 0) -> None:
        self._stored = weights
        self._texts = _minilm.load(threads)
        self._threads = threads
        self._backbone: Backbone | None = None
        self._lock = Lock()
        sizes = {
            "meaning": Minilm.dim,
            "colour": _look_words.DIM,
            "histogram": weights["histogram"].shape[1],
            "edges": weights["edges"].shape[1],
        }
        ends = np.cumsum(list(sizes.values())).tolist()
        self._blocks = {name: slice(end - sizes[name], end) for name, end in zip(sizes, ends, strict=True)}
        self.dim = int(ends[-1])
        self.space = f"builtin/look/{VERSION}/{self.dim}"

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """(n, dim) float32, rows of length 1."""
        return self._spread(texts, self._texts.texts(texts))

    def queries(self, texts: Sequence[str]) -> np.ndarray:
        """As `texts`; a text that `builtin:minilm` encoded a moment ago costs nothing."""
        return self._spread(texts, self._texts.queries(texts))

    def images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """(n, dim) float32, rows of length 1, of uint8 RGB pictures of any size. Raises UserError for others."""
        for image in images:
            _check(image)
        rows = np.empty((len(images), self.dim), np.float32)
        if len(images):
            with _blas.single_threaded():
                found = self._found(images)
            for name, place in self._blocks.items():
                rows[:, place] = np.float32(SHARES[name] ** 0.5) * found[name]
        return _unit(rows)

    def _found(self, images: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
        """The blocks of at least one picture, (n, its size) each, before they are weighted."""
        from triptych.encoders._look_features import features

        seen = features(images, self._compiled())
        meaning = _unit(standardised(design(seen), self._weights) @ self._weights["head"])
        return {
            "meaning": meaning,
            "colour": seen.evidence,
            "histogram": self._beyond(meaning, "histogram", seen.histogram),
            "edges": self._beyond(meaning, "edges", seen.edges),
        }

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each whole text, without special tokens."""
        return self._texts.count(texts)

    def kinds(self, rows: np.ndarray) -> list[tuple[str, float]]:
        """(n, dim) rows of `images` -> for each the kind of picture and how sure that is, 0..1."""
        meaning = _unit(rows[:, self._blocks["meaning"]])
        return _look_kinds.named(meaning @ self._weights["kinds"] + self._weights["kinds.bias"])

    def colours(self, rows: np.ndarray) -> list[list[tuple[str, float]]]:
        """(n, dim) rows of `images` -> for each the names of its colours and how strong each is, 0..1."""
        lengths = np.linalg.norm(rows[:, self._blocks["meaning"]], axis=1, keepdims=True)
        share = (SHARES["meaning"] / SHARES["colour"]) ** 0.5
        return [_look_words.named(row) for row in rows[:, self._blocks["colour"]] / lengths * share]

    @cached_property
    def _weights(self) -> dict[str, np.ndarray]:
        """In float32, when the first picture comes: a text query needs none of them."""
        return {name: array.astype(np.float32) for name, array in self._stored.items()}

    def _spread(self, texts: Sequence[str], meaning: np.ndarray) -> np.ndarray:
        rows = np.zeros((len(texts), self.dim), np.float32)
        rows[:, self._blocks["meaning"]] = meaning
        for row, text in zip(rows, texts, strict=True):
            row[self._blocks["colour"]] = ASKED * _look_words.asked(text)
        return _unit(rows)

    def _compiled(self) -> Backbone:
        with self._lock:
            if self._backbone is None:
                from triptych.encoders._look_backbone import Backbone  # OpenVINO: not for a text query

                self._backbone = Backbone(self._threads)
        return self._backbone

    def _beyond(self, meaning: np.ndarray, name: str, values: np.ndarray) -> np.ndarray:
        """(n, k) what `values` say beyond what is usual for such a kind: a sketch differs from other sketches
        as the photo that it was drawn after differs from other photos."""
        w = self._weights
        return _unit(values @ w[name] - meaning @ w[f"{name}.meaning"] - w[f"{name}.mean"])


def design(seen: Features) -> np.ndarray:
    """(n, m) what the head sees of the features."""
    return np.concatenate([seen.backbone, seen.aspect, np.sqrt(seen.shares), seen.evidence], 1)


def standardised(x: np.ndarray, weights: Mapping[str, np.ndarray]) -> np.ndarray:
    """Each column of `design` in standard deviations of the generated pictures."""
    return np.asarray(np.clip((x - weights["head.mean"]) / weights["head.scale"], -CLIP, CLIP))


def _check(image: np.ndarray) -> None:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise UserError(
            f"The built-in image encoder was given an array {image.shape} of {image.dtype}. "
            "It takes uint8 RGB pictures (height, width, 3)."
        )


def _unit(rows: np.ndarray) -> np.ndarray:
    """Rows of length 1; a row of zeros stays zero."""
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), np.float32)
