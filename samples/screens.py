"""Things on screens: a chart, a dashboard, a settings dialog."""

from __future__ import annotations

from sheet import BOLD, Sheet

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
RAIN = (92, 71, 66, 48, 41, 37, 29, 35, 58, 97, 118, 104)  # mm
WARMTH = (5.1, 5.4, 7.2, 9.8, 13.1, 16.4, 18.9, 18.6, 15.7, 12.0, 8.3, 6.0)  # degrees C


def climate(sheet: Sheet, x: float, y: float, width: float, height: float) -> None:
    """Bars of rain and a line of warmth, in a frame of the given size."""
    top, base, left, right = y + 52, y + height - 48, x + 52, x + width - 52
    for i in range(6):
        level = base - (base - top) * i / 5
        sheet.line((left, level), (right, level), color="#dfe3e8", stroke=0.7)
        sheet.text(left - 8, level + 3.5, str(i * 25), 10, color="#5d6b7a", align="right")
        sheet.text(right + 8, level + 3.5, str(i * 5), 10, color="#c0392b")
    step = (right - left) / 12
    points = []
    for i, (month, rain, warmth) in enumerate(zip(MONTHS, RAIN, WARMTH, strict=True)):
        middle = left + step * (i + 0.5)
        tall = (base - top) * rain / 125
        sheet.rect(middle - step * 0.33, base - tall, step * 0.66, tall, fill="#4a7fb5")
        sheet.text(middle, base - 7, str(rain), 9.5, BOLD, "#ffffff", align="center", mark=f"rain-{month}")
        sheet.text(middle, base + 17, month, 10.5, align="center", color="#444444")
        points.append((middle, base - (base - top) * warmth / 25))
    sheet.line(*points, color="#c0392b", stroke=2)
    for px, py in points:
        sheet.circle(px, py, 3.2, fill="#ffffff", line="#c0392b", stroke=1.6)
    sheet.line((left, base), (right, base), color="#5d6b7a", stroke=1.2)
    sheet.rect(left, y + 24, 11, 11, fill="#4a7fb5")
    sheet.text(left + 17, y + 33, "Rainfall (mm)", 10.5, color="#444444")
    sheet.line((left + 112, y + 29.5), (left + 130, y + 29.5), color="#c0392b", stroke=2)
    sheet.text(left + 137, y + 33, "Mean temperature (°C)", 10.5, color="#444444")


def chart() -> Sheet:
    """A chart as somebody would export it from a spreadsheet."""
    sheet = Sheet((720, 440))
    sheet.text(36, 42, "Rainfall and temperature in Port Ellery, 2023", 18, BOLD)
    climate(sheet, 10, 44, 700, 370)
    sheet.text(
        36, 426, "Source: Port Ellery Field Station, daily readings. Year: 796 mm.", 9.5, color="#777777"
    )
    return sheet


def dashboard() -> Sheet:
    """A dark monitoring dashboard with tiles, curves and a table."""
    sheet = Sheet((960, 560))
    sheet.rect(0, 0, 960, 560, fill="#11161f")
    sheet.rect(0, 0, 960, 48, fill="#1a2230")
    sheet.circle(32, 24, 9, fill="#3ddc97")
    sheet.text(50, 29, "Harbour Pumps", 15, BOLD, "#f2f5f9")
    sheet.text(936, 29, "Last 24 hours   updated 14:05", 11, color="#8fa0b5", align="right")
    tiles = (("Active pumps", "11 / 12", "1 out for service", "#3ddc97"), ("Flow rate", "842 l/s", "+3.4 %", "#4aa8ff"),
             ("Energy today", "6,318 kWh", "-1.2 %", "#ffc857"), ("Alarms", "2", "1 unread", "#ff5d5d"))  # fmt: skip
    for i, (label, value, note, color) in enumerate(tiles):
        x = 24 + 231 * i
        sheet.rect(x, 66, 219, 96, fill="#1a2230", radius=8)
        sheet.rect(x, 66, 5, 96, fill=color, radius=2)
        sheet.text(x + 20, 92, label, 12, color="#8fa0b5")
        sheet.text(x + 20, 126, value, 26, BOLD, "#f2f5f9", mark=label)
        sheet.text(x + 20, 148, note, 11, color=color)
    _curve(sheet)
    _alarms(sheet)
    return sheet


