"""Fits learned fusion to labelled questions: `triptych train fusion`.

    examples(library, labels) -> what retrieval says to each labelled question
    fit(examples) -> Model

ListNet (Cao et al., Learning to Rank: From Pairwise Approach to Listwise Approach, ICML 2007) with one target a
document: the share that the softmax of the scores gives to the pages of each relevant document. The penalty on
theta pulls towards the default; its strength is chosen by cross-validation, and so is whether to change
anything at all: a gain that could be chance is no gain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from triptych import fuse
from triptych.errors import UserError
from triptych.evaluation.labelled import LabelledSet, Question
from triptych.fuse import Lists, Weighed
from triptych.library import Library
from triptych.ranking import learned
from triptych.ranking.learned import FEATURES, Model
from triptych.retrieve import Query, gather
from triptych.training.example import LEAST, Example, ndcg, sure
from triptych.training.remembering import memories
from triptych.types import SIGNALS

FOLDS = 5
PENALTIES = (1.0, 0.3, 0.1, 0.03, 0.01)
SHARPNESS = 20.0  # scores lie in 0..1; the softmax should see their differences
CHANCE = 0.1  # of the bootstrap means of the gain that may be at or below 0


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """An example as arrays: `parts` (signals, n) default weight times norm, `x` (n, features)."""

    parts: np.ndarray
    x: np.ndarray
    groups: tuple[np.ndarray, ...]  # the pages of each relevant document that was found
    example: Example
    base: Weighed


def fit(examples: Sequence[Example]) -> Model:
    """The model that gains most on questions it has not seen; all zeros when none surely gains anything.

    Raises UserError for fewer than LEAST examples with a relevant page among those found.
    """
    rows = [_row(example) for example in examples]
    usable = [row for row in rows if row.groups]
    if len(usable) < LEAST:
        raise UserError(
            f"{len(usable)} of {len(examples)} labelled questions have a relevant page among those found; at least "
            f"{LEAST} are needed. Label more: triptych label DIR --queries FILE"
        )
    gains = {penalty: _held_back(usable, penalty) for penalty in PENALTIES}
    penalty = max(gains, key=lambda p: (gains[p].mean(), p))
    theta = np.zeros((len(SIGNALS), len(FEATURES)))
    gain = 0.0
    if sure(gains[penalty], CHANCE):
        theta, gain = _fitted(usable, penalty), float(gains[penalty].mean())
    weights = tuple(tuple(round(float(v), 5) for v in row) for row in theta)
    kept, more = memories(examples, [_scores(row, theta) for row in rows])
    gain += float(more.sum()) / len(usable)
    return Model(SIGNALS, FEATURES, weights, len(usable), round(gain, 4), kept)


def examples(lib: Library, labels: LabelledSet, assets: Mapping[str, str] | None = None) -> list[Example]:
    """The labelled questions as the library's retrieval sees them. `assets` has the sha256 of each document; else
    the set's files are known by their content.

    Raises UserError when the library holds none of the set's files.
    """
    held = {asset.sha256: asset.key for asset in lib.catalog.assets()}
    known = _assets(labels) if assets is None else assets
    keys = {document: held[sha256] for document, sha256 in known.items() if sha256 in held}
    if not keys:
        raise UserError(
            f"The library holds none of the files of '{labels.name}'. Add them: triptych add {labels.folder}"
        )
    names = {key: sha256 for sha256, key in held.items()}
    return [_example(lib, question, labels, keys, names) for question in labels.questions]


def _assets(labels: LabelledSet) -> dict[str, str]:
    return {
        document.id: hashlib.sha256(document.path.read_bytes()).hexdigest()
        for document in labels.documents
        if document.path is not None
    }


def _example(
    lib: Library, question: Question, labels: LabelledSet, keys: Mapping[str, int], names: Mapping[int, str]
) -> Example:
    """`keys` of the documents' assets, and the `names` (sha256) of assets."""
    picture = None if question.image is None else lib.see(question.image)
    search = lib.settings.search
    gathered = gather(
        Query(question.text, picture, plain=True),
        lib.catalog,
        lib.index,
        lib.encoders,
        search,
        fuse.LEARNED,
        search.depth,
    )
    ignored = labels.ignored.get(question.qid, frozenset())
    judged = labels.judged.get(question.qid, {})
    relevant = {keys[d]: grade for d, grade in judged.items() if grade > 0 and d in keys and d not in ignored}
    kept = ~np.isin(gathered.documents, [keys[d] for d in ignored if d in keys])
    scores = {name: given[kept] for name, given in gathered.lists.scores.items()}
    lists = Lists(gathered.lists.pages[kept], scores, gathered.lists.trust)
    facts = lib.catalog.facts(lists.pages)
    best = max(relevant.values(), default=1)
    told = {names[key]: grade / best for key, grade in relevant.items()}
    return Example(lists, gathered.documents[kept], gathered.question, facts, relevant, gathered.seen, told)


