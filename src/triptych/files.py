"""Files that are there as a whole or not at all, and are still there after a power cut."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path


def write(path: Path, data: bytes) -> None:
    """Replace `path` by `data`: temporary file, fsync, rename, fsync of the folder."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make names in `folder` durable. Systems that cannot open a folder do it on their own."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def set_aside(path: Path) -> Path:
    """Move what cannot be read out of the way, never away: its new name, `NAME.corrupt-TIME`."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    aside = path.with_name(f"{path.name}.corrupt-{stamp}")
    path.rename(aside)
    sync_folder(path.parent)
    return aside


def stamp(path: Path) -> tuple[int, int]:
    """Time and size of a file, which tell whether it is still the one that was read; zeros where none is."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


def remove(path: Path) -> None:
    """Delete a file or a folder of ours; nothing there is fine."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
