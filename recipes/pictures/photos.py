"""Photo-like pictures without photos: noise fields, blobs with light and shadow, landscapes, things on white."""

from __future__ import annotations

import random

import cv2
import numpy as np

from pictures import pen
from pictures.pen import Drawing

Dice = random.Random


def noise(rng: np.random.Generator, height: int, width: int, scale: float, octaves: int = 4) -> np.ndarray:
    """(height, width) in about -1..1: value noise, coarse to fine (Perlin's fractal sum, 1985)."""
    total, weight = np.zeros((height, width), np.float32), 1.0
    for octave in range(octaves):
        step = max(1.5, scale / 2**octave)
        shape = (max(2, round(height / step) + 2), max(2, round(width / step) + 2))
        coarse = rng.uniform(-1, 1, shape).astype(np.float32)
        total += weight * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        weight *= 0.5
    return total / 1.6


def _canvas(dice: Dice) -> tuple[np.random.Generator, int, int]:
    long = dice.randint(260, 420)
    short = round(long * dice.choice((0.66, 0.75, 1.0)))
    size = (short, long) if dice.random() < 0.65 else (long, short)
    return np.random.default_rng(dice.getrandbits(32)), *size


def _palette(dice: Dice, names: list[str]) -> np.ndarray:
    """(n, 3) natural colours: less pure than those of logos."""
    made = []
    for name in names:
        colour = np.array(pen.colour(dice, name), float)
        level = colour.mean()
        made.append(level + (colour - level) * dice.uniform(0.35, 0.95))
    return np.array(made)


def texture(dice: Dice) -> tuple[np.ndarray, list[str]]:
    """A surface: grass, wall, cloth, sand, foliage, water. Two or three colours mixed by noise."""
    rng, height, width = _canvas(dice)
    names = [
        dice.choice(("green", "brown", "grey", "blue", "orange", "red", "yellow", "black")) for _ in range(2)
    ]
    first, second = _palette(dice, names)
    field = noise(rng, height, width, dice.uniform(10, 120), dice.randint(4, 7))
    if dice.random() < 0.3:
        field = np.abs(field) * 2 - 0.5
    share = np.clip(field * dice.uniform(0.6, 1.4) + 0.5, 0, 1)[..., None]
    picture = first * share + second * (1 - share)
    picture *= 1 + 0.35 * noise(rng, height, width, dice.uniform(3, 14), 3)[..., None]
    return picture, names


def landscape(dice: Dice) -> Drawing:
    """Sky, hills behind hills, ground."""
    rng, height, width = _canvas(dice)
    sky = _palette(dice, [dice.choice(("blue", "blue", "grey", "orange", "pink"))])[0]
    rows = np.linspace(0, 1, height)[:, None, None]
    picture = sky * (1 - rows * 0.6) + 250 * rows * 0.6 + np.zeros((height, width, 3))
    clouds = np.clip(noise(rng, height, width, width / 3, 6) - dice.uniform(-0.1, 0.5), 0, 1)[..., None]
    picture = picture * (1 - clouds) + 245 * clouds
    names, yy = [], np.arange(height)[:, None]
    horizon = dice.uniform(0.3, 0.65)
    for _layer in range(dice.randint(2, 5)):
        name = dice.choice(("green", "green", "brown", "grey", "blue", "yellow"))
        names.append(name)
        base = _palette(dice, [name])[0] * dice.uniform(0.4, 1)
        line = height * horizon + noise(rng, 1, width, width / dice.uniform(1, 5), 5)[
            0
        ] * height * dice.uniform(0.02, 0.2)
        rough = 1 + noise(rng, height, width, dice.uniform(4, 25), 5)[..., None] * dice.uniform(0.3, 0.9)
        picture = np.where((yy > line)[..., None], base * rough, picture)
        horizon += (1 - horizon) * dice.uniform(0.2, 0.5)
    _things(rng, dice, picture, dice.choice((0, 0, 1, 2, 5)))
    return Drawing(
        _camera(rng, dice, picture),
        "landscape photo",
        ("sky and ground", "outdoors"),
        tuple(dict.fromkeys(names))[:2],
    )


