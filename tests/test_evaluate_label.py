"""triptych label: judgements are kept as they are given, and make a set that eval can read."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import triptych
from conftest import Run
from triptych.errors import UserError
from triptych.evaluation import labelled
from triptych.evaluation.judging import JOURNAL, NO, SKIP, YES, Judging, queries
from triptych.library import Library

QUERIES = "invoice 1042 Blue Door Bakery\n\n  sourdough   starter\ninvoice 1042 Blue Door Bakery\nrudder\n"


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    path = tmp_path / "queries.txt"
    path.write_text(QUERIES, "utf-8")
    return path


def test_queries_are_read_once_each(asked: Path, tmp_path: Path) -> None:
    assert queries(asked) == ["invoice 1042 Blue Door Bakery", "sourdough starter", "rudder"]
    with pytest.raises(UserError, match="There is no file of queries"):
        queries(tmp_path / "none.txt")
    asked.write_text("\n \n", "utf-8")
    with pytest.raises(UserError, match="holds no query"):
        queries(asked)


def test_piped_answers_make_a_set_that_eval_measures(
    run: Run, made: Path, asked: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "set"
    words = ("label", folder, "--queries", asked, "-k", "3")
    done = run(*words, "--html", tmp_path / "hits.html", library=made, stdin="y\nn\nperhaps\nq\n")
    assert done.returncode == 0, done.stderr
    assert "1 of 3: invoice 1042" in done.stderr and "rudder" not in done.stderr
    assert "2 pages judged, 1 right" in done.stdout
    assert "1042" in (tmp_path / "hits.html").read_text("utf-8")
    done = run(*words, "--json", library=made, stdin="s\ny\ns\nn\nn\nn\n")  # goes on at the third hit
    told = json.loads(done.stdout)
    assert (told["queries"], told["judged"], told["right"], told["usable"]) == (3, 6, 2, 2)
    labels = labelled.read(folder)
    assert len(labels.documents) == 6
    assert [q.text for q in labels.questions] == ["invoice 1042 Blue Door Bakery", "sourdough starter"]
    assert labels.judged_pages["q0001"].keys() == {(d, 1) for d in labels.judged["q0001"]}
    report = json.loads(run("eval", folder, "--workdir", tmp_path / "work", "--json").stdout)
    assert report["metrics"]["fused"]["recall@1"] == 1.0
    nothing = run(*words, library=made, stdin="")
    assert nothing.returncode == 0 and "1 of 3" not in nothing.stderr


def test_every_verdict_is_kept_at_once_and_a_cut_line_is_dropped(made: Path, tmp_path: Path) -> None:
    with triptych.open(made) as library:
        work = Judging(library, tmp_path / "set")
        [pending] = work.pending(["rudder"], 2)
        work.judge("rudder", pending.hits[0], YES)
        with (tmp_path / "set" / JOURNAL).open("a", encoding="utf-8") as file:
            file.write('{"query": "rud')  # a crash
        again = Judging(library, tmp_path / "set")
        assert [j.verdict for j in again.judgements] == [YES]
        [left] = again.pending(["rudder"], 2)
        assert [h.rank for h in left.hits] == [2]
        again.judge("rudder", None, SKIP)
        assert not [*Judging(library, tmp_path / "set").pending(["rudder"], 2)]


def test_files_that_were_moved_are_copied_beside_the_set(
    made: Path, quick_files: Path, tmp_path: Path
) -> None:
    shutil.copytree(quick_files, tmp_path / "in")
    with triptych.open(tmp_path / "library") as library:
        library.add(tmp_path / "in" / "boat-meeting.txt", tmp_path / "in" / "stock.csv")
        (tmp_path / "in" / "boat-meeting.txt").unlink()
        work = Judging(library, tmp_path / "set")
        [pending] = work.pending(["boat meeting"], 1)
        work.judge("boat meeting", pending.hits[0], YES)
        work.write()
    paths = {d.path for d in labelled.read(tmp_path / "set").documents}
    assert tmp_path / "in" / "stock.csv" in paths
    [copy] = (tmp_path / "set" / "files").iterdir()
    assert copy in paths and "boat house" in copy.read_text("utf-8")


def test_a_query_that_nothing_is_right_for_is_no_part_of_the_set(library: Library, tmp_path: Path) -> None:
    work = Judging(library, tmp_path / "set")
    for pending in work.pending(["zebra crossing", "rudder"], 1):
        work.judge(pending.query, pending.hits[0], YES if pending.query == "rudder" else NO)
    work.write()
    labels = labelled.read(tmp_path / "set")
    assert [(q.qid, q.text) for q in labels.questions] == [("q0002", "rudder")]


def test_what_was_made_otherwise_is_left_alone(library: Library, tmp_path: Path) -> None:
    (tmp_path / "corpus.jsonl").write_text("{}", "utf-8")
    with pytest.raises(UserError, match="made otherwise"):
        Judging(library, tmp_path)
    (tmp_path / JOURNAL).write_text('{"query": "x", "answer": "y"}\n', "utf-8")
    with pytest.raises(UserError, match=r"judgements.jsonl, line 1: no judgement"):
        Judging(library, tmp_path)
