"""Values and words as OCR may have read them: what a slip makes of them, and what they were before it.

Signs that look alike are taken for one another: 0 and O, 1 and l and I, 2 and Z, 5 and S, 8 and B, rn and m.
`keys` reads a text as if such slips had happened, for the index; `variants` says what a word of a question may
have become, for the search. Both are weaker evidence than the value itself, and have keys of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from triptych import values

_TO_DIGITS = str.maketrans("OoQDlI|SsBZz", "000011155822")
_TO_LETTERS = str.maketrans("01582", "olsbz")
_RUN = re.compile(
    r"(?:(?<![^\W\d_])|(?<=RM)|(?<=Rs)|(?<=EUR)|(?<=USD)|(?<=GBP)|(?<=CHF))[\dOoQDlI|SsBZz](?:[\dOoQDlI|SsBZz]|[.,/'’-](?=[\dOoQDlI|SsBZz]))*(?![^\W\d_])"
)
_DATE = re.compile(
    r"(?<!\d)(?P<day>\d{1,2})(?:st|nd|rd|th)?[ ./,-]{0,2}(?P<month>[^\W_]{3,10})[ ./,'’-]{1,3}(?P<year>\d{4}|\d{2})(?!\d)"
    r"|(?<![^\W_])(?P<first>[^\W_]{3,10})[ .,-]{1,2}(?P<then>\d{1,2})[ .,'’-]{1,3}(?P<last>\d{4}|\d{2})(?!\d)"
)
_APART = re.compile(
    r"(?<![\d.,/-])(\d{1,2})([ ./-]{1,2})(\d{1,2})([ ./-]{1,2})(\d{4}|\d{2})(?![\d/]|[.,-]\d)"
)
_LONG = 5  # letters from which a month's name may have any one letter wrong
_ALIKE = {
    "rn": ("m",), "m": ("rn",), "l": ("i", "1"), "i": ("l", "1"), "1": ("l", "i"), "o": ("0",), "0": ("o",),
    "s": ("5",), "5": ("s",), "b": ("8",), "8": ("b",), "z": ("2",), "2": ("z",),
}  # fmt: skip
_SIGN = re.compile("rn|[mli1o0s5b8z2]")
_SHORTEST = 4  # letters of a word that is looked for in other shapes


def keys(text: str) -> list[tuple[int, int, str]]:
    """`(start, end, key)` of what `text` may have said before OCR: s: and the shape of a code, where that is
    not its own key; ~n: and ~d: for numbers and dates that appear when letters are read as digits."""
    found = [(c.start, c.end, f"s:{c.key}") for c in values.codes(text) if c.key != values.fold(c.text)]
    repaired, places = _as_digits(text)
    read = values.keys(repaired) if places else []
    found += [
        (start, end, f"~{key}")
        for start, end, key in read
        if key[0] in "nd" and any(start < b and a < end for a, b in places)
    ]
    return sorted({*found, *_dates(repaired), *_apart(repaired)})


def shape(key: str) -> tuple[str, ...]:
    """The keys under which the slips of a value stand that has `key` (of `values.keys`)."""
    kind, _, value = key.partition(":")
    if kind in "nd":
        return (f"~{key}",)
    if kind != "c":
        return ()
    folded = values.code_key(value)
    return (f"s:{folded}",) if folded == value else (f"s:{folded}", f"c:{folded}")


def variants(word: str) -> list[str]:
    """What one slip makes of a folded word, without repeats."""
    if len(word) < _SHORTEST:
        return []
    made = {
        word[: m.start()] + other + word[m.end() :] for m in _SIGN.finditer(word) for other in _ALIKE[m[0]]
    }
    return sorted(made)


def _as_digits(text: str) -> tuple[str, list[tuple[int, int]]]:
    """`text`, of the same length, with letters as digits in runs where most signs are digits, and those runs."""
    places: list[tuple[int, int]] = []
    parts: list[str] = []
    at = 0
    for m in _RUN.finditer(text):
        run = m[0]
        digits = sum(c.isdigit() for c in run)
        letters = sum(c.isalpha() or c == "|" for c in run)
        if letters and digits >= letters:
            parts += [text[at : m.start()], run.translate(_TO_DIGITS)]
            places.append(m.span())
            at = m.end()
    return "".join([*parts, text[at:]]), places


def _dates(text: str) -> Iterator[tuple[int, int, str]]:
    """Days whose month has a slip in its name: 25 Decernber 2018, 0ct 3, 2018."""
    for m in _DATE.finditer(text):
        name = (m["month"] or m["first"]).lower()
        day, year = m["day"] or m["then"], m["year"] or m["last"]
        if name in values.MONTHS or name.isdigit():
            continue
        month = _month(name)
        for reading in values.date_readings(f"{day} {month} {year}") if month else ():
            yield m.start(), m.end(), f"~d:{reading.isoformat()}"


def _apart(text: str) -> Iterator[tuple[int, int, str]]:
    """Days of which one separator was lost or misread: 25 12/2018."""
    for m in _APART.finditer(text):
        if m[2] != m[4]:
            for reading in values.date_readings(f"{m[1]}/{m[3]}/{m[5]}"):
                yield m.start(), m.end(), f"~d:{reading.isoformat()}"


def _month(name: str) -> str:
    """The month that a misread name means; "" for none."""
    plain = name.translate(_TO_LETTERS).replace("rn", "m")
    if plain in values.MONTHS:
        return plain
    if len(plain) < _LONG:
        return ""
    names = [month for month in values.MONTHS if len(month) >= _LONG]
    found = process.extractOne(plain, names, scorer=Levenshtein.distance, score_cutoff=1)
    return "" if found is None else str(found[0])
