"""Evidence as a model gets it: numbered items of words and pictures, within budgets of tokens and of pixels.

    planned(hits, pages, ...) -> rounds of items without pictures       pure
    sized(shapes, budget, side) -> sizes                                pure

An item is a page: what is known of its file, its caption, the words on it that bear on the question, a picture of the
part that was found and one of the whole page. What does not fit into one call goes into several.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

import numpy as np

from triptych.dialogue.cost import picture_tokens, text_tokens
from triptych.dialogue.generation import LEAST as LEAST_SIDE
from triptych.dialogue.generation import padded
from triptych.grounding.distrust import doubts
from triptych.grounding.selection import compressed
from triptych.types import Box, Hit, Page
from triptych.words.terms import Query

PART, PAGE = "part", "page"  # kinds of pictures, and names of their prompts
LEAST = 120  # tokens of text that an item gets at least; below it, items go into rounds
_FRAME = 48  # tokens around an item: its number, title, the names of its pictures
_WHOLE = 0.55  # share of the page from which the part that was found is the page
_AIR = 0.06  # of the page, around the part that was found
_SMALLEST = 0.3  # of the page's width and height that a part has at least, to be understood
_WORTH = (
    128**2
)  # pixels that each of several pictures gets at least: fewer are better than ones that show nothing
_ROUNDED = 2  # pixels by which the shorter side of a picture may be longer than was worked out
THUMBNAIL = 512  # pixels of the longer side of a page beside its part


@dataclass(frozen=True)
class Packed:
    """One numbered item. `pictures` are (kind, uint8 (h, w, 3) RGB)."""

    number: int
    hit: Hit
    title: str
    page: int
    caption: str
    text: str
    pictures: tuple[tuple[str, np.ndarray], ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A picture to be drawn: of which item, of what part of its page, at most how large."""

    number: int
    kind: str
    box: Box
    side: int


@dataclass(frozen=True, slots=True)
class Budget:
    """What one call may hold: tokens of evidence, pictures included; pictures; pixels of all of them; pixels of the
    longer side of one."""

    tokens: int
    pictures: int
    pixels: int
    side: int


@dataclass(frozen=True)
class Round:
    """What one call sees."""

    items: tuple[Packed, ...]
    wanted: tuple[Wanted, ...]


def planned(hits: Sequence[Hit], pages: Sequence[Page], query: Query, budget: Budget) -> list[Round]:
    """Items in the order of `hits`, in as few rounds as the budget allows, and the pictures that each wants."""
    numbered = list(zip(range(1, len(hits) + 1), hits, pages, strict=True))
    each = max((n for n in range(1, len(hits) + 1) if _holds(budget, n)), default=1)
    shares = [numbered[i : i + each] for i in range(0, len(numbered), each)]
    return [_round(share, query, budget) for share in shares]


def _holds(budget: Budget, count: int) -> bool:
    """Whether a call can hold so many items, each with some words and, where the model takes any, a picture."""
    return count * (LEAST + _FRAME) + _picture_cost(budget, min(count, _most(budget))) <= budget.tokens


