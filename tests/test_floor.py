"""When nothing in a library matches: the floor, how it is learned, marked, kept; and pages like a page."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import triptych
from triptych.cli import cli
from triptych.errors import UserError
from triptych.library import Library
from triptych.ranking import calibrate, floor, floors
from triptych.ranking.floor import Fit, Floor
from triptych.ranking.floors import Floors

TRADES = ("bakery", "garage", "florist", "printer", "locksmith", "tailor")
THINGS = ("rolls", "brakes", "tulips", "leaflets", "keys", "coats", "cakes", "tyres", "roses", "posters")
OFF = {"ocr.engine": "none", "image_encoder": "none", "captioner": "none"}


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of sixty short letters of shops, as large as a floor needs."""
    folder = tmp_path_factory.mktemp("shops")
    (folder / "in").mkdir()
    for i in range(60):
        trade, thing = TRADES[i % len(TRADES)], THINGS[i % len(THINGS)]
        text = f"The {trade} Number {100 + i} delivers {10 + i} {thing} on Monday. The price is {20 + i}.50 euro."
        (folder / "in" / f"letter-{i}.txt").write_text(text, "utf-8")
    with triptych.open(folder / "library", settings=OFF) as lib:
        assert all(added.error is None for added in lib.add(folder / "in"))
    return folder / "library"


@pytest.fixture
def library(shops: Path) -> Iterator[Library]:
    with triptych.open(shops, settings=OFF) as lib:
        yield lib


def test_adding_learns_a_floor(shops: Path, library: Library) -> None:
    found = Floors(shops).of(None)
    assert found is not None and found.pages == 60 and found.words is not None and found.looks is None
    assert found == Floors(shops).of("default") == Floors(shops).of(("default",))
    assert Floors(shops).of("other") is None
    assert found.fits(60, calibrate.spaces(library.catalog))


def test_what_is_there_matches_and_what_is_not_is_marked(library: Library) -> None:
    for question in ("tulips of the florist on Monday", "the locksmith delivers 14 keys", "24.50 euro"):
        assert library.search(question).match is True, question
    for question in ("wing loads at supersonic speed", "who wrote the third symphony in E flat major"):
        results = library.search(question)
        assert results.match is False and len(results), question
        assert results.to_dict()["match"] is False


def test_nothing_is_said_where_nothing_is_known(library: Library) -> None:
    results = library.search("wing loads at supersonic speed", signals=["keyword"])
    assert results.match is None and "match" not in results.to_dict()


def test_nothing_can_be_dropped_or_left_alone(shops: Path) -> None:
    with triptych.open(shops, settings={**OFF, "search.no_match": "drop"}) as lib:
        assert len(lib.search("wing loads at supersonic speed")) == 0
        assert len(lib.search("tulips of the florist")) > 0
    with triptych.open(shops, settings={**OFF, "search.no_match": "off"}) as lib:
        assert lib.search("wing loads at supersonic speed").match is None


def test_without_reading_again_the_same_is_said(shops: Path) -> None:
    with triptych.open(shops, settings={**OFF, "rerank.model": "none"}) as lib:
        assert lib.search("wing loads at supersonic speed").match is False
        assert lib.search("tulips of the florist on Monday").match is True


def test_no_answer_without_a_match(library: Library) -> None:
    given = library.ask("What is the price of a violin from Cremona?")
    assert given.abstained and not given.citations


