"""Tokens: what folds together is found together, in any script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triptych.words import tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Über ACME's Größe", ["uber", "acme", "grosse"]),
        ("ﬁnance Ｆｕｌｌ", ["finance", "full"]),
        ("Ελληνικά", ["ελληνικα"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("தமிழ் মানুষ", ["தமிழ்", "মানুষ"]),
        ("東京都に", ["東京", "京都", "都に"]),
        ("東", ["東"]),
        ("iPhone15発売", ["iphone15", "発売"]),
        ("한국어", ["한국", "국어"]),
        ("ｶﾞス", ["ガス"]),
        ("snake_case 129.50", ["snake", "case", "129", "50"]),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert tokens.words(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Total 129.50", "129,50 EUR"),
        ("$129.5", "USD 129.50"),
        ("1,234.56", "1.234,56"),
        ("25/12/2018", "December 25, 2018"),
        ("2018-12-25", "25.12.18"),
        ("RE16 TGK", "plate RE16TGK"),
        ("INV-2024/17", "inv 2024 inv 2024-17 INV2024/17"),
        ("mail Info@Example.org now", "info@example.org"),
    ],
)
def test_the_same_value_shares_a_token_however_it_is_printed(one: str, other: str) -> None:
    assert set(tokens.exact(one)) & set(tokens.exact(other))


def test_an_ambiguous_date_has_both_readings() -> None:
    assert {"d:2018-03-04", "d:2018-04-03"} <= set(tokens.exact("03/04/2018"))


def test_different_values_share_nothing() -> None:
    assert not set(tokens.exact("129.50")) & set(tokens.exact("129.05"))
    assert tokens.exact("no digits here, however long the line is") == []


def test_values_far_apart_in_one_line_are_all_found() -> None:
    line = "total 12.50 " + "word " * 40 + "on 25 December 2018 " + "word " * 40 + "plate RE16 TGK"
    assert {"n:12.5", "d:2018-12-25", "c:re16tgk"} <= set(tokens.exact(line))


def test_what_was_misread_is_indexed_beside_what_stands_there() -> None:
    assert tokens.exact("l29.5O") == ["c:l295o"]
    assert tokens.indexed("l29.5O") == ["c:l295o", "s:12950", "~n:129.5"]


def test_the_ends_of_codes() -> None:
    assert tokens.tails(["c:re16", "c:re16tgk", "n:129.5"]) == ["16tgk", "6tgk", "e16", "e16tgk", "tgk"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("الفَاتُورَةُ", "الفاتورة"),
        ("הַחֶשְׁבּוֹנִית", "החשבונית"),
        ("Rech\u00adnung", "Rechnung"),
        ("२०२४", "2024"),
        ("क्\u200dष", "क्ष"),
        ("ÉCOLE", "e\u0301cole"),
    ],
)
def test_what_is_seldom_written_is_left_out(one: str, other: str) -> None:
    assert tokens.words(one) == tokens.words(other)


def test_accents_stay_for_stemmers() -> None:
    assert tokens.words("Échéance des Häuser", accents=True) == ["échéance", "des", "häuser"]


@given(st.text(max_size=200))
def test_spans_are_the_words_with_their_places(text: str) -> None:
    spans = tokens.spans(text)
    assert [span.text for span in spans] == tokens.words(text)
    assert all(0 <= s.start < s.end <= len(text) for s in spans)


@given(st.text(max_size=200))
def test_tokens_hold_no_space_and_fold_once(text: str) -> None:
    for token in [*tokens.words(text), *tokens.exact(text)]:
        assert token
        assert not any(c.isspace() for c in token)
        assert len(token) <= 64


@given(st.text(alphabet=st.characters(codec="latin-1"), max_size=60))
def test_case_does_not_matter(text: str) -> None:
    assert tokens.words(text.upper()) == tokens.words(text.upper().lower())
