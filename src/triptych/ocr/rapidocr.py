"""RapidOCR's PP-OCRv6 models, run in OpenVINO: about 50 languages in one model, nothing to download."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path

import cv2
import numpy as np

from triptych.errors import MissingPackage, UserError
from triptych.ocr import _ppocr, _words
from triptych.types import Line

_DETECTOR, _RECOGNISER = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"
_SHORT = 736  # the shorter side is enlarged to this for detection, as PP-OCR's configuration has it,
_ENLARGE = 3.0  # but not beyond this: a button of 20 pixels is no page
_LONG = 2048  # the longer side at most, for detection alone: lines are cut out of the full picture
_AREA = 3_100_000  # pixels that detection sees at a time: its memory is 150 MB a megapixel
_CLEAR = 0.9  # mean probability from which a standing line is surely read the right way
_FINE = 16.0  # lines lower than this in the picture that detection saw are looked for again, enlarged


def load(argument: str = "", *, language: str = "auto", threads: int = 1) -> Engine:
    """The engine. It has no argument; `threads` are of one process: Triptych runs a process per core.

    Raises UserError for a language the model does not read.
    """
    check_language(language)
    folder = _models()
    detector = _ppocr.Detector(_ppocr.compile_model(folder / _DETECTOR, threads))
    recogniser = _ppocr.Recogniser(
        _ppocr.compile_model(folder / _RECOGNISER, threads), _ppocr.alphabet(folder / _RECOGNISER)
    )
    return Engine(detector, recogniser)


class Engine:
    """See `seams.Ocr`."""

    name = "rapidocr/PP-OCRv6-small"

    def __init__(self, detector: _ppocr.Detector, recogniser: _ppocr.Recogniser) -> None:
        self._detect = detector
        self._recognise = recogniser

    def read(self, image: np.ndarray) -> list[Line]:
        strips = []
        upwards = True
        for quad in self._lines(image):
            if _ppocr.stands(quad):
                strip, upwards = self._standing(image, quad, upwards)
            else:
                strip = self._recognise(_ppocr.cut_out(image, quad), quad)
            strips.append(strip)
        return _words.lines(strips, image.shape[1], image.shape[0])

    def _standing(self, image: np.ndarray, quad: np.ndarray, upwards: bool) -> tuple[_ppocr.Strip, bool]:
        """A standing line, read upwards or downwards, whichever is clearer: first the way of the one before."""
        tries = []
        for way in (upwards, not upwards):
            corners = _ppocr.laid(quad, way)
            tries.append((self._recognise(_ppocr.cut_out(image, corners), corners), way))
            if tries[-1][0].clearness > _CLEAR:
                break
        return max(tries, key=lambda one: one[0].clearness)

    def _lines(self, image: np.ndarray) -> np.ndarray:
        """(n, 4, 2) corners of the lines in pixels of `image`; in bands where a large picture has fine print."""
        height, width = image.shape[:2]
        scale = min(max(1.0, min(_SHORT / min(height, width), _ENLARGE)), _LONG / max(height, width))
        scale = min(scale, math.sqrt(_AREA / (height * width)))
        quads = self._detected(image, scale)
        if scale < 1 and len(quads):
            finest = float(np.percentile(_heights(quads), 25)) * scale
            if finest < _FINE:
                return self._in_bands(image, min(1.0, scale * 1.5 * _FINE / finest))
        return quads

    def _detected(self, image: np.ndarray, scale: float) -> np.ndarray:
        height, width = image.shape[:2]
        size = (max(32, round(width * scale / 32) * 32), max(32, round(height * scale / 32) * 32))
        shrinks = size[0] < width
        seen = cv2.resize(image, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        return self._detect(seen) * np.array([width / size[0], height / size[1]], np.float32)

    def _in_bands(self, image: np.ndarray, scale: float) -> np.ndarray:
        """Detection over horizontal bands that overlap; a line counts in the band its middle belongs to."""
        height, width = image.shape[:2]
        band = max(256, int(_AREA / (width * scale * scale)))
        overlap = band // 8
        found = []
        for top in range(0, height, band - 2 * overlap):
            bottom = min(height, top + band)
            quads = self._detected(np.ascontiguousarray(image[top:bottom]), scale)
            middles = quads[:, :, 1].mean(1) + top
            first = top + overlap if top else -1
            last = bottom - overlap if bottom < height else height + 1
            mine = (middles >= first) & (middles < last)
            found.append(quads[mine] + np.array([0, top], np.float32))
            if bottom == height:
                break
        return np.concatenate(found)


def _heights(quads: np.ndarray) -> np.ndarray:
    """(n,) thickness of each line in pixels, lying or standing."""
    sides = np.linalg.norm(quads[:, [1, 3]] - quads[:, :1], axis=2)
    return np.asarray(sides.min(1))


def _models() -> Path:
    spec = importlib.util.find_spec("rapidocr")  # finds the folder without importing the package
    if spec is None or spec.origin is None:
        raise MissingPackage(
            "The OCR engine 'rapidocr' needs the Python package 'rapidocr'. Type: pip install rapidocr"
        )
    folder = Path(spec.origin).parent / "models"
    for name in (_DETECTOR, _RECOGNISER):
        if not (folder / name).is_file():
            raise MissingPackage(
                f"The installed 'rapidocr' does not hold the model {name}. Type: pip install 'rapidocr>=3.10'"
            )
    return folder


# Languages of PP-OCRv6's multilingual model, by ISO 639-1 code, and how else people write them.
_LANGUAGES = frozenset(
    [
        "zh",
        "en",
        "ja",
        "af",
        "az",
        "bs",
        "ca",
        "cs",
        "cy",
        "da",
        "de",
        "es",
        "et",
        "eu",
        "fi",
        "fr",
        "ga",
        "gl",
        "hr",
        "hu",
        "id",
        "is",
        "it",
        "ku",
        "la",
        "lb",
        "lt",
        "lv",
        "mi",
        "ms",
        "mt",
        "nl",
        "no",
        "oc",
        "pl",
        "pt",
        "qu",
        "rm",
        "ro",
        "sr",
        "sk",
        "sl",
        "sq",
        "sv",
        "sw",
        "tl",
        "tr",
        "uz",
        "vi",
    ]
)
_ALIASES = {
    "auto": "en",
    "multi": "en",
    "ch": "zh",
    "chinese": "zh",
    "chinese_cht": "zh",
    "chi_sim": "zh",
    "chi_tra": "zh",
    "japan": "ja",
    "jpn": "ja",
    "eng": "en",
    "english": "en",
    "german": "de",
    "deu": "de",
    "french": "fr",
    "fra": "fr",
    "spa": "es",
    "ita": "it",
    "por": "pt",
    "nld": "nl",
    "pol": "pl",
    "tur": "tr",
    "rs_latin": "sr",
}


def check_language(language: str) -> None:
    """One model reads all of its languages, so the setting only has to name some of them (`de+en`)."""
    for code in language.lower().split("+"):
        base = code.strip()
        base = _ALIASES.get(base) or _ALIASES.get(base.split("-")[0]) or base.split("-")[0].split("_")[0]
        if base not in _LANGUAGES:
            raise UserError(
                f"RapidOCR's model does not read the language '{code}'. It reads: "
                f"{', '.join(sorted(_LANGUAGES))}. For others type: triptych add PATH --ocr tesseract --ocr-lang {code}"
            )
