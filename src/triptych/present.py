"""Ranked pages as people see them: the passage that earned the place with its words boxed, the caption, the
tile or region. The catalog confirms each; a page that was removed meanwhile is left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from triptych.catalog import Catalog
from triptych.fuse import LEAD, Fused
from triptych.records import ChunkRow
from triptych.snippet import Snippet, Weight, snippet
from triptych.terms import Query
from triptych.types import SIGNALS, Box, Hit, PageText, View

BestOf = Callable[[str, int], int]  # (signal, page) -> key of the piece that earned the page its score there
_BEGINNING = 300  # characters of a page that was found by its look alone
_WHOLE = ("image",)  # kinds of views whose box says nothing
Known = dict[int, tuple[ChunkRow, PageText]]


def present(
    ranked: Sequence[Fused], best_of: BestOf, query: Query, catalog: Catalog, rarity: Weight
) -> list[Hit]:
    """Hits in the order of `ranked`. `rarity` says what seeing a term is worth."""
    pieces = [{signal: best_of(signal, f.page) for signal in f.signals} for f in ranked]
    known: Known = {
        row.key: (row, text)
        for row, text in catalog.shown(sorted({key for here in pieces for key in here.values()}))
    }
    there = [
        (f, here)
        for f, here in zip(ranked, pieces, strict=True)
        if any(key in known for key in here.values())
    ]
    return [_hit(rank, f, here, known, query, rarity) for rank, (f, here) in enumerate(there, 1)]


def _hit(rank: int, fused: Fused, pieces: dict[str, int], known: Known, query: Query, rarity: Weight) -> Hit:
    row, text = known[_told_by(fused, pieces, known)]
    part = _part(row, text, query, rarity)
    caption = known.get(pieces.get("caption", 0))
    view = _view(known.get(pieces.get("image", 0)))
    boxes = part.boxes
    if not part.marks and view is not None and view.kind not in _WHOLE:
        boxes = (view.box,)
    return Hit(
        rank=rank,
        score=fused.score,
        asset=row.sha256,
        source=row.source,
        page=row.page,
        collection=row.collection,
        title=row.title,
        snippet=part.text,
        boxes=boxes,
        signals={name: fused.signals.get(name) for name in SIGNALS},
        marks=part.marks,
        section=row.section if row.kind == "text" else "",
        caption="" if caption is None else caption[0].text,
        view=view,
        recency=fused.recency,
        rerank=fused.rerank,
    )


def _told_by(fused: Fused, pieces: dict[str, int], known: Known) -> int:
    """The piece to quote: of the signal that gave the page most; words before looks."""
    said = fused.signals
    there = [name for name in pieces if pieces[name] in known]
    words = [name for name in there if name != "image"]
    return pieces[max(words or there, key=lambda name: (said[name].weight * said[name].norm, name == LEAD))]


def _part(row: ChunkRow, text: PageText, query: Query, rarity: Weight) -> Snippet:
    if row.kind == "text":
        return snippet(text, row.start, row.end, query, rarity)
    if row.kind == "caption":
        return snippet(PageText.plain(row.text), 0, len(row.text), query, rarity)
    return snippet(text, 0, min(len(text.text), _BEGINNING), query, rarity)


def _view(found: tuple[ChunkRow, PageText] | None) -> View | None:
    if found is None or found[0].box is None:
        return None
    row = found[0]
    assert row.box is not None
    return View(row.kind, Box(*row.box), row.section)
