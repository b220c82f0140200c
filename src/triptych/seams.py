"""The seams: shapes that back ends have, with nothing to inherit.

NumPy arrays, strings and the values of `types` cross them, never a vendor's type or a config
object. Images are `uint8 (h, w, 3)` RGB. Vectors are `float32 (n, dim)` with rows of length 1.
A back end is one file in the folder of its kind with a function `load(argument: str, **settings)`
that returns an object of the shape below; see `plugins`.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np

from triptych.settings import Limits
from triptych.types import Box, Line, Page, PageText, Region, Section


class Picture(NamedTuple):
    """A picture that is embedded in a page. Equal `key`s of one document mean the same picture."""

    box: Box
    key: str
    dpi: float  # pixels of the stored picture per inch of the page


class RawPage(NamedTuple):
    """A page as its file format gives it, before anything is read from its pixels.

    `text` is the text layer (None where the format has none). `pixels(dpi_or_side)` is not here:
    pictures are asked for by `Document.pixels`, so that a page with good text is never rendered.
    """

    number: int
    width: int
    height: int
    dpi: float | None
    text: PageText | None
    sections: tuple[Section, ...]
    meta: dict[str, Any]
    pictures: tuple[Picture, ...]  # embedded pictures of a noticeable size


class Document(Protocol):
    """An opened file. Used inside a worker process only; closed by its owner."""

    kind: str  # "image", "pdf", "text", "markdown", "csv"
    media_type: str
    meta: dict[str, Any]  # times, author, ... as found in the file

    def __len__(self) -> int:
        """Number of pages."""

    def page(self, number: int) -> RawPage:
        """Page `number`, from 1. Raises FileError when this page is damaged."""

    def pixels(self, number: int, side: int) -> np.ndarray | None:
        """The page as RGB, its longer side at most `side` pixels and never enlarged beyond the stored
        picture (vector pages are drawn at that side). None where there is nothing to see."""

    def close(self) -> None: ...


@runtime_checkable
class PartDocument(Protocol):
    """An optional ability of a document: it draws a part of a page without the rest, as large as it is wanted."""

    def part(self, number: int, box: Box, side: int) -> np.ndarray:
        """A part of page `number` as RGB, its longer side at most `side` pixels. Raises FileError."""


class Format(Protocol):
    """A file format."""

    def sniff(self, head: bytes, name: str) -> int:
        """How surely a file is of this format, by its first 4 KiB and its name: 3 by a signature in the
        content, 2 by name where the content does not contradict, 1 as a last resort, 0 not at all."""

    def open(self, path: Path, limits: Limits) -> Document:
        """Raises FileError with a stable code: damaged, pdf-encrypted, too-large, too-many-pages, empty."""


class Ocr(Protocol):
    """Pixels in, lines out. Sees the picture as it is: turning and scaling happen in `read`."""

    name: str  # engine and model, as stored with each page

    def read(self, image: np.ndarray) -> list[Line]:
        """Lines in reading order, word boxes as fractions of `image`; a blank page gives []."""


class Encoder(Protocol):
    """One object, one space. A text-only encoder raises UserError in `images`. Several threads may ask at once.

    An image encoder has both towers in the same space: what `queries` gives is compared with what
    `images` gave. Cropping, decoding and bringing pictures down to `side` happen once, in the core.
    """

    space: str  # model, revision, preprocessing, dim: stored with every vector
    dim: int
    sees: frozenset[str]  # {"text"} or {"text", "image"}
    max_tokens: int
    side: int  # pixels of the longer side at which it wants pictures; 0 for a text-only encoder

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """(n, dim) float32, rows of length 1, in order. An empty text gives a valid row."""

    def queries(self, texts: Sequence[str]) -> np.ndarray:
        """As `texts`, for the asking side (some models prefix queries)."""

    def images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """(n, dim) float32, rows of length 1, of uint8 (h, w, 3) RGB pictures of any size, in order."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, as this encoder cuts it, without special tokens."""


@runtime_checkable
class PageEncoder(Protocol):
    """An optional ability of a text encoder: it knows where on the page each word stands. So it can be the
    image encoder of a library, too: what is compared then is the layout of pages."""

    def pages(self, pages: Sequence[PageText]) -> np.ndarray:
        """(n, dim) float32, rows of length 1, in order, of whole pages in the space of `queries`."""


@runtime_checkable
class Calibrated(Protocol):
    """An encoder that knows what its scores mean. `clear` has, for each signal that it serves, two scores of a
    question's best passage, caption or picture: at the first the question has nothing to do with any, at the
    second it surely has."""

    clear: Mapping[str, tuple[float, float]]


class Detector(Protocol):
    """Finds named parts of a page: figures, tables, key fields. Used inside a worker process."""

    name: str

    def regions(self, page: Page, pictures: Sequence[Box], image: np.ndarray | None) -> list[Region]:
        """Regions with boxes on the page as stored, in reading order. `page` has its words; `pictures` are
        the places of embedded pictures of a PDF page; `image` is the page as stored, uint8 (h, w, 3) RGB,
        longer side at most 1024, or None where there is nothing to see."""


class Seen(NamedTuple):
    """A picture with what else is known of it: what a captioner is given. `pixels` is None where only
    the vector is at hand; a captioner of `builtin` needs no more."""

    pixels: np.ndarray | None  # uint8 (h, w, 3) RGB, its longer side about `Captioner.side`
    vector: np.ndarray | None  # (dim,) float32 in `space`, where an image encoder has seen it
    space: str
    title: str  # of its file
    text: str  # that was read on it
    heading: str = ""  # the largest print on it, "" where nothing stands out
    framed: tuple[str, ...] = ()  # words that somebody drew a frame around, see detectors/frames.py


