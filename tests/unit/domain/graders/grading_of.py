"""One assertion graded on one answer, in a line."""

from __future__ import annotations

from collections.abc import Mapping

from promptops.domain.graders.grading import Assistants, Builder, Expectation, Grader, GradeResult, Output
from promptops.domain.graders.table import NEGATION, TABLE, build
from tests.unit.fakes_evaluation import FakeAssistants


def a_grader(
    kind: str,
    value: object = None,
    *,
    threshold: float | None = None,
    settings: Mapping[str, object] | None = None,
    table: Mapping[str, Builder] = TABLE,
) -> Grader:
    """`kind` as an author writes it, `not-` included."""
    base = kind.removeprefix(NEGATION)
    return build(Expectation(base, value, threshold, base != kind, settings or {}), table)


def graded(
    kind: str,
    answer: str | Output,
    value: object = None,
    *,
    threshold: float | None = None,
    assistants: Assistants | None = None,
) -> GradeResult:
    output = Output(answer) if isinstance(answer, str) else answer
    return a_grader(kind, value, threshold=threshold)(output, assistants or FakeAssistants())
