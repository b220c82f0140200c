"""Numbers, amounts, dates and codes in text: where they stand and what they mean.

Pure functions over strings. A printed value may have more than one reading ("1.234" is 1.234 or
1234, "03/04/18" is March or April), so values carry all of their readings, the likelier one first, and
two values are the same when they share one. Nothing here guesses a country or a language.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

CURRENCIES = (
    r"R\$|US\$|NZ\$|HK\$|NT\$|[SAC]\$|[$€£¥₹₽₩₺₫฿₦₱]"
    r"|(?<![A-Za-z])(?:RM|Rs\.?|Rp\.?|Fr\.|kr\.?|zł|Kč|Ft|TL"
    r"|EUR|USD|GBP|CHF|CAD|AUD|NZD|SGD|MYR|JPY|CNY|RMB|INR|PLN|CZK|HUF|SEK|NOK|DKK|IDR|THB|HKD|BRL|MXN|TRY|ZAR)"
)
_SPACES = "\u00a0\u2007\u2009\u202f"
_NUMBER = re.compile(
    rf"""(?<![\d.,/:])
    (?P<open>\()?
    (?P<sign>(?<![\w.])[-−–]\s?)?
    (?:(?P<currency>(?:{CURRENCIES})[ {_SPACES}:]?)(?P<inner>[-−–]\s?)?)?
    (?P<body>
        \d{{1,3}}(?:,\d{{2,3}})*,\d{{3}}(?:\.\d+)?           # 1,234,567.89 and 1,23,456
      | \d{{1,3}}(?:\.\d{{3}})+(?:,\d+)?                     # 1.234.567,89
      | \d{{1,3}}(?:['’]\d{{3}})+(?:[.,]\d+)?                # 1'234.50
      | \d{{1,3}}(?:[ {_SPACES}]\d{{3}})+[.,]\d{{1,2}}       # 1 234,50
      | \d{{1,3}}(?:[{_SPACES}]\d{{3}})+                     # no-break spaces group without decimals too
      | \d+(?:[.,]\d+)?
      | [.,]\d+
    )
    (?!\d|[.,:/]\d)
    (?P<after>-(?![\w-])|\s?%|[ {_SPACES}]?(?:{CURRENCIES})(?![A-Za-z0-9])
        (?(currency)(?![ {_SPACES}:]?\d)))?                  # of GBP 8,000 GBP 250 the second one is the next number's
    (?P<close>\))?
    """,
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it stands in `text[start:end]`. `decimals` counts printed digits after the point."""

    start: int
    end: int
    text: str
    readings: tuple[Decimal, ...]
    currency: str = ""
    percent: bool = False
    decimals: int = 0

    @property
    def money(self) -> bool:
        """Looks like an amount: has a currency, or exactly two decimals and no per cent sign."""
        return bool(self.currency) or (self.decimals == 2 and not self.percent)


@dataclass(frozen=True, slots=True)
class Date:
    """A day as it stands in `text[start:end]`, with every calendar day that it can mean."""

    start: int
    end: int
    text: str
    readings: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A token that holds a digit: an invoice number, a plate, a part number. `key` is folded."""

    start: int
    end: int
    text: str
    key: str


def fold(text: str) -> str:
    """Case, space, punctuation and compatibility forms folded away: what "the same text" means."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


# ---------------------------------------------------------------------------------------- numbers


def _readings(body: str) -> tuple[tuple[Decimal, ...], int]:
    """All readings of an unsigned number without currency, and its printed decimals."""
    digits = "".join(str(unicodedata.decimal(c)) if c.isdigit() else c for c in body)
    digits = re.sub(rf"['’ {_SPACES}]", "", digits)
    marks = [c for c in digits if c in ".,"]
    if not marks:
        return (Decimal(digits),), 0
    last = digits.rindex(marks[-1])
    tail = len(digits) - last - 1
    as_decimal = digits[:last].replace(",", "").replace(".", "") + "." + digits[last + 1 :]
    as_grouped = digits.replace(",", "").replace(".", "")
    if len(set(marks)) == 2:
        return (Decimal(as_decimal),), tail
    if len(marks) > 1:
        return (Decimal(as_grouped),), 0
    if tail == 3 and 1 <= last <= 3 and digits[0] != "0":
        both = (Decimal(as_grouped), Decimal(as_decimal))
        return (both, 0) if marks[0] == "," else (both[::-1], 3)
    return (Decimal(as_decimal),), tail


def numbers(text: str) -> list[Number]:
    """Numbers of `text` from left to right; digits inside dates with slashes and inside codes are left out."""
    return list(_numbers(text))


def _numbers(text: str) -> Iterator[Number]:
    for m in _NUMBER.finditer(text):
        body = m["body"]
        try:
            readings, decimals = _readings(body)
        except (InvalidOperation, ValueError):  # digits such as ² that count but do not calculate
            continue
        end = m.end()
        after = m["after"] or ""
        bracketed = bool(m["open"] and m["close"])
        if m["close"] and not m["open"]:
            end = m.end("after") if after else m.end("body")
        start = m.start() if bracketed or not m["open"] else m.start() + 1
        currency = (m["currency"] or "").strip(f": {_SPACES}") or after.strip(" %-")
        if decimals != 2 and not currency and _inside_word(text, m.start("body"), m.end("body")):
            continue
        negative = bracketed or bool(m["sign"] or m["inner"]) or after.startswith("-")
        yield Number(
            start,
            end,
            text[start:end],
            tuple(-r for r in readings) if negative else readings,
            currency,
            after.strip() == "%",
            decimals,
        )


def _inside_word(text: str, start: int, end: int) -> bool:
    """Whether letters touch: RE16, L-4821, 4x100, 7-Eleven are codes or words, no numbers."""
    before = text[start - 1 : start]
    if before in ("-", "–") and text[start - 2 : start - 1].isalpha():
        return True
    return before.isalpha() or before == "_" or text[end : end + 1].isalpha()


_LETTERS_FOR_DIGITS = re.compile(
    r"(?<=[\d.,])[OoQ]+(?![a-z])|(?<![A-Za-z])[OoQ](?=[.,]\d)|(?<=RM)[Oo](?=[.,]\d)"
)


def repair(text: str) -> str:
    """`text` with letters that OCR put for zeros inside amounts undone, of the same length: RMO.4O, 1O.50."""
    return _LETTERS_FOR_DIGITS.sub(lambda m: "0" * len(m[0]), text)


_PARTED = re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?: \d{3})+(?![\d])")


def grouped(text: str) -> str:
    """`text` with the spaces inside 1 850 000 as no-break spaces, of the same length: for lines that are no rows of a
    table, where spaces part numbers."""
    return _PARTED.sub(lambda m: m[0].replace(" ", "\u00a0"), text)


def number_readings(text: str) -> tuple[Decimal, ...]:
    """Readings when the whole of `text` is one number or amount, else ()."""
    stripped = text.strip().rstrip(".,;*")
    found = numbers(stripped)
    whole = len(found) == 1 and found[0].start == 0 and found[0].end == len(stripped)
    return found[0].readings if whole else ()


def plain(value: Decimal) -> str:
    """One spelling per value: 129.5 for 129.50, 100 for 1E+2."""
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("", "-0", "-") else text


# ------------------------------------------------------------------------------------------ dates

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier enero gennaio januari janeiro jän jänner janv ene gen",
            "feb february februar février fevrier febrero febbraio februari fevereiro févr fev fév",
            "mar march märz maerz mars marzo maart março marco mär mrz mrt maa",
            "apr april avril abril aprile avr abr",
            "may mai mayo maggio mei maio mag",
            "jun june juni juin junio giugno junho giu",
            "jul july juli juillet julio luglio julho juil lug",
            "aug august août aout agosto augustus ago aoû aou",
            "sep sept september septembre septiembre settembre setembro set",
            "oct october oktober octobre octubre ottobre outubro okt ott out",
            "nov november novembre noviembre novembro",
            "dec december dezember décembre decembre diciembre dicembre dezembro dez déc dic",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_NUMERIC_DATE = re.compile(
    r"(?<![\d.,/-])(\d{1,4}) ?([-/.]) ?(\d{1,2}) ?\2 ?(\d{4}|\d{2})(?!(?!\d\d:\d\d)[\d/]|[.,-]\d)"
)
_NAMED_DATE = re.compile(
    rf"(?<![\d.])(\d{{1,2}})(?:st|nd|rd|th|er|º)?[ ./,-]{{0,2}}(?:de |of )?({_MONTH})[ ./,'’-]{{0,3}}(?:de )?(\d{{4}}(?!\d)|\d{{2}}(?!\d|[:.]\d))",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    rf"(?<![^\W\d_])({_MONTH})[ .,-]{{0,2}}(\d{{1,2}})(?:st|nd|rd|th)?(?:[ .,'’-]{{1,3}})(\d{{4}}(?!\d)|\d{{2}}(?!\d|[:.]\d))",
    re.IGNORECASE,
)
_COMPACT_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)(0[1-9]|1[0-2])([0-2]\d|3[01])(?!\d)")
_CJK_DATE = re.compile(r"(\d{4}) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日일]")


