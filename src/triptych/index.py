"""The projections of the catalog: the keyword index, and a panel of vectors for each signal that has them.

    Index(folder, catalog, spaces, store)     spaces: signal -> Space; store: a back end of stores/
    refresh()            before a search: see everything that is committed
    keyword, panels      the projections: KeywordIndex, and a Panel by signal
    catch_up_soon(), catch_up()                   after commits, and at the end of writing
    verify() -> list of differences, rebuild(), close()

A projection has a watermark, the number of the last change it contains. Behind, it replays; damaged,
missing, or of another history than the catalog's, it is made again from the catalog, without reading a
page or running a model. Who brings files forward holds `lock` in the folder; a reader that does not get
it replays vectors in memory and uses keywords as they were last flushed (seconds ago at most).
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from triptych import files
from triptych.catalog import Catalog
from triptych.errors import Damaged, LibraryError, Locked
from triptych.faults import point
from triptych.projections.audit import differences
from triptych.projections.keyword import KeywordIndex, OtherFormat
from triptych.projections.panel import Panel
from triptych.records import Change, Spaces
from triptych.sql import replay
from triptych.sql.whereabouts import Table, Whereabouts

_log = logging.getLogger(__name__)

_PATIENCE = 60.0  # seconds a writer waits for a reader that is catching up
_MOMENT = 1.0  # seconds in which a file that is being replaced is there again
_FLUSH_SECONDS = 2.0  # how long committed text may be missing from other processes' keyword searches
_TIDY = 5000  # up to so many chunks the keyword index is made anew to get rid of deleted ones
_DEAD = 0.1  # beyond, when this share of it is deleted


class Index:
    """The projections of one catalog in `folder`. Opened when first used."""

    def __init__(self, folder: Path, catalog: Catalog, spaces: Spaces, store: str) -> None:
        self.folder = folder
        self.catalog = catalog
        self.store = store
        self.panels = {
            signal: Panel(folder, catalog, signal, space, store) for signal, space in spaces.items()
        }
        self._keyword: KeywordIndex | None = None
        self._keyword_at = 0  # last change that was handed over, flushed or not
        self._complete = False  # whether what is open was brought forward once: before, it may hold nothing
        self._flushed = time.monotonic()
        self._later: threading.Timer | None = None  # that flushes what waits
        self._told: list[str] = []  # damage that was repaired, for `verify`
        self._guard = threading.RLock()  # of opening, replaying, flushing
        self._users = threading.Condition()
        self._searches = 0  # under way
        self._lock = FileLock(folder / "lock", thread_local=False)
        self._whereabouts = Whereabouts(catalog)

    # ------------------------------------------------------------------------------------ searching

    @contextmanager
    def in_use(self) -> Iterator[Index]:
        """For the time of a search: `close` waits for its end."""
        with self._users:
            self._searches += 1
        try:
            yield self
        finally:
            with self._users:
                self._searches -= 1
                self._users.notify_all()

    @property
    def keyword(self) -> KeywordIndex:
        """The keyword index; searching it is safe from any thread."""
        if self._keyword is None:
            self.refresh()
        assert self._keyword is not None
        return self._keyword

    def refresh(self) -> int:
        """See everything that is committed; the number of the last change seen. Costs one cheap query
        when there is nothing new. While another thread is taking changes in, what is there will do; the
        first time it is waited for."""
        last = self.catalog.last_change()
        if self._complete and self._seen >= last:
            return self._seen
        if not self._guard.acquire(blocking=not self._complete):
            return self._seen
        try:
            if not self._complete or self._seen < last:
                self._take_in(last)
        finally:
            self._guard.release()
        return self._seen

    def _take_in(self, last: int) -> None:
        with self._files(wait=0.0) as ours:
            if ours:
                self._open(repair=True)
                self._replay(last)
                self._flush(last)
            else:  # another process brings the files forward
                self._open_beside()
                self._replay_vectors(last)
                with suppress(Damaged):  # just being replaced: what is open will do
                    self.keyword.refresh()
                self._keyword_at = self.keyword.watermark
                self._complete = True

    def _open_beside(self) -> None:
        """Open what another process is at work on. Between two renames of its a file may not be there for a moment."""
        until = time.monotonic() + _MOMENT
        while True:
            try:
                return self._open(repair=False)
            except Locked:
                if time.monotonic() > until:
                    raise
            time.sleep(_MOMENT / 50)

    @property
    def _seen(self) -> int:
        """The last change that all projections contain."""
        return min(self._keyword_at, *(panel.at for panel in self.panels.values()))

    def places(self) -> Catalog | Table:
        """What tells where pieces stand, as of the changes that are seen."""
        return self._whereabouts.at(self._seen)

    # ------------------------------------------------------------------------------------ writing

    def catch_up_soon(self) -> None:
        """After a commit: take it in now, flush every few seconds. End with `catch_up`."""
        with self._guard:
            self._hold(_PATIENCE)
            self._open(repair=True)
            last = self.catalog.last_change()
            self._replay(last)
            if time.monotonic() - self._flushed > _FLUSH_SECONDS:
                self._flush(last)
            elif self._later is None:  # the next commit may be minutes away
                self._later = threading.Timer(_FLUSH_SECONDS, self._flush_now)
                self._later.daemon = True
                self._later.start()

    def _flush_now(self) -> None:
        """Make durable what still waits for it, unless the files were let go of meanwhile."""
        with self._guard:
            self._later = None
            if self._lock.is_locked and self._opened() and self._keyword_at == self._seen:
                with suppress(
                    LibraryError, OSError, ValueError
                ):  # the next flush meets it, too, and tells it
                    self._flush(self._seen)

    def catch_up(self) -> None:
        """Bring all projections to the last change, durably, and let go of the files."""
        with self._to_the_end() as last:
            dead = self.keyword.deleted
            if dead and (len(self.keyword) <= _TIDY or dead > _DEAD * len(self.keyword)):
                self._remake_keyword(last)

    def rebuild(self) -> None:
        """Make all projections again from the catalog. Who searches meanwhile finds what is there, old or new."""
        with self._to_the_end() as last:
            point("rebuild-started")
            self._remake_keyword(last)
            for panel in self.panels.values():
                panel.remake(last)
            self._flush(last)

    def verify(self) -> list[str]:
        """What differs between the catalog and the projections, or within one; [] is sound.

        Opens the files afresh; who searches has what was open before until that is in step. A damaged file is moved
        aside, made again, and told.
        """
        with self._guard:
            if self._keyword is not None:
                self._keyword.close()
            fresh = self._another()
            with fresh._to_the_end():
                told, self._told = [*self._told, *fresh._told], []
                self._keyword, self.panels = fresh.keyword, fresh.panels
                self._keyword_at, self._complete = fresh._keyword_at, True
                return told + differences(self.catalog, self.keyword, [*self.panels.values()])

    def _another(self) -> Index:
        """The same, with nothing open, for who holds the guard."""
        spaces = {signal: panel.space for signal, panel in self.panels.items()}
        fresh = Index(self.folder, self.catalog, spaces, self.store)
        fresh._guard, fresh._lock = self._guard, self._lock
        return fresh

    def close(self) -> None:
        """Let go of everything, when no search is under way. What was taken in and not flushed is replayed next
        time."""
        with self._users:
            self._users.wait_for(lambda: not self._searches, _PATIENCE)
        with self._guard:
            self._close_projections()
            self._lock.release(force=True)

    # ------------------------------------------------------------------------------------ the files

    @contextmanager
    def _to_the_end(self) -> Iterator[int]:
        """All projections open, at the last change and durable; afterwards the files are free again."""
        with self._guard:
            self._hold(_PATIENCE)
            try:
                self._open(repair=True)
                last = self.catalog.last_change()
                self._replay(last)
                self._flush(last)
                yield last
            finally:
                self._let_go()

    @contextmanager
    def _files(self, wait: float) -> Iterator[bool]:
        """Whether we may change the files, for the time of the block."""
        if self._lock.is_locked:
            yield True
            return
        try:
            self._hold(wait)
        except (Locked, OSError):  # at work elsewhere, or a folder that is not ours to write
            yield False
            return
        try:
            yield True
        finally:
            self._let_go()

    def _hold(self, wait: float) -> None:
        if not self._lock.is_locked:
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                self._lock.acquire(timeout=wait)
            except Timeout as error:
                raise Locked(
                    f"Another process is bringing the indexes in '{self.folder}' up to date. Try again when "
                    f"it is done."
                ) from error
            if self._keyword is not None:  # another process may have written since we looked
                self._keyword = self._open_keyword(repair=True)
                self._keyword_at = self._keyword.watermark

    def _let_go(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
        if self._keyword is not None:
            self._keyword.rest()
            self._keyword_at = self._keyword.watermark
        self._lock.release(force=True)

    def _close_projections(self) -> None:
        self._complete = False
        if self._keyword is not None:
            self._keyword.close()
        self._keyword = None
        for panel in self.panels.values():
            panel.close()

    # ------------------------------------------------------------------------------------ opening

    def _opened(self) -> bool:
        return self._keyword is not None and all(panel.opened for panel in self.panels.values())

    def _open(self, repair: bool) -> None:
        """Open what is not open. With `repair`, what is damaged or of another history is made anew."""
        if self._opened():
            return
        if repair:
            for name in ("keyword.new", "keyword.old"):
                files.remove(self.folder / name)
        foreign = repair and not self._same_history()
        if foreign:
            files.remove(self.folder / "keyword")
        self._keyword = self._open_keyword(repair)
        self._keyword_at = self._keyword.watermark
        for panel in self.panels.values():
            panel.open(partial(self._set_aside, repair=repair))
            if foreign:
                panel.clear()

    def _open_keyword(self, repair: bool) -> KeywordIndex:
        folder = self.folder / "keyword"
        try:
            return KeywordIndex.open(folder, create=repair)
        except Damaged as error:
            if repair and isinstance(error, OtherFormat):
                files.remove(folder)
            else:
                self._set_aside(folder, error, repair)
            return KeywordIndex.open(folder, create=True)

    def _set_aside(self, folder: Path, error: Damaged, repair: bool) -> None:
        if not repair:
            raise Locked(
                f"The indexes in '{self.folder}' are not ready, and another process is at work on them, or they "
                f"cannot be written. Try again in a moment, or type: triptych verify"
            ) from error
        aside = files.set_aside(folder)
        self._told.append(f"{error} It was moved to '{aside.name}' and made again from the catalog.")
        _log.warning("%s", self._told[-1])

    def _same_history(self) -> bool:
        """Whether the projections were made from this catalog, and not from one that was replaced."""
        try:
            told = json.loads((self.folder / "history.json").read_text("utf-8"))
            seq, at = int(told["seq"]), told["at"]
        except (OSError, ValueError, KeyError, TypeError):
            return False
        change = self.catalog.changes(seq - 1, 1)
        return seq == 0 or (bool(change) and change[0].seq == seq and change[0].at == at)

    # ------------------------------------------------------------------------------------ replaying

    def _replay(self, last: int) -> None:
        self._replay_keyword(last)
        self._replay_vectors(last)
        self._complete = True

    def _replay_keyword(self, last: int) -> None:
        for changes in self._changes(self._keyword_at, last):
            for change in changes:
                if change.op == "drop":
                    self.keyword.drop(change.first, change.last)
            # A chunk that a later change dropped is not in the catalog any more, and is not added.
            for first, end in replay.put_ranges(changes):
                for passages in replay.passages(self.catalog, first, end):
                    self.keyword.add(passages)
            self._keyword_at = changes[-1].seq

    def _replay_vectors(self, last: int) -> None:
        for panel in self.panels.values():
            for changes in self._changes(panel.at, last):
                panel.replay(changes, replay.put_ranges(changes))

    def _changes(self, since: int, last: int) -> Iterator[list[Change]]:
        while since < last:
            changes = [c for c in self.catalog.changes(since) if c.seq <= last]
            if not changes:
                raise LibraryError(
                    f"The catalog lacks its changes from {since + 1} to {last}: other hands were at it. Type: triptych verify"
                )
            yield changes
            since = changes[-1].seq

    def _flush(self, last: int) -> None:
        """Make durable what was taken in up to `last`; what history it belongs to is durable before."""
        panels = self.panels.values()
        if min(self.keyword.watermark, *(panel.store.watermark for panel in panels)) < last:
            change = self.catalog.changes(last - 1, 1)[0]
            files.write(
                self.folder / "history.json", json.dumps({"seq": change.seq, "at": change.at}).encode()
            )
        if self.keyword.watermark < last:
            self.keyword.flush(last)
        for panel in panels:
            panel.flush(last)
        self._flushed = time.monotonic()

    def _remake_keyword(self, last: int) -> None:
        """A new keyword index of what the catalog holds, in the place of the old one."""
        new, old, place = (self.folder / name for name in ("keyword.new", "keyword.old", "keyword"))
        files.remove(new)
        fresh = KeywordIndex.open(new, create=True)
        seen, last_key = replay.state(self.catalog)
        for passages in replay.passages(self.catalog, 1, last_key):
            fresh.add(passages)
        fresh.flush(seen)
        fresh.close()
        self.keyword.close()
        place.rename(old)
        new.rename(place)
        files.sync_folder(self.folder)
        point("keyword-swapped")
        files.remove(old)
        self._keyword = KeywordIndex.open(place)
        self._keyword_at = self._keyword.watermark
