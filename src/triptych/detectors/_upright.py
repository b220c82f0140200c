"""Pages as they are read, for detectors that look at what stands left, right, over and under."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from triptych.pages.orientation import on_turned, upright
from triptych.types import Box, Page, Region


def straight(page: Page, image: np.ndarray) -> tuple[Page, np.ndarray]:
    """The page and its picture, (h, w, 3), turned back: both upright."""
    if not page.turned:
        return page, image
    boxes = [on_turned(box, 360 - page.turned) for box in (Box(*b) for b in page.text.boxes.tolist())]
    text = replace(page.text, boxes=np.array(boxes, np.float32).reshape(-1, 4))
    return replace(page, text=text), upright(image, page.turned)


def as_stored(page: Page, regions: Iterable[Region]) -> list[Region]:
    """Regions of an upright page where they stand on the page as stored."""
    return [region._replace(box=on_turned(region.box, page.turned)) for region in regions]
