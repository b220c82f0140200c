"""The best pages of a ranking looked at again: drawn, shown to a model, put in its order."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from sqlalchemy import update

import triptych
from triptych import plugins
from triptych.conformance.reranker import PageRerankerSuite, RerankerSuite
from triptych.errors import ModelError, UserError
from triptych.fuse import Fused
from triptych.library import Library
from triptych.ranking import evidence
from triptych.ranking.reading import Reading
from triptych.records import ChunkRow
from triptych.rerank import Reranking
from triptych.rerankers import encoder
from triptych.rerankers.encoder import OVERLAP, views
from triptych.results import Results
from triptych.seams import PageReranker, Reranker
from triptych.sql import database, schema
from triptych.types import PageText, SignalScore
from triptych.words import terms

QUICK = {"ocr.engine": "none", "workers": 1}
PAGE = (900, 1200)  # pixels of a drawn page


def order(found: Results) -> list[tuple[str, int]]:
    return [(Path(hit.source).name, hit.page) for hit in found]


# ------------------------------------------------------------------------- where a ranking is read


class Brightest:
    """Likes bright pages, and remembers what it was shown."""

    name = "brightest"
    side = 200

    def __init__(self) -> None:
        self.shown: list[tuple[int, ...]] = []

    def seen(self, query: str, pages: Sequence[np.ndarray]) -> np.ndarray:
        self.shown += [page.shape for page in pages]
        return np.array([page.mean() for page in pages], np.float64)


def painted(folder: Path, **grey: int) -> Path:
    """A picture of each shade, under its name."""
    folder.mkdir(exist_ok=True)
    for name, shade in grey.items():
        Image.new("RGB", (300, 400), (shade, shade, shade)).save(folder / f"{name}.png")
    return folder


@pytest.fixture(scope="module")
def mixed_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of four pictures and two texts, all of which answer to `harbour`: for reading only."""
    folder = tmp_path_factory.mktemp("mixed")
    files = painted(folder / "in", harbour_night=20, harbour_dusk=90, harbour_noon=250, harbour_dawn=160)
    (files / "harbour.txt").write_text("The harbour opens. The harbour of the town.", "utf-8")
    (files / "harbour-plan.md").write_text("# Harbour\n\nA plan of the harbour.", "utf-8")
    with triptych.open(folder / "library", settings=QUICK) as library:
        assert {event.status for event in library.add(files)} == {"ready"}
    return folder / "library"


@pytest.fixture
def mixed(mixed_folder: Path) -> Iterator[Library]:
    with triptych.open(mixed_folder, settings=QUICK) as library:
        yield library


@pytest.fixture
def own(mixed_folder: Path, tmp_path: Path) -> Iterator[Library]:
    """A copy of it, to be changed or damaged."""
    with triptych.open(shutil.copytree(mixed_folder, tmp_path / "own"), settings=QUICK) as library:
        yield library


def test_pages_that_can_be_seen_change_places_and_the_others_keep_theirs(mixed: Library) -> None:
    mixed.reranking = None
    plain = mixed.search("harbour", k=6)
    pictured = [hit for hit in plain if hit.source.endswith(".png")]
    assert len(plain) == 6 and len(pictured) == 4
    model = Brightest()
    mixed.reranking = Reranking(50, model, mixed.pictures.drawn)
    found = mixed.search("harbour", k=6)
    assert [h.source.endswith(".png") for h in found] == [h.source.endswith(".png") for h in plain]
    assert [n for n, _ in order(found) if n.endswith(".png")] == [
        f"harbour_{name}.png" for name in ("noon", "dawn", "dusk", "night")
    ]
    assert [n for n, _ in order(found) if "png" not in n] == [n for n, _ in order(plain) if "png" not in n]
    assert model.shown and all(max(shape) <= 200 and shape[2] == 3 for shape in model.shown)


def test_hits_tell_what_was_made_of_their_pictures(mixed: Library) -> None:
    mixed.reranking = None
    plain = order(mixed.search("harbour", k=6))
    mixed.reranking = Reranking(50, Brightest(), mixed.pictures.drawn)
    hits = mixed.search("harbour", k=6)
    for hit, place in zip(hits, order(hits), strict=True):
        if hit.rerank is None:
            assert not hit.source.endswith(".png")
        else:
            assert hit.rerank.model == "brightest" and hit.rerank.before == plain.index(place) + 1
            assert 0 <= hit.rerank.score <= 255
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(0.5 <= hit.score <= 1.0 for hit in hits)


