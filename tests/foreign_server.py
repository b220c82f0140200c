"""Servers that we did not write, started for a test and ended with it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import urlopen

_SECONDS = 90.0  # in which a server must be there


@contextmanager
def running(command: Sequence[str], health: str, **environment: str) -> Iterator[str]:
    """The address of `python COMMAND --host 127.0.0.1 --port N` as soon as it answers at the path `health`."""
    port = _free_port()
    words = [sys.executable, *command, "--host", "127.0.0.1", "--port", str(port)]
    url = f"http://127.0.0.1:{port}"
    quiet = subprocess.DEVNULL
    with subprocess.Popen(words, env=os.environ | environment, stdout=quiet, stderr=quiet) as process:
        try:
            _wait(process, url + health)
            yield url
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, f"the server ended with status {process.returncode}"
        try:
            urlopen(url, timeout=1).close()
            return
        except (URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"no answer from {url} within {_SECONDS:g} s")
