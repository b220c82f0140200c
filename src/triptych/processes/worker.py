"""The worker process: the only place where foreign bytes are decoded. `workers` starts and watches it.

Run as `python -m triptych.processes.worker SOCKET PARENT`. It gives up rights and sets its limits before it
imports a decoder, and ends with its parent. Any failure becomes a message; what cannot (a crash of a
decoder, a hang) ends the process, and the parent says so.
"""

from __future__ import annotations

import ctypes
import math
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triptych import errors
from triptych.errors import FileError, TriptychError
from triptych.processes import wire
from triptych.settings import Limits, LookSettings, OcrSettings
from triptych.types import Page, PageText, View

if TYPE_CHECKING:
    from triptych.read import Reader
    from triptych.seams import Document

_PDEATHSIG = 1  # prctl options, from linux/prctl.h
_NO_NEW_PRIVS = 38


def main() -> None:
    end, parent = socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])
    tie_to(parent)
    config, _ = received(end)
    limits = Limits(**config["limits"])
    _confine(limits)
    look = LookSettings(**config["look"])
    worker = _Worker(end, OcrSettings(**config["ocr"]), look, limits, config["threads"], config["side"])
    wire.send(end, {"is": "ready"})
    while True:
        request, _ = received(end)
        worker.answer(request)


def received(end: socket.socket) -> wire.Message:
    """The next message from the parent; ends the process when there is no parent any more."""
    try:
        return wire.receive(wire.filler(end))
    except wire.Closed:
        sys.exit(0)


