"""OCR engines: every one that is installed passes the shipped suite; then what is our own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import paddle_models
from triptych import plugins
from triptych.conformance.ocr import OcrSuite, known_page, recall
from triptych.errors import MissingPackage, ModelError, UserError
from triptych.hub import pull
from triptych.ocr import _order
from triptych.seams import Ocr

NEEDS = {
    "paddleocr": lambda: find_spec("paddleocr") and find_spec("onnxruntime"),
    "tesseract": lambda: shutil.which("tesseract"),
}
_FOLDERS: list[Path] = []  # where this session's models are, once it runs


@pytest.fixture(scope="session", autouse=True)
def _models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No model but those that the tests make."""
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("TRIPTYCH_MODELS", "HF_HUB_CACHE"):
            patch.setenv(variable, str(tmp_path_factory.mktemp("home")))
        _FOLDERS.append(tmp_path_factory.mktemp("models"))
        yield


@cache
def loaded(name: str) -> Ocr:
    needed(name)
    spec = f"{name}:{paddle_models.of_rapidocr(_FOLDERS[-1] / 'onnx')}" if name == "paddleocr" else name
    engine: Ocr = plugins.load("ocr", spec, language="auto")
    return engine


def needed(name: str) -> None:
    if name in NEEDS and not NEEDS[name]():
        pytest.skip(f"{name} is not installed")


@pytest.mark.parametrize("name", sorted(plugins.names("ocr")))
class TestEngines(OcrSuite):
    @pytest.fixture(autouse=True)
    def _name(self, name: str) -> None:
        self.name = name

    def engine(self) -> Ocr:
        return loaded(self.name)


class TestRapidOcr:
    def test_an_unknown_language_is_refused_with_those_it_reads(self) -> None:
        with pytest.raises(UserError, match=r"does not read the language 'hi'.* de, "):
            plugins.load("ocr", "rapidocr", language="hi")

    @pytest.mark.parametrize("language", ["auto", "en", "de+fr", "zh-CN", "chi_sim", "japan"])
    def test_languages_it_reads(self, language: str) -> None:
        from triptych.ocr import rapidocr

        rapidocr.check_language(language)

    def test_skewed_text_keeps_its_boxes(self) -> None:
        page = known_page()
        height, width = page.shape[:2]
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), 4, 1.0)
        skewed = cv2.warpAffine(page, turn, (width, height), borderValue=(255, 255, 255))
        upright = {w.text: w.box for line in loaded("rapidocr").read(page) for w in line.words}
        lines = loaded("rapidocr").read(skewed)
        assert recall(lines) >= 0.95
        for word in (w for line in lines for w in line.words if len(w.text) > 4):
            if word.text not in upright:
                continue
            box = upright[word.text]
            middle = np.array([(box.x0 + box.x1) / 2 * width, (box.y0 + box.y1) / 2 * height, 1])
            x, y = turn @ middle
            assert abs(x / width - (word.box.x0 + word.box.x1) / 2) < 0.02
            assert abs(y / height - (word.box.y0 + word.box.y1) / 2) < 0.02

    def test_white_on_dark(self) -> None:
        assert recall(loaded("rapidocr").read(255 - known_page())) >= 0.95

    def test_words_are_parted_where_the_recogniser_saw_no_space(self) -> None:
        words = [w.text for line in loaded("rapidocr").read(known_page()) for w in line.words]
        assert "20417" in words
        assert "Invoice" in words


class TestTesseract:
    def test_a_missing_command_names_what_to_type(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "/nowhere")
        with pytest.raises(MissingPackage, match="apt-get install tesseract-ocr"):
            plugins.load("ocr", "tesseract")

    def test_missing_language_data_names_the_package(self) -> None:
        loaded("tesseract")
        with pytest.raises(UserError, match=r"no data for the language 'xx'.*eng.*tesseract-ocr-xx"):
            plugins.load("ocr", "tesseract", language="xx")

    def test_usual_codes_are_understood(self) -> None:
        loaded("tesseract")
        assert plugins.load("ocr", "tesseract", language="en").name.endswith("/eng")


