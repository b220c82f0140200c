"""Making a labelled set: people say of what a library finds whether it is right. `triptych label`.

    Judging(library, folder)            goes on where the last run of the same folder stopped
    judging.pending(queries)            the queries with the hits that nobody judged yet
    judging.judge(query, hit, verdict)  durable when it returns
    judging.take_over(verdicts)         what people said elsewhere, as in the query log
    judging.write()                     the files of a labelled set, from all judgements so far

`judgements.jsonl` in the folder holds every verdict, a line each; the files that `triptych eval` reads are made
from it. All files of the library become documents, for a set of right answers alone would be no test. A query
that nothing is right for stays out of the set: no ranking could be better or worse at it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from triptych import files, ingest
from triptych.errors import UserError
from triptych.evaluation import labelled
from triptych.library import Library
from triptych.records import Asset
from triptych.types import Hit

JOURNAL = "judgements.jsonl"
YES, NO, SKIP = "yes", "no", "skip"  # SKIP ends a query, whatever is left of it


@dataclass(frozen=True, slots=True)
class Judgement:
    """What somebody said of a page for a query; of the query itself where the verdict is SKIP."""

    query: str
    verdict: str
    asset: str = ""
    page: int = 0


class Pending(NamedTuple):
    """A query with its hits that are to be judged, and its place (from 1) among all queries."""

    number: int
    query: str
    hits: Sequence[Hit]


class Judging:
    """Judgements of one library in one folder."""

    def __init__(self, lib: Library, folder: Path, collection: str | None = None) -> None:
        """Raises UserError when the folder holds a labelled set that was not made here, or a line of its
        judgements cannot be read."""
        if (folder / labelled.CORPUS).is_file() and not (folder / JOURNAL).is_file():
            raise UserError(
                f"'{folder}' holds a labelled set that was made otherwise ({JOURNAL} is not there). "
                "Name another folder: triptych label DIR --queries FILE"
            )
        folder.mkdir(parents=True, exist_ok=True)
        self._lib = lib
        self._folder = folder
        self._collection = collection
        self.judgements = _read(folder / JOURNAL)

    def pending(self, queries: Sequence[str], k: int) -> Iterator[Pending]:
        """Each query that is not done with those of its `k` best hits that were not judged, when its turn
        comes."""
        for number, query in enumerate(queries, 1):
            said = [j for j in self.judgements if j.query == query]
            if any(j.verdict == SKIP for j in said):
                continue
            known = {(j.asset, j.page) for j in said}
            hits = self._lib.search(query, k=k, collection=self._collection)
            if left := [hit for hit in hits if (hit.asset, hit.page) not in known]:
                yield Pending(number, query, left)

    def judge(self, query: str, hit: Hit | None, verdict: str) -> None:
        """Keep a verdict; SKIP needs no hit."""
        place = ("", 0) if hit is None else (hit.asset, hit.page)
        self._keep(Judgement(query, verdict, *place))

    def take_over(self, said: Iterable[tuple[str, str, int, bool]]) -> int:
        """Keep what people said elsewhere, as (query, asset, page, right), where nothing was said here; how much."""
        known = {(j.query, j.asset, j.page) for j in self.judgements}
        new = [s for s in said if s[:3] not in known]
        for query, asset, page, right in new:
            self._keep(Judgement(query, YES if right else NO, asset, page))
        return len(new)

    def _keep(self, judgement: Judgement) -> None:
        self.judgements.append(judgement)
        with (self._folder / JOURNAL).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(judgement), ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def write(self) -> None:
        """Make the files of the labelled set anew."""
        assets = {a.sha256: a for a in self._lib.catalog.assets(self._collection)}
        ids = {sha256: _id(asset) for sha256, asset in assets.items()}
        judged = _by_query(self.judgements, ids)
        corpus = [{"id": ids[sha256], "path": self._path(asset)} for sha256, asset in assets.items()]
        asked = [{"qid": qid, "type": "text", "text": query} for qid, query in _numbered(judged).items()]
        pages = [
            (qid, document, page, right)
            for qid, query in _numbered(judged).items()
            for (document, page), right in judged[query].items()
        ]
        documents: dict[tuple[str, str], int] = {}
        for qid, document, _, right in pages:
            documents[qid, document] = max(right, documents.get((qid, document), 0))
        self._put(labelled.CORPUS, map(json.dumps, corpus))
        self._put(labelled.QUERIES, (json.dumps(row, ensure_ascii=False) for row in asked))
        self._put(labelled.QRELS, (f"{q}\t{d}\t{right}" for (q, d), right in documents.items()))
        self._put(labelled.PAGES, (f"{q}\t{d}\t{page}\t{right}" for q, d, page, right in pages))

    def _put(self, name: str, lines: Iterator[str]) -> None:
        files.write(self._folder / name, "".join(f"{line}\n" for line in lines).encode())

    def _path(self, asset: Asset) -> str:
        """The original where it was added from if it is untouched, else a copy beside the set."""
        for source in asset.sources:
            known = self._lib.catalog.source(asset.collection, source)
            path = ingest.path_of(source).absolute()
            if known is not None and _untouched(path, known.size, known.modified):
                return str(path)
        path = self._folder / "files" / f"{_id(asset)}{ingest.path_of(asset.sources[0]).suffix}"
        if not path.is_file():
            path.parent.mkdir(exist_ok=True)
            shutil.copyfile(self._lib.blobs.local(asset.sha256), path)
        return str(path.relative_to(self._folder))


def queries(path: Path) -> list[str]:
    """The queries in a text file, one a line, each once. Raises UserError when there are none."""
    if not path.is_file():
        raise UserError(f"There is no file of queries '{path}'. Name a text file with one query a line.")
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text ({error.reason} at byte {error.start}).") from error
    found = list(dict.fromkeys(" ".join(line.split()) for line in lines if line.strip()))
    if not found:
        raise UserError(f"{path} holds no query. Write one a line, like: invoice ACME 129.50")
    return found


def _read(path: Path) -> list[Judgement]:
    """All judgements so far. A last line that a crash cut off was never told to be kept."""
    if not path.is_file():
        return []
    lines = path.read_text("utf-8").split("\n")
    whole, cut = lines[:-1], lines[-1]
    if cut:
        files.write(path, "".join(f"{line}\n" for line in whole).encode())
    found = []
    for number, line in enumerate(whole, 1):
        try:
            found.append(Judgement(**json.loads(line)))
        except (json.JSONDecodeError, TypeError) as error:
            raise UserError(
                f"{path}, line {number}: no judgement ({error}). Correct or remove it."
            ) from error
    return found


def _by_query(
    judgements: Sequence[Judgement], ids: Mapping[str, str]
) -> dict[str, dict[tuple[str, int], int]]:
    """1 or 0 for each page, by query, of files that are still in the library; the last verdict counts."""
    found: dict[str, dict[tuple[str, int], int]] = {}
    for j in judgements:
        rows = found.setdefault(j.query, {})
        if j.verdict != SKIP and j.asset in ids:
            rows[ids[j.asset], j.page] = int(j.verdict == YES)
    return found


def _numbered(judged: Mapping[str, Mapping[tuple[str, int], int]]) -> dict[str, str]:
    """Queries that something is right for, by an id that stays as judgements are added."""
    return {f"q{n:04}": query for n, (query, rows) in enumerate(judged.items(), 1) if any(rows.values())}


def _id(asset: Asset) -> str:
    stem = re.sub(r"[^\w.-]+", "_", Path(asset.sources[0]).stem)[:60]
    return f"{stem}-{asset.sha256[:8]}"


def _untouched(path: Path, size: int, modified: float) -> bool:
    try:
        now = path.stat()
    except OSError:
        return False
    return now.st_size == size and now.st_mtime == modified
