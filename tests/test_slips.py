"""Slips of OCR: what a misread value may have said, and what a word may have become."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triptych import values
from triptych.words import slips


def said(text: str) -> set[str]:
    return {key for _, _, key in slips.keys(text)}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("l29.5O", "~n:129.5"),
        ("RM1O.5O", "~n:10.5"),
        ("1,Z34.S0", "~n:1234.5"),
        ("25/I2/2O18", "~d:2018-12-25"),
        ("25 12/2018", "~d:2018-12-25"),
        ("25 Decernber 2018", "~d:2018-12-25"),
        ("0ct 3, 2018", "~d:2018-10-03"),
        ("3 Septembcr 2O18", "~d:2018-09-03"),
        ("INV-HP-22O7", "s:1nvhp2207"),
        ("RE-I6/O5", "s:re1605"),
        ("A8-l2", "s:a812"),
    ],
)
def test_what_may_have_stood_there(text: str, key: str) -> None:
    assert key in said(text)


@pytest.mark.parametrize(
    "text",
    ["129.50", "25/12/2018", "25 December 2018", "12 apples 20", "total 12 of 30 in 25 boxes 2019", "4x100"],
)
def test_what_is_printed_well_has_nothing_else_to_say(text: str) -> None:
    assert said(text) == set()


@pytest.mark.parametrize(
    ("misread", "meant"),
    [("INV-HP-22O7", "INV-HP-2207"), ("5B-1l7", "SB-117"), ("l29.5O", "129.50"), ("Corn-12", "Com-12")],
)
def test_a_misread_value_shares_a_key_with_the_slips_of_what_was_meant(misread: str, meant: str) -> None:
    asked = {other for _, _, key in values.keys(meant) for other in slips.shape(key)}
    there = said(misread) | {key for _, _, key in values.keys(misread)}
    assert asked & there


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("gesamt", "gesarnt"),
        ("modern", "modem"),
        ("invoice", "lnvoice"),
        ("total", "tota1"),
        ("bank", "8ank"),
    ],
)
def test_what_a_word_may_have_become(word: str, other: str) -> None:
    assert other in slips.variants(word)


def test_short_words_have_no_variants() -> None:
    assert slips.variants("oil") == []


@settings(deadline=None)  # machines differ
@given(st.text(max_size=80))
def test_nothing_that_is_printed_breaks_the_readers(text: str) -> None:
    assert all(0 <= start < end <= len(text) for start, end, _ in slips.keys(text))


@settings(deadline=None)  # machines differ
@given(st.dates(date(1970, 1, 1), date(2068, 12, 31)), st.sampled_from(["0O", "1l", "5S", "8B"]))
def test_a_date_with_letters_for_digits_is_still_that_date(day: date, pair: str) -> None:
    printed = f"{day:%d/%m/%Y}"
    misread = printed.replace(pair[0], pair[1], 1)
    assert misread == printed or f"~d:{day.isoformat()}" in said(misread)


@given(st.text(alphabet="abilmnorsz0158", min_size=4, max_size=10))
def test_variants_are_other_words_and_lead_back(word: str) -> None:
    for other in slips.variants(word):
        assert other != word
        assert len(other) < 4 or word in slips.variants(other)
