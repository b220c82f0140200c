"""What can be set, from where: defaults, `triptych.toml` in the library, environment, flags.

Later sources win. `TRIPTYCH_OCR__LANGUAGE=de` in the environment is `language = "de"` under `[ocr]`.
An unknown key is an error that names the nearest known one. Secrets are not settings: keys and
passwords come from the environment only and are read where they are used.
"""

from __future__ import annotations

import json
import math
import os
import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from triptych.errors import UserError

FILE = "triptych.toml"
_PREFIX = "TRIPTYCH_"
_NOT_SETTINGS = {"TRIPTYCH_LIBRARY", "TRIPTYCH_CRASH_AT", "TRIPTYCH_MODELS"}  # read where they are used


@dataclass(frozen=True, slots=True)
class OcrSettings:
    """Reading pixels."""

    engine: str = "rapidocr"  # a back end of ocr/, or "none"
    language: str = "auto"  # engine's own code, e.g. "en", "deu"; auto: the engine's many-language model
    enhance: str = "auto"  # clean bad scans before reading: auto, on, off
    side: int = 4096  # longer side in pixels at which a page is read at most


@dataclass(frozen=True, slots=True)
class ChunkSettings:
    """Cutting pages into passages, in tokens of the text encoder."""

    size: int = 256  # tokens of a passage at most, as far as the encoder reads them
    overlap: int = 32  # tokens that a passage shares with the one before