def scene(dice: Dice) -> Drawing:
    """A few lit things before a blurred ground."""
    rng, height, width = _canvas(dice)
    ground, names = texture(dice)
    picture = cv2.resize(ground, (width, height))
    blur = dice.choice((0, 2, 6, 14))
    if blur:
        picture = cv2.GaussianBlur(picture, (0, 0), blur)
    if dice.random() < 0.4:
        row = int(height * dice.uniform(0.3, 0.8))
        other = cv2.resize(texture(dice)[0], (width, height))
        picture[row:] = other[row:]
    _things(rng, dice, picture, dice.randint(1, 6))
    return Drawing(
        _camera(rng, dice, picture),
        "photo",
        ("soft light and shadow", "natural colours"),
        tuple(dict.fromkeys(names)),
    )


def heap(dice: Dice) -> Drawing:
    """Many things of one sort side by side, as fruit on a market or goods on a shelf."""
    rng, height, width = _canvas(dice)
    name = dice.choice(("red", "orange", "yellow", "green", "brown", "purple", "white"))
    picture = np.full((height, width, 3), 30.0)
    radius = width / dice.uniform(5, 16)
    boxes = dice.random() < 0.35
    tone = np.array([235.0] * 3) if name == "white" else _palette(dice, [name])[0]
    y = -radius
    while y < height + radius:
        x = -radius * dice.random()
        while x < width + radius:
            own = np.clip(tone * dice.uniform(0.75, 1.2) + rng.normal(0, 8, 3), 0, 255)
            _thing(
                rng,
                dice,
                picture,
                x + rng.normal(0, radius * 0.15),
                y + rng.normal(0, radius * 0.15),
                radius,
                radius * (1.4 if boxes else 0.95),
                own,
                boxes,
            )
            x += radius * (1.5 if not boxes else 1.9)
        y += radius * (1.3 if not boxes else 2.4)
    return Drawing(
        _camera(rng, dice, picture), "photo", ("many similar things", "a market or a shelf"), (name,)
    )


def bokeh(dice: Dice) -> Drawing:
    """Lights out of focus, night, indoors."""
    rng, height, width = _canvas(dice)
    names = pen.some_colours(dice, 2)
    base = _palette(dice, names)
    rows = np.linspace(0, 1, height)[:, None, None]
    picture = (
        base[0] * (1 - rows) * dice.uniform(0.2, 0.9)
        + base[1] * rows * dice.uniform(0.2, 0.9)
        + np.zeros((height, width, 3))
    )
    for _ in range(dice.randint(5, 40)):
        spot = np.zeros((height, width), np.float32)
        cv2.circle(
            spot,
            (int(rng.integers(width)), int(rng.integers(height))),
            int(width * rng.uniform(0.01, 0.08)),
            1.0,
            -1,
        )
        spot = cv2.GaussianBlur(spot, (0, 0), dice.uniform(1, 5))[..., None] * rng.uniform(0.2, 0.8)
        picture = picture * (1 - spot) + np.clip(base[int(rng.integers(2))] * 1.6 + 40, 0, 255) * spot
    _things(rng, dice, picture, dice.choice((0, 1, 2)))
    return Drawing(_camera(rng, dice, picture), "photo", ("blurred lights", "out of focus"), tuple(names))


def product(dice: Dice) -> Drawing:
    """One lit thing on white: a fruit or bottle of round forms, or a package seen from a corner."""
    rng, height, width = _canvas(dice)
    picture = np.full((height, width, 3), 255.0)
    name = dice.choice(
        ("red", "orange", "yellow", "green", "blue", "purple", "brown", "black", "grey", "pink", "white")
    )
    tone = np.array([235.0] * 3) if name == "white" else _palette(dice, [name])[0]
    x, y = width / 2, height / 2
    if dice.random() < 0.5:
        shadow = np.zeros((height, width), np.float32)
        cv2.ellipse(
            shadow,
            (int(x), int(y + height * 0.36)),
            (int(width * 0.28), int(height * 0.05)),
            0,
            0,
            360,
            0.5,
            -1,
        )
        picture *= 1 - cv2.GaussianBlur(shadow, (0, 0), width / 40)[..., None]
    if dice.random() < 0.5:
        _package(rng, dice, picture, tone)
        trait = "a package"
    else:
        _fruit(rng, dice, picture, tone)
        trait = "a round thing"
    picture = np.clip(picture * (1 + rng.normal(0, 0.01, picture.shape)), 0, 255)
    return Drawing(
        picture.astype(np.uint8),
        "product photo",
        ("white background", "one object in the middle", trait),
        (name,),
    )


