"""Blobs: the originals, each kept once under the SHA-256 of its bytes.

A local folder by default; any fsspec URL (`s3://`, `gs://`, `memory://`) works the same. In a folder
an original becomes durable by: copy, fsync of the file, rename, fsync of the folder. Only then may
the catalog speak of it. A crash in between leaves a staging file, which `sweep` removes.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from triptych import ingest
from triptych.errors import LibraryError
from triptych.faults import point
from triptych.settings import Limits
from triptych.types import Source

_DAMAGED = ".corrupt-"  # between the name of an original that was damaged and when that was seen
_PART = ".part"  # ending of a file that is not complete
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True)
class Staged:
    """A private copy of a file, taken while it was hashed: what is kept is what was read."""

    path: Path
    source: Source


class Blobs:
    """Originals by SHA-256 at `url`. `staging` is a local folder for copies that are not kept yet; for
    a local store it should be on the same disk, so that keeping is a rename."""

    def __init__(self, url: str | Path, staging: Path, limits: Limits | None = None) -> None:
        if isinstance(url, Path):  # never read as a URL, whatever characters it holds
            self._files, self._root = LocalFileSystem(), str(url.absolute())
        else:
            self._files, root = url_to_fs(url)
            self._root = root.rstrip("/")
        self._local = isinstance(self._files, LocalFileSystem)
        self._staging = staging
        self._limits = limits or Limits()
        self._open: set[Path] = set()

    def stage(self, path: Path) -> Staged:
        """Copy `path` while hashing it. Raises FileError (the file), LibraryError (our disk)."""
        with ingest.open_regular(path) as file:
            copy = self._part()
            digest = hashlib.sha256()
            size = 0
            try:
                with copy.open("wb", buffering=0) as out:
                    for block in ingest.blocks(file, self._limits):
                        digest.update(block)
                        size += len(block)
                        _write_all(out, block)
            except OSError as error:
                self._forget(copy)
                raise _disk_error(error, self._staging) from error
            except BaseException:
                self._forget(copy)
                raise
            modified = os.fstat(file.fileno()).st_mtime
        point("blob-staged")
        return Staged(copy, Source(ingest.name_of(path), digest.hexdigest(), size, modified))

    def keep(self, staged: Staged) -> None:
        """Make a staged copy the blob of its SHA-256, durably. Twice is once. Raises LibraryError."""
        sha = staged.source.sha256
        try:
            if not self.whole(staged.source):  # absent, or cut short by something else
                if self._local:
                    self._move_in(staged.path, Path(self._key(sha)))
                else:
                    self._upload(staged.path, self._key(sha))
        except OSError as error:
            raise _disk_error(error, self._root) from error
        finally:
            self._forget(staged.path)
        point("blob-kept")

    def discard(self, staged: Staged) -> None:
        """Drop a staged copy that is not wanted."""
        self._forget(staged.path)

    def local(self, sha: str) -> Path:
        """A local file with the blob's bytes; remote ones are fetched once, checked and cached.

        Raises LibraryError when the blob is missing or is not what its name says.
        """
        if self._local:
            path = Path(self._key(sha))
            if not path.is_file():
                raise _missing(sha)
            return path
        path = self._staging / "fetched" / sha
        if not path.is_file():
            part = self._part()
            try:
                self._files.get_file(self._key(sha), str(part))
                if _sha256(part.open("rb")) != sha:
                    raise LibraryError(f"The original {sha} is damaged in the store. Type: triptych verify")
                path.parent.mkdir(parents=True, exist_ok=True)
                part.replace(path)
            except FileNotFoundError as error:
                raise _missing(sha) from error
            except OSError as error:
                raise _disk_error(error, self._staging) from error
            finally:
                self._forget(part)
        return path

    def read(self, sha: str) -> bytes:
        """All bytes of a blob. Raises LibraryError when it is missing."""
        try:
            data: bytes = self._files.cat_file(self._key(sha))
        except FileNotFoundError as error:
            raise _missing(sha) from error
        return data

    def whole(self, source: Source) -> bool:
        """Whether the blob of a file is there in its full size."""
        return self._size(source.sha256) == source.size

    def delete(self, sha: str) -> None:
        """Remove a blob, its cached copy, and what was damaged of it. One that is not there is no error."""
        for key in [self._key(sha), *self._damaged(sha)]:
            with suppress(FileNotFoundError):
                self._files.rm_file(key)
        (self._staging / "fetched" / sha).unlink(missing_ok=True)
        if self._local:
            folder = Path(self._key(sha)).parent
            with suppress(OSError):  # not empty, or not there: both are fine
                folder.rmdir()

    def free(self, unheld: Iterable[str]) -> None:
        """Delete the blobs that the catalog says nothing holds any more, and what was drawn of them."""
        for sha in unheld:
            self.delete(sha)
            shutil.rmtree(self.thumbnails(sha), ignore_errors=True)

    def thumbnails(self, sha: str) -> Path:
        """The local folder for pictures drawn of a blob; they go with it."""
        if not _is_sha256(sha):
            raise ValueError(f"not a SHA-256: {sha!r}")
        return self._staging.parent / "thumbnails" / sha[:2] / sha

    def list(self) -> Iterator[str]:
        """The SHA-256 of every blob, sorted; foreign files are left out."""
        self._files.invalidate_cache()  # another process may have added some
        found = self._files.find(self._root) if self._files.exists(self._root) else []
        names = (key.rpartition("/")[2] for key in found)
        yield from sorted(name for name in names if _is_sha256(name))

    def check(self, sha: str) -> bool:
        """Read the blob again and say whether its bytes are what its name says. Missing: False."""
        try:
            return _sha256(self._files.open(self._key(sha), "rb")) == sha
        except FileNotFoundError:
            return False

    def differences(self, held: set[str]) -> Iterator[str]:
        """What is wrong with the originals, given those that the catalog holds; reads all of them."""
        there = set(self.list())
        for sha256 in sorted(held - there):
            yield f"the original {sha256} is missing from blobs; add its file again"
        for sha256 in sorted(there - held):
            yield f"the original {sha256} belongs to nothing in the catalog"
        for sha256 in sorted(held & there):
            if not self.check(sha256):
                aside = self._set_aside(sha256)
                yield f"the original {sha256} is damaged, and was moved to {aside}; add its file again"

    def sweep(self) -> int:
        """Remove what crashed runs left in staging; how many files. Only the holder of the library's
        write lock may call it: nobody else can own a staging file then."""
        left = [p for p in self._staging.glob(f"*{_PART}") if p not in self._open]
        if self._local:
            left += Path(self._root).glob(f"*/*{_PART}")
        for path in left:
            path.unlink(missing_ok=True)
        if not self._local and self._files.exists(f"{self._root}/staging"):
            self._files.rm(f"{self._root}/staging", recursive=True)
        return len(left)

    def _set_aside(self, sha: str) -> str:
        """Move a damaged original out of the way, so that its file can be added again; its new name."""
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        name = f"{sha}{_DAMAGED}{stamp}"
        self._files.mv(self._key(sha), f"{self._root}/{sha[:2]}/{name}")
        return name

    def _damaged(self, sha: str) -> Iterator[str]:
        """What was moved aside of an original."""
        folder = f"{self._root}/{sha[:2]}"
        try:
            names = self._files.ls(folder, detail=False)
        except FileNotFoundError:
            return
        yield from (n for n in map(str, names) if n.rpartition("/")[2].startswith(f"{sha}{_DAMAGED}"))

    def _key(self, sha: str) -> str:
        if not _is_sha256(sha):
            raise ValueError(f"not a SHA-256: {sha!r}")  # never let a name become a path
        return f"{self._root}/{sha[:2]}/{sha}"

    def _size(self, sha: str) -> int | None:
        try:
            size: int = self._files.size(self._key(sha))
        except FileNotFoundError:
            return None
        return size

    def _part(self) -> Path:
        try:
            self._staging.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(_PART, dir=self._staging)
        except OSError as error:
            raise _disk_error(error, self._staging) from error
        os.close(handle)
        self._open.add(Path(name))
        return Path(name)

    def _forget(self, part: Path) -> None:
        part.unlink(missing_ok=True)
        self._open.discard(part)

    def _move_in(self, part: Path, target: Path) -> None:
        if not target.parent.is_dir():
            target.parent.mkdir(parents=True, exist_ok=True)
            _sync(target.parent.parent)
        _sync(part)
        point("blob-synced")
        try:
            part.replace(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            self._copy_in(part, target)
        point("blob-renamed")
        _sync(target.parent)

    def _copy_in(self, part: Path, target: Path) -> None:
        """As a rename, for a store on another disk than staging."""
        near = target.with_name(target.name + _PART)
        try:
            with part.open("rb") as file, near.open("wb", buffering=0) as out:
                while block := file.read(ingest.BLOCK):
                    _write_all(out, block)
                os.fsync(out.fileno())
            near.replace(target)
        finally:
            near.unlink(missing_ok=True)

    def _upload(self, part: Path, key: str) -> None:
        """Upload under another name first: a broken upload must not look like a blob."""
        passing = f"{self._root}/staging/{part.name}"
        self._files.put_file(str(part), passing)
        point("blob-uploaded")
        self._files.mv(passing, key)


def _write_all(out: IO[bytes], block: bytes) -> None:
    view = memoryview(block)
    while view:  # an unbuffered write may be short when a disk fills up
        view = view[out.write(view) :]


def _sync(path: Path) -> None:
    """Wait until a file's bytes, or a folder's names, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sha256(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    with file:
        while block := file.read(ingest.BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _is_sha256(name: str) -> bool:
    return len(name) == 64 and set(name) <= set("0123456789abcdef")


def _missing(sha: str) -> LibraryError:
    return LibraryError(f"The original {sha} is missing from the library. Type: triptych verify")


def _disk_error(error: OSError, where: str | Path) -> LibraryError:
    place = ingest.name_of(where)
    if error.errno in _FULL:
        return LibraryError(f"The disk that holds {place} is full. Make room there and run this again.")
    return LibraryError(
        f"Writing to {place} failed: {error.strerror or error}. Check that place and run again."
    )
