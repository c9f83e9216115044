"""The evaluation report: the evidence a promotion needs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from promptops.domain.errors import EvidenceMismatch
from promptops.domain.evaluation.case_result import CaseResult, mean_score
from promptops.domain.evaluation.compare import check_comparison
from promptops.domain.evaluation.comparison import Comparison
from promptops.domain.evaluation.floors import Measured
from promptops.domain.evaluation.gate import Gate, Verdict, judged
from promptops.domain.evaluation.measuring import Measuring
from promptops.domain.policy import Thresholds

SCHEMA = 2


@dataclass(frozen=True)
class Binding:
    """What was measured with what: evidence counts for exactly this and nothing else.

    `model_kind` is `bedrock`, `endpoint/{name}`, or `standin` on the local AWS. `graders` is the digest of
    the grader set, `graded_by` that of judge and embedder, `model_sha256` that of model, parameters and
    schema.
    """

    content_sha256: str
    dataset_sha256: str
    graders: str
    model_id: str
    model_kind: str
    graded_by: str = ""
    model_sha256: str = ""


@dataclass(frozen=True)
class Baseline:
    """The live version that was measured beside this one."""

    environment: str
    version: int
    content_sha256: str
    model_id: str


@dataclass(frozen=True)
class Usage:
    """What the evaluation took; `cost_usd` is None where a price is unknown, `prices_as_of` a date."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    prices_as_of: str = ""

    @classmethod
    def total(cls, parts: Sequence[Usage]) -> Usage:
        """The sum; its cost is unknown as soon as one part's is, its prices as old as the oldest."""
        costs = [part.cost_usd for part in parts if part.cost_usd is not None]
        return cls(
            sum(part.input_tokens for part in parts),
            sum(part.output_tokens for part in parts),
            math.fsum(costs) if len(costs) == len(parts) else None,
            min((part.prices_as_of for part in parts if part.prices_as_of), default=""),
        )


@dataclass(frozen=True)
class Report:
    """One evaluation of one version, written once by the evaluate function.

    `cases` are those that were measured; `dataset_cases` is how many the dataset has. It was to be compared
    with what is live in `against`; `baseline` and `comparison` are None where nothing else was live there.
    """

    evaluation_id: str
    prompt_id: str
    version: int
    binding: Binding
    thresholds: Thresholds
    cases: tuple[CaseResult, ...]
    started_at: str
    finished_at: str
    measuring: Measuring = field(default_factory=Measuring)
    dataset_cases: int = 0
    against: str = ""
    baseline: Baseline | None = None
    comparison: Comparison | None = None
    usage: Usage = Usage()

    @property
    def measured(self) -> Measured:
        """The cases as the gate takes them; reports of schema 1 are over all there were."""
        return Measured(self.cases, self.dataset_cases or len(self.cases))

    @property
    def complete(self) -> bool:
        """Whether every case of the dataset was measured."""
        return self.measured.complete

    @property
    def score(self) -> float:
        """The weighted mean of the cases' scores, 0..1."""
        return mean_score(self.cases)

    @property
    def failed_critical(self) -> tuple[str, ...]:
        return tuple(case.case_id for case in self.cases if case.failed_critical)

    @cached_property
    def gate(self) -> Gate:
        """The verdict and why."""
        return judged(self.measured, self.thresholds, self.comparison)

    @property
    def verdict(self) -> Verdict:
        return self.gate.verdict

    def to_dict(self) -> dict[str, object]:
        gate = self.gate
        return {
            "schema": SCHEMA,
            "evaluation_id": self.evaluation_id,
            "prompt_id": self.prompt_id,
            "version": self.version,
            "binding": asdict(self.binding),
            "thresholds": self.thresholds.to_dict(),
            "measuring": self.measuring.to_dict(),
            "dataset_cases": self.dataset_cases,
            "against": self.against,
            "baseline": asdict(self.baseline) if self.baseline else None,
            "comparison": self.comparison.to_dict() if self.comparison else None,
            "usage": asdict(self.usage),
            "score": self.score,
            "verdict": gate.verdict,
            "reasons": list(gate.reasons),
            "failed_critical": list(self.failed_critical),
            "cases": [case.to_dict() for case in self.cases],
            "started_at": self.started_at,
            "finished_at": self.finished_at,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Report:
        """The report again, also of schema 1; its score and verdict are computed anew, never read.

        Of the comparison the interval alone is read, as it takes a second to compute.
        Raises EvidenceMismatch for one that is not that of the cases, InvalidScore for a case's score.
        """
        cases, baseline, comparison = document["cases"], document.get("baseline"), document.get("comparison")
        report = cls(
            evaluation_id=str(document["evaluation_id"]),
            prompt_id=str(document["prompt_id"]),
            version=int(document["version"]),
            binding=Binding(**document["binding"]),
            thresholds=Thresholds.from_dict(document["thresholds"]),
            cases=tuple(CaseResult.from_dict(case) for case in cases),
            started_at=str(document["started_at"]),
            finished_at=str(document["finished_at"]),
            measuring=Measuring.from_dict(document.get("measuring", {})),
            dataset_cases=int(document.get("dataset_cases", 0)),
            against=str(document.get("against", "")),
            baseline=Baseline(**baseline) if baseline else None,
            comparison=Comparison.from_dict(comparison) if comparison else None,
            usage=Usage(**document.get("usage", {})),
        )
        report._check_comparison()
        return report

    def _check_comparison(self) -> None:
        if (self.baseline is None) != (self.comparison is None):
            raise EvidenceMismatch(
                "a baseline without a comparison, or the other way about", "Evaluate again."
            )
        if self.comparison:
            check_comparison(self.comparison, self.cases, thresholds=self.thresholds)


@dataclass(frozen=True)
class Evidence:
    """Where a version's newest report lies: a hint, verified against the report's own bytes."""

    key: str
    sha256: str
    verdict: Verdict
    score: float
    evaluated_at: str
