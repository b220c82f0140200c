"""Kinds of values that papers name in many ways: what questions call them, what is printed, what they look like.

"When is invoice 4711 due?" finds *Fällig am 26. Januar 2021*, *Échéance 26/01/2021* and *Please pay by 26 Jan
2021*. A kind has a label in the languages of European papers, or a shape that needs none (an e-mail address).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from triptych.answering import shapes
from triptych.answering.layout import Span
from triptych.grounding.clock import TIME as CLOCK
from triptych.values import dates

DAY, CODE, NAME, MONEY = "day", "code", "name", "money"
IBAN, EMAIL, WEB, PHONE, TIME = "iban", "email", "web", "phone", "time"

_SHAPES = {
    IBAN: re.compile(r"\b[A-Z]{2} ?\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b"),
    EMAIL: re.compile(r"[\w.+-]+ ?@ ?[\w-]+(?:\.[\w-]+)+"),
    WEB: re.compile(r"\b(?:https?://|www\.)[\w./-]+\w", re.I),
    PHONE: shapes.PHONE,
    TIME: CLOCK,
    NAME: re.compile(r"[^\W\d_][^\n|:;]{1,79}"),
}
SHAPES = (IBAN, EMAIL, WEB, PHONE, TIME)  # of values that are nothing else
_BARE = (IBAN, EMAIL, WEB, TIME)  # a shape that says by itself what it is


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value. `asked` finds it in what a question asks for, `printed` its label on a page: squeezed
    words of a row for amounts, plain text otherwise."""

    name: str
    shape: str
    asked: re.Pattern[str]
    printed: re.Pattern[str]

    @property
    def bare(self) -> bool:
        return self.shape in _BARE


_plain = partial(re.compile, flags=re.IGNORECASE)

