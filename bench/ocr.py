"""OCR speed and word recall beside the stock RapidOCR loop, over the same receipt and form pages.

The rival is `RapidOCR()` as its README has it (ONNX Runtime, its own default threads), one page after
the other. Ours are `read.Reader`s as ingest runs them: a process per core. Both decode the same files;
models are loaded and warm before the clock starts; rounds alternate and medians are printed.

Recall counts the words of the sets' labels (questions, answers, headers, companies, dates, totals) that
stand among the words read on their page. Type: python bench/ocr.py [--data DIR] [--pages 40]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import multiprocessing
import os
import re
import resource
import statistics
import time
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

SETS = ("receipts_sroie", "forms_funsd")
LABELS = (
    r"What is the total on the (?P<a>.+) receipt of (?P<b>.+)\?",
    r'What is the (?P<a>.+) on the form "(?P<b>.+)"\?',
    r"receipt of the shop at (?P<a>.+)",
)


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.casefold()))


def labels(folder: Path) -> dict[str, Counter[str]]:
    """Document id -> words that its labels say stand on it."""
    relevant: dict[str, list[str]] = {}
    for line in (folder / "qrels.tsv").read_text().splitlines():
        qid, document, _ = line.split("\t")
        relevant.setdefault(qid, []).append(document)
    found: dict[str, Counter[str]] = {}
    for line in (folder / "queries.jsonl").read_text().splitlines():
        query = json.loads(line)
        match = next((m for pattern in LABELS if (m := re.fullmatch(pattern, query["text"]))), None)
        parts = (
            [*match.groups()]
            if match
            else [query["text"]]
            if query["kind"] in ("header", "value_only")
            else []
        )
        own = [query["box_doc"]] if "box_doc" in query else relevant.get(query["qid"], [])
        parts += query.get("answers", [])[:1] if "box_doc" in query else []
        for document in own if len(own) == 1 else []:
            # A label may repeat another one: a word counts as often as it does in its longest label.
            for part in parts:
                found[document] = found.get(document, Counter()) | words(part)
    return found


def pages(data: Path, count: int) -> list[tuple[Path, Counter[str]]]:
    """Evenly spread pages of each set that have labels, with those labels."""
    chosen: list[tuple[Path, Counter[str]]] = []
    for name in SETS:
        known = labels(data / name)
        rows = [json.loads(line) for line in (data / name / "corpus.jsonl").read_text().splitlines()]
        rows = [row for row in rows if known.get(row["id"])]
        step = max(1, len(rows) * len(SETS) // count)
        own = rows[::step][: count // len(SETS)]
        chosen += [(data / name / row["path"], known[row["id"]]) for row in own]
    return chosen


def stock(pipe: Connection) -> None:
    """The rival's process."""
    from rapidocr import RapidOCR

    engine = RapidOCR(params={"Global.log_level": "critical"})

    def read(path: str) -> dict[str, Any]:
        start = time.perf_counter()
        result = engine(path)
        return {"text": "\n".join(result.txts or ()), "seconds": time.perf_counter() - start}

    serve(pipe, read)


def ours(pipe: Connection) -> None:
    """One of our processes; also says how long the engine alone took."""
    from triptych import read as reading
    from triptych.settings import Limits, LookSettings, OcrSettings

    reader = reading.Reader(OcrSettings(), LookSettings(), Limits())
    inside = Stopwatch(reader)

    def read(path: str) -> dict[str, Any]:
        start = time.perf_counter()
        document, _ = reading.open_document(Path(path), Path(path).name, Limits())
        page = reader.page(document, 1)
        document.close()
        seconds = time.perf_counter() - start
        return {"text": page.text.text, "seconds": seconds, "engine": inside.take(), "turned": page.turned}

    serve(pipe, read)


class Stopwatch:
    """Wraps a reader's engine to sum the time spent in it."""

    def __init__(self, reader: Any) -> None:
        self._engine = reader._ocr()
        self.name = self._engine.name
        self._seconds = 0.0
        reader._engine = self

    def read(self, image: Any) -> Any:
        start = time.perf_counter()
        try:
            return self._engine.read(image)
        finally:
            self._seconds += time.perf_counter() - start

    def take(self) -> float:
        seconds, self._seconds = self._seconds, 0.0
        return seconds


