"""The catalog: what goes in comes out, what is removed leaves nothing, and nobody's file is overwritten."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from triptych.catalog import Catalog
from triptych.embed import key
from triptych.errors import LibraryError, UserError, WrongSpace
from triptych.records import AssetRecord, Committed, Piece, Space
from triptych.sql import pack, replay, schema
from triptych.types import Box, Chunk, Line, Page, PageText, Section, Source, Word

DIM, SPACE = 8, "space"
SPACES = {"text": Space(SPACE, DIM), "caption": Space(SPACE, DIM), "image": Space("looks", 4)}


def row(text: str) -> np.ndarray:
    seed = int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:4], "little")
    vector = np.random.default_rng(seed).standard_normal(DIM)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def page_of(number: int, text: str) -> Page:
    return Page(number, PageText.plain(text), 0, 0, text_source="native")


def put(
    catalog: Catalog, paths: Sequence[str], texts: Sequence[str], collection: str = "default", **changed: Any
) -> Committed:
    """One asset whose content is its texts, one chunk a page."""
    content = changed.pop("content", "\f".join(texts))
    sha256 = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
    told = {"kind": "text", "media_type": "text/plain", "bytes": 10, "status": "ready", "pipeline": "1"}
    record = AssetRecord(sha256, collection, **{**told, "title": Path(paths[0]).name, **changed})
    pages = [page_of(i, text) for i, text in enumerate(texts, 1)]
    pieces = [[Piece(Chunk(0, len(t), "sec", 0.5), key(t), row(t))] if t else [] for t in texts]
    return catalog.put(record, [Source(p, sha256, 10, 5.5) for p in paths], pages, pieces, SPACES)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog.open(tmp_path / "catalog.sqlite", create=True)
    yield catalog
    catalog.close()


def test_what_goes_in_comes_out(catalog: Catalog) -> None:
    words = PageText.of_lines(
        [Line((Word("Total", Box(0.1, 0.2, 0.3, 0.25), 0.9), Word("129.50", Box(0, 0, 1, 1))))]
    )
    page = Page(
        1, words, 600, 800, 300.0, 90, "ocr", "engine", "de", (Section(0, "Kopf"),), {"a": [1, None]}, None
    )  # fmt: skip
    broken = Page(2, PageText.plain(""), 0, 0, failed="damaged")
    record = AssetRecord(
        "ab" * 32,
        "c",
        "pdf",
        "application/pdf",
        7,
        "partial",
        "p",
        "Title",
        {"tags": {"x": "y"}},
        {"code": "z"},
    )
    piece = Piece(Chunk(0, 5, "Kopf", 0.9), key("Total"), row("Total"))
    done = catalog.put(record, [Source("a.pdf", "ab" * 32, 7, 1.25)], [page, broken], [[piece], []], SPACES)
    asset = catalog.find("ab" * 32, "c")
    assert asset == done.asset
    assert asset is not None
    assert (asset.pages, asset.status, asset.meta, asset.error) == (
        2,
        "partial",
        {"tags": {"x": "y"}},
        {"code": "z"},
    )
    assert asset.to_dict()["sources"] == ["a.pdf"]
    first, second = catalog.pages(asset.key)
    assert second.failed == "damaged"
    for name in (
        "number",
        "width",
        "height",
        "dpi",
        "turned",
        "text_source",
        "ocr_engine",
        "language",
        "meta",
    ):
        assert getattr(first, name) == getattr(page, name)
    assert first.sections == page.sections
    assert first.text.text == "Total 129.50"
    np.testing.assert_array_equal(first.text.spans, words.spans)
    np.testing.assert_allclose(first.text.boxes, words.boxes, atol=1e-5)
    np.testing.assert_allclose(first.text.confidence, words.confidence, atol=3e-3)
    [(found, _)] = catalog.shown([1])
    assert (found.text, found.section, found.page, found.source, found.sha256) == (
        "Total",
        "Kopf",
        1,
        "a.pdf",
        "ab" * 32,
    )
    assert [(p.chunk, p.hash) for p in catalog.pieces(asset.key)[0][1]] == [(piece.chunk, piece.hash)]
    np.testing.assert_allclose(catalog.vectors(SPACE, [piece.hash])[piece.hash], row("Total"), atol=1e-3)
    assert catalog.page(asset.key, 2).failed
    with pytest.raises(UserError, match="no page 3"):
        catalog.page(asset.key, 3)


def test_changes_are_numbered_and_name_their_chunks(catalog: Catalog) -> None:
    first = put(catalog, ["a.txt"], ["one", "two"]).asset
    put(catalog, ["b.txt"], ["three"])
    put(catalog, ["a.txt"], ["one", "2"], content="one\ftwo", pipeline="2")
    told = [(c.seq, c.op, c.first, c.last) for c in catalog.changes(0)]
    assert told == [(1, "put", 1, 2), (2, "put", 3, 3), (3, "drop", 1, 2), (4, "put", 4, 5)]
    assert catalog.last_change() == 4
    assert catalog.changes(3)[0].seq == 4
    renewed = catalog.asset("a.txt")
    assert renewed.key != first.key
    assert renewed.pipeline == "2"
    assert [c.key for c, _ in catalog.shown([1, 5, 3, 999, 4])] == [5, 3, 4]
    assert catalog.places([2, 4]).chunks.tolist() == [4]


def test_changed_file_takes_its_path_along(catalog: Catalog) -> None:
    old = put(catalog, ["a.txt"], ["before"]).asset
    done = put(catalog, ["a.txt"], ["after"])
    assert done.freed == (old.sha256,)
    assert [a.sha256 for a in catalog.assets()] == [done.asset.sha256]
    assert set(catalog.vectors(SPACE, [key("before"), key("after")])) == {key("after")}


def test_second_path_of_the_same_content(catalog: Catalog) -> None:
    first = put(catalog, ["a.txt"], ["text"]).asset
    done = catalog.alias(first.key, [Source("b.txt", first.sha256, 10, 7.0)])
    assert done.asset.sources == ("a.txt", "b.txt")
    assert catalog.forget("default", ["a.txt"]) == ()
    assert catalog.asset("b.txt").key == first.key
    assert catalog.forget("default", ["b.txt", "unknown"]) == (first.sha256,)
    assert catalog.counts() == {"assets": 0, "pages": 0, "chunks": 0, "vectors": 0}
    with pytest.raises(LibraryError, match="not in the catalog"):
        catalog.alias(first.key, [])


def test_alias_that_takes_the_last_path_of_other_content(catalog: Catalog) -> None:
    put(catalog, ["a.txt"], ["one"])
    two = put(catalog, ["b.txt"], ["two"]).asset
    one = catalog.asset("a.txt")
    assert catalog.alias(two.key, [Source("a.txt", two.sha256, 1, 1.0)]).freed == (one.sha256,)
    assert catalog.counts()["assets"] == 1


def test_content_in_two_collections_is_freed_by_the_last(catalog: Catalog) -> None:
    a = put(catalog, ["a.txt"], ["text"], "one").asset
    b = put(catalog, ["a.txt"], ["text"], "two").asset
    assert catalog.collections() == ["one", "two"]
    assert catalog.remove([a.key]) == ()
    assert catalog.counts()["vectors"] == 1
    assert catalog.remove([b.key, 999]) == (a.sha256,)
    assert catalog.blobs() == set()
    assert replay.orphan_vectors(catalog) == 0


def test_asset_by_id_by_path_and_ambiguous(catalog: Catalog) -> None:
    a = put(catalog, ["in/a.txt"], ["text"], "one").asset
    put(catalog, ["in/a.txt"], ["text"], "two")
    assert catalog.asset(a.sha256[:8], "one").key == a.key
    with pytest.raises(UserError, match="means 2 assets"):
        catalog.asset("in/a.txt")
    for name in ("nothing", "", "%", a.sha256[:3]):
        with pytest.raises(UserError, match="no asset"):
            catalog.asset(name)
    assert [s.path for s in catalog.sources("one", "in/")] == ["in/a.txt"]
    assert catalog.sources("one", "i_") == []
    known = catalog.source("one", "in/a.txt")
    assert known is not None
    assert (known.size, known.modified, known.pipeline) == (10, 5.5, "1")
    assert catalog.source("one", "other") is None


def test_strange_text_and_paths_are_stored(catalog: Catalog) -> None:
    text = "before\0after \ud800 end \U0001f600"
    put(catalog, ["bad\udcffname.txt"], [text], title="x\0y")
    [(found, _)] = catalog.shown([1])
    assert len(found.text) == len(text)
    assert found.text.endswith("end \U0001f600")
    assert catalog.asset("bad\udcffname.txt").sources == ("bad\\xffname.txt",)
    assert catalog.forget("default", ["bad\udcffname.txt"])


def test_missing_vector_stores_nothing(catalog: Catalog) -> None:
    record = AssetRecord("cd" * 32, "c", "text", "text/plain", 1, "ready", "p", "t")
    pieces = [[Piece(Chunk(0, 1), b"x" * 16)]]
    with pytest.raises(LibraryError, match="without vectors"):
        catalog.put(record, [], [page_of(1, "a")], pieces, SPACES)
    assert catalog.counts()["assets"] == 0
    assert catalog.last_change() == 0


def test_vectors_of_a_further_space(catalog: Catalog) -> None:
    put(catalog, ["a.txt"], ["one", "two"])
    assert len(replay.without_vector(catalog, "text", "other")) == 2
    with pytest.raises(WrongSpace, match="other"):
        list(replay.vectors(catalog, "text", "other", 1, 2))
    catalog.add_vectors(
        Space("other", 3), {name: np.ones(3) for _, name in replay.without_vector(catalog, "text", "other")}
    )
    assert replay.without_vector(catalog, "text", "other") == []
    assert catalog.panels() == {"text": Space(SPACE, DIM)}
    catalog.adopt({"text": Space("other", 3)})
    assert catalog.panels() == {"text": Space("other", 3)}
    assert catalog.vectors(SPACE, [key("a")]) == {}
    with pytest.raises(WrongSpace, match="vectors of 3 numbers"):
        catalog.add_vectors(Space("other", 4), {})


def test_replay_reads_in_order_and_in_batches(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "BATCH", 3)
    put(catalog, ["a.txt"], [f"text {i}" for i in range(10)])
    read = [p for batch in replay.passages(catalog, 1, 10) for p in batch]
    assert [p.key for p in read] == list(range(1, 11))
    assert (read[4].text, read[4].source, read[4].section) == ("text 4", "a.txt", "sec")
    keys = np.concatenate([keys for keys, _ in replay.vectors(catalog, "text", SPACE, 1, 10)])
    assert keys.tolist() == replay.keys(catalog, "text").tolist() == list(range(1, 11))


# ---------------------------------------------------------------------------------------- files


def test_no_catalog_there(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="triptych add"):
        Catalog.open(tmp_path / "nothing" / "catalog.sqlite")
    assert not (tmp_path / "nothing").exists()
    (tmp_path / "empty.sqlite").touch()
    with pytest.raises(LibraryError, match="triptych add"):
        Catalog.open(tmp_path / "empty.sqlite")


def test_other_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("create table precious (x)")
    other.close()
    with pytest.raises(LibraryError, match="not a Triptych catalog"):
        Catalog.open(path, create=True)
    with sqlite3.connect(path) as other:
        assert other.execute("select count(*) from precious").fetchone() == (0,)
    other.close()


def test_another_version_is_refused_by_name(tmp_path: Path, catalog: Catalog) -> None:
    catalog.close()
    with sqlite3.connect(tmp_path / "catalog.sqlite") as raw:
        raw.execute("update meta set value = '999' where name = 'schema'")
    raw.close()
    with pytest.raises(LibraryError, match="schema 999; this one reads schema 2"):
        Catalog.open(tmp_path / "catalog.sqlite", create=True)


def test_pages_come_in_the_order_in_which_they_are_asked_for(catalog: Catalog) -> None:
    one = put(catalog, ["a.txt"], ["one", "two", "three"]).asset
    same = put(catalog, ["b.txt"], ["one", "two", "three"], "other").asset
    other = put(catalog, ["c.txt"], ["four"]).asset
    places = [(other.sha256, "default", 1), (one.sha256, "default", 3), (same.sha256, "other", 1)]
    places += [(one.sha256, "default", 1), (one.sha256, "default", 3)]
    texts = [page and page.text.text for page in catalog.pages_at(places)]
    assert texts == ["four", "three", "one", "one", "three"]
    assert catalog.pages_at([]) == []
    for gone in ((one.sha256, "default", 4), (other.sha256, "other", 1), ("ab" * 32, "default", 1)):
        there, absent = catalog.pages_at([places[0], gone])
        assert there is not None and absent is None


@pytest.mark.parametrize("damage", ["text", "cut", "zeros"])
def test_damaged_file_is_named_and_kept(tmp_path: Path, catalog: Catalog, damage: str) -> None:
    for i in range(20):
        put(catalog, [f"{i}.txt"], [f"text {i}" * 50])
    catalog.shrink()
    catalog.close()
    path = tmp_path / "catalog.sqlite"
    whole = path.read_bytes()
    after = {
        "text": b"not a database at all" * 500,
        "cut": whole[: len(whole) // 2],
        "zeros": whole[:4096] + bytes(len(whole) - 4096),
    }
    path.write_bytes(after[damage])
    with pytest.raises(LibraryError, match="damaged"):
        opened = Catalog.open(path, create=True)
        try:
            opened.counts()
            list(replay.passages(opened, 1, 20))
            if opened.integrity():
                raise LibraryError("damaged, says the database")
        finally:
            opened.close()
    assert path.read_bytes() == after[damage]


def test_removed_text_is_not_left_in_the_file(tmp_path: Path, catalog: Catalog) -> None:
    asset = put(catalog, ["secret-name.txt"], ["canaryword " * 300]).asset
    put(catalog, ["b.txt"], ["other"])
    catalog.remove([asset.key])
    catalog.shrink()
    for path in tmp_path.iterdir():
        assert b"canaryword" not in path.read_bytes(), path
        assert b"secret-name" not in path.read_bytes(), path


def test_full_disk_is_said_and_nothing_is_lost(tmp_path: Path, catalog: Catalog) -> None:
    put(catalog, ["a.txt"], ["small"])
    with catalog.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    with pytest.raises(LibraryError, match=r"disk .* is full"):
        put(catalog, ["b.txt"], ["large " * 5000])
    assert [a.sources for a in catalog.assets()] == [("a.txt",)]
    assert catalog.integrity() == []


def test_postgresql_takes_the_tables() -> None:
    """The tables compile for the other database; keys have 64 bits there."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    for table in schema.metadata.sorted_tables:
        made = str(CreateTable(table).compile(dialect=dialect))
        assert "AUTOINCREMENT" not in made
        for index in table.indexes:
            CreateIndex(index).compile(dialect=dialect)
    assert "key BIGINT NOT NULL" in str(CreateTable(schema.chunk).compile(dialect=dialect))


