"""Whether numbers, dates and codes are found again, in other styles and through the slips of OCR.

    python bench/exact.py [--data DIR] [--set receipts_sroie] [--workdir DIR] [--values 500] [--whole]

The pages are those of a labelled set as the program read them (its library in `--workdir` is made when it is not
there). Each value is written into a page of its own, among what else stands there; many pages differ in nothing
else. Then every character of every page is hit with the given chance: one that OCR confuses with another mostly
becomes that one, others are replaced, lost or doubled. Asked is the value alone, as somebody else would print it.
Without `--whole` the keyword index is asked; with it a library of these pages, by all signals. The rival is plain
BM25 over words (bm25s). Limits: recall@1 of 0.97 clean and 0.90 at 2 %.
"""

from __future__ import annotations

import argparse
import random
import string
import tempfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import bm25s

import triptych
from triptych.library import Library
from triptych.projections.keyword import KeywordIndex
from triptych.sql.replay import Passage
from triptych.words import terms

DATA = Path(__file__).parents[2] / "shared" / "data"
LIMITS = {0.0: 0.97, 0.02: 0.90}
RATES = (0.0, 0.01, 0.02, 0.05)
ALIKE = {
    "0": "O",
    "O": "0",
    "1": "lI",
    "l": "1I",
    "I": "1l",
    "5": "S",
    "S": "5",
    "8": "B",
    "B": "8",
    "o": "0",
    "m": ("rn",),
}
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
LONG = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


class Value(NamedTuple):
    """A value as a page prints it and as it is asked for."""

    kind: str
    printed: str
    asked: str


Find = Callable[[str], int]  # a question -> number of the page that comes first, or -1


def amounts(rng: random.Random) -> Iterator[Value]:
    while True:
        cents = rng.choice([rng.randrange(100, 10_000), rng.randrange(10_000, 100_000_000)])
        english = f"{cents / 100:,.2f}"
        styles = [
            english,
            english.translate(str.maketrans(",.", ".,")),
            english.replace(",", ""),
            f"{cents / 100:.2f}".replace(".", ","),
        ]
        printed, asked = rng.choice(styles), rng.choice(styles)
        sign = rng.choice(["", "$", "EUR ", "RM"])
        yield Value("amount", f"{sign}{printed}", asked)


def days(rng: random.Random) -> Iterator[Value]:
    while True:
        day = date(1990, 1, 1) + timedelta(days=rng.randrange(13_000))
        styles = [
            f"{day:%d/%m/%Y}",
            f"{day:%d.%m.%Y}",
            f"{day:%Y-%m-%d}",
            f"{day:%d} {MONTHS[day.month - 1]} {day:%Y}",
            f"{LONG[day.month - 1]} {day.day}, {day:%Y}",
        ]
        yield Value("date", rng.choice(styles), rng.choice(styles))


def codes(rng: random.Random) -> Iterator[Value]:
    letters, digits = string.ascii_uppercase, string.digits

    def drawn(signs: str, least: int, most: int) -> str:
        return "".join(rng.choices(signs, k=rng.randint(least, most)))

    while True:
        name, number = drawn(letters, 3, 3), drawn(digits, 4, 7)
        styles = [f"{name}-{number}", f"{name}{number}", f"{name} {number}".lower()]
        yield Value("code", f"{name}-{number}", rng.choice(styles))
        plate, name = drawn(letters, 2, 2) + drawn(digits, 2, 2), drawn(letters, 3, 3)
        yield Value("plate", f"{plate} {name}", rng.choice([f"{plate} {name}", f"{plate}{name}"]))
        number = drawn(digits, 5, 7)
        yield Value("part", f"{drawn(letters, 2, 3)}-{drawn(letters, 2, 2)}-{number}", number)
        number = drawn(letters, 2, 3) + drawn(digits, 6, 8)
        yield Value("end", number, number[-6:])
        who = drawn(string.ascii_lowercase, 6, 8)
        yield Value("e-mail", f"{who}@{name.lower()}.example", f"{who.title()}@{name.lower()}.example")


def chosen(count: int, rng: random.Random) -> list[Value]:
    """`count` different values, a third of each kind."""
    found: dict[str, Value] = {}
    kinds = [amounts(rng), days(rng), codes(rng)]
    while len(found) < count:
        value = next(kinds[len(found) % 3])
        found.setdefault(value.printed, value)
    return list(found.values())


