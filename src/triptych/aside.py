"""Work beside an event loop: done in a thread while the loop goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


async def aside(act: Callable[..., T], *what: Any, **options: Any) -> T:
    """What `act` gives, called in a thread. asyncio is not imported before somebody needs it."""
    import asyncio

    return await asyncio.to_thread(act, *what, **options)