def _years(text: str) -> tuple[int, ...]:
    """Of two digits 69 to 99 are in the last century, as POSIX reads them. So are those from 41 on, rather than far ahead:
    papers are old, and some leases are long."""
    year = int(text)
    if len(text) > 2:
        return (year,)
    if year >= 69:
        return (1900 + year,)
    return (1900 + year, 2000 + year) if year > 40 else (2000 + year,)


def _days(*orders: tuple[int, int, int]) -> tuple[date, ...]:
    """Those of `(year, month, day)` that exist, without repeats."""
    found: list[date] = []
    for year, month, day in orders:
        try:
            day_ = date(year, month, day)
        except ValueError:
            continue
        if day_ not in found:
            found.append(day_)
    return tuple(found)


def _numeric_days(m: re.Match[str]) -> tuple[date, ...]:
    a, b, c = m[1], m[3], m[4]
    if len(a) == 4:
        return _days((int(a), int(b), int(c))) if len(c) == 2 or len(c) == 1 else ()
    if len(a) == 3:
        return ()
    both = _days(*((y, month, day) for y in _years(c) for month, day in ((int(b), int(a)), (int(a), int(b)))))
    return both or (_days(*((y, int(b), int(c)) for y in _years(a))) if len(a) == len(c) == 2 else ())


