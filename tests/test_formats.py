"""Formats: found by content, read as people see them, refused in one line."""

from __future__ import annotations

import codecs
import csv as csv_module
import io
import struct
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from triptych import read
from triptych.errors import FileError
from triptych.formats import _pdftext, _plain, image, markdown, pdf
from triptych.formats import csv as csv_format
from triptych.seams import Document
from triptych.settings import Limits

sys.path.insert(0, str(Path(__file__).parent.parent / "bench"))
import hostile_pdfs as pdfs

LIMITS = Limits()
Put = Callable[..., Path]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Writes bytes, text or a Pillow image to a file."""

    def put(name: str, content: bytes | str | Image.Image, **options: object) -> Path:
        path = tmp_path / name
        if isinstance(content, Image.Image):
            content.save(path, **options)  # type: ignore[arg-type]
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return put


_open: list[Document] = []


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    while _open:
        _open.pop().close()


def opened(path: Path, limits: Limits = LIMITS, name: str = "") -> Document:
    document, media_type = read.open_document(path, name or path.name, limits)
    assert media_type == document.media_type
    _open.append(document)
    return document


def refused(path: Path, limits: Limits = LIMITS) -> str:
    with pytest.raises(FileError) as caught:
        opened(path, limits)
    assert "\n" not in str(caught.value)
    assert len(caught.value.reason) <= 300
    return caught.value.code


def marked(width: int = 60, height: int = 40) -> Image.Image:
    """White with a red corner at the top left and a blue one at the bottom right."""
    picture = Image.new("RGB", (width, height), "white")
    picture.paste((255, 0, 0), (0, 0, 20, 10))
    picture.paste((0, 0, 255), (width - 20, height - 10, width, height))
    return picture


def is_red(pixel: np.ndarray) -> bool:
    return bool(pixel[0] > 180 and pixel[1] < 90 and pixel[2] < 90)


class TestSniffing:
    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
    @pytest.mark.parametrize("name", ["a.pdf", "a.txt", "a"])
    def test_pictures_by_content_whatever_their_name(self, put: Put, kind: str, name: str) -> None:
        document = opened(put(name, marked(), format=kind))
        assert document.kind == "image"
        assert document.media_type == f"image/{kind.lower()}"

    def test_a_pdf_named_png(self, put: Put) -> None:
        assert opened(put("a.png", pdfs.text("hello"))).kind == "pdf"

    def test_a_pdf_after_some_junk(self, put: Put) -> None:
        assert opened(put("a.bin", b"junk\n" * 20 + pdfs.text("hello"))).kind == "pdf"

    def test_text_named_as_a_pdf_is_text(self, put: Put) -> None:
        assert opened(put("a.pdf", "only words")).kind == "text"

    @pytest.mark.parametrize(
        ("name", "kind"),
        [("a.md", "markdown"), ("a.CSV", "csv"), ("a.tsv", "csv"), ("a.log", "text"), ("README", "text")],
    )
    def test_texts_by_name(self, put: Put, name: str, kind: str) -> None:
        assert opened(put(name, "a,b\n1,2\n")).kind == kind

    def test_a_text_that_begins_like_a_bitmap(self, put: Put) -> None:
        assert opened(put("a.txt", "BMW is a company\n" * 9)).kind == "text"

    @pytest.mark.parametrize(
        "content", [bytes(range(256)) * 9, b"PK\x03\x04" + bytes(90), b"\x7fELF" + bytes(90)]
    )
    def test_unknown_bytes_are_refused_with_what_is_known(self, put: Put, content: bytes) -> None:
        path = put("a.docx", content)
        assert refused(path) == "unknown-type"
        with pytest.raises(FileError, match=r"csv, image, markdown, pdf, text"):
            opened(path)

    def test_empty(self, put: Put) -> None:
        assert refused(put("a.pdf", b"")) == "empty"
        assert refused(put("a.txt", " \n\n ")) == "empty"

    def test_a_file_over_the_limit(self, put: Put) -> None:
        assert refused(put("a.txt", "x" * 2_000_000), Limits(file_mb=1)) == "too-large"


class TestPictures:
    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_exif_orientation_is_undone(self, put: Put, orientation: int) -> None:
        undo = {
            2: Image.Transpose.FLIP_LEFT_RIGHT,
            3: Image.Transpose.ROTATE_180,
            4: Image.Transpose.FLIP_TOP_BOTTOM,
            5: Image.Transpose.TRANSPOSE,
            6: Image.Transpose.ROTATE_90,
            7: Image.Transpose.TRANSVERSE,
            8: Image.Transpose.ROTATE_270,
        }
        stored = marked().transpose(undo[orientation]) if orientation > 1 else marked()
        exif = Image.Exif()
        exif[0x0112] = orientation
        document = opened(put("a.jpg", stored, exif=exif, quality=95))
        page, pixels = document.page(1), document.pixels(1, 4096)
        assert (page.width, page.height) == (60, 40)
        assert pixels is not None and pixels.shape == (40, 60, 3)
        assert is_red(pixels[2, 2])
        assert page.meta.get("orientation", 1) == orientation

    def test_cmyk(self, put: Put) -> None:
        pixels = opened(put("a.jpg", marked().convert("CMYK"), quality=95)).pixels(1, 4096)
        assert pixels is not None and is_red(pixels[2, 2])

    def test_sixteen_bit_grey_is_scaled_not_clipped(self, put: Put) -> None:
        values = np.full((40, 60), 60000, np.uint16)
        values[:10, :20] = 3000
        pixels = opened(put("a.png", Image.fromarray(values))).pixels(1, 4096)
        assert pixels is not None
        assert pixels[2, 2].max() < 20
        assert pixels[30, 40].min() > 220

    def test_palette_with_transparency_lies_on_white(self, put: Put) -> None:
        picture = Image.new("P", (60, 40), 0)
        picture.putpalette([0, 0, 0, 255, 0, 0])
        picture.paste(1, (0, 0, 20, 10))
        pixels = opened(put("a.png", picture, transparency=0)).pixels(1, 4096)
        assert pixels is not None
        assert is_red(pixels[2, 2])
        assert pixels[30, 40].tolist() == [255, 255, 255]

    def test_alpha_lies_on_white(self, put: Put) -> None:
        picture = Image.new("RGBA", (60, 40), (0, 0, 0, 0))
        for name in ("a.png", "a.webp", "a.tif"):
            pixels = opened(put(name, picture)).pixels(1, 4096)
            assert pixels is not None and pixels.min() == 255

    def test_one_bit_scans(self, put: Put) -> None:
        pixels = opened(put("a.tif", marked().convert("1"), compression="group4")).pixels(1, 4096)
        assert pixels is not None and set(np.unique(pixels)) == {0, 255}

    @pytest.mark.parametrize(
        "profile", [b"nonsense", b"", ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()]
    )
    def test_broken_and_good_profiles(self, put: Put, profile: bytes) -> None:
        for mode in ("RGB", "CMYK"):
            path = put(f"{mode}.jpg", marked().convert(mode), icc_profile=profile, quality=95)
            pixels = opened(path).pixels(1, 4096)
            assert pixels is not None and is_red(pixels[2, 2])

    def test_frames_of_a_tiff_are_pages(self, put: Put) -> None:
        path = put("a.tif", marked(), save_all=True, append_images=[marked(30, 20), marked(90, 70)])
        document = opened(path)
        assert len(document) == 3
        assert [(document.page(n).width, document.page(n).height) for n in (1, 2, 3)] == [
            (60, 40),
            (30, 20),
            (90, 70),
        ]
        third, first = document.pixels(3, 4096), document.pixels(1, 4096)
        assert third is not None and third.shape == (70, 90, 3)
        assert first is not None and first.shape == (40, 60, 3)
        assert refused(path, Limits(pages=2)) == "too-many-pages"

    @pytest.mark.parametrize("name", ["a.gif", "a.webp"])
    def test_of_an_animation_the_first_frame(self, put: Put, name: str) -> None:
        other = Image.new("RGB", (60, 40), "green")
        document = opened(
            put(name, marked(), save_all=True, append_images=[other, Image.new("RGB", (60, 40), "black")])
        )
        assert len(document) == 1
        assert document.meta["frames"] == 3
        pixels = document.pixels(1, 4096)
        assert pixels is not None and is_red(pixels[2, 2])

    def test_times_camera_and_resolution(self, put: Put) -> None:
        exif = Image.Exif()
        exif[0x0110] = "A Camera\0"
        exif.get_ifd(0x8769)[0x9003] = "2024:05:31 10:11:12"
        document = opened(put("a.jpg", marked(), exif=exif, dpi=(300, 300)))
        assert document.meta == {"format": "JPEG", "created": "2024-05-31T10:11:12", "model": "A Camera"}
        assert document.page(1).dpi == 300

    def test_pixels_are_made_smaller_never_larger(self, put: Put) -> None:
        document = opened(put("a.png", marked(600, 400)))
        small, full = document.pixels(1, 60), document.pixels(1, 6000)
        assert small is not None and small.shape == (40, 60, 3) and is_red(small[0, 0])
        assert full is not None and full.shape == (400, 600, 3)

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
    def test_cut_off_anywhere_is_damaged(self, put: Put, kind: str) -> None:
        whole = io.BytesIO()
        Image.effect_noise((64, 64), 90).convert("RGB").save(whole, kind)
        data = whole.getvalue()
        for share in (0.1, 0.4, 0.8):
            path = put("a.bin", data[: int(len(data) * share)])
            with pytest.raises(FileError) as caught:
                document = opened(path)
                document.page(1)
                document.pixels(1, 4096)
            assert caught.value.code in ("damaged", "unknown-type")

    def test_a_bomb_of_pixels_is_refused_before_decoding(self, put: Put) -> None:
        def chunk(name: bytes, body: bytes) -> bytes:
            return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

        header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
        bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
        assert refused(put("a.png", bomb)) == "too-large"

    @hypothesis_settings(max_examples=40, deadline=None)
    @given(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"]), st.randoms(use_true_random=False))
    def test_mutated_pictures_raise_nothing_but_file_errors(self, kind: str, dice: object) -> None:
        whole = io.BytesIO()
        marked().save(whole, kind)
        data = bytearray(whole.getvalue())
        for _ in range(dice.randint(1, 8)):  # type: ignore[attr-defined]
            data[dice.randrange(8, len(data))] = dice.randrange(256)  # type: ignore[attr-defined]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a"
            path.write_bytes(data)
            try:
                with closing(image.ImageFormat().open(path, Limits(megapixels=4))) as document:
                    document.page(1)
                    document.pixels(1, 512)
            except FileError as error:
                assert error.code in ("damaged", "too-large", "too-many-pages")


class TestTexts:
    @pytest.mark.parametrize(
        ("data", "encoding"),
        [
            ("Grüße — 12 €".encode(), "utf-8"),
            (codecs.BOM_UTF8 + "Grüße — 12 €".encode(), "utf-8-sig"),
            ("Grüße — 12 €".encode("utf-16"), "utf-16"),
            (codecs.BOM_UTF16_BE + "Grüße — 12 €".encode("utf-16-be"), "utf-16"),
            ("Grüße — 12 €".encode("utf-16-le"), "utf-16-le"),
            ("Grüße — 12 €".encode("utf-16-be"), "utf-16-be"),
            ("Grüße — 12 €".encode("utf-32"), "utf-32"),
            ("Grüße — 12 €".encode("cp1252"), "cp1252"),
        ],
    )
    def test_encodings(self, put: Put, data: bytes, encoding: str) -> None:
        document = opened(put("a.txt", data))
        text = document.page(1).text
        assert text is not None and text.text == "Grüße — 12 €"
        assert document.meta["encoding"] == encoding

    def test_an_invalid_byte_late_in_a_utf8_file(self, put: Put) -> None:
        data = b"word " * 20_000 + b"caf\xe9"
        text = opened(put("a.txt", data)).page(30).text
        assert text is not None

    def test_line_ends_and_control_characters(self, put: Put) -> None:
        text = opened(put("a.txt", b"one\r\ntwo\rthree\x1b[1m" + b"filler " * 300)).page(1).text
        assert text is not None and text.text.startswith("one\ntwo\nthree")

    def test_no_pixels_and_no_boxes(self, put: Put) -> None:
        document = opened(put("a.txt", "words"))
        page = document.page(1)
        assert document.pixels(1, 100) is None
        assert page.text is not None and page.text.boxes.shape == (0, 4)
        assert (page.width, page.height) == (0, 0)

    def test_long_texts_are_cut_between_paragraphs(self, put: Put) -> None:
        paragraph = "A sentence of eight words stands here alone. " * 12
        document = opened(put("a.txt", "\n\n".join([paragraph.strip()] * 40)))
        assert len(document) > 5
        for number in range(1, len(document) + 1):
            text = document.page(number).text
            assert text is not None
            assert len(text.text) <= _plain.PAGE_CHARACTERS
            assert text.text.startswith("A sentence")
            assert text.text.endswith("alone.")

    def test_too_many_pages(self, put: Put) -> None:
        assert refused(put("a.txt", "words " * 9000), Limits(pages=3)) == "too-many-pages"

    @given(st.text(alphabet=st.sampled_from("ab .\n"), max_size=400), st.integers(5, 60))
    def test_cuts_cover_every_word(self, text: str, size: int) -> None:
        spans = _plain.cut(text, size)
        assert all(b - a <= max(size, len(text) if not text.strip() else size) for a, b in spans)
        assert "".join(text[a:b] for a, b in spans).split() == text.split() or size < 12
        assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())


class TestMarkdown:
    SOURCE = (
        "---\ntitle: My notes\n---\n# Setup\nIntro with **bold**, _soft_ and `code`.\n\n## Linux\n"
        "![a red pump](pump.png) see [the page](https://example.org) now\n\nOther\n=====\nlast words\n"
        "```\n# no heading\n```\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    )

    def test_sections_words_and_alt_texts(self) -> None:
        text, sections, meta = markdown.plain(self.SOURCE)
        assert [s.title for s in sections] == ["Setup", "Setup > Linux", "Other"]
        assert [text[s.start :].split("\n")[0] for s in sections] == ["Setup", "Linux", "Other"]
        assert "Intro with bold, soft and code." in text
        assert "a red pump see the page now" in text
        assert "# no heading" in text
        assert "| 1 | 2 |" in text and "---" not in text
        assert meta == {"title": "My notes"}

    def test_snake_case_and_products_keep_their_signs(self) -> None:
        assert (
            markdown.inline("snake_case_name 2*3*4 a * b * c __init__.py")
            == "snake_case_name 2*3*4 a * b * c __init__.py"
        )

    def test_pages_begin_with_headings_and_sections_go_on(self, put: Put) -> None:
        body = "Words that fill the section up to some length.\n" * 30
        source = "".join(f"# Part {n}\n{body}" for n in range(8))
        document = opened(put("a.md", source))
        assert len(document) > 3
        for number in range(1, len(document) + 1):
            page = document.page(number)
            assert page.text is not None and page.text.text.startswith("Part ")
            assert page.sections[0].start == 0
        long = opened(put("b.md", "# Only\n" + body * 9))
        assert long.page(3).sections[0].title == "Only"


class TestTables:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_rows_carry_their_header(self, put: Put, delimiter: str) -> None:
        rows = [["Item", "Price", "Place"], ["Green tea", "12,50", "Shelf 3"], ["Cup", "4,00", ""]]
        out = io.StringIO()
        csv_module.writer(out, delimiter=delimiter).writerows(rows)
        page = opened(put("a.csv", out.getvalue())).page(1)
        assert page.text is not None
        assert page.text.text.split("\n") == [
            "Item: Green tea; Price: 12,50; Place: Shelf 3",
            "Item: Cup; Price: 4,00",
        ]
        assert page.sections[0].title == "Item, Price, Place"

    def test_numbers_alone_are_no_header(self, put: Put) -> None:
        text = opened(put("a.csv", "1,2\n3,4\n")).page(1).text
        assert text is not None and text.text == "1, 2\n3, 4"

    def test_quotes_newlines_and_ragged_rows(self, put: Put) -> None:
        text = opened(put("a.csv", 'a,b\n"one\ntwo",x,extra\nonly\n')).page(1).text
        assert text is not None and text.text.split("\n") == ["a: one two; b: x; extra", "a: only"]

    def test_pages_end_between_rows(self, put: Put) -> None:
        rows = "\n".join(f"{n},Name {n}" for n in range(1000))
        document = opened(put("a.csv", "id,name\n" + rows))
        texts = [document.page(n).text for n in range(1, len(document) + 1)]
        lines = [line for text in texts if text is not None for line in text.text.split("\n")]
        assert len(document) > 3
        assert lines == [f"id: {n}; name: Name {n}" for n in range(1000)]

    def test_the_tab_of_a_tsv_is_fixed(self, put: Put) -> None:
        text = opened(put("a.tsv", "name\tnote\nAnn\tone, two; three\n")).page(1).text
        assert text is not None and text.text == "name: Ann; note: one, two; three"

    def test_what_stands_above_and_below_the_table(self, put: Put) -> None:
        rows = "patient,C. Okeke\ntaken,2024-05-27\ntest,result,low,high\nSodium,139,135,\nUrea,6.2,2.8,7.2\nreleased by,Dr. E. Vander\n"
        text = opened(put("a.csv", rows)).page(1).text
        assert text is not None
        assert text.text.split("\n") == [
            "patient: C. Okeke",
            "taken: 2024-05-27",
            "test: Sodium; result: 139; low: 135",
            "test: Urea; result: 6.2; low: 2.8; high: 7.2",
            "released by: Dr. E. Vander",
        ]

    def test_only_a_header(self) -> None:
        assert csv_format._parts([["a", "b"]])[1:] == ([], [["a", "b"]])


def words_of(document: Document, number: int = 1) -> dict[str, list[float]]:
    text = document.page(number).text
    assert text is not None
    return {text.text[a:b]: box.tolist() for (a, b), box in zip(text.spans, text.boxes, strict=True)}


class TestPdf:
    def test_words_stand_where_they_are_drawn(self, put: Put) -> None:
        document = opened(put("a.pdf", pdfs.text("hello wide world", "second page")))
        boxes = words_of(document)
        assert list(boxes) == ["hello", "wide", "world"]
        x0, y0, _, y1 = boxes["hello"]
        assert abs(x0 - 72 / 612) < 0.003
        assert y0 < (792 - 700) / 792 < y1 + 0.01
        assert 0.01 < y1 - y0 < 0.04
        assert boxes["hello"][2] <= boxes["wide"][0] <= boxes["wide"][2] <= boxes["world"][0]
        assert list(words_of(document, 2)) == ["second", "page"]

    @pytest.mark.parametrize("turn", [0, 90, 180, 270])
    def test_a_turned_page_is_boxed_as_displayed(self, put: Put, turn: int) -> None:
        content = pdfs.stream(b"BT /F 18 Tf 72 700 Td (hello) Tj ET")
        document = opened(put("a.pdf", pdfs.one_page(content, b"/Rotate %d" % turn)))
        page, pixels = document.page(1), document.pixels(1, 792)
        assert pixels is not None
        assert (page.width, page.height) == ((612, 792) if turn % 180 == 0 else (792, 612))
        self.holds_the_ink(pixels, words_of(document)["hello"])

    def test_a_crop_box_moves_the_boxes(self, put: Put) -> None:
        content = pdfs.stream(b"BT /F 18 Tf 72 700 Td (hello) Tj 0 -650 Td (unseen) Tj ET")
        document = opened(put("a.pdf", pdfs.one_page(content, b"/CropBox[50 400 400 750]")))
        pixels = document.pixels(1, 792)
        assert pixels is not None and pixels.shape[0] == pixels.shape[1]
        boxes = words_of(document)
        assert list(boxes) == ["hello"], "what is outside the displayed page is not read"
        self.holds_the_ink(pixels, boxes["hello"])

    @staticmethod
    def holds_the_ink(pixels: np.ndarray, box: list[float]) -> None:
        dark = np.argwhere(pixels.min(2) < 128) / pixels.shape[:2]
        low, high = dark.min(0), dark.max(0)
        assert box[1] - 0.01 <= low[0] and high[0] <= box[3] + 0.01
        assert box[0] - 0.01 <= low[1] and high[1] <= box[2] + 0.01
        assert (box[2] - box[0]) * (box[3] - box[1]) < 0.02

    def test_encrypted_says_how_to_decrypt(self, put: Put) -> None:
        keys = b"/Encrypt<</Filter/Standard/V 2/R 3/Length 128/P -4/O<%s>/U<%s>>>/ID[<00><00>]" % (
            b"11" * 32,
            b"22" * 32,
        )
        data = pdfs.document([pdfs.CATALOG, b"<</Type/Pages/Kids[]/Count 0>>"], keys)
        assert refused(put("a.pdf", data)) == "pdf-encrypted"

    @pytest.mark.parametrize("share", [0.05, 0.3])
    def test_cut_off_is_damaged(self, put: Put, share: float) -> None:
        data = pdfs.text("hello")
        assert refused(put("a.pdf", data[: int(len(data) * share)])) == "damaged"

    def test_too_many_pages(self, put: Put) -> None:
        assert refused(put("a.pdf", pdfs.text(*"abcd")), Limits(pages=3)) == "too-many-pages"

    def test_metadata(self, put: Put) -> None:
        info = b"<</Title(A report)/Author(Ann)/CreationDate(D:20230208130417-05'00')>>"
        content = [
            pdfs.CATALOG,
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
            info,
        ]
        meta = opened(put("a.pdf", pdfs.document(content, b"/Info 4 0 R"))).meta
        assert meta == {"title": "A report", "author": "Ann", "created": "2023-02-08T13:04:17-05:00"}

    @pytest.mark.parametrize(
        ("raw", "iso"),
        [
            ("D:20230208", "2023-02-08T00:00:00"),
            ("20230208130417Z", "2023-02-08T13:04:17Z"),
            ("D:2023", "2023-01-01T00:00:00"),
            ("D:20230208130417+01'30", "2023-02-08T13:04:17+01:30"),
            ("yesterday", None),
        ],
    )
    def test_dates(self, raw: str, iso: str | None) -> None:
        assert pdf.iso_date(raw) == iso

    def test_headings_are_larger_lines(self, put: Put) -> None:
        body = " ".join(f"(body line {n} of plain text) Tj 0 -14 Td" for n in range(20))
        content = f"BT /F 20 Tf 72 740 Td (Annual Report) Tj 0 -30 Td /F 10 Tf {body} /F 16 Tf (Costs) Tj 0 -20 Td /F 10 Tf {body} ET"
        page = opened(put("a.pdf", pdfs.one_page(pdfs.stream(content.encode())))).page(1)
        assert page.text is not None
        assert [(s.title, page.text.text[s.start :][: len(s.title)]) for s in page.sections] == [
            ("Annual Report", "Annual Report"),
            ("Costs", "Costs"),
        ]

    def test_the_outline_names_sections_over_pages(self, put: Put) -> None:
        pages = [
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 6 0 R/Resources<</Font<</F 7 0 R>>>>>>"
        ] * 3
        data = pdfs.document(
            [
                b"<</Type/Catalog/Pages 2 0 R/Outlines 8 0 R>>",
                b"<</Type/Pages/Kids[3 0 R 4 0 R 5 0 R]/Count 3>>",
                *pages,
                pdfs.stream(b"BT /F 12 Tf 72 700 Td (Some words, then Second Part) Tj ET"),
                pdfs.FONT,
                b"<</Type/Outlines/First 9 0 R/Last 10 0 R/Count 2>>",
                b"<</Title(First Part)/Parent 8 0 R/Next 10 0 R/Dest[3 0 R /Fit]>>",
                b"<</Title(Second Part)/Parent 8 0 R/Prev 9 0 R/Dest[5 0 R /Fit]>>",
            ]
        )
        document = opened(put("a.pdf", data))
        titles = [[(s.start, s.title) for s in document.page(n).sections] for n in (1, 2, 3)]
        assert titles == [[(0, "First Part")], [(0, "First Part")], [(0, "First Part"), (17, "Second Part")]]

    def test_embedded_pictures_are_placed(self, put: Put) -> None:
        jpeg = io.BytesIO()
        marked(600, 400).save(jpeg, "JPEG")
        document = opened(put("a.pdf", pdfs.scan(jpeg.getvalue(), 600, 400)))
        (picture,) = document.page(1).pictures
        assert picture.box == pytest.approx((0, (792 - 600) / 792, 1, (792 - 400) / 792), abs=0.003)
        assert picture.dpi == pytest.approx(600 / (612 / 72), rel=0.01)

    def test_ligatures_are_letters_and_hyphens_are_weighed(self) -> None:
        def text(raw: str) -> str:
            words = _pdftext._words(raw)
            return "".join(x for pair in zip(words.glue, words.texts, strict=True) for x in pair)[1:]

        assert text("of\ufb01ce \ufb02ow") == "office flow"
        assert text("infor\ufffemation is information") == "information is information"
        assert text("a third\ufffeparty claim") == "a third-party claim"
        assert text("well looking, forward\ufffelooking words") == "well looking, forward-looking words"
        assert text("Long\ufffeTerm 20\ufffe30") == "Long-Term 20-30"

    def test_the_parts_of_a_broken_word_are_boxed_each_on_its_line(self) -> None:
        words = _pdftext._words("some infor\ufffemation here\r\nnext")
        assert words.texts == ["some", "infor", "mation", "here", "next"]
        assert words.glue == ["\n", " ", "", " ", "\n"]
        assert words.lines == [0, 0, 1, 1, 2]


@pytest.mark.parametrize(
    "line",
    [
        "[",
        "![",
        "[a](",
        "**a ",
        "__a ",
        "*a ",
        "_a ",
        "`",
        "``a ",
        "<",
        "<a ",
        "<img ",
        "<!--",
        "# a #",
        "|--",
        " x",
        "--  ",
    ],
)
def test_marks_that_only_open_take_no_time(line: str) -> None:
    source = line * 10_000
    begun = time.process_time()
    markdown.plain(source + "\n# " + " " * 20_000 + "b\n" + " " * 20_000 + "x\n--" + " " * 20_000 + "x")
    markdown.pictures(source)
    assert time.process_time() - begun < 3


@pytest.mark.parametrize(
    ("line", "title"),
    [("# Boats", "Boats"), ("# Boats ##  ", "Boats"), ("## C#", "C#"), ("#", ""), ("# #", "")],
)
def test_headings_may_be_closed(line: str, title: str) -> None:
    text, sections, _ = markdown.plain(line)
    assert text == title and [s.title for s in sections] == ([title] if title else [])


def test_code_in_one_line_loses_its_marks_only() -> None:
    assert markdown.inline("type `pip install` or ``make`` or ```x```") == "type pip install or make or x"
