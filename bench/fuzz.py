"""Throws what schemathesis thinks of at every operation of the API: no unforeseen 5xx, no answer that is not described.

    python bench/fuzz.py [--examples 50]

Needs schemathesis (pip install schemathesis). The server runs on a library of the samples, in a process of its own.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import triptych
from serve import serving

SAMPLES = Path(__file__).parent.parent / "samples" / "files"
CHECKS = "not_a_server_error,content_type_conformance,status_code_conformance,response_schema_conformance"
QUICK = ("invoice-1042.pdf", "kitchen-notes.md", "stock.csv")


def thrown(
    folder: Path, examples: int, seed: int, phases: str = "examples,coverage,fuzzing,stateful"
) -> tuple[int, int, str]:
    """(cases that were made, operations that were called, what was wrong) for so many examples an operation."""
    with triptych.open(folder) as library:
        library.add(*(SAMPLES / name for name in QUICK))
    with serving(folder) as port:
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"http://127.0.0.1:{port}/openapi.json"),
            *(
                "--checks",
                CHECKS,
                "--max-examples",
                str(examples),
                "--seed",
                str(seed),
                "--phases",
                phases,
                "--request-timeout",
                "60",  # seconds: a busy machine is no failure
                "--no-color",
            ),
        ]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=900, check=False, cwd=folder.parent
        )
    made = re.search(r"(\d+) generated", done.stdout)
    called = re.search(r"Tested: (\d+)", done.stdout)
    if made is None or called is None:
        return 0, 0, done.stdout[-2000:] + done.stderr[-2000:]
    wrong = done.stdout.split(" FAILURES ")[-1][:4000] if done.returncode else ""
    return int(made[1]), int(called[1]), wrong


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", help="not needed: everything is made here")
    parser.add_argument("--examples", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        made, called, wrong = thrown(Path(place) / "library", given.examples, given.seed)
    print(wrong)
    print(
        f"{called} operations, {made} cases, {'something was wrong' if wrong or not made else 'nothing unforeseen'}"
    )
    return int(bool(wrong) or not made)


if __name__ == "__main__":
    sys.exit(main())
