"""What the library's verbs return: frozen values with `to_dict()`, the JSON of the command line."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from triptych.errors import FileError
from triptych.records import Asset, Piece, StoredSource
from triptych.types import SIGNALS, Hit, Page


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one input. It is told as soon as it is durable.

    `status` is ready, partial (some pages could not be read: `failed_pages`), unchanged or failed;
    `sync` also tells removed and renamed.
    """

    source: str
    asset: str | None
    status: str
    pages: int = 0
    signals: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    error: FileError | None = None
    failed_pages: tuple[int, ...] = ()
    unsure_pages: tuple[int, ...] = ()  # whose words were hardly read
    hidden_pages: tuple[int, ...] = ()  # with words that nobody sees: no answer rests on them

    def to_dict(self) -> dict[str, Any]:
        return {
            "event": "asset",
            "source": self.source,
            "asset": self.asset,
            "status": self.status,
            "pages": self.pages,
            "signals": {name: self.signals.get(name, 0) for name in SIGNALS},
            "seconds": round(self.seconds, 3),
            "failed_pages": list(self.failed_pages),
            "unsure_pages": list(self.unsure_pages),
            "hidden_pages": list(self.hidden_pages),
            "error": self.error.to_dict() if self.error else None,
        }


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts over many `Added`, by status."""

    ready: int = 0
    partial: int = 0
    unchanged: int = 0
    failed: int = 0
    removed: int = 0
    renamed: int = 0
    pages: int = 0
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        counts = {name: getattr(self, name) for name in self.__slots__ if name != "seconds"}
        return {"event": "summary", **counts, "seconds": round(self.seconds, 3)}


def summarise(events: list[Added], seconds: float) -> Summary:
    """Count events by status; `seconds` is the wall time of the whole run."""
    counts = dict.fromkeys(("ready", "partial", "unchanged", "failed", "removed", "renamed"), 0)
    for event in events:
        counts[event.status] += 1
    read = sum(e.pages for e in events if e.status in ("ready", "partial"))
    return Summary(**counts, pages=read, seconds=seconds)


@dataclass(frozen=True, slots=True)
class Results:
    """The hits of one query, best first; behaves as a sequence of `Hit`."""

    text: str | None
    image: str | None  # name of the picture
    hits: tuple[Hit, ...]
    seconds: Mapping[str, float] = field(default_factory=dict)
    match: bool | None = (
        None  # False: nothing in the library matches well, these are the nearest; None: unknown
    )
    strength: float | None = None  # what that is told by, see `floor`
    warnings: tuple[str, ...] = ()
    cost: Mapping[str, float] = field(
        default_factory=dict
    )  # of a vision-language model that read the pages again

    @property
    def asked(self) -> str:
        """What was looked for, in words."""
        return self.text or f"looks like {self.image}"

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)

    def __len__(self) -> int:
        return len(self.hits)

    def __getitem__(self, index: int) -> Hit:
        return self.hits[index]

    def to_dict(self) -> dict[str, Any]:
        return {
            "query": {"text": self.text, "image": self.image},
            "hits": [hit.to_dict() for hit in self.hits],
            **({} if self.match is None else {"match": self.match}),
            **({"warnings": [*self.warnings]} if self.warnings else {}),
            **({"cost": dict(self.cost)} if self.cost else {}),
            "seconds": {name: round(value, 6) for name, value in self.seconds.items()},
        }

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{h.rank}</td><td>{html.escape(h.source)}</td><td>{h.page}</td>"
            f"<td>{h.score:.3f}</td><td>{html.escape(h.snippet)}</td></tr>"
            for h in self.hits
        )
        return f"<table><tr><th></th><th>source</th><th>page</th><th>score</th><th></th></tr>{rows}</table>"


def asset_dict(
    asset: Asset,
    sources: Iterable[StoredSource | None],
    pages: Iterable[tuple[Page, Sequence[Piece]]],
    only: int | None = None,
) -> dict[str, Any]:
    """An asset as `triptych show --json` shows it; `only` one page of it, then with text and words."""
    known = [p for p in pages if only is None or p[0].number == only]
    return {
        **asset.to_dict(),
        "modified": {s.path: _moment(s.modified) for s in sources if s is not None},
        "pipeline": asset.pipeline,
        "meta": dict(asset.meta),
        "pages": [page_dict(page, pieces, words=only is not None) for page, pieces in known],
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def page_dict(page: Page, pieces: Sequence[Piece], *, words: bool) -> dict[str, Any]:
    """A page with its pieces as `triptych show --json` shows it; `words` adds its text and word boxes."""
    known: dict[str, Any] = {
        "page": page.number,
        "width": page.width,
        "height": page.height,
        "dpi": page.dpi,
        "turned": page.turned,
        "text_source": page.text_source,
        "ocr_engine": page.ocr_engine,
        "language": page.language,
        "confidence": page.text.mean_confidence,
        "sections": [s.title for s in page.sections],
        "failed": page.failed,
        "meta": dict(page.meta),
        "captions": [piece.caption.to_dict() for piece in pieces if piece.caption is not None],
        "regions": [{"name": r.name, "box": _fractions(r.box), "text": r.text} for r in page.regions],
        "views": [
            {"kind": piece.kind, "name": piece.chunk.section, "box": _fractions(piece.box)}
            for piece in pieces
            if piece.box is not None
        ],
    }
    if words:
        text = page.text
        known["text"] = text.text
        known["words"] = [
            {
                "text": text.text[a:b],
                "box": _fractions(box),
                "confidence": round(float(c), 3),
            }
            for (a, b), box, c in zip(text.spans.tolist(), text.boxes, text.confidence, strict=True)
        ]
    return known


def _fractions(box: Iterable[float]) -> list[float]:
    return [round(float(v), 5) for v in box]
