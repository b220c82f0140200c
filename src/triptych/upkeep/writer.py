"""One writer at a time: the lock of a library, and the mark that tells when one did not finish.

While somebody writes, the file `writing` holds the process id. A writer that was killed leaves it, and
the next one to write (or to verify) first puts things right: that is `recover`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from triptych.errors import LibraryError, Locked


class Writer:
    """The right to change the library in `folder`. Re-entrant within a thread; other threads wait."""

    def __init__(self, folder: Path, recover: Callable[[], None]) -> None:
        self._mark = folder / "writing"
        self._lock = FileLock(folder / "lock")
        self._thread = threading.RLock()
        self._recover = recover
        self._depth = 0

    @staticmethod
    def prepare(folder: Path) -> bool:
        """Make the folder of a new library. True, or LibraryError when that cannot be."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryError(
                f"The library '{folder}' cannot be made: {error.strerror}. Name another folder: --library DIR"
            ) from error
        return True

    @contextmanager
    def writing(self, wait: float = 0.0) -> Iterator[None]:
        """Hold the lock; `wait` seconds for it at most. Raises Locked when another process has it."""
        with self._thread:
            if self._depth:
                yield
                return
            self._acquire(wait)
            try:
                if self._mark.exists():
                    self._recover()
                self._mark.write_text(str(os.getpid()), "utf-8")
                self._depth += 1
                try:
                    yield
                finally:
                    self._depth -= 1
                self._mark.unlink(missing_ok=True)
            finally:
                self._lock.release()

    def _acquire(self, wait: float) -> None:
        try:
            self._lock.acquire(timeout=wait)
        except Timeout as error:
            raise Locked(
                f"Another process{self._holder()} is writing to this library ({self._mark.parent}). "
                "Wait until it is done and run the command again; searching works meanwhile."
            ) from error
        except OSError as error:
            raise LibraryError(
                f"The library '{self._mark.parent}' cannot be written: {error.strerror}. "
                "Check that the folder is yours and the disk is not full."
            ) from error

    def _holder(self) -> str:
        try:
            return f" (process {int(self._mark.read_text('utf-8'))})"
        except (OSError, ValueError):
            return ""

    @property
    def unfinished(self) -> bool:
        """Whether a writer was killed, or is at work now."""
        return self._mark.exists()
