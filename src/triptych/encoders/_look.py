"""The built-in image encoder: what kind of picture it is and how it looks. No torch, no download.

A row has three blocks, each scaled by a fixed weight:

    meaning  in the space of the text encoder MiniLM: a ridge head over frozen features (see `_look_backbone`),
             fitted to the captions of generated pictures (recipes/build_look.py)
    colours  how much of each named colour (see `_look_colours`)
    shape    textures, edges and colours by place, for look-alikes (see `_look_shapes`)

A text has MiniLM's vector in the first block, the colours that it names in the second, zeros in the third. So
one vector of fixed length serves every store, and pictures are compared with pictures by all three blocks.
It knows kinds, colours and layout, and nothing of objects, people, places or brands (docs/models/look.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from triptych.encoders import _look_colours, _look_shapes, _minilm, _weights
from triptych.encoders._minilm import Minilm
from triptych.errors import UserError

if TYPE_CHECKING:
    from triptych.encoders._look_backbone import Backbone
    from triptych.encoders._look_features import Features

VERSION = 1  # of the vectors: another one is another space
FILE = "look.safetensors"
SIDE = 256
# Weights of the blocks in the row of a picture, squares together 1, and of the colours that a text names.
MEANING, COLOUR, SHAPE = 0.6, 0.33, 0.7287
ASKED = 0.35
EDGES = 1.0  # of edges against textures
CLIP = 6.0  # standard deviations beyond which a feature says nothing more


def load(threads: int = 0) -> Look:
    """Map the weights; nothing is compiled before the first picture. `threads` = 0: all cores."""
    return Look(_weights.arrays(FILE), threads)


class Look:
    """Pictures and texts in, rows of one space out. May be called from several threads."""

    sees = frozenset({"text", "image"})
    side = SIDE
    max_tokens = _minilm.MAX_TOKENS

    def __init__(self, weights: Mapping[str, np.ndarray], threads: int = 0) -> None:
        self._weights = {name: array.astype(np.float32) for name, array in weights.items()}
        self._texts = _minilm.load(threads)
        self._threads = threads
        self._backbone: Backbone | None = None
        self._lock = Lock()
        sizes = Minilm.dim, _look_colours.DIM, _look_shapes.EDGES + self._weights["textures"].shape[1]
        self._meaning = slice(0, sizes[0])
        self._colour = slice(sizes[0], sizes[0] + sizes[1])
        self._shape = slice(sizes[0] + sizes[1], sum(sizes))
        self.dim = sum(sizes)
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
            from triptych.encoders._look_features import features

            seen = features(images, self._compiled())
            rows[:, self._meaning] = MEANING * _unit(self._head(seen))
            rows[:, self._colour] = COLOUR * seen.evidence
            rows[:, self._shape] = SHAPE * _unit(self._shaped(seen))
        return _unit(rows)

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each whole text, without special tokens."""
        return self._texts.count(texts)

    def _spread(self, texts: Sequence[str], meaning: np.ndarray) -> np.ndarray:
        rows = np.zeros((len(texts), self.dim), np.float32)
        rows[:, self._meaning] = meaning
        for row, text in zip(rows, texts, strict=True):
            row[self._colour] = ASKED * _look_colours.asked(text)
        return _unit(rows)

    def _compiled(self) -> Backbone:
        with self._lock:
            if self._backbone is None:
                from triptych.encoders._look_backbone import Backbone  # OpenVINO: not for a text query

                self._backbone = Backbone(self._threads)
        return self._backbone

    def _head(self, seen: Features) -> np.ndarray:
        """(n, 384): where the captions of such pictures stand in MiniLM's space."""
        w = self._weights
        return np.asarray(standardised(design(seen), w) @ w["head"] + w["head.bias"])

    def _shaped(self, seen: Features) -> np.ndarray:
        """(n, EDGES + textures): not yet of length 1."""
        network = standardised(design(seen), self._weights)[:, : seen.backbone.shape[1]]
        return np.concatenate([EDGES * seen.edges, _unit(network @ self._weights["textures"])], 1)


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
