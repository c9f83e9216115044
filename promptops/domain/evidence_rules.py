"""What a report must be to count: of these bytes, measured as policy says, good enough, and up to date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from promptops.domain.errors import (
    EvaluationError,
    EvaluationFailed,
    EvidenceMismatch,
    EvidenceRequired,
    Inconclusive,
    PromptOpsError,
    StandInEvidence,
)
from promptops.domain.report import Baseline, Binding, Evidence, Report
from promptops.domain.request import ReleaseRequest
from promptops.domain.version import VersionRecord

EVALUATE_AGAIN = "Run promptops evaluate."
PROMOTE_AGAIN = "Run promptops promote again."
#: Of what a report gives as its reasons an error repeats so many; the report has them all.
_REASONS = 3


@dataclass(frozen=True)
class Demands:
    """What a report is held against.

    `graders` is the grader set whose reports count. With `full` every case must have been measured, with
    `conclusive` the verdict must be a pass. `live` is what a release would replace: the report must compare
    with it; None where there is nothing to compare with. With `evaluation_id` only that one's report counts.
    """

    graders: str
    accepted_model_kinds: Sequence[str]
    full: bool = False
    conclusive: bool = False
    live: VersionRecord | None = None
    evaluation_id: str = ""


def demands_of(
    request: ReleaseRequest,
    live: VersionRecord | None,
    graders: str,
    accepted_model_kinds: Sequence[str],
    *,
    strict: bool,
) -> Demands:
    """What a request asks of its evidence; `strict` where it is about high risk.

    Who asks for an evaluation asks for the verdict of that one, beside what was live when it began.
    """
    if request.kind == "promote":
        return Demands(graders, accepted_model_kinds, full=strict, conclusive=strict, live=live)
    full, own = strict or request.full, request.request_id
    return Demands(graders, accepted_model_kinds, full=full, conclusive=True, evaluation_id=own)


def check_evidence(record: VersionRecord, report: Report, demands: Demands) -> Report:
    """The report, if it is evidence for this version; raises why it is not."""
    problem = evidence_problem(record, report, demands)
    if problem:
        raise problem
    return report


def evidence_problem(record: VersionRecord, report: Report, demands: Demands) -> PromptOpsError | None:
    """Why the report is no evidence for this version; None when it is."""
    try:
        return (
            _mismatch(record, report, demands)
            or _verdict_problem(record, report, demands)
            or _shortfall(record, report, demands)
        )
    except EvaluationError as error:
        return error


def bound_evidence(request: ReleaseRequest, record: VersionRecord) -> Evidence:
    """The version's newest evidence, if it is the one this request was carried on with."""
    if not request.report_sha256 or record.evidence is None:
        raise EvidenceRequired(f"{record.ref} has no evidence", PROMOTE_AGAIN)
    if record.evidence.sha256 != request.report_sha256:
        raise EvidenceMismatch(f"{record.ref} was evaluated again meanwhile", PROMOTE_AGAIN)
    return record.evidence


def _mismatch(record: VersionRecord, report: Report, demands: Demands) -> PromptOpsError | None:
    """Why the report says nothing about what is asked."""
    if (report.prompt_id, report.version) != (record.ref.prompt_id, record.ref.version):
        return EvidenceMismatch(f"the report is of {report.prompt_id}@v{report.version}", EVALUATE_AGAIN)
    if demands.evaluation_id not in ("", report.evaluation_id):
        return EvidenceMismatch(f"{record.ref} was evaluated again meanwhile", EVALUATE_AGAIN)
    accepted = demands.accepted_model_kinds
    if report.binding.model_kind not in accepted:
        return StandInEvidence(
            f"measured with a {report.binding.model_kind} model, accepted: {', '.join(accepted)}",
            "Evaluate with the real model.",
        )
    if _wanted(record, report, demands) != report.binding or not _as_policy_says(record, report):
        return EvidenceMismatch(
            "content, dataset, graders, models, thresholds or repeats are others", EVALUATE_AGAIN
        )
    cases, least = record.dataset.cases, min(record.policy.evaluation.sample, record.dataset.cases)
    if (report.dataset_cases or len(report.cases)) != cases or len(report.cases) < max(least, 1):
        return EvidenceMismatch(f"{len(report.cases)} of {cases} cases run", EVALUATE_AGAIN)
    return None


def _wanted(record: VersionRecord, report: Report, demands: Demands) -> Binding:
    """What the report must have measured; which kind of model counts is asked before, and the content's
    digest covers the model's parameters and schema."""
    return replace(
        report.binding,
        content_sha256=record.sha256,
        dataset_sha256=record.dataset.sha256,
        graders=demands.graders,
        model_id=record.model,
        graded_by=record.policy.evaluation.graded_by(),
    )


def _as_policy_says(record: VersionRecord, report: Report) -> bool:
    return (report.thresholds, report.measuring) == (record.policy.thresholds, record.policy.evaluation)


def _verdict_problem(record: VersionRecord, report: Report, demands: Demands) -> PromptOpsError | None:
    gate = report.gate
    if gate.verdict == "pass" or (gate.verdict == "inconclusive" and not demands.conclusive):
        return None
    because = told(gate.reasons)
    if gate.verdict == "inconclusive":
        what = f"{record.ref} scored {report.score:.2f}, which is not enough to tell{because}"
        return Inconclusive(what, "Add cases or repeats, or improve the prompt, and publish again.")
    return EvaluationFailed(
        f"{record.ref} scored {report.score:.2f}{because}",
        "Read the report, improve the prompt and publish again.",
        score=report.score,
        threshold=report.thresholds.min_score,
    )


def _shortfall(record: VersionRecord, report: Report, demands: Demands) -> EvidenceMismatch | None:
    """What a good report lacks for this release; a failed sample has failed, however small it was."""
    if demands.full and not report.complete:
        return EvidenceMismatch(
            f"{len(report.cases)} of {record.dataset.cases} cases run, all are asked for", EVALUATE_AGAIN
        )
    live, baseline = demands.live, report.baseline
    if live and (baseline is None or _name(baseline) != (live.ref.version, live.sha256)):
        compared = f"compared with v{baseline.version}" if baseline else "compared with nothing"
        return EvidenceMismatch(f"the report {compared}, live is v{live.ref.version}", PROMOTE_AGAIN)
    return None


def _name(baseline: Baseline) -> tuple[int, str]:
    return baseline.version, baseline.content_sha256


def told(reasons: Sequence[str]) -> str:
    """The first reasons as the end of a sentence: `: score 0.50 is below 0.80; and 4 more`."""
    more = f"; and {len(reasons) - _REASONS} more" if len(reasons) > _REASONS else ""
    said = "; ".join(reason.rstrip(".") for reason in reasons[:_REASONS])
    return f": {said}{more}" if reasons else ""
