"""JSON Schema for graders: only what is really checked is accepted.

fastjsonschema skips keywords it does not know and fetches remote references. Here both are errors, because a
misspelt `requierd` would otherwise let every answer pass. Draft 7, with patterns found in linear time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import NoReturn

from promptops.domain.errors import InvalidDataset, shown
from promptops.domain.pattern import compile_pattern

#: Says which rule a document breaks, in the schema's own words only; empty when it breaks none.
Objection = Callable[[object], str]
_FIX = "Correct the schema; draft 7 is supported, with references inside the schema only."

_TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
_NOTES = frozenset({"title", "description", "$comment", "examples", "default"})
_SCHEMAS = frozenset(
    {"additionalItems", "additionalProperties", "contains", "else", "if", "not", "propertyNames", "then"}
)
_SCHEMA_LISTS = frozenset({"allOf", "anyOf", "oneOf"})
_SCHEMA_MAPS = frozenset({"$defs", "definitions", "patternProperties", "properties"})
_URL_SCHEMES = ("data", "file", "ftp", "http", "https")


def compile_schema(schema: object) -> Objection:
    """What checks documents against the schema; raises InvalidDataset when the schema is no sound one."""
    try:
        return _compiled(json.dumps(schema, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidDataset(f"the JSON Schema is no JSON: {type(error).__name__}", _FIX) from error


@lru_cache(maxsize=256)
def _compiled(text: str) -> Objection:
    """Made once for all cases with the same schema: that takes some milliseconds."""
    import fastjsonschema
    from fastjsonschema.draft07 import CodeGeneratorDraft07

    schema = json.loads(text)
    names = _check(schema, frozenset(CodeGeneratorDraft07.FORMAT_REGEXS))
    try:
        validate = fastjsonschema.compile(
            schema, dict.fromkeys(_URL_SCHEMES, _no_fetching), use_default=False
        )
    except Exception as error:
        raise InvalidDataset(f"the JSON Schema is broken: {shown(error)}", _FIX) from error
    # The generated code looks its patterns up there by their text.
    validate.__globals__["REGEX_PATTERNS"].update(
        {pattern: compile_pattern(pattern) for pattern in _patterns(schema)}
    )

    def objection(document: object) -> str:
        try:
            validate(document)
        except fastjsonschema.JsonSchemaValueException as error:
            return _broken_rule(error.path, error.rule, error.rule_definition, names)
        except RecursionError:
            return "nested too deeply to be checked"
        return ""

    return objection


def _broken_rule(path: list[str], rule: str | None, definition: object, names: frozenset[str]) -> str:
    """Property names only the answer has are shown as `*`: they are the model's words."""
    place = ".".join(["$", *(name if name in names else "*" for name in path[1:])])
    return f"{place} breaks {rule}: {shown(definition)}" if rule else f"{place} is not allowed"


def _check(schema: object, formats: frozenset[str]) -> frozenset[str]:
    """The property names the schema declares; raises InvalidDataset for what would not be checked."""
    names: set[str] = set()
    for found in _walk(schema):
        if isinstance(found, bool):
            continue
        if not isinstance(found, Mapping):
            raise InvalidDataset(f"{shown(found)} is no JSON Schema", _FIX)
        if "$ref" in found and set(found) - _NOTES - {"$ref"}:
            raise InvalidDataset("$ref stands beside other keywords, which would be skipped", _FIX)
        for keyword, value in found.items():
            if keyword not in _RULES and keyword not in _NOTES:
                raise InvalidDataset(f"the JSON Schema has the keyword {shown(keyword)}", _FIX)
            sound = _RULES.get(keyword, _anything)(value)
            if not sound or (keyword == "format" and value not in formats):
                raise InvalidDataset(f"{keyword} of the JSON Schema is {shown(value)}", _FIX)
        names.update(found.get("properties", {}))
    return frozenset(names)


def _walk(schema: object) -> Iterator[object]:
    """The schema and all schemas in it."""
    waiting = [schema]
    while waiting:
        found = waiting.pop()
        yield found
        if not isinstance(found, Mapping):
            continue
        waiting += [found[keyword] for keyword in _SCHEMAS if keyword in found]
        waiting += [inner for keyword in _SCHEMA_LISTS if keyword in found for inner in found[keyword]]
        waiting += [
            inner for keyword in _SCHEMA_MAPS if keyword in found for inner in found[keyword].values()
        ]
        items = found.get("items", [])
        waiting += items if isinstance(items, list) else [items]


def _patterns(schema: object) -> Iterator[str]:
    for found in _walk(schema):
        if isinstance(found, Mapping):
            yield from found.get("patternProperties", {})
            if "pattern" in found:
                yield found["pattern"]


def _no_fetching(address: str) -> NoReturn:
    raise ValueError(f"a reference to {address}")


def _anything(_value: object) -> bool:
    return True


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _text(value: object) -> bool:
    return isinstance(value, str)


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _type(value: object) -> bool:
    names = value if isinstance(value, list) else [value]
    return bool(names) and all(name in _TYPES for name in names)


def _some(value: object) -> bool:
    return isinstance(value, list) and bool(value)


_RULES: dict[str, Callable[[object], bool]] = {
    **dict.fromkeys(_SCHEMAS, _anything),
    **dict.fromkeys(_SCHEMA_LISTS, _some),
    **dict.fromkeys(_SCHEMA_MAPS, lambda value: isinstance(value, Mapping)),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _number),
    **dict.fromkeys(
        ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _count
    ),
    "items": _anything,
    "multipleOf": lambda value: _number(value) and value > 0,  # type: ignore[operator]
    "pattern": _text,
    "format": _text,
    "type": _type,
    "enum": _some,
    "const": _anything,
    "required": _texts,
    "uniqueItems": _flag,
    "$ref": lambda value: isinstance(value, str) and value.startswith("#"),
    "$schema": lambda value: isinstance(value, str) and "draft-07" in value,
}
