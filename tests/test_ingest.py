"""Ingest: what is found in folders, under which name, and what is refused unopened."""

import io
import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triptych import ingest
from triptych.errors import FileError, UserError
from triptych.ingest import Refused, find, identify, name_of, path_of, plan_sync
from triptych.settings import Limits


def write(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def told(found: object) -> list[str]:
    """Names of what was found; refused things as `name: code`."""
    return [f"{f.path.name}: {f.error.code}" if isinstance(f, Refused) else f.name for f in found]


# Names


@given(st.binary(min_size=1, max_size=60).filter(lambda b: b"\0" not in b and b"/" not in b and b != b"."))
def test_a_name_is_printable_and_leads_back_to_the_path(raw: bytes) -> None:
    path = Path(os.fsdecode(raw))
    name = name_of(path)
    assert os.fsencode(path_of(name)) == os.fsencode(path)
    assert "\n" not in name and "\x1b" not in name
    name.encode("utf-8")  # valid Unicode


def test_ordinary_names_stay_as_they_are() -> None:
    for name in (
        "in/a.pdf",
        "Rechnung März.pdf",
        "領収書\u3000二.png",
        "Screen Shot 9.41\u202fAM.png",
        "👩‍🔧.jpg",
    ):
        assert name_of(name) == name


def test_odd_names_are_escaped() -> None:
    assert name_of("a\nb") == "a\\x0ab"
    assert name_of(os.fsdecode(b"caf\xe9")) == "caf\\xe9"
    assert name_of("back\\slash") == "back\\\\slash"
    assert name_of("invoice\u202efdp.exe") == "invoice\\u202efdp.exe"


# Finding


def test_a_folder_is_walked_in_order_without_hidden_things(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "sub/c.txt", ".hidden", ".git/config", "a.d/z.txt"):
        write(tmp_path / name)
    assert told(find([tmp_path])) == ["a.txt", "b.txt", "z.txt", "c.txt"]
    assert told(find([tmp_path / ".hidden"])) == [".hidden"]  # named, so meant


def test_the_library_itself_is_left_out(tmp_path: Path) -> None:
    write(tmp_path / "a.txt")
    library = tmp_path / "triptych-library"
    write(library / "blobs/ab/abc")
    assert told(find([tmp_path], library=library)) == ["a.txt"]
    assert told(find([library / "blobs"], library=library)) == ["blobs: own-library"]
    (tmp_path / "link").symlink_to(library / "blobs/ab/abc")
    assert told(find([tmp_path], library=library)) == ["a.txt"]


def test_links_never_lead_out_and_never_loop(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    write(inside / "a.txt")
    write(outside / "secret.txt")
    (inside / "file-out").symlink_to(outside / "secret.txt")
    (inside / "folder-out").symlink_to(outside)
    (inside / "folder-in").symlink_to(inside)
    (inside / "file-in").symlink_to("a.txt")
    (inside / "self").symlink_to("self")
    (inside / "gone").symlink_to("nowhere")
    assert told(find([inside])) == [
        "a.txt",
        "file-in",
        "file-out: link-outside",
        "folder-out: link-outside",
        "gone: not-found",
        "self: link-loop",
    ]
    assert told(find([inside / "file-out"])) == ["file-out"]  # named itself, so meant


def test_pipes_sockets_and_devices_are_refused_unopened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        (tmp_path / "zero").symlink_to("/dev/zero")
        assert told(find([tmp_path])) == [
            "pipe: not-a-file",
            "socket: not-a-file",
            "zero: link-outside",
        ]
        for name in ("pipe", "socket", "zero", "/dev/null"):  # would hang or never end if opened
            assert told(find([name])) == [f"{Path(name).name}: not-a-file"]
            with pytest.raises(FileError, match="not a file"):
                identify(Path(name))


def test_a_missing_path_names_the_nearest(tmp_path: Path) -> None:
    write(tmp_path / "invoice.pdf")
    (refused,) = find([tmp_path / "invoce.pdf"])
    assert isinstance(refused, Refused)
    assert refused.error.code == "not-found" and "invoice.pdf" in refused.error.hint
    assert told(find([tmp_path / "a" / "b"])) == ["b: not-found"]
    assert told(find([tmp_path / "invoice.pdf" / "b"])) == ["b: not-found"]


def test_impossible_names_are_refused(tmp_path: Path) -> None:
    assert told(find(["a\0b"])) == ["a\0b: bad-name"]
    assert told(find([tmp_path / ("x" * 300)])) == [f"{'x' * 300}: name-too-long"]
    assert told(find([tmp_path / "/".join(["y" * 200] * 30)])) == [f"{'y' * 200}: name-too-long"]


def test_a_list_on_stdin(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a b.txt"), write(tmp_path / "new\nline.txt")
    assert list(find(["-"], io.BytesIO(f"{first}\n\n".encode()))) == [first]
    assert list(find(["-"], io.BytesIO(f"{first}\0{second}\0".encode()))) == [first, second]
    with pytest.raises(UserError, match="standard input"):
        list(find(["-"]))


def test_a_folder_deeper_than_the_system_allows(tmp_path: Path) -> None:
    """Made step by step, as an attacker or a runaway program would; the walk ends with one line."""
    start = Path.cwd()
    try:
        os.chdir(tmp_path)
        for _ in range(30):
            Path("d" * 200).mkdir()
            os.chdir("d" * 200)
        write(Path("deep.txt"))
    finally:
        os.chdir(start)
    assert told(find([tmp_path])) == [f"{'d' * 200}: name-too-long"]


# Identifying


def test_identity_is_the_content(tmp_path: Path) -> None:
    source = identify(write(tmp_path / "a.txt", "abc"))
    assert source.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert (source.size, source.path) == (3, str(tmp_path / "a.txt"))
    assert source.modified == (tmp_path / "a.txt").stat().st_mtime


def test_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(10**12)  # sparse: takes no space
    with pytest.raises(FileError, match="2,000 MB are allowed") as caught:
        identify(path)
    assert caught.value.code == "too-large"


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs Linux")
def test_a_file_that_hides_its_size_is_still_limited() -> None:
    with pytest.raises(FileError) as caught:
        identify(Path("/proc/self/pagemap"), replace(Limits(), file_mb=3))  # says 0 bytes, gives gigabytes
    assert caught.value.code in ("too-large", "unreadable")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt")
    path.chmod(0)
    with pytest.raises(FileError, match="no permission"):
        identify(path)


# Following a folder


def known(folder: Path) -> dict[str, tuple[str, int, float]]:
    files = (identify(f) for f in find([folder]) if isinstance(f, Path))
    return {s.path: (s.sha256, s.size, s.modified) for s in files}


def test_sync_sees_every_kind_of_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("same", "renamed", "removed", "changed", "touched"):
        write(tmp_path / name, name)
    before = known(tmp_path)
    (tmp_path / "renamed").rename(tmp_path / "new name")
    (tmp_path / "removed").unlink()
    write(tmp_path / "changed", "something else")
    os.utime(tmp_path / "touched", (1, 1))
    write(tmp_path / "added", "added")

    read: list[str] = []
    honest = ingest.identify
    monkeypatch.setattr(
        ingest, "identify", lambda p, limits=None: (read.append(p.name), honest(p, limits))[1]
    )
    plan = plan_sync(tmp_path, before)
    at = lambda *names: tuple(str(tmp_path / n) for n in names)  # noqa: E731
    assert tuple(s.path for s in plan.add) == at("added")
    assert tuple(s.path for s in plan.change) == at("changed")
    assert [(old, s.path) for old, s in plan.rename] == [at("renamed", "new name")]
    assert tuple(s.path for s in plan.touch) == at("touched")
    assert plan.same == at("same") and plan.remove == at("removed") and plan.refused == ()
    assert "same" not in read  # size and time as known: not read again


def test_sync_of_nothing_new_is_empty(tmp_path: Path) -> None:
    write(tmp_path / "a/b.txt")
    plan = plan_sync(tmp_path, known(tmp_path))
    assert plan.same and not (plan.add or plan.change or plan.rename or plan.touch or plan.remove)


def test_a_missing_folder_is_not_an_emptied_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no folder"):
        plan_sync(tmp_path / "unmounted", {"unmounted/a": ("0" * 64, 1, 1.0)})


def test_what_cannot_be_looked_at_is_not_removed(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "long enough")
    before = known(tmp_path)
    write(tmp_path / "a.txt", "grown beyond the limit" * 100_000)
    plan = plan_sync(tmp_path, before, limits=replace(Limits(), file_mb=1))
    assert plan.remove == () and plan.refused[0].error.code == "too-large"


def test_a_file_replaced_by_a_pipe_is_gone(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt")
    before = known(tmp_path)
    path.unlink()
    os.mkfifo(path)
    plan = plan_sync(tmp_path, before)
    assert plan.remove == (str(path),) and plan.refused[0].error.code == "not-a-file"
