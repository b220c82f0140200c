"""The keyword projection: a BM25 index for each collection, asked as one.

    KeywordIndex.open(folder, create) -> KeywordIndex          watermark, len(), ids()
    add(passages) / drop(first, last) / flush(watermark)       writing: one process at a time
    refresh()                                                  see what another process committed
    search(clauses, k, scope) -> (ids, scores)                 score(clauses, ids, scope) -> scores
    holding(words, fields) -> ids                              words side by side: a phrase
    document_frequency(field, token), size, languages          statistics for whoever weighs terms

A collection has an index of its own, so that nothing of another one can show in its results: BM25 compares a
chunk's length with the mean of its index, and a search over several collections counts in just these. The parts
are found by the hash of the collection's name.

`watermark.json` says up to which change all parts are complete; a part that was flushed before a crash knows that
it is further (`Partition`), and takes nothing in twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from triptych import files
from triptych.errors import Damaged
from triptych.projections.bm25 import Snapshot, nothing
from triptych.projections.clauses import BEGINNINGS, resolve
from triptych.projections.clauses import Begins as Begins
from triptych.projections.clauses import Clause as Clause
from triptych.projections.clauses import Ladder as Ladder
from triptych.projections.clauses import Near as Near
from triptych.projections.clauses import Term as Term
from triptych.projections.partition import FORMAT, Partition
from triptych.projections.partition import OtherFormat as OtherFormat
from triptych.query.filters import Scope
from triptych.sql.replay import Passage
from triptych.words.language import LANGUAGES

_MARK = "watermark.json"


class KeywordIndex:
    """The opened keyword indexes of a library. Searching is safe from any thread, writing from one at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._parts: dict[str, Partition] = {}  # by collection; replaced as a whole, never changed
        self._asked: dict[tuple[str, ...] | None, _Together] = {}
        self.watermark = 0
        self.refresh()

    @classmethod
    def open(cls, folder: Path, create: bool = False) -> KeywordIndex:
        """The index in `folder`. Raises Damaged when it is missing, unreadable or of another format."""
        if create and not folder.exists():
            making = folder.with_name(f".{folder.name}.making")
            files.remove(making)
            making.mkdir(parents=True)
            files.write(making / _MARK, _mark(0))
            making.rename(folder)
            files.sync_folder(folder.parent)
        return cls(folder)

    # ------------------------------------------------------------------------------------ writing

    def add(self, passages: Iterable[Passage]) -> None:
        """Index chunks that are not in the index yet. Seen by searches after `flush`."""
        by_collection: dict[str, list[Passage]] = {}
        for passage in passages:
            by_collection.setdefault(passage.collection, []).append(passage)
        for collection, here in by_collection.items():
            part = self._part(collection)
            if part.watermark > self.watermark:  # it was flushed before a crash, and may have them
                part.drop(min(p.key for p in here), max(p.key for p in here))
            part.add(here)

    def drop(self, first: int, last: int) -> None:
        """Delete the chunks with keys in [first, last]; those that are not there are no error."""
        for part in self._parts.values():
            if first <= last and (part.writing or part.snapshot.holds(first, last)):
                part.drop(first, last)

    def flush(self, watermark: int) -> None:
        """Make everything durable; the watermark after everything that it speaks of."""
        for part in self._parts.values():
            if part.writing:
                part.flush(watermark)
        files.write(self.folder / _MARK, _mark(watermark))
        self.watermark = watermark
        self._forget_empty()
        self._asked = {}

    def _part(self, collection: str) -> Partition:
        if collection not in self._parts:
            name = hashlib.sha256(collection.encode("utf-8", "surrogatepass")).hexdigest()[:16]
            part = Partition.open(self.folder / name, create=collection)
            self._parts = {**self._parts, collection: part}
        return self._parts[collection]

    def _forget_empty(self) -> None:
        """A collection that has nothing any more leaves not even its name."""
        for part in [part for part in self._parts.values() if not len(part)]:
            self._parts = {name: p for name, p in self._parts.items() if p is not part}
            part.close()
            files.remove(part.folder)

    def rest(self) -> None:
        """End writing: drop what was not flushed, wait for merges, free the writers' memory and locks."""
        for part in self._parts.values():
            part.rest()
        self._asked = {}

    def close(self) -> None:
        self.rest()

    def damage(self) -> list[str]:
        """Files whose checksum is wrong; reads everything."""
        return [found for part in self._parts.values() for found in part.damage()]

    # ------------------------------------------------------------------------------------ reading

    def refresh(self) -> None:
        """See the last commit, of this or another process."""
        try:
            mark = json.loads((self.folder / _MARK).read_text("utf-8"))
            if mark["format"] != FORMAT:
                raise OtherFormat(f"The keyword index '{self.folder}' was made by another version.")
            watermark = int(mark["watermark"])
            known = {part.folder: part for part in self._parts.values()}
            there = [path for path in sorted(self.folder.iterdir()) if path.is_dir() and path.name[0] != "."]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Damaged(f"The keyword index '{self.folder}' cannot be read: {error}.") from error
        for path in there:
            if path in known:
                known[path].refresh()
            else:
                known[path] = Partition.open(path)
        self._parts = {known[path].collection: known[path] for path in there}
        self._asked = {}
        self.watermark = watermark

    def __len__(self) -> int:
        return self.size()

    @property
    def deleted(self) -> int:
        """Documents that are gone but still take room."""
        return sum(part.snapshot.deleted for part in self._parts.values())

    def ids(self) -> np.ndarray:
        """All chunk keys, sorted: what `verify` compares with the catalog."""
        found = [part.snapshot.ids() for part in self._parts.values()]
        return np.sort(np.concatenate([np.empty(0, np.int64), *found]))

    def size(self, collections: tuple[str, ...] | None = None) -> int:
        """Number of chunks in those collections."""
        return self._together(collections).size()

    def document_frequency(self, field: str, token: str, collections: tuple[str, ...] | None = None) -> int:
        """In how many chunks of those collections `token` stands in `field`."""
        return self._together(collections).frequency(field, token)

    def languages(self, collections: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """The languages of chunks in those collections, the commonest first."""
        return self._together(collections).languages

    def search(
        self, clauses: Sequence[Clause | Ladder], k: int, scope: Scope | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """(chunk keys (n,) int64, scores (n,) float64), best first, at most k, ties by key. Only chunks of
        `scope` are looked at, and only its collections count."""
        together = self._together(None if scope is None else scope.collections)
        parts = resolve(clauses, together)
        keys = scope.keys if scope is not None and scope.narrowed else None
        found = [snapshot.search(parts, k, keys) for snapshot in together.snapshots] if parts else []
        if len(found) == 1:
            return found[0]
        ids, scores = (np.concatenate(column) for column in zip(nothing(), *found, strict=True))
        order = np.lexsort((ids, -scores))[:k]
        return ids[order], scores[order]

    def score(
        self, clauses: Sequence[Clause | Ladder], ids: np.ndarray, scope: Scope | None = None
    ) -> np.ndarray:
        """Scores of known chunks for `clauses`, in the order of `ids`; 0 where nothing matches."""
        together = self._together(None if scope is None else scope.collections)
        parts = resolve(clauses, together)
        scores = np.zeros(len(ids))
        for snapshot in together.snapshots:
            scores += snapshot.score(parts, ids)
        return scores

    def holding(self, words: Sequence[str], fields: Sequence[str] = ("text",)) -> np.ndarray:
        """Keys (n,) int64, sorted, of the chunks where folded `words` stand side by side; see `Snapshot`."""
        found = [part.snapshot.holding(words, fields) for part in self._parts.values()]
        return np.sort(np.concatenate([np.empty(0, np.int64), *found]))

    def _together(self, collections: tuple[str, ...] | None) -> _Together:
        """The snapshots of those collections, and what is counted in them; remembered until the next commit."""
        # In this order: what a commit replaces meanwhile is not remembered.
        asked, parts = self._asked, self._parts
        known = asked.get(collections)
        if known is None:
            names = [*parts] if collections is None else sorted(set(collections) & set(parts))
            known = asked[collections] = _Together([parts[name].snapshot for name in names])
        return known


class _Together:
    """Several collections as one: the statistics of a question that looks at all of them."""

    def __init__(self, snapshots: Sequence[Snapshot]) -> None:
        self.snapshots = snapshots
        self._size = sum(map(len, snapshots))
        self._known: dict[tuple[str, str], int] = {}

    def size(self) -> int:
        return self._size

    def frequency(self, field: str, token: str) -> int:
        name = (field, token)
        if name not in self._known:
            found = sum(snapshot.document_frequency(field, token) for snapshot in self.snapshots)
            if not found:  # most variants of a word: not worth remembering
                return 0
            self._known[name] = found
        return self._known[name]

    def likenesses(self, near: Near) -> int:
        return sum(snapshot.likenesses(near) for snapshot in self.snapshots)

    def beginnings(self, field: str, prefix: str) -> Sequence[str]:
        counts: dict[str, int] = {}
        for snapshot in self.snapshots:
            for token, number in snapshot.beginnings(field, prefix).items():
                counts[token] = counts.get(token, 0) + number
        return sorted(counts, key=lambda token: (-counts[token], token))[:BEGINNINGS]

    @cached_property
    def languages(self) -> tuple[str, ...]:
        counts = {name: self.frequency("language", name) for name in LANGUAGES}
        return tuple(sorted((n for n in counts if counts[n]), key=lambda name: -counts[name]))


def _mark(watermark: int) -> bytes:
    return json.dumps({"format": FORMAT, "watermark": watermark}).encode()
