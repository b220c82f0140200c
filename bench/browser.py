"""A headless Chromium before a server of ours: for the proofs of the page, and for its picture in the README."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, sync_playwright

import triptych
from triptych.server.app import create_app

# Chromium asks its makers for this and that by itself; none of it, so that what is left is ours.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
_STARTS = 30.0  # seconds that a server may take to start or stop


def chromium_path() -> str | None:
    """Debian's Chromium, or whatever this machine calls it; None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def served(folder: Path, settings: Mapping[str, Any] | None = None) -> Iterator[str]:
    """The library in `folder` served on a free port of this machine; gives the address, with a slash at its end."""
    with (
        triptych.open(folder, settings=settings) as library,
        socket.create_server(("127.0.0.1", 0)) as listening,
    ):
        config = uvicorn.Config(create_app(library), log_level="warning", timeout_graceful_shutdown=2)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            until = time.monotonic() + _STARTS
            while not server.started:
                if not thread.is_alive() or time.monotonic() > until:
                    raise RuntimeError("the server did not start")
                time.sleep(0.02)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join(_STARTS)


@contextmanager
def browsing() -> Iterator[Browser]:
    """Chromium, for as long as the block lasts."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watched:
    """A tab, and what it must not do: `errors` of scripts and console, requests to others (`strangers`), answers
    without a content policy (`unprotected`)."""

    page: Page
    origin: str
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    unprotected: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        return [*self.errors, *self.strangers, *self.unprotected]

    def said(self, message: ConsoleMessage) -> None:
        refused = "the server responded with a status of 4" in message.text  # the test's own doing
        if message.type in ("error", "warning") and not refused:
            self.errors.append(message.text)

    def asked(self, request: Request) -> None:
        if not request.url.startswith((self.origin, "blob:", "data:")):
            self.strangers.append(request.url)

    def answered(self, response: Response) -> None:
        if not response.url.startswith(self.origin):
            return
        if "content-security-policy" not in response.headers:
            self.unprotected.append(response.url)


@contextmanager
def tab(browser: Browser, address: str, *, first: str = "", **options: Any) -> Iterator[Watched]:
    """A fresh tab (no storage, no cache) that has opened `address`. `first` is a script that runs before any of
    the page; `options` as Playwright's new_context."""
    context = browser.new_context(**{"viewport": WIDE, **options})
    page = context.new_page()
    if first:
        page.add_init_script(first)
    watched = Watched(page, address)
    page.on("console", watched.said)
    page.on("pageerror", lambda error: watched.errors.append(str(error)))
    page.on("request", watched.asked)
    page.on("response", watched.answered)
    page.goto(address)
    page.wait_for_selector("body.ready")
    try:
        yield watched
    finally:
        context.close()
