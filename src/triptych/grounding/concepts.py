"""Words of business papers that mean the same thing, across languages and parts of speech: a model says "the seller" or
"le vendeur" of a page that says "Verkäufer", and "rose" of one that says "increased".

    same("sells")  every word that may stand for it, itself included
    direction(words)  1 where they say that something grew, -1 where it shrank, 0 where neither or both
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from triptych.answering.cells import alike
from triptych.words import language, tokens

_RINGS = """
seller sell sells sold selling vendor vendors verkäufer verkauft verkaufte verkaufen vendeur vend vendu vendre vendedor vende venditore verkoper verkoopt
buyer buy buys bought buying purchaser purchase purchases purchased käufer kauft kaufte kauf acheteur achète achat comprador compra acquirente compratore koper koopt acquire acquires acquired acquisition
customer customers client clients kunde kunden kundin cliente clientes clienti klant klanten
supplier suppliers lieferant lieferanten fournisseur proveedor fornitore leverancier
total totals totale totaal gesamt gesamtbetrag gesamtsumme summe endbetrag rechnungsbetrag bruttobetrag gross brutto somme importe importo totaalbedrag altogether insgesamt zusammen
net netto nettobetrag nettosumme
vat tax taxes mwst mehrwertsteuer steuer umsatzsteuer ust tva taxe iva impuesto imposta btw gst sst
invoice invoices rechnung rechnungen facture factura fattura factuur bill
price preis prix precio prezzo prijs cost costs kosten coût coûte costo einzelpreis
amount amounts betrag montant importe importo bedrag altogether insgesamt zusammen
discount rabatt skonto remise descuento sconto korting
due fällig fälligkeit fälligkeitsdatum payable échéance vencimiento scadenza vervaldatum deadline
date dated datum rechnungsdatum fecha data issue issued ausgestellt ausgestellte émise émis emitida emessa
number nummer numéro número numero nr
pay pays paid paying payment payments zahlt zahlen zahlung gezahlt bezahlt paie payer paiement paga pagar pago pagamento betaalt betalen betaling
deliver delivers delivered delivery lieferung liefert geliefert liefern livre livraison livrer entrega entregar consegna levert levering ship ships shipped shipping shipment send sends sent sending postage versand supply supplies supplied
receipt quittung reçu recibo ricevuta kassenbon
order orders bestellung bestellt auftrag commande pedido ordine bestelling ordered
sign signs signed signer signature signatory unterschrieben unterzeichnet unterschrift signé firma firmado firmato getekend
agreement contract vertrag contrat contrato contratto overeenkomst
warranty guarantee garantie gewährleistung garantía garanzia
revenue revenues sales turnover umsatz umsätze umsatzerlöse erlöse chiffre ingresos ricavi omzet
employees employee staff headcount workforce personnel mitarbeiter beschäftigte belegschaft effectif effectifs empleados dipendenti werknemers
profit profits earnings income gewinn ergebnis bénéfice beneficio utile winst
loss losses verlust verluste perte pertes pérdida perdita verlies
expense expenses aufwand aufwendungen dépenses charges gastos spese spending expenditure expenditures
winner winners win wins won gewinner gewonnen gewann lauréat gagnant ganador ganó vincitore vinto winnaar
elected elect elects election gewählt élu élue elegido eletto chosen appointed appoint appoints ernannt nommé nombrado
resign resigns resigned resignation stepped quit zurückgetreten zurück démissionné dimitió dimesso
chair chairman chairwoman chairperson vorsitz vorsitzender vorsitzende président presidente voorzitter
approve approves approved approval genehmigt genehmigte genehmigung approuvé aprobó approvato goedgekeurd authorised authorized
board vorstand aufsichtsrat conseil consejo consiglio bestuur
accept accepts accepted choose chooses chose select selected picked angenommen ausgewählt accepté choisi aceptado elegido
languages language speak speaks spoke spricht sprachen sprache parle langues idiomas habla
vessel ship sail sails sailed schiff navire buque
writing written schriftlich écrit escrito
meeting sitzung versammlung réunion reunión riunione vergadering held
hours hour stunden stunde std heures heure horas ore uur uren hrs hr
days day tage tagen jours jour días giorni dagen
pieces piece stück stk pièces piezas pezzi stuks pcs units
quantity qty menge quantité cantidad quantità aantal anzahl
company firm firma unternehmen gesellschaft entreprise société empresa impresa bedrijf
population inhabitants residents einwohner bevölkerung habitants población habitantes
allow allowed permit permitted permission erlaubt gestattet autorisé permis permitido
present attend attended attendance anwesend présent presente
lead led leads leader head leitung geleitet leitet dirigé dirige dirigido
arrive arrives arrived arrival received receive receives reception ankunft erhalten reçu recibido
founder founders founded found founding gründer gegründet gründete fondateur fondé fondatrice fundador fundó
designer designed design designs entworfen entwurf dessiné dessine conçu diseñado diseñó
driver drove driven drive drives fahrer gefahren chauffeur conducteur conductor
address adresse dirección indirizzo adres anschrift
name names named nom nombre nome naam
begin begins began beginning start starts started beginn beginnt début comienza inizio
end ends ended ending ende endet fin finaliza fine einde expire expires expired expiry
month months monat monate monaten mois mes meses mese mesi maand maanden
year years jahr jahre jahren année an ans año años anno anni jaar jaren
week weeks woche wochen semaine semaines semana semanas settimana weken
assets vermögen actif actifs activos attività activa
debt debts schulden dette dettes deuda debito schuld liabilities verbindlichkeiten
interest zinsen zins intérêts interés interessi rente
rent miete loyer alquiler affitto huur
salary wage wages gehalt lohn salaire salario stipendio loon
maintenance wartung entretien mantenimiento manutenzione onderhoud
contact ansprechpartner ansprechpartnerin kontakt kontaktperson interlocuteur interlocutrice contacto contatto referente contactpersoon
policyholder versicherungsnehmer versicherungsnehmerin souscripteur tomador contraente
holder inhaber inhaberin titulaire titular intestatario houder owner proprietor eigentümer eigentümerin propriétaire propietario proprietario eigenaar kontoinhaber
tenant tenants lessee mieter mieterin locataire inquilino inquilina conduttore huurder
landlord lessor vermieter vermieterin bailleur arrendador locatore verhuurder
recipient recipients addressee consignee empfänger empfängerin destinataire destinatario geadresseerde ontvanger
sender senders consignor absender absenderin expéditeur expéditrice remitente mittente afzender
manager managers mgr geschäftsführer geschäftsführerin gérant gérante gerente directeur directrice director direttore leiter leiterin
department departments dept abteilung service departamento reparto afdeling
patient patients patientin paciente paziente patiënt
doctor doctors physician physicians arzt ärztin médecin médico médica medico dottore huisarts
secretary secretaries schriftführer schriftführerin sekretär secrétaire secretario secretaria segretario segretaria
teacher teachers lehrer lehrerin enseignant enseignante professeur maestro maestra profesor insegnante leraar
author authors verfasser verfasserin autor autora auteur auteure autore
witness witnesses zeuge zeugin témoin testigo testimone getuige
technician technicians monteur techniker technicien técnico tecnico
premium premiums beitrag prämie versicherungsprämie prime prima
product products produkt produkte produit produits producto prodotto goods waren marchandises
"""
_UP = """
rise rises rose risen rising increase increases increased increasing grow grows grew grown growing growth climb climbs climbed
gain gained higher up jumped surged improved steigt stieg gestiegen steigerte steigen erhöhte erhöht wuchs gewachsen zunahm augmenté
augmente augmentation progressé hausse aumentó aumentado subió crecido aumentato cresciuto steeg gestegen toegenomen
"""
_DOWN = """
fall falls fell fallen falling decrease decreases decreased decreasing decline declines declined declining drop drops dropped
shrink shrank shrunk lower down reduced reduction sank sinkt gesunken sinken fiel gefallen verringerte verringert abnahm schrumpfte
diminué diminue baissé baisse recul reculé disminuyó disminuido bajó caído diminuito calato daalde gedaald afgenomen
"""


def _folded(words: str) -> frozenset[str]:
    return frozenset(tokens.words(words))


_SETS = tuple(_folded(line) for line in (*_RINGS.strip().splitlines(), _UP, _DOWN))
_GREW, _SHRANK = _SETS[-2:]
_KNOWN = {
    word: frozenset().union(*(ring for ring in _SETS if word in ring)) for ring in _SETS for word in ring
}


@lru_cache(maxsize=4096)
def same(word: str) -> frozenset[str]:
    """Folded words that may stand for a folded word."""
    return _KNOWN.get(word, frozenset()) | {word}


def known(word: str) -> bool:
    """Whether other words are known that mean the same."""
    return word in _KNOWN


def direction(words: Iterable[str]) -> int:
    """1 where folded `words` say that something grew, -1 where it shrank, 0 where neither or both."""
    said = frozenset(words)
    return bool(said & _GREW) - bool(said & _SHRANK)


_HEADS = 4  # letters of a known word from which a longer German one may end in it


@lru_cache(maxsize=1)
def _rings() -> dict[str, frozenset[str]]:
    """For each known word and its stems the rings that it is in."""
    found: dict[str, set[str]] = {}
    for number, ring in enumerate(_SETS):
        for word in ring:
            found.setdefault(word, set()).add(f"#{number}")
    return {word: frozenset(rings) for word, rings in found.items()}


@lru_cache(maxsize=16384)
def keys(word: str, lang: str = language.DEFAULT) -> frozenset[str]:
    """What a folded word may be compared by: its stem and the rings that it is in; two words are alike that share one.
    Long German words are their parts, too."""
    if not word:
        return frozenset()
    rings = _rings()
    found = {language.stem(word, lang), language.stem(word)} | rings.get(word, frozenset())
    if lang in ("de", "nl") and len(word) > 2 * _HEADS:
        for at in range(_HEADS, len(word) - _HEADS + 1):
            if word[at:] in rings:
                found |= rings[word[at:]] | keys(word[:at].removesuffix("s"), language.DEFAULT)
                break
    return frozenset(found)


_TAX = r"(?:vat|gst|tax|mwst|mehrwertsteuer|umsatzsteuer|ust|steuer|tva|iva)\b"
_PHRASES = (
    (
        re.compile(
            r"\b(?:in (?:all|total|sum)|altogether|together|zusammen|insgesamt|all told|en tout|au total|en total|im ganzen)\b",
            re.IGNORECASE,
        ),
        "altogether",
    ),
    (
        re.compile(
            rf"\b(?:before|without|excluding|excl\.?|exclusive of|net of|ohne|vor|exkl\.?|zzgl\.?|hors|sans|sin|antes de) (?:(?:the|la|les|el|los) )?{_TAX}",
            re.IGNORECASE,
        ),
        "net",
    ),
)


def phrases(text: str) -> Iterator[tuple[tuple[int, int], frozenset[str]]]:
    """Where several words of a text say what one does: "in all", "before tax"."""
    for pattern, word in _PHRASES:
        for m in pattern.finditer(text):
            yield m.span(), keys(word)


def held(page: Mapping[str, object], word: str) -> bool:
    """Whether the folded words of a page have a word, in any form, or one that means the same."""
    return any(w in page for w in same(word)) or any(
        alike(word, other) or (other[:3] == word[:3] and language.stem(other) == language.stem(word))
        for other in page
        if other[:1] == word[:1]
    )
