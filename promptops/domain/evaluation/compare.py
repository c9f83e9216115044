"""How the cases' results differ from those of the live version."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from promptops.domain.errors import EvidenceMismatch
from promptops.domain.evaluation.case_result import DIGITS, CaseResult, weighted_mean
from promptops.domain.evaluation.comparison import Comparison
from promptops.domain.evaluation.statistics import bootstrap_interval, mcnemar
from promptops.domain.policy import Thresholds

_ROUNDING = 1e-9


def compared(cases: Sequence[CaseResult], *, thresholds: Thresholds, seed: int) -> Comparison:
    """The comparison over the cases that both versions answered.

    It is impossible with fewer of them than an evaluation needs cases.
    """
    facts = counted(cases, thresholds=thresholds)
    if facts.impossible_because:
        return facts
    # A resample of cases without weight has no mean.
    weighed = [case for case in _pairs(cases) if case.weight]
    differences, weights = [_difference(case) for case in weighed], [case.weight for case in weighed]
    low, high = bootstrap_interval(differences, weights, seed=seed)
    # Few resamples may miss what was measured by a hair; an interval that is not around it convinces nobody.
    low, high = min(round(low, DIGITS), facts.difference), max(round(high, DIGITS), facts.difference)
    return replace(facts, low=low, high=high)


def counted(cases: Sequence[CaseResult], *, thresholds: Thresholds) -> Comparison:
    """The same without the interval, which is all that is dear to compute."""
    pairs = _pairs(cases)
    if len(pairs) < thresholds.min_cases:
        return Comparison(
            len(pairs),
            impossible_because=f"{len(pairs)} of {len(cases)} cases have an answer of both versions, "
            f"{thresholds.min_cases} are needed",
        )
    failed = [case for case in pairs if case.live_passed and not case.passed]
    passed = [case for case in pairs if case.passed and not case.live_passed]
    difference = weighted_mean((_difference(case), case.weight) for case in pairs)
    return Comparison(
        pairs=len(pairs),
        difference=difference,
        low=difference,
        high=difference,
        p_value=mcnemar(len(failed), len(passed)),
        newly_failed=tuple(case.case_id for case in failed),
        newly_passed=tuple(case.case_id for case in passed),
        newly_failed_critical=tuple(case.case_id for case in failed if case.critical),
    )


def check_comparison(comparison: Comparison, cases: Sequence[CaseResult], *, thresholds: Thresholds) -> None:
    """Raises EvidenceMismatch for a comparison that these cases do not give.

    All but the interval is computed again. The interval must lie around the difference, within what was
    measured, half a standard error to either side at least and two in all: the right one is some four wide,
    and never less than 0.7 to a side, however few the pairs and whatever their weights.
    """
    facts = counted(cases, thresholds=thresholds)
    if replace(comparison, low=facts.low, high=facts.high) != facts:
        raise EvidenceMismatch(
            "the comparison is not that of the report's cases", "Evaluate the version again."
        )
    if facts.impossible_because:
        return
    pairs = _pairs(cases)
    differences = [_difference(case) for case in pairs]
    spread = math.fsum(
        (case.weight * (difference - facts.difference)) ** 2
        for case, difference in zip(pairs, differences, strict=True)
    )
    error = math.sqrt(spread) / math.fsum(case.weight for case in pairs)
    low, high = comparison.low, comparison.high
    least, most = min(differences) - _ROUNDING, max(differences) + _ROUNDING
    within = least <= low <= facts.difference - error / 2 + _ROUNDING
    within = within and facts.difference + error / 2 - _ROUNDING <= high <= most
    if not within or high - low < 2 * error - _ROUNDING:
        raise EvidenceMismatch(
            f"no interval of these cases is {low} to {high}", "Evaluate the version again."
        )


def _pairs(cases: Sequence[CaseResult]) -> list[CaseResult]:
    return [
        case
        for case in cases
        if not case.error and case.live_score is not None and case.live_passed is not None
    ]


def _difference(case: CaseResult) -> float:
    assert case.live_score is not None
    return case.score - case.live_score
