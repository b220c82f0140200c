"""Crash points: named once each, off unless asked for."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import triptych
from triptych import faults


def test_every_point_stands_in_the_source_once() -> None:
    source = "\n".join(
        p.read_text("utf-8") for p in Path(triptych.__file__).parent.rglob("*.py") if p.name != "faults.py"
    )
    assert {name: source.count(f'faults.point("{name}")') for name in faults.POINTS} == dict.fromkeys(
        faults.POINTS, 1
    )
    assert source.count("faults.point(") == len(faults.POINTS)


def test_the_nth_passing_counts() -> None:
    script = "from triptych import faults\nfor i in range(5): print(i, flush=True); faults.point('blob-kept')"
    for asked, printed in (("blob-kept", 1), ("blob-kept:3", 3), ("blob-staged", 5)):
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, faults.VARIABLE: asked},
            capture_output=True,
            text=True,
        )
        assert len(done.stdout.split()) == printed
        assert done.returncode == (0 if printed == 5 else -signal.SIGKILL)
