"""Times of the day, however they are written: 20:34, 8.34 pm, 8 p.m., 20h34, 20.34 Uhr."""

from __future__ import annotations

import re
from collections.abc import Iterator

TIME = re.compile(
    r"(?<![\d.,:/])(?P<h>[01]?\d|2[0-4])(?:"
    r"(?P<colon>:|[ \u00a0]?h[ \u00a0]?(?=\d))(?P<m>[0-5]\d)(?::[0-5]\d)?(?:[ \u00a0]?(?P<half>[ap]\.?m\b\.?))?"
    r"|\.(?P<m2>[0-5]\d)(?=[ \u00a0]?(?:[ap]\.?m\b|Uhr\b))[ \u00a0]?(?:(?P<half2>[ap]\.?m\b\.?)|Uhr\b)"
    r"|[ \u00a0]?(?P<half3>[ap]\.?m\b\.?)|[ \u00a0]Uhr\b)(?![\d:])",
    re.IGNORECASE,
)


def times(text: str) -> Iterator[tuple[tuple[int, int], int]]:
    """(span, minutes since midnight) of each time in `text`."""
    for m in TIME.finditer(text):
        hour, minute = int(m["h"]), int(m["m"] or m["m2"] or 0)
        half = (m["half"] or m["half2"] or m["half3"] or "").lower()
        if half:
            if not 1 <= hour <= 12:
                continue
            hour = hour % 12 + (12 if half.startswith("p") else 0)
        yield m.span(), (60 * hour + minute) % 1440