KINDS = (
    Kind(
        "due date",
        DAY,
        _plain(
            r"^(?:by )?when\b.*\b(?:due|to be paid|payable)$|^(?:by|until) (?:when|what date)\b.*\bpa(?:y|id)\b|\bdue date\b"
            r"|\b(?:payment )?deadline for pay\w+|^wann\b.*\b(?:fällig|zu (?:be)?zahlen|bezahlt werden)$|^bis wann\b.*\b(?:bezahlt|beglichen|zahlen|überwiesen|überweisen)\b|fälligkeit|zahlungsziel"
            r"|échéance|^(?:avant |pour )?quand\b.*\b(?:payer|payée?|réglée?|régler)\b|vencimiento|^(?:hasta )?cu[áa]ndo\b.*\b(?:vence|pagar|pagarse|pagada)\b|vervaldatum|scadenza"
        ),
        _plain(
            r"\b(?:payment )?due(?: date| on| by)?\b|\b(?:please )?(?:pay(?:able|ment)?|remit|settle) (?:by|before|until)\b"
            r"|fällig(?:keit(?:sdatum)?)?(?: am)?\b|zahlbar (?:bis|am)(?: zum)?|zahlungsziel|(?:date d['’])?[ée]ch[ée]ance\b"
            r"|à payer avant le|(?:fecha de )?vencimiento|verval ?datum|te betalen (?:voor|v[óo][óo]r)|uiterste betaaldatum"
            r"|(?:data di )?scadenza|termin płatności|förfallodatum"
        ),
    ),
    Kind(
        "delivery date",
        DAY,
        _plain(r"\bdelivery date\b|\bdate of (?:delivery|supply)\b|^when\b.*\bdelivered\b|lieferdatum|leverdatum"),
        _plain(
            r"\b(?:delivery|supply|service) date\b|\bdate of (?:delivery|supply)\b|\bdelivered(?: on)?\b|liefer ?datum"
            r"|leistungs ?datum|date de livraison|fecha de entrega|lever ?datum|data (?:di )?consegna"
        ),
    ),
    Kind(
        "date",
        DAY,
        _plain(
            r"\b(?:invoice|receipt|bill|issue) date\b|\bdate of (?:the )?(?:invoice|receipt|bill|issue)\b"
            r"|^when was (?:the )?(?:invoice|receipt|bill)\b.*\b(?:issued|made|dated|written|sent|printed)$|rechnungsdatum|factuurdatum|belegdatum"
            r"|^(?:von wann|wann)\b.*\b(?:rechnung|beleg|quittung)\b|^(?:de )?quand\b.*\bfacture\b|\bdate (?:de|d['’]) ?(?:la )?(?:facture|[ée]mission)\b"
            r"|^(?:de )?cu[áa]ndo\b.*\bfactura\b|\bfecha de (?:la )?(?:factura|emisi[óo]n)\b|\b(?:on )?(?:which|what) (?:day|date)\b.*\b(?:buy|bought|shop|shopped|purchase|eat|ate|visit)\w*\b"
        ),
        _plain(
            r"(?:^|(?<=[|·;] ))\W*(?:(?:invoice|issue|tax|bill|receipt) ?date|date of (?:issue|invoice)|issued(?: on)?|date|(?:rechnungs|beleg|ausstellungs)? ?-?datum"
            r"|date (?:de |d['’])(?:la )?(?:facture|[ée]mission)|fecha(?: de (?:la )?(?:factura|emisi[óo]n))?|factuur ?datum|data(?: (?:della )?fattura)?)(?= ?(?:[:\d]|$))"
        ),
    ),
    Kind(
        "vat number",
        CODE,
        _plain(r"\b(?:vat|tax|gst|btw|ust)\W?(?:reg\w*)?\W*(?:id\b|no\b|nr\b|num\w*)|\bust-?id|umsatzsteuer-?id|\btin\b"),
        _plain(
            r"\b(?:vat|gst)\b\.? ?(?:reg\w*\.? ?)?(?:no|nr|number|id)\b\.?|\btax (?:id|no|number)\b\.?|ust\.?-? ?id(?:ent)?(?:-?nr|\w*)?\.?"
            r"|umsatzsteuer-?id\w*(?:-?nr\.?)?|steuer ?nummer|steuer-?nr\.?|n[°º] ?(?:de )?tva|tva intracom\w*\.?|\b(?:nif|cif)\b|btw[- ]?(?:nummer|nr\.?|id)"
            r"|partita iva|p\.? ?iva\b"
        ),
    ),
    Kind(
        "customer number",
        CODE,
        _plain(r"\b(?:customer|client|account|debtor)(?:'s)?\W?(?:id\b|no\b|nr\b|num\w*|code)|kunden-?n|klantnummer|code client"),
        _plain(
            r"\b(?:customer|client|account)(?:'s)? ?(?:no\b|number|nr\b|id\b|code|#)\.?|kunden ?-?(?:nummer|nr\.?)"
            r"|n[°º] ?(?:de )?client|code client|n[úu]mero de cliente|n[°º] ?cliente|c[óo]digo (?:de )?cliente"
            r"|klant(?:en)? ?(?:nummer|nr\.?)|debiteur(?:en)? ?(?:nummer|nr\.?)|codice cliente"
        ),
    ),
    Kind(
        "order number",
        CODE,
        _plain(r"\b(?:purchase )?(?:order|po)\W?(?:id\b|no\b|nr\b|num\w*|ref)|bestellnummer|ordernummer|numéro de commande"),
        _plain(
            r"\b(?:purchase |your |customer )?(?:order|po) ?(?:no\b|number|nr\b|id\b|ref\w*|#)\.?|\byour order\b|bestell ?-?(?:nummer|nr\.?)"
            r"|ihre bestellung|auftrags ?-?(?:nummer|nr\.?)|n[°º] ?(?:de )?commande|votre commande|pedido n[°º.]?|n[úu]mero de pedido|su pedido"
            r"|order ?nummer|bestel ?nummer|uw bestelling"
        ),
    ),
    Kind(
        "receipt number",
        CODE,
        _plain(r"\b(?:receipt|ticket|transaction|docket|bon)\W?(?:id\b|no\b|nr\b|num\w*)|belegnummer|bonnummer"),
        _plain(
            r"\b(?:receipt|ticket|trans(?:action)?|docket|check|rcpt|slip) ?(?:no\b|number|nr\b|n[°º]|id\b|#)\.?"
            r"|\b(?:receipt|ticket|docket|beleg|bon)\b(?=[ :#]+\d)|\bbon ?-?(?:nummer|nr)\.?|beleg ?-?(?:nummer|nr)\.?|quittung\w* ?-?nr\.?"
        ),
    ),
    Kind(
        "invoice number",
        CODE,
        _plain(
            r"\brechnungs ?-?(?:nummer|nr)\b|\bnummer der rechnung\b|\bnum[ée]ro de (?:la )?facture\b|\bfacture (?:num[ée]ro|n[°º])"
            r"|\bn[úu]mero de (?:la )?factura\b|\bfactuur ?nummer\b|\bnumero (?:della )?fattura\b"
        ),
        _plain(
            r"\brechnung(?:s ?-?(?:nummer|nr\.?)|(?:en)? (?:nr\.?|nummer|no\.?))|\b(?:facture|factura) (?:n[°ºo]?\.?|num[ée]ro|n[úu]mero)(?!\w)|\bn[°º]\.? (?:de )?(?:la )?factur[ae]\b"
            r"|\bn(?:um[ée]ro|[úu]mero) de (?:la )?factur[ae]\b|\bfactuur ?(?:nummer|nr\.?)|\binvoice (?:no|number|nr|#)\b\.?|\bfattura n[.°]?"
        ),
    ),
    Kind("iban", IBAN, _plain(r"\biban\b|\bbank account\b|\baccount (?:do|should|can|to)\b"), _plain(r"\biban\b")),
    Kind("bic", CODE, _plain(r"\bbic\b|\bswift\b"), _plain(r"\bbic\b|\bswift(?: code)?\b")),
    Kind("fax", PHONE, _plain(r"\bfax (?:number|no\b|nr\b|#)|\bfax ?nummer|^what is the fax\b|num[ée]ro de fax"), _plain(r"\b(?:tele)?fax\b(?: ?(?:no|nr|number)\b)?\.?")),
    Kind(
        "phone",
        PHONE,
        _plain(r"\b(?:tele)?phone\b|\btelefon\w*|\btéléphone\b|\bteléfono\b|\btel\b"),
        _plain(
            r"\b(?:tele)?phone\b(?: ?(?:no|number)\b)?\.?|\btel\b\.?(?: ?no\b\.?)?|\btelefo+n\w*|\bt[ée]l[ée]?phone\b|\bt[ée]l\b\.?"
            r"|\btel[ée]fono\b|\bmob(?:ile|il)\b\.?|\bfon\b|(?:^|(?<=[·|] ))T\b(?=[.: ]+[+(\d])"
        ),
    ),
    Kind("email", EMAIL, _plain(r"\be-?mail\b|\bcourriel\b"), _plain(r"\be-?mail\b|\bcourriel\b|\bcorreo\b")),
    Kind("website", WEB, _plain(r"\bweb ?(?:site|address|page)\b|\burl\b"), _plain(r"\bweb(?:site)?\b|\binternet\b")),
    Kind("time", TIME, _plain(r"^(?:at |um )?what time\b|\btime of (?:the )?(?:receipt|purchase)\b"), _plain(r"\btime\b|\buhrzeit\b|\bheure\b|\bhora\b")),
    Kind(
        "cashier",
        NAME,
        _plain(r"^who (?:served|was (?:the |my )?(?:cashier|operator|waiter|server))|\bcashier\b|\bwait(?:er|ress)\b"),
        _plain(
            r"\bcashier\b|\bserved by\b|\byour (?:server|host)\b|\bserver\b|\boperator\b|es bediente sie|\bbedienung\b|\bkassierer(?:in)?\b"
            r"|\bcaissi(?:er|ère)\b|\bserveur\b|le atendi[óo]|\bcajer[oa]\b|\bkassier\b|\bmedewerker\b"
        ),
    ),
    Kind(
        "customer",
        NAME,
        _plain(
            r"^(?:to )?whom? (?:is|was)\b.*\b(?:addressed|billed|sent|made out)(?: to)?$|^who (?:is|was) (?:the )?(?:customer|client|buyer|recipient)\b"
            r"|\bname of the (?:customer|client|buyer|recipient)\b"
        ),
        _plain(
            r"^\W*(?:bill(?:ed)? to|invoice(?:d)? to|sold to|customer|client|buyer|rechnungs ?empfänger|rechnung an|kunde|käufer|factur[ée]+ à|destinataire|client"
            r"|facturar a|cliente|factuur ?adres|aan|klant|destinatario|spett(?:\.le|abile))\s*(?::|$)"
        ),
    ),
    Kind(
        "net amount",
        MONEY,
        _plain(
            r"\bsub-?total\b|\bnet (?:amount|total|sum|price|value)\b|\b(?:before|without|excluding|excl\.?|ex) (?:the )?(?:tax|vat|gst)\w*\b|\bnetto\w*"
            r"|\bmontant ht\b|\btotal ht\b|\bbase imponible\b"
        ),
        re.compile(
            r"subt(?!axe)|totalnett?o?$|^nettotal|zwischens|zwischentotal|soustotal|nett?o?(?:amount|betrag|summe|wert|total)|summenetto|gesamtnetto|nettogesamt|(?:total|montant|base)ht"
            r"|baseimponible|excl|beforetax|horstaxe|imponibile|^netto$"
        ),
    ),
    Kind(
        "tax",
        MONEY,
        _plain(r"(?<!income )(?<!deferred )(?<!corporate )(?<!incl )(?<!incl. )(?<!including )(?<!with )(?<!inclusive of )(?:\b(?:sales )?tax(?:es)?\b|\bvat\b|\bgst\b|\bmwst\b|\bumsatzsteuer\b|\bmehrwertsteuer\b|\btva\b|\biva\b|\bbtw\b)"),
        re.compile(r"tax|gst|vat|mwst|steuer|ust|tva|btw|iva|sst|moms"),
    ),
    Kind(
        "balance",
        MONEY,
        _plain(
            r"\bbalance\b|\bamount (?:payable|outstanding|left)\b|^how much\b.*\b(?:still|left|outstanding|remain\w*)\b|\brestbetrag\b|\boutstanding\b|\bstill (?:open|due|owed|unpaid|to pay)\b|\bnoch (?:offen|zu zahlen)\b"
        ),
        re.compile(
            r"balance|amountpayable|lefttopay|restbetrag|nochzuzahlen|offenerbetrag|resteapayer|soldedu|pendiente|restoapagar|nogtebetalen|openstaand|outstanding|remaining|residual$"
        ),
    ),
    Kind(
        "deposit",
        MONEY,
        _plain(r"\bdeposit\b|\badvance\b|\bprepa(?:id|yment)\b|\bdown ?payment\b|\balready (?:been )?paid\b|\banzahlung\b|\bacompte\b|\banticipo\b|\baanbetaling\b"),
        re.compile(r"deposit|anzahlung|acompte|anticipo|acuenta|aanbetaling|reedsbetaald|alreadypaid|inadvance|prepa|advance|voraus|arrhes|acconto|downpayment"),
    ),
    Kind(
        "discount",
        MONEY,
        _plain(r"\bdiscount\b|\brabatt\b|\bremise\b|\bdescuento\b|\bkorting\b|\bsconto\b"),
        re.compile(r"discount|rabatt|nachlass|remise|descuento|korting|skonto|sconto"),
    ),
    Kind(
        "shipping",
        MONEY,
        _plain(r"\b(?:shipping|postage|freight|carriage|delivery (?:cost|charge|fee)s?)\b|\bversand\w*"),
        re.compile(r"shipping|postage|freight|carriage|^delivery|versand|porto|fracht|fraisdeport|livraison|portes|gastosdeenvio|verzend|bezorg|spedizione"),
    ),
    Kind(
        "change",
        MONEY,
        _plain(r"\bchange\b|\brückgeld\b|\bwechselgeld\b|\bmonnaie\b|\bcambio\b|\bwisselgeld\b"),
        re.compile(r"change|baki|kembali|ruckgeld|wechselgeld|rendu|monnaie|cambio|vuelto|troco|wisselgeld|resto$|retour|terug"),
    ),
    Kind(
        "cash",
        MONEY,
        _plain(r"\bcash\b"),
        re.compile(r"cash|tender|^bar(?:geld)?$|gegeben|especes|efectivo|contant|tunai|nalich|hotovost"),
    ),
    Kind(
        "tip",
        MONEY,
        _plain(r"\btips?\b|\bgratuity\b|\btrinkgeld\b|\bpourboire\b|\bpropina\b|\bfooi\b"),
        re.compile(r"^tip|tip$|gratuity|trinkgeld|pourboire|propina|fooi|mancia"),
    ),
    Kind(
        "service charge",
        MONEY,
        _plain(r"\bservice (?:charge|fee)\b"),
        re.compile(r"servicecharge|servicefee|svcchg|bedienungszuschlag"),
    ),
    Kind("rounding", MONEY, _plain(r"\brounding\b"), re.compile(r"round|pembulatan|arrondi|rundung|redondeo|afronding")),
)  # fmt: skip
# What parts what is asked for from where: "how much tax did I pay | at Pete's Diner".
_HEAD = re.compile(
    r"\s(?:on|of|at|in|from|for|der|des|von|vom|auf|für|bei|de|du|sur|del|van|op)\s", re.IGNORECASE
)
_SMALL = re.compile(
    r"\b(?:when|what|which|who|whom|how|much|many|is|are|was|were|do|does|did|have|has|had|should|can|must|i|we|you|me|my|our|us|to|by|the|a|"
    r"pay|paid|get|got|back|give|given|hand|handed|over|serve|served|owe|owed|still|left|issued|addressed|billed|made|out|sent|due|payable|"
    r"wie|viele?|ist|sind|steht|stehen|beträgt|lautet|der|die|das|den|dem|des|auf|für|von|vom|bei|muss|müssen|wir|ich|bis|wann|wer|was|welche[rsnm]?|rechnung"
    r"|quelle?|est|sont|combien|sur|la|le|les|du|des?|facture|nous|devons|cu[áa]l|cu[áa]nto|es|son|el|los|las|del?|en|factura"
    r"|number|no|nr|address|amount|value|date|it|that|there|include|included|charge|charged|on|of|at|in|from|for)\b['’]?s?",
    re.IGNORECASE,
)


