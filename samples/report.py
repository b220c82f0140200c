"""A report of six pages: cover, summary, a table, a chart, outlook, contacts."""

from __future__ import annotations

import math

from screens import climate
from sheet import BOLD, SERIF, Sheet

TEAL = "#11676a"


def report() -> Sheet:
    """Port Ellery Field Station, annual report for 2023."""
    sheet = Sheet(title="Annual Report 2023", author="Port Ellery Field Station")
    for number, page in enumerate((_cover, _summary, _money, _weather, _outlook, _people), 1):
        page(sheet)
        if number > 1:
            sheet.line((64, 790), (531, 790), color="#cccccc")
            sheet.text(64, 806, "Port Ellery Field Station   Annual Report 2023", 8.5, color="#888888")
            sheet.text(531, 806, str(number), 8.5, color="#888888", align="right")
        if number < 6:
            sheet.next_page()
    return sheet


def _heading(sheet: Sheet, y: float, text: str, size: float = 20) -> float:
    sheet.text(64, y, text, size, BOLD, TEAL)
    return y + size * 1.6


def _body(sheet: Sheet, y: float, *paragraphs: str) -> float:
    for text in paragraphs:
        y = sheet.paragraph(64, y, text, 467, 11.5, SERIF, "#1d1d1d") + 8
    return y


def _cover(sheet: Sheet) -> None:
    sheet.rect(0, 0, 595, 842, fill=TEAL)
    for i, fill in enumerate(("#0e5a5d", "#0b4c4f", "#083d40")):
        swell = [math.sin(t / (9 + 3 * i) + 2 * i) + 0.5 * math.sin(t / 5 + i) for t in range(86)]
        points = [(7.0 * t, 560 + 76 * i + 20 * rise) for t, rise in enumerate(swell)]
        sheet.polygon((0, 842), *points, (602, 842), fill=fill)
    sheet.text(64, 190, "Port Ellery", 15, color="#bfe0e1")
    sheet.text(64, 210, "Field Station", 15, color="#bfe0e1")
    sheet.text(64, 310, "Annual Report", 46, BOLD, "#ffffff")
    sheet.text(64, 362, "2023", 46, BOLD, "#ffffff")


def _summary(sheet: Sheet) -> None:
    y = _heading(sheet, 96, "1  The year in brief")
    y = _body(
        sheet, y,
        "2023 was the first full year in the northern boat house. The station ran 214 boat days, took 3,180 water "
        "samples and welcomed 41 visiting researchers from eleven institutes.",
        "The kelp survey, begun in 2019, was completed in October. Kelp covers 18.6 hectares of the bay, an increase "
        "of 7 percent since the first count. The seagrass meadow east of the mole, however, shrank for the second "
        "year in a row.",
        "Two storms in November tore three of the twelve measuring buoys from their moorings. All three were found, "
        "repaired and set out again before Christmas; the gap in the series is nine days.",
    )  # fmt: skip
    y = _heading(sheet, y + 16, "1.1  Figures", 14)
    tiles = (
        ("214", "boat days"),
        ("3,180", "water samples"),
        ("41", "visiting researchers"),
        ("18.6 ha", "kelp"),
    )
    for i, (value, label) in enumerate(tiles):
        x = 64 + 120 * i
        sheet.rect(x, y, 107, 66, fill="#e7f1f1", radius=6)
        sheet.text(x + 53.5, y + 32, value, 19, BOLD, TEAL, align="center", mark=label)
        sheet.text(x + 53.5, y + 52, label, 9.5, color="#555555", align="center")


def _money(sheet: Sheet) -> None:
    y = _heading(sheet, 96, "2  Income and spending")
    y = _body(sheet, y, "The station closed the year with a surplus of 12.4 thousand. Grants remained the largest "
              "source of income; course fees rose because a second spring course was held.")  # fmt: skip
    rows = (
        ("Thousands", "2022", "2023"), ("Grants", "388.0", "402.5"), ("Course fees", "61.2", "84.9"),
        ("Boat hire", "22.7", "19.8"), ("Donations", "14.1", "17.3"), ("Total income", "486.0", "524.5"),
        ("Salaries", "291.4", "305.0"), ("Boats and fuel", "88.9", "97.2"), ("Laboratory", "57.6", "61.4"),
        ("Rent and repairs", "43.0", "48.5"), ("Total spending", "480.9", "512.1"), ("Surplus", "5.1", "12.4"),
    )  # fmt: skip
    y += 22
    for i, (label, before, now) in enumerate(rows):
        strong = BOLD if i == 0 or label.startswith(("Total", "Surplus")) else SERIF
        if i == 0:
            sheet.rect(64, y - 16, 467, 23, fill=TEAL)
        elif strong == BOLD:
            sheet.rect(64, y - 16, 467, 23, fill="#e7f1f1")
        ink = "#ffffff" if i == 0 else "#1d1d1d"
        sheet.text(74, y, label, 11, strong, ink)
        sheet.text(410, y, before, 11, strong, ink, align="right")
        sheet.text(520, y, now, 11, strong, ink, align="right", mark=f"{label} 2023")
        sheet.line((64, y + 7), (531, y + 7), color="#cccccc", stroke=0.5)
        y += 23
    _body(sheet, y + 16, "Spending on boats and fuel grew by 8.3 thousand, mostly for the new outboard engine of the "
          "work boat Petrel.")  # fmt: skip


def _weather(sheet: Sheet) -> None:
    y = _heading(sheet, 96, "3  Weather")
    y = _body(sheet, y, "The year brought 796 mm of rain, 9 percent more than the mean of the last thirty years. July "
              "was the driest month with 29 mm, November the wettest with 118 mm.")  # fmt: skip
    climate(sheet, 54, y, 487, 300)
    sheet.text(
        64,
        y + 312,
        "Figure 1. Monthly rainfall and mean temperature in Port Ellery, 2023.",
        9.5,
        SERIF,
        "#555555",
    )


def _outlook(sheet: Sheet) -> None:
    y = _heading(sheet, 96, "4  Plans for 2024")
    y = _body(
        sheet, y,
        "The seagrass meadow comes first. From April a diver team will map it every second month, and a plot of 200 "
        "square metres will be replanted by hand.",
        "The measuring buoys get new moorings of nylon rope with steel shackles. Each buoy will report its position "
        "by radio, so that one adrift is noticed within the hour.",
    )  # fmt: skip
    y = _heading(sheet, y + 12, "4.1  Risks", 14)
    _body(
        sheet, y,
        "The grant for the kelp survey ends in June. Without a follow-up grant one of three technicians cannot be "
        "kept on. The application was handed in on 15 January 2024.",
        "The laboratory's freezer is fourteen years old. A replacement costs about 9.6 thousand and is not yet paid "
        "for.",
    )  # fmt: skip


def _people(sheet: Sheet) -> None:
    y = _heading(sheet, 96, "5  People and contact")
    people = (("Director", "Dr. Ines Falk"), ("Boats and diving", "Jonas Whitlock"), ("Laboratory", "Marta Oduya"),
              ("Courses", "Priya Raman"), ("Accounts", "Tom Ashby"))  # fmt: skip
    for role, name in people:
        sheet.text(64, y, role, 11.5, SERIF, "#666666")
        sheet.text(220, y, name, 11.5, BOLD, mark=role)
        y += 22
    _body(sheet, y + 14, "Port Ellery Field Station, Quay 2, Port Ellery. office@ellery-station.example, telephone "
          "555 0170. Visitors are welcome on the first Saturday of each month.")  # fmt: skip
