"""What every detector must do. Subclass it in a test file and say how your detector is loaded.

The known page, a bill with a logo, a table and a photo, is drawn here with Pillow's own scalable font.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from triptych.seams import Detector
from triptych.types import Box, Line, Page, PageText, Region, Word

WIDTH, HEIGHT = 724, 1024  # pixels
LOGO, PHOTO = Box(0.05, 0.04, 0.19, 0.12), Box(0.2, 0.66, 0.7, 0.9)
_ROWS: tuple[
    tuple[tuple[float, str], ...], ...
] = (  # (left edge, words) of each line, 0.04 of the page apart
    ((0.3, "Northwind Traders Ltd."),),
    ((0.3, "14 Harbour Street, 20417 Seaport"),),
    ((0.05, "Invoice number: NT-20417"), (0.6, "Date: 14 March 2024")),
    (),
    ((0.05, "Article"), (0.45, "Quantity"), (0.65, "Price"), (0.85, "Amount")),
    ((0.05, "Green tea"), (0.45, "2"), (0.65, "24.20"), (0.85, "48.40")),
    ((0.05, "Black tea"), (0.45, "3"), (0.65, "10.00"), (0.85, "30.00")),
    ((0.05, "Tea pot"), (0.45, "1"), (0.65, "30.00"), (0.85, "30.00")),
    ((0.05, "Subtotal"), (0.85, "108.40")),
    ((0.05, "Tax"), (0.85, "21.10")),
    ((0.05, "Total amount due"), (0.85, "129.50")),
)
FIELDS = {
    "company": "Northwind Traders Ltd.",
    "invoice number": "NT-20417",
    "date": "14 March 2024",
    "total": "129.50",
}
_SIZE = 17  # pixels of the font


def known_page() -> tuple[Page, np.ndarray]:
    """The page with its words, and its picture, uint8 (h, w, 3)."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(_SIZE)
    lines = []
    for number, row in enumerate(_ROWS):
        words = []
        y = (0.05 + 0.04 * number) * HEIGHT
        for left, text in row:
            x = left * WIDTH
            for word in text.split():
                x0, y0, x1, y1 = draw.textbbox((x, y), word, font=font)
                draw.text((x, y), word, fill="black", font=font)
                words.append(Word(word, Box(x0 / WIDTH, y0 / HEIGHT, x1 / WIDTH, y1 / HEIGHT)))
                x = x1 + _SIZE / 3
        if words:
            lines.append(Line(tuple(words)))
    pixels = np.array(picture)
    _paint(pixels, LOGO, np.array([200, 30, 40]))
    _paint(pixels, PHOTO, np.array([40, 90, 160]))
    return Page(1, PageText.of_lines(lines), WIDTH, HEIGHT, text_source="ocr"), pixels


def _paint(pixels: np.ndarray, box: Box, colour: np.ndarray) -> None:
    """A coloured picture of hills: no two parts of it are alike."""
    x0, y0, x1, y1 = (
        round(box.x0 * WIDTH),
        round(box.y0 * HEIGHT),
        round(box.x1 * WIDTH),
        round(box.y1 * HEIGHT),
    )
    y, x = np.mgrid[0 : y1 - y0, 0 : x1 - x0]
    light = 0.75 + 0.45 * np.sin(x / 17 + np.sin(y / 11)) * np.cos(y / 23)
    pixels[y0:y1, x0:x1] = np.clip(colour * light[..., None], 0, 255).astype(np.uint8)


