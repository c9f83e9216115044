"""What a prompt's risk asks of its releases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Literal

from promptops.domain.canonical import digest
from promptops.domain.errors import InvalidMetadata, InvalidMetadataType, InvalidThreshold, shown
from promptops.domain.evaluation.measuring import Measuring

Risk = Literal["low", "high"]


@dataclass(frozen=True)
class Thresholds:
    """When an evaluation passes. Scores and rates in 0..1.

    `metrics` and `slices` are floors under the mean score of one metric's assertions and of one tag's cases.
    `margin` is how much worse than the live version the mean score may be; `min_pass_rate` is the share of a
    case's repeats that must pass for the case to pass.
    """

    min_score: float = 0.8
    min_cases: int = 5
    metrics: Mapping[str, float] = field(default_factory=dict)
    slices: Mapping[str, float] = field(default_factory=dict)
    margin: float = 0.05
    min_pass_rate: float = 1.0

    def to_dict(self) -> dict[str, object]:
        """What was not written is left out, so that digests of older policies stay what they were."""
        return {
            "min_score": self.min_score,
            "min_cases": self.min_cases,
            **{name: value for name, value in asdict(self).items() if value != _DEFAULTS.get(name, value)},
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> Thresholds:
        known = [field.name for field in fields(cls)]
        unknown = sorted(set(document) - set(known))
        if unknown:
            raise InvalidMetadata(f"thresholds has no {shown(unknown[0])}", f"Known: {', '.join(known)}.")
        cases = document.get("min_cases", cls.min_cases)
        if isinstance(cases, bool) or not isinstance(cases, int):
            raise InvalidMetadataType(f"min_cases is {shown(cases)}", "Write a whole number.")
        if cases < 1:
            raise InvalidThreshold(f"min_cases {cases} is below 1", "An evaluation needs at least one case.")
        if document.get("min_pass_rate") == 0:
            raise InvalidThreshold(
                "with min_pass_rate 0 no case can fail", "Write a number above 0, up to 1."
            )
        return cls(
            _share(document.get("min_score", cls.min_score), "min_score"),
            cases,
            _shares(document.get("metrics", {}), "metrics"),
            _shares(document.get("slices", {}), "slices"),
            _share(document.get("margin", cls.margin), "margin"),
            _share(document.get("min_pass_rate", cls.min_pass_rate), "min_pass_rate"),
        )


_DEFAULTS: Mapping[str, object] = {"metrics": {}, "slices": {}, "margin": 0.05, "min_pass_rate": 1.0}


def _shares(value: object, name: str) -> dict[str, float]:
    if not isinstance(value, Mapping):
        raise InvalidMetadataType(f"{name} is {shown(value)}", "Write e.g. {format: 0.95}.")
    return {str(key): _share(share, f"{name}.{key}") for key, share in value.items()}


def _share(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidMetadataType(f"{name} is {shown(value)}", "Write a number in 0..1.")
    if not 0 <= value <= 1:
        likely = f"Did you mean {value / 100}?" if 1 < value <= 100 else "Write a number in 0..1."
        raise InvalidThreshold(f"{name} {value} is outside 0..1", likely)
    return float(value)


@dataclass(frozen=True)
class Policy:
    """The rules in force for one version; its digest is bound into requests and approvals."""

    risk: Risk
    thresholds: Thresholds
    evaluation: Measuring = field(default_factory=Measuring)

    def to_dict(self) -> dict[str, object]:
        measuring = self.evaluation.to_dict()
        return {
            "risk": self.risk,
            "thresholds": self.thresholds.to_dict(),
            **({"evaluation": measuring} if measuring else {}),
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> Policy:
        thresholds, evaluation = document.get("thresholds", {}), document.get("evaluation", {})
        if not isinstance(thresholds, Mapping):
            raise InvalidMetadataType("thresholds is not a mapping", "Write e.g. {min_score: 0.8}.")
        if not isinstance(evaluation, Mapping):
            raise InvalidMetadataType("evaluation is not a mapping", "Write e.g. {repeats: 3}.")
        return cls(
            parse_risk(document.get("risk")),
            Thresholds.from_dict(thresholds),
            Measuring.from_dict(evaluation),
        )

    def fine_print(self) -> dict[str, object]:
        """What decides beside risk, score and number of cases, named for who compares two versions."""
        thresholds, measuring = self.thresholds, self.evaluation
        models = {"judge": measuring.judge, "embedder": measuring.embedder}
        return {
            **{f"floor of metric {name}": needed for name, needed in sorted(thresholds.metrics.items())},
            **{f"floor of slice {name}": needed for name, needed in sorted(thresholds.slices.items())},
            "margin beside live": thresholds.margin,
            "minimum pass rate": thresholds.min_pass_rate,
            "repeats": measuring.repeats,
            "sample": measuring.sample,
            "seed": measuring.seed,
            **{name: f"{model.id} ({model.provider})" for name, model in models.items() if model},
        }

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
