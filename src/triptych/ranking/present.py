"""Ranked pages as people see them: the passage that earned the place with its words boxed, the caption, the
tile or region. The catalog confirms each; a page that was removed meanwhile is left out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from triptych.fuse import Fused
from triptych.ranking.reading import Reading, Said
from triptych.records import ChunkRow
from triptych.types import SIGNALS, Box, Hit, PageText, View
from triptych.words.snippet import Snippet, Weight, snippet
from triptych.words.terms import Query

_BEGINNING = 300  # characters of a page that was found by its look alone
_WHOLE = ("image",)  # kinds of views whose box says nothing


def present(
    ranked: Sequence[Fused], reading: Reading, query: Query, rarity: Weight, hiding: Collection[int] = ()
) -> list[Hit]:
    """Hits in the order of `ranked`. `rarity` says what seeing a term is worth, `hiding` are keys of pages with words
    that nobody sees on them."""
    hits = [
        (f.page, _hit(rank, f, reading, query, rarity)) for rank, f in enumerate(reading.there(ranked), 1)
    ]
    return [replace(hit, hidden=True) if page in hiding else hit for page, hit in hits]


def _hit(rank: int, fused: Fused, reading: Reading, query: Query, rarity: Weight) -> Hit:
    row, text = reading.told_by(fused)
    part = _part(row, text, query, rarity)
    caption = reading.pieces[fused.page].get("caption")
    view = _view(reading.pieces[fused.page].get("image"))
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
        remembered=fused.remembered,
        rerank=fused.rerank,
        copies=tuple(_place(reading, page) for page in fused.copies),
        kind=row.asset_kind,
    )


def _place(reading: Reading, page: int) -> tuple[str, int]:
    row, _ = next(iter(reading.pieces[page].values()))
    return row.source, row.page


def _part(row: ChunkRow, text: PageText, query: Query, rarity: Weight) -> Snippet:
    if row.kind == "text":
        return snippet(text, row.start, row.end, query, rarity)
    if row.kind == "caption":
        return snippet(PageText.plain(row.text), 0, len(row.text), query, rarity)
    return snippet(text, 0, min(len(text.text), _BEGINNING), query, rarity)


def _view(found: Said | None) -> View | None:
    if found is None or found[0].box is None:
        return None
    row = found[0]
    assert row.box is not None
    return View(row.kind, Box(*row.box), row.section)
