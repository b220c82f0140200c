"""Questions as people type them: values in rows, labels without a colon, the more of two, and what no page says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from test_answer import evidence, holds, page
from triptych.answer import answer
from triptych.answering import comparing, rows, wanting
from triptych.answering.layout import Layout
from triptych.types import Box, Page, Region

TILL = page(
    (60.0, 40.0, "HARBOUR TOOLS LTD"),
    (60.0, 80.0, "Quay Street 4"),
    (60.0, 140.0, "BRASS DOOR HINGE 40MM"),
    (60.0, 166.0, "HX-2214"),
    (60.0, 192.0, "5012345678900"),
    (350.0, 192.0, "3 X 4.20"),
    (560.0, 192.0, "12.60"),
    (60.0, 230.0, "WOOD GLUE"),
    (60.0, 256.0, "5012345678917"),
    (350.0, 256.0, "1 X 6.90"),
    (560.0, 256.0, "6.90"),
    (60.0, 300.0, "TOTAL"),
    (560.0, 300.0, "19.50"),
    (60.0, 340.0, "OPERATOR MARA LINDQVIST"),
    (60.0, 380.0, "GOODS ARE NOT RETURNABLE WITHOUT RECEIPT."),
)
VOTES = page(
    (60.0, 40.0, "Tennis Club Brannen"),
    (60.0, 76.0, "Results of the ballot"),
    (330.0, 120.0, "For"),
    (590.0, 120.0, "Against"),
    (60.0, 142.0, "Name"),
    (260.0, 142.0, "Votes"),
    (380.0, 142.0, "Percentage"),
    (520.0, 142.0, "Votes"),
    (640.0, 142.0, "Percentage"),
    *(
        (x, 180.0 + 48 * i, word)
        for i, line in enumerate(
            (
                ("Nora K.", "1,204", "91.2%", "116", "8.8%"),
                ("Piet van", "1,150", "87.1%", "170", "12.9%"),
                ("Ilse T.", "1,290", "97.7%", "30", "2.3%"),
            )
        )
        for x, word in zip((60.0, 260.0, 380.0, 520.0, 640.0), line, strict=True)
    ),
    (60.0, 202.0, "Ahlberg"),
    (60.0, 250.0, "Houten"),
    (60.0, 298.0, "Wagner"),
)
YEARS = page(
    (60.0, 40.0, "Northlake Ferries"),
    (60.0, 76.0, "Statement of earnings"),
    (60.0, 120.0, "Fiscal years ended"),
    (350.0, 120.0, "March 31, 2021"),
    (520.0, 120.0, "March 31, 2020"),
    (60.0, 150.0, "Revenue"),
    (400.0, 150.0, "4,410"),
    (570.0, 150.0, "4,120"),
    (60.0, 176.0, "Cost of fuel"),
    (400.0, 176.0, "1,230"),
    (570.0, 176.0, "—"),
    (60.0, 202.0, "Gross profit"),
    (400.0, 202.0, "3,180"),
    (570.0, 202.0, "2,975"),
)
BADGE = page(
    (60.0, 40.0, "Conservation Lab"),
    (60.0, 64.0, "Work order"),
    (60.0, 98.0, "Project Name Copper Roof Study"),
    (60.0, 130.0, "Approved By"),
    (300.0, 130.0, "Tilda Rasmussen"),
    (60.0, 170.0, "Finish: Matt"),
    (300.0, 170.0, "Gloss"),
    (460.0, 170.0, "Satin"),
)


def ask(question: str, *pages: Page) -> str:
    """The answer, which is held against the page that it cites."""
    given = answer(question, evidence(*pages))
    if not given.abstained:
        holds(given, pages[0])
    return given.value


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("How many brass door hinges were bought at Harbour Tools?", "3"),
        ("how much for the wood glue at harbour tools", "6.90"),
        ("What is the name of the operator at Harbour Tools?", "MARA LINDQVIST"),
        ("Can the goods from Harbour Tools be returned?", "GOODS ARE NOT RETURNABLE WITHOUT RECEIPT."),
    ],
)
def test_a_till_receipt_is_asked_in_plain_words(question: str, value: str) -> None:
    assert ask(question, TILL) == value


@pytest.mark.parametrize(
    "question",
    [
        "Which table number is on the Harbour Tools receipt?",
        "Which credit card was used at Harbour Tools?",
        "How many copper pipes were bought at Harbour Tools?",
        "What is the phone number of Harbour Tools?",
        "Who approved the purchase at Harbour Tools?",
        "Is parking free at Harbour Tools?",
    ],
)
def test_what_a_receipt_does_not_say_is_not_made_up(question: str) -> None:
    assert answer(question, evidence(TILL)).abstained


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("How many votes were cast against Nora Ahlberg?", "116"),
        ("How many votes did Ilse Wagner get?", ""),  # for or against?
        ("Who got the highest percentage against?", "Piet van"),
        ("Who got more votes against, Nora Ahlberg or Piet van Houten?", "Piet van"),
        ("Did Ilse Wagner get more votes against than Nora Ahlberg?", "Nora K. 116 Ilse T. 30"),
    ],
)
def test_a_cell_is_named_by_a_row_that_wraps_and_a_head_of_two_lines(question: str, value: str) -> None:
    assert ask(question, VOTES) == value


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("northlake ferries gross profit fiscal 2020", "2,975"),
        ("What was the gross profit of Northlake Ferries in the year ended March 31, 2021?", "3,180"),
        ("northlake ferries fiscal 2019 gross profit", ""),
        ("northlake ferries gross profit", ""),  # of which year?
    ],
)
def test_a_column_is_named_by_the_year_over_it(question: str, value: str) -> None:
    assert ask(question, YEARS) == value


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("project name conservation lab", "Copper Roof Study"),
        ("Who approved the study at the Conservation Lab?", "Tilda Rasmussen"),
        ("Which finish was chosen at the Conservation Lab?", ""),  # three are offered, none is ticked
    ],
)
def test_a_label_needs_no_colon_and_an_offer_is_no_answer(question: str, value: str) -> None:
    assert ask(question, BADGE) == value


def test_rows_give_the_heads_of_their_columns() -> None:
    found = {
        (f.keys[-1], f.name): VOTES.text.text[slice(*f.value[0])] for f in rows.rows(Layout(VOTES)) if f.keys
    }
    assert found["Nora K. Ahlberg", "Against Votes"] == "116"
    assert found["Ilse T. Wagner", "For Percentage"] == "97.7%"


def test_an_axis_that_stands_upright_is_no_row() -> None:
    lines = [(30.0, 200.0, "Costs"), (300.0, 200.0, "12"), (400.0, 200.0, "15")]
    upright = Layout(page(*lines))
    assert {f.keys for f in rows.rows(upright) if f.keys} == {("Costs",)}
    chart = page((300.0, 120.0, "12"), (400.0, 90.0, "15"), (300.0, 400.0, "2019"), (400.0, 400.0, "2020"))
    drawn = replace(chart, regions=(Region("figure", Box(0.0, 0.0, 1.0, 1.0)),))
    assert answer("What were the costs in 2019?", evidence(drawn)).value != "15"


@pytest.mark.parametrize(
    ("question", "focus"),
    [
        ("What income tax expense did Ferries have in 2020?", ("income", "tax", "expense")),
        ("How many bags of cement were sold?", ("bags", "cement")),
        ("Who approved the requisition?", ("approved",)),
        ("How much did Ferries pay in dividends?", ("pay", "dividends")),
        ("storage box price", ("storage", "box", "price")),
        ("Was hat die Vollkasko gekostet?", ("vollkasko",)),
        ("What time does the ferry leave?", ()),  # a time says itself what it is
    ],
)
def test_what_a_question_wants_is_told_from_of_what(question: str, focus: tuple[str, ...]) -> None:
    assert wanting.asking(question).focus == focus


@pytest.mark.parametrize(
    ("question", "yes"),
    [
        ("Which pump has the highest pressure?", True),
        ("Who gained more yards, Ann Field or Tom Brook?", True),
        ("Does Oslo have more stores than Bergen?", True),
        ("How many more pages are there?", False),
        ("What is the pressure of pump 2?", False),
    ],
)
def test_a_question_that_compares_is_known(question: str, yes: bool) -> None:
    assert comparing.compares(question) is yes


def test_two_that_are_the_same_have_no_more() -> None:
    even = page(
        (60.0, 40.0, "Stores by city"),
        *((60.0, 100.0 + 30 * i, city) for i, city in enumerate(("Oslo", "Bergen", "Hamar"))),
        *((350.0, 100.0 + 30 * i, count) for i, count in enumerate(("14", "14", "9"))),
        (350.0, 70.0, "Stores"),
    )
    assert answer("Does Oslo have more stores than Bergen?", evidence(even)).abstained
    assert ask("Does Oslo have more stores than Hamar?", even) == "Oslo 14 Hamar 9"


PORTS = page(
    (60.0, 40.0, "Navigator"),
    *(
        (x, 80.0 + 22 * i, word)
        for i, line in enumerate(
            (
                ("Name", "Harbour code", "Location"),
                ("North Quay Terminal", "KNQT", "Record"),
                ("Old Basin Terminal", "KOBT", "Record"),
                ("Salt Pier Terminal", "KSPT", "Record"),
                ("Mole West Terminal", "KMWT", "Record"),
            )
        )
        for x, word in zip((60.0, 330.0, 560.0), line, strict=True)
    ),
)


def test_a_column_of_words_has_its_first_line_for_head() -> None:
    assert answer("What is the harbour code of Mole West Terminal?", evidence(PORTS)).value == "KMWT"
    heads = {PORTS.text.text[slice(*f.value[0])]: f.name for f in rows.rows(Layout(PORTS))}
    assert heads["KMWT"] == "Harbour code"


def test_a_value_of_a_sentence_stands_near_what_is_asked() -> None:
    text = "Pursuant to the Harbour Pilots Act the master of the vessel has duly caused this log to be signed"
    asked = wanting.asking("Who signed the log?")
    at = text.index("Harbour"), text.index(" the master")
    assert not wanting.close(asked, text, at)
    assert wanting.close(asked, "signed by Mara Lindqvist", (10, 24))
