from __future__ import annotations

import pytest

from infra.local.model.instructions import read_instructions
from infra.local.model.quantities import read_conditions, read_quantities
from infra.local.model.reading import read_input
from infra.local.model.rules import Ruling, rule_on

FORM = "Return JSON with fields: verdict, note.\nverdict is one of keep, release, return, ask.\n"
PARCELS = (
    "L1: Keep parcels with perishable food.\n"
    "L2: Release parcels collected within 10 days.\n"
    "L3: Return when more than 10 days have passed.\n"
    "L4: Ask about anything else.\n"
)
FIRST = "The first rule that fits wins.\n"
LIST = (
    "Return JSON with fields: shelf, note.\n"
    "shelf is one of these:\n"
    "- cellar: wine, potatoes and anything that likes the dark.\n"
    "- fridge: milk, butter and meat.\n"
    "- pantry: everything else.\n"
)


def ruled(data: str, rules: str = PARCELS + FIRST, form: str = FORM, field: str = "verdict") -> Ruling:
    return rule_on(read_input(data), read_instructions(form + rules).rulebooks[field])


def shelf(data: str, text: str = LIST) -> str:
    return ruled(data, "", text, "shelf").value


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


def test_of_several_rules_that_fit_the_first_the_last_or_the_best_decides_as_told() -> None:
    data = "Perishable food, it came two weeks ago."

    assert ruled(data, PARCELS + FIRST).label == "L1"
    assert ruled(data, PARCELS + "The last rule that fits wins.").label == "L3"
    assert ruled(data, PARCELS).label == "L1"


def test_what_the_text_denies_does_not_count() -> None:
    assert ruled("There is no food in it, it was collected yesterday.").label == "L2"


def test_a_rule_about_what_is_not_there_fits_where_that_is_denied() -> None:
    rules = "Keep parcels that were not collected.\nReturn parcels that were collected.\n"

    assert ruled("It was not collected.", rules).value == "keep"
    assert ruled("It was collected.", rules).value == "return"


@pytest.mark.parametrize("wording", ["Never keep", "Do not keep"])
def test_a_rule_that_forbids_a_value_does_not_decide_for_it(wording: str) -> None:
    assert ruled("There is food inside.", PARCELS.replace("Keep", wording)).value == "ask"


def test_an_exception_holds_its_rule_back() -> None:
    rules = "Return parcels with batteries, unless they are sealed.\nRelease otherwise.\n"

    assert ruled("batteries, in a box", rules).value == "return"
    assert ruled("batteries, sealed", rules).value == "release"


def test_without_rules_the_most_careful_value_is_chosen() -> None:
    careful = "Return JSON with fields: verdict, note.\nverdict is one of yes, no, unknown.\n"

    assert ruled("anything", "", careful).value == "unknown"


@pytest.mark.parametrize(
    "text",
    [
        LIST,
        LIST.replace("- ", "* "),
        LIST.replace("- cellar:", "- `cellar` \u2013").replace("- fridge:", "- **fridge** \u2013"),
        LIST.replace("shelf is one of these:", "Choose the shelf from this list:"),
        "Return JSON with fields: shelf, note. shelf is one of cellar, fridge, pantry.\n"
        "Use cellar for wine and potatoes. Use fridge when there is milk, butter or meat. "
        "Anything else is pantry.",
        "Return JSON with fields: shelf, note. shelf is one of cellar, fridge, pantry.\n"
        "Wine and potatoes: cellar.\nMilk, butter and meat -> fridge.\nIn doubt choose pantry.",
    ],
)
def test_the_meanings_of_labels_are_read_in_many_wordings(text: str) -> None:
    found = [shelf(data, text) for data in ("a bottle of wine", "two pounds of butter", "a broom")]

    assert found == ["cellar", "fridge", "pantry"]


def test_labels_mean_what_is_said_of_them_whatever_their_names_suggest() -> None:
    exchanged = LIST.replace("cellar", "\0").replace("fridge", "cellar").replace("\0", "fridge")

    assert shelf("butter", exchanged) == "cellar"


@pytest.mark.parametrize("inverted", ["anything but milk", "never milk", "everything except milk"])
def test_a_meaning_turned_round_is_the_label_s_no_more(inverted: str) -> None:
    assert shelf("butter", LIST.replace("fridge: milk", f"fridge: {inverted}")) == "pantry"


def test_a_level_with_a_meaning_follows_it_and_not_how_urgent_the_words_sound() -> None:
    text = (
        "Return JSON with fields: priority, note.\npriority is the first of these that fits:\n"
        "- low: a crash of the demo site.\n- high: a typo.\n- medium: anything else.\n"
    )

    assert ruled("There is a crash of the demo site!", "", text, "priority").value == "low"
    assert ruled("I saw a typo.", "", text, "priority").value == "high"
    assert ruled("Everything is down.", "", text, "priority").value == "medium"


def test_a_rule_about_one_speaker_or_the_last_message_asks_no_other() -> None:
    text = (
        "Return JSON with fields: state, note.\nstate is the first of these that fits:\n"
        "- done: the guest writes in the last message that the room is clean.\n"
        "- open: the guest complains about dust.\n- none: anything else.\n"
    )
    complaint, denial = "Guest: I complain about dust.", "Host: You complain, but the room is clean."

    assert ruled(f"{complaint}\n{denial}", "", text, "state").value == "open"
    assert ruled(f"{denial}\nGuest: See you tomorrow.", "", text, "state").value == "none"
    assert ruled(f"Guest: It was clean.\n{denial}\n{complaint}", "", text, "state").value == "open"
    assert ruled(f"{complaint}\n{denial}\nGuest: Now it is clean.", "", text, "state").value == "done"


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
