"""What serving costs: what HTTP adds to a search, how many searches a second, and searching while others change things.

    python bench/serve.py [--chunks 100000] [--seconds 180] [--searches 10000] [--workdir DIR] [--part added,rate,mixed]

`added` and `rate` ask a synthetic library of that many chunks (made as bench/query.py makes it). The rival is the
library itself, asked by threads of one process in the same run. `mixed` lets 16 searchers, 4 uploaders and 1 deleter
loose on a library of the samples; the rival is the same searchers alone.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import psutil

import query as synthetic
import triptych

SAMPLES = Path(__file__).parent.parent / "samples" / "files"
SEARCHERS, UPLOADERS = 16, 4
LIMITS = {"added ms": 5.0, "searches/s": 150.0, "p95 ratio": 3.0}
_LOCAL = threading.local()


@contextmanager
def serving(folder: Path, **settings: object) -> Iterator[int]:
    """`triptych serve` in a process of its own; its port."""
    told = {f"TRIPTYCH_SERVER__{name.upper()}": str(value) for name, value in {"rate": 0, **settings}.items()}
    command = [sys.executable, "-m", "triptych", "--library", str(folder), "serve", "--port", "0"]
    process = subprocess.Popen(command, env={**os.environ, **told}, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        found = re.search(r"http://127\.0\.0\.1:(\d+)", process.stderr.readline())
        assert found is not None, "it did not start"
        port = int(found[1])
        errors = threading.Thread(
            target=lambda: [print("server:", line, end="") for line in process.stderr or ()]
        )
        errors.start()
        while _ready(port) != 200:
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)
        errors.join()
        process.stderr.close()
        if (known := getattr(_LOCAL, "connection", None)) is not None:
            known.close()


def _ready(port: int) -> int:
    try:
        return get(port, "/readyz")[0]
    except OSError:
        _LOCAL.__dict__.clear()
        return 0


def connection(port: int) -> http.client.HTTPConnection:
    """This thread's own, kept open."""
    known = getattr(_LOCAL, "connection", None)
    if known is None or known.port != port:
        known = _LOCAL.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    return known


def request(port: int, method: str, path: str, body: bytes = b"", kind: str = "") -> tuple[int, bytes]:
    for again in (True, False):
        here = connection(port)
        try:
            here.request(method, path, body or None, {"Content-Type": kind} if kind else {})
            answer = here.getresponse()
            return answer.status, answer.read()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            here.close()  # the server ends connections that said nothing for a while
            if not again:
                raise
    raise AssertionError("it answers or raises")


def get(port: int, path: str) -> tuple[int, bytes]:
    return request(port, "GET", path)


def search_path(text: str) -> str:
    return "/v1/search?" + urlencode({"text": text})


def questions(count: int) -> list[str]:
    """As bench/query.py asks: six words of middling frequency."""
    rng = np.random.default_rng(1)
    words = synthetic.vocabulary(50_000, np.random.default_rng(0))
    ranks = np.exp(rng.uniform(np.log(3), np.log(5_000), (count, 6))).astype(int)
    return [" ".join(words[row]) for row in ranks]


def spent(work: Callable[[str], object], text: str) -> float:
    begun = time.perf_counter()
    work(text)
    return 1e3 * (time.perf_counter() - begun)


def verdict(name: str, value: float, kept: bool) -> bool:
    print(f"{name:<62} {value:8.2f}   {'ok' if kept else 'MISSED'}")
    return kept


def added(lib: Any, port: int, asked: Sequence[str]) -> bool:
    """The same questions by turns to the library and over HTTP, one at a time."""
    for text in asked[:20]:
        lib.search(text)
        get(port, search_path(text))
    own, http_ = [], []
    for text in asked[20:]:
        own.append(spent(lib.search, text))
        http_.append(spent(lambda q: get(port, search_path(q)), text))
    a, b = statistics.median(own), statistics.median(http_)
    print(
        f"library call p50 {a:.2f} ms, p95 {np.percentile(own, 95):.2f}; /v1/search p50 {b:.2f} ms, p95 {np.percentile(http_, 95):.2f}"
    )
    return verdict("added by HTTP, p50, ms (at most 5)", b - a, b - a <= LIMITS["added ms"])


