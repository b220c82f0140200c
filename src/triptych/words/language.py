"""Languages, as far as finding needs them: which one a text is in, its stop words, its stems.

A text is in the language that most of its stop words belong to, or whose script it is in; without any it counts
as English. Stems are Snowball's, as tantivy has them, and folded after stemming, for stemmers need the accents.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import tantivy

from triptych.words import tokens

DEFAULT = "en"
_STEMMERS = {
    "ar": "arabic", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "fi": "finnish", "fr": "french", "hu": "hungarian", "it": "italian", "nl": "dutch", "no": "norwegian",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
LANGUAGES = tuple(_STEMMERS)

# Words that say nothing about a page, folded as `tokens.words` folds them when used.
_STOP = {
    "en": (
        "a an and are as at be been being but by can could did do does doing for from had has have having "
        "he her here hers him his how i if in into is it its itself me my no nor not of on or our ours she "
        "should so some such than that the their theirs them then there these they this those through to "
        "too until upon very was we were what when where which while who whom whose why will with would "
        "you your yours about any all am because both each more most other same just now"
    ),
    "de": (
        "aber als am an auch auf aus bei bis das dass dem den der des die durch ein eine einem einen einer "
        "eines er es für hat im in ist mit nach nicht oder sich sie sind über um und unter von "
        "vom vor war was welche welcher welches wer werden wie wird wo zu zum zur"
    ),
    "fr": (
        "au aux avec ce ces cette dans de des du elle en est et il ils je la le les leur mais ne nous on "
        "ou où par pas plus pour qu que quel quelle quels qui sa se ses son sont sur un une vous"
    ),
    "nl": (
        "aan als bij dat de den der deze die dit een en er het hoe in is met naar niet of om onder ook op "
        "over te ten ter tot uit van voor waar wat welke werd wie wordt zijn zich"
    ),
    "es": (
        "al como con cual de del donde el ella en es esta este la las lo los más no o para pero por que "
        "qué se ser su sus un una y"
    ),
    "it": (
        "al alla anche che chi ci come con da dal dei del della delle di dove e ed gli i il in la le lo ma "
        "nel nella non o per più qual quale si sono su sul un una uno"
    ),
    "pt": "a ao as com como da das de do dos e em é mais na nas no nos não o os ou para pela por qual que se um uma",
    "sv": (
        "att av de den det du eller en ett för från han har hon i inte är jag kan men med mot när och om på "
        "samt sig sin som till under var vad vi vid"
    ),
    "da": "af at de den der det dig du efter eller en er et for fra ham han har hun i ikke jeg med men når og om på sig som til var ved vi",
    "no": "av at de den der det du eller en er et etter for fra han har hun i ikke jeg med men når og om på seg som til var ved vi",
    "fi": "ei että he hän ja joka jos kanssa kuin kun me mikä mutta myös ne niin nyt oli olla on ovat se sekä tai tämä vain",
    "hu": "a az be csak de egy el és ez ha hogy is ki le meg mert mint nem vagy van volt",
    "ro": "acest care ca că cu cum de din este fi în la mai nu pe pentru prin sau se sunt un și",
    "tr": "ama bir bu da daha de için ile ise kadar mi ne olan olarak ve veya",
    "ru": (
        "а без был была было были в во вы для до его ее если же за и из или их к как ко кто ли мы на не "
        "него но о об он она они от по при с со так также то что это я"
    ),
}  # fmt: skip
_SCRIPTS = {
    "el": re.compile("[\u0370-\u03ff]"),
    "ru": re.compile("[\u0400-\u04ff]"),
    "ar": re.compile("[\u0600-\u06ff]"),
    "ta": re.compile("[\u0b80-\u0bff]"),
}
_WRITTEN = {
    **_SCRIPTS,
    "ja": re.compile("[\u3040-\u30ff]"),
    "ko": re.compile("[\uac00-\ud7af\u1100-\u11ff]"),
    "zh": re.compile("[\u3400-\u9fff]"),
    "hi": re.compile("[\u0900-\u097f]"),
    "bn": re.compile("[\u0980-\u09ff]"),
    "pa": re.compile("[\u0a00-\u0a7f]"),
    "gu": re.compile("[\u0a80-\u0aff]"),
    "or": re.compile("[\u0b00-\u0b7f]"),
    "te": re.compile("[\u0c00-\u0c7f]"),
    "kn": re.compile("[\u0c80-\u0cff]"),
    "ml": re.compile("[\u0d00-\u0d7f]"),
    "si": re.compile("[\u0d80-\u0dff]"),
    "th": re.compile("[\u0e00-\u0e7f]"),
    "he": re.compile("[\u0590-\u05ff]"),
    "hy": re.compile("[\u0530-\u058f]"),
    "ka": re.compile("[\u10a0-\u10ff]"),
}  # the language that most of what is written in a script is in
_KANA = 0.1  # share of a text's letters from which its Chinese characters are Japanese ones
_GLANCE = 5000  # characters of a page that tell its language
_LEAST = 3  # different stop words by which a text is told not to be English: names and codes hold some, too
_SHARE = 0.04  # of its words that these are at least


@cache
def stop_words(language: str) -> frozenset[str]:
    """Folded words of a language that say nothing about a page, with and without their accents written out."""
    return frozenset(tokens.words(_STOP.get(language, "")))


@cache
def _languages_of() -> dict[str, tuple[str, ...]]:
    """The languages in which each word is a stop word; single letters stand for other things as often."""
    found: dict[str, list[str]] = {}
    for language in _STOP:
        for word in stop_words(language):
            if len(word) > 1:
                found.setdefault(word, []).append(language)
    return {word: tuple(languages) for word, languages in found.items()}


def detect(text: str, words: Sequence[str], least: int = _LEAST) -> str:
    """The language of `text`, of which `words` are the folded tokens; English where nothing tells, as where
    fewer than `least` words are stop words of another one."""
    known = _languages_of()
    counts = Counter(language for word in {*words} for language in known.get(word, ()))
    # Sorted: of languages that are equally likely every process must choose the same one.
    best = max(sorted(counts), key=lambda language: (counts[language], language == DEFAULT), default=DEFAULT)
    if best != DEFAULT and counts[best] >= max(least, 2 * counts[DEFAULT], _SHARE * len(words)):
        return best
    if not text.isascii() and not counts[DEFAULT]:
        letters = {language: len(script.findall(text)) for language, script in _SCRIPTS.items()}
        most = max(letters, key=lambda language: letters[language])
        return most if 2 * letters[most] > sum(map(str.isalpha, text)) else DEFAULT
    return DEFAULT


def spoken(text: str) -> str | None:
    """The language of a page, as ISO 639-1 writes it; None where nothing tells, as on a page of numbers. A script
    stands for the language that it is mostly used for."""
    text = text[:_GLANCE]
    words = tokens.words(text)
    best = detect(text, words)
    known = _languages_of()
    told = {word for word in words if best in known.get(word, ())}
    if best != DEFAULT or len(told) >= _LEAST:
        return best
    letters = sum(map(str.isalpha, text))
    shares = {name: len(script.findall(text)) / max(letters, 1) for name, script in _WRITTEN.items()}
    if shares["ja"] >= _KANA and shares["ja"] + shares["zh"] > 0.5:
        return "ja"
    most = max(shares, key=lambda name: shares[name])
    return most if shares[most] > 0.5 else None


def stems(words: Sequence[str], language: str = DEFAULT) -> list[str]:
    """Stems of single words, folded, in order."""
    if language == DEFAULT or all(map(str.isascii, words)):
        found: list[str] = _analyzer(_STEMMERS[language]).analyze(" ".join(words))
        return found
    return [_folded(stem) for stem in _analyzer(_STEMMERS[language]).analyze(" ".join(words))]


@lru_cache(maxsize=16384)
def stem(word: str, language: str = DEFAULT) -> str:
    """The stem of one folded word."""
    return stems([word], language)[0]


def stemmed(text: str, words: Sequence[str], language: str) -> list[str]:
    """What the field `stem` holds of `text`, of which `words` are the folded tokens."""
    if language == DEFAULT or text.isascii():
        return stems(words, language)
    return stems(tokens.words(text, accents=True), language)


def _folded(stem: str) -> str:
    return "".join(tokens.words(stem)) or stem


@cache
def _analyzer(stemmer: str) -> Any:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    return builder.filter(tantivy.Filter.stemmer(stemmer)).build()
