"""What was noted of a page when it was read (detectors/fields): its date, its number and who made it out.

A receipt prints its date and its shop without a label, so no label that a question asks for leads to them.
"""

from __future__ import annotations

import re

from triptych.types import Page, Region

# What people call them -> the name of the region.
_CALLED = tuple(
    (re.compile(rf"(?:{pattern})", re.IGNORECASE), name)
    for pattern, name in (
        (
            r"(?:(?:invoice|receipt|bill|purchase|issue|transaction|document)\s+)?(?:date|day)(?!\s+due)"
            r"|(?:rechnungs|beleg)?datum|fecha|data(?=\s)",
            "date",
        ),
        (
            r"(?:invoice|receipt|bill|document)(?:'s)?\s+(?:number|no|nr|id)|(?:rechnungs|beleg)nummer",
            "invoice number",
        ),
        (
            r"(?:name\s+of\s+the\s+)?(?:company|seller|vendor|merchant|shop|store|supplier|issuer|verkäufer|firma)(?:\s+name)?",
            "company",
        ),
    )
)


def noted(page: Page, label: str) -> tuple[tuple[int, int], ...]:
    """Spans of the text of the field that `label` names, one a line; () where none was noted."""
    name = next((name for called, name in _CALLED if called.fullmatch(label.strip())), "")
    region = next((region for region in page.regions if region.name == name and region.text), None)
    return () if region is None else _spans(page, region)


def _spans(page: Page, region: Region) -> tuple[tuple[int, int], ...]:
    """Runs of the words whose middle stands in the region."""
    text = page.text
    runs: list[tuple[int, int]] = []
    for start, end in text.spans[text.inside(region.box)].tolist():
        if runs and not text.text[runs[-1][1] : start].strip():
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    return tuple(runs)
