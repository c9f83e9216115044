"""Evaluation cases: JSON lines in, checked cases out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from promptops.domain.assertions import (
    checked_name,
    checked_number,
    checked_object,
    filling,
    read_assertions,
    walked,
)
from promptops.domain.errors import BadInput, EvaluationEmpty, InvalidDataset, TooLarge, shown
from promptops.domain.graders.grading import Assertion, Assistants, Builder, Output
from promptops.domain.graders.table import TABLE
from promptops.domain.graders.weighing import Failure, weigh
from promptops.domain.strict_json import read_bounded_json
from promptops.domain.variables import Variable, bind

MAX_CASES = 20_000
#: Of one case.
MAX_DEPTH = 32
MAX_VALUES = 5_000
#: Against a case that alone outweighs all others.
MAX_CASE_WEIGHT = 100
MAX_NOTE_CHARS = 2_000
_FIELDS = (
    "id",
    "vars",
    "assert",
    "critical",
    "tags",
    "weight",
    "threshold",
    "description",
    "provenance",
)
LOOK = "`promptops dataset check FILE --prompt FOLDER` says what, where the cases are kept."


@dataclass(frozen=True)
class CaseOutline:
    """One case without its graders; `line` counts from 1, `document` is what stands there."""

    case_id: str
    line: int
    document: Mapping[str, object]
    critical: bool = False
    tags: tuple[str, ...] = ()
    weight: float = 1.0

    @property
    def kinds(self) -> Iterator[str]:
        """The types of its assertions, with their `not-`."""
        return (str(item.get("type")) for item in walked(self.document.get("assert")))

    @property
    def metrics(self) -> Iterator[str]:
        return (str(item["metric"]) for item in walked(self.document.get("assert")) if "metric" in item)


@dataclass(frozen=True)
class Case:
    """One input with what is expected of its answer.

    `description` says what it is about, `provenance` where it came from.
    """

    case_id: str
    variables: Mapping[str, object]
    assertions: tuple[Assertion, ...]
    critical: bool = False
    tags: tuple[str, ...] = ()
    weight: float = 1.0
    threshold: float | None = None
    description: str = ""
    provenance: str = ""

    def grade(self, output: Output, assistants: Assistants) -> CaseGrade:
        """Passed when the weighted score reaches the threshold or, without one, when no assertion failed.

        Raises GraderUnavailable when a grader could not run, ModelUnavailable when its model did not answer.
        """
        weighed = weigh(self.assertions, self.threshold, output, assistants)
        failures = () if weighed.passed else weighed.failures
        if self.threshold is not None and not weighed.passed:
            under = f"score {weighed.score:.2f}, the case's threshold is {self.threshold:.2f}"
            failures += (Failure("threshold", "", under),)
        metrics = {name: tally.mean for name, tally in weighed.metrics.items()}
        return CaseGrade(weighed.score, weighed.passed, metrics, failures)


@dataclass(frozen=True)
class CaseGrade:
    """`score` in 0..1, `metrics` the mean score of each metric; no failures where the case passed."""

    score: float
    passed: bool
    metrics: Mapping[str, float]
    failures: tuple[Failure, ...]

    def reasons(self, *, quoting: bool) -> tuple[str, ...]:
        """One sentence a failure; without `quoting` only names are in it, no word of the case."""
        if not quoting:
            return tuple(f"{item.name}: not met" for item in self.failures)
        return tuple(
            f"{item.metric}: {item.reason}" if item.metric else item.reason for item in self.failures
        )


def outline(content: bytes, *, quoting: bool = True) -> tuple[CaseOutline, ...]:
    """What cases there are in JSON lines, one a line, each with its own id; quick, as it builds no graders.

    Raises EvaluationEmpty when there is none, TooLarge, or InvalidDataset for the first wrong line, with its
    number in `data`. Without `quoting` the message holds no word of the line.
    """
    cases: dict[str, CaseOutline] = {}
    for number, text in _lines(content):
        try:
            case = _outline(text, number)
            if case.case_id in cases:
                what = f"the id {case.case_id} is taken by line {cases[case.case_id].line}"
                raise InvalidDataset(what, "Give each case its own id.")
        except BadInput as error:
            raise _at(number, error, quoting=quoting) from (error if quoting else None)
        cases[case.case_id] = case
        if len(cases) > MAX_CASES:
            raise TooLarge(f"there are more than {MAX_CASES} cases", "Keep those that tell versions apart.")
    if not cases:
        raise EvaluationEmpty("the dataset holds no case", "Write one case a line into cases.jsonl.")
    return tuple(cases.values())


def read_case(
    outlined: CaseOutline,
    declared: Mapping[str, Variable] | None,
    table: Mapping[str, Builder] = TABLE,
    *,
    quoting: bool = True,
) -> Case:
    """The case with its graders, for a prompt with these variables; None where the prompt is not known yet.

    Raises InvalidDataset as `outline` does.
    """
    try:
        return _case(outlined, declared, table)
    except BadInput as error:
        raise _at(outlined.line, error, quoting=quoting) from (error if quoting else None)


def parse_dataset(
    content: bytes,
    declared: Mapping[str, Variable] | None,
    table: Mapping[str, Builder] = TABLE,
    *,
    quoting: bool = True,
) -> tuple[Case, ...]:
    """All cases in JSON lines; raises what `outline` and `read_case` raise."""
    outlines = outline(content, quoting=quoting)
    return tuple(read_case(item, declared, table, quoting=quoting) for item in outlines)


def _lines(content: bytes) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, with their numbers."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidDataset(f"line {line}: not UTF-8", "Save the cases as UTF-8.", line=line) from None
    # Only LF ends a line: splitlines() would also split at U+2028, which may stand inside a JSON text.
    return ((number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip())


def _at(line: int, error: BadInput, *, quoting: bool) -> InvalidDataset:
    if quoting:
        return InvalidDataset(f"line {line}: {error.what}", error.fix, line=line)
    return InvalidDataset(f"line {line}: {error.code}, not shown as the cases are sensitive", LOOK, line=line)


def _outline(line: str, number: int) -> CaseOutline:
    try:
        document = read_bounded_json(line, max_depth=MAX_DEPTH, max_values=MAX_VALUES)
    except ValueError as error:
        raise InvalidDataset(str(error), "Write one JSON object on one line.") from error
    fields = checked_object(document, "the case", _FIELDS)
    critical, tags = fields.get("critical", False), fields.get("tags", [])
    if not isinstance(critical, bool):
        raise InvalidDataset(f"critical is {shown(critical)}", "Write true or false.")
    if not isinstance(tags, list):
        raise InvalidDataset("tags is not a list", 'Write e.g. ["billing"].')
    weight = fields.get("weight", 1)
    if weight == 0 or not isinstance(weight, (int, float)):
        raise InvalidDataset(f"weight is {shown(weight)}", "Write a number above 0, or drop the case.")
    return CaseOutline(
        checked_name(fields.get("id"), "id"),
        number,
        fields,
        critical,
        tuple(dict.fromkeys(checked_name(tag, "a tag") for tag in tags)),
        checked_number(weight, "weight", 0, MAX_CASE_WEIGHT),
    )


def _case(
    outlined: CaseOutline, declared: Mapping[str, Variable] | None, table: Mapping[str, Builder]
) -> Case:
    fields, case_id = outlined.document, outlined.case_id
    variables = checked_object(fields.get("vars", {}), "vars", ())
    strict = declared is not None
    if declared is None:
        values = {name: str(value) for name, value in variables.items() if isinstance(value, str)}
    else:
        values = bind(declared, variables)
    expected, threshold = fields.get("assert"), fields.get("threshold")
    if not isinstance(expected, list) or not expected:
        raise InvalidDataset(f"case {case_id} asserts nothing", "Add assert: a list of assertions.")
    assertions = read_assertions(expected, filling(values, strict=strict), table)
    if not any(assertion.weight for assertion in assertions):
        raise InvalidDataset(f"case {case_id} has no assertion with a weight", "Give one a weight above 0.")
    return Case(
        case_id=case_id,
        variables=variables,
        assertions=assertions,
        critical=outlined.critical,
        tags=outlined.tags,
        weight=outlined.weight,
        threshold=None if threshold is None else checked_number(threshold, "threshold", 0, 1),
        description=_note(fields, "description"),
        provenance=_note(fields, "provenance"),
    )


def _note(fields: Mapping[str, object], name: str) -> str:
    text = fields.get(name, "")
    if not isinstance(text, str):
        raise InvalidDataset(f"{name} is {shown(text)}", "Write a text.")
    if len(text) > MAX_NOTE_CHARS:
        raise InvalidDataset(f"{name} has {len(text)} characters, limit {MAX_NOTE_CHARS}", "Shorten it.")
    return text
