"""Charts drawn by matplotlib in its own styles: another hand than the one that drew the training pictures.

Needs matplotlib (pip install matplotlib), which nothing else does.
"""

from __future__ import annotations

from collections.abc import Callable

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

Dice = np.random.Generator


def bar(dice: Dice, ax: Axes, series: int) -> None:
    groups = int(dice.integers(4, 14))
    way = dice.random()
    if way < 0.4:
        ax.barh(range(groups), dice.uniform(1, 10, groups))
    elif way < 0.7:
        ax.bar(range(groups), dice.uniform(1, 10, groups))
    else:
        for k in range(series):
            ax.bar(np.arange(groups) + k * 0.8 / series, dice.uniform(1, 10, groups), 0.8 / series)


def line(dice: Dice, ax: Axes, series: int) -> None:
    count = int(dice.integers(6, 100))
    for _ in range(series):
        ax.plot(dice.normal(size=count).cumsum(), marker="o" if count < 20 and dice.random() < 0.5 else None)


def pie(dice: Dice, ax: Axes, series: int) -> None:
    del series
    ring = {"width": 0.4} if dice.random() < 0.25 else None
    ax.pie(dice.uniform(1, 5, int(dice.integers(2, 8))), autopct="%1.0f%%", wedgeprops=ring)


def scatter(dice: Dice, ax: Axes, series: int) -> None:
    for k in range(series):
        count = int(dice.integers(15, 150))
        x = dice.normal(size=count) + k
        y = x * dice.uniform(-1, 1) + dice.normal(size=count) * 0.5
        ax.scatter(x, y, s=dice.uniform(8, 60), alpha=dice.uniform(0.5, 1))


def area(dice: Dice, ax: Axes, series: int) -> None:
    count = int(dice.integers(6, 60))
    heights = [np.abs(dice.normal(size=count).cumsum()) + 1 for _ in range(series)]
    if series > 1:
        ax.stackplot(range(count), *heights)
    else:
        ax.fill_between(range(count), heights[0], alpha=dice.uniform(0.5, 1))


def table(dice: Dice, ax: Axes, series: int) -> None:
    del series
    rows, columns, digits = int(dice.integers(4, 14)), int(dice.integers(3, 7)), int(dice.integers(0, 3))
    cells = [[f"{dice.uniform(0, 1000):.{digits}f}" for _ in range(columns)] for _ in range(rows)]
    ink = [matplotlib.colormaps["tab10"](int(dice.integers(10)))] * columns
    heads = [f"Column {i}" for i in range(columns)]
    made = ax.table(cells, colLabels=heads, loc="center", colColours=ink if dice.random() < 0.5 else None)
    made.scale(1, dice.uniform(1, 1.8))


KINDS: dict[str, Callable[[Dice, Axes, int], None]] = {
    "bar": bar, "line": line, "pie": pie, "scatter": scatter, "area": area, "table": table,
}  # fmt: skip


def draw(kind: str, number: int) -> np.ndarray:
    """uint8 RGB: the chart `number` of its kind, in one of matplotlib's style sheets."""
    dice = np.random.default_rng([number, list(KINDS).index(kind)])
    styles = [style for style in plt.style.available if not style.startswith("_")]
    with plt.style.context(styles[dice.integers(len(styles))]):
        figure, ax = plt.subplots(figsize=(dice.uniform(4, 8), dice.uniform(3, 6)), dpi=80)
        series = int(dice.integers(1, 4))
        KINDS[kind](dice, ax, series)
        if kind == "table":
            ax.axis("off")
        elif kind != "pie":
            ax.set(
                xlabel="Year",
                ylabel="Amount",
                title="Development of the value" if dice.random() < 0.6 else "",
            )
        figure.canvas.draw()
        picture = np.asarray(figure.canvas.buffer_rgba())[:, :, :3].copy()  # type: ignore[attr-defined]
        plt.close(figure)
    return picture
