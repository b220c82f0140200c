"""What a clause claims that can be looked up: quotations, days, numbers with their units, codes, names.

Every character of a clause that is a digit belongs to some claim, so that no figure goes unchecked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from triptych import values
from triptych.grounding import clock, concepts, frames, opposites, units
from triptych.grounding.claim import CODE, DAY, NAME, NUMBER, QUOTE, TIME, UNIT, Claim, Claimed
from triptych.grounding.days import OPENING, days
from triptych.grounding.frames import listed, unframed
from triptych.grounding.units import Unit
from triptych.grounding.words import ACRONYMS, GENERIC, NUMBER_WORDS, TELLING
from triptych.words import language, tokens

_QUOTATION = re.compile(r"[\"“”„«»]([^\"“”„«»]{2,}?)[\"“”„«»]|(?<!\w)[‘']([^‘’']{12,}?)[’'](?!\w)")
SCALED = re.compile(r"(?<![\w.,])(\d+(?:[.,]\d+)?)(?= ?(?:k|m|mn|bn|b|tn|mio|mrd)\b|p\b)", re.IGNORECASE)
_MEASURE = re.compile(
    r"\d+(?:[.,]\d+)?-?(?:[^\W\d_]{3,}|[kmbtp]|[mb]n)", re.IGNORECASE
)  # 3-year, 12.5million, 5M
_GROUPS = re.compile(r"(?<![\w.,/-])\d{2,}[/-]\d{2,}(?:[/-]\d{2,})+(?![\w/-])")  # 336/373-6917
_NUMBERED = re.compile(r"(?:^|[-/])0\d+(?:$|[-/])|\d-\d+-\d")  # 2021-045 is no sum
_CODE_OF_MONEY = re.compile(r"\b[A-Z]{3}\b")
_DASH = re.compile(r"[-–—−]\s+")  # of "Net – €5", which is no loss
NEXT = re.compile(r"[ \u00a0]([^\W\d_]{3,})")
_PAGE = re.compile(r"\b(?:page|seite|página|pagina) $", re.IGNORECASE)
_AND = re.compile(
    r"\s*;\s*|,?\s(?:and|while|whereas|but|und|während|aber|et|tandis que|mais|y|mientras que|pero)\s",
    re.IGNORECASE,
)
_BEGINS = re.compile(r"\s(?=(?:The|Die|Der|Das|La|El|Le|Les|Los|Las)\s[^\W\d_]+)")  # a sentence in a sentence
_UNIT = 12  # characters that a unit may have
_LINKING = """
the a an of in on at for from to by with until since per and or as both each million billion thousand
der die das des dem den ein eine von vom im am für auf aus bis mit zu und le la les l un une du de d en au aux pour par à et
el los las del al y con por
"""
_LINKS = frozenset(_LINKING.split())
_HEDGE = re.compile(
    r"(?:(?P<under>almost|nearly|just under|fast|knapp|presque|casi)|(?P<over>just over|a little over|gut|un peu plus de|algo más de)"
    r"|about|around|roughly|approximately|approx\.|some|circa|ca\.|~|≈|rund|etwa|ungefähr|environ|près de|alrededor de|cerca de|unos|aproximadamente)"
    r"\s*(?:the\s)?$",
    re.IGNORECASE,
)
_BOTH = re.compile(
    r"\b(?:the|these|those|its|their|die|diese|beiden|les|ces|los|las) $", re.IGNORECASE
)  # the two of them
ARTICLE = re.compile(
    r"\b(?:der|die|das|des|dem|den|eine?[nmrs]?|pro|laut|je|als|zu[mr]|vom|im|am|kein\w*) $", re.IGNORECASE
)
HAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_ELISION = re.compile(r"^[^\W\d_]{1,2}['’](?=[^\W\d_])")  # l'échéance
_AFTER_NUMBER = re.compile(r"\d[\s-]?$")
PADDED = re.compile(r"0\d+")
_TOKEN = re.compile(r"[^\s\"“”„«»()\u3000-\u9fff\uac00-\ud7af]*\d[^\s\"“”„«»()\u3000-\u9fff\uac00-\ud7af]*")
_INITIAL = re.compile(r"[^\W\d_]\.")
_CAPITAL = re.compile(r"[^\W\d_]+(?:['’.&-][^\W\d_]+)*\.?")


def claimed(text: str) -> Claimed:
    """Take a clause apart."""
    text = values.grouped(frames.unlisted(text))
    found: list[Claim] = []
    for read in (
        _quotations,
        days,
        _times,
        _mixed,
        _numbers,
        _codes,
        _number_words,
        _tokens,
        _digits,
        _names,
    ):
        taken = [(c.start, c.end) for c in found]
        found += [c for c in read(text) if not any(a < c.end and c.start < b for a, b in taken)]
    said = unframed(text)
    found = [c for c in found if said[c.start : c.end].strip() or not _framing(text, c)]
    if any(c.kind == DAY for c in found):  # whose weekday follows
        found = [
            c
            for c in found
            if c.kind != NAME or (opposites.stance(values.fold(c.text)) or ("",))[0] != "weekday"
        ]
    counted = [(c.end, c.end + len(units.run(text[c.end :]))) for c in found if c.kind == NUMBER]
    found = [c for c in found if c.kind != NAME or not any(a <= c.start < b for a, b in counted)]
    found += [
        c for c in _currencies(said) if not any(a <= c.start < b for a, b in (*counted, *_spans(found)))
    ]
    found.sort(key=lambda c: c.start)
    return Claimed(said, tuple(found), words(said, found))


def _spans(found: Sequence[Claim]) -> list[tuple[int, int]]:
    return [(c.start, c.end) for c in found]


def _currencies(text: str) -> Iterator[Claim]:
    """Currencies that stand apart from numbers, by their codes: "the currency is GBP"."""
    for m in _CODE_OF_MONEY.finditer(text):
        unit = units.named(m[0])
        if unit is not None and unit.dimension == units.CURRENCY:
            yield Claim(UNIT, m.start(), m.end(), m[0], units=(unit,))


def _framing(text: str, claim: Claim) -> bool:
    """Whether what stands in the frame of a clause claims nothing: the number of a list, the kind of the document."""
    return listed(text, claim.start) or (claim.kind == NAME and frames.named(claim.text))


def added_up(taken: Claimed) -> list[Claim]:
    """The numbers of a clause, where one is the sum of the others: what they are is told by that."""
    numbers = [c for c in taken.claims if c.kind == NUMBER]
    amounts = [abs(c.readings[0]) for c in numbers]
    whole = sum(amounts)
    return numbers if len(amounts) >= 3 and any(2 * v == whole for v in amounts) else []


def statements(taken: Claimed) -> list[Claimed]:
    """The parts of a clause that say something of a value of their own, each with blanks for the others: "A is 5 and B
    is 6", but not "A is 5 and 6"."""
    text, cuts = taken.text, [0]
    behind = [c.end for c in taken.claims if c.kind != NAME]
    joints = [*_AND.finditer(text), *(m for m in _BEGINS.finditer(text) if _follows(behind, m.start()))]
    for m in () if added_up(taken) else sorted(joints, key=lambda m: m.start()):
        inside = any(c.start < m.end() and m.start() < c.end for c in taken.claims)
        ends = {c.kind for c in taken.claims if c.end == m.start()}
        listed = ends & {c.kind for c in taken.claims if c.start == m.end()}
        if (
            not inside
            and not listed
            and _says(taken, cuts[-1], m.start())
            and _says(taken, m.end(), len(text))
        ):
            cuts.append(m.end())
    if len(cuts) == 1:
        return [taken]
    found = []
    shared = min((c.start for c in taken.claims), default=0)
    for a, b in pairwise([*cuts, len(text)]):
        its = [c for c in taken.claims if a <= c.start < b]
        # "The fair got 8 votes in favour and 3 against": both are of the fair
        led = a and its and its[0].kind == NUMBER and not text[a : its[0].start].strip()
        subject = shared if led else 0
        only = text[:subject] + re.sub(r"\S", " ", text[subject:a]) + text[a:b] + re.sub(r"\S", " ", text[b:])
        found.append(Claimed(only, tuple(its), words(only, its)))
    return found


