"""The table of places says what the catalog says, whatever is added, removed and described meanwhile."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import triptych
from triptych.catalog import Catalog
from triptych.records import KINDS
from triptych.sql.whereabouts import PATIENCE, Table, Whereabouts


@pytest.fixture
def library(made: Path, tmp_path: Path) -> triptych.Library:
    return triptych.open(shutil.copytree(made, tmp_path / "library"), settings={"workers": 1})


def agree(table: Table, catalog: Catalog) -> None:
    keys = np.arange(0, int(table.keys.max(initial=0)) + 5)
    ours, theirs = table.places(keys), catalog.places(keys)
    assert [column.tolist() for column in ours] == [column.tolist() for column in theirs]
    for kinds in KINDS.values():
        pages = theirs.pages[::2]
        ours, told = table.beside(pages, kinds), catalog.beside(pages, kinds)
        assert [column.tolist() for column in ours] == [column.tolist() for column in told]


def test_the_first_searches_load_nothing(library: triptych.Library) -> None:
    with library:
        where, change = Whereabouts(library.catalog), library.catalog.last_change()
        for _ in range(PATIENCE):
            assert where.at(change) is library.catalog
        table = where.at(change)
        assert isinstance(table, Table) and where.at(change) is table
        agree(table, library.catalog)


def test_it_follows_what_changes(library: triptych.Library, tmp_path: Path) -> None:
    with library:
        catalog, where = library.catalog, Whereabouts(library.catalog)
        for _ in range(PATIENCE):
            where.at(1)

        def follows() -> Table:
            table = where.at(catalog.last_change())
            assert isinstance(table, Table)
            agree(table, catalog)
            return table

        before = follows()
        (tmp_path / "new.txt").write_text("A quokka on a quay.", "utf-8")
        [added] = library.add(tmp_path / "new.txt")
        assert len(follows().keys) > len(before.keys)
        library.remove(str(added.asset))
        assert follows().keys.tolist() == before.keys.tolist()
        list(library.describing("builtin", again=True))
        follows()
        library.remove(*(asset["asset"] for asset in library.list()))
        assert not len(follows().keys)
        assert not len(follows().places([1, 2]).chunks)


def test_searches_say_the_same_with_and_without_it(library: triptych.Library) -> None:
    with library:
        found = [library.search("invoice acme 129.50").to_dict()["hits"] for _ in range(PATIENCE + 12)]
    assert [hit["asset"] for hit in found[0]] == [hit["asset"] for hit in found[-1]]
