"""The built-in image encoder and the captioner that reads its vectors."""

from __future__ import annotations

import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from threadpoolctl import threadpool_info

from triptych import plugins
from triptych.captioners import builtin as captioner
from triptych.conformance.encoder import EncoderSuite
from triptych.encoders import (
    _blas,
    _look,
    _look_backbone,
    _look_colours,
    _look_features,
    _look_kinds,
    _look_shapes,
    _look_words,
    _weights,
)
from triptych.errors import ModelError, UserError
from triptych.pages import regions
from triptych.seams import Captioner, Encoder, Seen
from triptych.types import Box, Line, PageText, Word

sys.path.insert(0, str(Path(__file__).parents[1] / "recipes"))


@cache
def look() -> _look.Look:
    made = plugins.load("encoders", "builtin:look")
    assert isinstance(made, _look.Look)
    return made


def chart(ink: str = "royalblue", width: int = 480, height: int = 320) -> np.ndarray:
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    for i, high in enumerate((0.9, 0.7, 0.5, 0.8, 0.3, 0.6)):
        x = width * (0.12 + 0.14 * i)
        draw.rectangle((x, height * (0.92 - 0.8 * high), x + width * 0.09, height * 0.92), ink)
        draw.text((x, height * 0.94), str(2020 + i), "black")
    draw.line((width * 0.1, height * 0.92, width * 0.97, height * 0.92), "black")
    return np.asarray(image)


def page(width: int = 600, height: int = 850) -> np.ndarray:
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    for y in range(60, height - 60, 14):
        draw.text(
            (50, y), "words of a long paragraph that runs over the whole width of the page, " * 2, "black"
        )
    return np.asarray(image.crop((0, 0, width - 50, height)))


def noise(height: int = 90, width: int = 120, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


class TestAsTextEncoder(EncoderSuite):
    def load(self) -> Encoder:
        return look()


# ------------------------------------------------------------------------------------- pictures


def test_says_what_it_is() -> None:
    assert look().sees == {"text", "image"}
    assert look().side == 256
    assert look().space == f"builtin/look/{_look.VERSION}/{look().dim}"
    assert look().dim <= 768


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 3000), (3000, 1), (2, 2), (31, 33), (2000, 1500), (256, 256), (40, 400)]
)
def test_pictures_of_any_size_give_a_row(shape: tuple[int, int]) -> None:
    row = look().images([noise(*shape)])
    assert row.shape == (1, look().dim) and row.dtype == np.float32
    assert np.isclose(np.linalg.norm(row), 1, atol=1e-4)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_blank_picture_gives_a_row(level: int) -> None:
    row = look().images([np.full((100, 80, 3), level, np.uint8)])
    assert np.isfinite(row).all() and np.isclose(np.linalg.norm(row), 1, atol=1e-4)


def test_no_pictures_give_no_rows() -> None:
    assert look().images([]).shape == (0, look().dim)


def test_a_row_does_not_depend_on_its_company() -> None:
    """But for the last bits of the last product, which BLAS takes in blocks of rows: nothing is padded."""
    pictures = [
        chart(),
        page(),
        noise(),
        chart("red", 500, 300),
        noise(200, 90),
        chart("green"),
        page(500, 700),
    ]
    together = look().images(pictures)
    alone = np.concatenate([look().images([picture]) for picture in pictures])
    assert np.abs(together[::-1] - look().images(pictures[::-1])).max() < 1e-6
    assert np.abs(together - alone).max() < 1e-6


def test_threads_do_not_disturb_each_other() -> None:
    pictures = [noise(seed=i) for i in range(6)]
    expected = look().images(pictures)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: look().images(pictures), range(8)):
            assert np.abs(found - expected).max() < 1e-4


@pytest.mark.parametrize("side", [256, 512])
def test_a_large_picture_equals_the_same_brought_down(side: int) -> None:
    large = page(1200, 1700)
    size = (round(large.shape[1] * side / large.shape[0]), side)
    small = np.asarray(Image.fromarray(large).resize(size, Image.Resampling.BOX))
    first, second = look().images([large, small])
    assert first @ second > 0.95


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((8, 8), np.uint8),
        np.zeros((8, 8, 4), np.uint8),
        np.zeros((8, 8, 3)),
        np.zeros((0, 8, 3), np.uint8),
    ],
)
def test_what_is_no_rgb_picture_is_refused_in_one_line(image: np.ndarray) -> None:
    with pytest.raises(UserError, match=r"uint8 RGB") as caught:
        look().images([chart(), image])
    assert "\n" not in str(caught.value)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 2**32 - 1))
