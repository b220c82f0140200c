"""The paired bootstrap against what is known of it, and plots as pure functions."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triptych.evaluation import bootstrap, plots
from triptych.evaluation.variants import surest
from triptych.types import Box, Line, Page, PageText, Section, Word

VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=40).map(np.array)


def test_the_interval_is_that_of_the_central_limit_where_that_holds() -> None:
    sample = np.random.default_rng(3).normal(0.5, 0.1, 400)
    found = bootstrap.intervals({"a": sample})["a"]
    error = sample.std() / 20
    assert found.value == pytest.approx(sample.mean())
    assert found.low == pytest.approx(sample.mean() - 1.96 * error, abs=0.05 * error * 2)
    assert found.high == pytest.approx(sample.mean() + 1.96 * error, abs=0.05 * error * 2)


def test_pairs_are_drawn_together() -> None:
    hard = np.random.default_rng(5).uniform(0, 1, 60)
    found = bootstrap.change(hard, hard + 0.01)  # every query a little better, however hard
    assert found.difference == pytest.approx(0.01)
    assert (found.low, found.high) == (pytest.approx(0.01), pytest.approx(0.01))
    assert (found.better, found.worse, found.equal) == (60, 0, 0)


@given(VALUES)
def test_what_is_equal_has_not_changed(values: np.ndarray) -> None:
    assert bootstrap.change(values, values) == (0.0, 0.0, 0.0, 0, 0, len(values))


@given(VALUES, st.integers(0, 2**32))
def test_a_change_back_is_the_same_change_turned(values: np.ndarray, seed: int) -> None:
    other = np.random.default_rng(seed).uniform(0, 1, len(values))
    there, back = bootstrap.change(values, other), bootstrap.change(other, values)
    assert there.difference == pytest.approx(-back.difference)
    assert (there.low, there.high) == (pytest.approx(-back.high), pytest.approx(-back.low))
    assert (there.better, there.worse) == (back.worse, back.better)
    assert there.low - 1e-9 <= there.difference <= there.high + 1e-9


def test_several_sets_are_surer_than_one() -> None:
    found = bootstrap.mean([(0.1, 0.0, 0.2), (0.3, 0.2, 0.4)])
    assert found.value == pytest.approx(0.2)
    assert found.high - found.value == pytest.approx(0.1 / np.sqrt(2))
    assert bootstrap.mean([(0.1, 0.0, 0.2)]) == pytest.approx((0.1, 0.0, 0.2))


def test_blocks_do_not_change_what_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"a": np.random.default_rng(1).uniform(0, 1, 30)}
    whole = bootstrap.intervals(values)
    monkeypatch.setattr(bootstrap, "_BLOCK", 1000)
    assert bootstrap.intervals(values)["a"] == pytest.approx(whole["a"])


def test_nothing_gives_nothing() -> None:
    assert bootstrap.intervals({}) == {}
    assert bootstrap.change(np.zeros(0), np.zeros(0))[:3] == (0.0, 0.0, 0.0)


# ------------------------------------------------------------------------------------------- plots

MOVES = st.lists(
    st.builds(
        plots.Move,
        st.sampled_from(["fusion", "<OCR>"]),
        st.text(max_size=40).filter(str.isprintable),
        st.floats(-1, 1),
        st.floats(-1, 1),
        st.floats(-1, 1),
    ),
    max_size=6,
)


@given(MOVES)
def test_a_plot_of_changes_is_well_formed_and_stays_inside(rows: list[plots.Move]) -> None:
    drawn = ElementTree.fromstring(plots.moves(rows))
    for mark in drawn.iter("circle"):
        assert 0 <= float(mark.attrib["cx"]) <= 760


def test_changes_are_coloured_by_their_interval_and_arrows_stand_for_what_is_far() -> None:
    rows = [
        plots.Move("a", "up", 0.01, 0.005, 0.02),
        plots.Move("a", "down", -0.9, -0.95, -0.8),
        plots.Move("b", "either", 0.0, -0.1, 0.1),
    ]
    drawn = ElementTree.fromstring(plots.moves(rows))
    groups = [g.attrib.get("class") for g in drawn.iter("g")]
    assert groups == ["good", "bad", "even"]
    assert len([*drawn.iter("path")]) == 1 and len([*drawn.iter("circle")]) == 2


def test_bars_and_shares_have_the_length_of_their_figures() -> None:
    drawn = ElementTree.fromstring(plots.bars([plots.Bar("half", 0.5, 0.4, 0.6, "fused")]))
    whole = ElementTree.fromstring(plots.bars([plots.Bar("all", 1.0, 1.0, 1.0, "fused")]))
    [half], [full] = ([float(r.attrib["width"]) for r in d.iter("rect")] for d in (drawn, whole))
    assert half == pytest.approx(full / 2, abs=0.1)
    parts = ElementTree.fromstring(plots.shares([("x", [3, 1])], ["a", "b"]))
    long, short = (float(r.attrib["width"]) + 1.5 for r in parts.iter("rect"))
    assert long == pytest.approx(3 * short, rel=0.01)


def test_signs() -> None:
    assert [plots.signed(v) for v in (0.0124, -0.2, 0.0004, -0.0001)] == [
        "+0.012",
        "−0.200",
        "0.000",
        "0.000",
    ]


# ----------------------------------------------------------------------------- words read surely


def page(source: str, *words: tuple[str, float]) -> Page:
    lines = [Line((Word(text, Box(0.1, 0.1, 0.2, 0.2), sure),)) for text, sure in words]
    text = PageText.of_lines(lines)
    sections = tuple(Section(int(start), str(i)) for i, start in enumerate(text.spans[:, 0]))
    return Page(1, text, 100, 100, text_source=source, sections=sections)


def test_only_words_that_were_read_surely_are_left() -> None:
    read = page("ocr", ("alpha", 0.9), ("beta", 0.4), ("gamma", 1.0))
    assert surest(read, 0.5).text.text == "alpha\ngamma"
    assert surest(read, 2.0).text.text == ""
    assert surest(page("mixed", ("alpha", 0.9), ("gamma", 1.0)), 2.0).text.text == "gamma"
    native = page("native", ("alpha", 1.0))
    assert surest(native, 2.0) is native


def test_sections_start_at_the_first_word_that_is_left() -> None:
    kept = surest(page("ocr", ("alpha", 0.9), ("beta", 0.4), ("gamma", 1.0)), 0.5)
    assert [(s.start, s.title) for s in kept.sections] == [(0, "0"), (6, "1"), (6, "2")]
    assert surest(page("ocr", ("alpha", 0.9), ("beta", 0.4)), 0.5).sections == (Section(0, "0"),)
