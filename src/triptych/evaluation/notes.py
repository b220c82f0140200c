"""Notes on the way of a long measurement: one line of text each, for whoever listens."""

from __future__ import annotations

from collections.abc import Callable

Note = Callable[[str], None]


def silent(text: str) -> None:
    """Notes go nowhere unless somebody listens."""
