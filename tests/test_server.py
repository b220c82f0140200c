"""The HTTP API: searching, asking, uploads as jobs, pictures, limits, and one clear sentence for every mistake."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

import triptych
from triptych.keys import Access
from triptych.server.app import create_app
from triptych.server.guard import POLICY
from triptych.server.pace import Pace
from triptych.server.run import is_loopback
from triptych.settings import ServerSettings

FILES = Path(__file__).parent.parent / "samples" / "files"
FREE = ServerSettings(rate=0)


@pytest.fixture(scope="module")
def client(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = shutil.copytree(made, tmp_path_factory.mktemp("served") / "library")
    with (
        triptych.open(folder, settings={"log.queries": "full"}) as library,
        TestClient(create_app(library, FREE), base_url="http://localhost") as opened,
    ):
        yield opened


def events(text: str) -> list[tuple[str, dict[str, Any]]]:
    """(name, data) of server-sent events."""
    found = []
    for block in text.strip().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "data" in lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


def problem(answer: Any, status: int) -> str:
    """The one sentence of a problem."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status and told["type"].startswith("urn:triptych:")
    assert told["instance"] == f"urn:request:{answer.headers['x-request-id']}"
    assert "\n" not in told["detail"] and "Traceback" not in told["detail"]
    return str(told["detail"])


def first(client: TestClient, text: str = "invoice acme 1042") -> dict[str, Any]:
    return client.get("/v1/search", params={"text": text, "k": 1}).json()["hits"][0]  # type: ignore[no-any-return]


def test_health(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}


def test_searching_gives_what_the_library_gives(client: TestClient) -> None:
    asked = {"text": "invoice acme 129.50", "k": 3}
    by_get = client.get("/v1/search", params=asked).json()
    by_post = client.post("/v1/search", json=asked).json()
    by_form = client.post("/v1/search", files={"text": (None, asked["text"]), "k": (None, "3")}).json()
    library = client.app.state.triptych.library  # type: ignore[attr-defined]
    own = library.search(asked["text"], k=3).to_dict()
    for told in (by_get, by_post, by_form):
        hits = [{k: v for k, v in hit.items() if k != "pictures"} for hit in told["hits"]]
        assert (told["query"], hits) == (own["query"], own["hits"])
    assert by_get["hits"][0]["pictures"]["thumbnail"].startswith("/v1/assets/")
    assert "signals" not in client.get("/v1/search", params={**asked, "explain": "false"}).json()["hits"][0]


def test_filters_and_collections(client: TestClient) -> None:
    told = client.get("/v1/search", params={"text": "total", "filter": "kind = pdf", "collection": "default"})
    assert {hit["kind"] for hit in told.json()["hits"]} == {"pdf"}
    assert "goes wrong at character" in problem(client.get("/v1/search?text=a&filter=nonsense"), 422)
    assert "no such collection" in problem(client.get("/v1/search?text=a&collection=nowhere"), 404)


def test_a_picture_is_searched_with_and_so_is_a_page(client: TestClient) -> None:
    found = first(client)
    picture = client.get(found["pictures"]["thumbnail"]).content
    told = client.post("/v1/search", files={"image": ("page.webp", picture), "k": (None, "2")}).json()
    assert told["hits"][0]["asset"] == found["asset"]
    alike = client.post("/v1/search", json={"like": found["asset"], "page": 1, "k": 2}).json()
    assert len(alike["hits"]) == 2 and found["asset"] not in [hit["asset"] for hit in alike["hits"]]
    detail = problem(client.post("/v1/search", files={"image": ("x.png", b"no picture")}), 422)
    assert detail.startswith("'picture' is a text file")


def test_an_answer_comes_as_events_or_at_once(client: TestClient) -> None:
    asked = {"question": "What is the total on invoice INV-1042?"}
    told = events(client.post("/v1/ask", json=asked).text)
    assert [name for name, _ in told] == ["retrieval", "token", "citation", "done"]
    whole = told[-1][1]
    assert whole["citations"][0]["verified"] and "129.50" in told[1][1]["text"]
    at_once = client.post("/v1/ask", json=asked, headers={"Accept": "application/json"}).json()
    assert at_once["answer"] == whole["answer"] and at_once["id"] != whole["id"]
    assert "goes wrong" in problem(client.post("/v1/ask", json={**asked, "filter": "x"}), 422)


