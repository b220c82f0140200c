"""Pictures of pages as WebP: drawn once, kept beside the library, sent with an ETag.

Drawn by a reading process of their own, so that nobody waits for a thumbnail while a large upload is read.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from triptych.blobs import Blobs
from triptych.catalog import Catalog
from triptych.display.draw import draw
from triptych.errors import FileError
from triptych.records import Asset
from triptych.types import Box

if TYPE_CHECKING:
    from triptych.processes.workers import Workers

WIDTHS = (160, 320, 640, 960, 1280, 1600, 2400)  # pixels of the longer side
BOXES = 200  # that are drawn on one page at most
_VERSION = 1  # of how pictures are made; part of the ETag


class PagePictures:
    """Draws the pages of one library. Any thread may ask."""

    def __init__(self, catalog: Catalog, blobs: Blobs, workers: Workers) -> None:
        self._catalog = catalog
        self._blobs = blobs
        self._workers = workers
        self._drawing: dict[Path, threading.Lock] = {}
        self._guard = threading.Lock()

    def tag(self, asset: Asset, page: int, side: int, boxes: Sequence[Box]) -> str:
        """The ETag of a picture: the same as long as it would be the same."""
        told = f"{_VERSION} {asset.sha256} {page} {side} {[tuple(box) for box in boxes]}"
        return f'"{hashlib.sha256(told.encode()).hexdigest()[:32]}"'

    def webp(self, asset: Asset, page: int, side: int, boxes: Sequence[Box] = ()) -> bytes:
        """The page as WebP, its longer side at most `side`, with boxes marked. Raises UserError for an unknown
        page, FileError for one that cannot be drawn."""
        self._catalog.page(asset.key, page)
        plain = self._plain(asset, page, side)
        if not boxes:
            return plain
        image = np.asarray(Image.open(io.BytesIO(plain), formats=("WEBP",)).convert("RGB"))
        return _encoded(draw(image, [(box, "") for box in boxes]))

    def _plain(self, asset: Asset, page: int, side: int) -> bytes:
        """The page without boxes, drawn when nobody has yet; several who ask at once wait for one drawing."""
        place = self._blobs.thumbnails(asset.sha256) / f"{page}-{side}-{_VERSION}.webp"
        with self._guard:
            lock = self._drawing.setdefault(place, threading.Lock())
        try:
            with lock:
                with suppress(FileNotFoundError):  # nobody has, or it goes with its file this moment
                    return place.read_bytes()
                path = self._blobs.local(asset.sha256)
                pixels = self._workers.pixels(path, asset.sources[0], page, side)
                drawn = _encoded(_fitted(pixels, side))
                _keep(place, drawn)
                if not path.is_file():  # it was removed meanwhile, and nothing of it may stay
                    shutil.rmtree(place.parent, ignore_errors=True)
                return drawn
        finally:
            with self._guard:
                self._drawing.pop(place, None)


def side_of(width: int) -> int:
    """The size in which a picture of that width is made: one of a few, so that few are made."""
    return next((side for side in WIDTHS if side >= width), WIDTHS[-1])


def boxes_of(text: str) -> list[Box]:
    """`0.1,0.2,0.3,0.25;0.1,0.3,0.3,0.35` as boxes. Raises FileError."""
    found = []
    for part in filter(None, text.split(";")):
        try:
            numbers = [float(number) for number in part.split(",")]
            x0, y0, x1, y1 = (min(1.0, max(0.0, number)) for number in numbers)
        except ValueError:
            raise FileError(
                "bad-box", f"'{part[:60]}' is not a box; a box is x0,y0,x1,y1 in fractions of the page"
            ) from None
        found.append(Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))
    if len(found) > BOXES:
        raise FileError("too-many-boxes", f"these are {len(found)} boxes; {BOXES} are drawn at most")
    return found


def _fitted(pixels: np.ndarray, side: int) -> Image.Image:
    page = Image.fromarray(np.ascontiguousarray(pixels), "RGB")
    page.thumbnail((side, side), Image.Resampling.LANCZOS)
    return page


def _encoded(page: Image.Image) -> bytes:
    out = io.BytesIO()
    page.save(out, "WEBP", quality=82, method=4)
    return out.getvalue()


def _keep(place: Path, data: bytes) -> None:
    """Kept whole or not at all. A disk that is full keeps none, and they are drawn each time."""
    part = place.with_name(f".{place.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(place)
    except OSError:
        part.unlink(missing_ok=True)
