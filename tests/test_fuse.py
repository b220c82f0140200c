"""Fusion: arithmetic by hand, properties over random lists, and an independent reference."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triptych import fuse
from triptych.errors import UserError

SCORES = st.floats(-5, 50, allow_nan=False).map(lambda x: round(x, 3))
KEYWORD = st.floats(0.001, 50).map(lambda x: round(x, 3))
PAGES = st.integers(1, 30)
LISTS = st.fixed_dictionaries(
    {},
    optional={
        "keyword": st.dictionaries(PAGES, KEYWORD, max_size=20),
        "text": st.dictionaries(PAGES, SCORES, max_size=20),
        "image": st.dictionaries(PAGES, SCORES, max_size=20),
    },
)
METHODS = sorted(fuse.METHODS)


def listed(scores: Mapping[str, Mapping[int, float]]) -> fuse.Lists:
    """The lists that say `scores`: signal -> page -> score."""
    pages = sorted(set().union(*scores.values()))
    rows = {
        name: np.array([found.get(page, np.nan) for page in pages], np.float64)
        for name, found in scores.items()
    }
    return fuse.Lists(np.array(pages, np.int64), rows)


def fused_by(
    scores: Mapping[str, Mapping[int, float]], method: str = fuse.DEFAULT, k: int | None = None
) -> list[fuse.Fused]:
    return fuse.fuse(listed(scores), method, k=k)


def array(*values: float) -> np.ndarray:
    return np.array(values, np.float64)


def ranked(weighed: fuse.Weighed) -> list[fuse.Fused]:
    return weighed.best(weighed.scores())


def pages(fused: list[fuse.Fused]) -> list[int]:
    return [f.page for f in fused]


# -------------------------------------------------------------------------------- by hand


def test_rrf_by_hand() -> None:
    fused = ranked(fuse.rrf(listed({"keyword": {1: 9.0, 2: 5.0, 3: 1.0}, "text": {3: 0.9, 4: 0.4}})))
    by_page = {f.page: f.score for f in fused}
    assert by_page[3] == pytest.approx(1 / 63 + 1 / 61)
    assert by_page[1] == pytest.approx(1 / 61)
    assert by_page[2] == pytest.approx(1 / 62)
    assert by_page[4] == pytest.approx(1 / 62)
    assert pages(fused) == [3, 1, 2, 4]  # 2 and 4 tie, so the smaller page goes first


def test_rrf_constant() -> None:
    (only,) = ranked(fuse.rrf(listed({"text": {7: 0.3}}), k=10))
    assert only.score == pytest.approx(1 / 11)


def test_equal_scores_share_the_better_rank() -> None:
    np.testing.assert_array_equal(fuse.ranks(array(2.0, 3.0, np.nan, 2.0, 1.0)), [2.0, 1.0, np.nan, 2.0, 4.0])


def test_weighted_by_hand() -> None:
    lists = listed({"keyword": {1: 10.0, 2: 6.0, 3: 2.0}, "text": {2: 0.8, 4: 0.6}})
    fused = {f.page: f for f in ranked(fuse.weighted(lists, {"keyword": 3.0, "text": 1.0}))}
    assert fused[1].score == pytest.approx(0.75)
    assert fused[2].score == pytest.approx(0.75 * 0.5 + 0.25)
    assert fused[3].score == pytest.approx(0.0)
    assert fused[4].score == pytest.approx(0.0)
    assert fused[2].signals["keyword"].rank == 2
    assert fused[2].signals["keyword"].norm == pytest.approx(0.5)
    assert fused[2].signals["keyword"].weight == pytest.approx(0.75)
    assert "keyword" not in fused[4].signals


def test_zscore_by_hand() -> None:
    # mean 2, deviation sqrt(2/3); moved so that the worst has 0
    assert fuse.zscore(array(1.0, 2.0, 3.0)) == pytest.approx([0.0, 1.5**0.5, 2 * 1.5**0.5])


def test_norms_without_a_difference() -> None:
    assert fuse.minmax(array(4.0, 4.0)).tolist() == [1.0, 1.0]
    assert fuse.zscore(array(0.1, 0.1, 0.1)).tolist() == [1.0, 1.0, 1.0]
    assert fuse.spread(array(0.0)).tolist() == [1.0]
    assert fuse.top(array(0.0)).tolist() == [0.0]


def test_spread_does_not_blow_up_a_hair() -> None:
    # The range 0.01 is below 0.3 of the best score, 0.18, which stands in for it.
    assert fuse.spread(array(0.60, 0.59)) == pytest.approx([1.0, 1 - 0.01 / 0.18])
    assert fuse.spread(array(1.0, 0.5, 0.0)) == pytest.approx([1.0, 0.5, 0.0])


def test_drop_by_hand() -> None:
    steep = {
        "keyword": {i: 10.0 if i == 1 else 1.0 for i in range(1, 21)},
        "text": {i: 0.5 for i in range(1, 60)},
    }
    assert fuse.drop(listed(steep), 10) == pytest.approx(0.9)
    short = {"keyword": {1: 10.0, 2: 9.0}, "text": dict.fromkeys(range(1, 60), 0.5)}
    assert fuse.drop(listed(short), 10) == pytest.approx(1.0)  # the eleventh page does not hold a word
    few = {"keyword": {1: 10.0, 2: 9.0, 3: 8.0}, "text": dict.fromkeys(range(1, 9), 0.5)}
    assert fuse.drop(listed(few), 10) == pytest.approx(0.2)  # eight pages in all: the third counts


def test_adaptive_by_hand() -> None:
    keyword = {1: 10.0} | {i: 4.0 for i in range(2, 24)}  # drop 0.6, so text weighs 0.8 - 0.6
    text = {2: 0.9} | {i: 0.1 for i in range(3, 50)}
    fused = {f.page: f for f in ranked(fuse.adaptive(listed({"keyword": keyword, "text": text})))}
    assert fused[1].signals["keyword"].weight == pytest.approx(0.8)
    assert fused[2].signals["text"].weight == pytest.approx(0.2)
    assert fused[1].score == pytest.approx(0.8)
    assert fused[2].score == pytest.approx(0.8 * 0.4 + 0.2)


# ------------------------------------------------------------------------- weak-list protection


def test_a_sharp_keyword_list_keeps_its_first_page_against_noise() -> None:
    noise = random.Random(1)
    keyword = {1: 30.0} | {i: 2.0 for i in range(2, 40)}
    for _ in range(50):
        text = {i: noise.gauss(0.4, 0.1) for i in range(1, 100)}
        assert ranked(fuse.adaptive(listed({"keyword": keyword, "text": text})))[0].page == 1


def test_a_flat_keyword_list_yields_to_the_text() -> None:
    keyword = {i: 10.0 - i * 0.01 for i in range(1, 60)}
    text = {i: 0.2 for i in range(1, 60)} | {40: 0.8}
    assert ranked(fuse.adaptive(listed({"keyword": keyword, "text": text})))[0].page == 40


def test_one_list_alone_is_taken_as_it_is() -> None:
    for name in ("keyword", "text"):
        fused = ranked(fuse.adaptive(listed({name: {1: 3.0, 2: 9.0, 3: 6.0}})))
        assert pages(fused) == [2, 3, 1]
        assert fused[0].score == pytest.approx(1.0)


# -------------------------------------------------------------------------------- properties


@pytest.mark.parametrize("method", METHODS)
@given(lists=LISTS, seed=st.integers(0, 99))
def test_order_plays_no_part(method: str, lists: dict[str, dict[int, float]], seed: int) -> None:
    shuffler = random.Random(seed)

    def shuffled(d: dict) -> dict:
        items = list(d.items())
        shuffler.shuffle(items)
        return dict(items)

    again = shuffled({name: shuffled(scores) for name, scores in lists.items()})
    assert fused_by(lists, method) == fused_by(again, method)


@pytest.mark.parametrize("method", METHODS)
@given(lists=LISTS)
def test_every_page_comes_once_with_its_reasons(method: str, lists: dict[str, dict[int, float]]) -> None:
    fused = fused_by(lists, method)
    assert sorted(pages(fused)) == sorted(set().union(*lists.values()))
    for f in fused:
        assert set(f.signals) == {name for name, scores in lists.items() if f.page in scores}
        assert math.isfinite(f.score)
        assert f.score == pytest.approx(sum(s.weight * s.norm for s in f.signals.values()))
        assert all(s.raw == lists[name][f.page] and s.norm >= 0 for name, s in f.signals.items())
    assert [f.score for f in fused] == sorted((f.score for f in fused), reverse=True)


@pytest.mark.parametrize("method", METHODS)
@given(lists=LISTS)
def test_an_empty_signal_is_no_signal(method: str, lists: dict[str, dict[int, float]]) -> None:
    with_empty = {**lists, "caption": {}}
    assert fused_by(with_empty, method) == fused_by(lists, method)


@pytest.mark.parametrize("method", METHODS)
@given(lists=LISTS)
def test_better_in_every_signal_is_better_fused(method: str, lists: dict[str, dict[int, float]]) -> None:
    fused = fused_by(lists, method)
    place = {f.page: i for i, f in enumerate(fused)}
    score = {f.page: f.score for f in fused}
    for a in place:
        for b in place:
            better = all((a in s) >= (b in s) and (b not in s or s[a] > s[b]) for s in lists.values())
            alike = all((a in s) == (b in s) for name, s in lists.items() if name != fuse.LEAD)
            if a != b and better and (alike or method != "adaptive"):  # there, no look is not a worse look
                assert place[a] < place[b] or score[a] == pytest.approx(score[b])


@given(scores=st.dictionaries(PAGES, SCORES, min_size=2, max_size=20))
def test_one_signal_keeps_its_order(scores: dict[int, float]) -> None:
    expected = sorted(scores, key=lambda p: (-scores[p], p))
    assert pages(ranked(fuse.rrf(listed({"text": scores})))) == expected


@given(lists=LISTS)
def test_rrf_agrees_with_a_reference(lists: dict[str, dict[int, float]]) -> None:
    wanted: dict[int, float] = {}
    for scores in lists.values():
        for page, score in scores.items():
            rank = 1 + sum(other > score for other in scores.values())
            wanted[page] = wanted.get(page, 0.0) + 1.0 / (60 + rank)
    assert {f.page: f.score for f in ranked(fuse.rrf(listed(lists)))} == pytest.approx(wanted)


TRUST = st.fixed_dictionaries(dict.fromkeys(("keyword", "text", "image"), st.floats(0, 1)))


@given(lists=LISTS, trust=TRUST)
def test_adaptive_agrees_with_a_reference(
    lists: dict[str, dict[int, float]], trust: dict[str, float]
) -> None:
    """The definition in plain dictionaries, page by page."""
    lists = {name: found for name, found in lists.items() if found}
    every = set().union(*lists.values())
    share = 1.0
    if "keyword" in lists:
        falling = sorted(lists["keyword"].values(), reverse=True)
        last = dict(enumerate(falling)).get(min(20, max(1, len(every) // 4)), 0.0)
        steep = trust["keyword"] * (falling[0] - last) / falling[0]
        share = min(0.6, max(0.1, 0.8 - steep)) if len(lists) > 1 else 0.0

    def weight(name: str, page: int) -> float:
        if name == "keyword":
            return 1.0 - share
        trusted = sum(trust[n] for n, s in lists.items() if n != "keyword" and page in s)
        return share * trust[name] / max(1.0, trusted)

    def norm(name: str, page: int) -> float:
        found = lists[name]
        if page not in found:
            return 0.0
        high, low = max(found.values()), min(found.values())
        if name == "keyword":
            return found[page] / high
        return max(0.0, 1.0 - (high - found[page]) / (max(high - low, 0.3 * abs(high)) or 1.0))

    wanted = {page: sum(weight(name, page) * norm(name, page) for name in lists) for page in every}
    fused = fuse.fuse(replace(listed(lists), trust=trust))
    assert {f.page: f.score for f in fused} == pytest.approx(wanted)


@given(lists=LISTS)
def test_adaptive_scores_lie_between_zero_and_one(lists: dict[str, dict[int, float]]) -> None:
    for f in fused_by(lists):
        assert -1e-9 <= f.score <= 1 + 1e-9
        assert sum(s.weight for s in f.signals.values()) <= 1 + 1e-9


# ------------------------------------------------------------------------------ pages and documents


def test_pages_hear_their_document() -> None:
    lists = listed({"keyword": {1: 10.0, 2: 4.0, 3: 6.0}})
    document = np.array([100, 100, 200])
    heard = fuse.fuse(lists, document=document)
    assert pages(heard) == [1, 2, 3]
    assert [f.score for f in heard] == pytest.approx([1.0, 0.7, 0.6])
    assert [f.page for f in fuse.fuse(lists, document=document, k=2)] == [1, 2]


def test_inside_a_document_the_vectors_decide_where_the_keywords_name_the_document() -> None:
    """A company's name stands on every page of its report, and on few others: the list is sharp, and says nothing
    of where in the report the answer is."""
    lists = listed(
        {
            "keyword": {1: 10.0, 2: 9.0, 3: 8.5, **{n: 0.5 for n in range(4, 60)}},
            "text": {1: 0.2, 2: 0.3, 3: 0.6},
        }
    )
    assert fuse.drop(lists) > 0.9
    document = np.array([100, 100, 100, *range(4, 60)])
    assert pages(fuse.fuse(lists))[:3] == [1, 3, 2]
    assert pages(fuse.fuse(lists, document=document))[:3] == [3, 2, 1]
    assert pages(fuse.fuse(lists, document=np.arange(59)))[:3] == [1, 3, 2]


@given(
    scores=st.lists(KEYWORD, min_size=1, max_size=20),
    share=st.floats(0, 5),
    seed=st.none() | st.integers(0, 1000),
)
def test_hearing_keeps_the_order_of_documents(scores: list[float], share: float, seed: int | None) -> None:
    document = np.arange(len(scores)) * 5 % 7
    inner = None if seed is None else np.random.default_rng(seed).random(len(scores))

    def best(found: np.ndarray) -> list[float]:
        return [found[document == d].max() for d in np.unique(document)]

    assert best(fuse.hear(array(*scores), document, inner, share)) == pytest.approx(best(array(*scores)))


def test_an_unknown_method_is_named() -> None:
    with pytest.raises(UserError, match=r"no fusion 'adaptiv'.*Did you mean 'adaptive'"):
        fused_by({}, "adaptiv")
    with pytest.raises(UserError, match="no fusion 'learning'"):
        fuse.check("learning")
