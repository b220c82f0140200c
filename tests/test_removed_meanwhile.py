"""Files removed by another hand in the middle of a search or an answer: they are left out, and nothing is raised."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

import triptych
from conftest import FILES
from triptych.blobs import Blobs
from triptych.errors import UserError
from triptych.library import Library
from triptych.pipeline import Encoders
from triptych.server.pictures import PagePictures
from triptych.settings import Settings
from triptych.sql import database

QUESTION = "What is the total of the invoice 1042?"
PAGE = hashlib.sha256((FILES / "invoice-1042.pdf").read_bytes()).hexdigest()
SETTINGS = {"rerank.model": "none", "search.half_life_days": 30.0, "answer.evidence": 2}

Act = Callable[[Library], Any]


class Hand:
    """Removes all that is there when the catalog is asked for the `at`th time since it was set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = self.asked = 0
        self.remove: Callable[[], object] = lambda: None
        for name in ("reading", "asking"):
            monkeypatch.setattr(database, name, self._watched(getattr(database, name)))

    def _watched(self, ask: Callable[[Any], AbstractContextManager[Any]]) -> Any:
        @contextmanager
        def watched(engine: Any) -> Iterator[Any]:
            self.asked += 1
            if self.asked == self.at:
                self.remove()
            with ask(engine) as found:
                yield found

        return watched


@pytest.mark.parametrize(
    ("act", "gone"),
    [
        (lambda library: library.search(QUESTION), ()),
        (lambda library: library.search("invoice -boat kind:pdf"), ()),
        (lambda library: library.ask(QUESTION), ()),
        (lambda library: library.html(library.search(QUESTION, k=1)), ()),
        (lambda library: library.more_like(PAGE), (UserError,)),
    ],
    ids=["search", "filter", "ask", "html", "more like"],
)
def test_what_is_removed_meanwhile_is_left_out(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: Act, gone: tuple[type[Exception], ...]
) -> None:
    """At whichever of its questions to the catalog. Only what was asked for by name may be missed."""
    hand = Hand(monkeypatch)
    encoders = Encoders.load(Settings())  # once for all
    monkeypatch.setattr(Encoders, "load", lambda _: encoders)
    while hand.asked >= hand.at:
        folder = shutil.copytree(made, tmp_path / str(hand.at))
        with triptych.open(folder, settings=SETTINGS) as library:
            library.index.refresh()
            hand.at, hand.asked, hand.remove = hand.at + 1, 0, lambda: emptied(library)
            try:
                act(library)
            except gone as error:
                assert "There is no" in str(error)
    assert hand.at > 3


def emptied(library: Library) -> None:
    assets = library.catalog.assets()
    library.blobs.free(library.catalog.remove([asset.key for asset in assets]))


def test_a_kept_picture_that_goes_while_it_is_read_is_drawn_again(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for a file that is removed and added again meanwhile."""
    pictures = PagePictures(
        library.catalog, Blobs(library.folder / "blobs", tmp_path / "staging"), library.workers
    )
    asset = library.catalog.find(PAGE, "default")
    assert asset is not None
    drawn = pictures.webp(asset, 1, 160)
    [kept] = tmp_path.rglob("*.webp")

    def read(path: Path) -> bytes:
        if path == kept:
            shutil.rmtree(kept.parent)
            monkeypatch.undo()
        return whole(path)

    whole = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", read)
    assert pictures.webp(asset, 1, 160) == drawn
    assert kept.is_file()
