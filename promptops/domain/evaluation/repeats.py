"""From the answers to one case to its result."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from promptops.domain.evaluation.case_result import CaseResult

#: Of one case: a report of 10,000 cases has to stay one that people and browsers can open.
MAX_REASONS = 10
MAX_REASON_CHARS = 300


class Asked(Protocol):
    """The case, as far as its result names it."""

    @property
    def case_id(self) -> str: ...
    @property
    def critical(self) -> bool: ...
    @property
    def weight(self) -> float: ...
    @property
    def tags(self) -> tuple[str, ...]: ...


class Answered(Protocol):
    """An answer, as far as its result counts it."""

    @property
    def input_tokens(self) -> int: ...
    @property
    def output_tokens(self) -> int: ...
    @property
    def latency_ms(self) -> int: ...
    @property
    def cost_usd(self) -> float | None: ...


class Grade(Protocol):
    @property
    def score(self) -> float: ...
    @property
    def passed(self) -> bool: ...
    @property
    def metrics(self) -> Mapping[str, float]: ...
    def reasons(self, *, quoting: bool) -> tuple[str, ...]: ...


def summed(
    case: Asked,
    graded: Sequence[tuple[Answered, Grade]],
    live: Sequence[tuple[Answered, Grade]],
    *,
    quoting: bool,
    min_pass_rate: float,
) -> CaseResult:
    """The result of a case over its repeats, beside the live version's, empty where that was not asked.

    Tokens and cost are the sums of this version's answers, latency is their median.
    """
    answers, grades = [answer for answer, _ in graded], [grade for _, grade in graded]
    live_grades = [grade for _, grade in live]
    costs = [answer.cost_usd for answer in answers if answer.cost_usd is not None]
    return CaseResult(
        case_id=case.case_id,
        score=_mean(grade.score for grade in grades),
        passed=_passed(case, grades, min_pass_rate),
        critical=case.critical,
        reasons=_reasons(grades, quoting),
        latency_ms=statistics.median_low(answer.latency_ms for answer in answers),
        input_tokens=sum(answer.input_tokens for answer in answers),
        output_tokens=sum(answer.output_tokens for answer in answers),
        weight=case.weight,
        tags=case.tags,
        metrics=_metrics(grades),
        pass_rate=_mean(grade.passed for grade in grades),
        cost_usd=math.fsum(costs) if len(costs) == len(answers) else None,
        live_score=_mean(grade.score for grade in live_grades) if live_grades else None,
        live_passed=_passed(case, live_grades, min_pass_rate) if live_grades else None,
    )


def errored(case: Asked, code: str, reason: str) -> CaseResult:
    """The result of a case that could not be measured."""
    return CaseResult(
        case_id=case.case_id,
        score=0.0,
        passed=False,
        critical=case.critical,
        reasons=(reason[:MAX_REASON_CHARS],) if reason else (),
        latency_ms=0,
        input_tokens=0,
        output_tokens=0,
        weight=case.weight,
        tags=case.tags,
        pass_rate=0.0,
        error=code,
    )


def _passed(case: Asked, grades: Sequence[Grade], min_pass_rate: float) -> bool:
    """Of a critical case every repeat must pass; of others so many that their share is not below the rate."""
    passed = sum(grade.passed for grade in grades)
    needed = 1.0 if case.critical else min_pass_rate
    return passed >= needed * len(grades) - 1e-9


def _reasons(grades: Sequence[Grade], quoting: bool) -> tuple[str, ...]:
    distinct = dict.fromkeys(reason for grade in grades for reason in grade.reasons(quoting=quoting))
    return tuple(reason[:MAX_REASON_CHARS] for reason in list(distinct)[:MAX_REASONS])


def _metrics(grades: Sequence[Grade]) -> dict[str, float]:
    if len(grades) == 1:
        return dict(grades[0].metrics)
    names = sorted({name for grade in grades for name in grade.metrics})
    return {name: _mean(grade.metrics[name] for grade in grades if name in grade.metrics) for name in names}


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return math.fsum(found) / len(found)
