"""Answers as people see them: the cited pages drawn with their quotes boxed, and a page of HTML around them.

    Showing(pictures).pictures(answer) -> PIL images      one for each cited page, numbered like the citations
    Showing(pictures).page(answer) -> str                 an HTML file that stands alone: no script, no request

Everything that comes from files, questions or models is escaped.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from triptych.display.markup import data_uri, page
from triptych.display.markup import text as _text
from triptych.display.pictures import Pictures
from triptych.types import Answer, Citation, Statement

if TYPE_CHECKING:
    from PIL.Image import Image

_STYLE = """
:root { color-scheme: light dark; --ground: #f4f5f7; --card: #fff; --ink: #1b1f24; --soft: #646c76; --line: #dfe3e8;
  --warn: #8a5a00; --warm: #fff4d6 }
@media (prefers-color-scheme: dark) { :root { --ground: #14171c; --card: #1d2128; --ink: #e7eaee; --soft: #99a3af;
  --line: #303742; --warn: #ffd27a; --warm: #3a2e10 } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 28px 20px 60px; max-width: 1020px; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
"""
_INNER = """
.tt-answer h1 { margin: 0 0 10px; font-size: 21px; font-weight: 650 }
.tt-answer .said { margin: 0 0 14px; font-size: 19px }
.tt-answer .said sup { font-size: 12px; font-weight: 650; margin-left: 1px }
.tt-answer a { color: inherit; text-decoration: none }
.tt-answer .soft { color: var(--soft, #646c76); font-size: 14px }
.tt-answer .warn { margin: 6px 0; padding: 6px 12px; border-radius: 6px; background: var(--warm, #fff4d6);
  color: var(--warn, #8a5a00); font-size: 14px }
.tt-answer ol { list-style: none; margin: 0 0 20px; padding: 0 }
.tt-answer li { margin: 0 0 6px } .tt-answer li b { display: inline-block; min-width: 1.7em }
.tt-answer figure { margin: 0 0 22px; padding: 14px; background: var(--card, #fff); border: 1px solid var(--line, #dfe3e8);
  border-radius: 10px }
.tt-answer figure img { display: block; max-width: 100%; margin: 0 auto }
.tt-answer figcaption { margin: 0 0 10px; font-size: 14px; color: var(--soft, #646c76) }
"""
_NUMBER = re.compile(r"\[(\d+)\]")
_SIDE = 1400  # pixels of the longer side of a picture in HTML


@dataclass(frozen=True)
class Showing:
    """Shows answers of one library."""

    drawn: Pictures

    def pictures(self, answer: Answer) -> list[Image]:
        """One PIL image for each cited page that has a picture, in the order of the first citations."""
        return [picture for _, picture in self.drawn.cited(answer)]

    def together(self, answer: Answer, pictures: Sequence[Any]) -> Image:
        """Several pages side by side."""
        from triptych.display.draw import montage

        places = [f"{PurePath(c.source).name}, page {c.page}" for c, _ in self.drawn.places(answer)]
        return montage(list(zip(pictures, places, strict=True)), columns=min(3, len(pictures)))

    def fragment(self, answer: Answer) -> str:
        """The answer as a part of an HTML page, as notebooks show it."""
        return f"<style>{_INNER}</style>{self._body(answer)}"

    def page(self, answer: Answer) -> str:
        """The answer as an HTML file."""
        return page(answer.question, _STYLE + _INNER, self._body(answer))

    def _body(self, answer: Answer) -> str:
        figures = "".join(_figure(c, picture) for c, picture in self.drawn.cited(answer))
        understood = (
            f'<p class="soft">understood as: {_text(answer.understood)}</p>' if answer.understood else ""
        )
        told = answer.error.reason if answer.error is not None else answer.text
        notes = "".join(
            f'<p class="warn">{_text(w)}</p>' for w in (*_marks(answer.statements), *answer.warnings)
        )
        rounds = f", in {answer.rounds} rounds" if answer.rounds > 1 else ""
        quotes = "".join(_quote(c) for c in answer.citations)
        return (
            f'<div class="tt-answer"><h1>{_text(answer.question)}</h1>{understood}'
            f'<p class="said">{_numbered(told)}</p>{notes}<ol>{quotes}</ol>{figures}{_found(answer)}'
            f'<p class="soft">answered by {_text(answer.model)}{rounds}</p></div>'
        )


def _numbered(told: str) -> str:
    """The answer's text; numbers of citations lead to their quotes below."""
    linked = _NUMBER.sub(r'<sup><a href="#tt-\1">\1</a></sup>', _text(told).replace(" [", "["))
    return linked.replace("</sup><sup>", ", ")


def _found(answer: Answer) -> str:
    """The pages that were found, where none is cited."""
    if answer.citations:
        return ""
    places = (f"{PurePath(hit.source).name}, page {hit.page}" for hit in answer.evidence)
    return "".join(f'<p class="soft">found: {_text(place)}</p>' for place in places)


def _quote(citation: Citation) -> str:
    checked = "" if citation.verified else ' <span class="soft">(not verified)</span>'
    place = f"{_text(PurePath(citation.source).name)}, page {citation.page}"
    quote = f"“{_text(citation.quote)}”" if citation.quote else "seen in the picture"
    return (
        f'<li id="tt-{citation.n}"><b>{citation.n}</b>{quote} <span class="soft">{place}</span>{checked}</li>'
    )


def _marks(statements: Sequence[Statement]) -> list[str]:
    """What people should know of single sentences."""
    derived = sum(s.status == "derived" for s in statements)
    return ["Calculated from cited figures: check the sum."] if derived else []


def _figure(first: Citation, picture: Image) -> str:
    shown = picture.copy()
    shown.thumbnail((_SIDE, _SIDE))
    data = io.BytesIO()
    shown.save(data, "WEBP", quality=82, method=4)
    place = f"{_text(PurePath(first.source).name)}, page {first.page}"
    return f'<figure><figcaption>{place}</figcaption><img src="{data_uri(data.getvalue())}" alt="{place}"></figure>'
