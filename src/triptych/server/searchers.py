"""Searching processes: beside the server, for when several people search at once.

    Searchers(library, count)
    start()                      in the background; until they are ready, threads of the server search
    answer(who, asked) -> bytes | None      from any thread; None: nobody is there to answer, search yourself
    close()

Threads of one interpreter take turns with most of a search; processes do not. Each has the library open for itself
and sees what is committed, as every reader does. One that dies is replaced, and its search is done again here.
"""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import Any

from triptych import settings as configuration
from triptych.library import Library
from triptych.pipeline import BUILTIN
from triptych.plugins import split
from triptych.processes import wire
from triptych.server.problems import Problem
from triptych.settings import RERANK_BUILTIN, Settings

_log = logging.getLogger("triptych.server")

_MOST = 4  # processes, unless the setting says how many: each takes some 300 MB
_START = 60.0  # seconds that one may take to start
_AGAIN = 30.0  # seconds after which one that did not start is tried again
_ANSWER = 120.0  # seconds that a search may take
_END = 5.0  # seconds that one may take to end


class Lost(Exception):
    """A process ended, or does not answer."""


class Searchers:
    """The processes of one server: none before `start`."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self.count = count(library.settings)
        self._idle: SimpleQueue[_Searcher] = SimpleQueue()
        self._there: set[_Searcher] = set()
        self._next = 0.0  # when one may be started
        self._guard = threading.Lock()
        self._closed = False
        # Processes end with the thread that started them: one that lasts.
        self._starting = ThreadPoolExecutor(1, "triptych-searchers")

    def start(self) -> None:
        """Start those that are missing. Returns at once."""
        with self._guard:
            if self._closed or len(self._there) >= self.count or time.monotonic() < self._next:
                return
            self._next = time.monotonic() + _AGAIN
            self._starting.submit(self._start)

    @property
    def processes(self) -> tuple[int, ...]:
        """Ids of those that answer."""
        return tuple(one.pid for one in self._there)

    def _start(self) -> None:
        """One after the other: the first one answers while the next one starts."""
        try:
            while not self._closed and len(self._there) < self.count:
                made = _Searcher(self._library)
                with self._guard:
                    self._there.add(made)
                self._idle.put(made)
            self._next = 0.0
        except Lost as lost:
            _log.warning("A searching process does not start: %s. Threads search in its place.", lost)

    def answer(self, who: str, asked: Mapping[str, Any]) -> bytes | None:
        """What a search finds, as JSON; None where no process can tell. Waits while all are busy. Raises Problem."""
        one = self._take()
        if one is None:
            return None
        try:
            header, body = one.ask({"who": who, "asked": dict(asked)})
        except Lost as lost:
            _log.warning("A searching process is gone: %s. It is replaced.", lost)
            self._drop(one)
            return None
        self._idle.put(one)
        if header["is"] == "problem":
            status, code, detail, headers, more = header["problem"]
            raise Problem(status, code, detail, headers, **more)
        return body if header["is"] == "found" else None

    def _take(self) -> _Searcher | None:
        while self._there and not self._closed:
            try:
                return self._idle.get(timeout=1.0)
            except Empty:
                continue
        return None

    def _drop(self, one: _Searcher) -> None:
        with self._guard:
            self._there.discard(one)
            self._next = 0.0
        one.close()

    def close(self) -> None:
        """End them all."""
        with self._guard:
            self._closed = True
        self._starting.shutdown()
        for one in self._there:
            one.close()
        self._there.clear()


class _Searcher:
    """One process."""

    def __init__(self, library: Library) -> None:
        """Raises Lost when it does not start."""
        self._socket, theirs = socket.socketpair()
        with theirs:
            command = [
                sys.executable,
                "-P",
                "-m",
                "triptych.server.searcher",
                str(theirs.fileno()),
                str(os.getpid()),
            ]
            quiet = subprocess.DEVNULL
            try:
                self._process = subprocess.Popen(
                    command, stdin=quiet, stdout=quiet, pass_fds=[theirs.fileno()], env=_environment()
                )
            except OSError as error:  # no memory or no process left
                self._socket.close()
                raise Lost(str(error)) from error
        settings = {**dict(configuration.keys(library.settings)), "search.threads": 1}
        try:
            self._ask({"folder": str(library.folder.absolute()), "settings": settings}, _START)
        except Lost:
            self.close()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        header, arrays = self._ask(request, _ANSWER)
        return header, arrays[0].tobytes()

    def _ask(self, request: dict[str, Any], seconds: float) -> wire.Message:
        """Raises Lost when no answer comes, or none that can be read."""
        self._socket.settimeout(seconds)
        try:
            wire.send(self._socket, request)
            return wire.receive(wire.filler(self._socket))
        except (OSError, ValueError) as error:
            raise Lost(str(error) or type(error).__name__) from error

    def close(self) -> None:
        """It ends when nobody can ask it any more."""
        self._socket.close()
        try:
            self._process.wait(_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def count(settings: Settings) -> int:
    """How many processes a server may have. Models that are not built in would be loaded once in each: there threads
    search, which such models let run side by side."""
    if settings.server.processes >= 0:
        return settings.server.processes
    encoders = {split(spec)[0] for spec in (settings.encoder, settings.image_encoder)}
    own = encoders <= {BUILTIN, "none"} and settings.rerank.model in (*RERANK_BUILTIN, "none")
    return min(_MOST, os.cpu_count() or 1) if own else 0


def _environment() -> dict[str, str]:
    """One thread of BLAS for each: more would only wait for each other."""
    return {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
