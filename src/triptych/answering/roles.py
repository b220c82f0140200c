"""How well a label fits what a question asks: the same word, a word of the same role, or a near meaning.

"Who is handling the claim?" is answered under *Adjuster*, "when was he born" under *Date of birth*. Words of one
ring stand for one role on papers, whatever their part of speech and in four languages; what no ring holds is left
to the text encoder.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

import numpy as np

from triptych.answering.cells import alike
from triptych.answering.layout import Layout, Segment
from triptych.answering.question import STOP
from triptych.values import fold

Meaning = Callable[[Sequence[str]], np.ndarray]  # texts into rows of length 1


_RINGS = """
from sender sent send sends wrote write writes written author writer shipper consignor absender schrieb geschrieben expéditeur envoyé écrit écrite remitente escribió escrita
signed signs sign signature undersigned signatory author wrote written unterschrieben unterschrift signé signée signature firmó firma firmado
to addressed addressee recipient attention attn whom received receive receives receiver gets empfänger adressiert destinataire adressée destinatario dirigida consignee
re subject about regarding concerning concerns topic betreff betrifft thema objet sujet asunto tema
cc copy copied copies kopie copie copia
date dated day datum tag jour fecha día when
page pages sheets seiten páginas
driver drove driven drives drive chauffeur fahrer conducteur conductor gefahren
received receive receives receiver took take taken accepted accepts erhalten empfangen reçu recibido
carrier haulier forwarder courier brought brings shipped transport transporter spedition spediteur transporteur transportista
weight weigh weighs heavy mass gewicht schwer poids peso
packages package parcels parcel boxes cartons pallets colli pakete colis bultos paquetes
vehicle car truck lorry van automobile fahrzeug auto véhicule voiture vehículo coche
plate licence license registration tag kennzeichen immatriculation matrícula
vin chassis frame fahrgestellnummer
cashier operator clerk server served serves staff waiter teller till counter assistant attendant bediener kassierer kellner caissier serveur cajero camarero
expire expires expiry expiration expired until valid validity through thru gültig ablauf abläuft valable validité caduca válido
issue issued issuing ausgestellt ausstellung délivré délivrance émis expedido emitido
born birth birthday dob geboren geburtsdatum geburt né née naissance nacido nacida nacimiento
holder holds hold held bearer cardholder name inhaber titulaire titular
owner owns own owned keeper belongs belong gehört gehören appartient pertenece proprietor eigentümer halter propriétaire propietario
employer worked works work employed employs employment job arbeitgeber employeur empleador previous former last
salary wage wages pay remuneration compensation earn gehalt lohn salaire salario sueldo
expect expects expected expectation desired desire wanted want wants wish requested request requests requester requisitioner requisition gewünscht souhaité deseado
language languages speak speaks spoken sprache sprachen spricht langue langues parle idioma idiomas habla
physician doctor gp practitioner vet veterinarian tierarzt arzt ärztin hausarzt médecin médico
insurance insurer insured insures insure policy policyholder versicherung versicherer versichert assurance assureur assuré seguro aseguradora
emergency urgent notify notfall urgence emergencia
contact call reach person kontakt ansprechpartner interlocuteur contacto
borrow borrowed borrower borrows loan loaned lent lend lends ausgeliehen entleiher emprunté emprunteur prestado prestatario
approve approved approves approver approval authorise authorised authorises authorisation authorize authorized authorization auth sanctioned released signed genehmigt freigegeben approuvé aprobado autorizado manager supervisor superior
return returned returns back due rückgabe zurück retour devolución
contractor builder firm company firma unternehmen gesellschaft entreprise société empresa carries executes performs work bauunternehmer entrepreneur contratista
location place site where venue address situated located property ort lieu lugar stelle
purpose reason why goal aim zweck grund motif motivo objetivo
destination going go goes fly flies travel travels trip ziel reiseziel destino
depart departs departure leave leaves leaving start begins begin begin beginning abfahrt abflug abreise départ salida
arrive arrives arrival ankunft arrivée llegada
allergy allergies allergic allergien allergisch allergie allergia alergia alergias
member membership join joined joins mitglied mitgliedschaft membre adhésion miembro socio
phone telephone tel mobile cell call dial reach telefon handy téléphone teléfono móvil
email mail electronic correo courriel
occupation profession job position role post title function beruf position funktion fonction poste profession cargo puesto
department dept section division unit team abteilung service département departamento sección
technician serviced services servicing service repaired repairs mechanic engineer maintenance maintains maintained maintainer techniker gewartet wartung technicien technico técnico
tenant lessee renter rents mieter locataire inquilino arrendatario
landlord lessor letting vermieter bailleur arrendador
audit audits audited auditor auditors prüfer abschlussprüfer auditeur auditor
lead leads led leader head heads heading manager manages manager director run runs ceo leiter leitet geschäftsführer geschäftsführerin geschäftsführung gérant chef responsable dirige jefe
chair chaired chairs chairman chairwoman chairperson presided presides vorsitz présidé presidente
supplier supplies supplied supply vendor seller buy buys bought provider lieferant fournisseur proveedor
applicant applies applied apply application applicant requests request requested antragsteller bewerber demandeur candidat solicitante
method procedure technique tested test tests analysed analysis verfahren methode méthode método
keep kept stored store storage aufbewahren lagern lagerung conserver conservation almacenar
claim claimant claimed claims schaden sinistre reclamación policyholder
loss damage damaged incident accident happen happened occurred occur schaden unfall dommage daño
handle handles handling handler adjuster processes processed processing deals sachbearbeiter bearbeitet gestionnaire gestiona
colour color colours colors farbe couleur paint painted
make brand manufacturer made maker marke hersteller marque fabricant marca
model type kind sort art typ modell modèle modelo tipo
mileage odometer kilometres miles run driven kilometerstand kilométrage kilometraje
price cost costs costing charge charges rate fee fees gebühr worth value preis kosten kostet wert prix coût coûte valeur precio coste valor estimated
replacement worth value wiederbeschaffungswert
budget funds etat presupuesto
deadline due fällig frist échéance vencimiento vence
number no nr num id code identification nummer numéro número código
reference ref referenz référence referencia booking
resolution dpi quality auflösung
paper size format papierformat
chosen selected picked set entered choose pick select
qty quantity many count pieces amount anzahl menge quantité cantidad
charge charged account debit
patient patients client
fee contribution dues subscription charge beitrag gebühr cotisation frais cuota
duration takes take lasts last long dauer dauert durée dure duración dura
serve serves servings portions portionen portions raciones
bake bakes baked cook cooked cooks backen gebacken cuire hornear
spouse wife husband partner married
nationality citizen citizenship country
stay stays nights
project projekt projet proyecto
item article object equipment device gegenstand gerät objet équipement artículo equipo
description work works kind
guests people persons person attendees participants
room raum zimmer salle sala
meeting met meet meets treffen sitzung réunion reunión
seat sitz sitzplatz siège place asiento
next again coming following nächste prochaine próxima
hour hours running stunden heures horas
sold sell sells verkauft vendu vendido
balance remaining outstanding left open
agree agreed agreement contract
open opens opened opening öffnet eröffnet ouvre ouverture abre
close closes closed closing schließt ferme fermeture cierra
vat tax taxes gst sst mwst ust umsatzsteuer mehrwertsteuer steuer tva taxe iva impuesto btw
iban account konto compte cuenta
bic swift
sku article item product
spend spent spending expenditure expenditures expense expenses ausgaben dépenses gastos
discount rabatt remise rem nachlass descuento
pounds pound lbs lb
kilometres kilometers kilometer km kilometerstand
customer client buyer purchaser bill billed kunde käufer acheteur comprador
paid pay payment pays zahlung bezahlt zahlbar paiement pago
""".strip()


def _rings() -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for number, line in enumerate(_RINGS.splitlines()):
        for word in line.split():
            found.setdefault(fold(word), set()).add(number)
    return {word: frozenset(numbers) for word, numbers in found.items()}


_OF = _rings()
_TOKEN = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_SAID_WORDS = """
total invoice receipt bill rechnung facture factura from to about whom until where when many long back due re cc no id
"""
_SAID = frozenset(_SAID_WORDS.split())
_SMALL = STOP - _SAID
# Words that name the paper and not what stands on it, and words that any label may have.
_PALE_WORDS = """
form sheet paper document dialog window screen dashboard letter memo fax note receipt invoice bill application request
rechnung beleg quittung facture factura avoir gutschrift invois
name named other others state stated states given give entry entered field set chosen selected number no nr num id code date amount
when value total details information nummer datum betrag numéro montant número fecha importe what which who
"""
_PALE = frozenset(fold(w) for w in _PALE_WORDS.split())
_OWN = frozenset(("our", "your", "my", "the"))
PALE = 0.35  # what such a word weighs beside another
SAME, RING, COMPOUND = 1.0, 0.9, 0.7
_WORD = 4  # letters of the last part of a compound: microchip, Lieferdatum


@lru_cache(maxsize=16384)
def words(text: str) -> tuple[str, ...]:
    """Folded words of a label or a question that may say a role."""
    found = (fold(w) for t in _TOKEN.findall(text) for w in re.split(r"[-’'./]", t))
    return tuple(dict.fromkeys(w for w in found if w and w not in _SMALL and len(w) > 1 and w.strip("x")))


@lru_cache(maxsize=65536)
def near(a: str, b: str) -> float:
    """How surely two folded words say the same role."""
    if a == b or (abs(len(a) - len(b)) < 3 and alike(a, b)):
        return SAME
    if _OF.get(a, frozenset()) & _OF.get(b, frozenset()):
        return RING
    short, long = sorted((a, b), key=len)
    ends = len(short) >= _WORD and (
        long.endswith(short) or (len(short) > _WORD and long.endswith(short.removesuffix("s")))
    )
    return COMPOUND if ends else 0.0


def known(word: str) -> bool:
    """Whether a folded word says a role, so that it is no name."""
    return word in _OF or word in _PALE


def weight(word: str) -> float:
    """How much a folded word says of a role."""
    return PALE if word in _PALE else 1.0


def only_labels(text: str) -> bool:
    """Whether all words of a text say roles: it is a label, perhaps, and nobody's name."""
    said = words(text)
    return bool(said) and all(known(w) or w in _OWN for w in said)


