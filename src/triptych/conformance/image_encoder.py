"""What every image encoder must do. Subclass it in a test file and say how your encoder is loaded."""

from __future__ import annotations

import numpy as np

from triptych.seams import Encoder

TEXTS = (
    "a receipt with a total of 129.50",
    "two boats at the pier",
    "",
    "ein Balkendiagramm: äöü, 日本語",
    "\ud800 \x00 http://127.0.0.1:9/never-fetched.png",
    "boats at the pier " * 200,
)


def pictures() -> list[np.ndarray]:
    """Pictures of many sizes and shapes: wide, tall, tiny, grey, one colour."""
    rng = np.random.default_rng(11)

    def noise(height: int, width: int) -> np.ndarray:
        small = rng.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), dtype=np.uint8)
        return np.ascontiguousarray(small.repeat(8, 0).repeat(8, 1)[:height, :width])

    stripes = np.zeros((120, 90, 3), np.uint8)
    stripes[::9] = (200, 30, 30)
    grey = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 100, 0).repeat(3, 2)
    return [
        noise(300, 400),
        noise(400, 300),
        stripes,
        grey,
        noise(17, 500),
        np.full((9, 9, 3), 255, np.uint8),
    ]


class ImageEncoderSuite:
    """Inherit it, implement `load`, run pytest."""

    tolerance = 1e-3  # that a cosine may differ between a batch and a single picture

    def load(self) -> Encoder:
        """The encoder under test; the same object each time, if loading is slow."""
        raise NotImplementedError

    def test_says_what_it_is(self) -> None:
        encoder = self.load()
        assert encoder.space and encoder.space == self.load().space
        assert str(encoder.dim) in encoder.space.split("/"), "another dim is another space"
        assert encoder.sees == {"text", "image"}
        assert 16 <= encoder.side <= 4096

    def test_rows_are_float32_of_length_one(self) -> None:
        encoder = self.load()
        for rows in (encoder.images(pictures()), encoder.queries(TEXTS), encoder.texts(TEXTS)):
            assert rows.shape[1] == encoder.dim and len(rows) == 6
            assert rows.dtype == np.float32
            assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3)

    def test_nothing_gives_no_rows(self) -> None:
        encoder = self.load()
        assert encoder.images([]).shape == encoder.queries([]).shape == (0, encoder.dim)

    def test_a_batch_equals_its_pictures_one_by_one(self) -> None:
        encoder = self.load()
        together = encoder.images(pictures())
        alone = np.concatenate([encoder.images([picture]) for picture in pictures()])
        assert ((together * alone).sum(1) > 1 - self.tolerance).all()

    def test_order_is_kept_over_many_batches(self) -> None:
        encoder = self.load()
        few = encoder.images(pictures())
        many = encoder.images(pictures() * 7)
        assert ((many * np.tile(few, (7, 1))).sum(1) > 1 - self.tolerance).all()

    def test_a_question_does_not_depend_on_its_company(self) -> None:
        encoder = self.load()
        together = encoder.queries(TEXTS)
        alone = np.concatenate([encoder.queries([text]) for text in TEXTS])
        assert ((together * alone).sum(1) > 1 - self.tolerance).all()

    def test_a_picture_is_left_as_it_was(self) -> None:
        picture = pictures()[0]
        before = picture.copy()
        picture.flags.writeable = False
        self.load().images([picture])
        assert (picture == before).all()

    def test_a_strip_of_an_array_is_a_picture_too(self) -> None:
        encoder = self.load()
        whole = pictures()[0]
        part = whole[10:200:2, 30:300:2]  # not contiguous in memory
        assert encoder.images([part])[0] @ encoder.images([part.copy()])[0] > 1 - self.tolerance

    def test_other_pictures_have_other_vectors(self) -> None:
        rows = self.load().images(pictures())
        assert np.unique(rows.round(4), axis=0).shape[0] == len(rows)
