"""The adapters of real image-text models give the vectors and words that the library gives when called directly.

The architectures are real, tiny, with random weights, made at test time; nothing is downloaded.
"""

from __future__ import annotations

import importlib.util
import threading
import warnings
from collections.abc import Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import tiny_models
from triptych import plugins
from triptych.conformance.captioner import CaptionerSuite
from triptych.conformance.encoder import EncoderSuite
from triptych.conformance.image_encoder import ImageEncoderSuite
from triptych.conformance.image_encoder import pictures as many_pictures
from triptych.errors import ModelError, UserError
from triptych.hub import model_files
from triptych.seams import Captioner, Encoder, Seen
from triptych.types import Box, Line, PageText, Word

pytestmark = pytest.mark.filterwarnings("ignore")  # of the vendors about each other's coming versions
SAME = 0.9999


def _lacking(extra: str, *modules: str) -> pytest.MarkDecorator:
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"pip install 'triptych[{extra}]' ({', '.join(missing)})")


NEEDS_ST = _lacking("sentence_transformers", "torch", "sentence_transformers")
NEEDS_OPEN_CLIP = _lacking("open_clip", "torch", "open_clip", "torchvision", "timm")
NEEDS_FASTEMBED = _lacking("fastembed", "fastembed", "torch", "transformers", "onnx", "onnxscript")
NEEDS_BLIP = _lacking("blip", "torch", "transformers")
NEEDS_LAYOUT = _lacking("layout", "torch", "transformers")


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIPTYCH_MODELS", str(tmp_path_factory.mktemp("home")))
        patch.setenv("HF_HUB_CACHE", str(tmp_path_factory.mktemp("hub")))
        patch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
        _FOLDERS.append(tmp_path_factory.mktemp("models"))
        yield


_FOLDERS: list[Path] = []  # where this session's models are, once it runs


