"""Labelled sets: documents, questions and judgements in a folder, as `triptych eval` reads them.

    corpus.jsonl       {"id", "path"} or {"id", "title", "text"}, one document a line
    queries.jsonl      {"qid", "type", "text" or "image"}, optional "answers", "box" or "boxes" with "box_doc", "page"
    sidecar_captions.jsonl  {"id", "captions"}: what people say of documents, where present
    qrels.tsv          qid, document id, relevance
    qrels_ignore.tsv   qid, document id: left out of rankings, where present
    qrels_pages.tsv    qid, document id, page, relevance, where present

Whatever is wrong is one line that names the file and the line. Knows nothing of libraries or metrics.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from triptych.errors import UserError
from triptych.types import Box

CORPUS, QUERIES, QRELS = "corpus.jsonl", "queries.jsonl", "qrels.tsv"
CAPTIONS = "sidecar_captions.jsonl"
PAGES, IGNORED = "qrels_pages.tsv", "qrels_ignore.tsv"


JUDGED = ("query", "document", "relevance")  # columns
JUDGED_PAGES = ("query", "document", "page", "relevance")


@dataclass(frozen=True, slots=True)
class Document:
    """A file, or a text with a title where `path` is None."""

    id: str
    path: Path | None
    title: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A query. `boxes` mark where the answer stands on `page` of document `document`, in pixels of the
    stored picture or points of the PDF page, origin top left."""

    qid: str
    type: str  # text, image
    text: str
    answers: tuple[str, ...] = ()
    boxes: tuple[Box, ...] = ()
    document: str = ""
    page: int = 1
    image: Path | None = None


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """All that a folder says. Relevance is an integer, 0 for judged and not relevant."""

    name: str
    folder: Path
    documents: tuple[Document, ...]
    questions: tuple[Question, ...]
    judged: Mapping[str, Mapping[str, int]]
    ignored: Mapping[str, frozenset[str]] = field(default_factory=dict)
    judged_pages: Mapping[str, Mapping[tuple[str, int], int]] = field(default_factory=dict)


def read(folder: Path) -> LabelledSet:
    """Read and check a labelled set. Raises UserError for the first thing that is wrong."""
    if not folder.is_dir():
        raise UserError(f"There is no labelled set '{folder}'. Name a folder that holds corpus.jsonl.")
    documents = _documents(folder)
    known = {d.id for d in documents}
    questions = _questions(folder, known)
    asked = {q.qid for q in questions}
    return LabelledSet(
        folder.resolve().name,
        folder,
        documents,
        questions,
        _judged(folder / QRELS, asked, known),
        _ignored(folder / IGNORED, asked, known),
        _pages(folder / PAGES, asked, known),
    )


def _documents(folder: Path) -> tuple[Document, ...]:
    path = folder / CORPUS
    found: dict[str, Document] = {}
    for line, row in _objects(path):
        id = _text(path, line, row, "id")
        if id in found:
            raise UserError(f"{path}, line {line}: the document '{id}' stands there twice.")
        if "path" in row:
            file = folder / _text(path, line, row, "path")
            if not file.is_file():
                raise UserError(f"{path}, line {line}: there is no file '{file}'.")
            found[id] = Document(id, file)
        else:
            found[id] = Document(id, None, str(row.get("title") or ""), _text(path, line, row, "text"))
    if not found:
        raise UserError(f"{path} holds no document.")
    return tuple(found.values())


def _questions(folder: Path, known: set[str]) -> tuple[Question, ...]:
    path = folder / QUERIES
    found: dict[str, Question] = {}
    for line, row in _objects(path):
        qid = _text(path, line, row, "qid")
        if qid in found:
            raise UserError(f"{path}, line {line}: the query '{qid}' stands there twice.")
        kind = row.get("type", "text")
        if kind not in ("text", "image"):
            raise UserError(f"{path}, line {line}: type is {kind!r}, but must be text or image.")
        text = _text(path, line, row, "text") if kind == "text" else str(row.get("text") or "")
        boxes = [*_listed(path, line, row, "boxes"), *([row["box"]] if row.get("box") else [])]
        document = str(row.get("box_doc") or "")
        if document and document not in known:
            raise UserError(f"{path}, line {line}: there is no document '{document}' in {CORPUS} (box_doc).")
        found[qid] = Question(
            qid,
            kind,
            text,
            tuple(map(str, _listed(path, line, row, "answers"))),
            tuple(_box(path, line, box) for box in boxes),
            document,
            _number(path, line, row, "page"),
            _picture(path, line, row, folder) if kind == "image" else None,
        )
    if not found:
        raise UserError(f"{path} holds no query.")
    return tuple(found.values())


def _picture(path: Path, line: int, row: Mapping[str, Any], folder: Path) -> Path:
    file = folder / _text(path, line, row, "image")
    if not file.is_file():
        raise UserError(f"{path}, line {line}: there is no picture '{file}'.")
    return file


def captions(labels: LabelledSet) -> dict[str, tuple[str, ...]]:
    """What `sidecar_captions.jsonl` says of documents, by id. Raises UserError when there is no such file."""
    path = labels.folder / CAPTIONS
    known = {document.id for document in labels.documents}
    found = {}
    for line, row in _objects(path):
        id, said = _text(path, line, row, "id"), row.get("captions")
        if id not in known:
            raise UserError(f"{path}, line {line}: there is no document '{id}' in corpus.jsonl.")
        if not isinstance(said, list) or not all(isinstance(text, str) for text in said):
            raise UserError(f"{path}, line {line}: 'captions' is {said!r}, but must be a list of texts.")
        found[id] = tuple(said)
    return found