def _fruit(rng: np.random.Generator, dice: Dice, picture: np.ndarray, tone: np.ndarray) -> None:
    """Round and lit, its colour running into a second one, with a stalk, spots or a cut."""
    height, width = picture.shape[:2]
    x, y = width / 2, height / 2
    a = min(width, height) * dice.uniform(0.25, 0.46)
    b = a * dice.uniform(0.7, 1.4) if dice.random() < 0.6 else min(height * 0.46, a * 2)
    other = _palette(dice, [dice.choice(("red", "yellow", "green", "orange", "brown"))])[0]
    share = np.clip(noise(rng, height, width, a, 3) + dice.uniform(-0.3, 0.5), 0, 1)[..., None]
    skin = tone * (1 - share) + other * share
    stripes = dice.random() < 0.15
    if stripes:
        skin = skin * (0.8 + 0.3 * np.sin(np.arange(width) / a * dice.uniform(8, 20))[None, :, None])
    _thing(rng, dice, picture, x, y, a, b, skin, False)
    if dice.random() < 0.4:
        _thing(
            rng,
            dice,
            picture,
            x + a * 0.1,
            y + b * 0.1,
            a * 0.7,
            b * 0.7,
            np.clip(other * 1.3 + 40, 0, 255),
            False,
        )
    for _ in range(dice.choice((0, 0, 12, 40))):
        spot = _palette(dice, ["brown"])[0]
        cv2.circle(
            picture, (int(x + rng.normal(0, a * 0.3)), int(y + rng.normal(0, b * 0.3))), 1, spot.tolist(), -1
        )
    if dice.random() < 0.5:
        end = (int(x + rng.normal(0, a * 0.2)), int(y - b * dice.uniform(1.05, 1.3)))
        cv2.line(
            picture, (int(x), int(y - b * 0.85)), end, _palette(dice, ["brown"])[0].tolist(), 3, cv2.LINE_AA
        )


def _package(rng: np.random.Generator, dice: Dice, picture: np.ndarray, tone: np.ndarray) -> None:
    """A carton, box or tube: a front with bands, pictures and words, a darker side, perhaps a cap."""
    height, width = picture.shape[:2]
    w = int(width * dice.uniform(0.18, 0.5))
    h = int(min(height * 0.9, w * dice.uniform(1, 2.6)))
    front = np.ones((h, w, 3)) * tone
    for _ in range(dice.randint(1, 5)):
        part = (
            _palette(dice, [dice.choice((*pen.CHROMATIC, "grey", "black"))])[0]
            if dice.random() < 0.7
            else np.array([250.0] * 3)
        )
        if dice.random() < 0.5:
            top = int(h * dice.random())
            front[top : top + int(h * dice.uniform(0.05, 0.35))] = part
        else:
            _thing(
                rng,
                dice,
                front,
                w * dice.random(),
                h * dice.uniform(0.3, 0.9),
                w * dice.uniform(0.1, 0.4),
                h * dice.uniform(0.05, 0.25),
                part,
                dice.random() < 0.3,
            )
    front = np.clip(front, 0, 255).astype(np.uint8)
    for _ in range(dice.randint(1, 5)):
        text = (pen.title(dice, 1, 1) if dice.random() < 0.6 else pen.words(dice, 1, 3))[:9]
        ink = (255, 255, 255) if front.mean() < 140 else (25, 25, 30)
        scale = w / max(3, len(text)) / dice.uniform(20, 45)
        cv2.putText(
            front,
            text,
            (int(w * 0.06), int(h * dice.uniform(0.12, 0.95))),
            dice.choice((0, 2, 3)),
            scale,
            ink,
            max(1, round(scale * 2)),
            cv2.LINE_AA,
        )
    x, y = (width - w) // 2, (height - h) // 2
    depth, lift = int(w * dice.uniform(0.1, 0.4)), int(h * dice.uniform(-0.03, 0.06))
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    goals = corners + np.array([x - depth / 2, y]) + np.array([[0, lift], [0, 0], [0, 0], [0, lift]])
    side = np.array(
        [
            [x + w - depth / 2, y],
            [x + w + depth / 2, y + lift],
            [x + w + depth / 2, y + h - lift],
            [x + w - depth / 2, y + h],
        ]
    )
    cv2.fillPoly(
        picture,
        [side.astype(np.int32)],
        np.clip(tone * dice.uniform(0.6, 0.95), 0, 255).tolist(),
        cv2.LINE_AA,
    )
    if dice.random() < 0.4:
        roof = np.array([goals[0], goals[1], side[1], [x + w / 2, y - h * dice.uniform(0.03, 0.2)]])
        cv2.fillPoly(
            picture,
            [roof.astype(np.int32)],
            np.clip(tone * dice.uniform(0.8, 1.1), 0, 255).tolist(),
            cv2.LINE_AA,
        )
    matrix = cv2.getPerspectiveTransform(corners, goals.astype(np.float32))
    mask = cv2.warpPerspective(np.ones((h, w), np.float32), matrix, (width, height))[..., None]
    light = np.linspace(dice.uniform(0.85, 1.05), dice.uniform(0.9, 1.05), width)[None, :, None]
    laid = cv2.warpPerspective(front, matrix, (width, height)) * light
    picture[:] = picture * (1 - mask) + np.clip(laid, 0, 255) * mask


