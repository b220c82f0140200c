"""Which statement of a page answers a question, and how sure that is.

All that a page states is one list: values with labels (`facts`), values of rows (`rows`), lines that open with a label,
sentences. Each is weighed by the same few features, which say how much of the question it explains.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import exp

from triptych.answering import roles, shapes
from triptych.answering.asked import PHRASES, asked
from triptych.answering.charts import bars
from triptych.answering.fact import OPENING, PRINTED, SENTENCE, STATED, Fact
from triptych.answering.fillers import YES_NO, own_lines
from triptych.answering.layout import Layout, Span
from triptych.answering.matching import ASKING
from triptych.answering.options import choices
from triptych.answering.passages import LONGEST, sentences
from triptych.answering.roles import Meaning
from triptych.answering.rows import openings, rows
from triptych.answering.support import PageWords, lacking
from triptych.values import MONTHS, dates, fold, is_year, numbers

SURE = 0.38  # a statement that is as likely right is told
_RIVAL = 0.3  # of the odds: a statement with another value that is so close cannot be told apart
_MEANT = 0.6  # how near a label is in meaning to what is wanted whose words say nothing of it
_MASTHEAD, _ELSEWHERE = (
    0.12,
    0.45,
)  # what a word of the question weighs that the file has in its title, or somewhere
_ENCODED = 40  # statements whose labels the encoder is asked about
_POLAR = re.compile(
    r"\b(?:not?|never|without|none|cannot|is|are|was|were|may|can|must|will|has|have|kein\w*|nicht|pas|aucun\w*|tidak)\b|n[’']t\b|not",
    re.IGNORECASE,
)
_FEW = 5  # words of a line that says something by itself
_FOCUSED = 0.6  # of the words that say what is wanted, by weight
_MISFIT = -0.9
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_COUNTED = (shapes.COUNT, shapes.MONEY, shapes.FIGURE, shapes.SHARE)
_SHAPED = frozenset(
    ("time", "date", "day", "datum", "uhrzeit", "heure", "fecha", "hora")
)  # said by a value itself
_PAID = ("price", "pay", "total")
_DRAWN = 40  # segments of words on a page that is one drawing
_FULL = 0.95
_WHICH = frozenset(("which", "welche", "welcher", "welches", "welchen", "welchem"))
_SHORT = 6  # words of a thing's name
_NEWS = 1  # words of a sentence that the question does not say
_LABEL = 120  # letters of a label that the encoder is given
_PALE, _RELATED = 0.35, 0.4
_BRACKETS = "()[] .,;"
# What is done with goods, whatever a paper says of them.
_DEALS = frozenset(
    [
        "buy",
        "bought",
        "purchase",
        "purchased",
        "sell",
        "sold",
        "use",
        "used",
        "make",
        "made",
        "hand",
        "handed",
        "order",
        "ordered",
        "gave",
        "give",
        "take",
        "took",
        "done",
        "cost",
        "costs",
        "gekostet",
        "kostet",
        "kosten",
    ]
)
_NEARLY = 0.5  # how near two words are at least that say the same
# Words of a question that only ask, or name the paper.
_ASKING_WORDS = """
how much many what which who whom whose when where why was wie wer wann wo welche welcher welches was wieviel quel quelle
combien quand qui cual cuanto berapa jumlah pada am be been being could should would can may might must go within there each
did do does is are were has have had they them their it i we you my me our us ist sind wird hat haben
receipt invoice bill chart graph screenshot screen window form page report file paper document letter menu dialog
restaurant shop store company firm place fiscal year altogether insgesamt overall
according shown show listed called printed given stated named name get got will to from on in of at for by with and or the
a an und der die das den dem sur la le les de des du l est rechnung beleg facture invois
"""
_ASKS = frozenset(fold(w) for w in _ASKING_WORDS.split()) | ASKING
# What a question implies that its label may say.
_IMPLIED = {
    shapes.COUNT: ("quantity", "number", "qty", "menge", "quantité"),
    shapes.MONEY: ("amount", "price", "cost", "total", "betrag", "preis", "prix", "montant"),
    shapes.FIGURE: ("amount", "price", "cost", "total", "betrag"),
    shapes.DAY: ("date", "day", "datum"),
    shapes.NAME: ("name",),
    shapes.PLACE: ("address", "location", "place", "ort"),
}

# Features and what they weigh.
WEIGHTS = {
    "told": 3.2,  # the share of the asked words, by weight, that label and row say
    "label": 1.3,  # the share of the label's words that the question says
    "row": 1.3,  # the share of the row's words that the question says
    "fit": 0.8,  # the value looks like what is asked for
    "misfit": 3.0,  # (below 0) it looks like something else
    "near": 1.2,  # the meaning of label and row, beside that of the question
    "absent": -2.6,  # the share of the question's words that stand nowhere in the file
    "dated": 0.8,  # it says the year that is asked for
    "lies": 0.6,  # label and value lie together
    "stated": 0.4,  # the order of the page says that they belong together
    "opening": -0.5,
    "sentence": -0.4,
    "base": -3.4,
}


@dataclass(frozen=True, slots=True)
class Said:
    """A statement of a page, how likely it is the answer, and what speaks for it."""

    fact: Fact
    sure: float
    features: dict[str, float]


@dataclass(frozen=True, slots=True)
class Asking:
    """The words of a question that ask for something, those of its names, and the shape that is wanted."""

    words: tuple[str, ...]
    focus: tuple[str, ...]  # those that say what is wanted; the others say of what
    wanted: str  # these with the word that asks, for people
    whom: tuple[str, ...]  # the names
    names: dict[str, int]  # words of names, and of how many words the name is
    years: frozenset[str]
    shape: str
    text: str
    closed: bool


@lru_cache(maxsize=64)
def asking(question: str) -> Asking:
    """Take a question apart."""
    taken = asked(question)
    names = {w: len(tokens(n)) for n in taken.names for w in tokens(n) if not is_year(w)}
    for pattern, word in PHRASES:
        question = pattern.sub(word, question)
    words = tuple(w for w in tokens(question) if w not in _ASKS)
    years = frozenset(filter(is_year, words))
    focus = _focus(question, names)
    opens = _WH.search(question)
    wanted = " ".join([opens[0] if opens else "", *focus]).strip()
    return Asking(words, focus, wanted, taken.names, names, years, taken.shape, taken.words, taken.closed)


_WH = re.compile(
    r"\b(?:what(?:'s)?|which|who(?:se|m)?|how (?:much|many)|was(?= (?:ist|hat|haben|sind|kostete?n?|war|waren|steht|wird|muss|müssen|bedeutet|sagt)\b)|welche[rsnm]?|wer|wie ?viele?|quel(?:le)?s?|cu[áa]l(?:es)?|qui|berapa)\b",
    re.IGNORECASE,
)
_OPENS = re.compile(
    r"^\W*(?:(?:\w+ )?(?:why|when|where|how|wann|wo|warum|wie|quand|où|pourquoi|cu[áa]ndo|d[óo]nde)\b|tell|explain)",
    re.IGNORECASE,
)
_COUNTS = re.compile(r"how (?:much|many)|wie ?viele?", re.IGNORECASE)
_PIECES = re.compile(r"^(\s*\w+) (?:of|von)\b")  # bags of cement
_BREAK = re.compile(
    r"[,;:]|\b(?:is|am|are|was|were|be|could|should|did|does|do|has|have|had|will|can|the|an?|on|of|in|for|from|at|by|with|to|as|per|than|that|and|or"
    r"|ist|sind|hat|wird|der|die|das|des|von|vom|auf|für|im|bei|est|sont|du|de|la|le|sur|pour|dans)\b|\b[dl]['’]",
    re.IGNORECASE,
)


def _focus(question: str, names: Iterable[str]) -> tuple[str, ...]:
    """The words that say what is wanted: those after the word that asks, up to what says of what. Of a question without
    such a word, all: "storage box price"."""
    found = list(_WH.finditer(question))
    rest = question[found[0].end() :] if found else question
    if found and _COUNTS.match(found[0][0]):
        rest = _PIECES.sub(r"\1 ", rest, count=1)
    parts = _BREAK.split(rest)
    told: list[str] = []
    if set(tokens(parts[0])) & _SHAPED:
        return ()
    for part in parts:
        told += [
            w for w in tokens(part) if w not in _ASKS and w not in names and not (told and w.endswith("ed"))
        ]
        if any(roles.telling(w) and not _in(w, _PAID) for w in told):
            return tuple(told)
    return tuple(told)


def tokens(text: str) -> tuple[str, ...]:
    found = (
        fold(w) for t in re.findall(r"[^\W_]+(?:[’'.,/-][^\W_]+)*", text) for w in re.split(r"[’'/-]", t)
    )
    return tuple(dict.fromkeys(w for w in found if w and (len(w) > 1 or w.isdigit())))


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
        return any(roles.near(word, w) >= _NEARLY for page in self.pages for w in page.words)

    def misses(self, name: str) -> bool:
        """Whether neither a name nor a word of it stands in the file."""
        own = [w for w in tokens(name) if len(w) > 2 and not any(map(str.isdigit, w)) and w not in _ASKS]
        held = any(page.holds(w) for page in self.pages for w in own)
        return bool(own) and not held and bool(lacking([name], self.pages))


def weigh(
    question: str,
    pages: Sequence[tuple[Layout, Sequence[Fact]]],
    words: Sequence[PageWords],
    meaning: Meaning | None,
) -> list[tuple[int, Said]]:
    """The statements of the pages of one file, the likeliest first, each with the place of its page among them. `words`
    are those of all pages of the file that were read."""
    ask, file = asking(question), Filed(words)
    if any(map(file.misses, ask.whom)):
        return []
    keys = (
        {w for layout, _ in pages for f in rows(layout) for k in f.keys for w in tokens(k)}
        if ask.names
        else set()
    )
    found = [
        (i, *p) for i, (layout, facts) in enumerate(pages) for p in _of_page(ask, layout, facts, file, keys)
    ]
    found.sort(key=lambda p: -_odds(p[2]))
    best = found[:_ENCODED]
    near = _near(ask, [f for _, f, _ in best], meaning)
    said = [(i, _said(f, {**m, "near": n})) for (i, f, m), n in zip(best, near, strict=True)]
    return sorted(said, key=lambda s: -s[1].sure)


def _said(fact: Fact, features: dict[str, float]) -> Said:
    return Said(fact, 1 / (1 + exp(-_odds(features))), features)


def _of_page(
    ask: Asking, layout: Layout, facts: Sequence[Fact], file: Filed, keys: set[str]
) -> Iterator[tuple[Fact, dict[str, float]]]:
    """The statements of a page that may answer, with what speaks for them."""
    title = _masthead(ask, layout, file.pages)
    weights, absent = _weights(ask, title, keys, file)
    held = tuple(w for w in ask.words if file.lacks(w) < 1)
    on = _Page(
        layout, title | set(ask.names), weights, absent, held, in_cents(layout.text.text), is_chart(layout)
    )
    for fact in _statements(layout, facts, ask):
        if features := _features(on, fact, ask):
            yield fact, features


@dataclass(frozen=True, slots=True)
class _Page:
    """What is known of a page before its statements are weighed."""

    layout: Layout
    whose: set[str]  # words of its title, and of the names of the question
    weights: dict[str, float]  # what each asked word weighs
    absent: float  # the share of them that stand nowhere in the file
    held: tuple[str, ...]  # those that do
    cents: bool
    chart: bool


def as_likely(other: Said, best: Said) -> bool:
    """Whether another statement cannot be told from the best one."""
    return _odds(other.features) > _odds(best.features) - _RIVAL


def names(question: str, label: str, layout: Layout, page: PageWords, meaning: Meaning | None) -> bool:
    """Whether a label says what is wanted, by its words or by its meaning."""
    ask = asking(question)
    focus = _foci(ask, _masthead(ask, layout, [page]) | set(ask.names))
    if not focus or share(focus, tokens(label)) >= _FOCUSED or _priced(ask, tokens(label)):
        return True
    if ask.shape in _COUNTED and speaks(question, page) and _of_whom(ask, tokens(label)):
        return True
    if meaning is None:
        return False
    encoded = meaning([ask.wanted, label[:_LABEL]])
    return float(encoded[0] @ encoded[1]) >= _MEANT


def _of_whom(ask: Asking, label: Sequence[str]) -> bool:
    """Whether a label says a whole name of the question."""
    return any(own and set(own) <= set(label) for own in map(tokens, ask.whom))


def _priced(ask: Asking, label: Sequence[str]) -> bool:
    """Whether question and label both say that something costs."""
    return (
        any(roles.near(w, "price") >= _NEARLY for w in ask.words)
        and len(label) < _FEW
        and share(label, ("price",)) >= _FOCUSED
    )


def asks(question: str) -> bool:
    """Whether a question has a word that asks, or wants a yes or no: "storage box price" does not."""
    return bool(_WH.search(question)) or bool(_OPENS.match(question)) or asking(question).closed


def focused(question: str) -> bool:
    """Whether a question says what is wanted, and not only of whom."""
    return any(roles.telling(w) and not _in(w, _PAID) for w in asking(question).focus)


def speaks(question: str, page: PageWords) -> bool:
    """Whether a page has the words for what is wanted, most of them."""
    focus = [w for w in asking(question).focus if roles.telling(w)]
    file = Filed([page])
    return not focus or sum(file.lacks(w) < 1 for w in focus) >= _FOCUSED * len(focus)


def polar(question: str, value: str) -> bool:
    """Whether a value may answer a question that asks yes or no: it says so, or it is a sentence that does."""
    return not asking(question).closed or value.casefold() in YES_NO or _POLAR.search(value) is not None


def most_words(question: str) -> int:
    """How long an answer may be: a question for one of some things, and one without a word that asks, wants no
    sentence."""
    opens = _WH.search(question)
    if asking(question).closed or (opens and fold(opens[0]) not in _WHICH):
        return LONGEST
    return _SHORT


def is_chart(layout: Layout) -> bool:
    """Whether a page is a chart: its labels say where a number stands, the page says of what it is."""
    names = {r.name for r in layout.page.regions}
    few = len(layout.segments) <= _DRAWN
    return "series" in names or (few and "figure" in names) or bool(bars(layout))


def _odds(features: dict[str, float]) -> float:
    return WEIGHTS["base"] + sum(WEIGHTS[name] * value for name, value in features.items())


def _weights(
    ask: Asking, title: frozenset[str], keys: set[str], file: Filed
) -> tuple[dict[str, float], float]:
    """What each asked word weighs, and the share of the words that stand nowhere in the file. `title` are the words of
    the page's title, `keys` those of its rows. The words of one name weigh as much as another word together."""
    weights, gone, whole = {}, 0.0, 0.0
    for word in ask.words:
        mine = min(roles.weight(word), _PALE if word in _DEALS else 1.0) / ask.names.get(word, 1)
        lacks = file.lacks(word)
        whole += mine
        gone += mine * lacks
        row = word in ask.names and word in keys and word not in title
        home = 1.0 if lacks == 1.0 or row else _MASTHEAD if word in title else _ELSEWHERE
        weights[word] = home * mine
    return weights, gone / (whole or 1.0)


