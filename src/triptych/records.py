"""What goes into the catalog and what comes out of it: frozen values, free of SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from triptych.types import Box, Caption, Chunk, Source


@dataclass(frozen=True, slots=True)
class AssetRecord:
    """An asset as it is to be stored. `pipeline` names everything that shaped its pages and chunks."""

    sha256: str
    collection: str
    kind: str
    media_type: str
    bytes: int
    status: str  # ready, partial
    pipeline: str
    title: str
    meta: Mapping[str, Any] = field(default_factory=dict)  # user tags stand under "tags"
    error: Mapping[str, str] | None = None  # code, reason, hint


# The signals that compare vectors, and the kinds of pieces that each of them compares.
KINDS: Mapping[str, tuple[str, ...]] = {
    "text": ("text",),
    "caption": ("caption",),
    "image": ("image", "tile", "region"),
}
SIGNAL_OF = {kind: signal for signal, kinds in KINDS.items() for kind in kinds}


class Space(NamedTuple):
    """Where vectors can be compared: the `space` id of an encoder, and how many numbers it gives."""

    name: str
    dim: int


Spaces = Mapping[str, Space]  # signal -> space of its vectors; a signal that is not there is off


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A part of a page with the hash of what is embedded for it and, unless the catalog has it, the vector.

    `kind` is text, caption, image, tile or region. Text is a range of characters of its page (`chunk`);
    a caption's chunk starts at its number among the captions of one origin; a view has a `box`, and the
    name of its region as section.
    """

    chunk: Chunk
    hash: bytes  # `embed.key` of the text, or `embed.view_key` of the view, that was embedded
    vector: np.ndarray | None = None  # (dim,) float32
    kind: str = "text"
    box: Box | None = None
    caption: Caption | None = None


@dataclass(frozen=True, slots=True)
class Asset:
    """An asset that the catalog holds. `key` is never used for another one, nor for a later version."""

    key: int
    sha256: str
    collection: str
    kind: str
    media_type: str
    bytes: int
    status: str
    added: str
    pipeline: str
    title: str
    pages: int
    meta: Mapping[str, Any]
    error: Mapping[str, str] | None
    sources: tuple[str, ...]

    @property
    def tags(self) -> dict[str, str]:
        return dict(self.meta.get("tags", {}))

    def to_dict(self) -> dict[str, Any]:
        """The asset as `triptych list --json` shows it."""
        return {
            "asset": self.sha256,
            "sources": list(self.sources),
            "collection": self.collection,
            "kind": self.kind,
            "pages": self.pages,
            "status": self.status,
            "added": self.added,
            "title": self.title,
            "bytes": self.bytes,
            "media_type": self.media_type,
            "tags": self.tags,
        }


@dataclass(frozen=True, slots=True)
class Committed:
    """What a writing transaction did. `freed` are contents that no asset holds any more: their blobs
    can go once this was returned."""

    asset: Asset
    freed: tuple[str, ...] = ()


class StoredSource(NamedTuple):
    """A path that is known, with the times by which an untouched file is recognised."""

    path: str
    collection: str
    asset: int
    sha256: str
    size: int
    modified: float
    pipeline: str

    def is_of(self, asset: int, source: Source) -> bool:
        """Whether it is this file of this asset, as it was when it was last seen."""
        return (self.asset, self.size, self.modified) == (asset, source.size, source.modified)


class Places(NamedTuple):
    """Where chunks stand, three (n,) int64 arrays: enough to fold chunks into pages."""

    chunks: np.ndarray
    assets: np.ndarray
    pages: np.ndarray  # keys of pages, not their numbers

    @classmethod
    def of(cls, chunks: np.ndarray, assets: np.ndarray, pages: np.ndarray) -> Places:
        """In the order of pages, then of keys."""
        order = np.lexsort((chunks, pages))
        return cls(chunks[order], assets[order], pages[order])

    def union(self, other: Places) -> Places:
        """The pieces of both, each once."""
        columns = [np.concatenate(pair) for pair in zip(self, other, strict=True)]
        _, first = np.unique(columns[0], return_index=True)
        return Places.of(*(column[first] for column in columns))


class ChunkRow(NamedTuple):
    """A chunk with its page and asset, as hits need it. `text` is the chunk's own."""

    key: int
    asset: int
    sha256: str
    collection: str
    asset_kind: str
    title: str
    source: str
    page_key: int
    page: int
    kind: str
    start: int
    end: int
    section: str
    confidence: float | None
    box: Sequence[float] | None
    text: str  # of a caption: the caption


class Change(NamedTuple):
    """One committed change: index again, or drop, the chunks with keys in [first, last]."""

    seq: int
    op: str  # put, drop
    asset: int
    first: int
    last: int
    at: str  # time, to the microsecond
