"""Promises of strict JSON: what readers could disagree about is no JSON."""

from __future__ import annotations

import pytest

from promptops.domain.strict_json import read_json


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
