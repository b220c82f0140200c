"""A file beside a question: which of its words the file has, in its title or elsewhere, and what kind of pages it has."""

from __future__ import annotations

from collections.abc import Sequence

from triptych.answering import roles
from triptych.answering.charts import bars
from triptych.answering.labelled import TABLE, data_of
from triptych.answering.layout import Layout, Span
from triptych.answering.options import choices
from triptych.answering.support import PageWords, lacking
from triptych.answering.wanting import ASKS, DEALS, FOCUSED, NEARLY, Asking, asking, tokens
from triptych.values import MONTHS, dates, fold, is_year, numbers

# What a word of the question weighs that the file has in its title, or somewhere.
_MASTHEAD, _ELSEWHERE = 0.12, 0.45
_PALE, _RELATED = 0.35, 0.4
_DRAWN = 90  # segments of words on a page that is one drawing


class Filed:
    """The pages of one file that were read: their words, and which words of a question they lack."""

    def __init__(self, pages: Sequence[PageWords]) -> None:
        self.pages = pages
        self._known: dict[str, float] = {}

    def lacks(self, word: str) -> float:
        """1 where a word stands nowhere in the file, less where one of the same role does."""
        if word not in self._known:
            held = any(_holds(page, word) for page in self.pages)
            self._known[word] = 0.0 if held else _RELATED if self._related(word) else 1.0
        return self._known[word]

    def _related(self, word: str) -> bool:
        return any(roles.near(word, w) >= NEARLY for page in self.pages for w in page.words)

    def misses(self, name: str) -> bool:
        """Whether neither a name nor a word of it stands in the file."""
        own = [w for w in tokens(name) if len(w) > 2 and not any(map(str.isdigit, w)) and w not in ASKS]
        held = any(page.holds(w) for page in self.pages for w in own)
        return bool(own) and not held and bool(lacking([name], self.pages))


def speaks(question: str, page: PageWords) -> bool:
    """Whether a page has the words for what is wanted, most of them."""
    focus = [w for w in asking(question).focus if roles.telling(w)]
    file = Filed([page])
    return not focus or sum(file.lacks(w) < 1 for w in focus) >= FOCUSED * len(focus)


def weights_of(
    ask: Asking, title: frozenset[str], keys: set[str], file: Filed
) -> tuple[dict[str, float], float]:
    """What each asked word weighs, and the share of the words that stand nowhere in the file. `title` are the words of
    the page's title, `keys` those of its rows. The words of one name weigh as much as another word together."""
    weights, gone, whole = {}, 0.0, 0.0
    for word in ask.words:
        mine = min(roles.weight(word), _PALE if word in DEALS else 1.0) / ask.names.get(word, 1)
        lacks = file.lacks(word)
        whole += mine
        gone += mine * lacks
        row = word in ask.names and word in keys and word not in title
        home = 1.0 if lacks == 1.0 or row else _MASTHEAD if word in title else _ELSEWHERE
        weights[word] = home * mine
    return weights, gone / (whole or 1.0)


def masthead(ask: Asking, layout: Layout, file: Sequence[PageWords]) -> frozenset[str]:
    """The words that say whose page it is, and what it is: titles, who made it out, what the file is called."""
    company = " ".join(r.text for r in layout.page.regions if r.name == "company")
    called = fold("".join(page.title for page in file[:1]))
    own = frozenset(
        tokens(
            " ".join(
                [
                    company,
                    *(s.text for s in roles.titles(layout) if not any(n.money for n in numbers(s.text))),
                ]
            )
        )
    )
    return own | {w for w in ask.words if len(w) > 2 and w in called}


def _holds(page: PageWords, word: str) -> bool:
    if word in MONTHS or any(map(str.isdigit, word)):
        return word in page.words or _in_time(page, word)
    return page.holds(word) > 0


def _in_time(page: PageWords, word: str) -> bool:
    """Whether a month or a year is that of a day on the page."""
    days = [d for found in dates(page.raw) for d in found.readings]
    if word in MONTHS:
        return any(d.month == MONTHS[word] for d in days)
    return is_year(word) and any(str(d.year) == word for d in days)


def is_chart(layout: Layout) -> bool:
    """Whether a page is a chart: its labels say where a number stands, the page says of what it is."""
    names = {r.name for r in layout.page.regions}
    few = len(layout.segments) <= _DRAWN
    return "series" in names or (few and "figure" in names and "table" not in names) or bool(bars(layout))


def is_data(layout: Layout) -> bool:
    """Whether a page is little but numbers and their labels, and no bill."""
    few = len(layout.segments) <= _DRAWN
    return few and data_of(layout) == TABLE and not in_cents(layout.text.text)


def offered(layout: Layout, value: Sequence[Span], label: Span | None = None) -> bool:
    """Whether a value stands before or among others that may be chosen as well, which no tick tells from each other."""
    if any(tuple(value) == choice.chosen for choice in choices(layout)):
        return False
    if any(map(str.isdigit, "".join(layout.text.text[a:b] for a, b in value))):
        return False
    home = next((s for s in layout.segments if s.start <= value[-1][0] < s.end), None)
    if home is None:
        return False
    if label and label[0] < home.start and layout.text.text[label[1] :].lstrip(" ")[:1] == ":":
        own = next((s for s in layout.left_of(home) if s.start <= label[0] < s.end), None)
        if own and any(map(str.isalnum, own.text[label[1] - own.start :])):
            return True  # another one stands right behind the label
    after = [s.text for s in layout.right_of(home)[:2]]
    return len(after) > 1 and not any(":" in t or any(map(str.isdigit, t)) for t in after)


def in_cents(text: str) -> bool:
    """Whether a page prints its amounts with cents, so that what has none is no amount."""
    decimals = [n.decimals for n in numbers(text)]
    return decimals.count(2) > max(2, decimals.count(1))
