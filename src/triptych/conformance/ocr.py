"""What every OCR engine must do. Subclass it in a test file and say how your engine is loaded.

The known page is drawn here, with Pillow's own scalable font, so that nothing has to be shipped.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from triptych.seams import Ocr
from triptych.types import Line

TEXT = (
    "Northwind Traders",
    "Invoice number 20417",
    "Date 14 March 2024",
    "Two boxes of green tea",
    "Delivery to the front door",
    "Please pay within thirty days",
    "Subtotal 108.40",
    "Tax 21.10",
    "Total amount due 129.50",
)
_LEFT, _TOP, _STEP, _SIZE = 90, 80, 70, 34  # pixels


def known_page(width: int = 900, height: int = 800) -> np.ndarray:
    """(h, w, 3) uint8: `TEXT` in black on white, a line every 70 pixels."""
    page = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(_SIZE)
    for i, line in enumerate(TEXT):
        draw.text((_LEFT, _TOP + i * _STEP), line, fill="black", font=font)
    return np.asarray(page)


def blank_page(width: int = 600, height: int = 800, value: int = 255) -> np.ndarray:
    """(h, w, 3) uint8 of one colour."""
    return np.full((height, width, 3), value, np.uint8)


def recall(lines: list[Line], wanted: tuple[str, ...] = TEXT) -> float:
    """Share of the wanted words, case and punctuation aside, that stand among the words read."""

    def words(text: str) -> list[str]:
        return [w.strip(".,:;").casefold() for w in text.split()]

    left = [w for line in lines for w in words(line.text)]
    right = [w for line in wanted for w in words(line)]
    found = 0
    for word in right:
        if word in left:
            left.remove(word)
            found += 1
    return found / len(right)


class OcrSuite:
    """Inherit it, implement `engine`, run pytest."""

    def engine(self) -> Ocr:
        """The engine under test; may be the same object each time."""
        raise NotImplementedError

    def test_has_a_name_that_can_be_stored(self) -> None:
        name = self.engine().name
        assert name
        assert name == " ".join(name.split())

    def test_reads_a_known_page(self) -> None:
        assert recall(self.engine().read(known_page())) >= 0.95

    def test_lines_come_in_reading_order(self) -> None:
        text = "\n".join(line.text for line in self.engine().read(known_page())).casefold()
        places = [
            text.find(word) for word in ("northwind", "invoice", "delivery", "subtotal", "total amount")
        ]
        assert -1 not in places
        assert places == sorted(places)

    def test_boxes_are_on_the_page_and_hold_their_words(self) -> None:
        image = known_page()
        height, width = image.shape[:2]
        for line in self.engine().read(image):
            for word in line.words:
                x0, y0, x1, y1 = word.box
                assert 0 <= x0 < x1 <= 1
                assert 0 <= y0 < y1 <= 1
                assert word.text == word.text.strip() != ""
                assert 0 <= word.confidence <= 1
                inside = image[int(y0 * height) : int(y1 * height) + 1, int(x0 * width) : int(x1 * width) + 1]
                assert inside.min() < 128, f"no ink in the box of {word.text!r}"

    def test_words_of_a_line_stand_from_left_to_right(self) -> None:
        for line in self.engine().read(known_page()):
            middles = [(word.box.x0 + word.box.x1) / 2 for word in line.words]
            assert middles == sorted(middles)

    def test_boxes_stand_where_the_words_were_drawn(self) -> None:
        image = known_page()
        words = {w.text.strip(".,:"): w.box for line in self.engine().read(image) for w in line.words}
        for word, number in (("Invoice", 1), ("Delivery", 4), ("129.50", 8)):
            middle = (words[word].y0 + words[word].y1) / 2 * image.shape[0]
            assert abs(middle - (_TOP + number * _STEP + _SIZE * 0.6)) < _STEP / 3
        assert abs(words["Invoice"].x0 * image.shape[1] - _LEFT) < 12

    def test_a_blank_page_has_no_lines(self) -> None:
        for value in (255, 0, 128):
            assert self.engine().read(blank_page(value=value)) == []

    def test_tiny_and_odd_pictures_are_read_without_error(self) -> None:
        for shape in ((1, 1), (3, 500), (500, 3), (20, 20), (17, 900)):
            assert isinstance(self.engine().read(np.full((*shape, 3), 200, np.uint8)), list)

    def test_the_same_page_gives_the_same_lines(self) -> None:
        assert self.engine().read(known_page()) == self.engine().read(known_page())

    def test_takes_pictures_that_are_not_contiguous(self) -> None:
        wide = np.repeat(known_page(), 2, axis=1)[:, ::2]
        assert recall(self.engine().read(wide)) >= 0.95
