"""Arrays of words to bytes and back: columns, delta coded, deflated. Never pickle.

A page of a report takes 21 bytes a word as plain columns and 7 here (docs/log/index.md).
"""

from __future__ import annotations

import struct
import zlib

import numpy as np

from triptych.types import PageText

_HEADER = struct.Struct("<BI")  # version, number of words
_VERSION = 1
_FRACTION = 65535.0  # a box side as uint16: finer than a pixel on any page up to 65,535 wide


def words(text: PageText) -> bytes:
    """Spans, boxes, confidences and line numbers of `text` (not its characters).

    Boxes are kept to 1/65535 of the page, confidences to 1/255.
    """
    n = len(text.spans)
    if not n:
        return b""
    spans = text.spans.astype(np.int64)
    gaps = np.diff(spans[:, 0], prepend=0)
    columns = (
        gaps.astype("<u4"),
        (spans[:, 1] - spans[:, 0]).astype("<u4"),
        np.diff(text.lines.astype(np.int64), prepend=0).astype("<i4"),
        np.rint(np.clip(text.boxes, 0.0, 1.0) * _FRACTION).astype("<u2").T,
        np.rint(np.clip(text.confidence, 0.0, 1.0) * 255.0).astype("u1"),
    )
    body = b"".join(np.ascontiguousarray(c).tobytes() for c in columns)
    return _HEADER.pack(_VERSION, n) + zlib.compress(body, 1)


def unpack(text: str, blob: bytes) -> PageText:
    """The PageText whose characters are `text` and whose words were packed as `blob`.

    Raises ValueError when the bytes are not what `words` wrote.
    """
    if not blob:
        return PageText.plain(text)
    try:
        version, n = _HEADER.unpack_from(blob)
        body = zlib.decompress(blob[_HEADER.size :])
    except (struct.error, zlib.error) as error:
        raise ValueError(f"The packed words of a page are damaged: {error}.") from error
    if version != _VERSION or len(body) != n * 21:
        raise ValueError(f"The packed words of a page are damaged: version {version}, {len(body)} bytes.")
    starts = np.cumsum(np.frombuffer(body, "<u4", n), dtype=np.int64)
    lengths = np.frombuffer(body, "<u4", n, n * 4)
    lines = np.cumsum(np.frombuffer(body, "<i4", n, n * 8), dtype=np.int64)
    boxes = np.frombuffer(body, "<u2", n * 4, n * 12).reshape(4, n).T
    confidence = np.frombuffer(body, "u1", n, n * 20)
    return PageText(
        text,
        np.stack([starts, starts + lengths], axis=1).astype(np.uint32),
        np.ascontiguousarray(boxes).astype(np.float32) / np.float32(_FRACTION),
        confidence.astype(np.float32) / np.float32(255.0),
        lines.astype(np.uint32),
    )


def half(vectors: np.ndarray) -> list[bytes]:
    """Rows of (n, dim) floats as float16 bytes."""
    rows = np.ascontiguousarray(vectors, dtype="<f2")
    return [row.tobytes() for row in rows]


def full(rows: list[bytes], dim: int) -> np.ndarray:
    """(n, dim) float16 from rows that `half` wrote. Raises ValueError for rows of another length."""
    return np.frombuffer(b"".join(rows), "<f2").reshape(len(rows), dim)
