"""Hostile files, in short: a few of each family, honest files among them. All of them: bench/hostile.py."""

import random
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "bench"))
import hostile
from triptych.settings import Settings

EXPECTED = {
    "empty.pdf": "empty",
    "archive.docx": "unknown-type",
    "program.png": "unknown-type",
    "bomb-30000.png": "too-large",
    "largest.gif": "too-large",
    "largest.jpg": "too-large",
    "text-bomb.png": "damaged",
    "pages-50000.pdf": "too-many-pages",
    "kids-loop.pdf": "damaged",
    "encrypted-128-bit.pdf": "pdf-encrypted",
    "encrypted-unknown-handler.pdf": "pdf-encrypted",
    "page-loop.tif": "ready",
    "page-kilometre-scan.pdf": "ready",
    "really-png.pdf": "ready",
    "one-line.txt": "ready",
    "form-loop.pdf": "ready",
    "places/pipe.pdf": "not-a-file",
    "places/socket.txt": "not-a-file",
    "places/self.pdf": "link-loop",
    "places/outside.txt": "link-outside",
    "places/endless.txt": "link-outside",
    "places/nothing.pdf": "not-found",
    "places/huge-sparse.pdf": "too-large",
}
# These run into the time limit, as they should; here that would take too long.
SLOW = {"tiles.pdf", "pictures-5000.pdf", "many-scans.jpg", "many-pages.tif", "brackets.md", "stars.md"}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> hostile.Outcome:
    folder = tmp_path_factory.mktemp("hostile")
    dice = random.Random(7)
    count, honest = hostile.make(
        folder, 7, lambda name: name in EXPECTED or (dice.random() < 0.03 and name not in SLOW)
    )
    settings = replace(Settings(), limits=replace(Settings().limits, page_seconds=hostile.PAGE_SECONDS))
    watch = hostile.Watch()
    watch.start()
    outcome = hostile.through_the_pool(folder, settings)
    outcome.peak = watch.end()
    hostile.report(outcome, count, honest, verbose=False)
    outcome.ends = {name.removeprefix(f"{folder}/"): end for name, end in outcome.ends.items()}
    return outcome


def test_every_file_is_answered_in_one_line_and_honest_ones_are_ready(outcome: hostile.Outcome) -> None:
    assert outcome.wrong == []
    assert len(outcome.ends) > 70


def test_the_answers_are_the_right_ones(outcome: hostile.Outcome) -> None:
    assert {name: outcome.ends.get(name) for name in EXPECTED} == EXPECTED