def _masthead(ask: Asking, layout: Layout, file: Sequence[PageWords]) -> frozenset[str]:
    """The words that say whose page it is, and what it is: titles, who made it out, what the file is called."""
    company = " ".join(r.text for r in layout.page.regions if r.name == "company")
    called = fold("".join(page.title for page in file[:1]))
    own = frozenset(tokens(" ".join([company, *(s.text for s in roles.titles(layout))])))
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


def _statements(layout: Layout, facts: Sequence[Fact], ask: Asking) -> Iterator[Fact]:
    if is_chart(layout):
        yield from (f for f in facts if f.how == STATED)
        return
    for fact in facts:
        whole = fact.keys or fact.how not in (PRINTED, STATED)
        yield fact if whole else fact._replace(value=_lines(layout.text.text, fact, ask.shape))
    yield from openings(layout)
    yield from _sentences(layout, ask)
    yield from rows(layout)


def _lines(text: str, fact: Fact, shape: str) -> tuple[Span, ...]:
    """The lines of a value that are wanted: a name is one."""
    lines = own_lines(text, fact.value, shape)
    first = next(((a, a + len(text[a:b].partition("\n")[0])) for a, b in lines[:1]), None)
    return (
        (first,) if first and shape == shapes.NAME and shapes.fits(text[slice(*first)], shape) > 0 else lines
    )


