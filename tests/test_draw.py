"""Drawing boxes on pages, and the HTML page of results."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from triptych.display.draw import draw, montage, thumbnail
from triptych.display.report import to_html
from triptych.types import Box, Hit, SignalScore

MIDDLE = Box(0.4, 0.45, 0.6, 0.5)


def page(level: int, width: int = 800, height: int = 1000) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


def changed(picture: Image.Image, image: np.ndarray) -> np.ndarray:
    """(h, w) bool: where the drawing differs from the page."""
    return (np.asarray(picture) != image).any(axis=2)


def test_without_boxes_the_page_is_untouched() -> None:
    image = page(240)
    assert not changed(draw(image, []), image).any()


def test_the_box_is_marked_and_the_rest_of_the_page_is_not() -> None:
    image = page(240)
    where = changed(draw(image, [(MIDDLE, "1")]), image)
    assert where[455:495, 325:475].all(), "the inside of the box is tinted"
    assert not where[:400].any() and not where[550:].any() and not where[:, 600:].any()


@pytest.mark.parametrize(("ground", "ink"), [(255, 0), (250, 60), (20, 235), (0, 255)])
def test_words_under_a_mark_stay_readable_on_paper_and_on_screens(ground: int, ink: int) -> None:
    image = page(ground)
    image[470:480, 340:460] = ink
    drawn = np.asarray(draw(image, [(MIDDLE, "")]).convert("L"), int)
    contrast = abs(int(drawn[475, 400]) - int(drawn[490, 400]))
    assert contrast > 0.6 * abs(ground - ink)


def test_labels_have_their_own_colours_and_one_tag_each() -> None:
    image = page(255)
    lines = [Box(0.2, 0.2 + 0.1 * i, 0.5, 0.23 + 0.1 * i) for i in range(3)]
    drawn = np.asarray(draw(image, [(lines[0], "1"), (lines[1], "1"), (lines[2], "2")]), int)
    inside = [tuple(drawn[int(1000 * b.y0) + 15, 380]) for b in lines]
    assert inside[0] == inside[1] != inside[2]
    untagged = np.asarray(draw(image, [(lines[0], ""), (lines[1], ""), (lines[2], "")]), int)
    assert (untagged[300:340] == untagged[400:440]).all(), "no tag where there is no label"


def test_strokes_grow_with_the_picture() -> None:
    small, large = page(255, 800, 1000), page(255, 3200, 4000)
    share = [changed(draw(image, [(MIDDLE, "1")]), image).mean() for image in (small, large)]
    assert share[0] == pytest.approx(share[1], rel=0.1)


def test_a_tiny_picture_is_enlarged_so_that_the_tag_can_be_read() -> None:
    assert max(draw(page(128, 40, 30), [(MIDDLE, "1")]).size) == 640
    assert draw(page(128, 1, 2000), [(MIDDLE, "1")]).size == (1, 2000)


def test_the_same_input_gives_the_same_pixels() -> None:
    image = np.random.default_rng(3).integers(0, 255, (500, 700, 3), np.uint8)
    boxes = [(MIDDLE, "1"), (Box(0, 0, 0.1, 0.1), "2"), (Box(0.9, 0.9, 1, 1), "3")]
    assert draw(image, boxes).tobytes() == draw(image, boxes).tobytes()


fractions = st.floats(-0.5, 1.5, allow_nan=False)
any_box = st.builds(Box, fractions, fractions, fractions, fractions)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(any_box, st.text(max_size=30)), max_size=6),
    st.tuples(st.integers(1, 90), st.integers(1, 90)),
)
def test_any_boxes_and_labels_are_drawn(boxes: list[tuple[Box, str]], size: tuple[int, int]) -> None:
    drawn = draw(page(200, *size), boxes)
    assert max(drawn.size) == 640


def test_the_tag_avoids_the_words_beside_the_box() -> None:
    image = page(255)
    image[440:510:4, 200:320] = 0  # something printed to the left
    where = changed(draw(image, [(MIDDLE, "1")]), image)
    assert not where[440:510, 200:300].any()


def test_montage_shows_every_page_with_its_caption() -> None:
    pages = [(draw(page(250), []), f"page {i}") for i in range(5)] + [(draw(page(9, 900, 300), []), "Grüße")]
    sheet = montage(pages, width=900, columns=3)
    assert sheet.width == 900 and sheet.height > 2 * 250 * 1.2
    assert montage(pages, width=900).tobytes() == sheet.tobytes()
    assert montage(pages[:1], width=400).width == 400


def test_a_thumbnail_is_small_and_of_the_same_shape() -> None:
    with Image.open(io.BytesIO(thumbnail(page(200, 3000, 1500), 600))) as small:
        assert small.format == "WEBP" and small.size == (600, 300)
    with Image.open(io.BytesIO(thumbnail(page(200, 30, 20)))) as same:
        assert same.size == (30, 20), "never enlarged"


# ---------------------------------------------------------------------------------- the HTML page

NASTY = "<script>alert('1')</script>\"&</style><img src=x onerror=alert(2)>\x1b[2J\n\u202e\udcff"


def hit(rank: int = 1, **other: object) -> Hit:
    values = {
        "rank": rank, "score": 0.9, "asset": "a" * 64, "source": "in/a.pdf", "page": 3, "collection": "default",
        "title": "A title", "snippet": "Total 129.50 due", "boxes": (MIDDLE,), "marks": ((6, 12),),
        "signals": {"keyword": SignalScore(1, 14.2, 1.0, 0.8), "text": SignalScore(4, 0.6, 0.25, 0.2),
                    "caption": None, "image": None},
    }  # fmt: skip
    return Hit(**(values | other))  # type: ignore[arg-type]


class Seen(HTMLParser):
    """Tags and attributes as a browser would see them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def test_html_shows_hits_marks_boxes_and_bars() -> None:
    text = to_html("ACME 129.50", [hit()], lambda _: thumbnail(page(250)), 0.012)
    assert "<h1>ACME 129.50</h1>" in text and "1 page in 12 ms" in text
    assert "Total <mark>129.50</mark> due" in text
    assert "left:40.00%;top:45.00%;width:20.00%;height:5.00%" in text
    assert "width:25%" in text and "rank 4" in text and "caption" not in text


