"""The evaluation report: the evidence a promotion needs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from promptops.domain.errors import InvalidScore, shown
from promptops.domain.policy import Thresholds

SCHEMA = 1
Verdict = Literal["pass", "fail"]


@dataclass(frozen=True)
class CaseResult:
    """One case, graded. `score` in 0..1; `reasons` say what failed, without the model's words."""

    case_id: str
    score: float
    passed: bool
    critical: bool
    reasons: tuple[str, ...]
    latency_ms: int
    input_tokens: int
    output_tokens: int

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> CaseResult:
        """The result again; raises InvalidScore for what would pass or fail by luck, such as NaN."""
        score = document["score"]
        if isinstance(score, bool) or not isinstance(score, (int, float)) or not 0 <= score <= 1:
            what = f"case {shown(document.get('case_id'))} has the score {shown(score)}, no number in 0..1"
            raise InvalidScore(what, "Evaluate the version again.")
        fields = {**document, "reasons": tuple(document["reasons"])}  # type: ignore[arg-type]
        return cls(**fields)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Binding:
    """What was measured with what: evidence counts for exactly this and nothing else.

    `model_kind` is `bedrock`, or `standin` on the local AWS; `graders` is the grader set's version.
    """

    content_sha256: str
    dataset_sha256: str
    graders: str
    model_id: str
    model_kind: str


@dataclass(frozen=True)
class Report:
    """One evaluation of one version, written once by the evaluate function."""

    evaluation_id: str
    prompt_id: str
    version: int
    binding: Binding
    thresholds: Thresholds
    cases: tuple[CaseResult, ...]
    started_at: str
    finished_at: str

    @property
    def score(self) -> float:
        """The mean of the cases' scores, 0..1."""
        return math.fsum(case.score for case in self.cases) / len(self.cases)

    @property
    def failed_critical(self) -> tuple[str, ...]:
        return tuple(case.case_id for case in self.cases if case.critical and not case.passed)

    @property
    def verdict(self) -> Verdict:
        """Pass when the score reaches the threshold and no critical case failed."""
        good = self.score >= self.thresholds.min_score and not self.failed_critical
        return "pass" if good else "fail"

    def to_dict(self) -> dict[str, object]:
        return {
            "schema": SCHEMA,
            "evaluation_id": self.evaluation_id,
            "prompt_id": self.prompt_id,
            "version": self.version,
            "binding": asdict(self.binding),
            "thresholds": asdict(self.thresholds),
            "score": self.score,
            "verdict": self.verdict,
            "failed_critical": list(self.failed_critical),
            "cases": [asdict(case) for case in self.cases],
            "started_at": self.started_at,
            "finished_at": self.finished_at,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> Report:
        """The report again; its score and verdict are computed anew, never read."""
        cases = document["cases"]
        assert isinstance(cases, list)
        return cls(
            evaluation_id=str(document["evaluation_id"]),
            prompt_id=str(document["prompt_id"]),
            version=int(str(document["version"])),
            binding=Binding(**document["binding"]),  # type: ignore[arg-type]
            thresholds=Thresholds.from_dict(document["thresholds"]),  # type: ignore[arg-type]
            cases=tuple(CaseResult.from_dict(case) for case in cases),
            started_at=str(document["started_at"]),
            finished_at=str(document["finished_at"]),
        )


@dataclass(frozen=True)
class Evidence:
    """Where a version's newest report lies: a hint, verified against the report's own bytes."""

    key: str
    sha256: str
    verdict: Verdict
    score: float
    evaluated_at: str
