"""A job and its items, as the thread that works on it changes them and others read them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"
WAITING, READING = "waiting", "reading"


@dataclass(slots=True, eq=False)
class Item:
    """One file of a job. `status` is waiting, reading, or what became of it: ready, partial, unchanged, failed,
    removed."""

    name: str
    status: str = WAITING
    asset: str | None = None
    pages: int = 0
    pages_done: int = 0
    seconds: float = 0.0
    failed_pages: tuple[int, ...] = ()
    signals: Mapping[str, int] = field(default_factory=dict)
    error: Mapping[str, str] | None = None
    quality: Mapping[str, Any] | None = None
    version: int = 1  # of the job when it last changed

    @property
    def settled(self) -> bool:
        return self.status not in (WAITING, READING)

    def to_dict(self, number: int) -> dict[str, Any]:
        return {
            "number": number,
            "name": self.name,
            "status": self.status,
            "asset": self.asset,
            "pages": self.pages,
            "pages_done": self.pages_done,
            "seconds": self.seconds,
            "failed_pages": list(self.failed_pages),
            "signals": dict(self.signals),
            "quality": self.quality,
            "error": self.error,
        }


@dataclass(slots=True, eq=False)
class Job:
    """Work that was accepted. Changed by one thread; `version` grows with every change."""

    id: str
    kind: str  # add, remove
    collection: str
    owner: str  # id of the key
    at: str  # ISO 8601, UTC
    items: list[Item] = field(default_factory=list)
    state: str = QUEUED
    note: str = ""
    version: int = 1
    begun: float = 0.0
    seconds: float = 0.0
    listeners: set[Callable[[], None]] = field(default_factory=set)

    def begin(self) -> None:
        if self.state == QUEUED:
            self.state, self.begun = RUNNING, time.monotonic()
            self.touch()

    def say(self, note: str) -> None:
        self.note = note
        self.touch()

    def end(self, state: str, note: str = "") -> None:
        self.state, self.note = state, note
        self.seconds = time.monotonic() - self.begun
        self.touch()

    def update(self, item: Item, **changes: Any) -> None:
        """Change an item and tell those who listen."""
        for name, value in changes.items():
            setattr(item, name, value)
        item.version = self.version + 1
        self.touch()

    def touch(self) -> None:
        self.version += 1
        for tell in tuple(self.listeners):
            tell()

    def to_dict(self, *, items: bool = True) -> dict[str, Any]:
        counts: dict[str, int] = {}
        for item in self.items:
            counts[item.status] = counts.get(item.status, 0) + 1
        return {
            "job": self.id,
            "kind": self.kind,
            "collection": self.collection,
            "state": self.state,
            "note": self.note or None,
            "at": self.at,
            "seconds": round(self.seconds, 3),
            "files": len(self.items),
            "settled": sum(item.settled for item in self.items),
            "counts": counts,
            **({"items": [item.to_dict(n) for n, item in enumerate(self.items, 1)]} if items else {}),
        }
