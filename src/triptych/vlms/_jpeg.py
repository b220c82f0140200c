"""Pictures as data URIs of JPEG. Those of late are kept: a follow-up question, another attempt or another reader sends the
same pages, and telling that they are the same takes a tenth of encoding them.
"""

from __future__ import annotations

import base64
import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

_QUALITY = 90  # text stays sharp
_KEPT_BYTES = 64 * 2**20  # of pictures and their data URIs: some twenty pages

Key = tuple[tuple[int, ...], int]


class Encoder:
    """Encodes, and keeps what it encoded last. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, tuple[np.ndarray, str]] = OrderedDict()
        self._size = 0

    def uris(self, pictures: Sequence[np.ndarray]) -> list[str]:
        """`uri` of each, several at a time."""
        if len(pictures) < 2:
            return [self.uri(picture) for picture in pictures]
        with ThreadPoolExecutor(min(len(pictures), os.cpu_count() or 1), "triptych-jpeg") as pool:
            return [*pool.map(self.uri, pictures)]

    def uri(self, picture: np.ndarray) -> str:
        """uint8 (h, w, 3) RGB as a data URI, in which a page is a fifth of what it is in PNG."""
        key = picture.shape, hash(picture[::16, ::16].tobytes())
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
        if kept is not None and np.array_equal(kept[0], picture):
            return kept[1]
        made = _encoded(np.ascontiguousarray(picture))
        self._keep(key, picture.copy(), made)
        return made

    def _keep(self, key: Key, picture: np.ndarray, made: str) -> None:
        with self._lock:
            self._drop(*self._kept.pop(key, (picture[:0], "")))
            self._kept[key] = picture, made
            self._size += picture.nbytes + len(made)
            while self._size > _KEPT_BYTES:
                self._drop(*self._kept.popitem(last=False)[1])

    def _drop(self, picture: np.ndarray, made: str) -> None:
        self._size -= picture.nbytes + len(made)


def _encoded(picture: np.ndarray) -> str:
    quality = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    if _grey(picture):  # half the time, and the same picture
        done, file = cv2.imencode(".jpg", picture[..., 0], quality)
    else:
        fine = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
        done, file = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), quality + fine)
    if not done:
        raise ValueError(
            f"OpenCV makes no JPEG of a picture of {picture.shape[1]} x {picture.shape[0]} pixels"
        )
    return f"data:image/jpeg;base64,{base64.b64encode(file.tobytes()).decode()}"


def _grey(picture: np.ndarray) -> bool:
    """Whether no pixel has a colour, asked of few rows first."""
    return all(
        np.array_equal(rows[..., 0], rows[..., 1]) and np.array_equal(rows[..., 1], rows[..., 2])
        for rows in (picture[::32], picture)
    )
