"""Makes docs/answer.png, the picture of the README: three questions to the samples, each answer boxed.

python docs/make_picture.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import triptych
from triptych.display.draw import montage

ROOT = Path(__file__).parent.parent
QUESTIONS = (
    "What is the total on the ACME invoice INV-1042?",
    "What is the total on the Corner Cafe receipt?",
    "What is the serial number of the underwater camera?",
)


def main() -> None:
    """Ask, draw, and lay the three pages side by side."""
    with tempfile.TemporaryDirectory() as folder, triptych.open(folder) as library:
        library.add(ROOT / "samples" / "files")
        answers = [library.ask(question) for question in QUESTIONS]
        panels = [(a.show(), f"{a.value}  -  {Path(a.citations[0].source).name}") for a in answers]
        picture = montage(panels, width=1200)
    out = ROOT / "docs" / "answer.png"
    picture.save(out, optimize=True)
    print(f"wrote {out.name}, {out.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
