"""The floor: below it nothing in the library matches. Learned from the library itself, without labels.

    fit(ranked, reading, question, rarity, nearest) -> Fit      of what words found
    Floor.judge(words, looks) -> bool | None
    load(path), store(path, floor)          a small file; `floors` keeps one for each collection

A question that the library can answer is covered by some page, has words that stand there side by side, and has
a passage whose vector is near. The sum of the three, `strength`, has no meaning of its own: in a library of
invoices every business letter is near. So the library is asked NOBODY'S, questions about everything that somebody
else's library answers, and what is hardly stronger than the strongest of these is no match. Neither is what has
little of the names and numbers that a question holds: another invoice is not the one asked for. For pictures
asked with, the floor is how near the library's own pictures are to each other. How many answerable questions
that loses is measured by bench/floor.py.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from triptych import files
from triptych.fuse import Fused
from triptych.ranking import evidence
from triptych.ranking.reading import Reading
from triptych.rerank import parts_of
from triptych.words.snippet import Weight

PICTURES = 20  # fewer say too little of how near pictures are to each other
GROWN = 1.2  # by which factor a library may have grown or shrunk before it is asked again
SHARE = 0.9  # of NOBODYS that are below the floor
NEAREST = 0.93  # of the library's own pictures that are nearer to another than the floor
LOOKED_AT = (
    6  # best pages by the signals whose words are looked at: the thresholds were measured with as many
)
SPECIFIC = 0.4  # of what a question names or numbers; of what a page has less, the rest must be stronger
# From this trust on a question in words is answered by how a picture looks, or by how it is described: of 280 questions
# of seven other sets none reached it in five of six libraries, and one in the sixth (docs/log/rerank.md).
CLEAR = {"image": 0.5, "caption": 0.85}
# Where a question says nothing but how something looks, words on pages have no say, and less trust is enough: among
# pictures that lack what is asked for, it was 0 to .13 (a green logo, a dialog, a photo), else .19 and more.
PLAIN = 0.15
_LOOK_WORDS = """
red orange yellow green blue purple violet pink brown black white grey gray dark light bright colourful colorful
picture image photo photograph drawing sketch logo chart graph plot bar line pie scatter area table form receipt
invoice letter page report dashboard screenshot dialog window slide diagram map scan document something
"""
_LOOKS = frozenset(_LOOK_WORDS.split())
_PARTS = ("coverage", "run", "specifics")

NOBODYS = (
    "how do bees find their way home",
    "recipe for lentil soup with coriander",
    "orbital period of the moons of Jupiter",
    "how to tune a violin",
    "translation of the first line of the Odyssey",
    "history of the Hanseatic League",
    "how to prune an apple tree in winter",
    "treatment of sprained ankles in children",
    "how long should pasta dough rest",
    "who painted the ceiling of the Sistine Chapel",
    "grammar of the subjunctive in Spanish",
    "training plan for a first marathon",
    "the plot of a film about a submarine crew",
    "election of the president of the senate",
    "architecture of gothic cathedrals",
    "meaning of dreams about falling",
    "a poem about autumn leaves",
    "how glaciers shape valleys",
    "What was the net revenue of Halvorsen Airlines in 2016?",
    "receipt from the bakery Miller for bread and coffee",
    "which share of young adults in Norway owned a bicycle in 2009?",
    "the settings window where the printer is chosen",
    "invoice of Brandt Logistics for pallets, due in March",
    "letter of the committee about the budget for next year",
    "a man in a red jacket stands beside a horse",
    "organic strawberry yoghurt, 500 g",
    "heat transfer in a turbulent boundary layer",
    "application form for a library card",
    "price of two tickets to Lisbon",
    "how many employees did Ostrava Steel have in 2020?",
    "What is the total of the invoice of Kestrel Paper Ltd?",
    "What is the total amount of the receipt from Noodle House Verlan?",
    "What is the due date on the invoice of Orbach Timber?",
    "On which date was the receipt of Pharmacy Lindqvist issued?",
    "What is the value of the orange bar for Moldova in 2011?",
    "Which company is named at the top of the form?",
    "Who signed the memorandum about the Harkness account?",
    "What is the operating margin of Tavener Foods in FY2020?",
    "the dialog with the Synchronize calendar option selected",
    "How much was paid for parking at Brunnen station?",
    "total on the Feldmann Optics invoice",
    "What is the name of the customer on the invoice of Sattler Tools?",
)  # invented names, so that no library answers them by chance


class Fit(NamedTuple):
    """How well the best pages fit a question: `strength` 0 to 3, and the share of its `specifics` that one has; and
    whether it says nothing but how something `looks`."""

    strength: float
    specifics: float
    looks: bool = False


@dataclass(frozen=True, slots=True)
class Floor:
    """What a library of `pages` pages, seen in `spaces`, takes for no match: strengths of words below `words`,
    and scores of the nearest picture below `looks`; None where nothing can be said."""

    pages: int
    spaces: str
    words: float | None = None
    looks: float | None = None

    def fits(self, pages: int, spaces: str) -> bool:
        """Whether it still speaks for the library, which has `pages` pages now."""
        return spaces == self.spaces and self.pages / GROWN <= pages <= self.pages * GROWN

    def judge(
        self, words: Fit | None, looks: float | None, trust: Mapping[str, float] = MappingProxyType({})
    ) -> bool | None:
        """Whether the best pages match a question: by how what its words found fits, or for a picture by the
        score of the nearest. `trust` is how far each signal understands the words. None where nothing can be said."""
        if words is not None and self.words is not None:
            clear = any(trust.get(signal, 0.0) >= least for signal, least in CLEAR.items())
            clear |= words.looks and trust.get("image", 0.0) >= PLAIN
            return clear or words.strength >= self.words + max(0.0, SPECIFIC - words.specifics)
        if words is None and looks is not None and self.looks is not None:
            return looks >= self.looks
        return None


def fit(
    ranked: Sequence[Fused], reading: Reading, asked: evidence.Question, rarity: Weight, nearest: float
) -> Fit:
    """How well the best pages fit a question: the greatest share of it that a page covers, values in any style, the
    greatest that stands in one run, and `nearest`, the score of the nearest passage. A page that was read again
    by evidence is not read once more."""
    again = [f.rerank for f in ranked if f.rerank is not None and f.rerank.before <= LOOKED_AT]
    known = [read.parts for read in again if read.parts]
    if not known:
        known = [parts_of(f, reading, asked, rarity) for f in ranked[:LOOKED_AT]]
    best = {name: max((parts[name] for parts in known), default=0.0) for name in _PARTS}
    named = best["specifics"] * asked.named / (asked.total or 1.0)
    looks = bool(asked.roots) and asked.roots.keys() <= _LOOKS
    return Fit(nearest + max(best["coverage"], named) + best["run"], best["specifics"], looks)


def load(path: Path) -> Floor | None:
    """The floor in a file; None where there is none, or one that another version wrote: it is made again when the
    library changes."""
    try:
        raw = json.loads(path.read_text("utf-8"))
        found = Floor(int(raw["pages"]), str(raw["spaces"]), _number(raw["words"]), _number(raw["looks"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found


def _number(value: float | None) -> float | None:
    if value is None:
        return None
    if not math.isfinite(float(value)):
        raise ValueError("no number")
    return float(value)


def store(path: Path, floor: Floor) -> None:
    path.parent.mkdir(exist_ok=True)
    files.write(path, json.dumps(asdict(floor)).encode())
