"""The word pieces of the built-in encoders: texts into numbers of the vocabulary, whole, in order."""

from __future__ import annotations

from collections.abc import Sequence

from tokenizers import Encoding, Tokenizer

from triptych.encoders import _weights
from triptych.errors import ModelError


class Tokens:
    """The teacher's own tokenizer, without special tokens and without cutting: that is up to the caller."""

    def __init__(self, file: str = "tokenizer.json") -> None:
        path = _weights.path(file)
        try:
            self._tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the package raises bare Exception
            raise ModelError(_weights.damaged(file, error)) from error

    def _encode(self, texts: Sequence[str]) -> list[Encoding]:
        # A lone surrogate, as in a damaged file, has no UTF-8 form: it becomes a question mark.
        clean = [text.encode("utf-8", "replace").decode() for text in texts]
        found: list[Encoding] = self._tokenizer.encode_batch_fast(clean, add_special_tokens=False)
        return found

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        return [encoding.ids for encoding in self._encode(texts)]

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(encoding) for encoding in self._encode(texts)]
