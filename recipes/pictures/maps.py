"""Maps: streets with parks and a river, countries in colours."""

from __future__ import annotations

import math
import random

import cv2
import numpy as np
from PIL import Image

from pictures import pen, photos
from pictures.drawings import Points, blob
from pictures.pen import WHITE, Drawing, Pen, grey

Dice = random.Random


def city_map(dice: Dice) -> Drawing:
    """Streets, blocks, parks, a river, labels."""
    width, height = dice.randint(450, 900), dice.randint(400, 800)
    ground = dice.choice(((242, 239, 233), (235, 235, 230), (250, 248, 240), (228, 238, 220), (40, 44, 52)))
    page = Pen(dice, width, height, ground)
    page.face = "sans"
    dark = sum(ground) < 300
    for _ in range(dice.randint(2, 8)):
        x, y, r = dice.random() * width, dice.random() * height, width * dice.uniform(0.05, 0.18)
        page.draw.polygon(
            blob(dice, x, y, r, r * dice.uniform(0.5, 1)), (45, 70, 50) if dark else (200, 224, 180)
        )
    if dice.random() < 0.75:
        shore = _stream(dice, width, height)
        page.line(shore, (30, 60, 90) if dark else (165, 205, 230), width * dice.uniform(0.02, 0.14))
    if dice.random() < 0.5:
        for _ in range(dice.randint(40, 160)):
            x, y = dice.random() * width, dice.random() * height
            page.box(
                x,
                y,
                x + width * dice.uniform(0.01, 0.04),
                y + height * dice.uniform(0.01, 0.04),
                pen.tint(ground, 0.1 if dark else -0.08),
            )
    lane = (90, 94, 104) if dark else WHITE
    turn = dice.uniform(0, 1.5)
    for i in range(dice.randint(12, 40)):
        big = i < 4
        angle = turn + (math.pi / 2 if i % 2 else 0) + dice.gauss(0, 0.25 if dice.random() < 0.5 else 0.03)
        x, y = dice.random() * width, dice.random() * height
        reach = width * (1.5 if big else dice.uniform(0.1, 0.7))
        bend = dice.gauss(0, 0.08) * reach
        path = [
            (x - math.cos(angle) * reach, y - math.sin(angle) * reach),
            (x + bend, y - bend),
            (x + math.cos(angle) * reach, y + math.sin(angle) * reach),
        ]
        ink = dice.choice(((250, 210, 120), (245, 180, 110), lane)) if big else lane
        weight = width * (0.014 if big else dice.uniform(0.004, 0.009))
        page.line(path, pen.tint(ink, -0.3) if not dark else ink, weight + 2)
        page.line(path, ink, weight)
    for _ in range(dice.randint(5, 25)):
        page.text(
            dice.random() * width,
            dice.random() * height,
            pen.title(dice, 1, 2)[:16],
            width / dice.uniform(45, 80),
            grey(200 if dark else 70),
        )
    for _ in range(dice.randint(0, 4)):
        x, y, r = dice.random() * width, dice.random() * height, width / 50
        page.draw.ellipse((x - r, y - r, x + r, y + r), pen.colour(dice, "red"))
    return Drawing(
        page.array(), "map", ("roads and parks", "streets"), ("green",) if not dark else ("black",)
    )


def regions_map(dice: Dice) -> Drawing:
    """Countries or districts in colours, by the nearest of random points."""
    width, height = dice.randint(400, 800), dice.randint(350, 650)
    rng = np.random.default_rng(dice.getrandbits(32))
    count = dice.randint(8, 40)
    seeds = rng.random((count, 2)) * [width, height]
    wave = photos.noise(rng, height, width, dice.uniform(20, 60)) * dice.uniform(10, 40)
    yy, xx = np.mgrid[0:height, 0:width]
    distance = ((xx + wave)[..., None] - seeds[:, 0]) ** 2 + (
        (yy + wave.T[:1, :1] + wave)[..., None] - seeds[:, 1]
    ) ** 2
    owner = distance.argmin(-1)
    name = dice.choice(pen.CHROMATIC)
    base = pen.colour(dice, name)
    many = dice.random() < 0.4
    inks = np.array(
        [
            pen.tint(pen.colour(dice, dice.choice(pen.CHROMATIC)), 0.4)
            if many
            else pen.tint(base, dice.uniform(0, 0.85))
            for _ in range(count)
        ],
        np.uint8,
    )
    picture = inks[owner]
    land = (
        photos.noise(rng, height, width, min(width, height) / 3)
        + 0.9
        - 1.6 * np.hypot(xx / width - 0.5, yy / height - 0.5)
    )
    picture[land < 0.25] = dice.choice(((255, 255, 255), (190, 215, 235), (225, 235, 245)))
    border = (
        cv2.morphologyEx(
            np.where(land < 0.25, count, owner).astype(np.uint8),
            cv2.MORPH_GRADIENT,
            np.ones((2, 2), np.uint8),
        )
        > 0
    )
    picture[border] = dice.choice(((255, 255, 255), (90, 90, 90), (140, 140, 140)))
    page = Pen(dice, width, height)
    page.image.paste(Image.fromarray(picture))
    for _ in range(dice.randint(3, 15)):
        page.text(
            dice.uniform(0.1, 0.8) * width,
            dice.uniform(0.1, 0.9) * height,
            pen.title(dice, 1, 1),
            width / 50,
            grey(40),
        )
    return Drawing(
        page.array(), "map", ("countries and borders", "regions in colours"), () if many else (name,)
    )


def _stream(dice: Dice, width: int, height: int) -> Points:
    x, found = dice.uniform(0.1, 0.9) * width, []
    for i in range(13):
        found.append((x, height * i / 12))
        x += dice.gauss(0, width * 0.06)
    return found if dice.random() < 0.5 else [(y / height * width, x / width * height) for x, y in found]
