"""Questions that do not repeat what is printed: roles by other words, kinds of value, facts of sentences, abstention."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from triptych.answering import roles, shapes
from triptych.answering.asked import asked
from triptych.values import numbers

PAPERS = {
    "clinic.txt": """Vet Clinic Record

Animal: Biscuit
Breed: Border Collie
Keeper: Hanna Weiss
Weight: 18.4 kg
Treating vet: Dr. Paul Adeyemi
Vaccinated on: 12 May 2023
Next visit: 20 November 2023
Chip no.: C-98511
Fee: EUR 64.50
""",
    "lease.txt": """Lease of the flat in Orchard Mews

This lease is made on 3 March 2022 between Ottoline Grey (the lessor) and Marcus Bell (the lessee).
The monthly rent is $1,450 and falls due on the first. A security deposit of $2,900 has been paid.
Our caretaker Joan Pike lives in room 12, extension 7643.
""",
    "museum.txt": """Museum of Clocks
12 Tower Street, Bath BA1 2QT

5 February 2024

Mrs. Edith Larsson
8 Quay Road

Dear Mrs. Larsson,

thank you for lending us the regulator. The exhibition opens on 2 May 2024 and closes on 30 September 2024.
The insured value is GBP 85,000.

Kind regards,
Ines Moreau
Curator
""",
    "parcel.txt": """Swift Couriers
Proof of delivery

Tracking no.   SC-99120-X
Shipper        Lumen Optics
Signed for by  Tom Okoye
Pieces         3
""",
    "stock.csv": "SKU,Article,Stock,Supplier\nB5579,Lanterns,559,Kestrel Timber\nC8241,Paint roller,489,Halden Marine\n"
    "C1679,Jigsaw,792,Pinnacle Tools\n",
}
QUESTIONS = {
    "Who owns Biscuit?": "Hanna Weiss",
    "How heavy is Biscuit?": "18.4 kg",
    "Wie schwer ist Biscuit?": "18.4 kg",
    "Which doctor treated Biscuit?": "Dr. Paul Adeyemi",
    "When was Biscuit vaccinated?": "12 May 2023",
    "What number does Biscuit's microchip have?": "C-98511",
    "How much did the visit of Biscuit cost?": "EUR 64.50",
    "Who is the tenant in Orchard Mews?": "Marcus Bell",
    "Who rents out the flat in Orchard Mews?": "Ottoline Grey",
    "How much is the rent per month in Orchard Mews?": "$1,450",
    "Who is the caretaker of Orchard Mews?": "Joan Pike",
    "Which extension does Joan Pike have?": "7643",
    "Who wrote to Edith Larsson?": "Ines Moreau",
    "To whom is the letter from the Museum of Clocks addressed?": "Mrs. Edith Larsson",
    "When does the exhibition of the Museum of Clocks close?": "30 September 2024",
    "What is Ines Moreau's position?": "Curator",
    "Where is the Museum of Clocks?": "12 Tower Street, Bath BA1 2QT",
    "Who signed for the parcel of Lumen Optics?": "Tom Okoye",
    "Who sent the parcel SC-99120-X?": "Lumen Optics",
    "Who supplies the Paint roller with SKU C8241?": "Halden Marine",
    # Nobody and nothing of that name, or nothing of that kind:
    "Who owns Rufus?": "",
    "What is Biscuit's blood group?": "",
    "Who is the insurer of Orchard Mews?": "",
    "Who is the director of the Museum of Clocks?": "",
    "What did the parcel SC-99120-X cost?": "",
    "Is Biscuit insured?": "",
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """What the command line answers to every question, asked of all papers."""
    folder: Path = tmp_path_factory.mktemp("roles")
    papers = folder / "papers"
    papers.mkdir()
    for name, text in PAPERS.items():
        (papers / name).write_text(text, encoding="utf-8")
    (folder / "questions").write_text("\n".join(QUESTIONS), encoding="utf-8")
    program = [sys.executable, "-m", "triptych", "--library", str(folder / "library")]
    subprocess.run([*program, "add", str(papers)], check=True, capture_output=True)
    asked_all = [*program, "ask", "--json", "--questions", str(folder / "questions")]
    done = subprocess.run(asked_all, check=False, capture_output=True, text=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    return {a["question"]: a for a in answers}


@pytest.mark.parametrize(("question", "value"), QUESTIONS.items())
def test_a_role_is_found_whatever_the_question_calls_it(
    told: dict[str, dict[str, object]], question: str, value: str
) -> None:
    given = told[question]
    assert given["value"] == value
    assert given["abstained"] is (not value)
    assert all(c["verified"] for c in given["citations"])  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("question", "shape"),
    [
        ("Who is handling the claim?", shapes.NAME),
        ("Which company sent the invoice?", shapes.NAME),
        ("Bis wann ist das gültig?", shapes.DAY),
        ("At what time does it leave?", shapes.TIME),
        ("How long is the notice period?", shapes.SPAN),
        ("How heavy was the shipment?", shapes.MASS),
        ("At what temperature is it kept?", shapes.HEAT),
        ("How many packages were there?", shapes.COUNT),
        ("How much cream goes into it?", shapes.FIGURE),
        ("¿Cuánto cuesta la entrada?", shapes.MONEY),
        ("Which department is on the student ID?", shapes.TEXT),
        ("What is the number of Jonas Crowther's claim?", shapes.CODE),
    ],
)
def test_a_question_calls_for_a_shape(question: str, shape: str) -> None:
    assert shapes.called_for(question.strip("¿?")) == shape


@pytest.mark.parametrize(
    ("value", "shape", "fits"),
    [
        ("Hanna Weiss", shapes.NAME, True),
        ("+44 20 7272 6796", shapes.NAME, False),
        ("12 May 2023", shapes.DAY, True),
        ("DN-28765", shapes.CODE, True),
        ("51.10", shapes.CODE, False),
        ("$2,900", shapes.MONEY, True),
        ("2021", shapes.COUNT, False),
        ("8 °C", shapes.HEAT, True),
        ("9", shapes.HEAT, False),
    ],
)
def test_a_value_fits_its_shape_or_does_not(value: str, shape: str, fits: bool) -> None:
    assert (shapes.fits(value, shape) > 0) is fits


def test_names_are_no_words_of_the_role() -> None:
    wanted = asked('Who approved the loan to Ursula Rasmussen on the form "Loan of Equipment"?')
    assert wanted.names == ("Ursula Rasmussen", "Loan of Equipment")
    assert not {"ursula", "rasmussen", "equipment"} & set(roles.words(wanted.words))


def test_a_code_with_a_hyphen_is_no_negative_number() -> None:
    assert not numbers("DN-28765 and L-4821")
    assert [n.text for n in numbers("-4821 and USD -12")] == ["-4821", "USD -12"]


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("How many people used Apple Music in March 2018?", ("Apple Music", "2018")),
        ("How many viewers watched the NFL Super Bowl?", ("NFL Super Bowl",)),
        ("What is the BIC on the Lefèvre Services invoice?", ("Lefèvre Services",)),
    ],
)
def test_names_of_a_question_are_whole_and_hold_no_month(question: str, names: tuple[str, ...]) -> None:
    assert asked(question).names == names


@pytest.mark.parametrize(
    ("value", "kind"), [("Wednesday", shapes.DAY), ("jueves", shapes.DAY), ("07/06/2022", shapes.CODE)]
)
def test_a_weekday_is_a_day_and_a_date_is_no_code(value: str, kind: str) -> None:
    assert (shapes.fits(value, kind) > 0) == (kind == shapes.DAY)
