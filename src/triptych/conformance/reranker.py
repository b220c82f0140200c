"""What every reranker must do. Subclass it in a test file and say how your reranker is loaded."""

from __future__ import annotations

import numpy as np

from triptych.seams import Reranker

PASSAGES = [
    "Invoice 1042\nACME GmbH, total 129.50 euro",
    "",
    "Two boats lie at the pier. " * 200,
    "\udcff\x00 odd \u200b signs",
]


class RerankerSuite:
    """Inherit it, implement `load`, run pytest."""

    def load(self) -> Reranker:
        """The reranker under test; the same object each time, if loading is slow."""
        raise NotImplementedError

    def test_says_what_it_is(self) -> None:
        assert self.load().name and self.load().name == self.load().name

    def test_a_number_for_each_passage(self) -> None:
        found = self.load().scores("ACME invoice", PASSAGES)
        assert found.shape == (len(PASSAGES),) and found.dtype == np.float64
        assert np.isfinite(found).all()

    def test_nothing_gives_nothing(self) -> None:
        assert self.load().scores("ACME", []).shape == (0,)

    def test_an_odd_question_is_no_error(self) -> None:
        for question in ("", "\ud800", "a " * 3000):
            assert np.isfinite(self.load().scores(question, PASSAGES[:2])).all()

    def test_the_same_numbers_each_time_and_in_any_order(self) -> None:
        reranker = self.load()
        forward = reranker.scores("boats", PASSAGES)
        assert np.array_equal(forward, reranker.scores("boats", PASSAGES))
        backward = reranker.scores("boats", PASSAGES[::-1])[::-1]
        np.testing.assert_allclose(forward, backward, rtol=1e-3, atol=1e-4)

    def test_passages_matter(self) -> None:
        assert len(set(np.round(self.load().scores("boats at the pier", PASSAGES[:3]), 9).tolist())) > 1
