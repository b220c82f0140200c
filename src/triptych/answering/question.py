"""What a question asks for: the label of the wanted value, its type, and what the page must mention.

"What is the grand total of invoice 471102 of Lieferant GmbH?" asks for the label *grand total*, an
amount, on a page that holds the code 471102 and the name Lieferant GmbH. Where the label ends and the
context begins cannot be told from grammar alone ("type of promotion"), so all cuts are kept, longest
first, and the page decides which one stands on it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property

from triptych.answering import shapes
from triptych.answering.kinds import Item, Kind, item_of, kind_of
from triptych.values import Code, Date, codes, dates, fold

# What a question opens with, in the languages of European invoices. The rest is the subject.
_OPENINGS = re.compile(
    r"""^\s*(?:please\s+)?(?:(?:tell|show|give)\s+me\s+|find\s+)?
    (?:on\s+|in\s+|at\s+|by\s+|for\s+|from\s+|to\s+)?
    (?:
      (?:what|which|who|whom|whose|when|where|why|how)(?:'s)?\b
        (?:\s+(?:much|many|long|high|large|big|old|often))?
    | (?:was|wie|wer|wann|wo|welche[rsnm]?)\b(?:\s+(?:hoch|viele?|lautet|heißt))?
    | (?:quel(?:le)?s?|qui|quand|où|combien)\b(?:\s+de)?
    | (?:cu[áa]l(?:es)?|qui[ée]n|cu[áa]ndo|d[óo]nde|cu[áa]nt[oa]s?|qu[ée])\b
    | (?:qual[ei]?|chi|quando|dove|quant[oaie]|wat|welke?|wanneer|waar|hoeveel)\b
    )?
    \s*(?:(?:is|are|was|were|'s|does|do|did|has|have|had|can|will|ist|sind|lautet|est|sont|es|son|è|sono)\b)?
    \s*(?:(?:the|a|an|der|die|das|le|la|les|l'|el|los|las|il|lo|de|het)\b['’]?)?\s*""",
    re.IGNORECASE | re.VERBOSE,
)
_CUTS = re.compile(
    r"\s+(?:on|of|in|for|from|at|by|with|to|as|during|according|per|under|"
    r"der|des|von|vom|auf|für|im|bei|du|de|des|sur|pour|dans|del|della|di|su|voor|van|op)\s+",
    re.IGNORECASE,
)
_PLACE = (
    r"form|page|document|sheet|letter|receipt|invoice|bill|report|slip|memo|fax|chart|slide|table|"
    r"statement|contract|order|ticket|screen|dashboard|note|rechnung|beleg|facture|factura|fattura|factuur"
)
QUOTATION = re.compile(r"[\"“„«]([^\"”“»]+)[\"”“»]")  # each of several
_QUOTED = re.compile(r"[\"“„«](.+)[\"”“»]")
_ON_QUOTED = re.compile(
    rf"\s+(?:on|in|of|from|at)\s+(?:the\s+|this\s+|that\s+|a\s+)?(?:\w+\s+)?(?:{_PLACE})?\s*(?:titled|called|headed|named)?\s*$",
    re.IGNORECASE,
)
_THING = re.compile(
    r"\b(?:what|which|was|welche[rsn]?|wie hoch|quel(?:le)?s?|cu[áa]l(?:es)?|qual[ei]?|welke?|wat)\b"
    r"(?!.*\b(?:why|outcome|purpose|nature|reason)\b)",
    re.IGNORECASE,
)
# A word that people put behind a label, and a question that leaves one out.
_GENERIC = re.compile(
    r"\s+(?:reading|value|number|figure|level|field|status|entry|amount|count)$", re.IGNORECASE
)
_SPENT = re.compile(
    r"^how much (?:(?:did|do|does)\b.*?\b(?:spend|pay|charge|owe)|(?:have|has|was|is|were)\b.*?\b(?:spent|paid|charged|owed))"
    r"\b(?:\s+for\b)?|^how much (?:is|was) (?=(?:the )?(?:invoice|bill|receipt)\b)|^what (?:does|did) (?=(?:the )?(?:invoice|bill)\b.* (?:come|amount) to$)"
    r"|^what was the bill\b|^what (?:did|do|does|must|should) (?:i|we|you|they) (?:have to |need to |must )?(?:pay|spend|owe)\b(?:\s+for\b)?"
    r"|^(?:was|wie ?viel) (?:müssen|muss|mussten|musste|soll|sollen|haben|habe) (?:wir|ich|man)\b|^(?:was|wie ?viel) kostet (?=(?:die |der )?(?:rechnung|beleg|quittung)\b)"
    r"|^combien (?:devons|dois|doit|avons|faut)\b(?:-(?:nous|je|on|il))?|^cu[áa]nto (?:tenemos|tengo|hay|debemos|debo) (?:que )?(?:pagar)?",
    re.IGNORECASE,
)
_DATED = re.compile(
    r"\b(?:invoice|receipt|bill|letter|form|order|report|contract)\b(?!.*\bdue\b)", re.IGNORECASE
)
_MADE = re.compile(r"\b(?:issued|made|sent|written|signed|dated|printed|created)\b", re.IGNORECASE)
_WHOSE = re.compile(
    r"(?<=^which company is )\b.*\b(?:invoice|receipt|bill)\b.*(?= from$)|(?<=^who is )\b(?:the )?(?:invoice|receipt|bill)\b.*(?= from$)",
    re.IGNORECASE,
)
_NAMED_DATE = re.compile(r"\bthe (?:\w+ )?date\b|\bdate[\"”“»]", re.IGNORECASE)
_DUE = re.compile(r"\bdue$", re.IGNORECASE)
_PRINTED = {"phone": "Tel", "telephone": "Tel", "email": "E-mail", "e-mail": "E-mail"}  # what stands on paper
_STOP_WORDS = """
a an and are as at be been by did do does for from had has have how in into is it its many much of on or per s so such
than that the their there these they this those to was were what when where which who whom whose why will with would
form page document sheet receipt invoice bill report slip please tell me total
der die das des den dem ein eine ist und oder von vom zu zur zum im am auf für mit rechnung beleg
le la les un une du de est et ou el los las y facture factura fattura factuur
"""
STOP = frozenset(_STOP_WORDS.split())
FISCAL = re.compile(r"\bF\.?Y\.?\s?(?=(?:19|20)\d\d\b)", re.IGNORECASE)
# Words that many a page holds: they name neither a company nor a title. Legal forms among them.
_NOISE_WORDS = """
receipt invoice invoices form page dated date number no nr company document bill
sdn bhd ltd limited inc corp corporation co llc llp plc gmbh ag kg ohg ug mbh sa sas sarl srl spa bv nv ab oy as aps
pte pvt pty plt
"""
NOISE = frozenset(_NOISE_WORDS.split())
TEXT, AMOUNT, COUNT, PERCENT = "text", "amount", "count", "percent"
DATE, PERSON, SITE = "date", "person", "place"
_TYPES = {
    shapes.SHARE: PERCENT,
    shapes.DAY: DATE,
    shapes.NAME: PERSON,
    shapes.PLACE: SITE,
    shapes.COUNT: COUNT,
    shapes.MONEY: AMOUNT,
}
_MUCH = re.compile(r"\bhow much\b|\bwie viel\b|\bcombien\b|\bcu[áa]nto\b|\bquanto\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cut:
    """One way to part the subject: the label that is asked for and the context that names the page."""

    label: str
    context: str


@dataclass(frozen=True)
class Ask:
    """A question, taken apart. `cuts` go from the longest label to the shortest."""

    question: str
    expects: str
    cuts: tuple[Cut, ...]
    quoted: tuple[str, ...]
    dates: tuple[Date, ...]
    codes: tuple[Code, ...]
    kind: Kind | None = None  # what papers in many languages have a label for; `cuts` holds its context only
    item: Item | None = None  # an article on a bill

    @property
    def wants_thing(self) -> bool:
        """Asks what, which, how much or how many; not why, how, whether."""
        return self.expects != TEXT or bool(_THING.search(self.question))

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """Folded content words of the whole question, in order, without repeats."""
        return content_words(FISCAL.sub("", self.question))


def content_words(text: str) -> tuple[str, ...]:
    """Folded words of `text` that are neither stop words nor single letters."""
    words = (fold(w) for w in re.findall(r"[^\s/–—-]+", text))
    return tuple(dict.fromkeys(w for w in words if len(w) > 1 and w not in STOP))


def parse(question: str) -> Ask:
    """Take a question apart. Never fails: what is not understood is one long label."""
    asked = " ".join(question.split()).rstrip(" ?¿.!").lstrip("¿")
    expects = _TYPES.get(shapes.called_for(asked), AMOUNT if _MUCH.search(asked) else TEXT)
    quoted = tuple(m[1] for m in _QUOTED.finditer(asked))
    subject = asked[_OPENINGS.match(asked).end() :]  # type: ignore[union-attr]  # every part is optional
    cuts = (*_implied(asked, expects), *_cuts(subject, quoted))
    return Ask(question, expects, cuts, quoted, tuple(dates(asked)), _codes(FISCAL.sub("  ", asked)))


def of_kind(ask: Ask) -> Ask | None:
    """The question as one for an article or a kind of value that papers have; None where it asks for neither."""
    asked = " ".join(ask.question.split()).rstrip(" ?¿.!").lstrip("¿")
    if item := item_of(asked):
        return replace(ask, item=item, cuts=(Cut(item.name, item.context),))
    found = None if ask.quoted else kind_of(asked)
    return replace(ask, kind=found[0], cuts=(Cut(found[0].name, found[1]),)) if found else None


def _cuts(subject: str, quoted: tuple[str, ...]) -> tuple[Cut, ...]:
    if quoted:
        at = subject.find(quoted[0]) - 1
        label = _ON_QUOTED.sub("", subject[: max(at, 0)]).strip()
        if label:
            return (Cut(label, quoted[0] + subject[at + len(quoted[0]) + 2 :]),)
    possessive = re.match(r"(.+?)(?:'s|’s|s'|s’)\s+(.+)", subject)
    places = [(m.start(), m.end()) for m in _CUTS.finditer(subject)]
    cuts = [Cut(subject, "")]
    cuts += [Cut(subject[:a], subject[a:]) for a, _ in reversed(places) if a > 1]
    if generic := _GENERIC.search(cuts[-1].label):
        cuts.append(Cut(cuts[-1].label[: generic.start()], cuts[-1].context))
    if printed := _PRINTED.get(cuts[-1].label.casefold()):
        cuts.append(Cut(printed, cuts[-1].context))
    if _DUE.search(subject):
        cuts.append(Cut("due date", subject))
    if possessive:
        cuts += [Cut(c.label, f"{possessive[1]} {c.context}") for c in _cuts(possessive[2], ())]
    return tuple(cuts)


def _implied(asked: str, expects: str) -> tuple[Cut, ...]:
    """Labels that a question means and does not say: what was spent is a total, when is a date."""
    if m := _SPENT.search(asked):
        return (Cut("total", re.sub(r"\b(?:come|amount) to$", "", asked[m.end() :])),)
    if expects == DATE and not _NAMED_DATE.search(asked) and (m := _DATED.search(asked)):
        return (Cut("date", _MADE.sub(" ", asked[m.start() :])),)
    if (m := _WHOSE.search(asked)) or (
        expects == PERSON and _MADE.search(asked) and (m := _DATED.search(asked))
    ):
        return (Cut("company", asked[m.start() :]),)
    return ()


def _codes(asked: str) -> tuple[Code, ...]:
    """Codes of the question, dates left out: numbers of invoices, plates, parts."""
    days = [(d.start, d.end) for d in dates(asked)]
    found = [c for c in codes(asked) if not any(a < c.end and c.start < b for a, b in days)]
    return tuple(c for c in found if " " not in c.text)
