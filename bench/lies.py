"""Answers of a model that lies, checked against the pages that they cite: how many lies are caught, how many truths lost.

    python bench/lies.py [--data DIR] [--workdir DIR] [--answers N] [--seed N] [--misses] [SET ...]

Pages are real ones. Sentences are made from them by templates that know nothing of the checker: labels with their
values, dates and amounts printed otherwise, names, quotations, sentences of the page, sums. Lies change a digit, a
name, a unit or a word of a quotation, cite a page that was not given, or put a truth under the number of another page.
A lie is kept only if what it says does not stand on the page by plain search in its characters. Two values of one page
that change places are told apart as hard: both stand there. Libraries are kept in the workdir and reused.

The rival accepts a sentence when every one of its words with a digit stands on the cited page as it is written.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from triptych import library
from triptych.evaluation import labelled
from triptych.grounding.check import UNSUPPORTED, Checker, Item, context
from triptych.grounding.sentences import Splitter
from triptych.grounding.sheet import Sheet
from triptych.types import Page

SETS = ("receipts_sroie", "forms_funsd", "invoices_pdf", "reports_financebench")
FILES = 24  # of each set, where the library is made here
HARD = ("same page", "wrong year")  # what is said stands on the page, elsewhere
GIVEN = 5  # pages that an answer may cite

_AMOUNT = re.compile(r"(?<![\w.,/-])\d{1,3}(?:,\d{3})*\.\d{2}(?![\w.,%/-])")
_LABELLED = re.compile(
    r"^ *([A-Z][A-Za-z]+(?: [A-Za-z]+){0,3}) ?[:.]? +([$€£]|RM ?)?(\d[\d,.]*\d)(?![\w/:.,'’-])", re.MULTILINE
)
_DATE = re.compile(r"(?<![\w/.-])(\d{1,2})([/-])(\d{1,2})\2(20\d\d)(?![\w/-])")
_NAME = re.compile(r"(?<![\w.])[A-Z][a-z]{3,}(?: [A-Z][a-z]{3,}){1,2}(?![\w])")
_PROSE = re.compile(r"(?<=[.] )[A-Z][^.!?\"“”\[\]]{50,180}[a-z]\.(?= [A-Z])")
_UNIT = re.compile(r"(?<![\w.,])(\d[\d.,]*\d|\d) ?(%|percent|days|months|years|million|billion|kg)(?!\w)")
_OTHER_UNIT = {"%": "million", "percent": "days", "days": "months", "months": "weeks", "years": "days", "million": "billion",
               "billion": "million", "kg": "lb"}  # fmt: skip
_MONTHS = [
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
_OPENINGS = ("The {0} is {1}", "{0}: {1}", "According to the document, the {0} amounts to {1}", "It states a {0} of {1}",
             "On this page the {0} is given as {1}")  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A page as the generator sees it: characters."""

    page: Page
    title: str

    @property
    def text(self) -> str:
        return self.page.text.text

    def holds(self, said: str) -> bool:
        """Plain search: these characters, without spaces, stand on the page."""
        return squeezed(said) in squeezed(self.text)

    def holds_digits(self, said: str) -> bool:
        return digits(said) in {digits(token) for token in re.findall(r"\S*\d\S*", self.text)}


@dataclass(frozen=True)
class Said:
    """A sentence without its citation, and what in it must be on the page."""

    kind: str
    text: str
    core: str


def squeezed(text: str) -> str:
    return re.sub(r"\W", "", text).casefold()


def digits(text: str) -> str:
    return re.sub(r"\D", "", text)


# ------------------------------------------------------------------------------------------ truths


def truths(shown: Shown, rng: random.Random) -> Iterator[Said]:
    """True sentences about one page."""
    text = shown.text
    for m in _LABELLED.finditer(text):
        label = m[1].lower() if rng.random() < 0.5 else m[1]
        value = f"{m[2] or ''}{m[3]}"
        yield Said("label", f"{rng.choice(_OPENINGS).format(label, value)}", m[3])
    for m in _AMOUNT.finditer(text):
        label = _before(text, m.start())
        if label:
            printed = rng.choice(
                (
                    m[0],
                    m[0].replace(",", ""),
                    _dollars(m[0], text),
                    _continental(m[0]),
                    m[0].rstrip("0").rstrip("."),
                )
            )
            yield Said("amount", rng.choice(_OPENINGS).format(label, printed), m[0])
    for m in _DATE.finditer(text):
        day, month, year = int(m[1]), int(m[3]), int(m[4])
        if 12 < day <= 31 and 1 <= month <= 12:
            said = date(year, month, min(day, 28)) if day > 28 else date(year, month, day)
            if said.day == day:
                forms = (
                    f"{day} {_MONTHS[month - 1]} {year}",
                    f"{_MONTHS[month - 1]} {day}, {year}",
                    said.isoformat(),
                    m[0],
                )
                yield Said("date", f"The document bears the date {rng.choice(forms)}", m[0])
    for m in _NAME.finditer(text):
        yield Said(
            "name",
            rng.choice(("It names {0}", "The document mentions {0}", "{0} appears in it")).format(m[0]),
            m[0],
        )
    for m in _PROSE.finditer(text):
        sentence = " ".join(m[0].split()).rstrip(".")
        words = sentence.split()
        some = " ".join(words[rng.randrange(0, 3) : rng.randrange(7, 12)])
        yield Said(
            "quotation", f'{rng.choice(("The report says", "It reads:", "As written:"))} "{some}"', some
        )
        yield Said("sentence", sentence, sentence)
    for m in _UNIT.finditer(text):
        label = _before(text, m.start()) or "figure"
        yield Said("unit", f"The {label} is {m[1]} {m[2]}", m[0])
    yield from _sums(text, rng)
    yield from _columns(text)


