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
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from triptych import captioning, ingest, plugins
from triptych import settings as configuration
from triptych.aside import aside
from triptych.catalog import Catalog
from triptych.dialogue.events import Event, outcome
from triptych.errors import LibraryError, UserError
from triptych.fuse import LEARNED
from triptych.parts import Parts
from triptych.query import filters
from triptych.query.sight import Sight, see
from triptych.ranking import alike, learned
from triptych.results import Added, Results, asset_dict
from triptych.retrieve import Query, available, retrieve
from triptych.settings import Settings
from triptych.types import Answer
from triptych.upkeep.removing import removing
from triptych.upkeep.writer import Writer

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

    from triptych.asking import Asking
    from triptych.describing import Run
    from triptych.records import Asset
    from triptych.seams import Progress

# What only one verb needs (answering, adding, drawing) is imported there: a cold search starts sooner.

__all__ = ["Added", "Library", "Results", "open"]


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
    for kind, spec in chosen.backends():
        if spec != "none":
            plugins.check(kind, spec)
    catalog = Catalog.open(folder / "catalog.sqlite", create=create and Writer.prepare(folder))
    return Library(folder, chosen, catalog)


class Library(Parts):
    """An opened library. Use it in a `with` block; any number may read, one at a time may write, and any thread may ask.
    A process opens it for itself: what is forked while threads search inherits their locks."""

    def __init__(self, folder: Path, settings: Settings, catalog: Catalog) -> None:
        super().__init__(folder, settings, catalog)
        self.writer = Writer(folder, self._recover)

    def close(self) -> None:
        self.forget("index", "workers", "vlms")  # what is in use may need the next one
        self.catalog.close()

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Adding

    def add(
        self,
        *what: str | Path,
        collection: str = "default",
        tags: Mapping[str, str] | None = None,
        captions: str | Path | captioning.Sidecar | None = None,
    ) -> builtins.list[Added]:
        """Add files and folders; one `Added` for each input. A bad file is reported, never raised.

        `captions` is a file in which people describe the pictures, see `captioning.read`.
        """
        return [*self.adding(*what, collection=collection, tags=tags, captions=captions)]

    def adding(
        self,
        *what: str | Path,
        collection: str = "default",
        tags: Mapping[str, str] | None = None,
        captions: str | Path | captioning.Sidecar | None = None,
        stdin: BinaryIO | None = None,
        names: Callable[[Path], str] | None = None,
        progress: Progress | None = None,
    ) -> Iterator[Added]:
        """As `add`, told one by one, each as soon as it is durable. `-` stands for a list on `stdin`; `names` says under
        which name a file is kept where that is not its path, as for uploads; `progress` hears of its pages."""
        if isinstance(captions, (str, Path)):
            captions = captioning.read(Path(captions))
        with self._writing():
            found: Iterator[Path | ingest.Refused] = ingest.find(what, stdin, None if names else self.folder)
            if captions is not None:
                found = ingest.without(found, captions.file)
            supplied = None if captions is None else captions.of
            yield from self._adding.files(found, collection, dict(tags or {}), supplied, names, progress)

    def describing(
        self,
        captioner: str | None = None,
        *,
        collection: str | None = None,
        again: bool = False,
        most: int | None = None,
    ) -> Run:
        """How many pages a captioner has not described yet, its work on them (on `most` of them), told one by one, each
        as soon as it is durable, and what it costs; stop it anywhere. `again`: all pages."""
        from triptych.describing import Describing

        spec = captioner or self.settings.captioner
        work = Describing(self.catalog, self.blobs, self.workers, self.encoders, self.vlms, spec)
        return work.begin(self._collection(collection), again, most, self._writing)

    # Following and removing

    def sync(self, folder: str | Path, collection: str = "default") -> builtins.list[Added]:
        """Make the collection follow `folder`: what is new, changed, renamed or gone there."""
        return [*self.syncing(folder, collection)]

    def syncing(self, folder: str | Path, collection: str = "default") -> Iterator[Added]:
        """As `sync`, told one by one."""
        from triptych.upkeep.follow import follow

        with self._writing():
            yield from follow(Path(folder), collection, self.folder, self._adding)

    def remove(self, *what: str | Path, collection: str | None = None) -> builtins.list[Added]:
        """Remove assets, by path or id, with all that is theirs. One that is not there is reported."""
        return [*self.removing(*what, collection=collection)]

    def removing(self, *what: str | Path, collection: str | None = None) -> Iterator[Added]:
        """As `remove`, told one by one."""
        with self._writing():
            notes_gone = lambda where: self._adding.alt_texts(where)  # noqa: E731 (may load an encoder)
            yield from removing(map(str, what), collection, self.catalog, self.blobs, notes_gone)
            self.index.catch_up()
            self.catalog.shrink()

    # Asking

    def search(
        self,
        text: str | None = None,
        *,
        image: str | Path | Sight | Image.Image | np.ndarray | None = None,
        k: int | None = None,
        signals: Sequence[str] | None = None,
        fusion: str | None = None,
        collection: filters.Within = None,
        where: str | None = None,
        plain: bool = False,
    ) -> Results:
        """The pages that match words, a picture, or both best, with the reasons. Raises UserError for an
        unknown name or filter, or a picture that cannot be read. The text is a line as people type it
        (`grammar`), with `plain` words as they stand."""
        if image is None and not (text or "").strip():
            raise UserError("The query is empty. Say what to look for, like: invoice ACME 129.50")
        picture = image if image is None or isinstance(image, Sight) else self.see(image)
        with self.in_use() as (index, encoders):
            return retrieve(
                Query(text or "", picture, plain),
                self.catalog,
                index,
                encoders,
                self.settings.search,
                k=k,
                signals=signals,
                fusion=fusion,
                collection=collection if isinstance(collection, tuple) else self._collection(collection),
                where=where,
                reranking=self.reranking,
                floor=self.floors.of(collection),
                model=learned.load(self.folder)
                if (fusion or self.settings.search.fusion) == LEARNED
                else None,
            )

    def more_like(self, name: str, page: int = 1, k: int | None = None) -> Results:
        """Pages that look like one of the library and say the same; `name` is an id or a path."""
        asset = self._asset(name)
        sight = alike.sight_of(self.catalog, asset, page)
        found = self.search(image=sight, k=(k or self.settings.search.k) + 1)
        return alike.without(found, asset.sha256, page)

    def see(self, picture: str | Path | Image.Image | np.ndarray) -> Sight:
        """Look at a picture once, to search with it several times."""
        return see(picture, self.workers, self.encoders, self._describer)

    def signals(self) -> tuple[str, ...]:
        """The signals that this library has something for."""
        with self.in_use() as (index, _):
            return available(index)

    def ask(self, question: str, **options: Any) -> Answer:
        """Answer from the pages found, with the words that say so; or abstain. Options as in `ask_events`."""
        return outcome(self.asking.events(question, **options))

    def ask_events(self, question: str, **options: Any) -> Iterator[Event]:
        """As `ask`, told as it happens. Options: `collection`, `where`, and `turns` of the conversation before."""
        return self.asking.events(question, **options)

    @property
    def asking(self) -> Asking:
        """What answers, with the settings of now: also many questions at once."""
        from triptych.asking import Asking

        return Asking(
            self.catalog, self.search, self.pictures, lambda: self.vlms, self.settings, self.encoders
        )

    def _asset(self, name: str, collection: str | None = None) -> Asset:
        return self.catalog.asset(name, collection, ingest.names_of(name))

    def _collection(self, name: str | None) -> str | None:
        if name is not None and name not in (known := self.catalog.collections()):
            there = f"There are: {', '.join(known)}." if known else "The library is empty."
            raise UserError(f"There is no collection '{name}' in this library. {there}")
        return name

    async def aadd(self, *what: str | Path, **options: Any) -> builtins.list[Added]:
        return await aside(self.add, *what, **options)

    async def asearch(self, text: str | None = None, **options: Any) -> Results:
        return await aside(self.search, text, **options)

    async def aask(self, question: str, **options: Any) -> Answer:
        return await aside(self.ask, question, **options)

    # Seeing

    def list(self, collection: str | None = None, where: str | None = None) -> builtins.list[dict[str, Any]]:
        """All assets, as `triptych list --json` shows them."""
        assets = self.catalog.assets(self._collection(collection))
        keys = None if where is None else filters.assets(self.catalog, where)
        return [asset.to_dict() for asset in assets if keys is None or asset.key in keys]

    def show(self, name: str, *, page: int | None = None, collection: str | None = None) -> dict[str, Any]:
        """What is known of one asset, by id or path; with `page`, that page's text and word boxes too."""
        asset = self._asset(name, collection)
        if page is not None:
            self.catalog.page(asset.key, page)  # an unknown page is told
        sources = [self.catalog.source(asset.collection, path) for path in asset.sources]
        return asset_dict(asset, sources, self.catalog.pieces(asset.key), page)

    def picture(self, name: str, page: int = 1, *, collection: str | None = None) -> Any:
        """A PIL image of the page with the lines of its text boxed, and its regions by their names."""
        return self.pictures.boxed(self._asset(name, collection), page)

    def html(self, results: Results) -> str:
        """The hits as one self-contained page with their pictures, for people to look at."""
        from triptych.display.report import to_html

        found, took = results.hits, results.seconds.get("total")
        return to_html(results.asked, found, self.pictures.thumbnail, took, match=results.match)

    # Looking after

    def verify(self) -> dict[str, Any]:
        """Compare catalog, indexes and originals. A writer that was killed is cleaned up after first."""
        from triptych.upkeep.checkup import checkup

        with self.writer.writing():
            return checkup(self.catalog, self.index, self.blobs)

    def rebuild(self, encoder: str | None = None, image_encoder: str | None = None) -> dict[str, Any]:
        """Make every index anew from the catalog; no page is read again. With `encoder` or `image_encoder`, every
        passage and caption, or every picture, is embedded by that one first, and it is set from now on."""
        begun = time.monotonic()
        with self._writing():
            for name, spec in (("encoder", encoder), ("image_encoder", image_encoder)):
                if spec is not None:
                    self._change_encoder(name, spec)
            self.index.rebuild()
        return {"chunks": self.catalog.counts()["chunks"], "seconds": round(time.monotonic() - begun, 2)}

    def _change_encoder(self, name: str, spec: str) -> None:
        from triptych.upkeep import reembed

        if spec != "none":
            reembed.anew(name, spec, self.catalog, self.blobs, self.settings)
        configuration.store(self.folder, name, spec)
        changed: dict[str, Any] = {name: spec}
        self.forget("workers", "index", "_adding", "encoders", settings=replace(self.settings, **changed))
        if name == "image_encoder" and spec != "none":
            self._adding.look_at_unseen()

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
            if self.settings.search.no_match != "off":
                self.floors.learn(self.catalog, self.index, self.encoders, self.settings.search)

    def _recover(self) -> None:
        """After a killed writer: drop what it had not committed."""
        self.blobs.sweep()
        self.blobs.free(set(self.blobs.list()) - self.catalog.blobs())
        with suppress(LibraryError):  # of another space, or a damaged catalog: told when the index is asked
            self.index.catch_up()
