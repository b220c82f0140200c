"""Wire: what goes through comes out the same, and nonsense is refused."""

import socket
import struct
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from triptych.processes import wire
from triptych.types import Page, PageText, Section

text = st.text(st.characters(exclude_categories=()), max_size=30)  # lone surrogates too
json_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def pages(draw: st.DrawFn) -> Page:
    n = draw(st.integers(0, 5))
    array = lambda dtype, *shape: draw(npst.arrays(dtype, shape))  # noqa: E731
    words = PageText(
        draw(text),
        array(np.uint32, n, 2),
        array(np.float32, n, 4),
        array(np.float32, n),
        array(np.uint32, n),
    )
    return Page(
        draw(st.integers(1, 10_000)),
        words,
        draw(st.integers(0, 50_000)),
        draw(st.integers(0, 50_000)),
        dpi=draw(st.none() | st.floats(1, 9600)),
        turned=draw(st.sampled_from([0, 90, 180, 270])),
        text_source=draw(st.sampled_from(["native", "ocr", "mixed", "none"])),
        ocr_engine=draw(st.none() | text),
        language=draw(st.none() | text),
        sections=tuple(Section(*s) for s in draw(st.lists(st.tuples(st.integers(0, 99), text), max_size=3))),
        meta=draw(st.dictionaries(text, json_value, max_size=3)),
        failed=draw(st.none() | text),
    )


def through(header: dict[str, Any], arrays: list[np.ndarray]) -> wire.Message:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sender = threading.Thread(target=wire.send, args=(ours, header, arrays))
        sender.start()
        try:
            return wire.receive(reader(theirs))
        finally:
            sender.join()


def reader(end: socket.socket) -> wire.Fill:
    def fill(view: memoryview) -> None:
        while view:
            n = end.recv_into(view)
            if not n:
                raise EOFError
            view = view[n:]

    return fill


@given(pages())
def test_a_page_comes_out_as_it_went_in(page: Page) -> None:
    header, arrays = wire.page_out(page)
    after = wire.page_in(*through(header, arrays))
    for name in (*wire._PLAIN, "sections"):
        assert getattr(after, name) == getattr(page, name), name
    assert after.text.text == page.text.text
    for name in ("spans", "boxes", "confidence", "lines"):
        before_array, after_array = getattr(page.text, name), getattr(after.text, name)
        assert after_array.dtype == before_array.dtype and after_array.shape == before_array.shape
        assert after_array.tobytes() == before_array.tobytes()


def test_large_and_odd_arrays() -> None:
    picture = np.arange(3000 * 2000 * 3, dtype=np.uint32).astype(np.uint8).reshape(3000, 2000, 3)
    for array in (picture, picture[::2, :, ::-1], np.zeros((0, 4), np.float32), np.array(7, np.uint32)):
        _, (after,) = through({}, [array])
        assert np.array_equal(after, array) and after.shape == array.shape


def test_what_is_not_json_does_not_go() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(TypeError):
        wire.send(ours, {"meta": b"bytes"})


def message(head: bytes, length: int | None = None) -> bytes:
    return b"TPW1" + struct.pack("!I", len(head) if length is None else length) + head


@pytest.mark.parametrize(
    "data",
    [
        b"garbage!" * 10,
        message(b"", 0xFFFFFFFF),
        message(b"not json"),
        message(b"[1, 2]"),
        message(b"\xff\xfe"),
        message(b'[{}, [["|O", [1]]]]'),  # object arrays would need pickle
        message(b'[{}, [["<f4", [-1]]]]'),
        message(b'[{}, [["<f4", [1e9]]]]'),
        message(b'[{}, [["<f4", [99999999, 99999999]]]]'),
        message(b'[{}, [["<f4", [60000000]], ["<f4", [60000000]]]]'),
        message(b"[" * 100_000),
    ],
)
def test_nonsense_is_refused(data: bytes) -> None:
    ours, theirs = socket.socketpair()
    with theirs, ours:
        threading.Thread(target=ours.sendall, args=(data,)).start()
        with pytest.raises((ValueError, TypeError, RecursionError)):
            wire.receive(reader(theirs))


@given(st.binary(max_size=200))
def test_any_bytes_give_an_error_of_a_known_kind(data: bytes) -> None:
    left = memoryview(data)

    def fill(view: memoryview) -> None:
        nonlocal left
        if len(left) < len(view):
            raise EOFError
        view[:] = left[: len(view)]
        left = left[len(view) :]

    try:
        wire.receive(fill)
    except (ValueError, TypeError, EOFError):
        pass
    else:
        raise AssertionError("random bytes were taken for a message")


def test_parts_that_do_not_fit_are_refused() -> None:
    header, arrays = wire.page_out(Page(1, PageText.plain("a"), 0, 0))
    with pytest.raises(ValueError, match="fit"):
        wire.page_in(header, [np.zeros((2, 2), np.uint32), *arrays[1:]])
    with pytest.raises(KeyError):
        wire.page_in({}, arrays)
    with pytest.raises(TypeError):
        wire.page_in({**header, "text": 7}, arrays)
