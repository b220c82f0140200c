"""One library in several hands at once: what one does meanwhile costs another no hit, and raises nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

import triptych.index
from test_index import SPACES, found, nearest, put, vector_of
from triptych.catalog import Catalog
from triptych.index import Index
from triptych.projections import partition
from triptych.query import grammar
from triptych.query.narrow import narrow
from triptych.sql import replay

T = TypeVar("T")
PAGES = ["red apples", "green grass", "blue skies"]


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog.open(tmp_path / "catalog.sqlite", create=True)
    yield catalog
    catalog.close()


@pytest.fixture(params=["exact", "faiss"])
def index(tmp_path: Path, catalog: Catalog, request: pytest.FixtureRequest) -> Iterator[Index]:
    """Of a library of three pages, in step with it."""
    for number, text in enumerate(PAGES):
        put(catalog, f"{number}.txt", [text])
    index = Index(tmp_path / "index", catalog, SPACES, str(request.param))
    index.catch_up()
    yield index
    index.close()


def meanwhile(act: Callable[[], T]) -> T:
    """What another thread gets, while this one waits in the middle of its work."""
    with ThreadPoolExecutor(1) as other:
        return other.submit(act).result(10)


def everything(index: Index) -> tuple[list[int], list[int]]:
    return found(index, "blue"), sorted(nearest(index, vector_of("x"), 10)[0].tolist())


def test_a_rebuild_loses_no_hit_to_those_who_search_meanwhile(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def vectors(*what: Any) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        seen.append(meanwhile(lambda: everything(index)))
        yield from whole(*what)

    whole = replay.vectors
    monkeypatch.setattr(replay, "vectors", vectors)
    index.rebuild()
    assert seen
    assert seen == [([3], [1, 2, 3])] * len(seen)
    assert everything(index) == ([3], [1, 2, 3])


def test_a_search_under_way_goes_on_while_the_files_are_verified(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is opened afresh lacks the newest vectors, which no file has, until they are replayed."""
    panel, seen = index.panels["text"], []

    def vectors(*what: Any) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        seen.append(meanwhile(lambda: len(panel.nearest(vector_of("x"), 10)[0])))  # it had begun before
        seen.append(meanwhile(lambda: everything(index)))
        yield from whole(*what)

    whole = replay.vectors
    monkeypatch.setattr(replay, "vectors", vectors)
    assert index.verify() == []
    assert seen[:2] == [3, ([3], [1, 2, 3])]
    assert everything(index) == ([3], [1, 2, 3])


@pytest.mark.parametrize("opened", [False, True])
def test_another_process_opens_what_is_just_being_replaced(
    index: Index, tmp_path: Path, opened: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader looks between the two renames that put a new keyword index in the place of the old one."""
    catalog = Catalog.open(tmp_path / "catalog.sqlite")
    monkeypatch.setattr(triptych.index, "_MOMENT", 10.0)  # however slow this machine is
    reader, seen = Index(index.folder, catalog, SPACES, index.store), []
    if opened:
        everything(reader)
    put(index.catalog, "3.txt", ["white clouds"])

    def rename(path: Path, to: Path) -> Path:
        there = renamed(path, to)
        if path == index.folder / "keyword":
            looking = threading.Thread(target=lambda: seen.append(everything(reader)))
            looking.start()
            looking.join(0.2)
            waiting.append(looking)
        return there

    waiting: list[threading.Thread] = []
    renamed = Path.rename
    monkeypatch.setattr(Path, "rename", rename)
    index.rebuild()
    for looking in waiting:
        looking.join(10)
    assert seen == [([3], [1, 2, 3, 4])]
    assert found(reader, "white") == [4]
    reader.close()
    catalog.close()


def test_another_process_commits_while_an_index_is_opened(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader has read the mark of a collection that was just made, and then its first commit comes."""
    writer = partition.Partition.open(index.folder / "keyword" / "made", create="made")

    def opstamp(folder: Path) -> int:
        monkeypatch.undo()
        writer.add([replay.Passage(9, 9, "made", "", "", "", "white clouds")])
        writer.flush(9)
        return partition._opstamp(folder)

    monkeypatch.setattr(partition, "_opstamp", opstamp)
    reader = partition.Partition.open(writer.folder)
    assert len(reader) == 1
    assert reader.watermark in (0, 9)
    reader.refresh()
    assert reader.watermark == 9
    writer.close()


def test_what_was_committed_is_found_by_others_in_seconds_also_when_nothing_follows(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the next file takes minutes to read. Of a text that was replaced, old words are gone at once."""
    monkeypatch.setattr(triptych.index, "_FLUSH_SECONDS", 0.1)
    reader = Index(index.folder, index.catalog, SPACES, index.store)
    index._flushed = time.monotonic() + 60  # it was a moment ago, however slow this machine is
    put(index.catalog, "2.txt", ["blue oceans"])
    index.catch_up_soon()
    ends = time.monotonic() + 20
    while found(reader, "blue") != [4] or found(index, "blue") != [4]:
        assert time.monotonic() < ends
        time.sleep(0.01)
    reader.close()
    index.catch_up()
    assert index.verify() == []


def test_what_is_excluded_is_not_found_before_its_words_are_known(index: Index) -> None:
    """Vectors are taken in at once, keywords seconds later."""

    def left(line: str) -> list[int]:
        index.refresh()
        scope = narrow(index.catalog, index.keyword, grammar.parse(line), None, None)
        assert scope is not None
        return scope.keys.tolist()

    put(index.catalog, "3.txt", ["blue oceans"])
    index.catch_up_soon()
    assert left("oceans -blue") == [1, 2]
    index.catch_up()
    assert (left("oceans -blue"), left("oceans -red")) == ([1, 2], [2, 3, 4])
