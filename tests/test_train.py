"""`triptych train encoder`: a tiny CLIP learns colours on the CPU, can be interrupted, and is used by name."""

from __future__ import annotations

import importlib.util
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import tiny_models
import triptych
from triptych import plugins
from triptych.cli import cli
from triptych.errors import FileError, ModelError, UserError
from triptych.training import pairs as reading
from triptych.training.pairs import Pair
from triptych.training.recall import matches, recall

pytestmark = pytest.mark.filterwarnings("ignore")  # of the vendors about each other's coming versions
LACKING = [name for name in ("torch", "sentence_transformers") if importlib.util.find_spec(name) is None]
NEEDS_TORCH = pytest.mark.skipif(
    bool(LACKING), reason=f"pip install 'triptych[train]' ({', '.join(LACKING)})"
)

COLOURS = {"red": (220, 30, 30), "green": (30, 180, 40), "blue": (30, 40, 220), "white": (245, 245, 245)}
SHAPES = ("plain", "striped", "split")


def draw(colour: str, shape: str, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    pixels = np.full((40, 40, 3), COLOURS[colour], np.int16)
    if shape == "striped":
        pixels[::6] = pixels[1::6] = 0
    if shape == "split":
        pixels[:, 20:] = 0
    return np.clip(pixels + rng.integers(-25, 26, pixels.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 72 pictures of twelve kinds and a file that says what they show."""
    folder = tmp_path_factory.mktemp("pairs")
    rows = []
    for i in range(72):
        colour, shape = list(COLOURS)[i % 4], SHAPES[i // 4 % 3]
        Image.fromarray(draw(colour, shape, i)).save(folder / f"{i}.png")
        rows.append(json.dumps({"image": f"{i}.png", "text": f"a {shape} {colour} picture"}))
    (folder / "pairs.jsonl").write_text("\n".join(rows), "utf-8")
    return folder


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return tiny_models.clip(tmp_path_factory.mktemp("base") / "clip")


def fit(base: Path, pictures: Path, out: Path, *, epochs: int = 6, rate: float = 3e-3, **more: Any) -> Any:
    from triptych.training.contrastive import Recipe, train

    recipe = Recipe(epochs=epochs, batch=16, rate=rate, held_back=0.25, patience=more.pop("patience", 6))
    say = more.pop("say", lambda line: None)
    return train(
        str(base), reading.read(pictures / "pairs.jsonl"), out, recipe, say=say, device="cpu", **more
    )


# ----------------------------------------------------------------------------------------- training


@NEEDS_TORCH
def test_it_learns_and_the_folder_is_used_by_name(base: Path, pictures: Path, tmp_path: Path) -> None:
    said: list[str] = []
    report = fit(base, pictures, tmp_path / "fitted", epochs=8, rate=4e-3, say=said.append, patience=8)
    assert report.after.mean > report.before.mean + 0.2, said
    assert report.pairs == 54 and report.held_back == 18
    assert said[0].startswith("54 pairs to learn from, 18 held back; before: recall@1/5/10 by words")
    assert not (tmp_path / "fitted.training").exists()
    encoder = plugins.load("encoders", f"sentence_transformers:{tmp_path / 'fitted'}")
    _, held = reading.split(reading.read(pictures / "pairs.jsonl"), 0.25)
    shown = encoder.images([reading.pixels(pair, encoder.side) for pair in held])
    said_of = [pair.text for pair in held]
    right = matches(range(len(held)), said_of, len(held))
    assert recall(shown, encoder.queries(said_of), right) == report.after, (
        "what was measured is what was kept"
    )
    before = plugins.load("encoders", f"sentence_transformers:{base}")
    assert encoder.space != before.space, "another model is another space"


@NEEDS_TORCH
def test_one_that_was_interrupted_goes_on_and_ends_the_same(
    base: Path, pictures: Path, tmp_path: Path
) -> None:
    from safetensors.numpy import load_file

    whole = fit(base, pictures, tmp_path / "whole", epochs=4)

    def stop(line: str) -> None:
        if line.startswith("epoch 3"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(base, pictures, tmp_path / "parts", epochs=4, say=stop)
    assert not (tmp_path / "parts").exists()
    said: list[str] = []
    parts = fit(base, pictures, tmp_path / "parts", epochs=4, say=said.append)
    assert said[0].startswith("going on after epoch 2 of 4")
    assert (parts.before, parts.after, parts.epochs) == (whole.before, whole.after, whole.epochs)
    one, other = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "parts"))
    assert all(np.allclose(one[key], other[key], atol=1e-6) for key in one)


@NEEDS_TORCH
def test_it_stops_when_nothing_is_gained_and_writes_nothing(
    base: Path, pictures: Path, tmp_path: Path
) -> None:
    report = fit(base, pictures, tmp_path / "out", epochs=9, rate=1e-12, patience=2)
    assert report.stopped == "no-gain" and report.epochs == 2 and report.folder == ""
    assert report.after == report.before
    assert list(tmp_path.glob("out*")) == []


@NEEDS_TORCH
def test_an_unfinished_training_of_other_pairs_is_not_continued(
    base: Path, pictures: Path, tmp_path: Path
) -> None:
    def stop(line: str) -> None:
        if line.startswith("epoch 2"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(base, pictures, tmp_path / "out", epochs=3, say=stop)
    with pytest.raises(UserError, match=r"unfinished training with other pairs or settings.*--restart"):
        fit(base, pictures, tmp_path / "out", epochs=5)
    weights = tmp_path / "out.training" / "optimizer.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(ModelError, match=r"is damaged .*--restart"):
        fit(base, pictures, tmp_path / "out", epochs=3)
    fit(base, pictures, tmp_path / "out", epochs=1, restart=True)
    (tmp_path / "taken").mkdir()
    with pytest.raises(UserError, match="is there already"):
        fit(base, pictures, tmp_path / "taken")


@NEEDS_TORCH
def test_pairs_that_say_the_same_are_not_held_against_each_other() -> None:
    import torch

    from triptych.training.contrastive import _info_nce, _same

    picture = np.zeros((8, 8, 3), np.uint8)
    some = [
        Pair("a", picture, "One"),
        Pair("b", picture, "two"),
        Pair("a", picture, "three"),
        Pair("c", picture, "one"),
    ]
    same = _same(some)
    assert same.tolist() == [
        [False, False, True, True],
        [False] * 4,
        [True, False, False, False],
        [True] + [False] * 3,
    ]
    rows = torch.eye(4)
    alike = rows.clone()
    alike[2] = rows[0]  # a perfect model gives pictures of one key the same vector
    scale = torch.tensor(3.0)
    assert _info_nce(alike, rows, scale, same) < _info_nce(
        alike, rows, scale, torch.zeros(4, 4, dtype=torch.bool)
    )


@NEEDS_TORCH
def test_the_command(base: Path, pictures: Path, tmp_path: Path) -> None:
    words = [
        "--pairs",
        str(pictures / "pairs.jsonl"),
        "--base",
        f"sentence_transformers:{base}",
        "--device",
        "cpu",
    ]
    more = ["--epochs", "4", "--batch", "16", "--rate", "0.003", "--held-back", "0.25", "--json"]
    result = run(*words, *more, "--out", str(tmp_path / "out"))
    report = json.loads(result.stdout)
    assert result.return_value == 0 and report["folder"] == str(tmp_path / "out")
    assert set(report["before"]) == set(report["after"]) and report["epochs"] <= 4
    people = run(*words, "--epochs", "1", "--rate", "1e-12", "--out", str(tmp_path / "none"))
    assert (
        people.return_value == 1
        and "nothing was written" in people.stdout
        and "before  recall@1" in people.stdout
    )


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["train", "encoder", *words], standalone_mode=False)


def test_without_pairs_the_command_says_what_to_give() -> None:
    assert "Give --pairs FILE or --from-library" in str(run("--out", "x").exception)


# -------------------------------------------------------------------------------------------- pairs


Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A file of pairs beside ten small pictures."""
    for i in range(10):
        Image.fromarray(np.full((8, 8, 3), i * 20, np.uint8)).save(tmp_path / f"{i}.png")

    def write(name: str, text: str) -> Path:
        (tmp_path / name).write_text(text, "utf-8")
        return tmp_path / name

    return write


@pytest.mark.parametrize(
    ("name", "header", "row"),
    [
        ("a.csv", "image,text\n", '{n}.png,"grey, number {n}"\n'),
        ("a.tsv", "path\tcaption\n", "{n}.png\tgrey, number {n}\n"),
        ("a.txt", "Text\tFile\n", "grey, number {n}\t{n}.png\n"),
        ("a.jsonl", "", '{{"image": "{n}.png", "captions": ["grey, number {n}"]}}\n'),
    ],
)
def test_pairs_are_read_from_tables_and_lines(write: Write, name: str, header: str, row: str) -> None:
    found = reading.read(write(name, header + "".join(row.format(n=n) for n in range(10))))
    assert [pair.text for pair in found] == [f"grey, number {n}" for n in range(10)]
    assert reading.pixels(found[3], 64).shape == (8, 8, 3)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "image,text\n0.png,a\n", "holds 1 pairs; at least 8"),
        ("a.csv", "foto,words\n0.png,a\n", "line 1: no column named 'image' or"),
        ("a.csv", "image,text\n0.png,a\nnone.png,b\n", r"line 3: there is no picture 'none.png'"),
        ("a.csv", "image,text\n0.png\n", "line 2: a pair needs"),
        ("a.jsonl", '{"image": "0.png", "text": "a"}\n{"image"\n', "line 2: not JSON"),
        ("a.jsonl", "[1]\n", "line 1: not an object"),
    ],
)
def test_a_wrong_line_is_named(write: Write, name: str, text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        reading.read(write(name, text))


def test_a_file_that_is_not_there_or_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: No such file"):
        reading.read(tmp_path / "none.csv")
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(UserError, match="not UTF-8"):
        reading.read(tmp_path / "a.csv")


def test_what_people_said_of_the_pictures_of_a_library(write: Write, tmp_path: Path) -> None:
    lines = (
        json.dumps({"path": f"{n}.png", "captions": [f"grey, number {n}", f"tone {n}"]}) for n in range(10)
    )
    captions = write("captions.jsonl", "\n".join(lines))
    chosen = {"image_encoder": "none", "captioner": "none", "encoder": "builtin:static"}
    with triptych.open(tmp_path / "library", settings=chosen) as library:
        with pytest.raises(UserError, match=r"holds 0 pictures described by people.*--captions FILE"):
            reading.described(library.catalog, library.blobs)
        library.add(*sorted(tmp_path.glob("*.png")), captions=captions)
        found = reading.described(library.catalog, library.blobs)
    assert sorted(pair.text for pair in found) == sorted(
        text for n in range(10) for text in (f"grey, number {n}", f"tone {n}")
    )
    assert len({pair.key for pair in found}) == 10
    assert reading.pixels(found[0], 64).shape == (8, 8, 3)


def test_a_damaged_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    with pytest.raises(UserError, match=r"a.png cannot be read.*Mend it or take it out") as caught:
        reading.pixels(Pair("a", tmp_path / "a.png", "a"), 64)
    assert isinstance(caught.value.__cause__, FileError)


@given(st.lists(st.integers(0, 60), min_size=30, max_size=90), st.floats(0.01, 0.5))
def test_whole_pictures_are_held_back_and_always_the_same(numbers: list[int], share: float) -> None:
    pairs = [Pair(f"p/{n}", Path(f"p/{n}"), f"text {i}") for i, n in enumerate(numbers)]
    if len(set(numbers)) < reading.LEAST:
        with pytest.raises(UserError, match="pictures; at least 8"):
            reading.split(pairs, share)
        return
    learn, held = reading.split(pairs, share)
    assert sorted(learn + held) == sorted(pairs)
    assert not {p.key for p in learn} & {p.key for p in held}
    assert len({p.key for p in held}) == max(2, round(share * len(set(numbers))))
    moved = [Pair(f"elsewhere/{Path(p.key).name}", p.picture, p.text) for p in reversed(pairs)]
    assert {p.text for p in reading.split(moved, share)[1]} == {p.text for p in held}


def test_recall_counts_in_both_directions_and_ties_against_us() -> None:
    images, own = np.eye(12, dtype=np.float32), np.eye(12, dtype=bool)
    assert recall(images, images, own).mean == 1
    turned = recall(images, np.roll(images, 1, axis=0), own)
    assert turned.words_1 == turned.pictures_1 == 0
    flat = recall(np.ones((20, 3)), np.ones((20, 3)), np.eye(20, dtype=bool))
    assert flat.mean == 0, "a model that tells nothing apart finds nothing"


def test_a_text_that_was_said_of_two_pictures_finds_either() -> None:
    right = matches([0, 1, 2, 2], ["a dog", "a cat", "A Dog", "a boat"], 3)
    assert right.tolist() == [
        [True, False, True],
        [False, True, False],
        [True, False, True],
        [False, False, True],
    ]
