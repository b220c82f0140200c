"""The total of a receipt or an invoice: which of the amounts on a page is the one to pay.

Every number of the page is a candidate. Words left of it or over it say what it is (a grand total,
a subtotal, tax, cash, change); arithmetic between the amounts and their size settle the rest. The words
are a list in many languages, compared without spaces, case, accents and the digits that OCR takes for letters.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from triptych.layout import Layout, Segment
from triptych.values import Number, dates, numbers

# What names the final amount as such.
_FINAL = re.compile(
    r"grandtotal|totaldue|amountdue|balancedue|totalpayable|amountpayable|nett?payable|payabletotal|amounttopay"
    r"|totaltopay|topay|invoicetotal|totalinvoice|billtotal|totalbill|nett?total|netamt|nett?amount"
    r"|round\w{0,3}total|total\w{0,12}round|after(rounding|round)|totalamount|totalamt|amounttotal|totalsales"
    r"|total(?:\w{0,8})incl|incl\w{0,12}total|totalwithtax|totalwithgst|totalttc|totaltvac|netapayer|montanttotal|apayer"
    r"|gesamtbetrag|rechnungsbetrag|zahlbetrag|gesamtsumme|endbetrag|endsumme|bruttobetrag|rechnungssumme|zuzahlen"
    r"|summebrutto|gesamtbrutto|bruttosumme|bruttogesamt|gesamtpreis|fallig|zahlungsbetrag|forderung|uberweisungsbetrag"
    r"|totaaltebetalen|tebetalen|totaalincl|totaalbedrag|factuurbedrag|totalapagar|apagar|importetotal|valortotal"
    r"|totalfactura|totaledapagare|dapagare|totalefattura|totaledocumento|importototale|dozaplaty|kwotanaleznosci"
    r"|attbetala|abetale|maksettava|celkemkuhrade|fizetendo|jumlahbesar|jumlahbayar|totalbayar|totalbelanja"
    r"|合計|合计|总计|總計|应付|應付|実収|총액|합계|कुल"
)
_TOTAL = re.compile(
    r"t[oe]tal|totaal|totale|summe|gesamt|somme|razem|summa|celkem|jumlah|ukupno|toplam|yhteensa|osszesen|итого|小计"
)
# What names another amount. Weaker words stand in _ASIDE: they also occur beside a true total.
_OTHER = re.compile(
    r"sub-?t[oe]ta|subt|zwischensumme|soustotal|subtotaal|subtotale|totalht|totalhorstva|nettobetrag|nettosumme|summenetto"
    r"|gesamtnetto|nettogesamt|totalnet$|totalexcl|totalbefore|beforetax|beforegst|withouttax|excl|exclgst|excludinggst"
    r"|zzgl|ohne(?:mwst|ust)|netto|horstaxe|horstva|totalqty|totalquantity|totalitem|totalpcs|qtytotal|itemcount|totalcount"
    r"|noofitem|totalsaving|saving|discount|rabatt|skonto|remise|korting|change|wechselgeld|ruckgeld|rendu|monnaie|vuelto"
    r"|kembali|roundingadj|roundadj|rounding(?!total)|tendered|received|points?|deposit|anzahlung|acompte|voucher|coupon"
    r"|totaltax|totalgst|totalvat|taxtotal|gsttotal|taxamount|gstamount|vatamount|gstpayable|totaldisc|unitprice|einzelpreis"
    r"|lineitem|prixunitaire|steuerbetrag|mwstbetrag|montanttva|totaltva|btwbedrag|servicecharge|svcchg|servchg|totalweight"
)
_ASIDE = re.compile(
    r"cash|visa|master|debit|credit|card|paid|payment|tunai|bar$|bezahlt|tax|gst|vat|mwst|ust|tva|btw|iva|sst"
)
_AMOUNT = re.compile(r"amount|betrag|montant|importe|importo|bedrag|kwota|due|price|preis|total")
_CASH = re.compile(r"cash|tunai|tender|received|paid|payment|visa|master|card|bar$|gegeben")
_CHANGE = re.compile(r"change|baki|kembali|ruckgeld|wechselgeld|rendu|balance")
_LETTERS = str.maketrans({"0": "o", "1": "l", "|": "l", "5": "s", "ß": "ss"})
_CENT = Decimal("0.011")


@dataclass(frozen=True, slots=True)
class Total:
    """An amount that may be the total. `start, end` are characters of the page; so is `label`, if any."""

    start: int
    end: int
    number: Number
    label: Segment | None
    score: float


@dataclass(frozen=True, slots=True)
class _Amount:
    number: Number
    segment: Segment
    start: int
    row: str  # squeezed words left of the number
    head: str  # squeezed words over it
    label: Segment | None
    last: bool  # nothing but units stands right of it

    @property
    def value(self) -> Decimal:
        return self.number.readings[0]


def squeeze(text: str) -> str:
    """Letters only: no case, accents, spaces or punctuation; digits that look like letters are letters."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(c for c in plain if c.isalnum())
    mixed = re.sub(r"(?<=[^\W\d_])[015]|[015](?=[^\W\d_])", lambda m: m[0].translate(_LETTERS), kept)
    return "".join(c for c in mixed.replace("ß", "ss") if not c.isdigit())


