"""Late interaction by sentence-transformers' MultiVectorEncoder: ColPali, ColQwen2, ColModernVBERT; ColBERT for text.

Question and page are encoded apart, a vector for each token and each patch; the score is MaxSim: each token of the
question takes its best patch, and these are added up (Khattab and Zaharia, ColBERT, SIGIR 2020; for pictures of
pages Faysse et al., ColPali, ICLR 2025). On a GPU where there is one: on a CPU a page takes seconds to minutes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np
import torch
from sentence_transformers import MultiVectorEncoder
from sentence_transformers.util import maxsim

from triptych.dialogue.control_tokens import broken_up, of_model
from triptych.errors import ModelError, UserError
from triptych.hub import model_files
from triptych.hub.model_files import Source
from triptych.neural import batches
from triptych.seams import PageReranker, Reranker

SIDE = 1536  # pixels: above what most models look at, below what costs time to draw
_CPU_BATCH, _GPU_BATCH = 2, 16  # pages, each of about a thousand vectors
_LONGEST = 2000  # characters of a question; a model that reads no more cuts its own marks off the end
_LIKE = "vidore/colqwen2-v1.0-hf"


def sources(argument: str) -> list[Source]:
    """The one repository of the model hub that `argument` names. Raises UserError for half a name."""
    if "/" not in argument:
        raise UserError(
            f"'{argument}' is neither a folder nor a whole name. Write it with who made it, as in {_LIKE}."
        )
    return [Source(argument)]


def load(argument: str = "", *, device: str | None = None) -> Reranker | PageReranker:
    """`argument` is a folder or the name of a model that was pulled or is in the hub's cache. A model that sees
    pictures looks at pages, another one reads passages.

    Raises UserError when it is neither, or no late-interaction model; ModelError when it is damaged.
    """
    if not argument:
        raise UserError(
            f'Which late-interaction model? Write rerank.model = "late_interaction:FOLDER" or '
            f'"late_interaction:NAME", as in {_LIKE}.'
        )
    folder, identity = model_files.locate("late_interaction", argument, sources)
    on = batches.device(device)
    _check(folder, argument)
    try:
        with batches.loading():
            model = MultiVectorEncoder(
                str(folder),
                device=str(on),
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"dtype": _precision(on), "use_safetensors": True},
            )
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        reason = " ".join(str(error).split())[:160]
        raise UserError(
            f"The folder of '{argument}' holds no late-interaction model that sentence-transformers can load "
            f"({reason}). Name another one."
        ) from error
    name = f"late_interaction:{identity}"
    native = getattr(model[0], "transformer_task", "") == "retrieval"
    made = _OfTransformers(model) if native else _OfSentenceTransformers(model)
    return Pages(made, name, on) if model.supports("image") else Passages(made, name, on)


class Passages:
    """Reads passages. See `seams.Reranker`."""

    def __init__(self, encoding: _Encoding, name: str, on: torch.device) -> None:
        self.name = name
        self._encoding = encoding
        self._device = on
        self._turn = Lock()  # tokenizers cannot be used by two threads at once, and the device is busy anyway

    def scores(self, query: str, passages: Sequence[str]) -> np.ndarray:
        """(n,) float64: MaxSim. Raises ModelError for a model that takes any text for a question."""
        if not self._encoding.reads_passages:
            raise ModelError(
                f"The model {self.name} compares questions with pictures of pages; it was not made to read passages. "
                "Use it for search with rerank.model, where pages are drawn for it, or name a text model."
            )
        return self._maxsim(query, [self._encoding.text(passage) for passage in passages])

    def _maxsim(self, query: str, documents: Sequence[Any]) -> np.ndarray:
        if not documents:
            return np.zeros(0)
        size = _GPU_BATCH if self._device.type == "cuda" else _CPU_BATCH
        scores = []
        try:
            with self._turn:
                # In float32: in bfloat16 a sum of thirty cosines has steps of an eighth.
                asked = [self._encoding.question(query[:_LONGEST]).float()]
                for first in range(0, len(documents), size):
                    found = self._encoding.documents([*documents[first : first + size]])
                    scores.append(maxsim(asked, [rows.float() for rows in found])[0])
        except torch.OutOfMemoryError as error:
            raise ModelError(
                f"The memory of {self._device} does not hold {self.name} and {size} pages. Free it, or use the CPU: "
                "CUDA_VISIBLE_DEVICES= triptych ..."
            ) from error
        return np.asarray(torch.cat(scores).cpu(), np.float64)


class Pages(Passages):
    """Looks at pages, and reads passages where the model was made for that, too. See `seams.PageReranker`."""

    side = SIDE

    def seen(self, query: str, pages: Sequence[np.ndarray]) -> np.ndarray:
        """(n,) float64: MaxSim of the question's tokens with the patches of each page."""
        return self._maxsim(query, batches.pictures(pages))