# What a kind may be said to have: "the amount of the tax", "la date de la facture".
_OF_IT = re.compile(
    r"\b(?:amount|sum|value|date|number|montant|somme|num[ée]ro|importe|suma|fecha|n[úu]mero|betrag|höhe|datum|nummer)"
    r" (?:of|de|del|du|d['’]|der|des|vom|von) ?(?:the |la |le |l['’]|el |der |die |das )?",
    re.IGNORECASE,
)


def kind_of(asked: str) -> tuple[Kind, str] | None:
    """The kind that a question asks for, and the words that say where; None for none."""
    of = _OF_IT.search(asked)
    part = _HEAD.search(asked, of.end() if of else 0)
    head = part.start() if part else len(asked)
    for kind in KINDS:
        hit = kind.asked.search(asked)
        if hit is None or _in_name(asked, hit):
            continue
        if hit.start() < head or hit.end() == len(asked):
            spent = slice(hit.end(), hit.end()) if hit.end() - hit.start() > head else slice(*hit.span())
            rest = asked[: spent.start] + " " + asked[spent.stop :]
            return kind, " ".join(_SMALL.sub(" ", rest).split())
    return None


_OWNER = re.compile(r"['’]s?\b")


def _in_name(asked: str, hit: re.Match[str]) -> bool:
    """Whether a word is part of a name: Harbour Freight's."""
    before = asked[: hit.start()].split()
    named = len(before) > 1 and before[-1].istitle() and hit[0].istitle()
    return named or _OWNER.match(asked, hit.end()) is not None