def _follows(ends: Sequence[int], at: int) -> bool:
    """Whether a value ends right before a place, but for its unit."""
    return any(0 <= at - end <= _UNIT for end in ends)


def _says(taken: Claimed, start: int, end: int) -> bool:
    """Whether characters have a claim and a word that says something of it."""
    its = [c for c in taken.claims if start <= c.start < end and not values.is_year(c.text)]
    rest = (m for m in _CAPITAL.finditer(taken.text, start, end) if m[0].lower() not in _LINKS)
    return bool(its) and any(not any(c.start < m.end() and m.start() < c.end for c in its) for m in rest)


def _quotations(text: str) -> Iterator[Claim]:
    for m in _QUOTATION.finditer(text):
        inner = m[1] or m[2]
        if len(values.fold(inner)) >= 2:
            start = m.start(1) if m[1] else m.start(2)
            yield Claim(QUOTE, start, start + len(inner), inner)


def _times(text: str) -> Iterator[Claim]:
    for (start, end), _ in clock.times(text):
        yield Claim(TIME, start, end, text[start:end])


def _mixed(text: str) -> Iterator[Claim]:
    """Codes of letters and digits, before their digits are taken for a number: INV-1042, but not RM129.50 and
    3-year."""
    amounts = values.numbers(text)
    yield from (Claim(CODE, m.start(), m.end(), m[0]) for m in _GROUPS.finditer(text))
    for code in sorted(values.codes(text), key=lambda c: c.start - c.end):
        whole = any(n.start <= code.start and code.end <= n.end for n in amounts)
        lettered = any(map(str.isalpha, code.text)) and not HAN.search(code.text)
        if (lettered or _NUMBERED.search(code.text)) and not whole and not _MEASURE.fullmatch(code.text):
            yield Claim(CODE, code.start, code.end, code.text)


