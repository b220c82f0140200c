"""Who sees what: every route of the API for eight callers, and whether one tenant's results know of another's files.

    python bench/access.py [--assets 1000] [--queries 200]

First all routes of OpenAPI, and the tools of MCP, are called by eight identities with ids and names of every
collection; canaries of what a caller may not see are looked for in the raw bytes of every answer. Then a tenant asks
a library with and one without another tenant's private files; the answers must be the same to the byte.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

import triptych
from triptych.keys import Access
from triptych.library import Library
from triptych.server.app import create_app
from triptych.settings import ServerSettings

SAMPLES = Path(__file__).parent.parent / "samples" / "files"
TENANTS = ("open-desk", "quartz-alpha", "quartz-beta")  # collections; the first is public
CANARY = {"open-desk": "zephyrine", "quartz-alpha": "umbralith", "quartz-beta": "vexillar"}
QUIET = {
    "image_encoder": "none",
    "captioner": "none",
    "ocr.engine": "none",
    "log.queries": "full",
    "workers": 1,
}
SERVER = ServerSettings(rate=0, mcp_add=True)
METHODS = ("get", "post", "put", "delete", "patch")


@dataclass
class World:
    """A library of three collections behind a server, and the callers."""

    client: TestClient
    library: Library
    ids: Mapping[str, str]  # of one asset of each collection
    jobs: dict[str, str] = field(default_factory=dict)  # of an upload to each collection
    tokens: dict[str, str | None] = field(default_factory=dict)

    def forbidden(self, who: str) -> list[bytes]:
        """What must stand in no answer to that caller."""
        seen = {
            "admin": TENANTS,
            "tenant A": ("open-desk", "quartz-alpha"),
            "reader of A": ("open-desk", "quartz-alpha"),
            "tenant B": ("open-desk", "quartz-beta"),
        }.get(who, () if who == "none" else ("open-desk",) if who == "public" else ())
        hidden = [name for name in TENANTS if name not in seen]
        return [word.encode() for name in hidden for word in (CANARY[name], self.ids[name], name)]


def fill(folder: Path, library: Library) -> dict[str, str]:
    """A note and a page with a picture in each collection, each full of its canary."""
    ids = {}
    for number, name in enumerate(TENANTS):
        word = CANARY[name]
        place = folder / name
        place.mkdir()
        (place / f"{word}-note.md").write_text(
            f"# Harbour plan {word}\n\nThe harbour fee is {100 + number}.50 euro, says {word}.\n", "utf-8"
        )
        invoice = place / f"{word}.pdf"
        invoice.write_bytes((SAMPLES / f"invoice-{1042 + number % 2}.pdf").read_bytes() + f"%{word}".encode())
        added = library.add(place, collection=name, tags={"owner": word})
        assert all(event.error is None for event in added), added
        ids[name] = next(event.asset for event in added if event.source.endswith(".pdf")) or ""
    return ids


def make_keys(folder: Path) -> dict[str, str | None]:
    """Eight callers. `none` sends a key that nobody made, `public` none."""
    access = Access(folder)
    access.publish("open-desk", True)
    grants = {
        "tenant A": {"quartz-alpha": "write"},
        "tenant B": {"quartz-beta": "write"},
        "reader of A": {"quartz-alpha": "read"},
        "admin": {"*": "admin"},
        "revoked": {"*": "admin"},
        "expired": {"*": "admin"},
    }
    soon = datetime.now(UTC) + timedelta(seconds=0.3)
    tokens: dict[str, str | None] = {"none": "tk_00000000_" + "A" * 43, "public": None}
    for name, granted in grants.items():
        tokens[name] = access.add(name, granted, soon if name == "expired" else None)[1]
    access.revoke("revoked")
    time.sleep(0.4)
    return tokens


def headers(world: World, who: str) -> dict[str, str]:
    token = world.tokens[who]
    return {} if token is None else {"Authorization": f"Bearer {token}"}


# ------------------------------------------------------------------------------------- the matrix

BODIES: Mapping[str, Sequence[dict[str, Any]]] = {
    "/v1/search": (
        {"text": "harbour fee"},
        {"text": "harbour", "collection": ["COLLECTION"]},
        {"text": "total", "filter": "collection = COLLECTION"},
        {"like": "ASSET"},
        {"text": "harbour", "filter": "tags.owner != x"},
    ),
    "/v1/ask": ({"question": "What is the harbour fee?"}, {"question": "fee?", "collection": ["COLLECTION"]}),
    "/v1/clicks": ({"id": "x", "asset": "ASSET", "page": 1},),
    "/v1/chat/completions": (
        {"model": "triptych", "messages": [{"role": "user", "content": "What is the harbour fee?"}]},
        {"model": "COLLECTION", "messages": [{"role": "user", "content": "harbour fee"}], "stream": True},
    ),
    "/v1/embeddings": ({"input": "harbour"},),
    "/v1/rerank": ({"query": "harbour", "documents": ["a", "b"]},),
    "/v1/collections/{name}": ({"public": False},),
}
QUERIES: Mapping[str, Sequence[dict[str, Any]]] = {
    "/v1/search": (
        {"text": "harbour"},
        {"text": "fee", "collection": "COLLECTION"},
        {"text": "vex* umb* harb*"},
    ),
    "/v1/suggest": ({"text": "h"}, {"text": "u"}, {"text": "v"}, {"text": "har", "collection": "COLLECTION"}),
    "/v1/assets": (
        {},
        {"collection": "COLLECTION"},
        {"filter": "collection = COLLECTION"},
        {"limit": "1", "cursor": "CURSOR"},
    ),
    "/v1/assets/{asset}": ({}, {"collection": "COLLECTION"}),
    "/v1/assets/{asset}/pages/{page}": ({}, {"collection": "COLLECTION"}),
    "/v1/assets/{asset}/pages/{page}.webp": ({}, {"collection": "COLLECTION", "width": "160"}),
}
MCP = "/mcp"
TOOLS: Sequence[tuple[str, dict[str, Any]]] = (
    ("search", {"query": "harbour fee"}),
    ("search", {"query": "harbour", "collection": "COLLECTION"}),
    ("get_page", {"asset": "ASSET", "page": 1}),
    ("get_page", {"asset": "ASSET", "page": 1, "collection": "COLLECTION"}),
    ("ask", {"question": "What is the harbour fee?"}),
    ("list_collections", {}),
)


def calls(
    world: World, described: Mapping[str, Any], target: str
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(method, path, arguments of the request) for every route, aimed at one collection. Nothing is changed in
    earnest: what deletes and uploads is called by those who may not."""
    values = {
        "asset": world.ids[target],
        "page": "1",
        "job": world.jobs[target],
        "name": target,
        "model": target,
    }

    def aimed(value: Any) -> Any:
        text = json.dumps(value).replace("COLLECTION", target).replace("ASSET", world.ids[target])
        return json.loads(text.replace("CURSOR", world.jobs["cursor"]))

    for path, methods in described["paths"].items():
        url = re.sub(r"\{(\w+)(?::\w+)?\}", lambda m: values[m[1]], path)
        for method in METHODS:
            if method not in methods:
                continue
            if method == "post" and path == "/v1/assets":
                files = {"file": ("note.txt", b"harbour")}
                yield method, url, {"files": files, "data": {"collection": target}}
            elif method in ("post", "put"):
                for body in BODIES[path]:
                    yield method, url, {"json": aimed(body)}
            else:
                for query in QUERIES.get(path, ({},)):
                    yield method, url, {"params": aimed(query)}
    for tool, arguments in TOOLS:
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
        yield "post", MCP, {
            "json": {**message, "params": {"name": tool, "arguments": aimed(arguments)}},
            "headers": {"Accept": "application/json, text/event-stream"},
        }  # fmt: skip


