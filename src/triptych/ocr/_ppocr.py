"""The PP-OCR pipeline on OpenVINO: detect text lines, cut them out, recognise them.

The models are the ONNX files inside the rapidocr wheel. Detection is DBNet (Liao et al., "Real-time Scene
Text Detection with Differentiable Binarization", AAAI 2020): a probability map whose blobs are shrunken
lines. Recognition is a CTC network (Graves et al., ICML 2006) over strips 48 pixels high.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import openvino
from openvino.preprocess import ColorFormat, PrePostProcessor

from triptych.neural.openvino_cpu import compiled

STRIP = 48  # height in pixels of a strip for the recogniser
# Strips are padded up to one of these widths. OpenVINO keeps 5 MB for every shape it has seen, so there
# are few; each is a quarter or less above the one before. The network was trained on 320, and loses
# nothing down to 96 (measured).
_WIDTHS = (96, 128, 160, 192, 224, 256, 288, 320, 384, 448, 512, 640, 768, 896, 1024, 1280, 1536, 1792, 2048)
_LONGEST = _WIDTHS[-1]  # a longer strip is read in parts
_CACHED_SHAPES = 300  # entries in OpenVINO's cache of compiled kernels; unbounded it grows to gigabytes


def compile_model(path: Path, threads: int) -> openvino.CompiledModel:
    """A model that takes uint8 RGB (n, h, w, 3): colour order, scaling and layout happen inside it.

    The precision is left to OpenVINO, which takes bfloat16 where the processor has it (twice as fast
    with AMX) and float32 elsewhere.
    """
    model = _without_softmax(openvino.Core().read_model(path))
    steps = PrePostProcessor(model)
    steps.input().tensor().set_element_type(openvino.Type.u8).set_layout(
        openvino.Layout("NHWC")
    ).set_color_format(ColorFormat.RGB)
    steps.input().model().set_layout(openvino.Layout("NCHW"))
    steps.input().preprocess().convert_element_type(openvino.Type.f32).convert_color(ColorFormat.BGR).mean(
        127.5
    ).scale(127.5)
    return compiled(
        steps.build(),
        threads=threads,
        alone=True,
        NUM_STREAMS=1,
        CPU_RUNTIME_CACHE_CAPACITY=str(_CACHED_SHAPES),
    )


def _without_softmax(model: openvino.Model) -> openvino.Model:
    """The recogniser ends in a softmax over 18,710 classes a column: a fifth of its time, and only the few
    columns that hold a character need it (see `Recogniser`)."""
    last = model.get_results()[0].input_value(0).get_node()
    if last.get_type_name() != "Softmax":
        return model
    return openvino.Model([last.input_value(0)], model.get_parameters(), model.get_friendly_name())


def alphabet(path: Path) -> list[str]:
    """The recogniser's characters by class number: class 0 is CTC's blank, the last one a space."""
    info = openvino.Core().read_model(path).get_rt_info(["framework", "character"])
    characters = str(getattr(info, "value", info)).splitlines()
    return ["", *characters, " "]


@dataclass(frozen=True, slots=True)
class Strip:
    """A recognised line. `quad` are its corners in pixels, clockwise from where its text begins.

    Character i has its centre at `centres[i]`, a share of the line's length, and the probability `scores[i]`.
    """

    quad: np.ndarray  # (4, 2) float32
    text: str
    centres: np.ndarray  # (n,) float32: 0..1 along the line
    scores: np.ndarray  # (n,) float32
    image: np.ndarray  # (48, w, 3) uint8: the strip as the recogniser saw it

    @property
    def clearness(self) -> float:
        """Mean probability of the characters, 0 without any."""
        return float(self.scores.mean()) if len(self.scores) else 0.0


class Detector:
    """Finds text lines. Thresholds are those of PP-OCRv6's own configuration."""

    threshold = 0.3  # a pixel of the map is text
    box_threshold = 0.5  # mean of the map inside a line
    unclip = 1.6  # how far a blob is grown back, see DBNet section 3.5
    max_lines = 3000

    def __init__(self, model: openvino.CompiledModel) -> None:
        self._request = model.create_infer_request()

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """(n, 4, 2) float32 corners in pixels of `image`: top left, top right, bottom right, bottom left
        of each line; sides of `image` are multiples of 32."""
        self._request.infer([image[None]], share_inputs=True)
        probability = self._request.get_output_tensor().data[0, 0]
        mask = cv2.dilate((probability > self.threshold).astype(np.uint8), np.ones((2, 2), np.uint8))
        contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        quads = [quad for c in contours[: self.max_lines] if (quad := self._line(probability, c)) is not None]
        return np.array(quads, np.float32).reshape(-1, 4, 2)

    def _line(self, probability: np.ndarray, contour: np.ndarray) -> np.ndarray | None:
        centre, (width, height), angle = cv2.minAreaRect(contour)
        if min(width, height) < 3:
            return None
        corners = cv2.boxPoints((centre, (width, height), angle))
        if _mean_inside(probability, corners) < self.box_threshold:
            return None
        # DBNet grows the polygon by area * ratio / perimeter on every side; of a rectangle that is a rectangle.
        grow = 2 * width * height * self.unclip / (2 * (width + height))
        corners = _clockwise(cv2.boxPoints((centre, (width + grow, height + grow), angle)))
        limits = np.array([probability.shape[1], probability.shape[0]], np.float32)
        return np.clip(corners, 0, limits)


