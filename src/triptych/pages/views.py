"""Views: what an image encoder sees of a page. The whole page, tiles of a large or dense one, its figures.

    plan(page, kind, settings) -> views without pixels   which parts; a pure function
    rendered(document, page, views, side) -> views       their pixels; inside a worker process only
    parts(document, page, views, sides) -> views         the same for those who read them, each of its own size

A view is drawn upright, its longer side at most `side` pixels, and its box is on the page as stored.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from triptych.pages import orientation, regions
from triptych.seams import Document, PartDocument
from triptych.settings import LookSettings
from triptych.types import Box, Page, View

WHOLE = Box(0.0, 0.0, 1.0, 1.0)
_FIGURES = ("figure", "logo", "signature")  # regions with a look of their own; tables and fields are words
_DPI = 150  # at which a PDF page counts as so many pixels
_MOST = 24  # tiles of one page
_LARGEST = 4096  # longer side in pixels at which a page is drawn for its parts


def plan(page: Page, kind: str, settings: LookSettings) -> tuple[View, ...]:
    """The views of a page of a document of that kind; () for pages of plain text and those that could not be
    read."""
    if page.failed or not page.width or not page.height:
        return ()
    views = [View("image", WHOLE)]
    if settings.tiles:
        views += [View("tile", box) for box in _tiles(page, kind, settings)]
    if settings.regions:
        views += [View("region", r.box, r.name) for r in page.regions if r.name in _FIGURES]
    return tuple(views)


def _tiles(page: Page, kind: str, settings: LookSettings) -> list[Box]:
    """Overlapping squares that cover a large or dense page, row by row; [] for other pages."""
    scale = _DPI / 72 if kind == "pdf" else 1.0  # sizes of PDF pages are in points
    width, height = page.width * scale, page.height * scale
    dense = len(page.text.spans) >= settings.dense
    if max(width, height) <= settings.threshold and not (dense and max(width, height) > settings.tile):
        return []
    tile = float(settings.tile)
    while _count(width, tile, settings.overlap) * _count(height, tile, settings.overlap) > _MOST:
        tile *= 1.25  # larger tiles where there would be too many
    boxes = [
        Box(x0, y0, x1, y1)
        for y0, y1 in _spans(height, tile, settings.overlap)
        for x0, x1 in _spans(width, tile, settings.overlap)
    ]
    return boxes if len(boxes) > 1 else []


def _count(length: float, tile: float, overlap: float) -> int:
    """Tiles that cover a length, each overlapping the next by at least a share of itself."""
    if length <= tile:
        return 1
    return max(2, math.ceil((length - tile * overlap) / (tile * (1.0 - overlap))))


def _spans(length: float, tile: float, overlap: float) -> list[tuple[float, float]]:
    """Ranges of `tile` pixels that cover `length`, in fractions of it, equally far from each other."""
    count = _count(length, tile, overlap)
    if count == 1:
        return [(0.0, 1.0)]
    step = (length - tile) / (count - 1)
    return [(i * step / length, min(1.0, (i * step + tile) / length)) for i in range(count)]


def rendered(document: Document, page: Page, views: Sequence[View], side: int) -> tuple[View, ...]:
    """The views with their pixels. Views of nothing (a page without pixels, a part of no size) are left out.
    Raises as `Document.pixels` does."""
    drawn: dict[int, np.ndarray | None] = {}
    found = []
    for view in views:
        wanted = _side_of_page(view.box, page, side)
        if wanted not in drawn:
            drawn[wanted] = document.pixels(page.number, wanted)
        image = drawn[wanted]
        if image is None:
            continue
        part = regions.cut(image, view.box)
        if min(part.shape[:2]) < 1:
            continue
        found.append(replace(view, pixels=orientation.upright(_fitted(part, side), page.turned)))
    return tuple(found)


def parts(document: Document, page: Page, views: Sequence[View], sides: Sequence[int]) -> tuple[View, ...]:
    """As `rendered`, in a tenth of its time where the document can draw a part alone. What an encoder has seen is
    `rendered` still: other pixels would be other vectors."""
    if not isinstance(document, PartDocument):
        return tuple(
            v for view, side in zip(views, sides, strict=True) for v in rendered(document, page, [view], side)
        )
    drawn = [document.part(page.number, view.box, side) for view, side in zip(views, sides, strict=True)]
    return tuple(
        replace(view, pixels=orientation.upright(image, page.turned))
        for view, image in zip(views, drawn, strict=True)
    )


def _side_of_page(box: Box, page: Page, side: int) -> int:
    """Longer side of the whole page at which the part has about `side` pixels, in steps of doubling, so
    that parts of about one size are cut from one drawing."""
    longer = max(page.width, page.height)
    share = max((box.x1 - box.x0) * page.width, (box.y1 - box.y0) * page.height) / longer
    doublings = math.ceil(math.log2(max(1.0, 1.0 / max(share, 1e-6))))
    return int(min(_LARGEST, side * 2**doublings))


def _fitted(image: np.ndarray, side: int) -> np.ndarray:
    """Brought down to `side` pixels by area averaging; never enlarged."""
    height, width = image.shape[:2]
    if max(height, width) <= side:
        return np.ascontiguousarray(image)
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BOX, reducing_gap=2.0))