_DATE_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], tuple[date, ...]]], ...] = (
    (_NUMERIC_DATE, _numeric_days),
    (_NAMED_DATE, lambda m: _days(*((y, MONTHS[m[2].lower()], int(m[1])) for y in _years(m[3])))),
    (_MONTH_FIRST, lambda m: _days(*((y, MONTHS[m[1].lower()], int(m[2])) for y in _years(m[3])))),
    (_COMPACT_DATE, lambda m: _days((int(m[1]), int(m[2]), int(m[3])))),
    (_CJK_DATE, lambda m: _days((int(m[1]), int(m[2]), int(m[3])))),
)


def dates(text: str) -> list[Date]:
    """Days of `text` from left to right; where two forms overlap the longer one stands."""
    found = [
        Date(m.start(), m.end(), m[0], readings)
        for pattern, read in _DATE_FORMS
        for m in pattern.finditer(text)
        if (readings := read(m))
    ]
    found.sort(key=lambda d: (d.start, -d.end))
    kept: list[Date] = []
    for day in found:
        if not kept or day.start >= kept[-1].end:
            kept.append(day)
    return kept


_YEAR = re.compile(r"(?:19|20)\d\d")


def is_year(text: str) -> bool:
    """Whether the whole of `text`, but for marks around it, is a year of the last or this century."""
    return bool(_YEAR.fullmatch(text.strip(" .,*()'")))


