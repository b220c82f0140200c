"""Each distinct text is encoded once, known ones not at all, and unusable vectors are refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triptych.embed import BLOCK, embed, key
from triptych.errors import ModelError


class Letters:
    """An encoder that counts letters and remembers what it was asked."""

    space, dim, sees, max_tokens, side = "letters/4", 4, frozenset({"text"}), 100, 0

    def __init__(self, spoil: Callable[[np.ndarray], np.ndarray] = lambda rows: rows) -> None:
        self.asked: list[str] = []
        self.spoil = spoil

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        rows = np.array([[1 + text.count(c) for c in "abcd"] for text in texts], np.float32)
        return self.spoil(rows / np.linalg.norm(rows, axis=1, keepdims=True))

    queries = texts

    def images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        raise NotImplementedError

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]


def test_keys_name_the_content() -> None:
    assert key("boat") == key("boat") != key("boats")
    assert len(key("")) == len(key("\ud800")) == 16


@given(st.lists(st.text("abcd", max_size=3), max_size=30))
def test_rows_are_in_order_and_each_text_is_encoded_once(texts: list[str]) -> None:
    encoder = Letters()
    keys, rows = embed(texts, encoder)
    assert keys == [key(text) for text in texts]
    assert rows.shape == (len(texts), 4) and rows.dtype == np.float32
    assert sorted(encoder.asked) == sorted(set(texts))
    for text, row in zip(texts, rows, strict=True):
        assert (row == Letters().texts([text])[0]).all()


def test_known_vectors_are_not_computed_again() -> None:
    stored = {key("a"): np.array([0, 0, 0, 1], np.float16)}
    asked: list[bytes] = []

    def cached(keys: Sequence[bytes]) -> Mapping[bytes, np.ndarray]:
        asked.extend(keys)
        return {k: stored[k] for k in keys if k in stored}

    encoder = Letters()
    _, rows = embed(["a", "b", "a"], encoder, cached)
    assert encoder.asked == ["b"]
    assert asked == [key("a"), key("b")]
    assert rows[0].tolist() == rows[2].tolist() == [0, 0, 0, 1]


def test_progress_reaches_the_total() -> None:
    told: list[tuple[int, int | None, str]] = []
    embed([str(i) for i in range(BLOCK + 1)], Letters(), progress=lambda *step: told.append(step))
    assert told == [(BLOCK, BLOCK + 1, "embed"), (BLOCK + 1, BLOCK + 1, "embed")]


@pytest.mark.parametrize("value", [np.nan, 0.0, np.inf])
def test_unusable_vectors_are_refused_by_name(value: float) -> None:
    def spoil(rows: np.ndarray) -> np.ndarray:
        rows[-1] = value
        return rows

    with pytest.raises(ModelError, match="'letters/4' returned 1 of 2 vectors"):
        embed(["a", "b"], Letters(spoil))


def test_a_wrong_shape_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match=r"'letters/4' returned vectors of shape \(2, 3\)"):
        embed(["a", "b"], Letters(lambda rows: rows[:, :3]))
