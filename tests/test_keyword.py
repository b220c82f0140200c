"""The keyword index: scores, ties, filters inside the search, watermarks that cannot lie."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triptych.errors import Damaged
from triptych.projections.keyword import Begins, Clause, KeywordIndex, Ladder, Near, Term
from triptych.projections.partition import Partition
from triptych.query.filters import Scope
from triptych.sql.replay import Passage
from triptych.words.language import stems


def passage(key: int, text: str, collection: str = "default", title: str = "", source: str = "") -> Passage:
    return Passage(key, 1, collection, title, "", source, text)


def made(folder: Path, texts: Sequence[str], collection: str = "default") -> KeywordIndex:
    index = KeywordIndex.open(folder / "keyword", create=True)
    index.add(passage(key, text, collection) for key, text in enumerate(texts, 1))
    index.flush(1)
    return index


def any_of(*words: str, field: str = "text") -> list[Clause]:
    return [(Term(field, word),) for word in words]


def narrowed(*keys: int) -> Scope:
    return Scope(np.array(keys, np.int64), None, True)


def bm25(texts: Sequence[str], words: Sequence[str]) -> list[float]:
    """The formula, by hand. Lengths below 40 words are exact in tantivy; longer ones are rounded."""
    documents = [text.split() for text in texts]
    average = sum(map(len, documents)) / len(documents)
    scores = []
    for document in documents:
        score = 0.0
        for word in words:
            here, df = document.count(word), sum(word in d for d in documents)
            idf = np.log1p((len(documents) - df + 0.5) / (df + 0.5))
            score += idf * here * 2.2 / (here + 1.2 * (0.25 + 0.75 * len(document) / average))
        scores.append(score)
    return scores


TEXTS = ["apple pear", "apple apple plum", "pear", "cherry plum apple pear fig", "fig", "fig fig fig"]


def test_scores_are_bm25(tmp_path: Path) -> None:
    ids, scores = made(tmp_path, TEXTS).search(any_of("apple", "fig"), 10)
    expected = bm25(TEXTS, ["apple", "fig"])
    for key, score in zip(ids, scores, strict=True):
        assert score == pytest.approx(expected[key - 1], abs=2e-4)
    assert sorted(ids.tolist()) == [1, 2, 4, 5, 6]


def test_deleted_chunks_do_not_count(tmp_path: Path) -> None:
    """tantivy keeps counting them until a merge; we do not."""
    index = made(tmp_path, TEXTS)
    index.drop(5, 6)
    index.flush(2)
    assert (len(index), index.deleted, index.document_frequency("text", "fig")) == (4, 2, 1)
    ids, scores = index.search(any_of("fig"), 10)
    idf = np.log1p(3.5 / 1.5)
    assert ids.tolist() == [4]
    assert scores[0] / idf == pytest.approx(2.2 / (1 + 1.2 * (0.25 + 0.75 * 5 / (15 / 6))), abs=1e-3)
    assert len(index.search(any_of("figs"), 10)[0]) == 0


def test_weights_and_the_best_of_alternatives(tmp_path: Path) -> None:
    index = made(tmp_path, ["one", "two"])
    ids, scores = index.search([(Term("text", "one", 3.0),), (Term("text", "two"),)], 2)
    assert ids.tolist() == [1, 2]
    assert scores[0] == pytest.approx(3 * scores[1], abs=1e-3)
    both = index.search([(Term("text", "one"), Term("stem", "one", 0.5))], 2)
    assert both[1].tolist() == index.search([(Term("text", "one"),)], 2)[1].tolist()


def test_fields(tmp_path: Path) -> None:
    index = KeywordIndex.open(tmp_path / "keyword", create=True)
    index.add([passage(1, "He was running to 129.50 EUR", title="Report", source="in/harbour_plan.pdf")])
    index.flush(1)
    assert index.search(any_of("running"), 1)[0].tolist() == [1]
    assert index.search(any_of(*stems(["runs"]), field="stem"), 1)[0].tolist() == [1]
    assert index.search(any_of("n:129.5", field="exact"), 1)[0].tolist() == [1]
    assert index.search(any_of("harbour", field="title"), 1)[0].tolist() == [1]
    assert index.search(any_of("harbour"), 1)[0].tolist() == []


def test_words_side_by_side(tmp_path: Path) -> None:
    index = KeywordIndex.open(tmp_path / "keyword", create=True)
    texts = ["the total due is", "due total", "total and due", "total due total", "due is the total"]
    index.add(passage(key, text, title="total due" if key == 2 else "") for key, text in enumerate(texts))
    index.flush(1)
    assert index.holding(["total", "due"]).tolist() == [0, 3]
    assert index.holding(["total", "due"], ("text", "title")).tolist() == [0, 2, 3]
    assert index.holding(["total", "due", "is"]).tolist() == [0]
    assert index.holding(["total"]).tolist() == [0, 1, 2, 3, 4]
    assert index.holding(["nowhere"]).tolist() == index.holding([]).tolist() == []


def test_the_first_rung_that_stands_counts_in_full(tmp_path: Path) -> None:
    index = made(tmp_path, ["apple", "pear", "plum", "plums", "plug"])

    def scores(*rungs: tuple[Clause | Begins | Near, ...]) -> dict[int, float]:
        ids, found = index.search([Ladder(rungs)], 10)
        return dict(zip(ids.tolist(), found.tolist(), strict=True))

    apple, pear = (Term("text", "apple"),), (Term("text", "pear"),)
    assert scores((apple,), (pear,)) == pytest.approx(
        {1: scores((apple,))[1], 2: scores((pear,))[2] / 10}, abs=1e-3
    )
    assert scores(((Term("text", "fig"),),), (pear,)) == scores((pear,))
    assert set(scores((Begins("text", "plu"),))) == {3, 4, 5}
    assert set(scores((Near("text", "plumb"),))) == {3, 4}
    assert set(scores((apple,), (Near("text", "plumb"),))) == {1}
    assert scores((Near("text", "nothing"),)) == {}


def test_likenesses_of_other_collections_do_not_count(tmp_path: Path) -> None:
    index = made(tmp_path, ["apple"], "mine")
    index.add([passage(9, "pear", "theirs")])
    index.flush(2)
    scope = Scope(np.array([1]), ("mine",), False)
    ladder = Ladder((((Term("text", "pear"),),), (Near("text", "appel"),)))
    assert index.search([ladder], 5, scope)[0].tolist() == [1]
    assert index.search([ladder], 5)[0].tolist() == [9]


def test_ties_come_in_order_of_keys_however_many(tmp_path: Path) -> None:
    index = KeywordIndex.open(tmp_path / "keyword", create=True)
    keys = np.random.default_rng(0).permutation(500) + 1
    for part in np.array_split(keys, 5):
        index.add(passage(int(key), "same words") for key in part)
        index.flush(int(part[0]))
    assert index.search(any_of("same"), 7)[0].tolist() == [1, 2, 3, 4, 5, 6, 7]


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_allowed_keys_are_applied_inside_the_search(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Few keys, runs of keys, many scattered keys: three ways inside, one result."""
    index = _thousand(tmp_path_factory)
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    share = data.draw(st.sampled_from([0.001, 0.01, 0.2, 0.6, 0.9]))
    keys = np.sort(rng.choice(2000, max(1, int(2000 * share)), replace=False)) + 1
    if data.draw(st.booleans()):
        keys = np.arange(keys[0], keys[0] + len(keys))
    clauses = any_of(*(f"w{i}" for i in rng.integers(0, 60, 4)))
    every_id, every_score = index.search(clauses, 2000)
    keep = np.isin(every_id, keys)
    ids, scores = index.search(clauses, 10, Scope(keys, None, True))
    assert ids.tolist() == every_id[keep][:10].tolist()
    assert scores.tolist() == every_score[keep][:10].tolist()