ALL = (landscape, scene, scene, heap, bokeh)


def any_photo(dice: Dice) -> Drawing:
    return dice.choice(ALL)(dice)


# ------------------------------------------------------------------------------------- parts


def _things(rng: np.random.Generator, dice: Dice, picture: np.ndarray, count: int) -> None:
    height, width = picture.shape[:2]
    for _ in range(count):
        tone = _palette(dice, [dice.choice((*pen.CHROMATIC, "grey", "black", "brown", "brown"))])[
            0
        ] * dice.uniform(0.5, 1.1)
        x, y = width * rng.uniform(0.1, 0.9), height * rng.uniform(0.3, 0.9)
        a, b = width * rng.uniform(0.04, 0.25), height * rng.uniform(0.06, 0.35)
        _thing(rng, dice, picture, x, y, a, b, tone, dice.random() < 0.25)


def _thing(
    rng: np.random.Generator, dice: Dice, picture: np.ndarray, x: float, y: float, a: float, b: float,
    tone: np.ndarray, box: bool,
) -> None:  # fmt: skip
    """A rounded or box-like body lit from one side, drawn into `picture`."""
    height, width = picture.shape[:2]
    reach = 1.5
    x0, x1 = int(max(0, x - a * reach)), int(min(width, x + a * reach + 1))
    y0, y1 = int(max(0, y - b * reach)), int(min(height, y + b * reach + 1))
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    yy, xx = np.mgrid[y0:y1, x0:x1].astype(np.float32)
    u, v = (xx - x) / a, (yy - y) / b
    if box:
        inside = np.clip((1 - np.maximum(np.abs(u), np.abs(v))) * min(a, b) * 1.5, 0, 1)
        light = 0.85 + 0.2 * u + 0.1 * v
    else:
        angle = np.arctan2(v, u)
        bumps = sum(rng.normal(0, 0.12 / n) * np.cos(n * angle + rng.uniform(0, 6.3)) for n in (2, 3, 4))
        radius = np.hypot(u, v) / (1 + bumps)
        inside = np.clip((1 - radius) * min(a, b) * 0.8, 0, 1)
        depth = np.sqrt(np.clip(1 - radius**2, 0, 1))
        light = 0.35 + 0.75 * np.clip(0.6 * depth - 0.45 * u - 0.5 * v, 0, 1.1)
        light = light + 0.8 * np.clip(depth - 0.5 * u - 0.6 * v - 1.05, 0, 1)
    rough = 1 + noise(rng, y1 - y0, x1 - x0, max(4, a / dice.uniform(1, 6)), 4) * dice.uniform(0.05, 0.4)
    skin = tone[y0:y1, x0:x1] if tone.ndim == 3 else tone
    body = np.clip(skin * (light * rough)[..., None], 0, 255)
    picture[y0:y1, x0:x1] = picture[y0:y1, x0:x1] * (1 - inside[..., None]) + body * inside[..., None]


def _camera(rng: np.random.Generator, dice: Dice, picture: np.ndarray) -> np.ndarray:
    """Uneven light, contrast, blur, grain."""
    height, width = picture.shape[:2]
    light = 1 + 0.3 * noise(rng, height, width, max(height, width), 1)[..., None]
    found = picture * light * dice.uniform(0.7, 1.25)
    if dice.random() < 0.5:
        found = cv2.GaussianBlur(found, (0, 0), dice.uniform(0.4, 1.6))
    found = found + rng.normal(0, dice.uniform(1, 9), picture.shape)
    return np.clip(found, 0, 255).astype(np.uint8)
