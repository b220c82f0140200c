"""Image-text models of fastembed in ONNX, without torch: the picture and the text tower of one space together."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from fastembed import ImageEmbedding, TextEmbedding
from PIL import Image

from triptych.errors import ModelError, UserError
from triptych.hub import model_files
from triptych.hub.model_files import Source
from triptych.seams import Encoder

_CONFIGS = ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
            "preprocessor_config.json")  # fmt: skip
_BATCH = 16
# Which of fastembed's own models a folder is like: what is read from which output, and how it is pooled.
_CLIP = ("Qdrant/clip-ViT-B-32-vision", "Qdrant/clip-ViT-B-32-text")
_SIGLIP = ("google/siglip2-base-patch16-224", "google/siglip2-base-patch16-224")


def _described(towers: Any, name: str) -> dict[str, Any] | None:
    models = towers.list_supported_models()
    return next((model for model in models if model["model"].lower() == name.lower()), None)


def _pair(argument: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """fastembed's descriptions of the picture and the text tower. Raises UserError where one is missing."""
    picture = _described(ImageEmbedding, argument) or _described(ImageEmbedding, f"{argument}-vision")
    text = _described(TextEmbedding, argument) or _described(TextEmbedding, f"{argument}-text")
    if picture and text:
        return picture, text
    if text:
        raise UserError(f"The fastembed model '{argument}' sees text only, not images. {_pairs()}")
    raise UserError(f"fastembed has no model '{argument}' with a picture and a text tower. {_pairs()}")


def _pairs() -> str:
    known = {model["model"] for model in ImageEmbedding.list_supported_models()}
    texts = {model["model"] for model in TextEmbedding.list_supported_models()}
    names = [
        n.removesuffix("-vision")
        for n in sorted(known)
        if n in texts or n.replace("-vision", "-text") in texts
    ]
    return f"Choose one of: {', '.join(names)}."


def sources(argument: str) -> list[Source]:
    """The repositories of the two towers: in folders of their own, as their files have the same names."""
    picture, text = _pair(argument)
    return [_source(picture, "vision"), _source(text, "text")]


def _source(model: dict[str, Any], folder: str) -> Source:
    wanted = (*_CONFIGS, model["model_file"], *model["additional_files"])
    return Source(model["sources"]["hf"], folder, wanted)


def load(argument: str = "", *, threads: int = 0) -> Encoder:
    """`argument` is a name such as `Qdrant/clip-ViT-B-32`, or a folder: with `vision/` and `text/` as pulled,
    or with `onnx/vision_model.onnx` and `onnx/text_model.onnx` as SigLIP is published. `threads` = 0: all cores.

    Raises UserError when there is no such model here, ModelError when its files are damaged.
    """
    if not argument:
        raise UserError('Which fastembed model? Write image_encoder = "fastembed:Qdrant/clip-ViT-B-32".')
    folder = Path(argument).expanduser()
    if folder.is_dir():
        if (folder / model_files.MANIFEST).is_file():
            model_files.trust(folder)
        return _of_folder(folder, threads)
    picture, text = _pair(argument)
    places = model_files.find(f"fastembed:{argument}", sources(argument))
    identity = f"{argument}/{model_files.revision(places[0])}"
    return FastEmbed((picture["model"], text["model"]), places, identity, threads)


def _of_folder(folder: Path, threads: int) -> Encoder:
    identity = f"{folder.name}/{model_files.revision(folder)}"
    if (folder / "onnx" / "vision_model.onnx").is_file():
        return FastEmbed(_SIGLIP, [folder, folder], identity, threads)
    if (folder / "vision" / "model.onnx").is_file() and (folder / "text" / "model.onnx").is_file():
        return FastEmbed(_CLIP, [folder / "vision", folder / "text"], identity, threads)
    if (folder / "vision" / "onnx" / "vision_model.onnx").is_file():
        return FastEmbed(_SIGLIP, [folder / "vision", folder / "text"], identity, threads)
    raise UserError(
        f"The folder {folder} holds no pair of towers. It needs vision/model.onnx and text/model.onnx, "
        "or onnx/vision_model.onnx and onnx/text_model.onnx, each with its tokenizer and preprocessor files."
    )


class FastEmbed:
    """Text or pictures in, `dim` numbers of one space out."""

    sees = frozenset({"text", "image"})

    def __init__(self, names: tuple[str, str], places: Sequence[Path], identity: str, threads: int) -> None:
        picture, text = names
        self._picture: Any = _tower(ImageEmbedding, picture, places[0], threads)
        self._text: Any = _tower(TextEmbedding, text, places[1], threads)
        self._tokenizer = self._text.model.tokenizer
        truncation = self._tokenizer.truncation or {}
        self.max_tokens = int(truncation.get("max_length", 77)) - self._tokenizer.num_special_tokens_to_add(
            False
        )
        shape = self._picture.model.model.get_inputs()[0].shape
        self.side = 2 * max((n for n in shape[2:] if isinstance(n, int)), default=224)
        self.dim = self._rows(self._text.embed([""])).shape[1]
        self.space = f"fastembed/{identity}/{self.dim}"

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """(n, dim) float32, rows of length 1. Longer texts are cut."""
        return self._rows(self._text.embed(_clean(texts), batch_size=_BATCH)) if texts else self._none()

    def queries(self, texts: Sequence[str]) -> np.ndarray:
        """As `texts`."""
        return self.texts(texts)

    def images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """(n, dim) float32, rows of length 1, of uint8 (h, w, 3) RGB pictures, in order."""
        if not len(images):
            return self._none()
        batches = [images[i : i + _BATCH] for i in range(0, len(images), _BATCH)]
        with ThreadPoolExecutor(2) as pool:  # one batch is prepared while another is in the model
            return np.concatenate(list(pool.map(self._batch, batches)))

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each whole text, without special tokens."""
        return [_length(self._tokenizer, text) for text in _clean(texts)]

    def _batch(self, images: Sequence[np.ndarray]) -> np.ndarray:
        pictures = [Image.fromarray(np.ascontiguousarray(image)) for image in images]
        return self._rows(self._picture.embed(pictures, batch_size=_BATCH))

    def _rows(self, found: Any) -> np.ndarray:
        rows = np.stack(list(found)).astype(np.float32)
        length = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.ascontiguousarray(rows / np.maximum(length, 1e-12))

    def _none(self) -> np.ndarray:
        return np.zeros((0, self.dim), np.float32)


def _tower(kind: Any, name: str, place: Path, threads: int) -> Any:
    try:
        return kind(name, threads=threads or None, specific_model_path=str(place), local_files_only=True)
    except Exception as error:  # onnxruntime and tokenizers raise types of their own, derived from Exception
        reason = " ".join(str(error).split())[:160]
        raise ModelError(
            f"fastembed cannot load the model in {place} ({reason}). Pull or copy it anew."
        ) from error


def _length(tokenizer: Any, text: str) -> int:
    """Tokens of a text, with the parts that were cut off, without special tokens and padding."""
    encoding = tokenizer.encode(text, add_special_tokens=False)
    parts = [encoding, *encoding.overflowing]
    return sum(sum(part.attention_mask) for part in parts)


def _clean(texts: Sequence[str]) -> list[str]:
    """A lone surrogate, as in a damaged file, has no UTF-8 form: it becomes a question mark."""
    return [text.encode("utf-8", "replace").decode() for text in texts]
