"""Learned fusion: the default's weights, bent by what is known of the question and of each page.

    weigh(lists, model, question, facts) -> fuse.Weighed      pure; `training.fusion` fits the model
    recalled(model, seen, documents) -> fuse.Recalled | None     pure; what it remembers, see `memory`
    load(folder) -> Model, Model.save(folder)                 JSON beside the catalog

The score of a page stays `sum of weight * norm`, so a hit explains itself as before. A signal's weight is that of
`fuse.adaptive` times `exp(theta . x)`, where x are features of the page and the question: no theta, no change.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from triptych import files, fuse
from triptych.errors import LibraryError, UserError
from triptych.fuse import Lists, Recalled, Weighed
from triptych.ranking.memory import Memory
from triptych.types import SIGNALS

FILE = "fusion.json"
MOST = 2.0  # |theta . x| at most: no weight changes by more than e^2
_TOP = 10  # pages of a list that count as its best

# What is known of a question, of a page, and of how the signals agree on it; all about 0..1.
QUESTION = ("digits", "quotes", "length", "picture")
FACTS = ("confidence", "captions", "picture_file", "age")
FEATURES = ("one", *QUESTION, *FACTS, "drop", "agreement", "margin")


class Seen(NamedTuple):
    """A question as one vector: (dim,) float32 of length 1 in `space`, that of the signal."""

    signal: str
    space: str
    vector: np.ndarray


@dataclass(frozen=True, slots=True)
class Model:
    """`theta[i][j]`: how signal i answers to feature j; `memories` are its judged questions. `gain` is what
    cross-validation promised, in nDCG@10; a model that promised nothing has zeros only and remembers nothing, and
    ranks as the default does."""

    signals: tuple[str, ...]
    features: tuple[str, ...]
    theta: tuple[tuple[float, ...], ...]
    queries: int = 0  # it was fitted to
    gain: float = 0.0
    memories: tuple[Memory, ...] = ()

    def save(self, folder: Path) -> None:
        """Write it into the folder of a library."""
        told = asdict(replace(self, memories=())) | {"memories": [m.to_json() for m in self.memories]}
        files.write(folder / FILE, json.dumps(told, indent=1).encode())


def load(folder: Path) -> Model:
    """The model of a library. Raises UserError when there is none, LibraryError when it cannot be read or was
    made for other features."""
    path = folder / FILE
    if not path.is_file():
        raise UserError(
            "This library has no learned fusion yet. Fit one to labelled questions: triptych train fusion --labels SET"
        )
    return _read(path, files.stamp(path))


@lru_cache(maxsize=8)
def _read(path: Path, _stamp: tuple[int, int]) -> Model:
    """A memory may be megabytes: it is read again when it has changed."""
    try:
        raw = json.loads(path.read_text("utf-8"))
        theta = tuple(tuple(float(v) for v in row) for row in raw["theta"])
        model = Model(
            tuple(raw["signals"]),
            tuple(raw["features"]),
            theta,
            int(raw["queries"]),
            float(raw["gain"]),
            tuple(map(Memory.from_json, raw.get("memories", ()))),
        )
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise LibraryError(f"The learned fusion '{path}' cannot be read: {error}. Train it anew.") from error
    if model.features != FEATURES or len(theta) != len(model.signals):
        raise LibraryError(f"The learned fusion '{path}' was made by another version. Train it anew.")
    return model


def check(model: Model, signals: tuple[str, ...]) -> None:
    """Raises UserError when a library has signals that the model does not know."""
    strange = [name for name in signals if name not in model.signals]
    if strange:
        raise UserError(
            f"The learned fusion was trained on {', '.join(model.signals)}, and this library has {', '.join(strange)} "
            f"too. Train it anew: triptych train fusion --labels SET"
        )


def weigh(
    lists: Lists, model: Model, question: Mapping[str, float], facts: Mapping[str, np.ndarray]
) -> Weighed:
    """Norms and weights of each page. `question` and `facts` ((n,) arrays) by the names above; what is not
    given counts as 0."""
    base = fuse.weigh(lists)
    x = design(base, question, facts)
    bent = {
        name: base.weights[name] * np.exp(np.clip(x @ np.array(row), -MOST, MOST))
        for name, row in zip(model.signals, model.theta, strict=True)
        if name in base.weights
    }
    return replace(base, weights={**base.weights, **bent})


def recalled(model: Model, seen: Seen | None, documents: np.ndarray) -> Recalled | None:
    """What the model remembers for a question of the `documents` (n,) sha256; None where it knows no such questions.
    Raises UserError when it remembers questions as another encoder saw them."""
    known = next((m for m in model.memories if seen is not None and m.signal == seen.signal), None)
    if known is None or seen is None:
        return None
    if known.space != seen.space:
        raise UserError(
            f"The learned fusion remembers questions as '{known.space}' sees them, and this library has '{seen.space}'. "
            f"Train it anew: triptych train fusion --labels SET"
        )
    return Recalled(known.recalled(seen.vector, documents.tolist()), known.share)


def design(base: Weighed, question: Mapping[str, float], facts: Mapping[str, np.ndarray]) -> np.ndarray:
    """(n, len(FEATURES)): one row for each page."""
    n = len(base.lists.pages)
    known = {name: np.full(n, question.get(name, 0.0)) for name in QUESTION}
    known |= {name: np.asarray(facts.get(name, np.zeros(n)), np.float64) for name in FACTS}
    scores = base.scores()
    known["one"] = np.ones(n)
    known["drop"] = np.full(n, fuse.drop(base.lists) if fuse.LEAD in base.lists.scores else 0.0)
    best = [fuse.ranks(found) <= _TOP for found in base.lists.scores.values()]
    known["agreement"] = sum(best, np.zeros(n)) / len(SIGNALS)
    known["margin"] = scores.max(initial=0.0) - scores
    return np.stack([known[name] for name in FEATURES], axis=1)
