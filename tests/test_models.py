"""`triptych models` against a web server that speaks as the model hub does, made by the test: nothing else is asked."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from triptych.cli import cli
from triptych.errors import ModelError, UserError
from triptych.hub import model_files, models, pull
from triptych.hub.model_files import MANIFEST, Source

SPEC = "tiny:org/model"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {
    "config.json": b'{"model_type": "tiny"}',
    "sub/tokenizer.json": b"{}" * 50,
    "model.safetensors": bytes(range(256)) * 4000,  # a megabyte, as large files are: by SHA-256
    "pytorch_model.bin": b"pickled" * 999,
    "onnx/model.onnx": b"foreign" * 999,
    "README.md": b"# tiny",
}
WANTED = {"config.json", "sub/tokenizer.json", "model.safetensors", "README.md"}

BACKEND = """
from triptych.hub.model_files import Source
def sources(argument):
    if argument == "org/pair":
        return [Source("org/model", "vision", ("config.json", "*.safetensors")), Source("org/model", "text", ("sub/*",))]
    return [Source(argument)]
"""


class Hub:
    """The answers of a model hub with one repository. What is served can be spoilt, and is counted."""

    def __init__(self) -> None:
        self.files = dict(FILES)
        self.served: list[str] = []
        self.spoil: dict[str, bytes] = {}  # sent instead
        self.held = ""  # the file of which half is sent, and then nothing
        self.let_go = threading.Event()
        self.claimed: dict[str, int] = {}  # size in the list

    def listing(self) -> dict[str, Any]:
        return {
            "id": "org/model",
            "sha": COMMIT,
            "siblings": [self._sibling(n, c) for n, c in self.files.items()],
        }

    def _sibling(self, name: str, content: bytes) -> dict[str, Any]:
        size = self.claimed.get(name, len(content))
        entry = {"rfilename": name, "size": size, "blobId": self.etag(name, small=True)}
        if len(content) > 10_000:
            entry["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": size, "pointerSize": 130}
        return entry

    def etag(self, name: str, *, small: bool = False) -> str:
        content = self.files[name]
        if len(content) > 10_000 and not small:
            return hashlib.sha256(content).hexdigest()
        return hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, *, body: bool) -> None:
            path = self.path.partition("?")[0]
            if path.startswith("/api/models/org/model"):
                return self._send(json.dumps(hub.listing()).encode(), body=body)
            _, found, name = path.partition(f"/org/model/resolve/{COMMIT}/")
            if not found or name not in hub.files:
                gone = "RepoNotFound" if "org/model" not in path else "EntryNotFound"
                return self._send(b"{}", body=body, status=404, headers={"X-Error-Code": gone})
            if body:
                hub.served.append(name)
            headers = {"ETag": f'"{hub.etag(name)}"', "X-Repo-Commit": COMMIT}
            self._send(
                hub.spoil.get(name, hub.files[name]), body=body, headers=headers, hold=name == hub.held
            )

        def _send(
            self,
            content: bytes,
            *,
            body: bool,
            status: int = 200,
            headers: dict[str, str] | None = None,
            hold: bool = False,
        ) -> None:
            self.send_response(status)
            for key, value in (headers or {}).items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if body and hold:
                self.wfile.write(content[: len(content) // 2])
                hub.let_go.wait(30)
            elif body:
                self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

    return Handler


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    served = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(served))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    yield served
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for the models, and a back end `tiny`, installed as a package would be."""
    package = tmp_path / "package"
    (package / "tiny_backend-1.0.dist-info").mkdir(parents=True)
    (package / "tiny_backend.py").write_text(BACKEND, "utf-8")
    (package / "tiny_backend-1.0.dist-info" / "METADATA").write_text(
        "Name: tiny-backend\nVersion: 1.0\n", "utf-8"
    )
    (package / "tiny_backend-1.0.dist-info" / "entry_points.txt").write_text(
        "[triptych.encoders]\ntiny = tiny_backend\n", "utf-8"
    )
    monkeypatch.syspath_prepend(package)
    monkeypatch.setenv("TRIPTYCH_MODELS", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nobody listens there
    return tmp_path / "home"


def quiet(done: int, total: int | None, what: str) -> None: ...


def fetch(spec: str = SPEC) -> Path:
    pull.pull(pull.plan(spec), quiet)
    return model_files.place(spec)


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in model_files.files(folder)}


