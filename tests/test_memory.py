"""What learned fusion remembers: questions near judged ones find what those found, and nothing else changes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import triptych
from conftest import FILES
from triptych import fuse
from triptych.errors import LibraryError, UserError
from triptych.fuse import Recalled
from triptych.ranking import learned
from triptych.ranking.learned import FEATURES, Model, Seen
from triptych.ranking.memory import Memory
from triptych.training import fusion
from triptych.training.example import Example, ndcg
from triptych.types import SIGNALS

DIM, PAGES = 16, 30
NAMES = [f"{i:064x}" for i in range(PAGES)]
ZEROS = ((0.0,) * len(FEATURES),) * len(SIGNALS)


def unit(rng: np.random.Generator, *shape: int) -> np.ndarray:
    rows = rng.standard_normal((*shape, DIM)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True))


def memory(rng: np.random.Generator, count: int = 5) -> Memory:
    """Each of `count` questions was answered by the document of its number."""
    judged = [{NAMES[i]: 1.0} for i in range(count)]
    return Memory.of("text", "space", unit(rng, count), judged, near=0.8, width=0.05, share=1.0)


def asked(topics: np.ndarray, rng: np.random.Generator, shuffled: bool = False) -> Example:
    """A question about one of `topics`, each of which one document answers, that no signal knows of."""
    topic = int(rng.integers(len(topics)))
    vector = topics[topic] + 0.03 * rng.standard_normal(DIM)
    right = int(rng.integers(PAGES)) if shuffled else topic
    lists = fuse.Lists(np.arange(PAGES), {"keyword": rng.random(PAGES), "text": rng.random(PAGES)})
    facts = {"document": np.array(NAMES, object)}
    seen = Seen("text", "space", (vector / np.linalg.norm(vector)).astype(np.float32))
    return Example(lists, np.arange(PAGES), {}, facts, {right: 1}, seen, {NAMES[right]: 1.0})


def mean(model: Model, unseen: list[Example]) -> float:
    found = []
    for e in unseen:
        weighed = learned.weigh(e.lists, model, e.question, e.facts)
        recalled = learned.recalled(model, e.seen, e.facts["document"])
        ranked = fuse.ranked(weighed, e.documents, recalled=recalled)
        scores = {f.page: f.score for f in ranked}
        found.append(ndcg(e, np.array([scores[page] for page in range(PAGES)])))
    return float(np.mean(found))


def test_a_question_like_a_judged_one_finds_what_that_found() -> None:
    rng = np.random.default_rng(0)
    known = memory(rng)
    found = known.recalled(known.vectors[3], NAMES)
    assert found.argmax() == 3 and found[3] > 0.9
    assert known.recalled(-known.vectors[3], NAMES).max() < 0.01
    assert known.recalled(known.vectors[3], ["0" * 63 + "f"]).tolist() == [0.0]


@given(st.integers(0, 1000), st.lists(st.floats(-1, 1, width=32), min_size=DIM, max_size=DIM))
def test_what_is_recalled_is_a_share(seed: int, vector: list[float]) -> None:
    found = memory(np.random.default_rng(seed)).recalled(np.array(vector, np.float32), NAMES)
    assert ((found >= 0) & (found <= 1)).all()


@given(st.permutations(range(PAGES)), st.floats(0.01, 10))
def test_remembering_does_not_depend_on_the_order_of_pages(order: list[int], share: float) -> None:
    rng = np.random.default_rng(3)
    scores, found = rng.random(PAGES), rng.random(PAGES)
    joined = fuse.remembering(scores, Recalled(found, share))
    again = fuse.remembering(scores[order], Recalled(found[order], share))
    np.testing.assert_allclose(again, joined[order])
    assert joined.max() <= 1.0
    np.testing.assert_array_equal(fuse.remembering(scores, Recalled(np.zeros(PAGES), share)), scores)


def test_judgements_are_learned_where_they_help_and_only_there() -> None:
    rng = np.random.default_rng(1)
    topics = unit(rng, 8)
    model = fusion.fit([asked(topics, rng) for _ in range(80)])
    assert model.memories and model.gain > 0.3
    unseen = [asked(topics, rng) for _ in range(80)]
    assert mean(model, unseen) > mean(Model(SIGNALS, FEATURES, ZEROS), unseen) + 0.3
    assert not fusion.fit([asked(topics, rng, shuffled=True) for _ in range(80)]).memories


def test_it_is_kept_and_refused_where_it_does_not_fit(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    known = memory(rng)
    Model(SIGNALS, FEATURES, ZEROS, 5, 0.1, (known,)).save(tmp_path)
    (kept,) = learned.load(tmp_path).memories
    np.testing.assert_allclose(
        kept.recalled(known.vectors[1], NAMES), known.recalled(known.vectors[1], NAMES), atol=0.02
    )
    model = learned.load(tmp_path)
    documents = np.array(NAMES, object)
    assert learned.recalled(model, None, documents) is None
    assert learned.recalled(model, Seen("image", "space", known.vectors[0]), documents) is None
    with pytest.raises(UserError, match="'space' sees them, and this library has 'other'"):
        learned.recalled(model, Seen("text", "other", known.vectors[0]), documents)
    raw = json.loads((tmp_path / learned.FILE).read_text())
    for name, wrong in (("judged", [[9, 0, 1.0]]), ("vectors", "AAA="), ("width", 0)):
        damaged = {**raw, "memories": [{**raw["memories"][0], name: wrong}]}
        (tmp_path / learned.FILE).write_text(json.dumps(damaged, indent=2))
        with pytest.raises(LibraryError, match="Train it anew"):
            learned.load(tmp_path)


def test_a_search_remembers_and_says_so(tmp_path: Path) -> None:
    """A question in words that no file has, judged often enough, finds its file; what is unlike it stays as it was."""
    with triptych.open(tmp_path / "library") as library:
        list(
            library.add(
                *(FILES / name for name in ("kitchen-notes.md", "boat-meeting.txt", "invoice-1042.pdf"))
            )
        )
        space = library.index.panels["text"].space.name
        vectors = library.encoders.text.queries(["who keeps the keys of the clubhouse"])
        boat = library.search("boat meeting")[0].asset
        known = Memory.of("text", space, vectors, [{boat: 1.0}], near=0.8, width=0.05, share=3.0)
        Model(SIGNALS, FEATURES, ZEROS, 40, 0.1, (known,)).save(library.folder)
        first = library.search("who has the keys of the clubhouse", fusion="learned")[0]
        assert (
            first.source.endswith("boat-meeting.txt")
            and first.remembered is not None
            and first.remembered > 0.4
        )
        assert first.to_dict()["remembered"] == round(first.remembered, 6)
        other = library.search("dough hook", fusion="learned")[0]
        plain = library.search("dough hook")[0]
        assert other.source == plain.source and other.score == pytest.approx(plain.score, abs=0.01)
        assert "remembered" not in plain.to_dict()
