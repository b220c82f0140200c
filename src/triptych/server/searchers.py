"""Searching processes: beside the server, for when several people search at once.

    Searchers(library)
    start()                      in the background; until they are ready, threads of the server search
    await answer(who, asked) -> bytes | None      None: nobody is there to answer, search yourself
    close()

Threads of one interpreter take turns with most of a search; processes do not. Each has the library open for itself
and sees what is committed, as every reader does. The event loop sends each what it is asked, a few questions ahead so
that none waits for the loop. One that dies is replaced, and its searches are done again here.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from triptych import settings as configuration
from triptych.library import Library
from triptych.pipeline import BUILTIN
from triptych.plugins import split
from triptych.server.problems import Problem
from triptych.settings import RERANK_BUILTIN, Settings

_log = logging.getLogger("triptych.server")

_MOST = 4  # processes, unless the setting says how many: each takes some 300 MB
_START = 60.0  # seconds that one may take to start
_AGAIN = 30.0  # seconds after which one that did not start is tried again
_ANSWER = 120.0  # seconds that a search may take
_END = 5.0  # seconds that one may take to end
_BUFFER = 1 << 20  # bytes of an answer that are read ahead

Answer = tuple[dict[str, Any], bytes]


class Lost(Exception):
    """A process ended, or does not answer."""


class Searchers:
    """The processes of one server: none before `start`. Called in the event loop only."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self.count = count(library.settings)
        self._there: list[_Searcher] = []
        self._next = 0.0  # when one may be started
        self._closed = False
        # Processes end with the thread that started them: one that lasts.
        self._starting = ThreadPoolExecutor(1, "triptych-searchers")

    def start(self) -> None:
        """Start those that are missing. Returns at once."""
        if self._closed or len(self._there) >= self.count or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _AGAIN
        self._starting.submit(self._start, asyncio.get_running_loop())

    @property
    def processes(self) -> tuple[int, ...]:
        """Ids of those that answer."""
        return tuple(one.pid for one in self._there)

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        """One after the other: the first one answers while the next one starts."""
        try:
            while not self._closed and len(self._there) < self.count:
                made = _Searcher(self._library)
                asyncio.run_coroutine_threadsafe(self._join(made), loop).result()
            self._next = 0.0
        except Lost as lost:
            _log.warning("A searching process does not start: %s. Threads search in its place.", lost)

    async def _join(self, made: _Searcher) -> None:
        await made.connect()
        self._there.append(made)

    async def answer(self, who: str, asked: Mapping[str, Any]) -> bytes | None:
        """What a search finds, as JSON; None where no process can tell. Raises Problem."""
        one = min(self._there, key=lambda one: one.asked, default=None)
        if one is None:
            return None
        try:
            header, body = await one.ask({"who": who, "asked": dict(asked)})
        except Lost as lost:
            self._drop(one, lost)
            return None
        if header["is"] == "problem":
            status, code, detail, headers, more = header["problem"]
            raise Problem(status, code, detail, headers, **more)
        return body if header["is"] == "found" else None

    def _drop(self, one: _Searcher, lost: Lost) -> None:
        if one in self._there:  # else another search noticed before
            self._there.remove(one)
            self._next = 0.0
            one.hang_up()
            self._starting.submit(one.end)
            _log.warning("A searching process is gone: %s. It is replaced.", lost)

    async def close(self) -> None:
        """End them all."""
        self._closed = True
        await asyncio.to_thread(self._starting.shutdown)  # one that is just starting joins the others first
        for one in self._there:
            one.hang_up()
        for one in self._there:
            await asyncio.to_thread(one.end)
        self._there.clear()


class _Searcher:
    """One process. It answers in the order in which it is asked: a line of JSON each way, and behind an answer's line
    as many bytes as it says."""

    def __init__(self, library: Library) -> None:
        """Start it and wait until it is ready. Raises Lost when it does not start."""
        self._waiting: deque[asyncio.Future[Answer]] = deque()
        self._socket, theirs = socket.socketpair()
        module = [sys.executable, "-P", "-m", "triptych.server.searcher"]
        quiet = subprocess.DEVNULL
        with theirs:
            command = [*module, str(theirs.fileno()), str(os.getpid())]
            try:
                self._process = subprocess.Popen(
                    command, stdin=quiet, stdout=quiet, pass_fds=[theirs.fileno()], env=_environment()
                )
            except OSError as error:  # no memory or no process left
                self._socket.close()
                raise Lost(str(error)) from error
        settings = {**dict(configuration.keys(library.settings)), "search.threads": 1}
        try:
            self._greet({"folder": str(library.folder.absolute()), "settings": settings})
        except OSError as error:
            self.end()
            raise Lost(str(error) or type(error).__name__) from error

    def _greet(self, told: dict[str, Any]) -> None:
        self._socket.settimeout(_START)
        self._socket.sendall(line(told))
        if not self._socket.recv(1):
            raise ConnectionResetError("it ended")
        self._socket.setblocking(False)

    async def connect(self) -> None:
        """From here on it can be asked."""
        reader, self._writer = await asyncio.open_unix_connection(sock=self._socket, limit=_BUFFER)
        self._listening = asyncio.create_task(self._listen(reader))

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def asked(self) -> int:
        """How many searches it has not answered yet."""
        return len(self._waiting)

    async def ask(self, request: dict[str, Any]) -> Answer:
        """Raises Lost when no answer comes, or none that can be read."""
        if self._listening.done():
            raise Lost("it ended")
        answer = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        self._writer.write(line(request))
        try:
            return await asyncio.wait_for(answer, _ANSWER)
        except TimeoutError as error:
            raise Lost(f"it did not answer within {_ANSWER:g} s") from error

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        why = "it ended"
        try:
            while head := await reader.readline():
                header = json.loads(head)
                body = await reader.readexactly(header["bytes"])
                answer = self._waiting.popleft()
                if not answer.done():  # it is, where the one who asked has gone
                    answer.set_result((header, body))
        except (OSError, ValueError, EOFError) as error:
            why = str(error) or type(error).__name__
        finally:
            while self._waiting:
                if not (answer := self._waiting.popleft()).done():
                    answer.set_exception(Lost(why))

    def hang_up(self) -> None:
        """Nobody asks it any more. In the event loop."""
        self._listening.cancel()
        self._writer.close()

    def end(self) -> None:
        """Wait for its end. In a thread."""
        self._socket.close()
        try:
            self._process.wait(_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def line(message: Mapping[str, Any]) -> bytes:
    """As one line of JSON."""
    return json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n"


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
