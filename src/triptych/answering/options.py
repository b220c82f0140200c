"""Options that are ticked: what `detectors/ticks` saw beside each box, and the signs that a text has for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from triptych.answering.layout import Layout, Segment, Span
from triptych.types import Region

_STATES = {"ticked": True, "unticked": False}
_SIGN = re.compile(
    r"(?:\[(?P<in>[ xX✓✔]?)\]|\((?P<round>[ xX•])\)|(?P<drawn>[☐☑☒✓✔✗□■○●◉◯▢]))\s*(?P<said>[^\[\]()☐☑☒✓✔✗□■○●◉◯▢|]+)"
)
_SET = frozenset("xX✓✔☑☒✗■●◉•")
_OVER = 2.5  # heights: how far a heading may stand over its list of options


class Option(NamedTuple):
    """An option, where it stands in the text, and whether it is ticked."""

    span: Span
    ticked: bool


class Choice(NamedTuple):
    """What is chosen from, and the options."""

    name: str
    label: Span
    options: tuple[Option, ...]

    @property
    def chosen(self) -> tuple[Span, ...]:
        """The options that are ticked."""
        return tuple(option.span for option in self.options if option.ticked)


@lru_cache(maxsize=64)
def choices(layout: Layout) -> tuple[Choice, ...]:
    """The choices of a page, from the top."""
    if not len(layout.boxes):
        return tuple(_in_lines(layout))
    regions = [r for r in layout.page.regions if r.name in _STATES]
    if not regions:
        return tuple(_in_lines(layout))
    found = [(*said, _STATES[region.name]) for region in regions if (said := _where(layout, region))]
    return tuple(_by_row(layout, found))


def _in_lines(layout: Layout) -> Iterator[Choice]:
    """Lines with signs for boxes: Colour: [x] red [ ] blue."""
    for line in layout.segments:
        signs = list(_SIGN.finditer(line.text))
        name = line.text[: signs[0].start()].strip(" -*:") if signs else ""
        if name and len(signs) > 1:
            options = tuple(
                Option(
                    (
                        line.start + m.start("said"),
                        line.start + m.start("said") + len(m["said"].rstrip(" ,;")),
                    ),
                    _is_set(m),
                )
                for m in signs
            )
            yield Choice(name, (line.start, line.start + signs[0].start()), options)


def _is_set(sign: re.Match[str]) -> bool:
    return (sign["in"] or sign["round"] or sign["drawn"] or " ") in _SET


def _where(layout: Layout, region: Region) -> tuple[Segment, Span] | None:
    """The words of an option, and its characters: OCR may have read the mark as a part of a word."""
    text = layout.text
    spans = text.spans[text.inside(region.box)].tolist()
    if not spans:
        return None
    at = text.text.find(region.text, spans[0][0], spans[-1][1])
    home = next((s for s in layout.segments if s.start <= at < s.end), None)
    span = (at, at + len(region.text))
    return None if home is None else (layout.part(home, *span), span)


def _by_row(layout: Layout, found: Sequence[tuple[Segment, Span, bool]]) -> Iterator[Choice]:
    """Options of one row, with the words before or over them."""
    rows: list[list[tuple[Segment, Span, bool]]] = []
    for option in sorted(found, key=lambda f: f[0].middle):
        if rows and option[0].middle < rows[-1][0][0].y1:
            rows[-1].append(option)
        else:
            rows.append([option])
    for row in _listed(rows):
        label = _before(layout, row[0][0])
        if label is not None and len(row) > 1 and (_in_row(row) or _heads(layout, label)):
            options = tuple(Option(span, ticked) for _, span, ticked in row)
            yield Choice(label.text, (label.start, label.end), options)


def _in_row(options: Sequence[tuple[Segment, Span, bool]]) -> bool:
    return options[1][0].middle < options[0][0].y1


def _heads(layout: Layout, label: Segment) -> bool:
    """Whether a label stands alone over a list: what has a value beside it names that."""
    return label.text.rstrip().endswith((":", "?")) and not layout.right_of(label)


def _listed(rows: Sequence[list[tuple[Segment, Span, bool]]]) -> Iterator[list[tuple[Segment, Span, bool]]]:
    """Rows of options, from the left; options one below the other are one list."""
    listed: list[tuple[Segment, Span, bool]] = []
    for row in rows:
        row.sort(key=lambda f: f[0].x0)
        if len(row) == 1 and listed and _follows(listed[-1][0], row[0][0]):
            listed.append(row[0])
            continue
        if listed:
            yield listed
        listed = row if len(row) == 1 else []
        if not listed:
            yield row
    if listed:
        yield listed


def _follows(above: Segment, below: Segment) -> bool:
    return (
        below.middle - above.middle < _OVER * above.height and abs(above.x0 - below.x0) < 1.5 * above.height
    )


def _before(layout: Layout, first: Segment) -> Segment | None:
    """The words left of the first option of a row, else those over it."""
    home = next(s for s in layout.segments if s.start <= first.start < s.end)
    name = layout.text.text[home.start : first.start].rstrip(" □☐○◯口O")
    if sum(map(str.isalpha, name)) > 2:
        return layout.part(home, home.start, home.start + len(name))
    return next(iter([*layout.left_of(first)[:1], *layout.above(first, _OVER)[:1]]), None)
