"""Results of cases, as tests need them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from promptops.domain.evaluation.case_result import CaseResult

_PLAIN = CaseResult(
    "case-1", 1.0, passed=True, critical=False, reasons=(), latency_ms=0, input_tokens=0, output_tokens=0
)


def result(case_id: str = "case-1", score: float = 1.0, **differs: Any) -> CaseResult:
    """A case that passed exactly if it scored 1, and so with the live version if that was asked."""
    live = differs.get("live_score")
    claims = {"passed": score == 1, "live_passed": None if live is None else live == 1}
    return replace(_PLAIN, case_id=case_id, score=score, **{**claims, **differs})


def results(*scores: float, **differs: Any) -> list[CaseResult]:
    """A case for each score."""
    return [result(f"case-{number}", score, **differs) for number, score in enumerate(scores, start=1)]


def pairs(*scores: tuple[float, float], **differs: Any) -> list[CaseResult]:
    """A case for each pair of new and live score."""
    return [
        result(f"case-{number}", new, live_score=live, **differs)
        for number, (new, live) in enumerate(scores, start=1)
    ]
