"""BLIP by transformers: a short caption of a picture and up to two different longer ones; English, for photos.

Beam search with fixed settings, so that a picture gets the same words each time and in any company. The long
ones continue the words "a picture of" and are chosen from the beams for having little in common.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoImageProcessor, AutoTokenizer, BlipForConditionalGeneration

from triptych.captioners._alike import different
from triptych.errors import UserError
from triptych.hub import model_files
from triptych.hub.model_files import Source
from triptych.neural import batches
from triptych.seams import Captioner, Seen

MODEL = "Salesforce/blip-image-captioning-base"
PROMPT = "a picture of"
BEAMS = 6
SHORT = {"num_beams": 3, "max_new_tokens": 20}
LONG = {"num_beams": BEAMS, "num_return_sequences": BEAMS, "min_new_tokens": 12, "max_new_tokens": 48,
        "repetition_penalty": 1.3}  # fmt: skip


def sources(argument: str) -> list[Source]:
    """The one repository of the model hub that `argument` names."""
    return [Source(argument or MODEL)]


def load(argument: str = "", *, device: str | None = None) -> Captioner:
    """`argument` is a folder or the name of a model that was pulled; `device` is the GPU where there is one.

    Raises UserError when there is no such model here, ModelError when its files are damaged.
    """
    argument = argument or MODEL
    folder, identity = model_files.locate("blip", argument, sources)
    return Blip(folder, f"blip/{identity}", batches.device(device))


class Blip:
    """Pictures in, one to three captions of each out: the short one first."""

    def __init__(self, folder: Path, identity: str, on: torch.device) -> None:
        self._device = on
        self._model, self._processor, self._tokenizer = _open(folder, on)
        self.name = f"{identity} prompt '{PROMPT}'"
        self.prompt = PROMPT
        self.side = 2 * int(self._model.config.vision_config.image_size)
        # The end token is left out: what BLIP is given is to be continued.
        self._prompt = self._tokenizer([PROMPT], return_tensors="pt").input_ids

    def captions(self, seen: Sequence[Seen]) -> list[tuple[str, ...]]:
        """One tuple for each picture, in order; () where there are no pixels."""
        with_pixels = [i for i, one in enumerate(seen) if one.pixels is not None]
        size = max(1, batches.batch_size(self._device) // BEAMS)  # as many copies of a picture
        pictures = [seen[i].pixels for i in with_pixels]
        with torch.inference_mode():
            made = batches.line(pictures, self._prepare, self._describe, self._device, size)
        found: list[tuple[str, ...]] = [()] * len(seen)
        for i, words in zip(with_pixels, (words for batch in made for words in batch), strict=True):
            found[i] = words
        return found

    def _prepare(self, images: Sequence[Any]) -> batches.Batch:
        return dict(self._processor(batches.pictures(images), return_tensors="pt"))

    def _describe(self, batch: batches.Batch) -> list[tuple[str, ...]]:
        pixels = batch["pixel_values"]
        short = self._words(self._model.generate(pixel_values=pixels, **SHORT))
        prompt = self._prompt.to(self._device).repeat(len(pixels), 1)
        beams = self._words(self._model.generate(pixel_values=pixels, input_ids=prompt, **LONG))
        return [different([one, *beams[i * BEAMS : (i + 1) * BEAMS]]) for i, one in enumerate(short)]

    def _words(self, tokens: torch.Tensor) -> list[str]:
        texts = self._tokenizer.batch_decode(tokens, skip_special_tokens=True)
        return [text.strip().removeprefix(PROMPT).strip() for text in texts]


def _open(folder: Path, on: torch.device) -> tuple[Any, Any, Any]:
    """Model, image processor (the one with Pillow) and tokenizer. Raises UserError when the folder holds none."""
    try:
        with batches.loading():
            model = BlipForConditionalGeneration.from_pretrained(
                folder, local_files_only=True, dtype=batches.dtype(on)
            )
            processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True, backend="pil")
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:160]
        raise UserError(
            f"The folder {folder} holds no BLIP model ({reason}). Type: triptych models pull blip:{MODEL}"
        ) from error
    return model.to(on).eval(), processor, tokenizer
