"""For look-alikes: edges by place and direction, and the colours of what stands in the middle.

Edges are counted as in histograms of oriented gradients (Dalal and Triggs, CVPR 2005), without regard to the
sign of the gradient, so that a line drawing meets the photo that it was drawn after. Colours are counted in
CIELAB without a white ground and more in the middle than at the rim, so that a thing on a shelf meets its
picture in a catalogue.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

SIDE = 96  # pixels of the square that is looked at
CELLS, WAYS = 6, 8  # cells along each side, directions of an edge
EDGES = CELLS * CELLS * WAYS
BINS = (3, 13, 13)  # of lightness, green to red, blue to yellow
HISTOGRAM = BINS[0] * BINS[1] * BINS[2]
_REACH = 80.0  # the two colour axes are counted from -_REACH to _REACH
_WHITE = 232  # a ground is white where no channel is darker
_GROUND = (0.15, 0.97)  # share of the picture that a white ground takes, for it to be one
_POWER = 0.35  # of the counts: a patch of colour counts nearly as much as a large field


def square(picture: np.ndarray) -> np.ndarray:
    """The whole picture squeezed into SIDE x SIDE pixels."""
    return np.asarray(cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA))


def edges(small: np.ndarray) -> np.ndarray:
    """(SIDE, SIDE, 3) uint8 -> (EDGES,) float32 of length 1, or 0 for a blank picture."""
    grey = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), (0, 0), 1.2).astype(np.float32)
    dx, dy = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    strength = np.sqrt(np.hypot(dx, dy)).ravel()  # a faint line counts nearly as much as a strong one
    way = (np.arctan2(dy, dx) % np.pi).ravel() / np.pi * WAYS
    low = np.floor(way)
    part, first = way - low, low.astype(np.intp)
    counts = np.zeros(EDGES)
    for bin_, share in ((first, 1 - part), (first + 1, part)):
        counts += np.bincount(_cells() * WAYS + bin_ % WAYS, strength * share, EDGES)
    return _unit(counts)


def histogram(small: np.ndarray) -> np.ndarray:
    """(SIDE, SIDE, 3) uint8 -> (HISTOGRAM,) float32 of length 1."""
    lab = cv2.cvtColor((small / np.float32(255)).astype(np.float32), cv2.COLOR_RGB2LAB)
    span = np.array([100, 2 * _REACH, 2 * _REACH], np.float32)
    at = (lab + np.array([0, _REACH, _REACH], np.float32)) / span * np.array(BINS, np.float32)
    level = np.clip(at, 0, np.array(BINS) - 1).astype(np.intp)
    codes = (level[..., 0] * BINS[1] + level[..., 1]) * BINS[2] + level[..., 2]
    weights = _middle() * ~_white_ground(small)
    counts = np.bincount(codes.ravel(), weights.ravel(), HISTOGRAM).reshape(BINS)
    for axis in range(3):
        counts = _smooth(counts, axis)
    return _unit((counts.ravel() / counts.sum()) ** _POWER)


def _white_ground(small: np.ndarray) -> np.ndarray:
    """(SIDE, SIDE) bool: near-white pixels that hang together with the rim, where they are a ground."""
    near = (small.min(2) >= _WHITE).astype(np.uint8)
    _, labels = cv2.connectedComponents(near)
    rim = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    ground = np.isin(labels, rim) & (near > 0)
    return np.asarray(ground if _GROUND[0] < ground.mean() < _GROUND[1] else np.zeros_like(ground))


def _smooth(counts: np.ndarray, axis: int) -> np.ndarray:
    """Each bin gives a quarter to each neighbour; at the ends it keeps it."""
    padded = np.concatenate([counts.take([0], axis), counts, counts.take([-1], axis)], axis)
    length = counts.shape[axis]
    parts = [padded.take(range(start, start + length), axis) for start in range(3)]
    return np.asarray(0.25 * parts[0] + 0.5 * parts[1] + 0.25 * parts[2])


@cache
def _cells() -> np.ndarray:
    """The cell of each pixel, row by row."""
    cell = np.arange(SIDE) * CELLS // SIDE
    return np.asarray((cell[:, None] * CELLS + cell).ravel())


@cache
def _middle() -> np.ndarray:
    """(SIDE, SIDE) weights of pixels: a bell that falls to a third at four fifths of the way to the rim."""
    off = (np.arange(SIDE) - (SIDE - 1) / 2) / (SIDE / 2 * 0.83)
    return np.asarray(np.exp(-(off[:, None] ** 2) - off**2))


def _unit(values: np.ndarray) -> np.ndarray:
    length = float(np.linalg.norm(values))
    return np.asarray(values / length if length else values, np.float32)
