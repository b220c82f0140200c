"""A file format for tests of the workers: each line of the file is a page, some lines are orders.

Not a test: `test_workers.py` installs it as another package would, by an entry point.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np

from triptych.errors import FileError, UserError
from triptych.seams import RawPage
from triptych.settings import Limits
from triptych.types import PageText

MAGIC = b"\x00ODD\n"


def load(argument: str = "") -> OddFormat:
    return OddFormat()


class OddFormat:
    def sniff(self, head: bytes, name: str) -> int:
        return 3 if head.startswith(MAGIC) else 0

    def open(self, path: Path, limits: Limits) -> OddDocument:
        return OddDocument(path)


class OddDocument:
    kind = "text"
    media_type = "text/odd"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.orders = path.read_bytes().removeprefix(MAGIC).decode().split("\n")
        self.meta: dict[str, Any] = {"orders": len(self.orders), "pid": os.getpid()}
        if self.orders[0].startswith("open "):
            obey(self.orders[0].removeprefix("open "), path)

    def __len__(self) -> int:
        return len(self.orders)

    def page(self, number: int) -> RawPage:
        order = self.orders[number - 1]
        obey(order, self.path)
        return RawPage(number, 0, 0, None, PageText.plain(order), (), {"pid": os.getpid()}, ())

    def pixels(self, number: int, side: int) -> np.ndarray | None:
        if self.orders[number - 1] == "no picture":
            return None
        return np.full((side, side // 2, 3), number, np.uint8)

    def close(self) -> None: ...


def obey(order: str, path: Path) -> None:  # noqa: C901 (a table of orders)
    match order:
        case "segfault":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "segfault once":  # leaves a mark beside the file; the second try finds it
            if not path.with_suffix(".mark").exists():
                path.with_suffix(".mark").touch()
                os.kill(os.getpid(), signal.SIGSEGV)
        case "exit":
            os._exit(3)
        case "hang":
            time.sleep(1000)
        case "spin":
            while True:
                pass
        case "eat":
            kept = []
            while True:
                kept.append(np.ones(1 << 20))
        case "raise":
            raise AssertionError("two\nlines")
        case "refuse":
            raise FileError("damaged", "it is refused", "Do not mind")
        case "missing package":
            raise UserError("It needs a package. Type: pip install it")
        case "nonsense":
            for descriptor in range(3, 1024):  # whichever the worker was given
                try:
                    os.write(descriptor, b"this is no message at all, not even nearly")
                except OSError:
                    continue
            time.sleep(1000)
        case "print":
            print("a decoder chats on standard output" * 1000)  # noqa: T201
