"""Captions: what pictures show, in words; by people or by a captioner, and who said it stays with it.

read(path) -> Sidecar                     captions that people supply in a file beside the pictures
pieces(captions, vectors) -> pieces       as the catalog holds them
store(catalog, asset, captions, origins, encoders)      captions anew; nothing else of the asset changes
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import unquote

import numpy as np
from sqlalchemy import select

from triptych.catalog import Catalog
from triptych.embed import embed
from triptych.errors import UserError
from triptych.pages import regions
from triptych.pipeline import Encoders
from triptych.records import Asset, Piece
from triptych.seams import Seen
from triptych.sql import database, schema
from triptych.sql.replay import MOST_CAPTIONS
from triptych.types import Caption, Chunk, Page

PEOPLE = "people"  # the origin of what people say
ALT_TEXT = "alt text in "  # and a path: where a caption by people stands that a Markdown file gave
_LONGEST = 2000  # characters of a caption
_KEYS = ("path", "file", "filename", "image", "source", "id")  # what names the picture in a captions file
_TEXTS = ("captions", "caption", "text", "description", "alt")


def supplied(text: str, where: str) -> Caption:
    """A caption by people, found at `where`."""
    return Caption(_tidy(text), PEOPLE, where, "supplied", at=_now())


def made(texts: Sequence[str], origin: str, model: str, prompt: str = "") -> list[Caption]:
    """Captions by a captioner: the first is the short one."""
    at = _now()
    said = [_tidy(text) for text in texts]
    styles = ["short", *["long"] * len(said)]
    return distinct(
        Caption(text, origin, model, style, prompt, at)
        for text, style in zip(said, styles, strict=False)
        if text
    )


def seen(
    title: str, page: Page, vector: np.ndarray | None, space: str, pixels: np.ndarray | None = None
) -> Seen:
    """A page of the file of that title as captioners are given it."""
    heading = "" if page.turned else regions.heading(page.text)
    return Seen(pixels, vector, space, title, page.text.text, heading, regions.framed(page))


def distinct(captions: Iterable[Caption]) -> list[Caption]:
    """Each text once, at most as many of one origin as are kept, those of one origin together."""
    by_origin: dict[str, dict[str, Caption]] = {}
    for caption in captions:
        if caption.text:
            by_origin.setdefault(caption.origin, {}).setdefault(caption.text.casefold(), caption)
    return [c for said in by_origin.values() for c in list(said.values())[:MOST_CAPTIONS]]


def pieces(captions: Sequence[Caption], vectors: Sequence[tuple[bytes, np.ndarray]]) -> list[Piece]:
    """Captions of one page with the hashes and vectors of their texts; numbered from 0 for each origin."""
    seen: dict[str, int] = {}
    found = []
    for caption, (name, vector) in zip(captions, vectors, strict=True):
        number = seen[caption.origin] = seen.get(caption.origin, -1) + 1
        found.append(Piece(Chunk(number, number), name, vector, "caption", caption=caption))
    return found


def known(catalog: Catalog, asset: int) -> dict[int, list[Caption]]:
    """What is said of each page of an asset, by page number."""
    said = {page.number: [p.caption for p in here if p.caption] for page, here in catalog.pieces(asset)}
    return {number: captions for number, captions in said.items() if captions}


def alt_texts(catalog: Catalog, collection: str, notes: Iterable[Asset]) -> dict[int, list[Caption]]:
    """What Markdown files say of pictures that are in the same collection, by the key of the picture."""
    found: dict[int, list[Caption]] = {}
    for asset in notes:
        for alt, target in asset.meta.get("pictures", ()):
            for source in asset.sources:
                path = os.path.normpath(Path(source).parent / unquote(target))
                if (picture := catalog.source(collection, path)) is not None:
                    found.setdefault(picture.asset, []).append(supplied(alt, f"{ALT_TEXT}{source}"))
    return found


def with_alt_texts(catalog: Catalog, collection: str) -> set[int]:
    """The keys of assets that have captions out of Markdown files."""
    query = (
        select(schema.chunk.c.asset)
        .join(schema.caption, schema.caption.c.chunk == schema.chunk.c.key)
        .join(schema.asset, schema.asset.c.key == schema.chunk.c.asset)
        .where(schema.caption.c.model.startswith(ALT_TEXT), schema.asset.c.collection == collection)
    )
    with database.reading(catalog.engine) as connection:
        return set(connection.scalars(query))


def store(
    catalog: Catalog,
    asset: int,
    captions: Mapping[int, Sequence[Caption]],
    origins: Iterable[str],
    encoders: Encoders,
    silent: str = "",
) -> None:
    """Captions of an asset by page number, in place of all that `origins` said of it. `silent` is the model that has
    nothing to say of pages without any, so that it need not be asked about them again."""
    tidy = {number: distinct(said) for number, said in captions.items()}
    texts = [caption.text for said in tidy.values() for caption in said]
    encoder = encoders.text
    keys, rows = embed(texts, encoder, partial(catalog.vectors, encoder.space))
    vectors = iter(zip(keys, rows, strict=True))
    placed = {number: pieces(said, [next(vectors) for _ in said]) for number, said in tidy.items()}
    catalog.describe(asset, placed, origins, encoders.spaces, silent)


def _tidy(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()[:_LONGEST]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


# ------------------------------------------------------------------------------------ captions files


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What a file of captions says, by the name it gives each picture."""

    file: Path
    captions: Mapping[str, tuple[str, ...]]

    def of(self, file: Path) -> tuple[str, ...]:
        """The captions of a file: by its path as written or seen from the captions file, its name, or its
        name without the extension."""
        names = [str(file), file.as_posix(), file.name, file.stem]
        absolute, folder = file.absolute(), self.file.parent.absolute()
        if absolute.is_relative_to(folder):
            names.insert(1, absolute.relative_to(folder).as_posix())
        return next((self.captions[name] for name in names if name in self.captions), ())


