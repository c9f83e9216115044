"""Promises of is-json and contains-json: strict JSON, and a schema of which every word is checked."""

from __future__ import annotations

import json

import pytest

from promptops.domain import json_in_prose
from promptops.domain.errors import GraderUnavailable, InvalidDataset
from promptops.domain.graders.grading import MET
from tests.unit.domain.graders.grading_of import a_grader, graded

SCHEMA = {
    "type": "object",
    "required": ["severity"],
    "properties": {"severity": {"type": "string", "minLength": 1}},
    "additionalProperties": False,
}
DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("kind", "value", "met", "missed"),
    [
        ("is-json", None, '  {"a": 1}\n', "```json\n{}\n```"),
        ("is-json", None, "[]", "Sure! {}"),
        ("is-json", None, "3", "NaN"),
        ("is-json", None, "-0.5e3", "-Infinity"),
        ("is-json", None, "{}", '{"a": 1, "a": 2}'),
        ("is-json", None, "null", DEEP),
        ("is-json", None, '"\u2028"', ""),
        ("is-json", SCHEMA, '{"severity": "high"}', '{"severity": ""}'),
        ("is-json", SCHEMA, '{"severity": "high"}', "{}"),
        ("is-json", json.dumps(SCHEMA), '{"severity": "high"}', "{}"),
        ("is-json", {"type": "array", "items": {"$ref": "#"}}, "[[], [[]]]", "[1]"),
        ("is-json", {}, "[1]", "not JSON"),
        ("is-json", {"pattern": r"^\d+$"}, '"12"', '"12\\n"'),
        ("is-json", {"patternProperties": {"^n": {"type": "number"}}}, '{"n1": 1}', '{"n1": "1"}'),
        ("contains-json", None, 'Sure! {"a": 1} Done.', 'Sure! {"a": 1'),
        ("contains-json", None, "```json\n{}\n```", "[1, 2]"),
        ("contains-json", None, 'a { b {"c": 2}', "{a: 1}"),
        ("contains-json", None, '{"a": {"b": {}}}', "{'a': 1}"),
        ("contains-json", None, '{"a": 1, "a": 2} or {"a": 1}', '{"a": 1, "a": 2}'),
        ("contains-json", None, '{"a": "}{"}', '{"a": NaN}'),
        ("contains-json", SCHEMA, '{"x": 1} then {"severity": "low"}', '{"severity": 1} {"y": 1}'),
        ("contains-json", SCHEMA, '{"severity": "low"}', '{"outer": {"severity": "low"}}'),
        ("contains-json", json.dumps(SCHEMA), '… {"severity": "low"}', "severity: low"),
    ],
)
def test_each_grader_tells_met_from_missed_and_its_negation_the_reverse(
    kind: str, value: object, met: str, missed: str
):
    assert graded(kind, met, value) == MET
    assert (graded(kind, missed, value).score, graded(kind, missed, value).passed) == (0.0, False)
    assert graded(f"not-{kind}", missed, value) == MET
    assert not graded(f"not-{kind}", met, value).passed


@pytest.mark.parametrize(
    "value",
    [
        "object",
        "3",
        "[]",
        "type: object",
        3,
        {"type": "strng"},
        {"requierd": ["a"]},
        {"type": []},
        {"required": "a"},
        {"properties": ["a"]},
        {"properties": {"a": {"minLenght": 3}}},
        {"pattern": "("},
        {"pattern": "(?=a)"},
        {"patternProperties": {"(a": {}}},
        {"patternProperties": {"(?!a)": {}}},
        {"minLength": "3"},
        {"minimum": float("nan")},
        {"const": {1, 2}},
        {"enum": []},
        {"format": "uuuid"},
        {"$ref": "https://example.com/schema.json"},
        {"$ref": "#/nowhere"},
        {"const": {"$ref": "file:///etc/hostname"}},
        {"$id": "https://example.com/"},
        {"$ref": "#", "minLength": 1},
        {"prefixItems": [True]},
        {"$schema": "http://json-schema.org/draft-04/schema#", "const": 1},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["is-json", "contains-json", "not-is-json", "not-contains-json"])
def test_a_schema_that_would_check_nothing_is_an_error_and_never_a_pass(kind: str, value: object):
    with pytest.raises(InvalidDataset):
        a_grader(kind, value)


@pytest.mark.parametrize("schema", [{"pattern": "^(a+)+$"}, {"propertyNames": {"pattern": "^(a|a)*$"}}])
def test_a_pattern_of_a_schema_takes_linear_time(schema: dict[str, object]):
    text = "a" * 50_000 + "!"
    answer = json.dumps(text if "pattern" in schema else {text: 1})

    assert not graded("is-json", answer, schema).passed


def test_schemas_that_differ_in_the_order_of_their_names_do_not_share_a_reason():
    first = {"properties": {"a": {"type": "null"}, "b": {"type": "null"}}}
    second = {"properties": {"b": {"type": "null"}, "a": {"type": "null"}}}

    assert graded("is-json", '{"a": 1, "b": 1}', first).reason == "is-json: $.a breaks type: 'null'"
    assert graded("is-json", '{"a": 1, "b": 1}', second).reason == "is-json: $.b breaks type: 'null'"


@pytest.mark.parametrize("negation", ["", "not-"])
def test_an_answer_of_nothing_but_beginnings_is_given_up_instead_of_read_for_hours(
    negation: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(json_in_prose, "MAX_READ_CHARS", 100_000)
    answer = '{"a": [' * 100 + "1, " * 500

    with pytest.raises(GraderUnavailable, match="too many JSON objects that do not end"):
        graded(f"{negation}contains-json", answer)


@pytest.mark.parametrize("answer", ["{" * 200_000, '{"a":' * 2_000, "{}" * 50_000 + "{", DEEP])
def test_many_braces_are_read_through(answer: str):
    assert graded("contains-json", answer).passed is ("{}" in answer)


@pytest.mark.parametrize(
    ("value", "answer", "reason"),
    [
        (SCHEMA, '{"canary": "canary", "severity": "canary"}', "$ breaks additionalProperties: 'False'"),
        (SCHEMA, '{"severity": ["canary"]}', "$.severity breaks type: 'string'"),
        ({"patternProperties": {"^c": {"type": "null"}}}, '{"canary": 1}', "$.* breaks type: 'null'"),
        ({"additionalProperties": {"const": 1}}, '{"canary": 2}', "$.* breaks const: '1'"),
    ],
)
@pytest.mark.parametrize("kind", ["is-json", "contains-json"])
def test_a_reason_names_the_broken_rule_in_the_schemas_words(
    kind: str, value: object, answer: str, reason: str
):
    assert graded(kind, answer, value).reason == f"{kind}: {reason}"


def test_a_reason_without_a_schema_quotes_nothing():
    assert graded("is-json", "canary").reason == "is-json: the answer is not strict JSON"
    assert graded("contains-json", "canary").reason == "contains-json: the answer holds no JSON object"
