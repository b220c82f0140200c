"""The parts of a library: models, indexes, reading processes, each loaded when it is needed, and dropped when the
settings change.

    class Library(Parts)            library.index, library.encoders, ...
    in_use() -> index, encoders     for the time of a search
    forget(names, settings)         close what was made with former settings
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

from triptych import settings as configuration
from triptych.blobs import Blobs
from triptych.catalog import Catalog
from triptych.dialogue.generation import Vlms
from triptych.display.pictures import Pictures
from triptych.index import Index
from triptych.once import once
from triptych.pipeline import Encoders, chosen_encoders
from triptych.ranking.floors import Floors
from triptych.rerank import Reranking
from triptych.settings import Settings
from triptych.sql.replay import TEMPLATED

if TYPE_CHECKING:
    from triptych.adding import Adding
    from triptych.processes.workers import Workers
    from triptych.seams import Captioner


class Parts:
    """What the verbs of a library work with. Safe for threads."""

    def __init__(self, folder: Path, settings: Settings, catalog: Catalog) -> None:
        self.folder = folder
        self.settings = settings
        self.catalog = catalog
        self.blobs = Blobs(folder / "blobs", folder / "staging", settings.limits)
        self._fitting = RLock()  # of index, encoders and settings, which must fit each other

    @once
    def encoders(self) -> Encoders:
        encoders = Encoders.load(self.settings)
        encoders.check(self.catalog.panels(), self.settings)
        return encoders

    @once
    def reranking(self) -> Reranking | None:
        return Reranking.load(self.settings.rerank, self.vlms, self.pictures.drawn)

    @once
    def vlms(self) -> Vlms:
        return Vlms(self.settings, self.folder)

    @once
    def floors(self) -> Floors:
        return Floors(self.folder)

    @once
    def index(self) -> Index:
        return Index(self.folder / "index", self.catalog, self.encoders.spaces, self.settings.store)

    @once
    def workers(self) -> Workers:
        from triptych.processes.workers import Workers

        return Workers(self.settings, side=0 if self.encoders.image is None else self.encoders.image.side)

    @once
    def _adding(self) -> Adding:
        from triptych.adding import Adding

        made = Adding(self.catalog, self.blobs, self.index, self.encoders, self.workers, self.settings)
        for name, spec in chosen_encoders(self.settings, self.catalog.panels()).items():
            configuration.store(self.folder, name, spec)  # a library remembers what it is made with
        return made

    @once
    def _describer(self) -> Captioner | None:
        """Says what a picture shows that is asked with; None where captions are templates, or not made."""
        from triptych import describing

        spec = self.settings.captioner
        return None if spec in ("none", TEMPLATED) else describing.load(spec, self.vlms)[0]

    @once
    def pictures(self) -> Pictures:
        return Pictures(self.catalog, self.blobs, lambda: self.workers)

    @contextmanager
    def in_use(self) -> Iterator[tuple[Index, Encoders]]:
        """Index and encoders that fit each other, also while they are changed; the index is not closed meanwhile."""
        with ExitStack() as use:
            with self._fitting:
                index, encoders = use.enter_context(self.index.in_use()), self.encoders
            yield index, encoders

    def forget(self, *names: str, settings: Settings | None = None) -> None:
        """Close and drop what was made with former settings; it is made again when it is needed."""
        with self._fitting:
            self.settings = settings or self.settings
            gone = [self.__dict__.pop(name) for name in names if name in self.__dict__]
        for made in gone:  # not under the lock: an index that is in use waits
            if hasattr(made, "close"):
                made.close()
