"""A photo-like picture without words: a lake at sunset, computed."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter


def lake(width: int = 960, height: int = 640, seed: int = 7) -> Image.Image:
    """Sky, sun, three ridges of hills, their reflection, a red boat; grain and vignette of a lens."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    shore = int(height * 0.58)
    sky = _between((38, 58, 110), (252, 178, 104), (y / shore).clip(0, 1) ** 1.3)
    glow = np.exp(-(((x - width * 0.68) / 260) ** 2 + ((y - shore * 0.62) / 150) ** 2))[:, :, None]
    picture = sky + glow * np.array((90, 60, 10), np.float32)
    disc = (31 - np.hypot(x - width * 0.68, y - shore * 0.56)).clip(0, 2) / 2
    picture += (np.array((255, 236, 190), np.float32) - picture) * disc[:, :, None]
    for lift, rough, color in (
        (0.70, 0.10, (120, 98, 128)),
        (0.82, 0.08, (76, 66, 98)),
        (0.93, 0.05, (40, 40, 62)),
    ):
        ridge = shore * (lift - rough * _noise(rng, width))
        picture[(y > ridge[None, :]) & (y <= shore)] = color
    water = picture[:shore][::-1][: height - shore]
    ripple = (3 * np.sin(y[shore:, 0] * 0.9) + 5 * np.sin(y[shore:, 0] * 0.23)).astype(int)
    for row in range(height - shore):
        picture[shore + row] = np.roll(water[min(row, len(water) - 1)], int(ripple[row]), 0) * 0.72 + (
            4,
            10,
            22,
        )
    picture = _boat(picture, width * 0.32, height * 0.80)
    far = np.hypot((x - width / 2) / width, (y - height / 2) / height)[:, :, None]
    picture = picture * (1.06 - 0.55 * far**2) + rng.normal(0, 4, (height, width, 1))
    photo = Image.fromarray(picture.clip(0, 255).astype(np.uint8))
    return photo.filter(ImageFilter.GaussianBlur(0.8))


def _between(dark: tuple[int, int, int], light: tuple[int, int, int], share: np.ndarray) -> np.ndarray:
    """(h, w, 3) from `dark` where `share` is 0 to `light` where it is 1."""
    return (
        np.array(dark, np.float32) * (1 - share[:, :, None]) + np.array(light, np.float32) * share[:, :, None]
    )


def _noise(rng: np.random.Generator, width: int) -> np.ndarray:
    """A rough line in about -1..1: octaves of smoothly joined random values."""
    line = np.zeros(width)
    for octave in range(1, 8):
        knots = rng.uniform(-1, 1, 2**octave + 1)
        line += np.interp(np.linspace(0, 2**octave, width), np.arange(2**octave + 1), knots) / 1.8**octave
    return line


def _boat(picture: np.ndarray, left: float, water: float) -> np.ndarray:
    """Paint a red rowing boat with its mirror image at (`left`, `water`), four times finer than a pixel."""
    height, width = picture.shape[:2]
    layer = Image.new("RGBA", (width * 4, height * 4))
    pen = ImageDraw.Draw(layer)
    hull = ((0, 0), (168, 0), (150, 30), (120, 38), (40, 38), (14, 28))
    for flip, color in ((-1, (96, 22, 26, 190)), (1, (188, 38, 40, 255))):
        at = [(4 * (left + a), 4 * (water - flip * (38 - b))) for a, b in hull]
        pen.polygon(at, fill=color)
    pen.line(
        (4 * left, 4 * (water - 37), 4 * (left + 168), 4 * (water - 37)), fill=(236, 206, 170, 255), width=14
    )
    small = layer.resize((width, height), Image.Resampling.LANCZOS)
    base = Image.fromarray(picture.clip(0, 255).astype(np.uint8)).convert("RGBA")
    return np.asarray(Image.alpha_composite(base, small).convert("RGB"), np.float32)
