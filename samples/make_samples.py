"""Makes everything in samples/: the files, and a small labelled set over them for `triptych eval`.

    python samples/make_samples.py [FOLDER]

All names, firms and figures are invented. The same versions of Pillow, pypdfium2, NumPy and
reportlab give the same bytes. Boxes of the labels come from the drawing itself (see sheet.py).
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

import invoices
import report
import scans
import scene
import screens
import texts
from sheet import Sheet

HERE = Path(__file__).parent
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Sample:
    """One file and where its marked words stand: pixels of a picture, points of a PDF page."""

    name: str
    kind: str
    data: bytes
    unit: str = "px"
    marks: dict[str, tuple[int, Box]] = field(default_factory=dict)  # name -> page, box


def samples() -> Iterator[Sample]:
    """Every sample, made on the way."""
    for name, invoice in invoices.INVOICES.items():
        yield _pdf(name, "invoice", invoices.draw(invoice))
    yield _pdf("annual-report-2023.pdf", "report", report.report())
    lease = scans.contract()
    picture, boxes = scans.on_glass(lease.picture(1.8), scans.marked(lease, 1.8), 4, degrees=-0.4, noise=4)
    yield _scanned_pdf("boat-house-lease.pdf", "contract", picture, boxes)
    till = scans.receipt()
    picture, boxes = scans.on_glass(
        till.picture(2.6), scans.marked(till, 2.6), 1, degrees=2.4, margin=46, noise=9
    )
    yield _picture("receipt-cafe.jpg", "receipt", picture, boxes)
    note = scans.delivery_note()
    picture, boxes = scans.on_glass(note.picture(2), scans.marked(note, 2), 3, degrees=0.3, noise=3)
    yield _picture("delivery-note.jpg", "delivery note", *scans.sideways(picture, boxes))
    for name, kind, sheet, scale in (
        ("loan-form.png", "form", scans.form(), 1.8),
        ("rainfall-chart.png", "chart", screens.chart(), 1.5),
        ("pumps-dashboard.png", "dashboard", screens.dashboard(), 1.4),
        ("sync-settings.png", "screenshot", screens.dialog(), 1.4),
    ):
        yield _picture(name, kind, sheet.picture(scale), scans.marked(sheet, scale))
    yield _picture("lake.jpg", "photo", scene.lake(), {})
    for name, (kind, text) in texts.TEXTS.items():
        yield Sample(name, kind, text.encode("utf-8"))


def pictures() -> Iterator[tuple[str, bytes]]:
    """Pictures to search with: the logo of a firm cut out of its paper, another evening at the lake."""
    paper = invoices.draw(invoices.INVOICES["invoice-1042.pdf"]).picture(2.0)
    yield "logo.png", scans.encoded(paper.crop((88, 80, 232, 224)), "png")
    yield "sunset.jpg", scans.encoded(scene.lake(600, 400, seed=11), "jpeg")


def _pdf(name: str, kind: str, sheet: Sheet) -> Sample:
    return Sample(name, kind, sheet.pdf(), "pt", {n: (m.page, m.box) for n, m in sheet.marks.items()})


def _picture(name: str, kind: str, picture: Image.Image, boxes: dict[str, Box]) -> Sample:
    data = scans.encoded(picture, "png" if name.endswith(".png") else "jpeg")
    return Sample(name, kind, data, "px", {n: (1, box) for n, box in boxes.items()})


def _scanned_pdf(name: str, kind: str, picture: Image.Image, boxes: dict[str, Box]) -> Sample:
    """A PDF that holds nothing but a scan: A4 at about 130 dpi."""
    out, width = io.BytesIO(), 595.0
    scale = width / picture.width
    canvas = Canvas(out, pagesize=(width, picture.height * scale), invariant=1)
    jpeg = io.BytesIO(scans.encoded(picture.convert("L"), "jpeg"))
    canvas.drawImage(ImageReader(jpeg), 0, 0, width, picture.height * scale)
    canvas.save()
    marks = {n: (1, tuple(v * scale for v in box)) for n, box in boxes.items()}
    return Sample(name, kind, out.getvalue(), "pt", marks)  # type: ignore[arg-type]


def label(all_samples: list[Sample]) -> tuple[str, str, str]:
    """corpus.jsonl, queries.jsonl and qrels.tsv as text."""
    by_name = {s.name: s for s in all_samples}
    corpus = [
        {"id": s.name.rsplit(".", 1)[0], "path": f"files/{s.name}", "kind": s.kind} for s in all_samples
    ]
    queries, qrels = [], []
    for number, query in enumerate(texts.QUERIES, 1):
        qid = f"samples-q{number:02d}"
        row: dict[str, object] = {"qid": qid, "type": "text", "kind": query.kind, "text": query.text}
        if query.kind == "image":
            row = {"qid": qid, "type": "image", "kind": "image", "image": f"queries/{query.text}"}
        if query.answers:
            row["answers"] = list(query.answers)
        if query.mark:
            sample = by_name[query.relevant[0]]
            page, box = sample.marks[query.mark]
            row |= {"page": page, "box": [round(v, 1) for v in box], "box_unit": sample.unit,
                    "box_doc": sample.name.rsplit(".", 1)[0]}  # fmt: skip
        queries.append(row)
        qrels += [f"{qid}\t{by_name[name].name.rsplit('.', 1)[0]}\t1" for name in query.relevant]
    return _lines(corpus), _lines(queries), "".join(f"{line}\n" for line in qrels)


def _lines(rows: list[dict[str, object]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def main(folder: Path = HERE) -> None:
    """Write files and labels under `folder`; files that are not ours any more are removed."""
    made = list(samples())
    _write(folder / "files", {s.name: s.data for s in made})
    _write(folder / "queries", dict(pictures()))
    for name, text in zip(("corpus.jsonl", "queries.jsonl", "qrels.tsv"), label(made), strict=True):
        (folder / name).write_text(text, "utf-8")
    print(f"{len(made)} files, {sum(len(s.data) for s in made) / 1e6:.2f} MB, in {folder / 'files'}")


def _write(folder: Path, files: dict[str, bytes]) -> None:
    """Write `files` into a folder and remove what is not among them."""
    folder.mkdir(parents=True, exist_ok=True)
    for stale in set(folder.iterdir()) - {folder / name for name in files}:
        stale.unlink()
    for name, data in files.items():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
