"""From the results of the cases to the report over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from promptops.domain.artifact import Artifact
from promptops.domain.canonical import digest
from promptops.domain.errors import EvaluationError
from promptops.domain.evaluation.case_result import CaseResult
from promptops.domain.evaluation.compare import compared
from promptops.domain.evaluation.comparison import Comparison
from promptops.domain.grader_set import GRADERS
from promptops.domain.policy import Policy
from promptops.domain.report import Baseline, Binding, Report, Usage

#: Of all cases together. Where more failed than that can explain, each says less: a character has up to four
#: bytes, and a report of 20,000 cases has to stay one that is read again.
MAX_REASON_BYTES = 4_000_000
_SHORT_REASON_CHARS = 100


@dataclass(frozen=True)
class Measurement:
    """What was measured, with what, and beside what: all of a report that is known before its results."""

    evaluation_id: str
    version: int
    artifact: Artifact
    policy: Policy
    dataset_sha256: str
    dataset_cases: int
    model_kind: str
    started_at: str
    against: str = ""
    baseline: Baseline | None = None

    def comparison(self, results: Sequence[CaseResult]) -> Comparison | None:
        """None where there is nothing to compare with."""
        if self.baseline is None:
            return None
        policy = self.policy
        return compared(results, thresholds=policy.thresholds, seed=policy.evaluation.seed)

    def report(self, results: Sequence[CaseResult], usage: Usage, finished_at: str) -> Report:
        """The report; its results have reasons as far as there is room."""
        artifact, measuring = self.artifact, self.policy.evaluation
        return Report(
            evaluation_id=self.evaluation_id,
            prompt_id=artifact.prompt_id,
            version=self.version,
            binding=Binding(
                content_sha256=artifact.digest(),
                dataset_sha256=self.dataset_sha256,
                graders=GRADERS,
                model_id=artifact.model["id"],
                model_kind=self.model_kind,
                graded_by=measuring.graded_by(),
                model_sha256=_model_digest(artifact),
            ),
            thresholds=self.policy.thresholds,
            cases=tuple(_with_room(results)),
            started_at=self.started_at,
            finished_at=finished_at,
            measuring=measuring,
            dataset_cases=self.dataset_cases,
            against=self.against,
            baseline=self.baseline,
            comparison=self.comparison(results),
            usage=usage,
        )


def check_verdict(report: Report) -> Report:
    """The report, if it says anything about the version; raises EvaluationError for one that does not."""
    gate = report.gate
    if gate.verdict == "error":
        raise EvaluationError("; ".join(gate.reasons), "Start the evaluation again.")
    return report


def _model_digest(artifact: Artifact) -> str:
    asked = {"parameters": dict(artifact.parameters), "output_schema": artifact.output_schema}
    return digest({"model": dict(artifact.model), **asked})


def _with_room(results: Sequence[CaseResult]) -> Sequence[CaseResult]:
    if sum(len(reason.encode()) for result in results for reason in result.reasons) <= MAX_REASON_BYTES:
        return results
    return [
        replace(result, reasons=tuple(reason[:_SHORT_REASON_CHARS] for reason in result.reasons[:1]))
        for result in results
    ]
