"""Kill -9 in the middle, in short; `python bench/kill.py` is the long proof."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from triptych import faults

BENCH = Path(__file__).parent.parent / "bench" / "kill.py"


@pytest.fixture(scope="module")
def kill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The bench as a module, its stub encoder in place for it and its children."""
    spec = importlib.util.spec_from_file_location("bench_kill", BENCH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    before, path = dict(os.environ), list(sys.path)
    module.plug_in(tmp_path_factory.mktemp("plug-in"))
    yield module
    os.environ.clear()
    os.environ.update(before)
    sys.path[:] = path


def test_killed_at_random_moments(kill: ModuleType, tmp_path: Path) -> None:
    rounds, found = kill.random_kills(tmp_path, kills=3, seed=7, count=16)
    assert rounds
    assert found == []


def test_killed_at_named_points(kill: ModuleType, tmp_path: Path) -> None:
    names = [
        "blob-renamed",
        "catalog-before-commit",
        "catalog-after-commit",
        "keyword-intended",
        "keyword-committed",
    ]
    times, found = kill.at_points(kill.Points(tmp_path, seed=7, count=8, long=False), 1, names)
    assert list(times) == names
    assert found == []


def test_every_point_belongs_to_a_proof(kill: ModuleType) -> None:
    groups = [start for starts in kill._GROUPS.values() for start in starts]
    for name in faults.POINTS:
        assert name in kill._ELSEWHERE or name.startswith(tuple(groups)), f"nobody crashes at {name}"
