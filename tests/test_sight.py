"""A picture to ask with: described where a captioner is on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

import odd_captioner
import triptych

RED, GREEN = (200, 30, 30), (20, 160, 30)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with a captioner, as pip would have installed it."""
    site = tmp_path / "site"
    info = site / "odd_captioner-1.0.dist-info"
    info.mkdir(parents=True)
    shutil.copy(odd_captioner.__file__, site)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: odd-captioner\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[triptych.captioners]\ncolours = odd_captioner\n")
    monkeypatch.syspath_prepend(str(site))


def picture(path: Path, colour: tuple[int, int, int], size: tuple[int, int] = (300, 200)) -> Path:
    Image.new("RGB", size, colour).save(path)
    return path


def captions(folder: Path, said: dict[str, str]) -> Path:
    """What people say of files, as `add --captions` reads it."""
    file = folder / "captions.jsonl"
    file.write_text("\n".join(json.dumps({"path": p, "captions": [c]}) for p, c in said.items()))
    return file


@pytest.mark.usefixtures("package")
def test_a_picture_asks_for_what_a_captioner_says_that_it_shows(tmp_path: Path) -> None:
    """People said of one file what the captioner says of another picture: only captions can bring them together."""
    folder = tmp_path / "in"
    folder.mkdir()
    picture(folder / "kitchen.png", (90, 90, 90))
    picture(folder / "garden.png", (92, 91, 90), (310, 200))
    people = captions(
        tmp_path, {"kitchen.png": "a plate with a ripe tomato", "garden.png": "the lawn in summer"}
    )
    settings = {"ocr.engine": "none", "captioner": "colours"}
    asked = picture(tmp_path / "asked.png", GREEN)
    with triptych.open(tmp_path / "library", settings=settings) as lib:
        lib.add(folder, captions=people)
        sight = lib.see(asked)
        assert sight.caption == odd_captioner.WORDS[1] and not sight.words
        assert lib.search(image=sight, signals=["caption"])[0].title == "garden.png"
        assert lib.search(image=picture(tmp_path / "red.png", RED))[0].title == "kitchen.png"
        other = lib.search("lawn", image=picture(tmp_path / "red.png", RED), signals=["caption"])
        assert other[0].title == "garden.png", "words that were given with a picture stand for themselves"
    with triptych.open(tmp_path / "library", settings={**settings, "captioner": "builtin"}) as lib:
        assert not lib.see(asked).caption, "a template says no more than the look does"


def test_more_like_a_page_asks_for_its_caption(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    said = {
        "a.png": "two dogs run on a beach",
        "b.png": "dogs running along the beach",
        "c.png": "a red barn in snow",
    }
    for i, name in enumerate(said):
        picture(folder / name, (90 + 30 * i, 90, 90), (300 + 10 * i, 200))  # alike, but no copies
    with triptych.open(tmp_path / "library", settings={"ocr.engine": "none", "captioner": "none"}) as lib:
        lib.add(folder, captions=captions(tmp_path, said))
        found = lib.more_like(str(folder / "a.png"))
        caption = found[0].signals["caption"]
        assert found[0].title == "b.png" and caption is not None and caption.rank == 2, (
            "after the page itself"
        )