def tie_to(parent: int) -> None:
    """End when the parent does, however it ends; leave Ctrl-C to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_PDEATHSIG, signal.SIGKILL)
        libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
        if os.getppid() != parent:  # it died before we asked
            sys.exit(0)


def _confine(limits: Limits) -> None:
    """What the kernel enforces. The parent watches resident memory and wall time on top."""
    for kind, most in (
        (resource.RLIMIT_DATA, most_claimed(limits)),  # AS would count mapped model files and stacks
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_FSIZE, 1 << 20),  # a worker writes nothing but a complaint on stderr
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def most_used(limits: Limits) -> int:
    """Resident bytes at which the parent ends a worker."""
    return limits.memory_mb * 1_000_000


def most_claimed(limits: Limits) -> int:
    """Bytes that a worker may ask the kernel for. Engines claim twice what they use (docs/log/workers.md);
    a bomb that asks for more than this at once gets nothing."""
    return 4 * most_used(limits)


class _Worker:
    """Answers requests one after the other; keeps the last document open for the next range of it."""

    def __init__(
        self,
        end: socket.socket,
        ocr: OcrSettings,
        look: LookSettings,
        limits: Limits,
        threads: int,
        side: int,
    ) -> None:
        from triptych import read
        from triptych.pages import views  # the decoders: imported only now, under the limits

        self._end = end
        self._limits = limits
        self._threads = threads
        self._open = read.open_document
        self._pixels = read.pixels
        self._rendered = views.rendered
        self._parts = views.parts
        self._plan = views.plan
        self._look = look
        self._side = side  # of the pictures that the image encoder wants; 0: it wants none
        self._reader: Reader = read.Reader(ocr, look, limits)
        self._path = ""
        self._document: Document | None = None
        self._media_type = ""
        self._tired = False  # ran out of memory once: better replaced

    def answer(self, request: dict[str, Any]) -> None:
        """Do one request, then say that it is over and how it ended."""
        actions: dict[str, Callable[[dict[str, Any]], None]] = {
            "read": self._read,
            "draw": self._draw,
            "look": self._look_again,
            "cut": self._cut,
        }
        refused: dict[str, str] | None = None
        error: dict[str, str] | None = None
        self._allow_cpu()
        try:
            actions[request["do"]](request)
        except FileError as known:
            refused = self._told(known, request).to_dict()
        except TriptychError as ours:
            error = {"class": type(ours).__name__, "text": str(ours)}
        except MemoryError:
            self._tired = True
            self._close()
            refused = out_of_memory(self._limits).to_dict()
        except (BrokenPipeError, ConnectionResetError):
            sys.exit(0)
        except Exception as unknown:  # decoders raise anything at all on hostile bytes
            refused = _undecodable(unknown).to_dict()
        self._send({"is": "done", "refused": refused, "error": error, "tired": self._tired})

    def _read(self, request: dict[str, Any]) -> None:
        document = self._opened(request)
        total = len(document)
        self._send(
            {
                "is": "head",
                "kind": document.kind,
                "media_type": self._media_type,
                "pages": total,
                "meta": dict(document.meta),
            }
        )
        last = min(request["last"], total)
        for number in range(request["first"], last + 1):
            self._allow_cpu()
            self._send_page(document, number, request)
        if last == total:
            self._close()

    def _send_page(self, document: Document, number: int, request: dict[str, Any]) -> None:
        """Read and send one page; whatever goes wrong with it is said in its place."""
        try:
            page = self._reader.page(document, number)
            if page.failed:
                raise FileError("damaged", page.failed)
            if self._side:
                planned = self._plan(page, document.kind, self._look)
                page = replace(page, views=self._rendered(document, page, planned, self._side))
            header, arrays = wire.page_out(page)
            self._send({"is": "page", **header}, arrays)
            return
        except MemoryError:
            self._tired = True
            error = out_of_memory(self._limits)
        except FileError as known:
            error = self._told(known, request)
        except (TriptychError, OSError):
            raise
        except Exception as unknown:
            error = _undecodable(unknown)
        failed = Page(number, PageText.plain(""), 0, 0, failed=error.reason)
        header, arrays = wire.page_out(failed)
        self._send({"is": "page", **header}, arrays)

    def _draw(self, request: dict[str, Any]) -> None:
        document = self._opened(request)
        self._allow_cpu()
        image = self._pixels(document, request["page"], request["side"])
        self._send({"is": "pixels"}, [] if image is None else [image])

    def _look_again(self, request: dict[str, Any]) -> None:
        """The pixels of parts of a page that was read before, as they were embedded."""
        document, page = self._known(request)
        self._send_views(self._rendered(document, page, wire.views_in(request["views"]), request["side"]))

    def _cut(self, request: dict[str, Any]) -> None:
        """The same for those who read them, each of its own size."""
        document, page = self._known(request)
        self._send_views(self._parts(document, page, wire.views_in(request["views"]), request["sides"]))

    def _known(self, request: dict[str, Any]) -> tuple[Document, Page]:
        """A page that was read before, without its words."""
        document = self._opened(request)
        self._allow_cpu()
        width, height = request["size"]
        return document, Page(request["page"], PageText.plain(""), width, height, turned=request["turned"])

    def _send_views(self, found: Sequence[View]) -> None:
        self._send({"is": "views", "views": wire.views_out(found)}, [view.pixels for view in found])

    def _opened(self, request: dict[str, Any]) -> Document:
        if self._document is None or request["path"] != self._path:
            self._close()
            path = os.fsdecode(bytes.fromhex(request["path"]))
            self._document, self._media_type = self._open(Path(path), request["name"], self._limits)
            self._path = request["path"]
        return self._document

    @staticmethod
    def _told(error: FileError, request: dict[str, Any]) -> FileError:
        """The error with the file's own name in place of that of the copy which was read."""
        copy = Path(os.fsdecode(bytes.fromhex(request["path"]))).name
        name = request["name"]
        shown = name if len(name) <= 80 else f"{name[:50]}...{name[-25:]}"  # room for the reason itself
        return FileError(error.code, error.reason.replace(copy, shown).replace(name, shown), error.hint)

    def _close(self) -> None:
        document, self._document = self._document, None
        if document is not None:
            document.close()

    def _allow_cpu(self) -> None:
        """CPU seconds for one more page, in case the parent is stopped and cannot watch the clock."""
        seconds = time.process_time() + self._limits.page_seconds * self._threads + 5
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(seconds), hard))

    def _send(self, header: dict[str, Any], arrays: list[Any] | None = None) -> None:
        wire.send(self._end, header, arrays or ())


def out_of_memory(limits: Limits) -> FileError:
    return FileError(
        "too-much-memory",
        f"reading it takes more than the {limits.memory_mb:,} MB that a worker may use",
        "Raise the setting limits.memory_mb, or make the file smaller",
    )


def _undecodable(error: Exception) -> FileError:
    detail = f"{type(error).__name__}: {error}".strip().rstrip(":")
    return FileError(
        "damaged", f"it cannot be decoded ({detail[:200]})", "Open it in its program and save it anew"
    )


def raised(error: dict[str, str]) -> TriptychError:
    """An error of ours that a worker reported, as an object again."""
    kinds = {k.__name__: k for k in (errors.UserError, errors.MissingPackage, errors.LibraryError)}
    return kinds.get(error["class"], errors.ModelError)(error["text"])


if __name__ == "__main__":
    main()
