"""PaddleOCR by its own package, with models that `triptych models pull` fetched: larger ones, and more scripts.

`paddleocr` takes the model that PaddleOCR recommends for the language, `paddleocr:NAME` another one (`PP-OCRv6_small`,
`korean_PP-OCRv5_mobile`), `paddleocr:FOLDER` one's own: `det/` and `rec/`, each as PaddleOCR exports a model,
for Paddle or for ONNX Runtime. PaddleOCR itself would download them, unasked; it is never let.
"""

from __future__ import annotations

import logging
import re
import warnings
from pathlib import Path

import numpy as np
from paddleocr import PaddleOCR

from triptych.errors import ModelError, UserError
from triptych.hub import model_files
from triptych.hub.model_files import Source
from triptych.ocr import _order
from triptych.types import Box, Line, Word

_CODES = {"auto": None, "zh": "ch", "ja": "japan", "ko": "korean"}
_NAME = re.compile(r"^\s+model_name:\s*[\"']?([\w.-]+)", re.MULTILINE)
_SURE = 0.3  # least mean probability of a line


def sources(argument: str) -> list[Source]:
    """The repositories of the detector and the recogniser of `argument`: scripts share the detector."""
    name = argument or recommended("auto")
    script, version, size = name.partition("PP-")
    if not version or "/" in name:
        raise UserError(
            f"PaddleOCR has no model '{name}'. Name one, as in 'paddleocr:{recommended('auto')}' or "
            "'paddleocr:korean_PP-OCRv5_mobile', or a folder with det/ and rec/."
        )
    files = ("inference.*",)
    return [
        Source(f"PaddlePaddle/{version}{size}_det", "det", files),
        Source(f"PaddlePaddle/{script}{version}{size}_rec", "rec", files),
    ]


def recommended(language: str) -> str:
    """The model that PaddleOCR takes for a language (`de`, `ko`, `de+fr`). Raises UserError where there is none."""
    found = set()
    for code in language.lower().split("+"):
        _, recogniser = PaddleOCR._get_ocr_model_names(None, _CODES.get(code, code), None)
        if recogniser is None:
            raise UserError(
                f"PaddleOCR knows no model for the language '{code}'. Set ocr.language to another one, or name "
                'the model: ocr.engine = "paddleocr:NAME".'
            )
        found.add(str(recogniser).removesuffix("_rec"))
    if len(found) > 1:
        raise UserError(
            f"No model of PaddleOCR reads all of '{language}': {' and '.join(sorted(found))}. "
            f'Choose one: ocr.engine = "paddleocr:{min(found)}"'
        )
    return found.pop()


def load(argument: str = "", *, language: str = "auto", threads: int = 1) -> Engine:
    """The engine with the model that `argument` names, else the one for `language`; see above.

    Turning and straightening pages are switched off: `read` does that for every engine alike.
    Raises UserError when the model is not here, ModelError when its files are damaged.
    """
    folder = Path(argument).expanduser()
    if argument and folder.is_dir():
        if (folder / model_files.MANIFEST).is_file():
            model_files.trust(folder)
        name, places = folder.absolute().name, [folder / "det", folder / "rec"]
    else:
        name = argument or recommended(language)
        places = model_files.find(f"paddleocr:{name}", sources(name))
    return Engine(_open(places, threads), f"paddleocr/{name}/{model_files.revision(places[1])}")


def _open(places: list[Path], threads: int) -> PaddleOCR:
    detector, recogniser = (_name(place) for place in places)
    onnx = all((place / "inference.onnx").is_file() for place in places)
    logging.getLogger("paddlex").setLevel(logging.ERROR)  # it tells of every model that it opens
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Paddle, about compilers that it does not need here
            return PaddleOCR(
                text_detection_model_name=detector,
                text_detection_model_dir=str(places[0]),
                text_recognition_model_name=recogniser,
                text_recognition_model_dir=str(places[1]),
                use_doc_orientation_classify=False,
                use_doc_unwarping=False,
                use_textline_orientation=False,
                return_word_box=True,
                text_rec_score_thresh=_SURE,
                device="cpu",
                engine="onnxruntime" if onnx else "paddle_static",
                engine_config={"intra_op_num_threads": threads} if onnx else {"cpu_threads": threads},
            )
    except Exception as error:  # of Paddle, PaddleX and ONNX Runtime, which have types of their own
        reason = " ".join(str(error).split())[:160]
        raise ModelError(
            f"PaddleOCR cannot load the model in {places[0].parent} ({reason}). Pull or copy it anew."
        ) from error


