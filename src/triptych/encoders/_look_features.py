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
        rows = list(pool.map(lambda image: _row(image, backbone), images))
    return Features(*(np.stack(column) for column in zip(*rows, strict=True)))


def _row(image: np.ndarray, backbone: Backbone) -> Features:
    """The same for one picture, without the first axis."""
    fitted = _look_backbone.fit(image)
    small = _look_shapes.square(fitted)
    share = _look_colours.shares(fitted)
    return Features(
        backbone(fitted),
        np.array([math.log(image.shape[1] / image.shape[0])], np.float32),
        share,
        _look_colours.evidence(fitted, share),
        _look_shapes.edges(small),
        _look_shapes.histogram(small),
    )