class Told:
    """Says of each page what is written in its first pixels."""

    name = "told"
    side = 64

    def seen(self, query: str, pages: Sequence[np.ndarray]) -> np.ndarray:
        return np.array([float(page[0, 0, 0]) for page in pages], np.float64)


@given(st.lists(st.none() | st.integers(0, 255), max_size=40), st.integers(1, 50))
def test_any_ranking_falls_and_loses_nothing(marks: list[int | None], depth: int) -> None:
    row = ChunkRow(0, 0, "", "", "image", "", "", 0, 0, "image", 0, 0, "", None, None, "")
    pieces = {page: {"image": (row._replace(page=page), PageText.plain(""))} for page in range(len(marks))}
    ranked = [Fused(page, 1.0 - page / 100, {"image": SignalScore(1, 1.0, 1.0, 1.0)}) for page in pieces]

    def draw(rows: Sequence[ChunkRow], side: int) -> list[np.ndarray | None]:
        found = (marks[row.page] for row in rows)
        return [None if mark is None else np.full((2, 2, 3), mark, np.uint8) for mark in found]

    asked = evidence.Question.of("boats", terms.parse("boats"), lambda field, token: 1.0)
    again = (
        Reranking(depth, Told(), draw)
        .again(ranked, Reading(pieces), "boats", asked, lambda field, token: 1.0)
        .ranked
    )
    assert sorted(fused.page for fused in again) == [*pieces]
    assert [fused.score for fused in again] == sorted((fused.score for fused in again), reverse=True)
    for place, (before, after) in enumerate(zip(ranked, again, strict=True)):
        if place >= depth or marks[before.page] is None:
            assert after.page == before.page and after.rerank is None
    read = [mark for fused in again[:depth] if (mark := marks[fused.page]) is not None]
    assert read == sorted(read, reverse=True)


def test_only_as_many_pages_are_drawn_as_are_asked_for(mixed: Library) -> None:
    asked: list[ChunkRow] = []

    def draw(rows: Sequence[ChunkRow], side: int) -> list[np.ndarray | None]:
        asked.extend(rows)
        return mixed.pictures.drawn(rows, side)

    mixed.reranking = None
    plain = order(mixed.search("harbour", k=6))
    mixed.reranking = Reranking(3, Brightest(), draw)
    found = order(mixed.search("harbour", k=6))
    assert [(Path(row.source).name, row.page) for row in asked] == plain[:3]
    assert found[3:] == plain[3:]


