"""Kill -9 at 200 random moments of an ingest, and at every named crash point: nothing may be lost.

    python bench/kill.py [--kills 200] [--each 10] [--seed 1] [--only random|points]

After each kill: `verify` is clean, every file that was acknowledged is there, nothing is there twice, and no
blob, row or index entry belongs to nothing. When the ingest was resumed to its end, the library answers
exactly like one that was never killed. Files are made here; the encoder is a stub that costs nothing, so
that the kills fall on our own code. It is a plug-in package, found as any other.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from triptych import faults, library
from triptych.errors import LibraryError

_STUB = '''
"""Words hashed to signs: a vector that depends on the text alone."""
import hashlib
import numpy as np

DIM = 64

class Hashing:
    space, dim, sees, max_tokens = "hashing-64", DIM, frozenset({"text"}), 512

    def texts(self, texts):
        rows = np.zeros((len(texts), DIM), np.float32)
        for row, text in zip(rows, texts):
            for word in (text.lower().split() or [""]):
                bits = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "little")
                row += [1.0 if bits >> i & 1 else -1.0 for i in range(DIM)]
            row += 1e-3
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    queries = texts

    def count(self, texts):
        return [len(text.split()) for text in texts]

def load(argument, **settings):
    return Hashing()
'''
_ENTRY = "[triptych.encoders]\nhashing = hashing_encoder\n"
_WORDS = [
    "harbour",
    "ledger",
    "copper",
    "willow",
    "engine",
    "ticket",
    "marble",
    "winter",
    "signal",
    "garden",
    "bridge",
    "lantern",
    "sugar",
    "velvet",
    "meadow",
    "captain",
    "silver",
    "invoice",
    "total",
    "amount",
    "paper",
    "orange",
    "window",
    "castle",
    "thunder",
    "needle",
    "basket",
    "falcon",
]

_GROUPS = {  # what has to be done for a crash point to be passed
    "add": ("blob-", "catalog-", "acknowledged", "keyword-added", "keyword-intended", "keyword-committed"),
    "alias": ("alias-",),
    "remove": ("remove-", "keyword-swapped"),
    "rebuild": ("rebuild-", "store-"),
}
_ELSEWHERE = {"blob-uploaded"}  # points that only a remote store passes


# ---------------------------------------------------------------------------------------- the files


def plug_in(folder: Path) -> None:
    """Write the stub encoder as an installed package into `folder`, for us and our children."""
    info = folder / "hashing_encoder-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "hashing_encoder.py").write_text(_STUB)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hashing-encoder\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(_ENTRY)
    sys.path.insert(0, str(folder))
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(folder) if before is None else f"{folder}{os.pathsep}{before}"
    os.environ["TRIPTYCH_ENCODER"] = "hashing"


def make_files(folder: Path, count: int, seed: int, long: bool = False) -> None:
    """`count` small files of several kinds, some of them with equal content, and one of 1,500 passages."""
    rng = random.Random(seed)
    folder.mkdir(parents=True)

    def prose(words: int) -> str:
        return " ".join(rng.choice(_WORDS) for _ in range(words))

    for i in range(count):
        body = f"Number {i} of the set, total {rng.randint(100, 99999) / 100:.2f}. {prose(60)}"
        if i % 4 == 0:
            (folder / f"{i:03d}.txt").write_text(body)
        elif i % 4 == 1:
            sections = "\n\n".join(f"## {prose(3)}\n\n{prose(80)}" for _ in range(3))
            (folder / f"{i:03d}.md").write_text(f"# {prose(4)}\n\n{body}\n\n{sections}\n")
        elif i % 4 == 2:
            rows = "\n".join(f"{prose(1)},{rng.randint(1, 999)},{prose(2)}" for _ in range(20))
            (folder / f"{i:03d}.csv").write_text(
                f"name,number,note\n{rows}\n{body.replace(',', ' ')},1,end\n"
            )
        else:
            (folder / f"{i:03d}.pdf").write_bytes(_pdf([body, prose(40)]))
    for i in range(0, count, 16):
        (folder / f"copy-{i:03d}.txt").write_bytes((folder / f"{i:03d}.txt").read_bytes())
    if long:
        (folder / "long.txt").write_text("\n\n".join(f"Part {i}. {prose(200)}" for i in range(1500)))


def _pdf(pages: Sequence[str]) -> bytes:
    """A PDF of pages with one line of Helvetica each."""
    bodies = [f"BT /F1 9 Tf 20 700 Td ({text}) Tj ET".encode() for text in pages]
    numbers = [4 + 2 * i for i in range(len(pages))]
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: f"<< /Type /Pages /Count {len(pages)} /Kids [{' '.join(f'{n} 0 R' for n in numbers)}] >>".encode(),
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }
    for number, body in zip(numbers, bodies, strict=True):
        resources = f"/Resources << /Font << /F1 3 0 R >> >> /Contents {number + 1} 0 R"
        objects[number] = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 2400 792] {resources} >>".encode()
        objects[number + 1] = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(body), body)
    out, places = b"%PDF-1.4\n", {}
    for number, body in sorted(objects.items()):
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % places[n] for n in sorted(places))
    size = len(places) + 1
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        size, table, size, len(out)
    )  # fmt: skip


# ---------------------------------------------------------------------------------------- running


@dataclass
class Killed:
    """What one run did before it ended: the events it printed, and how it ended."""

    events: list[dict[str, object]] = field(default_factory=list)
    code: int = 0
    seconds: float = 0.0


def run(folder: Path, *command: str, after: float | None = None, at: str | None = None) -> Killed:
    """`triptych COMMAND`, killed `after` seconds or `at` a crash point, or left to end."""
    environment = dict(os.environ)
    if at:
        environment[faults.VARIABLE] = at
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "triptych", "--library", str(folder), "--quiet", *command],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, start_new_session=True,
    )  # fmt: skip
    try:
        out, err = process.communicate(timeout=120 if after is None else after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
    done = Killed(code=process.returncode, seconds=time.monotonic() - begun)
    if "--json" in command:
        for line in out.split(b"\n")[:-1]:  # what comes after the last newline was cut off
            done.events.append(json.loads(line))
    assert done.code in (0, 1, -signal.SIGKILL), err.decode()
    return done


Answers = dict[str, list[tuple[float, list[str]]]]


def answers(folder: Path, queries: Sequence[str]) -> Answers:
    """For each query the scores of the hits, best first, with the pages that have that score."""
    found: Answers = {}
    with library.open(folder, create=False) as lib:
        for query in queries:
            by_score: dict[float, list[str]] = {}
            for hit in lib.search(query, k=10).hits:
                by_score.setdefault(round(hit.score, 6), []).append(f"{hit.source}#{hit.page}")
            found[query] = [(score, sorted(pages)) for score, pages in sorted(by_score.items())[::-1]]
    return found


def queries(seed: int) -> list[str]:
    rng = random.Random(seed)
    return [" ".join(rng.sample(_WORDS, 3)) for _ in range(30)] + [f"number {i} total" for i in range(10)]


def problems(folder: Path, files: Path, acknowledged: dict[str, str], look_first: bool) -> list[str]:
    """Everything that is wrong with a library whose writer was just killed."""
    try:
        lib = library.open(folder, create=False)
    except LibraryError as error:
        return [str(error)] if acknowledged else []  # killed before there was one
    found: list[str] = []
    with lib:
        if look_first:  # a reader may come before anybody has put things right
            lib.search("harbour total")
        found += lib.verify()["differences"]
        stored = {source.path: source.sha256 for source in lib.catalog.sources()}
        held = Counter(asset.sha256 for asset in lib.catalog.assets())
        found += [f"lost: {path}" for path, sha in acknowledged.items() if stored.get(path) != sha]
        found += [f"twice: {sha}" for sha, count in held.items() if count > 1]
        for path, sha in stored.items():
            actual = hashlib.sha256(Path(path).read_bytes()).hexdigest() if Path(path).exists() else ""
            if actual and actual != sha:
                found.append(f"wrong content: {path}")
    left = [p for p in (folder / "staging").rglob("*") if p.is_file()]
    return found + [f"left behind: {path}" for path in left]


def acknowledge(acknowledged: dict[str, str], done: Killed) -> None:
    for event in done.events:
        if event.get("event") == "asset" and event["status"] in ("ready", "unchanged"):
            acknowledged[str(event["source"])] = str(event["asset"])


# ---------------------------------------------------------------------------------------- the proofs


def random_kills(work: Path, kills: int, seed: int, count: int = 60) -> tuple[int, list[str]]:
    """Kill an ingest at random moments until `kills` have struck; (rounds to the end, problems)."""
    rng = random.Random(seed)
    files = work / f"files-{seed}"
    make_files(files, count, seed)
    asked = queries(seed)
    whole = run(work / f"whole-{seed}", "add", "--json", str(files))
    expected = answers(work / f"whole-{seed}", asked)
    found: list[str] = []
    struck = rounds = 0
    while struck < kills:
        folder, acknowledged = work / f"killed-{seed}-{rounds}", {}
        while struck < kills:
            # Late enough to hit work, early enough to hit all of it: starting takes half of the time.
            done = run(folder, "add", "--json", str(files), after=rng.uniform(0.2, 1.0) * whole.seconds)
            acknowledge(acknowledged, done)
            if done.code == 0:
                break
            struck += 1
            wrong = problems(folder, files, acknowledged, rng.random() < 0.5)
            found += [f"kill {struck}, {done.seconds:.2f} s into library {rounds}: {line}" for line in wrong]
            if struck % 20 == 0:
                print(f"{struck} kills, {len(found)} problems", flush=True)
        last = run(folder, "add", "--json", str(files))
        acknowledge(acknowledged, last)
        found += [
            f"library {rounds}, finished: {line}" for line in problems(folder, files, acknowledged, False)
        ]
        if answers(folder, asked) != expected:
            found.append(f"library {rounds} answers otherwise than one that was never killed")
        rounds += 1
    return rounds, found


def _steps(group: str, files: Path, more: Path) -> Iterator[tuple[str, ...]]:
    """The commands of a group; any of them may pass the point."""
    if group == "add":
        yield ("add", "--json", str(files))
    elif group == "alias":
        yield ("add", "--json", str(more))
    elif group == "remove":
        yield ("remove", "--json", *(str(path) for path in sorted(files.glob("*.md"))))
    else:
        yield ("rebuild",)


@dataclass
class Points:
    """The proof at named points: a whole library, files, and what calm libraries answer."""

    work: Path
    seed: int
    count: int = 24  # files
    long: bool = True  # one of them with so many passages that vector files are written
    expected: dict[str, Answers] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.files, self.more = self.work / "point-files", self.work / "point-more"
        make_files(self.files, self.count, self.seed, self.long)
        self.more.mkdir()
        for path in sorted(self.files.glob("0*"))[:6]:
            (self.more / f"again-{path.name}").write_bytes(path.read_bytes())
        self.whole = self.work / "point-whole"
        run(self.whole, "add", "--json", str(self.files))
        self.expected["add"] = answers(self.whole, queries(self.seed))

    def crash(self, name: str, attempt: int) -> list[str]:
        """One crash at `name`, its consequences, and the same commands again to their end."""
        group = next(g for g, starts in _GROUPS.items() if name.startswith(starts))
        folder = self._library(group, f"point-{name}-{attempt}")
        often = group == "add" and not name.startswith("keyword-")
        at = f"{name}:{self.rng.randint(1, 6) if often else 1}"
        steps = list(_steps(group, self.files, self.more))
        acknowledged: dict[str, str] = {}
        struck = False
        for step in steps:
            done = run(folder, *step, at=at)
            struck |= done.code == -signal.SIGKILL
            if step[0] == "add":
                acknowledge(acknowledged, done)
        if not struck:
            return [f"{at} was never passed"]
        found = problems(folder, self.files, acknowledged, self.rng.random() < 0.5)
        for step in steps:
            run(folder, *step)
        found += problems(folder, self.files, acknowledged, False)
        if answers(folder, queries(self.seed)) != self._calm(group):
            found.append("answers otherwise than a library that was never killed")
        shutil.rmtree(folder)
        return found

    def _library(self, group: str, name: str) -> Path:
        """A place for a library: empty for adding, a copy of the whole one for everything else."""
        folder = self.work / name
        if group != "add":
            shutil.copytree(self.whole, folder)
        return folder

    def _calm(self, group: str) -> Answers:
        """What a library answers after the commands of the group, undisturbed."""
        if group not in self.expected:
            folder = self._library(group, f"calm-{group}")
            for step in _steps(group, self.files, self.more):
                run(folder, *step)
            self.expected[group] = answers(folder, queries(self.seed))
        return self.expected[group]


def at_points(
    points: Points, each: int, names: Sequence[str] = faults.POINTS
) -> tuple[dict[str, int], list[str]]:
    """Crash at every one of `names` `each` times; (times by point, problems)."""
    times: dict[str, int] = {}
    found: list[str] = []
    for name in names:
        if name not in _ELSEWHERE:
            for attempt in range(each):
                found += [f"{name}, attempt {attempt}: {line}" for line in points.crash(name, attempt)]
                times[name] = times.get(name, 0) + 1
            print(f"{name:<24} {times[name]} kills, {len(found)} problems so far", flush=True)
    return times, found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--each", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=["random", "points"])
    parser.add_argument("--point", default="", help="this crash point only")
    given = parser.parse_args()
    begun = time.monotonic()
    found: list[str] = []
    with tempfile.TemporaryDirectory(prefix="triptych-kill-") as name:
        work = Path(name)
        plug_in(work / "plug-in")
        if given.only != "points" and not given.point:
            rounds, wrong = random_kills(work, given.kills, given.seed)
            found += wrong
            print(f"random moments: {given.kills} kills in {rounds} libraries, {len(wrong)} problems")
        if given.only != "random":
            names = [given.point] if given.point else faults.POINTS
            times, wrong = at_points(Points(work, given.seed), given.each, names)
            found += wrong
            print(f"named points: {len(times)} points, {sum(times.values())} kills, {len(wrong)} problems")
    for line in found[:50]:
        print("  ", line)
    print(f"{time.monotonic() - begun:.0f} s")
    raise SystemExit(1 if found else 0)


if __name__ == "__main__":
    main()
