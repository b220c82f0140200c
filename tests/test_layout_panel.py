"""An image encoder that reads words with their places: pages are found by their layout."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

import odd_encoder
import triptych
from triptych.errors import UserError

LAYOUT = {"image_encoder": "places", "captioner": "none", "ocr.engine": "none"}


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install the encoder as another package would: a module and an entry point on the path."""
    site = tmp_path / "site"
    info = site / "places-1.0.dist-info"
    info.mkdir(parents=True)
    shutil.copy(odd_encoder.__file__, site)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: places\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[triptych.encoders]\nplaces = odd_encoder\n")
    monkeypatch.syspath_prepend(site)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pages of the same words: at the top of one, at the bottom of the other."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name, height in (("high.pdf", 780), ("low.pdf", 40)):
        canvas = Canvas(str(folder / name), pagesize=(595, 842), invariant=1)
        canvas.drawString(250, height, f"the same words on {name}")
        canvas.save()
    return folder


def first(library: triptych.Library, text: str) -> str:
    return Path(library.search(text, signals=["image"])[0].source).name


def test_pages_are_found_by_where_their_words_stand(folder: Path, tmp_path: Path) -> None:
    with triptych.open(tmp_path / "library", settings=LAYOUT) as library:
        assert {e.signals["image"] for e in library.add(folder)} == {1}
        assert first(library, "words at the top") == "high.pdf"
        assert first(library, "words at the bottom") == "low.pdf"
        assert library.verify()["ok"]
        with pytest.raises(UserError, match="not how pictures look"):
            library.search(image=Path(__file__).parent.parent / "samples" / "queries" / "logo.png")


def test_a_library_of_looks_can_become_one_of_layouts(folder: Path, tmp_path: Path) -> None:
    with triptych.open(tmp_path / "library", settings={**LAYOUT, "image_encoder": "builtin:look"}) as library:
        library.add(folder)
        library.rebuild(image_encoder="places")
        assert first(library, "at the bottom") == "low.pdf"
        assert library.verify()["ok"]
    with triptych.open(tmp_path / "library", settings={"captioner": "none", "ocr.engine": "none"}) as library:
        assert first(library, "at the top") == "high.pdf"  # the library remembers
