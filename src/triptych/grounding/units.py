"""Units, currencies and scales beside numbers: which words name the same one, and which ones rule each other out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

CURRENCY, SCALE, PERCENT, TIME = "currency", "scale", "percent", "time"
# dimension -> unit -> how it is written. Compared without case but for signs that mean another unit in capitals.
_FORMS = {
    CURRENCY: {
        "USD": "$ us$ usd dollar dollars dólar dólares us_dollars us_dollar u.s._dollars u.s._dollar", "EUR": "€ eur euro euros", "GBP": "£ gbp pound_sterling pounds_sterling pfund",
        "JPY": "¥ jpy yen", "MYR": "rm myr ringgit", "CHF": "chf fr. sfr franc francs franken francos swiss_francs swiss_franc schweizer_franken", "INR": "₹ inr rs rs. rupees",
        "IDR": "rp rp. idr rupiah", "CNY": "cny rmb yuan", "KRW": "₩ krw won", "CAD": "cad c$", "AUD": "aud a$",
        "SGD": "sgd s$", "HKD": "hkd hk$", "NZD": "nzd nz$", "SEK": "sek", "NOK": "nok", "DKK": "dkk", "PLN": "pln zł",
        "CZK": "czk kč", "HUF": "huf ft.", "TRY": "try tl ₺", "BRL": "brl r$ reais", "MXN": "mxn", "ZAR": "zar rand",
        "THB": "thb ฿ baht", "RUB": "₽ rub rubles", "CENT": "cent cents ¢", "PENNY": "pence penny pennies p",
    },
    SCALE: {"3": "thousand thousands k tsd tausend mille mil", "6": "million millions m mn mio mm millionen",
            "9": "billion billions b bn mrd milliarden milliards", "12": "trillion trillions tn"},
    PERCENT: {"%": "% percent percentage pct prozent pourcent per_cent", "pp": "pp percentage_points", "bp": "bps bp basis_points",
              "‰": "‰ permille"},
    "mass": {"kg": "kg kgs kilogram kilograms kilo kilos kilogramm kilogramme kilogrammes", "g": "g gram grams gm gramm gramme grammes", "mg": "mg milligram milligrams",
             "µg": "µg mcg microgram micrograms", "t": "t ton tons tonne tonnes tonnen", "lb": "lb lbs pound pounds", "oz": "oz ounce ounces"},
    "length": {"km": "km kilometer kilometers kilometre kilometres kilomètre kilomètres", "m": "metre metres meter meters mètre mètres metro metros", "cm": "cm centimeter centimeters centimetre centimetres centimètre centimètres zentimeter",
               "mm": "mm millimeter millimeters millimetre millimetres", "mi": "mile miles mi meile meilen", "ft": "ft foot feet pied pieds fuß pies", "in": "inch inches zoll pouce pouces", "yd": "yd yard yards"},
    "area": {"m2": "m² m2 sqm square_metres square_meters square_metre square_meter quadratmeter quadratmetern mètres_carrés metros_cuadrados", "km2": "km² km2", "ft2": "sqft ft² square_feet square_foot quadratfuß", "ha": "ha hectare hectares", "ac": "acre acres"},
    "volume": {"l": "l liter liters litre litres ltr litro litros", "ml": "ml milliliter milliliters", "gal": "gal gallon gallons",
               "bbl": "bbl barrel barrels", "m3": "m³ m3 cubic_metres cubic_meters kubikmeter mètres_cubes metros_cúbicos metri_cubi kubieke_meter"},
    TIME: {"s": "s sec secs second seconds sekunden", "ms": "ms millisecond milliseconds", "min": "min mins minute minutes minuten",
             "h": "h hr hrs hour hours stunde stunden std heure heures hora horas uur uren", "d": "day days tag tage tagen jour jours dagen días",
             "wk": "week weeks woche wochen semaine semaines semana semanas", "mo": "month months monat monate monaten mois mes meses mesi", "yr": "year years yr yrs jahr jahre jahren ans"},
    "heat": {"C": "°c celsius degrees degree grad", "F": "°f fahrenheit", "K": "kelvin"},
    "energy": {"kWh": "kwh", "MWh": "mwh", "GWh": "gwh", "J": "joule joules", "kJ": "kj", "kcal": "kcal", "BTU": "btu"},
    "power": {"W": "w watt watts", "kW": "kw", "MW": "mw", "GW": "gw", "hp": "hp horsepower"},
    "sound": {"dB": "db decibel decibels"},
    "data": {"KB": "kb", "MB": "mb", "GB": "gb", "TB": "tb"},
    "pressure": {"Pa": "pa pascal", "hPa": "hpa", "kPa": "kpa", "MPa": "mpa", "bar": "bar", "psi": "psi"},
    "speed": {"kmh": "km/h kph", "mph": "mph"},
    "tension": {"V": "v volt volts", "kV": "kv", "A": "amp amps ampere", "mA": "ma"},
}  # fmt: skip
# How many of the smallest one a unit is, exactly, for those that are told in each other: no days of a month.
_EXACTLY = (
    {"s": 1, "min": 60, "h": 3600, "d": 86_400, "wk": 604_800}, {"mo": 1, "yr": 12}, {"mg": 1, "g": 1000, "kg": 10**6, "t": 10**9},
    {"mm": 1, "cm": 10, "m": 1000, "km": 10**6}, {"ml": 1, "l": 1000, "m3": 10**6},
)  # fmt: skip
_SHORT = frozenset(
    ["m", "b", "k", "t", "g", "l", "s", "h", "d", "w", "v", "p", "bn", "mn", "mm", "mi", "in", "ft", "a"]
)  # units beside a number only


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit, whatever its spelling."""

    dimension: str
    name: str

    @property
    def factor(self) -> Decimal:
        """What a scale multiplies by; 1 for everything else."""
        return Decimal(10) ** int(self.name) if self.dimension == SCALE else Decimal(1)


