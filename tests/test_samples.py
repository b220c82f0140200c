"""The samples: what is committed is what the script makes, and its labels stand where they say."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from PIL import Image

SAMPLES = Path(__file__).parent.parent / "samples"


def lines(name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (SAMPLES / name).read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two fresh runs of the script."""
    folders = [tmp_path_factory.mktemp(f"run{i}") for i in range(2)]
    for folder in folders:
        subprocess.run([sys.executable, SAMPLES / "make_samples.py", folder], check=True, capture_output=True)
    return folders


def digests(folder: Path) -> dict[str, str]:
    files = [
        *(folder / "files").iterdir(),
        *(folder / "queries").iterdir(),
        *(folder / n for n in ("corpus.jsonl", "queries.jsonl", "qrels.tsv")),
    ]
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def test_the_script_makes_the_same_bytes_each_time(made: list[Path]) -> None:
    assert digests(made[0]) == digests(made[1])


def test_pdfs_texts_and_labels_are_committed_byte_for_byte(made: list[Path]) -> None:
    """Pixels may differ by the version of a library; drawings, texts and labels may not."""
    fresh, ours = digests(made[0]), digests(SAMPLES)
    exact = [n for n in fresh if not n.endswith((".png", ".jpg")) and n != "boat-house-lease.pdf"]
    assert {n: ours.get(n) for n in exact} == {n: fresh[n] for n in exact}, "run `make samples` and commit"
    assert ours.keys() == fresh.keys()


def test_pictures_are_committed_as_they_are_made(made: list[Path]) -> None:
    for path in SAMPLES.glob("*/*.[pj][np]g"):
        with Image.open(path) as ours, Image.open(made[0] / path.relative_to(SAMPLES)) as fresh:
            assert ours.size == fresh.size
            difference = np.abs(np.asarray(ours.convert("L"), float) - np.asarray(fresh.convert("L"), float))
            assert difference.mean() < 3, path.name


def test_samples_are_small() -> None:
    assert sum(f.stat().st_size for f in SAMPLES.rglob("*") if f.is_file() and f.suffix != ".pyc") < 2_000_000


def test_the_labelled_set_is_sound() -> None:
    documents = {d["id"]: d["path"] for d in lines("corpus.jsonl")}
    assert {Path(str(p)).name for p in documents.values()} == {f.name for f in (SAMPLES / "files").iterdir()}
    queries = {q["qid"]: q for q in lines("queries.jsonl")}
    judged = [line.split("\t") for line in (SAMPLES / "qrels.tsv").read_text("utf-8").splitlines()]
    assert {qid for qid, _, _ in judged} == queries.keys()
    assert {document for _, document, _ in judged} <= documents.keys()
    for query in queries.values():
        if query["type"] == "image":
            assert (SAMPLES / str(query["image"])).is_file()
            continue
        assert ("answers" in query) == str(query["text"]).endswith("?"), "eval asks what ends with a mark"


def test_boxes_of_the_labels_hold_their_answers() -> None:
    """In PDFs by the text layer, in pictures by ink."""
    documents = {d["id"]: str(d["path"]) for d in lines("corpus.jsonl")}
    boxed = [q for q in lines("queries.jsonl") if "box" in q]
    assert len(boxed) >= 8
    for query in boxed:
        path = SAMPLES / documents[query["box_doc"]]
        x0, y0, x1, y1 = query["box"]  # type: ignore[misc]
        if query["box_unit"] == "pt" and path.name != "boat-house-lease.pdf":
            document = pypdfium2.PdfDocument(path)
            page = document[int(str(query["page"])) - 1]
            text_page, height = page.get_textpage(), page.get_height()
            text = text_page.get_text_bounded(x0 - 1, height - y1 - 1, x1 + 1, height - y0 + 1).strip()
            for thing in (text_page, page, document):
                thing.close()
            assert text in query["answers"], query  # type: ignore[operator]
        elif query["box_unit"] == "px":
            with Image.open(path) as picture:
                grey = np.asarray(picture.convert("L"), float)
            inside = grey[int(y0) : int(y1), int(x0) : int(x1)]
            assert inside.std() > 25, query


def test_invoices_have_a_text_layer_and_the_scan_has_none() -> None:
    def text(name: str) -> str:
        with io.BytesIO((SAMPLES / "files" / name).read_bytes()) as data:
            document = pypdfium2.PdfDocument(data)
            page = document[0]
            text_page = page.get_textpage()
            found: str = text_page.get_text_bounded()
            for thing in (text_page, page, document):
                thing.close()
        return found

    assert "ACME Corp" in text("invoice-1042.pdf") and "$129.50" in text("invoice-1042.pdf")
    assert "129,50 €" in text("rechnung-0815.pdf") and "Gärtnerei" in text("rechnung-0815.pdf")
    assert text("boat-house-lease.pdf").strip() == ""


def test_only_one_invoice_answers_the_demo() -> None:
    """ACME and 129.50 stand together on one file only."""
    both = []
    for path in (SAMPLES / "files").glob("*.pdf"):
        document = pypdfium2.PdfDocument(path)
        page = document[0]
        text_page = page.get_textpage()
        words = text_page.get_text_bounded()
        both += [path.name] if "ACME" in words and "129.50" in words else []
        for thing in (text_page, page, document):
            thing.close()
    assert both == ["invoice-1042.pdf"]
