"""Adding: files into the library. Read in worker processes, made into pieces, and committed.

    Adding(catalog, blobs, index, encoders, workers, settings)
    files(found, collection, tags, supplied) -> iterator of Added       each as soon as it is durable

An original is durable before the catalog names it, and the catalog before anything is told; so a crash
anywhere loses nothing that was told.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from triptych import captioning, ingest
from triptych.blobs import Blobs, Staged
from triptych.captioning import ALT_TEXT, PEOPLE
from triptych.catalog import Catalog
from triptych.errors import FileError
from triptych.faults import point
from triptych.index import Index
from triptych.looks import Looks, given, looked
from triptych.making import Making, counts, titled
from triptych.pages.hidden import hides
from triptych.pages.views import plan
from triptych.pipeline import Encoders, Pipeline
from triptych.processes.process import REPAIR
from triptych.processes.workers import Seen, Workers
from triptych.records import Asset, AssetRecord, Piece
from triptych.results import Added
from triptych.seams import Progress
from triptych.settings import Settings
from triptych.sql import hiding, replay
from triptych.sql.replay import TEMPLATED
from triptych.types import Caption, Page, Reading, Source, View
from triptych.words.language import spoken

Supplied = Callable[[Path], tuple[str, ...]]  # what people say of a file


@dataclass(slots=True)
class _Job:
    """One content on its way into the library, and the other paths of this run that hold the same."""

    staged: Staged
    collection: str
    tags: dict[str, str]
    said: tuple[str, ...]  # about it, by people
    twins: list[Source] = field(default_factory=list)


class Adding:
    """The way of files into one library. Used while the library's lock is held."""

    def __init__(
        self,
        catalog: Catalog,
        blobs: Blobs,
        index: Index,
        encoders: Encoders,
        workers: Workers,
        settings: Settings,
    ) -> None:
        self.catalog = catalog
        self.blobs = blobs
        self.index = index
        self.encoders = encoders
        self.workers = workers
        self.settings = settings
        self._making = Making(encoders, partial(catalog.vectors, encoders.text.space), settings)
        self.pipeline = Pipeline.of(settings, encoders, self._making.captioner)

    def files(
        self,
        found: Iterable[Path | ingest.Refused],
        collection: str,
        tags: dict[str, str],
        supplied: Supplied | None = None,
        named: Callable[[Path], str] | None = None,
        progress: Progress | None = None,
    ) -> Iterator[Added]:
        """Add files; `supplied` says what people say of a file, if they do, and `named` under which name it is
        kept: else the one by which it is known already, from here or from the root, or the one given.
        `progress` hears of files that are being read."""
        named = named or partial(self._known_as, collection)
        told: deque[Added] = deque()  # known without reading: unchanged, or refused
        under_way: dict[str, _Job] = {}  # by content
        kinds: set[str] = set()  # of what was added

        def jobs() -> Iterator[tuple[str, Path, str] | None]:
            for file in found:
                if isinstance(file, ingest.Refused):
                    told.append(Added(ingest.name_of(file.path), None, "failed", error=file.error))
                    yield None
                    continue
                name = named(file)
                try:
                    job = self._job(file, name, collection, tags, supplied or nothing, under_way, told)
                except FileError as error:
                    told.append(Added(name, None, "failed", error=error))
                    job = None
                if job is None:
                    yield None
                    continue
                under_way[job.staged.source.sha256] = job
                yield job.staged.source.sha256, job.staged.path, file.name

        def tell(sha256: str, pages: int, of: int) -> None:
            if progress and of:
                progress(pages, of, under_way[sha256].staged.source.path)

        with self._looking() as seen:
            for done in self.workers.stream(jobs(), seen, tell if progress else None):
                yield from _drain(told)
                if done is not None:
                    sha256, reading = done
                    yield from self._store(under_way.pop(sha256), reading)
                    kinds.add("" if isinstance(reading, FileError) else reading.kind)
        yield from _drain(told)
        if kinds & {"markdown", "image"}:
            self.alt_texts(collection)

    def _known_as(self, collection: str, file: Path) -> str:
        names = ingest.names_of(file)
        return next((name for name in names if self.catalog.source(collection, name)), names[0])

    @contextmanager
    def _looking(self) -> Iterator[Seen[str] | None]:
        """What takes the pictures of pages as they come, for the time of a run."""
        encoder = self.encoders.image
        if encoder is None or not encoder.side:
            yield None
            return
        with Looks(encoder, partial(self.catalog.vectors, encoder.space)) as looks:
            yield looks.take

    def _job(
        self,
        file: Path,
        name: str,
        collection: str,
        tags: dict[str, str],
        supplied: Supplied,
        under_way: dict[str, _Job],
        told: deque[Added],
    ) -> _Job | None:
        """The file as work to do; None when its content is here, or on its way, already."""
        source = replace(ingest.identify(file, self.settings.limits), path=name)
        if not source.size:
            raise FileError("empty", "it is empty (0 bytes)", "Save or copy it again")
        if source.sha256 in under_way:
            under_way[source.sha256].twins.append(source)
            return None
        known = self.catalog.find(source.sha256, collection)
        said = supplied(file)
        if known is not None and (event := self._reuse(known, source, said, tags)) is not None:
            told.append(event)
            return None
        staged = self.blobs.stage(file)
        staged = replace(staged, source=replace(staged.source, path=source.path))
        if staged.source.sha256 in under_way:  # it was written to between the two looks
            self.blobs.discard(staged)
            under_way[staged.source.sha256].twins.append(staged.source)
            return None
        return _Job(staged, collection, tags, said)

    def _reuse(
        self, known: Asset, source: Source, said: tuple[str, ...], tags: dict[str, str]
    ) -> Added | None:
        """What is here already and need not be read again; None when the way of reading has changed."""
        if not self.blobs.whole(source):
            return None  # its original was lost: with the file it comes back
        begun = time.monotonic()
        before = Pipeline.parse(known.pipeline)
        if not self.pipeline.reads_as(before, known.kind):
            return None
        changed = not self.pipeline.cuts_as(before, known.kind)
        if changed:
            self.again(known, looked=before.look == self.pipeline.look)
        current = self._current(known) if changed else known
        if said and self._describe(current, said):
            changed = True
        if any(known.tags.get(name) != tag for name, tag in tags.items()):
            self.catalog.tag(current.key, {**known.tags, **tags})
            changed = True
        place = self.catalog.source(known.collection, source.path)
        if place is None or not place.is_of(current.key, source):
            self.blobs.free(self.catalog.alias(current.key, [source]).freed)
        status = known.status if changed else "unchanged"
        return self.told(source.path, current, status, time.monotonic() - begun)

    def told(self, path: str, asset: Asset, status: str, seconds: float = 0.0) -> Added:
        """What is said of an asset that was here before, under one of its paths."""
        count = replay.counts(self.catalog, asset.key)
        hidden = hiding.of_asset(self.catalog, asset.key)
        return Added(path, asset.sha256, status, asset.pages, count, seconds, hidden_pages=hidden)

    def _store(self, job: _Job, reading: Reading | FileError) -> Iterator[Added]:
        """Make one file durable: the original first, then all that was read from it in one transaction."""
        begun = time.monotonic()
        source = job.staged.source
        read = reading if isinstance(reading, FileError) else _readable(reading)
        if isinstance(read, FileError):
            self.blobs.discard(job.staged)
            yield Added(source.path, None, "failed", error=read)
            for twin in job.twins:
                same = FileError(read.code, f"it is the same as {source.path}: {read.reason}", read.hint)
                yield Added(twin.path, None, "failed", error=same)
            return
        before = self.catalog.find(source.sha256, job.collection)
        tags = {**({} if before is None else before.tags), **job.tags}
        record = AssetRecord(
            sha256=source.sha256,
            collection=job.collection,
            kind=read.kind,
            media_type=read.media_type,
            bytes=source.size,
            status="partial" if read.failed_pages else "ready",
            pipeline=str(self.pipeline),
            title=titled(Path(source.path).name, read),
            meta={**read.meta, **({"tags": tags} if tags else {})},
        )
        self.blobs.keep(job.staged)
        pages = [replace(page, language=spoken(page.text.text) or page.language) for page in read.pages]
        count = self._put(record, [source, *job.twins], pages, self._people(job, read))
        point("acknowledged")
        seconds = read.seconds + time.monotonic() - begun
        hidden = tuple(page.number for page in read.pages if hides(page))
        yield Added(
            source.path,
            source.sha256,
            record.status,
            len(read.pages),
            count,
            seconds,
            None,
            read.failed_pages,
            tuple(page.number for page in read.pages if page.unsure),
            hidden,
        )
        for twin in job.twins:
            yield Added(twin.path, source.sha256, "unchanged", len(read.pages), count, hidden_pages=hidden)

    def _people(self, job: _Job, reading: Reading) -> dict[int, list[Caption]]:
        """What people say of a file that was just read, and what others said of it when it was here before."""
        own = map(str, reading.meta.get("descriptions", ()))
        said = [captioning.supplied(text, "captions file") for text in job.said]
        said += [captioning.supplied(text, "picture's own description") for text in own]
        before = self.catalog.find(job.staged.source.sha256, job.collection)
        kept = {} if before is None else self._kept(before)
        if said:
            others = [c for c in kept.get(1, []) if c.origin != PEOPLE or not job.said]
            kept[1] = [*captioning.distinct([*said, *others])]
        return kept

    def _kept(self, asset: Asset) -> dict[int, list[Caption]]:
        """Captions that cost somebody something: all but the templated ones."""
        return {
            number: [c for c in said if c.origin != TEMPLATED]
            for number, said in captioning.known(self.catalog, asset.key).items()
        }

    def _put(
        self,
        record: AssetRecord,
        sources: Sequence[Source],
        pages: Sequence[Page],
        said: Mapping[int, Sequence[Caption]],
    ) -> dict[str, int]:
        """Make the pieces and commit; how many there are of each signal."""
        pieces = self._making.pieces(record.title, record.sha256, pages, said)
        committed = self.catalog.put(record, sources, pages, pieces, self.encoders.spaces)
        self.blobs.free(committed.freed)
        self.index.catch_up_soon()
        return counts([piece for here in pieces for piece in here])

    def look_at_unseen(self) -> None:
        """Look at the pages of files that were added without an image encoder."""
        for asset in self.catalog.assets():
            pages = self.catalog.pieces(asset.key)
            seen = any(piece.box is not None for _, here in pages for piece in here)
            if not seen and any(plan(page, asset.kind, self.settings.look) for page, _ in pages):
                self.again(asset, looked=False)

    def again(self, known: Asset, looked: bool, change: Callable[[Page], Page] | None = None) -> None:
        """Chunk and embed what was read before, as after a change of chunk size; look at it again unless
        its views are what they would be now. `change` is done to every page before, if given."""
        before = Pipeline.parse(known.pipeline)
        done = self.pipeline._replace(
            reading=before.reading, look=before.look if looked else self.pipeline.look
        )
        record = AssetRecord(
            known.sha256,
            known.collection,
            known.kind,
            known.media_type,
            known.bytes,
            known.status,
            str(done),
            known.title,
            known.meta,
            known.error,
        )
        if looked:
            pages = [self._with_views(page, here) for page, here in self.catalog.pieces(known.key)]
        else:
            pages = [self._looked_at(known, page) for page in self.catalog.pages(known.key)]
        pages = pages if change is None else [change(page) for page in pages]
        self._put(record, [], pages, self._kept(known))

    def renamed(self, asset: Asset, old: str, new: str) -> Asset:
        """The asset with its file's new name in its title, which leads what is embedded of it."""
        before, after = Path(old).name, Path(new).name
        if before == after or not f"{asset.title} - ".startswith(f"{before} - "):
            return asset
        self.again(replace(asset, title=after + asset.title.removeprefix(before)), looked=True)
        return self._current(asset)

    def _with_views(self, page: Page, pieces: Sequence[Piece]) -> Page:
        """A stored page with the views it has, whose vectors the catalog holds."""
        encoder = self.encoders.image
        here = [p for p in pieces if p.box is not None]
        if encoder is None or not here:
            return page
        rows = self.catalog.vectors(encoder.space, [p.hash for p in here])
        return replace(
            page,
            views=tuple(
                View(p.kind, p.box, p.chunk.section, vector=given(rows[p.hash]))
                for p in here
                if p.box is not None
            ),
        )

    def _looked_at(self, asset: Asset, page: Page) -> Page:
        """A stored page with its views as the settings want them now."""
        encoder = self.encoders.image
        planned = plan(page, asset.kind, self.settings.look)
        if encoder is None or not encoder.side or not planned:
            return page
        path = self.blobs.local(asset.sha256)
        views = looked(self.workers, path, asset.sources[0], page, planned, encoder)
        return replace(page, views=views)

    def alt_texts(self, collection: str) -> None:
        """Let the pictures that Markdown files show be found by their alt texts, whichever came first, and no
        longer than the files say so."""
        notes = [asset for asset in self.catalog.assets(collection) if asset.kind == "markdown"]
        said = captioning.alt_texts(self.catalog, collection, notes)
        for picture in {*said, *captioning.with_alt_texts(self.catalog, collection)}:
            before = [c for c in captioning.known(self.catalog, picture).get(1, []) if c.origin == PEOPLE]
            others = [c for c in before if not c.model.startswith(ALT_TEXT)]
            now = captioning.distinct([*others, *said.get(picture, ())])
            if {c.text for c in now} != {c.text for c in before}:
                captioning.store(self.catalog, picture, {1: now}, {PEOPLE}, self.encoders)
                self.index.catch_up_soon()

    def _describe(self, asset: Asset, said: Sequence[str]) -> bool:
        """Take what people say of a file in place of what they said; whether that changed anything."""
        now = [captioning.supplied(text, "captions file") for text in said]
        before = [c for c in captioning.known(self.catalog, asset.key).get(1, []) if c.origin == PEOPLE]
        if [c.text for c in before] == [c.text for c in now]:
            return False
        captioning.store(self.catalog, asset.key, {1: now}, {PEOPLE}, self.encoders)
        self.index.catch_up_soon()
        return True

    def _current(self, known: Asset) -> Asset:
        return self.catalog.find(known.sha256, known.collection) or known


def nothing(_: Path) -> tuple[str, ...]:
    """Nobody says anything of any file."""
    return ()


def _drain(told: deque[Added]) -> Iterator[Added]:
    while told:
        yield told.popleft()


def _readable(reading: Reading) -> Reading | FileError:
    """An error when not one page could be read: such a file is not added."""
    if reading.pages and all(page.failed for page in reading.pages):
        return FileError("damaged", f"no page could be read: {reading.pages[0].failed}", REPAIR)
    return reading
