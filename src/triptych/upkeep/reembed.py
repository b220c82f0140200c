"""A change of encoder: vectors of the new space beside the old ones, which go when all of the new are there.

Nothing is read again; pictures are drawn again from the originals. Killed in between, the library is as it
was, and what was embedded already is found again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from triptych import plugins
from triptych.blobs import Blobs
from triptych.catalog import Catalog
from triptych.chunk import passage
from triptych.embed import embed
from triptych.errors import UserError
from triptych.looks import laid_out, looked
from triptych.pages.views import WHOLE
from triptych.processes.workers import Workers
from triptych.records import KINDS, Asset, Piece, Space
from triptych.seams import Encoder, PageEncoder
from triptych.settings import Settings
from triptych.types import Page, View


def anew(setting: str, spec: str, catalog: Catalog, blobs: Blobs, settings: Settings) -> None:
    """Embed what the encoder of that setting serves (`encoder`: words, `image_encoder`: pictures) by `spec`."""
    encoder: Encoder = plugins.load("encoders", spec)
    if setting == "encoder":
        texts(catalog, encoder)
    else:
        pictures(catalog, blobs, settings, encoder)


def texts(catalog: Catalog, encoder: Encoder) -> None:
    """Embed every passage and caption by `encoder`, and make its space theirs."""
    space = Space(encoder.space, encoder.dim)
    for asset in catalog.assets():
        rows: dict[bytes, np.ndarray] = {}
        for page, pieces in catalog.pieces(asset.key):
            said = [_said(asset, page, piece) for piece in pieces if piece.box is None]
            keys, vectors = embed(said, encoder, partial(catalog.vectors, encoder.space))
            rows.update(zip(keys, vectors, strict=True))
        catalog.add_vectors(space, rows)
    catalog.adopt({"text": space, "caption": space})


def _said(asset: Asset, page: Page, piece: Piece) -> str:
    if piece.caption is not None:
        return piece.caption.text
    return passage(asset.title, piece.chunk, page.text.text)


def _seen(
    asset: Asset, page: Page, views: Sequence[View], encoder: Encoder, workers: Workers, path: Path
) -> Sequence[View]:
    """Views with their vectors: of their pixels, or of the layout of their page."""
    if not isinstance(encoder, PageEncoder):
        return looked(workers, path, asset.sources[0], page, views, encoder)
    [whole] = laid_out([page], encoder)[0].views or (View("image", WHOLE),)
    if whole.vector is None:
        raise UserError(
            f"Page {page.number} of '{asset.sources[0]}' has no words, so it has no layout. Choose an image encoder "
            f"that sees pictures: triptych rebuild --image-encoder builtin:look"
        )
    return [replace(view, vector=whole.vector) for view in views]


def pictures(catalog: Catalog, blobs: Blobs, settings: Settings, encoder: Encoder) -> None:
    """Embed every view by `encoder`, drawn again from the originals, and make its space theirs.

    The reading processes are of its own: those of a library fit the encoder that is given up.
    """
    with Workers(settings, side=encoder.side) as workers:
        _looked_at(catalog, blobs, workers, encoder)
    catalog.adopt({"image": Space(encoder.space, encoder.dim)})


def _looked_at(catalog: Catalog, blobs: Blobs, workers: Workers, encoder: Encoder) -> None:
    """The vectors of all views in the space of `encoder`, beside those of other spaces."""
    space = Space(encoder.space, encoder.dim)
    for asset in catalog.assets():
        path = blobs.local(asset.sha256)
        for page, pieces in catalog.pieces(asset.key):
            here = [piece for piece in pieces if piece.kind in KINDS["image"]]
            known = catalog.vectors(encoder.space, [piece.hash for piece in here])
            new = {p.box: p for p in here if p.hash not in known and p.box is not None}
            if not new:
                continue
            views = [View(p.kind, box, p.chunk.section) for box, p in new.items()]
            seen = _seen(asset, page, views, encoder, workers, path)
            rows = {new[v.box].hash: v.vector.result() for v in seen if v.vector is not None}
            catalog.add_vectors(space, rows)
