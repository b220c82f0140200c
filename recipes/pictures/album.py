"""The album: so many pictures of each kind, the same ones for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable

from pictures import charts, dashboards, drawings, forms, maps, papers, photos, reports, screens
from pictures.damage import worn
from pictures.pen import Drawing

Draw = Callable[[random.Random], Drawing]

# How often each is drawn, relative to the others.
DRAW: tuple[tuple[Draw, float], ...] = (
    (papers.receipt, 3), (papers.invoice, 2), (forms.form, 6), (papers.letter, 1.5), (reports.report_page, 4.5),
    (reports.financial_page, 2), (papers.table, 2.5), (papers.handwriting, 1),
    (charts.bars, 2), (charts.horizontal_bars, 2), (charts.stacked_bars, 1.2), (charts.lines, 2), (charts.areas, 2.2),
    (charts.scatter, 2), (charts.pie, 2), (dashboards.dashboard, 1),
    (screens.window, 3), (screens.dialog, 3.5), (screens.login, 1.5), (screens.web, 1), (screens.code, 1),
    (screens.menu, 2), (screens.spreadsheet, 2.5), (screens.slide, 1.5),
    (drawings.diagram, 1.5), (maps.city_map, 1), (maps.regions_map, 0.6), (drawings.logo, 2), (drawings.sketch, 1.5),
    (drawings.cartoon, 1), (drawings.painting, 0.5),
    (photos.landscape, 1), (photos.scene, 2), (photos.heap, 1), (photos.bokeh, 1), (photos.product, 2.5),
)  # fmt: skip


def picture(seed: int, number: int) -> Drawing:
    """Picture `number` of the album `seed`: each has dice of its own, so any can be drawn alone."""
    dice = random.Random(f"{seed}/{number}")
    [draw] = dice.choices([d for d, _ in DRAW], [w for _, w in DRAW])
    return worn(draw(dice), dice)