def _curve(sheet: Sheet) -> None:
    sheet.rect(24, 180, 588, 356, fill="#1a2230", radius=8)
    sheet.text(44, 208, "Basin level (m)", 13, BOLD, "#f2f5f9")
    levels = (2.1, 2.2, 2.4, 2.8, 3.1, 3.3, 3.2, 2.9, 2.6, 2.3, 2.2, 2.1, 2.3, 2.6, 3.0, 3.4, 3.6, 3.5, 3.1, 2.8,
              2.5, 2.3, 2.2, 2.2)  # fmt: skip
    left, right, top, base = 80, 588, 232, 496
    for i in range(5):
        y = base - (base - top) * i / 4
        sheet.line((left, y), (right, y), color="#2b3648", stroke=0.8)
        sheet.text(left - 10, y + 4, f"{i}.0", 10.5, color="#8fa0b5", align="right")
    points = [(left + (right - left) * i / 23, base - (base - top) * v / 4) for i, v in enumerate(levels)]
    sheet.polygon((left, base), *points, (right, base), fill="#4aa8ff", alpha=0.22)
    sheet.line(*points, color="#4aa8ff", stroke=2.2)
    limit = base - (base - top) * 3.5 / 4
    sheet.line((left, limit), (right, limit), color="#ff5d5d", stroke=1.2, dash=(5, 4))
    sheet.text(right, limit - 6, "warning level 3.5", 10, color="#ff5d5d", align="right")
    for i in range(0, 24, 4):
        sheet.text(
            left + (right - left) * i / 23,
            base + 20,
            f"{(14 + i) % 24:02d}:00",
            10.5,
            color="#8fa0b5",
            align="center",
        )


def _alarms(sheet: Sheet) -> None:
    sheet.rect(630, 180, 306, 356, fill="#1a2230", radius=8)
    sheet.text(650, 208, "Alarms and events", 13, BOLD, "#f2f5f9")
    rows = (("13:58", "Pump 7", "bearing temperature 81 °C", "#ff5d5d"), ("09:30", "Pump 3", "filter changed", "#3ddc97"),
            ("08:12", "Gate B", "opened by operator", "#4aa8ff"), ("05:50", "Basin", "level above 3.5 m", "#ffc857"),
            ("03:40", "Pump 12", "out for service", "#8fa0b5"))  # fmt: skip
    for i, (time, what, text, color) in enumerate(rows):
        y = 244 + 58 * i
        sheet.circle(658, y - 4, 5, fill=color)
        sheet.text(674, y, what, 13, BOLD, "#f2f5f9")
        sheet.text(916, y, time, 11, color="#8fa0b5", align="right")
        sheet.text(674, y + 18, text, 11.5, color="#b9c5d4", mark=what)
        sheet.line((650, y + 34), (916, y + 34), color="#2b3648")


def dialog() -> Sheet:
    """A settings dialog of an invented notes application."""
    sheet = Sheet((760, 520))
    sheet.rect(0, 0, 760, 520, fill="#9fb4c7")
    sheet.rect(46, 42, 676, 444, fill="#7f96ab", radius=12)
    sheet.rect(40, 34, 680, 444, fill="#ffffff", line="#c4ccd4", radius=10)
    sheet.rect(40, 34, 680, 42, fill="#edf0f3", radius=10)
    for x, color in ((60, "#ff6058"), (80, "#ffbd2e"), (100, "#28c940")):
        sheet.circle(x, 55, 6, fill=color)
    sheet.text(380, 60, "Quillpad Settings", 13, BOLD, "#333333", align="center")
    sheet.rect(40, 76, 170, 402, fill="#f6f7f9", radius=0)
    for i, name in enumerate(
        ("General", "Editor", "Sync and backup", "Shortcuts", "Privacy", "Extensions", "About")
    ):
        y = 92 + 36 * i
        if i == 2:
            sheet.rect(50, y, 150, 30, fill="#2f6fde", radius=6)
        sheet.text(64, y + 19, name, 12.5, color="#ffffff" if i == 2 else "#333333")
    sheet.text(238, 112, "Sync and backup", 18, BOLD)
    rows = (("Sync notes automatically", "Keeps all your devices up to date", True),
            ("Sync over mobile data", "May cost money on some plans", False),
            ("Encrypt notes before upload", "Needs a passphrase on every device", True))  # fmt: skip
    for i, (name, help_, on) in enumerate(rows):
        y = 146 + 50 * i
        sheet.text(238, y, name, 13, mark=name)
        sheet.text(238, y + 17, help_, 10.5, color="#7a8490")
        sheet.rect(652, y - 14, 42, 24, fill="#34c26a" if on else "#c9cfd6", radius=12)
        sheet.circle(682 if on else 664, y - 2, 9.5, fill="#ffffff")
    sheet.line((238, 284), (694, 284), color="#e2e6ea")
    boxes = (
        ("Backup every", "6 hours"),
        ("Keep backups for", "30 days"),
        ("Backup folder", "~/Documents/Quillpad"),
    )
    for i, (name, value) in enumerate(boxes):
        y = 312 + 36 * i
        sheet.text(238, y, name, 13)
        sheet.rect(430, y - 18, 264, 27, fill="#ffffff", line="#b9c2cc", radius=5)
        sheet.text(442, y, value, 12.5, mark=name)
        sheet.polygon((674, y - 8), (684, y - 8), (679, y - 1), fill="#7a8490")
    for x, name, fill, ink in (
        (470, "Restore a backup...", "#edf0f3", "#333333"),
        (610, "Back up now", "#2f6fde", "#ffffff"),
    ):
        width = 128 if x == 470 else 84
        sheet.rect(x, 434, width, 30, fill=fill, line="#b9c2cc", radius=6)
        sheet.text(x + width / 2, 453, name, 12, color=ink, align="center")
    return sheet
