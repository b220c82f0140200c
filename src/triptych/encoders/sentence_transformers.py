"""Any text or image-text model (CLIP, SigLIP 2, ...) of sentence-transformers; from a folder or what was pulled.

A model that sees pictures too is a text encoder and an image encoder: its two towers share one space. Its
pictures are prepared by its own processor, the one that works with Pillow, so that the numbers do not depend
on whether torchvision happens to be installed.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from transformers import AutoImageProcessor

from triptych.errors import UserError
from triptych.hub import model_files
from triptych.hub.model_files import Source
from triptych.neural import batches
from triptych.seams import Encoder

ORGANISATION = "sentence-transformers"  # of a name without one
_PLAIN = {"normalize_embeddings": True, "convert_to_numpy": True, "show_progress_bar": False}
# SigLIP reads its answer at the last of 64 positions, so texts are always padded to 64, as in its training.
_PADDED = frozenset({"siglip", "siglip2"})


def sources(argument: str) -> list[Source]:
    """The one repository of the model hub that `argument` names."""
    return [Source(argument if "/" in argument else f"{ORGANISATION}/{argument}")]


def load(argument: str = "", *, device: str | None = None) -> Encoder:
    """`argument` is a folder or the name of a model that was pulled or is in the hub's cache, for example
    `clip-ViT-B-32` or `intfloat/multilingual-e5-small`. `device` is the GPU where there is one.

    Raises UserError when it is neither, ModelError when its files are damaged.
    """
    if not argument:
        raise UserError(
            "Which sentence-transformers model? Write "
            'encoder = "sentence_transformers:FOLDER" or "sentence_transformers:NAME" in triptych.toml.'
        )
    folder, identity = model_files.locate("sentence_transformers", argument, sources)
    on = batches.device(device)
    model = _open(folder, argument, on).to(batches.dtype(on)).eval()
    if not model.supports("image"):
        return TextModel(model, identity)
    _settle(model)
    return ImageTextModel(model, identity)


def open_image_text(argument: str, on: torch.device) -> SentenceTransformer:
    """The model itself with both towers in float32, to be trained. Raises as `load`, and for a text-only one."""
    folder, _ = model_files.locate("sentence_transformers", argument, sources)
    model = _open(folder, argument, on)
    if not model.supports("image"):
        raise UserError(
            f"The model '{argument}' sees text only, not images: it cannot be trained on pictures."
        )
    _settle(model)
    return model.float()


def _open(folder: Path, argument: str, on: torch.device) -> SentenceTransformer:
    try:
        with batches.loading():
            model = SentenceTransformer(
                str(folder), device=str(on), local_files_only=True, trust_remote_code=False
            )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:160]
        raise UserError(
            f"The folder of '{argument}' holds no model that sentence-transformers can load ({reason}). "
            f"Name another folder, or type: triptych models pull sentence_transformers:NAME"
        ) from error
    if not model.supports("text"):
        raise UserError(
            f"The model '{argument}' has no text tower: it cannot be asked by words. Name another one."
        )
    return model


class TextModel:
    """Text in, `dim` numbers out."""

    sees = frozenset({"text"})
    side = 0

    def __init__(self, model: SentenceTransformer, identity: str) -> None:
        self._model = model
        self.dim = int(model.get_embedding_dimension())
        self.space = f"sentence_transformers/{identity}/{self.dim}"
        special = model.tokenizer.num_special_tokens_to_add()
        self.max_tokens = int(model.max_seq_length or 512) - special
        # A tokenizer keeps how it cuts and pads between two calls: another thread would count what is cut, or encode
        # what is not.
        self._counting = deepcopy(model.tokenizer)

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """(n, dim) float32, rows of length 1, with the model's prompt for documents where it has one."""
        return self._rows(self._model.encode_document(_wrapped(texts), **_PLAIN)) if texts else self._none()

    def queries(self, texts: Sequence[str]) -> np.ndarray:
        """As `texts`, with the model's prompt for queries where it has one."""
        return self._rows(self._model.encode_query(_wrapped(texts), **_PLAIN)) if texts else self._none()

    def images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        raise UserError(
            f"The model of '{self.space}' sees text only, not images. As image encoder name one with an image "
            f'tower: image_encoder = "{model_files.KNOWN[0].spec}"'
        )

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each whole text, without special tokens."""
        if not texts:
            return []
        found = self._counting(
            batches.clean(texts), add_special_tokens=False, truncation=False, verbose=False
        )
        return [len(ids) for ids in found["input_ids"]]

    def _none(self) -> np.ndarray:
        return np.zeros((0, self.dim), np.float32)

    def _rows(self, found: np.ndarray) -> np.ndarray:
        rows = np.ascontiguousarray(found, np.float32)  # half precision on a GPU: of length 1 only about
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        return rows


class ImageTextModel(TextModel):
    """Text or pictures in, `dim` numbers of one space out."""

    sees = frozenset({"text", "image"})

    def __init__(self, model: SentenceTransformer, identity: str) -> None:
        super().__init__(model, f"{identity}/pil")
        self._device = model.device
        if model.config.model_type in _PADDED:
            longest = int(model.config.text_config.max_position_embeddings)
            self.max_tokens = longest - model.tokenizer.num_special_tokens_to_add()
        self._scaling = _scaling(model)
        self.side = 2 * input_side(model)  # a long page keeps its detail when it is cropped to a square

    def images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """(n, dim) float32, rows of length 1, of uint8 (h, w, 3) RGB pictures, in order."""
        return batches.rows(images, self._prepare, self._forward, self._device, self.dim)

    def _prepare(self, images: Sequence[np.ndarray]) -> batches.Batch:
        later = {} if self._scaling is None else {"processing_kwargs": _RAW}
        return dict(self._model.preprocess(batches.pictures(images), **later))

    def _forward(self, batch: batches.Batch) -> torch.Tensor:
        if self._scaling is not None:
            batch["pixel_values"] = self._scaling(batch["pixel_values"]).to(self._model.dtype)
        found: torch.Tensor = self._model(batch)["sentence_embedding"]
        return found


class _Scaling:
    """What a processor does last, done on the device for a whole batch: bytes into numbers around zero."""

    def __init__(self, factor: float, mean: Sequence[float], std: Sequence[float], on: torch.device) -> None:
        self._factor = factor
        self._mean, self._std = (torch.tensor(v, device=on).view(1, -1, 1, 1) for v in (mean, std))

    def __call__(self, pixels: torch.Tensor) -> torch.Tensor:
        """uint8 (n, 3, h, w) -> float32 of that shape, the same numbers as the processor's."""
        return (pixels.float() * self._factor - self._mean) / self._std


