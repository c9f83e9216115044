"""contains-json: a JSON object stands somewhere in the answer, and fits a schema."""

from __future__ import annotations

from promptops.domain.graders.grading import Expectation, Grader, binary
from promptops.domain.graders.is_json import schema_check
from promptops.domain.json_in_prose import objects_in


def contains_json(expectation: Expectation) -> Grader:
    """One object at least or, with a schema, one that fits it. No lists: `[1]` may be a footnote.

    Strict JSON, unlike promptfoo, which takes `{a: 1}` and objects cut off at the end for JSON too.
    """
    check = schema_check(expectation)

    def objection(answer: str) -> str:
        reason = "the answer holds no JSON object"
        for document in objects_in(answer):
            reason = check(document) if check else ""
            if not reason:
                return ""
        return reason

    return binary(objection)
