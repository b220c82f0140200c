"""Invoices: two looks of one company, a joinery with a near total, and a German one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from sheet import BOLD, SANS, Sheet

RED, BLUE, GREEN = "#c8102e", "#1f4fa3", "#2f7d4f"
Logo = Callable[[Sheet, float, float, str], None]


@dataclass(frozen=True)
class Language:
    """The printed words of an invoice and how it writes amounts."""

    invoice: str = "INVOICE"
    number: str = "Invoice no."
    date: str = "Date"
    due: str = "Due date"
    bill_to: str = "Bill to"
    columns: tuple[str, ...] = ("Description", "Qty", "Unit price", "Amount")
    subtotal: str = "Subtotal"
    tax: str = "Sales tax"
    total: str = "Total"
    currency: str = "${}"
    comma: bool = False

    def amount(self, value: Decimal) -> str:
        text = f"{value:,.2f}"
        return text.translate(str.maketrans(",.", ".,")) if self.comma else text

    def money(self, value: Decimal) -> str:
        return self.currency.format(self.amount(value))


ENGLISH = Language()
BRITISH = Language(tax="VAT", currency="£{}")
GERMAN = Language(
    "RECHNUNG", "Rechnungs-Nr.", "Datum", "Fällig am", "Rechnung an",
    ("Bezeichnung", "Menge", "Einzelpreis", "Betrag"), "Zwischensumme", "MwSt.", "Gesamtbetrag", "{} €", True,
)  # fmt: skip


@dataclass(frozen=True)
class Invoice:
    seller: str
    line: str  # under the seller's name
    address: tuple[str, ...]
    logo: Logo
    color: str
    number: str
    date: str
    due: str
    customer: tuple[str, ...]
    items: tuple[tuple[str, int, str], ...]  # description, quantity, unit price
    tax_percent: str
    note: str
    language: Language = ENGLISH

    @property
    def subtotal(self) -> Decimal:
        return sum((quantity * Decimal(price) for _, quantity, price in self.items), Decimal(0))

    @property
    def tax(self) -> Decimal:
        share = self.subtotal * Decimal(self.tax_percent) / 100
        return share.quantize(Decimal("0.01"), ROUND_HALF_UP)

    @property
    def total(self) -> Decimal:
        return self.subtotal + self.tax


def draw(invoice: Invoice) -> Sheet:
    """One A4 page with the total, number, date and due date marked."""
    sheet = Sheet(title=f"{invoice.language.invoice.title()} {invoice.number}", author=invoice.seller)
    _head(sheet, invoice)
    y = _items(sheet, invoice)
    _sums(sheet, invoice, y + 18)
    sheet.line((56, 752), (539, 752), color="#cccccc")
    sheet.paragraph(56, 770, invoice.note, 483, 8.5, color="#666666")
    return sheet


def _head(sheet: Sheet, invoice: Invoice) -> None:
    words = invoice.language
    invoice.logo(sheet, 56, 52, invoice.color)
    sheet.text(124, 76, invoice.seller, 19, BOLD)
    sheet.text(124, 93, invoice.line, 9.5, color="#666666")
    for i, line in enumerate(invoice.address):
        sheet.text(539, 64 + 13 * i, line, 9, color="#555555", align="right")
    sheet.line((56, 128), (539, 128), color=invoice.color, stroke=1.6)
    sheet.text(56, 172, words.invoice, 25, BOLD, invoice.color)
    sheet.text(56, 206, words.bill_to, 9, BOLD, "#888888")
    for i, line in enumerate(invoice.customer):
        sheet.text(56, 221 + 14 * i, line, 10.5, BOLD if i == 0 else SANS)
    facts = ((words.number, invoice.number, "number"), (words.date, invoice.date, "date"),
             (words.due, invoice.due, "due"))  # fmt: skip
    for i, (label, value, mark) in enumerate(facts):
        y = 206 + 17 * i
        sheet.text(358, y, label, 10, color="#888888")
        sheet.text(539, y, value, 10.5, BOLD, align="right", mark=mark)


def _items(sheet: Sheet, invoice: Invoice) -> float:
    words = invoice.language
    y = 306.0
    sheet.rect(56, y - 16, 483, 24, fill=invoice.color)
    rights = (None, 360.0, 450.0, 531.0)
    for label, right in zip(words.columns, rights, strict=True):
        sheet.text(right or 64, y, label, 9.5, BOLD, "#ffffff", align="right" if right else "left")
    for i, (description, quantity, price) in enumerate(invoice.items):
        y += 26
        if i % 2:
            sheet.rect(56, y - 17, 483, 26, fill="#f5f5f3")
        cells = (
            description,
            str(quantity),
            words.amount(Decimal(price)),
            words.amount(quantity * Decimal(price)),
        )
        for cell, right in zip(cells, rights, strict=True):
            sheet.text(right or 64, y, cell, 10, align="right" if right else "left")
    return y


def _sums(sheet: Sheet, invoice: Invoice, y: float) -> None:
    words = invoice.language
    sheet.line((56, y - 6), (539, y - 6), color="#cccccc")
    percent = f"{invoice.tax_percent} %".replace(".", "," if words.comma else ".")
    rows = ((words.subtotal, invoice.subtotal), (f"{words.tax} {percent}", invoice.tax))
    for label, value in rows:
        y += 20
        sheet.text(360, y, label, 10, color="#666666")
        sheet.text(531, y, words.amount(value), 10, align="right")
    sheet.rect(346, y + 12, 193, 30, fill="#f0efec", radius=3)
    sheet.text(360, y + 32, words.total, 12, BOLD)
    sheet.text(531, y + 32, words.money(invoice.total), 13, BOLD, invoice.color, align="right", mark="total")


def anvil(sheet: Sheet, x: float, y: float, color: str) -> None:
    """A rounded tile with an anvil."""
    sheet.rect(x, y, 54, 54, fill=color, radius=9)
    top = ((9, 17), (46, 17), (46, 25), (36, 28), (33, 34), (39, 40), (39, 44), (16, 44), (16, 40), (22, 34),
           (20, 27), (13, 25))  # fmt: skip
    sheet.polygon(*((x + a, y + b) for a, b in top), fill="#ffffff")


def rings(sheet: Sheet, x: float, y: float, color: str) -> None:
    """Year rings of a tree."""
    for radius, fill in ((27, color), (21, "#ffffff"), (17, color), (11, "#ffffff"), (7, color)):
        sheet.circle(x + 27, y + 27, radius, fill=fill)


def leaf(sheet: Sheet, x: float, y: float, color: str) -> None:
    """Two leaves on a stem."""
    sheet.line((x + 27, y + 54), (x + 27, y + 18), color=color, stroke=3)
    sheet.polygon((x + 27, y + 40), (x + 6, y + 32), (x + 2, y + 12), (x + 22, y + 20), fill=color)
    sheet.polygon((x + 27, y + 30), (x + 48, y + 22), (x + 52, y + 2), (x + 32, y + 10), fill=color)


_ACME = ("ACME Corp", "Anvils, springs and sensible machines",
         ("400 Foundry Road", "Cedar Falls, OH 44001", "billing@acme.example"))  # fmt: skip
_ACME_NOTE = (
    "Payment within 30 days by bank transfer to First Cedar Bank, account 000 114 882, quoting the invoice number. "
    "Goods remain the property of ACME Corp until paid in full."
)

INVOICES = {
    "invoice-1042.pdf": Invoice(
        *_ACME, anvil, RED, "INV-1042", "2024-03-14", "2024-04-13",
        ("Blue Door Bakery", "17 Mill Lane", "Cedar Falls, OH 44003"),
        (("Dough hook, stainless, 20 quart", 2, "34.00"), ("Replacement spring, 8 mm", 4, "8.27"),
         ("Delivery", 1, "18.00")), "8.75", _ACME_NOTE,
    ),
    "invoice-1043.pdf": Invoice(
        *_ACME, anvil, BLUE, "INV-1043", "2024-03-19", "2024-04-18",
        ("Summit Cycle Works", "2 Station Square", "Eastlake, OH 44095"),
        (("Bench vice, 5 inch jaw", 2, "89.00"), ("Spoke tension meter", 3, "39.06"),
         ("Delivery", 1, "25.00")), "8.75", _ACME_NOTE,
    ),
    "invoice-1031.pdf": Invoice(
        *_ACME, anvil, RED, "INV-1031", "2024-01-29", "2024-02-28",
        ("Blue Door Bakery", "17 Mill Lane", "Cedar Falls, OH 44003"),
        (("Oven door gasket, 2 m", 3, "14.90"), ("Proofing basket, round", 5, "9.60")), "8.75", _ACME_NOTE,
    ),
    "invoice-hp-2207.pdf": Invoice(
        "Harbour & Pine", "Joinery and fitted furniture",
        ("Unit 6, The Old Ropeworks", "Whitcombe, WH3 9QT", "office@harbourpine.example"),
        rings, RED, "HP-2207", "12 February 2024", "11 March 2024",
        ("Whitcombe Public Library", "1 Market Street", "Whitcombe, WH1 2AA"),
        (("Oak shelving, per metre", 12, "62.50"), ("Reading bench, solid ash", 2, "112.00"),
         ("Fitting and removal of old shelves", 1, "105.17")), "20",
        "Please pay within 28 days. Harbour & Pine Ltd, registered in Whitcombe, VAT no. 000 4411 92.", BRITISH,
    ),
    "rechnung-0815.pdf": Invoice(
        "Gärtnerei Lindenhof", "Stauden, Gehölze, Gartenpflege",
        ("Am Lindenhof 3", "54321 Musterstadt", "kontor@lindenhof.example"),
        leaf, GREEN, "2024-0815", "22.04.2024", "06.05.2024",
        ("Café Morgenrot", "Brückenstraße 11", "54322 Musterstadt"),
        (("Lavendel, Topf 14 cm", 4, "12.50"), ("Kübel, Ton, 40 cm", 2, "18.90"),
         ("Lieferung und Aufbau", 1, "21.02")), "19",
        "Zahlbar innerhalb von 14 Tagen ohne Abzug. Bankverbindung: Volksbank Musterstadt, "
        "IBAN DE00 0000 0000 0000 0000 00.", GERMAN,
    ),
}  # fmt: skip
