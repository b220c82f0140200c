"""Learned fusion: no theta changes nothing, a signal that is right is believed, and chance is not learned."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import triptych
from conftest import FILES, Run
from triptych import fuse
from triptych.errors import LibraryError, UserError
from triptych.ranking import learned
from triptych.ranking.learned import FEATURES, Model
from triptych.training import fusion
from triptych.training.example import Example, ndcg
from triptych.types import SIGNALS

NOTHING = Model(SIGNALS, FEATURES, ((0.0,) * len(FEATURES),) * len(SIGNALS))


def example(rng: np.random.Generator, right: str, noise: float = 0.3) -> Example:
    """Forty pages of forty documents; `right` says which is relevant, keywords are all noise."""
    n = 40
    relevant = int(rng.integers(n))
    scores = {name: rng.random(n) for name in ("keyword", "text", "caption")}
    scores[right][relevant] = 1.0 + noise * rng.random()
    scores["keyword"] *= np.linspace(1, 0.05, n)  # steep: the default believes it
    documents = rng.permutation(n)
    lists = fuse.Lists(np.arange(n), scores)
    return Example(lists, documents, {}, {}, {int(documents[relevant]): 1})


def examples(seed: int, count: int, right: str) -> list[Example]:
    rng = np.random.default_rng(seed)
    return [example(rng, right) for _ in range(count)]


def mean(model: Model, unseen: list[Example]) -> float:
    found = []
    for e in unseen:
        scores = learned.weigh(e.lists, model, e.question, e.facts).scores()
        found.append(ndcg(e, fuse.hear(scores, e.documents)))
    return float(np.mean(found))


def test_a_signal_that_is_right_is_believed() -> None:
    model = fusion.fit(examples(1, 60, "caption"))
    assert model.gain > 0.05 and model.queries == 60
    unseen = examples(2, 60, "caption")
    assert mean(model, unseen) > mean(NOTHING, unseen) + 0.05


def test_chance_is_not_learned() -> None:
    rng = np.random.default_rng(5)
    noise = [example(rng, "text", noise=-1.0) for _ in range(40)]
    shuffled = [Example(e.lists, e.documents, {}, {}, {int(rng.integers(40)): 1}) for e in noise]
    model = fusion.fit(shuffled)
    assert model.gain == 0.0
    assert {v for row in model.theta for v in row} == {0.0}


@given(st.integers(0, 10_000))
def test_without_theta_it_ranks_as_the_default(seed: int) -> None:
    e = example(np.random.default_rng(seed), "text")
    plain, same = fuse.weigh(e.lists), learned.weigh(e.lists, NOTHING, {"digits": 1.0}, {})
    np.testing.assert_array_equal(plain.scores(), same.scores())


@given(st.lists(st.floats(-50, 50), min_size=len(FEATURES), max_size=len(FEATURES)))
def test_no_weight_changes_beyond_its_bounds(row: list[float]) -> None:
    e = example(np.random.default_rng(0), "text")
    model = Model(SIGNALS, FEATURES, (tuple(row),) * len(SIGNALS))
    plain, bent = fuse.weigh(e.lists), learned.weigh(e.lists, model, {}, {})
    for name in plain.weights:
        ratio = bent.weights[name] / plain.weights[name]
        assert np.exp(-learned.MOST) - 1e-9 <= ratio.min() and ratio.max() <= np.exp(learned.MOST) + 1e-9


def test_the_gradient_is_that_of_the_loss() -> None:
    row = fusion._row(examples(3, 1, "text")[0])
    rng = np.random.default_rng(0)
    theta = rng.normal(0, 0.2, (len(SIGNALS), len(FEATURES)))
    _, slope = fusion._loss(row, theta)
    for i, j in ((0, 0), (1, 0), (2, FEATURES.index("margin"))):
        step = np.zeros_like(theta)
        step[i, j] = 1e-5
        numeric = (fusion._loss(row, theta + step)[0] - fusion._loss(row, theta - step)[0]) / 2e-5
        assert slope[i, j] == pytest.approx(numeric, rel=1e-3, abs=1e-5)


def test_too_few_labels_say_how_many_are_needed() -> None:
    with pytest.raises(UserError, match=r"5 of 5 labelled questions .* at least 30 are needed"):
        fusion.fit(examples(1, 5, "text"))


def test_a_model_is_kept_and_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no learned fusion yet"):
        learned.load(tmp_path)
    NOTHING.save(tmp_path)
    assert learned.load(tmp_path) == NOTHING
    few = Model(("keyword", "text"), FEATURES, NOTHING.theta[:2])
    with pytest.raises(UserError, match="trained on keyword, text, and this library has image too"):
        learned.check(few, ("keyword", "text", "image"))
    for wrong in (
        "{",
        '{"theta": []}',
        json.dumps({**json.loads((tmp_path / learned.FILE).read_text()), "features": []}),
    ):
        (tmp_path / learned.FILE).write_text(wrong)
        with pytest.raises(LibraryError, match="Train it anew"):
            learned.load(tmp_path)


def test_from_labels_to_a_search(tmp_path: Path, run: Run) -> None:
    """The whole way on the command line: a labelled set over files of the library."""
    names = ["invoice-1042.pdf", "kitchen-notes.md", "boat-meeting.txt"]
    words = {
        "invoice-1042.pdf": "dough hook INV-1042",
        "kitchen-notes.md": "sourdough starter",
        "boat-meeting.txt": "boat",
    }
    labels = tmp_path / "labels"
    labels.mkdir()
    corpus = [{"id": name, "path": str(FILES / name)} for name in names]
    queries = [{"qid": f"q{i}", "type": "text", "text": f"{words[names[i % 3]]} {i}"} for i in range(33)]
    (labels / "corpus.jsonl").write_text("\n".join(map(json.dumps, corpus)))
    (labels / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
    (labels / "qrels.tsv").write_text("\n".join(f"q{i}\t{names[i % 3]}\t1" for i in range(33)))
    with triptych.open(tmp_path / "library") as library:
        library.add(*(FILES / name for name in names))
    done = run("search", "boat", "--fusion", "learned")
    assert done.returncode == 2 and "train fusion" in done.stderr
    done = run("train", "fusion", "--labels", labels, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["queries"] == 33
    done = run("search", "boat meeting", "--fusion", "learned", "-k", "1")
    assert done.returncode == 0 and "boat-meeting.txt" in done.stdout
    done = run("train", "fusion", "--labels", labels, library=tmp_path / "nothing")
    assert done.returncode != 0 and done.stderr.count("\n") == 1
