"""Reports as evaluations leave them, for tests of what people see of them."""

from __future__ import annotations

from typing import Any

from promptops.domain.evaluation.case_result import CaseResult
from promptops.domain.evaluation.comparison import Comparison
from promptops.domain.evaluation.measuring import Measuring
from promptops.domain.policy import Thresholds
from promptops.domain.report import Baseline, Binding, Report, Usage

MODEL = "anthropic.claude-haiku-4-5-20251001-v1:0"


def a_case(case_id: str, *, passed: bool = True, **more: Any) -> CaseResult:
    values: dict[str, Any] = {
        "score": 1.0 if passed else 0.25,
        "critical": False,
        "reasons": () if passed else ("icontains: lacks 'refund'",),
        "latency_ms": 800,
        "input_tokens": 400,
        "output_tokens": 100,
        "live_score": 1.0,
        "live_passed": True,
        "pass_rate": 1.0 if passed else 0.0,
        "tags": ("billing",),
        "metrics": {"format": 1.0 if passed else 0.5},
    }
    return CaseResult(case_id, passed=passed, **{**values, **more})


def a_report(*cases: CaseResult, **more: Any) -> Report:
    values: dict[str, Any] = {
        "evaluation_id": "dev-4f1c",
        "prompt_id": "support-ticket",
        "version": 3,
        "binding": Binding("a" * 64, "b" * 64, "c" * 64, MODEL, "bedrock"),
        "thresholds": Thresholds(min_cases=1),
        "started_at": "2026-03-01T10:42:07.000000Z",
        "finished_at": "2026-03-01T10:43:41.500000Z",
        "dataset_cases": len(cases),
        "usage": Usage(49_440, 14_400, 0.1476, "2026-02-01"),
    }
    return Report(cases=cases, **{**values, **more})


def worse_than_live() -> Report:
    """19 of 20 cases pass; `late-order`, which is critical, passes live and fails here."""
    failed = a_case("late-order", passed=False, critical=True)
    cases = [failed, *(a_case(f"case-{number}") for number in range(19))]
    return a_report(
        *cases,
        thresholds=Thresholds(metrics={"format": 0.99}, slices={"billing": 0.9}),
        measuring=Measuring(repeats=3),
        baseline=Baseline("prod", 2, "d" * 64, MODEL),
        comparison=Comparison(
            20,
            -0.038,
            -0.113,
            0.0,
            1.0,
            ("late-order",),
            ("case-7",),
            newly_failed_critical=("late-order",),
        ),
    )