_UNITS = {
    form.replace("_", " "): Unit(dimension, name)
    for dimension, units in _FORMS.items()
    for name, forms in units.items()
    for form in forms.split()
}
_TWO_WORDS = sorted((form for form in _UNITS if " " in form), key=len, reverse=True)
_AFTER = re.compile(
    rf"[ \u00a0]?-?({'|'.join(map(re.escape, _TWO_WORDS))}|[^\W\d_]+(?!['’]?[^\W\d_])[²³23]?(?:/h)?\.?|[%‰$€£¥₹₩฿₽₺¢]|°[CF])",
    re.IGNORECASE,
)
_WORD = re.compile(
    rf"{'|'.join(map(re.escape, _TWO_WORDS))}|°[CF](?!\w)|(?:US|NZ|HK|[SACR])?\$|[€£¥₹₩฿₽₺%‰¢]|[^\W\d_]+[²³]?",
    re.IGNORECASE,
)


def named(word: str) -> Unit | None:
    """The unit that a word or sign names; None for any other."""
    return _UNITS.get(word.strip().lower().rstrip(".")) or _UNITS.get(word.strip().lower())


def converted(value: Decimal, unit: Unit, other: Unit) -> Decimal | None:
    """A value in another unit: 24 months are two years; None for the same one, and where that is not exact."""
    sizes = next((s for s in _EXACTLY if unit.name in s and other.name in s), None)
    if sizes is None or unit == other:
        return None
    return value * sizes[unit.name] / sizes[other.name]


def behind(text: str) -> tuple[Unit, ...]:
    """Units right behind a number: of "million dollars due" the scale and the currency. `text` begins there."""
    return _behind(text)[0]


def places(text: str, unit: Unit) -> list[tuple[int, int]]:
    """Where a unit is named."""
    return [m.span() for m in _WORD.finditer(text) if named(m[0]) == unit]


def run(text: str) -> str:
    """The characters of those units."""
    return text[: _behind(text)[1]]


@lru_cache(maxsize=4096)
def _behind(text: str) -> tuple[tuple[Unit, ...], int]:
    found: list[Unit] = []
    at = 0
    while len(found) < 3 and (m := _AFTER.match(text, at)):
        unit = named(m[1])
        if unit is None or (found and found[-1] == unit) or m[0].lower() == " p":  # 14.5p, but no 4 P
            break
        found.append(unit)
        at = m.end()
    return tuple(found), at


_HEADED = re.compile(r"[(\[]\s*([^()\[\]]{1,12}?)\s*[)\]]")


def last(label: str) -> Unit | None:
    """The unit that a label ends in, a short one, too: Rain mm."""
    words = re.findall(r"[^\s()\[\]_,:]+", label)
    if len(words) > 1 and words[-1] in ("C", "F"):
        return Unit("heat", words[-1])
    return named(words[-1]) if len(words) > 1 else None


def headed(text: str) -> Iterator[Unit]:
    """Units in brackets, as heads of columns have them, short ones too: Rain (mm)."""
    for m in _HEADED.finditer(text):
        if (unit := named(m[1].removeprefix("in "))) is not None and not _lettered(m[1], unit):
            yield unit


def _lettered(word: str, unit: Unit) -> bool:
    """Whether a word is a scale, or pence, of one letter, which is more often something else: Acme (M) Sdn Bhd."""
    return len(word) == 1 and word.isalpha() and unit.dimension in (SCALE, CURRENCY)


def spoken(text: str) -> Iterator[Unit]:
    """Units anywhere in a text, by words and signs that can hardly mean anything else: a page's "in millions"."""
    for m in _WORD.finditer(text):
        word = m[0].lower()
        if word not in _SHORT and (unit := named(word)) is not None:
            yield unit
