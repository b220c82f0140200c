"""Files into pages of words: the text layer where it is good, OCR where it is missing or bad.

Runs inside worker processes: opening and reading touch foreign bytes. `open_document` finds the format
by content; `Reader` reads pages and loads its OCR engine when the first page needs one.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from triptych import orientation, plugins
from triptych.errors import FileError
from triptych.seams import Document, Format, Ocr, Picture, RawPage
from triptych.settings import Limits, OcrSettings
from triptych.types import Box, Line, Page, PageText, Word

_HEAD = 4096
_DRAWN_DPI = 200  # a vector page is drawn at this for OCR; a scan at its own resolution
_SCAN = 0.7  # share of the page from which an embedded picture is the page itself
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
        raise FileError("empty", f"{name} is empty (0 bytes)")
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

    def __init__(self, ocr: OcrSettings, limits: Limits) -> None:
        self._settings = ocr
        self._limits = limits
        self._engine: Ocr | None = None
        self._repeats: OrderedDict[tuple[int, str], list[Line]] = OrderedDict()

    def page(self, document: Document, number: int) -> Page:
        """Page `number`, from 1. A page that cannot be read has `failed` set and no words."""
        try:
            raw = document.page(number)
            return self._read(document, raw)
        except FileError as error:
            return Page(number, PageText.plain(""), 0, 0, failed=error.reason)

    def _read(self, document: Document, raw: RawPage) -> Page:
        page = Page(
            raw.number,
            raw.text or PageText.plain(""),
            raw.width,
            raw.height,
            dpi=raw.dpi,
            text_source="native" if raw.text is not None and raw.text.text else "none",
            sections=raw.sections,
            meta=raw.meta,
        )
        if self._settings.engine == "none" or document.kind not in ("image", "pdf"):
            return page
        if raw.text is None:
            return self._ocr_page(document, raw, page)
        if reason := _bad_layer(raw.text):
            meta = {**page.meta, "text_layer": reason}
            return self._ocr_page(document, raw, replace(page, meta=meta, sections=()))
        missed = [picture for picture in raw.pictures if not _is_covered(picture, raw.text)]
        if not raw.text.text and not missed:
            return page  # nothing to see but perhaps vector drawings: see _has_ink
        if not missed:
            return page
        if not raw.text.text and any(picture.box.area >= _SCAN for picture in missed):
            return self._ocr_page(document, raw, page)
        return self._ocr_pictures(document, raw, page, missed)

    def _ocr_page(self, document: Document, raw: RawPage, page: Page) -> Page:
        image = document.pixels(raw.number, self._side(document, raw))
        if image is None:
            return page
        engine = self._ocr()
        lines = engine.read(image)
        turned = orientation.turned(image, lines, engine.read)
        if turned:
            lines = _turn_back(engine.read(orientation.upright(image, turned)), turned)
        return replace(
            page,
            text=PageText.of_lines(lines),
            turned=turned,
            text_source="ocr" if lines else "none",
            ocr_engine=engine.name,
            language=self._settings.language,
        )

    def _ocr_pictures(self, document: Document, raw: RawPage, page: Page, pictures: list[Picture]) -> Page:
        """Adds the text of pictures that have no text layer of their own, below the page's text."""
        assert raw.text is not None
        found: list[Line] = []
        image: np.ndarray | None = None
        for picture in pictures:
            key = (id(document), picture.key)
            if key not in self._repeats:
                if image is None:
                    image = document.pixels(raw.number, self._side(document, raw))
                if image is None:
                    break
                self._repeats[key] = self._ocr().read(_cut(image, picture.box))
                while len(self._repeats) > _REPEATS:
                    self._repeats.popitem(last=False)
            found += [_placed(line, picture.box) for line in self._repeats[key]]
        found = _without_known(found, raw.text)
        if not found:
            return page
        return replace(
            page,
            text=append(raw.text, found),
            text_source="mixed" if raw.text.text else "ocr",
            ocr_engine=self._ocr().name,
            language=self._settings.language,
        )

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


def append(text: PageText, lines: list[Line]) -> PageText:
    """The text with further lines below it."""
    more = PageText.of_lines(lines)
    if not text.text:
        return more
    shift = len(text.text) + 1
    first = int(text.lines[-1]) + 1 if len(text.lines) else 0
    return PageText(
        f"{text.text}\n{more.text}",
        np.concatenate([text.spans, more.spans + np.uint32(shift)]),
        np.concatenate([text.boxes, more.boxes]),
        np.concatenate([text.confidence, more.confidence]),
        np.concatenate([text.lines, more.lines + np.uint32(first)]),
    )


def _bad_layer(text: PageText) -> str:
    """Why a text layer is of no use, in a word; "" when it is good."""
    visible = len(text.text) - text.text.count(" ") - text.text.count("\n")
    if visible < 20:
        return ""
    unreadable = sum(len(found) for found in _UNREADABLE.findall(text.text))
    return "unmapped glyphs" if unreadable > _BAD * visible else ""


def _is_covered(picture: Picture, text: PageText) -> bool:
    """Whether a text layer lies over the picture already."""
    if not len(text.boxes):
        return False
    x0, y0, x1, y1 = picture.box
    width = np.minimum(text.boxes[:, 2], x1) - np.maximum(text.boxes[:, 0], x0)
    height = np.minimum(text.boxes[:, 3], y1) - np.maximum(text.boxes[:, 1], y0)
    return bool((width.clip(0) * height.clip(0)).sum() > _COVERED * picture.box.area)


def _cut(image: np.ndarray, box: Box) -> np.ndarray:
    height, width = image.shape[:2]
    x0, y0 = int(box.x0 * width), int(box.y0 * height)
    x1, y1 = max(x0 + 1, round(box.x1 * width)), max(y0 + 1, round(box.y1 * height))
    return np.ascontiguousarray(image[y0:y1, x0:x1])


def _placed(line: Line, inside: Box) -> Line:
    """A line of a region as a line of the page."""
    width, height = inside.x1 - inside.x0, inside.y1 - inside.y0

    def place(word: Word) -> Word:
        x0, y0, x1, y1 = word.box
        box = Box(
            inside.x0 + x0 * width, inside.y0 + y0 * height, inside.x0 + x1 * width, inside.y0 + y1 * height
        )
        return word._replace(box=box)

    return Line(tuple(place(word) for word in line.words))


def _without_known(lines: list[Line], text: PageText) -> list[Line]:
    """Lines that do not stand where the text layer has words already."""
    if not len(text.boxes):
        return lines
    boxes = [Box(*map(float, box)) for box in text.boxes]
    return [
        line for line in lines if sum(line.box.overlap(box) for box in boxes) < 0.3 * max(line.box.area, 1e-9)
    ]


def _turn_back(lines: list[Line], degrees: int) -> list[Line]:
    """Lines of the upright picture as lines of the page as stored."""
    return [
        Line(tuple(w._replace(box=orientation.on_turned(w.box, degrees)) for w in line.words))
        for line in lines
    ]
