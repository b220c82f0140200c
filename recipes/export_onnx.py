"""Writes the teacher as an ONNX file, float32: the rival that bench/encoders.py runs in ONNX Runtime.

    python -m venv .venv-recipe
    .venv-recipe/bin/pip install torch==2.13.0 transformers==5.23.0 onnx onnxscript
    .venv-recipe/bin/python recipes/export_onnx.py TEACHER_FOLDER minilm.onnx

Not part of the product.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from transformers import AutoModel


class Sentence(torch.nn.Module):
    """The encoder and the mean over its tokens, of length 1."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self.bert = AutoModel.from_pretrained(folder, local_files_only=True, attn_implementation="eager")

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        states = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state
        return torch.nn.functional.normalize((states * mask[..., None]).sum(1))


def main() -> None:
    folder, out = sys.argv[1:3]
    batch, length = torch.export.Dim("batch"), torch.export.Dim("length", max=512)
    example = torch.full((2, 16), 2000), torch.ones((2, 16), dtype=torch.int64)
    torch.onnx.export(
        Sentence(folder).eval(),
        example,
        str(Path(out)),
        input_names=["ids", "mask"],
        output_names=["rows"],
        dynamic_shapes=({0: batch, 1: length}, {0: batch, 1: length}),
        dynamo=True,
        external_data=False,
    )


if __name__ == "__main__":
    main()
