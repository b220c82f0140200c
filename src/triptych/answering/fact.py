"""A fact of a page: a value, and the words that say what it is."""

from __future__ import annotations

from typing import NamedTuple

from triptych.answering.layout import Span

# How a fact was found: the order of the page states it (tables, charts, ticks, forms); a label is printed near the
# value; both stand on one line without a mark between them; a phrase or a whole sentence says it; it stands in a row;
# a line opens with words that may be its label.
STATED, PRINTED, INLINE, SAID, SENTENCE = "stated", "printed", "inline", "said", "sentence"
ROW, OPENING = "row", "opening"


class Fact(NamedTuple):
    """A value, one span a line, and its label. In a table the label is the head of its column, and one of
    `keys` names its row."""

    value: tuple[Span, ...]
    name: str
    keys: tuple[str, ...] = ()
    label: Span | None = None  # where the label stands, if it does
    lie: float = 0.9  # how well the two lie together, 0 to about 1
    how: str = STATED
