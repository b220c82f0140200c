"""The query log: what was asked, what was found and answered, why, how long it took, and what people opened.

    QueryLog(folder, settings)
    searched(results, ...) / answered(answer, ...) -> id, "" when the log is off
    clicked(id, asset, page, verdict, user)      for a hit of a logged query
    entries(kind)                                 the oldest first

One setting for command line and server: `log.queries`. With `ids` no words of questions, filters, pages or answers
are written, only ids, scores and times. The files lie in `logs/` of the library and are deleted after `log.days`.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triptych.journal import FOLDER, Journal
from triptych.results import Results
from triptych.settings import LogSettings
from triptych.types import Answer, Hit

OFF, IDS, FULL = "off", "ids", "full"
SEARCH, ASK, CLICK = "search", "ask", "click"
OPENED, RIGHT, WRONG = "opened", "right", "wrong"  # what a click says of a hit


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked, and where they looked."""

    user: str
    collections: Sequence[str] | None = None
    where: str | None = None


class QueryLog:
    """The query log of the library in `folder`. Any thread may write."""

    def __init__(self, folder: Path, settings: LogSettings) -> None:
        self.level = settings.queries
        self._journal = Journal(folder / FOLDER, "queries", settings.days)

    def searched(self, found: Results, asked: Asked) -> str:
        """Note a search; its id."""
        content = {"text": found.text, "image": found.image, "filter": asked.where}
        told = {"match": found.match, "hits": [_hit(hit) for hit in found]}
        return self._write(SEARCH, asked, content, told, found.seconds)

    def answered(self, given: Answer, asked: Asked) -> str:
        """Note a question and its answer; its id."""
        content = {
            "text": given.question,
            "filter": asked.where,
            "answer": given.text,
            "quotes": [citation.quote for citation in given.citations],
        }
        told = {
            "model": given.model,
            "abstained": given.abstained,
            "citations": [{"n": c.n, "asset": c.asset, "page": c.page} for c in given.citations],
            "hits": [_hit(hit) for hit in given.evidence],
        }
        return self._write(ASK, asked, content, told, given.seconds)

    def clicked(self, query: str, asset: str, page: int, verdict: str, user: str) -> bool:
        """Note that somebody opened or judged a hit; False when the log is off."""
        if self.level == OFF:
            return False
        entry = {"kind": CLICK, "id": query, "user": user, "asset": asset, "page": page, "verdict": verdict}
        self._journal.append(entry)
        return True

    def entries(self, kind: str | None = None) -> Iterator[dict[str, Any]]:
        """What is kept, the oldest first."""
        return (entry for entry in self._journal.entries() if kind is None or entry.get("kind") == kind)

    def _write(
        self,
        kind: str,
        asked: Asked,
        content: Mapping[str, Any],
        told: Mapping[str, Any],
        seconds: Mapping[str, float],
    ) -> str:
        if self.level == OFF:
            return ""
        made = secrets.token_hex(8)
        self._journal.append(
            {
                "kind": kind,
                "id": made,
                "user": asked.user,
                "collections": None if asked.collections is None else list(asked.collections),
                **(content if self.level == FULL else {}),
                **told,
                "seconds": {name: round(value, 6) for name, value in seconds.items()},
            }
        )
        return made


def verdicts(entries: Iterator[Mapping[str, Any]], *, clicks: bool) -> list[tuple[str, str, int, bool]]:
    """(question, asset, page, right) for what people judged in the log; with `clicks` a hit that was opened counts as
    right, unless somebody said otherwise. Questions whose words were kept out say nothing."""
    questions: dict[str, str] = {}
    said: dict[tuple[str, str, int], str] = {}
    for entry in entries:
        if entry["kind"] != CLICK and entry.get("text"):
            questions[entry["id"]] = entry["text"]
        elif entry["kind"] == CLICK and entry["id"] in questions:
            place = (questions[entry["id"]], entry["asset"], int(entry["page"]))
            if entry["verdict"] != OPENED or (clicks and place not in said):
                said[place] = entry["verdict"]
    return [(*place, verdict != WRONG) for place, verdict in said.items()]


def questions(entries: Iterator[Mapping[str, Any]]) -> list[str]:
    """The questions in words, each once, those that were asked most first."""
    counts: dict[str, int] = {}
    for entry in entries:
        if text := entry.get("text"):
            counts[text] = counts.get(text, 0) + 1
    return sorted(counts, key=lambda text: -counts[text])


def _hit(hit: Hit) -> dict[str, Any]:
    signals = {name: score.to_dict() for name, score in hit.signals.items() if score is not None}
    return {
        "asset": hit.asset,
        "page": hit.page,
        "collection": hit.collection,
        "score": round(hit.score, 6),
        "signals": signals,
    }
