"""Uploads: files that were sent, kept in the library's folder until they have been added.

    Uploads(folder)                     `uploads/` in the library
    receive(files, ...) -> Upload       durable when it returns, so that "accepted" survives a crash
    waiting() -> Uploads of before      what a server that stopped had accepted and not added
    forget(upload)

What a sender calls a file is for people only: on disk it is a number. An upload that broke off leaves nothing.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from triptych import files, ingest

FOLDER = "uploads"
_PART = ".part"
_RECORD = "upload.json"
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,8}")
_LONGEST = 200  # characters of a name


@dataclass(frozen=True, slots=True)
class Upload:
    """Files that wait to be added, in the order in which they were sent."""

    id: str
    collection: str
    owner: str  # id of the key
    at: str  # ISO 8601, UTC
    tags: Mapping[str, str]
    names: tuple[str, ...]  # for people
    files: tuple[Path, ...]


class Uploads:
    """The uploads of one library."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER

    def receive(
        self, sent: Sequence[tuple[str, IO[bytes]]], collection: str, owner: str, tags: Mapping[str, str]
    ) -> Upload:
        """Keep files (name, content), durably. Raises OSError, and has kept nothing then."""
        made = f"{datetime.now(UTC):%Y%m%d%H%M%S}-{secrets.token_hex(8)}"
        part = self._folder / f"{made}{_PART}"
        try:
            part.mkdir(parents=True)
            stored = [_stored(number, name) for number, (name, _) in enumerate(sent, 1)]
            for place, (_, content) in zip(stored, sent, strict=True):
                _write(part / place, content)
            record = {
                "collection": collection,
                "owner": owner,
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "tags": dict(tags),
                "names": [shown(name) for name, _ in sent],
                "files": stored,
            }
            files.write(part / _RECORD, json.dumps(record, ensure_ascii=False).encode("utf-8", "replace"))
            part.rename(self._folder / made)
            files.sync_folder(self._folder)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        return self._read(self._folder / made)

    def waiting(self) -> Iterator[Upload]:
        """What was accepted and not added, the oldest first; removes what broke off."""
        if not self._folder.is_dir():
            return
        for place in sorted(self._folder.iterdir()):
            if place.name.endswith(_PART) or not (place / _RECORD).is_file():
                shutil.rmtree(place, ignore_errors=True)
            else:
                yield self._read(place)

    def forget(self, upload: Upload) -> None:
        """Remove the files of an upload that has been added."""
        shutil.rmtree(self._folder / upload.id, ignore_errors=True)

    def _read(self, place: Path) -> Upload:
        raw = json.loads((place / _RECORD).read_text("utf-8"))
        return Upload(
            place.name,
            raw["collection"],
            raw["owner"],
            raw["at"],
            raw["tags"],
            tuple(raw["names"]),
            tuple(place / name for name in raw["files"]),
        )


def shown(name: str) -> str:
    """What people see of the name that a sender gave: the last part of it, printable, of a bearable length."""
    last = re.split(r"[/\\]", name.replace("\0", ""))[-1].strip()
    text = ingest.name_of(last.encode("utf-8", "replace").decode("utf-8"))
    if len(text) > _LONGEST:
        ending = Path(text).suffix[:10]
        text = text[: _LONGEST - len(ending)] + ending
    return text if text.strip(". ") else "unnamed"


def numbered(name: str, number: int) -> str:
    """`scan.pdf` -> `scan (2).pdf`: another file of the same name."""
    path = Path(name)
    return f"{path.stem} ({number}){path.suffix}" if number > 1 else name


def _stored(number: int, name: str) -> str:
    ending = Path(re.split(r"[/\\]", name.replace("\0", ""))[-1]).suffix
    return f"{number:05}{ending.lower() if _ENDING.fullmatch(ending) else ''}"


def _write(place: Path, content: IO[bytes]) -> None:
    with place.open("wb") as out:
        shutil.copyfileobj(content, out, ingest.BLOCK)
        out.flush()
        os.fsync(out.fileno())
