"""Settings: what a value may be is told where it is set, and with its origin."""

from __future__ import annotations

from pathlib import Path

import pytest

from triptych import settings
from triptych.errors import UserError


@pytest.mark.parametrize("key", settings.CHOICES)
def test_a_word_that_is_none_of_a_settings_is_refused(key: str) -> None:
    for value in settings.CHOICES[key]:
        settings.load(environ={}, flags={key: value})
    with pytest.raises(UserError, match=rf"'{key}' is 'maybe' \(flag\), but must be one of: "):
        settings.load(environ={}, flags={key: "maybe"})


@pytest.mark.parametrize(
    ("key", "value", "range_"),
    [
        ("workers", "-2", "at least 0"),
        ("search.k", "0", "at least 1"),
        ("chunk.size", "3", "at least 16"),
        ("limits.pages", "-1", "at least 1"),
        ("limits.page_seconds", "nan", "a finite number"),
        ("cost.input", "inf", "a finite number"),
        ("server.port", "-1", "at least 0"),
        ("generation.timeout", "0", "at least 0.1"),
        ("generation.timeout", "1e10", "at most 1000000"),
    ],
)
def test_a_number_out_of_its_range_is_refused(key: str, value: str, range_: str) -> None:
    name = f"TRIPTYCH_{key.upper().replace('.', '__')}"
    with pytest.raises(UserError, match=rf"'{key}' is .* \(\${name}\), but must be {range_}\."):
        settings.load(environ={name: value})


def test_passages_may_not_overlap_as_a_whole() -> None:
    with pytest.raises(
        UserError, match=r"'chunk.overlap' is 64 \(flag\).* less than 'chunk.size', which is 64"
    ):
        settings.load(environ={}, flags={"chunk.size": 64, "chunk.overlap": 64})


def test_all_defaults_are_allowed() -> None:
    every = dict(settings.keys())
    for key, value in every.items():
        settings.load(environ={}, flags={key: value})


def test_a_detector_with_spaces_in_its_argument_stands_in_quotes(tmp_path: Path) -> None:
    chosen, _ = settings.load(
        environ={}, flags={"look.detectors": "geometry 'rapid_layout:/my models/a.onnx'"}
    )
    assert chosen.look.found_by == ["geometry", "rapid_layout:/my models/a.onnx"]
    broken, _ = settings.load(environ={}, flags={"look.detectors": "'geometry"})
    with pytest.raises(UserError, match=r"look\.detectors.* quotes"):
        broken.backends()
