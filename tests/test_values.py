"""Printed values and what they mean."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triptych.values import (
    code_key,
    codes,
    date_readings,
    dates,
    fold,
    keys,
    number_readings,
    numbers,
    plain,
    same_value,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("129.50", "129.5"),
        ("129,50", "129.5"),
        ("$129.50", "129.5"),
        ("RM 8.60", "8.6"),
        ("1.234.567,89", "1234567.89"),
        ("1,007.50", "1007.5"),
        ("2 076,76 €", "2076.76"),
        ("1'234.50", "1234.5"),
        ("1,23,456.00", "123456"),
        ("-8,79", "-8.79"),
        ("8,79-", "-8.79"),
        ("(1,234)", "-1234"),
        ("12.5 %", "12.5"),
        (".025", "0.025"),
        ("CHF1'000", "1000"),
        ("१२९.५०", "129.5"),
    ],
)
def test_a_printed_number_is_read(text: str, value: str) -> None:
    assert plain(number_readings(text)[0]) == value


@pytest.mark.parametrize("text", ["", "RE16", "10/06/2018", "1.2.3", "20:30", "7-Eleven", "abc", "²"])
def test_what_is_no_number_has_no_readings(text: str) -> None:
    assert number_readings(text) == ()


def test_one_separator_and_three_digits_can_be_read_both_ways() -> None:
    assert {plain(r) for r in number_readings("1.234")} == {"1.234", "1234"}
    assert same_value("1.234", "1234") and same_value("1,234", "1.234") and not same_value("1.235", "1234")


def test_an_amount_glued_to_its_label_is_found() -> None:
    assert [n.text for n in numbers("TOTALRM40.00 5.30SR")] == ["40.00", "5.30"]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("25/12/2018", date(2018, 12, 25)),
        ("12/13/2016", date(2016, 12, 13)),
        ("03 MAR 2018", date(2018, 3, 3)),
        ("14/JUN/2017", date(2017, 6, 14)),
        ("05AUG2017", date(2017, 8, 5)),
        ("20180428", date(2018, 4, 28)),
        ("7/ 24/ 90", date(1990, 7, 24)),
        ("12. März 2018", date(2018, 3, 12)),
        ("APRIL 1,1957", date(1957, 4, 1)),
        ("3 de mayo de 2018", date(2018, 5, 3)),
        ("2018年3月18日", date(2018, 3, 18)),
    ],
)
def test_a_printed_date_is_read(text: str, day: date) -> None:
    assert date_readings(text) == (day,)


def test_day_and_month_may_change_places() -> None:
    assert same_value("03/04/2018", "4 March 2018") and same_value("03/04/2018", "3 April 2018")
    assert not same_value("13/04/2018", "4 March 2018")


@settings(deadline=None)  # machines differ
@given(st.dates(date(1970, 1, 1), date(2068, 12, 31)))
def test_every_day_is_found_in_every_form(day: date) -> None:
    for form in ("%d/%m/%Y", "%Y-%m-%d", "%d.%m.%y", "%d %b %Y", "%B %d, %Y", "%Y%m%d"):
        found = dates(f"Date: {day.strftime(form)} 12:30")
        assert len(found) == 1 and day in found[0].readings, form


@settings(deadline=None)  # machines differ
@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_every_amount_is_the_same_in_every_style(value: Decimal) -> None:
    english = f"{value:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    for text in (english, german, german.replace(".", "\u202f"), f"EUR {german}", f"{english}€"):
        assert number_readings(text) == (value,), text
        assert same_value(text, english)


@settings(deadline=None)  # machines differ
@given(st.text(max_size=80))
def test_nothing_that_is_printed_breaks_the_readers(text: str) -> None:
    for found in (*numbers(text), *dates(text), *codes(text)):
        assert text[found.start : found.end] == found.text
    assert all(0 <= start < end <= len(text) for start, end, _ in keys(text))


@settings(deadline=None)  # machines differ
@given(st.dates(date(1970, 1, 1)), st.integers(1, 400))
def test_different_days_differ(day: date, gap: int) -> None:
    other = day + timedelta(days=gap) if day.year < 9000 else day - timedelta(days=gap)
    assert not same_value(day.isoformat(), other.isoformat())


def test_codes_fold_what_ocr_confuses() -> None:
    assert code_key("RE-I6/O5") == code_key("re1605")
    assert "re16tgk" in {c.key for c in codes("plate RE16 TGK")}
    assert fold("Tar & Nicotine, ＡＢ") == "tarnicotineab"


def test_keys_are_equal_for_equal_values() -> None:
    def of(text: str) -> set[str]:
        return {key for _, _, key in keys(text)}

    assert "n:129.5" in of("129.50") & of("129,50")
    assert "d:2018-12-25" in of("25/12/2018") & of("Dec 25, 2018")
    assert "c:re20170509505" in of("RE-20170509/505")
    assert of("RE-I6/O5").isdisjoint(of("RE-16/05"))  # a likeness is no equality: see slips
    assert of("25/12/2018") == {"d:2018-12-25"}
    assert of("20181225") == {"d:2018-12-25", "n:20181225", "c:20181225"}
