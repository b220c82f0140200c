"""PDF through pdfium: the text layer with word boxes, headings, embedded pictures, drawn pages.

pdfium is not thread-safe, so a document is used by one thread of one process (DESIGN.md section 6).
"""

from __future__ import annotations

import ctypes
import re
from bisect import bisect_right
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2 as pdfium2
import pypdfium2.raw as pdfium

from triptych.errors import FileError
from triptych.formats import _pdftext
from triptych.seams import Picture, RawPage
from triptych.settings import Limits
from triptych.types import Box, Section

_PASSWORD, _SECURITY = 4, 5  # FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY
_INFO = {
    "title": "Title",
    "author": "Author",
    "subject": "Subject",
    "keywords": "Keywords",
    "creator": "Creator",
    "producer": "Producer",
    "created": "CreationDate",
    "modified": "ModDate",
}
_DATE = re.compile(r"D?:?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:(Z)|([+-])(\d\d)'?(\d\d)?'?)?")
_MIN_PICTURE = 0.02  # of the page's area; smaller ones are logos, bullets and rules
_MAX_OBJECTS = 20_000  # of one page that are looked at for pictures
_WHOLE = Box(0.0, 0.0, 1.0, 1.0)
_MAX_DRAWN = 25_000_000  # pixels of a drawn page: a page may claim to be a kilometre wide


def load(argument: str = "") -> PdfFormat:
    """The format; it has no argument."""
    return PdfFormat()


class PdfFormat:
    """See `seams.Format`."""

    def sniff(self, head: bytes, name: str) -> int:
        return 3 if b"%PDF-" in head[:1024] else 0  # readers allow junk before the mark

    def open(self, path: Path, limits: Limits) -> PdfDocument:
        return PdfDocument(path, limits)


class PdfDocument:
    """See `seams.Document`. The page last asked for stays open: its text and its picture are wanted both."""

    kind = "pdf"
    media_type = "application/pdf"

    def __init__(self, path: Path, limits: Limits) -> None:
        self._name = path.name
        try:
            self._pdf = pdfium2.PdfDocument(path)
        except pdfium2.PdfiumError as error:
            raise self._why(error) from error
        pages = len(self._pdf)
        if pages < 1:
            self.close()
            raise FileError("empty", f"{self._name} has no pages", "Save or print it again")
        if pages > limits.pages:
            self.close()
            raise FileError(
                "too-many-pages",
                f"{self._name} has {pages} pages, more than the {limits.pages} that are allowed",
                "Raise limits.pages or split the file.",
            )
        self._pages = pages
        self._open: tuple[int, pdfium2.PdfPage] | None = None
        self._outline: tuple[list[int], list[str]] | None = None
        self.meta = self._metadata()

    def _why(self, error: pdfium2.PdfiumError) -> FileError:
        if getattr(error, "err_code", None) in (_PASSWORD, _SECURITY):
            return FileError(
                "pdf-encrypted",
                f"{self._name} is protected by a password",
                "Save a copy without it: qpdf --decrypt --password=... in.pdf out.pdf",
            )
        return FileError(
            "damaged",
            f"{self._name} is no readable PDF: {str(error).rstrip('.')}",
            "Repair it: qpdf in.pdf out.pdf, or print it to a new PDF.",
        )

    def __len__(self) -> int:
        return self._pages

    def page(self, number: int) -> RawPage:
        page = self._page(number)
        width, height = page.get_size()
        matrix = _pdftext.page_to_fractions(page.raw)
        textpage = pdfium.FPDFText_LoadPage(page.raw)
        if not textpage:
            raise FileError("damaged", f"page {number} of {self._name} has no readable content")
        try:
            text, headings, outside = _pdftext.read(page.raw, textpage, matrix)
        finally:
            pdfium.FPDFText_ClosePage(textpage)
        pictures = _pictures(page.raw, matrix, (width, height))
        dpi = max((p.dpi for p in pictures), default=None)
        sections = self._sections(number, text.text, headings)
        label = self._pdf.get_page_label(number - 1)
        meta: dict[str, Any] = {"label": label} if label and label != str(number) else {}
        if outside:
            meta["outside"] = outside
        return RawPage(number, round(width), round(height), dpi, text, sections, meta, pictures)

    def pixels(self, number: int, side: int) -> np.ndarray:
        return self.part(number, _WHOLE, side)

    def part(self, number: int, box: Box, side: int) -> np.ndarray:
        """See `seams.PartDocument`."""
        page = self._page(number)
        page_width, page_height = page.get_size()
        width, height = (box.x1 - box.x0) * page_width, (box.y1 - box.y0) * page_height
        scale = side / max(width, height, 1e-3)
        scale = min(scale, (_MAX_DRAWN / max(width * height, 1e-3)) ** 0.5)
        left, right = box.x0 * page_width, (1.0 - box.x1) * page_width
        top, bottom = box.y0 * page_height, (1.0 - box.y1) * page_height
        try:
            bitmap = page.render(
                scale=scale,
                crop=(left, bottom, right, top),
                rev_byteorder=True,
                fill_color=(255, 255, 255, 255),
            )
        except (pdfium2.PdfiumError, ValueError, MemoryError, ctypes.ArgumentError) as error:
            raise FileError("damaged", f"page {number} of {self._name} cannot be drawn ({error})") from error
        try:
            pixels = bitmap.to_numpy()
            if pixels.ndim == 2:
                pixels = pixels[:, :, None]
            if pixels.shape[2] == 1:
                return np.repeat(pixels, 3, axis=2)
            return np.ascontiguousarray(pixels[:, :, :3])
        finally:
            bitmap.close()

    def close(self) -> None:
        if getattr(self, "_open", None) is not None:
            self._open[1].close()  # type: ignore[index]
            self._open = None
        self._pdf.close()

    def _page(self, number: int) -> pdfium2.PdfPage:
        if self._open is not None:
            if self._open[0] == number:
                return self._open[1]
            self._open[1].close()
            self._open = None
        try:
            page = self._pdf[number - 1]
        except (pdfium2.PdfiumError, IndexError) as error:
            raise FileError("damaged", f"page {number} of {self._name} cannot be loaded ({error})") from error
        self._open = (number, page)
        return page

    def _metadata(self) -> dict[str, Any]:
        meta: dict[str, Any] = {}
        for key, tag in _INFO.items():
            value = " ".join(self._pdf.get_metadata_value(tag).replace("\0", " ").split())[:500]
            if key in ("created", "modified"):
                value = iso_date(value) or ""
            if value:
                meta[key] = value
        return meta

    def _sections(self, number: int, text: str, headings: tuple[Section, ...]) -> tuple[Section, ...]:
        """Headings by their size, and the outline's titles: where they stand, else from the page's top.
        A page without a heading of its own belongs to the section that the outline opened before it."""
        if self._outline is None:
            self._outline = self._read_outline()
        pages, titles = self._outline
        first, last = bisect_right(pages, number - 1), bisect_right(pages, number)
        folded = text.casefold()
        found = {s.start: s.title for s in headings}
        for title in titles[first:last][:50]:
            at = folded.find(title.casefold())
            found[max(at, 0)] = title
        if first > 0 and 0 not in found:
            found[0] = titles[first - 1]
        return tuple(Section(start, found[start]) for start in sorted(found))

    def _read_outline(self) -> tuple[list[int], list[str]]:
        """(page numbers, titles) of the bookmarks, by page; a broken or endless outline is cut short."""
        entries: list[tuple[int, int, str]] = []
        try:
            for i, bookmark in enumerate(self._pdf.get_toc(max_depth=6)):
                if i >= 5000:
                    break
                target = bookmark.get_dest()
                page = target.get_index() if target else None
                title = " ".join(bookmark.get_title().split())[:200]
                if page is not None and page >= 0 and title:
                    entries.append((page + 1, i, title))
        except pdfium2.PdfiumError:
            entries = []
        entries.sort()
        return [e[0] for e in entries], [e[2] for e in entries]


