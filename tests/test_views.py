"""Views of pages: which parts an image encoder sees, and that they show what they say."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from conftest import FILES
from triptych.pages.views import WHOLE, parts, plan, rendered
from triptych.read import open_document
from triptych.seams import Document
from triptych.settings import Limits, LookSettings
from triptych.types import Box, Page, PageText, Region, View

PLAIN = LookSettings(detectors="none")
TILED = replace(PLAIN, tiles=True, tile=500, overlap=0.2, threshold=900)


def page(width: int, height: int, **known: object) -> Page:
    return Page(1, PageText.plain(""), width, height, text_source="ocr", **known)  # type: ignore[arg-type]


def test_a_page_is_seen_as_a_whole_with_its_figures() -> None:
    regions = (Region("figure", Box(0.1, 0.1, 0.5, 0.5)), Region("total", Box(0.6, 0.9, 0.7, 0.92), "12.50"))
    views = plan(page(800, 600, regions=regions), "image", PLAIN)
    assert [(v.kind, v.name) for v in views] == [("image", ""), ("region", "figure")]
    assert views[0].box == WHOLE
    assert len(plan(page(800, 600, regions=regions), "image", replace(PLAIN, regions=False))) == 1


def test_text_files_and_broken_pages_have_no_views() -> None:
    assert plan(page(0, 0), "image", TILED) == ()
    assert plan(page(800, 600, failed="it is damaged"), "image", TILED) == ()


@given(st.integers(1, 30_000), st.integers(1, 30_000), st.integers(64, 3000), st.floats(0.0, 0.6))
def test_tiles_cover_the_page_and_overlap(width: int, height: int, tile: int, overlap: float) -> None:
    settings = replace(PLAIN, tiles=True, tile=tile, overlap=overlap, threshold=tile)
    tiles = [v.box for v in plan(page(width, height), "image", settings) if v.kind == "tile"]
    assert len(tiles) != 1
    assert len(tiles) <= 24
    for low, high in ((0, 2), (1, 3)):
        spans = sorted({(box[low], box[high]) for box in tiles})
        if spans:
            assert spans[0][0] == 0.0
            assert spans[-1][1] == pytest.approx(1.0)
            assert all(a[1] >= b[0] - 1e-9 for a, b in itertools.pairwise(spans))


def test_small_pages_are_not_tiled_unless_they_are_dense() -> None:
    assert len(plan(page(800, 600), "image", TILED)) == 1
    assert len(plan(replace(page(800, 600), dpi=300.0, text_source="none"), "image", TILED)) == 1, (
        "sizes are pixels"
    )
    assert len(plan(page(800, 600), "pdf", TILED)) > 1, "sizes are points"
    words = 500
    spans = np.stack([np.arange(words) * 2, np.arange(words) * 2 + 1], axis=1).astype(np.uint32)
    boxes = np.tile(np.array([[0.1, 0.1, 0.2, 0.2]], np.float32), (words, 1))
    text = PageText("x " * words, spans, boxes, np.ones(words, np.float32), np.zeros(words, np.uint32))
    assert len(plan(replace(page(800, 600), text=text), "image", TILED)) > 1


@pytest.fixture
def quarters(tmp_path: Path) -> Path:
    """A picture of four colours: red, green over blue, white."""
    image = Image.new("RGB", (1200, 800), "white")
    draw = ImageDraw.Draw(image)
    for at, colour in (((0, 0), "red"), ((600, 0), "green"), ((0, 400), "blue")):
        draw.rectangle((*at, at[0] + 599, at[1] + 399), fill=colour)
    image.save(path := tmp_path / "quarters.png")
    return path


@pytest.mark.parametrize(
    ("turned", "corner"), [(0, (255, 0, 0)), (90, (0, 128, 0)), (180, (255, 255, 255)), (270, (0, 0, 255))]
)
def test_views_show_their_box_upright(quarters: Path, turned: int, corner: tuple[int, ...]) -> None:
    document, _ = open_document(quarters, quarters.name, Limits())
    parts = (Region("figure", Box(0.5, 0.0, 1.0, 0.5)), Region("figure", Box(0.0, 0.5, 0.5, 1.0)))
    known = page(1200, 800, regions=parts, turned=turned)
    whole, green, blue = rendered(document, known, plan(known, "image", PLAIN), 256)
    assert whole.pixels is not None and green.pixels is not None and blue.pixels is not None
    assert max(whole.pixels.shape) == 256
    assert tuple(whole.pixels[2, 2]) == corner
    assert green.pixels.reshape(-1, 3).mean(axis=0) == pytest.approx((0, 128, 0), abs=3)
    assert blue.pixels.reshape(-1, 3).mean(axis=0) == pytest.approx((0, 0, 255), abs=3)
    assert 200 <= max(green.pixels.shape) <= 256  # drawn larger, not cut from the small whole


CORNERS = (Box(0.0, 0.0, 0.4, 0.3), Box(0.55, 0.1, 1.0, 0.45), Box(0.1, 0.5, 0.95, 1.0), WHOLE)


@pytest.fixture(params=["stored", "a page that lies on its side", "a page of which a part is shown"])
def invoice(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A PDF with words all over its page."""
    document = pdfium2.PdfDocument(FILES / "invoice-1042.pdf")
    if "side" in request.param:
        document[0].set_rotation(90)
    if "part" in request.param:
        document[0].set_cropbox(60, 150, 500, 800)
    document.save(path := tmp_path / "invoice.pdf")
    document.close()
    return path


@pytest.mark.parametrize("turned", [0, 90, 180])
def test_a_part_that_is_drawn_alone_is_that_part(invoice: Path, turned: int) -> None:
    document, _ = open_document(invoice, invoice.name, Limits())
    raw = document.page(1)
    same_parts(document, page(raw.width, raw.height, turned=turned), (400, 300, 500, 200))
    document.close()


@pytest.mark.parametrize("sides", [(300, 300, 300, 900), (100, 150, 1000, 64)])
def test_a_part_of_a_picture_is_that_part(sides: tuple[int, ...]) -> None:
    document, _ = open_document(FILES / "loan-form.png", "loan-form.png", Limits())
    raw = document.page(1)
    same_parts(document, page(raw.width, raw.height), sides)
    document.close()


def same_parts(document: Document, known: Page, sides: Sequence[int]) -> None:
    """What is drawn alone looks as what is cut from the whole page, and is of its own size."""
    views = [View("tile", box) for box in CORNERS]
    for view, side, alone in zip(views, sides, parts(document, known, views, sides), strict=True):
        [cut] = rendered(document, known, [view], side)
        assert cut.pixels is not None and alone.pixels is not None and alone.box == view.box
        assert side - 1 <= max(alone.pixels.shape) <= side or document.kind == "image"
        assert max(alone.pixels.shape) <= side
        assert np.abs(np.subtract(cut.pixels.shape, alone.pixels.shape)).max() <= 2
        seen = [np.asarray(Image.fromarray(p).resize((24, 24), Image.Resampling.BOX), np.float32)
                for p in (cut.pixels, alone.pixels)]  # fmt: skip
        assert np.abs(seen[0] - seen[1]).mean() < 0.25 * seen[0].std()