class _Encoding(Protocol):
    """Texts and pictures into rows (vectors, dim), one of length 1 for each token or patch that counts."""

    reads_passages: bool

    def text(self, text: str) -> Any:
        """A passage as `documents` takes it."""

    def question(self, text: str) -> torch.Tensor: ...

    def documents(self, batch: Sequence[Any]) -> list[torch.Tensor]: ...


class _OfSentenceTransformers:
    """A model that was saved by sentence-transformers, PyLate or Stanford's ColBERT."""

    reads_passages = True

    def __init__(self, model: MultiVectorEncoder) -> None:
        self._model = model
        self._special = of_model(_special(model))

    def text(self, text: str) -> dict[str, str]:
        """Marked as text: a bare one that ends in .png would be taken for a picture to be fetched."""
        return {"text": broken_up(text, self._special)}

    def question(self, text: str) -> torch.Tensor:
        [rows] = self._model.encode_query([self.text(text)], show_progress_bar=False)
        return rows

    def documents(self, batch: Sequence[Any]) -> list[torch.Tensor]:
        found = self._model.encode_document([*batch], batch_size=len(batch), show_progress_bar=False)
        return [*found]


class _OfTransformers:
    """A model of transformers that ends in ForRetrieval. Its own processor knows what stands around a question and
    a page; sentence-transformers 6.2 leaves that out for ColModernVBERT."""

    reads_passages = False

    def __init__(self, model: MultiVectorEncoder) -> None:
        self._model = model
        self._processor = model[0].processor
        self._special = of_model(_special(model))

    def text(self, text: str) -> str:
        """Without control tokens: one that stands for a picture would be searched for its pixels."""
        return broken_up(text, self._special)

    def question(self, text: str) -> torch.Tensor:
        [rows] = self._rows(self._processor.process_queries([self.text(text)]), "query")
        return rows

    def documents(self, batch: Sequence[Any]) -> list[torch.Tensor]:
        return self._rows(self._processor.process_images([*batch]), "document")

    def _rows(self, prepared: Mapping[str, Any], task: str) -> list[torch.Tensor]:
        on = self._model.device
        features = {name: value.to(on) for name, value in prepared.items() if name != "labels"}
        with torch.inference_mode():
            found = self._model(features, task=task)
        pairs = zip(found["token_embeddings"], found["attention_mask"].bool(), strict=True)
        return [rows[counted] for rows, counted in pairs]


def _check(folder: Path, argument: str) -> None:
    """Raises UserError for a model of another kind: sentence-transformers would give it a projection of random
    numbers and say nothing."""
    own, transformers = folder / "config_sentence_transformers.json", folder / "config.json"
    kind = _read(own).get("model_type")
    architectures = _read(transformers).get("architectures") or [""]
    known = str(architectures[0])
    if kind in ("MultiVectorEncoder", "ColBERT") or known == "HF_ColBERT" or known.endswith("ForRetrieval"):
        return
    what = f"is a {kind or known}" if kind or known else "does not say what it is"
    raise UserError(
        f"The folder of '{argument}' holds no late-interaction model: it {what}. Name a ColPali, ColQwen2, "
        f"ColModernVBERT or ColBERT, as in {_LIKE}."
    )


def _read(path: Path) -> dict[str, Any]:
    """A JSON object; {} where there is no such file. Raises ModelError when it is damaged."""
    if not path.is_file():
        return {}
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError) as error:
        raise ModelError(
            f"The file {path} of a model cannot be read ({error}). Pull or copy it anew."
        ) from error


def _precision(on: torch.device) -> torch.dtype:
    """These models were trained in bfloat16; in float16 the largest of them overflow."""
    if on.type != "cuda":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def _special(model: MultiVectorEncoder) -> list[str]:
    """The control tokens of a model's tokenizer and processor."""
    tokenizer, processor = model.tokenizer, getattr(model[0], "processor", None)
    found = [] if tokenizer is None else [*tokenizer.all_special_tokens]
    found += (
        [] if tokenizer is None else [str(t) for t in tokenizer.added_tokens_decoder.values() if t.special]
    )
    image = getattr(processor, "image_token", None)
    return [*found, image] if isinstance(image, str) else found
