"""A disk that is full: one sentence, nothing lost, searching goes on."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import FILES, Run


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MiB. Mounting needs rights that not every machine gives."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True)
    if mount.returncode:
        pytest.skip("a small disk cannot be mounted here (needs root): mount -t tmpfs")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_is_one_sentence_and_loses_nothing(run: Run, small_disk: Path, tmp_path: Path) -> None:
    chance = random.Random(1)
    words = ("heron", "otter", "reed", "river", "stone")
    text = "\n".join(
        " ".join(f"{chance.choice(words)}{chance.randrange(999)}" for _ in range(12)) for _ in range(5000)
    )
    large = tmp_path / "large.txt"
    large.write_text(text)
    library = small_disk / "library"
    first = run("add", FILES / "stock.csv", library=library, TRIPTYCH_ENCODER="builtin:static")
    assert first.returncode == 0  # the fast encoder, which the library remembers
    full = run("add", large, library=library)
    assert full.returncode == 1
    assert "is full" in full.stderr and len(full.stderr.strip().splitlines()) == 1
    found = json.loads(run("search", "TM-377", "--json", library=library).stdout)
    assert Path(found["hits"][0]["source"]).name == "stock.csv"
    assert json.loads(run("verify", "--json", library=library).stdout)["ok"]
    assert run("add", FILES / "boat-meeting.txt", library=library).returncode == 0
