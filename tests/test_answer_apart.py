"""Questions that a value of the right shape on the wrong paper, or of the wrong shape on the right one, must not answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import triptych
from triptych.library import Library

NOTES = {
    "bill.txt": "Invoice INV-77\nDate: 29 January 2024\nOven gasket 14.90\nTotal 14.90\n",
    "cafe.txt": "Corner Cafe\nLemon cake 4.20\nFlat white 3.50\nTotal 7.70\n",
    "pumps.txt": "Harbour pumps\nPump with a warning: 13:58\n",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("apart")
    (folder / "in").mkdir()
    for name, text in NOTES.items():
        (folder / "in" / name).write_text(text, "utf-8")
    settings = {"image_encoder": "none", "captioner": "none"}
    with triptych.open(folder / "library", settings=settings) as opened:
        opened.add(folder / "in")
        yield opened


@pytest.mark.parametrize("question", ["Which day was the lemon cake bought?", "Which pump has a warning?"])
def test_it_abstains(library: Library, question: str) -> None:
    assert library.ask(question).abstained


@pytest.mark.parametrize(
    ("question", "value"),
    [("What did the lemon cake cost?", "4.20"), ("What is the date of invoice INV-77?", "29 January 2024")],
)
def test_what_is_there_is_still_found(library: Library, question: str, value: str) -> None:
    assert value in library.ask(question).text