def serve(pipe: Connection, read: Any) -> None:
    while (path := pipe.recv()) is not None:
        answer = read(path)
        answer["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        pipe.send(answer)


def run(kind: Any, processes: int, paths: list[Path]) -> Any:
    """A function that reads all paths once in warm processes and gives (seconds, answers), and a stop."""
    context = multiprocessing.get_context("spawn")
    pipes = []
    for _ in range(processes):
        here, there = context.Pipe()
        context.Process(target=kind, args=(there,), daemon=True).start()
        pipes.append(here)
    for pipe in pipes:
        pipe.send(str(paths[0]))
    for pipe in pipes:
        pipe.recv()

    def round_() -> tuple[float, list[dict[str, Any]]]:
        answers: list[dict[str, Any]] = [{} for _ in paths]
        waiting = list(range(len(paths)))[::-1]
        busy: dict[Connection, int] = {}
        start = time.perf_counter()
        while waiting or busy:
            for pipe in pipes:
                if pipe not in busy and waiting:
                    busy[pipe] = waiting.pop()
                    pipe.send(str(paths[busy[pipe]]))
            for ready in multiprocessing.connection.wait(list(busy)):
                answers[busy.pop(ready)] = ready.recv()
        return time.perf_counter() - start, answers

    return round_, lambda: [pipe.send(None) for pipe in pipes]


def recall(answers: list[dict[str, Any]], truth: list[Counter[str]]) -> float:
    hit = sum(sum((words(a["text"]) & t).values()) for a, t in zip(answers, truth, strict=True))
    return hit / sum(sum(t.values()) for t in truth)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--pages", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("ours",), help="skip the rival")
    options = parser.parse_args()
    if not options.only and importlib.util.find_spec("onnxruntime") is None:
        parser.error("the rival runs on ONNX Runtime. Type: pip install onnxruntime   or: --only ours")
    chosen = pages(options.data, options.pages)
    paths, truth = [p for p, _ in chosen], [t for _, t in chosen]
    cores = os.cpu_count() or 1
    print(f"{len(paths)} pages, {sum(sum(t.values()) for t in truth)} labelled words, {cores} cores")
    rivals = {"ours": (ours, cores)} if options.only else {"stock": (stock, 1), "ours": (ours, cores)}
    seconds: dict[str, list[float]] = {name: [] for name in rivals}
    answers: dict[str, list[dict[str, Any]]] = {}
    runners = {name: run(kind, processes, paths) for name, (kind, processes) in rivals.items()}
    for _ in range(options.rounds):
        for name, (round_, _stop) in runners.items():
            took, answers[name] = round_()
            seconds[name].append(took)
    for _, stop in runners.values():
        stop()
    for name in rivals:
        rate = len(paths) / statistics.median(seconds[name])
        peak = max(a["peak_mb"] for a in answers[name])
        print(
            f"{name:6} {rate:6.2f} pages/s (rounds {', '.join(f'{s:.1f} s' for s in seconds[name])}), "
            f"word recall {recall(answers[name], truth):.4f}, peak {peak:.0f} MiB a process"
        )
    total = sum(a["seconds"] for a in answers["ours"])
    engine = sum(a["engine"] for a in answers["ours"])
    print(f"own cost on top of the engine: {100 * (total / engine - 1):.1f} %")
    if wrong := [p.name for p, a in zip(paths, answers["ours"], strict=True) if a["turned"]]:
        print("taken as turned:", ", ".join(wrong))
    if "stock" in rivals:
        ratio = statistics.median(seconds["stock"]) / statistics.median(seconds["ours"])
        print(f"ratio {ratio:.2f} (to reach: 1.8)")
        agree = recall(answers["ours"], [words(a["text"]) for a in answers["stock"]])
        back = recall(answers["stock"], [words(a["text"]) for a in answers["ours"]])
        print(f"stock's words found by ours {agree:.4f}, our words found by stock {back:.4f}")


if __name__ == "__main__":
    main()