def _columns(text: str) -> Iterator[Said]:
    """Rows with as many numbers as the line above them has years, in this order."""
    years: list[str] = []
    for line in text.split("\n"):
        found = re.findall(r"(?<![\w.,])(?:19|20)\d\d(?![\w.,])", line)
        if 2 <= len(found) == len(set(found)) and not re.search(r"[a-z]{3,}.*[a-z]{3,}.*[a-z]{3,}", line):
            years = found
            continue
        row = re.match(r"([A-Z][A-Za-z ,()'’-]{3,60}?)[ .$(]+(?=\d)", line)
        values = re.findall(r"\d[\d,.]*", line[row.end() :]) if row else []
        if row and re.search(r"[A-Za-z/]", line[row.end() :]):
            continue
        if row and years and len(values) == len(years) and len(set(values)) == len(values):
            for year, value in zip(years, values, strict=True):
                yield Said("column", f"The {row[1].strip().lower()} in {year} was {value}", value)


def _before(text: str, at: int) -> str:
    """The words right before a value on its line, as a label."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    m = re.search(r"([A-Za-z]{3,}(?: [A-Za-z]{2,}){0,3})[ :.$]*$", line)
    return m[1].lower() if m else ""


def _dollars(amount: str, text: str) -> str:
    """With a sign, where the page is not in another currency."""
    return amount if re.search(r"RM|€|£|EUR|GBP|MYR|CHF", text) else f"${amount}"


def _continental(amount: str) -> str:
    return amount.translate(str.maketrans(",.", ".,"))


def _sums(text: str, rng: random.Random) -> Iterator[Said]:
    amounts = [m[0] for m in _AMOUNT.finditer(text)]
    if len(amounts) >= 2:
        a, b = rng.sample(amounts, 2)
        total = Decimal(a.replace(",", "")) + Decimal(b.replace(",", ""))
        if a != b:
            yield Said("sum", f"The amounts {a} and {b} make {total:,.2f} in all", a)


# -------------------------------------------------------------------------------------------- lies


def wrong_digit(said: Said, here: Shown, others: Sequence[Shown], rng: random.Random) -> str | None:
    places = [i for i, c in enumerate(said.text) if c.isdigit()]
    if not places:
        return None
    at = rng.choice(places)
    new = rng.choice([d for d in "123456789" if d != said.text[at]])
    lie = said.text[:at] + new + said.text[at + 1 :]
    token = next(
        (t for t in re.findall(r"[^\s\"“”]*\d[^\s\"“”]*", lie) if t not in said.text.split() and digits(t)),
        "",
    )
    stands = (
        not token
        or here.holds_digits(token)
        or digits(token).rstrip("0") in {digits(t).rstrip("0") for t in here.text.split()}
    )
    return None if stands or (said.kind == "date" and here.holds(token)) else lie


def swapped_name(said: Said, here: Shown, others: Sequence[Shown], rng: random.Random) -> str | None:
    found = _NAME.search(said.text)
    names = [
        m[0] for o in others for m in _NAME.finditer(o.text) if not any(here.holds(w) for w in m[0].split())
    ]
    if not found or not names:
        return None
    return said.text.replace(found[0], rng.choice(names))


def one_word_name(said: Said, here: Shown, others: Sequence[Shown], rng: random.Random) -> str | None:
    """One word of a name exchanged for one of another document's."""
    found = _NAME.search(said.text)
    names = [w for o in others for m in _NAME.finditer(o.text) for w in m[0].split() if not here.holds(w)]
    if not found or not names:
        return None
    words = found[0].split()
    words[rng.randrange(len(words))] = rng.choice(names)
    return said.text.replace(found[0], " ".join(words))