_INDEX: list[KeywordIndex] = []


def _thousand(factory: pytest.TempPathFactory) -> KeywordIndex:
    if not _INDEX:
        rng = np.random.default_rng(1)
        texts = [" ".join(f"w{i}" for i in rng.integers(0, 60, 12)) for _ in range(2000)]
        _INDEX.append(made(factory.mktemp("thousand"), texts))
    return _INDEX[0]


def test_scores_of_known_chunks(tmp_path: Path) -> None:
    index = made(tmp_path, TEXTS)
    ids, scores = index.search(any_of("apple", "fig"), 10)
    asked = np.array([3, *ids[::-1], 99])
    assert index.score(any_of("apple", "fig"), asked).tolist() == [0.0, *scores[::-1], 0.0]
    assert index.score(any_of("nothing"), asked).tolist() == [0.0] * len(asked)
    assert len(index.score(any_of("apple"), np.empty(0, np.int64))) == 0


def test_other_collections_do_not_move_scores(tmp_path: Path) -> None:
    index = made(tmp_path, TEXTS, "mine")
    scope = Scope(np.arange(1, 7), ("mine",), False)
    alone = index.search(any_of("apple", "fig"), 10, scope)
    index.add(passage(100 + i, "apple apple", "theirs") for i in range(3))
    index.flush(2)
    beside = index.search(any_of("apple", "fig"), 10, scope)
    assert beside[0].tolist() == alone[0].tolist()
    assert beside[1].tolist() == alone[1].tolist()
    assert index.document_frequency("text", "apple", ("mine",)) == 3
    assert index.size(("theirs",)) == 3


