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
from triptych.encoders import _look, _look_kinds, _minilm, _weights
from triptych.encoders._look_backbone import Backbone
from triptych.encoders._look_features import Features, features

DEFAULT_OUT = Path(__file__).parents[1] / "src/triptych/encoders/weights"
SEED = 5
COUNT = 8000
BLOCK = 64  # pictures drawn before they are looked at
PENALTY = 0.2  # of the head's ridge (docs/log/look.md)
SHARP, STEPS, DECAY = 8.0, 400, 1e-3  # of the classifier of kinds
LOOK_ALIKES = {"histogram": 64, "edges": 96}  # components kept of each
USUAL = 0.01  # penalty of the ridge from the meaning to what is usual
WHITE = 0.5  # 0 leaves the components as they are, 1 makes all equally large


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
        parts.append(features([brought_down(d.picture) for d in drawn], backbone))
        texts += [captions(d, random.Random(f"{seed}/{start + i}")) for i, d in enumerate(drawn)]
        kinds += [d.kind for d in drawn]
    return Album(Features(*(np.concatenate(column) for column in zip(*parts, strict=True))), texts, kinds)


def brought_down(picture: np.ndarray) -> np.ndarray:
    """The longer side at most SIDE pixels, as pictures reach the encoder."""
    scale = _look.SIDE / max(picture.shape[:2])
    if scale >= 1:
        return picture
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


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
    x = _look.design(made.seen)
    weights = {"head.mean": x.mean(0), "head.scale": x.std(0) + 1e-4}
    z = _look.standardised(x, weights).astype(np.float64)
    targets = caption_vectors(made.captions)
    weights["head"] = ridge(z, targets - targets.mean(0), PENALTY)
    meaning = z @ weights["head"]
    meaning /= np.linalg.norm(meaning, axis=1, keepdims=True)
    weights["kinds"], weights["kinds.bias"] = classifier(meaning, made.kinds)
    for name, size in LOOK_ALIKES.items():
        weights |= beyond(name, getattr(made.seen, name).astype(np.float64), meaning, size)
    return {name: array.astype(np.float16) for name, array in weights.items()}


def ridge(x: np.ndarray, y: np.ndarray, penalty: float) -> np.ndarray:
    """(m, k) weights that map (n, m) rows to (n, k) targets; `penalty` is for each row."""
    gram = x.T @ x
    gram[np.diag_indices_from(gram)] += penalty * len(x)
    return np.asarray(np.linalg.solve(gram, x.T @ y))


def beyond(name: str, values: np.ndarray, meaning: np.ndarray, size: int) -> dict[str, np.ndarray]:
    """What is left of `values` after what the meaning tells of them, in `size` half-whitened components."""
    mean = values.mean(0)
    told = ridge(meaning, values - mean, USUAL)
    left = values - mean - meaning @ told
    spread, axes = np.linalg.eigh(left.T @ left / len(left))
    chosen = axes[:, ::-1][:, :size] / spread[::-1][:size] ** (WHITE / 2)
    return {name: chosen, f"{name}.meaning": told @ chosen, f"{name}.mean": mean @ chosen}


def classifier(rows: np.ndarray, kinds: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Multinomial logistic regression with a little weight decay, by plain gradient steps with momentum."""
    names = list(_look_kinds.NAMES)
    wanted = np.eye(len(names))[[names.index(kind) for kind in kinds]]
    centre = rows.mean(0)
    x = (rows - centre) * SHARP
    weights, bias = np.zeros((rows.shape[1], len(names))), np.zeros(len(names))
    speed = [np.zeros_like(weights), np.zeros_like(bias)]
    for _ in range(STEPS):
        logits = x @ weights + bias
        shares = np.exp(logits - logits.max(1, keepdims=True))
        error = shares / shares.sum(1, keepdims=True) - wanted
        slopes = x.T @ error / len(x) + DECAY * weights, error.mean(0)
        for value, slope, pace in zip((weights, bias), slopes, speed, strict=True):
            pace *= 0.9
            pace -= slope
            value += pace
    return weights * SHARP, bias - centre @ weights * SHARP


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
    parser.add_argument("--keep", action="store_true", help="take the parts that are there, draw nothing")
    parser.add_argument("--part", type=int, help="draw only this part (what the workers do)")
    arguments = parser.parse_args()
    edges = np.linspace(0, arguments.count, arguments.workers + 1).astype(int)
    parts = [arguments.work / f"part-{i}-of-{arguments.workers}.npz" for i in range(arguments.workers)]
    if arguments.part is not None:
        save(look_at(*edges[arguments.part : arguments.part + 2], SEED), parts[arguments.part])
        return
    if not arguments.keep:
        draw(arguments.workers)
    write(fit(join([read(part) for part in parts])), arguments.out)


def draw(workers: int) -> None:
    """The parts of the album, each by a process of its own."""
    command = [sys.executable, *sys.argv, "--part"]
    running = [subprocess.Popen([*command, str(i)]) for i in range(workers)]
    if any([worker.wait() for worker in running]):
        raise SystemExit("A worker failed; see above.")


if __name__ == "__main__":
    main()