def iso_date(value: str) -> str | None:
    """A PDF date (`D:20230208130417-05'00'`) in ISO 8601; None when it is none."""
    found = _DATE.match(value)
    if not found:
        return None
    year, month, day, hour, minute, second = found.groups()[:6]
    stamp = f"{year}-{month or '01'}-{day or '01'}T{hour or '00'}:{minute or '00'}:{second or '00'}"
    if found[7]:
        return "Z".join((stamp, ""))
    return f"{stamp}{found[8]}{found[9]}:{found[10] or '00'}" if found[8] else stamp


def _pictures(page: Any, matrix: np.ndarray, size: tuple[float, float]) -> tuple[Picture, ...]:
    """Embedded pictures of a noticeable size, those inside forms (nested pages) included."""
    found: list[Picture] = []
    budget = _MAX_OBJECTS
    count = min(pdfium.FPDFPage_CountObjects(page), budget)
    get, kind_of = pdfium.FPDFPage_GetObject, pdfium.FPDFPageObj_GetType
    for i in range(count):
        item = get(page, i)
        kind = kind_of(item)
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            picture = _picture(item, matrix, size)
            if picture is not None:
                found.append(picture)
        elif kind == pdfium.FPDF_PAGEOBJ_FORM:
            found.extend(_pictures_in_form(item, matrix, size))
    return tuple(found)


def _pictures_in_form(
    form: Any, matrix: np.ndarray, size: tuple[float, float], depth: int = 3
) -> list[Picture]:
    own = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(form, ctypes.byref(own)):
        return []
    local = np.array([[own.a, own.c, own.e], [own.b, own.d, own.f], [0, 0, 1]])
    inner = matrix @ local
    found: list[Picture] = []
    for i in range(min(pdfium.FPDFFormObj_CountObjects(form), 2000)):
        item = pdfium.FPDFFormObj_GetObject(form, i)
        kind = pdfium.FPDFPageObj_GetType(item)
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            picture = _picture(item, inner, size)
            if picture is not None:
                found.append(picture)
        elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth > 1:
            found.extend(_pictures_in_form(item, inner, size, depth - 1))
    return found


def _picture(item: Any, matrix: np.ndarray, size: tuple[float, float]) -> Picture | None:
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    refs = [ctypes.byref(v) for v in (left, bottom, right, top)]
    if not pdfium.FPDFPageObj_GetBounds(item, *refs):
        return None
    bounds = np.array([[left.value, bottom.value, right.value, top.value]])
    box = Box(*np.clip(_pdftext.to_fractions(bounds, matrix)[0], 0, 1).tolist())
    if not np.isfinite(box).all() or box.area < _MIN_PICTURE:
        return None
    width, height = ctypes.c_uint(), ctypes.c_uint()
    if not pdfium.FPDFImageObj_GetImagePixelSize(item, ctypes.byref(width), ctypes.byref(height)):
        return None
    inches = max((box.x1 - box.x0) * size[0], (box.y1 - box.y0) * size[1]) / 72
    stored = pdfium.FPDFImageObj_GetImageDataRaw(item, None, 0)
    key = f"{width.value}x{height.value}:{stored}"
    return Picture(box, key, round(max(width.value, height.value) / max(inches, 1e-3), 1))
