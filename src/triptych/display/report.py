"""Search results as one HTML file: pictures of the pages, boxes, marked words, a bar for each signal.

The file stands alone: no script, no request to anywhere (its content policy forbids both), and
everything that comes from files or queries is escaped. Knows nothing of libraries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from triptych.display.markup import data_uri, page
from triptych.display.markup import text as _text
from triptych.types import SIGNALS, Box, Hit, SignalScore

Picture = Callable[[Hit], bytes | None]  # WebP, PNG or JPEG of the hit's page; None: nothing to see

_STYLE = """
:root { color-scheme: light dark; --ground: #f4f5f7; --card: #fff; --ink: #1b1f24; --soft: #646c76; --line: #dfe3e8;
  --mark: #ffe08a; --box: #d9480f; --tint: #d9480f2e; --bar: #1d4ed8; --track: #e6eaf0 }
@media (prefers-color-scheme: dark) { :root { --ground: #14171c; --card: #1d2128; --ink: #e7eaee; --soft: #99a3af;
  --line: #303742; --mark: #6b4d00; --box: #ff8a4c; --tint: #ff8a4c33; --bar: #6ea0ff; --track: #2b323d } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 28px 20px 60px; max-width: 1020px; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
h1 { margin: 0; font-size: 23px; font-weight: 650 } h2 { margin: 0; font-size: 17px; font-weight: 620 }
.note { margin: 4px 0 22px; color: var(--soft); font-size: 14px }
article { display: flex; gap: 20px; margin: 0 0 16px; padding: 18px; background: var(--card);
  border: 1px solid var(--line); border-radius: 10px }
.page { position: relative; flex: 0 0 190px; align-self: flex-start; border: 1px solid var(--line) }
.sheet { position: relative } .sheet img { display: block; width: 100% }
.sheet i { position: absolute; outline: 1.5px solid var(--box); outline-offset: 1px; border-radius: 1px;
  background: var(--tint) }
.page a { position: absolute; inset: 0; cursor: zoom-in } .page .shut { display: none }
.page:target { position: fixed; inset: 0; z-index: 1; padding: 2vh 2vw; border: 0; background: #000c; overflow: auto }
.page:target .sheet { width: min(96vw, 1000px); margin: 0 auto }
.page:target .shut { display: block; position: fixed; cursor: zoom-out }
.blank { padding: 46px 8px; color: var(--soft); font-size: 13px; text-align: center }
.text { flex: 1; min-width: 0 }
.where { margin: 1px 0 9px; color: var(--soft); font-size: 14px }
blockquote { margin: 0 0 12px; white-space: pre-wrap }
mark { padding: 0 2px; border-radius: 3px; background: var(--mark); color: inherit }
table { border-spacing: 0 3px; font-size: 13px; color: var(--soft) } td { padding: 0 14px 0 0 }
.bar { width: 130px; height: 8px; border-radius: 4px; background: var(--track); overflow: hidden }
.bar b { display: block; height: 100%; border-radius: 4px; background: var(--bar) }
@media (max-width: 620px) { article { flex-direction: column } .page { flex-basis: auto; width: 100% } }
"""


def to_html(
    query: str,
    hits: Sequence[Hit],
    picture: Picture,
    seconds: float | None = None,
    *,
    match: bool | None = None,
) -> str:
    """The page for `query`. `picture` is asked once for each hit; a click on a page enlarges it. `match` is False
    where the hits are only the nearest."""
    found = f"{len(hits)} page{'s' * (len(hits) != 1)}" if hits else "Nothing in the library matches."
    if hits and match is False:
        found = f"Nothing in the library matches well; nearest: {found}"
    took = f" in {seconds * 1000:.0f} ms" if seconds is not None and hits else ""
    cards = "\n".join(_card(hit, picture(hit)) for hit in hits)
    body = f'<h1>{_text(query)}</h1>\n<p class="note">{found}{took}</p>\n{cards}'
    return page(query, _STYLE, body)


def _card(hit: Hit, data: bytes | None) -> str:
    name = f"hit{hit.rank}"
    place = " · ".join(
        [_text(hit.source), f"page {hit.page}", *([_text(hit.section)] if hit.section else [])]
    )
    rows = "".join(_signal(signal, hit.signals.get(signal)) for signal in SIGNALS)
    return (
        f'<article id="{name}">{_page(hit, data, name)}<div class="text">'
        f"<h2>{hit.rank}. {_text(hit.title or hit.source)}</h2>"
        f'<p class="where">{place} · score {hit.score:.3f}</p>'
        f"<blockquote>{_marked(hit.snippet, hit.marks)}</blockquote>{_caption(hit)}"
        f"<table>{rows}</table></div></article>"
    )


def _caption(hit: Hit) -> str:
    """The caption that was found, unless it is what the snippet quotes."""
    told = hit.caption and hit.caption != hit.snippet
    return f'<p class="where">described as: {_text(hit.caption)}</p>' if told else ""


def _page(hit: Hit, data: bytes | None, name: str) -> str:
    if data is None:
        return '<div class="page"><div class="blank">text without pages</div></div>'
    inner = f'<img src="{data_uri(data)}" alt="page {hit.page}">{"".join(map(_box, hit.boxes))}'
    return (
        f'<div class="page" id="{name}-page"><div class="sheet">{inner}</div>'
        f'<a href="#{name}-page" title="enlarge"></a><a class="shut" href="#{name}" title="close"></a></div>'
    )


def _box(box: Box) -> str:
    left, top, right, bottom = (100 * min(1.0, max(0.0, v)) for v in box)
    style = f"left:{left:.2f}%;top:{top:.2f}%;width:{right - left:.2f}%;height:{bottom - top:.2f}%"
    return f'<i style="{style}"></i>'


def _signal(name: str, score: SignalScore | None) -> str:
    """One row; signals that did not find the page are left out."""
    if score is None:
        return ""
    share = 100 * min(1.0, max(0.0, score.norm))
    return (
        f'<tr><td>{name}</td><td><div class="bar"><b style="width:{share:.0f}%"></b></div></td>'
        f"<td>rank {score.rank}</td><td>raw {score.raw:.3f}</td><td>weight {score.weight:.2f}</td></tr>"
    )


def _marked(snippet: str, marks: Sequence[tuple[int, int]]) -> str:
    parts, at = [], 0
    for start, end in sorted(marks):
        start = max(start, at)
        if end > start:
            parts += [_text(snippet[at:start]), f"<mark>{_text(snippet[start:end])}</mark>"]
            at = end
    return "".join([*parts, _text(snippet[at:])])
