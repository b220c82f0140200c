"""The query log: what is kept, for how long, what is kept out; labels from it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from click.testing import CliRunner

from triptych.cli import cli
from triptych.journal import Journal
from triptych.library import Library
from triptych.querylog import Asked, QueryLog, questions, verdicts
from triptych.settings import LogSettings


def log_of(folder: Path, queries: str) -> QueryLog:
    return QueryLog(folder, LogSettings(queries))


def test_a_search_and_an_answer_with_all_that_led_to_them(library: Library, tmp_path: Path) -> None:
    log = log_of(tmp_path, "full")
    found = library.search("invoice acme", k=2)
    made = log.searched(found, Asked("ann", ("default",), "kind = pdf"))
    answer = library.ask("What is the total on invoice INV-1042?")
    log.answered(answer, Asked("ann"))
    search, ask = log.entries()
    assert (search["id"], search["user"], search["text"]) == (made, "ann", "invoice acme")
    assert search["hits"][0]["asset"] == found[0].asset and search["hits"][0]["signals"]["keyword"]["raw"] > 0
    assert search["seconds"]["total"] > 0 and search["filter"] == "kind = pdf"
    assert ask["answer"] == answer.text and ask["quotes"] and ask["citations"][0]["page"] == 1


def test_content_can_be_kept_out(library: Library, tmp_path: Path) -> None:
    log = log_of(tmp_path, "ids")
    log.searched(library.search("umbrella invoice"), Asked("ann", None, "title ~ umbrella"))
    log.answered(library.ask("What is the total on invoice INV-1042?"), Asked("ann"))
    raw = b"".join(path.read_bytes() for path in (tmp_path / "logs").iterdir())
    assert raw and not any(word in raw for word in (b"umbrella", b"total on", b"129.50", b"invoice"))
    assert questions(log.entries()) == []


def test_off_writes_nothing(library: Library, tmp_path: Path) -> None:
    log = log_of(tmp_path, "off")
    assert log.searched(library.search("invoice"), Asked("ann")) == ""
    assert not log.clicked("x", "0" * 64, 1, "opened", "ann") and not (tmp_path / "logs").exists()


def test_old_days_are_deleted_and_torn_lines_left_out(tmp_path: Path) -> None:
    today = datetime.now(UTC)
    for age in (1, 8, 30):
        (tmp_path / f"queries-{today - timedelta(days=age):%Y-%m-%d}.jsonl").write_text(
            '{"n": 1}\n{"n": ', "utf-8"
        )
    (tmp_path / "queries-notes.jsonl").write_text("mine", "utf-8")
    journal = Journal(tmp_path, "queries", 7)
    journal.append({"n": 2, "text": "a\nb\ud800"})
    assert [entry["n"] for entry in journal.entries()] == [1, 2]
    assert len(list(tmp_path.iterdir())) == 3


def test_a_journal_that_cannot_be_written_stops_nobody(library: Library, tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("in the way", "utf-8")
    assert log_of(tmp_path, "full").searched(library.search("invoice"), Asked("ann"))
    assert not Journal(tmp_path / "logs", "audit", 7).append({"n": 1})


def test_judgements_from_clicks() -> None:
    entries = [
        {"kind": "search", "id": "1", "text": "boats"},
        {"kind": "click", "id": "1", "asset": "a", "page": 1, "verdict": "opened"},
        {"kind": "click", "id": "1", "asset": "b", "page": 2, "verdict": "opened"},
        {"kind": "click", "id": "1", "asset": "b", "page": 2, "verdict": "wrong"},
        {"kind": "click", "id": "9", "asset": "c", "page": 1, "verdict": "right"},
        {"kind": "search", "id": "2", "text": "boats"},
    ]
    assert verdicts(iter(entries), clicks=True) == [("boats", "a", 1, True), ("boats", "b", 2, False)]
    assert verdicts(iter(entries), clicks=False) == [("boats", "b", 2, False)]
    assert questions(iter(entries)) == ["boats"]


def test_the_command_line_logs_shows_exports_and_labels(copied: Path, tmp_path: Path) -> None:
    def run(*words: str, text: str | None = None) -> str:
        done = CliRunner().invoke(cli, ["--library", str(copied), *words], input=text)
        assert done.exit_code in (0, 3), done.output
        return done.stdout

    assert run("log") == ""
    (copied / "triptych.toml").write_text('[log]\nqueries = "full"\n', "utf-8")
    run("search", "invoice 1042")
    run("ask", "What is the total on invoice INV-1042?")
    [search, ask] = json.loads(run("log", "--json"))["entries"]
    assert "invoice 1042" in run("log") and ask["kind"] == "ask"
    export = tmp_path / "log.jsonl"
    run("log", "--export", str(export), "--kind", "search")
    assert [json.loads(line)["id"] for line in export.read_text("utf-8").splitlines()] == [search["id"]]
    hit = search["hits"][0]
    log_of(copied, "full").clicked(search["id"], hit["asset"], hit["page"], "right", "ann")
    run("label", str(tmp_path / "set"), "--from-log", "--clicks", text="")
    judged = [
        json.loads(line) for line in (tmp_path / "set" / "judgements.jsonl").read_text("utf-8").splitlines()
    ]
    assert [(j["query"], j["asset"], j["verdict"]) for j in judged] == [("invoice 1042", hit["asset"], "yes")]
    assert (tmp_path / "set" / "qrels.tsv").read_text("utf-8").strip().endswith("1")
