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
