"""What the panels add: text alone beside all of them, captions by people, pictures asked with, tiles, regions.

    python bench/panels.py [--data DIR] [--workdir DIR] [--part NAME ...]

Parts: fused (nDCG@10 of keyword and text alone beside all panels), captions (photos with captions by people
beside BM25 alone), pictures (recall@10 of what looks alike beside a colour histogram), crops (parts of pages
as queries), views (regions and tiles on and off). Libraries are kept in the working folder and used again.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from triptych import library
from triptych.evaluate import metrics
from triptych.evaluation import labelled
from triptych.evaluation.asking import Asking, build
from triptych.evaluation.bootstrap import change
from triptych.evaluation.labelled import LabelledSet
from triptych.evaluation.notes import silent
from triptych.library import Library

DATA = Path(__file__).parent.parent.parent / "shared" / "data"
MIXED = ("ui_screenshots", "charts_chartqa", "receipts_sroie", "forms_funsd", "invoices_pdf")
ALIKE = ("products_grocery", "sketch_to_photo")
CROPPED = ("ui_screenshots", "charts_chartqa", "receipts_sroie")
TEXT = ("keyword", "text")
CROPS = 40  # pages of a set of which a part is cut out
Run = dict[str, list[Any]]


class Set:
    """A labelled set with a library of its documents."""

    def __init__(self, data: Path, home: Path, name: str, captions: bool = False, **settings: Any) -> None:
        self.labels: LabelledSet = labelled.read(data / name)
        variant = "-".join(["library", *(f"{key}-{value}" for key, value in settings.items())])
        folder = home / name / (variant + ("-captions" if captions else ""))
        plain = home / name / "library"
        if not folder.exists() and plain.exists():
            shutil.copytree(plain, folder)  # views and captions are made anew, pages are not read again
        keys = {key.replace("_", ".", 1): value for key, value in settings.items()}
        self.lib: Library = library.open(folder, settings=keys)
        self.files = {str(d.path): d.id for d in self.labels.documents if d.path is not None}
        built = build(self.lib, self.labels, home / name / "rows", captions, silent)
        self.places = built.places
        self._asking = Asking(self.lib, built.places, self.labels, ignore=True)

    def run(self, kind: str, signals: Sequence[str] | None) -> Run:
        """Documents of each query of a kind (text, image), best first."""
        asked = {q.qid for q in self.labels.questions if q.type == kind}
        found = self._asking.ranking(signals).documents
        return {qid: documents for qid, documents in found.items() if qid in asked}

    def __enter__(self) -> Set:
        return self

    def __exit__(self, *_: object) -> None:
        self.lib.close()


def each(judged: Mapping[str, Mapping[str, int]], run: Run, measure: str) -> np.ndarray:
    """The measure of every query, in order."""
    return np.array([metrics(judged, {qid: found})[measure] for qid, found in run.items()])


def fused(data: Path, home: Path) -> None:
    print(f"\n{'nDCG@10, queries by text':28}{'keyword+text':>14}{'all panels':>12}{'gain':>9}   95 %")
    for name in MIXED:
        with Set(data, home, name) as here:
            text = each(here.labels.judged, here.run("text", TEXT), "ndcg@10")
            every = each(here.labels.judged, here.run("text", None), "ndcg@10")
            gain = change(text, every)
            ends = f"{gain.low:+.3f} .. {gain.high:+.3f}"
            print(f"{name:28}{text.mean():14.3f}{every.mean():12.3f}{gain.difference:+9.3f}   {ends}")


def captions(data: Path, home: Path) -> None:
    with Set(data, home, "photos_flickr8k", captions=True) as here:
        print(f"\n{'photos with captions by people':34}{'recall@10':>10}")
        for title, signals in (
            ("BM25 alone", ["keyword"]),
            ("captions by meaning", ["caption"]),
            ("fused", None),
        ):
            found = metrics(here.labels.judged, here.run("text", signals))["recall@10"]
            print(f"{title:34}{found:10.3f}")


def pictures(data: Path, home: Path) -> None:
    """Relevance 2 is the very picture (a sketch's photo, a product's catalogue picture), 1 what shows the same."""
    print(f"\n{'recall@10 of pictures alike':34}{'histogram':>11}{'image':>8}{'with words':>12}")
    for name in ALIKE:
        with Set(data, home, name) as here:
            runs = histograms(here), here.run("image", ["image"]), here.run("image", None)
            for title, least in (("relevance 1 and 2", 1), ("relevance 2", 2)):
                judged = {
                    qid: {doc: 1 for doc, relevance in row.items() if relevance >= least}
                    for qid, row in here.labels.judged.items()
                }
                rival, look, words = (metrics(judged, run)["recall@10"] for run in runs)
                print(f"{name + ', ' + title:34}{rival:11.3f}{look:8.3f}{words:12.3f}")


def histograms(here: Set) -> Run:
    """The rival: RGB histograms of 8 x 8 x 8 cells, by cosine."""
    names = list(here.files)
    rows = np.stack([histogram(Path(name)) for name in names])
    found: Run = {}
    for question in here.labels.questions:
        if question.image is not None:
            alike = rows @ histogram(question.image)
            found[question.qid] = [here.files[names[i]] for i in np.argsort(-alike, kind="stable")[:20]]
    return found


def histogram(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB").resize((128, 128))) >> 5
    cells = pixels[..., 0].astype(int) * 64 + pixels[..., 1] * 8 + pixels[..., 2]
    counts = np.bincount(cells.ravel(), minlength=512).astype(np.float64)
    return counts / np.linalg.norm(counts)


def crops(data: Path, home: Path) -> None:
    print(f"\n{'a part of a page as query':28}{'image alone':>12}{'with words':>12}   recall@10")
    random = np.random.default_rng(7)
    for name in CROPPED:
        with Set(data, home, name) as here, tempfile.TemporaryDirectory() as folder:
            files = list(here.files)
            alone, words = [], []
            for at in random.choice(len(files), min(CROPS, len(files)), replace=False):
                cut = cropped(Path(files[at]), Path(folder) / "part.png", random)
                sight = here.lib.see(cut)
                for found, signals in ((alone, ["image"]), (words, None)):
                    hits = here.lib.search(image=sight, k=10, signals=signals)
                    found.append(any(here.files[files[at]] in here.places.of(hit.asset) for hit in hits))
            print(f"{name:28}{np.mean(alone):12.3f}{np.mean(words):12.3f}")


def cropped(path: Path, target: Path, random: np.random.Generator) -> Path:
    """Half of each side of a picture, somewhere."""
    with Image.open(path) as image:
        width, height = image.size
        x, y = (int(random.uniform(0, side / 2)) for side in (width, height))
        image.convert("RGB").crop((x, y, x + width // 2, y + height // 2)).save(target)
    return target


def views(data: Path, home: Path) -> None:
    variants: dict[str, dict[str, Any]] = {
        "whole pages": {"look_regions": False},
        "and regions": {},
        "and tiles": {"look_tiles": True, "look_tile": 640, "look_threshold": 900},
    }
    print(f"\n{'nDCG@10: fused / image':28}" + "".join(f"{title:>18}" for title in variants))
    for name in ("ui_screenshots", "charts_chartqa", "products_grocery"):
        cells = []
        for settings in variants.values():
            with Set(data, home, name, **settings) as here:
                every = metrics(here.labels.judged, here.run("text", None))["ndcg@10"]
                look = metrics(here.labels.judged, here.run("text", ["image"]))["ndcg@10"]
                cells.append(f"{every:10.3f} / {look:.3f}")
        print(f"{name:28}" + "".join(f"{cell:>18}" for cell in cells))


PARTS = {"fused": fused, "captions": captions, "pictures": pictures, "crops": crops, "views": views}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--workdir", type=Path, default=Path(tempfile.gettempdir()) / "triptych-bench-panels")
    parser.add_argument("--part", nargs="*", choices=list(PARTS), default=list(PARTS))
    given = parser.parse_args()
    for part in given.part:
        PARTS[part](given.data, given.workdir)


if __name__ == "__main__":
    main()