def _numbers(text: str) -> Iterator[Claim]:
    for n in values.numbers(text):
        if PADDED.fullmatch(n.text):
            continue  # 001 is a code
        end = n.end - 1 if n.text.endswith("-") else n.end
        # Books put losses into brackets; a sentence puts asides there.
        dash = _DASH.match(n.text) if not text[: n.start][-1:].isdigit() else None
        unsigned = dash or n.text.startswith("(")
        readings = tuple(map(abs, n.readings)) if unsigned else n.readings
        start = n.start + (dash.end() if dash else 0)
        after = units.behind(text[end:])
        before = units.named(n.currency) if n.currency else None
        own = (*((before,) if before else ()), *((Unit(units.PERCENT, "%"),) if n.percent else ()))
        yield Claim(
            NUMBER,
            start,
            end,
            text[start:end],
            readings,
            tuple(dict.fromkeys((*own, *after))),
            decimals=n.decimals,
            hedge=_hedged(text[:start]),
            paged=_PAGE.search(text[:start]) is not None,
            counts=_counting(text[end:]),
        )
    for m in SCALED.finditer(text):
        readings = values.number_readings(m[1])
        after = units.behind(text[m.end() :])
        yield Claim(NUMBER, m.start(), m.end(), m[0], readings, after, hedge=_hedged(text[: m.start()]))


def _counting(behind: str) -> bool:
    """Whether a word that is not a usual one follows a number."""
    m = NEXT.match(behind)
    return m is not None and values.fold(m[1]) not in GENERIC and units.named(m[1]) is None


def _hedged(before: str) -> str:
    m = _HEDGE.search(before)
    return "" if m is None else "under" if m["under"] else "over" if m["over"] else "about"


def _codes(text: str) -> Iterator[Claim]:
    for code in sorted(values.codes(text), key=lambda c: c.start - c.end):
        yield Claim(CODE, code.start, code.end, code.text)