def changes(method: str, path: str, who: str, target: str) -> bool:
    """Whether a call would change something that the rest of the matrix needs."""
    allowed = who == "admin" or (who, target) in (("tenant A", "quartz-alpha"), ("tenant B", "quartz-beta"))
    upload = method == "post" and path == "/v1/assets"
    return method == "put" or (allowed and (method == "delete" or upload))


def matrix(world: World) -> tuple[int, list[str]]:
    """How many calls were made, and a line for each leak."""
    described = world.client.get("/openapi.json").json()
    made, leaks = 0, []
    for who in world.tokens:
        hidden = world.forbidden(who)
        for target in TENANTS:
            for method, path, arguments in calls(world, described, target):
                if changes(method, path, who, target) and who == "admin":
                    continue
                if changes(method, path, who, target) and method != "put":
                    continue
                sent = {**arguments.pop("headers", {}), **headers(world, who)}
                answer = world.client.request(method.upper(), path, headers=sent, **arguments)
                made += 1
                raw = answer.content + repr(sorted(answer.headers.items())).encode()
                leaks += [
                    f"{who}: {method} {path} {arguments} tells {word!r} ({answer.status_code})"
                    for word in hidden
                    if word in raw
                ]
                if answer.status_code >= 500:
                    leaks.append(
                        f"{who}: {method} {path} {arguments} gave {answer.status_code}: {answer.text[:200]}"
                    )
                closed = who in ("none", "revoked", "expired") and path.startswith(
                    ("/v1", "/mcp", "/metrics")
                )
                if closed and answer.status_code != 401:
                    leaks.append(f"{who}: {method} {path} gave {answer.status_code}, not 401")
    return made, leaks


