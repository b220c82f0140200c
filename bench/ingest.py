"""How fast a folder of PDF reports becomes searchable, beside the bare limits of its two heavy parts.

    python bench/ingest.py [--data DIR] [--files N] [--encoder builtin:minilm]

Prints pages a second for the whole of `add` (reading, words and boxes, pictures, chunks, vectors,
catalog, indexes), for bare pypdfium2 text extraction on one core, and for the bare encoder on the
chunks that the ingest made. The figures of record are over all of reports_financebench.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

import pypdfium2

import triptych
from triptych import plugins
from triptych.sql import replay

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "reports_financebench" / "files"
GOALS = {"builtin:minilm": 10.0, "builtin:static": 40.0}  # pages a second on two cores


def bare_text(files: list[Path]) -> float:
    """Pages a second of nothing but the text layer, one core."""
    begun, pages = time.perf_counter(), 0
    for file in files:
        with pypdfium2.PdfDocument(file) as document:
            for page in document:
                page.get_textpage().get_text_range()
                pages += 1
    return pages / (time.perf_counter() - begun)


def bare_encoder(spec: str, texts: list[str]) -> float:
    """Chunks a second of the encoder alone, all cores."""
    encoder = plugins.load("encoders", spec)
    encoder.texts(texts[:16])
    begun = time.perf_counter()
    encoder.texts(texts)
    return len(texts) / (time.perf_counter() - begun)


def ingest(spec: str, files: list[Path]) -> tuple[float, int, int, list[str]]:
    """(seconds, pages, chunks, a sample of the texts) of `add` into a new library."""
    with (
        tempfile.TemporaryDirectory(prefix="triptych-bench-") as folder,
        triptych.open(folder, settings={"encoder": spec}) as library,
    ):
        begun = time.perf_counter()
        events = library.add(*files)
        seconds = time.perf_counter() - begun
        failed = [event for event in events if event.error]
        assert not failed, failed
        chunks = library.catalog.counts()["chunks"]
        sample = [
            passage.text
            for batch in replay.passages(library.catalog, 1, min(chunks, 2000))
            for passage in batch
        ]
        return seconds, sum(event.pages for event in events), chunks, sample


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--files", type=int, help="only the first N")
    parser.add_argument("--encoder", action="append", help="may be repeated; default: both built-in ones")
    chosen = parser.parse_args()
    files = sorted(chosen.data.glob("*.pdf"))[: chosen.files]
    text = bare_text(files)
    print(f"{len(files)} files, {os.cpu_count()} cores")
    print(f"bare pypdfium2 text, one core     {text:8.1f} pages/s")
    for spec in chosen.encoder or list(GOALS):
        seconds, pages, chunks, sample = ingest(spec, files)
        speed = pages / seconds
        alone = bare_encoder(spec, sample)
        embedding = pages / (chunks / alone)  # pages/s if embedding were all there is to do
        goal = GOALS.get(spec)
        verdict = "" if goal is None else f"   goal {goal:g}: {'reached' if speed >= goal else 'MISSED'}"
        print(f"{spec}: {pages} pages, {chunks} chunks in {seconds:.1f} s")
        print(f"  whole ingest, all signals       {speed:8.1f} pages/s{verdict}")
        print(f"  bare encoder                    {alone:8.1f} chunks/s = {embedding:.1f} pages/s")
        print(f"  ratio to bare text              {speed / text:8.2f}")
        print(f"  ratio to bare encoder           {speed / embedding:8.2f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of the parent         {peak:8.0f} MiB")


if __name__ == "__main__":
    main()
