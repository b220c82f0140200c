"""What every reranker must do. Subclass a suite in a test file and say how your reranker is loaded."""

from __future__ import annotations

import numpy as np

from triptych.seams import PageReranker, Reranker

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


def _page(height: int, width: int, colour: tuple[int, int, int]) -> np.ndarray:
    """A page with a block of a colour in its middle and lines of noise, always the same."""
    page = np.full((height, width, 3), 245, np.uint8)
    page[height // 4 : height // 2 + 1, width // 4 : width // 2 + 1] = colour
    page[::7] = np.random.default_rng(height).integers(0, 255, page[::7].shape, np.uint8)
    return page


class PageRerankerSuite:
    """What every reranker that looks at pages must do. Inherit it, implement `load`, run pytest."""

    def load(self) -> PageReranker:
        """The reranker under test; the same object each time, if loading is slow."""
        raise NotImplementedError

    def pages(self) -> list[np.ndarray]:
        """Pages upright, lying, small, long, and as large as is asked for."""
        side = self.load().side
        sizes = ((side // 2, side // 3), (90, side), (40, 30), (side, 17))
        colours = ((200, 20, 20), (20, 160, 40), (30, 60, 200), (240, 200, 0))
        return [_page(*size, colour) for size, colour in zip(sizes, colours, strict=True)]

    def test_says_what_it_is(self) -> None:
        made = self.load()
        assert isinstance(made, PageReranker)
        assert made.name and made.side >= 32

    def test_a_number_for_each_page(self) -> None:
        pages = self.pages()
        found = self.load().seen("a red chart", pages)
        assert found.shape == (len(pages),) and found.dtype == np.float64
        assert np.isfinite(found).all()

    def test_no_pages_give_nothing(self) -> None:
        assert self.load().seen("a red chart", []).shape == (0,)

    def test_an_odd_question_or_page_is_no_error(self) -> None:
        odd = [np.zeros((1, 1, 3), np.uint8), np.full((3, 200, 3), 255, np.uint8)]
        for question in ("", "\ud800", "a " * 3000):
            assert np.isfinite(self.load().seen(question, odd)).all()

    def test_pages_are_left_as_they_are(self) -> None:
        pages = self.pages()
        before = [page.copy() for page in pages]
        self.load().seen("a red chart", pages)
        assert all(np.array_equal(a, b) for a, b in zip(before, pages, strict=True))

    def test_a_page_has_its_number_in_any_company(self) -> None:
        reranker, pages = self.load(), self.pages()
        together = reranker.seen("a red chart", pages)
        assert np.array_equal(together, reranker.seen("a red chart", pages))
        alone = np.concatenate([reranker.seen("a red chart", [page]) for page in pages])
        np.testing.assert_allclose(together, alone, rtol=1e-3, atol=1e-4)

    def test_pages_and_questions_matter(self) -> None:
        reranker, pages = self.load(), self.pages()
        red, blue = reranker.seen("a red chart", pages), reranker.seen("a letter in blue", pages)
        assert len(set(np.round(red, 9).tolist())) > 1
        assert not np.allclose(red, blue, atol=1e-9)
