"""Who issued a receipt or an invoice: the name at the top, with a legal form, over an address.

No list of companies: what speaks for a line is where it stands, what follows it, and how it ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from triptych.answering.layout import Layout, Segment
from triptych.values import fold

_LEGAL = re.compile(
    r"(?:\bS\W?D\W?N\W{0,2}BHD\w?\b|\bBHD\w?\b|\b[S5]/[B8]\b|\bGmbH\b|\bG\.?m\.?b\.?H\b|\bmbH\b|\bAG\b|\bKG(?:aA)?\b(?!\.)|\bOHG\b|\bGbR\b|"
    r"\be\.\s?[KVG]\.|\ba\.\s?G\.|\bUG\b|\bSE\b|\bLtd\b|\bLimited\b|\bL\.?L\.?[CP]\b|\bInc\b|\bIncorporated\b|\bCorp(?:oration)?\b|\bP\.?L\.?C\b|"
    r"\bPty\b|\bS\.?A\.?R\.?L\b|\bS\.?A\.?S\b|\bS\.A\.|\bSA\b|\bEURL\b|\bS\.?p\.?A\b|\bS\.?r\.?l\b|\bB\.?V\b|\bN\.?V\b|\bOyj?\b|"
    r"\bA/S\b|\bApS\b|\bAB\b|\bASA?\b|\bS\.L\.|\bSp\.?\s?z\s?o\.?\s?o\b|\bs\.r\.o\b|\bd\.o\.o\b|\bKft\b|\bLtda\b|"
    r"& Co(?:mpany)?\b|有限公司|株式会社)\.?(?:\s*(?:& Co\.?(?:\s*KG)?|KG))?",
    re.I,
)
_TRADE = re.compile(
    r"\b(?:enterprise|trading|cash ?& ?carry|restaurant|restoran|restaurants|cafe|café|coffee|bakery|bistro|store|stores|shop|mart|"
    r"market|supermarket|hypermarket|pharmacy|farmasi|clinic|hotel|station|hardware|stationer\w*|book\w*|motor\w*|"
    r"electrical|machinery|perniagaan|syarikat|kedai|pasaraya|kopitiam|services?|industr\w+|compan\w+|group|"
    r"apotheke|bäckerei|hotel|verlag|stadtwerke|boulangerie|pharmacie|librairie|farmacia|panader\w+|supermercado|"
    r"ristorante|universit\w+|bank)\b",
    re.I,
)
_ADDRESS = re.compile(
    r"\b(?:jalan|jln|lorong|lot|taman|street|str|road|rd|avenue|ave|lane|drive|boulevard|blvd|suite|floor|level|"
    r"block|p\.?\s?o\.? box|postfach|rue|place|platz|allee|via|viale|calle|plaza|unit|kawasan|bandar|"
    r"selangor|kuala)\b|stra(?:ß|ss)e\b|\bno\.?\s?\d|\b\d{4,6}\s+[^\W\d]|straat\b|weg \d|\b\w{0,2}\d+[a-z]?,(?!\d)",
    re.I,
)
_NOT_NAME = re.compile(
    r"\b(?:tel|telephone|phone|fax|e-?mail|www|gst|vat|ust|id|reg|iban|bic|invoice|receipt|bill|rechnung\w*|"
    r"\w*rechnung|facture|factura|fattura|factuur|tax|date|datum|time|page|seite|table|order|cash(?! ?&)|cashier|customer|copy|"
    r"original|duplicate|welcome|thank|thanks|total|amount|qty|item|description|no|nr|number|nummer|document|terms|"
    r"bank|version|stylesheet|formerly|licensee|visit|save|please)\b|@|https?:|\d{4}|\d[.,]\d\d\b|:",
    re.I,
)
_SELLER = re.compile(
    r"^\W*(?:seller|vendor|supplier|from|issued by|ver\s?käufer|lieferant|rechnungssteller|absender|vendeur|"
    r"fournisseur|vendedor|proveedor|venditore|fornitore|verkoper|leverancier|sprzedawca)\b",
    re.I,
)
_BUYER = re.compile(
    r"^\W*(?:buyer|bill(?:ed)? to|ship to|sold to|deliver\w* to|customer|client|to:|attn|invoice to|käufer|kunde|"
    r"rechnungsempfänger|rechnung an|factur\w+ (?:à|a)\b|empfänger|an:|lieferanschrift|acheteur|destinataire|cliente?|comprador|acquirente|koper|"
    r"klant|nabywca)\b",
    re.I,
)
_CUT = re.compile(r"\s*(?:\((?=[^)]*\d)|[·•|]|,\s(?=.*\d)|\s[-–]\s(?=.*\d)|\bco\.?\s?(?:reg|no)\b).*$", re.I)
_REGISTERED = re.compile(r"\b\d{5,}-[A-Z]\b|\b(?:reg|hrb|siret|abn)\b", re.I)
_DOMAIN = re.compile(r"(?:@|\bwww\.|https?://(?:www\.)?)([\w-]{4,})\.\w", re.I)
_SENDER = re.compile(r"\s*[-–·•|,]\s.*\d")  # name - street 3 - town: the line in the window of an envelope
_LONGEST = 200  # characters of a line that are looked at
_HEAD = 0.4  # of the height of a bill, from its top
_NAME_LABEL = re.compile(r"^\W*(?:name|company(?: name)?|firma|nom|nombre|nome|naam)\s*[:：]\s*", re.I)


def company(layout: Layout) -> tuple[tuple[tuple[int, int], ...], float]:
    """Spans of the issuer's name and how much speaks for them; from 1.5 it is good evidence. ((), 0) when
    no line can be one.

    A legal form counts 1.2 and a trade 0.6; the rest is the place: the first name of the page, high up, in
    large type, over an address, under "seller" rather than "bill to", with the name in its address of the web.
    """
    best: tuple[tuple[tuple[int, int], ...], float] = ((), 0.0)
    segments = layout.segments
    if not segments:
        return best
    text = layout.text.text
    top, bottom = min(s.y0 for s in segments), max(s.y1 for s in segments)
    usual = sorted(s.height for s in segments)[len(segments) // 2]
    folded, domains = fold(text), [fold(m[1]) for m in _DOMAIN.finditer(text)]
    first, named = True, True
    for place, segment, start, end in _names(layout):
        spans = _whole(layout, segment, start, end)
        name = " ".join(text[a:b] for a, b in spans)
        legal, trade = bool(_LEGAL.search(name)), bool(_TRADE.search(name))
        party = _party(segments[max(0, place - 6) : place], segment)
        own = fold(_LEGAL.sub("", name))
        party += 0.4 * any(domain in own or own in domain for domain in domains if own)
        if legal:
            party += 0.5 * bool(_SENDER.match(text, end, segment.end)) + 0.3 * (folded.count(own) > 1)
        address = _over_address(layout, segment)
        down = (segment.y0 - top) / max(bottom - top, 1e-6)
        large = max(0.0, segment.height / usual - 1)
        score = (1.2 if legal else 0.6 * trade) + 0.4 * first + 0.3 * (named and (legal or trade))
        score += 0.5 * address + party + max(0.0, 0.7 - 2 * down) + min(0.5, 0.5 * large)
        head = down < _HEAD and (trade or address or (first and large > 0.5))  # further down stand goods
        if score > best[1] and (legal or party > 0 or head):
            best = spans, score
        first, named = False, named and not (legal or trade)
    return best


def _names(layout: Layout) -> Iterator[tuple[int, Segment, int, int]]:
    """(place, segment, start, end) of what can be a name: letters, no address, no label, no number."""
    for place, segment in enumerate(layout.segments):
        text = segment.text[:_LONGEST]
        label = _NAME_LABEL.match(text)
        begin = label.end() if label else 0
        rest = text[begin:]
        cut = _CUT.search(rest)
        name = rest[: cut.start()] if cut else rest
        name = name.rstrip(" ,.;-(") if not _LEGAL.search(name) else name.rstrip(" ,;-(")
        lead = len(name) - len(name.lstrip(" .,-*'\""))
        name = name[lead:]
        letters = sum(c.isalpha() for c in name)
        if letters < 4 or letters < 0.6 * len(name.replace(" ", "")) or len(name) > 70:
            continue
        named = _LEGAL.search(name) or _TRADE.search(name)
        if _NOT_NAME.search(name) or (_ADDRESS.search(name) and not named):
            continue
        start = segment.start + begin + lead
        yield place, segment, start, start + len(name)


def _whole(layout: Layout, segment: Segment, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """The name with what belongs to it and stands on a line or in a column of its own: the rest of its
    legal form after it, or its first words before it."""
    text = layout.text.text
    form = _LEGAL.search(text, start, end)
    own = _TRADE.sub("", text[start : form.start() if form else end])
    if sum(map(str.isalpha, own)) < 4:
        for lead in [*layout.left_of(segment)[:1], *layout.above(segment, 0.8)[:1]]:
            if _NOT_NAME.search(lead.text) is None and any(map(str.isalpha, lead.text)):
                return (lead.start, lead.end), (start, end)
    if form is None:
        for follow in [*layout.right_of(segment)[:1], *layout.below(segment, 0.8)[:1]]:
            found = _LEGAL.match(follow.text)
            if found and found.end() >= len(follow.text.rstrip(" .")):
                return (start, end), (follow.start, follow.end)
    return ((start, end),)


def _over_address(layout: Layout, segment: Segment) -> bool:
    """Whether an address or the number of a register stands right below."""
    below = layout.below(segment, 3.5)[:3]
    return any(_ADDRESS.search(s.text) or _REGISTERED.search(s.text) for s in below)


def _party(before: tuple[Segment, ...], segment: Segment) -> float:
    """Whether the column under which a name stands is the seller's or the buyer's."""
    for label in reversed(before):
        if abs(label.x0 - segment.x0) > 25 * segment.height or label.y0 > segment.y1:
            continue
        if _SELLER.match(label.text):
            return 1.2
        if _BUYER.match(label.text):
            return -1.5
    return 0.0
