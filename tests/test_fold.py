"""Copies of one page folded into one hit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import triptych
from triptych.fuse import Fused
from triptych.ranking import fold
from triptych.ranking.reading import Reading
from triptych.types import PageText

OFF = {"ocr.engine": "none", "captioner": "none"}


def look(angle: float) -> np.ndarray:
    """A unit vector at that angle from the first axis."""
    return np.array([np.cos(angle), np.sin(angle)])


def pages(texts: list[str]) -> tuple[list[Fused], Reading]:
    """Pages 0, 1, ... with these texts, in this order."""
    ranked = [Fused(i, 1.0 - 0.01 * i, {}) for i in range(len(texts))]
    return ranked, Reading({i: {"text": (None, PageText.plain(t))} for i, t in enumerate(texts)})  # type: ignore[dict-item]


def groups(texts: list[str], looks: fold.Looks, near: bool = False) -> list[tuple[int, ...]]:
    ranked, reading = pages(texts)
    return [(f.page, *f.copies) for f in fold.folded(ranked, reading, looks, near)]


def test_the_same_text_but_for_spaces() -> None:
    assert groups(["a  b", "c", "a b\n", ""], {}) == [(0, 2), (1,), (3,)]


def test_the_same_text_in_another_look_is_no_copy() -> None:
    assert groups(["a", "a"], {0: look(0), 1: look(0.3)}) == [(0,), (1,)]
    assert groups(["a", "a"], {0: look(0)}) == [(0,), (1,)]


def test_pictures_without_words_by_their_look() -> None:
    looks = {0: look(0), 1: look(0.001), 2: look(0.05)}
    assert groups(["", "", ""], looks) == [(0, 1), (2,)]
    assert groups(["", "", ""], looks, near=True) == [(0, 1, 2)]
    assert groups(["", ""], {}) == [(0,), (1,)]


def test_near_copies_share_most_of_their_words() -> None:
    letter = "dear sir we thank you for your letter of march and send the goods"
    looks = {0: look(0), 1: look(0.02), 2: look(0.03)}
    texts = [letter, letter.replace("goods", "g0ods"), "another letter altogether"]
    assert groups(texts, looks, near=True) == [(0, 1), (2,)]
    assert groups(texts, looks) == [(0,), (1,), (2,)]


@given(st.lists(st.sampled_from(["", "a", "b", "a b"]), max_size=8), st.booleans())
def test_nothing_is_lost_and_the_order_stays(texts: list[str], near: bool) -> None:
    looks = {i: look(0.01 * (i % 3)) for i in range(0, len(texts), 2)}
    found = groups(texts, looks, near)
    assert sorted(page for group in found for page in group) == list(range(len(texts)))
    assert [g[0] for g in found] == sorted(g[0] for g in found)
    assert all(list(g) == sorted(g) for g in found)


def test_in_a_library(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name, text in {
        "a.txt": "boats at the pier",
        "b.md": "boats at the  pier\n",
        "c.txt": "boats at sea",
    }.items():
        (tmp_path / "in" / name).write_text(text, "utf-8")
    ramp = np.broadcast_to(np.arange(120, dtype=np.uint8)[None, :, None], (90, 120, 3))
    Image.fromarray(ramp).save(tmp_path / "in" / "r.png")
    Image.fromarray(ramp).save(tmp_path / "in" / "r.bmp")
    with triptych.open(tmp_path / "library", settings=OFF) as lib:
        lib.add(tmp_path / "in")
        hits = lib.search("boats pier")
        boats = next(hit for hit in hits if "pier" in hit.snippet)
        assert len(boats.copies) == 1 and {Path(boats.source).name, Path(boats.copies[0][0]).name} == {
            "a.txt",
            "b.md",
        }
        told = boats.to_dict()
        assert told["duplicates"] == 1 and told["copies"] == [{"source": boats.copies[0][0], "page": 1}]
        assert [h.rank for h in hits] == list(range(1, len(hits) + 1))
        seen = lib.search(image=tmp_path / "in" / "r.png", k=1)[0]
        assert len(seen.copies) == 1
    with triptych.open(tmp_path / "library", settings={**OFF, "search.fold": "off"}) as lib:
        names = [Path(hit.source).name for hit in lib.search("boats pier")]
        assert {"a.txt", "b.md"} <= set(names)
