"""Makes docs/page.webp, the picture that opens the README: the page with an answer and the place where it stands.

python docs/make_page_picture.py        needs the extra `dev` and Chromium
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

import triptych

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "bench"))  # the browser is the one of the proofs
from browser import browsing, served, tab  # noqa: E402

QUESTION = "What is the total on the Corner Cafe receipt?"
SIZE = {"width": 1360, "height": 820}
QUALITY = 76


def main() -> None:
    """Read the samples, ask, wait until nothing moves, and keep what is to be seen."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "library"
        with triptych.open(library) as opened:
            opened.add(ROOT / "samples" / "files")
        with (
            served(library) as address,
            browsing() as browser,
            tab(browser, address, viewport=SIZE, device_scale_factor=1.5) as watched,
        ):
            page = watched.page
            page.fill("#q", QUESTION)
            page.press("#q", "Enter")
            page.wait_for_selector(".cutting.there")
            page.wait_for_selector(".stage .mark b")
            page.evaluate("document.activeElement.blur()")
            page.wait_for_timeout(1500)
            shot = Image.open(io.BytesIO(page.screenshot()))
            faults = watched.faults
    if faults:
        sys.exit("\n".join(faults))
    out = ROOT / "docs" / "page.webp"
    shot.convert("RGB").save(out, quality=QUALITY, method=6)
    print(f"wrote {out.name}, {out.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