@dataclass(frozen=True, slots=True)
class LookSettings:
    """What image encoders see of a page beside the whole of it."""

    detectors: str = "geometry fields frames ticks legends"  # back ends of detectors/, by spaces, or "none"
    regions: bool = True  # figures, logos and tables of a page are seen on their own, too
    tiles: bool = False  # large and dense pages are seen in overlapping tiles, too
    tile: int = 1024  # pixels of a tile's side
    overlap: float = 0.2  # share of a tile that the next one covers again
    threshold: int = 2200  # pixels of the longer side above which a page is tiled
    dense: int = 400  # words from which a page larger than a tile is tiled

    @property
    def found_by(self) -> list[str]:
        """The detectors; one whose argument has spaces in it stands in quotes."""
        try:
            return shlex.split(self.detectors)
        except ValueError as error:
            raise UserError(
                f"The setting 'look.detectors' is {self.detectors!r}: {error}. Put one with spaces in quotes."
            ) from error


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost before it is refused."""

    memory_mb: int = 1500  # resident memory of a worker
    page_seconds: float = 120.0  # wall time for one page
    file_mb: int = 2000  # size of a file
    pages: int = 10_000  # pages of a file
    megapixels: int = 200  # pixels of one picture


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """Asking."""

    k: int = 10  # hits returned
    depth: int = 100  # chunks fetched from each signal before fusion; more where that gives too few pages
    fusion: str = "adaptive"  # how lists become one ranking; see fuse.py
    floor: float = 0.0  # hits below this fused score are not returned
    fold: str = "exact"  # copies of one page are one hit: exact, near (two scans of one letter), or off
    no_match: str = "mark"  # when nothing matches well: mark the nearest hits as such, drop them, or off
    threads: int = 0  # cores that one search uses, and one call of a built-in encoder; 0: all
    half_life_days: float = 0.0  # age at which a page has lost half of what newness is worth; 0: off


VLM = "vlm"  # the captioner and the reranker that ask the model which answers, or one named after a colon
RERANK_BUILTIN = ("evidence",)  # needs no model


@dataclass(frozen=True, slots=True)
class RerankSettings:
    """Reading the best pages again."""

    model: str = "evidence"  # evidence: by the words on the page; or a back end of rerankers/, or "none"
    depth: int = 50  # pages that are read or looked at again; evidence reads 15 at most


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    """Answering."""

    evidence: int = 10  # pages that the extractive answerer sees at most
    candidates: int = 50  # pages of which those are chosen that a model sees
    pages: int = 5  # pages that a model sees at most
    per_source: int = 2  # of these, pages of one file, unless there is no other
    tokens: int = 8000  # of evidence in one call, pictures included; what is more goes into several calls
    pixels: int = 3_000_000  # of all pictures of one call together
    unsupported: str = "drop"  # sentences that do not stand on the pages they cite: drop, or mark them
    entailment: bool = False  # ask the model of every sentence whether the page says so: a second opinion
    prompts: str = ""  # a TOML file with prompts of your own, see grounding/prompts.toml


EXTRACTIVE = "extractive"  # answers without a model

# What a value may be, where its type says too little. Other numbers are at least 0.
CHOICES = {
    "ocr.enhance": ("auto", "on", "off"),
    "search.fold": ("exact", "near", "off"),
    "search.no_match": ("mark", "drop", "off"),
    "answer.unsupported": ("drop", "mark"),
    "log.queries": ("off", "ids", "full"),
}
_AT_LEAST = {
    "server.processes": -1,
    "ocr.side": 64,
    "chunk.size": 16,
    "look.tile": 64,
    "limits.memory_mb": 100,
    "limits.page_seconds": 0.1,
    "generation.timeout": 0.1,
    **dict.fromkeys(("limits.file_mb", "limits.pages", "limits.megapixels"), 1),
    **dict.fromkeys(("search.k", "search.depth", "rerank.depth"), 1),
    **dict.fromkeys((f"answer.{name}" for name in ("evidence", "candidates", "pages", "per_source")), 1),
    **dict.fromkeys(("answer.tokens", "generation.max_tokens", "generation.side", "log.days"), 1),
}
_AT_MOST = {"generation.timeout": 1_000_000}


@dataclass(frozen=True, slots=True)
class GenerationSettings:
    """What a call of the vision-language model may be."""

    max_tokens: int = 1024  # tokens of a reply at most
    context: int = 0  # tokens of question and answer together; 0: as the model says, else 8192
    pictures: int = 8  # pictures of a call at most; fewer where the model takes fewer
    side: int = 1024  # pixels of the longer side at which pictures are sent at most
    timeout: float = 120.0  # seconds that a server may be silent
    retries: int = 3  # how often a call that failed before its first word is tried again


@dataclass(frozen=True, slots=True)
class CostSettings:
    """What calls of the vision-language model cost, and when they end. 0: free, or no limit."""

    input: float = 0.0  # money for a million tokens in
    output: float = 0.0  # money for a million tokens out
    currency: str = "USD"  # in which prices and the limit are counted
    stop: float = 0.0  # money that a library may cost in all; no call is made that would exceed it
    stop_tokens: int = 0  # tokens, in and out together, that a library may use in all


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Serving."""

    host: str = "127.0.0.1"  # address to listen on; another than loopback needs keys
    port: int = 8321  # port to listen on
    hosts: str = ""  # further names by which people may reach the server, with spaces between
    rate: int = 100  # requests a second of one key or address; 0: no limit
    burst: int = 400  # requests at once beyond that
    threads: int = 0  # searches at a time; 0: twice the cores
    processes: int = -1  # that search beside it when several people ask; -1: one per core, 4 at most
    queue: int = 100  # searches that may wait for their turn; more are told to come back
    answers: int = 64  # answers of a model at a time; as many as searches may wait
    body_mb: float = 25.0  # size of a request that is no upload
    upload_mb: int = 2000  # size of one upload, all its files together
    upload_files: int = 1000  # files of one upload
    jobs: int = 200  # uploads that may wait for their turn
    patience_seconds: float = 30.0  # how long a request's next bytes may take
    access_log: bool = False  # a line of JSON on standard error for each request
    mcp_add: bool = False  # whether the tools of MCP may add files


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What is written down of questions, in the library's folder."""

    queries: str = "off"  # off; ids: no words of questions, pages and answers; full: all of it
    days: int = 90  # after which the query log and the audit log are deleted


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one library."""

    encoder: str = "builtin:minilm"  # a back end of encoders/; another one needs `triptych rebuild --encoder`
    image_encoder: str = "builtin:look"  # a back end of encoders/ that sees pictures, or "none"
    captioner: str = "builtin"  # a back end of captioners/ that describes pictures, or "none"
    vlm: str = EXTRACTIVE  # who answers: a back end of vlms/, or extractive, which quotes the pages
    store: str = "faiss"  # a back end of stores/: where vectors are searched
    workers: int = 0  # reading processes; 0: one per core
    ocr: OcrSettings = field(default_factory=OcrSettings)
    chunk: ChunkSettings = field(default_factory=ChunkSettings)
    look: LookSettings = field(default_factory=LookSettings)
    limits: Limits = field(default_factory=Limits)
    search: SearchSettings = field(default_factory=SearchSettings)
    rerank: RerankSettings = field(default_factory=RerankSettings)
    answer: AnswerSettings = field(default_factory=AnswerSettings)
    server: ServerSettings = field(default_factory=ServerSettings)
    log: LogSettings = field(default_factory=LogSettings)
    generation: GenerationSettings = field(default_factory=GenerationSettings)
    cost: CostSettings = field(default_factory=CostSettings)

    def backends(self) -> list[tuple[str, str]]:
        """(kind, spec) of every back end that is set; "none" stands for none."""
        return [
            ("encoders", self.encoder),
            ("encoders", self.image_encoder),
            ("captioners", self.captioner),
            ("stores", self.store),
            *(("vlms", name) for name in (self.vlm,) if name != EXTRACTIVE),
            ("ocr", self.ocr.engine),
            *(("detectors", name) for name in self.look.found_by),
            *(("rerankers", name) for name in (self.rerank.model,) if name not in RERANK_BUILTIN),
        ]


@dataclass(frozen=True, slots=True)
class Origin:
    """One setting with its value and where that came from: default, a file, a variable or a flag."""

    key: str
    value: Any
    origin: str


def keys(settings: Any = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """All settings as (dotted key, value)."""
    settings = Settings() if settings is None else settings
    for f in fields(settings):
        value = getattr(settings, f.name)
        if is_dataclass(value):
            yield from keys(value, f"{prefix}{f.name}.")
        else:
            yield f"{prefix}{f.name}", value


def load(
    folder: Path | None = None,
    file: Path | None = None,
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, Any] | None = None,
) -> tuple[Settings, list[Origin]]:
    """Settings and the origin of each. `folder` is the library, `file` an explicit TOML (`--config`)."""
    settings = Settings()
    origins = {key: "default" for key, _ in keys()}
    for key, value, origin in _layers(folder, file, os.environ if environ is None else environ, flags or {}):
        settings = _set(settings, key, value, origin)
        origins[key] = origin
    if settings.chunk.overlap >= settings.chunk.size:
        raise UserError(
            f"The setting 'chunk.overlap' is {settings.chunk.overlap} ({origins['chunk.overlap']}), but must be "
            f"less than 'chunk.size', which is {settings.chunk.size} ({origins['chunk.size']})."
        )
    return settings, [Origin(key, value, origins[key]) for key, value in keys(settings)]


def store(folder: Path, key: str, value: str) -> None:
    """Write the top-level setting `key` into the library's own file; other lines stay as they are."""
    path = folder / FILE
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    line = f"{key} = {json.dumps(value, ensure_ascii=False)}"
    own = next((i for i, text in enumerate(lines) if re.match(rf"\s*{re.escape(key)}\s*=", text)), None)
    table = next((i for i, text in enumerate(lines) if text.lstrip().startswith("[")), len(lines))
    if own is not None and own < table:
        lines[own] = line
    else:
        lines.insert(0, line)
    part = path.with_suffix(".part")
    part.write_text("\n".join(lines) + "\n", "utf-8")
    part.replace(path)


