"""How long a cold process takes: `--help`, `import triptych`, and a search on the demo library.

    python bench/start.py [--library demo-out/library] [--runs 7]

Medians of whole processes; nothing is kept warm between runs but the file cache.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path
from statistics import median


def seconds(command: list[str], runs: int) -> float:
    taken = []
    for _ in range(runs + 1):  # the first fills the file cache and is not counted
        begun = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append(time.perf_counter() - begun)
    return median(taken[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", type=Path, default=Path("demo-out/library"))
    parser.add_argument("--runs", type=int, default=7)
    chosen = parser.parse_args()
    cli = [sys.executable, "-m", "triptych", "--library", str(chosen.library)]
    rows = (
        ("python alone", [sys.executable, "-c", "pass"], None),
        ("import triptych", [sys.executable, "-c", "import triptych"], None),
        ("triptych --help", [sys.executable, "-m", "triptych", "--help"], 0.3),
        ("triptych search, cold", [*cli, "search", "ACME invoice 129.50"], 1.2),
        ("triptych ask, cold", [*cli, "ask", "What is the total on the ACME invoice INV-1042?"], None),
    )
    for name, command, goal in rows:
        taken = seconds(command, chosen.runs)
        verdict = "" if goal is None else f"   goal {goal} s: {'reached' if taken <= goal else 'MISSED'}"
        print(f"{name:24} {taken:6.3f} s{verdict}")


if __name__ == "__main__":
    main()
