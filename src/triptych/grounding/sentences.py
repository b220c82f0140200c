"""A model's words into sentences while they come, and sentences into clauses with the items that each cites.

A clause is the part of a sentence that a group of citations closes: in "A is 5 [1] and B is 6 [2]." the figure 6
must stand in item 2. What follows the last group belongs to it, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from triptych.grounding.frames import framing, unframed
from triptych.grounding.plain import unlinked

_LONGEST = 1200  # characters of a sentence; what is longer is cut there
_QUOTED = 400  # characters that a quotation may have before its second mark is no longer waited for
_CITED = re.compile(
    r"\[\s*(?:(?:items?|evidence|sources?|pages?|docs?|documents?|no|#)\.?\s*)?"
    r"(\d{1,4}(?:\s*(?:,|;|&|and|to|-|–|—)\s*(?:(?:items?|sources?)\s*)?\d{1,4})*)\s*\]",
    re.IGNORECASE,
)
_LIKE_CITED = str.maketrans({"【": "[", "】": "]", "［": "[", "］": "]", "〔": "[", "〕": "]"})
_DRESSED = re.compile(
    r"\(\s*(?:see\s+)?(\[[^\[\]]*\])\s*\)|\[(\[[^\[\]]*\])\]", re.IGNORECASE
)  # ([1]), [[1]]
_FOOTNOTE = re.compile(r"\[\^(?=\d)|(?<=\d)†[^\[\]]*(?=\])")  # [^1], [1†source]
# (1) at the end of a sentence without brackets, which would cite nothing otherwise
_ROUND = re.compile(
    r"\((?:(?:items?|evidence|sources?|see)\s*)?(\d{1,2}(?:\s*[,;]\s*\d{1,2})*)\)(?=\s*[.!?。]?\s*$)",
    re.IGNORECASE,
)
_MARKS = re.compile(rf"(?:\s*{_CITED.pattern})+[.!?。]?", re.IGNORECASE)  # citations behind a full stop
_LEADS = re.compile(r"\s*[a-zà-ÿ]")
_MAY_CITE = re.compile(r"[\[【][^\]】]{0,60}")  # may become citations that belong to the sentence before
_STOP = re.compile(r"[.!?。！？]+[\"'”’»)\]]*|\n+")
ABBREVIATION = re.compile(
    r"(?:\b(?:no|nr|nos|inc|ltd|llc|corp|co|mr|mrs|ms|dr|prof|st|vs|approx|ca|ave|blvd|dept|est|fig|jr|sr|vol|e\.g|i\.e"
    r"|ph|univ|assn|bros|attn|ext|rev|gen|col|capt|sgt|hon|sen|gov|mme|mlle|boul|av|sra?|resp|evtl|inh|geb|hr|fr|id|ref|reg|acct?|inv|lfd|kd|ust|mwst|bzgl|ges|dy|[^\W\d_]*nr|[^\W\d_]*str|incl|excl|z\.b|d\.h|u\.a|bzw|ggf|inkl|exkl|zzgl|abs|art|str|tel|gmbh|sdn|bhd|pte|pty|p|pp|min|max|jan|feb|mar|apr|jun"
    r"|jul|aug|sept?|oct|nov|dec)|(?<![-/\w])[^\W\d_]|(?<![^\s(*_])\d{1,3})\.$",
    re.IGNORECASE,
)
# Behind the others a sentence may end as well: "... is 30. The net total", "... SDN BHD. In [2]".
_NEVER_ENDS = re.compile(
    r"\b(?:mr|mrs|ms|dr|prof|vs|approx|ca|e\.g|i\.e|z\.b|d\.h|u\.a|bzw|ggf|inkl|exkl|incl|excl|zzgl|abs|art|resp|mme|mlle|hon|sen|gov|rev|gen|col|capt|sgt|attn)\.$",
    re.IGNORECASE,
)
_INITIAL = re.compile(r"(?<!\w)[A-ZÀ-Þ]\.$")
_PARTICLE = re.compile(r"(?:La|Le|Les|De|Der|Den|Die|Das|El|Los|Las) [A-ZÀ-Þ]")
_STARTS = re.compile(
    r"(?:The|A|An|It|Its|This|That|These|Those|There|In|On|At|By|For|From|As|He|She|They|We|Their|According|However|Der|Die|Das|Es|Im|Am|Ein|Eine|Laut|Dies\w*|Sie|Er"
    r"|Le|La|Les|Il|Elle|Un|Une|Ce|Cette|Selon|Dans|El|Los|Las|Una|Según|En|Het|De|Een|Volgens)(?=[\s’'])|L[’']|\[\d"
)
_OPENS = re.compile(r"[\"'“„«‘(*_\-•–$€£¥₹]*[A-ZÀ-ÞĀ-Ž0-9]|\[\d|[^\x00-\u024f]|[-•*–]\s")
_LEADING = re.compile(
    r"(?:according to|as per|per|based on|from|in|as (?:shown|stated|seen) in|laut|gemäß|nach|selon|d['’]après|dans|según|de acuerdo con|en)"
)
_DOUBLE = re.compile(r"[\"“”„«»]")


@dataclass(frozen=True, slots=True)
class Clause:
    """Words without their citations, the items they cite, and what parts them from the next clause."""

    text: str
    cited: tuple[int, ...]


class Splitter:
    """Takes pieces of text as they come, gives whole sentences as soon as it is sure of their end."""

    def __init__(self) -> None:
        self._text = ""

    def feed(self, piece: str) -> Iterator[str]:
        """Sentences that are now whole, each with the white space that follows it."""
        self._text += piece
        yield from self._ready(last=False)

    def rest(self) -> Iterator[str]:
        """What is left when nothing more will come."""
        yield from self._ready(last=True)
        if self._text.strip():
            yield self._text
        self._text = ""

    def _ready(self, last: bool) -> Iterator[str]:
        at = 0
        while (stop := _STOP.search(self._text, at)) is not None:
            end = self._end(stop, last)
            if end is None:
                return
            if end:
                yield self._text[:end]
                self._text, at = self._text[end:], 0
            else:
                at = stop.end()
        while len(self._text) > _LONGEST:
            yield self._text[:_LONGEST]
            self._text = self._text[_LONGEST:]

    def _end(self, stop: re.Match[str], last: bool) -> int | None:
        """Where the sentence ends that `stop` may close: 0 when it does not, None when more must come first."""
        text = self._text
        behind = _MARKS.match(text, stop.end())
        if behind and _LEADS.match(text, behind.end()):
            behind = None  # "... [2]. [1] shows that": it opens the next sentence
        end = behind.end() if behind else stop.end()
        rest, ahead = text[end:].lstrip(" \t"), text[end:].lstrip()
        if not last and (not ahead or _MAY_CITE.fullmatch(ahead)):
            return None
        if "\n" in stop[0] or rest.startswith("\n"):
            lead = len(text[end:]) - len(text[end:].lstrip())
            return end + lead if text[:end].strip() else 0
        if not last and len(rest) < 3 and not behind:
            return None
        if not rest:
            return len(text)
        space = len(text[end:]) - len(rest)
        wide = stop[0][0] in "。！？"
        if not (space or wide) or (not wide and not _OPENS.match(rest)):
            return 0
        before = text[: stop.start() + 1]
        if ABBREVIATION.search(before) and not behind:
            if not last and not re.search(r"[\s’']", rest):
                return None  # the word may open a sentence
            surname = _INITIAL.search(before) and _PARTICLE.match(rest)  # J. La Valle
            if surname or not _STARTS.match(rest) or _NEVER_ENDS.search(before):
                return 0
        return 0 if self._inside_quotation(stop.end()) else end + space

    def _inside_quotation(self, at: int) -> bool:
        marks = [m.start() for m in _DOUBLE.finditer(self._text, 0, at)]
        return len(marks) % 2 == 1 and at - marks[-1] < _QUOTED


def sentences(text: str) -> list[str]:
    """All sentences of a text that is whole."""
    splitter = Splitter()
    return [*splitter.feed(text), *splitter.rest()]


def clauses(sentence: str) -> list[Clause]:
    """The clauses of a sentence, visible characters only. One that cites nothing has the items of the one before
    it, and the first of all those of the one after it, as in "As [2] says, ..."."""
    text = unlinked(_plainly(sentence))
    found: list[Clause] = []
    at = 0
    groups = [*_groups(text)]
    if len(groups) == 1:  # "According to the invoice [1], ..." is one clause
        at, end = groups[0].span()
        numbers = tuple(n for m in _CITED.finditer(groups[0][0]) for n in _numbers(m[1]))
        words = text[:at].rstrip() + text[end:]
        lead = text[:at].strip(" -*•").lower()
        if lead in ("", "as") and (
            lead or text[end:].lstrip()[:1].islower()
        ):  # "[1] shows that ..." without that
            rest = unframed(words).lstrip()
            words = rest[:1].upper() + rest[1:]
        elif _LEADING.fullmatch(lead) and (said := text[end:].lstrip()).startswith(
            ","
        ):  # "According to [1], ..."
            rest = said[1:].lstrip()
            words = rest[:1].upper() + rest[1:]
        return [Clause(words, numbers)]
    for group in groups:
        words = text[at : group.start()]
        numbers = tuple(n for m in _CITED.finditer(group[0]) for n in _numbers(m[1]))
        if found and (not _says(words) or framing(found[-1].text)):
            found[-1] = Clause(found[-1].text + words.rstrip(), found[-1].cited + numbers)
        else:
            found.append(Clause(words, numbers))
        at = group.end()
    rest = text[at:]
    if not found:
        return [Clause(rest, ())]
    if _says(rest):
        found.append(Clause(rest, found[-1].cited))
    else:
        found[-1] = Clause(found[-1].text.rstrip() + rest.rstrip(), found[-1].cited)
    return found


def _plainly(sentence: str) -> str:
    """A sentence with its citations as we ask for them: [1], not 【1】, ([1]), [[1]], [^1], [1†source] or (1)."""
    text = _FOOTNOTE.sub(lambda m: "[" if m[0][0] == "[" else "", sentence.translate(_LIKE_CITED))
    text = _DRESSED.sub(lambda m: m[1] or m[2], text)
    return text if _CITED.search(text) else _ROUND.sub(r"[\1]", text)


def _groups(text: str) -> Iterator[re.Match[str]]:
    """Runs of citations that nothing or a comma parts."""
    return re.finditer(rf"{_CITED.pattern}(?:\s*,?\s*{_CITED.pattern})*", text, re.IGNORECASE)


def _says(words: str) -> bool:
    return any(c.isalnum() for c in words)


def _numbers(group: str) -> Iterator[int]:
    """`1, 3-5` -> 1, 3, 4, 5."""
    for part in re.split(r"\s*(?:,|;|&|and)\s*", group):
        ends = [int(n) for n in re.findall(r"\d{1,4}", part)]
        if len(ends) == 2 and 0 <= ends[1] - ends[0] <= 20:
            yield from range(ends[0], ends[1] + 1)
        else:
            yield from ends
