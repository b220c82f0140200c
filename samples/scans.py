"""Things that lay on a scanner: a skewed receipt, a filled form, a note scanned sideways, a contract."""

from __future__ import annotations

import io
import math

import numpy as np
from PIL import Image, ImageFilter

from sheet import BOLD, SANS, SERIF, SERIF_BOLD, TYPED, Sheet

Box = tuple[float, float, float, float]  # pixels of the picture, origin top left


def receipt() -> Sheet:
    """A till receipt, 80 mm wide."""
    sheet = Sheet((227, 430))
    middle = 113.5
    sheet.text(middle, 34, "THE CORNER CAFE", 14, BOLD, align="center", mark="company")
    for i, line in enumerate(("28 Harbour Street, Port Ellery", "Tel. 555 0143   Table 6", "")):
        sheet.text(middle, 50 + 12 * i, line, 8.5, TYPED, align="center")
    sheet.text(16, 84, "Receipt 004417", 9, TYPED)
    sheet.text(211, 84, "2024-05-18 13:42", 9, TYPED, align="right", mark="date")
    sheet.line((16, 92), (211, 92), color="#333333", dash=(2, 2))
    items = (("2 Flat white", "7.00"), ("1 Toast, mushrooms", "8.50"), ("1 Lemon cake", "4.20"),
             ("1 Sparkling water", "2.60"), ("1 Soup of the day", "6.90"))  # fmt: skip
    y = 112.0
    for name, price in items:
        sheet.text(16, y, name, 10, TYPED)
        sheet.text(211, y, price, 10, TYPED, align="right")
        y += 17
    sheet.line((16, y - 6), (211, y - 6), color="#333333", dash=(2, 2))
    for name, price in (("Subtotal", "29.20"), ("Service 10 %", "2.92")):
        sheet.text(16, y + 10, name, 10, TYPED)
        sheet.text(211, y + 10, price, 10, TYPED, align="right")
        y += 17
    sheet.text(16, y + 20, "TOTAL", 15, BOLD)
    sheet.text(211, y + 20, "32.12", 15, BOLD, align="right", mark="total")
    for name, price in (("Cash", "40.00"), ("Change", "7.88")):
        sheet.text(16, y + 44, name, 10, TYPED)
        sheet.text(211, y + 44, price, 10, TYPED, align="right")
        y += 17
    sheet.text(middle, y + 70, "Thank you, come again!", 9.5, TYPED, align="center")
    x = 47.0
    for bar in "213112211321121231112213211221312":  # widths of bars and gaps in turn
        sheet.rect(x, y + 84, float(bar) * 1.1, 30, fill="#222222")
        x += float(bar) * 1.1 + 2.1
    return sheet