# ------------------------------------------------------------------------------------------- pulling


def test_a_pull_tells_the_size_first_then_fetches_and_notes_every_hash(hub: Hub) -> None:
    plan = pull.plan(SPEC)
    assert plan.bytes == sum(len(FILES[name]) for name in WANTED)
    assert plan.to_dict()["files"] == 4 and hub.served == []
    told: list[tuple[int, int | None]] = []
    assert pull.pull(plan, lambda done, total, what: told.append((done, total))) == "pulled"
    folder = model_files.place(SPEC)
    assert names(folder) == WANTED
    manifest = model_files.read(folder)
    assert manifest["revision"] == COMMIT and manifest["source"] == "org/model"
    for name, entry in manifest["files"].items():
        assert entry == {"bytes": len(FILES[name]), "sha256": hashlib.sha256(FILES[name]).hexdigest()}
    assert told[-1] == (plan.bytes, plan.bytes)
    assert not (folder / ".cache").exists() and not model_files.partial(SPEC).exists()


def test_what_is_whole_is_not_fetched_again(hub: Hub) -> None:
    fetch()
    hub.served.clear()
    assert pull.pull(pull.plan(SPEC), quiet) == "unchanged"
    assert hub.served == []


def test_a_model_of_two_parts_has_a_folder_for_each(hub: Hub) -> None:
    folder = fetch("tiny:org/pair")
    assert names(folder) == {"vision/config.json", "vision/model.safetensors", "text/sub/tokenizer.json"}
    sources = [Source("org/model", "vision"), Source("org/model", "text")]
    assert model_files.find("tiny:org/pair", sources) == [folder / "vision", folder / "text"]
    assert model_files.revision(folder / "vision") == COMMIT[:12]


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_what_arrives_damaged_is_thrown_away(hub: Hub, name: str) -> None:
    hub.spoil[name] = bytes(len(FILES[name]))
    with pytest.raises(
        ModelError, match=rf"'{name}' .* did not arrive.*Type again: triptych models pull {SPEC}"
    ):
        fetch()
    with pytest.raises(UserError, match="triptych models pull"):
        model_files.find(SPEC, [Source("org/model")])
    hub.spoil.clear()
    hub.served.clear()
    fetch()
    assert name in hub.served


def test_a_pull_that_was_killed_leaves_no_model_and_goes_on_where_it_stopped(hub: Hub, home: Path) -> None:
    hub.held = "model.safetensors"
    environment = os.environ | {"PYTHONPATH": str(home.parent / "package")}
    words = [sys.executable, "-m", "triptych", "models", "pull", SPEC]
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        for _ in range(600):
            if hub.held in hub.served or process.poll() is not None:
                break
            time.sleep(0.05)
        process.kill()
        process.communicate()
    hub.let_go.set()
    assert hub.held in hub.served, "it came that far"
    assert next(row for row in models.listing() if row["spec"] == SPEC)["status"] == "partial"
    with pytest.raises(UserError, match="triptych models pull"):
        model_files.find(SPEC, [Source("org/model")])
    hub.held = ""
    hub.served.clear()
    assert names(fetch()) == WANTED
    assert "config.json" not in hub.served, "what was whole is kept"


def test_a_damaged_model_is_mended_by_fetching_only_what_is_wrong(hub: Hub) -> None:
    folder = fetch()
    (folder / "config.json").write_bytes(b"{}")
    hub.served.clear()
    fetch()
    assert hub.served == ["config.json"]
    assert models.check([SPEC])[0]["ok"]


def test_no_network_is_one_sentence_with_the_command_that_helps() -> None:
    with pytest.raises(
        ModelError, match=rf"127.0.0.1:9 cannot be reached.*models pull {SPEC} --from FOLDER"
    ) as caught:
        fetch()
    assert "\n" not in str(caught.value)


def test_told_to_be_offline_is_no_network(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="cannot be reached"):
        fetch()
    assert hub.served == []


