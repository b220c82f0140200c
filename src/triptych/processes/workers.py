"""Workers: foreign bytes are decoded in processes of their own, under limits, and never in ours.

A decoder that crashes, hangs or eats memory takes its worker with it and nothing else: exactly that
file, or that page where the others can be read, fails with one line, and a fresh worker goes on.
A large document is cut into ranges of pages, so that it uses all workers.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from typing import Generic, Self, TypeVar

import numpy as np

from triptych.errors import FileError, UserError
from triptych.processes.process import REPAIR, TRIES, Head, Lost, Process, Range, died, given_up
from triptych.settings import Settings
from triptych.types import Page, PageText, Reading, View

K = TypeVar("K")
T = TypeVar("T")
Seen = Callable[[K, Sequence[Page]], list[Page]]  # what takes the pictures of pages of a file
Told = Callable[[K, int, int], None]  # hears of a file: pages read so far, pages in all

Job = tuple[K, Path, str]  # key, path, name
Result = tuple[K, Reading | FileError]

_FIRST = 4  # pages of the first range of a file
_RANGE = 16  # pages of a further range, at most
_TELL = 0.4  # seconds between two words of how far a file is
_DEATHS = 4  # pages at which a file may end its worker before the rest of it is given up


class _File(Generic[K]):
    """A file whose ranges are being read, and what is known of it so far."""

    def __init__(
        self,
        key: K,
        path: Path,
        name: str,
        cancelled: threading.Event,
        workers: int,
        seen: Seen[K] | None,
    ) -> None:
        self.key = key
        self._seen = None if seen is None else partial(seen, key)
        self.open: list[Range] = []  # ranges that are not back yet
        self._path, self._name, self._cancelled, self._workers = path, name, cancelled, workers
        self._head: Head | None = None
        self._pages: dict[int, Page] = {}
        self._error: FileError | None = None
        self._deaths = 0
        self._enough = threading.Event()  # set when the file has ended too many workers
        self._seconds = 0.0

    def start(self) -> Range:
        return self._range(1, _FIRST)

    def take(self, done: Range) -> list[Range]:
        """Note what a range brought; the ranges that have to be read next because of it."""
        self.open = [job for job in self.open if job is not done]
        self._seconds += done.seconds
        self._pages.update((page.number, page) for page in done.pages)
        more: list[Range] = []
        if self._head is None and done.head is not None:
            self._head = done.head
            more = self._rest()
        if done.error is not None:
            self._error = self._error or done.error
            more += self._after(done, done.error)
        return more

    @property
    def progress(self) -> tuple[int, int]:
        """Pages read so far and in all; (0, 0) before that is known."""
        head = self._head or next((job.head for job in self.open if job.head), None)
        return (len(self._pages) + sum(len(job.pages) for job in self.open), head.pages) if head else (0, 0)

    def result(self) -> Reading | FileError:
        """What became of the file: an error where no page could be read, else all pages in order, those
        that could not be read with the reason."""
        pages = tuple(self._pages[n] for n in sorted(self._pages))
        reasons = [page.failed for page in pages if page.failed]
        if self._head is None or len(reasons) == len(pages):
            return self._error or FileError("damaged", reasons[0] if reasons else "it has no pages", REPAIR)
        return Reading(self._head.kind, self._head.media_type, pages, self._head.meta, self._seconds)

    def _rest(self) -> list[Range]:
        """Cut the pages after the first range into ranges that keep all workers busy."""
        assert self._head is not None
        last = self._head.pages
        step = max(1, min(_RANGE, math.ceil((last - _FIRST) / self._workers)))
        return [self._range(n, min(n + step - 1, last)) for n in range(_FIRST + 1, last + 1, step)]

    def _after(self, done: Range, error: FileError) -> list[Range]:
        """A range broke off: try the page at which it did once more, then go on without that page."""
        tried = 1 if done.pages else done.tries  # pages before it were read: it was the first try
        at = done.first + len(done.pages)
        last = done.last if self._head is None else min(done.last, self._head.pages)
        if done.lost and error.code != "timeout" and tried < TRIES:
            return [self._range(at, last, tried + 1)]
        if self._head is None:
            return []
        self._deaths += done.lost
        if self._deaths >= _DEATHS:
            self._enough.set()
        go_on = done.lost and self._deaths < _DEATHS
        for number in range(at, at + 1 if go_on else last + 1):
            self._pages[number] = Page(number, PageText.plain(""), 0, 0, failed=error.reason)
        return [self._range(at + 1, last)] if go_on and at < last else []

    def _range(self, first: int, last: int, tries: int = 1) -> Range:
        return Range(
            self._path, self._name, first, last, self._cancelled, self._enough, tries, seen=self._seen
        )


class Workers:
    """A pool of `count` worker processes (0: what the settings say, else one per core), started when
    there is something to read, as many as there is work for. `side` is that of the pictures an image encoder
    wants of each page; 0: none. A context manager: leaving it ends them."""

    def __init__(self, settings: Settings, count: int = 0, side: int = 0) -> None:
        self.count = count or settings.workers or _cores()
        if self.count < 0:
            raise UserError(
                f"The number of workers is {self.count}, but must be 1 or more, or 0 for one per core."
            )
        self._settings = settings
        self._side = side
        self._closing = threading.Event()
        self._threads = ThreadPoolExecutor(self.count, "triptych-worker")
        self._mine = threading.local()  # .child: the worker of this thread
        self._children: set[Process] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all workers now, also busy ones."""
        self._closing.set()
        self._threads.shutdown(cancel_futures=True)
        for child in list(self._children):
            self._end(child)

    def read(
        self,
        jobs: Iterable[Job[K]],
        seen: Seen[K] | None = None,
        told: Told[K] | None = None,
    ) -> Iterator[Result[K]]:
        """As `stream`, of jobs that all ask for something."""
        yield from (done for done in self.stream(jobs, seen, told) if done is not None)

    def stream(
        self,
        jobs: Iterable[Job[K] | None],
        seen: Seen[K] | None = None,
        told: Told[K] | None = None,
    ) -> Iterator[Result[K] | None]:
        """Read files: (key, path, name) in, (key, result) out as each is done, in any order.

        `seen` gets pages as soon as a few have come, in one of our threads, and takes their pictures away:
        a long document's would not fit into memory. `told` hears how far each file is, now and then.

        A job that is None asks for nothing, and comes back as None at once: a chance to tell what else
        happened. `jobs` is pulled only as far ahead as keeps the workers busy. `name` helps to tell formats
        apart. Raises UserError or ModelError when reading cannot work at all, as with a missing package.
        """
        cancelled = threading.Event()
        waiting: dict[Future[Range], _File[K]] = {}
        queue = iter(jobs)
        files = 0
        more = True
        try:
            while True:
                while more and files < 2 * self.count:
                    try:
                        job = next(queue)
                    except StopIteration:
                        more = False
                        break
                    if job is None:
                        yield None
                        continue
                    files += 1
                    file = _File(*job, cancelled, self.count, seen)
                    self._submit(file, [file.start()], waiting)
                if not waiting:
                    return
                for future in wait(waiting, _TELL if told else None, FIRST_COMPLETED).done:
                    file = waiting.pop(future)
                    self._submit(file, file.take(future.result()), waiting)
                    if not file.open:
                        files -= 1
                        yield file.key, file.result()
                if told:
                    for file in set(waiting.values()):
                        told(file.key, *file.progress)
        finally:
            cancelled.set()
            for future in waiting:
                future.cancel()

    def pixels(self, path: Path, name: str, page: int, side: int) -> np.ndarray:
        """Page `page` as RGB, its longer side at most `side`. Raises FileError."""
        cancelled = threading.Event()
        job = Range(path, name, page, page, cancelled, threading.Event())
        try:
            done, image = self._threads.submit(self._draw, job, side).result()
        finally:
            cancelled.set()
        if image is not None:
            return image
        raise done.error or FileError(
            "no-picture", f"page {page} has text only: there is nothing to draw", "Read its text instead"
        )

    def look(self, path: Path, name: str, page: Page, views: Sequence[View], side: int) -> tuple[View, ...]:
        """Views of a page that was read before, with their pixels as an encoder saw them. Raises FileError."""
        return self._viewed(path, name, page, lambda child, job: child.look(job, page, views, side))

    def cut(
        self, path: Path, name: str, page: Page, views: Sequence[View], sides: Sequence[int]
    ) -> tuple[View, ...]:
        """The same for those who read them: each with its own longest side, drawn in the shortest way."""
        return self._viewed(path, name, page, lambda child, job: child.cut(job, page, views, sides))

    def _viewed(
        self, path: Path, name: str, page: Page, act: Callable[[Process, Range], tuple[View, ...]]
    ) -> tuple[View, ...]:
        cancelled = threading.Event()
        job = Range(path, name, page.number, page.number, cancelled, threading.Event())
        try:
            found = self._threads.submit(self._with_child, job, lambda child: act(child, job)).result()
        finally:
            cancelled.set()
        if found is None:
            raise job.error or FileError("no-picture", f"page {page.number} cannot be drawn")
        return found

    def _submit(self, file: _File[K], ranges: list[Range], waiting: dict[Future[Range], _File[K]]) -> None:
        for job in ranges:
            waiting[self._threads.submit(self._read, job)] = file
            file.open.append(job)

    # From here on: in the threads of the pool, each of which feeds one worker process.

    def _read(self, job: Range) -> Range:
        if job.enough.is_set():
            job.error = given_up()
            return job
        started = time.monotonic()
        self._with_child(job, lambda child: child.read(job))
        job.seconds = time.monotonic() - started
        if job.seen is not None:
            job.pages = job.seen(job.pages)
        return job

    def _draw(self, job: Range, side: int) -> tuple[Range, np.ndarray | None]:
        return job, self._with_child(job, lambda child: child.draw(job, side))

    def _with_child(self, job: Range, act: Callable[[Process], T]) -> T | None:
        """Act with this thread's worker. What goes wrong with the file is noted in `job`; a worker that
        was lost or is worn out is ended, and the next request starts another."""
        sound = False
        try:
            result = act(self._child())
            sound = True
            return result
        except FileError as error:
            job.error, sound = error, True
        except Lost as lost:
            job.error, job.lost = lost.error, True
        except (ValueError, TypeError, KeyError, RecursionError):
            # It answers, but not as a worker of ours does: something else speaks from inside it.
            job.error, job.lost = died("it sends nonsense"), True
        finally:
            child = getattr(self._mine, "child", None)
            if child is not None and (not sound or child.worn):
                self._mine.child = None
                self._end(child)
        return None

    def _child(self) -> Process:
        child: Process | None = getattr(self._mine, "child", None)
        if child is None:
            child = Process(self._settings, self._side, 1 if self.count > 1 else _cores(), self._closing)
            self._mine.child = child
            self._children.add(child)
        return child

    def _end(self, child: Process) -> None:
        self._children.discard(child)
        child.kill()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