def _row(example: Example) -> _Row:
    base = fuse.weigh(example.lists)
    n = len(example.lists.pages)
    parts = np.zeros((len(SIGNALS), n))
    for i, name in enumerate(SIGNALS):
        if name in base.norms:
            parts[i] = base.weights[name] * np.nan_to_num(base.norms[name])
    groups = (np.flatnonzero(example.documents == document) for document in example.relevant)
    x = learned.design(base, example.question, example.facts)
    return _Row(parts, x, tuple(g for g in groups if len(g)), example, base)


def _fitted(rows: Sequence[_Row], penalty: float) -> np.ndarray:
    """(signals, features) theta of least loss."""
    shape = (len(SIGNALS), len(FEATURES))

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        theta = flat.reshape(shape)
        total, slope = penalty * float((flat**2).sum()), 2 * penalty * theta
        for row in rows:
            value, gradient = _loss(row, theta)
            total += value / len(rows)
            slope = slope + gradient / len(rows)
        return total, slope.ravel()

    found = minimize(
        loss, np.zeros(shape[0] * shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 100}
    )
    fitted: np.ndarray = found.x.reshape(shape)
    return fitted


def _loss(row: _Row, theta: np.ndarray) -> tuple[float, np.ndarray]:
    """Cross-entropy of one question and its gradient by theta."""
    raw = theta @ row.x.T
    bent = row.parts * np.exp(np.clip(raw, -learned.MOST, learned.MOST))
    inside = np.abs(raw) < learned.MOST
    score = SHARPNESS * bent.sum(axis=0)
    share = np.exp(score - score.max())
    share /= share.sum()
    value, pull = 0.0, share.copy()
    for group in row.groups:
        mass = max(share[group].sum(), 1e-300)
        value -= float(np.log(mass)) / len(row.groups)
        pull[group] -= share[group] / mass / len(row.groups)
    gradient = SHARPNESS * ((bent * inside) * pull) @ row.x
    return value, gradient


def _held_back(rows: Sequence[_Row], penalty: float) -> np.ndarray:
    """What each question gains in nDCG@10 by a model that has not seen it."""
    fold = np.random.default_rng(0).permutation(len(rows)) % FOLDS
    gains = np.zeros(len(rows))
    for number in range(FOLDS):
        theta = _fitted([row for row, f in zip(rows, fold, strict=True) if f != number], penalty)
        for i in np.flatnonzero(fold == number).tolist():
            learnt, plain = _scores(rows[i], theta), _scores(rows[i], np.zeros_like(theta))
            gains[i] = ndcg(rows[i].example, learnt) - ndcg(rows[i].example, plain)
    return gains


def _scores(row: _Row, theta: np.ndarray) -> np.ndarray:
    raw = np.clip(theta @ row.x.T, -learned.MOST, learned.MOST)
    return fuse.hear((row.parts * np.exp(raw)).sum(axis=0), row.example.documents)
