"""Searching processes beside a server: the same hits, what changes is seen, and one that dies is replaced."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from fastapi.testclient import TestClient

import triptych
from triptych.keys import Access
from triptych.library import Library
from triptych.server.app import create_app
from triptych.server.searchers import Searchers, count
from triptych.settings import RerankSettings, ServerSettings, Settings
from triptych.types import SIGNALS

FREE = ServerSettings(rate=0)


@pytest.fixture(scope="module")
def library(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = shutil.copytree(made, tmp_path_factory.mktemp("searched") / "library")
    told = {"server.processes": 1, "workers": 1, "log.queries": "ids"}
    with triptych.open(folder, settings=told) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(library: Library) -> Iterator[TestClient]:
    with TestClient(create_app(library, FREE), base_url="http://localhost") as opened:
        started(opened)
        yield opened


def searchers(client: TestClient) -> Searchers:
    found: Searchers = client.app.state.triptych.searchers  # type: ignore[attr-defined]
    return found


def started(client: TestClient) -> None:
    """Wait until a process answers."""
    some = searchers(client)
    assert client.portal is not None
    client.portal.call(some.start)
    ends = time.monotonic() + 60
    while not some.processes:
        assert time.monotonic() < ends
        time.sleep(0.05)


SAME = ("title", "snippet", "marks", "boxes")


def test_a_process_finds_what_the_library_finds(client: TestClient, library: Library) -> None:
    for text, more in (("invoice acme 129.50", {}), ("revenue by quarter", {"k": 3, "fusion": "rrf"})):
        told = client.get("/v1/search", params={"text": text, **more}).json()
        assert told["id"], "it is logged"
        found = library.search(text, **more).to_dict()  # type: ignore[arg-type]
        # Before an engine is there, NumPy answers, with other last digits: near ties may change places.
        assert told["hits"][0]["asset"] == found["hits"][0]["asset"]
        own = {(hit["asset"], hit["page"]): hit for hit in found["hits"]}
        assert len(told["hits"]) == len(own)
        lowest = min(hit["score"] for hit in own.values())
        for hit in told["hits"]:
            there = own.get((hit["asset"], hit["page"]))
            assert hit["score"] == pytest.approx(there["score"] if there else lowest, abs=0.01)
            assert there is None or [there[n] for n in SAME] == [hit[n] for n in SAME]
        assert told["hits"][0]["pictures"] and {*told["hits"][0]["signals"]} == {*SIGNALS}


def test_mistakes_are_told_as_without_processes(client: TestClient) -> None:
    for asked, status in (
        ({"text": "acme", "filter": "kind = = pdf"}, 422),
        ({"text": "acme", "collection": "nobodys"}, 404),
        ({"text": " "}, 422),
    ):
        told = client.get("/v1/search", params=asked)
        assert told.status_code == status, told.text
        assert told.json()["instance"] == f"urn:request:{told.headers['x-request-id']}"
    assert searchers(client).processes, "they were no reason to end"


def test_what_is_added_and_removed_is_seen(client: TestClient) -> None:
    sent = client.post(
        "/v1/assets", files=[("file", ("z.txt", b"zanzibar quokka"))], params={"wait": 30}
    ).json()
    ends = time.monotonic() + 60
    while (job := client.get(f"/v1/jobs/{sent['job']}").json())["state"] not in ("done", "failed"):
        assert time.monotonic() < ends
        time.sleep(0.05)
    asset = job["items"][0]["asset"]
    found = client.get("/v1/search", params={"text": "zanzibar quokka"}).json()["hits"]
    assert found[0]["asset"] == asset
    assert client.delete(f"/v1/assets/{asset}").status_code in (202, 204)
    found = client.get("/v1/search", params={"text": "zanzibar quokka"}).json()["hits"]
    assert asset not in [hit["asset"] for hit in found]


def test_one_that_dies_is_replaced_and_nobody_notices(client: TestClient) -> None:
    some = searchers(client)
    [process] = some.processes
    os.kill(process, signal.SIGKILL)
    assert client.get("/v1/search", params={"text": "invoice acme"}).json()["hits"]
    assert process not in some.processes
    started(client)
    assert client.get("/v1/search", params={"text": "invoice acme"}).json()["hits"]


def test_keys_decide_there_too_and_all_end_with_the_server(made: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(made, tmp_path / "library")
    access = Access(folder)
    _, own = access.add("reader", {"default": "read"})
    _, other = access.add("stranger", {"elsewhere": "read"})
    with triptych.open(folder, settings={"server.processes": 1}) as library:
        with TestClient(create_app(library, FREE), base_url="http://localhost") as client:
            started(client)
            some = searchers(client)
            [process] = some.processes

            def hits(token: str) -> list[dict[str, object]]:
                told = client.get(
                    "/v1/search", params={"text": "acme"}, headers={"Authorization": f"Bearer {token}"}
                )
                return told.json()["hits"]  # type: ignore[no-any-return]

            assert hits(own) and not hits(other)
            assert "signature=" in str(hits(own)[0]["pictures"])
        assert not psutil.pid_exists(process) and not some.processes


def test_how_many_there_are() -> None:
    assert count(Settings(server=ServerSettings(processes=3))) == 3
    assert count(Settings()) == min(4, os.cpu_count() or 1)
    assert count(Settings(image_encoder="open_clip:ViT-B-32")) == 0
    assert count(Settings(rerank=RerankSettings(model="fastembed"))) == 0
