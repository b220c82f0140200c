"""The worst losses as cards of HTML: the query, what was expected, what came first, and who found it where."""

from __future__ import annotations

from collections.abc import Sequence

from triptych.display.markup import data_uri, text
from triptych.evaluation.losses import Loss, Shown


def gallery(losses: Sequence[Loss]) -> str:
    """One card a query; "" where nothing was lost."""
    if not losses:
        return ""
    cards = "".join(map(_card, losses))
    return (
        '<section><h3>Worst losses</h3><p class="soft">The queries with the lowest fused nDCG@10; of equals '
        "those first that a single signal got right.</p>"
        f'<div class="losses">{cards}</div></section>'
    )


def _card(loss: Loss) -> str:
    question = loss.question
    asked = f'<img class="asked" src="{data_uri(loss.picture)}" alt="the query">' if loss.picture else ""
    words = f"<q>{text(question.text)}</q>" if question.text else "<em>this picture</em>"
    ranks = "".join(
        f"<li{' class=none' if rank is None else ''}>{name} <b>{'–' if rank is None else rank}</b></li>"
        for name, rank in loss.ranks.items()
    )
    pages = _shown(loss.expected, "expected", "no document is right")
    pages += _shown(loss.first, "came first", "nothing came")
    return (
        f'<article><div class="query">{asked}<p>{words}</p></div>'
        f'<p class="ranks"><b class="value">{loss.value:.2f}</b> right one at rank</p><ul>{ranks}</ul>'
        f'<div class="pair">{pages}</div></article>'
    )


def _shown(page: Shown | None, said: str, otherwise: str) -> str:
    if page is None:
        return f'<figure class="empty">{otherwise}</figure>'
    seen = f'<img src="{data_uri(page.picture)}" alt="page {page.page}">' if page.picture else ""
    blank = "" if seen else f'<div class="blank">{text(page.text)}</div>'
    name = f"{page.document}, page {page.page}" if page.page > 1 else page.document
    return f"<figure>{seen}{blank}<figcaption><b>{said}</b> {text(name)}</figcaption></figure>"
