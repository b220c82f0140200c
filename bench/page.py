"""The page in Chromium: how soon it is usable, how large it is, axe's findings, and hostile strings put into it.

    python bench/page.py [--library demo-out/library] [--axe FILE] [--runs 7] [--strings 560]
        [--only times|axe|hostile]

`--axe` is axe.min.js of the npm package axe-core; without it, the one in ./node_modules, and without that no
check of accessibility. Times are medians of fresh tabs without a cache.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page

import triptych
from browser import PHONE, Watched, browsing, served, tab
from hostile_library import WATCH, ask_all, foreign, make
from hostile_strings import payloads, strings

PAGE = Path(triptych.__file__).parent / "server" / "page"
QUESTION = "What is the total on the ACME invoice INV-1042?"
GRAVE = ("serious", "critical")


def main() -> None:
    chosen = arguments()
    with browsing() as browser:
        size()
        with served(chosen.library) as address:
            if chosen.only in (None, "times"):
                times(browser, address, chosen.runs)
            if chosen.only in (None, "axe"):
                accessible(browser, address, chosen.axe)
        if chosen.only in (None, "hostile"):
            hostile(browser, chosen.strings)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", type=Path, default=Path("demo-out/library"))
    parser.add_argument("--axe", type=Path, default=Path("node_modules/axe-core/axe.min.js"))
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--strings", type=int, default=560)
    parser.add_argument("--only", choices=("times", "axe", "hostile"), help="one part of it")
    chosen = parser.parse_args()
    if not (chosen.library / "catalog.sqlite").is_file():
        sys.exit(f"There is no library '{chosen.library}'. Make it: make demo")
    return chosen


def row(what: str, figure: str, goal: str, reached: bool) -> None:
    print(f"{what:44} {figure:>12}   goal {goal}: {'reached' if reached else 'MISSED'}", flush=True)


def size() -> None:
    files = [path for path in PAGE.rglob("*") if path.is_file()]
    total = sum(path.stat().st_size for path in files)
    row(f"size of the page, {len(files)} files", f"{total / 1000:.1f} kB", "150 kB", total < 150_000)
    packed = sum(
        min(path.stat().st_size, len(gzip.compress(path.read_bytes())))
        if path.suffix != ".woff2"
        else path.stat().st_size
        for path in files
    )
    print(f"{'as it travels':44} {packed / 1000:>9.1f} kB")


# ---------------------------------------------------------------------------------------- times


def times(browser: Browser, address: str, runs: int) -> None:
    opened, found, shown, answered = [], [], [], []
    for _ in range(runs + 1):  # the first warms the server and is not counted
        begun = time.perf_counter()
        with tab(browser, address) as watched:
            opened.append(time.perf_counter() - begun)
            found.append(until(watched.page, ".hit", lambda page: page.fill("#q", "oak shelves")))
            shown.append(until(watched.page, ".stage .sheet .mark", lambda page: None))
            answered.append(until(watched.page, ".answer[aria-busy=false] .proof", ask))
            assert watched.faults == [], watched.faults
    first = median(opened[1:])
    row("usable after it was opened", f"{first:.2f} s", "1 s", first <= 1.0)
    for what, taken in (
        ("last key to results", found),
        ("results to the page beside, zoomed", shown),
        ("question to cited answer", answered),
    ):
        print(f"{what:44} {median(taken[1:]):>10.2f} s")


def until(page: Page, selector: str, act: Callable[[Page], object]) -> float:
    """Seconds from an action until the element is there."""
    begun = time.perf_counter()
    act(page)
    page.wait_for_selector(selector)
    return time.perf_counter() - begun


def ask(page: Page) -> None:
    page.fill("#q", QUESTION)
    page.press("#q", "Enter")


# ---------------------------------------------------------------------------------------- accessibility


def states() -> dict[str, Callable[[Watched], object]]:
    """Every state of the page, and how to get there from the start."""

    def typed(line: str, selector: str) -> Callable[[Watched], object]:
        return lambda watched: until(watched.page, selector, lambda page: page.fill("#q", line))

    def then(
        first: Callable[[Watched], object], act: Callable[[Page], object]
    ) -> Callable[[Watched], object]:
        return lambda watched: (first(watched), act(watched.page), watched.page.wait_for_timeout(700))

    found = typed("invoice total", ".hit")
    return {
        "start": lambda watched: None,
        "results and page": then(
            found, lambda page: (page.click(".hit .name"), page.wait_for_selector(".stage .sheet"))
        ),
        "wall": then(found, lambda page: page.click("[aria-label='As a wall of pages (W)']")),
        "answer": lambda watched: until(watched.page, ".answer[aria-busy=false] .cutting.there", ask),
        "nothing": typed('"zebra xylophone"', ".nothing"),
        "text": then(typed("sourdough", ".hit"), lambda page: page.click(".hit .name")),
        "library": lambda watched: (
            watched.page.goto(f"{watched.origin}#/library"),
            watched.page.wait_for_selector(".file"),
        ),
        "help": lambda watched: watched.page.click("[aria-label^=Keyboard]"),
    }


def accessible(browser: Browser, address: str, axe: Path) -> None:
    if not axe.is_file():
        print(
            f"axe                                          not checked: there is no '{axe}'; npm install axe-core"
        )
        return
    source = axe.read_text("utf-8")
    grave, small, looks = 0, 0, [{}, {"color_scheme": "dark"}, {"viewport": PHONE, "has_touch": True}]
    for name, reach in states().items():
        for options in looks:
            with tab(browser, address, **options) as watched:
                reach(watched)
                found = violations(watched.page, source)
            grave += sum(v["impact"] in GRAVE for v in found)
            small += sum(v["impact"] not in GRAVE for v in found)
            for v in found:
                print(f"  {name}, {options or 'wide'}: {v['impact']} {v['id']}: {v['nodes']}")
    row(f"axe, serious or worse, {len(states())} states x {len(looks)}", str(grave), "0", grave == 0)
    print(f"{'axe, lesser findings':44} {small:>12}")


def violations(page: Page, source: str) -> list[dict[str, Any]]:
    page.evaluate(source + ";0")
    told = page.evaluate(
        "axe.run().then(found => JSON.stringify(found.violations.map(v => ({id: v.id, impact: v.impact, nodes: v.nodes.slice(0, 3).map(n => n.html.slice(0, 120))}))))"
    )
    found: list[dict[str, Any]] = json.loads(told)
    return found


# ---------------------------------------------------------------------------------------- hostile strings


def hostile(browser: Browser, most: int) -> None:
    """All strings and payloads as names, titles, texts, captions, tags and collection of a library, and as questions."""
    lines = [*strings()[:most], *payloads()]
    with (
        tempfile.TemporaryDirectory() as folder,
        served(make(Path(folder), lines)) as address,
        tab(browser, address, first=WATCH) as watched,
    ):
        page = watched.page
        page.goto(f"{address}#/library")
        page.wait_for_selector(".file")
        while page.locator(".shelf > .wide").is_visible():
            before = page.locator(".file").count()
            page.click(".shelf > .wide")
            page.wait_for_function("n => document.querySelectorAll('.file').length > n", arg=before)
        listed = page.locator(".file").count()
        asked = ask_all(page, lines)
        came = foreign(page)
    files = len(lines) + (len(lines) + 9) // 10
    row(f"script nodes, {len(lines)} strings, {asked} questions", str(len(came)), "0", not came)
    row("of them listed", str(listed), str(files), listed == files)
    row("faults of console, origin or policy", str(len(watched.faults)), "0", not watched.faults)
    for what in [*came, *watched.faults][:10]:
        print(" ", what)


if __name__ == "__main__":
    main()
