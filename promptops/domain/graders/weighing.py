"""Several assertions as one: the pass rule of a case and of an assert-set."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promptops.domain.graders.grading import Assertion, Assistants, Output
from promptops.domain.graders.tally import Tally


@dataclass(frozen=True)
class Failure:
    """An assertion that was not met. `reason` quotes it, and is not shown for sensitive datasets."""

    kind: str
    metric: str
    reason: str

    @property
    def name(self) -> str:
        """What may be said of it even where nothing may be quoted."""
        return self.metric or self.kind


@dataclass(frozen=True)
class Weighed:
    """`score` in 0..1, the weighted mean; `failures` also of assertions a threshold has outvoted."""

    score: float
    passed: bool
    failures: tuple[Failure, ...]
    metrics: Mapping[str, Tally]


def weigh(
    assertions: Sequence[Assertion], threshold: float | None, output: Output, assistants: Assistants
) -> Weighed:
    """What all assertions together say; at least one has a weight.

    With a threshold the weighted mean decides alone, without one a single failure does. With weight 0 an
    assertion only counts for its metric. Raises what a grader raises that could not run.
    """
    failures: list[Failure] = []
    metrics: dict[str, Tally] = {}
    weighed: list[float] = []
    for assertion in assertions:
        result = assertion.grade(output, assistants)
        weighed.append(result.score * assertion.weight)
        if not result.passed and assertion.weight:
            failures.append(Failure(assertion.kind, assertion.metric, result.reason))
        if assertion.metric:
            own = Tally.of(result.score, assertion.weight)
            metrics[assertion.metric] = metrics.get(assertion.metric, Tally()).plus(own)
        for metric, tally in result.metrics.items():
            # A set that sums its parts up under their own metric's name would count them twice.
            if metric != assertion.metric:
                metrics[metric] = metrics.get(metric, Tally()).plus(tally, times=assertion.weight)
    score = min(1.0, math.fsum(weighed) / math.fsum(assertion.weight for assertion in assertions))
    passed = not failures if threshold is None else score >= threshold
    return Weighed(score, passed, tuple(failures), metrics)
