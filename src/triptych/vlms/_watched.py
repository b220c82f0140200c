"""The bytes of an answer on their way to the client of OpenAI, watched for what that client does not tell.

A comment that keeps a connection open is no word of the model, however many come; and some servers answer in one piece
of JSON where a stream was asked for, in which the client sees nothing at all.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx2

_LARGEST = 10_000_000  # bytes of an answer in one piece


class Watched(httpx2.SyncByteStream):
    """`stream`, which may be without a word for `seconds`."""

    def __init__(self, stream: httpx2.SyncByteStream, seconds: float) -> None:
        self.whole = b""  # the answer, where it is one piece of JSON
        self._stream = stream
        self._seconds = seconds

    def __iter__(self) -> Iterator[bytes]:
        """Raises ReadTimeout when nothing but comments came for too long."""
        heard, comment, first = time.monotonic(), False, True
        for chunk in self._stream:
            if self.whole or (first and chunk.lstrip().startswith((b"{", b"["))):
                self.whole = (self.whole + chunk)[:_LARGEST]
            first = first and not chunk.strip()
            words, comment = _words(chunk, comment)
            if words:
                heard = time.monotonic()
            elif time.monotonic() - heard > self._seconds:
                raise httpx2.ReadTimeout(f"no word for {self._seconds:g} s")
            yield chunk

    def close(self) -> None:
        self._stream.close()


def _words(chunk: bytes, comment: bool) -> tuple[bool, bool]:
    """(whether there is more than comments in it, whether it ends inside one). `comment`: it begins inside one."""
    first, *rest = chunk.split(b"\n")
    words = bool(first.strip()) and not comment and not first.startswith(b":")
    words = words or any(line.strip() and not line.startswith(b":") for line in rest)
    last = rest[-1] if rest else first
    return words, last.startswith(b":") or (comment and not rest)
