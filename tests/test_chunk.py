"""Chunks: what they promise about size, overlap, order and coverage."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from triptych.chunk import chunk, passage
from triptych.types import Box, Chunk, Line, Page, PageText, Section, Word


def count(texts: Sequence[str]) -> list[int]:
    """A token a word, as a plain stand-in for a tokenizer."""
    return [len(text.split()) for text in texts]


def page(text: str, sections: tuple[Section, ...] = ()) -> Page:
    return Page(1, PageText.plain(text), 0, 0, sections=sections)


texts = st.text(st.sampled_from("abc .!\n漢　"), max_size=2000)


@given(texts, st.integers(20, 80), st.integers(0, 19))
def test_every_word_is_in_a_chunk_and_chunks_go_forward(text: str, size: int, overlap: int) -> None:
    [chunks] = chunk([page(text)], count, size, overlap)
    covered = set().union(*(range(c.start, c.end) for c in chunks)) if chunks else set()
    assert all(char.isspace() for at, char in enumerate(text) if at not in covered)
    assert [c.start for c in chunks] == sorted({c.start for c in chunks})
    assert all(c.start < c.end <= len(text) for c in chunks)


@given(texts)
def test_chunks_hold_at_most_size_tokens(text: str) -> None:
    [chunks] = chunk([page(text)], count, 150, 20)
    assert all(count([text[c.start : c.end]])[0] <= 150 for c in chunks)


def test_neighbours_overlap_on_a_natural_border() -> None:
    lines = [f"line {i} has five words" for i in range(100)]
    [chunks] = chunk([page("\n".join(lines))], count, 50, 10)
    text = "\n".join(lines)
    for before, after in itertools.pairwise(chunks):
        assert after.start < before.end
        shared = text[after.start : before.end]
        assert shared.split("\n") == [line for line in shared.split("\n") if line in lines]


def test_a_section_starts_a_chunk_and_names_it() -> None:
    first, second = "word " * 60, "other " * 60
    text = f"One\n{first}\nTwo\n{second}"
    sections = (Section(0, "One"), Section(text.index("Two"), "Two"))
    [chunks] = chunk([page(text, sections)], count, 100, 10)
    assert [c.section for c in chunks] == ["One", "Two"]
    assert chunks[1].start == text.index("Two")


def test_confidence_is_that_of_the_words_inside() -> None:
    words = [Word(f"w{i}", Box(0, 0, 1, 1), 0.5 if i < 10 else 1.0) for i in range(20)]
    lines = [Line(tuple(words[i : i + 5])) for i in range(0, 20, 5)]
    [chunks] = chunk([Page(1, PageText.of_lines(lines), 1, 1)], count, 10, 0)
    assert [c.confidence for c in chunks] == [0.5, 1.0]


def test_a_page_without_words_has_no_chunks() -> None:
    assert chunk([page(""), page("  \n ")], count) == [[], []]


def test_a_line_without_spaces_is_cut_too() -> None:
    [chunks] = chunk([page("漢字" * 3000)], lambda texts: [len(t) for t in texts], 256, 0)
    assert len(chunks) > 20
    assert all(c.end - c.start <= 256 for c in chunks)


def test_a_passage_stands_under_title_and_section() -> None:
    assert passage("report.pdf", Chunk(4, 9, "Costs"), "the words here") == "report.pdf - Costs\nwords"
