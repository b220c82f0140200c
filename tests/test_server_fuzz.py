"""A little of `bench/fuzz.py`: every operation meets what nobody foresaw."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("schemathesis", reason="schemathesis is not installed: pip install schemathesis")
sys.path.insert(0, str(Path(__file__).parent.parent / "bench"))
from fuzz import thrown


def test_nothing_unforeseen(tmp_path: Path) -> None:
    made, called, wrong = thrown(tmp_path / "library", examples=3, seed=7, phases="examples,fuzzing")
    assert wrong == "" and called >= 24 and made >= 60