def _judged(path: Path, asked: set[str], known: set[str]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    line = 1
    for line, (qid, document, relevance) in _rows(path, JUDGED):
        _known(path, line, qid, asked, document, known)
        grade = _whole(path, line, relevance)
        if found.setdefault(qid, {}).setdefault(document, grade) != grade:
            raise UserError(
                f"{path}, line {line}: '{document}' was judged {found[qid][document]} for '{qid}' in an earlier "
                f"line, and {grade} here. Keep one of the two."
            )
    if not any(grade > 0 for row in found.values() for grade in row.values()):
        lines = f"lines 1 to {line}" if line > 1 else "line 1"
        raise UserError(
            f"{path}, {lines}: no document is judged relevant, so nothing can be measured. A line "
            "is like: q1, a tab, the document's id, a tab, 1"
        )
    return found


def _ignored(path: Path, asked: set[str], known: set[str]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for line, (qid, document) in _rows(path, JUDGED[:2], optional=True):
        _known(path, line, qid, asked, document, known)
        found[qid] = found.get(qid, frozenset()) | {document}
    return found


def _pages(path: Path, asked: set[str], known: set[str]) -> dict[str, dict[tuple[str, int], int]]:
    found: dict[str, dict[tuple[str, int], int]] = {}
    for line, (qid, document, page, relevance) in _rows(path, JUDGED_PAGES, optional=True):
        _known(path, line, qid, asked, document, known)
        place = (document, _whole(path, line, page))
        if place[1] < 1:
            raise UserError(f"{path}, line {line}: the page is {place[1]}, but pages count from 1.")
        found.setdefault(qid, {})[place] = _whole(path, line, relevance)
    return found


# ------------------------------------------------------------------------------- lines of a file


def _lines(path: Path, optional: bool = False) -> Iterator[tuple[int, str]]:
    if not path.is_file():
        if optional:
            return
        raise UserError(f"The labelled set has no {path.name}: there is no file '{path}'.")
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text ({error.reason} at byte {error.start}).") from error
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, line.rstrip("\r")


def _objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in _lines(path):
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise UserError(f"{path}, line {number}: not JSON: {error.msg}.") from error
        if not isinstance(row, dict):
            raise UserError(f'{path}, line {number}: must be an object like {{"id": ...}}.')
        yield number, row


def _rows(path: Path, columns: Sequence[str], optional: bool = False) -> Iterator[tuple[int, list[str]]]:
    for number, line in _lines(path, optional):
        row = [cell.strip() for cell in line.split("\t")]
        if len(row) != len(columns):
            raise UserError(
                f"{path}, line {number}: {len(row)} columns, but must be {len(columns)}, separated by tabs: "
                f"{', '.join(columns)}.{_trec(row, columns)}"
            )
        if "" in row:
            raise UserError(f"{path}, line {number}: the {columns[row.index('')]} is empty.")
        yield number, row


def _trec(row: Sequence[str], columns: Sequence[str]) -> str:
    """What to do with judgements as TREC writes them: query, iteration, document, relevance, often with spaces."""
    cells = row if len(row) > 1 else row[0].split()
    if len(columns) == 3 and len(cells) == 4 and cells[1] in ("0", "Q0"):
        return f" This is TREC's form: leave out the second column, '{cells[1]}'."
    return " These are spaces." if len(row) == 1 and len(cells) == len(columns) else ""


def _text(path: Path, line: int, row: Mapping[str, Any], key: str) -> str:
    if key not in row:
        there = ", ".join(map(repr, row)) or "nothing"
        raise UserError(f"{path}, line {line}: there is no '{key}'. The line has: {there}.")
    value = row[key]
    if not isinstance(value, str) or not value.strip():
        raise UserError(f"{path}, line {line}: '{key}' is {value!r}, but must be a text.")
    return value


def _listed(path: Path, line: int, row: Mapping[str, Any], key: str) -> list[Any]:
    value = row.get(key) or []
    if not isinstance(value, list):
        raise UserError(f"{path}, line {line}: '{key}' is {value!r}, but must be a list, like [{value!r}].")
    return value


def _number(path: Path, line: int, row: Mapping[str, Any], key: str) -> int:
    value = row.get(key) or 1
    if not isinstance(value, int) or value < 1:
        raise UserError(f"{path}, line {line}: '{key}' is {value!r}, but must be a whole number from 1.")
    return value


def _box(path: Path, line: int, box: Any) -> Box:
    numbers = isinstance(box, list) and all(isinstance(v, (int, float)) for v in box)
    if not numbers or len(box) != 4:
        raise UserError(f"{path}, line {line}: a box is {box!r}, but must be four numbers [x0, y0, x1, y1].")
    return Box(*map(float, box))


def _whole(path: Path, line: int, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise UserError(f"{path}, line {line}: '{text}' is not a whole number.") from None


def _known(path: Path, line: int, qid: str, asked: set[str], document: str, known: set[str]) -> None:
    if qid not in asked:
        raise UserError(f"{path}, line {line}: there is no query '{qid}' in {QUERIES}.")
    if document not in known:
        raise UserError(f"{path}, line {line}: there is no document '{document}' in {CORPUS}.")