def _mean_inside(probability: np.ndarray, corners: np.ndarray) -> float:
    low = np.floor(corners.min(0)).astype(int).clip(0)
    high = np.ceil(corners.max(0)).astype(int) + 1
    window = probability[low[1] : high[1], low[0] : high[0]]
    mask = np.zeros(window.shape, np.uint8)
    cv2.fillPoly(mask, [np.round(corners - low).astype(np.int32)], 1)
    return float(cv2.mean(window, mask)[0])


def _clockwise(corners: np.ndarray) -> np.ndarray:
    """Corners of a rectangle as top left, top right, bottom right, bottom left."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left, right = by_x[:2], by_x[2:]
    left, right = left[np.argsort(left[:, 1])], right[np.argsort(right[:, 1])]
    return np.array([left[0], right[0], right[1], left[1]], np.float32)


def stands(quad: np.ndarray) -> bool:
    """Whether a line is at least 1.5 times as high as wide: turned text, or a word of one narrow letter."""
    width, height = _sides(quad)
    return height >= 1.5 * width


def laid(quad: np.ndarray, upwards: bool) -> np.ndarray:
    """The corners of a standing line from where its text begins: at the bottom left when it runs upwards
    (as axis titles do), else at the top right."""
    return np.roll(quad, 1 if upwards else -1, axis=0)


def _sides(quad: np.ndarray) -> tuple[float, float]:
    """Length and thickness of a line, for one that lies."""
    length = max(math.dist(quad[0], quad[1]), math.dist(quad[3], quad[2]))
    return length, max(math.dist(quad[0], quad[3]), math.dist(quad[1], quad[2]))


def cut_out(image: np.ndarray, quad: np.ndarray) -> np.ndarray:
    """(48, w, 3) pixels of one line; `quad` are its corners from where its text begins."""
    width, height = _sides(quad)
    length = max(8, round(STRIP * width / max(height, 1.0)))
    target = np.array([[0, 0], [length, 0], [length, STRIP]], np.float32)
    # Shrinking by a warp alone would skip pixels: bring large lines near the strip's size first.
    shrink = height / STRIP
    if shrink >= 2:
        low = np.floor(quad.min(0)).astype(int).clip(0)
        high = np.ceil(quad.max(0)).astype(int) + 1
        window = image[low[1] : high[1], low[0] : high[0]]
        size = (max(1, round(window.shape[1] / shrink)), max(1, round(window.shape[0] / shrink)))
        scale = np.array([size[0] / window.shape[1], size[1] / window.shape[0]], np.float32)
        image, source = cv2.resize(window, size, interpolation=cv2.INTER_AREA), (quad - low) * scale
    else:
        source = quad
    matrix = cv2.getAffineTransform(np.ascontiguousarray(source[:3], np.float32), target)
    strip = cv2.warpAffine(
        image, matrix, (length, STRIP), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return strip


class Recogniser:
    """Reads strips one at a time, each at its own width: on a processor a batch gains nothing, and the
    padding of short strips to a common width costs."""

    def __init__(self, model: openvino.CompiledModel, characters: list[str]) -> None:
        self._request = model.create_infer_request()
        self._characters = np.array(characters, dtype=object)

    def __call__(self, strip: np.ndarray, quad: np.ndarray) -> Strip:
        length = strip.shape[1]
        text = ""
        centres: list[np.ndarray] = []
        scores: list[np.ndarray] = []
        for start, end in pairwise(parts(strip)):
            more, at, score = self._read(strip[:, start:end])
            if text and more and not (_is_ideograph(text[-1]) and _is_ideograph(more[0])):
                text += " "  # cut at the widest gap: in scripts with spaces that is one
                centres.append(np.array([start], np.float32))
                scores.append(np.ones(1, np.float32))
            text += more
            centres.append(at + start)
            scores.append(score)
        places = (np.concatenate(centres) / length).clip(0, 1)
        return Strip(quad, text, places, np.concatenate(scores), strip)

    def _read(self, strip: np.ndarray) -> tuple[str, np.ndarray, np.ndarray]:
        """(text, centres in pixels of the strip, probabilities) of a strip of bounded length."""
        width = _WIDTHS[bisect_left(_WIDTHS, strip.shape[1])]
        padded = np.full((1, STRIP, width, 3), 127, np.uint8)  # 127: the model's zero
        padded[0, :, : strip.shape[1]] = strip
        self._request.infer([padded], share_inputs=True)
        columns = self._request.get_output_tensor().data[0]  # (width / 8, classes) logits
        best = columns.argmax(1)
        kept = np.flatnonzero((best != 0) & (best != np.concatenate(([0], best[:-1]))))
        centres = ((kept + 0.5) * (width / len(columns))).astype(np.float32)
        return "".join(self._characters[best[kept]]), centres, _probability(columns[kept], best[kept])


def _probability(logits: np.ndarray, best: np.ndarray) -> np.ndarray:
    """Softmax of each row at its best class, (n,) float32."""
    top = logits[np.arange(len(best)), best]
    return np.asarray(1.0 / np.exp(logits - top[:, None]).sum(1), np.float32)


def parts(strip: np.ndarray) -> list[int]:
    """Where a strip is cut into parts of at most `_LONGEST` columns: in the widest gap of the last fifth
    of each. Begins with 0 and ends with the strip's length."""
    length = strip.shape[1]
    borders = [0]
    while length - borders[-1] > _LONGEST:
        low, high = borders[-1] + _LONGEST * 4 // 5, borders[-1] + _LONGEST
        busy = strip[:, low:high].astype(np.int16).std(axis=(0, 2))
        empty = busy < busy.min() + 0.2 * (busy.max() - busy.min()) + 1
        edges = np.flatnonzero(np.diff(np.concatenate(([False], empty, [False])).astype(np.int8)))
        runs = edges.reshape(-1, 2)
        borders.append(low + int(runs[np.argmax(runs[:, 1] - runs[:, 0])].mean()))
    return [*borders, length]


def _is_ideograph(character: str) -> bool:
    """Whether a character is of a script that is written without spaces."""
    return "\u3040" <= character <= "\u30ff" or "\u3400" <= character <= "\u9fff"
