"""What stands between a model server's first word and us: the seam of models against a bare HTTP client.

    python bench/vlm.py [--runs 200] [--pictures 4] [--parallel 32]

The server is a script in a process of its own that answers at once, so all that is measured is overhead: building the
request, pictures as JPEG, the ledger's entry, the official client, the reading of the stream. The rival sends the same
bytes, made before, with httpx2 and looks for the first piece in what comes back. Both keep their connection.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from model_server import ModelServer, Scripted, says, words
from triptych.dialogue.generation import Asked, Vlms
from triptych.dialogue.replies import drained
from triptych.seams import Message
from triptych.settings import Settings
from triptych.vlms import openai
from triptych.vlms._jpeg import Encoder
from triptych.vlms.openai import _content

GOAL = 5.0  # ms
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
        openai._pictures = Encoder()
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
    """Print medians of runs taken in turn; `encoding` are the milliseconds that pictures take to become JPEG."""
    pairs = [(ours(), rival()) for _ in range(runs + 5)][5:]
    a, b = [p[0] for p in pairs], [p[1] for p in pairs]
    more = median(x - y for x, y in pairs)
    verdict = "" if more - encoding <= GOAL else "   MISSED"
    print(
        f"{name:34} ours {median(a):6.2f} ms (p95 {quantiles(a, n=20)[-1]:6.2f})   bare {median(b):6.2f} ms"
        f"   more {more:6.2f} ms, {encoding:.2f} of it JPEG   goal {GOAL:g} for the rest{verdict}"
    )


def request(messages: tuple[Message, ...]) -> bytes:
    """The bytes that the seam sends for `messages`."""
    sent = {"model": "tiny", "messages": [{"role": m.role, "content": _content(m)} for m in messages],
            "max_tokens": 64, "temperature": 0.0, "stream": True, "stream_options": {"include_usage": True}}  # fmt: skip
    return json.dumps(sent).encode()


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
        vlms.close()
        server.stdin.close()


if __name__ == "__main__":
    main()
