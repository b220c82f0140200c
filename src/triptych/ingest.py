"""Ingest: from what people name to files that can be read. Nothing is decoded here.

Only regular files are ever opened: pipes, sockets and devices are refused by their type, and links
are never followed out of the folder that was named. A file that cannot be taken is `Refused` with
one line, and the walk goes on.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO

from triptych.errors import FileError, UserError
from triptych.settings import Limits
from triptych.types import Source

BLOCK = 1 << 20  # bytes read at a time
_ESCAPED = re.compile(r"\\(?:\\|x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))")
_TRY = "Check the disk it is on, and add it again"
_JOINERS = "\u200c\u200d"  # format characters that some scripts and emoji need inside a word


@dataclass(frozen=True, slots=True)
class Refused:
    """A path that was named or found and cannot be taken, and why."""

    path: Path
    error: FileError


# Names


def name_of(path: str | Path) -> str:
    """A path as one printable line of valid Unicode; `path_of` gives the path back.

    Bytes that are no UTF-8 and control characters become `\\xNN`, other characters that cannot be
    seen (direction overrides, line separators) `\\uNNNN`, and a backslash is doubled.
    """
    text = os.fsencode(path).decode("utf-8", "surrogateescape")
    if text.isprintable() and "\\" not in text:
        return text
    return "".join(c if _visible(c) else _escape(c) for c in text)


def names_of(path: str | Path) -> tuple[str, ...]:
    """Every name under which a file may be kept: as it is given, from the root, and from the current folder."""
    absolute, here = place_of(path), Path.cwd()
    below = absolute.relative_to(here) if absolute.is_relative_to(here) else absolute
    return tuple(dict.fromkeys(map(name_of, (path, absolute, below))))


def place_of(path: str | Path) -> Path:
    """A path from the root, without `..` in it; links stay as they are."""
    return Path(os.path.normpath(Path(path).absolute()))


def path_of(name: str) -> Path:
    """The path that `name_of` made `name` from."""
    parts: list[bytes] = []
    at = 0
    for match in _ESCAPED.finditer(name):
        byte, short, long = match.groups()
        parts.append(name[at : match.start()].encode("utf-8"))
        if byte:
            parts.append(bytes([int(byte, 16)]))
        else:
            parts.append(chr(int(short or long, 16)).encode("utf-8") if short or long else b"\\")
        at = match.end()
    parts.append(name[at:].encode("utf-8"))
    return Path(os.fsdecode(b"".join(parts)))


def _visible(char: str) -> bool:
    return char != "\\" and (char.isprintable() or unicodedata.category(char) == "Zs" or char in _JOINERS)


def _escape(char: str) -> str:
    code = ord(char)
    if char == "\\":
        return "\\\\"
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no UTF-8, as surrogateescape keeps it
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


# Finding files


def find(
    what: Sequence[str | Path], stdin: BinaryIO | None = None, library: Path | None = None
) -> Iterator[Path | Refused]:
    """The files that `what` names, in a stable order: files, folders with all that is in them, and
    for "-" the names on `stdin` (one a line, or parted by NUL bytes as `find -print0` writes them).

    Hidden files and folders inside folders are left out, and so is the `library`'s own folder.
    """
    for path in _named(what, stdin):
        if "\0" in str(path):
            yield Refused(path, FileError("bad-name", "the name holds a NUL character", "Rename the file"))
            continue
        try:
            mode = path.stat().st_mode
        except OSError as error:
            yield Refused(path, file_error(error, path))
            continue
        if library is not None and _within(path, library):
            yield Refused(
                path, FileError("own-library", "this is inside the library itself", "Name another folder")
            )
        elif stat.S_ISDIR(mode):
            yield from _walk(path, library)
        elif stat.S_ISREG(mode):
            yield path
        else:
            yield Refused(path, _not_a_file(mode))


def without(found: Iterable[Path | Refused], file: Path) -> Iterator[Path | Refused]:
    """`found` but for one file."""
    own = file.absolute()
    return (f for f in found if isinstance(f, Refused) or f.absolute() != own)


def _named(what: Sequence[str | Path], stdin: BinaryIO | None) -> Iterator[Path]:
    for item in what:
        if str(item) != "-":
            yield Path(item)
            continue
        if stdin is None:
            raise UserError("'-' stands for a list of files on standard input, but there is none here.")
        listed = stdin.read()
        names = listed.split(b"\0") if b"\0" in listed else listed.split(b"\n")
        yield from (Path(os.fsdecode(name)) for name in names if name.strip())


def _walk(top: Path, library: Path | None) -> Iterator[Path | Refused]:
    """All files under `top`, folder by folder, names in order. A stack, so depth costs no recursion."""
    folders = [top]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as entries:
                found = sorted((e for e in entries if not e.name.startswith(".")), key=lambda e: e.name)
        except OSError as error:
            yield Refused(folder, file_error(error, folder))
            continue
        inner: list[Path] = []
        for entry in found:
            path = Path(entry.path)
            if entry.is_symlink():
                yield from _link(path, top, library)
            elif entry.is_dir(follow_symlinks=False):
                if library is None or not _within(path, library):
                    inner.append(path)
            else:
                yield from _file(entry)
        folders.extend(reversed(inner))


def _file(entry: os.DirEntry[str]) -> Iterator[Path | Refused]:
    path = Path(entry.path)
    try:
        mode = entry.stat(follow_symlinks=False).st_mode
    except OSError as error:
        yield Refused(path, file_error(error, path))
        return
    yield path if stat.S_ISREG(mode) else Refused(path, _not_a_file(mode))


def _link(path: Path, top: Path, library: Path | None) -> Iterator[Path | Refused]:
    """A link inside the folder `top`. Links to folders inside need nothing: those are met themselves."""
    try:
        target = path.resolve(strict=True)
        mode = target.stat().st_mode
    except OSError as error:
        yield Refused(path, file_error(error, path))
        return
    except RuntimeError:  # how Python 3.11 and 3.12 report a loop
        yield Refused(path, file_error(OSError(errno.ELOOP, os.strerror(errno.ELOOP)), path))
        return
    if not _within(target, top):
        hint = "Name the link or its target itself to add it"
        yield Refused(path, FileError("link-outside", "the link leads out of the folder", hint))
    elif stat.S_ISREG(mode) and not (library and _within(target, library)):
        yield path
    elif not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        yield Refused(path, _not_a_file(mode))


def _within(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


# Opening and identifying


def identify(path: Path, limits: Limits | None = None) -> Source:
    """Name, SHA-256, size and time of a file. Raises FileError."""
    digest = hashlib.sha256()
    size = 0
    with open_regular(path) as file:
        for block in blocks(file, limits or Limits()):
            digest.update(block)
            size += len(block)
        modified = os.fstat(file.fileno()).st_mtime
    return Source(name_of(path), digest.hexdigest(), size, modified)


def open_regular(path: Path) -> BinaryIO:
    """The file, open for reading. Anything but a regular file is refused without being opened, and
    checked again once it is open in case it was swapped in between. Raises FileError."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise _not_a_file(mode)
        # Non-blocking: a pipe that took the file's place meanwhile must not make us wait.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise file_error(error, path) from error
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        raise _not_a_file(mode)
    return os.fdopen(handle, "rb", buffering=0)


