"""The kinds of pictures that `look` can name, and how sure it may be of one.

A linear classifier over the meaning block, fitted to generated pictures with the head (recipes/build_look.py).
Kinds that are easily mistaken for one another stand in one group: where no kind is sure, the group may be.
"""

from __future__ import annotations

import numpy as np

# kind -> its group. The order is that of the classifier's columns.
GROUP = {
    "receipt": "document",
    "invoice": "document",
    "form": "document",
    "letter": "document",
    "report page": "document",
    "financial table page": "document",
    "table": "table",
    "spreadsheet": "table",
    "bar chart": "chart",
    "stacked bar chart": "chart",
    "line chart": "chart",
    "pie chart": "chart",
    "scatter chart": "chart",
    "area chart": "chart",
    "dashboard": "chart",
    "screenshot": "screenshot",
    "dialog": "screenshot",
    "login page": "screenshot",
    "web page": "screenshot",
    "code": "screenshot",
    "menu": "screenshot",
    "slide": "slide",
    "diagram": "diagram",
    "map": "map",
    "logo": "drawing",
    "sketch": "drawing",
    "cartoon": "drawing",
    "painting": "picture",
    "handwriting": "document",
    "photo": "photo",
    "landscape photo": "photo",
    "product photo": "photo",
}
NAMES = tuple(GROUP)
SURE = 0.6  # confidence from which a kind, or else its group, is named (docs/log/look.md)


def named(logits: np.ndarray) -> list[tuple[str, float]]:
    """(n, len(NAMES)) logits -> for each row the kind, or its group where no kind is sure, and how sure: 0..1.

    Below SURE the likeliest kind is returned all the same: what to do with it is up to the caller.
    """
    shares = np.exp(logits - logits.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    return [_best(row) for row in shares]


def _best(shares: np.ndarray) -> tuple[str, float]:
    kind = int(shares.argmax())
    if shares[kind] >= SURE:
        return NAMES[kind], float(shares[kind])
    groups: dict[str, float] = {}
    for name, share in zip(NAMES, shares, strict=True):
        groups[GROUP[name]] = groups.get(GROUP[name], 0.0) + float(share)
    group = max(groups, key=groups.__getitem__)
    return (group, groups[group]) if groups[group] >= SURE else (NAMES[kind], float(shares[kind]))