COST, UNIT, MANY = "cost", "unit", "many"
_ASKED = (
    (COST, re.compile(r"^how much (?:did|does|do|was|were|is|are)(?: the| an?)? (?P<item>.+?) (?:come to|cost|amount to|add up to)\b(?P<rest>.*)$", re.I)),
    (COST, re.compile(r"^what (?:is|was) the (?:line )?(?:amount|total|cost)(?: charged| paid)? for(?: the| an?)? (?P<item>.+?)(?P<rest> (?:on|at|in) .+)$", re.I)),
    (COST, re.compile(r"^(?:was|wie ?viel) (?:hat|haben|kostet|kosten|kostete)(?: die| der| das)? (?P<item>.+?)(?: gekostet)?(?P<rest> (?:auf|bei|in) .+)$", re.I)),
    (UNIT, re.compile(r"^(?:was|wie hoch|wie) (?:ist|war) der (?:einzel|st[üu]ck)preis (?:von|der|des|für)(?: die| der| das| den)? (?P<item>.+?)(?P<rest> (?:auf|bei|in|von) .+)$", re.I)),
    (UNIT, re.compile(r"^(?:quel (?:est|[ée]tait)|cu[áa]l (?:es|era)) (?:le |el )?(?:prix unitaire|precio unitario) d[eu](?: la| l['’])? ?(?P<item>.+?)(?P<rest> (?:sur|chez|en|de|dans) .+)$", re.I)),
    (MANY, re.compile(r"^(?:what|which) (?:quantity|number|amount) of(?: the)? (?P<item>.+?) (?:did (?:i|we) (?:buy|order|get|pay for)|was (?:bought|ordered)|is|are|was|were)\b(?P<rest>.*)$", re.I)),
    (MANY, re.compile(r"^what (?:is|was) the (?:quantity|number) of(?: the)? (?P<item>.+?)(?P<rest> (?:on|at|in) .+)$", re.I)),
    (COST, re.compile(r"^(?:what|how much) (?:did|does|do|was|were)(?: the| an?)? (?P<item>.+?) cost(?: me| us)?\b(?P<rest>.*)$", re.I)),
    (UNIT, re.compile(r"^what (?:is|was) the (?:unit )?price of(?: the| an?)? (?P<item>.+?)(?P<rest> (?:on|at) .+)$", re.I)),
    (
        MANY,
        re.compile(
            r"^how many (?P<item>.+?) (?:are|were|is|was|did (?:i|we) (?:buy|order|get|pay for))\b(?P<rest>.*)$", re.I
        ),
    ),
)  # fmt: skip
_ON_PAPER = re.compile(r"\b(?:on|at|from|in)\b", re.I)


