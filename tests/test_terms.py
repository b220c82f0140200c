"""A question taken apart, and what the index makes of it: exact values first, then ever weaker likenesses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triptych.projections.keyword import KeywordIndex
from triptych.sql.replay import Passage
from triptych.words import terms


def index_of(folder: Path, texts: Sequence[str]) -> KeywordIndex:
    index = KeywordIndex.open(folder / "keyword", create=True)
    index.add(Passage(key, 1, "default", "", "", "", text) for key, text in enumerate(texts))
    index.flush(1)
    return index


def found(index: KeywordIndex, asked: str) -> list[int]:
    keys, _ = index.search(terms.parse(asked, index.languages()).clauses, 20)
    return [int(key) for key in keys]


def test_values_of_a_question() -> None:
    query = terms.parse("RE16 TGK paid 129.50 on 25/12/2018 by Ann@A.example")
    assert [set(value.keys) for value in query.values] == [
        {"c:re16", "c:re16tgk"},
        {"n:129.5"},
        {"d:2018-12-25"},
        {"e:ann@a.example"},
    ]
    assert query.exact[0] == "c:re16"
    assert "~n:129.5" in query.slips


def test_the_year_of_a_date_is_not_asked_for_on_its_own() -> None:
    assert terms.parse("25 December 2018").exact == ("d:2018-12-25",)
    assert terms.parse("2018").exact == ("n:2018",)
    assert set(terms.parse("0589").exact) == {"n:589", "c:0589"}


PAGES = [
    "invoice INV-HP-2207 of the harbour",
    "invoice INVHP2208X of the harbour",
    "plate RE16 TGK",
    "plate RF61TGL",
    "total 129.50",
    "total 1.234,56",
    "dated 25 Dec 2018",
    "write to ann@port.example soon",
    "nothing but words",
]


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("INV-HP-2207", 0),
        ("invhp2207", 0),
        ("inv hp 2207", 0),
        ("INV-HP-22O7", 0),
        ("2207", 0),
        ("HP-2207", 0),
        ("207", 0),
        ("hp2208", 1),
        ("2208X", 1),
        ("TGK", 2),
        ("RE16TGK", 2),
        ("REI6 TGK", 2),
        ("TGL", 3),
        ("129,50", 4),
        ("$129.50", 4),
        ("l29.5O", 4),
        ("1,234.56", 5),
        ("25/12/2018", 6),
        ("2018-12-25", 6),
        ("Ann@Port.Example", 7),
        ("ann@port.exanple", 7),
        ("nothlng", 8),
        ("nothimg", 8),
    ],
)
def test_a_value_and_its_parts_are_found(
    tmp_path_factory: pytest.TempPathFactory, asked: str, first: int
) -> None:
    if not _INDEX:
        _INDEX.append(index_of(tmp_path_factory.mktemp("terms"), PAGES))
    assert found(_INDEX[0], asked)[:1] == [first]


_INDEX: list[KeywordIndex] = []


MISREAD = [
    ("INV-2207", "INV-22O7"),
    ("RE16 TGK", "REI6 TGK"),
    ("129.50", "l29.5O"),
    ("25/12/2018", "25/12/2O18"),
    ("25 December 2018", "25 Decernber 2018"),
    ("modern", "modem"),
]


@pytest.mark.parametrize(("meant", "misread"), MISREAD)
def test_what_is_misread_is_found_and_stands_below_what_is_not(
    tmp_path: Path, meant: str, misread: str
) -> None:
    index = index_of(tmp_path, [f"one {misread} here", f"two {meant} there", "three"])
    assert found(index, meant) == [1, 0]
    alone = index_of(tmp_path / "alone", [f"one {misread} here", "two", "three"])
    assert found(alone, meant) == [0]


@settings(max_examples=25, deadline=None)
@given(
    pair=st.sampled_from(MISREAD),
    before=st.integers(0, 200),
    times=st.integers(1, 6),
    others=st.integers(0, 30),
)
def test_no_number_of_misread_ones_drowns_the_exact_one(
    tmp_path_factory: pytest.TempPathFactory, pair: tuple[str, str], before: int, times: int, others: int
) -> None:
    """However long its page, however short and repetitive theirs."""
    meant, misread = pair
    texts = [f"{'filler text ' * before}{meant}", *([" ".join([misread] * times)] * (others + 1))]
    assert found(index_of(tmp_path_factory.mktemp("drown"), texts), meant)[0] == 0


def test_a_likeness_counts_only_where_nothing_else_stands(tmp_path: Path) -> None:
    index = index_of(tmp_path, ["the harbour", "the harbor", "the larbour"])
    assert found(index, "harbour") == [0]
    assert set(found(index, "harboun")) == {0}
    assert set(found(index, "parbour")) == {0, 2}
