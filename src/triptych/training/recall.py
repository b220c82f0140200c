"""Recall@k of held-back pairs, in both directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

_AT = (1, 5, 10)


@dataclass(frozen=True, slots=True)
class Recall:
    """Share of questions whose answer is among the first k: by words for pictures, by pictures for words."""

    words_1: float
    words_5: float
    words_10: float
    pictures_1: float
    pictures_5: float
    pictures_10: float

    @property
    def mean(self) -> float:
        """Mean of all six, by which trainings are compared."""
        return float(sum(asdict(self).values()) / 6)

    def to_dict(self) -> dict[str, float]:
        return asdict(self)

    def __str__(self) -> str:
        words = " ".join(f"{v:.3f}" for v in (self.words_1, self.words_5, self.words_10))
        pictures = " ".join(f"{v:.3f}" for v in (self.pictures_1, self.pictures_5, self.pictures_10))
        return f"recall@1/5/10 by words {words}, by pictures {pictures}"


def recall(images: np.ndarray, texts: np.ndarray, right: np.ndarray) -> Recall:
    """Of (n, dim) pictures and (m, dim) texts; `right` (m, n) bool says which text describes which picture.
    A question counts as answered at k when the best right answer is among the first k."""
    scores = texts @ images.T
    by_words, by_pictures = _ranks(scores, right), _ranks(scores.T, right.T)
    shares = [float((ranks <= k).mean()) for ranks in (by_words, by_pictures) for k in _AT]
    return Recall(*(round(share, 4) for share in shares))


def _ranks(scores: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Rank of the best right answer in each row. A tie counts against us, or a model that gives everything
    the same vector would look perfect."""
    best = np.where(right, scores, -np.inf).max(1, keepdims=True)
    ranks: np.ndarray = ((scores >= best) & ~right).sum(1) + 1
    return ranks


def matches(owners: Sequence[int], said: Sequence[str], pictures: int) -> np.ndarray:
    """(m, n) bool: text j describes its own picture `owners[j]`, and every other of which the same was said."""
    right = np.zeros((len(said), pictures), bool)
    right[np.arange(len(said)), list(owners)] = True
    same: dict[str, list[int]] = {}
    for j, text in enumerate(said):
        same.setdefault(text.casefold(), []).append(j)
    for group in same.values():
        right[group] = right[group].any(0)
    return right
