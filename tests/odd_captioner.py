"""A captioner of another package: it names the main colour of a picture, and needs its pixels for that."""

from __future__ import annotations

from collections.abc import Sequence

from triptych.seams import Seen

WORDS = ("a ripe tomato on a plate", "a lawn in summer", "the sea on a clear day")  # red, green, blue


def load(argument: str = "") -> Colours:
    return Colours()


class Colours:
    name, side, prompt = "colours 1", 64, ""

    def captions(self, seen: Sequence[Seen]) -> list[tuple[str, ...]]:
        found = []
        for one in seen:
            assert one.pixels is not None and max(one.pixels.shape) <= self.side
            found.append((WORDS[int(one.pixels.mean(axis=(0, 1)).argmax())],))
        return found