def date_readings(text: str) -> tuple[date, ...]:
    """Readings when the whole of `text` is one date, else ()."""
    stripped = text.strip().rstrip(".,;")
    found = dates(stripped)
    whole = len(found) == 1 and found[0].start == 0 and found[0].end == len(stripped)
    return found[0].readings if whole else ()


# ------------------------------------------------------------------------------------------ codes

_DIGIT = re.compile(r"[\d⁰¹²³⁴-⁹₀-₉①-⑨]")  # as str.isdigit, as far as print goes
_CODE = re.compile(r"[^\W_]+(?:(?:[-/._]|(?<=\d),(?=\d))[^\W_]+)*")
_LOOKALIKES = str.maketrans({"o": "0", "l": "1", "i": "1", "|": "1", "s": "5", "b": "8", "z": "2"})


def code_key(text: str) -> str:
    """A code without case and punctuation, and with one of the signs that OCR confuses for all of them
    (0/O, 1/l/I, 2/Z, 5/S, 8/B, rn/m): RE-I6/O5 -> re1605."""
    return fold(text).replace("rn", "m").translate(_LOOKALIKES)


def codes(text: str) -> list[Code]:
    """Tokens of at least three characters that hold a digit, and such tokens joined over one space:
    "RE16 TGK" gives RE16, and RE16 TGK, so that it is found as RE16TGK too."""
    tokens = [(m[0], *m.span(), _DIGIT.search(m[0]) is not None) for m in _CODE.finditer(text)]
    found: list[Code] = []
    for i, (token, start, end, has_digit) in enumerate(tokens):
        if has_digit and len(token) >= 3:
            found.append(Code(start, end, token, code_key(token)))
        if i + 1 < len(tokens):
            after, begins, ends, digit_after = tokens[i + 1]
            if (has_digit or digit_after) and text[end:begins] == " " and _joins(token, after):
                span = (start, ends)
                found.append(Code(*span, text[span[0] : span[1]], code_key(token + after)))
    return found


def _joins(a: str, b: str) -> bool:
    """Two short groups of capitals and digits, letters and digits both present: halves of one code."""
    both = a + b
    return (
        2 <= len(a) <= 5
        and 2 <= len(b) <= 5
        and both.isalnum()
        and both.upper() == both
        and any(c.isdigit() for c in both)
        and any(c.isalpha() for c in both)
    )


# ------------------------------------------------------------------------------------- comparison


def keys(text: str) -> list[tuple[int, int, str]]:
    """`(start, end, key)` of every number, date and code of `text`, for exact matching.

    Keys of the same value are equal however it is printed: n:129.5 for 129.50 and 129,50,
    d:2018-12-25 for 25/12/2018, c:re1605 for RE-16/05. Ambiguous values give one key a reading.
    """
    amounts = numbers(text)
    found = [(n.start, n.end, f"n:{plain(r)}") for n in amounts for r in n.readings]
    days = dates(text)
    found += [(d.start, d.end, f"d:{r.isoformat()}") for d in days for r in d.readings]
    printed = {(n.start, n.end) for n in amounts if n.decimals}
    printed |= {(d.start, d.end) for d in days if not d.text.isdigit()}  # 20181225 may be a number
    found += [(c.start, c.end, f"c:{fold(c.text)}") for c in codes(text) if (c.start, c.end) not in printed]
    return sorted(found)


def same_value(a: str, b: str) -> bool:
    """Whether two texts, each a number or a date as a whole, can mean the same."""
    days = date_readings(a), date_readings(b)
    if days[0] and days[1]:
        return bool(set(days[0]) & set(days[1]))
    amounts = number_readings(a), number_readings(b)
    return bool(set(amounts[0]) & set(amounts[1]))
