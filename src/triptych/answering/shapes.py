"""What a value looks like, and what a question calls for: a name, a day, an amount, a measure, a code.

"Who is handling the claim?" calls for a name, "how heavy was it" for a weight. A value that looks like something
else does not answer, however well its label fits.
"""

from __future__ import annotations

import re
from functools import lru_cache

from triptych.grounding.clock import TIME as CLOCK
from triptych.values import dates, numbers

NAME, DAY, TIME, PLACE, MONEY, COUNT, CODE, TEXT = (
    "name",
    "day",
    "time",
    "place",
    "money",
    "count",
    "code",
    "text",
)
SHARE, SPAN, MASS, HEAT, LENGTH, FIGURE = "share", "span", "mass", "heat", "length", "figure"

_NUMBER = r"[-+−]?\d+(?:[.,' ]\d+)*"
_UNITS = {
    SPAN: r"(?:seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|weeks?|months?|years?|minuten?|stunden?|std|tagen?|wochen?|monaten?"
    r"|jahren?|heures?|jours?|semaines?|mois|ans?|minutos?|horas?|d[ií]as?|semanas?|mes(?:es)?|años?)",
    MASS: r"(?:kg|kilos?|grams?|g|t|tons?|tonnes?|lbs?|pounds?|oz|tbsp|tsp|cups?|ml|cl|l|lit(?:er|re)s?)",
    HEAT: r"(?:° ?[CF]?|º ?[CF]?|degrees|grad|K)",
    LENGTH: r"(?:km|kilomet(?:er|re)s?|miles?|mi|met(?:er|re)s?|m|cm|mm|ft|feet|foot|inch(?:es)?|in)",
}  # fmt: skip
_MEASURES = {
    kind: re.compile(rf"{_NUMBER}\s?-?{unit}(?![^\W\d_])(?:\s?\d+\s?{unit}(?![^\W\d_]))*", re.IGNORECASE)
    for kind, unit in _UNITS.items()
}
_YEAR = re.compile(r"(?<!\d)(?:1[6-9]|20)\d\d(?!\d)")
_WEEKDAY = re.compile(
    r"^(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|^(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag)s?\b"
    r"|^(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|mi[ée]rcoles|jueves|viernes|s[áa]bado|domingo)\b",
    re.IGNORECASE,
)
_TITLE = r"(?:(?:Dr|Prof|Mr|Mrs|Ms|Ing|Sr|Sra|Mme|St|M)\.\s?)"
_WORD = r"[A-ZÄÖÜÀ-Þ][\w'’.-]*[\w.]|[A-Z]\.?|&|\d{1,3}(?!\d)"
_LINK = r"of|and|de|da|do|del|della|der|den|du|des|la|le|van|von|y|e|et|und|the|for|zu"
_NAME = re.compile(
    rf"{_TITLE}?(?:{_WORD})(?:\s(?:(?:{_LINK})\s){{0,2}}(?:{_WORD}))*,?(?:\s(?:Inc|Ltd|LLC|plc|Co|GmbH|AG)\.?)?"
)
_LAST = re.compile(r"(?<!\bInc)(?<!\bLtd)(?<!\bCo)(?<!\bCorp)[.,]+$")
_CODE = re.compile(r"[A-Z0-9*#][A-Z0-9/._#*-]*(?: [A-Z0-9*][A-Z0-9/._*-]*){0,4}")
PHONE = re.compile(r"(?<![\w.,])\+?\(?\d(?:[ ./()–-]{0,3}\d){5,14}(?![\w]|[.,]\d)")
_STREET = re.compile(
    r"\b(?:street|st|road|rd|lane|avenue|ave|drive|way|walk|place|square|terrace|rise|hill|crescent|close|court|grove|park|row|gardens?|boulevard|blvd"
    r"|jalan|jln|rue|place|chemin|quai|calle|plaza|avenida|paseo|via|piazza)\b|stra(?:ß|ss)e\b|\wstr\.|\wweg\b|\wplatz\b|\wallee\b|\wgasse\b",
    re.IGNORECASE,
)
_POSTCODE = re.compile(r"\b(?!(?:19|20)\d\d\b)(?:\d{4,5}|[A-Z]{1,2}\d{1,2}[A-Z]? ?\d[A-Z]{2})\b")
_LEGAL = re.compile(r"\b(?:Inc|Ltd|LLC|plc|GmbH|Co|Corp|SARL|S\.?A|S\.?L|AG|Sdn Bhd)\b\.?$")
# Each says what a question calls for; the first that fits counts.
_CALLS = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (HEAT, r"\b(?:temperatures?|temp[ée]ratures?|temperatura)\b|^how (?:hot|warm|cold)\b"),
        (MASS, r"\bhow heavy\b|\bweighs?\b|\bweight\b|\bgewicht\b|\bpoids\b|\bwie schwer\b|\bcu[áa]nto pesa\b"),
        (LENGTH, r"^how (?:far|tall|wide|deep)\b|\bdistance\b"),
        (SPAN, r"\bhow (?:long|many (?:seconds|minutes|hours|days|weeks|months|years))\b(?! ago)|\bwie lange\b|\bcombien de temps\b|\bcu[áa]nto (?:tiempo|dura)\b|\bduration\b"),
        (TIME, r"\b(?:what|which) time\b|\bum wie ?viel uhr\b|\b[àa] quelle heure\b|\ba qu[ée] hora\b"),
        (SHARE, r"\bpercent(?:age)?\b|\bper cent\b|\bwhat share\b|\bprozent\b|\bpourcentage\b|\bporcentaje\b"),
        (DAY, r"^(?:\S+ ){0,2}(?:when|wann|quand|cu[áa]ndo|quando|wanneer)\b|\b(?:what|which|welche[mns]?|quelle?|qu[ée]) (?:day|date|tag|datum|jour|fecha|d[ií]a)\b(?! range)"
              r"|\b(?:\w+ )?(?:date|deadline|birthday|datum|fecha)\b(?! range)"),
        (COUNT, r"\bhow many\b|\bwie viele\b|\bcu[áa]nt[oa]s\b|\bcombien de\b|\b(?:number|quantity) of (?:the )?(?-i:[a-z]+s\b)(?!['’])"),
        (FIGURE, r"\bhow much\b.*\b(?:grow|grew|grown|rise|rose|risen|fall|fell|fallen|increased?|decreased?|dropped|drop|declined?|change[d]?)\b|\bhow much (?!for|is|was|are|were|do|does|did|has|have|must|should|will|would|to|the|it|tax|vat)\w"),
        (NAME, r"^(?:\S+ )?(?:who|whom|whose|wer|wen|wem|qui|qui[ée]n|chi)\b|\b(?:which|what|welche[rsnm]?|quelle?|qu[ée]) (?:company|firm|business|vendor|supplier|seller|carrier|shop|store|doctor|physician"
               r"|bank|insurer|employer|person|organi[sz]ation|airline|firma|unternehmen|entreprise|soci[ée]t[ée]|empresa)\b|\bname of\b"),
        (MONEY, r"\bhow (?:much|high|large|big)\b|\bwie ?viel\b|\bcombien\b|\bcu[áa]nto\b|\bgekostet\b|\bkostete?n?\b|\b(?:price|cost|costs|fee|dividends?|salary|wage|rent|budget|deposit|refund|fine|amount|sum|preis|betrag|prix|montant|precio|importe)\b"),
        (CODE, r"\b(?:digits|number|numbers|no|nr|id|code|reference|vin|serial|plate|extension|nummer|kennzeichen|num[ée]ro|n[úu]mero|c[óo]digo|r[ée]f[ée]rence|referencia)\b"),
        (FIGURE, r"^(?:what|which) (?:is|was|were|are|did) .*\b(?:in|of|for|during|by|as of) (?:19|20)\d\d$|\b(?:dollars|euros?|pounds|rate)\b"),
        (PLACE, r"^(?:\S+ )?(?:where|wo|wohin|o[ùu]|d[óo]nde|dove|waar)\b|\baddress\b|\badresse\b|\bdirecci[óo]n\b|\b(?:which|what) (?:city|town|street|place|country)\b"),
    )
)  # fmt: skip


