"""Reading the best pages again: evidence, remote models, and models made at test time."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import sleep
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import triptych
from triptych import plugins, settings
from triptych.conformance.reranker import RerankerSuite
from triptych.errors import ModelError, UserError
from triptych.library import Library
from triptych.ranking import evidence
from triptych.rerank import Reranking
from triptych.seams import Reranker
from triptych.types import Line, PageText, Word
from triptych.words import terms

WORDS = st.text("abcABC 12.,-\n é漢", max_size=60)


def same(field: str, token: str) -> float:
    """Every word weighs the same."""
    return 1.0


def parts(question: str, text: str, title: str = "", caption: str = "") -> dict[str, float]:
    asked = evidence.Question.of(question, terms.parse(question), same)
    return evidence.parts(PageText.plain(text), title, caption, asked, same)


# -------------------------------------------------------------------------------------- evidence


def test_what_a_page_covers_counts_each_word_once() -> None:
    assert parts("boats pier", "boats boats boats")["coverage"] == pytest.approx(0.5)
    assert parts("boats pier", "a boat near piers")["coverage"] == pytest.approx(1.0)
    assert parts("boats pier", "boats", title="the pier")["coverage"] == pytest.approx(1.0)


def test_words_side_by_side_and_in_order() -> None:
    together = parts("connection dialog box", "The connection dialog box opens.")
    apart = parts("connection dialog box", "The box of a dialog for each connection.")
    assert together["neighbours"] == together["run"] == pytest.approx(1.0)
    assert apart["neighbours"] == apart["run"] == 0.0
    assert apart["coverage"] == together["coverage"]


def test_a_name_counts_where_it_stands_as_typed() -> None:
    asked = "the Load Data dialog"
    assert parts(asked, "press Load\nData now")["names"] > 0
    assert parts(asked, "load data as you like")["names"] == 0


def test_a_date_counts_as_a_whole_and_in_any_style() -> None:
    asked = "receipt of 05-02-18"
    there = parts(asked, "a receipt, 5 Feb 2018")
    pieces = parts(asked, "a receipt, 05 x 1.00, no. 02, page 18")
    assert there["coverage"] == there["specifics"] == pytest.approx(1.0)
    assert pieces["coverage"] == pytest.approx(0.25) and pieces["specifics"] == 0.0
    both = parts("from 05-02-18 to 06-02-18", "05-02-18 and more")  # a piece of the other one stays
    assert both["coverage"] == pytest.approx(0.75)


def test_large_print_is_told_from_small() -> None:
    def line(text: str, top: float, height: float) -> Line:
        return Line(tuple(Word(w, (0.1, top, 0.2, top + height)) for w in text.split()))  # type: ignore[arg-type]

    small = [line(f"many words of text {i}", 0.2 + 0.05 * i, 0.02) for i in range(6)]
    page = PageText.of_lines([line("Quarterly report", 0.02, 0.06), *small])
    asked = evidence.Question.of("quarterly text", terms.parse("quarterly text"), same)
    assert evidence.parts(page, "", "", asked, same)["print"] == pytest.approx(0.5)


def test_what_a_caption_says_is_told_from_what_the_page_says() -> None:
    asked = "menu with Rename highlighted"
    found = parts(asked, "Copy Rename Delete", caption="A menu, black on white, with Rename highlighted.")
    assert found["described"] == pytest.approx(1.0) and found["coverage"] == pytest.approx(1 / 3)
    assert parts(asked, "Copy Rename Delete")["described"] == 0


@given(WORDS, WORDS, WORDS, WORDS)
def test_shares_are_shares(question: str, text: str, title: str, caption: str) -> None:
    found = parts(question, text, title, caption)
    assert set(found) == set(evidence.WEIGHTS)
    assert all(0.0 <= share <= 1.0 + 1e-9 for share in found.values()), found
    assert found == parts(question, text, title, caption)


# ---------------------------------------------------------------------------------- in a search


def test_hits_tell_what_reading_again_made_of_them(library: Library) -> None:
    [hit, *_] = library.search("invoice ACME 129.50", k=2)
    told = hit.to_dict()["rerank"]
    assert told["model"] == "evidence" and told["before"] >= 1
    assert set(told["parts"]) == set(evidence.WEIGHTS)
    assert told["score"] == pytest.approx(evidence.weighed(told["parts"]), abs=1e-5)


def test_one_signal_alone_stays_as_it_ranks(library: Library) -> None:
    assert all(hit.rerank is None for hit in library.search("invoice", signals=["keyword"]))
    assert "rerank" not in library.search("invoice", signals=["keyword"])[0].to_dict()


def test_scores_fall_and_deeper_lists_keep_the_same_beginning(library: Library) -> None:
    few, many = library.search("invoice total", k=2), library.search("invoice total", k=50)
    assert [(h.asset, h.page) for h in few] == [(h.asset, h.page) for h in many][: len(few)]
    scores = [hit.score for hit in many]
    assert scores == sorted(scores, reverse=True)


class Backwards:
    """A reranker that likes most what was last, and scores few pages at a time."""

    name = "backwards"

    def scores(self, query: str, passages: Any) -> np.ndarray:
        return np.arange(len(passages), dtype=np.float64)


def test_a_model_has_the_last_word_on_what_it_read(library: Library) -> None:
    library.reranking = None
    plain = [(h.asset, h.page) for h in library.search("invoice total", k=5)]
    library.reranking = Reranking(3, Backwards())
    hits = library.search("invoice total", k=5)
    assert [(h.asset, h.page) for h in hits] == [*plain[2::-1], *plain[3:]]
    assert [h.rerank and h.rerank.before for h in hits] == [3, 2, 1, *[None] * (len(plain) - 3)]
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)


class Odd:
    name = "odd"

    def scores(self, query: str, passages: Any) -> np.ndarray:
        return np.full(len(passages), np.nan)


def test_a_model_without_numbers_changes_nothing_and_is_told(
    library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    library.reranking = None
    plain = library.search("invoice")
    library.reranking = Reranking(3, Odd())
    found = library.search("invoice")
    assert [(h.asset, h.page, h.rerank) for h in found] == [(h.asset, h.page, None) for h in plain]
    assert plain.warnings == ()
    assert "rerank.model" in found.warnings[0] and found.to_dict()["warnings"] == [*found.warnings]
    assert "reranker odd" in caplog.text


def test_settings_choose_who_reads() -> None:
    rerank = settings.RerankSettings()
    evident = Reranking.load(rerank)
    assert evident is not None and evident.model is None and evident.depth <= rerank.depth
    assert Reranking.load(replace(rerank, model="none")) is None
    assert Reranking.load(replace(rerank, depth=0)) is None
    with pytest.raises(UserError, match="no back end 'htpp' in rerankers"):
        Reranking.load(replace(rerank, model="htpp:x@http://h"))
    with pytest.raises(UserError, match="no back end 'evidenz'"):
        triptych.open("nowhere", settings={"rerank.model": "evidenz"})


# ---------------------------------------------------------------------------------------- remote

Answer = Callable[[dict[str, Any], dict[str, str]], tuple[int, Any]]


def good(asked: dict[str, Any], headers: dict[str, str]) -> tuple[int, Any]:
    """Scores by length, worst first, as a server may."""
    rows = [{"index": i, "relevance_score": len(d)} for i, d in enumerate(asked["documents"])]
    return 200, {"results": rows[::-1]}


class Server:
    """An HTTP server on this machine that answers as told."""

    def __init__(self) -> None:
        self.answer: Answer = good
        self.asked: list[tuple[str, dict[str, Any], dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.asked.append((self.path, body, dict(self.headers)))
                status, answer = outer.answer(body, dict(self.headers))
                data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:9/")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                try:
                    self.wfile.write(data)
                except (BrokenPipeError, ConnectionResetError):
                    return  # who asked has gone

            def log_message(self, *told: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.delenv("TRIPTYCH_RERANK_KEY", raising=False)
    made = Server()
    yield made
    made.close()


def remote(server: Server, path: str = "/v1") -> Reranker:
    found: Reranker = plugins.load("rerankers", f"http:bge@{server.url}{path}")
    return found


class TestRemote(RerankerSuite):
    @pytest.fixture(autouse=True)
    def _served(self, server: Server) -> None:
        self.server = server

    def load(self) -> Reranker:
        return remote(self.server)


def test_what_is_sent_and_read(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIPTYCH_RERANK_KEY", "secret")
    assert remote(server).scores("q", ["aa", "b", "cccc"]).tolist() == [2, 1, 4]
    path, asked, headers = server.asked[0]
    assert path == "/v1/rerank" and headers["Authorization"] == "Bearer secret"
    assert asked == {"model": "bge", "query": "q", "documents": ["aa", "b", "cccc"], "top_n": 3}


def test_the_form_of_tei(server: Server) -> None:
    server.answer = lambda asked, _: (200, [{"index": i, "score": i} for i in range(len(asked["texts"]))])
    assert remote(server, "/rerank").scores("q", ["a", "b"]).tolist() == [0, 1]
    assert server.asked[0][0] == "/rerank"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((401, {}), "asks for a key, and \\$TRIPTYCH_RERANK_KEY is not set"),
        ((404, {}), "HTTP 404"),
        ((302, {}), "HTTP 302"),
        ((500, b"x"), "HTTP 500"),
        ((200, b"<html>"), "something else than scores"),
        ((200, {"results": [{"index": 0, "relevance_score": 1.0}]}), "scored 1 of 2"),
        ((200, {"results": [{"index": 7, "relevance_score": 1.0}]}), "passage 7"),
        ((200, {"error": "no"}), "something else than scores"),
        ((200, b"[1e999]"), "something else than scores"),
    ],
)
def test_a_server_that_does_not_answer_well_is_told_in_one_line(
    server: Server, answer: tuple[int, Any], said: str
) -> None:
    server.answer = lambda *_: answer
    with pytest.raises(ModelError, match=said) as told:
        remote(server).scores("q", ["a", "b"])
    assert "\n" not in str(told.value)


def test_a_wrong_key_is_never_told(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIPTYCH_RERANK_KEY", "hush")
    server.answer = lambda *_: (403, {})
    with pytest.raises(ModelError, match="TRIPTYCH_RERANK_KEY is wrong") as told:
        remote(server).scores("q", ["a"])
    assert "hush" not in str(told.value)


def test_a_slow_server_and_one_that_is_away(server: Server) -> None:
    def slow(asked: dict[str, Any], headers: dict[str, str]) -> tuple[int, Any]:
        sleep(0.6)
        return good(asked, headers)

    server.answer = slow
    hasty = plugins.load("rerankers", f"http:bge@{server.url}/v1", timeout=0.1)
    with pytest.raises(ModelError, match=r"within 0\.1 s"):
        hasty.scores("q", ["a"])
    away = plugins.load("rerankers", "http:bge@http://127.0.0.1:9/v1")
    with pytest.raises(ModelError, match="cannot be reached"):
        away.scores("q", ["a"])


@pytest.mark.parametrize("argument", ["", "bge", "@http://h/v1", "bge@ftp://h/v1", "bge@http://"])
def test_what_is_no_remote_model(argument: str) -> None:
    with pytest.raises(UserError, match="names no remote reranker"):
        plugins.load("rerankers", f"http:{argument}")


def test_no_password_in_the_url() -> None:
    with pytest.raises(UserError, match="no key or password") as told:
        plugins.load("rerankers", "http:bge@http://u:pass@h/v1")
    assert "pass@" not in str(told.value)


# ---------------------------------------------------------------------------- models made here


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("sentence_transformers")
    import tiny_models

    return tiny_models.cross_encoder(tmp_path_factory.mktemp("cross"))


class TestSentenceTransformers(RerankerSuite):
    @pytest.fixture(autouse=True)
    def _made(self, cross_encoder: Path) -> None:
        self.model = plugins.load("rerankers", f"sentence_transformers:{cross_encoder}")

    def load(self) -> Reranker:
        found: Reranker = self.model
        return found


@pytest.mark.filterwarnings("ignore")  # of the vendors about each other's coming versions
class TestFastEmbed(RerankerSuite):
    @pytest.fixture(autouse=True)
    def _made(self, cross_encoder: Path, tmp_path: Path) -> None:
        pytest.importorskip("fastembed")
        pytest.importorskip("onnx")
        import tiny_models

        folder = tiny_models.onnx_cross_encoder(cross_encoder, tmp_path)
        self.model = plugins.load("rerankers", f"fastembed:{folder}")

    def load(self) -> Reranker:
        found: Reranker = self.model
        return found


def test_a_folder_that_is_no_cross_encoder(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    with pytest.raises(UserError, match="holds no cross-encoder"):
        plugins.load("rerankers", f"sentence_transformers:{tmp_path}")
