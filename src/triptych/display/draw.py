"""Draws boxes on a page so that people see where words stand: like a marker pen, with a numbered tag.

Knows nothing of libraries, files or models: pixels and boxes in, a picture out. The same input gives
the same pixels.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from triptych.types import Box

Rgb = tuple[int, int, int]
Pixels = tuple[float, float, float, float]  # x0, y0, x1, y1

# Far apart in hue and about equally dark, so that white figures stand out on each of them.
_COLORS: tuple[Rgb, ...] = (
    (217, 72, 15), (29, 78, 216), (21, 128, 61), (190, 24, 93), (109, 40, 217), (14, 116, 144),
)  # fmt: skip
_WHITE: Rgb = (255, 255, 255)
_LEGIBLE = 640  # a picture with a shorter longer side is enlarged, or no tag could be read on it
_GRAIN = 18  # standard deviation of grey values up to which a ground counts as plain
_FINE = 4  # shapes are painted this many times larger and scaled down: smooth edges


def draw(image: np.ndarray, boxes: Sequence[tuple[Box, str]]) -> Image.Image:
    """The page with its boxes marked.

    `image` is uint8 (h, w, 3) RGB. Each box comes with its label, usually a citation's number; boxes of
    one label share a colour and one tag, an empty label gives no tag. Words under the mark stay
    readable: on light paper the mark darkens the paper, on dark screens it lifts the ground.
    """
    page = Image.fromarray(np.ascontiguousarray(image), "RGB")
    longer = max(page.size)
    if longer < _LEGIBLE:
        factor = _LEGIBLE / longer
        size = (max(1, round(page.width * factor)), max(1, round(page.height * factor)))
        page = page.resize(size, Image.Resampling.LANCZOS)
    stroke = max(2, round(max(page.size) / 600))
    labels = list(dict.fromkeys(label for _, label in boxes))
    placed = [(_pixels(box, page, stroke), label) for box, label in boxes]
    for at, label in placed:
        _mark(page, at, _COLORS[labels.index(label) % len(_COLORS)], stroke)
    taken = [at for at, _ in placed]
    for label in filter(None, labels):
        first = next(at for at, name in placed if name == label)
        color = _COLORS[labels.index(label) % len(_COLORS)]
        taken.append(_tag(page, first, label, color, stroke, taken))
    return page


def montage(pages: Sequence[tuple[Image.Image, str]], width: int = 1600, columns: int = 3) -> Image.Image:
    """Several pages side by side on a grey ground, each with its caption below.

    `width` is that of the result in pixels. Captions are written in the font inside Pillow, which
    has ASCII only: accents are dropped, other letters become question marks.
    """
    columns = max(1, min(columns, len(pages)))
    gap, line = max(8, width // 50), max(20, width // 40)
    cell = (width - gap * (columns + 1)) // columns
    tiles = [_tile(page, cell) for page, _ in pages]
    rows = [range(i, min(i + columns, len(tiles))) for i in range(0, len(tiles), columns)]
    heights = [max(tiles[i].height for i in row) for row in rows]
    sheet = Image.new("RGB", (width, gap + sum(h + line + gap for h in heights)), (233, 235, 238))
    font = ImageFont.load_default(line * 0.62)
    y = gap
    for row, height in zip(rows, heights, strict=True):
        for column, i in enumerate(row):
            x = gap + column * (cell + gap)
            _lay(sheet, tiles[i], x + (cell - tiles[i].width) // 2, y, gap)
            text = _shortened(_ascii(pages[i][1]), font, cell)
            ImageDraw.Draw(sheet).text(
                (x + cell / 2, y + height + line * 0.75), text, (70, 74, 80), font, "mm"
            )
        y += height + line + gap
    return sheet


def thumbnail(image: np.ndarray, side: int = 1000) -> bytes:
    """The page as WebP, its longer side at most `side` pixels: what a results page shows."""
    page = Image.fromarray(np.ascontiguousarray(image), "RGB")
    page.thumbnail((side, side), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    page.save(out, "WEBP", quality=80, method=4)
    return out.getvalue()


def _pixels(box: Box, page: Image.Image, stroke: int) -> Pixels:
    """The box in pixels with a little air around the words, kept on the page and never without area."""
    air = stroke * 1.5
    width, height = page.size
    x0, x1 = sorted((min(1.0, max(0.0, box[0])) * width, min(1.0, max(0.0, box[2])) * width))
    y0, y1 = sorted((min(1.0, max(0.0, box[1])) * height, min(1.0, max(0.0, box[3])) * height))
    return (max(0.0, x0 - air), max(0.0, y0 - air), min(width, x1 + air), min(height, y1 + air))


def _mark(page: Image.Image, at: Pixels, color: Rgb, stroke: int) -> None:
    """Tint the box and line it, with a thin light edge that keeps the line apart from any ground."""
    edge = stroke + max(1, stroke // 2)
    area = (
        max(0, int(at[0]) - edge),
        max(0, int(at[1]) - edge),
        min(page.width, int(at[2]) + 1 + edge),
        min(page.height, int(at[3]) + 1 + edge),
    )
    part = page.crop(area)
    inside = (at[0] - area[0], at[1] - area[1], at[2] - area[0], at[3] - area[1])
    pixels = np.asarray(part, np.float32)
    tint = np.array(color, np.float32)
    if float(pixels.mean()) >= 110:  # paper: multiply, as a marker does
        marked = pixels * (1 - 0.24 * (1 - tint / 255))
    else:  # screen
        marked = 255 - (255 - pixels) * (1 - 0.42 * tint / 255)
    radius = stroke * 2.0
    fill = _mask(part.size, inside, radius)
    halo = _mask(part.size, _grown(inside, edge), radius + edge)
    line = _mask(part.size, _grown(inside, stroke * 0.5), radius + stroke * 0.5)
    core = _mask(part.size, _grown(inside, -stroke * 0.5), max(0.0, radius - stroke * 0.5))
    result = pixels + (marked - pixels) * fill
    result += (255 - result) * (halo - line).clip(0, 1) * 0.8
    result += (tint - result) * (line - core).clip(0, 1)
    page.paste(Image.fromarray(result.clip(0, 255).round().astype(np.uint8)), area[:2])


def _tag(
    page: Image.Image, box: Pixels, label: str, color: Rgb, stroke: int, taken: Sequence[Pixels]
) -> Pixels:
    """A rounded tag with the label beside the box, where it covers least; returns where it went."""
    size = max(14.0, max(page.size) / 52)
    font = ImageFont.load_default(size)
    text = _shortened(_ascii(label), font, page.width / 3)
    height = size * 1.5
    width = max(height, font.getlength(text) + size * 0.9)
    x0, y0, x1, y1 = box
    gap = stroke * 2
    corners = (
        (x0 - width - gap, (y0 + y1 - height) / 2), (x1 + gap, (y0 + y1 - height) / 2),
        (x0, y0 - height - gap), (x1 - width, y0 - height - gap),
        (x0, y1 + gap), (x1 - width, y1 + gap), (x0 + gap, y0 + gap),
    )  # fmt: skip
    spots = [(x, y, x + width, y + height) for x, y in corners]
    cost = [_covered(s, taken) + _outside(s, page) + _busy(s, page) for s in spots]
    spot = spots[cost.index(min(cost))]
    left = min(max(0.0, spot[0]), max(0.0, page.width - width))
    top = min(max(0.0, spot[1]), max(0.0, page.height - height))
    final = (left, top, left + width, top + height)
    _plate(page, final, color, stroke)
    middle = ((final[0] + final[2]) / 2, (final[1] + final[3]) / 2)
    # A float stroke thickens the one weight that the font has; "mm" centres on the capitals.
    ImageDraw.Draw(page).text(middle, text, _WHITE, font, "mm", stroke_width=size / 34)
    return final


def _plate(page: Image.Image, at: Pixels, color: Rgb, stroke: int) -> None:
    edge = max(1.0, stroke * 0.75)
    area = (int(at[0] - edge) - 1, int(at[1] - edge) - 1, int(at[2] + edge) + 2, int(at[3] + edge) + 2)
    inside = (at[0] - area[0], at[1] - area[1], at[2] - area[0], at[3] - area[1])
    size = (area[2] - area[0], area[3] - area[1])
    radius = (at[3] - at[1]) * 0.28
    for shape, ink in ((_grown(inside, edge), _WHITE), (inside, color)):
        cover = _mask(size, shape, radius)[:, :, 0]
        page.paste(Image.new("RGB", size, ink), area[:2], Image.fromarray((cover * 255).astype(np.uint8)))


def _mask(size: tuple[int, int], at: Pixels, radius: float) -> np.ndarray:
    """(h, w, 1) cover of a rounded rectangle, 0..1, with smooth edges."""
    fine = _FINE if size[0] * size[1] <= 1_000_000 else 1
    mask = Image.new("L", (size[0] * fine, size[1] * fine))
    x0, y0, x1, y1 = (v * fine for v in at)
    if x1 - x0 >= 1 and y1 - y0 >= 1:
        reach = min(radius * fine, (x1 - x0) / 2, (y1 - y0) / 2)
        ImageDraw.Draw(mask).rounded_rectangle((x0, y0, x1 - 1, y1 - 1), reach, fill=255)
    small = mask.reduce(fine) if fine > 1 else mask
    return np.asarray(small, np.float32)[:, :, None] / 255


def _grown(at: Pixels, by: float) -> Pixels:
    return (at[0] - by, at[1] - by, at[2] + by, at[3] + by)


def _covered(spot: Pixels, taken: Sequence[Pixels]) -> float:
    """Area of `spot` that lies on boxes and earlier tags."""
    return sum(
        max(0.0, min(spot[2], t[2]) - max(spot[0], t[0])) * max(0.0, min(spot[3], t[3]) - max(spot[1], t[1]))
        for t in taken
    )


def _outside(spot: Pixels, page: Image.Image) -> float:
    """Twice the area of `spot` that lies off the page: worse than covering something."""
    width = max(0.0, min(spot[2], page.width) - max(spot[0], 0.0))
    height = max(0.0, min(spot[3], page.height) - max(spot[1], 0.0))
    return 2 * ((spot[2] - spot[0]) * (spot[3] - spot[1]) - width * height)


def _busy(spot: Pixels, page: Image.Image) -> float:
    """Up to half the area of `spot`, the more the ground varies there: words, logos, lines; grain is free."""
    x0, y0, x1, y1 = (int(v) for v in spot)
    area = (max(0, x0), max(0, y0), min(page.width, x1), min(page.height, y1))
    if area[0] >= area[2] or area[1] >= area[3]:
        return 0.0
    spread = float(np.asarray(page.crop(area).convert("L"), np.float32).std())
    return (spot[2] - spot[0]) * (spot[3] - spot[1]) * min(0.5, max(0.0, spread - _GRAIN) / 100)


def _tile(page: Image.Image, side: int) -> Image.Image:
    """The page scaled to fit `side` wide and 1.45 `side` high."""
    factor = min(side / page.width, side * 1.45 / page.height)
    size = (max(1, round(page.width * factor)), max(1, round(page.height * factor)))
    return page.convert("RGB").resize(size, Image.Resampling.LANCZOS)


def _lay(sheet: Image.Image, tile: Image.Image, x: int, y: int, gap: int) -> None:
    """Paste `tile` with a soft shadow below it."""
    reach = max(2, gap // 3)
    shadow = Image.new("L", (tile.width + 4 * reach, tile.height + 4 * reach))
    ImageDraw.Draw(shadow).rectangle(
        (2 * reach, 2 * reach, tile.width + 2 * reach, tile.height + 2 * reach), fill=90
    )
    shadow = shadow.filter(ImageFilter.GaussianBlur(reach * 0.7))
    sheet.paste((40, 46, 56), (x - 2 * reach, y - 2 * reach + reach // 2), shadow)
    sheet.paste(tile, (x, y))


def _ascii(text: str) -> str:
    """What the font inside Pillow can write."""
    letters = (c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in letters)


def _shortened(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: float) -> str:
    """`text` cut with three dots so that it is at most `width` pixels wide."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "...") > width:
        text = text[:-1]
    return text + "..."