_BY_NOUN = (CODE, MONEY, DAY, FIGURE)
_NOUN = re.compile(
    r"^(?:(?:in|at|on|to|from|by|under|for|with|auf|in|an|zu|unter) )?(?:which|what|welche[rsnm]?) (?!(?:is|are|was|were|did|does|do|has|have|had|ist|sind)\b)(?:\S+ ?){1,2}",
    re.IGNORECASE,
)


@lru_cache(maxsize=256)
def called_for(question: str) -> str:
    """The shape of value that a question calls for; TEXT where it may be anything."""
    named = _NOUN.match(question)
    head = named[0] if named else question  # "Which department is on the student ID?" wants no ID
    return next((k for k, pattern in _CALLS if pattern.search(head if k in _BY_NOUN else question)), TEXT)


_COUNTED = 1  # words of what is counted, behind a number
_ANY, _FEW = 0.4, 9  # what a short value is worth where anything may answer


def placed(text: str) -> bool:
    """Whether a line is part of an address: a number with a word for a street, or a postcode."""
    return bool(_POSTCODE.search(text)) or (any(map(str.isdigit, text)) and bool(_STREET.search(text)))


@lru_cache(maxsize=8192)
def fits(value: str, kind: str) -> float:
    """1 where `value` looks like that kind, 0 where it may be, -1 where it looks like something else."""
    value = value.strip()
    digits, letters = sum(map(str.isdigit, value)), sum(map(str.isalpha, value))
    if not digits and not letters:
        return -1.0
    if kind in _MEASURES:
        bare = kind != HEAT and bool(numbers(value)) and letters <= 3
        return 1.0 if _MEASURES[kind].search(value) else 0.0 if bare else -1.0
    if kind in (MONEY, COUNT, FIGURE):
        return _amount(value, kind, letters)
    if kind == CODE:
        return _code(value, digits)
    return _LOOKS[kind](value, digits, letters)


