"""Key fields of receipts, invoices and forms by their words: total, date, invoice number, company.

Reads with the same rules as the extractive answerer (`answering`), so a box here and an answer there agree.
A field is named only on good evidence: a page that is no such paper, such as a report, gets none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np

from triptych.answering.fields import Field, fields, fields_at
from triptych.answering.labels import match_pattern
from triptych.answering.layout import Layout
from triptych.answering.totals import totals
from triptych.detectors._company import company
from triptych.errors import UserError
from triptych.types import Box, Page, PageText, Region
from triptych.values import code_key, codes, date_readings, dates

_MOST_WORDS, _MOST_CHARACTERS = (
    1000,
    20_000,
)  # a page with more is no receipt, and no form that people fill in
_FORM_WORDS = 500  # a date alone names a field on pages with at most as many words
# What must speak for a field. A total from 2: a word for one says so, and place or arithmetic do not deny it.
_SURE = {"date": 1.5, "total": 2.0, "invoice number": 1.5, "company": 1.5}
_TITLE_LENGTH = 90  # characters of a line that may say what a page is
_CODE_DIGITS = 4  # from which a value is surely a number of many
_OLDEST, _NEWEST = 1950, 2100  # years of such papers; others are two numbers that OCR joined

# What receipts and invoices call themselves, and what else is printed on them.
_PAPER = re.compile(
    r"invoice|receipt|\bbill\b|credit note|cash sale|guest check|rechnung|quittung|kassenbon|gutschrift|facture|\breçu\b|"
    r"\bticket\b|factura|recibo|fattura|ricevuta|scontrino|fatura|factuur|kassabon|\bbon\b|faktura|paragon|račun|"
    r"szamla|számla|\bkvitto\b|\bkuitti\b|\bstruk\b|\bnota\b|發票|发票|領収|請求書|영수증",
    re.I,
)
_TILL = re.compile(
    r"\b(?:cash|change|tendered|rounding|sub-?\s?total|grand total|(?:amount|total|balance) due|payable|qty|"
    r"cashier|gst|sst|vat|tax|mwst|ust|umsatzsteuer|zwischensumme|netto|brutto|gesamtbetrag|zahlbetrag|iban|tva|"
    r"ttc|montant|iva|importe|importo|btw|bedrag|kembali|tunai|total|summe|totaal)\b",
    re.I,
)
_CENTS = re.compile(r"\d[.,]\d\d(?!\d)")

_INVOICE = (
    r"(?:(?:tax|cash|sales|commercial)\s*)?(?:invoice|inv|receipt|rcpt|bill|check|slip|document|doc|credit note|"
    r"[a-zäöü]*rechnungs?(?:korrektur)?|gutschrifts?|belegs?|bon|facture|avoir|factura|fattura|factuur|faktura|ricevuta|recibo|kvitto)"
)
_NUMBER_LABEL = re.compile(
    rf"\b{_INVOICE}\s*(?:des? \w+\s*)?(?:\([^)]{{1,40}}\)\s*){{0,2}}[-./]?\s*"
    r"(?:no\b|n\.|nos\b|nr\b|num\b|number\b|nummer\b|numéro\b|numero\b|número\b|no?(?=[°º])|(?=[#№])|id\b)\.?"
    r"|\bno?[°º]\s*(?:de\s*)?factu\w+",
    re.I,
)
_SLIPPED = ("invoice no", "receipt no")  # looked for by likeness: INVDICE NO, Raceipt #
# Facture FA-2017-0009, Bill: 28544; but not: Abrechnung 2018
_TITLE = re.compile(rf"^\W*{_INVOICE}(?=[\s:：]+[A-Z]{{0,6}}[-/]?\d)(?!\s+(?:19|20)\d\d\b)", re.I)
_DATE_LABEL = re.compile(
    r"(?:\b(?:invoice|receipt|bill|tax|issue|doc(?:ument)?|trans(?:action)?|print(?:ed)?)\s*)?"
    r"\bdate\b(?:\s+(?:of\s+)?(?:the\s+)?(?:invoice|issue|receipt)|\s+(?:de\s+)?(?:la\s+)?(?:facture|facturation))?"
    r"|\b(?:[a-zäöü]*(?:rechnungs|beleg|ausstellungs)\s*-?\s*)?datum\b|\bfecha\b|\bdata\b|\bdato\b|日期",
    re.I,
)
_OTHER_DATE = re.compile(
    r"due|deliver|ship|birth|born|expir|valid|start|end\b|from|until|liefer|fällig|leistung|zahlung|geburt|gültig|"
    r"éch[ée]ance|livraison|vencimiento|entrega|scadenza|consegna|verval|lever|effective|received",
    re.I,
)
_DATED = re.compile(
    rf"(?:{_PAPER.pattern})[^\n]{{0,60}}?\b(?:vom|dated|issued|of|on|at|am|du|del|van)\s*$", re.I
)
_GLUED = re.compile(  # OCR lost the space before a time: 14/03/20185:57:07PM
    r"(?<!\d)(?<!\d[/.])(?:\d{1,2}([-/.])\d{1,2}\1(?:19|20)\d\d|(?:19|20)\d\d([-/.])\d\d\2\d\d)(?=\d{1,2}:\d\d)"
)
_TIME = re.compile(r"\b[0-2]?\d[:.][0-5]\d(?:[:.][0-5]\d)?\s?(?:[ap]\.?m\b)?", re.I)


class _Found(NamedTuple):
    spans: tuple[tuple[int, int], ...]
    score: float


def load(argument: str = "") -> Fields:
    """The detector. Raises UserError for an argument: it has none."""
    if argument:
        raise UserError(f"The detector 'fields' takes no argument, got '{argument}'. Type: fields")
    return Fields()


class Fields:
    """See `seams.Detector`. Looks at words only."""

    name = "fields"

    def regions(self, page: Page, pictures: Sequence[Box], image: np.ndarray | None) -> list[Region]:
        text = page.text
        if not 3 <= len(text.spans) <= _MOST_WORDS or len(text.text) > _MOST_CHARACTERS:
            return []
        paper = _is_paper(text.text)
        if not paper and not _may_have_date(text):
            return []
        layout = Layout(page)
        found = {"date": _date(layout, paper)}
        if paper:
            found |= {"total": _total(layout), "invoice number": _number(layout), "company": _company(layout)}
        return [
            _region(name, text, best.spans)
            for name, best in found.items()
            if best is not None and best.score >= _SURE[name]
        ]


def _is_paper(text: str) -> bool:
    """Whether a page is a receipt or an invoice: it says so in a short line, has words that belong to paying,
    and holds amounts with cents or the number of the paper."""
    lines = [line for line in text.split("\n") if len(line) <= _TITLE_LENGTH]
    numbered = any(map(_NUMBER_LABEL.search, lines))
    if not numbered and not _CENTS.search(text):
        return False
    words = {m[0].casefold() for m in _TILL.finditer(text)}
    return len(words) + 2 * any(map(_PAPER.search, lines)) + 2 * numbered >= 4


def _may_have_date(text: PageText) -> bool:
    return len(text.spans) <= _FORM_WORDS and bool(_DATE_LABEL.search(text.text))


def _region(name: str, text: PageText, spans: Sequence[tuple[int, int]]) -> Region:
    boxes = [box for span in spans for box in text.boxes_in(*span)]
    return Region(name, Box.around(boxes), " ".join(text.text[a:b] for a, b in spans))


def _total(layout: Layout) -> _Found | None:
    found = totals(layout)
    return _Found(((found[0].start, found[0].end),), found[0].score) if found else None


def _company(layout: Layout) -> _Found:
    return _Found(*company(layout))


def _number(layout: Layout) -> _Found | None:
    """The code after the label for the number of an invoice or receipt."""
    matches = [*match_pattern(layout, _NUMBER_LABEL), *match_pattern(layout, _TITLE)]
    labelled = fields_at(layout, matches, "invoice number")
    if not labelled:  # a label with an OCR slip in it
        text = layout.text.text
        likely = [found for label in _SLIPPED for found in fields(layout, label)]
        labelled = [f for f in likely if code_key(text[f.label.start : f.label.end]).endswith("n0")]
    best: _Found | None = None
    for field in labelled:
        span = _code(layout.text.text, field)
        if span is None:
            continue
        digits = sum(map(str.isdigit, layout.text.text[slice(*span)]))
        score = field.score + 0.25 * (digits >= _CODE_DIGITS)
        if best is None or score > best.score:
            best = _Found((span,), score)
    return best


def _code(text: str, field: Field) -> tuple[int, int] | None:
    """The first token of a field's value, when it has a digit and is neither a date nor a time."""
    start, end = field.spans[0]
    start += len(text[start:end]) - len(text[start:end].lstrip("#№°º:：[( "))
    value = text[start:end]
    token = re.match(r"[^\s,;]+", value)
    if token is None or not any(c.isdigit() for c in token[0]) or len(token[0]) < 2:
        return None
    days = dates(value)
    if (days and days[0].start == 0) or _GLUED.match(value) or _TIME.fullmatch(token[0]):
        return None
    length = token.end()
    following = [c for c in codes(value) if c.start == 0 and c.end > length]
    if following and " " in following[0].text:
        length = following[0].end
    return start, start + len(value[:length].rstrip(".:()[]"))


