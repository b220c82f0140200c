"""A library whose names, titles, texts, captions, tags and collections are hostile strings; and a watch on the
page that shows it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

import triptych
from triptych.captioning import Sidecar

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LONGEST = 120  # bytes of a string in a file name
# Runs in the page before anything else: counts what only foreign markup could have brought.
WATCH = """
window.foreign = [];
new MutationObserver(changes => {
    for (const change of changes) for (const added of change.addedNodes) {
        if (added.nodeType !== 1) continue;
        for (const e of [added, ...added.querySelectorAll("*")]) {
            const active = /^(script|iframe|object|embed|base|meta|style|link|form)$/i.test(e.localName) && document.body?.contains(e)
                && e.id !== "box" && !e.closest("dialog");
            const handled = [...e.attributes].some(a => /^on|^srcdoc$|^formaction$/i.test(a.name) || /^\\s*javascript:/i.test(a.value));
            if (active || handled) window.foreign.push(e.outerHTML.slice(0, 200));
        }
    }
}).observe(document, {childList: true, subtree: true});
"""


def make(folder: Path, strings: Sequence[str]) -> Path:
    """A library in `folder` with one text file for each string, and a picture with it as caption for every tenth."""
    files = folder / "files"
    files.mkdir(parents=True)
    pictures = []
    for number, string in enumerate(strings):
        text = string.encode("utf-8", "replace").decode()
        said = _CONTROLS.sub(" ", text)  # a file with controls in it is no text file
        (files / f"{number:03d} {_file_name(text)}.md").write_text(
            f"# {said}\n\n{said}\n\nhostile {number}\n", "utf-8"
        )
        if number % 10 == 0:
            name = f"{number:03d} {_file_name(text)}.png"
            Image.new("RGB", (48, 32), (number % 256, 90, 160)).save(files / name)
            pictures.append({"path": name, "captions": [text]})
    sidecar = Sidecar(folder / "captions", {p["path"]: tuple(p["captions"]) for p in pictures})
    with triptych.open(folder / "library") as library:
        library.add(files, collection=strings[-1][:80], tags={"who": strings[-1]}, captions=sidecar)
    return folder / "library"


def _file_name(text: str) -> str:
    """As much of it as a file name may hold."""
    kept = "".join("∕" if c == "/" else c for c in text if c != "\0" and c not in "\r\n")
    return kept.encode()[:_LONGEST].decode("utf-8", "ignore")


def foreign(page: Any) -> list[str]:
    """What came into the page that is not ours, since it was opened; scripts that ran among it."""
    ran = page.evaluate("window.hit === undefined ? [] : ['a payload ran']")
    scripts = page.evaluate(
        "[...document.scripts].filter(s => !/^\\/js\\/(theme|app)\\.js$/.test(s.getAttribute('src'))).map(s => s.outerHTML)"
    )
    return [*ran, *scripts, *page.evaluate("window.foreign")]


def ask_all(page: Any, lines: Iterable[str]) -> int:
    """Type each line into the search box and wait for what comes of it; how many were asked."""
    asked = 0
    for line in lines:
        page.fill("#q", line)
        asked += 1
        page.wait_for_timeout(5)
        page.wait_for_function(
            "text => !document.querySelector('.centre.busy') && (!text.trim() || !!document.querySelector('.hit, .nothing, .failed, .start'))",
            arg=line,
        )
    return asked
