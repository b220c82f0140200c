"""Everything that is measured on a picture, before any weight that we fitted: see `Features`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from triptych.encoders import _look_backbone, _look_colours, _look_shapes
from triptych.encoders._look_backbone import Backbone


class Features(NamedTuple):
    """One row for each picture, in order; all float32."""

    backbone: np.ndarray  # (n, _look_backbone.DIM) pooled stages of the network
    aspect: np.ndarray  # (n, 1) logarithm of width over height
    shares: np.ndarray  # (n, _look_colours.BASIC) of each basic colour, together 1
    evidence: np.ndarray  # (n, _look_colours.DIM) of colour names, length 1
    edges: np.ndarray  # (n, _look_shapes.EDGES) by place and direction, length 1
    histogram: np.ndarray  # (n, _look_shapes.HISTOGRAM) of the colours in the middle, length 1


def features(images: Sequence[np.ndarray], backbone: Backbone) -> Features:
    """Of uint8 RGB pictures of any size, at least one. A row does not depend on the other pictures."""
    with ThreadPoolExecutor(backbone.streams) as pool:
        fitted = list(pool.map(_look_backbone.fit, images))
        rows = np.empty((len(images), _look_backbone.DIM), np.float32)

        def run(batch: Sequence[int]) -> None:
            rows[batch] = backbone(np.stack([fitted[i] for i in batch]))

        list(pool.map(run, _look_backbone.batches(fitted)))  # to the end, and to raise what was raised
        looks = list(pool.map(_look, fitted))
    aspect = np.array([[math.log(image.shape[1] / image.shape[0])] for image in images], np.float32)
    return Features(rows, aspect, *(np.stack(column) for column in zip(*looks, strict=True)))


def _look(fitted: np.ndarray) -> tuple[np.ndarray, ...]:
    small = _look_shapes.square(fitted)
    share = _look_colours.shares(fitted)
    return (
        share,
        _look_colours.evidence(fitted, share),
        _look_shapes.edges(small),
        _look_shapes.histogram(small),
    )
