"""Answers from how a page is laid out: labels over and under values, tables, ticks, charts, records. Real files."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

import triptych
from conftest import Run
from triptych.library import Library

Draw = Callable[[Canvas], None]


def words(canvas: Canvas, *placed: tuple[float, float, str], size: float = 10) -> None:
    canvas.setFont("Helvetica", size)
    for x, y, text in placed:
        canvas.drawString(x, y, text)


def permit(canvas: Canvas) -> None:
    """Labels in small print under the values, in two columns."""
    words(canvas, (60, 370, "Berth Permit of Marina Tolby"), size=16)
    pairs = [
        ("Ingeborg Falk", "Skipper"),
        ("7.40 m", "Boat length"),
        ("3 August 2023", "Arrival"),
        ("TB-2291", "Sail no."),
        ("Wooden sloop", "Type of boat"),
        ("$118.00", "Harbour dues"),
    ]
    for i, (value, label) in enumerate(pairs):
        x, y = 60 + 220 * (i % 2), 320 - 45 * (i // 2)
        words(canvas, (x, y, value), size=11)
        canvas.line(x, y - 3, x + 160, y - 3)
        words(canvas, (x - 4, y - 12, label), size=7)


def panel(canvas: Canvas) -> None:
    """A figure over its name, and how it changed below that."""
    words(canvas, (30, 370, "Kiln Control"), size=15)
    tiles = [
        ("820 °C", "Chamber heat"),
        ("14", "Trays inside"),
        ("37 %", "Air humidity"),
        ("95", "Doors opened"),
    ]
    for i, (figure, name) in enumerate(tiles):
        x, y = 40 + 250 * (i % 2), 290 - 120 * (i // 2)
        words(canvas, (x, y, figure), size=28)
        words(canvas, (x, y - 24, name), size=12)
        words(canvas, (x, y - 42, f"+{i + 2}.5 % since noon"), size=8)


def departures(canvas: Canvas) -> None:
    words(canvas, (40, 370, "Cable car Birkhorn"), size=15)
    rows = [
        ("Stop", "12", "14", "16"),
        ("Valley", "08:10", "09:40", "11:15"),
        ("Alp", "08:22", "09:52", "11:27"),
        ("Summit", "08:35", "10:05", "11:40"),
    ]
    for i, row in enumerate(rows):
        words(canvas, *((60 + 110 * j, 320 - 24 * i, cell) for j, cell in enumerate(row)))


def order(canvas: Canvas) -> None:
    """Boxes with a cross, a tick that reaches out, and round ones that are filled."""
    words(canvas, (40, 370, "Lunch order of Viggo Sund"), size=15)
    for y, label, options, chosen in (
        (320, "Main course:", ("Soup", "Trout", "Risotto"), 1),
        (285, "Drink:", ("Water", "Cider"), 0),
        (250, "Dessert:", ("None", "Sorbet", "Cake"), 2),
    ):
        words(canvas, (40, y, label))
        for i, option in enumerate(options):
            x = 150 + 100 * i
            canvas.rect(x, y - 1, 10, 10)
            if i == chosen:
                canvas.line(x + 1, y, x + 9, y + 8)
                canvas.line(x + 1, y + 8, x + 9, y)
            words(canvas, (x + 16, y, option))


def chart(canvas: Canvas) -> None:
    """Two bars for each year, told apart by a legend."""
    words(canvas, (120, 375, "Hives kept in Alvdal"), size=14)
    kept = {"2019": (41, 23), "2020": (37, 52), "2021": (60, 18)}
    colours = ((0.1, 0.35, 0.75), (0.95, 0.6, 0.1))
    for i, (year, values) in enumerate(kept.items()):
        for j, value in enumerate(values):
            x = 100 + 130 * i + 42 * j
            canvas.setFillColorRGB(*colours[j])
            canvas.rect(x, 100, 38, 4 * value, stroke=0, fill=1)
            canvas.setFillColorRGB(0, 0, 0)
            words(canvas, (x + 13, 104 + 4 * value, str(value)))
        words(canvas, (128 + 130 * i, 84, year))
    for j, name in enumerate(("Wood", "Straw")):
        canvas.setFillColorRGB(*colours[j])
        canvas.rect(180 + 100 * j, 50, 9, 9, stroke=0, fill=1)
        canvas.setFillColorRGB(0, 0, 0)
        words(canvas, (196 + 100 * j, 51, name))


PAPERS: dict[str, Draw] = {
    "permit": permit,
    "panel": panel,
    "departures": departures,
    "order": order,
    "chart": chart,
}
TEXTS = {
    "keys.csv": "Key,Room,Holder,Deposit\nK-11,Attic,Runa Holm,20\nK-12,Cellar,Leif Aas,35\nK-13,Garage,Siv Moe,15\n",
    "plan.md": "# Harvest Week\n\n## Warden\n\nTorvald Lie\n\n## Shifts\n\n| Field | Crew | Start |\n|---|---|---|\n"
    "| North | Red | 06:30 |\n| South | Blue | 07:15 |\n\n## Rest\n\nNothing yet.\n",
    "log.txt": "PUMP LOG\nStation    Elvebakk\nOperator   Bjarne Vik\nPressure   4.2 bar\nNext visit 2024-05-02\n",
}


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("papers")
    for name, draw in PAPERS.items():
        canvas = Canvas(str(folder / f"{name}.pdf"), pagesize=(500, 400))
        draw(canvas)
        canvas.save()
    for name, text in TEXTS.items():
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="module")
def added(papers: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library") / "library"
    with triptych.open(folder) as library:
        assert {a.status for a in library.add(papers)} == {"ready"}
    return folder


@pytest.fixture
def library(added: Path) -> Library:
    return triptych.open(added)


ASKED = (
    ("What is the boat length on the berth permit of Ingeborg Falk?", "7.40 m", "permit.pdf"),
    ("How much are the harbour dues on the berth permit of Marina Tolby?", "$118.00", "permit.pdf"),
    ("What type of boat is on the berth permit of Ingeborg Falk?", "Wooden sloop", "permit.pdf"),
    ("How many trays are inside on the kiln control panel?", "14", "panel.pdf"),
    ("What is the air humidity according to the kiln control?", "37 %", "panel.pdf"),
    ("When does cable car 14 stop at Summit?", "10:05", "departures.pdf"),
    ("What time does cable car 12 leave Alp?", "08:22", "departures.pdf"),
    ("Which main course did Viggo Sund order?", "Trout", "order.pdf"),
    ("Which drink is ticked on the lunch order of Viggo Sund?", "Water", "order.pdf"),
    ("What dessert did Viggo Sund choose?", "Cake", "order.pdf"),
    ("How many straw hives were kept in Alvdal in 2020?", "52", "chart.pdf"),
    ("How many wood hives were kept in Alvdal in 2021?", "60", "chart.pdf"),
    ("Who is the holder of key K-12?", "Leif Aas", "keys.csv"),
    ("How much is the deposit for the Garage key?", "15", "keys.csv"),
    ("When is the start for the Blue crew of Harvest Week?", "07:15", "plan.md"),
    ("Who is the warden of Harvest Week?", "Torvald Lie", "plan.md"),
    ("What is the pressure at station Elvebakk?", "4.2 bar", "log.txt"),
    ("When is the next visit at station Elvebakk?", "2024-05-02", "log.txt"),
)


@pytest.mark.parametrize(("question", "value", "source"), ASKED)
def test_the_value_that_the_layout_gives_is_answered_and_cited(
    library: Library, question: str, value: str, source: str
) -> None:
    answer = library.ask(question)
    assert (answer.value, answer.abstained) == (value, False)
    (citation,) = answer.citations
    assert citation.source.endswith(source) and citation.verified
    assert value in citation.quote


@pytest.mark.parametrize(
    "question",
    [
        "What is the boat length on the berth permit of Ingrid Falk?",  # nobody of that name
        "What is the draught on the berth permit of Ingeborg Falk?",  # no such field
        "When does cable car 18 stop at Summit?",  # no such column
        "When does cable car 14 stop at Gorge?",  # nor row
        "How many clay hives were kept in Alvdal in 2020?",  # nor series
        "Which starter did Viggo Sund order?",  # nor choice
        "Who is the holder of key K-19?",
    ],
)
def test_what_no_label_says_is_not_answered(library: Library, question: str) -> None:
    assert library.ask(question).abstained


def test_the_command_line_tells_what_is_ticked(added: Path, run: Run) -> None:
    done = run("ask", "Which dessert did Viggo Sund choose?", "--json", library=added)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["value"] == "Cake"


def test_what_was_added_without_seeing_ticks_gives_no_choice(papers: Path, tmp_path: Path) -> None:
    with triptych.open(tmp_path / "library", settings={"look.detectors": "none"}) as library:
        library.add(papers / "order.pdf")
        answer = library.ask("Which main course did Viggo Sund order?")
        assert answer.abstained or answer.value != "Trout"


def regions(library: Library, papers: Path, name: str) -> Sequence[dict[str, str]]:
    page = library.show(str(papers / name), page=1)["pages"][0]
    return [(r["name"], r["text"]) for r in page["regions"]]  # type: ignore[misc]


def test_marks_and_series_are_regions_of_the_page(library: Library, papers: Path) -> None:
    order = regions(library, papers, "order.pdf")
    assert [text for name, text in order if name == "ticked"] == ["Trout", "Water", "Cake"]
    assert len([text for name, text in order if name == "unticked"]) == 5
    chart = regions(library, papers, "chart.pdf")
    assert [text for name, text in chart if name == "legend"] == ["Wood", "Straw"]
    assert sorted(text for name, text in chart if name == "series") == ["Straw"] * 3 + ["Wood"] * 3
    assert not [name for name, _ in regions(library, papers, "permit.pdf") if name in ("ticked", "series")]
