"""What every text encoder must do. Subclass it in a test file and say how your encoder is loaded."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from triptych.errors import UserError
from triptych.seams import Encoder

TEXTS = (
    "The invoice of ACME Ltd. amounts to 129.50 euro.",
    "Total due: 129.50",
    "",
    "Two boats lie at the pier in the evening sun.",
    "Ein Satz auf Deutsch, mit Umlauten: äöü. 日本語のテキスト。",
    "a",
    "x " * 40,
)
TIMES = 50  # that a thread counts beside another one
RELATED = (  # a question, what answers it, what does not
    ("How much does the invoice come to?", "The amount to pay is 129.50 euro.", "Two boats lie at the pier."),
    ("boats in a harbour", "Ships and yachts at the pier", "Quarterly revenue grew by four percent"),
    ("company profit", "Quarterly earnings grew by four percent", "The cat sleeps on the sofa"),
)


class EncoderSuite:
    """Inherit it, implement `load`, run pytest."""

    canonical: Mapping[str, Sequence[float]] = {}  # text -> first numbers of its vector in the original model
    tolerance = 1e-3  # that a cosine may differ from the original's and between a batch and a single text

    def load(self) -> Encoder:
        """The encoder under test; the same object each time, if loading is slow."""
        raise NotImplementedError

    def test_says_what_it_is(self) -> None:
        encoder = self.load()
        assert encoder.space and encoder.space == self.load().space
        assert str(encoder.dim) in encoder.space.split("/"), "another dim is another space"
        assert "text" in encoder.sees
        assert encoder.max_tokens > 0

    def test_rows_are_float32_of_length_one(self) -> None:
        encoder = self.load()
        for rows in (encoder.texts(TEXTS), encoder.queries(TEXTS)):
            assert rows.shape == (len(TEXTS), encoder.dim)
            assert rows.dtype == np.float32
            assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-4)

    def test_no_texts_give_no_rows(self) -> None:
        encoder = self.load()
        assert encoder.texts([]).shape == encoder.queries([]).shape == (0, encoder.dim)
        assert encoder.count([]) == []

    def test_a_batch_equals_its_texts_one_by_one(self) -> None:
        encoder = self.load()
        together = encoder.texts(TEXTS)
        alone = np.concatenate([encoder.texts([text]) for text in TEXTS])
        assert ((together * alone).sum(1) > 1 - self.tolerance).all()

    def test_order_is_kept(self) -> None:
        encoder = self.load()
        forth, back = encoder.texts(TEXTS), encoder.texts(TEXTS[::-1])
        assert ((forth * back[::-1]).sum(1) > 1 - self.tolerance).all()

    def test_a_very_long_text_is_cut(self) -> None:
        encoder = self.load()
        long = "boats lie at the pier " * 4 * encoder.max_tokens
        first, longer = encoder.texts([long, long + long])
        assert first @ longer > 1 - self.tolerance

    def test_strange_text_gives_a_row(self) -> None:
        strange = ["\x00\x01", "\ud800", "\u200b", "[PAD]", "[CLS] [SEP]", "🙂" * 50, "\n\t ", "a" * 5000]
        rows = self.load().texts(strange)
        assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-4)

    def test_counts_tokens(self) -> None:
        encoder = self.load()
        empty, one, two, long = encoder.count(["", "boat", "boat boat", "boat " * 2000])
        assert empty == 0 and one >= 1
        assert two == 2 * one
        assert long == 2000 * one > encoder.max_tokens, "the whole text is counted, not what is left of it"

    def test_several_threads_may_ask(self) -> None:
        """A library is searched while files are added: texts are counted and encoded beside questions."""
        encoder = self.load()
        asked = ["boats lie at the pier " * 2 * encoder.max_tokens, "a boat"]
        counts, rows = encoder.count(asked), encoder.queries(asked)

        before = sys.getswitchinterval()
        sys.setswitchinterval(1e-5)
        try:
            with ThreadPoolExecutor(1) as beside:
                counted = [beside.submit(encoder.count, asked) for _ in range(TIMES)]
                while not counted[-1].done():
                    assert ((encoder.queries(asked) * rows).sum(1) > 1 - self.tolerance).all()
                assert [count.result() for count in counted] == [counts] * TIMES
        finally:
            sys.setswitchinterval(before)

    def test_related_is_nearer_than_unrelated(self) -> None:
        encoder = self.load()
        for question, related, unrelated in RELATED:
            query = encoder.queries([question])[0]
            near, far = encoder.texts([related, unrelated]) @ query
            assert near > far, f"{question!r} is nearer to {unrelated!r} than to {related!r}"

    def test_agrees_with_the_original_model(self) -> None:
        for text, numbers in self.canonical.items():
            row = self.load().texts([text])[0, : len(numbers)]
            assert np.allclose(row, numbers, atol=5 * self.tolerance)

    def test_says_that_it_sees_no_images(self) -> None:
        encoder = self.load()
        if "image" not in encoder.sees:
            with pytest.raises(UserError, match="text"):
                encoder.images([np.zeros((8, 8, 3), np.uint8)])
