"""Jobs: the long work of the server, one after another in one thread, told as it goes.

    Jobs(library, uploads, settings)
    add(upload) -> Job, remove(asset, collection, owner) -> Job       queued; Problem when too many wait
    get(id) -> Job | None, all() -> Jobs, the newest first
    changes(job) -> async iterator of what is new, until the job is done

Removing goes before adding, and a large upload is added in small parts, so that nobody waits long to remove.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from triptych import ingest
from triptych.errors import LibraryError, Locked, TriptychError
from triptych.library import Library
from triptych.results import Added
from triptych.server import quality
from triptych.server.job import DONE, FAILED, READING, Item, Job
from triptych.server.problems import Problem
from triptych.server.uploads import Upload, Uploads, numbered

_log = logging.getLogger("triptych.server")

_KEPT = 1000  # jobs that are remembered
_PART = 8  # files that are added at a time
_RETRY = 1.0  # seconds between attempts while another process writes
_REMOVE, _ADD = 0, 1  # what goes first

Work = Callable[[Job], bool]  # does a part of a job; whether it is finished


class Jobs:
    """The queue of one library and the thread that works it off. `start` and `stop` bracket its life."""

    def __init__(self, library: Library, uploads: Uploads, most: int) -> None:
        self._library = library
        self._uploads = uploads
        self._most = most
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._queue: list[tuple[int, int, Job, Work]] = []
        self._order = itertools.count()
        self._there = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="triptych-jobs", daemon=True)

    def start(self) -> None:
        """Begin to work, first on what an earlier server had accepted."""
        for upload in self._uploads.waiting():
            self._queue_upload(upload)
        self._thread.start()

    def interrupt(self) -> None:
        """Take up no further part, and end what listens. Takes no lock: a signal's handler may call it."""
        self._stopping = True
        for job in self._jobs.copy().values():
            job.touch()

    def stop(self, wait: float) -> None:
        """Finish the part in hand, `wait` seconds at most; what is left is done after the next start."""
        self.interrupt()
        with self._there:
            self._there.notify_all()
        if self._thread.is_alive():
            self._thread.join(wait)

    @property
    def stopping(self) -> bool:
        return self._stopping

    # ------------------------------------------------------------------------------------ asking

    def check(self) -> None:
        """Raises Problem when no more work is taken."""
        if len(self._queue) >= self._most:
            raise Problem(
                429,
                "queue-full",
                f"{self._most} uploads are waiting already. Try again later.",
                {"Retry-After": "30"},
            )

    @property
    def waiting(self) -> int:
        """Jobs that are not begun, or not finished."""
        return len(self._queue)

    def add(self, upload: Upload) -> Job:
        """Queue the files of an upload."""
        return self._queue_upload(upload)

    def remove(self, asset: str, source: str, collection: str, owner: str) -> Job:
        """Queue the removal of one asset."""
        job = Job(f"remove-{next(self._order):x}-{time.time_ns():x}", "remove", collection, owner, _now())
        job.items = [Item(source, asset=asset)]
        self._enqueue(_REMOVE, job, self._remove)
        return job

    def get(self, job_id: str) -> Job | None:
        return self._jobs.get(job_id)

    def all(self) -> list[Job]:
        """All jobs that are remembered, the newest first."""
        return [*reversed(self._jobs.copy().values())]

    async def changes(self, job: Job) -> AsyncIterator[list[Item]]:
        """The items that are new or changed, as they become so; ends with the job, or when the server stops."""
        loop, news = asyncio.get_running_loop(), asyncio.Event()

        def tell() -> None:
            loop.call_soon_threadsafe(news.set)

        job.listeners.add(tell)
        seen = 0
        try:
            while True:
                news.clear()
                version, state = job.version, job.state
                if changed := [item for item in job.items if item.version > seen]:
                    yield changed
                seen = version
                if state in (DONE, FAILED) or self._stopping:
                    return
                await news.wait()
        finally:
            job.listeners.discard(tell)

    async def finished(self, job: Job, wait: float) -> bool:
        """Whether the job ends within `wait` seconds."""

        async def follow() -> None:
            async for _ in self.changes(job):
                pass

        with suppress(TimeoutError):
            await asyncio.wait_for(follow(), wait)
        return job.state in (DONE, FAILED)

    # ------------------------------------------------------------------------------------ working

    def _queue_upload(self, upload: Upload) -> Job:
        job = Job(upload.id, "add", upload.collection, upload.owner, upload.at)
        job.items = [Item(name) for name in upload.names]
        self._enqueue(_ADD, job, lambda job: self._add(job, upload))
        return job

    def _enqueue(self, rank: int, job: Job, work: Work) -> None:
        with self._there:
            self._jobs[job.id] = job
            while len(self._jobs) > _KEPT:
                self._jobs.popitem(last=False)
            heapq.heappush(self._queue, (rank, next(self._order), job, work))
            self._there.notify()

    def _run(self) -> None:
        while True:
            with self._there:
                while not self._queue and not self._stopping:
                    self._there.wait()
                if self._stopping:
                    return
                rank, order, job, work = heapq.heappop(self._queue)
            if not self._work(job, work):
                with self._there:
                    heapq.heappush(self._queue, (rank, order, job, work))

    def _work(self, job: Job, work: Work) -> bool:
        """Do a part; whether nothing is left of the job."""
        job.begin()
        try:
            finished = work(job)
        except Locked:
            job.say("Another process is writing to this library; waiting until it is done.")
            time.sleep(_RETRY)
            return False
        except (
            LibraryError
        ) as error:  # a full disk: what was accepted is kept, and tried again after a restart
            _log.error("job %s: %s", job.id, error)
            job.end(
                FAILED, "The library cannot be written now. The files are kept and added after a restart."
            )
            return True
        except TriptychError as error:
            job.end(FAILED, str(error))
            return True
        except Exception:
            if self._stopping:  # its reading process was ended; it goes on after the next start
                return False
            _log.exception("job %s", job.id)
            job.end(FAILED, "An error that was not foreseen; the server's log has it.")
            return True
        if finished:
            job.end(DONE)
        return finished

    def _add(self, job: Job, upload: Upload) -> bool:
        """Add some of the files that are left."""
        part = [i for i, item in enumerate(job.items) if not item.settled][:_PART]
        for i in part:
            job.items[i].name = self._name(job, upload, i)
        names = {upload.files[i]: job.items[i].name for i in part}
        item_of = {job.items[i].name: job.items[i] for i in part}
        stored = {job.items[i].name: upload.files[i].name for i in part}

        def named(path: Path) -> str:
            job.update(item_of[names[path]], status=READING)
            return names[path]

        def read(done: int, total: int | None, what: str) -> None:
            if (item := item_of[what]).pages_done < done:
                job.update(item, pages_done=done, pages=total)

        here = [path for path in names if path.is_file()]
        for event in self._library.adding(
            *here, collection=upload.collection, tags=upload.tags, names=named, progress=read
        ):
            if self._stopping and event.error is not None:
                return False  # it may have failed only because its reading process was ended
            if (item := item_of.pop(event.source, None)) is not None:
                self._tell(job, item, event, upload.collection, stored[event.source])
        if self._stopping:
            return False
        for item in item_of.values():
            job.update(
                item,
                status=FAILED,
                error={"code": "lost", "reason": "its bytes are gone", "hint": "Send it again"},
            )
        finished = all(item.settled for item in job.items)
        if finished:
            self._uploads.forget(upload)
        return finished

    def _tell(self, job: Job, item: Item, event: Added, collection: str, stored: str) -> None:
        told = event.to_dict()
        if told["error"] is not None:  # it names the file as it lies on our disk
            told["error"]["reason"] = told["error"]["reason"].replace(stored, item.name)
        report = quality.of(self._library.catalog, event.asset, collection) if event.asset else None
        job.update(
            item,
            name=event.source,
            status=event.status,
            asset=event.asset,
            pages=event.pages,
            pages_done=event.pages,
            seconds=told["seconds"],
            failed_pages=event.failed_pages,
            signals=told["signals"],
            error=told["error"],
            quality=report,
        )

    def _name(self, job: Job, upload: Upload, number: int) -> str:
        """The name under which a file is kept: another content never takes the name of one that is there."""
        taken = {item.name for item in job.items[:number]}
        sha256 = ingest.identify(upload.files[number]).sha256 if upload.files[number].is_file() else ""
        for attempt in itertools.count(1):
            name = numbered(upload.names[number], attempt)
            there = self._library.catalog.source(upload.collection, name)
            if name not in taken and (there is None or there.sha256 == sha256):
                return name
        raise AssertionError

    def _remove(self, job: Job) -> bool:
        [item] = job.items
        assert item.asset is not None
        for event in self._library.removing(item.asset, collection=job.collection):
            told = event.to_dict()
            job.update(item, status=event.status, error=told["error"])
        return True


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
