"""Layout models of transformers (LayoutLM, LiLT, ...): words with the places where they stand.

A page becomes one vector of its words and boxes, a question goes through the same model without boxes; so
"a form with a table at the bottom and a signature block" can be asked of a model that was trained on such
pairs. As published these models only know how to fill gaps: fine-tune before use (docs/models.md).
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

from triptych.errors import UserError
from triptych.hub import model_files
from triptych.hub.model_files import Source
from triptych.neural import batches
from triptych.seams import Encoder
from triptych.types import PageText

_GRID = 1000  # boxes are whole thousandths of the page in all of these models


def sources(argument: str) -> list[Source]:
    """The one repository of the model hub that `argument` names."""
    return [Source(argument)]


def load(argument: str = "", *, device: str | None = None) -> Encoder:
    """`argument` is a folder or the name of a model that was pulled; `device` is the GPU where there is one.

    Raises UserError when there is no such model here, ModelError when its files are damaged.
    """
    if not argument:
        raise UserError('Which layout model? Write encoder = "layout:FOLDER" in triptych.toml.')
    folder, identity = model_files.locate("layout", argument, sources)
    return Layout(folder, identity, batches.device(device))


class _Window(NamedTuple):
    """A run of tokens that fits the model, with a box for each."""

    tokens: list[int]
    boxes: list[tuple[int, int, int, int]]


_NOWHERE = (0, 0, 0, 0)


class Layout:
    """Text, or words with boxes in, `dim` numbers of one space out."""

    sees = frozenset({"text"})
    side = 0

    def __init__(self, folder: Path, identity: str, on: torch.device) -> None:
        self._device = on
        self._model, self._tokenizer = _open(folder, on)
        config = self._model.config
        self.dim = int(config.hidden_size)
        self.space = f"layout/{identity}/{self.dim}"
        special = self._tokenizer.num_special_tokens_to_add()
        # RoBERTa's kin count positions from behind the padding's number, and so hold fewer tokens.
        offset = int(config.pad_token_id or 0) + 1 if config.model_type != "layoutlm" else 0
        self.max_tokens = int(config.max_position_embeddings) - special - offset

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """(n, dim) float32, rows of length 1, of texts without places. Longer texts are cut."""
        windows = []
        for text in batches.clean(texts):
            tokens = self._tokens(text)[: self.max_tokens]
            windows.append(_Window(tokens, [_NOWHERE] * len(tokens)))
        return batches.rows(windows, self._prepare, self._forward, self._device, self.dim)

    def queries(self, texts: Sequence[str]) -> np.ndarray:
        """As `texts`."""
        return self.texts(texts)

    def pages(self, pages: Sequence[PageText]) -> np.ndarray:
        """(n, dim) float32, rows of length 1, of whole pages: words and where they stand. A page with more
        words than the model takes is read in runs, whose vectors are added."""
        windows = [self._windows(page) for page in pages]
        flat = [window for several in windows for window in several]
        found = batches.rows(flat, self._prepare, self._forward, self._device, self.dim)
        rows, at = np.empty((len(pages), self.dim), np.float32), 0
        for i, several in enumerate(windows):
            weights = np.array([len(w.tokens) + 1 for w in several], np.float32)
            rows[i] = weights @ found[at : at + len(several)]
            at += len(several)
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        return rows

    def images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        raise UserError(
            f"The model of '{self.space}' sees text and where it stands, not images. As image encoder name one with "
            f'an image tower: image_encoder = "{model_files.KNOWN[0].spec}"'
        )

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each whole text, without special tokens."""
        return [len(self._tokens(text)) for text in batches.clean(texts)]

    def _tokens(self, text: str) -> list[int]:
        words = text.split()
        return [t for word in words for t in self._pieces(word)]

    def _pieces(self, word: str) -> list[int]:
        """Tokens of one word; the tokenizers of layout models want to be told each word's place."""
        if self._takes_boxes:
            encoded = self._tokenizer([word], boxes=[_NOWHERE], add_special_tokens=False, verbose=False)
        else:
            encoded = self._tokenizer(f" {word}", add_special_tokens=False, verbose=False)
        return list(encoded["input_ids"])

    @property
    def _takes_boxes(self) -> bool:
        return "boxes" in inspect.signature(type(self._tokenizer).__call__).parameters

    def _windows(self, page: PageText) -> list[_Window]:
        """The page's words in reading order, in runs that fit. A page without words gives one empty run."""
        tokens: list[int] = []
        boxes: list[tuple[int, int, int, int]] = []
        grid = np.clip(np.rint(page.boxes * _GRID), 0, _GRID).astype(int)
        for (start, end), box in zip(page.spans.tolist(), grid.tolist(), strict=True):
            pieces = self._pieces(batches.clean([page.text[start:end]])[0])
            tokens += pieces
            boxes += [tuple(box)] * len(pieces)
        if not len(page.spans):  # a text file: words without places
            tokens = self._tokens(page.text)
            boxes = [_NOWHERE] * len(tokens)
        size = self.max_tokens
        return [
            _Window(tokens[i : i + size], boxes[i : i + size]) for i in range(0, max(1, len(tokens)), size)
        ]

    def _prepare(self, windows: Sequence[_Window]) -> batches.Batch:
        start, end = _ends(self._tokenizer)
        longest = max(len(w.tokens) for w in windows) + len(start) + len(end)
        tokens = torch.full((len(windows), longest), int(self._tokenizer.pad_token_id or 0))
        boxes = torch.zeros((len(windows), longest, 4), dtype=torch.long)
        mask = torch.zeros((len(windows), longest), dtype=torch.long)
        for row, window in enumerate(windows):
            whole = [*start, *window.tokens, *end]
            places = [*[_NOWHERE] * len(start), *window.boxes, *[_NOWHERE] * len(end)]
            tokens[row, : len(whole)] = torch.tensor(whole)
            boxes[row, : len(whole)] = torch.tensor(places).reshape(-1, 4)
            mask[row, : len(whole)] = 1
        return {"input_ids": tokens, "bbox": boxes, "attention_mask": mask}

    def _forward(self, batch: batches.Batch) -> torch.Tensor:
        """(n, dim): the mean over all tokens."""
        hidden = self._model(**batch).last_hidden_state[:, : batch["input_ids"].shape[1]].float()
        mask = batch["attention_mask"].unsqueeze(-1)
        return (hidden * mask).sum(1) / mask.sum(1)


def _ends(tokenizer: Any) -> tuple[list[int], list[int]]:
    """The special tokens before and after a text, as BERT's and RoBERTa's kin have them."""
    first = tokenizer.cls_token_id if tokenizer.cls_token_id is not None else tokenizer.bos_token_id
    last = tokenizer.sep_token_id if tokenizer.sep_token_id is not None else tokenizer.eos_token_id
    return [] if first is None else [int(first)], [] if last is None else [int(last)]


def _open(folder: Path, on: torch.device) -> tuple[Any, Any]:
    """Model and tokenizer. Raises UserError when the folder holds none that takes boxes."""
    try:
        with batches.loading():
            model = AutoModel.from_pretrained(folder, local_files_only=True, dtype=batches.dtype(on))
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:160]
        raise UserError(
            f"The folder {folder} holds no model that transformers can load ({reason})."
        ) from error
    if "bbox" not in inspect.signature(model.forward).parameters:
        raise UserError(
            f"The model in {folder} ({model.config.model_type}) takes no boxes. Name a layout model, such as "
            "LiLT: layout:SCUT-DLVCLab/lilt-roberta-en-base"
        )
    return model.to(on).eval(), tokenizer
