"""How much of each named colour a picture holds.

A pixel has the name of the nearest example in CIELAB; the examples below are ours.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from triptych.encoders._look_words import BASIC, CHROMATIC, DIM, GREY

# sRGB in hexadecimal: what people call by that name, pale and deep ones too.
_EXAMPLES = {
    "black": "000000 141414 262626 1c1c24 24201c",
    "white": "ffffff f5f5f5 eeeeee fffaf0 f0f4fa faf5ee",
    "grey": "808080 a0a0a0 c0c0c0 606060 d3d3d3 4a4a4a 8a8f98 989088 b8bcc4 3c3c3c",
    "red": "ff0000 dc143c b22222 8b0000 e63946 d62728 c0392b ff3b30 a01818 700c0c e05050 cc2936 f04438",
    "orange": "ffa500 ff8c00 ff7f0e ff7f50 f4a261 e67e22 d97706 ffb347 f28e2b ff6a13 cc6a10",
    "yellow": "ffff00 ffd700 f1c40f ffe066 fde725 f5e050 fff59d e6c200 ffeb3b d4b106 b5a010 fff3a0",
    "green": "008000 00ff00 2ca02c 228b22 90ee90 006400 2ecc71 6b8e23 556b2f 27ae60 a8d08d 00a878 3cb371 "
    "5aa02c 9acd32 1b4d2e 76b041 b7e4a0 0f9d58 2a9d8f 1abc9c 74c69d",
    "blue": "0000ff 1f77b4 000080 4169e1 87ceeb add8e6 00bfff 2f6fde 3498db 0a3d91 5b9bd5 00008b 6495ed "
    "17becf 00ffff 4f81bd 1d3557 264653 90caf9 0f2a5c 008cba 457b9d a6cee3 4682b4 7fb3d5",
    "purple": "800080 9467bd 8a2be2 4b0082 9b59b6 6a0dad ba55d3 7b2cbf b39ddb 5e35b1 c77dff 483d8b 3c1361",
    "pink": "ffc0cb ff69b4 ff1493 e377c2 f4a6c0 f78fb3 db7093 ff00ff ffb6c1 e91e63 d63384 f8bbd0",
    "brown": "a52a2a 8b4513 a0522d 8c564b 654321 5c4033 d2b48c c19a6b 7b3f00 a47149 6f4e37 b08d57 4a2c17 deb887 a67b5b",
}

_BITS = 5  # of each channel that the table looks at
_NOISE = 0.002  # share of a hue that JPEG and paper make by themselves
_NOTICED = 0.02  # share at which a hue is half noticed
_GREYS = 0.15  # the same for grey, which the rims of letters have, too


def shares(picture: np.ndarray) -> np.ndarray:
    """uint8 RGB (h, w, 3) -> (BASIC,) float32: the share of pixels of each basic colour, together 1."""
    small = picture >> (8 - _BITS)
    codes = (small[..., 0].astype(np.uint16) << (2 * _BITS)) | (small[..., 1].astype(np.uint16) << _BITS)
    counts = np.bincount(_table()[(codes | small[..., 2]).ravel()], minlength=BASIC)
    return np.asarray(counts / counts.sum(), np.float32)


def evidence(picture: np.ndarray, share: np.ndarray) -> np.ndarray:
    """(DIM,) float32, 0..1: how well each of NAMES describes the picture with these `shares`.

    Half of it says that a hue is there at all, as a slice or a line of a chart, half that it prevails among
    the hues: a red logo on white is red, though most of it is white.
    """
    hues = np.maximum(share[CHROMATIC:] - _NOISE, 0)
    total = hues.sum()
    among = hues / (total + 0.01)
    found = np.empty(DIM, np.float32)
    found[:CHROMATIC] = share[:CHROMATIC]
    found[GREY] /= found[GREY] + _GREYS
    found[CHROMATIC:BASIC] = 0.5 * hues / (hues + _NOTICED) + 0.5 * among
    light = float(picture.mean()) / 255
    variety = float(np.exp(-(among * np.log(among + 1e-9)).sum()))  # so many hues, were they equal
    found[BASIC:] = max(0.0, 1 - 2 * light), max(0.0, 2 * light - 1), min(1.0, total * variety)
    return found


@cache
def _table() -> np.ndarray:
    """The basic colour of each RGB value in steps of 8: (32768,) uint8."""
    steps = np.arange(0, 256, 1 << (8 - _BITS), dtype=np.uint8) + (1 << (7 - _BITS))
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), -1).reshape(-1, 3)
    names, colours = [], []
    for number, examples in enumerate(_EXAMPLES.values()):
        for example in examples.split():
            names.append(number)
            colours.append([int(example[i : i + 2], 16) for i in (0, 2, 4)])
    lab, known = _lab(grid), _lab(np.array(colours, np.uint8))
    distance = (lab**2).sum(1)[:, None] - 2 * lab @ known.T + (known**2).sum(1)
    return np.asarray(np.array(names, np.uint8)[distance.argmin(1)])


def _lab(rgb: np.ndarray) -> np.ndarray:
    """(n, 3) uint8 -> (n, 3) CIELAB."""
    scaled = (rgb[None] / np.float32(255)).astype(np.float32)
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB)[0])
