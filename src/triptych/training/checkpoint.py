"""A training that can go on after a power cut: safetensors and JSON in a folder that is replaced as a whole."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from triptych.errors import ModelError

_STATE, _WEIGHTS, _BEST, _OPTIMIZER = (
    "state.json",
    "weights.safetensors",
    "best.safetensors",
    "optimizer.safetensors",
)
Tensors = dict[str, torch.Tensor]


def save(folder: Path, state: dict[str, Any], weights: Tensors, best: Tensors, optimizer: Tensors) -> None:
    """Replace the checkpoint in `folder`; a crash leaves the former one or this one."""
    new, old = folder.with_name(f"{folder.name}.new"), folder.with_name(f"{folder.name}.old")
    for place in (new, old):
        shutil.rmtree(place, ignore_errors=True)
    new.mkdir(parents=True)
    for name, tensors in ((_WEIGHTS, weights), (_BEST, best), (_OPTIMIZER, optimizer)):
        save_file({k: v.detach().cpu().contiguous() for k, v in tensors.items()}, new / name)
    (new / _STATE).write_text(json.dumps(state, indent=1), "utf-8")
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def load(folder: Path) -> tuple[dict[str, Any], Tensors, Tensors, Tensors] | None:
    """(state, weights, best weights, optimizer) or None when none was saved. Raises ModelError when damaged."""
    old = folder.with_name(f"{folder.name}.old")
    place = folder if folder.is_dir() else old
    if not place.is_dir():
        return None
    try:
        state = dict(json.loads((place / _STATE).read_text("utf-8")))
        weights, best, optimizer = (load_file(place / name) for name in (_WEIGHTS, _BEST, _OPTIMIZER))
    except Exception as error:  # safetensors raises a type of its own, derived from Exception
        raise ModelError(
            f"The unfinished training in {place} is damaged ({' '.join(str(error).split())[:100]}). "
            "Begin anew with: --restart"
        ) from error
    return state, weights, best, optimizer


def remove(folder: Path) -> None:
    for place in (folder, folder.with_name(f"{folder.name}.new"), folder.with_name(f"{folder.name}.old")):
        shutil.rmtree(place, ignore_errors=True)


def pack(optimizer: torch.optim.Optimizer) -> Tensors:
    """The state of an optimizer as named tensors: parameter number and the name of the quantity."""
    held = optimizer.state_dict()["state"]
    return {f"{number}.{name}": value for number, values in held.items() for name, value in values.items()}


def unpack(optimizer: torch.optim.Optimizer, tensors: Tensors) -> None:
    """Give an optimizer the state that `pack` took."""
    state = optimizer.state_dict()
    state["state"] = {}
    for key, value in tensors.items():
        number, _, name = key.partition(".")
        state["state"].setdefault(int(number), {})[name] = value
    optimizer.load_state_dict(state)
