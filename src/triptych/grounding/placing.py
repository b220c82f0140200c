"""Where on a page stands what bears a clause."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from triptych.grounding.claim import NAME, QUOTE, Claim
from triptych.grounding.sheet import Sheet, Span, nearest


@dataclass(frozen=True, slots=True)
class Place:
    """What of an item bears a clause: characters of its page."""

    number: int
    spans: tuple[Span, ...]
    value: tuple[Span, ...]  # those of figures, days, codes and quotations


def placed(
    number: int, sheet: Sheet, found: Sequence[tuple[Claim, list[Span]]], words: Sequence[str]
) -> Place:
    """One place for each claim: of several the one nearest to the others and to the clause's words."""
    sure = [span for claim, spans in found if claim.kind == QUOTE for span in spans]
    sure += [spans[0] for claim, spans in found if claim.kind != QUOTE and len(spans) == 1]
    around = sure + [span for word in words for span in sheet.words.get(word, ())]
    chosen: list[Span] = []
    value: list[Span] = []
    for claim, spans in found:
        here = list(spans) if claim.kind == QUOTE else [nearest(spans, around)]
        chosen += here
        if claim.kind != NAME:
            value += here
    labels = [span for word in words for span in sheet.words.get(word, ()) if _on_line(sheet, span, value)]
    return Place(number, runs(sheet, [*chosen, *labels]), tuple(sorted(set(value))))


def _on_line(sheet: Sheet, span: Span, value: Sequence[Span]) -> bool:
    """Whether a word stands before a value on its line."""
    return any(span[1] <= v[0] and "\n" not in sheet.text[span[0] : v[0]] for v in value)


def runs(sheet: Sheet, spans: Iterable[Span]) -> tuple[Span, ...]:
    """Whole words of spans in order, those joined that touch or that a few characters of one line part."""
    runs: list[Span] = []
    for start, end in sorted({sheet.whole(*span) for span in spans}):
        if runs and (
            start <= runs[-1][1]
            or (start - runs[-1][1] <= 24 and "\n" not in sheet.text[runs[-1][1] : start])
        ):
            runs[-1] = (runs[-1][0], max(end, runs[-1][1]))
        else:
            runs.append((start, end))
    return tuple(runs)
