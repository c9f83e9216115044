"""Checks of is-json and contains-json."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bench.differential.check import Check, each

OBJECT: dict[str, Any] = {
    "type": "object",
    "required": ["severity", "steps"],
    "properties": {
        "severity": {"type": "string", "enum": ["low", "high"]},
        "steps": {"type": "array", "items": {"type": "string", "minLength": 2}, "minItems": 1},
        "score": {"type": "number", "minimum": 0, "maximum": 1},
    },
    "additionalProperties": False,
}
SCHEMAS: tuple[Any, ...] = (
    OBJECT,
    {"type": "object"},
    {"type": ["object", "array"]},
    {"type": "integer"},
    {"type": "object", "patternProperties": {"^s": {"type": "string"}}},
    {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
    {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
    {"type": "object", "minProperties": 1, "not": {"required": ["b"]}},
    {"type": "object", "properties": {"d": {"type": "string", "format": "date"}}},
    {"type": "object", "properties": {"m": {"type": "string", "format": "email"}}},
    {"const": {"a": 1}},
    {"type": "array", "uniqueItems": True, "maxItems": 3},
    {"type": "object", "propertyNames": {"pattern": "^[a-z]+$"}},
    {"type": "number", "multipleOf": 0.5},
    {},
    '{"type": "object", "required": ["a"]}',
    # As a text: of a schema written as an object, promptfoo looks for $ref in the file of the tests.
    '{"properties": {"a": {"$ref": "#/definitions/n"}}, "definitions": {"n": {"type": "integer"}}}',
)
DOCUMENTS = (
    '{"severity": "high", "steps": ["ab"], "score": 0.5}',
    '{"severity": "huge", "steps": []}',
    '{"a": 1}',
    '{"a": 1.0, "b": 2}',
    '{"a": "x", "s": 3}',
    '{"d": "2026-02-30", "m": "nobody"}',
    '{"d": "2026-02-28", "m": "a@example.org"}',
    "[1, 2, 2]",
    "[]",
    "0.3",
    "7",
    '"text"',
    "null",
    "true",
    ' \n{"a": 1}\n ',
)
NOT_JSON = ("", "text", "{", "NaN", "[1,]", "01", '{"a": 1} {"b": 2}')
AROUND = (
    'Sure! {"a": 1} is it.',
    '```json\n{"severity": "high", "steps": ["ab"]}\n```',
    '{"a": {"b": 2}} and {"b": 3}',
    'first {"x": 1}, then {"a": 5}',
    "a list [1, 2] only",
    'a list [{"a": 1}]',
    '{ broken {"a": 1}',
    "no object at all",
    'emoji 👍 {"a": "日本語"}',
)
#: Texts in which reading YAML, and counting braces also inside texts, finds other objects.
LENIENT = (
    'text "with {braces} inside"',
    '{"a": "a } in a text"}',
    '{"a": "a { in a text"} and more',
    "{a: 1}",
    "{'a': 1}",
    '{"a": 1,}',
    '{"a": 1',
    '{"a": NaN}',
)


def checks() -> Iterator[Check]:
    """Whole documents and documents in prose, with and without a schema."""
    plain: list[dict[str, Any]] = [{"type": "is-json"}, {"type": "contains-json"}]
    yield from each(plain, (*DOCUMENTS, *AROUND))
    yield from each([{"type": "is-json"}], (*NOT_JSON, *LENIENT))
    lenient: list[dict[str, Any]] = [
        {"type": "contains-json"},
        {"type": "contains-json", "value": {"required": ["a"]}},
    ]
    yield from each(lenient, LENIENT, differs="strict-json")
    for schema in SCHEMAS:
        yield from each([{"type": "is-json", "value": schema}], (*DOCUMENTS, *NOT_JSON))
        yield from each([{"type": "contains-json", "value": schema}], (*DOCUMENTS, *AROUND))
    yield from each(plain, ('{"a": 1, "a": 2}',), differs="strict-json")
    yield from each([{"type": "is-json", "value": 5}], ("5",))
    yield from each([{"type": "is-json", "value": True}], ("5", "no"), differs="schema-true")
    yield from each(
        [{"type": "is-json", "value": {"multipleOf": 0.1}}], ("0.3", "0.35"), differs="multiple-of"
    )
    yaml = [{"type": "is-json", "value": "type: object\nrequired: [b]\n"}]
    yield from each(yaml, DOCUMENTS[:3], differs="schema-as-yaml")
    broken = (
        {"type": "thing"},
        {"requierd": ["a"]},
        {"type": "object", "properties": {"a": {"format": "colour"}}},
    )
    assertions: list[dict[str, Any]] = [{"type": "is-json", "value": schema} for schema in broken]
    yield from each(assertions, ('{"a": "x"}', "no"), differs="schema-broken")
    text = '{"type": "object", "required": ["{{name}}"]}'
    yield from each([{"type": "is-json", "value": text}], DOCUMENTS, variables={"name": "a"})
    wide = '{"a": [' + ", ".join(f'"{number}"' for number in range(20_000)) + "]}"
    yield from each([{"type": "is-json"}, {"type": "is-json", "value": {"required": ["a"]}}], (wide,))
    yield from each([{"type": "contains-json"}], (f"Here: {wide}",), differs="large-objects")