def is_total_label(label: str) -> bool:
    """Whether a question's label asks for the final amount and for nothing more special."""
    words = squeeze(
        re.sub(r"\b(?:the|of|amount|sum|price|final|overall|value|paid|payable|due)\b", "", label, flags=re.I)
    )
    whole = squeeze(label)
    if _OTHER.search(whole) or _ASIDE.search(whole.replace("paid", "")):
        return False
    found = (
        _FINAL.fullmatch(whole)
        or _TOTAL.fullmatch(words)
        or words in ("grandtotal", "invoicetotal", "receipttotal")
    )
    return bool(found) or whole in (
        "amountdue",
        "totalamount",
        "amountpaid",
        "sum",
        "summe",
        "total",
        "totalcost",
    )


def totals(layout: Layout) -> list[Total]:
    """Candidates for the total of the page, best first; those without any word for a total score below 1."""
    amounts = _amounts(layout)
    if not amounts:
        return []
    decimals = sum(a.number.decimals == 2 for a in amounts)
    support = _arithmetic(amounts)
    sizes = sorted({a.value for a in amounts if _money_like(a, decimals)})
    bottom = max(s.y1 for s in layout.segments)
    scored = [
        Total(
            a.start,
            a.start + len(a.number.text),
            a.number,
            a.label,
            _score(a, decimals, sizes, support.get(a.value, 0.0)) + 0.3 * a.segment.middle / bottom,
        )
        for a in amounts
    ]
    return sorted(scored, key=lambda t: -t.score)


def _amounts(layout: Layout) -> list[_Amount]:
    found: list[_Amount] = []
    for segment in layout.segments:
        if not any(c.isdigit() for c in segment.text):
            continue
        days = [(d.start, d.end) for d in dates(segment.text)]
        for number in numbers(segment.text):
            if number.percent or any(a < number.end and number.start < b for a, b in days):
                continue
            if len(number.text) > 7 and number.text.isdigit():  # a code: no amount has eight bare digits
                continue
            found.append(_amount(layout, segment, number))
    return found


def _amount(layout: Layout, segment: Segment, number: Number) -> _Amount:
    prefix = segment.text[: number.start]
    here = layout.part(segment, segment.start + number.start, segment.start + number.end)
    left = layout.left_of(segment)
    label: Segment | None = next((s for s in left if len(squeeze(s.text)) > 1), None)
    if len(squeeze(prefix)) > 1:
        label = layout.part(segment, segment.start, segment.start + number.start)
    row = " ".join([*(s.text for s in reversed(left)), prefix])
    above = layout.above(here, 3.0)
    head = " ".join(s.text for s in above[:2])
    right = [s for s in layout.right_of(segment) if numbers(s.text)]
    last = not right and not numbers(segment.text[number.end :])
    if label is None and above:
        label = above[0]
    return _Amount(number, segment, segment.start + number.start, squeeze(row), squeeze(head), label, last)


def _money_like(amount: _Amount, decimals: int) -> bool:
    return amount.number.decimals == 2 or bool(amount.number.currency) or decimals < 2


def _naming(words: str) -> float:
    """How well words name the final amount: 3 says so, 2 a total, below 0 something else."""
    if not words:
        return 0.0
    if _OTHER.search(words):
        return (
            0.3 if _FINAL.search(words) and not re.search("subt|excl|before|netto|totalht", words) else -2.0
        )
    score = 3.0 if _FINAL.search(words) else 2.0 if _TOTAL.search(words) else 0.0
    if _ASIDE.search(words):
        score += -0.4 if score else -0.8
    elif not score and _AMOUNT.search(words):
        score = 0.7
    return score


def _score(amount: _Amount, decimals: int, sizes: list[Decimal], support: float) -> float:
    naming = _naming(amount.row)
    if naming == 0.0 and amount.head:
        naming = 0.6 * max(0.0, _naming(amount.head))
    score = naming + support
    if not _money_like(amount, decimals):
        score -= 1.5
    if not amount.last:
        score -= 0.4
    if sizes and naming > 0:
        rank = sum(s > amount.value for s in sizes)
        score += 0.6 if rank == 0 else 0.4 if rank == 1 else 0.1 if rank == 2 else -0.2
    if amount.value == 0:
        score -= 1.5
    return score


def _arithmetic(amounts: list[_Amount]) -> dict[Decimal, float]:
    """Support from sums: cash less change is the total; an amount printed again and again may be."""
    support: dict[Decimal, float] = {}
    cash = {a.value for a in amounts if _CASH.search(a.row)}
    change = {a.value for a in amounts if _CHANGE.search(a.row)}
    values = {a.value for a in amounts}
    for value in values:
        times = sum(a.value == value for a in amounts)
        support[value] = min(0.2 * (times - 1), 0.4)
        if any(abs(c - g - value) < _CENT for c in cash for g in change if g != value and c != g):
            support[value] += 0.8
    return support