@cache
def model(name: str) -> Path:
    """The folder of the tiny model `name`, made when first asked for."""
    folder = _FOLDERS[-1] / name
    makers: dict[str, Any] = {
        "clip": tiny_models.clip,
        "published": tiny_models.published_clip,
        "siglip": tiny_models.siglip,
        "minilm": tiny_models.minilm,
        "open_clip": tiny_models.open_clip_folder,
        "open_siglip": lambda f: tiny_models.open_clip_folder(f, siglip=True),
        "onnx_clip": lambda f: tiny_models.onnx_pair(model("clip"), f),
        "onnx_siglip": lambda f: tiny_models.onnx_pair(model("siglip"), f),
        "blip": tiny_models.blip,
        "lilt": tiny_models.layout,
        "layoutlm": lambda f: tiny_models.layout(f, "layoutlm"),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made: Path = makers[name](folder)
    return made


@cache
def encoder(backend: str, name: str) -> Encoder:
    loaded: Encoder = plugins.load("encoders", f"{backend}:{model(name)}")
    return loaded


def pils() -> list[Image.Image]:
    return [Image.fromarray(picture) for picture in tiny_models.pictures()]


def unit(rows: Any) -> np.ndarray:
    found = np.asarray(rows, np.float32)
    return found / np.linalg.norm(found, axis=-1, keepdims=True)


def assert_same(ours: np.ndarray, theirs: Any) -> None:
    assert ours.shape == np.asarray(theirs).shape
    assert ((ours * unit(theirs)).sum(1) >= SAME).all()


# ------------------------------------------------------------------------------- sentence-transformers


def of_transformers(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Pictures and texts by the model's own class and processor, as its documentation shows."""
    import torch
    from transformers import AutoModel, AutoProcessor

    processor = AutoProcessor.from_pretrained(model(name))
    direct = AutoModel.from_pretrained(model(name)).eval()
    padding = "max_length" if name == "siglip" else True
    texts = processor.tokenizer(
        tiny_models.TEXTS,
        padding=padding,
        truncation=True,
        max_length=tiny_models.LONGEST,
        return_tensors="pt",
    )
    with torch.no_grad():
        seen = direct.get_image_features(**processor.image_processor(pils(), return_tensors="pt"))
        read = direct.get_text_features(**texts)
    return np.asarray(getattr(seen, "pooler_output", seen)), np.asarray(getattr(read, "pooler_output", read))


@NEEDS_ST
@pytest.mark.parametrize("name", ["clip", "siglip"])
def test_sentence_transformers_gives_the_vectors_of_transformers(name: str) -> None:
    ours = encoder("sentence_transformers", name)
    seen, read = of_transformers(name)
    assert_same(ours.images(tiny_models.pictures()), seen)
    assert_same(ours.queries(tiny_models.TEXTS), read)


@NEEDS_ST
@pytest.mark.parametrize("name", ["clip", "siglip", "published"])
def test_sentence_transformers_gives_its_own_vectors(name: str) -> None:
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(str(model(name)), device="cpu")
    if name == "siglip":  # as in its training; sentence-transformers pads to the longest of a batch
        theirs[0].processing_kwargs = {"text": {"padding": "max_length", "max_length": tiny_models.LONGEST}}
    ours = encoder("sentence_transformers", name)
    assert_same(ours.images(tiny_models.pictures()), theirs.encode(pils()))
    texts: list[Any] = [{"text": text} for text in tiny_models.TEXTS]
    assert_same(ours.queries(tiny_models.TEXTS), theirs.encode(texts))


@NEEDS_ST
class TestSentenceTransformersClip(ImageEncoderSuite):
    def load(self) -> Encoder:
        return encoder("sentence_transformers", "clip")


@NEEDS_ST
class TestSentenceTransformersSiglip(ImageEncoderSuite):
    def load(self) -> Encoder:
        return encoder("sentence_transformers", "siglip")


@NEEDS_ST
class TestSentenceTransformersText(EncoderSuite):
    def load(self) -> Encoder:
        return encoder("sentence_transformers", "minilm")

    def test_related_is_nearer_than_unrelated(self) -> None:
        """Random weights know nothing."""


@NEEDS_ST
def test_a_text_only_model_as_image_encoder_is_one_clear_sentence() -> None:
    with pytest.raises(UserError, match=r"text only.*image_encoder = \"open_clip:") as caught:
        encoder("sentence_transformers", "minilm").images(tiny_models.pictures())
    assert "\n" not in str(caught.value)


@pytest.fixture
def listening() -> Iterator[tuple[str, list[str]]]:
    """A web server that notes what it is asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


@NEEDS_ST
def test_a_text_that_looks_like_an_address_is_not_fetched(
    listening: tuple[str, list[str]], tmp_path: Path
) -> None:
    address, asked = listening
    local = tmp_path / "secret.png"
    pils()[0].save(local)
    ours = encoder("sentence_transformers", "clip")
    rows = ours.texts([f"{address}/a.png", str(local), "data:image/png;base64,AAAA"])
    assert asked == []
    assert (rows @ ours.images(tiny_models.pictures()[:1]).T < SAME).all(), "the file was read as a picture"


# ------------------------------------------------------------------------------------------ open_clip


@NEEDS_OPEN_CLIP
@pytest.mark.parametrize("name", ["open_clip", "open_siglip"])
def test_open_clip_gives_its_own_vectors(name: str) -> None:
    import open_clip
    import torch

    place = f"local-dir:{model(name)}"
    theirs, _, preprocess = open_clip.create_model_and_transforms(place)
    tokens = open_clip.get_tokenizer(place)
    with torch.no_grad():
        seen = theirs.eval().encode_image(torch.stack([preprocess(picture) for picture in pils()]))
        read = theirs.encode_text(tokens(tiny_models.TEXTS))
    ours = encoder("open_clip", name)
    assert_same(ours.images(tiny_models.pictures()), seen)
    assert_same(ours.queries(tiny_models.TEXTS), read)


@NEEDS_OPEN_CLIP
class TestOpenClip(ImageEncoderSuite):
    def load(self) -> Encoder:
        return encoder("open_clip", "open_clip")


@NEEDS_OPEN_CLIP
class TestOpenSiglip(ImageEncoderSuite):
    def load(self) -> Encoder:
        return encoder("open_clip", "open_siglip")


@NEEDS_OPEN_CLIP
@pytest.mark.parametrize(
    ("argument", "said"),
    [
        (
            "ViT-B-32/laion2b_s34b_b79k",
            r"\(605 MB\).*triptych models pull open_clip:ViT-B-32/laion2b_s34b_b79k",
        ),
        ("ViT-B-32/laion99", "weights of ViT-B-32: openai, laion400m"),
        ("ViT-B-32", "ARCHITECTURE/WEIGHTS"),
        ("", 'image_encoder = "open_clip:'),
    ],
)
def test_open_clip_says_what_is_missing(argument: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        plugins.load("encoders", f"open_clip:{argument}")


# ------------------------------------------------------------------------------------------ fastembed


@NEEDS_FASTEMBED
@pytest.mark.parametrize("name", ["clip", "siglip"])
def test_fastembed_gives_its_own_vectors_and_those_of_transformers(name: str) -> None:
    from fastembed import ImageEmbedding, TextEmbedding

    folder = model(f"onnx_{name}")
    known = {
        "clip": (
            ("Qdrant/clip-ViT-B-32-vision", folder / "vision"),
            ("Qdrant/clip-ViT-B-32-text", folder / "text"),
        ),
        "siglip": (("google/siglip2-base-patch16-224", folder),) * 2,
    }[name]
    seen = np.stack(list(ImageEmbedding(known[0][0], specific_model_path=str(known[0][1])).embed(pils())))
    reader = TextEmbedding(known[1][0], specific_model_path=str(known[1][1]))
    read = np.stack(list(reader.embed(tiny_models.TEXTS)))
    ours = encoder("fastembed", f"onnx_{name}")
    assert_same(ours.images(tiny_models.pictures()), seen)
    assert_same(ours.queries(tiny_models.TEXTS), read)
    by_torch = of_transformers(name)
    assert_same(ours.images(tiny_models.pictures()), by_torch[0])
    assert_same(ours.queries(tiny_models.TEXTS), by_torch[1])


@NEEDS_FASTEMBED
class TestFastembedClip(ImageEncoderSuite):
    def load(self) -> Encoder:
        return encoder("fastembed", "onnx_clip")


@NEEDS_FASTEMBED
class TestFastembedSiglip(ImageEncoderSuite):
    def load(self) -> Encoder:
        return encoder("fastembed", "onnx_siglip")


@NEEDS_FASTEMBED
@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("Qdrant/clip-ViT-B-32", r"\(590 MB\).*triptych models pull fastembed:Qdrant/clip-ViT-B-32"),
        ("BAAI/bge-small-en-v1.5", "sees text only.*Qdrant/clip-ViT-B-32"),
        ("no/such-model", "no model 'no/such-model'.*Choose one of: Qdrant/clip-ViT-B-32"),
    ],
)
def test_fastembed_says_what_is_missing(argument: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        plugins.load("encoders", f"fastembed:{argument}")


# ------------------------------------------------------------------------------------------- captions


@cache
def captioner() -> Captioner:
    loaded: Captioner = plugins.load("captioners", f"blip:{model('blip')}")
    return loaded


@NEEDS_BLIP
def test_blip_gives_its_own_words_token_for_token() -> None:
    import torch
    from transformers import AutoProcessor, BlipForConditionalGeneration

    from triptych.captioners import blip

    processor = AutoProcessor.from_pretrained(model("blip"))
    theirs = BlipForConditionalGeneration.from_pretrained(model("blip")).eval()
    found = captioner().captions([Seen(p, None, "", "", "") for p in many_pictures()])
    for picture, captions in zip(many_pictures(), found, strict=True):
        image = Image.fromarray(picture)
        with torch.no_grad():
            short = theirs.generate(**processor(images=image, return_tensors="pt"), **blip.SHORT)
            asked = processor(images=image, text=blip.PROMPT, return_tensors="pt")
            long = theirs.generate(
                pixel_values=asked["pixel_values"], input_ids=asked["input_ids"], **blip.LONG
            )
        assert captions[0] == processor.decode(short[0], skip_special_tokens=True)
        whole = processor.batch_decode(long, skip_special_tokens=True)
        assert set(captions[1:]) <= {text.removeprefix(blip.PROMPT).strip() for text in whole}
    assert len({captions[0] for captions in found}) > 1, "it looks at the pictures"


@NEEDS_BLIP
class TestBlip(CaptionerSuite):
    def load(self) -> Captioner:
        return captioner()


@NEEDS_BLIP
def test_captions_that_say_the_same_are_dropped() -> None:
    from triptych.captioners._alike import different

    said = [
        "a dog on a beach",
        "a dog on the beach",
        "a brown dog runs along the sea",
        "",
        "two boats",
        "a cat",
    ]
    assert different(said) == ("a dog on a beach", "a brown dog runs along the sea", "two boats")


@NEEDS_BLIP
def test_a_captioner_that_is_not_here_is_told_how_to_come() -> None:
    with pytest.raises(UserError, match=r"990 MB.*triptych models pull blip:Salesforce/blip"):
        plugins.load("captioners", "blip")
    with pytest.raises(UserError, match="holds no BLIP model"):
        plugins.load("captioners", f"blip:{model('lilt')}")


# --------------------------------------------------------------------------------------------- layout


def page(*words: tuple[str, float, float]) -> PageText:
    """A page with one word a line, each at its place."""
    return PageText.of_lines([Line((Word(w, Box(x, y, x + 0.1, y + 0.03)),)) for w, x, y in words])


FORM = page(("Total", 0.1, 0.9), ("129.50", 0.8, 0.9), ("Signature", 0.6, 0.95))
TURNED = page(("Total", 0.1, 0.05), ("129.50", 0.8, 0.05), ("Signature", 0.6, 0.1))


@NEEDS_LAYOUT
@pytest.mark.parametrize("name", ["lilt", "layoutlm"])
def test_a_layout_model_sees_where_words_stand(name: str) -> None:
    rows = encoder("layout", name).pages([FORM, TURNED, FORM])
    assert rows[0] @ rows[2] > SAME > 0.999 > rows[0] @ rows[1]


@NEEDS_LAYOUT
@pytest.mark.parametrize("name", ["lilt", "layoutlm"])
def test_layout_gives_the_vectors_of_transformers(name: str) -> None:
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokens, boxes = [1], [[0, 0, 0, 0]]
    tokenizer = AutoTokenizer.from_pretrained(model(name))
    for word, box in (
        ("Total", [100, 900, 200, 930]),
        ("129.50", [800, 900, 900, 930]),
        ("Signature", [600, 950, 700, 980]),
    ):
        pieces = tokenizer(f" {word}", add_special_tokens=False).input_ids
        tokens += pieces
        boxes += [box] * len(pieces)
    given = {"input_ids": torch.tensor([[*tokens, 2]]), "bbox": torch.tensor([[*boxes, [0, 0, 0, 0]]])}
    with torch.no_grad():
        hidden = AutoModel.from_pretrained(model(name)).eval()(**given).last_hidden_state
    assert_same(encoder("layout", name).pages([FORM]), hidden.mean(1))


@NEEDS_LAYOUT
class TestLayout(EncoderSuite):
    def load(self) -> Encoder:
        return encoder("layout", "layoutlm")

    def test_related_is_nearer_than_unrelated(self) -> None:
        """Random weights know nothing."""


@NEEDS_LAYOUT
def test_pages_of_any_length_get_a_row() -> None:
    layout: Any = encoder("layout", "lilt")
    long = page(*[(f"word{i}", (i % 9) / 10, (i % 30) / 31) for i in range(300)])
    rows = layout.pages([long, PageText.of_lines([]), PageText.plain("two boats"), FORM])
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-4)
    assert layout.queries(["two boats"])[0] @ rows[2] > SAME, "without places a page is its text"
    assert layout.pages([FORM])[0] @ rows[3] > SAME


@NEEDS_ST
@NEEDS_LAYOUT
def test_a_model_without_boxes_is_no_layout_model() -> None:
    with pytest.raises(UserError, match="takes no boxes"):
        plugins.load("encoders", f"layout:{model('minilm').parent / 'bert'}")


# ------------------------------------------------------------------------------------- damaged models


@NEEDS_ST
def test_a_damaged_model_is_never_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    monkeypatch.setenv("TRIPTYCH_MODELS", str(tmp_path))
    folder = model_files.place("sentence_transformers:tiny/clip")
    shutil.copytree(model("clip"), folder)
    model_files.write(folder, "sentence_transformers:tiny/clip", revision="0123456789abcdef")
    loaded = plugins.load("encoders", "sentence_transformers:tiny/clip")
    assert loaded.space == "sentence_transformers/tiny/clip/0123456789ab/pil/24"
    weights = folder / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-100] ^= 1
    weights.write_bytes(content)
    with pytest.raises(
        ModelError, match=r"damaged and not used: model.safetensors: sha256 .* models pull sentence_tr"
    ):
        plugins.load("encoders", "sentence_transformers:tiny/clip")
    weights.write_bytes(content[:-1000])
    with pytest.raises(ModelError, match=r"model.safetensors: \d+ bytes instead of \d+"):
        plugins.load("encoders", "sentence_transformers:tiny/clip")
