"""Evaluation: labelled sets with their errors, metrics against hand counts, marking of answers."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import ir_measures
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import triptych
from triptych.errors import ModelError, UserError
from triptych.evaluate import evaluate, metrics
from triptych.evaluation import labelled, marking
from triptych.evaluation.labelled import Question
from triptych.ranking import learned
from triptych.types import Answer, Box, Citation, Line, Page, PageText, Word

CORPUS = [
    {
        "id": "bread",
        "title": "Rye bread",
        "text": "Flour, water, salt and a sourdough starter, baked for an hour.",
    },
    {
        "id": "boat",
        "title": "Boat meeting",
        "text": "The rudder of the launch is worn. Total repair cost: $348.20",
    },
    {"id": "oven", "title": "Oven", "text": "The gasket of the oven door has to be replaced."},
]
QUERIES = [
    {"qid": "q1", "type": "text", "text": "sourdough bread"},
    {"qid": "q2", "type": "text", "text": "What is the total repair cost?", "answers": ["348.20"]},
    {"qid": "q3", "type": "text", "text": "worn gasket"},
]
QRELS = "q1\tbread\t1\nq2\tboat\t1\nq3\toven\t2\nq3\tboat\t1\n"


def make(
    folder: Path, corpus: Any = CORPUS, queries: Any = QUERIES, qrels: str = QRELS, **files: str
) -> Path:
    folder.mkdir(exist_ok=True)
    for name, rows in (("corpus.jsonl", corpus), ("queries.jsonl", queries)):
        text = rows if isinstance(rows, str) else "\n".join(json.dumps(row) for row in rows)
        (folder / name).write_text(text, "utf-8")
    (folder / "qrels.tsv").write_text(qrels, "utf-8")
    for name, text in files.items():
        (folder / f"{name}.tsv").write_text(text, "utf-8")
    return folder


# ---------------------------------------------------------------------------------- the whole


def test_a_set_of_texts_from_end_to_end(tmp_path: Path) -> None:
    folder = make(tmp_path / "notes", qrels_pages="q1\tbread\t1\t1\n", qrels_ignore="q3\tbread\n")
    report = evaluate(folder, workdir=tmp_path / "work")
    assert (report["set"], report["documents"], report["queries"]) == ("notes", 3, 3)
    assert report["metrics"]["fused"]["recall@10"] == pytest.approx(1.0)
    assert report["metrics"]["keyword"]["recall@1"] > 0
    assert report["metrics"]["caption"] is None
    assert report["by_type"]["text"]["fused"] == report["metrics"]["fused"]
    assert report["pages"]["fused"]["recall@5"] == pytest.approx(1.0)
    assert report["answers"]["asked"] == 1
    assert set(report["seconds"]) == {"ingest", "query_p50", "query_p95"}
    assert json.loads(json.dumps(report)) == report

    again = evaluate(folder, workdir=tmp_path / "work", answers=False)
    assert again["metrics"] == report["metrics"]
    assert "answers" not in again


def test_learned_fusion_is_ablated_where_it_fits(tmp_path: Path) -> None:
    folder = make(tmp_path / "notes")
    library = tmp_path / "work" / "notes" / "library"
    told: list[str] = []

    def fusions() -> dict[str, float]:
        report = evaluate(folder, workdir=tmp_path / "work", answers=False, ablate=True, note=told.append)
        rows = [row for row in report["ablation"] if row["group"] == "fusion"]
        return {row["variant"]: row["change"]["ndcg@10"]["difference"] for row in rows}

    assert "learned" not in fusions()
    zeros = (0.0,) * len(learned.FEATURES)
    learned.Model(("keyword", "text"), learned.FEATURES, (zeros, zeros)).save(library)
    assert fusions()["learned"] == 0.0  # it promised nothing, so it ranks as the default does
    learned.Model(("keyword",), learned.FEATURES, (zeros,)).save(library)
    assert "learned" not in fusions()
    assert any("learned is left out: The learned fusion was trained on keyword" in line for line in told)


def test_a_reranker_that_fails_is_not_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIPTYCH_RERANK__MODEL", "http:away@http://127.0.0.1:9/v1")
    with pytest.raises(ModelError, match=r"rerank\.model"):
        evaluate(make(tmp_path / "set"), workdir=tmp_path / "work", answers=False)


def test_what_no_query_can_be_asked_for_is_an_error(tmp_path: Path) -> None:
    queries = [{"qid": "q9", "type": "image", "image": "x.jpg"}]
    folder = make(tmp_path / "broken", queries=queries, qrels="q9\toven\t1\n")
    (folder / "x.jpg").write_bytes(b"no picture")
    with pytest.raises(UserError, match=r"broken/x\.jpg'"):
        evaluate(folder, workdir=tmp_path / "work")
    with pytest.raises(UserError, match="no fusion 'rff'"):
        evaluate(folder, workdir=tmp_path / "work", fusion="rff")


def test_a_library_of_other_weights_is_embedded_anew(tmp_path: Path) -> None:
    folder = make(tmp_path / "notes")
    before = evaluate(folder, workdir=tmp_path / "work", answers=False)
    with triptych.open(tmp_path / "work" / "notes" / "library") as library:
        space = library.catalog.panels()["text"]._replace(name="builtin/minilm/0/384")
        library.catalog.adopt({"text": space, "caption": space})
    told: list[str] = []
    after = evaluate(folder, workdir=tmp_path / "work", answers=False, note=told.append)
    assert after["metrics"] == before["metrics"]
    assert [line for line in told if "because encoder changed" in line]


def test_image_queries_are_asked_with_their_picture(tmp_path: Path) -> None:
    queries = [QUERIES[0], {"qid": "q9", "type": "image", "image": "files/x.jpg"}]
    folder = make(tmp_path / "mixed", queries=queries, qrels="q1\tbread\t1\nq9\toven\t1\n")
    with pytest.raises(UserError, match=r"line 2: there is no picture '.*files/x\.jpg'"):
        evaluate(folder, workdir=tmp_path / "work")
    (folder / "files").mkdir(exist_ok=True)
    Image.new("RGB", (64, 48), "red").save(folder / "files" / "x.jpg")
    report = evaluate(folder, workdir=tmp_path / "work")
    assert report["queries"] == 2
    assert report["by_type"]["text"]["fused"]["recall@1"] == pytest.approx(1.0)
    assert report["by_type"]["image"]["fused"]["recall@1"] == 0.0  # no picture in the library


# ---------------------------------------------------------------------------------- metrics


def test_metrics_by_hand() -> None:
    judged = {"a": {"x": 1}, "b": {"x": 2, "y": 1}, "c": {"z": 1}, "unasked": {"x": 1}}
    run = {"a": ["w", "x"], "b": ["x", "w", "y"], "c": []}
    found = metrics(judged, run)
    ideal = 2 + 1 / math.log2(3)
    assert found["recall@1"] == pytest.approx((0 + 0.5 + 0) / 3)
    assert found["recall@5"] == pytest.approx((1 + 1 + 0) / 3)
    assert found["mrr@10"] == pytest.approx((0.5 + 1 + 0) / 3)
    assert found["ndcg@10"] == pytest.approx((1 / math.log2(3) + (2 + 0.5) / ideal + 0) / 3)


@given(
    st.dictionaries(
        st.sampled_from("abcd"),
        st.dictionaries(st.sampled_from("uvwxyz"), st.integers(0, 3), min_size=1),
        min_size=1,
    ),
    st.data(),
)
def test_metrics_agree_with_ir_measures_over_a_scored_run(
    judged: dict[str, dict[str, int]], data: st.DataObject
) -> None:
    run = {qid: data.draw(st.permutations(list("uvwxyz"))) for qid in judged}
    qrels = [ir_measures.Qrel(q, d, r) for q, row in judged.items() for d, r in row.items()]
    scored = [ir_measures.ScoredDoc(q, d, 1.0 / (i + 1)) for q, ds in run.items() for i, d in enumerate(ds)]
    wanted = ir_measures.calc_aggregate([ir_measures.nDCG @ 10, ir_measures.R @ 5], qrels, scored)
    found = metrics(judged, run)
    assert found["ndcg@10"] == pytest.approx(wanted[ir_measures.nDCG @ 10], abs=1e-9)
    assert found["recall@5"] == pytest.approx(wanted[ir_measures.R @ 5], abs=1e-9)


# ---------------------------------------------------------------------------------- broken sets


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"corpus": ""}, r"corpus.jsonl holds no document"),
        ({"corpus": '{"id": "a", "text": "x"}\n{"id": '}, r"corpus.jsonl, line 2: not JSON"),
        ({"corpus": [{"id": "a", "path": "files/none.png"}]}, r"corpus.jsonl, line 1: there is no file"),
        ({"corpus": [CORPUS[0], CORPUS[0]]}, r"line 2: the document 'bread' stands there twice"),
        ({"corpus": [{"id": 7, "text": "x"}]}, r"line 1: 'id' is 7, but must be a text"),
        ({"queries": [{"qid": "q1", "text": "x", "type": "sound"}]}, r"line 1: type is 'sound'"),
        (
            {"queries": [{"qid": "q1", "text": "x", "box": [1, 2]}]},
            r"line 1: a box is \[1, 2\], but must be four",
        ),
        ({"queries": [{"qid": "q1"}]}, r"queries.jsonl, line 1: there is no 'text'. The line has: 'qid'"),
        ({"queries": "[]"}, r"queries.jsonl, line 1: must be an object"),
        ({"qrels": "q1\tbread\n"}, r"qrels.tsv, line 1: 2 columns, but must be 3"),
        ({"qrels": "q1\tbread\tyes\n"}, r"qrels.tsv, line 1: 'yes' is not a whole number"),
        ({"qrels": QRELS + "q1\tcake\t1\n"}, r"qrels.tsv, line 5: there is no document 'cake'"),
        ({"qrels": QRELS + "q7\tboat\t1\n"}, r"qrels.tsv, line 5: there is no query 'q7'"),
        ({"qrels": "q1\tbread\t0\n"}, r"qrels.tsv, line 1: no document is judged relevant"),
        ({"qrels": ""}, r"qrels.tsv, line 1: no document is judged relevant"),
        ({"qrels": "q1\tbread\t\n"}, r"qrels.tsv, line 1: the relevance is empty"),
        ({"qrels": "q1\t\t1\n"}, r"qrels.tsv, line 1: the document is empty"),
        ({"qrels": "q1 0 bread 1\n"}, r"line 1: 1 columns, .* TREC's form: leave out the second column, '0'"),
        ({"qrels": "q1\tQ0\tbread\t1\n"}, r"line 1: 4 columns, .* leave out the second column, 'Q0'"),
        ({"qrels": "q1 bread 1\n"}, r"line 1: 1 columns, .*These are spaces"),
        ({"qrels": QRELS + "q1\tbread\t0\n"}, r"line 5: 'bread' was judged 1 .* and 0 here"),
        ({"qrels_pages": "q1\tbread\t0\t1\n"}, r"qrels_pages.tsv, line 1: the page is 0"),
        (
            {"queries": [{"qid": "q1", "text": "x", "answers": "y"}]},
            r"line 1: 'answers' is 'y', but must be a list",
        ),
        (
            {"queries": [{"qid": "q1", "text": "x", "page": "two"}]},
            r"line 1: 'page' is 'two', but must be a whole",
        ),
        (
            {"queries": [{"qid": "q1", "text": "x", "box_doc": "cake"}]},
            r"line 1: there is no document 'cake'",
        ),
        ({"qrels_pages": "q1\tbread\tone\t1\n"}, r"qrels_pages.tsv, line 1: 'one' is not a whole number"),
        ({"qrels_ignore": "q1\n"}, r"qrels_ignore.tsv, line 1: 1 columns, but must be 2"),
    ],
)
def test_what_is_wrong_is_one_line_with_its_place(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        labelled.read(make(tmp_path / "set", **change))
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_no_set(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no labelled set"):
        labelled.read(tmp_path / "none")
    with pytest.raises(UserError, match=r"has no corpus.jsonl"):
        labelled.read(tmp_path)


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    folder = make(tmp_path / "set")
    for path in folder.iterdir():
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert labelled.read(folder).judged["q3"] == {"oven": 2, "boat": 1}


# ---------------------------------------------------------------------------------- marking

WORDS = ("Total", "129.50", "Date", "12/03/2024")
BOXES = (
    Box(0.1, 0.1, 0.2, 0.12),
    Box(0.3, 0.1, 0.4, 0.12),
    Box(0.1, 0.2, 0.2, 0.22),
    Box(0.3, 0.2, 0.5, 0.22),
)
SHEET = Page(
    1,
    PageText.of_lines(
        [
            Line((Word(WORDS[0], BOXES[0]), Word(WORDS[1], BOXES[1]))),
            Line((Word(WORDS[2], BOXES[2]), Word(WORDS[3], BOXES[3]))),
        ]
    ),
    width=1000,
    height=500,
)


def cited(value: str, quote: str, *boxes: Box, page: int = 1) -> Answer:
    citation = Citation(1, "sha", "a.pdf", page, quote, boxes, True)
    return Answer("?", f"{value} [1]", value, citations=(citation,))


def marked(answer: Answer, *answers: str, boxes: tuple[Box, ...] = ()) -> marking.Mark:
    question = Question("q", "text", "?", answers, boxes, "a", 1)
    return marking.mark(answer, question, lambda _: SHEET, ["sha"])


def test_a_right_answer_earns_everything() -> None:
    place = Box(300, 50, 400, 60)  # pixels of a page of 1000 x 500
    mark = marked(cited("129.50", "Total 129.50", Box(0.1, 0.1, 0.4, 0.12)), "129.50", boxes=(place,))
    assert mark == marking.Mark(True, True, False, 1, 1, True, True, 1)


def test_numbers_and_dates_count_by_value() -> None:
    assert marked(cited("129.5", "x"), "129.50").exact is False
    assert marked(cited("$129.50", "x"), "129.5").numeric is True
    assert marked(cited("12/03/2024", "x"), "12 March 2024").numeric is True
    assert marked(cited("129.51", "x"), "129.50").numeric is False
    assert marked(cited("ACME corp.", "x"), "Acme Corp").exact is True
    assert marked(cited("", "x"), "").exact is False


@pytest.mark.parametrize(
    ("said", "wanted", "right"),
    [
        ("The company is ACME Corp. of 12/03/2024 [1].", "Acme Corp, 12 March 2024", True),
        ("The company is ACME [1].", "Acme Corp", False),
        ("It rose to $1,234.5 in Finland [1].", "Finland: 1234.50", True),
        ("It rose in 2013.", "12 March 2013", False),  # a part of a date is not the date
        ("No, the ratio was 5.1 %.", "No, it is managed well: 5.1%", True),  # "No" is no name
        ("plain words here", "words here", True),
        ("plain words", "other words", False),
        ("", "", False),
    ],
)
def test_a_long_answer_is_right_when_it_names_all_that_was_asked(said: str, wanted: str, right: bool) -> None:
    assert marking.names_all(said, wanted) is right


def test_a_citation_must_hold_what_it_claims() -> None:
    assert marked(cited("129.50", "Total 129.50", BOXES[0], BOXES[1])).borne == 1
    assert marked(cited("129.50", "Total 129.50", BOXES[0])).borne == 0  # the box lacks the number
    assert marked(cited("130", "Total 129.50", BOXES[0], BOXES[1])).borne == 0  # the quote lacks the value
    assert marked(cited("129.50", "Total 129.50")).borne == 0


def test_a_box_elsewhere_is_no_hit() -> None:
    place = Box(300, 50, 400, 60)
    assert marked(cited("x", "Date", BOXES[2]), boxes=(place,)).box is False
    assert marked(cited("x", "Total", BOXES[1], page=2), boxes=(place,)).box is False
    assert marked(cited("x", "Total", BOXES[1]), boxes=()).box is None


def test_the_summary_counts_what_was_asked() -> None:
    marks = [
        marking.Mark(True, True, False, 1, 1, True, True, 1),
        marking.Mark(False, True, False, 2, 1, False, True, 1),
        marking.Mark(False, False, True, 0, 0, None),
        marking.Mark(False, False, False, 1, 1, None, True, 0),
    ]
    assert marking.summary(marks) == {
        "asked": 4,
        "exact": 0.25,
        "numeric": 0.5,
        "abstained": 0.25,
        "citation_precision": 0.75,
        "box_hit": 0.5,
        "entity": 0.75,
        "right_of_given": pytest.approx(2 / 3),
        "citation_recall": 1.0,
        "citation_sound": 0.5,
    }
    assert marking.summary([])["exact"] == 0.0


def test_a_page_without_boxes_bears_its_text() -> None:
    page = Page(1, PageText.plain("Total: 129.50"), 0, 0)
    (citation,) = cited("129.50", "Total: 129.50").citations
    assert marking.bears("129.50", citation, page)
    assert not np.any(page.text.boxes)


def test_no_place_can_be_missed_on_a_document_that_nobody_marked() -> None:
    place = Box(10, 10, 40, 12)
    question = Question("q", "text", "?", ("129.50",), (place,), "a", 1)
    answer = cited("129.50", "Total 129.50", Box(0.1, 0.1, 0.4, 0.12))  # cites the asset "sha"
    assert marking.mark(answer, question, lambda _: SHEET, ["other"], ["other", "sha"]).box is None
    assert marking.mark(answer, question, lambda _: SHEET, ["other"], ["other"]).box is False
