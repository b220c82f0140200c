"""Captions by people: files of captions, what they make findable, and that nothing else of a file changes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, PngImagePlugin

import triptych
from conftest import Run
from triptych import captioning
from triptych.errors import UserError
from triptych.formats._described import descriptions
from triptych.library import Library
from triptych.types import Caption

QUIET = {"ocr.engine": "none", "captioner": "none"}


def picture(path: Path, colour: str) -> Path:
    image = Image.new("RGB", (320, 240), "white")
    ImageDraw.Draw(image).ellipse((60, 40, 260, 200), fill=colour)
    image.save(path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for name, colour in (("a.png", "red"), ("b.png", "blue"), ("c.png", "green")):
        picture(folder / name, colour)
    return folder


def captions_file(path: Path, rows: Sequence[object]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n", "utf-8")
    return path


def found(library: Library, text: str, **options: object) -> list[str]:
    return [Path(hit.source).name for hit in library.search(text, **options)]  # type: ignore[arg-type]


def test_supplied_captions_are_found_by_words_and_by_meaning(folder: Path, tmp_path: Path) -> None:
    rows = [
        {"path": "a.png", "captions": ["A cherry on a plate", "Ripe fruit, round and shiny"]},
        {"path": "b.png", "caption": "Marble from the quarry of Zettritz"},
    ]
    sidecar = captions_file(folder / "captions.jsonl", rows)
    with triptych.open(tmp_path / "library", settings=QUIET) as library:
        counts = {Path(e.source).name: e.signals for e in library.add(folder, captions=sidecar)}
        assert counts["a.png"] | {"image": 1} == {"keyword": 1, "text": 0, "caption": 2, "image": 1}
        assert found(library, "Zettritz", signals=["keyword"]) == ["b.png"]
        assert found(library, "something sweet to eat", signals=["caption"])[0] == "a.png"
        hit = library.search("cherry plate")[0]
        assert hit.caption == "A cherry on a plate"
        assert hit.snippet[slice(*hit.marks[0])].lower() == "cherry"
        [said] = [page["captions"] for page in library.show(hit.source)["pages"]]
        assert [(c["origin"], c["model"], c["style"]) for c in said] == [
            ("people", "captions file", "supplied")
        ] * 2
        assert library.verify()["ok"]


def test_new_captions_of_a_known_file_touch_only_the_captions(folder: Path, tmp_path: Path) -> None:
    first = captions_file(tmp_path / "first.jsonl", [{"path": "a.png", "captions": ["old words zebra"]}])
    second = captions_file(tmp_path / "second.jsonl", [{"path": "a.png", "captions": ["new words okapi"]}])
    with triptych.open(tmp_path / "library", settings=QUIET) as library:
        library.add(folder, captions=first)
        before = library.catalog.counts()
        asset = library.catalog.asset(str(folder / "a.png")).key
        changes = library.catalog.last_change()
        status = {Path(e.source).name: e.status for e in library.add(folder, captions=second)}
        assert status == {"a.png": "ready", "b.png": "unchanged", "c.png": "unchanged"}
        assert library.catalog.asset(str(folder / "a.png")).key == asset
        assert [c.op for c in library.catalog.changes(changes)] == ["drop", "put"]
        assert library.catalog.counts() == before
        assert found(library, "zebra", signals=["keyword"]) == []
        assert found(library, "okapi", signals=["keyword"]) == ["a.png"]
        assert library.verify()["ok"]
        assert {e.status for e in library.add(folder, captions=second)} == {"unchanged"}


def test_captions_by_people_stay_when_a_setting_changes(folder: Path, tmp_path: Path) -> None:
    sidecar = captions_file(tmp_path / "c.jsonl", [{"path": "a.png", "captions": ["words of ours"]}])
    with triptych.open(tmp_path / "library", settings=QUIET) as library:
        library.add(folder, captions=sidecar)
    with triptych.open(tmp_path / "library", settings={**QUIET, "chunk.size": 128}) as library:
        assert {e.status for e in library.add(folder)} == {"ready"}
        assert found(library, "words of ours", signals=["caption"])[0] == "a.png"
        assert library.verify()["ok"]


def test_a_description_inside_a_picture_is_a_caption(tmp_path: Path) -> None:
    image = Image.new("RGB", (200, 100), "white")
    exif = image.getexif()
    exif[0x010E] = "The old ferry at Marrow Quay"
    image.save(tmp_path / "ferry.jpg", exif=exif)
    with triptych.open(tmp_path / "library", settings=QUIET) as library:
        library.add(tmp_path / "ferry.jpg")
        hit = library.search("Marrow Quay")[0]
        assert hit.caption == "The old ferry at Marrow Quay"
        assert library.show(hit.source)["pages"][0]["captions"][0]["model"] == "picture's own description"


XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt>
<rdf:li xml:lang="x-default">Nets drying at Tolm</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"""
BOMB = '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><a>&c;</a>'