def written(pages: list[str], values: list[Value], rng: random.Random) -> list[str]:
    """One page for each value: a page of the set with the value in a line of its own or at a line's end."""
    made = []
    for number, value in enumerate(values):
        lines = pages[number % len(pages)].split("\n")
        at = rng.randrange(len(lines) + 1)
        label = rng.choice(["", "No. ", "Ref: ", "Total ", "Date "])
        made.append("\n".join([*lines[:at], f"{label}{value.printed}", *lines[at:]]))
    return made


def noisy(text: str, rate: float, rng: random.Random) -> str:
    """`text` with each character hit with chance `rate`."""

    def hit(sign: str) -> str:
        if sign.isspace() or rng.random() >= rate:
            return sign
        if sign in ALIKE and rng.random() < 0.8:
            return rng.choice(ALIKE[sign])
        other = rng.choice(string.ascii_letters + string.digits)
        return rng.choices([other, "", sign + sign], [3, 1, 1])[0]

    return "".join(map(hit, text))


def pages_of(library: Library) -> list[str]:
    catalog = library.catalog
    texts = [page.text.text for asset in catalog.assets() for page in catalog.pages(asset.key)]
    return [text for text in texts if len(text) > 200]


def ours(texts: list[str], folder: Path) -> Find:
    index = KeywordIndex.open(folder / "keyword", create=True)
    index.add(Passage(key, 1, "default", "", "", "", text) for key, text in enumerate(texts, 1))
    index.flush(1)

    def find(asked: str) -> int:
        keys, _ = index.search(terms.parse(asked, index.languages()).clauses, 1)
        return int(keys[0]) - 1 if len(keys) else -1

    return find


def whole(texts: list[str], folder: Path) -> Find:
    (folder / "in").mkdir()
    for number, text in enumerate(texts):
        (folder / "in" / f"{number:04}.txt").write_text(text, "utf-8")
    library = triptych.open(folder / "library", settings={"image_encoder": "none"})
    library.add(folder / "in")

    def find(asked: str) -> int:
        hits = library.search(asked, k=1)
        return int(Path(hits[0].source).stem) if len(hits) else -1

    return find


def rival(texts: list[str]) -> Find:
    index = bm25s.BM25()
    index.index(bm25s.tokenize(texts, stopwords="en", show_progress=False), show_progress=False)

    def find(asked: str) -> int:
        query = bm25s.tokenize([asked], stopwords="en", show_progress=False)
        found, scores = index.retrieve(query, k=1, show_progress=False)
        return int(found[0, 0]) if scores[0, 0] > 0 else -1

    return find


def recall(find: Find, values: list[Value]) -> dict[str, float]:
    """Share of values whose own page comes first, over all and by kind."""
    hits: dict[str, list[bool]] = {"all": []}
    for number, value in enumerate(values):
        found = find(value.asked) == number
        hits["all"].append(found)
        hits.setdefault(value.kind, []).append(found)
    return {kind: sum(found) / len(found) for kind, found in hits.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--set", default="receipts_sroie")
    parser.add_argument("--workdir", type=Path, default=Path("triptych-eval"))
    parser.add_argument("--values", type=int, default=500)
    parser.add_argument("--whole", action="store_true")
    given = parser.parse_args()
    with triptych.open(given.workdir / given.set / "library") as library:
        if not library.catalog.counts()["pages"]:
            library.add(given.data / given.set / "files")
        pages = pages_of(library)
    rng = random.Random(0)
    values = chosen(given.values, rng)
    texts = written(pages, values, rng)
    print(f"{len(values)} values on pages of {given.set} ({len(pages)}), recall@1")
    for rate in LIMITS if given.whole else RATES:
        seen = [noisy(text, rate, rng) for text in texts]
        with tempfile.TemporaryDirectory() as folder:
            mine = recall((whole if given.whole else ours)(seen, Path(folder)), values)
        theirs = recall(rival(seen), values)
        limit = f", limit {LIMITS[rate]:.2f}" if rate in LIMITS else ""
        kinds = ", ".join(f"{kind} {share:.2f}" for kind, share in mine.items() if kind != "all")
        print(
            f"noise {rate:4.0%}: {mine['all']:.3f} (BM25 over words {theirs['all']:.3f}{limit}); {kinds}",
            flush=True,
        )


if __name__ == "__main__":
    main()
