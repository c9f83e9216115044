"""What a metric has gathered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tally:
    """Scores of assertions that name the same metric, each with its weight."""

    weighed: float = 0.0
    weight: float = 0.0
    scores: float = 0.0
    count: int = 0

    @classmethod
    def of(cls, score: float, weight: float) -> Tally:
        return cls(score * weight, weight, score, 1)

    def plus(self, other: Tally, *, times: float = 1.0) -> Tally:
        """Both together, the other's weights multiplied: what stands in a set has the set's weight too."""
        return Tally(
            self.weighed + other.weighed * times,
            self.weight + other.weight * times,
            self.scores + other.scores,
            self.count + other.count,
        )

    @property
    def mean(self) -> float:
        """In 0..1; where all have the weight 0 they count alike, as they are there to be measured."""
        return self.weighed / self.weight if self.weight else self.scores / self.count
