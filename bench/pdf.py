"""PDF reading beside bare pypdfium2 text extraction: pages a second of one core, in the same run.

Bare: `page.get_textpage().get_text_range()`, text and nothing else. Ours: text, a box for every word,
headings, outline, embedded pictures. Between them: words boxed through every character, and pdfium's own
rectangles. Type: python bench/pdf.py [--data DIR] [--every 10]
"""

from __future__ import annotations

import argparse
import ctypes
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pypdfium2 as pdfium2
import pypdfium2.raw as pdfium

from triptych.formats.pdf import PdfDocument
from triptych.settings import Limits


def bare(page: pdfium2.PdfPage) -> int:
    with closing(page.get_textpage()) as textpage:
        return len(textpage.get_text_range())


def every_character(page: pdfium2.PdfPage) -> int:
    """A box for each character, as most libraries do it."""
    sides = [ctypes.c_double() for _ in range(4)]
    references = [ctypes.byref(side) for side in sides]
    with closing(page.get_textpage()) as textpage:
        textpage.get_text_range()
        for index in range(textpage.count_chars()):
            pdfium.FPDFText_GetCharBox(textpage.raw, index, *references)
    return 1


def rectangles(page: pdfium2.PdfPage) -> int:
    """pdfium's own rectangles and the text in each: runs of one font, not words."""
    with closing(page.get_textpage()) as textpage:
        return sum(
            len(textpage.get_text_bounded(*textpage.get_rect(i))) for i in range(textpage.count_rects())
        )


def with_pypdfium(files: list[Path], every: int, read: Callable[[pdfium2.PdfPage], int]) -> int:
    pages = 0
    for path in files:
        with closing(pdfium2.PdfDocument(path)) as document:
            for index in range(0, len(document), every):
                with closing(document[index]) as page:
                    read(page)
                pages += 1
    return pages


def with_triptych(files: list[Path], every: int) -> int:
    pages = 0
    for path in files:
        with closing(PdfDocument(path, Limits())) as document:
            for number in range(1, len(document) + 1, every):
                document.page(number)
                pages += 1
    return pages


def pictures(files: list[Path], every: int) -> Iterator[float]:
    """Share of each page under embedded pictures that have no words over them: what OCR would be given."""
    from triptych.pages import regions
    from triptych.types import PageText

    for path in files:
        with closing(PdfDocument(path, Limits())) as document:
            for number in range(1, len(document) + 1, every):
                raw = document.page(number)
                text = raw.text or PageText.plain("")
                yield sum(p.box.area for p in raw.pictures if regions.covered(p.box, text) < 0.02)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--every", type=int, default=10, help="read every n-th page")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    files = sorted((options.data / "reports_financebench" / "files").glob("*.pdf"))
    ways: dict[str, Callable[[], int]] = {
        "bare text": lambda: with_pypdfium(files, options.every, bare),
        "ours": lambda: with_triptych(files, options.every),
        "every character": lambda: with_pypdfium(files, options.every, every_character),
        "rectangles": lambda: with_pypdfium(files, options.every, rectangles),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    pages = 0
    for _ in range(options.rounds):
        for name, way in ways.items():
            start = time.process_time()
            pages = way()
            seconds[name].append(time.process_time() - start)
    print(f"{pages} pages of {len(files)} files, one process, processor time")
    for name, taken in seconds.items():
        median = statistics.median(taken)
        ratio = median / statistics.median(seconds["bare text"])
        print(
            f"{name:16} {pages / median:7.1f} pages/s, {1000 * median / pages:6.2f} ms a page, {ratio:.2f} of bare"
        )
    shares = list(pictures(files, options.every))
    print(f"pages with pictures for OCR: {sum(share > 0 for share in shares)} of {len(shares)}")


if __name__ == "__main__":
    main()
