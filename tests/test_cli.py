"""The command line as people and scripts use it: output, exit status, one-line errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from conftest import FILES, Run
from triptych.cli import cli

DONE, FAILED, USAGE, NO_ANSWER = 0, 1, 2, 3


def one_line(stderr: str) -> str:
    assert "Traceback" not in stderr
    lines = stderr.strip().splitlines()
    assert len(lines) == 1, stderr
    assert len(lines[0]) < 500
    return lines[0]


def test_add_tells_each_file_and_a_summary_as_json(run: Run, tmp_path: Path) -> None:
    bad = tmp_path / "bad.pdf"
    bad.write_bytes(b"%PDF-1.7\nnothing in here")
    done = run("add", FILES / "stock.csv", bad, tmp_path / "missing.png", "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == FAILED
    by_name = {Path(e["source"]).name: e for e in events[:-1]}
    assert by_name["stock.csv"]["status"] == "ready"
    assert by_name["stock.csv"]["signals"]["keyword"] >= 1
    assert len(by_name["stock.csv"]["asset"]) == 64
    assert by_name["bad.pdf"]["error"]["code"] and by_name["bad.pdf"]["error"]["reason"]
    assert by_name["missing.png"]["status"] == "failed"
    assert events[-1]["event"] == "summary"
    assert (events[-1]["ready"], events[-1]["failed"]) == (1, 2)
    assert set(events[0]) >= {"event", "source", "asset", "status", "pages", "signals", "seconds", "error"}


def test_add_again_is_a_no_op_and_a_renamed_file_is_a_new_path(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("The heron stood in the reeds.\n")
    assert run("add", file).returncode == DONE
    again = json.loads(run("add", file, "--json").stdout.splitlines()[0])
    assert again["status"] == "unchanged"
    renamed = file.rename(tmp_path / "heron.txt")
    assert json.loads(run("add", renamed, "--json").stdout.splitlines()[0])["status"] == "unchanged"
    assets = json.loads(run("list", "--json").stdout)["assets"]
    assert len(assets) == 1
    assert {Path(s).name for s in assets[0]["sources"]} == {"notes.txt", "heron.txt"}


def test_add_reads_a_list_from_standard_input(run: Run) -> None:
    done = run("add", "-", "--json", stdin=f"{FILES / 'stock.csv'}\n{FILES / 'boat-meeting.txt'}\n")
    assert done.returncode == DONE
    assert json.loads(done.stdout.splitlines()[-1])["ready"] == 2


def test_a_file_is_named_as_it_is_or_as_it_is_printed(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "two\nlines.txt"
    file.write_text("The weasel runs.\n")
    added = run("add", file)
    assert added.stdout.splitlines()[0].startswith("ready") and "two\\x0alines.txt" in added.stdout
    for name in (str(file), str(file).replace("\n", "\\x0a")):
        assert "weasel" in run("show", name, "--page", "1").stdout
    removed = run("remove", file)
    assert removed.returncode == DONE and removed.stdout.splitlines()[1].startswith("1 removed in ")


def test_every_help_has_its_examples_and_no_jargon() -> None:
    for name in ("add", "sync", "remove", "caption", "search", "ask", "show", "list", "rebuild", "config"):
        text = CliRunner().invoke(cli, [name, "--help"]).stdout
        assert f"  triptych {name}" in text or "  TRIPTYCH_" in text, name
        assert "INTEGER RANGE" not in text, name


def test_search_prints_the_contract(run: Run, made: Path) -> None:
    done = run("search", "ACME 129.50", "--json", "-k", "3", library=made)
    assert done.returncode == DONE, done.stderr
    found = json.loads(done.stdout)
    assert found["query"] == {"text": "ACME 129.50", "image": None}
    top = found["hits"][0]
    assert Path(top["source"]).name == "invoice-1042.pdf"
    assert set(top) >= {
        "rank",
        "score",
        "asset",
        "source",
        "page",
        "collection",
        "title",
        "snippet",
        "boxes",
        "signals",
    }
    assert set(top["signals"]) == {"keyword", "text", "caption", "image"}
    assert set(top["signals"]["keyword"]) == {"rank", "raw", "norm", "weight"}
    assert all(0 <= v <= 1 for box in top["boxes"] for v in box)
    assert top["boxes"]
    assert set(found["seconds"]) >= {"total", "encode", "retrieve", "fuse"}


def test_search_explains_to_people(run: Run, made: Path, tmp_path: Path) -> None:
    page = tmp_path / "hits.html"
    done = run("search", "dough hook", "--explain", "--html", page, library=made)
    assert "keyword" in done.stdout and "rank 1" in done.stdout
    assert "data:image/webp;base64," in page.read_text()


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["search", " "], USAGE, "query is empty"),
        (["ask", ""], USAGE, "question is empty"),
        (["search", "oak", "--collection", "attic"], USAGE, "default"),
        (["search", "oak", "--fusion", "weigted"], USAGE, "weighted"),
        (["search", "oak", "--signals", "keywrd"], USAGE, "keyword"),
        (["search", "oak", "--filter", "page >< 3"], USAGE, "page"),
        (["show", "nosuch.pdf"], USAGE, "triptych list"),
        (["add", "x", "--ocr", "rapidorc"], USAGE, "rapidocr"),
        (["serch", "oak"], USAGE, "'search'"),
        (
            ["search", "oak", "-k", "many"],
            USAGE,
            "'many' is not a valid whole number. Type: triptych search --help",
        ),
        (["search", "oak", "-k", "0"], USAGE, "triptych search --help"),
        (["add"], USAGE, "Missing argument 'PATH...'. Type: triptych add --help"),
        (["list", "--frobnicate"], USAGE, "triptych list --help"),
        (
            ["list", "--library", "x"],
            USAGE,
            "--library stands before the command. Type: triptych --library DIR list",
        ),
        (
            ["keys", "list", "--quiet"],
            USAGE,
            "--quiet stands before the command. Type: triptych --quiet keys list",
        ),
        (["show", "8"], USAGE, "4 characters"),
        (["show", "od\nd"], USAGE, "od\\nd"),
        (["show", "stock.csv", "--out", "x.foo"], USAGE, "Known: .png"),
        (["ask", "What is it?", "--show", "/nowhere/x.png"], USAGE, "no folder '/nowhere'"),
        (["search", "oak", "--html", "/nowhere/x.html"], USAGE, "no folder '/nowhere'"),
    ],
)
def test_wrong_words_get_one_clear_line(
    run: Run, made: Path, words: list[str], status: int, says: str, tmp_path: Path
) -> None:
    library = tmp_path / "new" if words[0] == "add" else made
    done = run(*words, library=library)
    assert done.returncode == status, done.stderr
    assert says in one_line(done.stderr)


def test_a_library_that_is_not_there_is_not_made_by_asking(run: Run, tmp_path: Path) -> None:
    done = run("search", "oak", library=tmp_path / "nowhere")
    assert done.returncode == FAILED
    assert "triptych add" in one_line(done.stderr)
    assert not (tmp_path / "nowhere").exists()


def test_an_unknown_setting_names_the_nearest(run: Run, made: Path) -> None:
    done = run("config", library=made, TRIPTYCH_OCR__LANGAUGE="de")
    assert done.returncode == USAGE
    assert "ocr.language" in one_line(done.stderr)


def test_config_says_where_each_value_came_from(run: Run, made: Path) -> None:
    told = json.loads(run("config", "--json", library=made, TRIPTYCH_SEARCH__K="7").stdout)
    assert told["search.k"] == {"value": 7, "origin": "$TRIPTYCH_SEARCH__K"}
    assert told["ocr.engine"]["origin"] == "default"


def test_ask_answers_with_a_citation_and_draws_it(run: Run, made: Path, tmp_path: Path) -> None:
    picture = tmp_path / "answer.png"
    done = run("ask", "What is the total on invoice INV-1042?", "--show", picture, "--json", library=made)
    assert done.returncode == DONE, done.stderr
    told = json.loads(done.stdout)
    assert "129.50" in told["answer"]
    assert told["citations"][0]["verified"] and told["citations"][0]["boxes"]
    assert set(told) >= {
        "question",
        "answer",
        "abstained",
        "model",
        "citations",
        "evidence",
        "warnings",
        "seconds",
    }
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_ask_abstains_with_its_own_status(run: Run, made: Path) -> None:
    done = run("ask", "What is the boiling point of tungsten?", "--json", library=made)
    assert done.returncode == NO_ANSWER
    told = json.loads(done.stdout)
    assert told["abstained"] and told["citations"] == []


def test_remove_leaves_nothing_behind(run: Run, copied: Path) -> None:
    assert run("remove", "stock.csv", library=copied).returncode == FAILED  # not its full path
    source = next(
        s
        for a in json.loads(run("list", "--json", library=copied).stdout)["assets"]
        for s in a["sources"]
        if s.endswith("stock.csv")
    )
    assert run("remove", source, library=copied).returncode == DONE
    assert json.loads(run("verify", "--json", library=copied).stdout)["ok"]
    canary = b"TM-377"  # a code that stands in that file only
    left = [p for p in copied.rglob("*") if p.is_file() and canary in p.read_bytes()]
    assert left == []


def test_verify_says_what_differs(run: Run, copied: Path) -> None:
    blob = next(p for p in (copied / "blobs").rglob("*") if p.is_file())
    blob.unlink()
    done = run("verify", library=copied)
    assert done.returncode == FAILED
    assert blob.name in done.stdout


def test_show_tells_how_a_page_was_read_and_draws_it(run: Run, made: Path, tmp_path: Path) -> None:
    source = next(
        s
        for a in json.loads(run("list", "--json", library=made).stdout)["assets"]
        for s in a["sources"]
        if s.endswith("invoice-1042.pdf")
    )
    picture = tmp_path / "page.png"
    done = run("show", source, "--page", "1", "--json", "--out", picture, library=made)
    page = json.loads(done.stdout)["pages"][0]
    assert page["text_source"] == "native"
    assert any(w["text"].strip("$") == "129.50" for w in page["words"])
    assert picture.stat().st_size > 10_000


def test_sync_follows_a_folder(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("one", "two", "three"):
        (folder / f"{name}.txt").write_text(f"The {name} heron stood in the reeds.\n")
    assert run("sync", folder).returncode == DONE
    (folder / "one.txt").rename(folder / "uno.txt")
    (folder / "two.txt").unlink()
    (folder / "three.txt").write_text("Now an otter.\n")
    (folder / "four.txt").write_text("A fourth heron.\n")
    told = [json.loads(line) for line in run("sync", folder, "--json").stdout.splitlines()]
    status = {Path(e["source"]).name: e["status"] for e in told[:-1]}
    assert status == {"uno.txt": "renamed", "two.txt": "removed", "three.txt": "ready", "four.txt": "ready"}
    names = {Path(s).name for a in json.loads(run("list", "--json").stdout)["assets"] for s in a["sources"]}
    assert names == {"uno.txt", "three.txt", "four.txt"}
    assert json.loads(run("verify", "--json").stdout)["ok"]


def test_rebuild_and_another_encoder(run: Run, copied: Path) -> None:
    assert run("rebuild", library=copied).returncode == DONE
    refused = run("search", "oak", library=copied, TRIPTYCH_ENCODER="builtin:static")
    assert refused.returncode == FAILED
    assert "triptych rebuild --encoder builtin:static" in one_line(refused.stderr)
    assert run("rebuild", "--encoder", "builtin:static", library=copied).returncode == DONE
    hits = json.loads(run("search", "dough hook", "--json", library=copied).stdout)["hits"]
    assert hits[0]["signals"]["text"] is not None
    assert json.loads(run("verify", "--json", library=copied).stdout)["ok"]


def test_a_locked_library_says_so_and_still_searches(run: Run, copied: Path) -> None:
    from filelock import FileLock

    with FileLock(copied / "lock"):
        done = run("add", FILES / "lake.jpg", library=copied)
        assert done.returncode == FAILED
        assert "writing to this library" in one_line(done.stderr)
        assert run("search", "oak", library=copied).returncode == DONE


def test_signals_and_pages_are_told_of_what_is_unchanged(run: Run, copied: Path) -> None:
    again = [
        json.loads(line)
        for line in run("add", FILES / "stock.csv", "--json", library=copied).stdout.splitlines()
    ]
    assert (
        again[0]["status"] == "unchanged" and again[0]["signals"]["keyword"] >= 1 and again[0]["pages"] == 1
    )


def test_help_is_quick_and_loads_nothing_heavy(run: Run) -> None:
    done = run("--help", PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == DONE
    loaded = {line.split("|")[-1].strip() for line in done.stderr.splitlines() if "|" in line}
    assert not loaded & {"numpy", "faiss", "openvino", "cv2", "PIL", "sqlalchemy", "tantivy", "rapidocr"}


def test_doctor_looks_at_every_back_end(run: Run, made: Path) -> None:
    told = json.loads(run("doctor", "--json", library=made).stdout)
    assert told["ok"]
    assert told["backends"]["ocr"]["rapidocr"]["works"]
    missing = [s for kind in told["backends"].values() for s in kind.values() if not s["works"]]
    assert all("pip install" in s["error"] or "apt-get install" in s["error"] for s in missing)
