"""What stands between a model server's first word and us: the seam of models against a bare HTTP client.

    python bench/vlm.py [--runs 200] [--pictures 4] [--parallel 32]

The server is a script in a process of its own that answers at once, so all that is measured is overhead: building the
request, pictures as JPEG, the ledger's entry, the official client, the reading of the stream. The rival sends the same
bytes, made before, with httpx2 and looks for the first piece in what comes back. Each call has a connection of its own.

The second part is a whole question to a library of the samples: from the event that tells the pages to the first piece that
leaves the seam, so with the drawing of the pages and the packing of the evidence (the first sentence is told later, when it is whole and checked).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import triptych
from model_server import ModelServer, Scripted, says, words
from triptych.dialogue.generation import Asked, Vlms
from triptych.dialogue.replies import drained
from triptych.library import Library
from triptych.seams import Message, Reply
from triptych.settings import Settings
from triptych.vlms import _request
from triptych.vlms._jpeg import Encoder

GOAL = 5.0  # ms
SAMPLES = Path(__file__).parent.parent / "samples"
QUESTIONS = 5  # of the samples, asked as a whole
EVIDENCE = "\n".join(
    f"[{i}] " + "The total of the invoice is 129.50 euro, due on 14 March. " * 25 for i in range(1, 6)
)


def serve() -> None:
    """Answer every question at once with twenty pieces that name it."""

    def respond(request: dict[str, Any]) -> Scripted:
        name = words(request).split()[-1]
        return says(*[f"{name}-{i} " for i in range(20)], pause=0.001 if name.startswith("q") else 0.0)

    with ModelServer(respond) as server:
        print(server.url, flush=True)
        sys.stdin.read()


def page(seed: int, width: int = 724, height: int = 1024) -> np.ndarray:
    """(h, w, 3) uint8: a page full of text."""
    sheet = Image.new("RGB", (width, height), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    for line in range(46):
        words = f"{line} Northwind Traders, invoice {seed * 997 + line}, two boxes of green tea, 129.50 euro, due in March"
        draw.text((50, 60 + 20 * line), words, fill="black", font=font)
    return np.asarray(sheet)


def first(vlm: Asked, messages: tuple[Message, ...], *, anew: bool = False) -> float:
    """Milliseconds to the first piece through the seam; `anew` forgets the pictures that were sent before."""
    if anew:
        _request._encoder = Encoder()
    begun = time.perf_counter()
    stream = vlm.stream(messages, max_tokens=64)
    next(stream)
    taken = time.perf_counter() - begun
    drained(stream)
    return 1000 * taken


def encoded(pictures: tuple[np.ndarray, ...]) -> float:
    """Milliseconds in which pictures become what is sent of them."""
    encoder = Encoder()
    begun = time.perf_counter()
    encoder.uris(pictures)
    return 1000 * (time.perf_counter() - begun)


def bare(client: httpx2.Client, url: str, body: bytes) -> float:
    """Milliseconds to the first bytes that hold a piece, of a request that is ready."""
    begun = time.perf_counter()
    headers = {"Content-Type": "application/json"}
    with client.stream("POST", f"{url}/chat/completions", content=body, headers=headers) as response:
        for chunk in response.iter_bytes():
            if b'"content"' in chunk:
                taken = time.perf_counter() - begun
                break
        for _ in response.iter_bytes() if not response.is_stream_consumed else ():
            pass
    return 1000 * taken


def compare(
    name: str, runs: int, ours: Callable[[], float], rival: Callable[[], float], encoding: float = 0.0
) -> None:
    """Print medians of runs taken in turn; `encoding` are the milliseconds in which pictures alone become JPEG."""
    pairs = [(ours(), rival()) for _ in range(runs + 5)][5:]
    a, b = [p[0] for p in pairs], [p[1] for p in pairs]
    more = median(x - y for x, y in pairs)
    known = f", {encoding:.2f} of it JPEG" if encoding else ""
    print(
        f"{name:34} ours {median(a):6.2f} ms (p95 {quantiles(a, n=20)[-1]:6.2f})   bare {median(b):6.2f} ms"
        f"   more {more:6.2f} ms{known}   goal {GOAL:g}{'' if more <= GOAL else '   MISSED'}"
    )


def request(messages: tuple[Message, ...]) -> bytes:
    """The bytes that the seam sends for `messages`."""
    options = {
        "model": "tiny",
        "stream": True,
        "max_tokens": 64,
        "temperature": 0.0,
        "stream_options": {"include_usage": True},
    }
    return _request.body(_request.messages(messages), **options)


class Watched:
    """Notes when the first piece leaves the seam of models, and the bytes of the request."""

    def __init__(self) -> None:
        self.at, self.body = 0.0, b""
        stream, made = Asked.stream, _request.body

        def streamed(
            asked: Asked, messages: Sequence[Message], *, max_tokens: int
        ) -> Generator[str, None, Reply]:
            pieces = stream(asked, messages, max_tokens=max_tokens)
            piece = next(pieces)
            self.at = time.perf_counter()
            yield piece
            return (yield from pieces)

        def body(sent: list[bytes], **options: object) -> bytes:
            self.body = made(sent, **options)
            return self.body

        Asked.stream, _request.body = streamed, body  # type: ignore[method-assign]

    def question(self, library: Library, text: str, *, anew: bool) -> float:
        """Milliseconds from the event that tells the pages to the first piece; `anew` forgets what was drawn before."""
        if anew:
            _request._encoder = Encoder()
            library.pictures._kept.clear()
        events = library.ask_events(text)
        next(events)
        begun = time.perf_counter()
        for _ in events:
            pass
        return 1000 * (self.at - begun)


def whole(folder: Path, url: str, client: httpx2.Client, runs: int) -> None:
    """Questions to the samples, of which pages are drawn."""
    watched = Watched()
    with triptych.open(folder, settings={"vlm": f"openai:tiny@{url}"}) as library:
        library.add(SAMPLES / "files")
        for line in (SAMPLES / "queries.jsonl").read_text("utf-8").splitlines()[:QUESTIONS]:
            text = json.loads(line)["text"]
            watched.question(library, text, anew=True)  # reading processes are started
            name = f"{watched.body.count(b'image_url') // 2} pictures, {len(watched.body) // 1000} KB"
            for anew in (True, False):
                compare(
                    f"{name}, {'new' if anew else 'again'}",
                    runs,
                    partial(watched.question, library, text, anew=anew),
                    lambda: bare(client, url, watched.body),
                )


def parallel(vlms: Vlms, many: int) -> None:
    """Ask `many` questions at once: every answer must be whole and belong to its question."""

    def ask(i: int) -> bool:
        text = drained(vlms.get().stream((Message("user", (EVIDENCE, f"\nq{i}")),), max_tokens=64)).text
        return text == "".join(f"q{i}-{n} " for n in range(20))

    begun = time.perf_counter()
    with ThreadPoolExecutor(many) as pool:
        right = sum(pool.map(ask, range(many)))
    print(f"{many} questions at once: {right} whole and unmixed, {time.perf_counter() - begun:.2f} s in all")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--pictures", type=int, default=4)
    parser.add_argument("--parallel", type=int, default=32)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        serve()
        return
    command = [sys.executable, __file__, "--serve"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server,
        httpx2.Client(timeout=30) as client,
    ):
        assert server.stdout is not None and server.stdin is not None
        url = server.stdout.readline().strip()
        vlms = Vlms(Settings(vlm=f"openai:tiny@{url}"), Path(folder))
        vlm = vlms.get()
        text = (Message("system", ("Answer.",)), Message("user", (EVIDENCE, "\nWhat is the total?")))
        body = request(text)
        compare("words alone", chosen.runs, lambda: first(vlm, text), lambda: bare(client, url, body))
        pictures = tuple(page(seed) for seed in range(chosen.pictures))
        seen = (text[0], Message("user", (EVIDENCE, *pictures, "\nWhat is the total?")))
        long = request(seen)
        name = f"and {len(pictures)} pages of 1024 pixels"
        rounds = max(20, chosen.runs // 4)
        encoding = median(encoded(pictures) for _ in range(rounds))
        compare(name, rounds, lambda: first(vlm, seen, anew=True), lambda: bare(client, url, long), encoding)
        compare("the same pages again", rounds, lambda: first(vlm, seen), lambda: bare(client, url, long))
        parallel(vlms, chosen.parallel)
        whole(Path(folder) / "library", url, client, max(10, chosen.runs // 10))
        vlms.close()
        server.stdin.close()


if __name__ == "__main__":
    main()
