"""Why a page was found: what each signal said of it, and what reading it again made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class SignalScore:
    """What one signal says of one hit: its rank there (from 1), raw and normalised score, and weight."""

    rank: int
    raw: float
    norm: float
    weight: float

    def to_dict(self) -> dict[str, Any]:
        values = {name: round(getattr(self, name), 6) for name in ("raw", "norm", "weight")}
        return {"rank": self.rank, **values}


@dataclass(frozen=True, slots=True)
class Reranked:
    """What reading a page again made of it: who read it, its rank before (from 1), the score it was given, and
    where that is known what the score is made of, each part as a share of what the question weighs."""

    model: str
    before: int
    score: float
    parts: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        parts = {name: round(share, 6) for name, share in self.parts.items()}
        return {"model": self.model, "before": self.before, "score": round(self.score, 6), "parts": parts}
