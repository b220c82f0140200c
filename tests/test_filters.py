"""Filters: a small grammar, one SQL condition, errors that point at the character."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triptych.catalog import Catalog
from triptych.embed import key
from triptych.errors import UserError
from triptych.query import filters
from triptych.records import AssetRecord, Piece, Space
from triptych.types import Chunk, Page, PageText, Source

UNIT = [1.0, 0.0]
FILES = [  # path, kind, collection, tags, pages, language, modified
    (
        "in/a.pdf",
        "pdf",
        "default",
        {"year": "2023", "who": "Ann Lee"},
        3,
        "en",
        1_700_000_000.0,
    ),  # 2023-11-14
    ("in/b.png", "image", "default", {"year": "2024"}, 1, "de", 1_715_000_000.0),  # 2024-05-06
    ("other/c.txt", "text", "private", {}, 2, None, 1_735_000_000.0),  # 2024-12-24
]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    import numpy as np

    catalog = Catalog.open(tmp_path_factory.mktemp("filters") / "catalog.sqlite", create=True)
    for path, kind, collection, tags, count, language, modified in FILES:
        sha256 = hashlib.sha256(path.encode()).hexdigest()
        record = AssetRecord(
            sha256, collection, kind, "x/y", 1, "ready", "1", Path(path).name, {"tags": tags}
        )
        pages = [
            Page(n, PageText.plain(f"{path} page {n}"), 0, 0, text_source="native", language=language)
            for n in range(1, count + 1)
        ]
        pieces = [[Piece(Chunk(0, 5), key(p.text.text), np.array(UNIT, np.float32))] for p in pages]
        catalog.put(record, [Source(path, sha256, 1, modified)], pages, pieces, {"text": Space("s", 2)})
    yield catalog
    catalog.close()


def chosen(catalog: Catalog, expression: str) -> list[int]:
    scope = filters.scope(catalog, expression)
    assert scope is not None
    return scope.keys.tolist()


A, B, C = [1, 2, 3], [4], [5, 6]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("kind = pdf", A),
        ("type = image", B),
        ("kind != pdf", B + C),
        ("page >= 2", [2, 3, 6]),
        ("page = 1 and kind = text", [5]),
        ("kind = pdf or kind = text and page = 1", [*A, 5]),
        ("(kind = pdf or kind = text) and page = 1", [1, 5]),
        ("not kind = pdf", B + C),
        ("not (page = 1 or page = 2)", [3]),
        ("NOT kind = pdf AND page = 1", [4, 5]),
        ('source ~ "in/*"', A + B),
        ('source ~ "IN/?.pdf"', A),
        ("source = in/b.png", B),
        ("source != in/b.png", A + C),
        ("collection = private", C),
        ("tags.year = 2024", B),
        ("tags.year < 2024 and tags.year > 2000", A),
        ("tags.who ~ 'ann*'", A),
        ("tags.who = \"Ann Lee\"", A),
        ("tags.nothing = x", []),
        ("tags.year != 2023", B + C),
        ("language = de", B),
        ("language != de", A + C),
        ("modified = 2024", B + C),
        ("modified = 2024-05", B),
        ("modified < 2024-05-06", A),
        ("modified <= 2024-05-06", A + B),
        ("modified > 2024-05-06", C),
        ("added >= 2020", A + B + C),
        ("added = 2019-02-28", []),
        ("pages = 3", A),
        ("text_source = native", A + B + C),
        ("title ~ *.PNG", B),
        ("status = ready", A + B + C),
        ("title ~ 100%", []),
    ],
)  # fmt: skip
def test_means(catalog: Catalog, expression: str, expected: list[int]) -> None:
    assert chosen(catalog, expression) == expected


@pytest.mark.parametrize(
    ("expression", "at", "what"),
    [
        ("", 1, "expected a field"),
        ("kin = pdf", 1, "did you mean kind"),
        ("xyzzy = pdf", 1, "there are kind"),
        ("kind pdf", 6, "expected one of ="),
        ("kind =", 7, "expected a value"),
        ("kind = pdf page = 2", 12, "expected 'and', 'or' or the end"),
        ("(kind = pdf", 12, "expected '\\)'"),
        ("kind < pdf", 8, "can only be compared with = != ~"),
        ("page = two", 8, "expected a number"),
        ("page ~ 2", 8, "cannot be compared with a pattern"),
        ("added = yesterday", 9, "such as 2024"),
        ("added = 2024-13", 9, "no such date"),
        ('source = "in/a', 10, "neither a name"),
        ("tags.a.b = 1", 1, "no such field"),
        ("kind = pdf and", 15, "expected a field"),
    ],
)
def test_mistakes_are_shown_where_they_are(catalog: Catalog, expression: str, at: int, what: str) -> None:
    with pytest.raises(UserError, match=what) as raised:
        filters.scope(catalog, expression)
    assert f"at character {at}," in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("opening", ["(", "not "])
def test_endless_nesting_is_refused(catalog: Catalog, opening: str) -> None:
    with pytest.raises(UserError, match="50 deep"):
        filters.scope(catalog, opening * 5000 + "kind = pdf")


def test_scope_is_none_when_everything_is_allowed(catalog: Catalog) -> None:
    assert filters.scope(catalog) is None
    scope = filters.scope(catalog, None, "private")
    assert scope is not None
    assert (scope.keys.tolist(), scope.collections, scope.narrowed) == (C, ("private",), False)


def test_assets_of_which_a_page_fits(catalog: Catalog) -> None:
    assert filters.assets(catalog, "page = 2") == {1, 3}


@given(st.text(max_size=40))
def test_any_text_is_a_filter_or_a_mistake_of_one_line(catalog: Catalog, text: str) -> None:
    try:
        filters.scope(catalog, text)
    except UserError as error:
        assert "\n" not in str(error)