def test_no_room_is_said_before_the_first_byte(hub: Hub) -> None:
    hub.claimed["model.safetensors"] = 10**16
    with pytest.raises(ModelError, match=r"no room for .*: it takes 10000000 GB.*TRIPTYCH_MODELS"):
        fetch()
    assert hub.served == []


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("tiny:org/none", "no public model 'org/none'"),
        ("nobody:org/model", "no back end 'nobody' with models to pull"),
        ("builtin:minilm", "no back end 'builtin' with models"),
        ("tiny:", "names no model"),
        ("tiny:..", "names no model"),
    ],
)
def test_a_name_that_nobody_knows(hub: Hub, spec: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        fetch(spec)


def test_a_repository_cannot_write_outside_of_its_folder(hub: Hub, home: Path) -> None:
    hub.files["../../evil.json"] = b"evil"
    hub.files["/evil.json"] = b"evil"
    assert names(fetch()) == WANTED
    assert not list(home.parent.rglob("evil.json"))


def test_a_model_comes_from_a_folder_without_network(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = Path(shutil.copytree(fetch(), tmp_path / "stick"))
    models.remove(SPEC)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert pull.copy(SPEC, stick, quiet) == "pulled"
    assert model_files.find(SPEC, [Source("org/model")]) == [model_files.place(SPEC)]
    assert model_files.revision(model_files.place(SPEC)) == COMMIT[:12]
    (stick / "config.json").write_bytes(b"{}")
    with pytest.raises(ModelError, match=r"damaged and not taken: config.json: 2 bytes instead of 22"):
        pull.copy("tiny:org/other", stick, quiet)
    with pytest.raises(UserError, match="is no folder"):
        pull.copy(SPEC, tmp_path / "nothing", quiet)


# -------------------------------------------------------------------------------- trusting, checking


Harm = Callable[[Path], None]
HARMS: dict[str, tuple[Harm, str]] = {
    "cut short": (lambda f: f.write_bytes(f.read_bytes()[:-1]), "bytes instead of"),
    "a flipped bit": (lambda f: f.write_bytes(bytes([f.read_bytes()[0] ^ 1]) + f.read_bytes()[1:]), "sha256"),
    "gone": (Path.unlink, "missing"),
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_damaged_model_is_found_and_not_used(hub: Hub, harm: str) -> None:
    folder = fetch()
    sources = [Source("org/model")]
    assert model_files.find(SPEC, sources) == [folder]
    HARMS[harm][0](folder / "model.safetensors")
    with pytest.raises(ModelError, match=rf"not used: model.safetensors: .*{HARMS[harm][1]}.*pull {SPEC}"):
        model_files.find(SPEC, sources)
    [report] = models.check()
    assert not report["ok"] and HARMS[harm][1] in report["differences"][0]


def test_hashes_are_compared_once_and_sizes_and_times_ever_after(hub: Hub) -> None:
    folder = fetch()
    model_files.trust(folder)
    stamps = list((model_files.home() / ".trusted").iterdir())
    assert len(stamps) == 1
    model_files.trust(folder)
    stamps[0].write_text("{}", "utf-8")  # a stamp of other files is no stamp
    (folder / "config.json").write_bytes(FILES["config.json"])
    model_files.trust(folder)
    (folder / MANIFEST).write_text("{", "utf-8")
    with pytest.raises(ModelError, match=r"manifest .* cannot be read"):
        model_files.trust(folder)
    assert next(row for row in models.listing() if row["spec"] == SPEC)["status"] == "damaged"


def test_the_cache_of_the_hub_is_read_and_its_files_are_compared_with_their_names(
    tmp_path: Path, hub: Hub
) -> None:
    entry = tmp_path / "hub" / "models--org--model"
    snapshot = entry / "snapshots" / COMMIT
    for name in WANTED:
        blob = entry / "blobs" / hub.etag(name)
        blob.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(FILES[name])
        (snapshot / name).parent.mkdir(parents=True, exist_ok=True)
        (snapshot / name).symlink_to(blob)
    (entry / "refs").mkdir()
    (entry / "refs" / "main").write_text(COMMIT)
    assert model_files.find(SPEC, [Source("org/model")]) == [snapshot]
    assert model_files.revision(snapshot) == COMMIT[:12]
    for name in ("model.safetensors", "config.json"):
        blob = (snapshot / name).resolve()
        blob.write_bytes(FILES[name][:-1])
        with pytest.raises(ModelError, match=rf"{name} of the cached model '{SPEC}' is damaged and not used"):
            model_files.find(SPEC, [Source("org/model")])
        blob.write_bytes(FILES[name])


def test_a_known_model_in_the_cache_of_the_hub_is_listed_as_such(tmp_path: Path) -> None:
    for repo in model_files.KNOWN[0].repos:
        entry = tmp_path / "hub" / f"models--{repo.replace('/', '--')}"
        (entry / "snapshots" / COMMIT).mkdir(parents=True)
        (entry / "refs").mkdir()
        (entry / "refs" / "main").write_text(COMMIT)
    assert [row["status"] for row in models.listing()][:2] == ["cached", "absent"]


def test_a_read_only_home_only_costs_time(hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = fetch()
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(model_files, "home", lambda: tmp_path / "file")
    model_files.trust(folder)
    model_files.trust(folder)


def test_removing_frees_what_the_model_took(hub: Hub) -> None:
    fetch()
    assert models.remove(SPEC) >= sum(len(FILES[name]) for name in WANTED)
    assert not model_files.place(SPEC).exists()
    with pytest.raises(UserError, match=rf"'{SPEC}' was not pulled. Pulled models: none"):
        models.remove(SPEC)


def test_sizes_are_told_as_people_do() -> None:
    assert [model_files.pretty(n) for n in (1, 999, 1500, 605_000_000, 1_510_000_000)] == [
        "1 bytes", "999 bytes", "1.5 kB", "605 MB", "1.5 GB",
    ]  # fmt: skip


# --------------------------------------------------------------------------------------- command line


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["models", *words], standalone_mode=False)


def test_the_commands_in_json(hub: Hub) -> None:
    assert run("pull", SPEC, "--dry-run", "--json").return_value == 0
    assert hub.served == []
    pulled = [json.loads(line) for line in run("pull", SPEC, "--json").stdout.splitlines()]
    assert [row["event"] for row in pulled] == ["plan", "model"] and pulled[1]["status"] == "pulled"
    listed = json.loads(run("list", "--json").stdout)
    assert listed["models"][-1]["spec"] == SPEC and listed["models"][-1]["status"] == "pulled"
    assert {row["status"] for row in listed["models"][:-1]} == {"absent"}
    checked = run("check", "--json")
    assert checked.return_value == 0 and json.loads(checked.stdout)["ok"]
    (model_files.place(SPEC) / "config.json").write_bytes(b"{}")
    checked = run("check", "--json")
    assert checked.return_value == 1 and not json.loads(checked.stdout)["ok"]
    assert json.loads(run("remove", SPEC, "--json").stdout)["bytes"] > 1_000_000


def test_the_commands_for_people(hub: Hub) -> None:
    pulled = run("pull", SPEC)
    assert "4 files, 1.0 MB, from org/model" in pulled.stderr and "pulled" in pulled.stdout
    assert "recommended" in run().stdout
    assert json.loads(run("--json").stdout) == json.loads(run("list", "--json").stdout)
    assert run("check").stdout.startswith("ok")
    assert "removed" in run("remove", SPEC).stdout
    assert "No model was pulled" in run("check").stdout


def test_one_that_fails_does_not_stop_the_others(hub: Hub) -> None:
    result = run("pull", "tiny:org/none", SPEC, "--json")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.return_value == 1
    assert [row.get("status") for row in rows] == ["failed", None, "pulled"]


def test_without_network_the_exit_status_is_one() -> None:
    result = run("pull", SPEC, "--json")
    assert result.return_value == 1 and "cannot be reached" in json.loads(result.stdout)["error"]


def test_every_known_model_can_be_named() -> None:
    assert len({model.spec for model in model_files.KNOWN}) == len(model_files.KNOWN)
    for model in model_files.KNOWN:
        assert model_files.spec_of(model_files.place(model.spec)) == model.spec
        assert f"({model_files.pretty(model.bytes)})" in model_files.absent(model.spec)
