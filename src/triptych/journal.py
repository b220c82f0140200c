"""Journals: lines of JSON appended to a file a day, kept for some days. The audit log and the query log are two.

Journal(folder, name, days)      files NAME-2026-11-23.jsonl in `folder`
append(entry)                    from any thread or process: one write of one line
entries()                        all that is kept, the oldest first; a line cut short by a crash is left out
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

_log = logging.getLogger(__name__)

FOLDER = "logs"  # in the library


class Journal:
    """One journal. Entries get the time they were written at, under `at`."""

    def __init__(self, folder: Path, name: str, days: int) -> None:
        self._folder = folder
        self._name = name
        self._days = days
        self._pruned = ""  # the day on which old files were looked for last

    def append(self, entry: Mapping[str, Any]) -> bool:
        """Write one entry; whether that was possible. On a disk that is full nobody's question fails for a journal:
        the entry is lost, and the program's log says so."""
        try:
            self._append(entry)
        except OSError as error:
            _log.warning("The journal '%s' cannot be written: %s", self._name, error.strerror)
            return False
        return True

    def _append(self, entry: Mapping[str, Any]) -> None:
        now = datetime.now(UTC)
        line = json.dumps({"at": now.isoformat(timespec="milliseconds"), **entry}, ensure_ascii=False)
        data = line.encode("utf-8", "backslashreplace") + b"\n"
        self._prune(now)
        place = self._folder / f"{self._name}-{now:%Y-%m-%d}.jsonl"
        handle = os.open(place, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(handle, data)
        finally:
            os.close(handle)

    def entries(self) -> Iterator[dict[str, Any]]:
        """All entries that are kept, the oldest first."""
        for path in self.files():
            for line in path.read_text("utf-8", errors="replace").splitlines():
                with suppress(ValueError):
                    entry = json.loads(line)
                    if isinstance(entry, dict):
                        yield entry

    def files(self) -> list[Path]:
        """The files of this journal, by day."""
        pattern = re.compile(rf"{re.escape(self._name)}-\d{{4}}-\d\d-\d\d\.jsonl")
        there = self._folder.iterdir() if self._folder.is_dir() else ()
        return sorted(path for path in there if pattern.fullmatch(path.name))

    def _prune(self, now: datetime) -> None:
        """Once a day: delete what is older than it may be."""
        today = f"{now:%Y-%m-%d}"
        if self._pruned == today:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        oldest = f"{self._name}-{now - timedelta(days=self._days):%Y-%m-%d}.jsonl"
        for path in self.files():
            if path.name < oldest:
                path.unlink(missing_ok=True)
        self._pruned = today
