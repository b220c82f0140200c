"""One worker process as the thread that feeds it sees it: asked, watched, ended.

The watch is kept while waiting for an answer: wall time by page, resident memory of the process, and
whether anybody still wants the answer. What the kernel can limit, the worker has limited itself.
"""

from __future__ import annotations

import math
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
import psutil

from triptych import ingest
from triptych.errors import FileError, TriptychError
from triptych.processes import wire
from triptych.processes.worker import most_claimed, most_used, out_of_memory, raised
from triptych.settings import Limits, Settings
from triptych.types import Page, View

TRIES = 2  # how often a file or page may end a worker
REPAIR = "Open it in its own program and save it anew, smaller if it is very large"
_TICK = 0.01  # seconds between two looks at a busy worker: it can fill some 30 MB meanwhile
_START = 60.0  # seconds that a worker may take to start
_REQUESTS = 500  # after which a worker is replaced: decoders leak
_SECRET = re.compile("KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH", re.IGNORECASE)  # names of variables
_NEAR = 0.6  # share of what may be claimed from which a crash is put down to memory
_SOFT = 0.7  # share of the memory limit above which an idle worker is replaced


class Lost(Exception):
    """A worker ended, or had to be ended, before it was done. `error` says why."""

    def __init__(self, error: FileError) -> None:
        super().__init__(error.reason)
        self.error = error


class Cancelled(Exception):
    """Nobody waits for the result any more."""


@dataclass(frozen=True, slots=True)
class Head:
    kind: str
    media_type: str
    pages: int
    meta: dict[str, Any]


@dataclass(slots=True)
class Range:
    """Pages `first` to `last` of a file: what to do, and what came of it."""

    path: Path
    name: str
    first: int
    last: int
    cancelled: threading.Event  # nobody wants any of it
    enough: threading.Event  # the file has done harm enough: do not begin
    tries: int = 1
    seconds: float = 0.0
    head: Head | None = None
    pages: list[Page] = field(default_factory=list)
    error: FileError | None = None
    seen: Callable[[Sequence[Page]], list[Page]] | None = None  # what takes the pictures of these pages
    lost: bool = False  # `error` is how the worker ended, not what it said


