"""A server whose answers come from a model: slow, endless, failing, and those who ask gone meanwhile."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

pytest.importorskip("fastapi", reason="the server is not installed: pip install 'triptych[server]'")
pytest.importorskip("openai", reason="openai is not installed: pip install openai")
import uvicorn

import triptych
from model_server import HANGS, ModelServer, Scripted, event, fails, says
from triptych.library import Library
from triptych.server.app import create_app
from triptych.server.state import State
from triptych.settings import ServerSettings

QUESTION = "What is the total on the ACME invoice INV-1042?"
ASKED = json.dumps({"question": QUESTION})
CHAT = json.dumps({"model": "triptych", "messages": [{"role": "user", "content": QUESTION}]})
HUNG = Scripted([HANGS])


class Served:
    """A server in a thread of this process."""

    def __init__(self, library: Library, state: State, port: int) -> None:
        self.library, self.state, self.port = library, state, port
        self.client = httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)

    def post(self, path: str, body: str, accept: str = "*/*") -> socket.socket:
        """A request whose answer nobody reads."""
        there = socket.create_connection(("127.0.0.1", self.port))
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\nContent-Type: application/json\r\n"
        there.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        return there

    def ask(self) -> httpx2.Response:
        return self.client.post(
            "/v1/ask",
            content=ASKED,
            headers={"Accept": "application/json", "Content-Type": "application/json"},
        )

    @property
    def reserved(self) -> int:
        return reserved(self.library.folder)


def reserved(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "costs.sqlite")) as costs:
        return int(costs.execute("select count(*) from reserved").fetchone()[0])


def until(true: Callable[[], object]) -> None:
    """Wait for what others bring about."""
    last = time.monotonic() + 30
    while not true():
        assert time.monotonic() < last, "it did not come about"
        time.sleep(0.02)


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with ModelServer(lambda request: HUNG) as made:
        yield made


@contextmanager
def serving(folder: Path, model: ModelServer, timeout: float = 60.0, **server: Any) -> Iterator[Served]:
    chosen = {
        "vlm": f"openai:tiny@{model.url}",
        "generation.retries": 0,
        "generation.timeout": timeout,
    }
    with (
        triptych.open(folder, settings=chosen) as library,
        socket.create_server(("127.0.0.1", 0), backlog=128) as at,
    ):
        app = create_app(library, ServerSettings(rate=0, processes=0, **server))
        running = uvicorn.Server(uvicorn.Config(app, log_config=None))
        thread = threading.Thread(target=running.run, kwargs={"sockets": [at]})
        thread.start()
        until(lambda: running.started)
        served = Served(library, app.state.triptych, at.getsockname()[1])
        try:
            yield served
        finally:
            served.client.close()
            running.should_exit = True
            thread.join(60)


@pytest.mark.parametrize(
    ("path", "body", "accept"),
    [
        ("/v1/ask", ASKED, "*/*"),
        ("/v1/ask", ASKED, "application/json"),
        ("/v1/chat/completions", CHAT, "*/*"),
        ("/v1/chat/completions", json.dumps(json.loads(CHAT) | {"stream": True}), "*/*"),
    ],
    ids=["events", "at once", "chat", "streamed chat"],
)
def test_searching_goes_on_while_models_are_silent_and_a_hang_up_ends_the_wait(
    copied: Path, model: ModelServer, path: str, body: str, accept: str
) -> None:
    with serving(copied, model) as served, ExitStack() as asked:
        for _ in range(45):  # more than there are threads that look things up
            asked.enter_context(served.post(path, body, accept))
        until(lambda: len(model.asked) == 45)
        assert served.reserved == 45
        found = served.client.get("/v1/search", params={"text": "boat"}).json()
        assert found["hits"] and served.client.get("/v1/assets").status_code == 200
        asked.close()  # all of them hang up
        assert all(model.left.get(timeout=30) for _ in range(45))
        until(lambda: served.reserved == 0 and not served.state.answers.places.borrowed_tokens)
        assert len(model.asked) == 45  # none was tried again
        assert served.library.vlms.ledger.total().calls == 45


def test_a_model_that_talks_without_end_stops_when_nobody_listens(copied: Path, model: ModelServer) -> None:
    pieces = itertools.cycle([event("on and "), 0.01])
    model.respond = lambda request: Scripted(itertools.islice(pieces, 100_000))
    with serving(copied, model) as served:
        with served.post("/v1/ask", ASKED):
            until(lambda: model.asked)
            assert served.reserved == 1
        assert model.left.get(timeout=30)
        until(lambda: served.reserved == 0)
        spent = served.library.vlms.ledger.total()
        assert spent.calls == 1 and spent.tokens_in > 0


def test_when_too_many_wait_the_next_one_is_told_to_come_back(copied: Path, model: ModelServer) -> None:
    with serving(copied, model, answers=1, queue=1) as served:
        with served.post("/v1/ask", ASKED):
            until(lambda: model.asked)
            with served.post("/v1/ask", ASKED, "application/json"):
                waiting = served.state.answers.places.statistics
                until(lambda: waiting().tasks_waiting == 1)
                for path, body in (("/v1/ask", ASKED), ("/v1/chat/completions", CHAT)):
                    refused = served.client.post(
                        path, content=body, headers={"Content-Type": "application/json"}
                    )
                    assert refused.status_code == 503 and refused.headers["retry-after"] == "5"
                    assert refused.json()["type"] == "urn:triptych:busy"
                assert "triptych_answers_waiting 1.0" in served.client.get("/metrics").text
                assert served.client.get("/v1/search", params={"text": "boat"}).json()["hits"]
            until(lambda: waiting().tasks_waiting == 0)  # who hangs up does not wait any more
            assert len(model.asked) == 1
        model.respond = lambda request: says("The total on the ACME invoice INV-1042 is 129.50 [1].")
        assert "129.50" in served.ask().json()["answer"]


def test_no_place_for_answers_is_refused(copied: Path) -> None:
    with (
        triptych.open(copied) as library,
        pytest.raises(triptych.TriptychError, match=r"server\.answers is 0"),
    ):
        create_app(library, ServerSettings(answers=0))


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (fails(401, "Incorrect API key provided: sk-SECRET"), 502, "vlm-key"),
        (fails(404, "The model `tiny` does not exist"), 502, "vlm-unknown-model"),
        (fails(429, "slow down"), 503, "vlm-busy"),
        (fails(500, "out of luck SECRET"), 502, "vlm-server"),
        (says("I'm sorry, but I can't assist with that."), 502, "vlm-refused"),
        (says("The total is", finish="length"), 502, "vlm-cut"),
        (says(), 502, "vlm-empty"),
        (Scripted([event("The total"), b""]), 502, "vlm-stream"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_failure_of_a_model_has_its_own_problem_and_one_line_in_the_log(
    copied: Path,
    model: ModelServer,
    caplog: pytest.LogCaptureFixture,
    answer: Scripted,
    status: int,
    code: str,
) -> None:
    model.respond = lambda request: answer
    with serving(copied, model) as served:
        told = served.ask()
        problem = told.json()
        assert told.status_code == problem["status"] == status
        assert problem["type"] == f"urn:triptych:{code}" and problem["detail"].endswith(".")
        assert problem["title"] and "SECRET" not in told.text and model.url not in told.text
        assert problem["evidence"][0]["source"].endswith("invoice-1042.pdf")
        assert problem["evidence"][0]["pictures"]["page"]
        [line] = [r.getMessage() for r in caplog.records if r.name == "triptych.server"]
        assert code in line and told.headers["x-request-id"] in line

        caplog.clear()
        streamed = served.client.post("/v1/ask", content=ASKED, headers={"Content-Type": "application/json"})
        name, data = streamed.text.strip().split("\n\n")[-1].split("\n")
        assert name == "event: error"
        assert json.loads(data.removeprefix("data: "))["type"] == f"urn:triptych:{code}"
        assert sum(r.name == "triptych.server" for r in caplog.records) == 1

        body = json.dumps(json.loads(CHAT) | {"stream": True})
        chat = served.client.post(
            "/v1/chat/completions", content=body, headers={"Content-Type": "application/json"}
        )
        *_, error, end = chat.text.strip().split("\n\n")
        assert json.loads(error.removeprefix("data: "))["error"]["type"] == code and end == "data: [DONE]"


def test_a_silent_model_is_told_as_such(copied: Path, model: ModelServer) -> None:
    with serving(copied, model, timeout=0.2) as served:
        told = served.ask()
        assert (told.status_code, told.json()["title"]) == (504, "Model silent")


def test_a_server_that_stops_tells_those_who_wait(copied: Path, model: ModelServer) -> None:
    command = [sys.executable, "-m", "triptych", "--library", str(copied), "serve", "--port", "0"]
    env = {**os.environ, "TRIPTYCH_VLM": f"openai:tiny@{model.url}"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=env) as process:
        assert process.stderr is not None
        port = int(process.stderr.readline().rpartition(":")[2].split()[0])
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            until(lambda: ready(client))
            with client.stream("POST", "/v1/ask", json={"question": QUESTION}) as answer:
                until(lambda: model.asked)
                assert reserved(copied) == 1
                process.terminate()
                *_, (name, data) = (
                    block.split("\n") for block in answer.read().decode().strip().split("\n\n")
                )
        assert name == "event: error"
        assert json.loads(data.removeprefix("data: "))["type"] == "urn:triptych:stopping"
        assert process.wait(60) in (0, -15) and "Traceback" not in process.stderr.read()
    assert reserved(copied) == 0


def ready(client: httpx2.Client) -> bool:
    with contextlib.suppress(httpx2.TransportError):
        return client.get("/readyz").status_code == 200
    return False
