"""Reports as the evaluate function would have written them."""

from __future__ import annotations

from collections.abc import Sequence

from promptops.domain.evaluation.case_result import CaseResult
from promptops.domain.evaluation.compare import compared
from promptops.domain.grader_set import GRADERS
from promptops.domain.report import Baseline, Binding, Report
from promptops.domain.version import VersionRecord


def a_report(
    record: VersionRecord,
    live: VersionRecord | None = None,
    *,
    evaluation_id: str,
    at: str,
    scores: Sequence[float] = (),
    live_score: float = 1.0,
    dataset_cases: int = 0,
    model_kind: str = "standin",
    beside: str = "dev",
) -> Report:
    """Of a version that scored this in its cases, by default 1 in each, beside a live one."""
    cases = record.dataset.cases
    results = tuple(
        CaseResult(
            f"case-{number}",
            score,
            score == 1,
            False,
            (),
            10,
            10,
            10,
            live_score=live_score if live else None,
            live_passed=live_score == 1 if live else None,
        )
        for number, score in enumerate(scores or [1.0] * cases)
    )
    measuring, thresholds = record.policy.evaluation, record.policy.thresholds
    return Report(
        evaluation_id=evaluation_id,
        prompt_id=record.ref.prompt_id,
        version=record.ref.version,
        binding=Binding(
            record.sha256, record.dataset.sha256, GRADERS, record.model, model_kind, measuring.graded_by()
        ),
        thresholds=thresholds,
        cases=results,
        started_at=at,
        finished_at=at,
        measuring=measuring,
        dataset_cases=dataset_cases or cases,
        against=beside,
        baseline=Baseline(beside, live.ref.version, live.sha256, live.model) if live else None,
        comparison=compared(results, thresholds=thresholds, seed=measuring.seed) if live else None,
    )