def turned_page(degrees: int) -> tuple[Page, np.ndarray]:
    """The known page as it is stored when it lies turned clockwise by 90, 180 or 270 degrees."""
    page, pixels = known_page()
    boxes = np.array([on_turned(Box(*box), degrees) for box in page.text.boxes.tolist()], np.float32)
    width, height = (HEIGHT, WIDTH) if degrees in (90, 270) else (WIDTH, HEIGHT)
    text = replace(page.text, boxes=boxes)
    turned = np.ascontiguousarray(np.rot90(pixels, -degrees // 90))
    return replace(page, text=text, width=width, height=height, turned=degrees), turned


def on_turned(box: Box, degrees: int) -> Box:
    """Where a box of the upright page stands on the page turned clockwise."""
    x0, y0, x1, y1 = box
    if degrees == 90:
        return Box(1 - y1, x0, 1 - y0, x1)
    if degrees == 180:
        return Box(1 - x1, 1 - y1, 1 - x0, 1 - y0)
    return Box(y0, 1 - x1, y1, 1 - x0)


def alike(a: Box, b: Box) -> float:
    """Common area over joint area."""
    common = a.overlap(b)
    return common / max(a.area + b.area - common, 1e-9)


class DetectorSuite:
    """Inherit it, implement `detector`, run pytest."""

    finds: frozenset[str] = frozenset()  # names of regions that must be found on the known page
    most = 12  # regions of one page

    def detector(self) -> Detector:
        """The detector under test; the same object each time, if loading is slow."""
        raise NotImplementedError

    def check(self, found: Sequence[Region]) -> None:
        """What holds for the regions of any page."""
        assert len(found) <= self.most
        for name, box, text in found:
            assert name == name.strip().lower() != ""
            assert isinstance(text, str)
            assert all(type(v) is float for v in box), "plain numbers, not a vendor's"
            assert 0 <= box.x0 < box.x1 <= 1 and 0 <= box.y0 < box.y1 <= 1
            assert box.area < 0.85, "the whole page is no region of it"
        for i, a in enumerate(found):
            assert all(alike(a.box, b.box) < 0.9 for b in found[:i] if a.name == b.name)

    def test_has_a_name_that_can_be_stored(self) -> None:
        name = self.detector().name
        assert name and name == " ".join(name.split())

    def test_finds_what_is_on_the_known_page(self) -> None:
        page, pixels = known_page()
        found = self.detector().regions(page, [], pixels)
        self.check(found)
        assert self.finds <= {region.name for region in found}
        values = {region.name: region.text for region in found}
        assert all(values[name] == value for name, value in FIELDS.items() if name in self.finds)

    def test_places_are_those_of_the_page_as_stored(self) -> None:
        page, pixels = known_page()
        upright = {(r.name, r.text): r.box for r in self.detector().regions(page, [], pixels)}
        for degrees in (90, 180, 270):
            found = self.detector().regions(*self._with_pictures(turned_page(degrees)))
            self.check(found)
            for name, box, text in found:
                if name in self.finds and (name, text) in upright:
                    assert alike(box, on_turned(upright[name, text], degrees)) > 0.5
            assert {r.name for r in found} >= self.finds

    @staticmethod
    def _with_pictures(known: tuple[Page, np.ndarray]) -> tuple[Page, list[Box], np.ndarray]:
        return known[0], [], known[1]

    def test_nothing_gives_nothing(self) -> None:
        blank = Page(1, PageText.plain(""), WIDTH, HEIGHT)
        for value in (255, 0, 128):
            assert self.detector().regions(blank, [], np.full((HEIGHT, WIDTH, 3), value, np.uint8)) == []
        assert self.detector().regions(blank, [], None) == []
        text_file = Page(1, PageText.plain("Invoice 17\nTotal 129.50"), 0, 0)
        assert self.detector().regions(text_file, [], None) == []

    def test_tiny_and_odd_pictures_are_taken(self) -> None:
        page, _ = known_page()
        for height, width in ((1, 1), (1, 900), (900, 1), (7, 40), (40, 7), (33, 33), (1024, 64)):
            noise = np.random.default_rng(height).integers(0, 256, (height, width, 3), np.uint8)
            self.check(self.detector().regions(page, [], noise))

    def test_takes_pictures_that_are_not_contiguous_and_leaves_them_alone(self) -> None:
        page, pixels = known_page()
        wide = np.repeat(pixels, 2, axis=1)[:, ::2]
        wide.flags.writeable = False
        assert self.detector().regions(page, [], wide) == self.detector().regions(page, [], pixels)

    def test_the_same_page_gives_the_same_regions(self) -> None:
        page, pixels = known_page()
        assert self.detector().regions(page, [], pixels) == self.detector().regions(page, [], pixels)