class Captioner(Protocol):
    """Pictures in, descriptions out: one to three for each, different ones, the short one first."""

    name: str  # back end, model and version: stored with each caption; another name describes anew
    prompt: str  # what the model is asked, "" where there is none: stored, too
    side: int  # pixels of the longer side at which it wants pictures; 0: it needs no pixels

    def captions(self, seen: Sequence[Seen]) -> list[tuple[str, ...]]:
        """One tuple for each picture, in order; () where there is nothing to say."""


@runtime_checkable
class Reranker(Protocol):
    """Reads question and passage together, which is slow and better than comparing two vectors."""

    name: str  # back end and model, as a hit tells it

    def scores(self, query: str, passages: Sequence[str]) -> np.ndarray:
        """(n,) float64, higher is better, in order, on a scale of its own; of no passages (0,). Longer passages
        are cut. Raises ModelError when it cannot tell."""


@runtime_checkable
class PageReranker(Protocol):
    """Looks at a question and the picture of a page together. Drawing pages, upright and no larger than it wants
    them, happens once, in the core. The conformance suite is `triptych.conformance.reranker.PageRerankerSuite`."""

    name: str  # back end and model, as a hit tells it
    side: int  # pixels of the longer side at which it wants pages, at most

    def seen(self, query: str, pages: Sequence[np.ndarray]) -> np.ndarray:
        """(n,) float64, higher is better, in order, on a scale of its own; of no pages (0,). Each page, uint8
        (h, w, 3) RGB, is scored on its own, so that it does not matter with which others it comes. Raises
        ModelError when it cannot tell."""


class Message(NamedTuple):
    """One turn of what a vision-language model is told: texts and pictures, in the order in which it sees them."""

    role: Literal["system", "user", "assistant"]
    parts: tuple[str | np.ndarray, ...]  # pictures are uint8 (h, w, 3) RGB, as large as they are to be sent


class Reply(NamedTuple):
    """All of what a model said, and why it ended. A count of 0 tokens means that nobody counted."""

    text: str
    finish: Literal["stop", "length", "refused"]  # "length": cut off before its end
    tokens_in: int = 0
    tokens_out: int = 0


class Vlm(Protocol):
    """Looks at pictures and words and answers in words. Called from several threads at once.

    Made by `load(argument, *, timeout)`: seconds that a server may be silent; a model in this process has no use
    for it. One that keeps connections or threads has a `close()`, too. Scaling pictures, trying again, counting and
    stopping are done once, in `generation`. The conformance suite is `triptych.conformance.vlm.VlmSuite`.
    """

    @property
    def name(self) -> str:
        """Back end, model and, where it is known, version: stored with what it said."""

    @property
    def context(self) -> int:
        """Tokens of question and answer together; 0: unknown."""

    @property
    def pictures(self) -> int:
        """Most pictures that a call takes, 0: none. Goes down when a server turns out to take fewer."""

    def stream(self, messages: Sequence[Message], *, max_tokens: int) -> Generator[str, None, Reply]:
        """Yields pieces of text, none of them empty, as they come, and returns all of it. The same messages give
        the same text as far as the model can. Closing it early ends the work; where it may have to wait for long, it
        has a `stop()`, too, which ends it from another thread. Raises VlmError, whose code says what was wrong;
        what was yielded before is then not to be trusted."""


@runtime_checkable
class BatchVlm(Vlm, Protocol):
    """An optional ability of a model: several questions at once, faster than one after the other."""

    def replies(self, asked: Sequence[Sequence[Message]], *, max_tokens: int) -> list[Reply]:
        """What `stream` returns for each of `asked`, in order. Raises as `stream`."""


class Store(Protocol):
    """Nearest neighbours of one space by inner product. A projection: never the truth.

    Made by `load(argument, *, folder, dim)`: `folder` is its own place on disk, `dim` the length of
    vectors. Raises Damaged when what it kept cannot be trusted. Ids are int64. Vectors are kept as
    float16 at least. The conformance suite is `triptych.conformance.store.StoreSuite`.
    """

    watermark: int  # number of the last change that is contained, as the last flush or the files say

    def put(self, ids: np.ndarray, vectors: np.ndarray) -> None:
        """Add; an id that is there already is replaced. ids (n,), vectors (n, dim)."""

    def drop(self, first: int, last: int) -> None:
        """Delete the ids in [first, last]; unknown ids are no error. Gone from the next search on."""

    def search(
        self, vector: np.ndarray, k: int, allowed: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """(ids (n,) int64, scores (n,) float64) best first, at most k, ties by id; `allowed` is a sorted
        int64 array of the only ids that may be returned, applied inside the search."""

    def get(self, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where those of `ids` that are known stand in it, (m,) rising, and their vectors (m, dim) float32, as
        stored."""

    def flush(self, watermark: int) -> None:
        """All changes up to `watermark` are in. A store may keep the newest of them in memory only: after
        a reopening it then says an earlier watermark, and what came later is put and dropped again."""

    def clear(self) -> None:
        """Forget everything, on disk too; the watermark is 0."""

    def __len__(self) -> int: ...

    def ids(self) -> np.ndarray:
        """All ids, sorted: what `verify` compares with the catalog."""

    def about(self) -> str:
        """How vectors are searched here, and why, in one line: what `doctor` shows."""

    def close(self) -> None: ...


class Progress(Protocol):
    """Told about work under way; drawn on terminals only."""

    def __call__(self, done: int, total: int | None, what: str) -> None: ...