def read(path: Path) -> Sidecar:
    """Captions from JSON lines (`{"path": ..., "captions": [...]}`) or a table with a header (CSV or tabs:
    a column path, file or id, and a column caption). Raises UserError that names the line."""
    if not path.is_file():
        raise UserError(f"There is no captions file '{path}'. Name a JSONL, CSV or TSV file.")
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text ({error.reason} at byte {error.start}).") from error
    rows = _objects(path, text) if text.lstrip().startswith("{") else _table(path, text)
    found: dict[str, tuple[str, ...]] = {}
    for line, row in rows:
        name, said = _named(path, line, row)
        found[name] = (*found.get(name, ()), *said)
    if not found:
        raise UserError(f"{path} holds no caption. A line is like: {_EXAMPLE}")
    return Sidecar(path, found)


_EXAMPLE = '{"path": "boat.jpg", "captions": ["A boat at a pier"]}'


def _objects(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise UserError(f"{path}, line {number}: not JSON: {error.msg}.") from error
        if not isinstance(row, dict):
            raise UserError(f"{path}, line {number}: must be an object like {_EXAMPLE}")
        yield number, row


def _table(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    tabs = "\t" in text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter="\t" if tabs else ",", strict=True)
    try:
        for row in reader:
            yield reader.line_num, {str(key).strip().lower(): value for key, value in row.items()}
    except csv.Error as error:
        raise UserError(f"{path}, line {reader.line_num}: {error}.") from error


def _named(path: Path, line: int, row: Mapping[str, object]) -> tuple[str, tuple[str, ...]]:
    name = next((row[key] for key in _KEYS if row.get(key)), None)
    said = next((row[key] for key in _TEXTS if row.get(key)), None)
    if not isinstance(name, str) or said is None:
        lacking = f"one of {', '.join(_KEYS)}" if not isinstance(name, str) else f"one of {', '.join(_TEXTS)}"
        raise UserError(f"{path}, line {line}: {lacking} is lacking. A line is like: {_EXAMPLE}")
    texts = said if isinstance(said, list) else [said]
    if not all(isinstance(text, str) for text in texts):
        raise UserError(f"{path}, line {line}: a caption must be a text. A line is like: {_EXAMPLE}")
    return name, tuple(text for text in map(str, texts) if text.strip())
