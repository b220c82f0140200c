"""Pairs of a picture and a text that says what it shows: read from a file, held back, decoded.

read(path) -> pairs                CSV, TSV or JSON lines with a picture and a text in each
described(catalog, blobs) -> pairs pictures of a library that people described
split(pairs, share) -> two lists   whole pictures are held back, with all their texts
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from triptych import captioning, plugins
from triptych.blobs import Blobs
from triptych.catalog import Catalog
from triptych.errors import FileError, UserError
from triptych.seams import Format
from triptych.settings import Limits

_PICTURE = ("image", "picture", "path", "file", "filename", "source")
_TEXT = ("text", "caption", "captions", "description", "alt")
LEAST = 8  # pairs below which nothing can be learnt or measured


class Pair(NamedTuple):
    """A picture (a file, or uint8 (h, w, 3) RGB pixels) and a text; `key` tells pictures apart."""

    key: str
    picture: Path | np.ndarray
    text: str


def read(path: Path) -> list[Pair]:
    """The pairs of a file; paths in it are relative to its folder. Raises UserError naming the line."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UserError(
            f"The file of pairs '{path}' cannot be read: {reason}. Give CSV, TSV or JSON lines."
        ) from error
    rows = (
        _json_rows(path, text)
        if path.suffix.lower() in (".jsonl", ".ndjson", ".json")
        else _table_rows(path, text)
    )
    found = [pair for line, row in rows for pair in _pairs(path, line, row)]
    if len(found) < LEAST:
        raise UserError(
            f"'{path}' holds {len(found)} pairs; at least {LEAST} are needed, some hundreds help."
        )
    return found


def _json_rows(path: Path, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise UserError(f"{path}, line {number}: not JSON ({error}). Write one object a line.") from error
        if not isinstance(row, dict):
            raise UserError(
                f'{path}, line {number}: not an object. Write {{"image": "a.jpg", "text": "..."}}.'
            )
        yield number, row


def _table_rows(path: Path, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    delimiter = "\t" if path.suffix.lower() == ".tsv" or "\t" in text.partition("\n")[0] else ","
    lines = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    header = [name.strip().casefold() for name in next(lines, [])]
    if not any(name in _PICTURE for name in header):
        raise UserError(
            f"{path}, line 1: no column named {_or(_PICTURE)}. Write a header such as: image,text"
        )
    for values in lines:
        if any(value.strip() for value in values):
            yield lines.line_num, dict(zip(header, values, strict=False))


def _pairs(path: Path, line: int, row: dict[str, Any]) -> Iterator[Pair]:
    """The pairs of one row: as many as it has texts."""
    given = {str(key).casefold(): value for key, value in row.items()}
    name = next((given[key] for key in _PICTURE if given.get(key)), None)
    said = next((given[key] for key in _TEXT if given.get(key)), None)
    if not isinstance(name, str) or not isinstance(said, (str, list)):
        raise UserError(f"{path}, line {line}: a pair needs {_or(_PICTURE)} and {_or(_TEXT)}.")
    picture = (path.parent / name.strip()).resolve()
    if not picture.is_file():
        raise UserError(
            f"{path}, line {line}: there is no picture '{name}'. Paths are relative to {path.parent}."
        )
    for text in [said] if isinstance(said, str) else said:
        if isinstance(text, str) and text.strip():
            yield Pair(str(picture), picture, " ".join(text.split()))


def _or(names: Sequence[str]) -> str:
    return " or ".join(f"'{name}'" for name in names[:3])


def described(catalog: Catalog, blobs: Blobs, collection: str | None = None) -> list[Pair]:
    """The pictures of a library with what people said of them. Raises UserError when there are too few."""
    found = [
        Pair(asset.sha256, blobs.local(asset.sha256), caption.text)
        for asset in catalog.assets(collection)
        if asset.kind == "image"
        for caption in captioning.known(catalog, asset.key).get(1, ())
        if caption.origin == captioning.PEOPLE
    ]
    if len(found) < LEAST:
        raise UserError(
            f"The library holds {len(found)} pictures described by people; at least {LEAST} are needed. "
            "Add descriptions: triptych add FOLDER --captions FILE"
        )
    return found


def split(pairs: Sequence[Pair], share: float) -> tuple[list[Pair], list[Pair]]:
    """(to learn from, held back): about `share` of the pictures, the same ones each time, never fewer than two.

    Raises UserError when the pairs show fewer than LEAST pictures.
    """
    keys = sorted({pair.key for pair in pairs}, key=lambda key: hashlib.sha256(_name(key)).digest())
    if len(keys) < LEAST:
        raise UserError(
            f"The pairs show {len(keys)} pictures; at least {LEAST} are needed, some hundreds help."
        )
    held = set(keys[: max(2, round(share * len(keys)))])
    return [p for p in pairs if p.key not in held], [p for p in pairs if p.key in held]


def _name(key: str) -> bytes:
    """A picture's own name, so that a folder that moved is held back alike."""
    return Path(key).name.encode("utf-8", "surrogatepass")


def fingerprint(pairs: Sequence[Pair]) -> str:
    """Changes with any pair: what a training that goes on must find again."""
    digest = hashlib.sha256()
    for pair in pairs:
        digest.update(f"{pair.key}\0{pair.text}\0".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:16]


@cache
def _format() -> Format:
    found: Format = plugins.load("formats", "image")
    return found


def pixels(pair: Pair, side: int) -> np.ndarray:
    """The picture as uint8 (h, w, 3) RGB, its longer side about `side`. Raises UserError when it is damaged."""
    if isinstance(pair.picture, np.ndarray):
        return pair.picture
    try:
        document = _format().open(pair.picture, Limits())
        try:
            found: np.ndarray | None = document.pixels(1, side)
        finally:
            document.close()
    except FileError as error:
        raise UserError(
            f"The picture {pair.picture} cannot be read: {error}. Mend it or take it out."
        ) from error
    if found is None:
        raise UserError(f"The picture {pair.picture} shows nothing. Take it out of the pairs.")
    return found
