"""A small server that speaks OpenAI's chat completions as a test tells it to: over real sockets, failures included.

    with ModelServer(respond) as server: ... server.url, server.asked

`respond(request)` gives a `Scripted` answer; `says("The ", "end.")` is a proper one.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

DONE = b"data: [DONE]\n\n"
HANGS = None  # in place of a chunk: nothing, until who asked has gone


@dataclass(frozen=True)
class Scripted:
    """What goes over the wire: bytes as they are, a number is a pause in seconds, or HANGS."""

    chunks: Iterable[bytes | float | None] = ()
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/event-stream"})


def event(piece: str = "", finish: str | None = None, **more: Any) -> bytes:
    """One chunk of a chat completion."""
    choice = {"index": 0, "delta": {"content": piece} if piece else {}, "finish_reason": finish}
    made = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "tiny", "choices": [choice]}
    return f"data: {json.dumps(made | more)}\n\n".encode()


def usage(tokens_in: int, tokens_out: int) -> bytes:
    counts = {
        "prompt_tokens": tokens_in,
        "completion_tokens": tokens_out,
        "total_tokens": tokens_in + tokens_out,
    }
    return event(choices=[], usage=counts)


def says(
    *pieces: str, finish: str = "stop", tokens: tuple[int, int] = (0, 0), pause: float = 0.0
) -> Scripted:
    """A proper answer in these pieces."""
    tokens_in, tokens_out = tokens if any(tokens) else (10, len(pieces))
    made: list[bytes | float | None] = []
    for piece in pieces:
        made += [event(piece), pause] if pause else [event(piece)]
    return Scripted([*made, event(finish=finish), usage(tokens_in, tokens_out), DONE])


def whole(content: object, finish: str = "stop", **more: object) -> Scripted:
    """An answer in one piece of JSON, as of a server that does not stream."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish}
    body = json.dumps({"id": "x", "object": "chat.completion", "choices": [choice], **more}, indent=1)
    return Scripted([body[:40].encode(), body[40:].encode()], 200, {"Content-Type": "application/json"})


def fails(status: int, message: str, **headers: str) -> Scripted:
    """An error as OpenAI writes it."""
    body = json.dumps({"error": {"message": message, "type": "error", "code": None, "param": None}})
    kept = {"Content-Type": "application/json"} | {k.replace("_", "-"): v for k, v in headers.items()}
    return Scripted([body.encode()], status, kept)


def words(request: dict[str, Any]) -> str:
    """All text of a request."""
    contents = [message["content"] for message in request["messages"]]
    parts = [part for c in contents for part in ([{"type": "text", "text": c}] if isinstance(c, str) else c)]
    return " ".join(part["text"] for part in parts if part["type"] == "text")


def pictures(request: dict[str, Any]) -> list[str]:
    """The data URIs of a request."""
    lists = [m["content"] for m in request["messages"] if not isinstance(m["content"], str)]
    return [part["image_url"]["url"] for parts in lists for part in parts if part["type"] == "image_url"]


def echoes(request: dict[str, Any]) -> Scripted:
    """The last words of what was asked, a token each, at most as many as were wanted."""
    said = words(request).split() or ["nothing"]
    most = request.get("max_tokens") or request["max_completion_tokens"]
    pieces = [f"{word} " for word in said[-20:]][:most]
    cut = len(said[-20:]) > most
    return says(
        *pieces,
        finish="length" if cut else "stop",
        tokens=(len(said) + 300 * len(pictures(request)), len(pieces)),
    )


def _sent(to: BaseHTTPRequestHandler, chunks: Iterable[bytes | float | None]) -> bool:
    """Whether all of it was sent."""
    try:
        for chunk in chunks:
            if isinstance(chunk, bytes):
                to.wfile.write(chunk)
                to.wfile.flush()
            elif chunk is not HANGS:
                time.sleep(chunk)
            elif not to.connection.recv(1):
                return False
    except OSError:  # who asked has gone
        return False
    return True


class ModelServer:
    """Runs in threads of this process, on a free port of 127.0.0.1."""

    def __init__(self, respond: Callable[[dict[str, Any]], Scripted] = echoes) -> None:
        self.respond = respond
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.left: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()  # requests that were hung up on
        served = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                served.asked.append(request)
                served.headers.append({k.lower(): v for k, v in self.headers.items()})
                known = self.path == "/v1/chat/completions"
                if not self._send(served.respond(request) if known else fails(404, "Not Found")):
                    served.left.put(request)

            def do_GET(self) -> None:
                listing = json.dumps({"object": "list", "data": [{"id": "tiny", "object": "model"}]}).encode()
                known = self.path == "/v1/models"
                self._send(
                    Scripted([listing], 200, {"Content-Type": "application/json"})
                    if known
                    else fails(404, "?")
                )

            def _send(self, answer: Scripted) -> bool:
                """Whether all of it was sent."""
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Connection", "close")
                self.end_headers()
                self.close_connection = True
                return _sent(self, answer.chunks)

            def log_message(self, *told: Any) -> None:
                return

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *told: Any) -> None:
                return  # who asked has gone

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> ModelServer:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
