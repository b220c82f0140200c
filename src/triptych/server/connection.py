"""Connections: what happens before there is a request. Whoever opens one and says nothing, or sends a line an hour,
does not hold it for ever; and what is not HTTP is told so as every other mistake is."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from uvicorn.protocols.http.auto import AutoHTTPProtocol

from triptych.server.problems import Problem


def patient(seconds: float) -> type[asyncio.Protocol]:
    """The protocol of uvicorn, for which the head of a request must come within `seconds`."""

    class Connection(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
        """`cycle` is the request under way, if one is."""

        _waiting: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            self._watch()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._watch()

        def connection_lost(self, exc: Exception | None) -> None:
            self._forget()
            super().connection_lost(exc)

        def send_400_response(self, msg: str) -> None:
            self._refuse(
                Problem(400, "not-http", "That is no HTTP request, or its head is larger than 64 kB.")
            )

        def _watch(self) -> None:
            if self.cycle is not None and not self.cycle.response_complete:
                self._forget()
            elif self._waiting is None and not self.transport.is_closing():
                self._waiting = self.loop.call_later(seconds, self._too_slow)

        def _forget(self) -> None:
            if self._waiting is not None:
                self._waiting.cancel()
                self._waiting = None

        def _too_slow(self) -> None:
            self._waiting = None
            self._refuse(Problem(408, "too-slow", f"No request came within {seconds:g} s. Send it again."))

        def _refuse(self, problem: Problem) -> None:
            answer = problem.response("none")
            status = HTTPStatus(problem.status)
            head = [f"HTTP/1.1 {status.value} {status.phrase}", "Connection: close"]
            head += [f"{name}: {value}" for name, value in answer.headers.items()]
            self.transport.write("\r\n".join([*head, "", ""]).encode("latin-1") + bytes(answer.body))
            self.transport.close()

    return Connection
