from __future__ import annotations

import pytest

from infra.local.model.quantities import read_conditions, read_quantities
from infra.local.model.rules import Ruling, rule_on

RULES = (
    "L1: Keep parcels with perishable food.",
    "L2: Release parcels collected within 10 days.",
    "L3: Return when more than 10 days have passed.",
    "L4: Ask about anything else.",
)
VALUES = ("keep", "release", "return", "ask")


def ruled(data: str, *, first_wins: bool = True) -> Ruling:
    return rule_on(data, RULES, VALUES, first_wins=first_wins)


@pytest.mark.parametrize(
    ("data", "value", "label"),
    [
        ("There is food inside, four days ago it came.", "keep", "L1"),
        ("Someone collected it 3 days ago.", "release", "L2"),
        ("It has been here for two weeks.", "return", "L3"),
        ("Collected 11 days ago.", "return", "L3"),
        ("A strange sound comes from it.", "ask", "L4"),
        ("", "ask", "L4"),
    ],
)
def test_the_rule_that_fits_decides(data: str, value: str, label: str) -> None:
    assert (ruled(data).value, ruled(data).label) == (value, label)


def test_what_the_text_denies_does_not_count() -> None:
    assert ruled("There is no food in it, it was collected yesterday.").label == "L2"


def test_an_exception_holds_its_rule_back() -> None:
    rules = ("Return parcels with batteries, unless they are sealed.", "Release otherwise.")

    assert rule_on("batteries, in a box", rules, VALUES, first_wins=True).value == "return"
    assert rule_on("batteries, sealed", rules, VALUES, first_wins=True).value == "release"


def test_without_rules_the_most_careful_value_is_chosen() -> None:
    assert rule_on("anything", (), ("yes", "no", "unknown"), first_wins=False).value == "unknown"


@pytest.mark.parametrize(
    ("text", "quantities"),
    [
        ("Bought three weeks ago for $1,250.50", {"days": 21, "money": 1250.5}),
        ("We waited 3 days; it came 40 days ago. 1.249 EUR", {"days": 40, "money": 1249}),
        ("yesterday", {"days": 1}),
        ("no numbers", {}),
    ],
)
def test_days_and_money_are_read(text: str, quantities: dict[str, float]) -> None:
    assert read_quantities(text) == quantities


def test_conditions_say_which_side_of_the_bound_is_meant() -> None:
    within, above = read_conditions("Within 14 days, and not above 20 euros or over 90 euros")[0::2]

    assert (within.unit, within.holds(14), within.holds(15)) == ("days", True, False)
    assert (above.unit, above.holds(90), above.holds(91)) == ("money", False, True)
