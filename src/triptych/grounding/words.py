"""Words that open sentences without naming anything, and words that are numbers."""

from __future__ import annotations

from triptych.words import language, tokens

_ONES = "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
# Beside English only words that are no others there or elsewhere: "six" and "elf", but not "neuf", "once" or "sei".
_OTHERS = {
    "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10, "elf": 11,
    "zwölf": 12, "dreizehn": 13, "vierzehn": 14, "fünfzehn": 15, "sechzehn": 16, "siebzehn": 17, "achtzehn": 18, "neunzehn": 19,
    "zwanzig": 20, "vierzig": 40, "fünfzig": 50, "sechzig": 60, "siebzig": 70, "achtzig": 80, "neunzig": 90, "dreißig": 30, "hundert": 100, "tausend": 1000,
    "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "sept": 7, "huit": 8, "dix": 10, "onze": 11, "douze": 12, "treize": 13, "quatorze": 14, "quinze": 15, "vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60,
    "tres": 3, "cuatro": 4, "cinco": 5, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10, "doce": 12, "trece": 13, "catorce": 14, "veinte": 20, "treinta": 30,
    "quattro": 4, "cinque": 5, "otto": 8, "dieci": 10, "venti": 20, "trenta": 30, "twee": 2, "vijf": 5, "zes": 6, "zeven": 7,
    "negen": 9, "tien": 10, "twaalf": 12, "twintig": 20, "dertig": 30, "dozen": 12, "hundred": 100, "thousand": 1000,
}  # fmt: skip


def _number_words() -> dict[str, int]:
    found = {word: n for n, word in enumerate(_ONES.split(), 2)}
    tens = {word: 10 * n for n, word in enumerate(_TENS.split(), 2)}
    ones = {"one": 1, **{word: n for word, n in found.items() if n < 10}}
    found |= tens | {f"{ten}-{one}": a + b for ten, a in tens.items() for one, b in ones.items()}
    return found | _OTHERS


# "One" is left out: it is as often somebody as a number.
NUMBER_WORDS = _number_words()

