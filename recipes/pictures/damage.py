"""What scanners, cameras, faxes and JPEG do to pictures."""

from __future__ import annotations

import random

import cv2
import numpy as np

from pictures import photos
from pictures.pen import Drawing

Dice = random.Random


def scanned(picture: np.ndarray, dice: Dice) -> np.ndarray:
    """A page on the glass: a little skew, paper tone, perhaps pure black and white, margins, specks."""
    rng = np.random.default_rng(dice.getrandbits(32))
    if dice.random() < 0.6:
        picture = _turned(picture, dice.gauss(0, 1.2), 255)
    if dice.random() < 0.35:
        reach = dice.choice((0.1, 0.25, 0.25, 0.6))
        pad = [int(picture.shape[1] * dice.uniform(0, reach)) for _ in range(4)]
        tone = dice.choice((255, 255, 250, 235))
        picture = cv2.copyMakeBorder(picture, *pad, cv2.BORDER_CONSTANT, value=(tone,) * 3)
    way = dice.random()
    if dice.random() < 0.2:  # a copy of a copy: strokes run together
        picture = cv2.erode(picture, np.ones((2, dice.choice((1, 2))), np.uint8))
    if way < 0.35:  # fax
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32) + rng.normal(
            0, 25, picture.shape[:2]
        )
        picture = np.repeat(np.where(grey > dice.uniform(110, 200), 255, 0).astype(np.uint8)[..., None], 3, 2)
        specks = rng.random(picture.shape[:2]) < dice.uniform(0, 0.003)
        picture[specks] = 0
    elif way < 0.7:
        tint = np.array([dice.uniform(0.9, 1), dice.uniform(0.9, 1), dice.uniform(0.86, 1)])
        low = dice.uniform(0, 90)
        picture = np.clip(
            (low + picture * (1 - low / 255)) * tint + rng.normal(0, 4, picture.shape), 0, 255
        ).astype(np.uint8)
    if dice.random() < 0.35:
        picture = _marked(picture, dice)
    if dice.random() < 0.12:
        side = max(2, picture.shape[1] // 50)
        picture = picture.copy()
        picture[:, : dice.randint(1, side)] = 0
    return picture


def _marked(picture: np.ndarray, dice: Dice) -> np.ndarray:
    """Holes of a punch, a black rim where the lid stood open, smears of toner."""
    picture = picture.copy()
    height, width = picture.shape[:2]
    for _ in range(dice.choice((0, 2, 3))):
        centre = (int(width * dice.uniform(0.02, 0.06)), int(height * dice.uniform(0.05, 0.95)))
        cv2.circle(picture, centre, max(2, width // 60), (20, 20, 20), -1)
    if dice.random() < 0.4:
        rim = max(2, int(width * dice.uniform(0.01, 0.12)))
        for edge in dice.sample(("left", "right", "top", "bottom"), dice.randint(1, 3)):
            part = {
                "left": np.s_[:, :rim],
                "right": np.s_[:, -rim:],
                "top": np.s_[:rim],
                "bottom": np.s_[-rim:],
            }[edge]
            picture[part] = dice.choice((0, 10, 40))
    if dice.random() < 0.3:
        x = int(width * dice.random())
        picture[:, x : x + dice.randint(1, 3)] = 60
    return picture


def photographed(picture: np.ndarray, dice: Dice) -> np.ndarray:
    """A sheet on a table, seen by a hand-held camera: perspective, crumples, uneven light."""
    rng = np.random.default_rng(dice.getrandbits(32))
    height, width = picture.shape[:2]
    creases = 1 + 0.12 * photos.noise(rng, height, width, width / dice.uniform(1.5, 5), 3)[..., None]
    sheet = np.clip(picture * creases * dice.uniform(0.75, 0.98), 0, 255).astype(np.uint8)
    margin = dice.uniform(0.02, 0.2)
    w, h = int(width * (1 + 2 * margin)), int(height * (1 + 2 * margin))
    table = cv2.resize(photos.texture(dice)[0], (w, h))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    jitter = rng.normal(0, margin * 0.25 * min(width, height), (4, 2))
    goal = corners + np.array([width * margin, height * margin]) + jitter
    matrix = cv2.getPerspectiveTransform(corners, goal.astype(np.float32))
    mask = cv2.warpPerspective(np.ones((height, width), np.float32), matrix, (w, h))[..., None]
    found = cv2.warpPerspective(sheet, matrix, (w, h)) * mask + table * (1 - mask)
    light = 1 + 0.3 * photos.noise(rng, h, w, max(w, h), 1)[..., None]
    return np.clip(found * light + rng.normal(0, 4, found.shape), 0, 255).astype(np.uint8)


def compressed(picture: np.ndarray, dice: Dice) -> np.ndarray:
    quality = dice.randint(35, 92)
    return np.asarray(
        cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
    )


PAPER = frozenset(
    {
        "receipt",
        "invoice",
        "form",
        "letter",
        "report page",
        "financial table page",
        "table",
        "handwriting",
        "sketch",
    }
)
CAMERA = {"receipt": 0.25, "form": 0.05, "letter": 0.08, "invoice": 0.1, "handwriting": 0.2}
SCAN = {"receipt": 0.7, "form": 0.9, "letter": 0.7, "invoice": 0.3, "report page": 0.06, "financial table page": 0.05,
        "table": 0.1, "handwriting": 0.5, "sketch": 0.2}  # fmt: skip


def worn(drawing: Drawing, dice: Dice) -> Drawing:
    """The drawing as it might have reached us."""
    picture, traits = drawing.picture, drawing.traits
    luck = dice.random()
    if luck < CAMERA.get(drawing.kind, 0):
        picture, traits = photographed(picture, dice), (*traits, "photographed on a table")
    elif luck < CAMERA.get(drawing.kind, 0) + SCAN.get(drawing.kind, 0):
        picture, traits = scanned(picture, dice), (*traits, "scanned")
    if dice.random() < 0.5:
        picture = compressed(picture, dice)
    return Drawing(np.ascontiguousarray(picture), drawing.kind, traits, drawing.colours)


def _turned(picture: np.ndarray, degrees: float, fill: int) -> np.ndarray:
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return np.asarray(cv2.warpAffine(picture, matrix, (width, height), borderValue=(fill,) * 3))