def form() -> Sheet:
    """An equipment loan form, filled in by typewriter."""
    sheet = Sheet((595, 770))
    sheet.text(48, 66, "EQUIPMENT LOAN FORM", 20, SERIF_BOLD)
    sheet.text(48, 86, "Port Ellery Field Station. One form for each item. Please write clearly.", 10, SERIF)
    sheet.text(547, 66, "Form FS-12", 10, SERIF, align="right")
    sheet.rect(48, 104, 499, 30, fill="#e4e2db", line="#444444")
    sheet.text(58, 124, "1  Borrower", 12, SERIF_BOLD)
    fields = (
        ("Name", "Marta Oduya", 48, 134, 300, "name"), ("Staff number", "40-2719", 348, 134, 199, "staff"),
        ("Department", "Marine Biology", 48, 182, 300, "department"), ("Telephone", "555 0178", 348, 182, 199, ""),
        ("Item", "Underwater camera, housing and two lamps", 48, 260, 499, "item"),
        ("Serial number", "UWC-77-0392", 48, 308, 250, "serial"), ("Value", "2,480.00", 298, 308, 249, "value"),
        ("Date out", "3 June 2024", 48, 356, 250, "out"), ("Date due back", "28 June 2024", 298, 356, 249, "back"),
    )  # fmt: skip
    sheet.rect(48, 230, 499, 30, fill="#e4e2db", line="#444444")
    sheet.text(58, 250, "2  Equipment", 12, SERIF_BOLD)
    for label, value, x, y, width, mark in fields:
        sheet.rect(x, y, width, 48, line="#444444")
        sheet.text(x + 8, y + 15, label, 9.5, SERIF, "#333333")
        sheet.text(x + 12, y + 37, value, 13, TYPED, "#14234f", mark=mark)
    sheet.rect(48, 404, 499, 30, fill="#e4e2db", line="#444444")
    sheet.text(58, 424, "3  Condition when lent", 12, SERIF_BOLD)
    for i, (label, on) in enumerate((("New", False), ("Good", True), ("Worn", False), ("Damaged", False))):
        x = 62 + 120 * i
        sheet.rect(x, 448, 13, 13, line="#444444")
        if on:
            sheet.line((x + 2, 454), (x + 6, 460), (x + 15, 444), color="#14234f", stroke=2)
        sheet.text(x + 21, 459, label, 11, SERIF)
    sheet.rect(48, 434, 499, 40, line="#444444")
    sheet.rect(48, 474, 499, 96, line="#444444")
    sheet.text(56, 489, "Remarks", 9.5, SERIF, "#333333")
    sheet.text(60, 512, "Seal of the housing replaced on 31 May 2024.", 12, TYPED, "#14234f", mark="seal")
    sheet.text(60, 532, "Left lamp flickers when cold.", 12, TYPED, "#14234f")
    sheet.paragraph(48, 596, "I will return the item by the date due back, clean and complete, and report any damage "
                    "on the same day.", 499, 10.5, SERIF)  # fmt: skip
    for x, label in ((48, "Signature of borrower"), (318, "Signature of store keeper")):
        sheet.line((x, 690), (x + 229, 690), color="#444444")
        sheet.text(x, 704, label, 9.5, SERIF, "#333333")
    for x, wave in ((70, 1.0), (344, 1.7)):
        curve = [(x + t, 672 + 9 * math.sin(t / (5 * wave)) * math.cos(t / 23)) for t in range(0, 132, 2)]
        sheet.line(*curve, color="#14234f", stroke=1.3)
    return sheet


