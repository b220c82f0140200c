"""Describing: captions for pages that have none by the captioner in use, after their files are in.

Runs as long as it takes, page by page; each page's captions are durable before the next is looked at, so
it can be stopped anywhere and run again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from triptych import captioning, plugins
from triptych.blobs import Blobs
from triptych.catalog import Catalog
from triptych.dialogue.cost import Spent
from triptych.dialogue.generation import Asked, Vlms
from triptych.embed import view_key
from triptych.errors import FileError, UserError, VlmError
from triptych.pages.views import WHOLE
from triptych.pipeline import Encoders
from triptych.processes.workers import Workers
from triptych.records import Asset
from triptych.seams import Captioner, Seen
from triptych.settings import VLM
from triptych.sql.pieces import SILENT
from triptych.types import Page

BATCH = 8  # pages that the captioner gets at once
_BUDGET = "vlm-budget"


@dataclass(frozen=True, slots=True)
class Described:
    """What was said of one page, or why nothing was."""

    source: str
    asset: str
    page: int
    captions: tuple[str, ...] = ()
    error: FileError | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "event": "described",
            "source": self.source,
            "asset": self.asset,
            "page": self.page,
            "captions": list(self.captions),
            "error": self.error.to_dict() if self.error else None,
        }


class Run(NamedTuple):
    """Work that is to be done by iterating over `events`; `each` is what a page will cost, nothing for most."""

    pages: int
    events: Iterator[Described]
    each: Spent


class Describing:
    """One captioner at work on one library. Used while the library's lock is held."""

    def __init__(
        self,
        catalog: Catalog,
        blobs: Blobs,
        workers: Workers,
        encoders: Encoders,
        vlms: Vlms,
        spec: str,
    ) -> None:
        """Raises UserError when no captioner is set, and as `plugins.load`."""
        self.catalog = catalog
        self.blobs = blobs
        self.workers = workers
        self.encoders = encoders
        self.captioner, self.each, self._apart = load(spec, vlms)
        self.origin = plugins.split(spec)[0]

    def begin(
        self,
        collection: str | None,
        again: bool,
        most: int | None,
        writing: Callable[[], AbstractContextManager[None]],
    ) -> Run:
        """The work on what is lacking, `most` pages of it; `writing` is held while it is done. What was removed or
        described before it is begun, as while somebody looks at its price, is left out."""
        pages = self.lacking(collection, again)
        agreed = {(asset.key, page.number) for asset, page in pages}

        def run() -> Iterator[Described]:
            with writing():
                still = self.lacking(collection, again)
                yield from self.run([(a, p) for a, p in still if (a.key, p.number) in agreed][:most])

        return Run(len(pages), run(), self.each)

    def lacking(self, collection: str | None = None, again: bool = False) -> list[tuple[Asset, Page]]:
        """Pages with something to see that this captioner, in this version, has neither described nor had nothing to
        say of. With `again`, all of them."""
        found = []
        for asset in self.catalog.assets(collection):
            for page, pieces in self.catalog.pieces(asset.key):
                said = [piece.caption for piece in pieces if piece.caption is not None]
                name = self.captioner.name
                done = any(c.origin == self.origin and c.model == name for c in said)
                done = done or name in page.meta.get(SILENT, ())
                if page.width and not page.failed and (again or not done):
                    found.append((asset, page))
        return found

    def run(self, pages: Sequence[tuple[Asset, Page]]) -> Iterator[Described]:
        """Describe `pages`, told one by one, each when its captions are durable. Where a model fails, what it said of
        other pages is stored before that is raised."""
        rest = deque(pages)
        while batch := [rest.popleft() for _ in range(min(BATCH, len(rest)))]:
            seen = []
            for asset, page in batch:
                try:
                    seen.append((asset, page, self._seen(asset, page)))
                except FileError as error:
                    yield Described(asset.sources[0], asset.sha256, page.number, error=error)
            told = zip(seen, self._said([s for _, _, s in seen]) if seen else [], strict=True)
            done, missed = [], []
            for place, said in told:
                if isinstance(said, VlmError):
                    missed.append((place, said))
                else:
                    done.append(self._stored(*place, said))
            yield from done
            for _, failure in missed:
                if failure.code != _BUDGET or not done:
                    raise failure
            # What the others were thought to cost was in the way; what they did cost may not be.
            rest.extendleft((asset, page) for (asset, page, _), _ in reversed(missed))

    def _said(self, seen: Sequence[Seen]) -> list[tuple[str, ...] | VlmError]:
        """What is said of each picture, or why a model said nothing."""
        if not self._apart:
            return [*self.captioner.captions(seen)]
        with ThreadPoolExecutor(BATCH, "triptych-caption") as pool:
            return [*pool.map(self._alone, seen)]

    def _alone(self, seen: Seen) -> tuple[str, ...] | VlmError:
        try:
            return self.captioner.captions([seen])[0]
        except VlmError as error:
            return error

    def _stored(self, asset: Asset, page: Page, seen: Seen, texts: Sequence[str]) -> Described:
        captions = captioning.made(texts, self.origin, self.captioner.name, self.captioner.prompt)
        silent = self.captioner.name if seen.pixels is not None else ""
        replaced = {self.origin} if captions else set()  # by nothing, nothing is replaced
        captioning.store(self.catalog, asset.key, {page.number: captions}, replaced, self.encoders, silent)
        return Described(asset.sources[0], asset.sha256, page.number, tuple(c.text for c in captions))

    def _seen(self, asset: Asset, page: Page) -> Seen:
        pixels = None
        if self.captioner.side:
            path = self.blobs.local(asset.sha256)
            pixels = self.workers.pixels(path, asset.sources[0], page.number, self.captioner.side)
        space, vector = self._look(asset, page)
        return captioning.seen(asset.title, page, vector, space, pixels)

    def _look(self, asset: Asset, page: Page) -> tuple[str, np.ndarray | None]:
        """The space and the vector of the page as a picture, where it has one."""
        image = self.encoders.image
        if image is None:
            return "", None
        name = view_key(asset.sha256, page.number, WHOLE)
        row = self.catalog.vectors(image.space, [name]).get(name)
        return image.space, None if row is None else row.astype(np.float32)


class Loaded(NamedTuple):
    """A captioner, what a page costs with it, and whether pages are described apart: what one of them has cost is then
    not lost with the others."""

    captioner: Captioner
    each: Spent = Spent()
    apart: bool = False


def load(spec: str, vlms: Vlms) -> Loaded:
    """The captioner of that name; a page costs what pages have cost so far, else what is estimated.

    Raises UserError for "none".
    """
    if spec == "none":
        raise UserError("No captioner is set. Name one: triptych caption --captioner blip")
    name, argument = plugins.split(spec)
    if name != VLM:
        return Loaded(plugins.load("captioners", spec))
    vlm = vlms.get(argument, "caption")
    captioner = plugins.load("captioners", spec, vlm=vlm)
    return Loaded(captioner, vlm.usual() or _estimate(captioner, vlm), not vlm.together)


def _estimate(captioner: Any, vlm: Asked) -> Spent:
    """Of an upright page of the usual shape."""
    page = np.zeros((captioner.side, round(captioner.side * 0.707), 3), np.uint8)
    return vlm.expected(captioner.question(Seen(page, None, "", "", "")), captioner.max_tokens)
