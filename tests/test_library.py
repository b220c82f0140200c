"""The Python API as the README shows it, and what the library promises about its state."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil
import pytest

import triptych
from conftest import FILES
from triptych.errors import LibraryError, UserError
from triptych.library import Library


def names(library: Library) -> set[str]:
    return {Path(source).name for asset in library.list() for source in asset["sources"]}


def test_search_returns_hits_that_explain_themselves(library: Library) -> None:
    hits = library.search("dough hook of stainless steel", k=3)
    assert len(hits) <= 3
    first = hits[0]
    assert first.rank == 1 and first.signals["keyword"] is not None
    assert all(first.snippet[a:b] for a, b in first.marks)
    assert hits[0].score >= hits[-1].score
    assert "<table>" in hits._repr_html_()


def test_boxes_of_a_hit_hold_the_matched_words(library: Library) -> None:
    hit = library.search("ACME INV-1042", k=1)[0]
    words = library.show(hit.source, page=hit.page)["pages"][0]["words"]
    boxed = {w["text"] for w in words for b in hit.boxes if _inside(w["box"], b)}
    assert any("1042" in word for word in boxed)


def _inside(word: list[float], box: triptych.Box) -> bool:
    x, y = (word[0] + word[2]) / 2, (word[1] + word[3]) / 2
    return bool(box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1)


def test_answer_shows_the_page_with_its_words_boxed(library: Library) -> None:
    answer = library.ask("What is the total on the ACME invoice INV-1042?")
    assert "129.50" in answer.text
    picture = answer.show()
    assert picture.width > 500


def test_signals_can_be_asked_alone(library: Library) -> None:
    for signal in ("keyword", "text"):
        for hit in library.search("dough hook", signals=[signal]):
            assert [name for name, score in hit.signals.items() if score] == [signal]


def test_collections_do_not_see_each_other(tmp_path: Path) -> None:
    with triptych.open(tmp_path / "library") as library:
        library.add(FILES / "boat-meeting.txt", collection="club")
        library.add(FILES / "kitchen-notes.md", collection="home")
        assert {hit.collection for hit in library.search("the", collection="club")} <= {"club"}
        assert not library.search("sourdough", collection="club", signals=["keyword"]).hits
        assert library.search("sourdough", collection="home", signals=["keyword"]).hits
        with pytest.raises(UserError, match="club, home"):
            library.search("sourdough", collection="attic")


def test_the_same_content_in_two_collections_is_stored_once_and_removed_apart(tmp_path: Path) -> None:
    with triptych.open(tmp_path / "library") as library:
        library.add(FILES / "stock.csv", collection="a")
        library.add(FILES / "stock.csv", collection="b")
        assert len([*library.blobs.list()]) == 1
        library.remove(str(FILES / "stock.csv"), collection="a")
        assert len([*library.blobs.list()]) == 1
        library.remove(str(FILES / "stock.csv"), collection="b")
        assert not [*library.blobs.list()]
        assert library.verify()["ok"]


def test_a_file_that_changed_takes_the_place_of_its_old_content(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    with triptych.open(tmp_path / "library") as library:
        file.write_text("The heron stood in the reeds.\n")
        library.add(file)
        file.write_text("The otter swam in the river.\n")
        assert library.add(file)[0].status == "ready"
        assert len(library.list()) == 1
        assert not library.search("heron", signals=["keyword"]).hits
        assert library.search("otter", signals=["keyword"]).hits
        assert library.verify()["ok"]


def test_twins_in_one_run_are_read_once(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_text("The heron stood in the reeds.\n")
    with triptych.open(tmp_path / "library") as library:
        told = library.add(*(tmp_path / n for n in ("a.txt", "b.txt", "c.txt")))
        assert sorted(e.status for e in told) == ["ready", "unchanged", "unchanged"]
        assert names(library) == {"a.txt", "b.txt", "c.txt"}
        assert len(library.list()) == 1


def test_another_chunk_size_cuts_again_without_reading_again(tmp_path: Path) -> None:
    text = "\n\n".join(f"Paragraph {i} speaks of herons, otters and reeds at some length." for i in range(60))
    file = tmp_path / "long.txt"
    file.write_text(text)
    with triptych.open(tmp_path / "library") as library:
        library.add(file)
        before = library.catalog.counts()["chunks"]
    with triptych.open(tmp_path / "library", settings={"chunk.size": 64, "chunk.overlap": 0}) as library:
        library.add(file)
        assert not psutil.Process().children()  # nobody read the file again
        assert library.catalog.counts()["chunks"] > before
        assert library.verify()["ok"]


def test_metadata_filters_hold_inside_the_search(library: Library) -> None:
    assert {Path(h.source).suffix for h in library.search("ACME oak boat", where="kind = pdf")} <= {".pdf"}
    assert not library.search("ACME", where="kind = csv and page > 99").hits


def test_async_callers(made: Path) -> None:
    async def both() -> tuple[object, object]:
        with triptych.open(made) as library:
            return await library.asearch("dough hook", k=1), await library.aask(
                "What is the total of INV-1042?"
            )

    hits, answer = asyncio.run(both())
    assert hits and answer


def test_a_folder_that_is_no_library(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite").write_bytes(b"not a database at all, but long enough to be looked at")
    with pytest.raises(LibraryError, match=r"damaged|not a"):
        triptych.open(tmp_path)
    assert (tmp_path / "catalog.sqlite").read_bytes().startswith(b"not a database")


def test_a_library_of_another_version_is_refused(copied: Path) -> None:
    import sqlite3

    with sqlite3.connect(copied / "catalog.sqlite") as database:
        database.execute("UPDATE meta SET value = '999' WHERE name = 'schema'")
    database.close()
    with pytest.raises(LibraryError, match="another version"):
        triptych.open(copied)


TITLES = {
    "untitled": "",
    "Document1": "",
    "Microsoft Word - Minutes of May": "Minutes of May",
    "file:///C:/Users/ann/AppData/tmp0001.htm": "",
    "C:\\scans\\ann\\out.pdf": "",
    "0001562762-21-000023": "",
    "Untitled poems": "Untitled poems",
    "年次報告書": "年次報告書",
}


def test_what_programs_write_for_a_title_is_none(tmp_path: Path) -> None:
    for n, title in enumerate(TITLES):
        (tmp_path / f"{n}.md").write_text(f"---\ntitle: '{title}'\n---\n# Number {n}\nWords.\n", "utf-8")
    with triptych.open(tmp_path / "library") as library:
        library.add(*tmp_path.glob("*.md"))
        held = {asset["sources"][0]: asset["title"] for asset in library.list()}
    for n, own in enumerate(TITLES.values()):
        name = f"{n}.md"
        assert held[str(tmp_path / name)] == (f"{name} - {own}" if own else name)


def test_a_long_file_tells_how_far_it_is_read(tmp_path: Path) -> None:
    told: list[tuple[int, int | None, str]] = []
    with triptych.open(tmp_path / "library") as library:
        report = FILES / "annual-report-2023.pdf"
        [event] = library.adding(report, progress=lambda done, total, what: told.append((done, total, what)))
    assert event.pages == 6 and (4, 6, str(report)) in told
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)
