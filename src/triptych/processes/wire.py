"""Wire: messages between the library and its worker processes. JSON and raw arrays, never pickle.

A message is `TPW1`, the length of a JSON header, the header, then the bytes of its arrays, whose types
and shapes the header gives. A worker has seen foreign bytes, so what it sends is checked like foreign
bytes: known array types only, and never more than `LIMIT` bytes.
"""

from __future__ import annotations

import json
import math
import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from triptych.types import Box, Page, PageText, Region, Section, View

LIMIT = 1 << 28  # bytes of one message
_HEAD = struct.Struct("!4sI")
_MAGIC = b"TPW1"
_TYPES = ("|u1", "<u4", "<f4")
_PLAIN = tuple(f.name for f in fields(Page) if f.name not in ("text", "sections", "regions", "views"))

Fill = Callable[[memoryview], None]  # fills all of a buffer from the other side, or raises
Message = tuple[dict[str, Any], list[np.ndarray]]


class Closed(OSError):
    """The other side has closed its end, or is gone."""


def filler(end: socket.socket) -> Fill:
    """Fills a buffer from `end`. Raises Closed, or what the socket raises."""

    def fill(view: memoryview) -> None:
        while view:
            n = end.recv_into(view)
            if not n:
                raise Closed("it ended")
            view = view[n:]

    return fill


def send(to: socket.socket, header: dict[str, Any], arrays: Sequence[np.ndarray] = ()) -> None:
    """Send one message. `header` holds JSON values only (TypeError otherwise)."""
    arrays = [np.asarray(a, a.dtype.newbyteorder("<"), order="C") for a in arrays]
    shapes = [[a.dtype.str, list(a.shape)] for a in arrays]
    head = json.dumps([header, shapes], separators=(",", ":")).encode("ascii")
    to.sendall(_HEAD.pack(_MAGIC, len(head)) + head)
    for array in arrays:
        if array.size:
            to.sendall(array.data.cast("B"))


def receive(fill: Fill) -> Message:
    """The next message: its header and its arrays. Raises ValueError for anything malformed."""
    start = bytearray(_HEAD.size)
    fill(memoryview(start))
    magic, length = _HEAD.unpack(start)
    if magic != _MAGIC or length > LIMIT:
        raise ValueError("not a message")
    head = bytearray(length)
    fill(memoryview(head))
    match json.loads(head):
        case [dict() as header, list() as shapes]:
            arrays = [_empty(*shape) for shape in shapes]
        case _:
            raise ValueError("not a message")
    if sum(a.nbytes for a in arrays) > LIMIT:
        raise ValueError("a message too large")
    for array in arrays:
        if array.size:
            fill(array.data.cast("B"))
    return header, arrays


def _empty(kind: str, shape: list[int]) -> np.ndarray:
    if kind not in _TYPES or not all(isinstance(n, int) and n >= 0 for n in shape):
        raise ValueError(f"not an array of ours: {kind}")
    if math.prod(shape) > LIMIT:
        raise ValueError("an array too large")
    return np.empty(shape, kind)


def page_out(page: Page) -> tuple[dict[str, Any], list[np.ndarray]]:
    """A page as a header and arrays. Its `meta` must hold JSON values."""
    header = {name: getattr(page, name) for name in _PLAIN}
    header["meta"] = dict(page.meta)
    header["text"] = page.text.text
    header["sections"] = [[s.start, s.title] for s in page.sections]
    header["regions"] = [[r.name, list(r.box), r.text] for r in page.regions]
    views = [view for view in page.views if view.pixels is not None]
    header["views"] = views_out(views)
    words = [page.text.spans, page.text.boxes, page.text.confidence, page.text.lines]
    return header, [*words, *(view.pixels for view in views if view.pixels is not None)]


def views_out(views: Sequence[View]) -> list[Any]:
    """Views without their pixels, as JSON values."""
    return [[view.kind, list(view.box), view.name] for view in views]


def views_in(header: Sequence[Any], arrays: Sequence[np.ndarray] = ()) -> tuple[View, ...]:
    """Views that `views_out` wrote, with their pixels where these came along."""
    if arrays and any(a.ndim != 3 or a.shape[2] != 3 or a.dtype != np.uint8 for a in arrays):
        raise ValueError("a view that is no picture")
    pixels: Sequence[np.ndarray | None] = [*arrays] or [None] * len(header)
    return tuple(
        View(kind, Box(*box), name, image) for (kind, box, name), image in zip(header, pixels, strict=True)
    )


def page_in(header: dict[str, Any], arrays: Sequence[np.ndarray]) -> Page:
    """The page that `page_out` took apart. Raises ValueError, TypeError or KeyError when
    the parts do not fit together."""
    spans, boxes, confidence, lines = arrays[:4]
    n = len(spans)
    if (spans.shape, boxes.shape, confidence.shape, lines.shape) != ((n, 2), (n, 4), (n,), (n,)):
        raise ValueError("the words of a page do not fit together")
    if not isinstance(header["text"], str) or not isinstance(header["number"], int):
        raise TypeError("the parts of a page are not what they should be")
    text = PageText(header["text"], spans, boxes, confidence, lines)
    sections = tuple(Section(start, title) for start, title in header["sections"])
    regions = tuple(Region(name, Box(*box), said) for name, box, said in header["regions"])
    views = views_in(header["views"], arrays[4:]) if header["views"] else ()
    plain = {name: header[name] for name in _PLAIN}
    return Page(text=text, sections=sections, regions=regions, views=views, **plain)
