"""Captions that say the same are given once."""

from __future__ import annotations

from collections.abc import Sequence

MOST = 3  # captions of a picture
_ALIKE = 0.7  # share of words in common (Jaccard) from which two captions say the same


def different(captions: Sequence[str]) -> tuple[str, ...]:
    """At most three of `captions`: the first, and those after it that share few words with the chosen ones."""
    chosen: list[str] = []
    for caption in captions:
        if caption and len(chosen) < MOST and all(_common(caption, other) < _ALIKE for other in chosen):
            chosen.append(caption)
    return tuple(chosen)


def _common(one: str, other: str) -> float:
    a, b = set(one.split()), set(other.split())
    return len(a & b) / max(1, len(a | b))
