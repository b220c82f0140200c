"""Who it was: names that a page has in another place than the sentence says."""

from __future__ import annotations

import pytest

from test_grounding_facts import holds

MINUTES = """PUPILS' COUNCIL, LINDEN ACADEMY
held in the library, Wednesday 20 November 2024
Chair: Freya Nordahl (11B) / secretary: Samir Haddad (10A) / staff link: Ms Okafor-Lane
1. Water fountains. Carried: 13 for, 2 against. Mr Brill will order two fountains.
2. Phones at lunch. The motion fell: 6 for, 10 against. A recount was requested by Tom Ashby.
3. Winter fair. The stall was set up by Dana Kowalski. She also counted the takings."""
AWARD = """Contract award EW-HD-2023-19
Elmsward County Council
Winner: Stonebeck Engineering Ltd, 412,650 pounds net
Runner-up: Haldane & Crewe, 398,900 pounds net
Contact: Rosalind Achebe"""
FORM = """SUGGESTION 93-0307
Records department
Submitted by: Carol S. Lincoln
Route to: Gregor Smith"""


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        (MINUTES, "The chair was Freya Nordahl"),
        (MINUTES, "The secretary was Samir Haddad"),
        (MINUTES, "Mr Brill will order two fountains"),
        (MINUTES, "The recount was requested by Tom Ashby"),
        (MINUTES, "Dana Kowalski counted the takings"),
        (AWARD, "Stonebeck Engineering Ltd won the contract"),
        (AWARD, "The runner-up was Haldane & Crewe"),
        (FORM, "Submitted by: Carol S. Lincoln"),
    ],
)
def test_who_it_was(page: str, sentence: str) -> None:
    assert holds(page, sentence)


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        (MINUTES, "The chair was Samir Haddad"),
        (MINUTES, "Freya Nordahl was the secretary"),
        (MINUTES, "The recount was requested by Dana Kowalski"),
        (AWARD, "Haldane & Crewe won the contract"),
        (AWARD, "The winner is Rosalind Achebe"),
        (FORM, "Submitted by: Gregor S. Lincoln"),
        (FORM, "It was submitted by Gregor Smith"),
    ],
)
def test_who_it_was_not(page: str, sentence: str) -> None:
    assert not holds(page, sentence)


FAX = """FAX
Lorillard Legal Department
TO:
Ron Goldbrenner
FROM:
Becky Hayden
DATE: July 22, 1993"""
POLICY = """Alpina Sachversicherung AG
Versicherungsschein Nr. HR-6630
Versicherungsnehmer: Konrad Steinbrecher
Ihre Ansprechpartnerin: Verena Holzapfel, Telefon 089 4471203
Der Vertrag verlängert sich um ein Jahr."""
NOTES = """Project Osprey
Date: 23 May 2023 Place: Room 4.12, Rotterdam
Chair: Marit Oosterhuis Minutes: Ben Achterberg
Present: Marit Oosterhuis, Ben Achterberg, Lucia Ferraro
The next meeting is on 20 June 2023 at 14:00."""


@pytest.mark.parametrize(
    ("page", "sentence", "question"),
    [
        (FAX, "The sender is Becky Hayden", "Who sent it?"),
        (FAX, "The Lorillard fax of July 22, 1993 names Becky Hayden as the sender", "Who sent the Lorillard fax?"),
        (POLICY, "The contact person is Verena Holzapfel", "Who is the policyholder, and who the contact?"),
        (POLICY, "Konrad Steinbrecher is the policyholder", "Who is the policyholder, and who the contact?"),
        (NOTES, "Chair: Marit Oosterhuis", "Who was the chair?"),
        (NOTES, "The date of the next meeting is 20 June 2023", "What are the chair and the date of the next meeting?"),
    ],
)  # fmt: skip
def test_whom_a_question_of_several_things_is_told(page: str, sentence: str, question: str) -> None:
    assert holds(page, sentence, question)


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        (FAX, "The recipient is Becky Hayden"),
        (FAX, "Ron Goldbrenner is named as the sender"),
        (POLICY, "The policyholder is Verena Holzapfel"),
        (POLICY, "Contact person: Konrad Steinbrecher"),
        (NOTES, "The chair was Lucia Ferraro"),
    ],
)
def test_roles_in_other_words_and_languages(page: str, sentence: str) -> None:
    assert not holds(page, sentence, "Who is it?")
