"""Search over a real library: signals, completion, scopes, snippets, marks and boxes."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import triptych
from triptych.errors import UserError
from triptych.library import Library
from triptych.projections.keyword import Ladder
from triptych.ranking import evidence
from triptych.ranking.candidates import Asked, Found, collected, completed, fed_back
from triptych.types import Box, Line, PageText, Word
from triptych.words import terms, tokens
from triptych.words.snippet import LENGTH, matches, snippet


def names(results: triptych.Results) -> list[str]:
    return [Path(hit.source).name for hit in results]


# ------------------------------------------------------------------------------------- searching


def test_an_amount_is_found_however_it_is_written(library: Library) -> None:
    for text in ("129.50", "129,50", "$129.50 ACME", "total of 129.50"):
        assert names(library.search(text))[0] == "invoice-1042.pdf", text


def test_every_reason_is_told(library: Library) -> None:
    hit = library.search("invoice ACME 129.50")[0]
    assert set(hit.signals) == {"keyword", "text", "caption", "image"}
    assert all(s is not None for s in hit.signals.values())
    assert "invoice" in hit.caption.lower() and hit.view is not None
    said = [s for s in hit.signals.values() if s is not None]
    assert {s.rank for s in said} >= {1}
    assert hit.rerank is not None and hit.rerank.model == "evidence"
    fused = sum(s.weight * s.norm for s in said)
    assert hit.score * (1 + sum(evidence.WEIGHTS.values())) == pytest.approx(
        fused + hit.rerank.score, abs=1e-6
    )
    assert sum(s.weight for s in said) == pytest.approx(1.0)


def test_what_words_do_not_say_meaning_does(library: Library) -> None:
    results = library.search("keeping sourdough alive", k=3)
    assert names(results)[0] == "kitchen-notes.md"
    assert results[0].section == "Feeding the starter" or "starter" in results[0].snippet


def test_each_signal_alone(library: Library) -> None:
    for signal in ("keyword", "text"):
        results = library.search("invoice for the bakery", signals=[signal])
        assert results
        for rank, hit in enumerate(results, 1):
            assert hit.rank == rank
            assert [n for n, s in hit.signals.items() if s] == [signal]


def test_candidates_of_one_signal_are_scored_by_the_other(library: Library) -> None:
    everywhere = library.search("rise", k=50)
    assert all(hit.signals["text"] is not None for hit in everywhere)
    found = [hit for hit in everywhere if hit.signals["keyword"] is not None]
    assert names(found) == ["kitchen-notes.md"]


def test_a_vector_that_is_dropped_meanwhile_says_nothing(made: Path, tmp_path: Path) -> None:
    """Between the search for vectors and the look at them a writer may remove some: that broke the search off."""
    with triptych.open(shutil.copytree(made, tmp_path / "library")) as library:
        index, vector = library.index, library.encoders.text.queries(["invoice acme"])[0]
        index.refresh()
        panel = index.panels["text"]
        keys, scores = panel.nearest(vector, 5)
        asked = Asked(terms.parse("invoice acme"), {"text": vector}, None)
        lists = {"keyword": Found(keys[1:], scores[1:]), "text": Found(keys, scores)}
        there = collected(library.catalog, lists, asked)
        panel.store.drop(int(keys[0]), int(keys[0]))
        full, rows = completed(there, asked, index)
        gone = full.keys.tolist().index(keys[0])
        for candidates in (full, fed_back(full, rows, asked)):
            assert np.flatnonzero(np.isnan(candidates.scores["text"])).tolist() == [gone]


@pytest.mark.parametrize("fusion", ["adaptive", "rrf", "weighted", "zscore"])
def test_every_fusion_finds_the_invoice(library: Library, fusion: str) -> None:
    assert "invoice-1042.pdf" in names(library.search("INV-1042 ACME 129.50", fusion=fusion))[:2]


def test_seconds_are_told(library: Library) -> None:
    seconds = library.search("starter").seconds
    assert set(seconds) == {"total", "encode", "retrieve", "fuse"}
    assert seconds["total"] >= seconds["encode"] > 0


def test_a_question_of_stop_words_is_asked_as_it_is(library: Library) -> None:
    assert terms.parse("to be or not to be").words == ("to", "be", "or", "not", "to", "be")
    assert library.search("if it is") is not None


def test_wrong_names_are_told_with_the_right_ones(library: Library) -> None:
    with pytest.raises(UserError, match=r"signal 'keywords' is unknown. There are: keyword, text"):
        library.search("x", signals=["keywords"])
    with pytest.raises(UserError, match=r"signal 'smell' is unknown"):
        library.search("x", signals=["smell"])
    with pytest.raises(UserError, match=r"no fusion 'rff'. Did you mean 'rrf'"):
        library.search("x", fusion="rff")
    with pytest.raises(UserError, match=r"k is 0, but must be at least 1"):
        library.search("x", k=0)


def test_nothing_found_in_an_empty_library(tmp_path: Path) -> None:
    with triptych.open(tmp_path / "empty") as empty:
        assert len(empty.search("anything")) == 0


def test_collections_do_not_see_each_other(quick_files: Path, tmp_path: Path) -> None:
    with triptych.open(tmp_path / "two") as two:
        two.add(quick_files / "kitchen-notes.md", collection="home")
        two.add(quick_files / "boat-meeting.txt", collection="work")
        assert names(two.search("sourdough starter", collection="work")) == ["boat-meeting.txt"]
        alone = two.search("boat meeting", collection="work")[0]
        with triptych.open(tmp_path / "one") as one:
            one.add(quick_files / "boat-meeting.txt", collection="work")
            same = one.search("boat meeting")[0]
        # Term weights are the collection's own; the mean length of a passage is still everybody's.
        mine, theirs = alone.signals["keyword"], same.signals["keyword"]
        assert mine is not None and theirs is not None
        assert mine.raw == pytest.approx(theirs.raw, rel=0.1)


def test_a_filter_narrows_every_signal(library: Library) -> None:
    results = library.search("invoice", where="kind = markdown", k=50)
    assert set(names(results)) == {"kitchen-notes.md"}


def test_the_floor_drops_what_is_far_off(made: Path) -> None:
    with triptych.open(made, settings={"search.floor": 0.5}) as strict:
        assert names(strict.search("INV-1042 129.50")) == ["invoice-1042.pdf"]


# --------------------------------------------------------------------------------------- terms


def test_who_asks_for_more_gets_the_same_first_and_then_more(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    names = ["acme", "lake", "invoice", "harbour", "total", "moss"]
    for i in range(40):
        (tmp_path / f"{i}.txt").write_text(f"letter {i} about the {' '.join(rng.choice(names, 12))}")
    settings = {
        "encoder": "builtin:static",
        "image_encoder": "none",
        "search.depth": 10,
        "search.fold": "off",
    }
    with triptych.open(tmp_path / "library", settings=settings) as lib:
        lib.add(*tmp_path.glob("*.txt"))
        few, several, many = (lib.search("the acme harbour letter", k=k).hits for k in (3, 10, 40))
    assert [h.asset for h in few] == [h.asset for h in several][:3]
    assert len(several) == 10 and len({h.asset for h in many}) == 40


def test_a_question_taken_apart() -> None:
    query = terms.parse("What was the FY2022 revenue of Activision Blizzard, 1.234,50 EUR?")
    assert query.words == ("fy2022", "revenue", "activision", "blizzard", "1", "234", "50", "eur", "2022")
    assert "activisionblizzard" in query.pairs
    assert "wasthe" not in query.pairs
    assert "n:1234.5" in query.exact


def test_stop_words_follow_the_language() -> None:
    assert terms.parse("die Rechnung von der Bäckerei").words == ("rechnung", "backerei")
    assert terms.parse("das Auto und die Garage").words == ("auto", "garage")
    assert "die" in terms.parse("the die is cast").words


@given(st.text(max_size=80))
def test_any_text_can_be_taken_apart(text: str) -> None:
    query = terms.parse(text)
    assert len(query.stems) <= len(query.words)
    ladders = [clause.rungs if isinstance(clause, Ladder) else ((clause,),) for clause in query.clauses]
    steps = [step for ladder in ladders for rung in ladder for step in rung]
    assert all(
        weight > 0 for step in steps for *_, weight in (step if isinstance(step[0], tuple) else [step])
    )


# -------------------------------------------------------------------------------------- snippets


def page(*lines: str) -> PageText:
    """A page whose words stand one hundredth of its width apart for each character."""
    laid = []
    for number, line in enumerate(lines):
        at, row = 0, []
        for word in line.split():
            row.append(Word(word, Box(at / 200, number / 50, (at + len(word)) / 200, (number + 1) / 50)))
            at += len(word) + 1
        laid.append(Line(tuple(row)))
    return PageText.of_lines(laid)


def one(field: str, token: str) -> float:
    return 1.0


def marked(text: PageText, question: str) -> list[str]:
    part = snippet(text, 0, len(text.text), terms.parse(question), one)
    return [part.text[a:b] for a, b in part.marks]


def test_marks_are_the_words_asked_for_in_any_form() -> None:
    text = page("Payments were received in Zürich", "Total 1.234,50 EUR", "paid on 25.12.2018")
    assert marked(text, "payment") == ["Payments"]
    assert marked(text, "zurich") == ["Zürich"]
    assert marked(text, "1234.50") == ["1.234,50 EUR"]
    assert marked(text, "December 25, 2018") == ["25.12.2018"]
    assert marked(text, "payments received") == ["Payments", "received"]
    assert marked(text, "total 1,234.50") == ["Total 1.234,50 EUR"]


def test_boxes_stand_where_the_marked_words_stand() -> None:
    text = page("ACME Corp", "Total 129.50")
    part = snippet(text, 0, len(text.text), terms.parse("total 129,50"), one)
    (box,) = part.boxes
    assert tuple(box) == pytest.approx((0.0, 1 / 50, 12 / 200, 2 / 50))


def test_without_a_match_the_first_lines_are_shown() -> None:
    text = page(*[f"line {i} of the page" for i in range(60)])
    part = snippet(text, 0, len(text.text), terms.parse("zebra"), one)
    assert part.text.startswith("line 0")
    assert part.marks == ()
    assert part.boxes
    assert len(part.text) <= LENGTH + 60


def test_the_window_holds_what_is_rare() -> None:
    text = page(*["common words stand here again"] * 40, "a zebra stands here", *["common words"] * 40)
    weights = {"zebra": 5.0}
    part = snippet(
        text, 0, len(text.text), terms.parse("common zebra"), lambda field, token: weights.get(token, 0.1)
    )
    assert "zebra" in part.text


def test_a_text_without_boxes_has_marks_and_no_boxes() -> None:
    text = PageText.plain("The starter is fed once a week.")
    part = snippet(text, 0, len(text.text), terms.parse("feeding the starter"), one)
    assert [part.text[a:b] for a, b in part.marks] == ["starter"]
    assert part.boxes == ()


@given(
    st.lists(st.text(st.characters(codec="utf-8"), max_size=30), max_size=12),
    st.text(max_size=30),
    st.data(),
)
def test_a_snippet_stays_inside_its_chunk(lines: list[str], question: str, data: st.DataObject) -> None:
    text = PageText.plain("\n".join(lines))
    start = data.draw(st.integers(0, len(text.text)))
    end = data.draw(st.integers(start, len(text.text)))
    part = snippet(text, start, end, terms.parse(question or "x"), one)
    assert part.text in text.text[start:end]
    at = -1
    for a, b in part.marks:
        assert at < a < b <= len(part.text)
        at = b


@given(
    st.text(st.characters(codec="ascii"), max_size=200), st.text(st.characters(codec="ascii"), max_size=40)
)
def test_plain_and_other_text_are_matched_alike(text: str, question: str) -> None:
    query = terms.parse(question)
    fast = [m[:3] for m in matches(text, query, one)]
    slow = [m[:3] for m in matches(text + " é", query, one)]
    assert fast == [m for m in slow if m[1] <= len(text)]


def test_words_of_the_index_and_of_the_question_agree() -> None:
    assert set(terms.parse("Überweisung naïve ½").words) <= set(tokens.words("überweisung NAIVE ½ x"))
    assert np.isfinite(terms.TEXT)