def blocks(file: BinaryIO, limits: Limits) -> Iterator[bytes]:
    """The file's bytes in blocks. Raises FileError once there are more than the limit allows, also
    where the file claims to be small (files that grow, or that a kernel makes up)."""
    allowed = limits.file_mb * 1_000_000
    size = os.fstat(file.fileno()).st_size
    while size <= allowed:
        try:
            block = file.read(BLOCK)
        except OSError as error:
            raise FileError("unreadable", f"reading it failed: {error.strerror}", _TRY) from error
        if not block:
            return
        yield block
        size = max(size, file.tell())
    raise FileError(
        "too-large",
        f"it has {size / 1e6:,.0f} MB, {limits.file_mb:,} MB are allowed",
        "Raise the setting limits.file_mb, or split the file",
    )


def file_error(error: OSError | ValueError, path: Path) -> FileError:
    """What a failed system call on `path` means to people."""
    number = getattr(error, "errno", None)
    if isinstance(error, ValueError):
        return FileError("bad-name", "the name holds a NUL character", "Rename the file")
    if number == errno.ENOENT and path.is_symlink():
        return FileError("not-found", "the link leads to nothing", "Mend or delete the link")
    if number in (errno.ENOENT, errno.ENOTDIR):
        return FileError("not-found", "there is no such file or folder", _nearest(path))
    if number in (errno.EACCES, errno.EPERM):
        return FileError("unreadable", "you have no permission to read it", "Change its permissions (chmod)")
    if number == errno.ELOOP:
        return FileError("link-loop", "the link leads back to itself", "Mend or delete the link")
    if number == errno.ENAMETOOLONG:
        return FileError("name-too-long", "its path is longer than the system allows", "Move it up")
    return FileError("unreadable", f"it cannot be opened: {error.strerror}", _TRY)


