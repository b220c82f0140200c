"""What the encoders and captioners that run on torch share: device, precision, a line of batches.

While one batch is on the device, threads prepare the next ones: decoding is done before, but a model's own
resizing and normalising takes longer than its forward pass on a good GPU. On a GPU the model is in half
precision, batches go through pinned memory and are copied while the device computes; on a CPU half precision
is a hundred times slower, so all is float32 there.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
import torch

from triptych.errors import ModelError, UserError

T = TypeVar("T")
Batch = dict[str, Any]  # tensors and plain values, as a model takes them

CPU_BATCH, GPU_BATCH = 16, 128  # pictures; 128 of 384 x 384 pixels are 227 MB in float32


@contextmanager
def loading() -> Iterator[None]:
    """Load a model quietly and without a request to the model hub, also one that names another model."""
    from huggingface_hub import constants
    from transformers.utils import logging

    before = constants.HF_HUB_OFFLINE, logging.get_verbosity(), logging.is_progress_bar_enabled()
    constants.HF_HUB_OFFLINE = True
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before[0]
        logging.set_verbosity(before[1])
        if before[2]:
            logging.enable_progress_bar()


def device(named: str | None = None) -> torch.device:
    """`named` ('cuda:1', 'cpu'), else the GPU where there is one, else the CPU. Raises UserError."""
    if named is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        found = torch.device(named)
        torch.empty(1, device=found)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0][:100]
        raise UserError(
            f"The device '{named}' cannot be used ({reason}). Known: cpu, cuda, cuda:0, ..."
        ) from error
    return found


def dtype(on: torch.device) -> torch.dtype:
    """The precision of a model: half on a GPU, float32 on a CPU."""
    return torch.float16 if on.type == "cuda" else torch.float32


def batch_size(on: torch.device) -> int:
    return GPU_BATCH if on.type == "cuda" else CPU_BATCH


def rows(
    items: Sequence[T],
    prepare: Callable[[Sequence[T]], Batch],
    forward: Callable[[Batch], torch.Tensor],
    on: torch.device,
    dim: int,
    precision: torch.dtype | None = None,
) -> np.ndarray:
    """(n, dim) float32 rows of length 1 of `items`, in order; `prepare` is called in threads."""
    with torch.inference_mode():
        found = line(items, prepare, lambda batch: _unit(forward(batch)), on, batch_size(on), precision)
    if not found:
        return np.zeros((0, dim), np.float32)
    return np.ascontiguousarray(torch.cat(found).cpu().numpy(), np.float32)


def _unit(found: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.normalize(found.float(), dim=-1)


def line(
    items: Sequence[T],
    prepare: Callable[[Sequence[T]], Batch],
    work: Callable[[Batch], Any],
    on: torch.device,
    size: int,
    precision: torch.dtype | None = None,
) -> list[Any]:
    """What `work` made of each batch of at most `size` items, in order. `precision` is that of the model, as
    `dtype` says where none is given. Raises ModelError when memory ends."""
    batches = [items[i : i + size] for i in range(0, len(items), size)]
    threads = min(len(batches), os.cpu_count() or 1, 16)
    made: list[Any] = []
    waiting: deque[Future[Batch]] = deque()

    def take() -> None:
        made.append(_guarded(work, _moved(waiting.popleft().result(), on), on))

    with ThreadPoolExecutor(max(1, threads), "triptych-prepare") as pool:
        for batch in batches:
            waiting.append(pool.submit(_ready, prepare, batch, on, precision or dtype(on)))
            if len(waiting) > threads:
                take()
        while waiting:
            take()
    return made


def _ready(
    prepare: Callable[[Sequence[T]], Batch], items: Sequence[T], on: torch.device, precision: torch.dtype
) -> Batch:
    """A prepared batch in the model's precision and, for a GPU, in memory from which it copies by itself."""
    return {
        name: _packed(value, on, precision) if isinstance(value, torch.Tensor) else value
        for name, value in prepare(items).items()
    }


def _packed(tensor: torch.Tensor, on: torch.device, precision: torch.dtype) -> torch.Tensor:
    if tensor.is_floating_point():
        tensor = tensor.to(precision)
    return tensor.pin_memory() if on.type == "cuda" else tensor


def _moved(batch: Batch, on: torch.device) -> Batch:
    return {k: v.to(on, non_blocking=True) if isinstance(v, torch.Tensor) else v for k, v in batch.items()}


def _guarded(work: Callable[[Batch], Any], batch: Batch, on: torch.device) -> Any:
    try:
        return work(batch)
    except torch.OutOfMemoryError as error:
        raise ModelError(
            f"The memory of {on} does not hold this model and a batch. Free it, or use the CPU: "
            "CUDA_VISIBLE_DEVICES= triptych ..."
        ) from error


def pictures(images: Sequence[np.ndarray]) -> list[Any]:
    """uint8 (h, w, 3) RGB arrays as PIL images, which every library's own preprocessing takes."""
    from PIL import Image

    return [Image.fromarray(np.ascontiguousarray(image)) for image in images]


def clean(texts: Sequence[str]) -> list[str]:
    """A lone surrogate, as in a damaged file, has no UTF-8 form: it becomes a question mark."""
    return [text.encode("utf-8", "replace").decode() for text in texts]
