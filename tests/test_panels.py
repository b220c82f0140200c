"""The image panel from end to end: what is seen is found by words and by pictures, and survives changes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

import triptych
from conftest import FILES, Run
from triptych.errors import ModelError, UserError, WrongSpace
from triptych.library import Library
from triptych.looks import Looks
from triptych.types import Box, Page, PageText, View

BLIND = {"image_encoder": "none", "captioner": "none", "ocr.engine": "none"}
SEEING = {"captioner": "none", "ocr.engine": "none"}


def picture(path: Path, colour: str, shape: str = "ellipse") -> Path:
    image = Image.new("RGB", (400, 300), "white")
    getattr(ImageDraw.Draw(image), shape)((80, 40, 320, 260), fill=colour)
    image.save(path)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for colour in ("red", "blue", "green"):
        picture(folder / f"{colour}.png", colour)
    return folder


@pytest.fixture
def seeing(folder: Path, tmp_path: Path) -> Library:
    with triptych.open(tmp_path / "library", settings=SEEING) as library:
        library.add(folder, FILES / "invoice-1042.pdf", FILES / "boat-meeting.txt")
    return triptych.open(tmp_path / "library", settings=SEEING)


def first(library: Library, **asked: object) -> str:
    return Path(library.search(**asked)[0].source).name  # type: ignore[arg-type]


def test_a_picture_finds_itself_and_its_like(seeing: Library, folder: Path, tmp_path: Path) -> None:
    with seeing as library:
        results = library.search(image=folder / "red.png")
        assert Path(results[0].source).name == "red.png"
        assert results.image == "red.png" and results.to_dict()["query"] == {"text": None, "image": "red.png"}
        assert results[0].signals["image"] is not None and results[0].signals["text"] is None
        other = picture(tmp_path / "other.png", "crimson")
        assert first(library, image=other) == "red.png"
        assert first(library, image=Image.open(other)) == "red.png"
        assert first(library, image=np.asarray(Image.open(other))) == "red.png"
        assert library.signals() == ("keyword", "text", "image")
        assert library.verify()["ok"]


def test_colours_are_found_by_their_names(seeing: Library) -> None:
    with seeing as library:
        for colour in ("red", "green", "blue"):
            found = library.search(f"a {colour} shape", signals=["image"], where="kind = image")
            assert Path(found[0].source).name == f"{colour}.png"


def test_words_beside_a_picture_move_it(seeing: Library, folder: Path) -> None:
    with seeing as library:
        assert first(library, text="ACME 129.50", image=folder / "green.png") == "invoice-1042.pdf"


def test_the_page_shows_its_views_and_removal_leaves_none(seeing: Library, folder: Path) -> None:
    with seeing as library:
        [page] = library.show(str(folder / "red.png"))["pages"]
        assert page["views"][0] == {"kind": "image", "name": "", "box": [0, 0, 1, 1]}
        for colour in ("red", "green", "blue"):
            library.remove(str(folder / f"{colour}.png"))
        library.remove(str(FILES / "invoice-1042.pdf"))
        assert library.signals() == ("keyword", "text")
        assert library.search(image=folder / "red.png").hits == ()
        assert library.verify()["ok"]


def test_a_library_that_was_blind_learns_to_see(folder: Path, tmp_path: Path) -> None:
    with triptych.open(tmp_path / "library", settings=BLIND) as library:
        library.add(folder)
        assert library.signals() == ("keyword",)
        with pytest.raises(UserError, match="image_encoder is none"):
            library.search(image=folder / "red.png")
    with triptych.open(tmp_path / "library", settings=SEEING) as library:
        library.rebuild(image_encoder="builtin:look")
        assert first(library, image=folder / "blue.png") == "blue.png"
        assert library.verify()["ok"]
        assert {e.status for e in library.add(folder)} == {"unchanged"}


def test_tiles_name_the_part_that_was_found(tmp_path: Path) -> None:
    sheet = Image.new("RGB", (2000, 1400), "white")
    ImageDraw.Draw(sheet).ellipse((1500, 900, 1900, 1300), fill="red")
    sheet.save(tmp_path / "sheet.png")
    tiled = {"look.tiles": True, "look.tile": 700, "look.threshold": 1500, "look.detectors": "none"}
    with triptych.open(tmp_path / "library", settings={**SEEING, **tiled}) as library:
        assert library.add(tmp_path / "sheet.png")[0].signals["image"] > 4
        hit = library.search(image=picture(tmp_path / "red.png", "red"), signals=["image"])[0]
        assert hit.view is not None and hit.view.kind == "tile"
        assert hit.boxes == (hit.view.box,)
        assert hit.view.box.overlap(Box(0.75, 0.64, 0.95, 0.93)) > 0.02


def test_a_text_encoder_is_no_image_encoder(folder: Path, run: Run) -> None:
    done = run("add", folder, TRIPTYCH_IMAGE_ENCODER="builtin:static")
    assert done.returncode == 2
    assert "sees text only" in done.stderr and done.stderr.count("\n") == 1


def test_another_space_is_refused_by_name(seeing: Library) -> None:
    with seeing as library:
        spaces = library.catalog.panels()
        library.catalog.adopt({"image": spaces["image"]._replace(name="clip/other")})
        folder = library.folder
    with triptych.open(folder, settings=SEEING) as library, pytest.raises(WrongSpace) as told:
        library.search("x")
    assert "triptych rebuild --image-encoder builtin:look" in str(told.value)
    (folder / "writing").write_text("1")  # as after a writer that was killed
    with triptych.open(folder, settings=SEEING) as library:
        library.rebuild(image_encoder="builtin:look")  # what the error says to type
        assert library.search("x", signals=["image"]).hits and library.verify()["ok"]


@pytest.mark.parametrize(
    ("given", "said"),
    [("none.png", "There is no picture"), ("notes.txt", "nothing to see"), ("broken.png", "cannot be read")],
)
def test_pictures_that_cannot_be_asked_with(seeing: Library, tmp_path: Path, given: str, said: str) -> None:
    (tmp_path / "notes.txt").write_text("words only", "utf-8")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    with seeing as library, pytest.raises(UserError, match=said):
        library.search(image=tmp_path / given)


def test_search_by_picture_on_the_command_line(seeing: Library, folder: Path, run: Run) -> None:
    with seeing as library:
        where = library.folder
    done = run("search", "--image", folder / "red.png", "-k", "1", "--explain", library=where)
    assert done.returncode == 0 and "red.png" in done.stdout and "image" in done.stdout
    done = run("search", "--image", folder / "none.png", library=where)
    assert done.returncode == 2 and "There is no picture" in done.stderr


class Spoilt:
    """An image encoder whose rows cannot be searched."""

    space, dim, sees, max_tokens, side = "spoilt/2", 2, frozenset({"text", "image"}), 10, 64

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        return np.ones((len(texts), 2), np.float32)

    queries = texts

    def images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        return np.full((len(images), 2), np.nan, np.float32)

    def count(self, texts: Sequence[str]) -> list[int]:
        return [1] * len(texts)


def test_what_an_encoder_fails_at_is_told_to_whoever_waits() -> None:
    pixels = np.zeros((8, 8, 3), np.uint8)
    page = Page(1, PageText.plain(""), 8, 8, views=(View("image", Box(0, 0, 1, 1), pixels=pixels),))
    with Looks(Spoilt(), lambda hashes: {}) as looks:
        [taken] = looks.take("ab", [page])
        promise = taken.views[0].vector
        assert promise is not None and taken.views[0].pixels is None
        with pytest.raises(ModelError, match="not of length 1"):
            promise.result(timeout=10)