def _most(budget: Budget) -> int:
    """Pictures that a call has room for."""
    if budget.pixels < LEAST_SIDE**2:
        return 0
    return min(budget.pictures, max(1, budget.pixels // _WORTH))


def pixels_for(tokens: int) -> int:
    """Pixels of pictures that cost about so many tokens."""
    return tokens * 1_000_000 // picture_tokens(1_000_000)


def _picture_cost(budget: Budget, count: int) -> int:
    """Tokens that `count` pictures cost at the most."""
    pixels = min(budget.pixels, count * budget.side**2) if _most(budget) else 0
    return picture_tokens(pixels) + count if pixels else 0


def _round(share: Sequence[tuple[int, Hit, Page]], query: Query, budget: Budget) -> Round:
    wanted = _wanted(share, budget)
    left = budget.tokens - _picture_cost(budget, len(wanted))
    if wanted and left < len(share) * (LEAST + _FRAME):  # words before second pictures
        wanted = wanted[: len(share)]
        left = budget.tokens - _picture_cost(budget, len(wanted))
    items: list[Packed] = []
    for i, (number, hit, page) in enumerate(share):
        item = _item(number, hit, page, query, left // (len(share) - i))
        left -= item_tokens(item)
        items.append(item)
    return Round(tuple(items), tuple(_within(wanted, share, budget.pixels)))


def _item(number: int, hit: Hit, page: Page, query: Query, budget: int) -> Packed:
    """An item without its pictures, of `budget` tokens at most."""
    title = " ".join(f"{PurePath(hit.source).name} {hit.section}".split())[:160]
    bare = Packed(number, hit, title, page.number, hit.caption[:300], "")
    if item_tokens(bare) > budget:
        bare = replace(bare, caption="", title=title[: max(0, (budget - _FRAME) // 2)])
    room = budget - item_tokens(bare)
    return replace(
        bare, text=compressed(believed(page), query, room, text_tokens, hit.snippet) if room > 0 else ""
    )


def item_tokens(item: Packed) -> int:
    """Tokens of an item's words, rather too many than too few."""
    return _FRAME + text_tokens(item.title) + text_tokens(item.caption) + text_tokens(item.text)


def believed(page: Page) -> str:
    """The text of a page without what nobody sees and what speaks to a model."""
    text = page.text.text
    for doubt in reversed(doubts(page)):
        text = text[: doubt.start] + text[doubt.end :]
    return text


def _wanted(share: Sequence[tuple[int, Hit, Page]], budget: Budget) -> list[Wanted]:
    """One picture of each item, then the second ones, as many as a call takes."""
    first: list[Wanted] = []
    second: list[Wanted] = []
    for number, hit, page in share:
        if not page.width:
            continue
        part = _part(hit)
        if part is None:
            first.append(Wanted(number, PAGE, Box(0.0, 0.0, 1.0, 1.0), budget.side))
        else:
            first.append(Wanted(number, PART, part, budget.side))
            second.append(Wanted(number, PAGE, Box(0.0, 0.0, 1.0, 1.0), min(THUMBNAIL, budget.side)))
    return [*first, *second][: _most(budget)]


def _within(wanted: Sequence[Wanted], share: Sequence[tuple[int, Hit, Page]], pixels: int) -> list[Wanted]:
    """The pictures at sides with which all of them hold at most `pixels`, so that none is scaled after it was drawn."""
    known = {number: (hit, page) for number, hit, page in share}
    shapes = [_shape(one, *known[one.number]) for one in wanted]
    sizes = sized(shapes, max(pixels // 2, pixels - _ROUNDED * sum(map(max, shapes))))
    return [replace(one, side=min(one.side, max(size))) for one, size in zip(wanted, sizes, strict=True)]


def _shape(wanted: Wanted, hit: Hit, page: Page) -> tuple[int, int]:
    """(height, width) that a picture will have, to a pixel or two: what is stored as pixels is not enlarged."""
    box = wanted.box
    height, width = (box.y1 - box.y0) * page.height, (box.x1 - box.x0) * page.width
    scale = wanted.side / max(height, width)
    if hit.kind == "image":
        scale = min(scale, 1.0)
    return max(1, round(height * scale)), max(1, round(width * scale))


def _part(hit: Hit) -> Box | None:
    """The part of the page that was found, with some air around it; None when that is most of the page."""
    boxes = [hit.view.box] if hit.view is not None and hit.view.kind != "image" else list(hit.boxes)
    if not boxes:
        return None
    box = Box.around(boxes)
    x0, x1 = _grown(box.x0 - _AIR, box.x1 + _AIR)
    y0, y1 = _grown(box.y0 - _AIR, box.y1 + _AIR)
    part = Box(x0, y0, x1, y1)
    return None if part.area >= _WHOLE else part


def _grown(low: float, high: float) -> tuple[float, float]:
    """At least _SMALLEST long, and within the page."""
    lack = max(0.0, _SMALLEST - (high - low)) / 2
    low, high = low - lack, high + lack
    shift = max(0.0, -low) - max(0.0, high - 1.0)
    return max(0.0, low + shift), min(1.0, high + shift)


def sized(shapes: Sequence[tuple[int, int]], pixels: int) -> list[tuple[int, int]]:
    """(height, width) of pictures so that all of them, as they are sent, have at most `pixels` together; none is
    enlarged, and small ones stay as they are where the large ones can give way."""
    limit = float("inf")
    areas = sorted(_area(*shape) for shape in shapes)
    left = pixels
    for i, area in enumerate(areas):
        share = left / (len(areas) - i)
        if area > share:
            limit = share
            break
        left -= area
    return [_fitted(h, w, limit) for h, w in shapes]


def _area(height: int, width: int) -> int:
    """Pixels that are sent of a picture."""
    return math.prod(padded(height, width))


def _fitted(height: int, width: int, area: float) -> tuple[int, int]:
    if _area(height, width) <= area:
        return height, width
    small = _scaled(height, width, math.sqrt(area / (height * width)))
    if _area(*small) <= area:
        return small
    longest = min(area / LEAST_SIDE, 10 * math.sqrt(area))  # of a strip, whose shorter side is padded
    return _scaled(height, width, longest / max(height, width))


def _scaled(height: int, width: int, scale: float) -> tuple[int, int]:
    scale = min(scale, 1.0)
    return max(1, math.floor(height * scale)), max(1, math.floor(width * scale))