def test_lists_go_on_by_cursor(client: TestClient) -> None:
    seen: list[str] = []
    cursor = None
    while True:
        page = client.get("/v1/assets", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        seen += [asset["asset"] for asset in page["assets"]]
        if (cursor := page["next"]) is None:
            break
    assert len(seen) == len(set(seen)) == page["total"] == 6
    assert "cursor" in problem(client.get("/v1/assets?cursor=abc"), 422)


def test_what_is_known_of_a_file_and_its_pages(client: TestClient) -> None:
    found = first(client)
    known = client.get(f"/v1/assets/{found['asset']}").json()
    assert known["quality"]["text"] == {"native": 1} and known["page_list"][0]["page"] == 1
    page = client.get(f"/v1/assets/{found['asset']}/pages/1").json()
    assert "129.50" in page["text"] and len(page["words"]) > 20
    original = client.get(f"/v1/assets/{found['asset']}/original")
    assert original.content.startswith(b"%PDF") and original.headers["content-disposition"].startswith(
        "attachment"
    )
    assert "sandbox" in original.headers["content-security-policy"]
    problem(client.get(f"/v1/assets/{found['asset']}/pages/9"), 404)
    problem(client.get(f"/v1/assets/{'0' * 64}"), 404)
    problem(client.get("/v1/assets/short"), 422)


def test_pictures_are_made_once_and_sent_in_parts(client: TestClient) -> None:
    url = f"/v1/assets/{first(client)['asset']}/pages/1.webp"
    whole = client.get(url, params={"width": 320})
    assert whole.headers["content-type"] == "image/webp" and whole.content[:4] == b"RIFF"
    tag = whole.headers["etag"]
    again = client.get(url, params={"width": 300}, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    part = client.get(url, params={"width": 320}, headers={"Range": "bytes=4-9"})
    assert (part.status_code, part.content) == (206, whole.content[4:10])
    assert part.headers["content-range"] == f"bytes 4-9/{len(whole.content)}"
    assert client.get(url, params={"width": 320}, headers={"Range": "bytes=9999999-"}).status_code == 416
    boxed = client.get(url, params={"width": 320, "boxes": "0.1,0.1,0.5,0.2"})
    assert boxed.headers["etag"] != tag and boxed.content != whole.content
    assert "is not a box" in problem(client.get(url, params={"boxes": "1,2"}), 422)


def upload(client: TestClient, *files: tuple[str, bytes], **data: Any) -> dict[str, Any]:
    sent = client.post("/v1/assets", files=[("file", file) for file in files], data=data)
    assert sent.status_code == 202, sent.text
    told = events(client.get(f"/v1/jobs/{sent.json()['job']}/events").text)
    assert told[-1][0] == "done"
    return client.get(sent.headers["location"]).json()  # type: ignore[no-any-return]


def test_an_upload_is_a_job_that_tells_of_every_file(client: TestClient) -> None:
    files = (
        ("a.txt", b"The pelican eats fish."),
        ("bad.pdf", b"%PDF-1.4 no"),
        ("../../a.txt", b"Other words."),
    )
    job = upload(client, *files, collection="birds", tag=["year=2024"])
    assert [item["status"] for item in job["items"]] == ["ready", "failed", "ready"]
    assert [item["name"] for item in job["items"]] == ["a.txt", "bad.pdf", "a (2).txt"]
    assert job["items"][0]["quality"]["words"] == 4
    assert job["items"][1]["error"]["reason"].startswith("bad.pdf is no readable PDF")
    assert first(client, "pelican")["collection"] == "birds"
    assert client.get("/v1/assets", params={"filter": "tags.year = 2024"}).json()["total"] == 2
    again = upload(client, ("a.txt", b"The pelican eats fish."), collection="birds")
    assert again["items"][0]["status"] == "unchanged"
    folder = client.app.state.triptych.library.folder  # type: ignore[attr-defined]
    assert not any((folder / "uploads").iterdir())


def test_deleting_leaves_nothing(client: TestClient) -> None:
    pdf = (FILES / "invoice-1042.pdf").read_bytes() + b"%flamingo"
    asset = upload(client, ("flamingo.pdf", pdf), collection="gone")["items"][0]["asset"]
    assert client.get(f"/v1/assets/{asset}/pages/1.webp").status_code == 200
    assert client.delete(f"/v1/assets/{asset}").status_code == 204
    problem(client.get(f"/v1/assets/{asset}"), 404)
    problem(client.get(f"/v1/assets/{asset}/pages/1.webp"), 404)
    problem(client.get("/v1/search?text=a&collection=gone"), 404)
    folder = client.app.state.triptych.library.folder  # type: ignore[attr-defined]
    assert not [path for path in folder.rglob("*") if asset in str(path)]


def test_an_accepted_upload_is_added_after_a_restart(copied: Path) -> None:
    with triptych.open(copied) as library:
        app = create_app(library, FREE)
        app.state.triptych.uploads.receive(
            [("late.txt", _stream(b"The albatross came late."))], "late", "owner", {}
        )
        (copied / "uploads" / "torn.part").mkdir()
        with TestClient(app, base_url="http://localhost") as client:
            [job] = client.get("/v1/jobs").json()["jobs"]
            events(client.get(f"/v1/jobs/{job['job']}/events").text)
            assert first(client, "albatross")["source"] == "late.txt"
        assert not any((copied / "uploads").iterdir())


def test_what_was_accepted_outlives_a_stop_in_the_middle(copied: Path) -> None:
    """The reading process is ended under the job: nothing is told as failed, and the upload stays."""
    with triptych.open(copied, settings={"workers": 1}) as library:
        app = create_app(library, FREE)
        with TestClient(app, base_url="http://localhost") as client:
            sent = client.post("/v1/assets", files={"file": ("lake.jpg", (FILES / "lake.jpg").read_bytes())})
            job = app.state.triptych.jobs.get(sent.json()["job"])
            while job.items[0].status != "reading":
                time.sleep(0.01)
            app.state.triptych.jobs.stop(0)
            library.workers.close()
            app.state.triptych.jobs.stop(20)
            assert job.state != "failed" and job.items[0].status == "reading"
    with (
        triptych.open(copied) as library,
        TestClient(create_app(library, FREE), base_url="http://localhost") as client,
    ):
        told = events(client.get(f"/v1/jobs/{job.id}/events").text)
        assert told[-1][0] == "done" and told[-1][1]["counts"] == {"ready": 1}


def test_a_server_that_is_told_to_stop_stops(copied: Path) -> None:
    """Also while somebody watches a job."""
    words = [sys.executable, "-m", "triptych", "--library", str(copied), "serve", "--port", "0"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        port = int(process.stderr.readline().rpartition(":")[2].split()[0])
        files = {"file": ("lake.jpg", (FILES / "lake.jpg").read_bytes())}
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}") as client:
            for _ in range(200):
                with contextlib.suppress(httpx2.TransportError):
                    if client.get("/readyz").status_code == 200:
                        break
                time.sleep(0.1)
            job = client.post("/v1/assets", files=files).json()["job"]
            with client.stream("GET", f"/v1/jobs/{job}/events") as watched:
                process.terminate()
                watched.read()
        assert process.wait(60) in (0, -15)
        assert "Traceback" not in process.stderr.read()


def _stream(data: bytes) -> Any:
    import io

    return io.BytesIO(data)


def test_collections_and_suggestions(client: TestClient) -> None:
    told = client.get("/v1/collections").json()
    assert told["writable"] and told["collections"][0]["scope"] == "admin"
    assert client.get("/v1/suggest?text=kit").json()["suggestions"][0].startswith("kitchen-notes")


def test_clicks_and_questions_are_logged(client: TestClient) -> None:
    told = client.get("/v1/search?text=bakery").json()
    said = {"id": told["id"], "asset": told["hits"][0]["asset"], "page": 1, "verdict": "right"}
    assert client.post("/v1/clicks", json=said).status_code == 204
    entries = list(client.app.state.triptych.queries.entries())  # type: ignore[attr-defined]
    assert (
        entries[-1]["kind"] == "click" and entries[-2]["text"] == "bakery" and entries[-2]["user"] == "owner"
    )


# ------------------------------------------------------------------------------------------ mistakes


@pytest.mark.parametrize(
    ("method", "path", "sent", "status"),
    [
        ("GET", "/v1/nothing", {}, 404),
        ("DELETE", "/v1/search", {}, 405),
        ("GET", "/v1/search", {}, 422),
        ("GET", "/v1/search?text=a&k=1000", {}, 422),
        ("GET", "/v1/search?text=", {}, 422),
        ("POST", "/v1/search", {"content": b"text=a"}, 415),
        ("POST", "/v1/search", {"content": b"{", "headers": {"content-type": "application/json"}}, 422),
        ("POST", "/v1/search", {"json": {"text": "a", "colour": 1}}, 422),
        ("POST", "/v1/search", {"json": {"text": "a", "signals": ["smell"]}}, 422),
        ("POST", "/v1/assets", {"json": {}}, 415),
        ("POST", "/v1/assets", {"files": {"other": ("a", b"a")}}, 422),
        ("POST", "/v1/assets", {"files": {"file": ("a", b"a")}, "data": {"tag": "year"}}, 422),
        ("POST", "/v1/assets", {"content": b"x", "headers": {"content-type": "multipart/form-data; boundary=x"}}, 422),
        ("GET", "/v1/jobs/nothing", {}, 404),
        ("GET", "/v1/jobs/nothing/events", {}, 404),
        ("GET", "/v1/search?text=" + "a" * 9000, {}, 414),
        ("GET", "/healthz", {"headers": {"x-long": "a" * 20_000}}, 431),
        ("GET", "/v1/assets", {"headers": {"origin": "https://elsewhere.example"}}, 403),
        ("GET", "/v1/assets", {"headers": {"host": "elsewhere.example"}}, 421),
        ("POST", "/v1/ask", {"content": b"a" * 26_000_000, "headers": {"content-type": "application/json"}}, 413),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_mistakes_get_one_sentence(
    client: TestClient, method: str, path: str, sent: dict[str, Any], status: int
) -> None:
    assert len(problem(client.request(method, path, **sent), status)) > 20


def test_every_answer_has_the_policy_and_an_id(client: TestClient) -> None:
    for path in (
        "/",
        "/healthz",
        "/docs",
        "/openapi.json",
        "/v1/search?text=a",
        "/v1/nothing",
        "/reference.css",
    ):
        answer = client.get(path, headers={"X-Request-ID": "mine-1"})
        assert answer.headers["content-security-policy"] == POLICY, path
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-request-id"] == "mine-1"
    assert client.get("/healthz", headers={"X-Request-ID": "bad\tid"}).headers["x-request-id"] != "bad\tid"


def test_the_description_is_whole_and_readable(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    for path, methods in described["paths"].items():
        for operation in methods.values():
            assert operation["x-access"] and operation["summary"], path
    page = client.get("/docs").text
    assert "/v1/search" in page and "<script" not in page and "ACME 129.50" in page


def test_a_body_without_length_is_stopped_too(client: TestClient) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b"a" * 1_000_000

    sent = client.post("/v1/ask", content=endless(), headers={"content-type": "application/json"})
    assert "larger than" in problem(sent, 413)


def test_too_many_requests_are_told_when_to_come_back(made: Path) -> None:
    with (
        triptych.open(made) as library,
        TestClient(
            create_app(library, ServerSettings(rate=1, burst=2)), base_url="http://localhost"
        ) as client,
    ):
        answers = [client.get("/healthz") for _ in range(4)]
        assert "requests a second" in problem(answers[-1], 429)
        assert int(answers[-1].headers["retry-after"]) >= 1


def test_whoever_tries_keys_is_slowed_down_and_noted(copied: Path) -> None:
    Access(copied).add("a", {"*": "admin"})
    with (
        triptych.open(copied) as library,
        TestClient(
            create_app(library, ServerSettings(rate=1, burst=3)), base_url="http://localhost"
        ) as client,
    ):
        tried = [client.get("/v1/assets", headers={"Authorization": f"Bearer {n}"}) for n in range(5)]
        assert [answer.status_code for answer in tried] == [401, 401, 401, 429, 429]
        told = list(client.app.state.triptych.audit.entries())  # type: ignore[attr-defined]
        assert [(entry["act"], entry["status"], entry["path"]) for entry in told] == [
            ("refused", 401, "/v1/assets")
        ] * 3


def test_pace_is_a_bucket_for_each_caller() -> None:
    pace = Pace(rate=2, burst=3)
    assert [pace.take("a", 0.0) for _ in range(4)] == [0, 0, 0, 1]
    assert pace.take("b", 0.0) == 0
    assert pace.take("a", 0.6) == 0 and pace.take("a", 0.6) == 1
    assert [Pace(0, 0).take("a") for _ in range(9)] == [0] * 9


def test_others_are_let_in_with_keys_only(made: Path) -> None:
    assert is_loopback("127.0.0.1") and is_loopback("::1") and is_loopback("localhost")
    assert not is_loopback("0.0.0.0") and not is_loopback("example.org")


def test_a_file_of_keys_that_cannot_be_read_opens_nothing(copied: Path) -> None:
    Access(copied).add("a", {"*": "admin"})
    with (
        triptych.open(copied) as library,
        TestClient(create_app(library, FREE), base_url="http://localhost") as client,
    ):
        problem(client.get("/v1/assets"), 401)
        (copied / "access.json").write_text("{}", "utf-8")
        detail = problem(client.get("/v1/assets"), 503)
        assert str(copied) not in detail


def test_searches_and_changes_side_by_side(copied: Path) -> None:
    """What is found is there, whoever adds and removes meanwhile."""
    with (
        triptych.open(copied, settings={"workers": 1}) as library,
        TestClient(create_app(library, FREE), base_url="http://localhost") as client,
    ):
        wrong: list[str] = []
        stop = threading.Event()

        def look() -> None:
            while not stop.is_set():
                told = client.get("/v1/search", params={"text": "heron invoice", "k": 5})
                if told.status_code != 200:
                    wrong.append(told.text)

        threads = [threading.Thread(target=look) for _ in range(4)]
        for thread in threads:
            thread.start()
        begun = time.monotonic()
        for number in range(3):
            asset = upload(client, (f"h{number}.txt", b"heron %d" % number))["items"][0]["asset"]
            if client.delete(f"/v1/assets/{asset}").status_code not in (202, 204):
                wrong.append("not deleted")
        stop.set()
        for thread in threads:
            thread.join()
        assert wrong == [] and time.monotonic() - begun < 60
