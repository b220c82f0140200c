"""Tesseract, through its command: over 100 languages, one small data file each; needs a system package."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
from itertools import groupby

import numpy as np

from triptych.errors import MissingPackage, ModelError, UserError
from triptych.types import Box, Line, Word

_INSTALL = "apt-get install tesseract-ocr (Debian, Ubuntu), brew install tesseract (macOS)"
_SECONDS = 300  # for one page, in case the command hangs; the worker's own limit is usually shorter
_MIN_SIDE = 16  # pixels; smaller pictures hold no letter, and Tesseract refuses some of them
_WORD = "5"  # level of a word in Tesseract's TSV

# ISO 639-1 codes that people type, and Tesseract's names for them.
_CODES = {
    "ar": "ara",
    "bn": "ben",
    "cs": "ces",
    "da": "dan",
    "de": "deu",
    "el": "ell",
    "en": "eng",
    "es": "spa",
    "fi": "fin",
    "fr": "fra",
    "he": "heb",
    "hi": "hin",
    "hu": "hun",
    "it": "ita",
    "ja": "jpn",
    "kn": "kan",
    "ko": "kor",
    "ml": "mal",
    "mr": "mar",
    "nl": "nld",
    "no": "nor",
    "pl": "pol",
    "pt": "por",
    "ro": "ron",
    "ru": "rus",
    "sa": "san",
    "sv": "swe",
    "ta": "tam",
    "te": "tel",
    "th": "tha",
    "tr": "tur",
    "uk": "ukr",
    "vi": "vie",
    "zh": "chi_sim",
}


def load(argument: str = "", *, language: str = "auto", threads: int = 1) -> Engine:
    """The engine; `argument` is the path of the command where it is not on PATH.

    `language` is one of Tesseract's names or an ISO 639-1 code, several joined by "+"; "auto" is English.
    Raises MissingPackage without the command, UserError for a language whose data is not installed.
    """
    command = shutil.which(argument or "tesseract")
    if command is None:
        raise MissingPackage(
            f"The OCR engine 'tesseract' needs the command '{argument or 'tesseract'}', which is not installed. "
            f"Type: {_INSTALL}"
        )
    version = _run([command, "--version"]).split("\n")[0].removeprefix("tesseract ").strip()
    installed = [line.strip() for line in _run([command, "--list-langs"]).splitlines()[1:] if line.strip()]
    return Engine(command, f"tesseract/{version}", _languages(language, installed), threads)


class Engine:
    """See `seams.Ocr`. Each page is one run of the command: nothing is kept, nothing leaks."""

    def __init__(self, command: str, name: str, language: str, threads: int) -> None:
        self.name = f"{name}/{language}"
        self._arguments = [command, "stdin", "stdout", "-l", language, "--psm", "3", "tsv"]
        # Tesseract's threads wait for each other more than they work: one is the fastest per core.
        self._environment = {**os.environ, "OMP_THREAD_LIMIT": str(threads)}

    def read(self, image: np.ndarray) -> list[Line]:
        height, width = image.shape[:2]
        if min(height, width) < _MIN_SIDE:
            return []
        picture = b"P6 %d %d 255\n" % (width, height) + np.ascontiguousarray(image, np.uint8).tobytes()
        table = _run(self._arguments, picture, self._environment)
        rows = csv.DictReader(table.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
        words = [row for row in rows if row["level"] == _WORD and (row["text"] or "").strip()]
        return [
            Line(tuple(_word(row, width, height) for row in line))
            for _, line in groupby(words, lambda r: (r["block_num"], r["par_num"], r["line_num"]))
        ]


def _word(row: dict[str, str], width: int, height: int) -> Word:
    x0, y0 = int(row["left"]), int(row["top"])
    x1, y1 = x0 + max(1, int(row["width"])), y0 + max(1, int(row["height"]))
    box = Box(x0 / width, y0 / height, min(1.0, x1 / width), min(1.0, y1 / height))
    return Word(row["text"].strip(), box, min(1.0, max(0.0, float(row["conf"]) / 100)))


def _languages(wanted: str, installed: list[str]) -> str:
    names = []
    for code in wanted.split("+"):
        name = "eng" if code.strip() == "auto" else code.strip()
        name = name if name in installed else _CODES.get(name.lower(), name)
        if name not in installed:
            raise UserError(
                f"Tesseract has no data for the language '{code.strip()}'. Installed are: {', '.join(installed)}. "
                f"Type: apt-get install tesseract-ocr-{name.replace('_', '-')}"
            )
        names.append(name)
    return "+".join(dict.fromkeys(names))


def _run(arguments: list[str], stdin: bytes = b"", environment: dict[str, str] | None = None) -> str:
    try:
        done = subprocess.run(
            arguments, input=stdin, capture_output=True, timeout=_SECONDS, env=environment, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ModelError(f"Tesseract could not be run: {error}") from error
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise ModelError(f"Tesseract failed ({done.returncode}): {said[-1] if said else 'without a word'}")
    return done.stdout.decode("utf-8", errors="replace")
