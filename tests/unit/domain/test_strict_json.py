"""Promises of strict JSON: what readers could disagree about is no JSON."""

from __future__ import annotations

import pytest

from promptops.domain.strict_json import DuplicateName, NestedTooDeeply, read_bounded_json, read_json


def test_a_document_is_read():
    assert read_json('{"a": [1, 2.5, "x", null, true]}') == {"a": [1, 2.5, "x", None, True]}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"score": NaN}', "NaN"),
        ("[Infinity]", "Infinity"),
        ("-Infinity", "Infinity"),
        ("1e999", "too large"),
        ('{"a": {"approved": false, "approved": true}}', "'approved' stands twice"),
        ("[" * 100_000, "nested too deeply"),
        ("{", "not JSON at column"),
        ("", "not JSON"),
        ("\ufeff{}", "not JSON"),
        ("1" * 5000, "digits"),
    ],
)
def test_what_the_standard_does_not_have_is_refused(text: str, problem: str):
    with pytest.raises(ValueError, match=problem):
        read_json(text)


def bounded(text: str) -> object:
    return read_bounded_json(text, max_depth=3, max_values=10)


def test_what_is_within_the_bounds_is_read():
    text = '{"a": [1, [2]], "b": "[[[[{{{{ , , , , , , , , , , , , \\" ]]", "c": -12}'

    assert bounded(text) == read_json(text)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[[[[1]]]]", NestedTooDeeply),
        ("[" * 1_000_000, NestedTooDeeply),
        ('{"a":' * 4 + "1" + "}" * 4, NestedTooDeeply),
        ("[1,2,3,4,5,6,7,8,9,10,11]", ValueError),
        ('"' * 1_000_000, ValueError),
        ('"' + '\\"' * 1_000_000, ValueError),
        ("1" * 19, ValueError),
        ("-" + "1" * 19, ValueError),
        ('{"a": 1, "a": 1}', DuplicateName),
        ("[NaN]", ValueError),
    ],
)
def test_what_is_beyond_the_bounds_is_refused(text: str, error: type[ValueError]):
    with pytest.raises(error):
        bounded(text)


def test_too_much_is_refused_before_anything_is_made_of_it(monkeypatch: pytest.MonkeyPatch):
    def reads(*_: object, **__: object) -> None:
        raise AssertionError("it was read")

    monkeypatch.setattr("promptops.domain.strict_json.json.loads", reads)

    for text in ("[" * 100, "[" + "[]," * 100):
        with pytest.raises(ValueError, match="more than"):
            bounded(text)