@pytest.mark.filterwarnings("ignore")  # of Paddle, about compilers and its own coming versions
class TestPaddleOcr:
    @pytest.fixture(autouse=True)
    def _installed(self) -> None:
        needed("paddleocr")

    def test_it_reads_as_the_package_does_when_called_directly(self) -> None:
        import paddleocr

        folder = _FOLDERS[-1] / "onnx"
        engine = loaded("paddleocr")
        direct = paddleocr.PaddleOCR(
            text_detection_model_name="PP-OCRv6_small_det",
            text_detection_model_dir=str(folder / "det"),
            text_recognition_model_name="PP-OCRv6_small_rec",
            text_recognition_model_dir=str(folder / "rec"),
            use_doc_orientation_classify=False,
            use_doc_unwarping=False,
            use_textline_orientation=False,
            engine="onnxruntime",
        )
        texts = direct.predict(np.ascontiguousarray(known_page()[:, :, ::-1]))[0]["rec_texts"]
        assert [line.text for line in engine.read(known_page())] == texts

    def test_a_model_that_was_brought_here_is_used_by_its_name(self, tmp_path: Path) -> None:
        folder = paddle_models.of_rapidocr(tmp_path / "model")
        assert pull.copy("paddleocr:PP-OCRv6_small", folder, lambda *_: None) == "pulled"
        engine = plugins.load("ocr", "paddleocr:PP-OCRv6_small")
        assert engine.name.startswith("paddleocr/PP-OCRv6_small/")
        assert recall(engine.read(known_page())) >= 0.95

    def test_models_in_paddles_own_form_are_read_too(self, tmp_path: Path) -> None:
        pytest.importorskip("paddle", reason="paddlepaddle is not installed: pip install paddlepaddle")
        folder = paddle_models.of_paddle(tmp_path / "model")
        lines = plugins.load("ocr", f"paddleocr:{folder}").read(known_page())
        assert len(lines) == 9  # that many are drawn there
        assert all(word.text for line in lines for word in line.words)

    def test_a_model_that_is_not_here_is_not_downloaded(self) -> None:
        with pytest.raises(UserError, match="triptych models pull paddleocr:PP-OCRv6_medium"):
            plugins.load("ocr", "paddleocr")
        with pytest.raises(UserError, match="triptych models pull paddleocr:korean_PP-OCRv5_mobile"):
            plugins.load("ocr", "paddleocr", language="ko")

    @pytest.mark.parametrize(
        ("language", "told"), [("xx", "language 'xx'"), ("ko+ar", "reads all of 'ko[+]ar'")]
    )
    def test_a_language_without_a_model_is_refused(self, language: str, told: str) -> None:
        with pytest.raises(UserError, match=f"{told}.*paddleocr:"):
            plugins.load("ocr", "paddleocr", language=language)

    def test_languages_of_one_model_go_together(self) -> None:
        assert plugins.module("ocr", "paddleocr").recommended("de+fr") == "PP-OCRv6_medium"

    def test_scripts_share_the_detector(self) -> None:
        found = plugins.module("ocr", "paddleocr").sources("korean_PP-OCRv5_mobile")
        assert [(one.repo, one.folder) for one in found] == [
            ("PaddlePaddle/PP-OCRv5_mobile_det", "det"),
            ("PaddlePaddle/korean_PP-OCRv5_mobile_rec", "rec"),
        ]
        with pytest.raises(UserError, match="no model 'PaddlePaddle/PP-OCRv6'"):
            plugins.module("ocr", "paddleocr").sources("PaddlePaddle/PP-OCRv6")

    def test_a_folder_without_a_model_and_a_damaged_one_are_told(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match=r"holds no model of PaddleOCR.*inference\.yml"):
            plugins.load("ocr", f"paddleocr:{tmp_path}")
        damaged = paddle_models.of_rapidocr(tmp_path / "damaged")
        (damaged / "rec" / "inference.onnx").write_bytes(b"no model")
        with pytest.raises(ModelError, match=r"cannot load the model.*damaged"):
            plugins.load("ocr", f"paddleocr:{damaged}")


def quads(*boxes: tuple[float, float, float, float]) -> np.ndarray:
    return np.array([[(a, b), (c, b), (c, d), (a, d)] for a, b, c, d in boxes], np.float32)


class TestReadingOrder:
    def test_rows_of_a_form_are_read_across(self) -> None:
        table = quads(
            (300, 12, 350, 30),
            (10, 10, 80, 28),
            (10, 40, 90, 58),
            (300, 42, 340, 60),
            (10, 70, 60, 88),
            (300, 70, 350, 88),
        )
        assert _order.reading_order(table) == [1, 0, 2, 3, 4, 5]

    def test_columns_of_running_text_are_read_down(self) -> None:
        left = [(10, 20 * i, 290, 20 * i + 14) for i in range(10)]
        right = [(330, 20 * i + 3, 610, 20 * i + 17) for i in range(10)]
        assert _order.reading_order(quads(*left, *right)) == list(range(20))

    def test_a_title_over_two_columns_comes_first(self) -> None:
        title = [(100, 0, 520, 30)]
        left = [(10, 60 + 20 * i, 290, 74 + 20 * i) for i in range(8)]
        right = [(330, 60 + 20 * i, 610, 74 + 20 * i) for i in range(8)]
        assert _order.reading_order(quads(*right, *title, *left)) == [8, *range(9, 17), *range(8)]

    def test_skewed_rows_hold_together(self) -> None:
        turn = np.array([[np.cos(0.07), np.sin(0.07)], [-np.sin(0.07), np.cos(0.07)]])
        rows = quads(*((x, 30 * y, x + 120, 30 * y + 16) for y in range(6) for x in (0, 200, 400)))
        assert _order.reading_order(rows @ turn) == list(range(18))

    @settings(max_examples=60, deadline=None)
    @given(
        arrays.arrays(
            np.float32, st.tuples(st.integers(0, 40), st.just(4)), elements=st.floats(0, 1000, width=32)
        )
    )
    def test_every_line_comes_once(self, boxes: np.ndarray) -> None:
        order = _order.reading_order(quads(*map(tuple, boxes)))
        assert sorted(order) == list(range(len(boxes)))
