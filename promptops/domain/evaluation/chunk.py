"""What came of some of an evaluation's cases, as it is kept until the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from promptops.domain.evaluation.case_result import CaseResult
from promptops.domain.report import Usage

SCHEMA = 2


@dataclass(frozen=True)
class MeasuredChunk:
    """Results in the order of the draw, what measuring them took, and since when they are there."""

    cases: tuple[CaseResult, ...]
    usage: Usage
    measured_at: str

    def to_dict(self) -> dict[str, object]:
        return {
            "schema": SCHEMA,
            "cases": [case.to_dict() for case in self.cases],
            "usage": asdict(self.usage),
            "measured_at": self.measured_at,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> MeasuredChunk:
        return cls(
            tuple(CaseResult.from_dict(case) for case in document["cases"]),
            Usage(**document["usage"]),
            str(document["measured_at"]),
        )