def test_every_picture_gives_a_unit_row(height: int, width: int, seed: int) -> None:
    row = look().images([noise(height, width, seed)])
    assert np.isclose(np.linalg.norm(row), 1, atol=1e-4)


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_there_are_few_shapes(height: int, width: int) -> None:
    sides = _look_backbone.shape_for(height, width)
    assert all(side % 32 == 0 and 64 <= side <= 256 for side in sides)
    assert max(sides) == 256


# ------------------------------------------------------------------------------------- words and kinds


def test_words_find_the_kind() -> None:
    rows = look().images([chart(), page()])
    assert (look().queries(["a bar chart", "a page of text"]) @ rows.T).argmax(1).tolist() == [0, 1]
    (kind, sure), (paper, _) = look().kinds(rows)
    assert kind == "bar chart" and 0.5 < sure <= 1
    assert _look_kinds.GROUP.get(paper, paper) == "document"


def test_words_find_the_colour() -> None:
    inks = ["red", "green", "blue", "orange", "purple"]
    rows = look().images([chart(ink) for ink in inks])
    for i, ink in enumerate(inks):
        scores = look().queries([f"a {ink} bar chart"])[0] @ rows.T
        assert scores.argmax() == i
        assert ink in [name for name, _ in look().colours(rows[i : i + 1])[0]]


def test_a_look_alike_is_nearer_than_another_kind() -> None:
    query, alike, other = look().images([chart("red"), chart("red", 500, 330), page()])
    assert query @ alike > query @ other


def test_a_text_has_nothing_to_say_about_shape() -> None:
    row = look().queries(["a receipt"])[0]
    assert row[:384].any() and not row[384:].any()
    assert look().queries(["a red receipt"])[0][384:].any()


def test_a_text_query_loads_neither_engine_nor_opencv() -> None:
    code = (
        "import sys; from triptych import plugins; e = plugins.load('encoders', 'builtin:look');"
        "e.queries(['a red chart']); print('openvino' in sys.modules, 'cv2' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_a_text_is_encoded_once_for_both_encoders() -> None:
    minilm = plugins.load("encoders", "builtin:minilm")
    minilm.queries(["a question that nobody has asked before"])
    remembered = minilm._last[1]
    rows = look().queries(["a question that nobody has asked before"])
    assert minilm._last[1] is remembered
    assert np.allclose(rows[:, :384], remembered, atol=1e-6)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a red and blue logo", {"red", "blue"}),
        ("a navy dialog in dark mode", {"blue", "dark"}),
        ("Reddish bluegrass, whiteboard", set()),
        ("black and white photo", {"grey", "colourful"}),
        ("teal lines", {"green", "blue"}),
    ],
)
def test_colours_that_a_text_names(text: str, names: set[str]) -> None:
    found = _look_words.asked(text)
    assert {_look_words.NAMES[i] for i in np.flatnonzero(found)} == names


@pytest.mark.parametrize(
    "name", ["red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "grey"]
)
def test_plain_colours_have_their_names(name: str) -> None:
    plain = np.asarray(Image.new("RGB", (64, 64), name))
    share = _look_colours.shares(plain)
    assert _look_words.NAMES[int(share.argmax())] == name
    assert np.isclose(share.sum(), 1)


def test_a_drawing_has_the_edges_of_its_photo() -> None:
    photo = Image.new("RGB", (200, 200), "seagreen")
    ImageDraw.Draw(photo).ellipse((30, 60, 120, 160), "orange")
    drawn, other = Image.new("RGB", (200, 200), "white"), Image.new("RGB", (200, 200), "white")
    ImageDraw.Draw(drawn).ellipse((30, 60, 120, 160), outline="black", width=3)
    ImageDraw.Draw(other).rectangle((100, 20, 190, 100), outline="black", width=3)
    first, second, third = (
        _look_shapes.edges(_look_shapes.square(np.asarray(p))) for p in (photo, drawn, other)
    )
    assert first @ second > first @ third


def test_a_white_ground_is_not_counted() -> None:
    field, thing = Image.new("RGB", (96, 96), "orange"), Image.new("RGB", (96, 96), "white")
    ImageDraw.Draw(thing).ellipse((20, 20, 76, 76), "orange")
    first, second = (_look_shapes.histogram(np.asarray(p)) for p in (field, thing))
    assert first @ second > 0.9


# ------------------------------------------------------------------------------------- weights


def test_another_detector_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_look_backbone, "SHA256", "0" * 64)
    with pytest.raises(ModelError, match=r"rapidocr 3\.10\.0.*Type: pip install") as caught:
        _look.load().images([chart()])
    assert "\n" not in str(caught.value)


def test_the_recipe_makes_weights_of_the_shipped_shapes() -> None:
    """A small album, so that the recipe cannot rot: the same arrays in the same shapes, usable at once."""
    import build_look

    made = build_look.look_at(0, 96, seed=9)
    weights, shipped = build_look.fit(made), _weights.arrays(_look.FILE)
    assert {n: (a.shape, a.dtype) for n, a in weights.items()} == {
        n: (a.shape, a.dtype) for n, a in shipped.items()
    }
    assert all(np.isfinite(a).all() for a in weights.values())
    rows = _look.Look(weights).images([chart(), page()])
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-4)


