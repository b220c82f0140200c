"""What receipts and invoices call their amounts, in the languages of Europe and South-East Asia.

Words are compared squeezed: without spaces, case, accents, and with letters for the digits that OCR
takes for them; a slip in a longer word is undone first ("Payak le", "Totel").
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

# What is to be paid in the end: after rounding, and after what was paid before.
DUE = re.compile(
    r"totaldue|amountdue|balancedue|duepayable|payable|amounttopay|totaltopay|topay|netapayer|apayer|zahlbetrag"
    r"|zuzahlen|zahlungsbetrag|uberweisungsbetrag|tebetalen|apagar|dapagare|dozaplaty|kwotanaleznosci|attbetala"
    r"|abetale|maksettava|kuhrade|fizetendo|jumlahbayar|totalbayar|应付|應付"
)
# The final amount is named as such.
FINAL = re.compile(
    r"grandtotal|invoicetotal|totalinvoice|billtotal|totalbill|round\w{0,3}total|total\w{0,6}round|afterround"
    r"|gesamtsumme|rechnungsbetrag|endbetrag|endsumme|rechnungssumme|bruttosumme|bruttobetrag|summebrutto"
    r"|gesamtbrutto|bruttogesamt|factuurbedrag|totalfactura|totalefattura|totaledocumento|jumlahbesar|totalbelanja"
    r"|合計|合计|总计|總計|总额|총액|합계"
)
# A total that holds the tax.
GROSS = re.compile(
    r"total\w{0,12}incl|incl\w{0,12}total|totalwith(?:tax|gst|vat)|totalttc|totaltvac|montanttotal|totalsales"
    r"|gesamtbetrag|totaal\w{0,6}incl|totaalbedrag|importetotal|valortotal|importototale|totalamount|totalamt"
    r"|amounttotal"
)
TOTAL = re.compile(
    r"total|totaal|totale|summe|gesamt|somme|suma|razem|summa|celkem|jumlah|ukupno|toplam|yhteensa|osszesen|spolu|ialt"
    r"|netamt|netamount|billamount|billamt|tongcong|tongtien|итого|всего|συνολο|ยอดสทธ|ยอดรวม|รวมทง"
)
# Another amount is named, even where a word for a total stands beside.
OTHER = re.compile(
    r"subt|zwischensumme|soustotal|totalht|totalhors|nettobetrag|nettosumme|summenetto|gesamtnetto|nettogesamt"
    r"|excl|before|without|ohne(?:mwst|ust)|netto(?!t)|horstaxe|horstva|totalqty|totalquantity|totalitem|totalpcs"
    r"|totalcount|suggested|totalno|totalline|savi|saving|discount|disc$|rabatt|skonto|remise|korting|change|wechselgeld"
    r"|ruckgeld|rendu|monnaie|vuelto|kembali|tendered|received|points?|deposit|anzahlung|acompte|voucher|coupon"
    r"|totaltax|totalgst|totalvat|taxtotal|gsttotal|vattotal|taxamount|gstamount|vatamount|gstpayable|taxpayable"
    r"|unitprice|einzelpreis|prixunitaire|steuerbetrag|steuerbasis|mwstbetrag|montanttva|totaltva|btwbedrag"
    r"|zuschlag|abschlag|servicecharge|svcchg|weight|positionssumme|itemtotal|supplies|bruttopreis|nettopreis|ubertrag|carriedforward"
)
# What also stands beside a true total: how it was paid, that tax is in it.
ASIDE = re.compile(
    r"cash|visa|master|debit|credit|card|paid|payment|tunai|bar$|bezahlt|tax|gst|vat|mwst|ust|tva|btw|iva|sst"
)
AMOUNT = re.compile(r"amount|betrag|montant|importe|importo|bedrag|kwota|due|price|preis")
CASH = re.compile(
    r"cash|tunai|tender|received|paid|payment|visa|master|card|bar(?:eur|chf|rm)?$|gegeben|nalich|hotovost|contant|especes|efectivo|dinheiro|gotowka|kontant"
)
CHANGE = re.compile(
    r"change|baki|kembali|ruckgeld|wechselgeld|rendu|balance|resto|troco|cambio|reszta|retur|terug|сдача|找零|お釣|vraceno"
)
TAX = re.compile(r"tax|gst|vat|mwst|steuer|ust|tva|btw|iva|sst|taks|moms|dph")
# The tax that a total holds, on a line of its own ("GST incl. in total"), and amounts without tax.
TAX_INSIDE = re.compile(
    r"(?<=tax|gst|vat|wst|ust|tva|iva|btw|sst)(?:amount)?(?:incl(?:uded|usive)?(?:in)?|enthalten(?:in)?|contained|comprise)(?:the)?(?:total)?"
)
UNTAXED = re.compile(
    r"excl|before|without|netto|ohne|hors|baseimpon|(?:tax|vat|gst|ust|tva|iva|btw)(?:id|no|nr|reg|num)"
)
SUBTOTAL = re.compile(r"subt|zwischensumme|soustotal")
ROUNDING = re.compile(r"round|pembulatan|arrondi|rundung|redondeo|afronding|oresavr")

INCLUSIVE = re.compile(
    r"incl?(?:usive|uded|uding)?(?:of)?(?:tax|gst|vat|mwst|ust|sst|tva|btw|iva)|(?:tax|gst|vat|mwst|ust|sst|tva|btw|iva)incl?(?:usive|uded)?"
)

_KNOWN = """
total subtotal payable amount inclusive included exclusive excluding rounding rounded change discount received balance
service charge tendered savings gesamtbetrag zwischensumme rechnungsbetrag bruttobetrag invoice
"""
_WORDS = tuple(_KNOWN.split())
_NAMES = re.compile("|".join(p.pattern for p in (DUE, FINAL, GROSS, TOTAL)))
_LETTERS = str.maketrans({"0": "o", "1": "l", "|": "l", "5": "s"})
_KEPT = re.compile(r"[^\w]|_")


@lru_cache(maxsize=8192)
def squeeze(text: str) -> str:
    """Letters only: no case, accents, spaces or punctuation; look-alike digits are letters, slips undone."""
    plain = unicodedata.normalize("NFKD", text.casefold()).replace("ß", "ss")
    plain = unicodedata.normalize("NFC", "".join(c for c in plain if not unicodedata.combining(c)))
    words = [_word(_KEPT.sub("", w)) for w in re.split(r"[\s:/()]+", plain)]
    for i in range(len(words) - 1):  # one word read as two: Payak le
        joined = words[i] + words[i + 1]
        if (
            len(joined) >= 7
            and min(len(words[i]), len(words[i + 1])) > 1
            and (known := _word(joined)) in _WORDS
        ):
            words[i], words[i + 1] = "", known
    return "".join(words)


@lru_cache(maxsize=8192)
def _word(word: str) -> str:
    """One word with look-alikes undone, without other digits, at most one slip from a known word."""
    if not any(c.isalpha() for c in word):
        return ""
    word = re.sub(r"(?<=[^\W\d_])[015|]|[015|](?=[^\W\d_])", lambda m: m[0].translate(_LETTERS), word)
    word = "".join(c for c in word if not c.isdigit())
    if len(word) < 5 or word in _WORDS:
        return word
    near = process.extractOne(word, _WORDS, scorer=OSA.distance, score_cutoff=1 if len(word) < 8 else 2)
    return near[0] if near else word


def names_total(words: str, due: bool = False) -> float:
    """How well squeezed words name the final amount: 3 says so, 2 a total, below 0 something else.

    Where both stand, "grand total" names the invoice's sum and "amount due" what is left to pay; `due`
    says that the latter is wanted.
    """
    if not words:
        return 0.0
    words = INCLUSIVE.sub("incl", words)
    final = DUE.search(words) or FINAL.search(words)
    if OTHER.search(words):
        return 0.3 if final and not re.search("subt|excl|before|netto|totalht|change", words) else -2.0
    if final:
        score = 3.0 if bool(DUE.search(words)) == due or (FINAL.search(words) and not due) else 2.8
    else:
        score = 2.7 if GROSS.search(words) else 2.0 if TOTAL.search(words) else 0.0
    if ASIDE.search(words):
        return score - 0.4 if score else -0.8
    return score or 0.7 * bool(AMOUNT.search(words))


def asks_due(label: str) -> bool:
    """Whether a question's label asks for what is left to pay."""
    return bool(
        re.search(r"\b(?:due|pay|payable|paid|owed)\b|zahl|payer|pagar|betalen", label, re.IGNORECASE)
    )


def asks_total(label: str) -> bool:
    """Whether a question's label asks for the final amount and for nothing more special."""
    words = re.sub(
        r"\b(?:the|of|final|overall|value|paid|amount|sum|price|cost|to|be|pay|payable|due|including|incl|with|"
        r"all|taxes|tax|vat|gst|der|die|das|le|la|el|il|de|het|invoice|receipt|bill|grand|net)\b",
        " ",
        label,
        flags=re.IGNORECASE,
    )
    rest = squeeze(words)
    whole = squeeze(label)
    if OTHER.search(whole):
        return False
    if not rest:
        return bool(re.search(r"amount|sum|due|pay", whole))
    return bool(_NAMES.fullmatch(rest) or _NAMES.fullmatch(whole))
