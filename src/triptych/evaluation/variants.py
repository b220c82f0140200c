"""Variants of a library, for ablations: a copy in which pages are cut, looked at or read otherwise.

    planned(library) -> variants        those that can make a difference to what the library holds
    made(library, home, variant, ...)   the copy, made once and kept as long as the library stays as it is

No page is read again and no picture decoded, unless it has to be looked at in other parts; vectors of texts that
stay the same are taken from the catalog.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from triptych import library
from triptych.adding import Adding
from triptych.evaluation.notes import Note
from triptych.library import Library
from triptych.pages.views import plan
from triptych.pipeline import Pipeline
from triptych.ranking import learned
from triptych.records import Asset
from triptych.settings import LookSettings
from triptych.types import Box, Line, Page, PageText, Section, Word

_STAMP = "variant.json"
_NOT_COPIED = shutil.ignore_patterns("lock", "staging", "writing", "*-shm")
_CHUNKS = (128, 256, 512)  # tokens
_SURE = (0.5, 0.8)  # confidence below which words are left out

Change = Callable[[Adding, Asset], None]


@dataclass(frozen=True, slots=True)
class Variant:
    """What is otherwise: settings, and what has to be done again to every asset."""

    group: str  # captions, OCR, chunks, views
    name: str
    change: Change
    settings: Mapping[str, Any] = field(default_factory=dict)


def planned(lib: Library) -> list[Variant]:
    """The variants of which this library would notice something."""
    known = [(page, asset.kind) for asset in lib.catalog.assets() for page in lib.catalog.pages(asset.key)]
    pages = [page for page, _ in known]
    return [*_captions(lib), *_words(pages), *_views(lib, known), *_chunks(lib, pages)]


def made(
    lib: Library,
    home: Path,
    variant: Variant,
    *,
    config: Path | None,
    settings: Mapping[str, Any],
    note: Note,
) -> Path:
    """The folder of a variant of `lib` in `home`: made when it is not there or `lib` has changed since."""
    folder = home / f"{lib.folder.name}-{_slug(variant)}"
    stamp = _stamp(lib)
    if (folder / _STAMP).is_file() and json.loads((folder / _STAMP).read_text("utf-8")) == stamp:
        if (lib.folder / learned.FILE).is_file():  # what was learned since
            shutil.copyfile(lib.folder / learned.FILE, folder / learned.FILE)
        return folder
    note(f"making the variant {folder.name}")
    if folder.exists():
        shutil.rmtree(folder)
    with lib.writer.writing():  # nobody adds to it meanwhile
        shutil.copytree(lib.folder, folder, ignore=_NOT_COPIED, copy_function=_copied)
    opened = library.open(folder, config=config, settings={**settings, **variant.settings})
    with opened as copy, copy.writer.writing():
        adding = Adding(copy.catalog, copy.blobs, copy.index, copy.encoders, copy.workers, copy.settings)
        for asset in copy.catalog.assets():
            variant.change(adding, asset)
        copy.index.catch_up()
    (folder / _STAMP).write_text(json.dumps(stamp), "utf-8")
    return folder


def _slug(variant: Variant) -> str:
    return "".join(c if c.isalnum() else "-" for c in f"{variant.group} {variant.name}".lower())


def _copied(source: str, target: str) -> None:
    """Originals never change under their name, so a second name will do; everything else is copied."""
    if "blobs" in Path(source).parts:
        try:
            os.link(source, target)
            return
        except OSError:  # another disk, or one without links
            pass
    shutil.copy2(source, target)


def _stamp(lib: Library) -> dict[str, Any]:
    """What a variant was made of: the same stamp, the same library."""
    held = hashlib.sha256()
    for asset in lib.catalog.assets():
        held.update(f"{asset.sha256} {asset.added} {asset.pipeline}\n".encode())
    pipeline = str(Pipeline.of(lib.settings, lib.encoders, lib.settings.captioner))
    return {"change": lib.catalog.last_change(), "assets": held.hexdigest(), "pipeline": pipeline}


# ---------------------------------------------------------------------------------------- kinds


def _captions(lib: Library) -> list[Variant]:
    return [Variant("captions", "none", _undescribed)] if "caption" in lib.signals() else []


def _undescribed(adding: Adding, asset: Asset) -> None:
    """Captions by anybody go; nothing else of the asset changes."""
    held = {page.number: pieces for page, pieces in adding.catalog.pieces(asset.key)}
    origins = {p.caption.origin for pieces in held.values() for p in pieces if p.caption is not None}
    if origins:
        adding.catalog.describe(asset.key, {n: [] for n in held}, origins, adding.encoders.spaces)


def _words(pages: list[Page]) -> list[Variant]:
    """Words that were read from pixels: none, or only those that were read surely."""
    read = [page for page in pages if page.text_source in ("ocr", "mixed")]
    if not read:
        return []
    worst = min((float(page.text.confidence.min()) for page in read if len(page.text.spans)), default=1.0)
    surer = [least for least in _SURE if worst < least]
    return [
        Variant("OCR", "no words from pixels", partial(_cut_again, change=partial(surest, least=2.0))),
        *(
            Variant(
                "OCR", f"words surer than {least}", partial(_cut_again, change=partial(surest, least=least))
            )
            for least in surer
        ),
    ]


def _views(lib: Library, pages: list[tuple[Page, str]]) -> list[Variant]:
    """Tiles and regions the other way round, where that gives a page other views. Each page comes with the kind
    of its document."""
    if "image" not in lib.signals():
        return []
    look = lib.settings.look
    others: list[tuple[str, bool, LookSettings]] = [
        ("tiles", not look.tiles, replace(look, tiles=not look.tiles)),
        ("regions", not look.regions, replace(look, regions=not look.regions)),
    ]
    return [
        Variant("views", f"{name} {'on' if on else 'off'}", _looked_again, {f"look.{name}": on})
        for name, on, other in others
        if any(_parts(page, kind, other) != _parts(page, kind, look) for page, kind in pages)
    ]


def _parts(page: Page, kind: str, look: LookSettings) -> list[tuple[str, Box]]:
    return [(view.kind, view.box) for view in plan(page, kind, look)]


def _chunks(lib: Library, pages: list[Page]) -> list[Variant]:
    """Other sizes of passages, where some page is long enough to be cut otherwise."""
    now = lib.settings.chunk
    share = now.overlap / now.size
    longest = max(lib.encoders.text.count([page.text.text for page in pages]), default=0)
    return [
        Variant(
            "chunks",
            f"{size} tokens",
            _cut_again,
            {"chunk.size": size, "chunk.overlap": round(size * share)},
        )
        for size in _CHUNKS
        if size != now.size and longest > min(size, now.size)
    ]


def _cut_again(adding: Adding, asset: Asset, change: Callable[[Page], Page] | None = None) -> None:
    adding.again(asset, looked=True, change=change)


def _looked_again(adding: Adding, asset: Asset) -> None:
    adding.again(asset, looked=False)


def surest(page: Page, least: float) -> Page:
    """The page without the words that were read less surely than `least` (0..1; above 1: without all words
    that were read from pixels). Words of a text layer are sure."""
    text = page.text
    if page.text_source not in ("ocr", "mixed") or not len(text.spans):
        return page
    sure = text.confidence >= min(least, 1.0)
    if least > 1.0 and page.text_source == "ocr":
        sure = np.zeros(len(sure), bool)
    kept = _words_of(text, np.flatnonzero(sure))
    return replace(page, text=kept, sections=_moved(page.sections, text, kept, sure))


def _words_of(text: PageText, numbers: np.ndarray) -> PageText:
    """A page's text of those words only, line by line."""
    lines: dict[int, list[Word]] = {}
    for i in numbers.tolist():
        start, end = text.spans[i].tolist()
        box = Box(*map(float, text.boxes[i]))
        lines.setdefault(int(text.lines[i]), []).append(
            Word(text.text[start:end], box, float(text.confidence[i]))
        )
    return PageText.of_lines([Line(tuple(words)) for words in lines.values()])


def _moved(
    sections: tuple[Section, ...], before: PageText, after: PageText, sure: np.ndarray
) -> tuple[Section, ...]:
    """Sections start at the first word that is left of them."""
    kept_before = np.cumsum(sure) - sure  # words kept before each word
    found = []
    for section in sections:
        word = int(np.searchsorted(before.spans[:, 1], section.start, side="right"))
        place = int(kept_before[word]) if word < len(kept_before) else len(after.spans)
        if place < len(after.spans):
            found.append(replace(section, start=int(after.spans[place, 0])))
    return tuple(found)