def described(path: Path, **saved: Any) -> list[str]:
    Image.new("RGB", (60, 40), "white").save(path, **saved)
    with Image.open(path) as image:
        return descriptions(image)


def test_descriptions_of_every_kind(tmp_path: Path) -> None:
    assert described(tmp_path / "a.jpg", xmp=XMP.encode()) == ["Nets drying at Tolm"]
    assert described(tmp_path / "b.jpg", xmp=BOMB.encode()) == []
    assert described(tmp_path / "c.jpg", xmp=b"<broken") == []
    assert described(tmp_path / "d.jpg", comment=b"File written by Adobe Photoshop") == []
    info = PngImagePlugin.PngInfo()
    info.add_text("Description", "A lock\nkeeper")
    assert described(tmp_path / "e.png", pnginfo=info) == ["A lock keeper"]
    exif = Image.Exif()
    exif[0x010E] = "OLYMPUS DIGITAL CAMERA"
    exif[0x9C9C] = "Low tide".encode("utf-16-le")
    assert described(tmp_path / "f.jpg", exif=exif) == ["Low tide"]
    caption = b"Gulls above Tolm"
    record = b"\x1c\x02\x78" + len(caption).to_bytes(2, "big") + caption
    resource = b"8BIM\x04\x04\0\0" + len(record).to_bytes(4, "big") + record
    segment = b"Photoshop 3.0\0" + resource
    described(tmp_path / "g.jpg")
    plain = (tmp_path / "g.jpg").read_bytes()
    marked = plain[:2] + b"\xff\xed" + (len(segment) + 2).to_bytes(2, "big") + segment + plain[2:]
    (tmp_path / "g.jpg").write_bytes(marked)
    with Image.open(tmp_path / "g.jpg") as image:
        assert descriptions(image) == ["Gulls above Tolm"]


def test_tables_of_captions(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text('File,Caption\na.png,"one, two"\na.png,three\n', "utf-8")
    (tmp_path / "c.tsv").write_text("id\tdescription\nb\tfour\n", "utf-8")
    assert captioning.read(tmp_path / "c.csv").of(Path("x/a.png")) == ("one, two", "three")
    assert captioning.read(tmp_path / "c.tsv").of(Path("x/b.png")) == ("four",)
    assert captioning.read(tmp_path / "c.tsv").of(Path("x/c.png")) == ()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("c.jsonl", '{"path": "a.png"}\n', "line 1: one of captions, caption"),
        ("c.jsonl", '{"captions": ["x"]}\n', "line 1: one of path, file"),
        ("c.jsonl", '{"path": "a.png", "captions": [1]}\n', "line 1: a caption must be a text"),
        ("c.jsonl", '{"path": "a.png", \n', "line 1: not JSON"),
        ("c.csv", "name,words\na.png,x\n", "line 2: one of path"),
        ("c.csv", "path,caption\n", "holds no caption"),
    ],
)
def test_mistakes_in_captions_name_the_line(tmp_path: Path, name: str, content: str, said: str) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(UserError, match=said):
        captioning.read(tmp_path / name)