def delivery_note() -> Sheet:
    """A delivery note that went onto the scanner sideways."""
    sheet = Sheet((595, 430))
    sheet.rect(0, 0, 595, 12, fill="#40566b")
    sheet.text(40, 56, "DELIVERY NOTE", 22, BOLD, "#40566b")
    sheet.text(555, 50, "Tidewater Marine Supply", 12, BOLD, align="right")
    sheet.text(555, 65, "Quay 4, Port Ellery", 9.5, align="right", color="#555555")
    facts = (("Delivery no.", "DN-90314", "number"), ("Delivered", "7 June 2024", "date"),
             ("Ship to", "Port Ellery Field Station", ""), ("Driver", "J. Whitlock", "driver"))  # fmt: skip
    for i, (label, value, mark) in enumerate(facts):
        x, y = 40 + 262 * (i % 2), 98 + 22 * (i // 2)
        sheet.text(x, y, label, 10.5, color="#777777")
        sheet.text(x + 80, y, value, 11.5, BOLD, mark=mark)
    sheet.rect(40, 142, 515, 22, fill="#40566b")
    for x, label in ((50, "Article"), (180, "Description"), (440, "Ordered"), (505, "Delivered")):
        sheet.text(x, 157, label, 9.5, BOLD, "#ffffff")
    rows = (
        ("TM-118", "Nylon rope 12 mm, 50 m coil", "6", "6"),
        ("TM-204", "Mooring buoy, orange", "10", "8"),
        ("TM-377", "Stainless shackle 10 mm", "40", "40"),
        ("TM-391", "Sampling bottle, 1 litre", "24", "24"),
    )
    for i, row in enumerate(rows):
        y = 184 + 25 * i
        sheet.line((40, y + 8), (555, y + 8), color="#cfd6dd")
        for x, cell, mark in zip((50, 180, 452, 520), row, ("", "", "", f"row{i}"), strict=True):
            sheet.text(x, y, cell, 11, mark=mark)
    sheet.paragraph(40, 312, "Two mooring buoys are on back order and follow on 21 June 2024.", 515, 11, SANS)
    sheet.line((355, 384), (555, 384), color="#444444")
    sheet.text(355, 398, "Received in good order", 9, color="#777777")
    return sheet


def contract() -> Sheet:
    """One page of a contract that exists only as a scan inside a PDF."""
    sheet = Sheet()
    sheet.text(297.5, 92, "BOAT HOUSE LEASE", 20, SERIF_BOLD, align="center")
    sheet.text(297.5, 114, "Lease no. BH-2023-07", 12, SERIF, align="center", mark="number")
    y = 160.0
    for head, body in (
        ("1. Parties.", "This lease is made between the Port Ellery Harbour Board (the Board) and the Port Ellery "
         "Field Station (the Tenant)."),
        ("2. Premises.", "The Board lets to the Tenant the northern boat house on Quay 2, with the slipway and the "
         "yard in front of it."),
        ("3. Term.", "The lease begins on 1 September 2023 and ends on 31 August 2028. It may be renewed once for "
         "five years if the Tenant asks for it in writing six months before it ends."),
        ("4. Rent.", "The Tenant pays a monthly rent of 640.00, due on the first working day of each month."),
        ("5. Repairs.", "The Board keeps roof, walls and slipway in repair. The Tenant keeps doors, windows and "
         "electric fittings in repair."),
        ("6. Notice.", "Either party may end this lease with twelve weeks' notice if the other breaks it and does "
         "not put things right within thirty days."),
    ):  # fmt: skip
        sheet.text(72, y, head, 13, SERIF_BOLD)
        y = sheet.paragraph(72, y + 18, body, 451, 12.5, SERIF, mark="640.00") + 14
    for x, name in ((72, "For the Board"), (330, "For the Tenant")):
        sheet.line((x, 740), (x + 190, 740), color="#333333")
        sheet.text(x, 756, name, 10.5, SERIF)
    return sheet


def marked(sheet: Sheet, scale: float) -> dict[str, Box]:
    """The marks of a one-page sheet in pixels of `sheet.picture(scale)`."""
    return {name: tuple(v * scale for v in mark.box) for name, mark in sheet.marks.items()}  # type: ignore[misc]


def on_glass(
    paper: Image.Image,
    boxes: dict[str, Box],
    seed: int,
    degrees: float = 0.0,
    margin: int = 0,
    noise: float = 6.0,
) -> tuple[Image.Image, dict[str, Box]]:
    """Put a sheet askew on a dim scanner lid with soft focus, uneven light and grain; boxes move along."""
    width, height = paper.width + 2 * margin, paper.height + 2 * margin
    lid = Image.new("RGB", (width, height), (206, 204, 199))
    lid.paste(paper, (margin, margin))
    turned = lid.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=(206, 204, 199))
    soft = np.asarray(turned.filter(ImageFilter.GaussianBlur(0.7)), np.float32)
    rng = np.random.default_rng(seed)
    light = (
        np.linspace(0.93, 1.0, turned.width)[None, :, None]
        * np.linspace(1.0, 0.96, turned.height)[:, None, None]
    )
    grain = rng.normal(0, noise, soft.shape[:2])[:, :, None]
    dust = (rng.random(soft.shape[:2]) > 0.9997)[:, :, None] * 90.0
    scan = Image.fromarray(np.clip(soft * light + grain - dust, 0, 255).astype(np.uint8))
    shift = ((turned.width - width) / 2, (turned.height - height) / 2)
    return scan, {name: _turn(box, degrees, (width, height), margin, shift) for name, box in boxes.items()}


def _turn(box: Box, degrees: float, size: tuple[int, int], margin: int, shift: tuple[float, float]) -> Box:
    """The upright box around `box` after a turn about the middle of `size` and a shift."""
    angle = math.radians(-degrees)
    middle = (size[0] / 2, size[1] / 2)
    xs, ys = [], []
    for x in (box[0] + margin, box[2] + margin):
        for y in (box[1] + margin, box[3] + margin):
            a, b = x - middle[0], y - middle[1]
            xs.append(a * math.cos(angle) - b * math.sin(angle) + middle[0] + shift[0])
            ys.append(a * math.sin(angle) + b * math.cos(angle) + middle[1] + shift[1])
    return (min(xs), min(ys), max(xs), max(ys))


def sideways(picture: Image.Image, boxes: dict[str, Box]) -> tuple[Image.Image, dict[str, Box]]:
    """The picture turned by 90 degrees clockwise."""
    height = picture.height
    turned = picture.transpose(Image.Transpose.ROTATE_270)
    return turned, {n: (height - y1, x0, height - y0, x1) for n, (x0, y0, x1, y1) in boxes.items()}


def encoded(picture: Image.Image, kind: str) -> bytes:
    """The bytes of a PNG or a JPEG file."""
    out = io.BytesIO()
    if kind == "png":
        picture.save(out, "PNG", optimize=True)
    else:
        picture.save(out, "JPEG", quality=72, optimize=True, dpi=(150, 150))
    return out.getvalue()
