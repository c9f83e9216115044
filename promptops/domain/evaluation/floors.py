"""The score, the metrics and the slices, each beside the floor it must not be under."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from promptops.domain.errors import EvaluationEmpty, EvaluationTooFew
from promptops.domain.evaluation.case_result import CaseResult, weighted_mean
from promptops.domain.evaluation.statistics import CONFIDENCE, effective_count, wilson
from promptops.domain.policy import Thresholds

MIN_DIGITS, MAX_DIGITS = 2, 6


@dataclass(frozen=True)
class Measured:
    """The cases that were measured, of a dataset of so many: all, or a sample with every critical one."""

    cases: Sequence[CaseResult]
    dataset_cases: int

    @property
    def complete(self) -> bool:
        return len(self.cases) >= self.dataset_cases


@dataclass(frozen=True)
class Floor:
    """One thing that is measured, and how much is needed.

    `measured` is the weighted mean over so many `cases`; over the whole dataset it lies between `low` and
    `high`. After a complete evaluation all three are the same; a sample without such cases tells nothing.
    """

    name: str
    needed: float
    cases: int
    measured: float
    low: float
    high: float

    @property
    def held(self) -> bool:
        return self.low >= self.needed

    @property
    def missed(self) -> bool:
        return self.high < self.needed


@dataclass(frozen=True)
class _Pick:
    """What one case says about one floor."""

    value: float
    weight: float
    critical: bool


def floors(measured: Measured, thresholds: Thresholds) -> tuple[Floor, ...]:
    """The score, then every metric and every slice with a floor.

    The bounds of a sample hold together with 95%: each is as far out as the number of floors demands
    (Bonferroni), so that more floors do not mean more samples that fail by chance.
    Raises EvaluationTooFew for a metric or slice that no case of the dataset has.
    """
    asked = list(_asked(measured.cases, thresholds))
    confidence = 1 - (1 - CONFIDENCE) / len(asked)
    return tuple(_floor(name, needed, list(picks), measured, confidence) for name, needed, picks in asked)


def digits_apart(value: float, limit: float) -> int:
    """How many decimals it takes, from two on, to see that the one is not the other; two where it is."""
    if value == limit:
        return MIN_DIGITS
    for digits in range(MIN_DIGITS, MAX_DIGITS):
        if f"{value:.{digits}f}" != f"{limit:.{digits}f}":
            return digits
    return MAX_DIGITS


def _asked(
    cases: Sequence[CaseResult], thresholds: Thresholds
) -> Iterator[tuple[str, float, Iterable[_Pick]]]:
    def of(case: CaseResult, value: float) -> _Pick:
        return _Pick(value, case.weight, case.critical)

    # A case without weight counts for nothing, neither here nor in the score.
    weighed = [case for case in cases if case.weight]
    if not weighed:
        raise EvaluationEmpty("no case has any weight", "Give a case a weight above 0.")
    yield "score", thresholds.min_score, [of(case, case.score) for case in weighed]
    for name, needed in thresholds.metrics.items():
        having = [case for case in weighed if name in case.metrics]
        yield f"metric {name}", needed, [of(case, case.metrics[name]) for case in having]
    for name, needed in thresholds.slices.items():
        yield f"slice {name}", needed, [of(case, case.score) for case in weighed if name in case.tags]


def _floor(name: str, needed: float, picks: Sequence[_Pick], measured: Measured, confidence: float) -> Floor:
    if not picks:
        if measured.complete:
            raise EvaluationTooFew(
                f"no case has the {name}, over which prompt.yaml sets a floor",
                "Add such a case, or take the floor out of prompt.yaml.",
            )
        return Floor(name, needed, 0, 0, 0, 1)
    mean = weighted_mean((pick.value, pick.weight) for pick in picks)
    low, high = (mean, mean) if measured.complete else _bounds(picks, _fraction(measured), confidence)
    return Floor(name, needed, len(picks), mean, low, high)


def _fraction(measured: Measured) -> float:
    """The share of the cases that are not critical which is in the sample."""
    critical = sum(case.critical for case in measured.cases)
    return (len(measured.cases) - critical) / (measured.dataset_cases - critical)


def _bounds(picks: Sequence[_Pick], fraction: float, confidence: float) -> tuple[float, float]:
    """Where the mean over the whole dataset lies.

    The critical cases are all measured and count as they are; the others stand for `1 / fraction` as many. Of
    these only the part that was not measured is uncertain, which is as if there were 1 / (1 - fraction) times
    as many: the finite population correction, W. G. Cochran, "Sampling Techniques", 3rd ed. (1977), §2.6.
    """
    known = [pick for pick in picks if pick.critical]
    sampled = [pick for pick in picks if not pick.critical]
    if not sampled:
        return 0, 1
    count = effective_count([pick.weight for pick in sampled]) / (1 - fraction)
    share = weighted_mean((pick.value, pick.weight) for pick in sampled)
    stands_for = math.fsum(pick.weight for pick in sampled) / fraction
    exact = [(pick.value, pick.weight) for pick in known]
    low, high = (
        weighted_mean([*exact, (bound, stands_for)]) for bound in wilson(share, count, confidence=confidence)
    )
    return low, high
