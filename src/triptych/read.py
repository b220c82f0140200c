"""Files into pages of words: the text layer where it is good, OCR where it is missing or bad.

Runs inside worker processes: opening and reading touch foreign bytes. `open_document` finds the format
by content; `Reader` reads pages and loads its OCR engine when the first page needs one.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from triptych import plugins
from triptych.errors import FileError
from triptych.pages import enhance, hidden, orientation, regions
from triptych.seams import Detector, Document, Format, Ocr, Picture, RawPage
from triptych.settings import Limits, LookSettings, OcrSettings
from triptych.types import Line, Page, PageText

_HEAD = 4096
_DRAWN_DPI = 200  # a vector page is drawn at this for OCR; a scan at its own resolution
_GLANCE = 320  # longer side in pixels at which a page without text is looked at for ink
_SEARCHED = 1024  # longer side in pixels at which detectors see a page
_COVERED = 0.02  # share of a picture under words from which its text layer is taken as complete
_BAD = 0.25  # share of unreadable characters from which a text layer is thrown away
_REPEATS = 64  # pictures of one document whose text is kept: logos and backgrounds come again
_UNREADABLE = re.compile("[\ufffd\x00-\x08\x0b\x0e-\x1f\ue000-\uf8ff]|\\(cid:\\d+\\)")


def open_document(path: Path, name: str, limits: Limits) -> tuple[Document, str]:
    """(document, media type) of a file of any known format; content counts more than the name.

    Raises FileError: empty, too-large, unknown-type, and what the format finds (damaged, pdf-encrypted,
    too-many-pages).
    """
    size = path.stat().st_size
    if size == 0:
        raise FileError("empty", f"{name} is empty (0 bytes)", "Save or copy it again")
    if size > limits.file_mb * 1_000_000:
        raise FileError(
            "too-large",
            f"{name} has {size / 1e6:.0f} MB, more than the {limits.file_mb} MB that are allowed",
            "Raise limits.file_mb or split the file.",
        )
    with path.open("rb") as file:
        head = file.read(_HEAD)
    best = max(_formats(), key=lambda found: found.sniff(head, name))
    if best.sniff(head, name) == 0:
        raise FileError(
            "unknown-type",
            f"{name} is of no known kind",
            f"Known are: {', '.join(plugins.names('formats'))}. Convert it to PDF or PNG.",
        )
    document: Document = best.open(path, limits)
    return document, document.media_type


@cache
def _formats() -> tuple[Format, ...]:
    """All formats, found once: looking for installed packages takes longer than reading a small file."""
    return tuple(plugins.load("formats", known) for known in plugins.names("formats"))


def pixels(document: Document, number: int, side: int) -> np.ndarray | None:
    """The page as uint8 (h, w, 3) RGB, longer side at most `side`; None for a page of plain text."""
    return document.pixels(number, side)


class Reader:
    """Reads pages with one set of settings. One per process; not for use by several threads."""

    def __init__(self, ocr: OcrSettings, look: LookSettings, limits: Limits) -> None:
        self._settings = ocr
        self._look = look
        self._limits = limits
        self._engine: Ocr | None = None
        self._found: list[Detector] | None = None  # detectors, loaded at the first page
        self._document: Document | None = None  # whose repeated pictures are kept
        self._repeats: OrderedDict[str, list[Line]] = OrderedDict()

    def page(self, document: Document, number: int) -> Page:
        """Page `number`, from 1. A page that cannot be read has `failed` set and no words."""
        if document is not self._document:
            self._document = document
            self._repeats.clear()
        try:
            raw = document.page(number)
            return self._looked_at(document, raw, self._read(document, raw))
        except FileError as error:
            return Page(number, PageText.plain(""), 0, 0, failed=error.reason)

    def _looked_at(self, document: Document, raw: RawPage, page: Page) -> Page:
        """The page with what is only known from how it looks: the regions that detectors find, hidden words."""
        detectors = self._detectors()
        layered = document.kind == "pdf" and raw.text is not None and page.text_source in ("native", "mixed")
        if not page.width or not (detectors or layered):
            return page
        image = document.pixels(raw.number, _SEARCHED)
        if layered and raw.text is not None and image is not None:
            page = replace(page, meta=_with_hidden(page.meta, raw, image))
        pictures = [picture.box for picture in raw.pictures]
        found = [region for detector in detectors for region in detector.regions(page, pictures, image)]
        return replace(page, regions=tuple(found))

    def _detectors(self) -> list[Detector]:
        if self._found is None:
            names = [name for name in self._look.found_by if name != "none"]
            self._found = [plugins.load("detectors", name) for name in names]
        return self._found

    def _read(self, document: Document, raw: RawPage) -> Page:
        text = PageText.plain("") if raw.text is None else raw.text
        page = Page(
            raw.number,
            text,
            raw.width,
            raw.height,
            dpi=raw.dpi,
            text_source="native" if text.text else "none",
            sections=raw.sections,
            meta=raw.meta,
        )
        if self._settings.engine == "none" or document.kind not in ("image", "pdf"):
            return page
        if raw.text is None:
            return self._ocr_page(document, raw, page)
        if reason := bad_layer(text):
            meta = {**page.meta, "text_layer": reason}
            page = replace(page, text=PageText.plain(""), sections=(), meta=meta)
            return self._ocr_page(document, raw, page)
        if not text.text:
            return self._ocr_page(document, raw, page) if _has_ink(document, raw.number) else page
        missed = [picture for picture in raw.pictures if regions.covered(picture.box, text) < _COVERED]
        return self._ocr_pictures(document, raw, page, missed) if missed else page

    def _ocr_page(self, document: Document, raw: RawPage, page: Page) -> Page:
        image = document.pixels(raw.number, self._side(document, raw))
        if image is None:
            return page
        engine = self._ocr()
        lines = engine.read(image)
        turned = orientation.turned(image, lines, engine.read)
        if turned:
            image = orientation.upright(image, turned)
            lines = engine.read(image)
        lines = enhance.read(image, lines, engine.read, self._settings.enhance)
        if turned:
            lines = regions.moved(lines, lambda box: orientation.on_turned(box, turned))
        return replace(
            page,
            text=PageText.of_lines(lines),
            turned=turned,
            text_source="ocr" if lines else "none",
            ocr_engine=engine.name,
            language=self._language,
        )

    def _ocr_pictures(self, document: Document, raw: RawPage, page: Page, pictures: list[Picture]) -> Page:
        """Adds the text of pictures that have no text layer of their own, below the page's text."""
        found: list[Line] = []
        image: np.ndarray | None = None
        for picture in pictures:
            lines = self._repeats.get(picture.key)
            if lines is None:
                if image is None:
                    image = document.pixels(raw.number, self._side(document, raw))
                if image is None:
                    break
                lines = self._repeats[picture.key] = self._ocr().read(regions.cut(image, picture.box))
                while len(self._repeats) > _REPEATS:
                    self._repeats.popitem(last=False)
            found += regions.moved(lines, regions.inside(picture.box))
        found = regions.unknown(found, page.text)
        if not found:
            return page
        return replace(
            page,
            text=regions.append(page.text, found),
            text_source="mixed",
            ocr_engine=self._ocr().name,
            language=self._language,
        )

    @property
    def _language(self) -> str | None:
        """What a scan is said to be in; None where that is left open."""
        return None if self._settings.language == "auto" else self._settings.language

    def _ocr(self) -> Ocr:
        if self._engine is None:
            self._engine = plugins.load("ocr", self._settings.engine, language=self._settings.language)
        return self._engine

    def _side(self, document: Document, raw: RawPage) -> int:
        """Longer side in pixels at which a page is read: a picture's own, a scan's own resolution."""
        if document.kind == "image":
            return self._settings.side
        dpi = min(max(raw.dpi or _DRAWN_DPI, 150), 300)
        return min(self._settings.side, max(32, round(max(raw.width, raw.height) / 72 * dpi)))


def _with_hidden(meta: Mapping[str, Any], raw: RawPage, image: np.ndarray) -> dict[str, Any]:
    """What is known of a page, with the words of its text layer that nobody sees."""
    assert raw.text is not None
    known = {key: value for key, value in meta.items() if key != "outside"}
    unseen = hidden.found(raw.text, raw.height, image, meta.get("outside", ()))
    return {**known, "hidden": unseen} if unseen else known


def bad_layer(text: PageText) -> str:
    """Why a text layer is of no use, in a word; "" when it is good."""
    visible = len(text.text) - text.text.count(" ") - text.text.count("\n")
    if visible < 20:
        return ""
    unreadable = sum(len(found) for found in _UNREADABLE.findall(text.text))
    return "unmapped glyphs" if unreadable > _BAD * visible else ""


def _has_ink(document: Document, number: int) -> bool:
    """Whether a page shows anything: drawn small, some pixel differs clearly from its corner."""
    image = document.pixels(number, _GLANCE)
    if image is None:
        return False
    return bool(np.abs(image.astype(np.int16) - image[0, 0]).max() > 48)
