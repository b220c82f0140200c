"""Follow-up questions by rules: what people type next, in English and German, and what it is understood as."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triptych.dialogue.conversation import Turn, rewritten
from triptych.dialogue.mentions import mention, names
from triptych.library import Library

TOTAL = "What is the total on the ACME invoice INV-1042?"
DUE = "When is the ACME invoice INV-1043 due?"
COST = "How much did the invoice HP-2207 of Harbour & Pine cost?"
SPENT = "How much did ACME spend in 2021?"
RAIN = "How much rain fell in February 2023?"
CAKE = "How much did the lemon cake cost at the Corner Cafe?"
LOAN = "Who signed the loan form for the underwater camera?"
SUMME = "Wie hoch ist der Gesamtbetrag der Rechnung RE-4711 von Müller GmbH?"
FRIST = "Wann ist die Rechnung RE-4711 fällig?"
SCHEIN = "Wer hat den Lieferschein LS-88 unterschrieben?"
KOSTEN = "Wie viel hat Müller GmbH 2021 ausgegeben?"
REGEN = "Wie viel Regen fiel im Februar 2023?"

ANOTHER_VALUE = [
    (TOTAL, "What about the due date?", "What is the due date on the ACME invoice INV-1042?"),
    (TOTAL, "And the tax?", "What is the tax on the ACME invoice INV-1042?"),
    (TOTAL, "the due date?", "What is the due date on the ACME invoice INV-1042?"),
    (TOTAL, "and when?", "What is the date on the ACME invoice INV-1042?"),
    (DUE, "And the date?", "What is the date of the ACME invoice INV-1043?"),
    (DUE, "and the total of INV-1044?", "What is the total of INV-1044?"),
    (COST, "and its VAT?", "What is the VAT of the invoice HP-2207 of Harbour & Pine?"),
    (COST, "VAT?", "What is the VAT of the invoice HP-2207 of Harbour & Pine?"),
    (COST, "And the IBAN?", "What is the IBAN of the invoice HP-2207 of Harbour & Pine?"),
    (COST, "And the payment terms?", "What are the payment terms of the invoice HP-2207 of Harbour & Pine?"),
    (
        COST,
        "ok, and the customer number?",
        "What is the customer number of the invoice HP-2207 of Harbour & Pine?",
    ),
    (SPENT, "And its revenue in 2022?", "What is the revenue of ACME in 2022?"),
    ("When did ACME close?", "And its address?", "What is the address of ACME?"),
    (LOAN, "And the lender?", "What is the lender of the loan form?"),
    (SUMME, "Und das Datum?", "Was ist das Datum auf der Rechnung RE-4711 von Müller GmbH?"),
    (
        SUMME,
        "und die Mehrwertsteuer?",
        "Was ist die Mehrwertsteuer auf der Rechnung RE-4711 von Müller GmbH?",
    ),
    (SUMME, "Und wann?", "Was ist das Datum auf der Rechnung RE-4711 von Müller GmbH?"),
    (
        SUMME,
        "Wie sieht es mit der Mehrwertsteuer aus?",
        "Was ist die Mehrwertsteuer auf der Rechnung RE-4711 von Müller GmbH?",
    ),
    (FRIST, "Und der Betrag?", "Was ist der Betrag auf der Rechnung RE-4711?"),
    (FRIST, "Was ist mit der IBAN?", "Was ist die IBAN auf der Rechnung RE-4711?"),
    (FRIST, "Und der Betrag der Rechnung RE-4712?", "Was ist der Betrag der Rechnung RE-4712?"),
]
EXCHANGED = [
    (TOTAL, "And for INV-1043?", "What is the total on the ACME invoice INV-1043?"),
    (TOTAL, "INV-1043?", "What is the total on the ACME invoice INV-1043?"),
    (TOTAL, "How much for INV-1044?", "What is the total on the ACME invoice INV-1044?"),
    (TOTAL, "And Globex?", "What is the total on the Globex invoice?"),
    (TOTAL, "How about the one of Globex?", "What is the total on the Globex invoice?"),
    (TOTAL, "and for the Globex invoice?", "What is the total on the Globex invoice?"),
    (DUE, "And for INV-1043?", DUE),
    (SPENT, "And in 2022?", "How much did ACME spend in 2022?"),
    (SPENT, "And Globex?", "How much did Globex spend in 2021?"),
    (SPENT, "and Globex in 2022?", "How much did Globex spend in 2022?"),
    (RAIN, "What about March?", "How much rain fell in March 2023?"),
    (RAIN, "And in 2024?", "How much rain fell in February 2024?"),
    (RAIN, "and in March 2024?", "How much rain fell in March 2024?"),
    ("How much did ACME spend?", "And in 2022?", "How much did ACME spend in 2022?"),
    ("What was the revenue of ACME in Q1 2022?", "And Q2?", "What was the revenue of ACME in Q2 2022?"),
    ("How much rain fell on 2 May 2024?", "And on 3 May 2024?", "How much rain fell on 3 May 2024?"),
    (CAKE, "And the soup?", "How much did the soup cost at the Corner Cafe?"),
    (CAKE, "And at the Harbour Bar?", "How much did the lemon cake cost at the Harbour Bar?"),
    ("Combien ACME a dépensé en 2021 ?", "et pour 2022 ?", "Combien ACME a dépensé en 2022 ?"),
    (SUMME, "Und für RE-4712?", "Wie hoch ist der Gesamtbetrag der Rechnung RE-4712 von Müller GmbH?"),
    (SUMME, "Und von Globex AG?", "Wie hoch ist der Gesamtbetrag der Rechnung von Globex AG?"),
    (KOSTEN, "Und 2022?", "Wie viel hat Müller GmbH 2022 ausgegeben?"),
    (KOSTEN, "Und im Jahr 2022?", "Wie viel hat Müller GmbH 2022 ausgegeben?"),
    (KOSTEN, "Und Globex?", "Wie viel hat Globex 2021 ausgegeben?"),
    (REGEN, "Und im März?", "Wie viel Regen fiel im März 2023?"),
]
REFERRING = [
    (TOTAL, "Who issued it?", "Who issued the ACME invoice INV-1042?"),
    (TOTAL, "And who issued it?", "Who issued the ACME invoice INV-1042?"),
    (TOTAL, "What is its due date?", "What is the due date of the ACME invoice INV-1042?"),
    (TOTAL, "When is that invoice due?", "When is the ACME invoice INV-1042 due?"),
    (TOTAL, "When is the invoice due?", "When is the ACME invoice INV-1042 due?"),
    (TOTAL, "Who paid that?", "Who paid the ACME invoice INV-1042?"),
    (TOTAL, "Did Globex pay it?", "Did Globex pay the ACME invoice INV-1042?"),
    (TOTAL, "When is the payment due?", "When is the payment due on the ACME invoice INV-1042?"),
    (TOTAL, "Is it true that it was paid?", "Is it true that the ACME invoice INV-1042 was paid?"),
    (DUE, "Who is it billed to?", "Who is the ACME invoice INV-1043 billed to?"),
    (COST, "How much is the VAT on it?", "How much is the VAT on the invoice HP-2207 of Harbour & Pine?"),
    (COST, "Where was it sent to?", "Where was the invoice HP-2207 of Harbour & Pine sent to?"),
    (
        COST,
        "What are their bank details?",
        "What are the bank details of the invoice HP-2207 of Harbour & Pine?",
    ),
    (LOAN, "When was it returned?", "When was the loan form returned?"),
    (LOAN, "Where does she live?", "Where does Marta Oduya live?"),
    (SUMME, "Wann ist sie fällig?", "Wann ist die Rechnung RE-4711 von Müller GmbH fällig?"),
    (SUMME, "Und wer hat sie bezahlt?", "Wer hat die Rechnung RE-4711 von Müller GmbH bezahlt?"),
    (SUMME, "Wann ist diese Rechnung fällig?", "Wann ist die Rechnung RE-4711 von Müller GmbH fällig?"),
    (SUMME, "Wann ist die Rechnung fällig?", "Wann ist die Rechnung RE-4711 von Müller GmbH fällig?"),
    (
        SUMME,
        "Wie hoch ist die Mehrwertsteuer darauf?",
        "Wie hoch ist die Mehrwertsteuer auf der Rechnung RE-4711 von Müller GmbH?",
    ),
    (SUMME, "Was ist ihre Nummer?", "Was ist die Nummer auf der Rechnung RE-4711 von Müller GmbH?"),
    (SUMME, "Wer hat dafür bezahlt?", "Wer hat für die Rechnung RE-4711 von Müller GmbH bezahlt?"),
    (FRIST, "Enthält sie Mehrwertsteuer?", "Enthält die Rechnung RE-4711 Mehrwertsteuer?"),
    (FRIST, "Gibt es Rabatt?", "Gibt es Rabatt auf der Rechnung RE-4711?"),
    (FRIST, "Wer ist der Empfänger?", "Wer ist der Empfänger auf der Rechnung RE-4711?"),
    (SCHEIN, "Wann wurde er unterschrieben?", "Wann wurde der Lieferschein LS-88 unterschrieben?"),
    (SCHEIN, "Wer hat ihn ausgestellt?", "Wer hat den Lieferschein LS-88 ausgestellt?"),
    (SCHEIN, "Was ist sein Datum?", "Was ist das Datum auf dem Lieferschein LS-88?"),
]
ALONE = [
    (TOTAL, "Where is Harbour & Pine?"),
    (TOTAL, "What is the total on the grocery receipt?"),
    (TOTAL, "What did Globex charge in 2023?"),
    (TOTAL, "Are you sure?"),
    (TOTAL, "Really?"),
    (TOTAL, "Why?"),
    (TOTAL, "and who?"),
    (TOTAL, "and the second one?"),
    (TOTAL, "How many boats are there in the harbour in the summer of this year, then?"),
    (SUMME, "Was steht auf dem Lieferschein LS-90?"),
    (SUMME, "Wo sitzt Globex?"),
]


@pytest.mark.parametrize(("before", "asked", "meant"), ANOTHER_VALUE + EXCHANGED + REFERRING)
def test_a_follow_up_is_written_out(before: str, asked: str, meant: str) -> None:
    said = "Marta Oduya [1]." if before == LOAN else "$129.50 [1]"
    assert rewritten(asked, [Turn(before, said)]) == meant


@pytest.mark.parametrize(("before", "asked"), ALONE)
def test_what_stands_for_itself_is_left_alone(before: str, asked: str) -> None:
    assert rewritten(asked, [Turn(before, "129.50 [1]")]) == ""


def test_turns_that_follow_others_are_understood_first() -> None:
    talk = [Turn(TOTAL, "$129.50 [1]"), Turn("And for INV-1043?", "$348.20 [1]")]
    assert rewritten("And the date?", talk) == "What is the date on the ACME invoice INV-1043?"
    assert rewritten("And INV-1044?", talk) == "What is the total on the ACME invoice INV-1044?"
    far = [*talk, Turn("Is it paid?", "Yes.")]
    assert rewritten("Who issued it?", far) == "Who issued the ACME invoice INV-1043?"


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        (COST, "the invoice HP-2207 of Harbour & Pine"),
        (DUE, "the ACME invoice INV-1043"),
        ("Who is invoice no. 30064443 from?", "invoice no. 30064443"),
        ("What did Marta Oduya borrow on 31 May 2024?", "Marta Oduya"),
        ("What is the total on the grocery receipt?", "the grocery receipt"),
        (SUMME, "der Rechnung RE-4711 von Müller GmbH"),
        ("Was hat die Firma Müller berechnet?", "die Firma Müller"),
        ("How much rain fell in 2023?", None),
    ],
)
def test_what_a_question_speaks_of(question: str, meant: str | None) -> None:
    found = mention(question)
    assert (None if found is None else found.text) == meant


def test_german_nouns_are_no_names() -> None:
    assert names("Wie hoch ist der Gesamtbetrag von Müller GmbH?", german=True) == ["Müller GmbH"]


@pytest.mark.parametrize(
    ("before", "asked", "value"),
    [
        (DUE, "And the date?", "2024-03-19"),
        (DUE, "Who is it billed to?", "Summit Cycle Works"),
        (DUE, "and its tax?", "28.02"),
        ("Wie hoch ist der Gesamtbetrag der Rechnung INV-1043?", "Wann ist sie fällig?", "2024-04-18"),
        ("Wie hoch ist der Gesamtbetrag der Rechnung INV-1043?", "Und das Datum?", "2024-03-19"),
    ],
)
def test_what_was_understood_is_answered(library: Library, before: str, asked: str, value: str) -> None:
    assert library.ask(asked, turns=[Turn(before, library.ask(before).text)]).value == value


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_anything_may_be_typed(before: str, answer: str, asked: str) -> None:
    assert isinstance(rewritten(asked, [Turn(before, answer)]), str)


@given(
    st.lists(
        st.sampled_from(
            [
                "and",
                "und",
                "its",
                "the",
                "der",
                "die",
                "invoice",
                "Rechnung",
                "INV-1",
                "ACME",
                "it",
                "sie",
                "for",
                "für",
                "2022",
                "?",
                ",",
                ".",
                "'",
                "is",
            ]
        )
    )
)
def test_any_order_of_words_may_be_typed(words: list[str]) -> None:
    asked = " ".join(words)
    assert isinstance(rewritten(asked, [Turn(TOTAL), Turn(asked), Turn(SUMME)]), str)
