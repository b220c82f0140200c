"""Pictures as data URIs of JPEG. Those of late are kept: a follow-up question, another attempt or another reader sends the
same pages, and telling that they are the same takes a thirtieth of encoding them.
"""

from __future__ import annotations

import base64
import io
import threading
from collections import OrderedDict

import numpy as np
from PIL import Image

_QUALITY = 90  # text stays sharp
_KEPT_BYTES = 24 * 2**20  # of data URIs

Key = tuple[tuple[int, ...], int]


class Encoder:
    """Encodes, and keeps what it encoded last. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, str] = OrderedDict()
        self._size = 0

    def uri(self, picture: np.ndarray) -> str:
        """uint8 (h, w, 3) RGB as a data URI, in which a page is a fifth of what it is in PNG."""
        key = picture.shape, hash(picture.tobytes())  # 64 bits under a key that nobody outside knows
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = _encoded(picture)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made
                self._size += len(made)
            while self._size > _KEPT_BYTES:
                self._size -= len(self._kept.popitem(last=False)[1])
        return made


def _encoded(picture: np.ndarray) -> str:
    image = Image.fromarray(np.ascontiguousarray(picture))
    if _grey(picture):
        image = image.convert("L")  # half the time, and the same picture
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_QUALITY, **({} if image.mode == "L" else {"subsampling": 0}))
    return f"data:image/jpeg;base64,{base64.b64encode(file.getbuffer()).decode()}"


def _grey(picture: np.ndarray) -> bool:
    """Whether no pixel has a colour, asked of few rows first."""
    return all(
        np.array_equal(rows[..., 0], rows[..., 1]) and np.array_equal(rows[..., 1], rows[..., 2])
        for rows in (picture[::32], picture)
    )
