"""Cases without an id get one that stays while the file does."""

from __future__ import annotations

from promptops.cli.datasets.naming import case_ids


def test_ids_come_from_the_author_the_description_or_the_place():
    cases = [
        {"description": "Refund — late, über 30 days!"},
        {"id": "own"},
        {},
        {"description": "Own"},
        {"description": "own"},
        {"description": "日本語"},
        {"description": "x" * 60},
    ]

    named = case_ids(cases, from_descriptions=True)

    assert named == [
        "refund-late-uber-30-days", "own", "case-0003", "own-2", "own-3", "case-0006", "x" * 48,
    ]  # fmt: skip
    assert case_ids(cases, from_descriptions=True) == named


def test_an_id_that_stands_twice_stays_wrong():
    assert case_ids([{"id": "a"}, {"id": "a"}], from_descriptions=True) == ["a", "a"]


def test_sensitive_descriptions_make_no_ids():
    cases = [{"description": "Mrs Canary complains"}, {"id": "own", "description": "x"}]

    assert case_ids(cases, from_descriptions=False) == ["case-0001", "own"]