def rate(lib: Any, port: int, asked: Sequence[str], seconds: float) -> bool:
    """Searches a second: by threads of one process, and over HTTP by 16 callers, once its processes are there. On a
    machine that has other work, the processor's time for a search says more."""
    us = psutil.Process()
    begun = _seconds([us])
    own = _rate(lib.search, asked, 2 * (os.cpu_count() or 1), seconds)
    alone = _seconds([us]) - begun
    ask = lambda q: get(port, search_path(q))  # noqa: E731
    _warm(ask, port, asked[::-1])
    servers = us.children(recursive=True)
    begun, client = _seconds(servers), _seconds([us])
    served = _rate(ask, asked, SEARCHERS, seconds)
    begun, client = _seconds(servers) - begun, _seconds([us]) - client
    print(f"library by threads of one process: {own:.0f} searches/s; over HTTP {served / own:.0%} of that")
    print(
        f"processor time of a search, ms: library {1e3 * alone / own / seconds:.1f}, {len(servers)} processes of the "
        f"server {1e3 * begun / served / seconds:.1f}, its callers {1e3 * client / served / seconds:.1f}"
    )
    return verdict("searches a second over HTTP (at least 150)", served, served >= LIMITS["searches/s"])


def _warm(ask: Callable[[str], object], port: int, asked: Sequence[str]) -> None:
    """Ask until the server has all its processes, 90 s at most."""
    ends = time.monotonic() + 90
    wanted = min(4, os.cpu_count() or 1)
    while time.monotonic() < ends:
        _rate(ask, asked, SEARCHERS, 1.0)
        found = re.search(
            r"^triptych_search_processes (\d+)", get(port, "/metrics")[1].decode(), re.MULTILINE
        )
        if found and int(found[1]) >= wanted:
            return


def _seconds(processes: Sequence[psutil.Process]) -> float:
    """Of processor time that these have taken."""
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def _rate(work: Callable[[str], object], asked: Sequence[str], threads: int, seconds: float) -> float:
    ends = time.perf_counter() + seconds
    counts = [0] * threads

    def run(number: int) -> None:
        at = number
        while time.perf_counter() < ends:
            work(asked[at % len(asked)])
            counts[number] += 1
            at += threads

    begun = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(run, range(threads)))
    return sum(counts) / (time.perf_counter() - begun)


# ------------------------------------------------------------------------------------------ mixed


class Mixed:
    """Searchers, uploaders and a deleter on one server, and what went wrong."""

    def __init__(self, port: int, words: Sequence[str]) -> None:
        self.port = port
        self.words = words
        self.wrong: list[str] = []
        self.times: list[float] = []
        self.uploads = self.deletes = 0
        self._there: list[str] = []  # assets that may be deleted
        self._gone: dict[str, float] = {}  # asset: when its deletion was told
        self._guard = threading.Lock()
        self.stop = threading.Event()

    def run(self, seconds: float, searches: int, *, changing: bool) -> None:
        """For so long, and until there were so many searches."""
        self.stop.clear()
        self.times = []
        threads = [threading.Thread(target=self._loop, args=(self._search, n)) for n in range(SEARCHERS)]
        if changing:
            threads += [threading.Thread(target=self._loop, args=(self._upload, n)) for n in range(UPLOADERS)]
            threads.append(threading.Thread(target=self._loop, args=(self._delete, 99)))
        ends = time.monotonic() + seconds
        for thread in threads:
            thread.start()
        while time.monotonic() < ends or len(self.times) < searches:
            time.sleep(0.2)
        self.stop.set()
        for thread in threads:
            thread.join()

    def _loop(self, act: Callable[[random.Random], None], number: int) -> None:
        draw = random.Random(number)
        while not self.stop.is_set():
            try:
                act(draw)
            except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
                self._note(f"{act.__name__}: {error!r}")
                _LOCAL.__dict__.clear()

    def _note(self, what: str) -> None:
        with self._guard:
            self.wrong.append(what[:300])

    def _search(self, draw: random.Random) -> None:
        begun, at = time.perf_counter(), time.monotonic()
        status, body = get(self.port, search_path(" ".join(draw.choices(self.words, k=3))))
        self.times.append(1e3 * (time.perf_counter() - begun))
        if status != 200 or b"locked" in body:
            self._note(f"search {status} {body[:200]!r}")
            return
        for hit in json.loads(body)["hits"]:
            if self._gone.get(hit["asset"], at) < at:
                self._note(f"a hit names {hit['asset'][:12]}, which was gone before")

    def _upload(self, draw: random.Random) -> None:
        unique = uuid.uuid4().hex
        files = [(f"note-{unique}.txt", f"{unique} {' '.join(draw.choices(self.words, k=80))}".encode())]
        if draw.random() < 0.2:
            files.append(
                (f"{unique}.pdf", (SAMPLES / "invoice-1042.pdf").read_bytes() + f"%{unique}".encode())
            )
        body, kind = _multipart(files)
        status, told = request(self.port, "POST", "/v1/assets", body, kind)
        if status != 202:
            self._note(f"upload {status} {told[:200]!r}")
            return
        job = json.loads(told)["job"]
        while not self.stop.is_set():
            status, told = get(self.port, f"/v1/jobs/{job}")
            state = json.loads(told)
            if state["state"] in ("done", "failed"):
                break
            time.sleep(0.2)
        if state["state"] == "done":
            bad = [item for item in state["items"] if item["status"] != "ready"]
            if bad:
                self._note(f"upload {bad[0]['status']} {bad[0]['error']}")
            with self._guard:
                self.uploads += len(state["items"])
                self._there += [item["asset"] for item in state["items"] if item["asset"]]
        elif state["state"] == "failed":
            self._note(f"job failed: {state['note']}")

    def _delete(self, draw: random.Random) -> None:
        with self._guard:
            asset = self._there.pop(draw.randrange(len(self._there))) if len(self._there) > 5 else None
        if asset is None:
            time.sleep(0.2)
            return
        status, told = request(self.port, "DELETE", f"/v1/assets/{asset}")
        if status == 204:
            self._gone[asset] = time.monotonic()
            self.deletes += 1
        elif status != 202:
            self._note(f"delete {status} {told[:200]!r}")


