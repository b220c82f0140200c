"""Key fields, figures and tables that the detectors find on labelled receipts and invoices.

    python bench/regions.py [--data DIR] [--workdir DIR] [--limit N] [--misses] [SET ...]

What a set's questions tell of a document (company, date, number, total and its box) is compared with the
regions of its pages. The rival reads text only, as a careful script would: the first line as the company,
the first date, the word after the label for a number, the last amount after the word total. It gets the
same pages. Libraries are kept in the workdir and reused; times are of the detectors alone.
"""

from __future__ import annotations

import argparse
import re
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from rapidfuzz import fuzz

from triptych import library, plugins, read
from triptych.evaluation import labelled
from triptych.settings import Limits
from triptych.types import Box, Page, Region
from triptych.values import dates, fold, numbers, same_value

SETS = ("receipts_sroie", "invoices_pdf")
DETECTORS = ("geometry", "fields")
NAMES = ("total", "date", "invoice number", "company")
SIDE = 1024  # pixels of the picture that a detector sees
ALIKE = 85  # per cent of the characters of a company's name, legal form aside
_LEGAL = re.compile(r"\b(?:sdn|bhd|s/b|gmbh|ag|ltd|limited|sarl|inc|co|company)\b\.?", re.I)
# How the questions of the sets speak of a document.
_QUESTIONS = (
    re.compile(r"What is the total on the (?P<company>.+) receipt of (?P<date>.+)\?"),
    re.compile(r"What is the grand total of invoice (?P<number>.+) of (?P<company>.+)\?"),
    re.compile(r"invoice number (?P<number>.+) from (?P<company>.+)"),
    re.compile(r"(?P<company>.+) invoice dated (?P<date>\S+) over (?P<total>\S+) EUR"),
)


@dataclass
class Labels:
    """What is known of one document; `boxes` are those of the total, in pixels or points of `page`."""

    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    boxes: tuple[Box, ...] = ()
    page: int = 1


def labels_of(labels: labelled.LabelledSet) -> dict[str, Labels]:
    """Document -> what the questions of the set say of it."""
    known: dict[str, Labels] = {}
    for question in labels.questions:
        said = next((m for p in _QUESTIONS if (m := p.fullmatch(question.text))), None)
        if said is None:
            continue
        judged = [d for d, grade in labels.judged.get(question.qid, {}).items() if grade]
        for document in [question.document] if question.document else judged:
            label = known.setdefault(document, Labels())
            for name, value in said.groupdict().items():
                label.values.setdefault("invoice number" if name == "number" else name, (value,))
            if question.answers:
                label.values["total"] = question.answers
                label.boxes, label.page = question.boxes, question.page
    return known


def right(name: str, value: str, wanted: tuple[str, ...]) -> bool:
    """The same amount, the same day, the same characters, or a name that is nearly the same."""
    if name == "total":
        mine = {r for n in numbers(value) for r in n.readings}
        return any(
            fold(value) == fold(w) or mine & {r for n in numbers(w) for r in n.readings} for w in wanted
        )
    if name == "date":
        mine, theirs = dates(value), dates(wanted[0])
        return bool(mine and theirs) and same_value(mine[0].text, theirs[0].text)
    if name == "invoice number":
        return fold(value) == fold(wanted[0])
    mine, theirs = (fold(_LEGAL.sub(" ", text)) for text in (value, wanted[0]))
    short, long = sorted((mine, theirs), key=len)
    return fuzz.ratio(mine, theirs) >= ALIKE or (short in long and 2 * len(short) >= len(long) > 0)


def plain(page: Page) -> dict[str, str]:
    """What reading order alone gives."""
    lines = [line for line in page.text.text.split("\n") if sum(map(str.isalpha, line)) > 3]
    found = {"company": lines[0]} if lines else {}
    if days := dates(page.text.text):
        found["date"] = days[0].text
    if number := re.search(
        r"(?:invoice|rechnung|facture|receipt)\s*(?:no|nr|number)?[.:#\s]+(\S*\d\S*)", page.text.text, re.I
    ):
        found["invoice number"] = number[1]
    lines = page.text.text.split("\n")
    for here, after in zip(lines, [*lines[1:], ""], strict=True):
        if re.search("total|summe|betrag", here, re.I) and (amounts := numbers(here) or numbers(after)):
            found["total"] = amounts[-1].text
    return found


