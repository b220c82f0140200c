"""Cross-encoders of sentence-transformers, on a GPU where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sentence_transformers import CrossEncoder

from triptych.errors import UserError
from triptych.hub import model_files
from triptych.hub.model_files import Source
from triptych.neural import batches
from triptych.seams import Reranker

_BATCH = 16


def sources(argument: str) -> list[Source]:
    """The one repository of the model hub that `argument` names. Raises UserError for half a name."""
    if "/" not in argument:
        raise UserError(
            f"'{argument}' is neither a folder nor a whole name. Write cross-encoder/{argument}, with who made it."
        )
    return [Source(argument)]


def load(argument: str = "", *, device: str | None = None) -> Reranker:
    """`argument` is a folder or the name of a model that was pulled or is in the hub's cache, for example
    `cross-encoder/ms-marco-MiniLM-L6-v2` or `BAAI/bge-reranker-v2-m3`.

    Raises UserError when it is neither or scores in more than one number, ModelError when it is damaged.
    """
    if not argument:
        raise UserError(
            'Which cross-encoder? Write rerank.model = "sentence_transformers:FOLDER" or '
            '"sentence_transformers:NAME" in triptych.toml.'
        )
    folder, identity = model_files.locate("sentence_transformers", argument, sources)
    try:
        with batches.loading():
            model: Any = CrossEncoder(
                str(folder),
                device=str(batches.device(device)),
                local_files_only=True,
                trust_remote_code=False,
            )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:160]
        raise UserError(
            f"The folder of '{argument}' holds no cross-encoder that sentence-transformers can load ({reason}). "
            "Name another one."
        ) from error
    if model.num_labels != 1:
        raise UserError(
            f"The model '{argument}' tells {model.num_labels} classes apart; a reranker gives one number. "
            "Name a cross-encoder that was trained to rank."
        )
    return Ranker(model, f"sentence_transformers:{identity}")


class Ranker:
    """Question and passage in, one number out."""

    def __init__(self, model: Any, name: str) -> None:
        self.name = name
        self._model = model

    def scores(self, query: str, passages: Sequence[str]) -> np.ndarray:
        """(n,) float64, as the model's own activation gives them."""
        if not passages:
            return np.zeros(0)
        pairs = [tuple(batches.clean([query, passage])) for passage in passages]
        found = self._model.predict(pairs, batch_size=_BATCH, show_progress_bar=False)
        return np.asarray(found, np.float64).reshape(-1)