def _name(place: Path) -> str:
    """What a model calls itself in its `inference.yml`, which PaddleOCR wants to be told."""
    try:
        found = _NAME.search((place / "inference.yml").read_text("utf-8"))
    except (OSError, ValueError):
        found = None
    if found is None:
        raise UserError(
            f"The folder {place} holds no model of PaddleOCR: inference.yml with its name. Needed are det/ and rec/, "
            "each with inference.yml and inference.onnx, or inference.json and inference.pdiparams."
        )
    return found[1]


class Engine:
    """See `seams.Ocr`."""

    def __init__(self, model: PaddleOCR, name: str) -> None:
        self.name = name
        self._model = model

    def read(self, image: np.ndarray) -> list[Line]:
        height, width = image.shape[:2]
        result = self._model.predict(np.ascontiguousarray(image[:, :, ::-1]))[0]  # PaddleOCR wants BGR
        size = np.array([width, height, width, height], np.float64)
        lines = []
        for i, text in enumerate(result["rec_texts"]):
            if text.strip():
                own = np.asarray(result["text_word_boxes"][i], np.float64).reshape(-1, 4) / size
                whole = np.asarray(result["rec_boxes"][i], np.float64) / size
                words = place(text, result["text_word"][i], own, whole, float(result["rec_scores"][i]))
                lines.append((np.asarray(result["rec_polys"][i], np.float64), Line(words)))
        if not lines:
            return []
        order = _order.reading_order(np.stack([quad for quad, _ in lines]))
        return [lines[i][1] for i in order]


def place(
    text: str, pieces: list[str], boxes: np.ndarray, whole: np.ndarray, confidence: float
) -> tuple[Word, ...]:
    """The words of a line with their boxes (fractions of the page).

    PaddleOCR boxes Chinese characters one by one and leaves spaces out, so its pieces are gathered into
    the words of the text; where they do not add up, the line is shared out by characters.
    """
    words = text.split()
    if "".join(pieces).replace(" ", "") == "".join(words) and len(pieces) == len(boxes):
        return _gathered(words, pieces, boxes, confidence)
    length, at, found = max(1, len(text.strip())), 0, []
    for word in words:
        at = text.strip().index(word, at)
        x0 = whole[0] + (whole[2] - whole[0]) * at / length
        at += len(word)
        x1 = whole[0] + (whole[2] - whole[0]) * at / length
        found.append(Word(word, _box((x0, whole[1], x1, whole[3])), confidence))
    return tuple(found)


def _gathered(words: list[str], pieces: list[str], boxes: np.ndarray, confidence: float) -> tuple[Word, ...]:
    """A piece that reaches over a word's end counts for the word in which it begins."""
    found, piece, read = [], 0, 0
    for end, word in zip(np.cumsum([len(w) for w in words]).tolist(), words, strict=True):
        mine = []
        while piece < len(pieces) and read < end:
            if pieces[piece].strip():
                mine.append(boxes[piece])
            read += len(pieces[piece].replace(" ", ""))
            piece += 1
        hull = mine or [boxes[max(0, piece - 1)]]
        low, high = np.min(hull, axis=0), np.max(hull, axis=0)
        found.append(Word(word, _box((low[0], low[1], high[2], high[3])), confidence))
    return tuple(found)


def _box(sides: tuple[float, ...]) -> Box:
    x0, y0, x1, y1 = (float(min(1.0, max(0.0, side))) for side in sides)
    return Box(x0, y0, max(x0, x1), max(y0, y1))