def _nearest(path: Path) -> str:
    try:
        names = [p.name for p in path.parent.iterdir() if p.name != path.name]
        near = get_close_matches(path.name, names, 1)
    except OSError:
        return f"There is no folder '{name_of(path.parent)}' either"
    return f"Did you mean '{name_of(path.parent / near[0])}'?" if near else "Check the spelling"


def _not_a_file(mode: int) -> FileError:
    kinds = {
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
        stat.S_IFDIR: "a folder",
    }
    what = kinds.get(stat.S_IFMT(mode), "something else")
    return FileError("not-a-file", f"it is {what}, not a file", "Only files and folders can be added")


# Following a folder


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """What has to happen for the library to follow a folder. Names are as `name_of` gives them.

    A file that cannot be looked at now (`refused`) is never counted as removed.
    """

    add: tuple[Source, ...]  # new names
    change: tuple[Source, ...]  # known names with other content
    rename: tuple[tuple[str, Source], ...]  # old name, and the same content under its new name
    touch: tuple[Source, ...]  # known content with another time: nothing to read again
    same: tuple[str, ...]
    remove: tuple[str, ...]
    refused: tuple[Refused, ...]


def plan_sync(
    folder: Path,
    known: Mapping[str, tuple[str, int, float]],
    library: Path | None = None,
    limits: Limits | None = None,
) -> SyncPlan:
    """Compare `folder` with the `known` files in it: name -> (sha256, size, time of change).

    A file whose size and time are as known is not read. Raises UserError when the folder is missing,
    so that an unmounted disk does not look like a folder that was emptied.
    """
    if folder.is_file():
        raise UserError(
            f"'{name_of(folder)}' is a file, not a folder. Add it: triptych add {name_of(folder)}"
        )
    if not folder.is_dir():
        raise UserError(f"There is no folder '{name_of(folder)}' to follow. {_nearest(folder)}")
    same: list[str] = []
    touch: list[Source] = []
    change: list[Source] = []
    fresh: list[Source] = []
    refused: list[Refused] = []
    for found in find([folder], library=library):
        try:
            if isinstance(found, Refused):
                raise found.error
            names = names_of(found)
            name = next((name for name in names if name in known), names[0])
            before = known.get(name)
            state = found.stat()
            if before and before[1:] == (state.st_size, state.st_mtime):
                same.append(name)
                continue
            source = replace(identify(found, limits), path=name)
        except FileError as error:
            refused.append(found if isinstance(found, Refused) else Refused(found, error))
        except OSError as error:  # gone since it was listed: the next run will see it as removed
            path = found.path if isinstance(found, Refused) else found
            refused.append(Refused(path, file_error(error, path)))
        else:
            (fresh if not before else touch if before[0] == source.sha256 else change).append(source)
    met = {*same, *(s.path for s in touch), *(s.path for s in change)}
    gone = [name for name in known if name not in met and not _hidden_by(refused, name)]
    rename, add, remove = _renames(fresh, gone, known)
    return SyncPlan(add, tuple(change), rename, tuple(touch), tuple(same), remove, tuple(refused))


def _hidden_by(refused: Iterable[Refused], name: str) -> bool:
    """Whether `name` is, or lies in, something that is there but could not be looked at."""
    return any(
        (name + "/").startswith(refused_name + "/")
        for r in refused
        for refused_name in names_of(r.path)
        if r.error.code not in ("not-found", "not-a-file")
    )


def _renames(
    fresh: Iterable[Source], gone: Iterable[str], known: Mapping[str, tuple[str, int, float]]
) -> tuple[tuple[tuple[str, Source], ...], tuple[Source, ...], tuple[str, ...]]:
    """Pair new names with vanished ones of the same content: (renames, additions, removals)."""
    by_content: dict[str, list[str]] = {}
    for name in gone:
        by_content.setdefault(known[name][0], []).append(name)
    rename: list[tuple[str, Source]] = []
    add: list[Source] = []
    for source in fresh:
        old = by_content.get(source.sha256)
        if old:
            rename.append((old.pop(0), source))
        else:
            add.append(source)
    return tuple(rename), tuple(add), tuple(n for names in by_content.values() for n in names)
