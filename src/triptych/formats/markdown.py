"""Markdown: sections by headings, pictures by their alt text, the marks taken off the words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from triptych.formats._plain import PAGE_CHARACTERS, TextDocument, check_pages, cut, decode, encoding_of
from triptych.settings import Limits
from triptych.types import Section

_SUFFIXES = (".md", ".markdown", ".mdown", ".mkd", ".qmd", ".rmd")
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)")
_HEADING = re.compile(r"^ {0,3}(#{1,6})(?:[ \t]++|$)")
_UNDERLINE = re.compile(r"^ {0,3}(=+|-{2,})[ \t]*$")
_RULE = re.compile(r"^ {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$")
_TABLE_RULE = re.compile(r"^[ \t]*+\|?[ \t]*+:?-{2,}+:?[ \t]*+(?:\|[ \t]*+:?-{2,}+:?[ \t]*+)*+\|?[ \t]*+$")
_PICTURE = re.compile(r"!\[([^\]\n]{1,500})\]\(<?([^)>\s]{1,500})>?[^)\n]*\)")
_MOST_PICTURES = 1000  # of one file whose alt texts are kept
# Marks that open and close near each other: without a limit, a line of thousands that only open would take minutes.
_INLINE = (
    (
        re.compile(r"!\[([^\[\]\n]{0,500})\](?:\([^)\n]{0,2000}\)|\[[^\]\n]{0,500}\])"),
        r"\1",
    ),  # picture: its alt text
    (
        re.compile(r"\[([^\[\]\n]{1,500})\](?:\([^)\n]{0,2000}\)|\[[^\]\n]{0,500}\])"),
        r"\1",
    ),  # link: its words
    (re.compile(r"(?<!\w)(\*\*|__)(?=\S)([^\n]{1,500}?)(?<=\S)\1(?!\w|\.\w)"), r"\2"),  # not __init__.py
    (re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]{1,500})(?<=[^\s*])\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<!\w)_(?=[^\s_])([^_\n]{1,500})(?<=[^\s_])_(?!\w)"), r"\1"),
    (re.compile(r"(?<!`)(`{1,8})([^`\n]{1,500})\1(?!`)"), r"\2"),
    (re.compile(r"<(?:img|IMG)\b[^<>\n]{0,500}?\balt=[\"']([^\"'\n]{0,500})[\"'][^<>\n]{0,500}>"), r"\1"),
    (re.compile(r"</?[A-Za-z][^>\n]{0,300}>|<!--[^\n]{0,500}?-->"), ""),
)


def load(argument: str = "") -> MarkdownFormat:
    """The format; it has no argument."""
    return MarkdownFormat()


class MarkdownFormat:
    """See `seams.Format`. Markdown cannot be told from text by content: the name decides."""

    def sniff(self, head: bytes, name: str) -> int:
        return 2 if name.lower().endswith(_SUFFIXES) and encoding_of(head) else 0

    def open(self, path: Path, limits: Limits) -> TextDocument:
        source, encoding = decode(path, limits)
        text, sections, front = plain(source)
        meta: dict[str, Any] = {**front, "pictures": pictures(source)}
        spans = _pages(text, sections)
        check_pages(path.name, len(spans), limits)
        meta["encoding"] = encoding
        return TextDocument("markdown", "text/markdown", text, sections, spans, meta)


def pictures(source: str) -> list[list[str]]:
    """[alt text, target] of each picture that has an alt text: what people say of it."""
    found = [[alt.strip(), target] for alt, target in _PICTURE.findall(source) if alt.strip()]
    return found[:_MOST_PICTURES]


def plain(source: str) -> tuple[str, list[Section], dict[str, str]]:
    """Markdown as (text, sections, front matter). A section's title carries its parents: `Setup > Linux`."""
    meta, source = _front_matter(source)
    out: list[str] = []
    sections: list[Section] = []
    open_titles: list[tuple[int, str]] = []
    at, fence = 0, ""
    lines = source.split("\n")
    skip = False
    for i, line in enumerate(lines):
        if skip:
            skip = False
            continue
        if mark := _FENCE.match(line):
            fence = "" if fence and mark[1].startswith(fence) else fence or mark[1]
            continue
        level, title = 0, ""
        if not fence:
            level, title, skip = _heading(line, lines[i + 1] if i + 1 < len(lines) else "")
            if level:
                line = title = inline(title)
            elif _RULE.match(line) or _TABLE_RULE.match(line):
                continue
            else:
                line = inline(line)
        if level and title:
            open_titles = [(n, t) for n, t in open_titles if n < level] + [(level, title)]
            sections.append(Section(at, " > ".join(t for _, t in open_titles)[:300]))
        out.append(line)
        at += len(line) + 1
    return "\n".join(out), sections, meta


def _heading(line: str, following: str) -> tuple[int, str, bool]:
    """(level, title, whether the next line belongs to it); level 0 when the line is no heading."""
    if found := _HEADING.match(line):
        title = line[found.end() :].rstrip()
        bare = title.rstrip("#")  # the marks may come again at the end
        return len(found[1]), bare.rstrip() if not bare or bare[-1] in " \t" else title, False
    underline = _UNDERLINE.match(following)
    if underline and line.strip() and "|" not in line and not line.lstrip().startswith(("-", "*", ">", "#")):
        return (1 if underline[1][0] == "=" else 2), line.strip(), True
    return 0, "", False


def inline(line: str) -> str:
    """One line without the marks of emphasis, links, pictures, code, tags; table cells parted by bars."""
    for pattern, replacement in _INLINE:
        line = pattern.sub(replacement, line)
    return line


def _front_matter(source: str) -> tuple[dict[str, str], str]:
    """The simple `key: value` lines of a YAML head, and the rest."""
    if not source.startswith("---\n"):
        return {}, source
    end = source.find("\n---\n", 3, 20_000)
    if end < 0:
        return {}, source
    meta: dict[str, str] = {}
    for line in source[4:end].split("\n"):
        key, colon, value = line.partition(":")
        if colon and re.fullmatch(r"[A-Za-z_][\w-]*", key) and value.strip():
            meta[key.lower()] = value.strip().strip("\"'")[:300]
    return meta, source[end + 5 :]


def _pages(text: str, sections: list[Section]) -> list[tuple[int, int]]:
    """Pages that begin with a heading where that leaves none of them nearly empty."""
    borders = [s.start for s in sections]
    spans: list[tuple[int, int]] = []
    start = 0
    for border in [*borders, len(text)]:
        if border - start > PAGE_CHARACTERS:
            last = max((b for b in borders if start + PAGE_CHARACTERS // 3 <= b < border), default=0)
            if last and last - start <= PAGE_CHARACTERS:
                spans.append((start, last))
                start = last
            if border - start > PAGE_CHARACTERS:
                spans.extend((start + a, start + b) for a, b in cut(text[start:border]))
                start = border
    if text[start:].strip():
        spans.append((start, len(text)))
    return spans or [(0, len(text))]
