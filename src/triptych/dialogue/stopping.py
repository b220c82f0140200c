"""Stopping a model whose answer nobody waits for any more.

    stop = Stop();  library.ask_events(question, stop=stop);  stop()        from any thread

A stream that waits for a server is cut off where it waits, if it can be; any other ends with its next piece.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager

from triptych.errors import VlmError
from triptych.seams import Reply


class Stop:
    """Called once, it ends what goes on and lets nothing begin. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = threading.Event()
        self._ends: list[Callable[[], None]] = []

    def __call__(self) -> None:
        with self._lock:
            self._asked.set()
            ends = list(self._ends)
        for end in ends:
            end()

    @property
    def asked(self) -> bool:
        return self._asked.is_set()

    def check(self) -> None:
        """Raises VlmError when it was called."""
        if self.asked:
            raise VlmError("vlm-stopped", "The model was stopped, as nobody waits for its answer any more.")

    def wait(self, seconds: float) -> None:
        """Sleep. Raises VlmError when it is called before or meanwhile."""
        self._asked.wait(seconds)
        self.check()

    @contextmanager
    def ending(self, end: Callable[[], None] | None) -> Iterator[None]:
        """Inside the block it calls `end`, too, where there is one."""
        if end is None:
            yield
            return
        with self._lock:
            self._ends.append(end)
        try:
            if self.asked:  # before `end` was known
                end()
            yield
        finally:
            with self._lock:
                self._ends.remove(end)


def until(stop: Stop, stream: Generator[str, None, Reply]) -> Generator[str, None, Reply]:
    """`stream`, as long as it is not stopped. Raises VlmError when it is."""
    with closing(stream), stop.ending(getattr(stream, "stop", None)):
        while True:
            stop.check()
            try:
                piece = next(stream)
            except StopIteration as end:
                reply: Reply = end.value
                return reply
            yield piece
