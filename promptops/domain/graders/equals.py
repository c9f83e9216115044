"""equals: the answer is this text, or this JSON."""

from __future__ import annotations

from promptops.domain.errors import shown
from promptops.domain.graders.grading import Expectation, Grader, binary
from promptops.domain.graders.written import written
from promptops.domain.strict_json import read_json


def equals(expectation: Expectation) -> Grader:
    """An object, list or null is compared as JSON, everything else as text, character by character."""
    value = expectation.value
    text = None if value is None else written(value)
    if text is not None:
        expected = f"is not {shown(text)}"
        return binary(lambda answer: "" if answer == text else expected)

    def objection(answer: str) -> str:
        try:
            document = read_json(answer)
        except ValueError:
            return "the answer is not strict JSON"
        return "" if _same(document, value) else f"is not the JSON {shown(value)}"

    return binary(objection)


def _same(one: object, other: object) -> bool:
    """As JSON has it: 1 is 1.0, and true is no number, though Python holds it for 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return one == other
