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
        self._kept: OrderedDict[Key, tuple[np.ndarray, bytes]] = OrderedDict()
        self._size = 0

    def uris(self, pictures: Sequence[np.ndarray]) -> list[bytes]:
        """`uri` of each, several at a time."""
        found = [self._known(picture) for picture in pictures]
        new = [picture for picture, uri in zip(pictures, found, strict=True) if not uri]
        if len(new) > 1:
            with ThreadPoolExecutor(min(len(new), os.cpu_count() or 1), "triptych-jpeg") as pool:
                made = iter([*pool.map(self._made, new)])
        else:
            made = map(self._made, new)
        return [uri or next(made) for uri in found]

    def uri(self, picture: np.ndarray) -> bytes:
        """uint8 (h, w, 3) RGB as a data URI, which is ASCII and in which a page is a fifth of what it is in PNG."""
        return self._known(picture) or self._made(picture)

    def _made(self, picture: np.ndarray) -> bytes:
        made = _encoded(_pixels(picture))
        self._keep(_key(picture), picture if _frozen(picture) else picture.copy(), made)
        return made

    def _known(self, picture: np.ndarray) -> bytes:
        """What was made of the same picture before, b"" for a new one."""
        key = _key(picture)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
        same = kept is not None and (kept[0] is picture or np.array_equal(kept[0], picture))
        return kept[1] if kept is not None and same else b""

    def _keep(self, key: Key, picture: np.ndarray, made: bytes) -> None:
        with self._lock:
            self._drop(*self._kept.pop(key, (picture[:0], b"")))
            self._kept[key] = picture, made
            self._size += picture.nbytes + len(made)
            while self._size > _KEPT_BYTES:
                self._drop(*self._kept.popitem(last=False)[1])

    def _drop(self, picture: np.ndarray, made: bytes) -> None:
        self._size -= picture.nbytes + len(made)


def _key(picture: np.ndarray) -> Key:
    return picture.shape, hash(picture[::16, ::16].tobytes())


def _frozen(picture: np.ndarray) -> bool:
    """Whether nobody can change the picture, so that it may be kept as it is and known by its identity."""
    return not picture.flags.writeable and (picture.base is None or isinstance(picture.base, bytes))


def _pixels(picture: np.ndarray) -> np.ndarray:
    """As OpenCV encodes it: grey (h, w) where no pixel has a colour, which takes half the time and is the same picture,
    else BGR (h, w, 3)."""
    if _grey(picture[::32]):
        red, *others = cv2.split(picture)
        if all(np.array_equal(red, other) for other in others):
            return red
    return cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)


def _grey(rows: np.ndarray) -> bool:
    return np.array_equal(rows[..., 0], rows[..., 1]) and np.array_equal(rows[..., 1], rows[..., 2])


def _encoded(pixels: np.ndarray) -> bytes:
    quality = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    fine = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    done, file = cv2.imencode(".jpg", pixels, quality + (fine if pixels.ndim == 3 else []))
    if not done:
        raise ValueError(f"OpenCV makes no JPEG of a picture of {pixels.shape[1]} x {pixels.shape[0]} pixels")
    return b"data:image/jpeg;base64," + base64.b64encode(file.data)
