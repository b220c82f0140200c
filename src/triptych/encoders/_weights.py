"""The weights that ship with the package: `.safetensors` files, a tokenizer, a manifest of their hashes.

Written by `recipes/build_encoders.py`. Tables that are only looked up by row are stored as int8 with one
float16 scale per row; everything else is float16.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from triptych.errors import ModelError

FOLDER = Path(__file__).parent / "weights"
MANIFEST = "MANIFEST.json"
_REPAIR = "Type: pip install --force-reinstall --no-deps triptych"
_TYPES = {"F32": np.float32, "F16": np.float16, "I8": np.int8}


@cache
def manifest() -> dict[str, Any]:
    """What should be there: `{"files": {name: {"bytes": n, "sha256": hex}}, ...}`."""
    try:
        return dict(json.loads((FOLDER / MANIFEST).read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise ModelError(f"The list of built-in weights cannot be read: {error}. {_REPAIR}") from error


def path(name: str) -> Path:
    """The file `name` if its size is right; its hash is left to `verify`, it would cost every start."""
    file, expected = FOLDER / name, manifest()["files"].get(name, {}).get("bytes")
    size = file.stat().st_size if file.exists() else 0
    if size != expected:
        raise ModelError(f"The built-in file '{name}' has {size} bytes instead of {expected}. {_REPAIR}")
    return file


def read_safetensors(file: Path) -> dict[str, np.ndarray]:
    """The arrays of known types in a safetensors file, mapped into memory, not read.

    Format: length of the header (uint64, little-endian), header (JSON: name -> dtype, shape,
    data_offsets), data. https://huggingface.co/docs/safetensors. Raises ValueError when malformed.
    """
    raw = np.memmap(file, np.uint8, "c")  # copy on write: OpenVINO shares only writable memory
    start = 8 + int.from_bytes(raw[:8].tobytes(), "little")
    header = json.loads(raw[8:start].tobytes())
    found = {}
    for name, entry in header.items():
        if entry.get("dtype") in _TYPES:
            first, last = entry["data_offsets"]
            data = raw[start + first : start + last].view(_TYPES[entry["dtype"]])
            found[name] = data.reshape(entry["shape"])
    return found


def arrays(name: str) -> dict[str, np.ndarray]:
    """All arrays of the built-in file `name`. Raises ModelError when it is missing or damaged."""
    file = path(name)
    try:
        return read_safetensors(file)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(damaged(name, error)) from error


def damaged(name: str, error: Exception) -> str:
    """One line for a file that has the right size and yet cannot be read."""
    return f"The built-in file '{name}' is damaged: {' '.join(str(error).split())[:100]}. {_REPAIR}"


def verify() -> list[str]:
    """One line for each file whose bytes differ from the manifest; [] when all is well."""
    wrong = []
    for name, expected in manifest()["files"].items():
        file = FOLDER / name
        found = hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else "nothing"
        if found != expected["sha256"]:
            wrong.append(f"{name}: expected sha256 {expected['sha256'][:12]}, found {found[:12]}. {_REPAIR}")
    return wrong
