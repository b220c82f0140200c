"""Models as PaddleOCR exports them: a folder for the detector, one for the recogniser, each with its `inference.yml`."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import Any

import yaml

from triptych.ocr import _ppocr

_DETECTOR = {
    "Global": {"model_name": "PP-OCRv6_small_det"},
    "PreProcess": {
        "transform_ops": [
            {"DetResizeForTest": {"resize_long": 960}},
            {"NormalizeImage": {"mean": [0.5] * 3, "std": [0.5] * 3, "order": "hwc", "scale": "1./255."}},
            {"ToCHWImage": None},
        ]
    },
    "PostProcess": {"name": "DBPostProcess", "thresh": 0.3, "box_thresh": 0.4, "unclip_ratio": 1.5},
}


def _recogniser(characters: list[str]) -> dict[str, Any]:
    return {
        "Global": {"model_name": "PP-OCRv6_small_rec"},
        "PreProcess": {
            "transform_ops": [
                {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}},
                {"RecResizeImg": {"image_shape": [3, 48, 320]}},
            ]
        },
        "PostProcess": {"name": "CTCLabelDecode", "character_dict": characters},
    }


def _describe(folder: Path, characters: list[str]) -> None:
    for part, config in (("det", _DETECTOR), ("rec", _recogniser(characters))):
        text = yaml.safe_dump(config, allow_unicode=True)
        (folder / part / "inference.yml").write_text(text, "utf-8")


def of_rapidocr(folder: Path) -> Path:
    """The trained PP-OCRv6 models inside the rapidocr wheel, in ONNX."""
    spec = importlib.util.find_spec("rapidocr")
    assert spec is not None
    assert spec.origin is not None
    models = Path(spec.origin).parent / "models"
    for part in ("det", "rec"):
        (folder / part).mkdir(parents=True)
        shutil.copy(models / f"PP-OCRv6_{part}_small.onnx", folder / part / "inference.onnx")
    _describe(folder, _ppocr.alphabet(models / "PP-OCRv6_rec_small.onnx")[1:-1])
    return folder


def of_paddle(folder: Path) -> Path:
    """Tiny models in Paddle's own form: the detector finds ink, the recogniser's weights are random."""
    import paddle
    from paddle import nn

    characters = [chr(code) for code in range(33, 127)]
    paddle.seed(0)

    class Detector(nn.Layer):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.grey = nn.Conv2D(3, 1, 1, weight_attr=nn.initializer.Constant(-1 / 3), bias_attr=False)

        def forward(self, x: Any) -> Any:
            return nn.functional.sigmoid(
                20 * (nn.functional.avg_pool2d(self.grey(x), [5, 25], 1, [2, 12]) + 0.8)
            )

    class Recogniser(nn.Layer):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.columns = nn.Conv2D(3, 16, (48, 8), stride=(48, 8))
            self.classes = nn.Linear(16, len(characters) + 2)  # and CTC's blank, and a space

        def forward(self, x: Any) -> Any:
            columns = nn.functional.tanh(self.columns(x)).squeeze(2).transpose([0, 2, 1])
            return nn.functional.softmax(30 * self.classes(columns), axis=-1)

    for part, net, height in (("det", Detector(), None), ("rec", Recogniser(), 48)):
        net.eval()
        shape = paddle.static.InputSpec([None, 3, height, None], "float32", name="x")
        paddle.jit.save(net, str(folder / part / "inference"), input_spec=[shape])
    _describe(folder, characters)
    return folder
