"""A sheet to draw on: points, origin top left, and a memory of where marked words stand.

The same drawing becomes a PDF with a real text layer or a picture, so every sample is described
once and its labels (`Sheet.marks`) come from the drawing itself, never from measuring by hand.
"""

from __future__ import annotations

import io
from typing import NamedTuple

import pypdfium2
from PIL import Image
from reportlab.lib.colors import HexColor
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

A4 = (595.0, 842.0)
SANS, BOLD, ITALIC = "Helvetica", "Helvetica-Bold", "Helvetica-Oblique"
SERIF, SERIF_BOLD, TYPED = "Times-Roman", "Times-Bold", "Courier"


class Mark(NamedTuple):
    """Where marked words stand: page from 1, box in points, origin top left."""

    page: int
    box: tuple[float, float, float, float]


class Sheet:
    """Pages of one size. Coordinates are points; `y` of text is its baseline."""

    def __init__(self, size: tuple[float, float] = A4, title: str = "", author: str = "") -> None:
        self.width, self.height = size
        self.marks: dict[str, Mark] = {}
        self.page = 1
        self._bytes = io.BytesIO()
        # invariant: no clock and no random id in the file, so the same drawing gives the same bytes
        self._canvas = Canvas(self._bytes, pagesize=size, invariant=1)
        self._canvas.setTitle(title)
        self._canvas.setAuthor(author)

    def next_page(self) -> None:
        self._canvas.showPage()
        self.page += 1

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 10,
        font: str = SANS,
        color: str = "#222222",
        align: str = "left",
        mark: str = "",
    ) -> float:
        """Write one line and return its width; `mark` remembers its box under that name."""
        width: float = stringWidth(text, font, size)
        left = x - {"left": 0.0, "right": width, "center": width / 2}[align]
        self._canvas.setFillColor(HexColor(color))
        self._canvas.setFont(font, size)
        self._canvas.drawString(left, self.height - y, text)
        if mark:
            self.marks[mark] = Mark(self.page, (left, y - 0.74 * size, left + width, y + 0.22 * size))
        return width

    def paragraph(
        self,
        x: float,
        y: float,
        text: str,
        width: float,
        size: float = 10,
        font: str = SANS,
        color: str = "#222222",
        mark: str = "",
    ) -> float:
        """Write a wrapped paragraph from baseline `y`; returns the baseline that would come next.

        `mark` is words of the text (standing on one line) whose box is remembered under themselves.
        """
        for line in simpleSplit(text, font, size, width):
            self.text(x, y, line, size, font, color)
            if mark and mark in line:
                left = x + stringWidth(line[: line.index(mark)], font, size)
                right = left + stringWidth(mark, font, size)
                self.marks[mark] = Mark(self.page, (left, y - 0.74 * size, right, y + 0.22 * size))
            y += size * 1.45
        return y

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str | None = None,
        line: str | None = None,
        radius: float = 0,
        stroke: float = 0.8,
    ) -> None:
        """A rectangle whose top left corner is (x, y)."""
        self._pens(fill, line, stroke)
        self._canvas.roundRect(
            x, self.height - y - height, width, height, radius, stroke=int(bool(line)), fill=int(bool(fill))
        )

    def circle(
        self,
        x: float,
        y: float,
        radius: float,
        fill: str | None = None,
        line: str | None = None,
        stroke: float = 1,
    ) -> None:
        self._pens(fill, line, stroke)
        self._canvas.circle(x, self.height - y, radius, stroke=int(bool(line)), fill=int(bool(fill)))

    def line(
        self,
        *points: tuple[float, float],
        color: str = "#999999",
        stroke: float = 0.8,
        dash: tuple[float, ...] = (),
    ) -> None:
        """A line through all points."""
        self._pens(None, color, stroke)
        self._canvas.setDash(*([list(dash)] if dash else []))
        self._path(points, stroke=1, fill=0, close=False)
        self._canvas.setDash()

    def polygon(self, *points: tuple[float, float], fill: str, alpha: float = 1) -> None:
        self._pens(fill, None, 0)
        self._canvas.setFillAlpha(alpha)
        self._path(points, stroke=0, fill=1, close=True)
        self._canvas.setFillAlpha(1)

    def pdf(self) -> bytes:
        """The finished document; nothing can be drawn afterwards."""
        if not self._bytes.getvalue():
            self._canvas.save()
        return self._bytes.getvalue()

    def picture(self, scale: float = 2.0, page: int = 1) -> Image.Image:
        """The page as pixels, `scale` pixels a point."""
        document = pypdfium2.PdfDocument(self.pdf())
        try:
            return document[page - 1].render(scale=scale, draw_annots=False).to_pil().convert("RGB")
        finally:
            document.close()

    def _pens(self, fill: str | None, line: str | None, stroke: float) -> None:
        if fill:
            self._canvas.setFillColor(HexColor(fill))
        if line:
            self._canvas.setStrokeColor(HexColor(line))
            self._canvas.setLineWidth(stroke)

    def _path(self, points: tuple[tuple[float, float], ...], stroke: int, fill: int, close: bool) -> None:
        path = self._canvas.beginPath()
        path.moveTo(points[0][0], self.height - points[0][1])
        for x, y in points[1:]:
            path.lineTo(x, self.height - y)
        if close:
            path.close()
        self._canvas.drawPath(path, stroke=stroke, fill=fill)