def _sentences(layout: Layout, ask: Asking) -> Iterator[Fact]:
    """Sentences, and lines of a few words that are some: the one value of the asked shape, else all of it."""
    text = layout.text.text
    lines = [(s.start, s.end) for s in layout.segments if len(s.text.split()) > 2]
    lines += [(a, d) for (a, b), (c, d) in pairwise(lines) if not text[b:c].strip()]
    for a, b in dict.fromkeys([*sentences(text), *lines]):
        piece = text[a:b]
        if b - a > LONGEST or not (ask.closed or ask.shape != shapes.TEXT or len(piece.split()) > _FEW):
            continue
        found = shapes.every(ask.shape, piece) if ask.shape not in (shapes.TEXT, shapes.CODE) else []
        value = (a + found[0][0], a + found[0][1]) if len(found) == 1 else (a, b)
        if found or ask.shape == shapes.TEXT:
            rest = f"{text[a : value[0]]} {text[value[1] : b]}" if found else piece
            yield Fact((value,), rest, (), (a, b), 0.5, SENTENCE)


def _features(on: _Page, fact: Fact, ask: Asking) -> dict[str, float] | None:
    """What speaks for a statement; None for one that cannot answer."""
    value = " ".join(" ".join(on.layout.text.text[a:b] for a, b in fact.value).split()).strip(_BRACKETS)
    said = tokens(value)
    sentence = fact.how == SENTENCE
    if not said or (not sentence and (set(said) <= {*ask.words, *ask.names} or _is_label(value))):
        return None
    if ask.closed and not (_POLAR.search(value) if sentence else value.casefold() in YES_NO):
        return None
    if not fact.keys and not sentence and offered(on.layout, fact.value):
        return None
    if sentence and not ask.closed and sum(not _in(w, ask.words) for w in said if w not in _ASKS) < _NEWS:
        return None  # says what the question says
    label = tuple(w for w in tokens(fact.name) if w.strip("x"))
    chart = on.chart and fact.how == STATED
    if chart:
        label, fact = (), fact._replace(keys=(" ".join((fact.name, *fact.keys)),))
    key = max((tokens(k) for k in fact.keys), key=lambda k: share(k, ask.words), default=())
    told, strong = 0.0, False
    for word, mine in on.weights.items():
        of = (*label, *key) if word not in on.whose or word in ask.years else key if word in ask.names else ()
        near = max((roles.near(word, w) for w in of), default=0.0)
        told += mine * (near if near >= _NEARLY else 0.0)
        strong |= near >= _NEARLY and roles.telling(word)
    if not strong:
        return None
    fit = shapes.fits(value, ask.shape)
    if ask.shape == shapes.MONEY and on.cents and not any(n.money for n in numbers(value)):
        return None
    if fit < _MISFIT or not _timely(ask, fact):
        return None
    if not _wanted(ask, _foci(ask, on.whose), label, key, on.held, chart):
        return None
    own = [w for w in ask.words if w not in on.whose]
    return {
        "told": told / (sum(on.weights.values()) or 1.0),
        "label": share(label, (*own, *_IMPLIED.get(ask.shape, ()))) if label and not sentence else 0.5,
        "row": share(key, ask.words),
        "fit": max(fit, 0.0),
        "misfit": min(fit, 0.0),
        "absent": on.absent,
        "dated": float(bool(ask.years & {y for t in (fact.name, *fact.keys) for y in _YEAR.findall(t)})),
        "lies": min(fact.lie, 1.0),
        "stated": float(fact.how == STATED),
        "opening": float(fact.how == OPENING),
        "sentence": float(sentence),
    }