def _name(value: str, digits: int, letters: int) -> float:
    return 1.0 if _NAME.fullmatch(value) and letters > 2 and digits <= 3 else -1.0


def _day(value: str, digits: int, letters: int) -> float:
    return 1.0 if dates(value) else 0.3 if any(p.search(value) for p in (_YEAR, CLOCK, _WEEKDAY)) else -1.0


def _time(value: str, digits: int, letters: int) -> float:
    return 1.0 if CLOCK.search(value) else -1.0


def _share(value: str, digits: int, letters: int) -> float:
    return 1.0 if "%" in value else 0.0 if digits else -1.0


def _place(value: str, digits: int, letters: int) -> float:
    if dates(value) or letters < 3 or _LEGAL.search(value):
        return -1.0
    return 1.0 if placed(value) else 0.3


def _text(value: str, digits: int, letters: int) -> float:
    return _ANY if len(value.split()) <= _FEW else 0.0


_LOOKS = {NAME: _name, DAY: _day, TIME: _time, SHARE: _share, PLACE: _place, TEXT: _text}


_ID = re.compile(r"\D*(?:0\d{5,}|\d{9,})\D*")  # 001335787520: a number that somebody was given
NOTE = re.compile(r"\(\d{1,2}\)")  # of a footnote
_ASKS_YEAR = re.compile(r"\b(?:which|what) (?:fiscal )?year\b|\bwelche[msn]? jahr\b", re.IGNORECASE)
_CALLED = re.compile(
    r"\b(?:phone|telephone|fax|tel|mobile|telefon|t[ée]l[ée]phone|tel[ée]fono)\b", re.IGNORECASE
)


def contradicts(value: str, question: str) -> bool:
    """Whether a value cannot be what the question calls for, whatever label it has: an amount of money is no year and
    no id, a telephone number has six digits and more, a name has letters."""
    kind = called_for(question.rstrip(" ?!."))
    if NOTE.fullmatch(value.strip()):
        return True
    if _ASKS_YEAR.search(question):
        return not (_YEAR.search(value) or dates(value))
    if kind == NAME:
        return sum(map(str.isalpha, value)) < 3
    if kind in (MONEY, FIGURE):
        plain = value.strip()
        return not numbers(plain) or any(p.fullmatch(plain) for p in (_YEAR, _ID)) or bool(dates(plain))
    if kind == CODE and _CALLED.search(question):
        return sum(map(str.isdigit, value)) < 6
    return False


def _amount(value: str, kind: str, letters: int) -> float:
    found = numbers(value)
    if len(found) != 1 or dates(value) or _YEAR.fullmatch(value):
        return -1.0
    if kind == COUNT and (
        found[0].percent or sum(any(map(str.isalpha, w)) for w in value.split()) > _COUNTED
    ):
        return -1.0
    if kind == FIGURE:
        return 1.0 if letters <= 12 else -1.0
    if kind == MONEY:
        return 1.0 if found[0].money else 0.0 if letters < 3 and not found[0].percent else -0.5
    if found[0].decimals == 2 and found[0].readings[0] % 1:
        return -0.5
    return 0.0 if found[0].currency or found[0].decimals == 2 or letters > 12 else 1.0


def _code(value: str, digits: int) -> float:
    if dates(value):
        return -1.0
    if PHONE.fullmatch(value):
        return 1.0
    if not _CODE.fullmatch(value.upper()) or len(value) < 2:
        return -1.0
    if any(n.money and len(n.text) == len(value) for n in numbers(value)):
        return -0.5
    if digits < 3 and value.isdigit():
        return 0.0
    if digits:
        return 1.0 if len(value.split()) < 3 or digits * 2 > len(value) else 0.0
    return 1.0 if value.isupper() and " " not in value and len(value) > 3 else -1.0


def every(kind: str, text: str) -> list[tuple[int, int]]:
    """Where values of that kind stand in `text`; [] for a kind that has no shape of its own."""
    if kind in _MEASURES:
        return [m.span() for m in _MEASURES[kind].finditer(text)]
    if kind == NAME:
        found = [(m.start(), m.start() + len(_LAST.sub("", m[0]))) for m in _NAME.finditer(text)]
        return [(a, b) for a, b in found if b - a > 2 and " " in text[a:b]]
    if kind == DAY:
        return [(d.start, d.end) for d in dates(text)]
    if kind == TIME:
        return [m.span() for m in CLOCK.finditer(text)]
    days = [(d.start, d.end) for d in dates(text)]
    return [
        (n.start, n.end)
        for n in numbers(text)
        if fits(n.text, kind) > 0 and not any(a <= n.start < b for a, b in days)
    ]


def first_of(kind: str, text: str) -> tuple[int, int] | None:
    """Where the first value of that kind stands in `text`; None for none."""
    found = every(kind, text)
    return found[0] if found else None
