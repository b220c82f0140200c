"""A library: the one module that knows all the verbs. Its `add` and `ask` read as the flow.

    ingest -> read -> chunk -> embed -> catalog -> index        add
    retrieve -> fuse -> answer                                  search, ask

On disk: `catalog.sqlite` (the truth), `blobs/` (originals), `index/` (projections of the catalog),
`staging/` (copies under way), `triptych.toml` (settings), `lock`.
"""

from __future__ import annotations

import builtins
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from triptych import filters, ingest, plugins
from triptych import settings as configuration
from triptych.blobs import Blobs
from triptych.catalog import Catalog
from triptych.errors import FileError, UserError, WrongSpace
from triptych.index import Index
from triptych.records import Asset
from triptych.results import Added, Results, page_dict
from triptych.retrieve import retrieve
from triptych.seams import Encoder
from triptych.settings import Settings
from triptych.types import Answer, Box, Hit, Page
from triptych.writer import Writer

if TYPE_CHECKING:
    import numpy as np

    from triptych.adding import Adding
    from triptych.workers import Workers

# What only one verb needs (answering, adding, drawing) is imported there: a cold search starts sooner.

__all__ = ["Added", "Library", "Results", "open"]

T = TypeVar("T")

_AROUND = 5  # pages before and after a hit that an answer may be looked for on
_DRAWN = 1600  # pixels of the longer side of a drawn page
_THUMBNAIL = 900  # the same in the HTML page of results


