"""Connections to a model server: a client for each call under way, kept for the next one, cut off by another thread.

A thread that waits for a silent server wakes only when its socket is shut down, and which one that is only the
connection's making tells. So each line has a client of its own, with one connection.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Generator
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Any

from openai import DefaultHttpxClient, OpenAI

from triptych.seams import Reply

_MADE = (".connect_tcp.complete", ".start_tls.complete")  # as httpcore names its steps


class Line:
    """A client for one call at a time."""

    def __init__(self, base: OpenAI, tls: ssl.SSLContext) -> None:
        hooks: dict[str, Any] = {"request": [self._watch]}
        http = DefaultHttpxClient(follow_redirects=False, verify=tls, event_hooks=hooks)
        self.client = base.with_options(http_client=http)
        self.is_cut = False
        self._stream: Any = None
        self._lock = threading.Lock()

    def _watch(self, request: Any) -> None:
        request.extensions["trace"] = self._trace

    def _trace(self, step: str, told: dict[str, Any]) -> None:
        if step.endswith(_MADE):
            with self._lock:
                self._stream = told["return_value"]
                if self.is_cut:
                    self._shut()

    def cut(self) -> None:
        """Wake who waits on it: the call fails at once, and no other is made on it."""
        with self._lock:
            self.is_cut = True
            self._shut()

    def _shut(self) -> None:
        found = None if self._stream is None else self._stream.get_extra_info("socket")
        if found is not None:
            with suppress(OSError):  # closed meanwhile
                # Without the farewell of TLS, for which it would wait.
                socket.socket.shutdown(found, socket.SHUT_RDWR)


class Lines:
    """The lines to one server. Safe for threads."""

    def __init__(self, base: OpenAI, tls: ssl.SSLContext) -> None:
        self._base = base
        self._tls = tls  # shared, as reading the certificates takes longer than most of a call
        self._idle: list[Line] = []

    def take(self) -> Line:
        """One that nobody uses, the last one used if there is any."""
        try:
            return self._idle.pop()
        except IndexError:
            return Line(self._base, self._tls)

    def give(self, line: Line) -> None:
        """A line whose call ended well. One whose call failed is closed instead: a server may hang up behind a failure,
        which the next call on that line would be told as its own."""
        if line.is_cut:
            line.client.close()
        else:
            self._idle.append(line)

    def close(self) -> None:
        while self._idle:
            self._idle.pop().client.close()


class Stoppable(Generator[str, None, Reply]):
    """A stream of pieces that another thread may stop where it waits."""

    def __init__(self, lines: Lines, pieces: Callable[[Line], Generator[str, None, Reply]]) -> None:
        self._lock = threading.Lock()
        self._line: Line | None = None
        self._stopped = False
        self._pieces = self._on(lines, pieces)

    def _on(
        self, lines: Lines, pieces: Callable[[Line], Generator[str, None, Reply]]
    ) -> Generator[str, None, Reply]:
        line = lines.take()
        with self._lock:
            self._line = line
            if self._stopped:  # before there was one
                line.cut()
        leave = line.client.close
        try:
            reply = yield from pieces(line)
            leave = partial(lines.give, line)
            return reply
        finally:
            with self._lock:  # from here on the line is another's
                self._line = None
            leave()

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            if self._line is not None:
                self._line.cut()

    def send(self, value: None) -> str:
        return self._pieces.send(value)

    def throw(
        self,
        kind: type[BaseException] | BaseException,
        value: BaseException | object = None,
        trace: TracebackType | None = None,
    ) -> str:
        return self._pieces.throw(kind) if isinstance(kind, BaseException) else self._pieces.throw(kind())

    def close(self) -> None:
        self._pieces.close()
