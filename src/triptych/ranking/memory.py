"""What learned fusion remembers: which documents answered the questions that it was fitted to.

    Memory.recalled(vector, documents) -> (n,) 0..1            pure; `training.remembering` chooses its numbers
    recalled(likeness, memory, count) -> (count,)             pure

Who asks what others asked before mostly wants what they took: clicks on a page are worth more than its words
(Craswell and Szummer, Random Walks on the Click Graph, SIGIR 2007). So a document is as probable an answer as the
questions are near that it answered: a mean of judgements, weighted by a kernel of the distance between questions
(Nadaraya, On Estimating Regression, 1964; Watson, Smooth Regression Analysis, 1964).
Questions are kept as vectors, without their words.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """Judged questions of one kind: in words (`signal` is "text") or pictures ("image"). `vectors` (q, dim) float32
    of length 1 in `space`; the i-th judgement says that document `names[documents[i]]` (sha256) answers question
    `questions[i]` with the grade `grades[i]`, at most 1."""

    signal: str
    space: str
    vectors: np.ndarray
    names: tuple[str, ...]
    questions: np.ndarray
    documents: np.ndarray
    grades: np.ndarray
    near: float  # cosine at which a single question is half believed
    width: float  # by how much more of it a question counts e times as much
    share: float  # of what is recalled, beside the fused score's 1

    @classmethod
    def of(
        cls,
        signal: str,
        space: str,
        vectors: np.ndarray,
        judged: Sequence[Mapping[str, float]],
        *,
        near: float,
        width: float,
        share: float,
    ) -> Memory:
        """Of questions as vectors and what is `judged` of each: sha256 of a document -> grade above 0."""
        names = sorted({name for grades in judged for name in grades})
        at = {name: i for i, name in enumerate(names)}
        told = [(q, at[name], grade) for q, grades in enumerate(judged) for name, grade in grades.items()]
        questions, documents, grades = np.array(told, np.float64).reshape(-1, 3).T
        return cls(signal, space, np.asarray(vectors, np.float32), tuple(names),
                   questions.astype(np.int64), documents.astype(np.int64), grades, near, width, share)  # fmt: skip

    def recalled(self, vector: np.ndarray, documents: Sequence[str]) -> np.ndarray:
        """(n,) float64 in 0..1: how far questions near the one asked, (dim,), were answered by each of `documents`."""
        found = recalled(self.vectors @ vector, self, len(self.names))
        known = dict(zip(self.names, found.tolist(), strict=True))
        return np.array([known.get(name, 0.0) for name in documents], np.float64)

    def to_json(self) -> dict[str, Any]:
        return {
            "signal": self.signal,
            "space": self.space,
            "dim": self.vectors.shape[1],
            "vectors": base64.b64encode(self.vectors.astype("<f2").tobytes()).decode(),
            "documents": list(self.names),
            "judged": [
                [int(q), int(d), round(float(g), 4)]
                for q, d, g in zip(self.questions, self.documents, self.grades, strict=True)
            ],
            "near": self.near,
            "width": self.width,
            "share": self.share,
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Memory:
        """Raises ValueError, KeyError, TypeError or IndexError for what `to_json` did not write."""
        vectors = np.frombuffer(base64.b64decode(raw["vectors"]), "<f2").reshape(-1, int(raw["dim"]))
        names = [str(name) for name in raw["documents"]]
        judged: list[dict[str, float]] = [{} for _ in vectors]
        for question, document, grade in raw["judged"]:
            judged[question][names[document]] = float(grade)
        near, width, share = (float(raw[name]) for name in ("near", "width", "share"))
        if not width > 0 or not np.isfinite(vectors).all():
            raise ValueError("numbers of its memory are none")
        return cls.of(
            str(raw["signal"]), str(raw["space"]), vectors, judged, near=near, width=width, share=share
        )


def recalled(likeness: np.ndarray, memory: Memory, count: int) -> np.ndarray:
    """(count,) what questions with these cosines (q,) to the one asked say of each document of `memory`; -1 for a
    question that is not to be heard."""
    weights = np.where(likeness > -1, np.exp(np.minimum((likeness - memory.near) / memory.width, 30.0)), 0.0)
    total = np.bincount(memory.documents, weights[memory.questions] * memory.grades, count)
    return np.asarray(total / (1.0 + weights.sum()), np.float64)
