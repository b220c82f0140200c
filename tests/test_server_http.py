"""The server below its routes: methods, connections, the page's own files."""

from __future__ import annotations

import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the server is not installed: pip install 'triptych[server]'")
import uvicorn
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

import triptych
from triptych.server import examples
from triptych.server.app import create_app
from triptych.server.connection import patient
from triptych.settings import ServerSettings

FREE = ServerSettings(rate=0)


@pytest.fixture(scope="module")
def client(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = shutil.copytree(made, tmp_path_factory.mktemp("served") / "library")
    with (
        triptych.open(folder) as library,
        TestClient(create_app(library, FREE), base_url="http://localhost") as opened,
    ):
        yield opened


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/search", "GET, POST, HEAD"),
        ("OPTIONS", "/v1/ask", "POST"),
        ("PATCH", "/v1/assets/" + "0" * 64, "GET, DELETE, HEAD"),
        ("FOO123", "/healthz", "GET, HEAD"),
    ],
)
def test_a_method_that_is_not_possible_names_all_that_are(
    client: TestClient, method: str, path: str, allowed: str
) -> None:
    answer = client.request(method, path)
    assert answer.status_code == 405 and answer.headers["allow"] == allowed
    assert allowed in answer.json()["detail"]


@pytest.mark.parametrize("method", ["PUT", "POST", "GET", "DELETE"])
@pytest.mark.parametrize("path", ["/v1/nothing", "/nothing", "/js/nothing.js", "/js/", "/v1/search/"])
def test_an_unknown_address_is_not_found_by_any_method(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, path)
    assert answer.status_code == 404 and answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/v1/assets", "/v1/search?text=oak", "/js/app.js", "/v1/nothing"]
)
def test_what_can_be_asked_can_be_asked_for_its_head(client: TestClient, path: str) -> None:
    head, whole = client.head(path), client.get(path)
    assert head.status_code == whole.status_code and head.content == b""
    assert head.headers["content-type"] == whole.headers["content-type"]


def test_the_page_is_packed_and_asked_after_at_every_visit(client: TestClient) -> None:
    script = client.get("/js/app.js")
    assert script.headers["content-encoding"] == "gzip" and script.headers["cache-control"] == "no-cache"
    again = client.get("/js/app.js", headers={"If-None-Match": script.headers["etag"]})
    assert again.status_code == 304
    assert "content-encoding" not in client.get("/js/app.js", headers={"Accept-Encoding": "identity"}).headers


def test_a_web_socket_is_refused(client: TestClient) -> None:
    for path in ("/", "/mcp", "/v1/search"):
        with pytest.raises(WebSocketDisconnect), client.websocket_connect(f"ws://localhost{path}"):
            raise AssertionError("it was accepted")


def test_figures_do_not_grow_with_what_callers_invent(client: TestClient) -> None:
    for n in range(5):
        client.request(f"FOO{n}", f"/somewhere/{n}")
    told = client.get("/metrics").text
    assert "FOO" not in told and "somewhere" not in told and 'method="other"' in told


# ---------------------------------------------------------------------------------------- description


