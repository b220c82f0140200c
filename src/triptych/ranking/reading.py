"""The best pages of a ranking with what stands on them, read from the catalog once for every later step.

A page that was removed meanwhile is left out: that is how the catalog confirms what is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from triptych.catalog import Catalog
from triptych.fuse import LEAD, Fused
from triptych.records import ChunkRow
from triptych.types import PageText

BestOf = Callable[[str, int], int]  # (signal, page) -> key of the piece that earned the page its score there
Said = tuple[ChunkRow, PageText]  # a piece, and the text of its page


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """`pieces` of each page by signal, those that the catalog knows."""

    pieces: Mapping[int, Mapping[str, Said]]

    @classmethod
    def of(
        cls, ranked: Sequence[Fused], best_of: BestOf, catalog: Catalog, collection: str | None = None
    ) -> Reading:
        """What stands on the pages of `ranked`. Of a `collection`, where one is named: there may have been no other
        when the search began, and nothing to keep it from."""
        keys = {f.page: {signal: best_of(signal, f.page) for signal in f.signals} for f in ranked}
        every = sorted({key for here in keys.values() for key in here.values()})
        shown = catalog.shown(every)
        known = {row.key: (row, text) for row, text in shown if collection in (None, row.collection)}
        found = {
            page: {signal: known[key] for signal, key in here.items() if key in known}
            for page, here in keys.items()
        }
        return cls({page: here for page, here in found.items() if here})

    def there(self, ranked: Sequence[Fused]) -> list[Fused]:
        """Those of `ranked` that are still there."""
        return [f for f in ranked if f.page in self.pieces]

    def told_by(self, fused: Fused) -> Said:
        """The piece to quote: of the signal that gave the page most; words before looks."""
        here = self.pieces[fused.page]
        words = [name for name in here if name != "image"]
        said = fused.signals
        best = max(words or here, key=lambda name: (said[name].weight * said[name].norm, name == LEAD))
        return here[best]

    def text(self, page: int) -> PageText:
        """All text of a page."""
        return next(iter(self.pieces[page].values()))[1]
