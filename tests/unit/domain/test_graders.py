"""Promises of the graders: promptfoo's meanings, no pass by accident, no words of the answer in a reason."""

from __future__ import annotations

import pytest

from promptops.domain import graders
from promptops.domain.errors import EvaluationError, InvalidDataset
from promptops.domain.graders import KINDS, grader

SCHEMA = {
    "type": "object",
    "required": ["severity"],
    "properties": {"severity": {"type": "string", "minLength": 1}},
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("kind", "value", "met", "missed"),
    [
        ("is-json", None, '  {"a": 1}\n', "```json\n{}\n```"),
        ("is-json", None, "[]", "Sure! {}"),
        ("is-json", None, "3", "NaN"),
        ("is-json", None, "{}", '{"a": 1, "a": 2}'),
        ("is-json", None, "null", "[" * 100_000),
        ("is-json", SCHEMA, '{"severity": "high"}', '{"severity": ""}'),
        ("is-json", SCHEMA, '{"severity": "high"}', "{}"),
        ("is-json", {"type": "array", "items": {"$ref": "#"}}, "[[], [[]]]", "[1]"),
        ("word-count", 2, " two\twords\n", "one"),
        ("word-count", {"max": 2}, "two words", "now three words"),
        ("word-count", {"min": 2}, "two words", "one"),
        ("word-count", {"min": 2, "max": 2}, "two words", ""),
        ("word-count", {"min": 0, "max": 0}, " \n", "a"),
        ("contains", "Deploy", "after Deploy", "after deploy"),
        ("icontains", "Deploy", "AFTER DEPLOY", "after"),
        ("contains-any", ["R1", "R2"], "see R2", "see r2"),
        ("icontains-any", ["r1", "r2"], "see R2", "see R3"),
        ("contains-all", ["a", "b"], "ab", "aB"),
        ("icontains-all", ["a", "b"], "aB", "a"),
    ],
)
def test_each_grader_tells_met_from_missed_and_its_negation_the_reverse(
    kind: str, value: object, met: str, missed: str
):
    assert grader(kind, value)(met) == graders.GradeResult(1.0, True, "")
    assert (grader(kind, value)(missed).score, grader(kind, value)(missed).passed) == (0.0, False)
    assert not grader(f"not-{kind}", value)(met).passed
    assert grader(f"not-{kind}", value)(missed).passed


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("word-count", None),
        ("word-count", True),
        ("word-count", -1),
        ("word-count", 2.5),
        ("word-count", {}),
        ("word-count", {"max": "9"}),
        ("word-count", {"min": 3, "max": 2}),
        ("word-count", {"most": 3}),
        ("contains", None),
        ("contains", ""),
        ("contains", ["a"]),
        ("contains-any", "a"),
        ("contains-any", []),
        ("contains-all", []),
        ("contains-all", [""]),
        ("icontains-all", [3]),
        ("is-json", "object"),
        ("is-json", 3),
        ("is-json", {"requierd": ["a"]}),
        ("is-json", {"type": "strng"}),
        ("is-json", {"type": []}),
        ("is-json", {"required": "a"}),
        ("is-json", {"properties": ["a"]}),
        ("is-json", {"properties": {"a": {"minLenght": 3}}}),
        ("is-json", {"pattern": "("}),
        ("is-json", {"minLength": "3"}),
        ("is-json", {"enum": []}),
        ("is-json", {"format": "uuuid"}),
        ("is-json", {"$ref": "https://example.com/schema.json"}),
        ("is-json", {"$ref": "#/nowhere"}),
        ("is-json", {"const": {"$ref": "file:///etc/hostname"}}),
        ("is-json", {"$id": "https://example.com/"}),
        ("is-json", {"$ref": "#", "minLength": 1}),
        ("is-json", {"prefixItems": [True]}),
        ("is-json", {"$schema": "http://json-schema.org/draft-04/schema#", "const": 1}),
        ("llm-rubric", "is good"),
        ("not-not-contains", "a"),
        ("", None),
    ],
)
def test_an_assertion_that_would_check_nothing_is_an_error_and_never_a_pass(kind: str, value: object):
    with pytest.raises(InvalidDataset):
        grader(kind, value)


def test_an_unknown_assertion_type_names_the_known_ones():
    with pytest.raises(InvalidDataset, match="unknown assertion type 'is-jsn'") as raised:
        grader("is-jsn", None)

    assert all(kind in raised.value.fix for kind in KINDS)


@pytest.mark.parametrize("kind", ["contains", "not-contains"])
def test_a_grader_that_cannot_run_raises_and_its_negation_does_too(
    kind: str, monkeypatch: pytest.MonkeyPatch
):
    def broken(_value: object) -> object:
        def objection(answer: str) -> str:
            raise TypeError(answer)

        return objection

    monkeypatch.setitem(graders._BUILDERS, "contains", broken)

    with pytest.raises(EvaluationError, match="could not run: TypeError") as raised:
        grader(kind, "a")("the answer")
    assert "the answer" not in str(raised.value)
    assert raised.value.__suppress_context__


@pytest.mark.parametrize(
    ("kind", "value", "answer", "reason"),
    [
        (
            "is-json",
            SCHEMA,
            '{"canary": "canary", "severity": "canary"}',
            "is-json: $ breaks additionalProperties: 'False'",
        ),
        ("is-json", SCHEMA, '{"severity": ["canary"]}', "is-json: $.severity breaks type: 'string'"),
        (
            "is-json",
            {"patternProperties": {"^c": {"type": "null"}}},
            '{"canary": 1}',
            "is-json: $.* breaks type: 'null'",
        ),
        (
            "is-json",
            {"additionalProperties": {"const": 1}},
            '{"canary": 2}',
            "is-json: $.* breaks const: '1'",
        ),
        ("is-json", None, "canary", "is-json: the answer is not strict JSON"),
        ("word-count", {"max": 1}, "canary canary", "word-count: 2 words, at most 1 expected"),
        ("contains-all", ["a", "xyz"], "canary", "contains-all: lacks 'xyz'"),
        ("icontains-any", ["x", "z"], "canary", "icontains-any: none of 'x, z'"),
        ("not-icontains", "ANA", "canary", "not-icontains: met, and must not be: 'ANA'"),
    ],
)
def test_a_reason_says_what_was_expected_in_the_assertions_words(
    kind: str, value: object, answer: str, reason: str
):
    assert grader(kind, value)(answer).reason == reason
