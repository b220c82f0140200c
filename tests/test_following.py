"""Names of files and what follows from them: one file under two names, renamed, retagged, no longer described."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

import triptych
from triptych.library import Library
from triptych.processes.workers import Workers

QUICK = {"ocr.engine": "none"}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with `in/`, to be in."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "heron.txt").write_text("The heron stood in the reeds.\n")
    (tmp_path / "in" / "badger.txt").write_text("The badger digs at night.\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def lib(place: Path) -> Iterator[Library]:
    with triptych.open(place / "library", settings=QUICK) as library:
        yield library


def sources(library: Library) -> list[str]:
    return sorted(name for asset in library.list() for name in asset["sources"])


def test_one_file_has_one_name_from_here_and_from_the_root(lib: Library, place: Path) -> None:
    lib.add("in")
    assert sources(lib) == ["in/badger.txt", "in/heron.txt"]
    assert {e.status for e in lib.add(place / "in", "in/../in/heron.txt")} == {"unchanged"}
    assert {e.status for e in lib.sync(place / "in")} == {"unchanged"}
    assert sources(lib) == ["in/badger.txt", "in/heron.txt"]
    (place / "in" / "heron.txt").unlink()
    (place / "in" / "badger.txt").write_text("The badger sleeps.\n")
    told = {e.source: e.status for e in lib.sync(place / "in")}
    assert told == {"in/heron.txt": "removed", "in/badger.txt": "ready"}
    assert lib.show(str(place / "in" / "badger.txt"))["sources"] == ["in/badger.txt"]
    assert [e.status for e in lib.remove(place / "in" / "badger.txt")] == ["removed"]
    assert lib.list() == []


def test_following_the_current_folder_leaves_other_folders_alone(
    lib: Library, place: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "otter.txt"
    elsewhere.write_text("The otter swims.\n")
    lib.add(elsewhere)
    monkeypatch.chdir(place / "in")
    assert {e.status for e in lib.sync(".")} == {"ready"}
    assert {e.status for e in lib.sync(".")} == {"unchanged"}
    assert sources(lib) == [str(elsewhere), "badger.txt", "heron.txt"]


def test_a_renamed_file_is_found_by_its_new_name_and_not_read_again(lib: Library, place: Path) -> None:
    lib.sync("in")
    (place / "in" / "heron.txt").rename(place / "in" / "bulrush.txt")
    [renamed] = [e for e in lib.sync("in") if e.status == "renamed"]
    assert (renamed.source, renamed.pages, renamed.signals["text"]) == ("in/bulrush.txt", 1, 1)
    [asset] = lib.list(where='source = "in/bulrush.txt"')
    assert asset["title"] == "bulrush.txt" and asset["sources"] == ["in/bulrush.txt"]
    assert lib.search("bulrush", signals=["keyword"])[0].asset == asset["asset"]
    assert lib.verify()["differences"] == []


def test_a_file_that_is_no_folder_is_told_what_to_type(lib: Library) -> None:
    with pytest.raises(triptych.TriptychError, match=r"is a file, not a folder.*triptych add in/heron\.txt"):
        lib.sync("in/heron.txt")


def test_tags_reach_a_file_that_is_here_and_outlive_reading_again(lib: Library, place: Path) -> None:
    lib.add("in/heron.txt", tags={"year": "2024"})
    [event] = lib.add("in/heron.txt", tags={"bird": "yes"})
    assert event.status == "ready"
    assert lib.add("in/heron.txt", tags={"bird": "yes"})[0].status == "unchanged"
    [asset] = lib.list(where="tags.bird = yes and tags.year = 2024")
    assert asset["tags"] == {"year": "2024", "bird": "yes"}
    with triptych.open(place / "library", settings={**QUICK, "chunk.size": 64}) as other:
        assert other.add("in/heron.txt")[0].status == "ready"
        assert other.list()[0]["tags"] == asset["tags"]


def test_what_a_note_said_of_a_picture_goes_with_the_note(lib: Library, place: Path) -> None:
    Image.new("RGB", (64, 64), "teal").save(place / "in" / "boat.png")
    note = place / "in" / "note.md"
    said = lambda: [  # noqa: E731
        c["text"] for c in lib.show("in/boat.png")["pages"][0]["captions"] if c["origin"] == "people"
    ]
    note.write_text("![A dragon boat](boat.png)\n")
    lib.add("in")
    assert said() == ["A dragon boat"]
    note.write_text("![A rowing boat](boat.png)\n")
    lib.add("in/note.md")
    assert said() == ["A rowing boat"]
    lib.remove("in/note.md")
    assert said() == []
    assert not [h for h in lib.search("rowing boat", signals=["caption"]) if "rowing" in h.caption]
    lib.add("in/note.md")
    assert said() == ["A rowing boat"]
    note.unlink()
    lib.sync("in")
    assert said() == []
    assert lib.verify()["differences"] == []


def test_other_ocr_settings_are_nothing_to_a_text_file(lib: Library, place: Path) -> None:
    Image.new("RGB", (64, 64), "teal").save(place / "in" / "boat.png")
    lib.add("in")
    with triptych.open(place / "library", settings={**QUICK, "ocr.language": "de"}) as other:
        told = {e.source: e.status for e in other.add("in")}
    assert told == {"in/badger.txt": "unchanged", "in/heron.txt": "unchanged", "in/boat.png": "ready"}


def test_unchanged_files_are_told_as_they_are_met(lib: Library, place: Path) -> None:
    for n in range(20):
        (place / "in" / f"{n:02}.txt").write_text(f"note {n}\n")
    lib.add("in")
    events = lib.adding("in")
    first = next(events)
    (place / "in" / "19.txt").unlink()  # had all been looked at before, it would be unchanged
    rest = {e.source: e.status for e in events}
    assert first.status == "unchanged" and rest["in/18.txt"] == "unchanged"
    assert rest["in/19.txt"] == "failed"
    assert first.signals["keyword"] == 1 and first.pages == 1


def test_jobs_that_ask_for_nothing_come_back_at_once(lib: Library) -> None:
    assert isinstance(lib.workers, Workers)
    assert list(lib.workers.stream([None, None])) == [None, None]


def test_twins_that_cannot_be_read_say_which_file_was_tried(lib: Library, place: Path) -> None:
    for name in ("a.pdf", "b.pdf"):
        (place / "in" / name).write_bytes(b"%PDF-1.7\nnothing")
    (place / "in" / "none.txt").touch()
    told = {Path(e.source).name: e.error for e in lib.add("in") if e.error is not None}
    assert told["none.txt"] is not None and str(told["none.txt"]).startswith("it is empty (0 bytes). ")
    assert str(told["b.pdf"]).startswith("it is the same as in/a.pdf: a.pdf is ")
    assert all(error.hint for error in told.values() if error is not None)


def test_a_link_to_nothing_is_no_spelling_mistake(lib: Library, place: Path) -> None:
    (place / "in" / "link").symlink_to("nowhere")
    [event] = lib.add("in/link")
    assert event.error is not None and event.error.reason == "the link leads to nothing"


def test_when_files_were_changed_is_shown(lib: Library, place: Path) -> None:
    os.utime(place / "in" / "heron.txt", (86400, 86400))
    lib.add("in/heron.txt")
    assert lib.show("in/heron.txt")["modified"] == {"in/heron.txt": "1970-01-02T00:00:00+00:00"}
