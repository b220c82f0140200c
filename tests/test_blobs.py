"""Blobs: kept once, durable in the right order, nothing left behind when something fails."""

import hashlib
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triptych import blobs as module
from triptych import faults
from triptych.blobs import Blobs
from triptych.errors import FileError, LibraryError

Store = Callable[[], Blobs]


@pytest.fixture(params=["folder", "file-url", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    url = {
        "folder": tmp_path / "blobs with :: and ~ and %20",
        "file-url": f"file://{tmp_path}/blobs",
        "memory": f"memory://{tmp_path.name}/blobs",
    }[request.param]
    return Blobs(url, tmp_path / "staging")


def keep(store: Blobs, tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "original"
    path.write_bytes(data)
    staged = store.stage(path)
    store.keep(staged)
    return staged.source.sha256


def staging(tmp_path: Path) -> list[Path]:
    return [p for p in (tmp_path / "staging").rglob("*") if p.is_file()]


def test_kept_once_and_read_back(store: Blobs, tmp_path: Path) -> None:
    sha = keep(store, tmp_path, b"hello")
    assert sha == hashlib.sha256(b"hello").hexdigest()
    assert keep(store, tmp_path, b"hello") == sha
    assert list(store.list()) == [sha]
    assert store.read(sha) == b"hello" == store.local(sha).read_bytes()
    assert store.check(sha)


def test_delete_leaves_nothing(store: Blobs, tmp_path: Path) -> None:
    sha = keep(store, tmp_path, b"hello")
    store.local(sha)
    store.delete(sha)
    store.delete(sha)
    assert list(store.list()) == [] and staging(tmp_path) == []
    assert not store.check(sha)
    for ask in (store.local, store.read):
        with pytest.raises(LibraryError, match="missing"):
            ask(sha)


def test_a_discarded_copy_is_gone(store: Blobs, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    store.discard(store.stage(tmp_path / "a"))
    assert staging(tmp_path) == [] and list(store.list()) == []


def test_a_name_is_never_a_path(store: Blobs) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        store.local("../../etc/passwd")


def test_a_damaged_blob_is_told_and_a_short_one_replaced(tmp_path: Path) -> None:
    store = Blobs(tmp_path / "blobs", tmp_path / "staging")
    sha = keep(store, tmp_path, b"hello")
    store.local(sha).write_bytes(b"hellO")
    assert not store.check(sha)
    store.local(sha).write_bytes(b"")  # as after a power cut on a disk that lies
    keep(store, tmp_path, b"hello")
    assert store.check(sha)


def test_a_damaged_remote_blob_is_never_handed_out(tmp_path: Path) -> None:
    store = Blobs(f"memory://{tmp_path.name}/b", tmp_path / "staging")
    sha = keep(store, tmp_path, b"hello")
    store._files.pipe_file(store._key(sha), b"evil!")
    with pytest.raises(LibraryError, match="damaged"):
        store.local(sha)
    assert staging(tmp_path) == []


def test_the_copy_is_what_was_hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that grows while it is read: the blob equals its name all the same."""
    path = tmp_path / "log"
    path.write_bytes(b"x" * 3_000_000)
    honest = module._write_all

    def growing(out: object, block: bytes) -> None:
        honest(out, block)
        if path.stat().st_size < 5_000_000:
            with path.open("ab") as file:
                file.write(b"more" * 100_000)

    monkeypatch.setattr(module, "_write_all", growing)
    store = Blobs(tmp_path / "blobs", tmp_path / "staging")
    staged = store.stage(path)
    store.keep(staged)
    assert store.check(staged.source.sha256)
    assert store.local(staged.source.sha256).stat().st_size == staged.source.size


@settings(max_examples=25, deadline=None)
@given(data=st.binary(max_size=200))
def test_any_bytes(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("any")
    store = Blobs(folder / "blobs", folder / "staging")
    assert store.read(keep(store, folder, data)) == data


def test_a_refused_file_leaves_nothing(tmp_path: Path) -> None:
    store = Blobs(tmp_path / "blobs", tmp_path / "staging")
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(FileError):
        store.stage(tmp_path / "huge")
    assert staging(tmp_path) == []


def test_a_store_on_another_disk(tmp_path: Path) -> None:
    other = Path("/dev/shm")
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs a second file system")
    home = other / f"triptych-test-{os.getpid()}"
    try:
        store = Blobs(home, tmp_path / "staging")
        sha = keep(store, tmp_path, b"hello")
        assert store.check(sha) and staging(tmp_path) == []
        store.delete(sha)
    finally:
        home.rmdir()


FULL = """
import resource, sys
from pathlib import Path
from triptych.blobs import Blobs
from triptych.errors import LibraryError
folder = Path(sys.argv[1])
store = Blobs(folder / "blobs", folder / "staging")
resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, resource.RLIM_INFINITY))
try:
    store.stage(folder / "large")
except LibraryError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
store.keep(store.stage(folder / "large"))
"""


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(os.urandom(5_000_000))
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.count("\n") == 1 and "is full. Make room" in done.stdout and not done.stderr
    assert staging(tmp_path) == []
    assert (
        len(list(Blobs(tmp_path / "blobs", tmp_path / "staging").list())) == 1
    )  # goes on when there is room


KEEP = """
import sys
from pathlib import Path
from triptych.blobs import Blobs
folder = Path(sys.argv[1])
store = Blobs(folder / "blobs" if len(sys.argv) < 3 else "file://" + sys.argv[1] + "/blobs", folder / "staging")
store.keep(store.stage(folder / "a"))
"""


@pytest.mark.parametrize("point", ["blob-staged", "blob-synced", "blob-renamed", "blob-kept"])
def test_a_crash_leaves_all_or_nothing(point: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"hello")
    crashed = subprocess.run(
        [sys.executable, "-c", KEEP, str(tmp_path)], env={**os.environ, faults.VARIABLE: point}
    )
    assert crashed.returncode == -signal.SIGKILL
    store = Blobs(tmp_path / "blobs", tmp_path / "staging")
    assert all(store.check(sha) for sha in store.list())
    assert bool(list(store.list())) == (point in ("blob-renamed", "blob-kept"))
    store.sweep()
    assert staging(tmp_path) == []
    subprocess.run([sys.executable, "-c", KEEP, str(tmp_path)], check=True)
    assert [store.check(sha) for sha in store.list()] == [True]


def test_sweep_spares_what_is_being_staged(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    store = Blobs(tmp_path / "blobs", tmp_path / "staging")
    staged = store.stage(tmp_path / "a")
    (tmp_path / "staging" / "old.part").write_bytes(b"left over")
    assert store.sweep() == 1
    store.keep(staged)
    assert store.check(staged.source.sha256)


def test_bytes_are_on_the_disk_before_the_name_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """fsync of the file, rename, fsync of the folder: in this order."""
    events: list[str] = []
    sync, replace = os.fsync, Path.replace

    def fsync(handle: int) -> None:
        events.append("sync folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "sync file")
        sync(handle)

    def rename(self: Path, target: Path) -> Path:
        events.append("rename")
        return replace(self, target)

    store = Blobs(tmp_path / "blobs", tmp_path / "staging")
    (tmp_path / "a").write_bytes(b"a")
    staged = store.stage(tmp_path / "a")
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", rename)
    store.keep(staged)
    assert events[-3:] == ["sync file", "rename", "sync folder"]