def test_nothing_allowed_and_nothing_asked(tmp_path: Path) -> None:
    index = made(tmp_path, TEXTS)
    assert len(index.search([], 5)[0]) == 0
    assert len(index.search(any_of("apple"), 5, narrowed())[0]) == 0
    assert len(index.search(any_of("apple"), 0)[0]) == 0


def only_part(index: KeywordIndex) -> Path:
    """The folder of the one collection there is."""
    [folder] = [path for path in index.folder.iterdir() if path.is_dir()]
    return folder


def test_watermark_moves_with_the_commit_only(tmp_path: Path) -> None:
    index = made(tmp_path, TEXTS)
    folder = only_part(index)
    index.add([passage(50, "late")])
    index.close()
    again = Partition.open(folder)
    assert (again.watermark, len(again)) == (1, 6)
    again.add([passage(50, "late")])
    again.flush(2)
    # As a crash between tantivy's commit and anything else would leave it: the mark is the one before.
    assert json.loads((folder / "watermark.json").read_text())["watermark"] == 1
    assert Partition.open(folder).watermark == 2
    again.close()


def test_watermark_written_down_before_a_crash_is_not_believed(tmp_path: Path) -> None:
    index = made(tmp_path, TEXTS)
    mark = only_part(index) / "watermark.json"
    index.add([passage(50, "late")])
    index.flush(2)
    index.close()
    stand = json.loads((mark.parent / "meta.json").read_text())["opstamp"]
    mark.write_text(json.dumps({**json.loads(mark.read_text()), "opstamp": stand, "watermark": 2, "next": 9}))
    assert Partition.open(mark.parent).watermark == 2


def test_a_part_that_was_flushed_before_a_crash_takes_nothing_in_twice(tmp_path: Path) -> None:
    index = made(tmp_path, TEXTS, "mine")
    index.add([passage(50, "late", "mine"), passage(51, "late", "theirs")])
    before = (index.folder / "watermark.json").read_bytes()
    index.flush(2)
    index.close()
    (index.folder / "watermark.json").write_bytes(before)  # as a crash before the last write leaves it
    again = KeywordIndex.open(tmp_path / "keyword")
    assert again.watermark == 1
    again.add([passage(50, "late", "mine"), passage(51, "late", "theirs")])
    again.flush(2)
    assert again.ids().tolist() == [1, 2, 3, 4, 5, 6, 50, 51]
    again.close()


def test_a_collection_without_chunks_leaves_not_even_its_name(tmp_path: Path) -> None:
    index = made(tmp_path, TEXTS, "mine")
    index.add([passage(50, "late", "theirs")])
    index.flush(2)
    index.drop(50, 50)
    index.flush(3)
    index.close()
    assert [p for p in index.folder.rglob("*") if p.is_file() and b"theirs" in p.read_bytes()] == []
    assert len(KeywordIndex.open(index.folder)) == 6


@pytest.mark.parametrize("name", ["meta.json", "watermark.json"])
def test_unreadable_index_is_refused(tmp_path: Path, name: str) -> None:
    index = made(tmp_path, TEXTS)
    index.close()
    (only_part(index) / name).write_bytes(b"\0\0")
    with pytest.raises(Damaged):
        KeywordIndex.open(tmp_path / "keyword")


def test_flipped_and_missing_bytes_are_seen(tmp_path: Path) -> None:
    index = made(tmp_path, TEXTS)
    index.close()
    assert index.damage() == []
    for path in sorted(only_part(index).glob("*.*")):
        if path.suffix == ".json" or path.name.startswith("."):
            continue
        whole = path.read_bytes()
        body = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
        for at in {0, body // 2, body - 1} if body else ():
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            assert len(index.damage()) == 1, path.name
        path.write_bytes(whole[:-3])
        assert len(index.damage()) == 1, path.name
        path.write_bytes(whole)


def test_order_does_not_depend_on_segments(tmp_path: Path) -> None:
    """The same chunks in one commit, and in forty: the same answers to the last digit."""
    rng = np.random.default_rng(3)
    texts = [" ".join(f"w{i}" for i in rng.integers(0, 80, rng.integers(5, 60))) for _ in range(800)]
    one = made(tmp_path / "one", texts)
    many = KeywordIndex.open(tmp_path / "many", create=True)
    for part in range(40):
        many.add(passage(key + 1, texts[key]) for key in range(part * 20, part * 20 + 20))
        many.flush(part + 1)
    many.rest()
    for _ in range(60):
        clauses = any_of(*(f"w{i}" for i in rng.integers(0, 80, 5)))
        a, b = one.search(clauses, 30), many.search(clauses, 30)
        assert a[0].tolist() == b[0].tolist()
        assert a[1].tolist() == b[1].tolist()
    one.close()
    many.close()