# ---------------------------------------------------------------------------------------- packing


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"]), min_size=1, max_size=8),
            st.tuples(*[st.floats(0, 1)] * 4),
            st.floats(0, 1),
        ),
        max_size=30,
    ),
    st.integers(1, 5),
)
def test_words_survive_packing(words: list[Any], in_a_line: int) -> None:
    made = [Word(text, Box(*box), confidence) for text, box, confidence in words]
    text = PageText.of_lines([Line(tuple(made[i : i + in_a_line])) for i in range(0, len(made), in_a_line)])
    again = pack.unpack(text.text, pack.words(text))
    np.testing.assert_array_equal(again.spans, text.spans)
    np.testing.assert_array_equal(again.lines, text.lines)
    np.testing.assert_allclose(again.boxes, text.boxes, atol=1e-5)
    np.testing.assert_allclose(again.confidence, text.confidence, atol=2.1e-3)


@given(st.binary(min_size=1, max_size=60))
def test_damaged_words_are_refused(blob: bytes) -> None:
    with pytest.raises(ValueError, match="damaged"):
        pack.unpack("text", blob)


# ---------------------------------------------------------------------------------------- any order


class AnyOrder(RuleBasedStateMachine):
    """Whatever is put, replaced, renamed and removed, rows, vectors and paths stay in step with a model."""

    def __init__(self) -> None:
        super().__init__()
        self.catalog = Catalog.open("sqlite://", create=True)
        self.paths: dict[str, str] = {}  # path -> content

    def teardown(self) -> None:
        self.catalog.close()

    @rule(
        path=st.sampled_from("abcd"),
        content=st.sampled_from(["x", "x y", "z", "y"]),
        version=st.integers(1, 2),
    )
    def add(self, path: str, content: str, version: int) -> None:
        put(self.catalog, [path], content.split(), content=content, pipeline=str(version))
        self.paths[path] = content

    @rule(path=st.sampled_from("abcd"))
    def forget(self, path: str) -> None:
        freed = self.catalog.forget("default", [path])
        content = self.paths.pop(path, None)
        gone = content is not None and content not in self.paths.values()
        assert freed == ((hashlib.sha256(content.encode()).hexdigest(),) if gone and content else ())

    @rule(path=st.sampled_from("abcd"))
    def remove(self, path: str) -> None:
        if path in self.paths:
            self.catalog.remove([self.catalog.asset(path).key])
            content = self.paths[path]
            self.paths = {p: c for p, c in self.paths.items() if c != content}

    @invariant()
    def agrees(self) -> None:
        contents = set(self.paths.values())
        assert {s.path: s.sha256 for s in self.catalog.sources()} == {
            p: hashlib.sha256(c.encode()).hexdigest() for p, c in self.paths.items()
        }
        pieces = [word for content in contents for word in content.split()]
        assert self.catalog.counts() == {
            "assets": len(contents),
            "pages": len(pieces),
            "chunks": len(pieces),
            "vectors": len(set(pieces)),
        }
        live: set[int] = set()
        for change in self.catalog.changes(0):
            span = set(range(change.first, change.last + 1))
            live = live | span if change.op == "put" else live - span
        assert sorted(live) == replay.keys(self.catalog, "text").tolist()
        assert replay.without_vector(self.catalog, "text", SPACE) == []
        assert self.catalog.integrity() == []


AnyOrder.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestAnyOrder = AnyOrder.TestCase