def test_html_asks_nothing_of_anybody() -> None:
    text = to_html("q", [hit(), hit(2)], lambda _: thumbnail(page(250)))
    seen = Seen(text)
    links = [v or "" for k, v in seen.attributes if k in ("href", "src", "action", "data", "srcset")]
    assert all(link.startswith(("#", "data:image/")) for link in links) and "script" not in seen.tags
    assert "default-src 'none'" in text and not re.search(r"url\(|@import|https?:", text)


def test_html_escapes_everything_that_is_not_ours() -> None:
    plain = Seen(to_html("q", [hit()], lambda _: None))
    nasty = hit(source=NASTY, title=NASTY, snippet=NASTY, section=NASTY, marks=((2, 30),))
    text = to_html(NASTY, [nasty], lambda _: None)
    seen = Seen(text)
    assert set(seen.tags) == set(plain.tags), "no tag came in from outside"
    assert not any(name.startswith("on") for name, _ in seen.attributes)
    assert "alert('1')" in seen.text, "shown as text"
    text.encode("utf-8")
    assert "\x1b" not in text and "\u202e" not in text


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70)), max_size=5))
def test_html_survives_any_snippet_and_marks(snippet: str, marks: list[tuple[int, int]]) -> None:
    text = to_html("q", [hit(snippet=snippet, marks=tuple(marks))], lambda _: None)
    quoted = Seen(text.split("<blockquote>")[1].split("</blockquote>")[0]).text
    expected = "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in snippet
    )
    assert quoted.replace("\r", "") == expected


def test_html_of_nothing_and_of_a_picture_that_is_none() -> None:
    assert "Nothing in the library matches." in to_html("q", [], lambda _: None)


def test_the_page_says_when_hits_are_only_the_nearest() -> None:
    said = "Nothing in the library matches well; nearest: 1 page<"
    assert said in to_html("q", [hit()], lambda _: None, match=False)
    assert "matches well" not in to_html("q", [hit()], lambda _: None, match=True)
    with pytest.raises(ValueError, match="PNG, JPEG or WebP"):
        to_html("q", [hit()], lambda _: b"GIF89a")


def test_html_holds_the_picture_itself() -> None:
    data = thumbnail(page(250))
    assert base64.b64encode(data).decode() in to_html("q", [hit()], lambda _: data)