def test_everything_is_described_and_has_an_example(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    names = []
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            at = f"{method} {path}"
            names.append(operation["operationId"])
            for parameter in operation.get("parameters", ()):
                assert parameter.get("description"), f"{at}: {parameter['name']}"
            bodies = operation.get("requestBody", {}).get("content", {})
            answers = [told.get("content", {}) for s, told in operation["responses"].items() if s < "300"]
            for content in (bodies, *answers):
                for media_type in {"application/json", "text/event-stream"} & set(content):
                    assert "example" in content[media_type], f"{at}: {media_type}"
    assert len(set(names)) == len(names) and {tag["name"] for tag in described["tags"]} >= {"search", "jobs"}


GIVEN = {"/v1/search": {"text": "ACME 129.50"}, "/v1/suggest": {"text": "inv"}}
OPEN = {
    "kinds",
    "tags",
    "meta",
    "parts",
    "signals",
    "text",
    "seconds",
    "counts",
}  # objects with names of all kinds
OPTIONAL = {"match"}  # not where the library has no floor yet


def within(example: object, real: object, at: str) -> None:
    """Every field of an example is one that comes."""
    if isinstance(example, dict) and isinstance(real, dict):
        for name, value in example.items():
            assert name in real or name in OPTIONAL, f"{at}.{name}"
            if name in real and name not in OPEN:
                within(value, real[name], f"{at}.{name}")
    elif isinstance(example, list) and isinstance(real, list) and example and real:
        within(example[0], real[0], f"{at}[0]")


def test_examples_are_what_is_taken_and_given(client: TestClient) -> None:
    asset = client.get("/v1/search?text=INV-1042").json()["hits"][0]["asset"]
    client.post("/v1/assets", files={"file": ("told.txt", b"One more word.")})
    job = client.get("/v1/jobs").json()["jobs"][0]["job"]
    places = {("get", path) for method, path in examples.ANSWERS if method == "get"} | set(examples.BODIES)
    for method, path in sorted(places):
        body = examples.BODIES.get((method, path))
        sent = None if body is None else {**body, **({"asset": asset} if "asset" in body else {})}
        known = {"asset": asset, "page": 1, "job": job, "model": "default", "name": "default"}
        answer = client.request(
            method,
            path.format(**known),
            json=sent,
            params=GIVEN.get(path),
            headers={"Accept": "application/json"},
        )
        assert answer.status_code in (200, 204), f"{method} {path}: {answer.text}"
        if answer.status_code == 200:
            within(examples.ANSWERS[method, path], answer.json(), f"{method} {path}")


# ---------------------------------------------------------------------------------------- connections


@contextmanager
def listening(made: Path, seconds: float) -> Iterator[int]:
    """The port of a server that waits so long for the head of a request."""
    with triptych.open(made) as library, socket.create_server(("127.0.0.1", 0)) as at:
        config = uvicorn.Config(create_app(library, FREE), http=patient(seconds), log_level="error")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [at]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        try:
            yield at.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(20)


def said(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """All that comes back for these bytes until the server closes."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=30)) as connection:
        with suppress(
            ConnectionError
        ):  # it was closed before the last part: what it said is there to be read
            for part in parts:
                connection.sendall(part)
                time.sleep(pause)
        got = b""
        while some := connection.recv(65536):
            got += some
    return got


GOOD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
METRICS = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def test_connections_that_say_nothing_useful_are_closed(made: Path) -> None:
    with listening(made, 0.5) as port:
        for parts in ((b"",), (b"GET /healthz HT",), (GOOD,), (GOOD + b"\r\n", b"GET /hea")):
            answer = said(port, *parts, pause=0.05)
            assert b"HTTP/1.1 408 Request Timeout\r\n" in answer and b"application/problem+json" in answer
        dripped = (GOOD, *(b"X-%d: a\r\n" % n for n in range(8)))
        assert b" 408 " in said(port, *dripped[:5], pause=0.12), "each line in time, the head is not"
        for rubbish in (b"\x00\x01 rubbish\r\n\r\n", GOOD + b"Content-Length: -4\r\n\r\n"):
            answer = said(port, rubbish)
            assert answer.startswith(b"HTTP/1.1 400 ") and b"urn:triptych:not-http" in answer
            length = re.search(rb"content-length: (\d+)", answer)
            assert length and len(answer.partition(b"\r\n\r\n")[2]) == int(length[1])
    with listening(made, 30.0) as port:
        patient_one = said(port, GOOD, b"Connection: close\r\n\r\n", pause=0.1)
        assert patient_one.startswith(b"HTTP/1.1 200 ") and patient_one.endswith(b'{"status":"ok"}')


def test_an_upload_that_breaks_off_leaves_nothing_and_is_no_error_of_ours(
    copied: Path, caplog: pytest.LogCaptureFixture
) -> None:
    begun = (
        b"POST /v1/assets HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=X\r\n"
        b"Content-Length: 90000\r\n\r\n--X\r\n"
        b'Content-Disposition: form-data; name="file"; filename="cut.txt"\r\n\r\nhalf of it'
    )
    with listening(copied, 5.0) as port:
        for _ in range(3):
            with closing(socket.create_connection(("127.0.0.1", port))) as connection:
                connection.sendall(begun)
                time.sleep(0.2)
        ends, heard = time.monotonic() + 30, b'method="POST",route="/v1/assets",status="400"} 3'
        while heard not in (told := said(port, METRICS)):
            assert time.monotonic() < ends, told
        assert b'status="500"' not in told
        jobs = said(port, b"GET /v1/jobs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert jobs.endswith(b'{"jobs": []}')
    assert not [r for r in caplog.records if r.name.startswith("triptych")]
    assert not (copied / "uploads").exists() or not any((copied / "uploads").iterdir())
