"""Rankings and judgements as TREC writes them, for trec_eval and every program that reads its files.

A run's line is `query Q0 document rank score run`, a judgement's `query 0 document relevance`, with spaces
between; so what is no printable ASCII in a name, and every space and percent sign, becomes %XX.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from triptych.evaluation.measures import Run

_PLAIN = "".join(c for c in map(chr, range(33, 127)) if c != "%")  # what may stand in a name


def write(folder: Path, judged: Mapping[str, Mapping[str, int]], runs: Mapping[str, Run]) -> None:
    """`qrels`, and `NAME.run` for each of `runs`, in `folder`, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        f"{_name(qid)} 0 {_name(document)} {relevance}"
        for qid, row in judged.items()
        for document, relevance in row.items()
    ]
    _write(folder / "qrels", lines)
    for name, run in runs.items():
        _write(folder / f"{name}.run", [line for qid in run for line in _lines(qid, run[qid], name)])


def _lines(qid: str, documents: list[str], name: str) -> list[str]:
    """Scores count down to 1: programs order by score, and equal ones as they like."""
    count = len(documents)
    return [
        f"{_name(qid)} Q0 {_name(document)} {rank} {count - rank + 1} triptych-{name}"
        for rank, document in enumerate(documents, 1)
    ]


def _name(text: str) -> str:
    return quote(text, safe=_PLAIN)


def _write(path: Path, lines: list[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
