"""Makes the weights of the built-in image encoder from pictures that recipes/pictures draws.

    python recipes/build_look.py            # or: make look

Draws the album, looks at it with the frozen network, encodes its captions with the built-in text encoder,
fits a ridge head, and writes `src/triptych/encoders/weights/look.safetensors`. No torch, no download, no
foreign picture. The same versions of Pillow, NumPy, OpenCV and OpenVINO give the same weights.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from build_encoders import write_safetensors
from pictures import album
from pictures.captions import captions
from triptych.encoders import _look, _minilm, _weights
from triptych.encoders._look_backbone import Backbone
from triptych.encoders._look_features import Features, features

DEFAULT_OUT = Path(__file__).parents[1] / "src/triptych/encoders/weights"
SEED = 1
COUNT = 3600
BLOCK = 64  # pictures drawn before they are looked at
PENALTY = 0.3  # of the ridge, for each picture: chosen on held-back pictures (docs/log/look.md)
TEXTURES = 64  # numbers kept of the network's features for look-alikes


class Album(NamedTuple):
    """What is known of the pictures, a row for each."""

    seen: Features
    captions: list[list[str]]
    kinds: list[str]


def look_at(first: int, stop: int, seed: int) -> Album:
    """Draws the pictures `first` to `stop` and looks at them."""
    backbone, parts, texts, kinds = Backbone(1), [], [], []
    cv2.setNumThreads(1)
    for start in range(first, stop, BLOCK):
        drawn = [album.picture(seed, i) for i in range(start, min(start + BLOCK, stop))]
        parts.append(features([d.picture for d in drawn], backbone))
        texts += [captions(d, random.Random(f"{seed}/{start + i}")) for i, d in enumerate(drawn)]
        kinds += [d.kind for d in drawn]
    return Album(Features(*(np.concatenate(column) for column in zip(*parts, strict=True))), texts, kinds)


def save(made: Album, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **made.seen._asdict())
    path.with_suffix(".json").write_text(json.dumps([made.captions, made.kinds]))


def read(path: Path) -> Album:
    with np.load(path, allow_pickle=False) as arrays:
        seen = Features(*(arrays[name] for name in Features._fields))
    return Album(seen, *json.loads(path.with_suffix(".json").read_text()))


def join(parts: list[Album]) -> Album:
    seen = Features(*(np.concatenate(column) for column in zip(*(p.seen for p in parts), strict=True)))
    return Album(seen, [c for p in parts for c in p.captions], [k for p in parts for k in p.kinds])


def fit(made: Album) -> dict[str, np.ndarray]:
    """All weights, float16."""
    targets = caption_vectors(made.captions)
    x = _look.design(made.seen)
    mean, scale = x.mean(0), x.std(0) + 1e-4
    z = np.clip((x - mean) / scale, -_look.CLIP, _look.CLIP).astype(np.float64)
    bias = targets.mean(0)
    gram = z.T @ z + PENALTY * len(z) * np.eye(z.shape[1])
    head = np.linalg.solve(gram, z.T @ (targets - bias))
    network = z[:, : made.seen.backbone.shape[1]]
    values, axes = np.linalg.eigh(network.T @ network / len(z))
    values, axes = values[::-1][:TEXTURES], axes[:, ::-1][:, :TEXTURES]
    weights = {
        "head.mean": mean, "head.scale": scale, "head": head, "head.bias": bias,
        "textures": axes / np.sqrt(values),
    }  # fmt: skip
    return {name: array.astype(np.float16) for name, array in weights.items()}


def caption_vectors(texts: list[list[str]]) -> np.ndarray:
    """(n, 384) float64: the mean of the vectors of each picture's captions."""
    distinct = sorted({caption for group in texts for caption in group})
    rows = dict(zip(distinct, _minilm.load().texts(distinct), strict=True))
    return np.array([np.mean([rows[caption] for caption in group], 0) for group in texts], np.float64)


def write(weights: dict[str, np.ndarray], out: Path) -> None:
    """The file, and its entry in the manifest."""
    path = out / _look.FILE
    write_safetensors(path, weights)
    manifest = json.loads((out / _weights.MANIFEST).read_text("utf-8"))
    entry = {"bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    manifest["files"] = dict(sorted((manifest["files"] | {path.name: entry}).items()))
    (out / _weights.MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--work", type=Path, default=Path("build/look"), help="where the parts are kept")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--part", type=int, help="draw only this part (what the workers do)")
    arguments = parser.parse_args()
    edges = np.linspace(0, arguments.count, arguments.workers + 1).astype(int)
    parts = [arguments.work / f"part-{i}-of-{arguments.workers}.npz" for i in range(arguments.workers)]
    if arguments.part is not None:
        save(look_at(*edges[arguments.part : arguments.part + 2], SEED), parts[arguments.part])
        return
    command = [sys.executable, *sys.argv, "--part"]
    running = [subprocess.Popen([*command, str(i)]) for i in range(arguments.workers)]
    if any([worker.wait() for worker in running]):
        raise SystemExit("A worker failed; see above.")
    write(fit(join([read(part) for part in parts])), arguments.out)


if __name__ == "__main__":
    main()