def _number_words(text: str) -> Iterator[Claim]:
    for m in re.finditer(r"[^\W\d_]+(?:-[^\W\d_]+)?", text):
        if _AFTER_NUMBER.search(text[: m.start()]) and units.named(m[0]):
            continue  # 23,288 thousand is one number
        whole = m[0].lower()
        word = whole if whole in NUMBER_WORDS else whole.partition("-")[0]
        behind = units.behind(text[m.start() + len(word) :])
        timed = word == "one" and any(u.dimension == units.TIME for u in behind)
        named = m[0] != whole and re.match(r" [A-ZÀ-Þ]{2}", text[m.end() :])  # THREE STOOGES
        both = NUMBER_WORDS.get(word) == 2 and _BOTH.search(text[: m.start()])
        if (word in NUMBER_WORDS or timed) and not named and not both:
            end = m.start() + len(word)
            yield Claim(
                NUMBER,
                m.start(),
                end,
                text[m.start() : end],
                (Decimal(NUMBER_WORDS.get(word, 1)),),
                behind,
                counts=_counting(text[end:]),
            )


def _tokens(text: str) -> Iterator[Claim]:
    """Tokens with a digit that are neither: Q3, A4, 7-Eleven, 24/7."""
    for m in _TOKEN.finditer(text):
        token = m[0].strip(".,;:!?'’*…-–")
        if token:
            start = m.start() + m[0].index(token)
            yield Claim(CODE, start, start + len(token), token)


def _digits(text: str) -> Iterator[Claim]:
    """Every other digit: the 00 of 00,-5."""
    for m in re.finditer(r"\d", text):
        yield Claim(CODE, m.start(), m.end(), m[0])


def _names(text: str) -> Iterator[Claim]:
    """Words with capitals, but for usual ones that open the clause. German writes every noun with one: there a
    word counts beside another one, or in capitals throughout."""
    words = list(_CAPITAL.finditer(text))
    capital = [m[0] != m[0].lower() for m in words]
    german = language.detect(text, tokens.words(text), least=1) == "de"
    for i, m in enumerate(words):
        start = m.start() + (len(elided[0]) if (elided := _ELISION.match(m[0])) else 0)
        word = text[start : m.end()].rstrip(".")
        folded = values.fold(word)
        opens = OPENING.search(text[: m.start()]) is not None
        noun = german and ARTICLE.search(text[: m.start()]) is not None and word != word.upper()
        lone = noun or not _beside(text, words, capital, i)
        usual = (
            folded in _silent(text)
            or (opens and (folded in GENERIC or concepts.known(folded)))
            or (lone and (folded in TELLING or (concepts.known(folded) and word == word.capitalize())))
        )
        named = word != word.lower() and len(folded) > 1 and not usual
        if not named or folded in ACRONYMS or units.named(word) is not None or not tokens.words(word):
            continue
        ordinary = lone and word == word.capitalize()
        if ordinary and (german or opens):
            continue  # a word that opens a sentence is hardly ever a name of one word
        yield Claim(NAME, start, start + len(word), word)


def _beside(text: str, words: list[re.Match[str]], capital: list[bool], i: int) -> bool:
    """Whether the word before or behind has a capital, too, is no article or the like, and only a space or a sign is
    between."""
    silent = _silent(text)

    def joined(a: int, b: int, other: int) -> bool:
        near = a >= 0 and b < len(words) and text[words[a].end() : words[b].start()] in (" ", "-", " & ")
        word = words[other][0] if near else ""
        if not near or not capital[other]:
            return False
        return _INITIAL.fullmatch(word) is not None or (
            values.fold(word) not in silent and units.named(word) is None
        )

    return joined(i - 1, i, i - 1) or joined(i, i + 1, i + 1)


def _silent(text: str) -> frozenset[str]:
    """Stop words of the clause's language, and of English, in which a model frames what it quotes."""
    spoken = language.detect(text, tokens.words(text), least=1)
    return language.stop_words(spoken) | language.stop_words(language.DEFAULT)


def words(text: str, claims: Sequence[Claim]) -> tuple[str, ...]:
    """Folded content words outside the claims."""
    rest = list(text)
    for claim in claims:
        rest[claim.start : claim.end] = " " * (claim.end - claim.start)
    said = tokens.words("".join(rest))
    silent = _silent(text) | TELLING | ACRONYMS
    return tuple(dict.fromkeys(w for w in said if w not in silent and len(w) > 1 and units.named(w) is None))
