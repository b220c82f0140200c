"""Looks: pictures into vectors, across all pages under way, while other pages are still being read.

    with Looks(encoder, cached) as looks:
        page = looks.take(sha256, page)      # any thread: pixels become futures of vectors
        view.vector.result()

One thread feeds the encoder with whatever has come meanwhile, so a slow reader never waits for a batch to
fill, and a fast one gets large batches. What the catalog has already is not computed again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from queue import Empty, Queue
from typing import Self

import numpy as np

from triptych.embed import check, view_key
from triptych.pages.views import WHOLE
from triptych.processes.workers import Workers
from triptych.seams import Encoder, PageEncoder
from triptych.types import Page, View

Cached = Callable[[Sequence[bytes]], Mapping[bytes, np.ndarray]]
BATCH = 64  # pictures that the encoder gets at once
_WAITING = 4 * BATCH  # pictures that may wait; then readers do

_Job = tuple[np.ndarray, "Future[np.ndarray]"]


class Looks:
    """Feeds one image encoder. A context manager: leaving it ends its thread."""

    def __init__(self, encoder: Encoder, cached: Cached) -> None:
        self._encoder = encoder
        self._cached = cached
        self._queue: Queue[_Job | None] = Queue(_WAITING)
        self._thread = threading.Thread(target=self._run, name="triptych-looks", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Embed what waits, then end."""
        self._queue.put(None)
        self._thread.join()

    def take(self, sha256: str, pages: Sequence[Page]) -> list[Page]:
        """The pages with vectors on their way in place of pixels. Waits while too many pictures do."""
        keys = {(p.number, v.box): view_key(sha256, p.number, v.box) for p in pages for v in p.views}
        known = self._cached(list(keys.values())) if keys else {}
        return [
            replace(p, views=tuple(self._view(v, known.get(keys[p.number, v.box])) for v in p.views))
            for p in pages
        ]

    def _view(self, view: View, row: np.ndarray | None) -> View:
        if row is not None:
            return replace(view, pixels=None, vector=given(row))
        assert view.pixels is not None
        promise: Future[np.ndarray] = Future()
        self._queue.put((view.pixels, promise))
        return replace(view, pixels=None, vector=promise)

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            batch, ended = [job], False
            while len(batch) < BATCH and not ended:
                try:
                    more = self._queue.get_nowait()
                except Empty:
                    break
                if more is None:
                    ended = True
                else:
                    batch.append(more)
            self._embed(batch)
            if ended:
                return

    def _embed(self, batch: Sequence[_Job]) -> None:
        try:
            rows = self._encoder.images([pixels for pixels, _ in batch])
            check(rows, len(batch), self._encoder)
        except Exception as error:  # told to whoever waits for the vectors
            for _, promise in batch:
                promise.set_exception(error)
            return
        for (_, promise), row in zip(batch, rows, strict=True):
            promise.set_result(row)


def given(row: np.ndarray) -> Future[np.ndarray]:
    """A vector that is known already, as a promise that is kept."""
    promise: Future[np.ndarray] = Future()
    promise.set_result(row.astype(np.float32))
    return promise


def laid_out(pages: Sequence[Page], encoder: Encoder | None) -> Sequence[Page]:
    """Pages with the vector of their layout as their one view, where the image encoder of a library is one that
    reads words with their places; other pages and encoders: as they are."""
    if not isinstance(encoder, PageEncoder):
        return pages
    there = [i for i, page in enumerate(pages) if len(page.text.spans)]
    rows = encoder.pages([pages[i].text for i in there])
    check(rows, len(there), encoder)
    found = list(pages)
    for i, row in zip(there, rows, strict=True):
        found[i] = replace(pages[i], views=(View("image", WHOLE, vector=given(row)),))
    return found


def looked(
    workers: Workers, path: Path, name: str, page: Page, views: Sequence[View], encoder: Encoder
) -> tuple[View, ...]:
    """Views of a page that was read before, with their vectors. Raises FileError when it cannot be drawn."""
    found = workers.look(path, name, page, views, encoder.side)
    pictures = [view.pixels for view in found if view.pixels is not None]
    rows = encoder.images(pictures) if pictures else np.zeros((0, encoder.dim), np.float32)
    check(rows, len(pictures), encoder)
    return tuple(replace(view, pixels=None, vector=given(row)) for view, row in zip(found, rows, strict=True))