def wrong_unit(said: Said, here: Shown, others: Sequence[Shown], rng: random.Random) -> str | None:
    found = _UNIT.search(said.text)
    if said.kind != "unit" or not found:
        return None
    other = _OTHER_UNIT[found[2]]
    return (
        None
        if re.search(rf"{re.escape(found[1])}.{{0,12}}{other}", here.text)
        else said.text.replace(found[0], f"{found[1]} {other}")
    )


def wrong_quotation(said: Said, here: Shown, others: Sequence[Shown], rng: random.Random) -> str | None:
    found = re.search(r'"(.+)"', said.text)
    words = [w for o in others for w in re.findall(r"\b[a-z]{5,}\b", o.text) if not here.holds(w)]
    if said.kind != "quotation" or not found or not words:
        return None
    quoted = found[1].split()
    quoted[rng.randrange(len(quoted))] = rng.choice(words)
    return said.text.replace(found[1], " ".join(quoted))


def another_page(said: Said, here: Shown, others: Sequence[Shown], rng: random.Random) -> str | None:
    """The sentence as it is; it goes under the number of a page that does not hold it."""
    return said.text


def wrong_year(said: Said, here: Shown, others: Sequence[Shown], rng: random.Random) -> str | None:
    """The figure of one year under another one of the same table."""
    years = [s.text for s in _columns(here.text) if s.kind == said.kind and s.text[:30] == said.text[:30]]
    mine = re.search(r"in ((?:19|20)\d\d) was", said.text)
    if said.kind != "column" or not mine:
        return None
    other = [m[1] for t in years if (m := re.search(r"in ((?:19|20)\d\d) was", t)) and m[1] != mine[1]]
    return said.text.replace(f"in {mine[1]}", f"in {rng.choice(other)}") if other else None


LIES: dict[str, Callable[[Said, Shown, Sequence[Shown], random.Random], str | None]] = {
    "wrong digit": wrong_digit,
    "swapped name": swapped_name,
    "one word of a name": one_word_name,
    "wrong unit": wrong_unit,
    "changed quotation": wrong_quotation,
    "wrong year": wrong_year,
    "invented citation": another_page,
    "wrong number": another_page,
    "same page": another_page,
}


@dataclass(frozen=True)
class Sentence:
    text: str
    kind: str
    lie: str  # "" for a truth


def answer(given: Sequence[Shown], rng: random.Random) -> list[Sentence]:
    """One to three sentences about pages that were given, each true or a lie."""
    made: list[Sentence] = []
    for _ in range(rng.randint(1, 3)):
        n = rng.randrange(len(given))
        here, others = given[n], [g for i, g in enumerate(given) if i != n]
        known = [s for s in truths(here, rng) if here.holds(s.core) and '"' not in s.core]
        if not known:
            continue
        kind = rng.choice(sorted({s.kind for s in known}))
        said = rng.choice([s for s in known if s.kind == kind])
        made.append(_lied(said, n, here, others, given, rng) if rng.random() < 0.5 else _told(said, n, rng))
    return [s for s in made if s.text]


def _told(said: Said, n: int, rng: random.Random) -> Sentence:
    return Sentence(_cited(said.text, n + 1, rng), said.kind, "")


def _cited(text: str, number: int, rng: random.Random) -> str:
    return rng.choice(
        (f"{text} [{number}].", f"{text}. [{number}]", f"As [{number}] shows, {text}.", f"{text} [{number}]")
    )


def _lied(
    said: Said, n: int, here: Shown, others: Sequence[Shown], given: Sequence[Shown], rng: random.Random
) -> Sentence:
    names = list(LIES)
    rng.shuffle(names)
    if said.kind in ("amount", "column") and rng.random() < 0.5:
        names.insert(0, "same page" if said.kind == "amount" else "wrong year")
    elif rng.random() < 0.5:  # those that not every sentence can have are tried first
        names.sort(key=lambda name: name in ("invented citation", "wrong number", "wrong digit"))
    for name in names:
        if name == "invented citation":
            return Sentence(_cited(said.text, len(given) + rng.randint(1, 9), rng), said.kind, name)
        if name == "same page":
            lie = _exchanged(said, here, rng)
            if lie:
                return Sentence(_cited(lie, n + 1, rng), said.kind, name)
            continue
        if name == "wrong number":
            wrong = [
                i
                for i, o in enumerate(given)
                if i != n and not o.holds(said.core) and not o.holds_digits(said.core)
            ]
            if wrong:
                return Sentence(_cited(said.text, rng.choice(wrong) + 1, rng), said.kind, name)
            continue
        lie = LIES[name](said, here, others, rng)
        if lie and lie != said.text:
            return Sentence(_cited(lie, n + 1, rng), said.kind, name)
    return Sentence("", said.kind, "")