@dataclass(frozen=True, slots=True)
class Item:
    """An article that a question asks for: its name, what is asked of it, and the words that say where."""

    name: str
    wanted: str
    context: str


def item_of(asked: str) -> Item | None:
    """The article that a question asks for; None for none."""
    for wanted, pattern in _ASKED:
        if (m := pattern.match(asked)) and _ON_PAPER.search(m["rest"]):
            return Item(m["item"], wanted, m["rest"])
    return None


def shaped(shape: str, text: str) -> Iterator[Span]:
    """Places in `text` that look like a value of that shape."""
    if shape == DAY:
        yield from ((d.start, d.end) for d in dates(text))
    elif shape == CODE:
        yield from _codes(text)
    else:
        for m in _SHAPES[shape].finditer(text):
            yield m.start(), m.start() + len(m[0].rstrip(" .,-–·|("))


def _codes(text: str) -> Iterator[Span]:
    """Codes that are no day: whole tokens with a digit, groups of digits that belong together joined."""
    days = [(d.start, d.end) for d in dates(text)]
    for m in re.finditer(r"[^\s,;|·]*\d[^\s,;|·]*", text):
        if not any(a < m.end() and m.start() < b for a, b in days):
            lead = len(m[0]) - len(m[0].lstrip("#№°º:.([-"))
            yield m.start() + lead, m.start() + len(m[0].rstrip(".,:;)]-"))
