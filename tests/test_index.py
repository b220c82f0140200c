"""The projections: whatever happens to them, they end up saying what the catalog says."""

from __future__ import annotations

import hashlib
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import triptych
from triptych.catalog import Catalog
from triptych.embed import key
from triptych.errors import Locked, WrongSpace
from triptych.index import Index
from triptych.projections.keyword import Clause, Term
from triptych.query import filters
from triptych.records import AssetRecord, Committed, Piece, Space
from triptych.types import Chunk, Page, PageText, Source
from triptych.words import tokens

DIM = 16
SPACE = "test-space"
SPACES = {"text": Space(SPACE, DIM)}


def nearest(
    index: Index, vector: np.ndarray, k: int, scope: filters.Scope | None = None
) -> tuple[np.ndarray, np.ndarray]:
    index.refresh()
    return index.panels["text"].nearest(vector, k, scope)


def vector_of(text: str) -> np.ndarray:
    """A unit row that only depends on the text."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")
    row = np.random.default_rng(seed).standard_normal(DIM)
    return (row / np.linalg.norm(row)).astype(np.float32)


def put(
    catalog: Catalog,
    path: str,
    pages: Sequence[str],
    collection: str = "default",
    pipeline: str = "1",
    content: str | None = None,
) -> Committed:
    """Store `pages`, one chunk a page, as a text asset whose content is its pages (or `content`)."""
    sha256 = hashlib.sha256((content or "\f".join(pages)).encode()).hexdigest()
    record = AssetRecord(sha256, collection, "text", "text/plain", 10, "ready", pipeline, Path(path).name)
    source = Source(path, sha256, 10, 1_700_000_000.0)
    stored = [Page(i, PageText.plain(text), 0, 0, text_source="native") for i, text in enumerate(pages, 1)]
    pieces = [[Piece(Chunk(0, len(text)), key(text), vector_of(text))] if text else [] for text in pages]
    return catalog.put(record, [source], stored, pieces, SPACES)


def clauses(query: str, field: str = "text") -> list[Clause]:
    return [(Term(field, token),) for token in tokens.words(query)]


def found(index: Index, query: str, k: int = 10, scope: filters.Scope | None = None) -> list[int]:
    index.refresh()
    return index.keyword.search(clauses(query), k, scope)[0].tolist()


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog.open(tmp_path / "catalog.sqlite", create=True)
    yield catalog
    catalog.close()


@pytest.fixture(params=["exact", "faiss"])
def store(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def index(tmp_path: Path, catalog: Catalog, store: str) -> Iterator[Index]:
    index = Index(tmp_path / "index", catalog, SPACES, store)
    yield index
    index.close()


def reopened(index: Index) -> Index:
    index.close()
    return Index(index.folder, index.catalog, SPACES, index.store)


def test_empty_library_searches_and_verifies(index: Index) -> None:
    assert found(index, "anything") == []
    assert len(nearest(index, vector_of("x"), 5)[0]) == 0
    assert index.verify() == []


def test_what_was_put_is_found_by_words_and_by_vector(catalog: Catalog, index: Index) -> None:
    put(catalog, "a.txt", ["red apples and pears", "green grass"])
    put(catalog, "b.txt", ["blue skies"])
    index.catch_up()
    assert found(index, "pears") == [1]
    assert found(index, "blue") == [3]
    assert nearest(index, vector_of("green grass"), 1)[0].tolist() == [2]
    assert index.verify() == []


def test_removed_is_gone_everywhere(catalog: Catalog, index: Index) -> None:
    first = put(catalog, "a.txt", ["canaryword one", "two"]).asset
    put(catalog, "b.txt", ["three"])
    index.catch_up()
    assert catalog.remove([first.key]) == (first.sha256,)
    index.catch_up()
    catalog.shrink()
    assert found(index, "canaryword") == []
    assert len(index.panels["text"].store) == 1
    assert index.verify() == []
    for path in index.folder.parent.rglob("*"):
        assert path.is_dir() or b"canaryword" not in path.read_bytes(), path


def test_replaced_asset_leaves_only_its_new_chunks(catalog: Catalog, index: Index) -> None:
    put(catalog, "a.txt", ["old words", "kept words"], content="same")
    index.catch_up()
    put(catalog, "a.txt", ["kept words", "new words"], content="same", pipeline="2")
    index.catch_up()
    assert found(index, "old") == []
    assert found(index, "kept") == [3]
    assert catalog.counts()["vectors"] == 2
    assert index.verify() == []


def test_behind_projections_replay(catalog: Catalog, index: Index) -> None:
    for i in range(30):
        put(catalog, f"{i}.txt", [f"number{i}", "filler text"])
        if i % 7 == 0:
            index.catch_up()
    asset = catalog.asset("3.txt")
    catalog.remove([asset.key])
    again = reopened(index)
    assert found(again, "number29") == [59]
    assert found(again, "number3") == []
    assert again.verify() == []
    again.close()


def test_uncommitted_keywords_are_replayed_after_a_crash(catalog: Catalog, index: Index) -> None:
    put(catalog, "a.txt", ["first"])
    index.catch_up()
    put(catalog, "b.txt", ["second"])
    index.catch_up_soon()  # taken in, not flushed
    again = reopened(index)
    assert found(again, "second") == [2]
    assert again.verify() == []
    again.close()


@pytest.mark.parametrize("lost", ["keyword", "exact-*", "faiss-*", "history.json", "*"])
def test_lost_files_are_made_again(catalog: Catalog, index: Index, lost: str) -> None:
    for i in range(10):
        put(catalog, f"{i}.txt", [f"number{i} and more"])
    index.catch_up()
    before = found(index, "number4 more"), nearest(index, vector_of("x"), 10)
    index.close()
    for path in index.folder.glob(lost):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    again = reopened(index)
    assert found(again, "number4 more") == before[0]
    assert nearest(again, vector_of("x"), 10)[0].tolist() == before[1][0].tolist()
    assert again.verify() == []
    again.close()


def test_damaged_files_are_moved_aside_and_made_again(catalog: Catalog, index: Index) -> None:
    put(catalog, "all.txt", [f"number{i}" for i in range(1200)])
    index.catch_up()
    index.close()
    damaged = [*index.folder.glob("keyword/*/*.term"), *index.folder.glob("*/vectors.bin")]
    assert len(damaged) >= 2
    for path in damaged:
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
    again = reopened(index)
    told = again.verify()
    assert told
    assert found(again, "number7") == [8]
    assert again.verify() == []
    assert list(index.folder.glob("*.corrupt-*"))
    again.close()


def test_another_history_is_noticed(tmp_path: Path, catalog: Catalog, index: Index) -> None:
    """A catalog that was put back from a backup gives its numbers out again: nothing old may show."""
    put(catalog, "a.txt", ["first text"])
    catalog.shrink()
    shutil.copy(tmp_path / "catalog.sqlite", tmp_path / "backup.sqlite")
    put(catalog, "b.txt", ["secret text"])
    index.catch_up()
    index.close()
    restored = Catalog.open(tmp_path / "backup.sqlite")
    put(restored, "c.txt", ["other text"])
    again = Index(index.folder, restored, SPACES, index.store)
    assert found(again, "secret") == []
    assert found(again, "other") == [2]
    assert again.verify() == []
    again.close()
    restored.close()


def test_reader_sees_what_a_writer_commits(catalog: Catalog, index: Index) -> None:
    put(catalog, "a.txt", ["first"])
    index.catch_up()
    reader = Index(index.folder, catalog, SPACES, index.store)
    assert found(reader, "first") == [1]
    put(catalog, "b.txt", ["second"])
    index.catch_up_soon()  # holds the files
    reader.refresh()
    assert nearest(reader, vector_of("second"), 1)[0].tolist() == [2]
    with pytest.raises(Locked):
        reader._hold(0.0)
    index.catch_up()
    assert found(reader, "second") == [2]
    reader.close()


def test_collections_do_not_leak_into_each_other(catalog: Catalog, index: Index) -> None:
    put(catalog, "a.txt", ["shared apple pie", "shared tart"], "mine")
    index.catch_up()
    alone = index.keyword.search(clauses("shared apple"), 10, filters.scope(catalog, None, "mine"))
    for i in range(20):
        put(catalog, f"{i}.txt", [f"apple {i} shared nothing"], "theirs")
    index.catch_up()
    scope = filters.scope(catalog, None, "mine")
    beside = index.keyword.search(clauses("shared apple"), 10, scope)
    assert beside[0].tolist() == alone[0].tolist()
    ids, _ = nearest(index, vector_of("apple 3 shared nothing"), 10, scope)
    assert sorted(ids.tolist()) == [1, 2]


def test_chunks_without_vectors_are_refused_by_name(catalog: Catalog, index: Index) -> None:
    put(catalog, "a.txt", ["first"])
    other = Index(index.folder, catalog, {"text": Space("another-space", DIM)}, index.store)
    with pytest.raises(WrongSpace, match="another-space"):
        other.refresh()
    other.close()


def test_rebuild_gives_the_same_answers(catalog: Catalog, index: Index) -> None:
    rng = np.random.default_rng(0)
    words = [f"w{i}" for i in range(50)]
    for i in range(40):
        put(catalog, f"{i}.txt", [" ".join(rng.choice(words, 30)) + f" u{i} {n}" for n in range(5)])
        if i % 9 == 0:
            index.catch_up()
    index.catch_up()
    queries = [" ".join(rng.choice(words, 4)) for _ in range(30)]
    before = [index.keyword.search(clauses(q), 20) for q in queries]
    index.rebuild()
    for q, (ids, scores) in zip(queries, before, strict=True):
        again_ids, again_scores = index.keyword.search(clauses(q), 20)
        assert again_ids.tolist() == ids.tolist()
        assert again_scores.tolist() == scores.tolist()
    assert index.verify() == []


def test_searching_while_writing(catalog: Catalog, index: Index) -> None:
    """Several threads search while one adds and removes: no error, and nothing that is not in the catalog."""
    put(catalog, "first.txt", ["steady words"])
    index.catch_up()
    stop, wrong = threading.Event(), []

    def ask() -> None:
        while not stop.is_set():
            try:
                index.refresh()
                ids, _ = index.keyword.search(clauses("steady words"), 50)
                near, scores = nearest(index, vector_of("steady words"), 50)
                again = index.panels["text"].products(vector_of("steady words"), near)
                there = ~np.isnan(again)  # others were dropped between the two looks
                if abs(again - scores)[there].max() > 1e-3:
                    wrong.append("other vectors")
                if 1 not in ids or 1 not in near:
                    wrong.append("the first one is not found")
            except Exception as error:  # whatever it is, the test must hear of it
                wrong.append(repr(error))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for i in range(20):
        put(catalog, f"{i % 7}.txt", [f"steady words {i}", f"more {i}"])
        index.catch_up_soon()
        if i % 5 == 4:
            catalog.forget("default", [f"{i % 7}.txt"])
            index.catch_up()
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[:3]
    assert index.verify() == []


def test_reader_before_there_is_an_index_is_told_to_wait(catalog: Catalog, index: Index) -> None:
    put(catalog, "a.txt", ["first"])
    reader = Index(index.folder, catalog, SPACES, index.store)
    index._hold(0.0)
    with pytest.raises(Locked, match="Try again in a moment"):
        reader.refresh()
    index.catch_up()
    assert found(reader, "first") == [1]
    reader.close()


def test_removed_vectors_are_not_left_in_a_file(catalog: Catalog, index: Index) -> None:
    put(catalog, "many.txt", [f"number{i}" for i in range(1100)])
    gone = put(catalog, "gone.txt", ["secret"]).asset
    index.catch_up()
    index.rebuild()
    needle = vector_of("secret").astype("<f2").tobytes()
    [file] = index.folder.glob("*/vectors.bin")
    assert needle in file.read_bytes()
    catalog.remove([gone.key])
    index.catch_up()
    catalog.shrink()
    for path in index.folder.parent.rglob("*"):
        assert path.is_dir() or needle not in path.read_bytes(), path


def test_keyword_index_of_another_version_is_made_anew(catalog: Catalog, index: Index) -> None:
    put(catalog, "a.txt", ["first"])
    index.catch_up()
    index.close()
    mark = index.folder / "keyword" / "watermark.json"
    mark.write_text(mark.read_text().replace('"format": "', '"format": "0.'))
    again = reopened(index)
    assert found(again, "first") == [1]
    assert again.verify() == []
    assert not list(index.folder.glob("*.corrupt-*"))
    again.close()


def test_a_first_search_waits_until_the_indexes_are_made_anew(copied: Path) -> None:
    shutil.rmtree(copied / "index")
    with triptych.open(copied) as library, ThreadPoolExecutor(1) as pool:
        first = pool.submit(library.index.refresh)
        while not all(panel.opened for panel in library.index.panels.values()):
            time.sleep(0)
        hits = library.search("invoice 1031", k=2)
        first.result()
    assert len(hits) == 2 and hits[0].source.endswith("invoice-1031.pdf")
