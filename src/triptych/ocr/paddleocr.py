"""PaddleOCR, by its own package: newer and larger models, downloaded on first use."""

from __future__ import annotations

import numpy as np
from paddleocr import PaddleOCR

from triptych.errors import UserError
from triptych.ocr import _order
from triptych.types import Box, Line, Word

_CODES = {"auto": None, "zh": "ch", "ja": "japan", "ko": "korean", "de": "german", "fr": "french"}


def load(argument: str = "", *, language: str = "auto", threads: int = 1) -> Engine:
    """The engine; `argument` is a version such as "PP-OCRv5", empty for PaddleOCR's own default.

    Turning and straightening pages are switched off: `read` does that for every engine alike.
    """
    code = _CODES.get(language, language)
    try:
        model = PaddleOCR(
            lang=code,
            ocr_version=argument or None,
            use_doc_orientation_classify=False,
            use_doc_unwarping=False,
            use_textline_orientation=False,
            return_word_box=True,
            text_rec_score_thresh=0.3,
            device="cpu",
            cpu_threads=threads,
        )
    except ValueError as error:
        raise UserError(f"PaddleOCR has no model for language '{language}' {argument}: {error}") from error
    return Engine(model, f"paddleocr/{argument or 'default'}/{language}")


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