def _layers(
    folder: Path | None, file: Path | None, environ: Mapping[str, str], flags: Mapping[str, Any]
) -> Iterator[tuple[str, Any, str]]:
    if file is not None and not file.is_file():
        raise UserError(
            f"There is no configuration file '{file}'. Name an existing TOML file after --config."
        )
    for path in (folder / FILE if folder else None, file):
        if path is not None and path.is_file():
            try:
                table = tomllib.loads(path.read_text("utf-8"))
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                raise UserError(f"{path} is not valid TOML: {error}. Correct that line.") from error
            yield from ((key, value, str(path)) for key, value in _flat(table))
    for name in sorted(environ):
        if name.startswith(_PREFIX) and name not in _NOT_SETTINGS:
            yield name.removeprefix(_PREFIX).lower().replace("__", "."), environ[name], f"${name}"
    yield from ((key, value, "flag") for key, value in flags.items() if value is not None)


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _set(settings: Settings, key: str, value: Any, origin: str) -> Settings:
    known = dict(keys())
    if key not in known:
        near = get_close_matches(key, known, 1, 0.5)
        guess = f" Did you mean '{near[0]}'?" if near else f" Known: {', '.join(known)}."
        raise UserError(f"There is no setting '{key}' ({origin}).{guess}")
    value = _allowed(key, _typed(key, value, known[key], origin), origin)
    section, _, name = key.rpartition(".")
    if not section:
        return replace(settings, **{name: value})
    return replace(settings, **{section: replace(getattr(settings, section), **{name: value})})


def _allowed(key: str, value: Any, origin: str) -> Any:
    if key in CHOICES and value not in CHOICES[key]:
        raise UserError(
            f"The setting '{key}' is {value!r} ({origin}), but must be one of: {', '.join(CHOICES[key])}."
        )
    least, most = _AT_LEAST.get(key, 0), _AT_MOST.get(key, math.inf)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise UserError(f"The setting '{key}' is {value} ({origin}), but must be a finite number.")
        if not least <= value <= most:
            limit = f"at least {least}" if value < least else f"at most {most}"
            raise UserError(f"The setting '{key}' is {value} ({origin}), but must be {limit}.")
    return value


def _typed(key: str, value: Any, like: Any, origin: str) -> Any:
    kind = type(like)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    if isinstance(value, str):  # from the environment
        try:
            return {"true": True, "false": False}[value.lower()] if kind is bool else kind(value)
        except (ValueError, KeyError):
            pass
    name = {int: "a whole number", float: "a number", bool: "true or false", str: "text in quotes"}[kind]
    raise UserError(f"The setting '{key}' is {value!r} ({origin}), but must be {name}, like {like!r}.")
