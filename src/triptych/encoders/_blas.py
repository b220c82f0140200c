"""NumPy's products on one thread, where they are small and other threads have work of their own.

OpenBLAS hands even a product of a few rows to all cores and lets the threads spin while they wait for the next:
beside an encoder that keeps every core busy that took a tenth of a whole ingest (docs/log/workers.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController


class _Limit:
    """Set while anybody is inside: the limit holds for the whole process, so the last one out undoes it."""

    def __init__(self) -> None:
        self._blas = ThreadpoolController().select(user_api="blas")
        self._lock = Lock()
        self._inside = 0
        self._held: Any = None

    def enter(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._held = self._blas.limit(limits=1)

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._held.restore_original_limits()


@cache
def _limit() -> _Limit:
    return _Limit()


@contextmanager
def single_threaded() -> Iterator[None]:
    """Inside, BLAS starts no threads. May be nested and entered by several threads."""
    limit = _limit()
    limit.enter()
    try:
        yield
    finally:
        limit.leave()
