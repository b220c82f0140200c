"""An image encoder of ours as reranker: each page is seen larger than when it was added, whole and in parts.

`rerank.model = "encoder:open_clip:ViT-B-32/laion2b_s34b_b79k"` takes any encoder that sees pictures. A page is drawn at
several times the side at which the encoder sees it, and cut into overlapping crops of that side; the score is the
best of the whole page's cosine and those of its crops.

The best, because a question asks for something that stands somewhere on a page: one crop that shows it answers, and
what the other crops show says nothing against it. A mean would thank a page for being alike all over, and drown
one small chart among eleven crops of text. The price is that a large page has more chances than a small one.
"""

from __future__ import annotations

import hashlib
import math
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from threading import Lock

import numpy as np
from PIL import Image

from triptych import plugins
from triptych.errors import UserError
from triptych.seams import Encoder, PageReranker

LARGER = 3  # times the encoder's own side
OVERLAP = 0.25  # share of a crop that the next one covers again
KEPT = 500  # pages whose vectors are kept; about 30 kB each
_BATCH = 64  # pictures that the encoder gets at once
_LIKE = "encoder:open_clip:ViT-B-32/laion2b_s34b_b79k"


def load(argument: str = "") -> PageReranker:
    """`argument` names an encoder as `image_encoder` does. Raises UserError for none, for one that sees no
    pictures, and as that encoder."""
    if not argument:
        raise UserError(f'Which encoder shall look at pages again? Write rerank.model = "{_LIKE}".')
    encoder: Encoder = plugins.load("encoders", argument)
    if "image" not in encoder.sees:
        raise UserError(
            f"The encoder '{argument}' sees no pictures, so it cannot look at pages again. Name one that does: "
            f'rerank.model = "{_LIKE}"'
        )
    return Closer(encoder)


class Closer:
    """See `seams.PageReranker`. Keeps the vectors of the pages that it saw last: the next question is often about
    the same ones, and encoding the crops of a page takes a hundred times longer than comparing them."""

    def __init__(self, encoder: Encoder) -> None:
        self.name = f"encoder:{encoder.space}"
        self.side = LARGER * encoder.side
        self._encoder = encoder
        self._kept: OrderedDict[bytes, np.ndarray] = OrderedDict()  # the longest unused first
        self._lock = Lock()

    def seen(self, query: str, pages: Sequence[np.ndarray]) -> np.ndarray:
        """(n,) float64: the best cosine of the question with a page or a crop of it."""
        if not pages:
            return np.zeros(0)
        asked = self._encoder.queries([query])[0].astype(np.float64)
        return np.array([np.einsum("nd,d->n", rows, asked).max() for rows in self._rows(pages)])

    def _rows(self, pages: Sequence[np.ndarray]) -> list[np.ndarray]:
        """For each page the vectors (crops, dim) of its views."""
        keys = [_key(page) for page in pages]
        with self._lock:
            known = {key: self._kept[key] for key in keys if key in self._kept}
        known |= self._encoded({k: page for k, page in zip(keys, pages, strict=True) if k not in known})
        with self._lock:
            for key, rows in known.items():
                self._kept[key] = rows
                self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return [known[key] for key in keys]

    def _encoded(self, pages: Mapping[bytes, np.ndarray]) -> dict[bytes, np.ndarray]:
        found: dict[bytes, list[np.ndarray]] = {key: [] for key in pages}
        crops = ((key, crop) for key, page in pages.items() for crop in views(page, self._encoder.side))
        while batch := [*islice(crops, _BATCH)]:
            for (key, _), row in zip(batch, self._encoder.images([c for _, c in batch]), strict=True):
                found[key].append(row)
        return {key: np.stack(rows) for key, rows in found.items()}


def _key(page: np.ndarray) -> bytes:
    return hashlib.blake2b(str(page.shape).encode() + page.tobytes(), digest_size=16).digest()


def views(page: np.ndarray, side: int) -> Iterator[np.ndarray]:
    """The whole page, its longer side at most `side` pixels, then overlapping crops that cover it, row by row,
    none larger than `side`; no crops of a page that is no larger."""
    height, width = page.shape[:2]
    yield _fitted(page, side)
    if max(height, width) > side:
        for top in _starts(height, side):
            for left in _starts(width, side):
                yield np.ascontiguousarray(page[top : top + side, left : left + side])


def _starts(length: int, side: int) -> list[int]:
    """Where crops of `side` pixels begin that cover `length`, equally far from each other."""
    if length <= side:
        return [0]
    count = math.ceil((length - side * OVERLAP) / (side * (1.0 - OVERLAP)))
    return [round(i * (length - side) / (count - 1)) for i in range(count)]


def _fitted(page: np.ndarray, side: int) -> np.ndarray:
    """The page brought down to `side` pixels by area averaging; never enlarged."""
    height, width = page.shape[:2]
    if max(height, width) <= side:
        return page
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(page).resize(size, Image.Resampling.BOX, reducing_gap=2.0))