def test_a_missing_captions_file_is_usage(run: Run, tmp_path: Path) -> None:
    done = run("add", tmp_path, "--captions", tmp_path / "none.jsonl")
    assert done.returncode == 2
    assert "There is no captions file" in done.stderr


def test_each_text_once_and_origins_together() -> None:
    said = [
        Caption("A boat", "people"),
        Caption("x", "blip"),
        Caption("a BOAT", "people"),
        Caption("y", "people"),
    ]
    assert [c.text for c in captioning.distinct(said)] == ["A boat", "y", "x"]


def test_alt_texts_of_notes_describe_the_pictures_they_name(folder: Path, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    text = "# Day\n\nLook: ![The harbour of Ostrova](../in/b.png) and ![](../in/a.png) ![gone](../in/x.png)\n"
    (notes / "day.md").write_text(text, "utf-8")
    with triptych.open(tmp_path / "library", settings=QUIET) as library:
        library.add(notes)  # before the pictures
        library.add(folder)
        assert found(library, "harbour Ostrova", signals=["caption"])[0] == "b.png"
        [said] = library.show(str(folder / "b.png"))["pages"][0]["captions"]
        assert said["model"].endswith("day.md")
        (notes / "two.md").write_text("![A green disc of Ostrova](../in/c.png)\n", "utf-8")
        library.add(notes)  # after them
        assert found(library, "green disc", signals=["keyword"])[0] in ("c.png", "two.md")
        assert library.show(str(folder / "c.png"))["pages"][0]["captions"]
        assert library.verify()["ok"]


# ----------------------------------------------------------------------------------------- frames

MENU = ("Copy", "Rename", "Delete", "Properties", "Export", "Print")


def menu(path: Path, framed: str) -> Path:
    """A PDF page with the lines of MENU, one of them in a red frame."""
    words = "".join(f"BT /F 16 Tf 40 {270 - 40 * i} Td ({word}) Tj ET\n" for i, word in enumerate(MENU))
    frame = f"1 0 0 RG 2 w 30 {262 - 40 * MENU.index(framed)} 120 28 re S\n"
    content = words + frame
    path.write_text(
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R"
        "/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n"
        f"4 0 obj<</Length {len(content)}>>stream\n{content}endstream endobj\ntrailer<</Root 1 0 R>>\n"
    )
    return path


def test_framed_words_are_said_and_found(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for i, word in enumerate(MENU):
        menu(folder / f"{i}.pdf", word)
    with triptych.open(tmp_path / "library", settings={"ocr.engine": "none"}) as library:
        assert all(added.status == "ready" for added in library.add(folder))
        for i, word in enumerate(MENU):
            hit = library.search(f"the menu with {word} highlighted")[0]
            assert Path(hit.source).name == f"{i}.pdf" and f"with {word} highlighted" in hit.caption
            assert hit.rerank is not None and hit.rerank.parts["described"] > 0
        (page,) = library.show(str(folder / "1.pdf"))["pages"]
        assert [r["text"] for r in page["regions"] if r["name"] == "frame"] == ["Rename"]
        before = captions_of(library)
        again = {Path(e.source).name: list(e.captions) for e in library.describing(again=True).events}
        assert captions_of(library) == before == again, "describing again has the vectors at hand"


def captions_of(library: Library) -> dict[str, list[str]]:
    """What the built-in captioner says of the first page of each file."""
    return {
        Path(asset.sources[0]).name: [c.text for c in captioning.known(library.catalog, asset.key)[1]]
        for asset in library.catalog.assets()
    }


def test_what_was_removed_or_described_before_the_work_begins_is_left_out(
    folder: Path, tmp_path: Path
) -> None:
    """As while somebody thinks about what it costs."""
    with triptych.open(tmp_path / "library", settings=QUIET) as library:
        library.add(folder)
        begun, twice = library.describing("builtin"), library.describing("builtin")
        library.remove(str(folder / "a.png"))
        assert sorted(Path(told.source).name for told in begun.events) == ["b.png", "c.png"]
        assert [*twice.events] == []
