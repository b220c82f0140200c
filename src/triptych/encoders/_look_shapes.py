"""Where things stand in a picture, for look-alikes: edges by place and direction, colours by place.

Edges are counted as in histograms of oriented gradients (Dalal and Triggs, CVPR 2005), without regard to the
sign of the gradient, so that a line drawing meets the photo that it was drawn after.
"""

from __future__ import annotations

import cv2
import numpy as np

SIDE = 96  # pixels of the square that is looked at
CELLS, WAYS = 6, 8  # cells along each side, directions of an edge
EDGES = CELLS * CELLS * WAYS
GRID = 4  # cells along each side for colours
BINS = 6  # levels of each colour channel in the histogram
COLOURS = 3 * GRID * GRID
HISTOGRAM = BINS**3


def square(picture: np.ndarray) -> np.ndarray:
    """The whole picture squeezed into SIDE x SIDE pixels."""
    return np.asarray(cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA))


def edges(small: np.ndarray) -> np.ndarray:
    """(SIDE, SIDE, 3) uint8 -> (EDGES,) float32 of length 1 (or 0): square roots of edge energy."""
    grey = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), (0, 0), 1.2).astype(np.float32)
    dx = cv2.Sobel(grey, cv2.CV_32F, 1, 0)
    dy = cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    strength = np.sqrt(np.hypot(dx, dy))  # a faint line counts nearly as much as a strong one
    way = (np.arctan2(dy, dx) % np.pi) / np.pi * WAYS
    low = np.floor(way).astype(int)
    part = way - low
    planes = np.zeros((WAYS, SIDE, SIDE), np.float32)
    rows, columns = np.indices(low.shape)
    np.add.at(planes, (low % WAYS, rows, columns), strength * (1 - part))
    np.add.at(planes, ((low + 1) % WAYS, rows, columns), strength * part)
    blurred = [cv2.resize(p, (CELLS, CELLS), interpolation=cv2.INTER_AREA) for p in planes]
    return _unit(np.sqrt(np.stack(blurred)).ravel())


def colours(small: np.ndarray) -> np.ndarray:
    """(COLOURS,) float32: the mean colour of each cell of a grid in CIELAB, about -1..1."""
    grid = cv2.resize(small, (GRID, GRID), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor((grid / np.float32(255)).astype(np.float32), cv2.COLOR_RGB2LAB)
    return np.asarray((lab / np.array([100, 60, 60], np.float32)).ravel() - np.float32(0))


def histogram(small: np.ndarray) -> np.ndarray:
    """(HISTOGRAM,) float32 of length 1: square roots of the shares of BINS^3 colours."""
    level = small.astype(np.uint16) * BINS >> 8
    codes = (level[..., 0] * BINS + level[..., 1]) * BINS + level[..., 2]
    counts = np.bincount(codes.ravel(), minlength=HISTOGRAM).astype(np.float32)
    return _unit(np.sqrt(counts))


def _unit(values: np.ndarray) -> np.ndarray:
    length = float(np.linalg.norm(values))
    return np.asarray(values / length if length else values, np.float32)
