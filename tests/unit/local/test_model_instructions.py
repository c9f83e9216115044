from __future__ import annotations

import pytest

from infra.local.model.instructions import read_instructions


@pytest.mark.parametrize(
    ("wording", "limit"),
    [
        ("Keep it under 50 words.", 49),
        ("Use fewer than 50 words.", 49),
        ("At most 50 words.", 50),
        ("No more than 50 words.", 50),
        ("The reply must not exceed 50 words.", 50),
        ("Stay within 50 words.", 50),
        ("Write a 50-word summary.", 50),
        ("Word limit: 50.", 50),
        ("50 words or fewer.", 50),
        ("Between 20 and 50 words.", 50),
        ("Use up to one hundred and twenty words.", 120),
        ("Answer in two sentences.", 44),
        ("Be brief.", 80),
        ("Under 90 words. The title has at most 8 words.", 8),
    ],
)
def test_a_word_limit_is_understood_in_many_wordings(wording: str, limit: int) -> None:
    assert read_instructions(f"You help people.\n{wording}").max_words == limit


@pytest.mark.parametrize(
    "wording",
    ["Write at least 50 words.", "Write more than 50 words.", "Choose your words well.", "List 3 items."],
)
def test_what_does_not_limit_words_is_no_limit(wording: str) -> None:
    assert read_instructions(wording).max_words is None


@pytest.mark.parametrize(
    "wording",
    [
        "Return JSON with fields: title, due_date, owner.",
        "Reply with a JSON object that contains title, due_date and owner.",
        "JSON keys: `title`, `due_date`, `owner`.",
        "Return JSON with these keys:\n- title: short\n- due_date (ISO date)\n* owner - a name",
        "Return JSON with these keys:\n1. title\n2. due date\n3. owner\nKeep it short.",
        'Answer like this: {"title": "…", "due_date": "…", "owner": "…"}',
        "Return JSON with the fields title, due date, and owner.",
        "Put the title, the due_date plus the owner into a JSON document.",
        "Return JSON with fields:\ntitle, due_date,\nowner.",
    ],
)
def test_json_fields_are_understood_in_many_wordings(wording: str) -> None:
    instructions = read_instructions(wording)

    assert instructions.json
    assert instructions.fields == ("title", "due_date", "owner")


@pytest.mark.parametrize("wording", ["Answer in prose.", "Do not return JSON.", "Use prose instead of JSON."])
def test_json_has_to_be_asked_for(wording: str) -> None:
    assert not read_instructions(wording).json


def test_fields_do_not_imply_json() -> None:
    instructions = read_instructions("State the fields title, due_date, owner.")

    assert instructions.fields == ("title", "due_date", "owner")
    assert not instructions.json


@pytest.mark.parametrize(
    "wording",
    [
        "verdict is one of keep, drop, ask.",
        "Set verdict to keep, drop or ask.",
        "The verdict must be `keep`, `drop`, or `ask`.",
        "Pick keep, drop or ask as the verdict.",
        "verdict: keep | drop | ask",
        "Allowed values for verdict: keep, drop, ask.",
    ],
)
def test_allowed_values_are_understood_in_many_wordings(wording: str) -> None:
    instructions = read_instructions(f"Return JSON with fields: verdict, reason.\n{wording}")

    assert instructions.choices == {"verdict": ("keep", "drop", "ask")}


def test_allowed_values_may_stand_beside_the_field_name() -> None:
    instructions = read_instructions(
        "Return JSON with fields: verdict (keep, drop or ask), reason, size (small|big)."
    )

    assert instructions.fields == ("verdict", "reason", "size")
    assert instructions.choices == {"verdict": ("keep", "drop", "ask"), "size": ("small", "big")}


def test_an_empty_prompt_asks_for_nothing() -> None:
    instructions = read_instructions("")

    assert (instructions.json, instructions.fields, instructions.max_words) == (False, (), None)
