"""An encoder of another package: it knows where on the page words stand, and nothing of what they mean."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from triptych.errors import UserError
from triptych.types import PageText

PLACES = ("top", "bottom", "left", "right")


def load(argument: str = "") -> Places:
    return Places()


class Places:
    """Four numbers: how much of the text stands at the top, at the bottom, left and right."""

    space, dim, sees, max_tokens, side = "places/4", 4, frozenset({"text"}), 50, 0

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """Which of the places a text names; a little of each for none."""
        return _unit(np.array([[0.1 + (place in text) for place in PLACES] for text in texts], np.float32))

    queries = texts

    def pages(self, pages: Sequence[PageText]) -> np.ndarray:
        rows = []
        for page in pages:
            x, y = page.boxes[:, 0::2].mean(), page.boxes[:, 1::2].mean()
            rows.append([1 - y, y, 1 - x, x])
        return _unit(np.array(rows, np.float32).reshape(-1, 4) ** 4)

    def images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        raise UserError("The encoder 'places/4' knows where words stand, not how pictures look.")

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]


def _unit(rows: np.ndarray) -> np.ndarray:
    found: np.ndarray = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return found
