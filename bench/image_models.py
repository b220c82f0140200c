"""Real image-text models at full size with random weights: our adapters against the bare model on ready tensors.

    python bench/image_models.py [--pictures 64] [--model clip|siglip] [--device cpu|cuda]

Needs the extra sentence_transformers. Speed does not depend on the weights, so none are downloaded. Pictures are
JPEG of one megapixel on disk. Three figures, pictures a second: the bare model on tensors that lie ready on the
device; the adapter on decoded pictures; the adapter with reading and decoding in threads. The last is at most what
the machine's cores decode, which is printed too.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))


def make_model(folder: Path, kind: str) -> Path:
    """ViT-B/32 at 224 pixels (CLIP) or ViT-B/16 at 224 (SigLIP), as published but for the weights."""
    import torch
    from transformers import CLIPConfig, CLIPModel, CLIPProcessor, SiglipConfig, SiglipModel, SiglipProcessor
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
    from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

    import tiny_models

    torch.manual_seed(0)
    tokens = tiny_models.tokenizer()
    if kind == "clip":
        CLIPModel(CLIPConfig()).save_pretrained(folder)
        CLIPProcessor(CLIPImageProcessorPil(), tokens).save_pretrained(folder)
    else:
        SiglipModel(SiglipConfig()).save_pretrained(folder)
        SiglipProcessor(SiglipImageProcessorPil(), tokens).save_pretrained(folder)
    return folder


def make_pictures(folder: Path, n: int) -> list[Path]:
    """JPEG files of 1,152 x 864 pixels with the detail of a photo."""
    from PIL import Image

    rng = np.random.default_rng(0)
    for i in range(min(n, 64)):
        small = Image.fromarray(rng.integers(0, 256, (54, 72, 3), dtype=np.uint8))
        large = np.asarray(small.resize((1152, 864), Image.Resampling.BICUBIC), np.int16)
        noisy = np.clip(large + rng.integers(-12, 13, large.shape), 0, 255).astype(np.uint8)
        Image.fromarray(noisy).save(folder / f"{i}.jpg", quality=88)
    return [folder / f"{i % 64}.jpg" for i in range(n)]


def read(path: Path, side: int) -> np.ndarray:
    """A picture, its longer side at most `side`: JPEG is decoded at a fraction of its size where that suffices."""
    from PIL import Image

    with Image.open(path) as image:
        image.draft("RGB", (side, side))
        image.thumbnail((side, side), Image.Resampling.BICUBIC)
        return np.asarray(image.convert("RGB"))


def rates(works: dict[str, tuple[Callable[[], Any], int]], rounds: int) -> dict[str, float]:
    """Pictures a second of each contender, median over rounds in which they take turns."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(rounds + 1):  # the first is not counted
        for name, (work, _) in works.items():
            start = time.perf_counter()
            work()
            if turn:
                times[name].append(time.perf_counter() - start)
    return {name: n / median(times[name]) for name, (_, n) in works.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=64)
    parser.add_argument("--model", choices=("clip", "siglip"), default="clip")
    parser.add_argument("--device")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    import torch

    from triptych import plugins
    from triptych.neural import batches

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = make_model(folder / given.model, given.model)
        files = make_pictures(folder, given.pictures)
        encoder = plugins.load("encoders", f"sentence_transformers:{model}", device=given.device)
        on = batches.device(given.device)
        n, size, threads = len(files), batches.batch_size(on), os.cpu_count() or 1

        ready = [read(path, encoder.side) for path in files[:size]]
        inputs = encoder._scaling(encoder._prepare(ready)["pixel_values"].to(on)).to(batches.dtype(on))

        def bare() -> None:
            with torch.inference_mode():
                for _ in range(0, n, size):
                    encoder._model({"pixel_values": inputs, "modality": "image"})["sentence_embedding"]
                if on.type == "cuda":
                    torch.cuda.synchronize()

        def decoded() -> list[np.ndarray]:
            with ThreadPoolExecutor(threads) as pool:
                return list(pool.map(lambda path: read(path, encoder.side), files))

        def from_disk() -> None:
            with ThreadPoolExecutor(threads) as pool:
                step = 8 * size
                waiting = [
                    pool.map(lambda path: read(path, encoder.side), files[i : i + step])
                    for i in range(0, n, step)
                ]
                for some in waiting:
                    encoder.images(list(some))

        in_memory = decoded()
        figures = rates(
            {
                "bare model, tensors ready": (bare, -(-n // size) * size),
                "adapter, pictures decoded": (lambda: encoder.images(in_memory), n),
                "adapter, JPEG from disk": (from_disk, n),
                f"decoding alone, {threads} cores": (decoded, n),
            },
            given.rounds,
        )
        print(f"{given.model} on {on}, {n} pictures, batches of {size}, {encoder.space}")
        for what, found in figures.items():
            share = found / figures["bare model, tensors ready"]
            print(f"  {what:28} {found:8.1f} pictures/s  {share:5.0%} of the bare model")


if __name__ == "__main__":
    main()
