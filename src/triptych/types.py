"""The values that cross every seam: frozen, comparable, free of storage.

Knows nothing of models, files or databases. Boxes are fractions of the page as it is stored,
`(x0, y0, x1, y1)`, origin top left. Scores are higher-is-better. Pages count from 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from triptych.answers import Answer as Answer
from triptych.answers import Citation as Citation
from triptych.answers import Statement as Statement
from triptych.answers import Trouble as Trouble
from triptych.reasons import Reranked as Reranked
from triptych.reasons import SignalScore as SignalScore

if TYPE_CHECKING:
    from concurrent.futures import Future

    import numpy as np


class Box(NamedTuple):
    """A rectangle in fractions of the page, `0 <= x0 <= x1 <= 1`, origin top left."""

    x0: float
    y0: float
    x1: float
    y1: float

    @classmethod
    def around(cls, boxes: Sequence[Box]) -> Box:
        """The smallest box that holds all of `boxes` (at least one)."""
        return cls(
            min(b[0] for b in boxes),
            min(b[1] for b in boxes),
            max(b[2] for b in boxes),
            max(b[3] for b in boxes),
        )

    @property
    def area(self) -> float:
        return max(0.0, self.x1 - self.x0) * max(0.0, self.y1 - self.y0)

    def overlap(self, other: Box) -> float:
        """Area of the intersection, in fractions of the page."""
        width = min(self.x1, other.x1) - max(self.x0, other.x0)
        height = min(self.y1, other.y1) - max(self.y0, other.y0)
        return max(0.0, width) * max(0.0, height)


class Word(NamedTuple):
    """One word as it stands on the page. `confidence` is 0..1; native PDF text has 1."""

    text: str
    box: Box
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text as an OCR engine or a text layer gives it, words in reading order."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        return " ".join(w.text for w in self.words)

    @property
    def box(self) -> Box:
        return Box.around([w.box for w in self.words])

    @property
    def confidence(self) -> float:
        """Mean over the words, weighted by their length."""
        weights = [max(1, len(w.text)) for w in self.words]
        return sum(w.confidence * n for w, n in zip(self.words, weights, strict=True)) / sum(weights)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the character of the page text at which its section starts."""

    start: int
    title: str


@dataclass(frozen=True, slots=True, eq=False)
class PageText:
    """The text of a page and where each word of it stands.

    `text` joins words by one space and lines by one newline; word *i* is
    `text[spans[i, 0]:spans[i, 1]]`. Text files have a text and no boxes: their arrays are empty.
    """

    text: str
    spans: np.ndarray  # (n, 2) uint32: character offsets into text
    boxes: np.ndarray  # (n, 4) float32: fractions of the page as stored
    confidence: np.ndarray  # (n,) float32: 0..1
    lines: np.ndarray  # (n,) uint32: number of the line that the word belongs to

    @classmethod
    def of_lines(cls, lines: Sequence[Line]) -> PageText:
        """Lay lines out as one text; empty words are left out."""
        import numpy as np

        parts: list[str] = []
        spans: list[tuple[int, int]] = []
        boxes: list[Box] = []
        confidence: list[float] = []
        numbers: list[int] = []
        at = 0
        for number, line in enumerate(lines):
            words = [w for w in line.words if w.text.strip()]
            if not words:
                continue
            if parts:
                parts.append("\n")
                at += 1
            for i, word in enumerate(words):
                if i:
                    parts.append(" ")
                    at += 1
                token = word.text.strip()
                parts.append(token)
                spans.append((at, at + len(token)))
                at += len(token)
                boxes.append(word.box)
                confidence.append(word.confidence)
                numbers.append(number)
        return cls(
            "".join(parts),
            np.array(spans, np.uint32).reshape(-1, 2),
            np.array(boxes, np.float32).reshape(-1, 4),
            np.array(confidence, np.float32),
            np.array(numbers, np.uint32),
        )

    @classmethod
    def plain(cls, text: str) -> PageText:
        """Text that has no place on a page, as in a text file."""
        import numpy as np

        return cls(
            text,
            np.zeros((0, 2), np.uint32),
            np.zeros((0, 4), np.float32),
            np.zeros(0, np.float32),
            np.zeros(0, np.uint32),
        )

    def words_in(self, start: int, end: int) -> range:
        """Numbers of the words that touch the characters `[start, end)`."""
        first = int(self.spans[:, 1].searchsorted(start, side="right"))
        last = int(self.spans[:, 0].searchsorted(end, side="left"))
        return range(first, max(first, last))

    def inside(self, box: Box) -> np.ndarray:
        """(n,) bool: the words whose middle is in the box."""
        middle = (self.boxes[:, :2] + self.boxes[:, 2:]) / 2
        return ((middle > box[:2]) & (middle < box[2:])).all(axis=1)  # type: ignore[no-any-return]

    def boxes_in(self, start: int, end: int) -> tuple[Box, ...]:
        """One box per line for the words that touch the characters `[start, end)`."""
        by_line: dict[int, list[Box]] = {}
        words = self.words_in(start, end)
        here = slice(words.start, words.stop)
        for line, box in zip(self.lines[here].tolist(), self.boxes[here].tolist(), strict=True):
            by_line.setdefault(line, []).append(Box(*box))
        return tuple(Box.around(boxes) for boxes in by_line.values())

    @property
    def mean_confidence(self) -> float | None:
        """Mean over the words, weighted by length; None without words."""
        if not len(self.spans):
            return None
        weights = (self.spans[:, 1] - self.spans[:, 0]).astype("float64")
        return float((self.confidence * weights).sum() / weights.sum())