def world_of(folder: Path, library: Library, client: TestClient, ids: Mapping[str, str]) -> World:
    """The callers, and something of everything to ask for: a job in each collection, a cursor of the admin."""
    world = World(client, library, ids, tokens=make_keys(folder))
    for name in TENANTS:
        sent = client.post(
            "/v1/assets",
            headers=headers(world, "admin"),
            data={"collection": name},
            files={"file": (f"{CANARY[name]}-upload.txt", f"harbour log {CANARY[name]}".encode())},
        )
        assert sent.status_code == 202, sent.text
        world.jobs[name] = sent.json()["job"]
        while (
            client.get(f"/v1/jobs/{world.jobs[name]}", headers=headers(world, "admin")).json()["state"]
            != "done"
        ):
            time.sleep(0.05)
    listed = client.get("/v1/assets", params={"limit": 1}, headers=headers(world, "admin")).json()
    world.jobs["cursor"] = listed["next"]
    return world


def times(world: World, calls: int = 300) -> float:
    """By how much what is forbidden takes longer than what is absent, as a share of it: medians."""
    key = headers(world, "tenant A")
    took: dict[str, list[float]] = {world.ids["quartz-beta"]: [], "0" * 64: []}
    for _ in range(calls):
        for asset, seconds in took.items():
            begun = time.perf_counter()
            world.client.get(f"/v1/assets/{asset}", headers=key)
            seconds.append(time.perf_counter() - begun)
    forbidden, absent = (statistics.median(seconds) for seconds in took.values())
    return forbidden / absent - 1


def routes_and_callers(folder: Path) -> int:
    with triptych.open(folder / "library", settings=QUIET) as library:
        (folder / "in").mkdir()
        ids = fill(folder / "in", library)
        with TestClient(create_app(library, SERVER), base_url="http://localhost") as client:
            world = world_of(folder / "library", library, client, ids)
            made, leaks = matrix(world)
            longer = times(world)
    for line in leaks[:20]:
        print(line)
    print(f"forbidden takes {longer:+.1%} of the time of absent (medians of 300 calls)")
    print(f"routes x callers x collections: {made} calls, {len(leaks)} leaks")
    return len(leaks)


# ------------------------------------------------------------------------------------- two tenants


def words() -> list[str]:
    text = " ".join(
        path.read_text("utf-8") for path in sorted((SAMPLES.parent.parent / "docs").rglob("*.md"))
    )
    return sorted({word.lower() for word in re.findall(r"[A-Za-z]{3,14}", text)})


