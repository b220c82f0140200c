"""Image-text models of open_clip, such as ViT-B-32/laion2b_s34b_b79k; from a folder or what was pulled."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch

from triptych.errors import UserError
from triptych.hub import model_files
from triptych.hub.model_files import Source
from triptych.neural import batches
from triptych.seams import Encoder

CONFIG = "open_clip_config.json"  # marks a folder that open_clip can load


def sources(argument: str) -> list[Source]:
    """The repository of the model hub behind ARCHITECTURE/WEIGHTS, or the repository that was named."""
    architecture, _, weights = argument.partition("/")
    entry = open_clip.get_pretrained_cfg(architecture, weights) if weights else {}
    if entry:
        repo = entry.get("hf_hub", "").rpartition("/")[0]
        if not repo:
            raise UserError(
                f"The weights '{argument}' are not on the model hub. Choose others of: {_weights(architecture)}."
            )
        return [Source(repo)]
    if not weights or open_clip.get_model_config(architecture) is not None:
        known = _weights(architecture) or "see open_clip.list_pretrained()"
        raise UserError(
            f"open_clip knows no weights '{argument}'. Write ARCHITECTURE/WEIGHTS, as in ViT-B-32/laion2b_s34b_b79k; "
            f"weights of {architecture}: {known}."
        )
    return [Source(argument)]


def _weights(architecture: str) -> str:
    return ", ".join(open_clip.list_pretrained_tags_by_model(architecture))


def load(argument: str = "", *, device: str | None = None) -> Encoder:
    """`argument` is a folder with an open_clip_config.json, ARCHITECTURE/WEIGHTS, or a repository's name.

    Raises UserError when there is no such model here, ModelError when its files are damaged.
    """
    if not argument:
        raise UserError(
            f'Which open_clip model? Write image_encoder = "{model_files.KNOWN[0].spec}" in triptych.toml.'
        )
    folder, identity = model_files.locate("open_clip", argument, sources)
    return OpenClip(folder, identity, batches.device(device))


class OpenClip:
    """Text or pictures in, `dim` numbers of one space out."""

    sees = frozenset({"text", "image"})

    def __init__(self, folder: Path, identity: str, on: torch.device) -> None:
        self._device = on
        self._model, self._preprocess, self._tokenizer = _open(folder, on)
        self._counting = deepcopy(
            self._tokenizer
        )  # one keeps how it cuts and pads, also for another thread's call
        size = self._model.visual.image_size
        self.side = 2 * (max(size) if isinstance(size, tuple) else int(size))
        self.max_tokens = int(self._tokenizer.context_length) - 2  # start and end
        self.dim = self._embed_texts([""]).shape[1]
        self.space = f"open_clip/{identity}/{self.dim}"

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """(n, dim) float32, rows of length 1. Longer texts are cut."""
        return self._embed_texts(texts) if texts else np.zeros((0, self.dim), np.float32)

    def queries(self, texts: Sequence[str]) -> np.ndarray:
        """As `texts`."""
        return self.texts(texts)

    def images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """(n, dim) float32, rows of length 1, of uint8 (h, w, 3) RGB pictures, in order."""
        return batches.rows(
            images,
            self._prepare,
            lambda batch: self._model.encode_image(batch["pixels"]),
            self._device,
            self.dim,
        )

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each whole text, without special tokens."""
        inner = getattr(self._counting, "tokenizer", None)
        if inner is None:
            return [len(self._counting.encode(text)) for text in batches.clean(texts)]
        found = inner(batches.clean(texts), add_special_tokens=False, truncation=False, verbose=False)
        return [len(ids) for ids in found["input_ids"]] if texts else []

    def _embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        return batches.rows(
            texts,
            lambda some: {"tokens": self._tokenizer(batches.clean(some))},
            lambda batch: self._model.encode_text(batch["tokens"]),
            self._device,
            0,
        )

    def _prepare(self, images: Sequence[np.ndarray]) -> batches.Batch:
        return {"pixels": torch.stack([self._preprocess(picture) for picture in batches.pictures(images)])}


def _open(folder: Path, on: torch.device) -> tuple[Any, Any, Any]:
    """Model, preprocessing and tokenizer of a folder. Raises UserError when it holds none."""
    if not (folder / CONFIG).is_file():
        raise UserError(
            f"The folder {folder} holds no {CONFIG}, so it is no open_clip model. "
            f"Name another one, or type: triptych models pull {model_files.KNOWN[0].spec}"
        )
    name = f"local-dir:{folder}"
    try:
        with batches.loading(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of timm and transformers, about their own coming versions
            model, _, preprocess = open_clip.create_model_and_transforms(
                name, device=on, precision="fp16" if on.type == "cuda" else "fp32", require_pretrained=True
            )
            tokenizer = open_clip.get_tokenizer(name)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:160]
        raise UserError(
            f"open_clip cannot load the model in {folder} ({reason}). Pull or copy it anew."
        ) from error
    return model.eval(), preprocess, tokenizer
