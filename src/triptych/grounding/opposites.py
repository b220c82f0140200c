"""Words that rule each other out: approved and rejected, in cash and by card, Monday and Tuesday, at least and at most.

stances("was not approved")  -> {"verdict": {"reject"}}, and whether the words deny
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from triptych.words import language, tokens

# axis -> member -> its words, in any form. Of a pair the second denies what the first says; longer sets only exclude.
_PAIRS = {
    "verdict": (
        "approve accept adopt pass grant agree admit authorise authorize carry uphold annehmen angenommen genehmigt bewilligt zugestimmt "
        "approuvé accepté adopté accordée accordé aprobado aprobada aceptado aprobó approvato goedgekeurd",
        "reject refuse decline deny turned_down dismiss vote_down fail abgelehnt verweigert refusé rejeté rechazado rechazada respinto afgewezen",
    ),
    "allowed": (
        "allow permit may erlaubt gestattet darf dürfen autorisé permis permitido permite",
        "forbid forbidden prohibit ban verboten untersagt interdit défendu prohibido",
    ),
    "included": (
        "include cover contain comprise inclusive inbegriffen enthalten inklusive compris inclus incluido incluida incluidos incluidas incluye cubre",
        "exclude exclusive except excl exklusive ausgenommen ausgeschlossen exclu excluido",
    ),
    "way": (
        "rise rose risen increase grow grew grown climb gain raise jump surge steigt stieg gestiegen erhöht erhöhte wuchs gewachsen augmenté augmente sube subió "
        "aumentó aumenta cresciuto steeg gestegen",
        "fall fell fallen decrease decline drop shrink shrank reduce reduction cut lowered sinkt sank gesunken fiel gefallen gesenkt verringert diminué diminue baissé baisse "
        "baja bajó disminuyó calato daalde gedaald",
    ),
    "presence": (
        "present attend attended anwesend teilgenommen présent présente presente asistió",
        "absent apologies excused missing entschuldigt abwesend fehlte fehlt excusé excusée ausente faltó",
    ),
    "side": ("favour favor for_it dafür für_den pour favor", "against opposed gegen dagegen contre contra"),
    "happening": ("", "cancelled canceled called_off abgesagt annulé cancelado suspended"),
    "open": ("open opened opening eröffnet ouvert abierto", "close closed closing geschlossen fermé cerrado"),
    "order": ("before vor avant antes", "after nach après después"),
    "bound": ("at_least", "at_most"),
    "money": ("in_cash cash bar espèces efectivo", "card karte carte tarjeta"),
    "written": ("writing written schriftlich écrit escrito", "oral orally verbally mündlich oralement"),
    "with": ("with_it", "without ohne sans sin senza zonder"),
    "success": ("passed bestanden réussi", "failed durchgefallen échoué"),
}
DENYING = frozenset(["verdict", "allowed", "included", "with", "presence", "success", "happening"])
SETS = {
    "weekday": (
        "monday montag lundi lunes", "tuesday dienstag mardi martes", "wednesday mittwoch mercredi miércoles", "thursday donnerstag jeudi jueves",
        "friday freitag vendredi viernes", "saturday samstag samedi sábado", "sunday sonntag dimanche domingo",
    ),
    "period": ("per_month", "per_year", "per_week", "per_day", "per_hour"),
    "hand": ("left links linke linken linker gauche izquierda izquierdo", "right rechts rechte rechten rechter droite derecha derecho"),
    "level": ("high", "low", "medium"),
    "season": ("spring frühjahr frühling printemps primavera", "summer sommer été verano", "autumn fall_season herbst automne otoño", "winter hiver invierno"),
    "verdict": ("", "", "postpone postponed adjourn defer deferred vertagt verschoben ajourné aplazado"),
    "money": ("", "", "transfer überweisung virement transferencia", "cheque check scheck chèque", "debit lastschrift prélèvement"),
    "rank": ("ground_floor", "first erste ersten premier première primero primera", "second zweite zweiten deuxième segundo segunda", "third dritte dritten troisième tercero tercera",
             "fourth vierte vierten quatrième cuarto cuarta", "fifth fünfte fünften cinquième quinto quinta", "sixth sechste sechsten sixième sexto sexta",
             "seventh siebte siebten septième séptimo séptima", "eighth achte achten huitième octavo octava", "ninth neunte neunten neuvième noveno novena",
             "tenth zehnte zehnten dixième décimo décima", "eleventh elfte elften onzième", "twelfth zwölfte zwölften douzième"),
}  # fmt: skip
_EACH = r"\b(?:(?:an?|per|each|every|pro|par|por|al|a la|jede[ns]?|chaque|cada) (?:{})|{})\b"
_PHRASES = tuple(
    (re.compile(pattern, re.IGNORECASE), f" {instead} ")
    for pattern, instead in (
        (_EACH.format("month|monat|mois|mes", r"monthly|monatlich\w*|mensuel\w*|mensual\w*"), "per_month"),
        (_EACH.format("year|jahr|an|año", r"yearly|annual\w*|jährlich\w*|annuel\w*|anual\w*"), "per_year"),
        (_EACH.format("week|woche|semaine|semana", r"weekly|wöchentlich\w*"), "per_week"),
        (_EACH.format("day|tag|jour|día", r"daily|täglich\w*"), "per_day"),
        (_EACH.format("hour|stunde|heure|hora", r"hourly|stündlich\w*"), "per_hour"),
        (
            r"\b(?:(?:no|not) (?:fewer|less) than|at least|mindestens|au moins|al menos|not before)\b",
            "at_least",
        ),
        (
            r"\b(?:(?:no|not) (?:more|later|longer) than|at (?:the )?most|höchstens|au plus|como máximo|at the latest|spätestens)\b",
            "at_most",
        ),
        (r"\byet to\b|\bstill to be\b|\bno longer\b|\bnicht (?:mehr|länger)\b", "not"),
        (r"\bup from\b", "rose from"),
        (r"\bdown (?:from|to|by)\b", "fell"),
        (r"\bturned down\b|\bvoted down\b", "rejected"),
        (r"\bnot (?:only|just|merely|necessarily)\b|\bno\. ?(?=\d)|\bthat (?:is|are|was|were) not\b", ""),
        (r"\bin the fall\b", "autumn"),
    )
)
_ANY_PHRASE = re.compile("|".join(pattern.pattern for pattern, _ in _PHRASES), re.IGNORECASE)
_DENIAL = re.compile(
    r"\b(?:not|no(?!\s?[.:#°=–—]|\s+(?:\d|of\b|is\b|are\b|was\b|amounts\b|reads\b|given\b|shown\b|listed\b|printed\b|as\b|to\b))|never|none|neither|nor|cannot|nobody|nothing|unable|impossible|unmöglich|imposible|nicht|nichts|kein\w*|nie|niemals|jamais|aucune?|rien|ninguna?|nada|niet|geen|ne(?=\s\w+\s(?:pas|plus))|hardly)\b"
    r"|n['’]t\b|\bn['’](?=\w)|(?<![\w.])no(?=\s(?:se|es|está|fue|fueron|puede|hay|incluye)\b)",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"\b(?:not|nicht|kein\w*|never|pas|no(?!\s?[.:#°=–—]|\s+(?:\d|of\b|is\b|are\b|was\b|amounts\b|reads\b|given\b|shown\b|listed\b|printed\b|as\b|to\b))|niet)\b|n['’]t\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\bno\.?\s*$", re.IGNORECASE)  # right before a value: Cash Inv No 7821F714
_SOME = re.compile(r"\b(?:not|nicht|pas) (?:all|every|alle|tous|toutes)\b", re.IGNORECASE)


@lru_cache(maxsize=1)
def _known() -> dict[str, tuple[str, str]]:
    """(axis, member) of each stem; a word that two axes have is left to the first."""
    found: dict[str, tuple[str, str]] = {}
    for axis, members in [*_PAIRS.items(), *SETS.items()]:
        for number, words in enumerate(members):
            for word in words.split():
                for form in {
                    "".join(tokens.words(word.replace("_", ""))),
                    *(_stems(word) if "_" not in word and axis != "weekday" else []),  # a mart is no martes
                }:
                    found.setdefault(form, (axis, str(number)))
    return found


def _stems(word: str) -> list[str]:
    folded = "".join(tokens.words(word))
    return [folded, language.stem(folded)]


@lru_cache(maxsize=8192)
def stance(word: str) -> tuple[str, str] | None:
    """The axis and the member of a folded word; None for most, and for nouns: "attendance" and "acceptance" say of nobody
    that he attended or accepted."""
    known = _known()
    if not word or word.endswith(("ance", "ances", "ence")):
        return None
    found = known.get(word) or known.get(language.stem(word))
    # Montage is no Monday.
    return (
        None
        if found and found[0] == "weekday" and not known.keys() & {word, word.removesuffix("s")}
        else found
    )


def on(axis: str, stem: str) -> bool:
    """Whether a stem is a word of an axis."""
    return _known().get(stem, ("", ""))[0] == axis


def plainly(text: str) -> str:
    """`text` with what only looks like a denial said otherwise."""
    if _ANY_PHRASE.search(text):
        for pattern, instead in _PHRASES:
            text = pattern.sub(instead, text)
    return text


def denies(text: str) -> bool:
    return len(_DENIAL.findall(text)) == 1 and not _SOME.search(text)


def around_denial(text: str) -> tuple[str, str]:
    """What stands before a text's denial, and behind it."""
    m = _DENIAL.search(text)
    return (text[: m.start()], text[m.end() :]) if m else (text, "")


