"""Running: the application under uvicorn, until it is told to stop."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from triptych.errors import UserError
from triptych.keys import Access
from triptych.library import Library
from triptych.server import tools
from triptych.server.app import create_app, make_state
from triptych.server.connection import patient
from triptych.server.identity import OWNER, Identity
from triptych.server.state import State
from triptych.server.telemetry import set_up
from triptych.settings import ServerSettings

_GRACE = 10  # seconds that requests under way may take at the end
_ANSWERS = 7.0  # seconds after which an answer under way is ended, and told so
_CONNECTIONS = 1000


def run(library: Library, note: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM. Raises UserError for an address that cannot be listened on, or on which
    others could reach a library that has no keys."""
    settings = library.settings.server
    check_address(settings.host, Access(library.folder).guarded)
    listening = _listen(settings)
    set_up(settings.access_log)
    app = create_app(library, settings)
    config = uvicorn.Config(
        app,
        http=patient(settings.patience_seconds),
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=_GRACE,
        limit_concurrency=_CONNECTIONS,
        proxy_headers=False,
    )
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    note(f"Serving {library.folder} on http://{shown}:{port}  (stop with Ctrl+C)")
    try:
        _Server(config, app.state.triptych).run(sockets=[listening])
    finally:
        listening.close()


def check_address(host: str, guarded: bool) -> None:
    """Raises UserError for an address that others reach while no keys say who may do what."""
    if not guarded and not is_loopback(host):
        raise UserError(
            f"Others could reach the server at '{host}', and there are no keys, so everybody could read and change "
            "everything. Make a key first: triptych keys add NAME --grant '*:admin'"
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches that address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(settings: ServerSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # With the protocol named: asyncio sends small pieces at once only where it can see that this is TCP.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
        listening.listen(_CONNECTIONS)
    except OSError as error:
        listening.close()
        raise UserError(
            f"The server cannot listen on {settings.host}:{settings.port}: {error.strerror}. Choose another: "
            "triptych serve --port 8322"
        ) from error
    return listening


class _Server(uvicorn.Server):
    """Tells the jobs at once when it is to stop, so that nobody who watches one holds it up; and those who wait for an
    answer before their connections are cut."""

    def __init__(self, config: uvicorn.Config, state: State) -> None:
        super().__init__(config)
        self._state = state

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._state.jobs.interrupt()
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        last = asyncio.get_running_loop().call_later(_ANSWERS, self._state.answers.end)
        try:
            await super().shutdown(sockets)
        finally:
            last.cancel()


def run_tools(library: Library, settings: ServerSettings) -> None:
    """Serve the tools of the Model Context Protocol over standard input and output, to the one who started it."""
    state = make_state(library, settings)
    owner = Identity(OWNER, None, state.access)
    state.jobs.start()
    try:
        tools.tools(state, lambda _: owner).run("stdio")
    finally:
        state.jobs.stop(_GRACE)
        state.workers.close()
