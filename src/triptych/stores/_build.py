"""Making a new base beside the store that serves: `python -m triptych.stores._build FOLDER DIM KIND`.

It reads the files that the store wrote last, writes `base-NUMBER` and changes nothing else; the store takes
it up when it is there. One at a time works on a folder. Killed, it leaves a temporary folder that the
next one removes; the store asks again.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from triptych import files
from triptych.errors import Damaged
from triptych.stores import _base, _kinds
from triptych.stores._table import Table, write

RECENT = "vectors.bin"  # the rows of a store that are in no base yet; its note names the base
_MAKING = ".making"
_BLOCK = 65536


class Builder:
    """Starts the process, at most one at a time, and looks whether it is at work."""

    def __init__(self, folder: Path, dim: int) -> None:
        self._folder = folder
        self._dim = dim
        self._waiting: threading.Thread | None = None

    @property
    def at_work(self) -> bool:
        return self._waiting is not None and self._waiting.is_alive()

    def start(self, kind: str) -> None:
        """It outlives this process if need be: what it makes is there for the next one."""
        if self.at_work:
            return
        command = [sys.executable, "-m", "triptych.stores._build", str(self._folder), str(self._dim), kind]
        none = subprocess.DEVNULL
        child = subprocess.Popen(command, stdin=none, stdout=none, stderr=none, start_new_session=True)
        self._waiting = threading.Thread(target=child.wait, name="triptych-index", daemon=True)
        self._waiting.start()

    def wait(self, seconds: float | None = None) -> None:
        """Until it is done."""
        if self._waiting is not None:
            self._waiting.join(seconds)


def build(folder: Path, dim: int, kind: str) -> str:
    """Make the next base of all rows in the store's files; its name. "" when another process is at it, or the
    files were replaced meanwhile."""
    try:
        with FileLock(folder.with_name(f"{folder.name}.build.lock"), timeout=0):
            return _build(folder, dim, kind)
    except (Timeout, FileNotFoundError, Damaged):
        return ""


def _build(folder: Path, dim: int, kind: str) -> str:
    recent = Table(folder / RECENT, dim)
    parts = [recent]
    old = str(recent.note.get("base", ""))
    if old:
        parts.append(Table(folder / old / _base.ROWS, dim))
        parts[1].kill(np.array(recent.note["dead"], np.int64))
    ids = np.sort(np.concatenate([part.ids() for part in parts]))
    if _base.newest(folder, old) or not len(ids):
        return ""  # made already and not taken up yet, or nothing to make
    name, making = _base.named(_base.number(old) + 1), folder / _MAKING
    files.remove(making)
    making.mkdir()
    write(making / _base.ROWS, dim, recent.watermark, ids, _gathered(parts, ids), {})
    _base.write_index(_kinds.make(kind, Table(making / _base.ROWS, dim).base), kind, making)
    for path in making.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    making.rename(folder / name)
    files.sync_folder(folder)
    return name


def _gathered(parts: list[Table], ids: np.ndarray) -> Iterator[np.ndarray]:
    """The vectors of `ids` in blocks; each id stands in one of the parts."""
    for start in range(0, len(ids), _BLOCK):
        some = ids[start : start + _BLOCK]
        block = np.empty((len(some), parts[0].dim), "<f2")
        for part in parts:
            rows = part.find(some)
            block[rows >= 0] = part.gather(rows[rows >= 0])
        yield block


if __name__ == "__main__":
    os.nice(10)
    build(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