def write_notes(folder: Path, count: int, known: Sequence[str], seed: int, longest: int) -> None:
    draw = random.Random(seed)
    folder.mkdir(parents=True)
    for number in range(count):
        body = " ".join(draw.choice(known) for _ in range(draw.randint(20, longest)))
        (folder / f"note-{number:04}.txt").write_text(
            f"Note {number} total {draw.randint(1, 900)}.50\n{body}", "utf-8"
        )
    for sample in sorted(SAMPLES.glob("invoice-*.pdf"))[: 2 + seed % 2]:
        shutil.copy(sample, folder)


def questions(known: Sequence[str], count: int) -> Iterator[str]:
    draw = random.Random(7)
    for number in range(count):
        text = " ".join(draw.choice(known) for _ in range(draw.choice([1, 1, 2, 3, 5, 8])))
        if number % 5 == 0:
            text = f"note total {draw.randint(1, 900)}"
        if number % 7 == 0:
            text = text[:-2] + "x"  # slips of the pen
        yield text[:5] + "*" if number % 11 == 0 else text


def strip(body: dict[str, Any]) -> bytes:
    """An answer without times and ids of requests."""
    return json.dumps({k: v for k, v in body.items() if k not in ("seconds", "id")}, sort_keys=True).encode()


def two_tenants(folder: Path, assets: int, queries: int) -> int:
    """In how many of the questions the other tenant's files changed a byte of the answer."""
    known = words()
    write_notes(folder / "own", 120, known, 1, 300)
    write_notes(folder / "foreign", assets, known, 2, 900)
    own = sorted((folder / "own").iterdir())
    different = 0
    with (
        triptych.open(folder / "alone", settings=QUIET) as alone,
        triptych.open(folder / "beside", settings=QUIET) as beside,
    ):
        for library in (alone, beside):
            library.add(*own[:60], collection="own")
            if library is beside:
                library.add(folder / "foreign", collection="foreign")
            library.add(*own[60:], collection="own")
        served = []
        for library in (alone, beside):
            _, token = Access(library.folder).add("tenant", {"own": "read"})
            served.append(
                (
                    TestClient(create_app(library, SERVER), base_url="http://localhost"),
                    {"Authorization": f"Bearer {token}"},
                )
            )
        with served[0][0], served[1][0]:
            for text in questions(known, queries):
                told = [c.get("/v1/search", params={"text": text}, headers=h) for c, h in served]
                bodies = [strip(_unsigned(answer.json())) for answer in told]
                different += bodies[0] != bodies[1]
            for path in ("/v1/assets?limit=200", "/v1/collections", "/v1/suggest?text=n", "/v1/models"):
                told = [c.get(path, headers=h) for c, h in served]
                bodies = [strip(_unsigned(answer.json())) for answer in told]
                if bodies[0] != bodies[1]:
                    print(f"{path} differs")
                    different += 1
    print(f"a tenant beside {assets} private files of another: {different} of {queries} answers differ")
    return different


def _unsigned(body: dict[str, Any]) -> dict[str, Any]:
    """Without what belongs to the library alone: its keys sign addresses, and files were added at some time."""
    text = json.dumps(body)
    text = re.sub(r"&key=\w+&expires=\d+&signature=\w+", "", text)
    told: dict[str, Any] = json.loads(re.sub(r'"added": "[^"]*", ', "", text))
    if "assets" in told and isinstance(told["assets"], list):
        told["assets"].sort(key=lambda asset: str(asset["asset"]))  # the newest first, to the second
    return told


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", help="not needed: everything is made here")
    parser.add_argument("--assets", type=int, default=1000)
    parser.add_argument("--queries", type=int, default=200)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "routes").mkdir()
        found = routes_and_callers(Path(place) / "routes")
        found += two_tenants(Path(place) / "tenants", chosen.assets, chosen.queries)
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
