"""Pages as pictures for people: drawn in a reading process, the words that matter boxed.

Knows the catalog, the originals and the reading processes; no search and no answer.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from triptych.blobs import Blobs
from triptych.catalog import Catalog
from triptych.errors import FileError, LibraryError, UserError
from triptych.types import Answer, Box, Citation, Hit, Page, View

if TYPE_CHECKING:
    import numpy as np

    from triptych.processes.workers import Workers
    from triptych.records import Asset, ChunkRow

_DRAWN = 1600  # pixels of the longer side of a drawn page
_THUMBNAIL = 900  # the same in the HTML page of results
_KEPT = 24  # parts of pages that are kept, three megabytes each at most
_WHOLE = View("image", Box(0.0, 0.0, 1.0, 1.0))


class Pictures:
    """Draws pages of one library. `workers` starts reading processes when a page is drawn."""

    def __init__(self, catalog: Catalog, blobs: Blobs, workers: Callable[[], Workers]) -> None:
        self._catalog = catalog
        self._blobs = blobs
        self._workers = workers
        self._kept: OrderedDict[tuple[str, int, Box, int], np.ndarray] = OrderedDict()
        self._guard = threading.Lock()

    def pixels(self, asset: Asset, page: int, side: int = _DRAWN) -> np.ndarray:
        """The page as uint8 (h, w, 3) RGB, its longer side at most `side`. Raises FileError."""
        return self._workers().pixels(self._blobs.local(asset.sha256), asset.sources[0], page, side)

    def drawn(self, wanted: Sequence[ChunkRow], side: int) -> list[np.ndarray | None]:
        """The pages on which those pieces stand, upright, uint8 (h, w, 3) RGB, the longer side at most `side`; as
        many at once as there are reading processes. None for a page of plain text, one that cannot be drawn, and
        one that was removed meanwhile."""
        pages = [self._page(row) for row in wanted]
        if not any(page is not None for page in pages):
            return [None] * len(pages)
        with ThreadPoolExecutor(self._workers().count, "triptych-draw") as pool:
            return [*pool.map(partial(self._upright, side), wanted, pages)]

    def _page(self, row: ChunkRow) -> Page | None:
        """The page of a piece where there is something to see on it."""
        try:
            page = self._catalog.page(row.asset, row.page)
        except UserError:  # removed meanwhile
            return None
        return page if page.width and not page.failed else None

    def _upright(self, side: int, row: ChunkRow, page: Page | None) -> np.ndarray | None:
        if page is None:
            return None
        try:
            [view] = self._workers().look(self._blobs.local(row.sha256), row.source, page, [_WHOLE], side)
        except (FileError, LibraryError):  # damaged; or removed meanwhile, and `verify` tells which
            return None
        return view.pixels

    def boxed(self, asset: Asset, number: int) -> Any:
        """A PIL image of the page with the lines of its text boxed, and its regions by their names."""
        page = self._catalog.page(asset.key, number)
        lines = [(box, "") for box in page.text.boxes_in(0, len(page.text.text))]
        return _draw(self.pixels(asset, number), [*lines, *((r.box, r.name) for r in page.regions)])

    def places(self, given: Answer) -> list[tuple[Citation, Asset]]:
        """The first citation of each cited page that can be drawn, and the file it is of."""
        collections = {hit.asset: hit.collection for hit in given.evidence}
        firsts = {(c.asset, c.page): c for c in reversed(given.citations)}
        found = []
        for name, number in dict.fromkeys((c.asset, c.page) for c in given.citations):
            asset = self._asset(name, collections.get(name), number)
            if asset is not None:
                found.append((firsts[name, number], asset))
        return found

    def _asset(self, name: str, collection: str | None, page: int) -> Asset | None:
        """The file of a page where there is something to see on it."""
        try:
            asset = self._catalog.asset(name, collection)
            return asset if self._catalog.page(asset.key, page).width else None
        except UserError:  # removed meanwhile
            return None

    def cited(self, given: Answer) -> list[tuple[Citation, Any]]:
        """For each cited page that can be drawn its first citation, and a PIL image with every quote on it boxed
        and numbered."""
        found = []
        for first, asset in self.places(given):
            here = [c for c in given.citations if (c.asset, c.page) == (first.asset, first.page)]
            boxes = [(box, str(c.n)) for c in here for box in c.boxes]
            with suppress(LibraryError):  # removed meanwhile, or `verify` tells of it
                found.append((first, _draw(self.pixels(asset, first.page), boxes)))
        return found

    def parts(self, hit: Hit, page: Page, wanted: Sequence[tuple[Box, int]]) -> dict[Box, np.ndarray]:
        """Parts of a page, upright, uint8 (h, w, 3) RGB, the longer side of each at most so many pixels; the last ones
        are kept, for questions that follow on. Raises FileError, and LibraryError when the page is gone."""
        keys = {(hit.asset, page.number, *one): one for one in wanted}
        with self._guard:
            found = {box: self._kept[key] for key, (box, _) in keys.items() if key in self._kept}
            for key in keys:
                if key in self._kept:
                    self._kept.move_to_end(key)
        missing = [one for one in wanted if one[0] not in found]
        return found | self._cut(hit, page, missing) if missing else found

    def _cut(self, hit: Hit, page: Page, wanted: Sequence[tuple[Box, int]]) -> dict[Box, np.ndarray]:
        views, sides = [View("tile", box) for box, _ in wanted], [side for _, side in wanted]
        drawn = self._workers().cut(self._blobs.local(hit.asset), hit.source, page, views, sides)
        found = {view.box: view.pixels for view in drawn if view.pixels is not None}
        for pixels in found.values():
            pixels.setflags(write=False)  # they are kept, and those who get them know them by their identity
        with self._guard:
            for box, side in wanted:
                if box in found:
                    self._kept[hit.asset, page.number, box, side] = found[box]
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found

    def thumbnail(self, hit: Hit) -> bytes | None:
        """The page of a hit as a small WebP; None for a page of plain text, and one that was removed meanwhile."""
        from triptych.display.draw import thumbnail

        asset = self._asset(hit.asset, hit.collection, hit.page)
        if asset is None:
            return None
        try:
            return thumbnail(self.pixels(asset, hit.page, _THUMBNAIL), _THUMBNAIL)
        except LibraryError:  # removed meanwhile, or `verify` tells of it
            return None


def _draw(image: np.ndarray, boxes: Sequence[tuple[Box, str]]) -> Any:
    from triptych.display.draw import draw

    return draw(image, boxes)
