"""Evaluation from end to end on a set of pictures, scans and notes: numbers, ablations, files, the page."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import ir_measures
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from conftest import Run
from triptych.errors import UserError
from triptych.evaluate import Measured, evaluate, measure, sets, together
from triptych.evaluation import trec
from triptych.evaluation.measures import NAMES
from triptych.evaluation.page import to_html
from triptych.fuse import METHODS
from triptych.library import Library

NASTY = "<script>alert(1)</script>\u202e"
NOTES = {
    "bread": "Rye bread. Flour, water, salt and a sourdough starter, baked for an hour. " * 30,
    "boat": "Boat meeting. The rudder of the launch is worn. Total repair cost: $348.20",
    "oven": "Oven. The gasket of the oven door has to be replaced.",
}
PLAIN = {"captioner": "none"}  # few signals, so that all can be asked
MEASURED = {
    "recall@1": ir_measures.R @ 1,
    "recall@5": ir_measures.R @ 5,
    "recall@10": ir_measures.R @ 10,
    "ndcg@10": ir_measures.nDCG @ 10,
    "mrr@10": ir_measures.RR @ 10,
}


def scan(path: Path, *lines: str) -> None:
    image = Image.new("RGB", (900, 500), "white")
    pen = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        pen.text((60, 60 + 90 * number), line, "black", ImageFont.load_default(44))
    image.save(path)


def make(folder: Path) -> Path:
    """Three notes, two scans, two pictures; questions by words and by picture."""
    (folder / "files").mkdir(parents=True)
    scan(folder / "files" / "slip.png", "HARBOUR SUPPLY", "Marine varnish 17.40", "Total 52.10")
    scan(folder / "files" / "pass.png", "GATE PASS 7731", "Visitor Lund")
    for name, colour in (("red", (200, 30, 20)), ("blue", (20, 40, 200))):
        Image.fromarray(np.full((90, 120, 3), colour, np.uint8)).save(folder / "files" / f"{name}.png")
    Image.fromarray(np.full((60, 60, 3), (205, 35, 25), np.uint8)).save(folder / "like.png")
    corpus: list[dict[str, str]] = [{"id": n, "title": t.split(".")[0], "text": t} for n, t in NOTES.items()]
    corpus += [{"id": f"{n} 1%", "path": f"files/{n}.png"} for n in ("slip", "pass", "red", "blue")]
    queries = [
        {"qid": "q1", "text": "sourdough bread"},
        {"qid": "q2", "text": "What is the total repair cost?", "answers": ["348.20"]},
        {"qid": "q3", "text": "marine varnish"},
        {"qid": "q4", "text": "gate pass 7731"},
        {"qid": "q5", "type": "image", "image": "like.png"},
        {"qid": "q6", "text": "oven door"},
        {"qid": "q7", "text": "nobody judged this"},
        {"qid": "q8", "type": "image", "image": "broken.png", "text": NASTY},
    ]
    rows = ["q1\tbread\t1", "q2\tboat\t1", "q3\tslip 1%\t2", "q3\toven\t1", "q4\tpass 1%\t1"]
    rows += ["q5\tred 1%\t1", "q6\toven\t1", "q8\tred 1%\t1"]
    (folder / "broken.png").write_bytes(b"no picture")
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, corpus)), "utf-8")
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)), "utf-8")
    (folder / "qrels.tsv").write_text("\n".join(rows), "utf-8")
    (folder / "qrels_pages.tsv").write_text("q1\tbread\t1\t1\nq3\tslip 1%\t1\t1\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def asked() -> Counter[Any]:
    """How often each question was asked of each library, with which signals and fusion."""
    return Counter()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sets")
    make(folder / "mixed")
    return folder


@pytest.fixture(scope="module")
def notes() -> list[str]:
    return []


@pytest.fixture(scope="module")
def measured(home: Path, asked: Counter[Any], notes: list[str]) -> Iterator[Measured]:
    search, see = Library.search, Library.see

    def counted(self: Library, text: str | None = None, **options: Any) -> Any:
        image = options.get("image")
        signals = options.get("signals")
        key = (
            self.folder.name,
            text,
            image and image.name,
            signals and tuple(signals),
            options.get("fusion"),
        )
        asked[key] += 1
        return search(self, text, **options)

    def looked(self: Library, picture: Any) -> Any:
        asked["looked at", str(picture)] += 1
        return see(self, picture)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Library, "search", counted)
        patch.setattr(Library, "see", looked)
        yield measure(
            home / "mixed",
            workdir=home / "work",
            settings=PLAIN,
            answers=False,
            ablate=True,
            worst=True,
            note=notes.append,
        )


def test_no_question_is_asked_twice(measured: Measured, asked: Counter[Any]) -> None:
    assert measured.report["queries"] == 8
    assert len(asked) > 7 * 8
    assert {key: n for key, n in asked.items() if n > 1} == {}
    assert sum(key[0] == "looked at" for key in asked) == 2


def test_every_metric_agrees_with_ir_measures(measured: Measured, tmp_path: Path) -> None:
    """From the TREC files that eval writes, read by ir-measures itself."""
    runs = {name: ranking.documents for name, ranking in measured.rankings.items()}
    assert set(runs) == {"fused", "keyword", "text", "image"}
    trec.write(tmp_path, measured.labels.judged, runs)
    qrels = list(ir_measures.read_trec_qrels(str(tmp_path / "qrels")))
    kinds = {q.qid: q.type for q in measured.labels.questions}
    report = measured.report
    for name in runs:
        run = list(ir_measures.read_trec_run(str(tmp_path / f"{name}.run")))
        assert report["metrics"][name] == pytest.approx(by_hand(qrels, run), abs=1e-9)
        for kind in ("text", "image"):
            mine = [q for q in qrels if kinds[q.query_id] == kind]
            assert report["by_type"][kind][name] == pytest.approx(by_hand(mine, run), abs=1e-9)
        pages = [
            ir_measures.Qrel(q, str(place), r)
            for q, row in measured.labels.judged_pages.items()
            for place, r in row.items()
        ]
        found = [
            ir_measures.ScoredDoc(q, str(place), float(-rank))
            for q, row in measured.rankings[name].pages.items()
            for rank, place in enumerate(row)
        ]
        assert report["pages"][name] == pytest.approx(by_hand(pages, found), abs=1e-9)


def by_hand(qrels: list[Any], run: list[Any]) -> dict[str, float]:
    known = {q.query_id for q in qrels}
    found = ir_measures.calc_aggregate(
        list(MEASURED.values()), qrels, [d for d in run if d.query_id in known]
    )
    return {name: found[measure] for name, measure in MEASURED.items()}


def test_directions_are_by_type_of_query_and_signal(measured: Measured) -> None:
    report = measured.report
    ways = report["directions"]
    assert ways["text_to_page"] == {"queries": 5, **report["by_type"]["text"]["fused"]}
    assert ways["text_to_image"] == {"queries": 5, **report["by_type"]["text"]["image"]}
    assert ways["image_to_image"] == {"queries": 2, **report["by_type"]["image"]["image"]}
    assert ways["image_to_image"]["recall@1"] == 0.5
    assert ways["image_to_page"]["queries"] == 2


def test_fused_is_compared_with_the_best_single_signal(measured: Measured) -> None:
    report = measured.report
    singles = {n: row["ndcg@10"] for n, row in report["metrics"].items() if row and n != "fused"}
    against = report["against"]
    assert singles[against["signal"]] == max(singles.values())
    moved = against["ndcg@10"]
    wanted = report["metrics"]["fused"]["ndcg@10"] - max(singles.values())
    assert moved["difference"] == pytest.approx(wanted)
    assert moved["better"] + moved["worse"] + moved["equal"] == 7  # judged queries
    low, high = report["intervals"]["fused"]["ndcg@10"]
    assert low <= report["metrics"]["fused"]["ndcg@10"] <= high


def test_a_query_without_judgements_is_told_and_does_not_count(measured: Measured, notes: list[str]) -> None:
    assert "mixed: query 'q7' has no judgement in qrels.tsv and does not count" in notes


def test_a_query_that_cannot_be_asked_is_told_and_counts_as_not_found(
    measured: Measured, notes: list[str]
) -> None:
    assert measured.report["refused"] == 1
    [said] = [note for note in notes if "'q8'" in note]
    assert "cannot be asked" in said and "broken.png" in said


def test_ablations_are_those_that_the_set_has_something_for(measured: Measured) -> None:
    rows = {(row["group"], row["variant"]): row for row in measured.report["ablation"]}
    names = {group: {n for g, n in rows if g == group} for group, _ in rows}
    assert names["fusion"] == set(METHODS) - {"adaptive"}
    assert names["signals"] == {"without keyword", "without text", "without image"}
    assert names["OCR"] >= {"no words from pixels"}
    assert names["chunks"] == {"128 tokens", "512 tokens"}
    assert "captions" not in names and "views" not in names
    fused = measured.report["metrics"]["fused"]["ndcg@10"]
    for row in rows.values():
        assert row["metrics"]["ndcg@10"] - fused == pytest.approx(row["change"]["ndcg@10"]["difference"])
        assert set(row["metrics"]) == set(NAMES)
    blind = rows["OCR", "no words from pixels"]
    assert blind["metrics"]["ndcg@10"] < fused - 0.02  # words on scans were most of what there was to find


def test_variants_are_kept_as_long_as_the_library_stays_as_it_is(measured: Measured, home: Path) -> None:
    told: list[str] = []
    again = evaluate(
        home / "mixed",
        workdir=home / "work",
        settings=PLAIN,
        answers=False,
        ablate=True,
        note=told.append,
    )
    assert again["ablation"] == measured.report["ablation"]
    assert not [line for line in told if "making" in line]
    library = home / "work" / "mixed" / "library"
    assert (library / "blobs").is_dir() and (home / "work" / "mixed" / "library-chunks-128-tokens").is_dir()


def test_captions_by_people_are_ablated(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "told"
    folder.mkdir()
    for name, colour in (("red", (200, 30, 20)), ("blue", (20, 40, 200))):
        Image.fromarray(np.full((90, 120, 3), colour, np.uint8)).save(folder / f"{name}.png")
    rows = [{"id": n, "path": f"{n}.png"} for n in ("red", "blue")]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    said = [{"id": "red", "captions": ["a ladybird"]}, {"id": "blue", "captions": ["a whale"]}]
    (folder / "sidecar_captions.jsonl").write_text("\n".join(map(json.dumps, said)), "utf-8")
    (folder / "queries.jsonl").write_text('{"qid": "q1", "text": "whale in the sea"}', "utf-8")
    (folder / "qrels.tsv").write_text("q1\tblue\t1", "utf-8")
    report = evaluate(
        folder, workdir=tmp_path / "work", captions=True, ablate=True, settings={"ocr.engine": "none"}
    )
    [row] = [row for row in report["ablation"] if row["group"] == "captions"]
    assert report["metrics"]["caption"]["recall@1"] == 1.0
    assert row["change"]["ndcg@10"]["difference"] <= 0


# ----------------------------------------------------------------------------------------- folders


def test_a_folder_of_sets_is_measured_with_its_mean(measured: Measured, home: Path) -> None:
    assert [f.name for f in sets(home)] == ["mixed"]
    assert sets(home / "mixed") == [home / "mixed"]
    other = json.loads(json.dumps(measured.report)) | {"set": "other"}
    other["metrics"]["image"] = None
    other["metrics"]["fused"] = dict.fromkeys(NAMES, 0.5)
    other["against"]["ndcg@10"]["difference"] = -0.25
    other["ablation"] = other["ablation"][:1]
    whole = together([measured.report, other])
    assert [r["set"] for r in whole["sets"]] == ["mixed", "other"]
    fused = measured.report["metrics"]["fused"]["ndcg@10"]
    assert whole["mean"]["metrics"]["fused"]["ndcg@10"] == pytest.approx((fused + 0.5) / 2)
    assert whole["mean"]["metrics"]["image"] == pytest.approx(measured.report["metrics"]["image"])
    assert whole["mean"]["metrics"]["caption"] is None
    assert whole["mean"]["margin"]["least"] == -0.25
    assert [row["sets"] for row in whole["mean"]["ablation"]][:2] == [2, 1]


def test_a_folder_without_a_set_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no labelled set and holds none"):
        sets(tmp_path)
    with pytest.raises(UserError, match="There is no labelled set"):
        sets(tmp_path / "none")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "corpus.jsonl").write_text("{", "utf-8")
    with pytest.raises(UserError, match=r"broken/corpus.jsonl, line 1: not JSON"):
        sets(tmp_path)


def test_the_command_writes_everything(run: Run, measured: Measured, home: Path, tmp_path: Path) -> None:
    page, out = tmp_path / "report.html", tmp_path / "out"
    words = ("eval", home, "--workdir", home / "work", "--no-answers", "--json", "--html", page, "--out", out)
    done = run(*words, TRIPTYCH_CAPTIONER="none")
    assert done.returncode == 0, done.stderr
    whole = json.loads(done.stdout)
    assert whole["sets"][0]["metrics"] == measured.report["metrics"]
    assert json.loads((out / "report.json").read_text("utf-8")) == whole
    assert {p.name for p in (out / "mixed").iterdir()} == {
        "qrels", "fused.run", "keyword.run", "text.run", "image.run"
    }  # fmt: skip
    assert "slip%201%25" in (out / "mixed" / "fused.run").read_text("utf-8")
    assert "<svg" in page.read_text("utf-8")
    text = run("eval", home / "mixed", *words[2:5], TRIPTYCH_CAPTIONER="none").stdout
    assert re.search(r"fused\s+\d\.\d{3}", text) and "fused against" in text and "image to image" in text
    lost = run("eval", home, "--html", tmp_path / "none" / "x.html")
    assert lost.returncode == 2 and "there is no folder" in lost.stderr


# ------------------------------------------------------------------------------------------ the page


class Seen(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_stands_alone_and_escapes_what_is_foreign(measured: Measured) -> None:
    page = to_html([measured])
    seen = Seen(page)
    assert "script" not in seen.tags and not any(name.startswith("on") for name, _ in seen.attributes)
    links = [v or "" for k, v in seen.attributes if k in ("href", "src", "action", "srcset")]
    assert links and all(link.startswith(("#", "data:image/")) for link in links)
    assert "default-src 'none'" in page and not re.search(r"url\(|@import|https?:", page)
    assert "\u202e" not in page and "alert(1)" in seen.text  # the worst query is shown as text


def test_the_page_tells_what_was_measured(measured: Measured) -> None:
    seen = Seen(to_html([measured]))
    fused = measured.report["metrics"]["fused"]["ndcg@10"]
    assert f"{fused:.3f}" in seen.text
    for part in ("Worst losses", "What each part is worth", "without keyword", "came first", "look.tiles"):
        assert part in seen.text
    assert seen.tags.count("svg") == 3
    assert math.isclose(float(measured.losses[0].value), min(loss.value for loss in measured.losses))


def test_the_page_of_several_sets_begins_with_what_they_share(measured: Measured) -> None:
    whole = together([measured.report, measured.report])
    page = to_html([measured, measured], whole["mean"])
    seen = Seen(page)
    assert "Evaluation of 2 sets" in seen.text and seen.tags.count("svg") == 2 * 3 + 2
    assert ("href", "#set-mixed") in seen.attributes
