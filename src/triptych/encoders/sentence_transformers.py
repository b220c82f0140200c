"""Any text model of sentence-transformers (torch), from a folder or the local cache; never downloaded here."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

from triptych.errors import UserError

_SMALL = 1 << 20  # files up to this size are hashed whole, of larger ones the last part


def load(argument: str = "", *, device: str | None = None) -> TextModel:
    """`argument` is a folder or the name of a cached model, for example `intfloat/multilingual-e5-small`.

    Raises UserError when it is neither.
    """
    if not argument:
        raise UserError(
            "Which sentence-transformers model? Write "
            'encoder = "sentence_transformers:FOLDER" or "sentence_transformers:NAME" in triptych.toml.'
        )
    folder = Path(argument).expanduser()
    try:
        model = SentenceTransformer(
            str(folder) if folder.is_dir() else argument, device=device, local_files_only=True
        )
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:120]
        raise UserError(
            f"The sentence-transformers model '{argument}' is neither a model folder nor in the local cache "
            f"({reason}). Fetch it once: hf download {argument}"
        ) from error
    return TextModel(model, _identity(model, folder, argument))


def _identity(model: SentenceTransformer, folder: Path, argument: str) -> str:
    """Name and revision: the commit of a cached model, a hash of the files of a folder."""
    if folder.is_dir():
        return f"{folder.name}/{_fingerprint(folder)}"
    commit = getattr(getattr(model[0], "auto_model", None), "config", None)
    revision = getattr(commit, "_commit_hash", None) or "unknown"
    return f"{argument}/{revision[:12]}"


def _fingerprint(folder: Path) -> str:
    """Changes when a file of the model changes: names, sizes, and contents or the last MiB of each."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder)}\0{size}\0".encode())
        with path.open("rb") as file:
            file.seek(max(0, size - _SMALL))
            digest.update(file.read())
    return digest.hexdigest()[:12]


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

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """(n, dim) float32, rows of length 1, with the model's prompt for documents where it has one."""
        return self._rows(self._model.encode_document(_clean(texts), **_PLAIN)) if texts else self._none()

    def queries(self, texts: Sequence[str]) -> np.ndarray:
        """As `texts`, with the model's prompt for queries where it has one."""
        return self._rows(self._model.encode_query(_clean(texts), **_PLAIN)) if texts else self._none()

    def images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        raise UserError(f"The encoder '{self.space}' is used for text only, not for images.")

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each whole text, without special tokens."""
        if not texts:
            return []
        found = self._model.tokenizer(
            _clean(texts), add_special_tokens=False, truncation=False, verbose=False
        )
        return [len(ids) for ids in found["input_ids"]]

    def _none(self) -> np.ndarray:
        return np.zeros((0, self.dim), np.float32)

    def _rows(self, found: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(found, np.float32)


_PLAIN = {"normalize_embeddings": True, "convert_to_numpy": True, "show_progress_bar": False}


def _clean(texts: Sequence[str]) -> list[str]:
    """A lone surrogate, as in a damaged file, has no UTF-8 form: it becomes a question mark."""
    return [text.encode("utf-8", "replace").decode() for text in texts]