def open(
    path: str | Path,
    *,
    create: bool = True,
    config: Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Library:
    """The library in the folder `path`, made if it is not there (unless `create` is off).

    `settings` are dotted keys as in `triptych config`, e.g. `{"ocr.language": "de"}`. Raises
    LibraryError when the folder holds no library, or one of another version or encoder.
    """
    if "://" in str(path):
        raise UserError(f"The library '{path}' is a URL; this version opens folders. Name one: --library DIR")
    folder = Path(path)
    chosen, _ = configuration.load(folder, config, flags=settings)
    for kind, spec in (("encoders", chosen.encoder), ("stores", chosen.store), ("ocr", chosen.ocr.engine)):
        if spec != "none":
            plugins.check(kind, spec)
    catalog = Catalog.open(folder / "catalog.sqlite", create=create and Writer.prepare(folder))
    return Library(folder, chosen, catalog)


class Library:
    """An opened library. Use it in a `with` block; any number may read, one at a time may write."""

    def __init__(self, folder: Path, settings: Settings, catalog: Catalog) -> None:
        self.folder = folder
        self.settings = settings
        self.catalog = catalog
        self.blobs = Blobs(folder / "blobs", folder / "staging", settings.limits)
        self.writer = Writer(folder, self._recover)

    # What is loaded when it is needed: a model, an index, reading processes.

    @cached_property
    def encoder(self) -> Encoder:
        encoder: Encoder = plugins.load("encoders", self.settings.encoder)
        made_with = self.catalog.spaces()
        if made_with and encoder.space not in made_with:
            raise WrongSpace(
                f"This library holds vectors of '{next(iter(made_with))}'; the encoder '{self.settings.encoder}' "
                f"makes '{encoder.space}'. Set the encoder it was made with, or re-embed it: "
                f"triptych rebuild --encoder {self.settings.encoder}"
            )
        return encoder

    @cached_property
    def index(self) -> Index:
        return Index(
            self.folder / "index", self.catalog, self.encoder.space, self.encoder.dim, self.settings.store
        )

    @cached_property
    def workers(self) -> Workers:
        from triptych.workers import Workers

        return Workers(self.settings)

    @cached_property
    def _adding(self) -> Adding:
        from triptych.adding import Adding

        spec = self.settings.encoder
        if self.encoder.space not in self.catalog.spaces() and spec != Settings().encoder:
            configuration.store(self.folder, "encoder", spec)  # a library remembers what it is made with
        return Adding(self.catalog, self.blobs, self.index, self.encoder, self.workers, self.settings)

    def close(self) -> None:
        for name in ("workers", "index"):
            if name in self.__dict__:
                self.__dict__.pop(name).close()
        self.catalog.close()

    def __enter__(self) -> Library:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Adding

    def add(
        self, *what: str | Path, collection: str = "default", tags: Mapping[str, str] | None = None
    ) -> builtins.list[Added]:
        """Add files and folders; one `Added` for each input. A bad file is reported, never raised."""
        return [*self.adding(*what, collection=collection, tags=tags)]

    def adding(
        self,
        *what: str | Path,
        collection: str = "default",
        tags: Mapping[str, str] | None = None,
        stdin: BinaryIO | None = None,
    ) -> Iterator[Added]:
        """As `add`, told one by one, each as soon as it is durable. `-` stands for a list on `stdin`."""
        with self._writing():
            found = ingest.find(what, stdin, self.folder)
            yield from self._adding.files(found, collection, dict(tags or {}))

    # Following and removing

    def sync(self, folder: str | Path, collection: str = "default") -> builtins.list[Added]:
        """Make the collection follow `folder`: what is new, changed, renamed or gone there."""
        return [*self.syncing(folder, collection)]

    def syncing(self, folder: str | Path, collection: str = "default") -> Iterator[Added]:
        """As `sync`, told one by one."""
        folder = Path(folder)
        with self._writing():
            under = ingest.name_of(folder / "x")[:-1]
            known = {
                s.path: (s.sha256, s.size, s.modified)
                for s in self.catalog.sources(collection, path_prefix=under)
            }
            plan = ingest.plan_sync(folder, known, self.folder, self.settings.limits)
            for name in plan.same:
                yield Added(name, known[name][0], "unchanged")
            for old, new in plan.rename:
                asset = self.catalog.asset(old, collection)
                self.catalog.alias(asset.key, [new])
                self.blobs.free(self.catalog.forget(collection, [old]))
                yield Added(new.path, new.sha256, "renamed", asset.pages)
            for name in plan.remove:
                self.blobs.free(self.catalog.forget(collection, [name]))
                yield Added(name, known[name][0], "removed")
            rest = [ingest.path_of(s.path) for s in (*plan.touch, *plan.change, *plan.add)]
            yield from self._adding.files([*plan.refused, *rest], collection, {})

    def remove(self, *what: str, collection: str | None = None) -> builtins.list[Added]:
        """Remove assets, by path or id, with all that is theirs. One that is not there is reported."""
        return [*self.removing(*what, collection=collection)]

    def removing(self, *what: str, collection: str | None = None) -> Iterator[Added]:
        """As `remove`, told one by one."""
        with self._writing():
            for name in what:
                try:
                    asset = self.catalog.asset(name, collection)
                except UserError as error:
                    yield Added(name, None, "failed", error=FileError("not-found", str(error)))
                    continue
                self.blobs.free(self.catalog.remove([asset.key]))
                yield Added(asset.sources[0], asset.sha256, "removed", asset.pages)
            self.index.catch_up()
            self.catalog.shrink()

    # Asking

    def search(
        self,
        text: str,
        *,
        k: int | None = None,
        signals: Sequence[str] | None = None,
        fusion: str | None = None,
        collection: str | None = None,
        where: str | None = None,
    ) -> Results:
        """The pages that match best, with the reasons. Raises UserError for an unknown name or filter."""
        if not text.strip():
            raise UserError("The query is empty. Say what to look for, like: invoice ACME 129.50")
        return retrieve(
            text,
            self.catalog,
            self.index,
            self.encoder,
            self.settings.search,
            k=k,
            signals=signals,
            fusion=fusion,
            collection=self._collection(collection),
            where=where,
        )

    def ask(self, question: str, *, collection: str | None = None, where: str | None = None) -> Answer:
        """Answer from the pages found, with the words that say so; or abstain."""
        from triptych.answer import Evidence, answer

        if self.settings.answer.model != "extractive":
            raise UserError(f"There is no answerer '{self.settings.answer.model}'. Known: extractive.")
        begun = time.perf_counter()
        hits = self.search(question, k=self.settings.answer.evidence, collection=collection, where=where)
        evidence = [
            Evidence(n, hit, self.catalog.page(self.catalog.asset(hit.asset, hit.collection).key, hit.page))
            for n, hit in enumerate(hits, 1)
        ]
        given = answer(question, evidence, self._around)
        seconds = {**hits.seconds, **given.seconds, "total": time.perf_counter() - begun}
        return replace(given, evidence=hits.hits, seconds=seconds, painter=self._paint)

    def _around(self, hit: Hit) -> builtins.list[Page]:
        """The other pages of a hit's file, those of long files near it only: a total may stand there."""
        asset = self.catalog.asset(hit.asset, hit.collection)
        near = range(max(1, hit.page - _AROUND), min(asset.pages, hit.page + _AROUND) + 1)
        return [self.catalog.page(asset.key, number) for number in near if number != hit.page]

    def _collection(self, name: str | None) -> str | None:
        if name is not None and name not in (known := self.catalog.collections()):
            there = f"There are: {', '.join(known)}." if known else "The library is empty."
            raise UserError(f"There is no collection '{name}' in this library. {there}")
        return name

    async def aadd(self, *what: str | Path, **options: Any) -> builtins.list[Added]:
        return await _in_thread(lambda: self.add(*what, **options))

    async def asearch(self, text: str, **options: Any) -> Results:
        return await _in_thread(lambda: self.search(text, **options))

    async def aask(self, question: str, **options: Any) -> Answer:
        return await _in_thread(lambda: self.ask(question, **options))

    # Seeing

    def list(self, collection: str | None = None, where: str | None = None) -> builtins.list[dict[str, Any]]:
        """All assets, as `triptych list --json` shows them."""
        assets = self.catalog.assets(self._collection(collection))
        if where is not None:
            keys = filters.assets(self.catalog, where)
            assets = [a for a in assets if a.key in keys]
        return [asset.to_dict() for asset in assets]

    def show(self, name: str, *, page: int | None = None, collection: str | None = None) -> dict[str, Any]:
        """What is known of one asset, by id or path; with `page`, that page's text and word boxes too."""
        asset = self.catalog.asset(name, collection)
        if page is not None:
            pages = [page_dict(self.catalog.page(asset.key, page), words=True)]
        else:
            pages = [page_dict(p, words=False) for p in self.catalog.pages(asset.key)]
        return {**asset.to_dict(), "pipeline": asset.pipeline, "meta": dict(asset.meta), "pages": pages}

    def pixels(self, asset: Asset, page: int, side: int = _DRAWN) -> np.ndarray:
        """The page as uint8 (h, w, 3) RGB, drawn in a worker process."""
        return self.workers.pixels(self.blobs.local(asset.sha256), asset.sources[0], page, side)

    def picture(self, name: str, page: int = 1, *, collection: str | None = None) -> Any:
        """A PIL image of the page with the lines of its text boxed."""
        asset = self.catalog.asset(name, collection)
        text = self.catalog.page(asset.key, page).text
        boxes = text.boxes_in(0, len(text.text))
        return _draw(self.pixels(asset, page), [(box, "") for box in boxes])

    def html(self, results: Results) -> str:
        """The hits as one self-contained page with their pictures, for people to look at."""
        from triptych.report import to_html

        return to_html(results.text or "", results.hits, self._thumbnail, results.seconds.get("total"))

    def _thumbnail(self, hit: Hit) -> bytes | None:
        from triptych.draw import thumbnail

        asset = self.catalog.asset(hit.asset, hit.collection)
        if not self.catalog.page(asset.key, hit.page).width:
            return None  # a text file has no picture
        return thumbnail(self.pixels(asset, hit.page, _THUMBNAIL), _THUMBNAIL)

    def _paint(self, given: Answer) -> Any:
        """The page of the first citation with every quote on it boxed and numbered."""
        first = given.citations[0]
        asset = self.catalog.asset(first.asset, given.evidence[0].collection if given.evidence else None)
        here = [c for c in given.citations if (c.asset, c.page) == (first.asset, first.page)]
        boxes = [(box, str(c.n)) for c in here for box in c.boxes]
        return _draw(self.pixels(asset, first.page), boxes)

    # Looking after

    def verify(self) -> dict[str, Any]:
        """Compare catalog, indexes and originals. A writer that was killed is cleaned up after first."""
        with self._writing():
            differences = [*self.catalog.integrity(), *self.index.verify(), *self._verify_blobs()]
        counts = self.catalog.counts()
        return {
            "ok": not differences,
            "assets": counts["assets"],
            "pages": counts["pages"],
            "differences": differences,
        }

    def _verify_blobs(self) -> Iterator[str]:
        held, there = self.catalog.blobs(), set(self.blobs.list())
        for sha256 in sorted(held - there):
            yield f"the original {sha256} is missing from blobs; add its file again"
        for sha256 in sorted(there - held):
            yield f"the original {sha256} belongs to nothing in the catalog"
        for sha256 in sorted(held & there):
            if not self.blobs.check(sha256):
                yield f"the original {sha256} is damaged; add its file again"

    def rebuild(self, encoder: str | None = None) -> dict[str, Any]:
        """Make every index anew from the catalog; no page is read again. With `encoder`, every passage
        is embedded by that one first, and the library is set to use it from now on."""
        begun = time.monotonic()
        with self._writing():
            if encoder is not None:
                self._change_encoder(encoder)
            self.index.rebuild()
        return {"chunks": self.catalog.counts()["chunks"], "seconds": round(time.monotonic() - begun, 2)}

    def _change_encoder(self, spec: str) -> None:
        """Vectors of the new space beside the old ones; the old go when all of the new are there."""
        encoder: Encoder = plugins.load("encoders", spec)
        from triptych.adding import reembed

        reembed(self.catalog, encoder)
        for old in self.catalog.spaces():
            if old != encoder.space:
                self.catalog.drop_space(old)
        configuration.store(self.folder, "encoder", spec)
        self.settings = replace(self.settings, encoder=spec)
        for stale in ("index", "_adding"):
            if stale in self.__dict__:
                self.__dict__.pop(stale)
        self.__dict__["encoder"] = encoder

    def statistics(self) -> dict[str, Any]:
        """Counts for `doctor`."""
        return {**self.catalog.counts(), "collections": self.catalog.collections()}

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self.writer.writing():
            try:
                yield
            finally:
                if "index" in self.__dict__:
                    self.index.catch_up()

    def _recover(self) -> None:
        """After a killed writer: drop what it had not committed."""
        self.blobs.sweep()
        self.blobs.free(set(self.blobs.list()) - self.catalog.blobs())
        self.index.catch_up()


async def _in_thread(call: Callable[[], T]) -> T:
    import asyncio

    return await asyncio.to_thread(call)


def _draw(image: np.ndarray, boxes: Sequence[tuple[Box, str]]) -> Any:
    from triptych.draw import draw

    return draw(image, boxes)