def _multipart(files: Sequence[tuple[str, bytes]]) -> tuple[bytes, str]:
    mark = uuid.uuid4().hex
    head = 'Content-Disposition: form-data; name="file"; filename="{}"\r\n\r\n'
    parts = [f"--{mark}\r\n{head.format(name)}".encode() + data + b"\r\n" for name, data in files]
    return b"".join(parts) + f"--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"


def mixed(folder: Path, seconds: float, searches: int) -> bool:
    with triptych.open(folder) as lib:
        lib.add(SAMPLES)
    words = sorted({w for path in SAMPLES.glob("*.*d*") for w in re.findall(r"[A-Za-z]{4,12}", _text(path))})
    with serving(folder) as port:
        load = Mixed(port, words)
        load.run(min(20.0, seconds / 3), 200, changing=False)
        alone = float(np.percentile(load.times, 95))
        load.run(seconds, searches, changing=True)
        beside = float(np.percentile(load.times, 95))
    with triptych.open(folder) as lib:
        sound = lib.verify()
    for line in load.wrong[:10]:
        print(line)
    print(
        f"{SEARCHERS} searchers: {len(load.times)} searches, {load.uploads} files uploaded, {load.deletes} deleted; "
        f"p50 {statistics.median(load.times):.0f} ms, p95 {beside:.0f} ms; p95 alone {alone:.0f} ms"
    )
    print(f"verify afterwards: {'ok' if sound['ok'] else sound['differences'][:3]}")
    kept = verdict("errors, locked databases, hits that were gone (none)", len(load.wrong), not load.wrong)
    ratio = beside / alone
    return kept & verdict("p95 beside changes / p95 alone (at most 3)", ratio, ratio <= 3) & bool(sound["ok"])


def _text(path: Path) -> str:
    return (
        path.read_text("utf-8", errors="ignore")
        if path.suffix in (".md", ".txt", ".csv")
        else "invoice total"
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", help="not needed: everything is made here")
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--searches", type=int, default=10_000)
    parser.add_argument("--part", default="added,rate,mixed")
    parser.add_argument("--workdir", type=Path, default=Path(tempfile.gettempdir()) / "triptych-bench-query")
    given = parser.parse_args()
    parts = given.part.split(",")
    fine = True
    if {"added", "rate"} & set(parts):
        folder = given.workdir / str(given.chunks)
        with triptych.open(folder) as lib:
            if not lib.catalog.counts()["chunks"]:
                synthetic.fill(lib.catalog, given.chunks, lib.encoders.spaces, panels=False)
                lib.index.catch_up()
            asked = questions(220)
            lib.search(asked[0])
            print(f"{lib.catalog.counts()['chunks']:,} chunks, load average {os.getloadavg()[0]:.1f}")
            with serving(folder) as port:
                if "added" in parts:
                    fine &= added(lib, port, asked)
                if "rate" in parts:  # each question once: nothing that was asked before is remembered
                    fine &= rate(lib, port, questions(20_000), min(15.0, given.seconds))
    if "mixed" in parts:
        place = Path(tempfile.mkdtemp())
        try:
            fine &= mixed(place / "library", given.seconds, given.searches)
        finally:
            shutil.rmtree(place)
    return int(not fine)


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(main())
