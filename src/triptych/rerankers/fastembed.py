"""Cross-encoders of fastembed in ONNX, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from fastembed.rerank.cross_encoder import TextCrossEncoder

from triptych.errors import ModelError, UserError
from triptych.hub import model_files
from triptych.hub.model_files import Source
from triptych.seams import Reranker

_CONFIGS = ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")
_LIKE = "Xenova/ms-marco-MiniLM-L-6-v2"  # of fastembed's own models, the one that a folder is laid out like
_BATCH = 16


def sources(argument: str) -> list[Source]:
    """The one repository of the model hub that `argument` names. Raises UserError for an unknown name."""
    model = _described(argument)
    return [Source(model["sources"]["hf"], "", (*_CONFIGS, model["model_file"], *model["additional_files"]))]


def load(argument: str = "", *, threads: int = 0) -> Reranker:
    """`argument` is a name such as `Xenova/ms-marco-MiniLM-L-6-v2`, or a folder with `onnx/model.onnx` and the
    files of its tokenizer. `threads` = 0: all cores.

    Raises UserError when there is no such model here, ModelError when its files are damaged.
    """
    if not argument:
        raise UserError(f'Which fastembed reranker? Write rerank.model = "fastembed:{_LIKE}".')
    folder = Path(argument).expanduser()
    if folder.is_dir() and not (folder / "onnx" / "model.onnx").is_file():
        raise UserError(f"The folder {folder} holds no cross-encoder: it has no onnx/model.onnx.")
    name = _LIKE if folder.is_dir() else _described(argument)["model"]
    place, identity = model_files.locate("fastembed", argument, sources)
    try:
        model: Any = TextCrossEncoder(
            name, threads=threads or None, specific_model_path=str(place), local_files_only=True
        )
    except Exception as error:  # onnxruntime and tokenizers raise types of their own, derived from Exception
        reason = " ".join(str(error).split())[:160]
        raise ModelError(
            f"fastembed cannot load the model in {place} ({reason}). Pull or copy it anew."
        ) from error
    return CrossEncoder(model, f"fastembed:{identity}")


def _described(argument: str) -> dict[str, Any]:
    known = {model["model"].lower(): model for model in TextCrossEncoder.list_supported_models()}
    if argument.lower() not in known:
        names = ", ".join(model["model"] for model in known.values())
        raise UserError(f"fastembed has no reranker '{argument}'. Choose one of: {names}.")
    return dict(known[argument.lower()])


class CrossEncoder:
    """Question and passage in, one number out."""

    def __init__(self, model: Any, name: str) -> None:
        self.name = name
        self._model = model

    def scores(self, query: str, passages: Sequence[str]) -> np.ndarray:
        """(n,) float64: logits."""
        if not passages:
            return np.zeros(0)
        asked, *texts = (t.encode("utf-8", "replace").decode() for t in (query, *passages))
        return np.array([*self._model.rerank(asked, texts, batch_size=_BATCH)], np.float64)
