"""What every captioner must do. Subclass it in a test file and say how your captioner is loaded."""

from __future__ import annotations

import numpy as np

from triptych.conformance.image_encoder import pictures
from triptych.seams import Captioner, Seen


class CaptionerSuite:
    """Inherit it, implement `load`, run pytest."""

    space = ""  # of the vectors that it wants to see, where it works from those
    dim = 0

    def load(self) -> Captioner:
        """The captioner under test; the same object each time, if loading is slow."""
        raise NotImplementedError

    def seen(self) -> list[Seen]:
        """What it is given: pictures of many sizes with a title and no text."""
        rng = np.random.default_rng(5)
        vectors = rng.normal(size=(6, max(1, self.dim))).astype(np.float32)
        return [
            Seen(picture, vector / np.linalg.norm(vector) if self.dim else None, self.space, f"{i}.png", "")
            for i, (picture, vector) in enumerate(zip(pictures(), vectors, strict=True))
        ]

    def test_says_what_it_is(self) -> None:
        captioner = self.load()
        assert captioner.name and captioner.name == self.load().name
        assert captioner.side >= 0

    def test_one_tuple_of_at_most_three_lines_for_each(self) -> None:
        found = self.load().captions(self.seen())
        assert len(found) == 6
        for captions in found:
            assert len(captions) <= 3 and len(set(captions)) == len(captions)
            assert all(isinstance(c, str) and c == c.strip() and c and "\n" not in c for c in captions)

    def test_nothing_gives_nothing(self) -> None:
        assert self.load().captions([]) == []

    def test_the_same_words_each_time_and_in_any_company(self) -> None:
        captioner, seen = self.load(), self.seen()
        together = captioner.captions(seen)
        assert together == captioner.captions(seen)
        assert captioner.captions(seen[::-1]) == together[::-1]
        assert [captioner.captions([one])[0] for one in seen] == together

    def test_a_picture_without_pixels_is_no_error(self) -> None:
        nothing = Seen(None, None, "", "notes.txt", "Two boats lie at the pier.")
        with_pixels = self.seen()[0]
        first, second = self.load().captions([nothing, with_pixels])
        assert isinstance(first, tuple)
        assert second == self.load().captions([with_pixels])[0]