_RAW = {"image": {"do_rescale": False, "do_normalize": False}}


def _scaling(model: SentenceTransformer) -> _Scaling | None:
    """How the processor scales, where that can wait until the pictures are on the device: it is 43 % of its
    time, and bytes are copied faster than floats. None where pictures are cut into patches before."""
    processor = getattr(model[0].processor, "image_processor", None)
    if processor is None or not (processor.do_rescale and processor.do_normalize):
        return None
    probe = model.preprocess(batches.pictures([np.zeros((8, 8, 3), np.uint8)]), processing_kwargs=_RAW)
    pixels = probe.get("pixel_values")
    if not isinstance(pixels, torch.Tensor) or pixels.dtype != torch.uint8 or pixels.ndim != 4:
        return None
    return _Scaling(processor.rescale_factor, processor.image_mean, processor.image_std, model.device)


def _wrapped(texts: Sequence[str]) -> list[dict[str, str]]:
    """Texts marked as such: a bare one that ends in .png would be taken for a picture to be fetched."""
    return [{"text": text} for text in batches.clean(texts)]


def _settle(model: SentenceTransformer) -> None:
    """Prepare pictures with Pillow, also where torchvision is installed, and pad texts as in the training."""
    processor = model[0].processor
    chosen = getattr(processor, "image_processor", None)
    if chosen is not None and getattr(chosen, "backend", "pil") != "pil":
        with TemporaryDirectory() as folder:
            chosen.save_pretrained(folder)
            processor.image_processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
    if model.config.model_type in _PADDED:
        text = model[0].processing_kwargs.setdefault("text", {})
        text.setdefault("padding", "max_length")
        text.setdefault("max_length", int(model.config.text_config.max_position_embeddings))


def input_side(model: SentenceTransformer) -> int:
    """Pixels of the longer side of what the image tower reads, 224 where the processor does not say."""
    processor: Any = getattr(model[0].processor, "image_processor", None)
    size = getattr(processor, "crop_size", None) or getattr(processor, "size", None) or {}
    known = [int(v) for k in ("height", "width", "shortest_edge", "longest_edge") if (v := size.get(k))]
    return max(known, default=224)
