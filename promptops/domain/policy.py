"""What a prompt's risk asks of its releases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from promptops.domain.canonical import digest
from promptops.domain.errors import InvalidMetadata, InvalidMetadataType, InvalidThreshold, shown

Risk = Literal["low", "high"]


@dataclass(frozen=True)
class Thresholds:
    """When an evaluation passes: score in 0..1, and how many cases it takes to tell."""

    min_score: float = 0.8
    min_cases: int = 5

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> Thresholds:
        unknown = sorted(set(document) - {"min_score", "min_cases"})
        if unknown:
            raise InvalidMetadata(f"thresholds has no {shown(unknown[0])}", "Known: min_score, min_cases.")
        score = document.get("min_score", cls.min_score)
        cases = document.get("min_cases", cls.min_cases)
        if isinstance(score, bool) or not isinstance(score, (int, float)):
            raise InvalidMetadataType(f"min_score is {shown(score)}", "Write a number in 0..1.")
        if isinstance(cases, bool) or not isinstance(cases, int):
            raise InvalidMetadataType(f"min_cases is {shown(cases)}", "Write a whole number.")
        if not 0 <= score <= 1:
            likely = f"Did you mean {score / 100}?" if 1 < score <= 100 else "Write a number in 0..1."
            raise InvalidThreshold(f"min_score {score} is outside 0..1", likely)
        if cases < 1:
            raise InvalidThreshold(f"min_cases {cases} is below 1", "An evaluation needs at least one case.")
        return cls(float(score), cases)


@dataclass(frozen=True)
class Policy:
    """The rules in force for one version; its digest is bound into requests and approvals."""

    risk: Risk
    thresholds: Thresholds

    def to_dict(self) -> dict[str, object]:
        return {"risk": self.risk, "thresholds": asdict(self.thresholds)}

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> Policy:
        thresholds = document.get("thresholds", {})
        if not isinstance(thresholds, Mapping):
            raise InvalidMetadataType("thresholds is not a mapping", "Write e.g. {min_score: 0.8}.")
        return cls(parse_risk(document.get("risk")), Thresholds.from_dict(thresholds))

    def digest(self) -> str:
        return digest(self.to_dict())


def parse_risk(value: object) -> Risk:
    if value == "low":
        return "low"
    if value == "high":
        return "high"
    raise InvalidMetadata(
        f"risk is {shown(value)}",
        "Write low or high (high: legal decisions, customer-visible policy, billing outcomes).",
    )


def stricter(*risks: Risk) -> Risk:
    """The highest of the risks: a lowered risk counts at its old tier until it is released."""
    return "high" if "high" in risks else "low"
