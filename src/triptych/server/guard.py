"""The guard: what every request passes before anything else looks at it, and every answer on its way out.

Request ids, headers that protect the browser, limits on size, pace and patience, foreign sites kept away, keys
identified, problems told, one line in the log. Pure ASGI: no body is read here that nobody asked for.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from triptych.keys import Access
from triptych.server import problems
from triptych.server.identity import identify
from triptych.server.pace import Pace
from triptych.server.problems import Problem
from triptych.server.telemetry import route_of, tracer
from triptych.settings import ServerSettings

MEGABYTE = 1_000_000
_HEADERS = 100  # of a request at most
_HEADER_BYTES = 16_384
_TARGET_BYTES = 8_192
_REQUEST_ID = re.compile(r"[\w.-]{1,64}")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_UPLOAD = "/v1/assets"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_PROTECTION = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}

Told = Callable[[Scope, int, float], None]  # scope, status, seconds


class Guard:
    """ASGI middleware around the whole application. `told` hears of every request that was answered."""

    def __init__(self, app: ASGIApp, *, access: Access, settings: ServerSettings, told: Told) -> None:
        self._app = app
        self._access = access
        self._settings = settings
        self._told = told
        self._pace = Pace(settings.rate, settings.burst)
        self._hosts = _LOOPBACK | set(settings.hosts.lower().split()) | {settings.host.lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if (
            scope["type"] != "http"
        ):  # nothing here speaks over a web socket, and nothing is let past the guard
            await send({"type": "websocket.close", "code": 1008})
            return
        exchange = _Exchange(scope, receive, send, self._settings)
        scope = exchange.scope
        begun = time.perf_counter()
        try:
            self._examine(scope)
            with tracer.start_as_current_span(scope["method"]) as span:
                await self._app(scope, exchange.receive, exchange.send)
                span.update_name(f"{scope['method']} {route_of(scope)}")
                span.set_attribute("http.response.status_code", exchange.status)
        except Exception as error:  # the one place where what was not foreseen becomes an answer
            await self._refuse(exchange, error)
        finally:
            self._told(scope, exchange.status, time.perf_counter() - begun)

    def _examine(self, scope: Scope) -> None:
        """Raises Problem for a request that goes no further."""
        _check_size(scope, self._settings)
        request = Request(scope)
        self._check_origin(request)
        try:
            who = identify(request, self._access.fresh())
        except Problem:
            self._take(_address(scope))  # whoever tries keys is slowed down, too
            raise
        scope["state"]["who"] = who
        self._take(who.name if who.key is not None else _address(scope))

    def _take(self, caller: str) -> None:
        wait = self._pace.take(caller)
        if wait:
            raise Problem(
                429,
                "too-many-requests",
                f"More than {self._settings.rate} requests a second came from you. Wait {wait} s and try again.",
                {"Retry-After": str(wait)},
            )

    def _check_origin(self, request: Request) -> None:
        """Without keys, whoever reaches the server is at home: so no other site may reach it through a browser,
        neither by a form or script (Origin) nor by a name of its own that leads here (Host)."""
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
        if not self._access.guarded and host.lower() not in self._hosts:
            raise Problem(
                421, "wrong-host", "This server does not answer to that name. See the setting server.hosts."
            )
        origin = request.headers.get("origin")
        own = request.headers.get("host", "").lower()
        keyed = "authorization" in request.headers
        if origin is not None and not keyed and urlsplit(origin).netloc.lower() != own:
            raise Problem(
                403, "foreign-origin", "Pages of other sites may not use this server without a key."
            )

    async def _refuse(self, exchange: _Exchange, error: Exception) -> None:
        problem = problems.of(error)
        problems.note(error, problem, exchange.id)
        if exchange.status:  # the answer has begun: all that is left is to break it off
            raise error
        await problem.response(exchange.id, exchange.scope["path"])(
            exchange.scope, exchange.receive, exchange.send
        )


class _Exchange:
    """One request and its answer: counts what comes in, completes what goes out."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, settings: ServerSettings) -> None:
        self.scope = scope
        self.status = 0
        self._bare = scope["method"] == "HEAD"
        if self._bare:  # every route that can be asked can be asked for its head
            scope = self.scope = {**scope, "method": "GET"}
        self._receive, self._send = receive, send
        self._patience = settings.patience_seconds
        self._allowed = _allowed(scope, settings)
        self._taken = 0
        self._complete = False
        given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        self.id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = self.id

    async def receive(self) -> Message:
        if self._complete:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), self._patience)
        except TimeoutError:
            raise Problem(
                408,
                "too-slow",
                f"The rest of the request did not come within {self._patience:g} s. Send it again.",
            ) from None
        self._complete = message["type"] != "http.request" or not message.get("more_body", False)
        self._taken += len(message.get("body", b""))
        if self._taken > self._allowed:
            raise _too_large(self._allowed)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = int(message["status"])
            present = {name.lower() for name, _ in message["headers"]}
            added = {**_PROTECTION, "x-request-id": self.id}
            message["headers"] = [
                *message["headers"],
                *((k.encode(), v.encode()) for k, v in added.items() if k.encode() not in present),
            ]
        elif self._bare:
            message["body"] = b""
        await self._send(message)


def _allowed(scope: Scope, settings: ServerSettings) -> int:
    """Bytes that the body of a request may have."""
    upload = scope["method"] == "POST" and scope["path"] == _UPLOAD
    return int((settings.upload_mb if upload else settings.body_mb) * MEGABYTE)


def _too_large(allowed: int) -> Problem:
    return Problem(
        413,
        "too-large",
        f"The request is larger than the {allowed / MEGABYTE:g} MB allowed here. Send less at a time.",
        {"Connection": "close"},
    )


def _check_size(scope: Scope, settings: ServerSettings) -> None:
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    if len(headers) > _HEADERS or sum(len(k) + len(v) for k, v in headers) > _HEADER_BYTES:
        raise Problem(
            431,
            "headers-too-large",
            f"The headers are more than {_HEADERS}, or larger than {_HEADER_BYTES} bytes.",
        )
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > _TARGET_BYTES:
        raise Problem(414, "address-too-long", f"The address is longer than {_TARGET_BYTES} bytes. Use POST.")
    length = dict(headers).get(b"content-length", b"0")
    if length.isdigit() and int(length) > _allowed(scope, settings):
        raise _too_large(_allowed(scope, settings))


def _address(scope: Scope) -> str:
    """Whose pace counts for all who have no key."""
    client: Any = scope.get("client")
    return f"address {client[0]}" if client else "nobody"
