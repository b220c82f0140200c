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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from triptych.errors import UserError
from triptych.types import Box

CAPTIONS = "sidecar_captions.jsonl"


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
    questions = _questions(folder)
    known = {d.id for d in documents}
    asked = {q.qid for q in questions}
    judged: dict[str, dict[str, int]] = {}
    for line, (qid, document, relevance) in _rows(folder / "qrels.tsv", 3):
        _known(folder / "qrels.tsv", line, qid, asked, document, known)
        judged.setdefault(qid, {})[document] = _whole(folder / "qrels.tsv", line, relevance)
    if not any(r > 0 for row in judged.values() for r in row.values()):
        raise UserError(f"{folder / 'qrels.tsv'} judges no document relevant, so nothing can be measured.")
    return LabelledSet(
        folder.resolve().name,
        folder,
        documents,
        questions,
        judged,
        _ignored(folder / "qrels_ignore.tsv", asked, known),
        _pages(folder / "qrels_pages.tsv", asked, known),
    )


def _documents(folder: Path) -> tuple[Document, ...]:
    path = folder / "corpus.jsonl"
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


def _questions(folder: Path) -> tuple[Question, ...]:
    path = folder / "queries.jsonl"
    found: dict[str, Question] = {}
    for line, row in _objects(path):
        qid = _text(path, line, row, "qid")
        if qid in found:
            raise UserError(f"{path}, line {line}: the query '{qid}' stands there twice.")
        kind = row.get("type", "text")
        if kind not in ("text", "image"):
            raise UserError(f"{path}, line {line}: type is {kind!r}, but must be text or image.")
        text = _text(path, line, row, "text") if kind == "text" else str(row.get("text") or "")
        boxes = [*row.get("boxes", ()), *([row["box"]] if row.get("box") else [])]
        found[qid] = Question(
            qid,
            kind,
            text,
            tuple(map(str, row.get("answers") or ())),
            tuple(_box(path, line, box) for box in boxes),
            str(row.get("box_doc") or ""),
            int(row.get("page") or 1),
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


def _ignored(path: Path, asked: set[str], known: set[str]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for line, (qid, document) in _rows(path, 2, optional=True):
        _known(path, line, qid, asked, document, known)
        found[qid] = found.get(qid, frozenset()) | {document}
    return found


def _pages(path: Path, asked: set[str], known: set[str]) -> dict[str, dict[tuple[str, int], int]]:
    found: dict[str, dict[tuple[str, int], int]] = {}
    for line, (qid, document, page, relevance) in _rows(path, 4, optional=True):
        _known(path, line, qid, asked, document, known)
        place = (document, _whole(path, line, page))
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


def _rows(path: Path, columns: int, optional: bool = False) -> Iterator[tuple[int, list[str]]]:
    for number, line in _lines(path, optional):
        row = line.split("\t")
        if len(row) != columns:
            raise UserError(
                f"{path}, line {number}: {len(row)} columns, but must be {columns}, separated by tabs."
            )
        yield number, [cell.strip() for cell in row]


def _text(path: Path, line: int, row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise UserError(f"{path}, line {line}: '{key}' is {value!r}, but must be a text.")
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
        raise UserError(f"{path}, line {line}: there is no query '{qid}' in queries.jsonl.")
    if document not in known:
        raise UserError(f"{path}, line {line}: there is no document '{document}' in corpus.jsonl.")