def pages_of(
    lib: library.Library, labels: labelled.LabelledSet, limit: int
) -> Iterator[tuple[str, Path, list[Page]]]:
    """(document, file, pages) of a set, added to the library where they are not yet in it."""
    files = {str(d.path.absolute()): d.id for d in labels.documents[:limit] if d.path}
    fresh = sum(added.status != "unchanged" for added in lib.adding(*files))
    if fresh:
        print(f"{labels.name}: {fresh} files added", flush=True)
    for asset in lib.catalog.assets():
        for source in asset.sources:
            path = Path(source).absolute()
            if str(path) in files:
                yield files[str(path)], path, lib.catalog.pages(asset.key)


def measure(folder: Path, workdir: Path, limit: int, misses: bool) -> None:
    labels = labelled.read(folder)
    known = labels_of(labels)
    detectors = [plugins.load("detectors", name) for name in DETECTORS]
    took: dict[str, list[float]] = {d.name: [] for d in detectors}
    count: Counter[tuple[str, str]] = Counter()
    kinds: Counter[str] = Counter()
    with library.open(workdir / f"{labels.name}-words", settings={"image_encoder": "none"}) as lib:
        for document, path, pages in pages_of(lib, labels, limit):
            found: list[tuple[Page, Region]] = []
            rival: list[dict[str, str]] = [plain(page) for page in pages]
            with closing(read.open_document(path, path.name, Limits())[0]) as opened:
                for page in pages:
                    raw, pixels = opened.page(page.number), opened.pixels(page.number, SIDE)
                    for detector in detectors:
                        begun = time.perf_counter()
                        regions = detector.regions(page, [p.box for p in raw.pictures], pixels)
                        took[detector.name].append(time.perf_counter() - begun)
                        found += [(page, region) for region in regions]
            kinds.update(region.name for _, region in found)
            if document in known:
                judge(document, known[document], found, rival, count, misses)
    print(f"{labels.name}: {len(took['fields'])} pages, regions {dict(kinds.most_common())}")
    for name in NAMES:
        if labelled_ := count[name, "labelled"]:
            print(
                f"  {name:15s} labelled {labelled_:3d}  found {count[name, 'found'] / labelled_:.3f}  "
                f"right {count[name, 'right'] / labelled_:.3f}  (reading order {count[name, 'rival'] / labelled_:.3f})  "
                f"of found {count[name, 'right'] / max(1, count[name, 'found']):.3f}"
                + (f"  box {count['box', 'hit'] / count['box', 'labelled']:.3f}" if count["box", "labelled"] and name == "total" else "")
            )  # fmt: skip
    for name, seconds in took.items():
        middle, slow = statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1]
        print(f"  {name:15s} p50 {middle * 1e3:.1f} ms  p95 {slow * 1e3:.1f} ms a page", flush=True)


def judge(
    document: str,
    label: Labels,
    found: list[tuple[Page, Region]],
    rival: list[dict[str, str]],
    count: Counter[tuple[str, str]],
    misses: bool,
) -> None:
    """Counts, for one document, what was found of what is labelled."""
    for name, wanted in label.values.items():
        mine = [(page, region) for page, region in found if region.name == name]
        good = [(page, region) for page, region in mine if right(name, region.text, wanted)]
        count[name, "labelled"] += 1
        count[name, "found"] += bool(mine)
        count[name, "right"] += bool(good)
        count[name, "rival"] += any(name in plain_ and right(name, plain_[name], wanted) for plain_ in rival)
        if misses and not good:
            print(f"  {document} {name}: {wanted[0]!r} != {[region.text for _, region in mine]}")
        if name == "total" and label.boxes:
            count["box", "labelled"] += 1
            count["box", "hit"] += any(
                page.number == label.page and region.box.overlap(_fractions(box, page)) > 0
                for page, region in good
                for box in label.boxes
            )


def _fractions(box: Box, page: Page) -> Box:
    return Box(box.x0 / page.width, box.y0 / page.height, box.x1 / page.width, box.y1 / page.height)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    root = Path(__file__).resolve().parent.parent
    parser.add_argument("sets", nargs="*", default=SETS)
    parser.add_argument("--data", type=Path, default=root.parent / "shared" / "data")
    parser.add_argument("--workdir", type=Path, default=Path("triptych-bench"))
    parser.add_argument("--limit", type=int, default=10_000, help="documents of each set")
    parser.add_argument("--misses", action="store_true", help="print every label that was not met")
    options = parser.parse_args()
    for name in options.sets:
        measure(options.data / name, options.workdir, options.limit, options.misses)


if __name__ == "__main__":
    main()
