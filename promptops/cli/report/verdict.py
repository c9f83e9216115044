"""What a verdict means for the command: its error and exit code."""

from __future__ import annotations

from promptops.domain.errors import (
    EvaluationError,
    EvaluationFailed,
    Inconclusive,
    ModelUnavailable,
    PromptOpsError,
    passing_codes,
)
from promptops.domain.evidence_rules import told
from promptops.domain.report import Report
from promptops.domain.report_summary import name_of, score_beside_floor

_READ = "Read the cases above, improve the prompt and evaluate again."


def problem_of(report: Report, /, **data: object) -> PromptOpsError | None:
    """The error of a report that does not pass; None for one that does.

    ModelUnavailable if that is all that kept every case without a result from being measured.
    """
    name, verdict = name_of(report), report.verdict
    if verdict == "pass":
        return None
    if verdict == "error":
        what = f"{name} has no verdict: {report.gate.reasons[0]}"
        if _only_unreachable(report):
            return ModelUnavailable(what, "Try again; what was measured says nothing yet.", **data)
        return EvaluationError(what, "Correct what the cases above say and evaluate again.", **data)
    score, _ = score_beside_floor(report)
    because = told(report.gate.reasons)
    if verdict == "inconclusive":
        what = f"{name} scored {score}, and that is not enough to tell{because}"
        return Inconclusive(what, "Add cases or repeats, or measure all of them with --full.", **data)
    return EvaluationFailed(f"{name} scored {score}{because}", _READ, **data)


def _only_unreachable(report: Report) -> bool:
    return {case.error for case in report.cases if case.error} <= passing_codes()
