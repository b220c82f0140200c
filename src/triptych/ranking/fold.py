"""Copies of one page folded into one hit: the best of them stays, and says how many there are and where.

    folded(ranked, reading, looks, near) -> ranked without copies, each with the pages of its copies

Exact copies have the same text, but for spaces, and where they were looked at the same look. Near ones look the
same to the image encoder and share most of their words: two scans of one letter. Pages that have neither words nor
a look are nobody's copies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from triptych.fuse import Fused
from triptych.projections.panel import Panel
from triptych.ranking.candidates import Candidates
from triptych.ranking.reading import Reading
from triptych.words import tokens

SAME = 0.9999  # cosine of two views of the same pixels: vectors are kept in half precision
NEAR = 0.995
SHARED = 0.8  # of the words of two near copies together

Looks = Mapping[int, np.ndarray]  # page -> (dim,) float64, the whole page as it was seen


@dataclass(frozen=True, slots=True, eq=False)
class _Page:
    """What a page is compared by."""

    text: str
    begins: tuple[str, ...]  # its first words
    words: frozenset[str]
    look: np.ndarray | None

    @classmethod
    def of(cls, text: str, look: np.ndarray | None, near: bool) -> _Page:
        words = frozenset(tokens.words(text)) if near else frozenset()
        return cls(text, tuple(text.split(None, 3)[:3]), words, look)

    def copies(self, other: _Page, near: bool) -> bool:
        if (self.look is None) != (other.look is None):
            return False
        if self.look is None or other.look is None:
            return bool(self.begins) and self._says(other)
        cosine = float(self.look @ other.look)
        if self._says(other):
            return cosine >= (NEAR if near else SAME)
        every = len(self.words | other.words)
        return near and cosine >= NEAR and len(self.words & other.words) >= SHARED * every

    def _says(self, other: _Page) -> bool:
        """Whether two texts are equal but for spaces. Most differ early, and are not read to the end."""
        return self.begins == other.begins and self.text.split() == other.text.split()


def folded(ranked: Sequence[Fused], reading: Reading, looks: Looks, near: bool) -> list[Fused]:
    """`ranked` without copies of what stands above them; ties as they were."""
    kept: list[tuple[_Page, Fused, list[int]]] = []
    for fused in reading.there(ranked):
        page = _Page.of(reading.text(fused.page).text, looks.get(fused.page), near)
        above = next((copies for first, _, copies in kept if page.copies(first, near)), None)
        if above is None:
            kept.append((page, fused, []))
        else:
            above.append(fused.page)
    return [replace(fused, copies=tuple(copies)) if copies else fused for _, fused, copies in kept]


def looks(ranked: Sequence[Fused], candidates: Candidates, panel: Panel | None) -> Looks:
    """The look of each of `ranked` that was looked at: of the views of a page the first is the whole of it."""
    if panel is None:
        return {}
    spans = [candidates.span(fused.page) for fused in ranked]
    keys = np.concatenate([candidates.keys[a:b] for a, b in spans]) if spans else np.zeros(0, np.int64)
    rows = panel.rows(keys)
    lengths = np.array([b - a for a, b in spans], np.int64)
    ends = np.cumsum(lengths)
    first = np.searchsorted(rows.known, ends - lengths)
    return {
        fused.page: rows.vectors[at]
        for fused, at, end in zip(ranked, first.tolist(), ends.tolist(), strict=True)
        if at < len(rows.known) and rows.known[at] < end
    }
