"""The line that people type: words, phrases, exclusions and filters, and mistakes shown where they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import triptych
from triptych.errors import UserError
from triptych.library import Library
from triptych.query import filters, grammar
from triptych.query.grammar import Line

ACME = 'type ~ "pdf" and (date >= "2024-01" and date <= "2024-03")'


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("invoice ACME 129.50", Line("invoice ACME 129.50")),
        (
            'acme "total due" -draft type:pdf date:2024-01..2024-03',
            Line("acme total due", ("total due",), ("draft",), ACME),
        ),
        ('-"total due" x', Line("x", (), ("total due",))),
        ("-re16-tgk x", Line("x", (), ("re16-tgk",))),
        ("invoice -1042", Line("invoice", (), ("1042",))),
        ("page:1-3 x", Line("x", where='(page >= "1" and page <= "3")')),
        ("page:1..3", Line("", where='(page >= "1" and page <= "3")')),
        ("page:3..", Line("", where='page >= "3"')),
        ("date:..2024", Line("", where='date <= "2024"')),
        ("pages:>=10", Line("", where='pages >= "10"')),
        ("page:2", Line("", where='page = "2"')),
        ("type:pdf,png", Line("", where='(type ~ "pdf" or type ~ "png")')),
        ("-type:pdf x", Line("x", where='not type ~ "pdf"')),
        ("tag.year:2020..2024", Line("", where='(tag.year >= "2020" and tag.year <= "2024")')),
        ('tags.who:"Ann Lee"', Line("", where='tags.who ~ "Ann Lee"')),
        ("title:budget source:*.pdf", Line("", where='title ~ "*budget*" and source ~ "*.pdf"')),
        ("confidence:0.5..0.9", Line("", where='(confidence >= "0.5" and confidence <= "0.9")')),
        ("Type:PDF", Line("", where='type ~ "PDF"')),
    ],
)
def test_means(typed: str, expected: Line) -> None:
    assert grammar.parse(typed) == expected
    if expected.where:
        filters.parse(expected.where)


@pytest.mark.parametrize(
    "typed",
    [
        "over -8.79 EUR",
        "-1,200",
        "LOT 1851 -A & 1851-B",
        "dash - alone",
        "--explain",
        "at 12:30",
        "http://a.example/b?c:d",
        "C:\\scans",
        "std::vector",
        "Total:129.50",
        "Total: 129.50",
        "mailto:ann@a.example",
        '5" pipe',
        'is "a b" here -not either?',
        "ratio 3:2",
    ],
)
def test_what_is_only_words(typed: str) -> None:
    assert grammar.parse(typed) == Line(typed)


def test_a_question_may_still_be_filtered() -> None:
    assert grammar.parse('collection:a who wrote "x y"?') == Line(
        'who wrote "x y"?', where='collection ~ "a"'
    )


@pytest.mark.parametrize(
    ("typed", "at", "what"),
    [
        ("acme tpye:pdf", 6, "did you mean type"),
        ("xyzzy:1", 1, "there are kind"),
        ("x page:two", 8, "expected a number"),
        ("x page:1..two", 11, "expected a number"),
        ("x date:2024-13", 8, "no such date"),
        ("date:2024-01..soon", 15, "such as 2024"),
        ("date:2024,soon", 11, "such as 2024"),
        ('a "total due', 3, "not closed"),
        ("page:..", 6, "at least one end"),
        ("page:,", 6, "expected a value"),
        ("page:>x", 7, "expected a number"),
    ],
)
def test_mistakes_are_shown_where_they_are(typed: str, at: int, what: str) -> None:
    with pytest.raises(UserError, match=what) as raised:
        grammar.parse(typed)
    assert f"at character {at}," in str(raised.value)
    assert "\n" not in str(raised.value)


@given(
    st.text(max_size=30)
    | st.lists(st.sampled_from(['"', "-", "page:", "a", "..", "2", ",", "?", " "])).map("".join)
)
@example('"" a')
@example('page:"1')
def test_any_line_is_understood_or_a_mistake_of_one_line(typed: str) -> None:
    try:
        line = grammar.parse(typed)
    except UserError as error:
        assert "\n" not in str(error)
        return
    if line.where is not None:
        filters.parse(line.where)


# ------------------------------------------------------------------------------ what a search finds

PAGES = {
    "due.txt": "The total due is 129.50.",
    "apart.txt": "A total was due. Invoices of March.",
    "draft.txt": "Total due soon, says the invoice.",
    "plan.md": "# Plan\n\nThis is a draft of the invoice, of no importance.",
    "tokyo.txt": "請求書の合計は東京都です",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder: Path = tmp_path_factory.mktemp("grammar")
    (folder / "in").mkdir()
    for name, text in PAGES.items():
        (folder / "in" / name).write_text(text, "utf-8")
    with triptych.open(folder / "library", settings={"workers": 1, "image_encoder": "none"}) as library:
        library.add(folder / "in")
        yield library


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("total", {*PAGES}),
        ('"total due"', {"due.txt", "draft.txt"}),
        ('"Total  due!" invoice', {"due.txt", "draft.txt"}),
        ('"due total"', set()),
        ('"total due is"', {"due.txt"}),
        ('"129.50" total', {"due.txt"}),
        ("invoice -draft", {"due.txt", "apart.txt", "tokyo.txt"}),
        ('invoice -"total due"', {"apart.txt", "plan.md", "tokyo.txt"}),
        ('invoice "total due" -draft', {"due.txt"}),
        ('"東京都"', {"tokyo.txt"}),
        ("invoice type:markdown", {"plan.md"}),
        ("invoice -type:text", {"plan.md"}),
        ("invoice type:plain", {*PAGES} - {"plan.md"}),
        ("invoice title:draft", {"draft.txt"}),
        ("invoice date:2001", set()),
    ],
)
def test_a_search_finds(library: Library, typed: str, expected: set[str]) -> None:
    assert {Path(hit.source).name for hit in library.search(typed, k=20)} == expected


def test_what_is_kept_away_does_not_move_scores(library: Library) -> None:
    def scores(typed: str) -> dict[str, float]:
        return {h.source: s.raw for h in library.search(typed) if (s := h.signals["keyword"])}

    every, some = scores("invoice"), scores("invoice -draft")
    assert some == {source: raw for source, raw in every.items() if source in some}


def test_a_filter_of_the_query_and_one_beside_it(library: Library) -> None:
    assert len(library.search("total type:text", where='title = "due.txt" or title = "plan.md"')) == 1
    with pytest.raises(UserError, match="The filter 'kin = x' goes wrong at character 1,"):
        library.search("total type:text", where="kin = x")
    assert library.search("total type:text").to_dict()["query"]["text"] == "total type:text"


def test_filters_alone_find_nothing_to_rank(library: Library) -> None:
    with pytest.raises(UserError, match="only says where to look"):
        library.search("type:pdf -draft")


def test_a_plain_text_is_words_as_they_stand(library: Library) -> None:
    found = {Path(hit.source).name for hit in library.search('"total due" foo:bar -draft', k=20, plain=True)}
    assert found == {*PAGES}
