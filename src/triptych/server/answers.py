"""Answers under way: each is made in one thread while the event loop waits, and ends when nobody waits for it.

    answers.told(make, places)      what the generator make(stop) tells, as it comes
    answers.made(make, places)      what make(stop) gives
    attended(request, work)         the result of `work`, unless who asked hangs up before
    begun(request, told)            the same as `told`, of which the first is there

A model may be silent for minutes. Waiting for it takes a place of its own, none of those in which searches run and none
of the threads that look things up.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator
from contextlib import aclosing, closing
from functools import partial
from typing import Any, Generic, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Request
from starlette.requests import ClientDisconnect

from triptych.dialogue.stopping import Stop
from triptych.errors import UserError
from triptych.server.problems import Problem, busy
from triptych.server.telemetry import tracer
from triptych.settings import ServerSettings

T = TypeVar("T")
Make = Callable[[Stop], Generator[T, None, None]]

_END = object()
_LAST = 2.0  # seconds that answers may take to end when they are told to


class Answers:
    """The answers of one server. Used in the event loop only."""

    def __init__(self, settings: ServerSettings) -> None:
        if settings.answers < 1:
            raise UserError(f"The setting server.answers is {settings.answers}, but must be 1 or more.")
        self.places = CapacityLimiter(settings.answers)
        self._queue = settings.queue
        self._underway: dict[asyncio.Task[None], Stop] = {}
        self._ended = False

    async def told(self, make: Make[T], places: CapacityLimiter) -> AsyncIterator[T]:
        """What `make` tells, as it comes, when there is a place. Raises Problem when too many wait, and what `make`
        raises. Whoever leaves it ends the work, too."""
        if places.statistics().tasks_waiting >= self._queue:
            raise busy("Too many questions are waiting for an answer. Try again in a moment.")
        work = _Work(make)
        task = asyncio.create_task(to_thread.run_sync(work.run, limiter=places))
        self._underway[task] = work.stop
        task.add_done_callback(partial(self._done, work))
        try:
            while (one := await work.heard.get()) is not _END:
                yield one
            if self._ended:
                raise stopping()
            task.result()
        finally:
            work.stop()
            if not work.begun.is_set():  # it waits for a place, or will find that it is stopped
                task.cancel()

    def _done(self, work: _Work[Any], task: asyncio.Task[None]) -> None:
        del self._underway[task]
        if not task.cancelled():
            task.exception()  # nobody may be there to take it
        work.heard.put_nowait(_END)

    async def made(self, make: Callable[[Stop], T], places: CapacityLimiter) -> T:
        """What `make` gives; see `told`."""

        def only(stop: Stop) -> Generator[T, None, None]:
            yield make(stop)

        async with aclosing(self.told(only, places)) as told:  # type: ignore[type-var]
            async for one in told:
                return one
        raise stopping()

    def end(self) -> None:
        """Stop all that is under way: those who wait are told that the server ends."""
        self._ended = True
        for stop in [*self._underway.values()]:
            stop()

    async def close(self) -> None:
        """As `end`; waits a moment for the threads."""
        self.end()
        if self._underway:
            await asyncio.wait([*self._underway], timeout=_LAST)


class _Work(Generic[T]):
    """One answer: what its thread tells is put into `heard`."""

    def __init__(self, make: Make[T]) -> None:
        self._make = make
        self._loop = asyncio.get_running_loop()
        self.stop = Stop()
        self.begun = threading.Event()
        self.heard: asyncio.Queue[Any] = asyncio.Queue()

    def run(self) -> None:
        self.begun.set()
        if self.stop.asked:
            return
        with tracer.start_as_current_span("answer"), closing(self._make(self.stop)) as told:
            for one in told:
                if self.stop.asked:
                    return
                self._loop.call_soon_threadsafe(self.heard.put_nowait, one)


def stopping() -> Problem:
    return Problem(
        503,
        "stopping",
        "The server is being stopped, so there is no whole answer. Ask again in a moment.",
        {"Retry-After": "10"},
    )


async def attended(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`; it is cancelled when who asked hangs up. Raises ClientDisconnect."""
    task, gone = asyncio.create_task(work), asyncio.create_task(_gone(request))
    try:
        await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise ClientDisconnect
    finally:
        task.cancel()
        gone.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def begun(request: Request, told: AsyncIterator[T]) -> AsyncIterator[T]:
    """The same as `told`, of which the first is there: what goes wrong before it is a problem, not an event."""
    first = await attended(request, _next(told))

    async def go_on() -> AsyncIterator[T]:
        async with aclosing(told):  # type: ignore[type-var]
            yield first
            async for one in told:
                yield one

    return go_on()


async def _next(told: Awaitable[T] | AsyncIterator[T]) -> T:
    return await anext(told)  # type: ignore[arg-type]