def _wanted(
    ask: Asking,
    focus: Sequence[str],
    label: Sequence[str],
    key: Sequence[str],
    held: Sequence[str],
    chart: bool,
) -> bool:
    """Whether label and row say what is wanted. On a chart the page says it; so it does where the question counts, and
    names a row in full: "how many stores are in Florida"."""
    if share(focus, (*label, *key)) >= _FOCUSED:
        return True
    there = [w for w in focus if w in held]
    if ask.shape in _COUNTED and there and share(there, key) >= _FOCUSED:
        return True  # bags of cement
    full = chart or (ask.shape in _COUNTED and bool(key) and share(key, ask.words) > _FULL)
    return full and share(focus, held) >= _FOCUSED


def _foci(ask: Asking, whose: Iterable[str]) -> list[str]:
    """What is wanted, in words that are not those of the page's title."""
    return [w for w in ask.focus if w not in set(whose)]


def _timely(ask: Asking, fact: Fact) -> bool:
    """Whether a statement that says its year says one that is asked for."""
    said = {y for text in (fact.name, *fact.keys) for y in _YEAR.findall(text)}
    return not said or not ask.years or bool(said & ask.years)


def _in(word: str, words: Iterable[str]) -> bool:
    return any(roles.near(word, w) >= _NEARLY for w in words)


