"""Who may see and change what: keys, scopes, signed addresses; every route for every caller (`bench/access.py`)."""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Route
from starlette.testclient import TestClient

import triptych
from triptych.cli import cli
from triptych.errors import LibraryError, UserError
from triptych.keys import Access
from triptych.server.app import Admitted, create_app
from triptych.server.identity import CLASSES, FIELD

sys.path.insert(0, str(Path(__file__).parent.parent / "bench"))
import access as bench

FOUR = {
    "tenant A": "quartz-alpha",
    "tenant B": "quartz-beta",
    "reader of A": "quartz-alpha",
    "public": "open-desk",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[bench.World]:
    folder = tmp_path_factory.mktemp("tenants")
    (folder / "in").mkdir()
    with triptych.open(folder / "library", settings=bench.QUIET) as library:
        ids = bench.fill(folder / "in", library)
        with TestClient(create_app(library, bench.SERVER), base_url="http://localhost") as client:
            yield bench.world_of(folder / "library", library, client, ids)


def test_no_route_tells_a_caller_what_is_not_theirs(world: bench.World) -> None:
    made, leaks = bench.matrix(world)
    assert leaks == []
    assert made >= 1000 and len(world.tokens) == 8


def test_every_route_says_who_may_use_it(world: bench.World) -> None:
    """One that does not is refused as it runs, and fails here before."""
    described = world.client.get("/openapi.json").json()
    operations = [op for methods in described["paths"].values() for op in methods.values()]
    assert len(operations) >= 24
    assert all(op[FIELD] in CLASSES for op in operations)
    kinds = {type(route).__name__ for route in world.client.app.routes}  # type: ignore[attr-defined]
    assert kinds == {"_IncludedRouter", "Route"}  # ours, the tools; what meets none is a file of the page
    plain = [route for route in world.client.app.routes if isinstance(route, Route)]  # type: ignore[attr-defined]
    assert [(route.path, type(route.endpoint)) for route in plain] == [("/mcp", Admitted)]


def test_a_route_without_a_class_lets_nobody_in(copied: Path) -> None:
    with triptych.open(copied) as library:
        app = create_app(library)
        app.add_api_route("/v1/forgotten", lambda: {"secret": 1})
        app.router.routes.insert(0, app.router.routes.pop())
        with TestClient(app, base_url="http://localhost") as client:
            answer = client.get("/v1/forgotten")
            assert answer.status_code == 500 and "secret" not in answer.text


def test_everybody_finds_their_own(world: bench.World) -> None:
    for who, collection in FOUR.items():
        told = world.client.get("/v1/search?text=harbour+fee", headers=bench.headers(world, who)).json()
        assert {hit["collection"] for hit in told["hits"]} <= {collection, "open-desk"}
        assert collection in {hit["collection"] for hit in told["hits"]}
        listed = world.client.get("/v1/collections", headers=bench.headers(world, who)).json()
        assert {c["name"] for c in listed["collections"]} == {collection, "open-desk"}
        assert listed["assets"] == sum(c["assets"] for c in listed["collections"])


def test_what_is_forbidden_and_what_is_absent_look_alike(world: bench.World) -> None:
    key = bench.headers(world, "tenant A")
    for form in ("/v1/assets/{}", "/v1/assets/{}/pages/1.webp", "/v1/assets/{}/original"):
        there = world.client.get(form.format(world.ids["quartz-beta"]), headers=key)
        absent = world.client.get(form.format("0" * 64), headers=key)
        bodies = [{k: v for k, v in a.json().items() if k != "instance"} for a in (there, absent)]
        assert bodies[0] == bodies[1] and there.status_code == absent.status_code == 404


def test_scopes(world: bench.World) -> None:
    def send(who: str, collection: str) -> int:
        files = {"file": ("x.txt", f"by {who}".encode())}
        data = {"collection": collection}
        return world.client.post(
            "/v1/assets", headers=bench.headers(world, who), files=files, data=data
        ).status_code

    assert [send("tenant A", "quartz-alpha"), send("tenant A", "open-desk"), send("tenant A", "new")] == [
        202,
        403,
        404,
    ]
    assert [send("reader of A", "quartz-alpha"), send("public", "open-desk"), send("admin", "new")] == [
        403,
        401,
        202,
    ]
    asset = world.ids["quartz-alpha"]
    assert (
        world.client.delete(f"/v1/assets/{asset}", headers=bench.headers(world, "reader of A")).status_code
        == 403
    )
    assert world.client.get("/metrics", headers=bench.headers(world, "tenant A")).status_code == 403
    world.client.get("/v1/search?text=harbour", headers=bench.headers(world, "admin"))
    told = world.client.get("/metrics", headers=bench.headers(world, "admin")).text
    assert 'triptych_requests_total{method="GET",route="/v1/search",status="200"}' in told
    audit = [entry["act"] for entry in world.client.app.state.triptych.audit.entries()]  # type: ignore[attr-defined]
    assert {"refused", "upload"} <= set(audit)


def test_logs_hold_no_keys_and_the_audit_no_content(world: bench.World) -> None:
    folder = world.library.folder
    raw = (
        b"".join(path.read_bytes() for path in folder.glob("logs/audit-*"))
        + (folder / "access.json").read_bytes()
    )
    for token in filter(None, world.tokens.values()):
        assert token.encode() not in raw and token.split("_", 2)[2].encode() not in raw
    assert b"harbour" not in raw


# ------------------------------------------------------------------------------- signed addresses


def signed(world: bench.World, who: str = "tenant A") -> str:
    asset = world.ids[FOUR[who]]
    told = world.client.get(f"/v1/assets/{asset}", headers=bench.headers(world, who)).json()
    return str(told["pictures"]["thumbnail"])


def test_a_signed_address_shows_its_picture_to_whoever_has_it(world: bench.World) -> None:
    for who in FOUR:
        assert world.client.get(signed(world, who)).headers["content-type"] == "image/webp"
    assert world.client.get(signed(world).split("?")[0]).status_code == 404


def test_no_other_address_is_good(world: bench.World) -> None:
    """A thousand changes of one bit, and of whole fields."""
    good = signed(world)
    path, fields = urlsplit(good).path, dict(parse_qsl(urlsplit(good).query))
    draw = random.Random(1)
    refused = 0
    for _ in range(1000):
        name = draw.choice([*fields])
        at = draw.randrange(len(fields[name]))
        changed = chr(ord(fields[name][at]) ^ (1 << draw.randrange(5)))
        other = {**fields, name: fields[name][:at] + changed + fields[name][at + 1 :]}
        refused += world.client.get(f"{path}?{urlencode(other)}").status_code != 200
    assert refused == 1000
    far = str(int(fields["expires"]) + 3600)
    for other in (
        {**fields, "expires": "0"},
        {**fields, "expires": far},
        {**fields, "width": "1600"},
        {**fields, "boxes": "0,0,1,1"},
        {name: value for name, value in fields.items() if name != "expires"},
    ):
        assert world.client.get(f"{path}?{urlencode(other)}").status_code == 403
    elsewhere = path.replace(world.ids["quartz-alpha"], world.ids["quartz-beta"])
    assert world.client.get(f"{elsewhere}?{urlencode(fields)}").status_code == 403


def test_an_address_ends_with_its_time_and_with_its_key(world: bench.World) -> None:
    signer = world.client.app.state.triptych.signer  # type: ignore[attr-defined]
    path, fields = urlsplit(signed(world)).path, dict(parse_qsl(urlsplit(signed(world)).query))
    assert signer.who(path, fields) is not None
    assert signer.who(path, fields, time.time() + 901) is None
    assert signer.who(path, fields, time.time() - 901) is None
    access = Access(world.library.folder)
    made, token = access.add("short", {"quartz-alpha": "read"})
    asset = world.ids["quartz-alpha"]
    told = world.client.get(f"/v1/assets/{asset}", headers={"Authorization": f"Bearer {token}"}).json()
    url = told["pictures"]["page"]
    assert world.client.get(url).status_code == 200
    access.revoke(made.id)
    assert world.client.get(url).status_code == 403


# ------------------------------------------------------------------------------------------ keys


def test_a_key_is_shown_once_and_kept_as_a_hash(tmp_path: Path) -> None:
    access = Access(tmp_path)
    assert not access.guarded
    made, token = access.add("alice", {"letters": "write"})
    assert token.split("_", 2)[2] not in (tmp_path / "access.json").read_text("utf-8")
    assert (tmp_path / "access.json").stat().st_mode & 0o777 == 0o600
    other = Access(tmp_path)
    assert other.guarded and other.check(token) == made
    assert made.may("read", "letters") and made.may("write", "letters") and not made.may("admin", "letters")
    assert not made.may("read", "notes")
    access.revoke("alice")
    assert other.fresh().check(token) is None and other.guarded


def test_a_key_ends(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    _, token = Access(tmp_path).add("a", {"*": "read"}, now + timedelta(hours=1))
    assert (
        Access(tmp_path).check(token, now) and Access(tmp_path).check(token, now + timedelta(hours=2)) is None
    )


@given(token=st.text(max_size=80))
def test_nothing_else_is_a_key(tmp_path_factory: pytest.TempPathFactory, token: str) -> None:
    access = _one_key(tmp_path_factory)
    assert access.check(token) is None and access.check("tk_" + token) is None


_KEYS: list[Access] = []


def _one_key(factory: pytest.TempPathFactory) -> Access:
    if not _KEYS:
        _KEYS.append(Access(factory.mktemp("keys")))
        _KEYS[0].add("a", {"*": "admin"})
    return _KEYS[0]


@pytest.mark.parametrize(
    ("name", "grants", "expires"),
    [
        ("", {"a": "read"}, None),
        ("a\nb", {"a": "read"}, None),
        ("a", {}, None),
        ("a", {"a": "own"}, None),
        ("a", {"a": "read"}, datetime(2020, 1, 1, tzinfo=UTC)),
    ],
)
def test_keys_that_cannot_be_made(
    tmp_path: Path, name: str, grants: dict[str, str], expires: datetime | None
) -> None:
    with pytest.raises(UserError):
        Access(tmp_path).add(name, grants, expires)
    assert not Access(tmp_path).guarded


def test_a_damaged_file_of_keys_is_never_taken_for_none(tmp_path: Path) -> None:
    (tmp_path / "access.json").write_text("{", "utf-8")
    with pytest.raises(LibraryError, match="cannot be read"):
        Access(tmp_path)


def test_keys_at_the_command_line(copied: Path) -> None:
    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(cli, ["--library", str(copied), "keys", *words])
        return done.exit_code, done.output

    status, text = run(
        "add", "alice", "--grant", "letters:read", "--grant", "*:write", "--expires", "90d", "--json"
    )
    told = json.loads(text)
    assert status == 0 and told["grants"] == {"letters": "read", "*": "write"}
    assert Access(copied).check(told["key"]) is not None
    assert run("publish", "letters")[0] == 0
    assert "valid" in run("list")[1] and "public: letters" in run("list")[1]
    assert json.loads(run("revoke", "alice", "--json")[1].splitlines()[0])["state"] == "revoked"
    assert json.loads(run("hide", "letters", "--json")[1]) == {"public": []}
    assert json.loads(run("list", "--json")[1])["keys"][0]["state"] == "revoked"
    for wrong in (
        ("add", "b", "--grant", "letters"),
        ("add", "b", "--grant", "a:read", "--expires", "soon"),
        ("revoke", "x"),
    ):
        assert run(*wrong)[0] != 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete(shell: str) -> None:
    done = CliRunner().invoke(cli, ["completion", shell])
    assert done.exit_code == 0 and f"{shell}_complete" in done.output
