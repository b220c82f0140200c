"""Views of pages: which parts an image encoder sees, and that they show what they say."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from triptych.pages.views import WHOLE, plan, rendered
from triptych.read import open_document
from triptych.settings import Limits, LookSettings
from triptych.types import Box, Page, PageText, Region

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
