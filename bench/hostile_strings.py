"""Hostile strings and script payloads, made by rule: what file names, texts, captions and questions may hold.

`strings()` are what breaks programs (560), `payloads()` what attacks pages (60). Each payload sets `window.hit`
when a browser runs it.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterator

STRINGS, PAYLOADS = 560, 60
_RUN = "window.hit=1"


def payloads() -> list[str]:
    """Markup and addresses that run a script wherever text is taken for HTML, an attribute or a link."""
    handlers = (
        "onerror",
        "onload",
        "onfocus",
        "onmouseover",
        "ontoggle",
        "onanimationstart",
        "onpointerenter",
    )
    tags = (
        "<img src=x {}={}>",
        "<svg {}={}>",
        "<body {}={}>",
        "<details open {}={}>",
        "<input autofocus {}={}>",
        '"><video src=x {}={}>',
    )
    found = [tag.format(handler, _RUN) for tag, handler in itertools.product(tags, handlers)]
    found += [
        f"<script>{_RUN}</script>",
        f"<SCRIPT>{_RUN}</SCRIPT>",
        f"</title><script>{_RUN}</script>",
        f"</textarea><script>{_RUN}</script>",
        f"--><script>{_RUN}</script>",
        f"']]><script>{_RUN}</script>",
        f"<scr<script>ipt>{_RUN}</scr</script>ipt>",
        f"<iframe srcdoc='<script>parent.{_RUN}</script>'></iframe>",
        f"<iframe src=javascript:{_RUN}></iframe>",
        f"<a href=javascript:{_RUN} autofocus onfocus=click()>x</a>",
        f"<a href='java\tscript:{_RUN}'>x</a>",
        f"<object data=javascript:{_RUN}></object>",
        f"<math><mtext></p><img src onerror={_RUN}></mtext></math>",
        f"<style>@import'javascript:{_RUN}'</style>",
        f"<meta http-equiv=refresh content='0;url=javascript:{_RUN}'>",
        f"<form action=javascript:{_RUN}><button autofocus>x</button></form>",
        f"javascript:{_RUN}",
        f"{{{{constructor.constructor('{_RUN}')()}}}}",
    ]
    assert len(found) == PAYLOADS, len(found)
    return found


def strings() -> list[str]:
    """Signs of every kind that Unicode has, numbers, paths, formats, commands: each string once."""
    found: dict[str, None] = {}
    for string in _all():
        found[string] = None
        if len(found) == STRINGS:
            break
    return list(found)


def _all() -> Iterator[str]:
    yield from _WORDS
    for start, mark, end in itertools.product(("", "a", "\u05d0", "漢"), _MARKS, ("", "b.pdf")):
        yield f"{start}{mark}{end}{mark}"
    for category, signs in sorted(_by_category().items()):
        for size in (1, 3, 40):
            yield f"{category} {''.join(signs[:size])}"
    for number in itertools.count():
        yield f"e{chr(0x300 + number % 80) * (1 + number % 30)} {number}"


# Marks that turn the direction of writing, join, hide or combine; and controls.
_MARKS = [
    *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200c\u200d\u200e\u200f\u061c\ufeff\u00ad\u2028\u2029",
    *"\u0001\u0007\u0008\u000b\u000c\u001b\u007f\u0085\u009b\ufffd\ufffe\U000e0001\U000e0041\u180e\u034f\u3164\uffa0",
]
_WORDS = [
    "undefined", "null", "NULL", "None", "nil", "true", "NaN", "Infinity", "-1", "0", "1E+1000", "0x0", "__proto__",
    "constructor", "toString", "hasOwnProperty", "[object Object]", "${7*7}", "#{7*7}", "{{7*7}}", "<%= 7*7 %>", "%s%n%x",
    "%00", "%2e%2e%2f", "../../etc/passwd", "..\\..\\windows", "file:///etc/passwd", "http://example.invalid/x", "//example.invalid",
    "'; DROP TABLE asset; --", "\" OR 1=1 --", "' UNION SELECT 1", "$(touch x)", "`id`", "| ls", "; rm -rf x", "&& dir",
    "=1+1", "@SUM(1)", "+cmd|x", "[x](http://example.invalid)", "![x](http://example.invalid/x.png)", "**bold**", "# title",
    "<b>bold</b>", "&lt;b&gt;", "&amp;amp;", "&#60;b&#62;", "&nbsp;", "<!-- comment -->", "<![CDATA[x]]>", "<?php x ?>",
    "\\u003cb\\u003e", "\\x3cb\\x3e", "\\n\\r\\t", "a\tb", "a\nb", " lead", "trail ", "a" * 180, "W" * 120, "mm " * 60,
    "Ω≈ç√∫˜µ≤≥÷", "田中さんにあげて下さい", "مرحبا بالعالم", "שלום עולם", "สวัสดีชาวโลก", "नमस्ते", "ﷺ", "ﷺﷺﷺ", "Z̷̢̛a̴͠l̸̕g̶͝o̵͐",
    "👩‍👩‍👧‍👦", "🏳️‍🌈", "👋🏿", "🇩🇪🇫🇷", "1️⃣", "ʇxǝʇ", "𝕿𝖊𝖝𝖙", "ｆｕｌｌ", "①②③", "ﬁﬂ", "İıſß", "Å", "A\u030a",
    "CON", "PRN", "aux.txt", "com1", ".htaccess", ".", "..", "...", "-rf", "--help", "~", "*", "?", "|", ":", ";", "!", "^",
    '"', "'", "''", '"""', "`", "\\", "\\\\", "(", ")", "[", "]", "{", "}", "[1]", "[1] [2]", "[99]", "(( ))",
]  # fmt: skip


def _by_category() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for code in itertools.chain(range(0x20, 0x3000), range(0x1F300, 0x1F600)):
        if not 0xD800 <= code < 0xE000:
            found.setdefault(unicodedata.category(chr(code)), []).append(chr(code))
    return found
