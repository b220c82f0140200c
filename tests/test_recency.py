"""Recency: a half-life, the document's own time before its file's, and an explanation."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

import triptych
from triptych import fuse
from triptych.cli.console import results_text
from triptych.library import Library
from triptych.ranking.recency import recent

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = 86_400
AGES = {"new.txt": 0, "older.txt": 100, "oldest.txt": 1000}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recency")
    (folder / "in").mkdir()
    for name, days in AGES.items():
        path = folder / "in" / name
        path.write_text(f"The harbour plan, {name.removesuffix('.txt')}", "utf-8")
        at = datetime.now(UTC).timestamp() - days * DAY
        os.utime(path, (at, at))
    front = "---\ncreated: 2025-09-23T00:00:00Z\n---\n# Note\n\nThe tide table."
    (folder / "in" / "own.md").write_text(front, "utf-8")
    with opened(folder) as library:
        library.add(folder / "in")
    return folder


def opened(folder: Path, half_life: float = 0.0) -> Library:
    settings = {"workers": 1, "image_encoder": "none", "search.half_life_days": half_life}
    return triptych.open(folder / "library", settings=settings)


@pytest.fixture
def ageing(folder: Path) -> Iterator[Library]:
    with opened(folder, 100.0) as library:
        yield library


def test_half_is_left_after_a_half_life(ageing: Library) -> None:
    known = {Path(asset.sources[0]).name: asset.key for asset in ageing.catalog.assets()}
    keys = np.array([known[name] for name in (*AGES, "new.txt")])
    prior = recent(ageing.catalog, keys, 100.0, datetime.now(UTC))
    assert prior is not None
    assert prior.tolist() == pytest.approx([1.0, 0.5, 2**-10, 1.0], abs=1e-3)
    own = recent(ageing.catalog, np.array([known["own.md"]]), 100.0, NOW)
    assert own is not None
    assert own[0] == pytest.approx(0.5, abs=1e-9)  # 100 days before, by the note's own word
    unknown = recent(ageing.catalog, np.array([999]), 100.0, NOW)
    assert unknown is not None
    assert unknown.tolist() == [0.0]


def test_off_unless_set(folder: Path) -> None:
    with opened(folder) as library:
        hits = library.search("harbour plan")
        assert recent(library.catalog, np.array([1]), 0.0, NOW) is None
        assert all("recency" not in hit for hit in hits.to_dict()["hits"])
        assert "    recency " not in results_text(hits, explain=True)


def test_newer_pages_come_first_and_say_so(ageing: Library) -> None:
    hits = ageing.search("harbour plan", signals=["keyword"])
    assert [Path(hit.source).name for hit in hits][:3] == list(AGES)
    assert [hit["recency"] for hit in hits.to_dict()["hits"]][:2] == pytest.approx([1.0, 0.5], abs=1e-3)
    assert hits[1].score == pytest.approx(0.9 * hits[0].score, abs=1e-3)
    assert "    recency " in results_text(hits, explain=True)


def test_age_does_not_lift_a_page_above_a_clearly_better_one(ageing: Library) -> None:
    hits = ageing.search("harbour plan oldest", signals=["keyword"])
    assert Path(hits[0].source).name == "oldest.txt"


def test_aged_scores_lose_a_fifth_at_most() -> None:
    assert fuse.aged(np.array([1.0, 1.0, 0.5]), np.array([1.0, 0.0, 0.5])).tolist() == [1.0, 0.8, 0.45]
