"""What other hands and bad disks do to a library: `verify` tells it, and its advice mends it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import triptych
from triptych.catalog import Catalog
from triptych.errors import LibraryError
from triptych.upkeep import soundness

HERON = "The heron stood in the reeds.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A library of two notes and a table, to be damaged."""
    (tmp_path / "heron.txt").write_text(HERON)
    (tmp_path / "pond.md").write_text("# Pond\n\nFrogs live in the pond.\n\n# Reeds\n\nThey grow.\n")
    (tmp_path / "stock.csv").write_text("item,price\noar,12.50\nsail,80.00\n")
    with triptych.open(tmp_path / "library") as library:
        assert {e.status for e in library.add(*sorted(tmp_path.glob("*.*")))} == {"ready"}
        assert library.verify()["ok"]
    return tmp_path / "library"


def edit(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as connection, connection:
        connection.execute(statement)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            "update page set text = replace(text, 'heron', 'bittern')",
            "heron.txt is not what its passages were",
        ),
        ("update asset set title = 'another'", "is not what its passages were made from"),
        ("update chunk set start = 3 where kind = 'text'", "is not what its passages were made from"),
        ('update chunk set "end" = 9999', "is not what its passages were made from"),
        ("update page set words = x'0102'", "the words of the file"),
        ("update asset set pages = 7", "has 7 pages, but 1 are there"),
        ("delete from page", "names a row of page that is not there"),
        ("delete from source", "has lost its paths"),
        ("update source set collection = 'other'", "is in the collection other, but its file is not"),
        ("delete from vector", "have no vector of 'builtin/minilm"),
        ("update vector set row = zeroblob(768)", "vectors of 'builtin/minilm/1/384' are damaged"),
        ("update vector set row = zeroblob(7)", "vectors of 'builtin/minilm/1/384' are damaged"),
        ("update counter set last = 0", "the counter of chunks stands at 0"),
        ("delete from change", "the counter of changes stands at 3, but the last one is 0"),
        ("delete from chunk where key = 1", "vectors belong to no chunk"),
    ],
)
def test_an_edited_catalog_is_told(folder: Path, statement: str, told: str) -> None:
    edit(folder, statement)
    with triptych.open(folder) as library:
        report = library.verify()
    assert not report["ok"]
    assert any(told in line for line in report["differences"]), report["differences"]
    assert all("\n" not in line for line in report["differences"])


def test_a_page_of_other_words_is_mended_by_removing_and_adding(folder: Path) -> None:
    edit(folder, "update page set text = replace(text, 'heron', 'bittern')")
    with triptych.open(folder) as library:
        file = folder.parent / "heron.txt"
        assert library.remove(file)[0].status == "removed"
        assert library.add(file)[0].status == "ready"
        assert library.verify()["differences"] == []


def test_a_history_with_gaps_is_one_line_to_who_searches(folder: Path) -> None:
    edit(folder, "delete from change")
    with triptych.open(folder) as library, pytest.raises(LibraryError, match="Type: triptych verify"):
        library.rebuild()
    with triptych.open(folder) as library:
        assert not library.verify()["ok"]  # also after the rebuild that failed


@pytest.mark.parametrize("damage", ["lost", "other bytes", "cut short"])
def test_an_original_comes_back_with_its_file(folder: Path, damage: str) -> None:
    [original] = [
        p for p in (folder / "blobs").rglob("*") if p.is_file() and p.read_bytes() == HERON.encode()
    ]
    if damage == "lost":
        original.unlink()
    else:
        original.write_bytes(HERON.upper().encode() if damage == "other bytes" else b"The")
    with triptych.open(folder) as library:
        [line] = library.verify()["differences"]
        assert original.name in line and line.endswith("add its file again")
        assert library.add(folder.parent / "heron.txt")[0].status == "ready"
        assert library.verify()["differences"] == []
        assert original.read_bytes() == HERON.encode()
        library.remove(original.name)
    left = [p.name for p in (folder / "blobs").rglob("*")]
    assert not any(original.name in name for name in left)


def test_real_samples_are_sound(made: Path) -> None:
    catalog = Catalog.open(made / "catalog.sqlite")
    assert soundness.differences(catalog) == []
    catalog.close()