class Process:
    """One worker process, as the thread that feeds it sees it."""

    def __init__(self, settings: Settings, side: int, threads: int, closing: threading.Event) -> None:
        self._limits = settings.limits
        self._closing = closing
        self._requests = 0
        self._tired = False
        self._claimed = 0
        self._weighed = -math.inf  # when its memory was looked at last
        self._socket, theirs = socket.socketpair()
        self._socket.settimeout(_TICK)
        with theirs, tempfile.TemporaryFile() as log:
            self._process = _start(theirs, threads, log)
            theirs.close()  # so that the worker's end is the only one, and its death is heard
            self._status = psutil.Process(self._process.pid)
            try:
                self._begin(settings, side, threads, log)
            except BaseException:
                self.kill()
                raise

    def _begin(self, settings: Settings, side: int, threads: int, log: IO[bytes]) -> None:
        """Hand over the settings and wait until the worker is ready. Raises Lost when it was killed
        meanwhile, TriptychError when it cannot start: then no other could."""
        try:
            parts = {name: asdict(getattr(settings, name)) for name in ("ocr", "look", "limits")}
            self._send({**parts, "threads": threads, "side": side})
            self._receive(_START, self._closing)
        except Lost as lost:
            if (self._process.poll() or 0) < 0:
                raise
            log.seek(0)
            said = log.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
            silent = f"it says nothing for {_START:g} seconds" if self._process.poll() is None else str(lost)
            raise TriptychError(f"The reading process does not start: {(said or silent)[:250]}") from lost

    def read(self, job: Range) -> None:
        """Read a range of pages into `job`. Raises Lost, FileError, or the worker's own error."""
        request = {"do": "read", **_document(job), "first": job.first, "last": job.last}
        for header, arrays in self._ask(request, job.cancelled):
            if header.pop("is") == "head":
                job.head = _head(header, self._limits)
                continue
            page = wire.page_in(header, arrays)
            if page.number != job.first + len(job.pages):
                raise ValueError("a page that was not asked for")
            job.pages.append(page)
        if job.head is None or len(job.pages) < min(job.last, job.head.pages) - job.first + 1:
            raise ValueError("not all pages that were asked for")

    def draw(self, job: Range, side: int) -> np.ndarray | None:
        """The pixels of page `job.first`, None when it has none. Raises as `read` does."""
        request = {"do": "draw", **_document(job), "page": job.first, "side": side}
        answers = [arrays for _, arrays in self._ask(request, job.cancelled)]
        return answers[0][0] if answers and answers[0] else None

    def look(self, job: Range, page: Page, views: Sequence[View], side: int) -> tuple[View, ...]:
        """The views of page `job.first` with their pixels. Raises as `read` does."""
        return self._views(job, page, views, {"do": "look", "side": side})

    def cut(self, job: Range, page: Page, views: Sequence[View], sides: Sequence[int]) -> tuple[View, ...]:
        """The same for those who read them, each of its own size."""
        return self._views(job, page, views, {"do": "cut", "sides": list(sides)})

    def _views(self, job: Range, page: Page, views: Sequence[View], how: dict[str, Any]) -> tuple[View, ...]:
        size, turned = [page.width, page.height], page.turned
        request = {**how, **_document(job), "page": job.first, "size": size, "turned": turned}
        answers = [*self._ask({**request, "views": wire.views_out(views)}, job.cancelled)]
        header, arrays = answers[0]
        return wire.views_in(header["views"], arrays)

    @property
    def worn(self) -> bool:
        """Whether the next request should get a fresh worker."""
        return self._tired or self._requests >= _REQUESTS or self._memory() > _SOFT * most_used(self._limits)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._socket.close()

    def _ask(self, request: dict[str, Any], cancelled: threading.Event) -> Iterator[wire.Message]:
        """Send a request; the messages that answer it. Ends, or raises, as the worker says."""
        self._requests += 1
        self._send(request)
        while True:
            header, arrays = self._receive(self._limits.page_seconds, cancelled)
            if header["is"] != "done":
                yield header, arrays
                continue
            self._tired = header["tired"]
            if header["refused"]:
                raise FileError(**header["refused"])
            if header["error"]:
                raise raised(header["error"])
            return

    def _send(self, header: dict[str, Any]) -> None:
        try:
            wire.send(self._socket, header)
        except OSError as error:
            raise Lost(self._ending()) from error

    def _receive(self, seconds: float, cancelled: threading.Event) -> wire.Message:
        deadline = time.monotonic() + seconds

        def fill(view: memoryview) -> None:
            while view:
                if cancelled.is_set() or self._closing.is_set():
                    raise Cancelled
                if time.monotonic() > deadline:
                    raise Lost(_too_slow(self._limits))
                if self._too_large():
                    raise Lost(out_of_memory(self._limits))
                try:
                    n = self._socket.recv_into(view)
                except TimeoutError:
                    continue
                except OSError:
                    n = 0
                if not n:
                    raise Lost(self._ending())
                view = view[n:]

        return wire.receive(fill)

    def _too_large(self) -> bool:
        """Whether the worker holds too much memory; asked of the system now and then, for that takes longer
        than most messages do."""
        now = time.monotonic()
        if now < self._weighed + _TICK:
            return False
        self._weighed = now
        return self._memory() > most_used(self._limits)

    def _memory(self) -> int:
        """Resident bytes of the worker; 0 when it has ended."""
        try:
            memory = self._status.memory_info()
        except psutil.Error:
            return 0
        self._claimed = int(getattr(memory, "data", memory.rss))  # what RLIMIT_DATA counts
        return int(memory.rss)

    def _ending(self) -> FileError:
        """Why the worker closed its end."""
        try:
            status = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            status = 0
        if status == -signal.SIGXCPU:
            return _too_slow(self._limits)
        if status < 0 and self._claimed > _NEAR * most_claimed(self._limits):
            return out_of_memory(self._limits)  # many a decoder aborts when it gets no memory
        how = signal.Signals(-status).name if status < 0 else f"exit {status}"
        return died(how)


def _head(header: dict[str, Any], limits: Limits) -> Head:
    head = Head(**header)
    if not isinstance(head.pages, int) or head.pages > limits.pages:
        raise ValueError("an impossible number of pages")
    return head


def _document(job: Range) -> dict[str, str]:
    return {"path": os.fsencode(job.path).hex(), "name": ingest.name_of(Path(job.name).name)}


def _start(theirs: socket.socket, threads: int, log: IO[bytes]) -> subprocess.Popen[bytes]:
    # -P: a module of the same name in the folder with the documents must not be imported.
    command = [
        sys.executable,
        "-P",
        "-m",
        "triptych.processes.worker",
        str(theirs.fileno()),
        str(os.getpid()),
    ]
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            pass_fds=[theirs.fileno()],
            env=_environment(threads),
        )
    except OSError as error:  # no memory or no process left
        raise TriptychError(f"The reading process does not start: {error.strerror}") from error


def _environment(threads: int) -> dict[str, str]:
    """Ours without secrets, which foreign bytes have no business with. One thread for each of several
    workers: more would only wait for each other."""
    ours = {name: value for name, value in os.environ.items() if not _SECRET.search(name)}
    names = (
        "OMP_NUM_THREADS",
        "OMP_THREAD_LIMIT",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "OPENCV_FOR_THREADS_NUM",  # else a quarter more processor time for a page (docs/log/workers.md)
    )
    return {**ours, **dict.fromkeys(names, str(threads)), "MALLOC_ARENA_MAX": "2"}


def _too_slow(limits: Limits) -> FileError:
    return FileError(
        "timeout",
        f"reading a page of it takes more than {limits.page_seconds:g} seconds",
        "Raise the setting limits.page_seconds, or make the page simpler",
    )


def died(how: str) -> FileError:
    return FileError(
        "worker-died", f"the process that reads it crashes, {TRIES} tries out of {TRIES} ({how})", REPAIR
    )


def given_up() -> FileError:
    return FileError("worker-died", "left out, because too many pages of this file cannot be read", REPAIR)
