"""Adding files: from a found path to a durable, searchable asset.

    identify -> stage -> read (in a worker) -> keep -> chunk -> embed -> commit

One content is read once, however many paths hold it. The original is durable before the catalog
speaks of it, and the caller is told after that: a crash anywhere loses nothing that was told.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from triptych import ingest
from triptych.blobs import Blobs, Staged
from triptych.catalog import Catalog
from triptych.chunk import chunk, passage
from triptych.embed import embed
from triptych.errors import FileError
from triptych.faults import point
from triptych.index import Index
from triptych.records import Asset, AssetRecord, Piece
from triptych.results import Added
from triptych.seams import Encoder
from triptych.settings import Settings
from triptych.types import Page, Reading, Source
from triptych.workers import Workers

_SECTION = 24  # tokens kept free for the name of a section; longer ones push the end of a full chunk out
PIPELINE = 1  # raise it when reading or chunking changes what a page gives


@dataclass(slots=True)
class _Job:
    """One content on its way into the library, and the other paths of this run that hold the same."""

    staged: Staged
    collection: str
    tags: dict[str, str]
    twins: list[Source] = field(default_factory=list)


class Adding:
    """The way of files into one library. Used while the library's lock is held."""

    def __init__(
        self,
        catalog: Catalog,
        blobs: Blobs,
        index: Index,
        encoder: Encoder,
        workers: Workers,
        settings: Settings,
    ) -> None:
        self.catalog = catalog
        self.blobs = blobs
        self.index = index
        self.encoder = encoder
        self.workers = workers
        self.settings = settings
        ocr, cut = settings.ocr, settings.chunk
        reading = f"{PIPELINE} {ocr.engine} {ocr.language} {ocr.enhance} {ocr.side}"
        # All that shapes pages and chunks: reading before the bar, cutting and embedding behind it.
        self.pipeline = f"{reading} | {cut.size} {cut.overlap} {encoder.space}"

    def files(
        self, found: Iterable[Path | ingest.Refused], collection: str, tags: dict[str, str]
    ) -> Iterator[Added]:
        told: deque[Added] = deque()  # known without reading: unchanged, or refused
        under_way: dict[str, _Job] = {}  # by content

        def jobs() -> Iterator[tuple[str, Path, str]]:
            for file in found:
                if isinstance(file, ingest.Refused):
                    told.append(Added(ingest.name_of(file.path), None, "failed", error=file.error))
                    continue
                try:
                    job = self._job(file, collection, tags, under_way, told)
                except FileError as error:
                    told.append(Added(ingest.name_of(file), None, "failed", error=error))
                    continue
                if job is not None:
                    under_way[job.staged.source.sha256] = job
                    yield job.staged.source.sha256, job.staged.path, file.name

        for sha256, reading in self.workers.read(jobs()):
            yield from _drain(told)
            yield from self._store(under_way.pop(sha256), reading)
        yield from _drain(told)

    def _job(
        self,
        file: Path,
        collection: str,
        tags: dict[str, str],
        under_way: dict[str, _Job],
        told: deque[Added],
    ) -> _Job | None:
        """The file as work to do; None when its content is here, or on its way, already."""
        source = ingest.identify(file, self.settings.limits)
        if source.sha256 in under_way:
            under_way[source.sha256].twins.append(source)
            return None
        known = self.catalog.find(source.sha256, collection)
        if known is not None and (event := self._reuse(known, source)) is not None:
            told.append(event)
            return None
        staged = self.blobs.stage(file)
        if staged.source.sha256 in under_way:  # it was written to between the two looks
            self.blobs.discard(staged)
            under_way[staged.source.sha256].twins.append(staged.source)
            return None
        return _Job(staged, collection, tags)

    def _reuse(self, known: Asset, source: Source) -> Added | None:
        """What is here already and need not be read again; None when the way of reading has changed."""
        begun = time.monotonic()
        how = self.pipeline
        if known.pipeline != how:
            if _reading_of(known.pipeline) != _reading_of(how):
                return None
            self._cut_again(known, how)
        status = "unchanged" if known.pipeline == how else known.status
        self.blobs.free(self.catalog.alias(self._current(known).key, [source]).freed)
        return Added(source.path, known.sha256, status, known.pages, seconds=time.monotonic() - begun)

    def _store(self, job: _Job, reading: Reading | FileError) -> Iterator[Added]:
        """Make one file durable: the original first, then all that was read from it in one transaction."""
        begun = time.monotonic()
        source = job.staged.source
        error = reading if isinstance(reading, FileError) else _unreadable(reading)
        if error is not None or isinstance(reading, FileError):
            self.blobs.discard(job.staged)
            for failed in (source, *job.twins):
                yield Added(failed.path, None, "failed", error=error)
            return
        record = AssetRecord(
            sha256=source.sha256,
            collection=job.collection,
            kind=reading.kind,
            media_type=reading.media_type,
            bytes=source.size,
            status="partial" if reading.failed_pages else "ready",
            pipeline=self.pipeline,
            title=_title(source, reading),
            meta={**reading.meta, **({"tags": job.tags} if job.tags else {})},
        )
        self.blobs.keep(job.staged)
        pieces = self._put(record, [source, *job.twins], reading.pages)
        point("acknowledged")
        seconds = reading.seconds + time.monotonic() - begun
        count = {"keyword": pieces, "text": pieces}
        yield Added(
            source.path,
            source.sha256,
            record.status,
            len(reading.pages),
            count,
            seconds,
            None,
            reading.failed_pages,
        )
        for twin in job.twins:
            yield Added(twin.path, source.sha256, "unchanged", len(reading.pages), count)

    def _put(self, record: AssetRecord, sources: Sequence[Source], pages: Sequence[Page]) -> int:
        """Chunk, embed and commit; the number of chunks."""
        cut = self.settings.chunk
        chunks = chunk(pages, self.encoder.count, self._room(record.title, pages), cut.overlap)
        texts = [
            passage(record.title, c, page.text.text)
            for page, cs in zip(pages, chunks, strict=True)
            for c in cs
        ]
        keys, rows = embed(texts, self.encoder, partial(self.catalog.vectors, self.encoder.space))
        vectors = iter(zip(keys, rows, strict=True))
        pieces = [[Piece(c, *next(vectors)) for c in cs] for cs in chunks]
        committed = self.catalog.put(record, sources, pages, pieces, self.encoder.space, self.encoder.dim)
        self.blobs.free(committed.freed)
        self.index.catch_up_soon()
        return len(texts)

    def _room(self, title: str, pages: Sequence[Page]) -> int:
        """Tokens that a chunk may have for the encoder to read it to its end under its title and section."""
        size = self.settings.chunk.size
        heads = self.encoder.count([title, *{section.title for page in pages for section in page.sections}])
        room = self.encoder.max_tokens - heads[0] - min(_SECTION, max(heads[1:], default=0))
        return max(size // 2, min(size, room))

    def _cut_again(self, known: Asset, how: str) -> None:
        """Chunk and embed what was read before, as after a change of chunk size."""
        record = AssetRecord(
            known.sha256,
            known.collection,
            known.kind,
            known.media_type,
            known.bytes,
            known.status,
            how,
            known.title,
            known.meta,
            known.error,
        )
        self._put(record, [], self.catalog.pages(known.key))

    def _current(self, known: Asset) -> Asset:
        return self.catalog.find(known.sha256, known.collection) or known


def reembed(catalog: Catalog, encoder: Encoder) -> None:
    """Vectors in the space of `encoder` for every chunk that has none there, asset by asset."""
    for asset in catalog.assets():
        rows: dict[bytes, np.ndarray] = {}
        for page, chunks in catalog.cut(asset.key):
            texts = [passage(asset.title, c, page.text.text) for c in chunks]
            keys, vectors = embed(texts, encoder, partial(catalog.vectors, encoder.space))
            rows.update(zip(keys, vectors, strict=True))
        catalog.add_vectors(encoder.space, encoder.dim, rows)


def _drain(told: deque[Added]) -> Iterator[Added]:
    while told:
        yield told.popleft()


def _reading_of(pipeline: str) -> str:
    return pipeline.partition(" | ")[0]


def _unreadable(reading: Reading) -> FileError | None:
    """An error when not one page could be read: such a file is not added."""
    if reading.pages and all(page.failed for page in reading.pages):
        return FileError("damaged", f"no page could be read: {reading.pages[0].failed}")
    return None


def _title(source: Source, reading: Reading) -> str:
    """The document's own title where it has one, with the file's name."""
    name = Path(source.path).name
    own = str(reading.meta.get("title") or "").strip()
    return f"{name} - {own}" if own and own.lower() not in name.lower() else name