def _days(text: str) -> list[tuple[int, int, tuple[date, ...]]]:
    """(start, end, readings) of the days in a text, those with a time glued to them included."""
    found = [(d.start, d.end, d.readings) for d in dates(text)]
    found += [(m.start(), m.end(), date_readings(m[0])) for m in _GLUED.finditer(text)]
    return sorted(d for d in found if any(_OLDEST <= day.year <= _NEWEST for day in d[2]))


def _date(layout: Layout, paper: bool) -> _Found | None:
    """The day a paper was made: the date at its label, in its title, or the only one on a receipt."""
    best = _labelled_date(layout)
    if not paper or (best and best.score >= _SURE["date"]):
        return best
    text = layout.text.text
    days = _days(text)
    for start, end, _ in days:
        line = text[text.rfind("\n", 0, start) + 1 : (text.find("\n", end) + 1 or len(text) + 1) - 1]
        score = 1.1 + 0.5 * bool(_TIME.search(line))
        score += 0.6 * bool(_DATED.search(text[max(0, start - 120) : start]))
        score -= 0.7 * bool(_OTHER_DATE.search(line + _over(layout, start)))
        if best is None or score > best.score:
            best = _Found(((start, end),), score)
    if best and len({readings for *_, readings in days}) == 1:  # the only day that the paper names
        best = best._replace(score=best.score + 0.4)
    return best