def test_a_library_of_plain_text_starts_no_reading_process(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The harbour opens.", "utf-8")
    (tmp_path / "b.txt").write_text("A harbour far away.", "utf-8")
    with triptych.open(tmp_path / "library", settings=QUICK) as library:
        library.add(tmp_path / "a.txt", tmp_path / "b.txt")
    with triptych.open(tmp_path / "library", settings=QUICK) as library:
        plain = order(library.search("harbour"))
        model = Brightest()
        library.reranking = Reranking(50, model, library.pictures.drawn)
        assert order(library.search("harbour")) == plain
        assert not model.shown and "workers" not in vars(library)


def test_a_page_that_cannot_be_drawn_any_more_keeps_its_place(own: Library) -> None:
    own.reranking = Reranking(50, Brightest(), own.pictures.drawn)
    [asset] = [a for a in own.catalog.assets() if a.title.startswith("harbour_dusk")]
    original = own.blobs.local(asset.sha256)
    original.chmod(0o600)
    original.write_bytes(b"\x89PNG\r\n\x1a\n" + b"nothing" * 30)
    damaged = own.search("harbour", k=6)
    original.unlink()
    gone = own.search("harbour", k=6)
    for found in (damaged, gone):
        told = {Path(hit.source).name: hit.rerank for hit in found}
        assert told["harbour_dusk.png"] is None and told["harbour_noon.png"] is not None


def test_pages_are_shown_upright(own: Library) -> None:
    [asset] = [a for a in own.catalog.assets() if a.title.startswith("harbour_noon")]
    row = next(r for r, _ in own.catalog.shown(range(1, 200)) if r.asset == asset.key)
    [before] = own.pictures.drawn([row], 200)
    with database.writing(own.catalog.engine) as connection:
        connection.execute(update(schema.page).where(schema.page.c.asset == asset.key).values(turned=90))
    [after] = own.pictures.drawn([row], 200)
    assert before is not None and after is not None
    assert (before.shape, after.shape) == ((200, 150, 3), (150, 200, 3))


def test_a_page_that_was_removed_meanwhile_is_not_drawn(own: Library) -> None:
    rows = [row for row, _ in own.catalog.shown(range(1, 200)) if row.source.endswith("noon.png")]
    own.remove(rows[0].sha256)
    assert own.pictures.drawn(rows, 200) == [None] * len(rows)


class Odd:
    name = "odd"
    side = 100

    def seen(self, query: str, pages: Any) -> np.ndarray:
        return np.zeros(len(pages) + 1)


def test_a_model_without_a_number_for_each_page_is_told(
    mixed: Library, caplog: pytest.LogCaptureFixture
) -> None:
    mixed.reranking = Reranking(3, Odd(), mixed.pictures.drawn)
    found = mixed.search("harbour")
    assert found.hits and "rerank.model" in found.warnings[0] and "reranker odd" in caplog.text


# ------------------------------------------------------------------- an image encoder, seen closer


@pytest.fixture(scope="module")
def closer() -> PageReranker:
    found: PageReranker = plugins.load("rerankers", "encoder:builtin:look")
    return found


class TestBuiltInEncoder(PageRerankerSuite):
    @pytest.fixture(autouse=True)
    def _made(self, closer: PageReranker) -> None:
        self.model = closer

    def load(self) -> PageReranker:
        return self.model


@given(st.integers(1, 300), st.integers(1, 300), st.integers(8, 120))
def test_crops_cover_a_page_and_overlap(height: int, width: int, side: int) -> None:
    page = np.arange(height * width, dtype=np.int64).reshape(height, width)
    page = np.stack([page >> 16, page >> 8 & 255, page & 255], -1).astype(np.uint8)
    whole, *crops = views(page, side)
    assert max(whole.shape[:2]) <= side
    if max(height, width) <= side:
        assert not crops and np.array_equal(whole, page)
        return
    assert all(min(crop.shape[:2]) >= 1 and max(crop.shape[:2]) <= side for crop in crops)
    seen = np.concatenate([crop.reshape(-1, 3) for crop in crops]).astype(np.int64)
    numbers = seen[:, 0] << 16 | seen[:, 1] << 8 | seen[:, 2]
    assert len(np.unique(numbers)) == height * width
    if min(height, width) <= side:  # one row of crops
        shared = sum(max(crop.shape[:2]) for crop in crops) - max(height, width)
        assert shared >= (len(crops) - 1) * (side * OVERLAP - 1)


def slide() -> Image.Image:
    page = Image.new("RGB", PAGE, "white")
    draw = ImageDraw.Draw(page)
    for i, colour in enumerate(("#7fb2e5", "#f2b36b", "#8fd08f")):
        draw.rectangle((100, 150 + i * 340, 800, 400 + i * 340), fill=colour)
    return page


def pie() -> Image.Image:
    page = Image.new("RGB", PAGE, "white")
    draw = ImageDraw.Draw(page)
    for start, end, colour in ((0, 120, "#1f77b4"), (120, 200, "#ff7f0e"), (200, 360, "#2ca02c")):
        draw.pieslice((200, 300, 700, 800), start, end, fill=colour)
    return page


def form() -> Image.Image:
    page = Image.new("RGB", PAGE, "white")
    draw = ImageDraw.Draw(page)
    for y in range(80, 1100, 120):
        for x in (60, 480):
            draw.rectangle((x, y, x + 360, y + 70), outline="black", width=2)
    return page


def printed_with_a_small_chart() -> Image.Image:
    """Lines of words, and in a corner a bar chart on a fourteenth of the page."""
    page = Image.new("RGB", PAGE, "white")
    draw = ImageDraw.Draw(page)
    rng = np.random.default_rng(1)
    for y in range(60, 1140, 22):
        x = 60
        while x < 800:
            width = int(rng.integers(15, 70))
            draw.rectangle((x, y, min(x + width, 840), y + 9), fill=(40, 40, 40))
            x += width + 9
    draw.rectangle((520, 820, 820, 1080), fill="white")
    draw.line((544, 833, 544, 1054, 805, 1054), fill="black", width=3)
    colours = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd")
    for i, (colour, height) in enumerate(zip(colours, (80, 150, 110, 170, 60), strict=True)):
        draw.rectangle((562 + 48 * i, 1054 - height, 592 + 48 * i, 1054), fill=colour)
    return page


def test_a_small_thing_is_missed_by_the_whole_page_and_seen_in_a_crop(closer: PageReranker) -> None:
    pages = [np.asarray(p.resize((576, 768))) for p in (slide(), pie(), printed_with_a_small_chart())]
    whole = closer.seen("bar chart", [next(views(page, closer.side // 3)) for page in pages])
    near = closer.seen("bar chart", pages)
    assert whole[2] < whole[:2].min() - 0.03 and near[2] > near[:2].max() + 0.03


def test_a_small_thing_on_a_page_is_found_by_looking_closer(tmp_path: Path) -> None:
    files = tmp_path / "in"
    files.mkdir()
    for i, picture in enumerate((slide(), pie(), form(), printed_with_a_small_chart()), 1):
        picture.save(files / f"scan-{i}.png")
    settings = {**QUICK, "captioner": "none"}
    with triptych.open(tmp_path / "library", settings={**settings, "rerank.model": "none"}) as library:
        library.add(files)
        assert order(library.search("bar chart"))[0] != ("scan-4.png", 1)
    looking = {**settings, "rerank.model": "encoder:builtin:look"}
    with triptych.open(tmp_path / "library", settings=looking) as library:
        [hit, *_] = library.search("bar chart")
        assert Path(hit.source).name == "scan-4.png"
        assert hit.to_dict()["rerank"]["model"].startswith("encoder:builtin/look/")
        assert hit.rerank is not None and hit.rerank.before > 1


def test_a_page_that_was_seen_a_moment_ago_is_not_encoded_again(
    closer: PageReranker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoder, "KEPT", 2)
    pages = [np.asarray(picture.resize((300, 400))) for picture in (slide(), pie(), form())]
    first = closer.seen("a pie chart", pages)
    shown: list[int] = []
    images = type(closer._encoder).images  # type: ignore[attr-defined]

    def counted(self: Any, given: Sequence[np.ndarray]) -> np.ndarray:
        shown.append(len(given))
        return np.asarray(images(self, given))

    monkeypatch.setattr(type(closer._encoder), "images", counted)  # type: ignore[attr-defined]
    assert np.array_equal(closer.seen("a pie chart", pages[1:]), first[1:]) and not shown
    np.testing.assert_allclose(closer.seen("a pie chart", pages), first, atol=1e-5)
    assert shown == [5]  # of the first page only: whole, and two by two crops


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("", "Which encoder shall look at pages again"),
        (":", "Which encoder shall look at pages again"),
        (":builtin:minilm", "sees no pictures"),
        (":biltin:look", "no back end 'biltin' in encoders"),
        (":builtin:lok", "no built-in encoder 'lok'"),
    ],
)
def test_what_is_no_encoder_of_pictures(argument: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as told:
        plugins.load("rerankers", f"encoder{argument}")
    assert "\n" not in str(told.value)


# ------------------------------------------------------------------- late interaction, made here


@pytest.fixture(scope="module")
def colpali(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("sentence_transformers", minversion="6.0")
    import tiny_models

    return tiny_models.colpali(tmp_path_factory.mktemp("colpali"))


@pytest.fixture(scope="module")
def looking(colpali: Path) -> Any:
    return plugins.load("rerankers", f"late_interaction:{colpali}", device="cpu")


class TestLateInteraction(PageRerankerSuite):
    @pytest.fixture(autouse=True)
    def _made(self, looking: PageReranker) -> None:
        self.model = looking

    def load(self) -> PageReranker:
        return self.model


@pytest.mark.parametrize("kind", ["ColPali", "ColQwen2", "ColModernVBert"])
def test_scores_are_those_of_transformers_and_a_plain_maxsim(kind: str, tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers", minversion="6.0")
    import torch
    import transformers

    import tiny_models

    folder = getattr(tiny_models, kind.lower())(tmp_path)
    pages, question = tiny_models.pictures(), "two boats at the pier"
    model = getattr(transformers, f"{kind}ForRetrieval").from_pretrained(folder).eval()
    processor = getattr(transformers, f"{kind}Processor").from_pretrained(folder)
    with torch.inference_mode():
        asked = model(**processor.process_queries([question])).embeddings[0].numpy().astype(np.float64)
        expected = []
        for page in pages:
            inputs = processor.process_images([Image.fromarray(page)])
            inputs.pop("labels", None)
            patches = model(**inputs).embeddings[0].numpy().astype(np.float64)
            expected.append(sum(max(float(token @ patch) for patch in patches) for token in asked))
    found = plugins.load("rerankers", f"late_interaction:{folder}", device="cpu").seen(question, pages)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert np.ptp(found) > 0.01


def test_what_stands_for_a_picture_in_a_question_is_only_text(looking: PageReranker) -> None:
    import tiny_models

    pages = tiny_models.pictures(2)
    for question in ("<image> boats", "<pad></s>", "http://127.0.0.1:9/a.png", "file:///etc/passwd.jpg"):
        assert np.isfinite(looking.seen(question, pages)).all()


def test_a_model_of_pages_says_that_it_reads_no_passages(looking: Any) -> None:
    with pytest.raises(ModelError, match="not made to read passages") as told:
        looking.scores("boats", ["Two boats lie at the pier."])
    assert "\n" not in str(told.value)


def test_late_interaction_in_a_search(mixed: Library, looking: PageReranker) -> None:
    mixed.reranking = Reranking(50, looking, mixed.pictures.drawn)
    hits = mixed.search("harbour", k=6)
    told = [hit.rerank for hit in hits if hit.source.endswith(".png")]
    assert len(told) == 4
    assert all(one is not None and one.model.startswith("late_interaction:") for one in told)


@pytest.fixture(scope="module")
def colbert(tmp_path_factory: pytest.TempPathFactory) -> Reranker:
    pytest.importorskip("sentence_transformers", minversion="6.0")
    import tiny_models

    folder = tiny_models.colbert(tmp_path_factory.mktemp("colbert"))
    found: Reranker = plugins.load("rerankers", f"late_interaction:{folder}", device="cpu")
    return found


class TestColbert(RerankerSuite):
    @pytest.fixture(autouse=True)
    def _made(self, colbert: Reranker) -> None:
        self.model = colbert

    def load(self) -> Reranker:
        assert not isinstance(self.model, PageReranker)
        return self.model


def test_what_is_no_late_interaction_model(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers", minversion="6.0")
    import tiny_models

    with pytest.raises(UserError, match="Which late-interaction model"):
        plugins.load("rerankers", "late_interaction")
    with pytest.raises(UserError, match="neither a folder nor a whole name"):
        plugins.load("rerankers", "late_interaction:colpali")
    with pytest.raises(UserError, match="does not say what it is"):
        plugins.load("rerankers", f"late_interaction:{tmp_path}")
    other = tiny_models.cross_encoder(tmp_path / "cross")
    with pytest.raises(UserError, match="it is a BertForSequenceClassification"):
        plugins.load("rerankers", f"late_interaction:{other}")
    (other / "config.json").write_text("{", "utf-8")
    with pytest.raises(ModelError, match="cannot be read"):
        plugins.load("rerankers", f"late_interaction:{other}")


def test_weights_that_are_pickled_or_gone_are_refused(colpali: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    folder = Path(shutil.copytree(colpali, tmp_path / "copy"))
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    torch.save(weights, folder / "pytorch_model.bin")
    with pytest.raises(UserError, match="holds no late-interaction model that") as told:
        plugins.load("rerankers", f"late_interaction:{folder}")
    assert "\n" not in str(told.value)
