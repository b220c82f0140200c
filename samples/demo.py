"""`make demo`: a small library of the samples, searched and asked on the command line.

    python samples/demo.py LIBRARY

Each step prints the command that it runs, to copy and change. A second run reads nothing twice.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

FILES = Path(__file__).parent / "files"
NO_ANSWER = 3  # exit status of `triptych ask` when nothing in the library answers


def main(library: Path) -> int:
    """Run the steps; returns 1 when one of them did not end as it should."""
    out = library.parent
    out.mkdir(parents=True, exist_ok=True)
    page, answer, receipt = out / "search.html", out / "answer.png", out / "receipt.png"
    steps = (
        ("Read the samples", 0, ("add", _short(FILES))),
        (
            "Find a page and see why it was found", 0,
            ("search", "find the invoice with total 129.50 that mentions ACME and a red logo", "-k", "3",
             "--explain", "--html", str(page)),
        ),
        ("Find pages by a picture: whose logo is this?", 0,
         ("search", "--image", _short(FILES.parent / "queries" / "logo.png"), "-k", "3", "--explain")),
        ("Find a photo by how it looks", 0, ("search", "photo of a lake at sunset", "-k", "1", "--explain")),
        ("Ask; the answer's words are boxed on the page", 0,
         ("ask", "What is the total on the ACME invoice INV-1042?", "--show", str(answer))),
        ("Ask a skewed scan", 0, ("ask", "What is the total on the Corner Cafe receipt?", "--show", str(receipt))),
        ("Ask what no page can answer", NO_ANSWER, ("ask", "What is the boiling point of tungsten?")),
    )  # fmt: skip
    environment = os.environ | {"TRIPTYCH_LIBRARY": str(library)}
    print(f"export TRIPTYCH_LIBRARY={shlex.quote(str(library))}", flush=True)
    wrong = 0
    for title, expected, words in steps:
        print(f"\n# {title}\n$ triptych {shlex.join(words)}", flush=True)
        status = subprocess.run([sys.executable, "-m", "triptych", *words], env=environment).returncode
        if status != expected:
            print(f"This step ended with status {status}; {expected} was expected.", file=sys.stderr)
            wrong += 1
    if not wrong:
        print(f"\nSee the marked pages: {answer}, {receipt}; the search with pictures: {page}")
    return min(wrong, 1)


def _short(path: Path) -> str:
    """The path as somebody in this folder would type it."""
    return os.path.relpath(path)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo-out/library")))
