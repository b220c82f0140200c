"""Reading: text layer or OCR, turned pages, pictures inside pages, failures in their place."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from triptych import read
from triptych.cli.console import added_line, unsure_line
from triptych.conformance.ocr import TEXT, known_page
from triptych.errors import FileError
from triptych.pages import enhance, orientation, regions
from triptych.results import Added
from triptych.settings import Limits, LookSettings, OcrSettings
from triptych.types import Box, Line, Page, PageText, Word

sys.path.insert(0, str(Path(__file__).parent.parent / "bench"))
import hostile_pdfs as pdfs

Read = Callable[..., Page]


@pytest.fixture(scope="module")
def reader() -> read.Reader:
    return read.Reader(OcrSettings(), LookSettings(), Limits())


@pytest.fixture
def page(reader: read.Reader, tmp_path: Path) -> Read:
    """Reads page `number` of a file of these bytes."""

    def page(content: bytes, number: int = 1, name: str = "a", by: read.Reader = reader) -> Page:
        path = tmp_path / name
        path.write_bytes(content)
        document, _ = read.open_document(path, name, Limits())
        with closing(document):
            return by.page(document, number)

    return page


def png(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def jpeg(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=92)
    return out.getvalue()


def with_picture(pixels: np.ndarray, place: bytes, text: bytes = b"", render: bytes = b"") -> bytes:
    """A letter page with a picture at `place` (a PDF matrix) and words over it."""
    content = b"q %s cm /I Do Q BT /F 12 Tf %s 72 740 Td (%s) Tj ET" % (place, render, text)
    picture = pdfs.image(jpeg(pixels), pixels.shape[1], pixels.shape[0], b"/DCTDecode")
    return pdfs.one_page(pdfs.stream(content), b"", b"/XObject<</I 6 0 R>>", picture)


def share(text: str, wanted: tuple[str, ...] = TEXT) -> float:
    words = " ".join(wanted).split()
    return sum(word in text.split() for word in words) / len(words)


class TestPictures:
    def test_a_scan_is_read_by_ocr(self, page: Read) -> None:
        found = page(png(known_page()))
        assert share(found.text.text) >= 0.95
        assert (found.text_source, found.turned, found.failed) == ("ocr", 0, None)
        assert found.ocr_engine == "rapidocr/PP-OCRv6-small"
        assert found.language is None  # detected when the page is added
        assert found.text.mean_confidence is not None and found.text.mean_confidence > 0.9

    @pytest.mark.parametrize("degrees", [90, 180, 270])
    def test_turned_pages_are_read_upright_and_boxed_as_stored(self, page: Read, degrees: int) -> None:
        stored = np.rot90(known_page(), -degrees // 90)  # clockwise
        found = page(png(stored))
        assert found.turned == degrees
        assert share(found.text.text) >= 0.95
        assert (found.height, found.width) == stored.shape[:2]
        for (start, end), box in zip(found.text.spans, found.text.boxes, strict=True):
            x0, y0, x1, y1 = box * np.array([found.width, found.height] * 2)
            ink = stored[int(y0) : int(y1) + 1, int(x0) : int(x1) + 1]
            assert ink.min() < 100, found.text.text[start:end]
        total = next(m.start() for m in re.finditer("129.50", found.text.text))
        (box,) = found.text.boxes_in(total, total + 6)
        wanted = orientation.on_turned(Box(0.1, 640 / 800, 0.6, 690 / 800), degrees)
        assert box.overlap(wanted) > 0.5 * box.area

    def test_without_an_engine_there_is_no_text(self, page: Read) -> None:
        found = page(png(known_page()), by=read.Reader(OcrSettings(engine="none"), LookSettings(), Limits()))
        assert (found.text.text, found.text_source, found.failed) == ("", "none", None)

    def test_a_blank_scan(self, page: Read) -> None:
        found = page(png(np.full((900, 700, 3), 255, np.uint8)))
        assert (found.text.text, found.text_source) == ("", "none")
        assert found.ocr_engine, "it was looked at"

    def test_a_page_of_dense_small_text_on_a_large_scan(self, page: Read) -> None:
        large = np.full((3500, 2480, 3), 255, np.uint8)
        small = np.asarray(Image.fromarray(known_page()).resize((675, 600), Image.Resampling.LANCZOS))
        large[300:900, 200:875] = small  # letters of 25 pixels: 6 points at 300 dpi
        assert share(page(png(large)).text.text) >= 0.95


class TestCleaning:
    """The engine here reads more the cleaner a picture is: nothing but the choice is under test."""

    SPECKS = np.full((90, 90, 3), 255, np.uint8)
    SPECKS[::5, ::5] = 0

    @staticmethod
    def by_cleanness(image: np.ndarray) -> list[Line]:
        sure = 0.9 if image.min() == 255 else 0.5
        return [Line((Word("words", Box(0, y, 1, y + 0.1), sure),)) for y in (0.1, 0.3, 0.5)]

    @pytest.mark.parametrize(("mode", "confidence"), [("auto", 0.9), ("on", 0.9), ("off", 0.5)])
    def test_specks(self, mode: str, confidence: float) -> None:
        lines = self.by_cleanness(self.SPECKS)
        best = enhance.read(self.SPECKS, lines, self.by_cleanness, mode)
        assert best[0].confidence == confidence

    def test_a_clear_page_is_not_read_again(self) -> None:
        clean = np.full((9, 9, 3), 255, np.uint8)
        lines = self.by_cleanness(clean)
        assert enhance.read(clean, lines, lambda image: pytest.fail("read again"), "auto") is lines

    def test_a_cleaned_page_that_reads_worse_is_dropped(self) -> None:
        lines = self.by_cleanness(self.SPECKS)
        assert enhance.read(self.SPECKS, lines, lambda image: lines[:1], "auto") is lines


class TestPdf:
    def test_a_text_layer_needs_no_engine(self, page: Read) -> None:
        found = page(
            pdfs.text("words from the layer"),
            by=read.Reader(OcrSettings(engine="no-such"), LookSettings(), Limits()),
        )
        assert found.text.text == "words from the layer"
        assert (found.text_source, found.ocr_engine) == ("native", None)

    def test_a_scan_inside_a_pdf(self, page: Read) -> None:
        found = page(with_picture(known_page(), b"612 0 0 544 0 200"))
        assert share(found.text.text) >= 0.95
        assert found.text_source == "ocr"
        assert found.dpi == pytest.approx(900 / 8.5, rel=0.02)

    def test_a_picture_with_words_below_a_text_layer(self, page: Read) -> None:
        found = page(with_picture(known_page(), b"306 0 0 272 153 200", b"A caption above"))
        lines = found.text.text.split("\n")
        assert lines[0] == "A caption above"
        assert share(found.text.text) >= 0.9
        assert (found.text_source, found.ocr_engine) == ("mixed", "rapidocr/PP-OCRv6-small")
        at = found.text.text.index("Delivery")
        (box,) = found.text.boxes_in(at, at + 8)
        wanted = (153 + 306 * 90 / 900) / 612
        assert abs(box.x0 - wanted) < 0.01

    def test_a_scan_with_a_page_number_stamped_on_it(self, page: Read) -> None:
        found = page(with_picture(known_page(), b"612 0 0 792 0 0", b"BATES 000117"))
        assert "BATES 000117" in found.text.text
        assert share(found.text.text) >= 0.95
        assert found.text_source == "mixed"

    def test_a_scan_with_a_hidden_layer_is_not_read_twice(self, page: Read) -> None:
        lines = b" ".join(b"(line %d with plenty of hidden words on it) Tj 0 -20 Td" % n for n in range(30))
        content = b"q 612 0 0 792 0 0 cm /I Do Q BT 3 Tr /F 18 Tf 72 740 Td %s ET" % lines
        picture = pdfs.image(jpeg(known_page()), 900, 800, b"/DCTDecode")
        found = page(pdfs.one_page(pdfs.stream(content), b"", b"/XObject<</I 6 0 R>>", picture))
        assert found.text_source == "native"
        assert "Northwind" not in found.text.text

    def test_an_unreadable_layer_is_replaced(self, page: Read) -> None:
        letters = b"".join(b"\\%03o" % (1 + n % 8) for n in range(200))
        found = page(with_picture(known_page(), b"612 0 0 544 0 150", letters))
        assert share(found.text.text) >= 0.9
        assert found.text_source == "ocr"
        assert found.meta["text_layer"] == "unmapped glyphs"

    def test_text_drawn_as_lines_is_read(self, page: Read) -> None:
        letter = b"8 w 100 500 m 100 600 l S 100 550 m 150 550 l S 150 500 m 150 600 l S"
        found = page(pdfs.one_page(pdfs.stream(letter)))
        assert found.text.text == "H"
        assert found.text_source == "ocr"

    def test_a_blank_page_is_not_given_to_ocr(self, page: Read) -> None:
        found = page(pdfs.one_page(pdfs.stream(b"")))
        assert (found.text_source, found.ocr_engine, found.failed) == ("none", None, None)

    def test_a_logo_that_comes_again_is_read_once(self, tmp_path: Path) -> None:
        counted = Counted()
        reader = read.Reader(OcrSettings(), LookSettings(), Limits())
        reader._engine = counted
        entry = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 6 0 R/Resources<</XObject<</I 7 0 R>>/Font<</F 8 0 R>>>>>>"
        data = pdfs.document(
            [
                pdfs.CATALOG,
                b"<</Type/Pages/Kids[3 0 R 4 0 R 5 0 R]/Count 3>>",
                entry,
                entry,
                entry,
                pdfs.stream(b"q 200 0 0 180 72 300 cm /I Do Q BT /F 12 Tf 72 700 Td (body) Tj ET"),
                pdfs.image(jpeg(known_page()), 900, 800, b"/DCTDecode"),
                pdfs.FONT,
            ]
        )
        path = tmp_path / "a.pdf"
        path.write_bytes(data)
        document, _ = read.open_document(path, "a.pdf", Limits())
        with closing(document):
            texts = [reader.page(document, number).text.text for number in (1, 2, 3)]
        assert texts == ["body\nlogo"] * 3
        assert counted.reads == 1

    def test_a_broken_page_fails_alone(self, page: Read) -> None:
        data = pdfs.document(
            [
                pdfs.CATALOG,
                b"<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>",
                b"(not a page)",
                b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 5 0 R/Resources<</Font<</F 6 0 R>>>>>>",
                pdfs.stream(b"BT /F 12 Tf 72 700 Td (good words) Tj ET"),
                pdfs.FONT,
            ]
        )
        bad, good = page(data), page(data, 2)
        assert bad.failed is not None and "page 1" in bad.failed
        assert (bad.number, bad.text.text) == (1, "")
        assert good.text.text == "good words"


class Counted:
    """An engine that reads the word "logo" on everything and counts how often it was asked."""

    name = "counted"

    def __init__(self) -> None:
        self.reads = 0

    def read(self, image: np.ndarray) -> list[Line]:
        self.reads += 1
        return [Line((Word("logo", Box(0.1, 0.1, 0.9, 0.9), 0.9),))]


class TestTexts:
    def test_sections_and_source(self, page: Read) -> None:
        found = page(b"# Title\nwords\n", name="a.md")
        assert found.text.text == "Title\nwords"
        assert (found.text_source, found.sections[0].title) == ("native", "Title")

    def test_unknown_files_are_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "a.bin"
        path.write_bytes(bytes(range(256)))
        with pytest.raises(FileError, match="of no known kind"):
            read.open_document(path, "a.bin", Limits())


boxes = st.tuples(*[st.floats(0, 1)] * 4).map(
    lambda s: Box(min(s[0], s[1]), min(s[2], s[3]), max(s[0], s[1]), max(s[2], s[3]))
)


class TestOrientation:
    @given(boxes, st.sampled_from([0, 90, 180, 270]))
    def test_turning_back_undoes_turning(self, box: Box, degrees: int) -> None:
        there = orientation.on_turned(box, degrees)
        back = orientation.on_turned(there, (360 - degrees) % 360)
        assert back == pytest.approx(box, abs=1e-9)
        assert there.area == pytest.approx(box.area, abs=1e-9)

    @pytest.mark.parametrize("degrees", [0, 90, 180, 270])
    def test_boxes_follow_the_pixels(self, degrees: int) -> None:
        upright = np.zeros((40, 60), bool)
        upright[4:8, 6:30] = True
        stored = np.rot90(upright, -degrees // 90)
        assert (orientation.upright(stored, degrees) == upright).all()
        x0, y0, x1, y1 = orientation.on_turned(Box(6 / 60, 4 / 40, 30 / 60, 8 / 40), degrees)
        height, width = stored.shape
        assert stored[round(y0 * height) : round(y1 * height), round(x0 * width) : round(x1 * width)].all()
        assert stored.sum() == round((y1 - y0) * height) * round((x1 - x0) * width)

    def test_no_lines_no_turn(self) -> None:
        assert orientation.turned(np.zeros((9, 9, 3), np.uint8), [], lambda image: []) == 0


def test_lines_are_added_below_a_text() -> None:
    first = PageText.of_lines([Line((Word("a", Box(0, 0, 0.1, 0.1)), Word("b", Box(0.2, 0, 0.3, 0.1))))])
    more = [Line((Word("cd", Box(0, 0.5, 0.2, 0.6), 0.7),))]
    both = regions.append(first, more)
    assert both.text == "a b\ncd"
    assert both.spans.tolist() == [[0, 1], [2, 3], [4, 6]]
    assert both.lines.tolist() == [0, 0, 1]
    assert both.boxes_in(4, 6) == (pytest.approx(Box(0, 0.5, 0.2, 0.6), abs=1e-6),)


def test_a_page_of_unsure_words_is_told() -> None:
    """A few stray words in a photo are no such page."""

    def page(words: int, sure: float) -> Page:
        lines = [Line(tuple(Word("ok", Box(0, 0, 0.1, 0.1), sure) for _ in range(words)))]
        return Page(1, PageText.of_lines(lines), 100, 100, text_source="ocr")

    assert [page(20, 0.6).unsure, page(20, 0.95).unsure, page(3, 0.6).unsure] == [True, False, False]
    assert not Page(1, PageText.plain("a note"), 0, 0).unsure
    event = Added("in/a.png", "ab", "ready", 2, unsure_pages=(2,))
    assert added_line(event) == "ready      in/a.png  (2 pages, 0.0 s; hardly read: page 2)"
    told = unsure_line([event, event])
    assert "on 2 pages." in told and told.endswith("triptych add PATH --ocr tesseract --ocr-lang hi")
    hiding = added_line(replace(event, unsure_pages=(), hidden_pages=(1, 2)))
    assert hiding == "ready      in/a.png  (2 pages, 0.0 s; holds words that nobody sees: page 1, 2)"
    assert unsure_line([replace(event, unsure_pages=())]) == ""