def _exchanged(said: Said, here: Shown, rng: random.Random) -> str:
    """The value of another label of the page."""
    others = [m[0] for m in _AMOUNT.finditer(here.text) if m[0] != said.core]
    return (
        said.text.replace(said.core, rng.choice(others))
        if said.kind == "amount" and others and said.core in said.text
        else ""
    )


# ----------------------------------------------------------------------------------------- measure


def shown_pages(data: Path, workdir: Path, names: Sequence[str]) -> dict[str, list[Shown]]:
    found: dict[str, list[Shown]] = {}
    for name in names:
        with library.open(workdir / name) as lib:
            if not lib.catalog.counts()["assets"]:
                lib.add(*[d.path for d in labelled.read(data / name).documents if d.path][:FILES])
            assets = lib.catalog.assets()
            pages = [(a, n) for a in assets for n in range(1, a.pages + 1)]
            random.Random(1).shuffle(pages)
            shown = [Shown(lib.catalog.page(a.key, n), a.sources[0]) for a, n in pages[:400]]
            found[name] = [s for s in shown if len(s.text) > 200]
    return found


def rival(text: str, given: Sequence[Shown]) -> bool:
    """Whether the rival takes a sentence for true."""
    cited = [int(n) for n in re.findall(r"\[(\d+)\]", text)]
    words = re.findall(r"[^\s\[\]\"]*\d[^\s\[\]\"]*", re.sub(r"\[\d+\]", "", text))
    pages = [given[n - 1] for n in cited if n <= len(given)]
    return bool(pages) and all(any(w.strip(".,;:") in p.text for p in pages) for w in words)


def measure(
    pages: dict[str, list[Shown]], answers: int, seed: int, misses: bool
) -> tuple[Counter[str], Counter[str]]:
    rng = random.Random(seed)
    asked: Counter[str] = Counter()
    caught: Counter[str] = Counter()
    fooled: Counter[str] = Counter()
    seconds: list[float] = []
    made = 0
    while made < answers:
        given = rng.sample(pages[rng.choice(sorted(pages))], GIVEN)
        sentences = answer(given, rng)
        if not sentences:
            continue
        made += 1
        items = {
            n: Item(n, Sheet(g.page), context(g.page, Path(g.title).stem)) for n, g in enumerate(given, 1)
        }
        checker = Checker(items, "What does the document say?")
        for sentence in sentences:
            begun = time.perf_counter()
            splitter = Splitter()
            parts = [*splitter.feed(sentence.text), *splitter.rest()]
            checked = [c for part in parts for c in checker.sentence(part)]
            seconds.append(time.perf_counter() - begun)
            marked = any(c.status == UNSUPPORTED for c in checked)
            group = sentence.lie or f"true {sentence.kind}"
            asked[group] += 1
            caught[group] += marked
            fooled[group] += not rival(sentence.text, given)
            if misses and marked != bool(sentence.lie) and sentence.lie not in HARD:
                print(
                    f"{group}: {sentence.text!r}  {[(c.status, c.why, [[given[p.number - 1].text[a:b] for a, b in p.spans] for p in c.places]) for c in checked]}"
                )
    report(asked, caught, fooled, seconds)
    return asked, caught


def report(asked: Counter[str], caught: Counter[str], rivals: Counter[str], seconds: Sequence[float]) -> None:
    print(f"{'':24}{'sentences':>10}{'marked':>10}{'rival':>10}")
    for group in sorted(asked, key=lambda g: (g.startswith("true"), g)):
        print(
            f"{group:24}{asked[group]:10}{caught[group] / asked[group]:10.1%}{rivals[group] / asked[group]:10.1%}"
        )
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for group, count in asked.items():
        name = "true" if group.startswith("true") else "hard" if group in HARD else "false"
        for i, table in enumerate((asked, caught, rivals)):
            sums[name][i] += table[group]
        assert count
    for name, (all_, ours, theirs) in sorted(sums.items()):
        print(f"{name + ' in all':24}{all_:10}{ours / all_:10.1%}{theirs / all_:10.1%}")
    print(f"a sentence takes {sorted(seconds)[len(seconds) // 2] * 1000:.1f} ms (median)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).parent.parent.parent / "shared" / "data")
    parser.add_argument("--workdir", type=Path, default=Path("bench-lies"))
    parser.add_argument("--answers", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("sets", nargs="*", default=SETS)
    chosen = parser.parse_args()
    chosen.workdir.mkdir(parents=True, exist_ok=True)
    measure(shown_pages(chosen.data, chosen.workdir, chosen.sets), chosen.answers, chosen.seed, chosen.misses)
