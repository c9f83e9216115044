"""promptfoo's own files in `suites`, whole: defaults, sets, weights, tables, lists in variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SUITES = Path(__file__).with_name("suites")


@dataclass(frozen=True)
class Graded:
    """What one test came to."""

    passed: bool
    score: float
    metrics: Mapping[str, float] = field(default_factory=dict)

    def agrees(self, other: Graded) -> bool:
        return (
            self.passed == other.passed
            and abs(self.score - other.score) < 1e-9
            and set(self.metrics) == set(other.metrics)
            and all(abs(score - other.metrics[name]) < 1e-9 for name, score in self.metrics.items())
        )

    def __str__(self) -> str:
        metrics = ", ".join(f"{name} {score:.3g}" for name, score in sorted(self.metrics.items()))
        return f"{'pass' if self.passed else 'fail'} {self.score:.3g}{f' ({metrics})' if metrics else ''}"