def denied(text: str) -> bool:
    """Whether what follows `text` is denied to be so: not, but without is no denial of a value."""
    return len(_NOT.findall(_NUMBER.sub("", text))) % 2 == 1


def unclear(text: str) -> bool:
    """Whether a text denies but a part of something, or denies a denial."""
    return bool(_SOME.search(text)) or len(_DENIAL.findall(text)) > 1


def stances(text: str) -> dict[str, frozenset[str]]:
    """The members of each axis that a text has, turned where it denies."""
    denied = denies(text)
    found: dict[str, set[str]] = {}
    for word in _words(text):
        if known := stance(word):
            axis, member = known
            if denied and axis in _PAIRS and member in "01":
                member = "1" if member == "0" else "0"
            found.setdefault(axis, set()).add(member)
    return {axis: frozenset(members) for axis, members in found.items()}


def _words(text: str) -> Iterator[str]:
    for word in re.findall(r"[^\W\d]+", text):
        yield "".join(tokens.words(word.replace("_", "")))


def positive(text: str, said: Mapping[str, frozenset[str]]) -> bool:
    """Whether all in all a text affirms: neither denies, nor has a word that does."""
    return (
        not denies(text) if not DENYING & set(said) else all("1" not in said[a] for a in DENYING & set(said))
    )
