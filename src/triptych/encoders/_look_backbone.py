"""Frozen features of a picture: the backbone of the PP-OCRv6 text detector, run in OpenVINO.

The network was trained to find text lines; what its four stages see on the way (strokes, edges, textures,
blocks of text, axes, frames) tells kinds of pictures apart. It stands in the wheel of rapidocr (Apache-2.0)
and is read from the installed copy, whose hash is checked: other weights would give vectors of another space.
"""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import cv2
import numpy as np
import openvino as ov
from openvino import opset13 as op
from openvino.preprocess import ColorFormat, PrePostProcessor

from triptych.errors import MissingPackage, ModelError
from triptych.neural.openvino_cpu import compiled, native_precision

FILE = "PP-OCRv6_det_small.onnx"
SHA256 = "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f"
STAGES = ("p2o.pd_op.add.14.0", "p2o.pd_op.add.27.0", "p2o.pd_op.add.50.0", "p2o.pd_op.add.63.0")
CHANNELS = (48, 96, 192, 384)  # of the stages, at 1/4, 1/8, 1/16 and 1/32 of the picture's side
SIDE = 256  # pixels of the longer side that the network sees
STEP = 32  # both sides are multiples of this: 15 shapes in all, so compiled kernels are reused
SHORTEST = 64  # a strip is widened to this: the last stage would see one row only
DIM = 3 * sum(CHANNELS)


class Backbone:
    """A picture in, DIM pooled features out; `streams` at once. May be called from several threads."""

    def __init__(self, threads: int = 0, precision: str = "") -> None:
        """`threads` = 0 uses all cores; `precision` = '' is bf16 where the processor multiplies it natively."""
        try:
            graph = _graph(ov.Core(), _model_file())
            model = compiled(graph, threads=threads, precision=precision or native_precision())
        except RuntimeError as error:
            reason = " ".join(str(error).split())[:200]
            raise ModelError(
                f'OpenVINO cannot compile the built-in image encoder: {reason}. Try: image_encoder = "none"'
            ) from error
        self.streams = int(model.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        self._idle: SimpleQueue[Any] = SimpleQueue()
        for _ in range(self.streams):
            self._idle.put(model.create_infer_request())

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        """uint8 RGB (h, w, 3), sides as `shape_for` gives them -> (DIM,) float32.

        One at a time: batches are not faster (docs/log/look.md), and OpenVINO keeps megabytes for each shape
        that it has seen, the size of a batch being part of a shape.
        """
        request = self._idle.get()
        try:
            return np.array(request.infer([picture[None]])[0][0])
        finally:
            self._idle.put(request)


def shape_for(height: int, width: int) -> tuple[int, int]:
    """Height and width at which the network sees a picture: its aspect as nearly as multiples of STEP allow."""
    scale = SIDE / max(height, width)
    sides = (max(SHORTEST, round(side * scale / STEP) * STEP) for side in (height, width))
    return tuple(sides)  # type: ignore[return-value]


def fit(picture: np.ndarray) -> np.ndarray:
    """The picture at the size of `shape_for`: by area averages when it shrinks, smoothly when it grows."""
    height, width = shape_for(*picture.shape[:2])
    shrinks = picture.shape[0] > height or picture.shape[1] > width
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (width, height), interpolation=way))


def _model_file() -> Path:
    """The detector in the installed rapidocr. Raises ModelError when it is not the one we know."""
    spec = importlib.util.find_spec("rapidocr")  # finds the folder without importing the package
    if spec is None or spec.origin is None:
        raise MissingPackage(
            "The built-in image encoder needs the Python package 'rapidocr'. Type: pip install rapidocr"
        )
    file = Path(spec.origin).parent / "models" / FILE
    found = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else "nothing"
    if found != SHA256:
        raise ModelError(
            f"The built-in image encoder needs {FILE} of rapidocr 3.10.0 (sha256 {SHA256[:12]}), found "
            f"{found[:12]}. Type: pip install rapidocr==3.10.0, or choose another image_encoder"
        )
    return file


def _graph(core: Any, file: Path) -> Any:
    """The network up to its last stage, with the pooled stages as its one output."""
    model = core.read_model(file)
    by_name = {n: o for node in model.get_ordered_ops() for o in node.outputs() for n in o.get_names()}
    pooled = op.concat([part for name in STAGES for part in _pooled(by_name[name])], 1)
    cut = ov.Model([op.result(pooled)], model.get_parameters(), "look")
    steps = PrePostProcessor(cut)
    steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC")).set_color_format(
        ColorFormat.RGB
    )
    steps.input().model().set_layout(ov.Layout("NCHW"))
    steps.input().preprocess().convert_element_type(ov.Type.f32).convert_color(ColorFormat.BGR).mean(
        127.5
    ).scale(127.5)
    return steps.build()


def _pooled(stage: Any) -> list[Any]:
    """Mean, standard deviation and maximum of each channel over the picture: three of (b, c)."""
    axes = op.constant(np.array([2, 3], np.int32))
    mean = op.reduce_mean(stage, axes, True)
    spread = op.sqrt(op.reduce_mean(op.power(op.subtract(stage, mean), op.constant(np.float32(2))), axes))
    return [op.squeeze(mean, axes), spread, op.reduce_max(stage, axes)]