def test_the_command_line_says_so(shops: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in OFF.items():
        monkeypatch.setenv("TRIPTYCH_" + name.upper().replace(".", "__"), value)
    run = CliRunner()
    told = run.invoke(cli, ["--library", str(shops), "search", "wing loads at supersonic speed"])
    assert told.output.startswith("Nothing in the library matches well; nearest:\n 1. "), told.output
    told = run.invoke(cli, ["--library", str(shops), "search", "--like", "florist", "word"])
    assert told.exit_code != 0 and "--like stands alone" in str(told.exception or told.output)


def test_more_like_a_page_is_not_that_page(library: Library) -> None:
    first = library.search("tulips of the florist")[0]
    alike = library.more_like(first.asset, first.page, k=3)
    assert len(alike) == 3 and [hit.rank for hit in alike] == [1, 2, 3]
    assert first.asset not in [hit.asset for hit in alike]
    assert "florist" in alike[0].snippet or "tulips" in alike[0].snippet
    with pytest.raises(UserError):
        library.more_like(first.asset, 7)


def test_one_file_is_enough_and_none_is_not(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The boats of the harbour are painted in spring. Code RE16 TGK.", "utf-8")
    with triptych.open(tmp_path / "library", settings=OFF) as lib:
        lib.add(tmp_path / "missing.txt")
        assert Floors(lib.folder).of(None) is None
        lib.add(tmp_path / "a.txt")
        asked = {
            q: lib.search(q).match for q in ("painted boats", "RE16TGK", "recipes for lentils", "QX-4471")
        }
        assert list(asked.values()) == [True, True, False, False], asked


def test_another_shop_is_not_the_one_asked_for(library: Library) -> None:
    """The kind of page is right, and what is named is not there."""
    assert library.search("What is the price of the florist Number 102?").match is True
    assert library.search("What is the price of the Feldmann Brothers Number 90210?").match is False


def test_a_value_counts_in_any_style(library: Library) -> None:
    assert library.search("20,50").match is True
    assert library.search("7713,99").match is False


def test_a_floor_is_learned_anew_when_the_library_grew_or_is_seen_otherwise() -> None:
    found = Floor(100, "minilm")
    assert found.fits(100, "minilm") and found.fits(119, "minilm") and found.fits(84, "minilm")
    assert not found.fits(121, "minilm") and not found.fits(80, "minilm") and not found.fits(100, "e5")


def test_a_question_of_looks_alone_is_answered_by_looks(made: Path) -> None:
    with triptych.open(made) as library:
        for question, there in (("red logo", True), ("green logo", False), ("orange dialog", False)):
            found = library.search(question)
            assert found.match is there, question
        assert "invoice" in str(library.search("red logo").hits[0].title)


def test_judging() -> None:
    known = Floor(100, "", words=0.6, looks=0.5)
    assert known.judge(Fit(0.6, 1.0), None) is True and known.judge(Fit(0.59, 1.0), None) is False
    assert known.judge(Fit(0.1, 0.0), None, {"image": 0.5}) is True
    assert [known.judge(Fit(0.1, 0.0), None, {"caption": t}) for t in (0.84, 0.85)] == [False, True]
    assert [known.judge(Fit(0.1, 1.0, looks), None, {"image": 0.2}) for looks in (False, True)] == [
        False,
        True,
    ]
    assert known.judge(Fit(0.65, 0.3), None) is False and known.judge(Fit(0.75, 0.3), None) is True
    assert [known.judge(None, 0.5), known.judge(None, 0.4), known.judge(None, None)] == [True, False, None]
    blind = replace(known, words=None, looks=None)
    assert blind.judge(Fit(0.1, 1.0), None) is None and blind.judge(None, 0.1) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"pages": 3}', '{"pages": 1, "spaces": "", "words": 1e999, "looks": null}']
)
def test_a_damaged_file_is_no_floor(tmp_path: Path, text: str) -> None:
    (tmp_path / "floor.json").write_text(text, "utf-8")
    assert floor.load(tmp_path / "floor.json") is None


def test_a_floor_is_kept_as_it_is(tmp_path: Path) -> None:
    found = Floor(100, "a b", words=0.625, looks=None)
    floor.store(tmp_path / "kept" / "floor.json", found)
    assert floor.load(tmp_path / "kept" / "floor.json") == found
    assert json.loads((tmp_path / "kept" / "floor.json").read_text("utf-8"))["pages"] == 100


def test_the_strictest_collection_speaks_for_several(tmp_path: Path) -> None:
    kept = Floors(tmp_path)
    for name, found in (("a", Floor(60, "x", 0.5, 0.9)), ("b", Floor(70, "x", 0.7, None))):
        file = hashlib.sha256(name.encode()).hexdigest()[:16]
        floor.store(tmp_path / "floors" / f"{file}.json", found)
    assert kept.of(("a", "b", "small")) == Floor(130, "x", 0.7, 0.9)
    assert kept.of(None) is None


def test_a_writer_does_not_spend_all_day_on_it(
    shops: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Floors of another encoder say nothing; what there was no time for is not kept, and is made next time."""
    copy = shutil.copytree(shops, tmp_path / "copy")
    for path in (copy / "floors").iterdir():
        floor.store(path, Floor(60, "another", 0.1))
    with triptych.open(copy, settings=OFF) as lib:
        monkeypatch.setattr(floors, "LONGEST", 0.0)
        lib.rebuild()
        assert Floors(copy).of("default") is None
        monkeypatch.undo()
        lib.rebuild()
        assert Floors(copy).of("default") == Floors(shops).of("default")


def test_looks_below_all_but_the_farthest() -> None:
    looks = np.linspace(0.5, 1.0, 101)
    found = calibrate.learned(60, "", lambda question: None, looks)
    assert found.words is None and found.looks == pytest.approx(0.535)
    assert calibrate.learned(60, "", lambda question: 0.4, looks[:3]).looks is None


def test_what_a_caption_says_is_a_match_though_few_words_stand_there(tmp_path: Path) -> None:
    samples = Path(__file__).parent.parent / "samples" / "files"
    with triptych.open(tmp_path / "library") as lib:
        lib.add(samples / "lake.jpg", samples / "kitchen-notes.md", samples / "invoice-1042.pdf")
        assert lib.search("photo of a lake at sunset").match
        assert lib.search("wombat insurance policy").match is False