def offered(layout: Layout, value: Sequence[Span]) -> bool:
    """Whether a value stands before others that may be chosen as well, which no tick tells from each other."""
    if any(tuple(value) == choice.chosen for choice in choices(layout)):
        return False
    home = next((s for s in layout.segments if s.start <= value[-1][0] < s.end), None)
    after = [s.text for s in layout.right_of(home)[:2]] if home else []
    return len(after) > 1 and not any(":" in t or any(map(str.isdigit, t)) for t in after)


def _is_label(value: str) -> bool:
    return roles.only_labels(value) or value.endswith(":")


def in_cents(text: str) -> bool:
    """Whether a page prints its amounts with cents, so that what has none is no amount."""
    decimals = [n.decimals for n in numbers(text)]
    return decimals.count(2) > max(2, decimals.count(1))


def share(own: Sequence[str], words: Iterable[str]) -> float:
    """The share of a label's words, by weight, that stand among some words."""
    words = tuple(words)
    weights = [roles.weight(w) for w in own]
    held = [m for w, m in zip(own, weights, strict=True) if any(roles.near(w, q) >= _NEARLY for q in words)]
    return sum(held) / (sum(weights) or 1.0)


def _near(ask: Asking, found: Sequence[Fact], meaning: Meaning | None) -> list[float]:
    """How near each label is in meaning to the question, names aside: the cosine, 0 without an encoder."""
    if meaning is None or not found:
        return [0.0] * len(found)
    labels = [" ".join([f.name, *f.keys[:1]])[:_LABEL] for f in found]
    distinct = list(dict.fromkeys(labels))
    encoded = meaning([ask.text, *distinct])
    near = dict(zip(distinct, (encoded[1:] @ encoded[0]).tolist(), strict=True))
    return [near[label] for label in labels]