def _over(layout: Layout, start: int) -> str:
    """The words over a place of the page: the head of its column."""
    home = next(s for s in layout.segments if s.start <= start < s.end)
    return " " + " ".join(s.text for s in layout.above(home, 6.0)[:2])


def _heads_column(layout: Layout, field: Field) -> bool:
    """Whether the label stands over a column of several dates: a table, not a field."""
    home = next(s for s in layout.segments if s.start <= field.spans[0][0] < s.end)
    return home.y0 > field.label.segment.middle and any(dates(s.text) for s in layout.below(home, 1.5)[:1])


def _labelled_date(layout: Layout) -> _Found | None:
    text = layout.text.text
    best: _Found | None = None
    for field in fields_at(layout, match_pattern(layout, _DATE_LABEL), "date", "date"):
        start, end = field.spans[0]
        days = _days(text[start:end])
        if not days or days[0][0] > 12 or not field.apart or _heads_column(layout, field):
            continue
        label = text[max(0, field.label.start - 14) : field.label.end + 14].split("\n")
        near = next(part for part in label if text[field.label.start : field.label.end] in part)
        score = field.score - 0.7 * bool(_OTHER_DATE.search(near)) + 0.5 * bool(_PAPER.search(near))
        if best is None or score > best.score:
            best = _Found(((start + days[0][0], start + days[0][1]),), score)
    return best
