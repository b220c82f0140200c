"""What all routes share: the library, who may see what, the jobs, the threads that do the work."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Annotated, Any, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request
from starlette.types import Scope

from triptych.dialogue.stopping import Stop
from triptych.errors import UserError
from triptych.journal import Journal
from triptych.keys import EVERY, Access
from triptych.library import Library
from triptych.processes.workers import Workers
from triptych.query.sight import Sight, see
from triptych.querylog import QueryLog
from triptych.records import Asset
from triptych.server.answers import Answers, Make
from triptych.server.identity import Identity
from triptych.server.jobs import Jobs
from triptych.server.pictures import PagePictures
from triptych.server.problems import Problem, absent, busy
from triptych.server.searchers import Searchers
from triptych.server.signing import Signer
from triptych.server.telemetry import Telemetry, tracer
from triptych.server.uploads import Upload, Uploads
from triptych.settings import EXTRACTIVE, ServerSettings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class State:
    """One server's. `searching` bounds how many searches run at a time; more wait for their turn, off the loop. So does
    `answers` for those of a model."""

    library: Library
    access: Access
    settings: ServerSettings
    jobs: Jobs
    uploads: Uploads
    pictures: PagePictures
    workers: Workers  # that draw pages and look at pictures, beside those that read uploads
    signer: Signer
    audit: Journal
    queries: QueryLog
    telemetry: Telemetry
    searching: CapacityLimiter
    answers: Answers
    searchers: Searchers

    async def search(self, act: Callable[..., T], *what: Any, **options: Any) -> T:
        """Do CPU work of a question in a thread, when it is its turn. Raises Problem when too many wait."""
        self._admit()
        with tracer.start_as_current_span("search"):
            return await to_thread.run_sync(partial(act, *what, **options), limiter=self.searching)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Around work of a question that is done elsewhere: waits for its turn. Raises Problem when too many wait."""
        self._admit()
        with tracer.start_as_current_span("search"):
            async with self.searching:
                yield

    def _admit(self) -> None:
        if self.searching.statistics().tasks_waiting >= self.settings.queue:
            raise busy("Too many questions are waiting for an answer. Try again in a moment.", 1)

    def told(self, make: Make[T]) -> AsyncIterator[T]:
        """What an answer tells, as it comes. Raises Problem when too many wait."""
        return self.answers.told(make, self._places)

    async def made(self, make: Callable[[Stop], T]) -> T:
        """What an answer comes to. Raises Problem when too many wait."""
        return await self.answers.made(make, self._places)

    @property
    def _places(self) -> CapacityLimiter:
        """Quoting is work for the processor, as searching is; a model is waited for."""
        return self.searching if self.library.settings.vlm == EXTRACTIVE else self.answers.places

    async def work(self, act: Callable[..., T], *what: Any, **options: Any) -> T:
        """Do other work in a thread: look something up, draw a page, write a file."""
        return await to_thread.run_sync(partial(act, *what, **options))

    def scope(self, who: Identity, named: Iterable[str] = ()) -> tuple[str, ...] | None:
        """Where a query of theirs may look, see `Identity.scope`. Asks the catalog: call it in a thread."""
        wanted = tuple(named)
        if not wanted and who.may("read", EVERY):
            return None
        return who.scope(self.library.catalog.collections(), wanted)

    def asset(self, who: Identity, sha256: str, collection: str | None = None) -> Asset:
        """The asset with that id that they may see, in the collection if one is named. Raises Problem."""
        catalog = self.library.catalog
        seen = who.visible(catalog.collections() if collection is None else [collection])
        for name in seen:
            if (found := catalog.find(sha256, name)) is not None:
                return found
        raise absent("asset")

    def demand(self, who: Identity, scope: str, collection: str) -> None:
        """Raises Problem unless they may; where it looks as if nothing were there, that is noted here."""
        try:
            who.demand(scope, collection)
        except Problem as problem:
            if problem.status == 404:
                self.note(who, "refused", scope=scope, collection=collection)
            raise

    def answered(self, scope: Scope, status: int, seconds: float) -> None:
        """Count a request that was answered; a line in the audit log for one that was refused."""
        self.telemetry.answered(scope, status, seconds)
        if status in (401, 403):
            who = scope["state"].get("who")
            client = scope.get("client")
            self.audit.append(
                {
                    "who": None if who is None else who.name,
                    "act": "refused",
                    "status": status,
                    "method": scope["method"],
                    "path": scope["path"][:300],
                    "client": client[0] if client else None,
                }
            )

    def see(self, picture: bytes) -> Sight:
        """Look at a picture that was sent. Raises UserError when it cannot be read."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "picture"
            path.write_bytes(picture)
            try:
                return see(path, self.workers, self.library.encoders)
            except UserError as error:
                raise UserError(str(error).replace(f"{folder}/", "")) from error  # a place of ours

    def keep(
        self, sent: Sequence[tuple[str, IO[bytes]]], collection: str, owner: str, tags: Mapping[str, str]
    ) -> Upload:
        """Keep files that were sent until they are added. Raises Problem when the disk is full."""
        try:
            return self.uploads.receive(sent, collection, owner, tags)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise Problem(
                    507, "disk-full", "The disk is full; nothing of this upload was kept."
                ) from error
            raise

    def ready(self) -> bool:
        """Whether models and indexes are loaded."""
        return "index" in self.library.__dict__

    def note(self, who: Identity, act: str, **more: Any) -> None:
        """A line in the audit log."""
        self.audit.append({"who": who.name, "name": who.key.name if who.key else None, "act": act, **more})


def threads(settings: ServerSettings) -> int:
    """How many searches run at a time."""
    if settings.threads < 0:
        raise UserError(f"The setting server.threads is {settings.threads}, but must be 0 or more.")
    return settings.threads or 2 * (os.cpu_count() or 1)


def _state(request: Request) -> State:
    state: State = request.app.state.triptych
    return state


def _who(request: Request) -> Identity:
    who: Identity = request.state.who
    return who


Here = Annotated[State, Depends(_state)]
Who = Annotated[Identity, Depends(_who)]
