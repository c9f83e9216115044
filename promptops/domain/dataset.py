"""Evaluation cases: JSON lines in, checked cases out."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from promptops.domain.errors import BadInput, EvaluationEmpty, InvalidDataset, shown
from promptops.domain.graders import Grader, GradeResult, grader
from promptops.domain.strict_json import read_bounded_json
from promptops.domain.variables import Variable, bind

#: Of one case.
MAX_DEPTH = 32
MAX_VALUES = 5_000
#: With larger weights the others would count for nothing, and sums lose their digits.
MAX_WEIGHT = 1_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CASE_FIELDS = ("id", "vars", "assert", "critical", "tags")
_ASSERTION_FIELDS = ("type", "value", "weight", "metric")


@dataclass(frozen=True)
class Assertion:
    """One expectation of an answer. With weight 0 it counts for nothing."""

    kind: str
    weight: float
    metric: str
    grade: Grader


@dataclass(frozen=True)
class Case:
    """One input with what is expected of its answer."""

    case_id: str
    variables: Mapping[str, object]
    assertions: tuple[Assertion, ...]
    critical: bool = False
    tags: tuple[str, ...] = ()

    def grade(self, answer: str) -> CaseGrade:
        """The weighted mean of the assertions' scores; passed when none with a weight failed.

        Raises EvaluationError when a grader could not run.
        """
        weighed = [(item, item.grade(answer)) for item in self.assertions if item.weight]
        total = math.fsum(item.weight for item, _ in weighed)
        return CaseGrade(
            score=math.fsum(item.weight * result.score for item, result in weighed) / total,
            passed=all(result.passed for _, result in weighed),
            reasons=tuple(_reason(item, result) for item, result in weighed if not result.passed),
        )


@dataclass(frozen=True)
class CaseGrade:
    """`score` in 0..1; `reasons` of the assertions that failed, without the answer's words."""

    score: float
    passed: bool
    reasons: tuple[str, ...]


def parse_dataset(content: bytes, declared: Mapping[str, Variable]) -> tuple[Case, ...]:
    """The cases in a JSONL file, one a line, for a prompt with these variables.

    Raises EvaluationEmpty when there is none, InvalidDataset with the number of the first wrong line.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidDataset(f"line {line}: not UTF-8", "Save the cases as UTF-8.") from error
    cases: dict[str, Case] = {}
    # Only LF ends a line: splitlines() would also split at U+2028, which may stand inside a JSON text.
    for number, line_text in enumerate(text.split("\n"), start=1):
        if not line_text.strip():
            continue
        try:
            case = _case(line_text, declared)
            if case.case_id in cases:
                raise InvalidDataset(
                    f"the id {case.case_id} is taken by an earlier line", "Give each case its own id."
                )
        except BadInput as error:
            raise InvalidDataset(f"line {number}: {error.what}", error.fix) from error
        cases[case.case_id] = case
    if not cases:
        raise EvaluationEmpty("the dataset holds no case", "Write one case a line into cases.jsonl.")
    return tuple(cases.values())


def _case(line: str, declared: Mapping[str, Variable]) -> Case:
    try:
        document = read_bounded_json(line, max_depth=MAX_DEPTH, max_values=MAX_VALUES)
    except ValueError as error:
        raise InvalidDataset(str(error), "Write one JSON object on one line.") from error
    fields = _object(document, "the case", _CASE_FIELDS)
    case_id = _name(fields.get("id"), "id")
    variables = _object(fields.get("vars", {}), "vars", None)
    bind(declared, variables)
    expected = fields.get("assert")
    if not isinstance(expected, list) or not expected:
        raise InvalidDataset(f"case {case_id} asserts nothing", "Add assert: a list of assertions.")
    assertions = tuple(_assertion(item) for item in expected)
    if not any(assertion.weight for assertion in assertions):
        raise InvalidDataset(f"case {case_id} has no assertion with a weight", "Give one a weight above 0.")
    critical = fields.get("critical", False)
    if not isinstance(critical, bool):
        raise InvalidDataset(f"critical is {shown(critical)}", "Write true or false.")
    tags = fields.get("tags", [])
    if not isinstance(tags, list):
        raise InvalidDataset("tags is not a list", 'Write e.g. ["billing"].')
    return Case(case_id, variables, assertions, critical, tuple(_name(tag, "a tag") for tag in tags))


def _assertion(item: object) -> Assertion:
    fields = _object(item, "the assertion", _ASSERTION_FIELDS)
    kind, weight = fields.get("type"), fields.get("weight", 1)
    if not isinstance(kind, str):
        raise InvalidDataset(f"an assertion has the type {shown(kind)}", "Name one, e.g. is-json.")
    grade = grader(kind, fields.get("value"))
    if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not 0 <= weight <= MAX_WEIGHT:
        raise InvalidDataset(f"weight of {kind} is {shown(weight)}", f"Write 0 to {MAX_WEIGHT}.")
    metric = _name(fields["metric"], "metric") if "metric" in fields else ""
    return Assertion(kind, float(weight), metric, grade)


def _object(value: object, what: str, known: tuple[str, ...] | None) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise InvalidDataset(f"{what} is not a JSON object", "Write {…}.")
    unknown = sorted(set(value) - set(known)) if known is not None else []
    if unknown and known:
        raise InvalidDataset(f"{what} has the field {shown(unknown[0])}", f"Known: {', '.join(known)}.")
    return value


def _name(value: object, what: str) -> str:
    """Names leave the restricted bucket with the scores, so they may not be sentences."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise InvalidDataset(f"{what} is {shown(value)}", "Use 1 to 64 letters, digits, '.', '_' and '-'.")
    return value


def _reason(assertion: Assertion, result: GradeResult) -> str:
    return f"{assertion.metric}: {result.reason}" if assertion.metric else result.reason
