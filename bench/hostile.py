"""Feed hundreds of hostile files to the reading processes and to `triptych add`, honest ones among them.

    python bench/hostile.py [--seed N] [--mutations N] [--no-ocr] [--only pool|add] [--verbose]

Prints what became of them: crashes and hangs (both must be 0), one line each of at most 300 characters,
the largest resident memory of any worker (at most 1.5 GiB), and whether every honest file is ready.
Exits with 1 when one of these does not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

import hostile_files
from triptych import ingest
from triptych.errors import FileError
from triptych.processes.workers import Workers
from triptych.settings import Settings

GOOD = 25
PAGE_SECONDS = 20.0  # no file of the set may take longer over one page
LONG_FILE = 0.02  # seconds for each page of a file of thousands, which is heard of when it is whole
MOST_RSS = 1536 << 20


@dataclass
class Outcome:
    """What became of the files of one run: name -> ready, partial, or the code of its error."""

    what: str
    seconds: float = 0.0
    longest_wait: float = 0.0
    most_pages: int = 0  # of a file that was read
    ends: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    peak: int = 0
    wrong: list[str] = field(default_factory=list)

    def note(self, name: str, end: str, line: str = "") -> None:
        if name in self.ends:
            self.wrong.append(f"{name!r} came back twice")
        self.ends[name] = end
        if line:
            self.lines.append(line)
            if "\n" in line or "Traceback" in line or len(line) > 300:
                self.wrong.append(f"{name!r}: not one short line: {line[:80]!r}")


def make(folder: Path, seed: int, chosen: Callable[[str], bool], mutations: int = 12) -> tuple[int, set[str]]:
    """Fill `folder`: (number of hostile files, names of the honest ones). `chosen` may leave files out."""
    files = hostile_files.everything(seed, mutations)
    hostile = hostile_files.write(folder, (file for file in files if chosen(file[0])))
    places, names = folder / "places", folder / "names"
    places.mkdir()
    names.mkdir()
    hostile += hostile_files.strange_places(places)
    hostile_files.strange_names(names)  # honest inside
    hostile_files.write(folder, hostile_files.good(GOOD))
    honest = [*names.iterdir(), *folder.glob("good-*")]
    return hostile, {ingest.name_of(path) for path in honest}


class Watch(threading.Thread):
    """The largest resident memory that any worker below this process reached, as the kernel counted."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(0.02):
            for process in psutil.Process().children(recursive=True):
                try:
                    if "triptych.processes.worker" in process.cmdline():
                        status = Path(f"/proc/{process.pid}/status").read_text("ascii", "replace")
                        line = next(row for row in status.splitlines() if row.startswith("VmHWM"))
                        self.peak = max(self.peak, int(line.split()[1]) << 10)
                except (psutil.Error, OSError, StopIteration):
                    continue  # it ended in between

    def end(self) -> int:
        self._over.set()
        self.join()
        return self.peak


def through_the_pool(folder: Path, settings: Settings) -> Outcome:
    """All files through `Workers.read`, as `add` does it, without catalog and index."""
    outcome = Outcome("reading processes")

    def jobs() -> Iterator[tuple[str, Path, str]]:
        for found in ingest.find([folder]):
            path = found.path if isinstance(found, ingest.Refused) else found
            name = ingest.name_of(path)
            try:
                if isinstance(found, ingest.Refused):
                    raise found.error
                ingest.identify(path, settings.limits)
            except FileError as error:
                outcome.note(name, error.code, error.reason)
                continue
            yield name, path, path.name

    with Workers(settings) as workers:
        begun = last = time.monotonic()
        for name, result in workers.read(jobs()):
            now = time.monotonic()
            outcome.longest_wait, last = max(outcome.longest_wait, now - last), now
            if isinstance(result, FileError):
                outcome.note(name, result.code, result.reason)
            else:
                outcome.note(name, "partial" if result.failed_pages else "ready")
                for page in result.pages:
                    if page.failed and (len(page.failed) > 300 or "\n" in page.failed):
                        outcome.wrong.append(f"{name}: page {page.number}: {page.failed[:80]!r}")
        outcome.seconds = time.monotonic() - begun
    return outcome


