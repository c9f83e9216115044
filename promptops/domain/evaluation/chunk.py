"""What came of some of an evaluation's cases, as it is kept until the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from promptops.domain.evaluation.case_result import CaseResult
from promptops.domain.grader_set import GRADERS
from promptops.domain.report import Usage

SCHEMA = 2


@dataclass(frozen=True)
class MeasuredChunk:
    """Results in the order of the draw, what measuring them took, since when they are there.

    `graders` is the grader set they were graded with.
    """

    cases: tuple[CaseResult, ...]
    usage: Usage
    measured_at: str
    graders: str = GRADERS

    def to_dict(self) -> dict[str, object]:
        return {
            "schema": SCHEMA,
            "cases": [case.to_dict() for case in self.cases],
            "usage": asdict(self.usage),
            "measured_at": self.measured_at,
            "graders": self.graders,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> MeasuredChunk:
        return cls(
            tuple(CaseResult.from_dict(case) for case in document["cases"]),
            Usage(**document["usage"]),
            str(document["measured_at"]),
            str(document.get("graders", "")),
        )