class Region(NamedTuple):
    """A part of a page with a name: a figure, a table, or a key field such as total, date, company.
    `text` is what stands there, "" for what has no words."""

    name: str
    box: Box
    text: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What an image encoder sees of a page: all of it (`image`), a `tile` of a large one, or a `region`.

    `pixels` is uint8 (h, w, 3) RGB on its way from a reading process to the encoder, `vector` what will
    have come of it; neither is stored with the page.
    """

    kind: str
    box: Box
    name: str = ""  # of the region
    pixels: np.ndarray | None = None
    vector: Future[np.ndarray] | None = None


@dataclass(frozen=True, slots=True)
class Caption:
    """A description of a page in words, and who says so.

    `origin` is `people` (a sidecar file, alt text, EXIF) or the name of the captioner's back end; `model`
    says where it was found, or back end, model and version. `style` is short, long or supplied.
    """

    text: str
    origin: str
    model: str = ""
    style: str = "short"
    prompt: str = ""
    at: str = ""  # ISO 8601, UTC

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


UNSURE = 0.8  # mean confidence of words below which a page is worth a look
STRAY = 10  # words; fewer are no page


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it was read.

    `text_source` is `native` (a text layer or a text file), `ocr`, `mixed` (a text layer plus OCR of
    pictures on the page) or `none`. `turned` is by how many degrees, clockwise, the page content is
    turned on the stored page (0, 90, 180, 270): reading undid it, boxes are on the page as stored.
    `failed` is a one-line reason when the page could not be read.
    """

    number: int
    text: PageText
    width: int  # pixels of a picture; points (1/72 inch) of a PDF page; 0 for text files
    height: int
    dpi: float | None = None
    turned: int = 0
    text_source: str = "none"
    ocr_engine: str | None = None
    language: str | None = None
    sections: tuple[Section, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)
    failed: str | None = None
    regions: tuple[Region, ...] = ()
    views: tuple[View, ...] = ()

    @property
    def unsure(self) -> bool:
        """Whether its words were read with so little confidence that most of them may be wrong: an upset scan, or a
        script that the OCR engine does not know (docs/log/reading.md). A few stray words in a photo say nothing."""
        sure = self.text.mean_confidence
        return sure is not None and sure < UNSURE and len(self.text.spans) >= STRAY


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of characters of one page that is embedded and searched as a unit."""

    start: int
    end: int
    section: str = ""
    confidence: float | None = None


def _rounded(box: Box) -> list[float]:
    return [round(v, 5) for v in box]


SIGNALS = ("keyword", "text", "caption", "image")


@dataclass(frozen=True, slots=True)
class Hit:
    """One page that was found, and why. `marks` are the matched words as spans of `snippet`."""

    rank: int
    score: float
    asset: str
    source: str
    page: int
    collection: str
    title: str
    snippet: str
    boxes: tuple[Box, ...]
    signals: Mapping[str, SignalScore | None]
    marks: tuple[tuple[int, int], ...] = ()
    section: str = ""
    caption: str = ""  # that the caption signal found
    view: View | None = None  # that the image signal found
    recency: float | None = None  # 0..1, 1 for today; None where age plays no part
    remembered: float | None = None  # 0..1, how far it answered questions like this; None: nothing learned
    rerank: Reranked | None = None  # None where nobody read it again
    copies: tuple[tuple[str, int], ...] = ()  # (source, page) of others like it that are not shown
    kind: str = ""  # of its file: pdf, image, text, ...
    hidden: bool = False  # whether it holds words that nobody sees, which the snippet may show

    def to_dict(self) -> dict[str, Any]:
        view = self.view
        copies = [{"source": source, "page": page} for source, page in self.copies]
        priors = {"recency": self.recency, "remembered": self.remembered}
        return {
            "rank": self.rank,
            "score": round(self.score, 6),
            "asset": self.asset,
            "source": self.source,
            "page": self.page,
            "collection": self.collection,
            "kind": self.kind,
            "title": self.title,
            "section": self.section,
            "snippet": self.snippet,
            "marks": [list(m) for m in self.marks],
            "boxes": [_rounded(b) for b in self.boxes],
            "caption": self.caption or None,
            "view": view and {"kind": view.kind, "name": view.name, "box": _rounded(view.box)},
            "signals": {
                name: score.to_dict() if (score := self.signals.get(name)) else None for name in SIGNALS
            },
            **{name: round(prior, 6) for name, prior in priors.items() if prior is not None},
            **({"duplicates": len(self.copies), "copies": copies} if self.copies else {}),
            **({} if self.rerank is None else {"rerank": self.rerank.to_dict()}),
            **({"hidden": True} if self.hidden else {}),
        }


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it was found: `path` as the user named it, `sha256` of its bytes, times in seconds."""

    path: str
    sha256: str
    size: int
    modified: float


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that reading one file gave. `kind` is the format: image, pdf, text, markdown, csv."""

    kind: str
    media_type: str
    pages: tuple[Page, ...]
    meta: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0  # of work in the reading processes

    @property
    def failed_pages(self) -> tuple[int, ...]:
        return tuple(p.number for p in self.pages if p.failed)
