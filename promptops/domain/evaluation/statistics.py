"""How sure a measured share or difference is. The standard library only, and the same figures everywhere."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from random import Random
from statistics import NormalDist

CONFIDENCE = 0.95
MAX_RESAMPLES = 2_000
MIN_RESAMPLES = 500
_MAX_DRAWS = 1_000_000
_NORMAL = NormalDist()


def wilson(share: float, count: float, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The score interval of a share of so many independent trials.

    With z the normal quantile, the middle is (p + z²/2n) / (1 + z²/n) and half the width
    z·√(p(1-p)/n + z²/4n²) / (1 + z²/n): E. B. Wilson, "Probable inference, the law of succession, and
    statistical inference", JASA 22 (1927) 209-212. It also holds for the mean of scores in 0..1, whose
    variance is at most p(1-p): then it is wider than it need be. An infinite count gives the share itself.
    """
    z2 = _NORMAL.inv_cdf((1 + confidence) / 2) ** 2
    shrink = 1 + z2 / count
    middle = (share + z2 / (2 * count)) / shrink
    half = math.sqrt(z2 * (max(share * (1 - share), 0) / count + z2 / (4 * count * count))) / shrink
    # At 0 and 1 the formula gives the share itself, short of a rounding error.
    return min(max(middle - half, 0), share), max(min(middle + half, 1), share)


def effective_count(weights: Sequence[float]) -> float:
    """How many equally weighted cases tell as much: (Σw)² / Σw², L. Kish, "Survey Sampling" (1965), §11.7."""
    return math.fsum(weights) ** 2 / math.fsum(weight * weight for weight in weights)


def mcnemar(newly_failed: int, newly_passed: int) -> float:
    """The two-sided p-value of so many pairs that changed, if both ways were equally likely.

    Twice the smaller tail of a binomial with share 1/2, at most 1: Q. McNemar, "Note on the sampling error
    of the difference between correlated proportions", Psychometrika 12 (1947) 153-157, exact as in
    A. Agresti, "Categorical Data Analysis", 3rd ed. (2013), §11.1.
    """
    changed = newly_failed + newly_passed
    tail = term = 1
    for successes in range(min(newly_failed, newly_passed)):
        term = term * (changed - successes) // (successes + 1)
        tail += term
    # Both are whole numbers, and Python divides those of any size.
    return min(1.0, 2 * tail / (1 << changed))


def bootstrap_interval(
    differences: Sequence[float], weights: Sequence[float], *, seed: int, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """The percentile interval of the weighted mean of paired differences, by resampling whole pairs.

    B. Efron and R. Tibshirani, "An Introduction to the Bootstrap" (1993), §13.3, with percentiles as far out
    as `tail_share` says. Drawn with nothing but `Random.random`, whose sequence Python guarantees for a seed.
    2,000 resamples, fewer above 500 pairs that changed, and at least 500: there the interval is so narrow
    that what the fewer resamples blur is below 0.002. Pairs that differ all alike give one of no width.
    """
    if min(differences) == max(differences):
        return differences[0], differences[0]
    random = Random(seed).random  # noqa: S311 - to be drawn again by anybody, no secret
    if min(weights) == max(weights):
        means = _equal_means(differences, random)
    else:
        means = _weighted_means(differences, weights, random)
    means.sort()
    tail = tail_share(len(differences), confidence)
    return _quantile(means, tail), _quantile(means, 1 - tail)


def tail_share(pairs: int, confidence: float = CONFIDENCE) -> float:
    """The share of resampled means that lies beyond each end of the interval.

    Percentiles at 2.5% are too narrow for few pairs: the bootstrap divides by n where n-1 were right, and
    takes the normal distribution where Student's t were. So the share is Φ(-√(n/(n-1))·t), with t's quantile
    at n-1 degrees of freedom: T. Hesterberg, "What teachers should know about the bootstrap", The American
    Statistician 69 (2015) 371-386, "expanded percentile interval". 0.9% for 10 pairs, 2.3% for 100.
    """
    return _NORMAL.cdf(-math.sqrt(pairs / (pairs - 1)) * _student((1 + confidence) / 2, pairs - 1))


def _student(share: float, freedom: int) -> float:
    """Student's quantile by its expansion, within 0.3% from 4 degrees of freedom on.

    M. Abramowitz and I. Stegun, "Handbook of Mathematical Functions" (1964), 26.7.5.
    """
    z = _NORMAL.inv_cdf(share)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + math.fsum(term / freedom**power for power, term in enumerate(terms, start=1))


def _equal_means(differences: Sequence[float], random: Callable[[], float]) -> list[float]:
    """Means of resamples of equally weighted pairs.

    Most pairs do not change. How many of those that do a resample has is binomial, so that number is drawn
    first and then only they are: the same distribution in a tenth of the draws.
    """
    pairs, changed = len(differences), [difference for difference in differences if difference]
    cumulative = _binomial(pairs, len(changed) / pairs)
    means = []
    for _ in range(_resamples(len(changed))):
        count = bisect_right(cumulative, random())
        means.append(math.fsum([changed[int(random() * len(changed))] for _ in range(count)]) / pairs)
    return means


def _weighted_means(
    differences: Sequence[float], weights: Sequence[float], random: Callable[[], float]
) -> list[float]:
    pairs = len(differences)
    weighted = [difference * weight for difference, weight in zip(differences, weights, strict=True)]
    means = []
    for _ in range(_resamples(pairs)):
        chosen = [int(random() * pairs) for _ in range(pairs)]
        # Not sum(): since Python 3.12 it rounds floats otherwise than before.
        total = math.fsum([weights[pair] for pair in chosen])
        means.append(math.fsum([weighted[pair] for pair in chosen]) / total)
    return means


def _resamples(draws: int) -> int:
    return min(MAX_RESAMPLES, max(MIN_RESAMPLES, _MAX_DRAWS // draws))


def _binomial(trials: int, share: float) -> list[float]:
    """The distribution function at 0, 1, 2, …, from the likeliest count outwards: nothing underflows."""
    if share == 1:
        return [0.0] * trials
    mode, odds = int((trials + 1) * share), share / (1 - share)
    likelihood = [0.0] * (trials + 1)
    likelihood[mode] = 1.0
    for count in range(mode, trials):
        likelihood[count + 1] = likelihood[count] * odds * (trials - count) / (count + 1)
    for count in range(mode, 0, -1):
        likelihood[count - 1] = likelihood[count] * count / (odds * (trials - count + 1))
    total = math.fsum(likelihood)
    return [value / total for value in accumulate(likelihood)][:-1]


def _quantile(ranked: Sequence[float], share: float) -> float:
    """Between the two nearest, as `numpy.quantile` does by default."""
    place = share * (len(ranked) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ranked) - 1)
    return ranked[below] + (place - below) * (ranked[above] - ranked[below])
