"""What on a page is not to be believed: words that nobody sees on it, and words that speak to a model.

Neither is shown to the model as text, and neither supports a sentence. This is the second line of defence: a page
may still say something false in plain sight, and then the answer cites that page for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from triptych.grounding.orders import addressed
from triptych.grounding.plain import harmless
from triptych.pages.hidden import hides
from triptych.types import Hit, Page


@dataclass(frozen=True, slots=True)
class Doubt:
    """Characters `[start, end)` of a page, and why they are not believed: hidden, or to a model."""

    start: int
    end: int
    why: str


HIDDEN, TO_A_MODEL = "hidden", "to a model"


def doubts(page: Page) -> tuple[Doubt, ...]:
    """What of a page's text is not believed, by place."""
    hidden = page.meta.get("hidden") or {}
    found = [Doubt(int(a), int(b), HIDDEN) for a, b in hidden.get("spans", ())]
    found += [Doubt(a, b, TO_A_MODEL) for a, b in addressed(page.text.text)]
    return tuple(sorted(found, key=lambda d: (d.start, d.end)))


def warning(hit: Hit, page: Page) -> str:
    """What people are told about a page among the evidence, in one sentence; "" for most pages."""
    place = (
        f"{harmless(PurePath(hit.source).name)}, page {page.number},"  # names of files are foreign words, too
    )
    if hides(page):
        return f"{place} holds text that nobody sees on the page; it was not used."
    return (
        f"{place} holds words that speak to a model instead of a reader." if addressed(page.text.text) else ""
    )
