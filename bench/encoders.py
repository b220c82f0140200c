"""Text encoders: chunks a second, milliseconds a query, cold start, size, and what the small weights lose.

    python bench/encoders.py [--data DIR] [--teacher DIR] [--onnx FILE] [--chunks 256]

The rivals run in the same process, in turn: the bare engine on ready-made full batches (the limit of what we
do around it), float32, and ONNX Runtime. `--teacher` is the unpacked folder of the original weights (see
recipes/build_encoders.py), `--onnx` the same model as recipes/export_onnx.py writes it; without them their
lines are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ir_measures
import numpy as np
from ir_measures import R, nDCG

from triptych import plugins
from triptych.encoders import _minilm, _weights
from triptych.encoders._bert_openvino import Engine
from triptych.encoders._tokens import Tokens
from triptych.seams import Encoder

LIMITS = {"chunks a second": 80, "query ms": 4.0, "loss": 0.003}
Vectors = Callable[[Sequence[str]], np.ndarray]


def documents(data: Path) -> tuple[list[str], list[str]]:
    """Ids and texts of Cranfield, cut into chunks of 180 words; an id stands once for each of its chunks."""
    owners, chunks = [], []
    for line in (data / "corpus.jsonl").read_text("utf-8").splitlines():
        document = json.loads(line)
        words = document["text"].split()
        for start in range(0, max(1, len(words)), 180):
            owners.append(document["id"])
            chunks.append(" ".join(words[start : start + 180]))
    return owners, chunks


def quality(data: Path, texts: Vectors, queries: Vectors) -> dict[str, float]:
    """nDCG@10 and recall@10 on Cranfield, each document by its best chunk, by vectors alone."""
    owners, chunks = documents(data)
    asked = [json.loads(line) for line in (data / "queries.jsonl").read_text("utf-8").splitlines()]
    scores = queries([q["text"] for q in asked]) @ texts(chunks).T
    run: dict[str, dict[str, float]] = {}
    for query, row in zip(asked, scores, strict=True):
        best: dict[str, float] = {}
        for owner, score in zip(owners, row, strict=True):
            best[owner] = max(best.get(owner, -1.0), float(score))
        run[query["qid"]] = best
    qrels: dict[str, dict[str, int]] = {}
    for line in (data / "qrels.tsv").read_text("utf-8").splitlines():
        qid, document, relevance = line.split("\t")
        qrels.setdefault(qid, {})[document] = int(relevance)
    found = ir_measures.calc_aggregate([nDCG @ 10, R @ 10], qrels, run)
    return {str(measure): value for measure, value in found.items()}


def teacher_engine(folder: Path) -> Engine:
    """The original float32 weights in our graph: the word table needs no scale."""
    original = _weights.read_safetensors(folder / "model.safetensors")
    words = original["embeddings.word_embeddings.weight"]
    places = original["embeddings.position_embeddings.weight"]
    weights = dict(original) | {
        "words.int8": words,
        "words.scale": np.ones((len(words), 1), np.float32),
        "positions": places + original["embeddings.token_type_embeddings.weight"][0],
    }
    return Engine(weights, _minilm.SHAPE, precision="f32")


def by_engine(engine: Engine) -> Vectors:
    """Texts through `engine`, without anything clever."""
    tokens = Tokens()

    def vectors(texts: Sequence[str]) -> np.ndarray:
        ids = [[_minilm.CLS, *i[: _minilm.MAX_TOKENS], _minilm.SEP] for i in tokens.ids(texts)]
        return np.concatenate([engine(*_minilm._pad([i])) for i in ids])

    return vectors


def onnx_runtime(file: Path) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    names = [i.name for i in session.get_inputs()]

    def run(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        feed = dict(zip(names, (ids.astype(np.int64), mask.astype(np.int64)), strict=True))
        return np.asarray(session.run(None, feed)[0])

    return run


def full_chunks(data: Path, count: int) -> list[str]:
    """`count` texts of more than 256 tokens, so that every one is cut to exactly 256."""
    words = " ".join(documents(data)[1]).split()
    return [" ".join(words[i * 250 : i * 250 + 250]) for i in range(count)]


def rates(work: dict[str, Callable[[], object]], count: int, rounds: int = 3) -> dict[str, float]:
    """Items a second of each, the median of `rounds`, taken in turn so that a busy moment hits all."""
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for call in work.values():
        call()  # kernels are compiled in the first round
    for _ in range(rounds):
        for name, call in work.items():
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    return {name: count / statistics.median(taken) for name, taken in seconds.items()}


def speed(data: Path, count: int, onnx: Path | None) -> None:
    texts = full_chunks(data, count)
    ids = np.array([[_minilm.CLS, *i[: _minilm.MAX_TOKENS], _minilm.SEP] for i in Tokens().ids(texts)])
    mask = np.ones(ids.shape, np.float32)
    weights = _weights.arrays("minilm.safetensors")

    def bare(run: Callable[[np.ndarray, np.ndarray], np.ndarray], streams: int = 1) -> Callable[[], object]:
        size = _minilm.BATCH_TOKENS // 256
        parts = [(ids[i : i + size].astype(np.int32), mask[i : i + size]) for i in range(0, count, size)]
        pool = ThreadPoolExecutor(streams)
        return lambda: list(pool.map(lambda part: run(*part), parts))

    def engine(precision: str = "") -> Callable[[], object]:
        made = Engine(weights, _minilm.SHAPE, precision=precision)
        return bare(made, made.streams)

    minilm: Encoder = plugins.load("encoders", "builtin:minilm")
    static: Encoder = plugins.load("encoders", "builtin:static")
    work = {
        "builtin:minilm": lambda: minilm.texts(texts),
        "bare OpenVINO, same precision": engine(),
        "bare OpenVINO float32": engine("f32"),
    }
    if onnx:
        work["bare ONNX Runtime float32"] = bare(onnx_runtime(onnx))
    print(f"chunks of 256 tokens a second ({count} chunks)")
    found = rates(work, count)
    ours = found["builtin:minilm"]
    for name, rate in found.items():
        print(f"  {name:32}{rate:8.0f}   ours is {ours / rate:.2f} of it")
    print(f"  {'limit':32}{LIMITS['chunks a second']:8.0f}   {verdict(ours >= LIMITS['chunks a second'])}")
    print(f"  {'builtin:static':32}{rates({'static': lambda: static.texts(texts)}, count)['static']:8.0f}")


def queries(data: Path) -> None:
    """One query at a time, each of another length, once the engine is compiled."""
    asked = [json.loads(line)["text"] for line in (data / "queries.jsonl").read_text("utf-8").splitlines()]
    print("milliseconds a query, warm (median, 95th percentile)")
    for spec in ("builtin:minilm", "builtin:static"):
        encoder: Encoder = plugins.load("encoders", spec)
        encoder.texts(["compile"])
        taken = []
        for text in asked:
            start = time.perf_counter()
            encoder.queries([text])
            taken.append((time.perf_counter() - start) * 1e3)
        median, late = np.percentile(taken, [50, 95])
        print(f"  {spec:32}{median:8.2f}{late:8.2f}   {verdict(median <= LIMITS['query ms'])}")


COLD = """
import time
start = time.perf_counter()
import numpy
numpy_there = time.perf_counter()
from triptych import plugins
encoder = plugins.load("encoders", {spec!r})
encoder.{verb}(["what is the total of the invoice?"])
print(numpy_there - start, time.perf_counter() - numpy_there)
"""


def cold(rounds: int = 5) -> None:
    print("milliseconds from nothing to the first vector in a new process, NumPy's import apart (median)")
    for name, spec, verb in (
        ("builtin:minilm, a query", "builtin:minilm", "queries"),
        ("builtin:minilm, a chunk", "builtin:minilm", "texts"),
        ("builtin:static, a query", "builtin:static", "queries"),
    ):
        taken = []
        for _ in range(rounds):
            code = COLD.format(spec=spec, verb=verb)
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
            taken.append(float(done.stdout.split()[1]) * 1e3)
        print(f"  {name:32}{statistics.median(taken):8.0f}")


def losses(data: Path, teacher: Path | None) -> None:
    print("Cranfield, vectors alone" + " " * 16 + "nDCG@10  R@10")
    reference = None
    if teacher:
        vectors = by_engine(teacher_engine(teacher))
        reference = quality(data, vectors, vectors)
        print(f"  {'teacher, float32':32}{reference['nDCG@10']:12.4f}{reference['R@10']:8.4f}")
    for spec in ("builtin:minilm", "builtin:static"):
        encoder: Encoder = plugins.load("encoders", spec)
        found = quality(data, encoder.texts, encoder.queries)
        line = f"  {spec:32}{found['nDCG@10']:12.4f}{found['R@10']:8.4f}"
        if reference:
            loss = reference["nDCG@10"] - found["nDCG@10"]
            line += f"   loss {loss:+.4f}" + (
                f" {verdict(loss <= LIMITS['loss'])}" if spec.endswith("minilm") else ""
            )
        print(line)


def verdict(good: bool) -> str:
    return "ok" if good else "NOT REACHED"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[1] / "../shared/data")
    parser.add_argument("--teacher", type=Path)
    parser.add_argument("--onnx", type=Path)
    parser.add_argument("--chunks", type=int, default=256)
    arguments = parser.parse_args()
    data = arguments.data / "text_cranfield"
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    print(f"load for each core {busy:.1f}" + (": TIMES ARE OF A BUSY MACHINE" if busy > 0.5 else ""))
    for name, entry in _weights.manifest()["files"].items():
        print(f"{name:34}{entry['bytes'] / 1e6:8.1f} MB")
    cold()
    queries(data)
    speed(data, arguments.chunks, arguments.onnx)
    losses(data, arguments.teacher)


if __name__ == "__main__":
    main()
