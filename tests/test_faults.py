"""Crash points: each stands in the source, off unless asked for."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import triptych
from triptych import faults


def test_the_points_are_those_in_the_source() -> None:
    source = "\n".join(p.read_text("utf-8") for p in Path(triptych.__file__).parent.rglob("*.py"))
    found = re.findall(r'\bpoint\("([^"]*)"\)', source)
    assert set(found) == set(faults.POINTS)
    assert len(faults.POINTS) == len(set(faults.POINTS)) >= 14


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
