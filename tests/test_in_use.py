"""A library whose parts change, or that is closed, while threads search it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest

import triptych
from triptych.library import Library
from triptych.once import once
from triptych.query import filters

QUESTION = "invoice 1031"


class Held:
    """A library whose next search stands still in the middle, until it is let go."""

    def __init__(self, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
        self.under_way, self._go_on = Event(), Event()
        self._panel = library.index.panels["text"]
        self._nearest = self._panel.nearest
        monkeypatch.setattr(self._panel, "nearest", self._asked)

    def _asked(self, *what: Any) -> Any:
        self.under_way.set()
        assert self._go_on.wait(10)
        return self._nearest(*what)

    def let_go(self) -> None:
        self._go_on.set()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def test_a_search_under_way_is_answered_before_the_library_is_closed(
    made: Path, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = triptych.open(made)
    held = Held(library, monkeypatch)
    search = pool.submit(library.search, QUESTION)
    assert held.under_way.wait(10)
    closing = pool.submit(library.close)
    while "index" in library.__dict__:
        time.sleep(0)
    held.let_go()
    assert search.result(10)[0].source.endswith("invoice-1031.pdf")
    closing.result(10)


def test_a_search_under_way_is_answered_while_the_encoder_is_changed(
    copied: Path, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the encoder that it began with, and the index of that; the next one by the new one."""
    with triptych.open(copied) as library:
        held = Held(library, monkeypatch)
        search = pool.submit(library.search, QUESTION)
        assert held.under_way.wait(10)
        changing = pool.submit(library.rebuild, encoder="builtin:static")
        while "index" in library.__dict__ and not changing.done():
            time.sleep(0.001)
        held.let_go()
        assert search.result(10)[0].source.endswith("invoice-1031.pdf")
        assert changing.result(60)["chunks"]
        assert "static" in library.encoders.text.space
        assert library.search(QUESTION)[0].source.endswith("invoice-1031.pdf")


def test_what_several_threads_need_at_once_is_made_once(pool: ThreadPoolExecutor) -> None:
    class Owner:
        made = 0

        @once
        def part(self) -> object:
            self.made += 1
            time.sleep(0.02)  # all the others come meanwhile
            return object()

    owner, together = Owner(), Barrier(4)

    def ask() -> object:
        together.wait(10)
        return owner.part

    assert len({*(asked.result(10) for asked in [pool.submit(ask) for _ in range(4)])}) == 1
    assert owner.made == 1


def test_what_comes_into_another_collection_meanwhile_is_not_found(
    copied: Path, tmp_path: Path, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A search in the only collection looks everywhere; then there is a second one."""
    (tmp_path / "other.txt").write_text("An invoice about quokkas.", "utf-8")
    with triptych.open(copied) as library:

        def scope(*what: Any) -> Any:
            found = asked(*what)
            if not adding:
                adding.append(pool.submit(library.add, tmp_path / "other.txt", collection="other"))
                adding[0].result(30)
            return found

        adding: list[Any] = []
        asked = filters.scope
        monkeypatch.setattr(filters, "scope", scope)
        found = library.search("quokkas", collection="default")
        assert adding and {hit.collection for hit in found} == {"default"}
        assert library.search("quokkas")[0].collection == "other"