def through_the_command(folder: Path) -> Outcome:
    """All files through `triptych add --json`, as a user would."""
    outcome = Outcome("triptych add")
    with tempfile.TemporaryDirectory() as home:
        library = Path(home) / "library"
        environment = {**os.environ, "TRIPTYCH_LIMITS__PAGE_SECONDS": str(PAGE_SECONDS)}
        command = [sys.executable, "-m", "triptych", "--library", str(library)]
        begun = last = time.monotonic()
        with subprocess.Popen(
            [*command, "add", "--json", str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        ) as process:
            assert process.stdout and process.stderr
            for line in process.stdout:
                now = time.monotonic()
                outcome.longest_wait, last = max(outcome.longest_wait, now - last), now
                event = json.loads(line)
                if event["event"] == "asset":
                    error = event["error"] or {}
                    outcome.most_pages = max(outcome.most_pages, event["pages"])
                    outcome.note(event["source"], error.get("code", event["status"]), error.get("reason", ""))
            said = process.stderr.read()
        outcome.seconds = time.monotonic() - begun
        if process.returncode not in (0, 1) or "Traceback" in said:
            outcome.wrong.append(f"triptych add ended with {process.returncode}: {said[-300:]}")
        checked = subprocess.run([*command, "verify", "--json"], capture_output=True, text=True)
        if checked.returncode:
            outcome.wrong.append(f"verify: {checked.stdout[-300:]}{checked.stderr[-300:]}")
        left = [p for p in (library / "staging").rglob("*") if p.is_file()]
        if left:
            outcome.wrong.append(f"left in staging: {left[:3]}")
    return outcome


def report(outcome: Outcome, hostile: int, good: set[str], verbose: bool) -> None:
    count = Counter(outcome.ends.values())
    bad = {n: outcome.ends.get(n, "no answer") for n in good if outcome.ends.get(n) != "ready"}
    outcome.wrong += [f"honest file {name!r}: {end}" for name, end in bad.items()]
    if len(outcome.ends) != hostile + len(good):
        outcome.wrong.append(f"{len(outcome.ends)} answers to {hostile + len(good)} files")
    if outcome.longest_wait > 3 * PAGE_SECONDS + LONG_FILE * outcome.most_pages:
        outcome.wrong.append(f"nothing came back for {outcome.longest_wait:.0f} s")
    if outcome.peak > MOST_RSS:
        outcome.wrong.append(f"a worker took {outcome.peak >> 20} MiB")
    died = count["worker-died"] + count["timeout"] + count["too-much-memory"]
    print(f"{outcome.what}: {hostile} hostile and {len(good)} honest files in {outcome.seconds:.0f} s")
    print(f"  answered {len(outcome.ends)}, honest ready {len(good) - len(bad)} of {len(good)}")
    print(f"  {died} files ended their worker, longest wait for an answer {outcome.longest_wait:.1f} s")
    print(
        f"  largest worker {outcome.peak / (1 << 20):.0f} MiB, longest line {max(map(len, outcome.lines))} characters"
    )
    print("  " + ", ".join(f"{code} {n}" for code, n in count.most_common()))
    if verbose:
        for name, end in sorted(outcome.ends.items()):
            print(f"    {end:18} {name}")
    for line in outcome.wrong:
        print(f"  WRONG: {line}")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--share", type=float, default=1.0, help="a seeded sample of the files")
    parser.add_argument("--mutations", type=int, default=12, help="of each honest file")
    parser.add_argument("--no-ocr", action="store_true", help="decode only: quicker for many mutations")
    parser.add_argument("--keep", type=Path, help="make the files here and leave them")
    parser.add_argument("--only", choices=("pool", "add"))
    parser.add_argument("--verbose", action="store_true", help="every file and what became of it")
    asked = parser.parse_args()
    folder = asked.keep or Path(tempfile.mkdtemp(prefix="hostile-"))
    folder.mkdir(exist_ok=True)
    settings = replace(Settings(), limits=replace(Settings().limits, page_seconds=PAGE_SECONDS))
    if asked.no_ocr:
        settings = replace(settings, ocr=replace(settings.ocr, engine="none"))
    wrong = 0
    try:
        dice = random.Random(asked.seed)
        hostile, good = make(folder, asked.seed, lambda name: dice.random() < asked.share, asked.mutations)
        for name, run in (
            ("pool", lambda: through_the_pool(folder, settings)),
            ("add", lambda: through_the_command(folder)),
        ):
            if asked.only in (None, name):
                watch = Watch()
                watch.start()
                outcome = run()
                outcome.peak = watch.end()
                report(outcome, hostile, good, asked.verbose)
                wrong += len(outcome.wrong)
    finally:
        if asked.keep is None:
            shutil.rmtree(folder)
    print(f"crashes, hangs and everything else that must not be: {wrong}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