def test_the_album_is_the_same_each_time_and_knows_every_kind() -> None:
    from pictures import album, captions

    first, second = album.picture(3, 14), album.picture(3, 14)
    assert np.array_equal(first.picture, second.picture) and first.kind == second.kind
    assert tuple(captions.KINDS) == _look_kinds.NAMES
    assert set(captions.FAMILY) == set(captions.KINDS)
    for number in range(24):
        drawing = album.picture(7, number)
        said = captions.captions(drawing, random.Random(number))
        assert drawing.picture.dtype == np.uint8 and drawing.picture.ndim == 3
        assert all(said) and "{" not in "".join(said)


# ------------------------------------------------------------------------------------- captions


def test_captions_say_what_is_known() -> None:
    made: Captioner = plugins.load("captioners", "builtin")
    row = look().images([chart()])[0]
    short, long = made.captions([Seen(None, row, look().space, "sales_by_year.png", "")])[0]
    assert short == "A bar chart in blue on white."
    assert long == "A bar chart in blue on white. Title: sales by year"


def test_captions_from_pixels_where_there_is_no_vector() -> None:
    made: Captioner = plugins.load("captioners", "builtin")
    blind = Seen(chart(), None, "", "0815.png", "Sales by region\n12 13 14")
    other = Seen(chart(), np.zeros(5, np.float32), "clip/other/5", "", "Sales by region")
    nothing = Seen(None, None, "", "a.png", "words")
    found = made.captions([nothing, blind, other])
    assert found[0] == ()
    assert (
        found[1] == found[2] == ("A bar chart in blue on white, landscape.",)
    )  # its words are not said again
    assert made.captions([]) == [] and made.captions([nothing]) == [()]


def test_no_kind_is_claimed_that_is_not_sure() -> None:
    logits = np.zeros((1, len(_look_kinds.NAMES)))
    [(kind, sure)] = _look_kinds.named(logits)
    assert sure < _look_kinds.SURE
    said = captioner._sentences(Seen(None, None, "", "", ""), (kind, sure), [])
    assert said == ("A picture.",)


def test_a_window_is_called_by_its_heading_and_what_is_framed_on_it() -> None:
    seen = Seen(None, None, "", "7.png", "words", heading="Get data", framed=("Export", "Sign in."))
    assert captioner._sentences(seen, ("dialog", 0.9), ["white"]) == (
        "A dialog, black on white, with Export and Sign in highlighted.",
        "A dialog titled Get data, with Export and Sign in highlighted.",
    )
    assert captioner._sentences(seen._replace(framed=()), ("bar chart", 0.9), ["blue"]) == (
        "A bar chart in blue.",
    )


@pytest.mark.parametrize(
    ("sizes", "heading"),
    [
        ([0.06, 0.02, 0.02, 0.02], "Line 0"),
        ([0.02, 0.06, 0.055, 0.02, 0.02], "Line 1 Line 2"),
        ([0.02, 0.021, 0.02], ""),
        ([], ""),
    ],
)
def test_the_heading_is_the_largest_print(sizes: list[float], heading: str) -> None:
    lines = [
        Line(
            (
                Word("Line", Box(0.1, 0.1 * i, 0.2, 0.1 * i + size)),
                Word(str(i), Box(0.2, 0.1 * i, 0.3, 0.1 * i + size)),
            )
        )
        for i, size in enumerate(sizes)
    ]
    assert regions.heading(PageText.of_lines(lines)) == heading


def test_a_group_is_named_where_no_kind_is_sure() -> None:
    logits = np.full((1, len(_look_kinds.NAMES)), -9.0)
    for kind in ("bar chart", "line chart", "area chart"):
        logits[0, _look_kinds.NAMES.index(kind)] = 3.0
    [(kind, sure)] = _look_kinds.named(logits)
    assert kind == "chart" and sure > 0.99


def test_the_captioner_takes_no_argument() -> None:
    with pytest.raises(UserError, match="takes no argument"):
        plugins.load("captioners", "builtin:blip")


def test_features_are_measured_on_what_the_network_sees() -> None:
    seen = _look_features.features([chart(), page()], look()._compiled())
    assert seen.backbone.shape == (2, _look_backbone.DIM)
    assert np.allclose(seen.aspect[:, 0], [np.log(480 / 320), np.log(550 / 850)])


def test_small_products_start_no_threads_and_leave_the_process_as_it_was() -> None:
    def limits() -> set[int]:
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    before = limits()
    with _blas.single_threaded(), _blas.single_threaded():
        assert limits() == {1}
    assert limits() == before
