"""is-json: the whole answer is one JSON document, and fits a schema."""

from __future__ import annotations

from promptops.domain.graders.grading import Expectation, Grader, binary
from promptops.domain.json_schema import Objection, compile_schema
from promptops.domain.strict_json import read_json


def is_json(expectation: Expectation) -> Grader:
    """Stricter than promptfoo in one thing: a name twice in an object fails, as readers disagree."""
    check = schema_check(expectation)

    def objection(answer: str) -> str:
        try:
            document = read_json(answer)
        except ValueError:
            return "the answer is not strict JSON"
        return check(document) if check else ""

    return binary(objection)


def schema_check(expectation: Expectation) -> Objection | None:
    """What checks by the schema in the value, an object or its JSON text; None where there is none."""
    value = expectation.value
    if isinstance(value, str):
        try:
            value = read_json(value)
        except ValueError as error:
            raise expectation.needs("Write a JSON Schema, or its JSON text.") from error
        if not isinstance(value, dict):
            raise expectation.needs("Write a JSON Schema, or its JSON text.")
    return None if value is None else compile_schema(value)