_GENERIC = """
versus vs against compared allowed permitted respectively namely
a about above according account accounting across added addition additional additionally address adjusted after again
against age all almost along already also although altogether always am amid among amount amounts an analysis and annual
annually another answer any anyone anything apart apparently application applications approximately are area areas around
as aside asset assets associated assuming at authors available average back balance balances based because become been
before beginning behalf behind below beneath benefits beside besides best between beyond bill billing board book both bottom
brand budget business but buyer buyers by calculated call can capital card care carrier case cash category cause caused
cell cent center central certain change changes charge charges chart check chief children city class clause client
clients close closing code codes collectively column combined comment comments common commission companies company
compared comparing complete concerning conclusion condition conditions consequently considering contact content contents
continued contract contracts contrary conversely copy cost costs could count country coverage credit currency current
currently customer customers daily data date dated dates day days dear debt decision declared deliveries delivered
delivery demand department depreciation despite detail details did difference direct director disclosed discount
discounts distribution dividends do document documents does dollar dollars done down due during duration each earlier
earliest earnings eight either else employee employees employer end ending enough entries entry equally equity error
especially essentially even event eventually every everyone everything evidence evidently exactly example except excess
excluding exhibit expected expenditure expenditures expense expenses experience extent fact factors far fax fee fees few
field figure figures file filed filing final finally financial first fiscal five fixed following follows for foreign form
formally former forms found four fourth free from full fully further furthermore general generally given goods government
grand gross group growth guests had half has have having he head header health help hence her here his hours how however
i if image images immediately important in include included includes including income increase increases indeed index
individual information initial initially inside instead instructions insurance interest internal inventories inventory
investment investments investors invoice invoiced invoices involving is issue issued issuer it item items its itself job
judging just key kind label labour labor land language large largest last late later latest law least left legal less
letter level liabilities license like likewise limit line lines list listed little loan loans local location long longer
losses loss low lower lowest made mail main mainly major make management manager many margin margins market material
materials maximum may meanwhile measure measures median meeting member members memo men message method might minimum
minor minutes money month monthly months more moreover most mostly much must my name named namely names near nearly
neither net never nevertheless new next nine no none nonetheless nor normally not note notes nothing notice noting notably
now number numbers object obviously of off offer offers office officer often old on once one ones only open opening
operating operation operations option or order ordered orders organisation organization original originally other others
otherwise our out outstanding over overall owing own owner page pages paid panel paper part parties parts party
patients pay payable payee payer paying payment payments penalty people per percent percentage perhaps period permission
person personal personnel persons phone photo picture piece place plan plans plant please point points policy position
possible possibly postage prepaid presumably previous previously price prices primarily prior probably procedure proceeds
process product production products profit profits program project projects property proposed provided provider
purchase purchased purchases purpose quantity quarter quarterly question quite rate rates rather rating reading reason
receipt receipts received receivables recent recently recipient recommended record recorded reduced reference referring
refund regarding region registered registration regular regulatory related relative remaining remarks rent report
reported reporting reports representing request requested required requirements research respectively response rest
result results retail return returns revenue revenues review right room rounding row run salary sale sales same sample
says schedule score screen search second section securities see seemingly seller selling sender sent separate serial
service services seven several shall share shareholders shares she sheet shipment shipped shipping shop should show
showing shown shows side signature signed significant similar similarly since single site six size small so social sold
some someone something sometimes somewhat soon source specifically spending staff standard starting state stated states
status still stock store street strong student students study subject subsequently subtotal such suggested sum summary
supplier suppliers support supporting surplus surprisingly table taken taking tax taxes team telephone temperature ten
tender term terms test tests text than thank thanks that the their them then there thereafter therefore these they thing
third this those though three through throughout thus ticket time times title to today together tomorrow ton too top
total totaling totalling totals toward towards trade transaction transactions transfer travel treatment two type types
ultimately under underlying undoubtedly unfortunately unit united units unless unlike until up upon us use used user
users using usually valid value values various vehicle vendor version very via view visit volume was water way we week
weekly weight well were what when where whereas whether which while who whole whom whose why will with within without
women word words work workers working world would written year yearly years yes yesterday yet you your zero
der die das den dem des ein eine einer eines einem einen und oder aber auf aus bei bis für gegen in im ins ist sind war
wird wurde laut gemäß mit nach nicht ohne seit über um unter von vom vor zu zum zur es er sie wir ihr ich man dies diese
dieser dieses auch noch nur schon sehr so dann da dort hier wenn weil dass ob wie was wer wo wann warum bereits insgesamt
betrag gesamtbetrag summe gesamtsumme rechnung rechnungsbetrag rechnungsnummer datum rechnungsdatum preis kunde nummer
firma lieferant zahlung fälligkeit seite dokument steuer mehrwertsteuer
wurden worden werden wäre neue neuer neues neuen alte alter altes alten ende anfang mitte genauer hat haben hatte amounted amounting totaled totalled totaling totalling reached reaches recorded posted came stood
beträgt betrug lautet lauten beläuft belaufen ergibt zeigt enthält gehört geht kommt
stammt liegt erfolgt erfolgte fällt fällig zahlen gezahlt bezahlt geliefert bestellt ausgestellt unterschrieben genannt aufgeführt
a ont avait ont été s'élève élève élèvent doit doivent payer payé émise émis date du tiene tienen fue fueron asciende debe pagar
emitida ha hanno ammonta deve pagare emessa heeft bedraagt moet betaald
le la les l un une des du de d et ou mais dans en sur sous par pour avec sans est sont était il elle ils elles on nous
vous ce cet cette ces selon montant total facture date prix client numéro somme page document
el los las uno una unos unas y o pero con sin por para según es son era este esta estos estas importe factura fecha precio
cliente número suma página documento lo gli i e ed ma nel nella su con senza è sono era secondo importo fattura data
prezzo numero somma het een en of maar op met zonder is zijn was volgens bedrag factuur datum prijs klant nummer
"""
GENERIC = frozenset(_GENERIC.split()) | frozenset(tokens.words(_GENERIC))  # with and without accents
# Words that say that something is said, and where: they bear nothing and need no bearing.
_TELLING = """
according answer answers appear appearing appears bear bears cite cites cited clearly contain containing contains describe
described describes document documents evidence excerpt explicitly figure figures file following found give given gives
image indicate indicated indicates indicating item items list listed lists mention mentioned mentions name named names
page pages picture provide provided provides quote quoted read reads refer refers report reported reports say saying says
section see show showing shown shows source sources specified specifies specify stand stands state stated states stating
text two value values write writes written amount amounts make makes come comes equal equals all together altogether
amounted amounting totaled totalled totaling totalling reached reaches recorded posted came stood exact wording literally answer charged billed
beträgt betrug lautet beläuft ergibt s'élève élève asciende ammonta bedraagt
noted concerns concerning concern heißt heißen hieß genannt lautet appelle nomme llama titled called addressed printed carries carry line lines handled adressé adressée gerichtet dirigido dirigida
laut zeigt steht nennt dokument seite angegeben gemäß selon indique document page mentionne según indica documento
"""
TELLING = frozenset(_TELLING.split()) | frozenset(tokens.words(_TELLING))
# Capitals that name a kind of value, not one.
_ACRONYMS = (
    "iban bic vat gst sst mwst ust tva iva btw ceo cfo coo ein tin id pdf url sku poc po qty rfq ocr ttc ht"
)
ACRONYMS = frozenset(_ACRONYMS.split())

_STEMS = frozenset(language.stems(sorted(GENERIC)))


def generic(word: str) -> bool:
    """Whether a folded word, in some form, is one that any sentence may have."""
    return word in GENERIC or language.stem(word) in _STEMS