def telling(word: str) -> bool:
    """Whether a folded word says more of a role than that there is something."""
    return word not in _PALE


def overlap(label: Sequence[str], asked: dict[str, float]) -> tuple[float, float]:
    """Share of the label's words that the question says, and of the question's, by weight, that the label says."""
    if not label or not asked:
        return 0.0, 0.0
    mine = {w: max(near(w, a) * k for a, k in asked.items()) for w in label}
    weights = [max(weight(w), mine[w]) for w in label]
    of_label = sum(mine.values()) / max(sum(weights), 1.0)  # "No." alone says next to nothing
    theirs = sum(k * max(near(w, a) for w in label) for a, k in asked.items())
    return min(1.0, of_label), theirs / max(sum(asked.values()), 1.0)


_MOST_WORDS = """
highest lowest most least largest smallest biggest greatest fewest longest shortest best worst maximum minimum max min
höchste niedrigste meisten wenigsten größte kleinste plus moins mayor menor más menos
"""
_MOST = frozenset(_MOST_WORDS.split())


def extreme(asked: Iterable[str], label: Iterable[str]) -> bool:
    """Whether a question looks for the largest or smallest of several, which the label does not say it is."""
    return bool((_MOST & set(asked)) - set(label))


_HEADS = 2  # lines that a page opens with
_TALL = 1.25  # of the usual height: a line that is a title


def titles(layout: Layout) -> list[Segment]:
    """The lines that say what paper a page is: its first ones, and those in large letters."""
    heights = sorted(s.height for s in layout.segments)
    usual = heights[len(heights) // 2] if heights else 1.0
    large = bool(len(layout.boxes))
    return [s for i, s in enumerate(layout.segments) if i < _HEADS or (large and s.height > _TALL * usual)]
