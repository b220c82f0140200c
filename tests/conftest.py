"""What the tests of the whole share: a library of the samples, made once, and the command line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import triptych
from triptych.library import Library

settings.register_profile("triptych", deadline=None)  # machines differ
settings.load_profile("triptych")

FILES = Path(__file__).parent.parent / "samples" / "files"
QUICK = (
    "invoice-1031.pdf",
    "invoice-1042.pdf",
    "invoice-1043.pdf",
    "boat-meeting.txt",
    "kitchen-notes.md",
    "stock.csv",
)

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def quick_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Samples that need no OCR, in a folder of their own."""
    folder = tmp_path_factory.mktemp("in")
    for name in QUICK:
        shutil.copy(FILES / name, folder)
    return folder


@pytest.fixture(scope="session")
def made(quick_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the quick samples: for reading only; copy it to change it."""
    folder = tmp_path_factory.mktemp("made") / "library"
    with triptych.open(folder) as library:
        assert {event.status for event in library.add(quick_files)} == {"ready"}
    return folder


@pytest.fixture
def library(made: Path) -> Iterator[Library]:
    """The library of the quick samples, opened; a test that writes takes `copied`."""
    with triptych.open(made) as opened:
        yield opened


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    """A copy of the library's folder, to be changed or damaged."""
    return Path(shutil.copytree(made, tmp_path / "library"))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The real command line in a process of its own."""

    def run(
        *words: str | Path, library: Path | None = None, stdin: bytes | str | None = None, **env: str
    ) -> object:
        environment = os.environ | {"TRIPTYCH_LIBRARY": str(library or tmp_path / "library")} | env
        return subprocess.run(
            [sys.executable, "-m", "triptych", *map(str, words)],
            input=stdin.decode() if isinstance(stdin, bytes) else stdin,
            capture_output=True,
            text=True,
            env=environment,
            timeout=120,
        )

    return run  # type: ignore[return-value]
