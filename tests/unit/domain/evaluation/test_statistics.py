"""Promises of the statistics: published figures, those of other libraries, and what holds for any data."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.proportion import proportion_confint

from promptops.domain.evaluation.statistics import (
    bootstrap_interval,
    effective_count,
    mcnemar,
    tail_share,
    wilson,
)

#: R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17
#: (1998) 857-872, table I, method 3.
NEWCOMBE = [
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0000, 0.1611),
    (1, 29, 0.0061, 0.1718),
]
#: A. Agresti, "Categorical Data Analysis", table 11.1: who approved of the prime minister in the first survey
#: and no more in the second, and the other way about, of 1,600.
AGRESTI = (150, 86)
#: C. Darwin's maize, crossed less self-fertilised plants in eighths of an inch, as R. A. Fisher gives them in
#: "The Design of Experiments" (1935), §16: here over 100, so that they are differences of scores.
DARWIN = [d / 100 for d in (49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48)]

shares = st.floats(0, 1)
scores = st.sampled_from((0.0, 0.25, 0.5, 0.75, 1.0))
differences = st.lists(st.builds(lambda new, live: new - live, scores, scores), min_size=2, max_size=40)


@pytest.mark.parametrize(("successes", "trials", "low", "high"), NEWCOMBE)
def test_wilsons_interval_is_the_one_that_newcombe_published(successes, trials, low, high):
    assert wilson(successes / trials, trials) == pytest.approx((low, high), abs=5e-5)


@settings(deadline=None)
@given(st.integers(1, 5_000), st.data(), st.sampled_from((0.8, 0.95, 0.99)))
def test_wilsons_interval_agrees_with_statsmodels_and_scipy(trials, data, confidence):
    successes = data.draw(st.integers(0, trials))

    found = wilson(successes / trials, trials, confidence=confidence)

    theirs = proportion_confint(successes, trials, alpha=1 - confidence, method="wilson")
    exact = stats.binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    assert found == pytest.approx(theirs, abs=1e-9)
    assert found == pytest.approx((exact.low, exact.high), abs=1e-9)


@settings(deadline=None)
@given(shares, st.floats(0.5, 1e6))
@example(0.9999999999999999, 183.0)
def test_wilsons_interval_holds_the_share_and_narrows_with_more_cases(share, count):
    low, high = wilson(share, count)
    fewer_low, fewer_high = wilson(share, count / 2)

    assert 0 <= low <= share <= high <= 1
    # Two intervals that both end at the same place may end a rounding error apart.
    assert fewer_low <= low + 1e-12
    assert high <= fewer_high + 1e-12


@settings(deadline=None)
@given(shares, st.floats(1, 1e6))
def test_failures_have_the_interval_of_successes_turned_round(share, count):
    low, high = wilson(share, count)

    assert wilson(1 - share, count) == pytest.approx((1 - high, 1 - low), abs=1e-9)


def test_without_an_end_of_cases_nothing_is_uncertain():
    assert wilson(0.7, math.inf) == (0.7, 0.7)


def test_equal_weights_count_each_case_once_and_one_heavy_case_counts_alone():
    assert effective_count([3.0] * 12) == pytest.approx(12)
    assert effective_count([1000.0, 0.001, 0.001]) == pytest.approx(1, abs=1e-4)


@settings(deadline=None)
@given(st.lists(st.floats(0.01, 1000), min_size=1, max_size=50), st.floats(0.01, 100))
def test_the_effective_count_lies_between_one_and_the_cases_whatever_the_unit(weights, factor):
    count = effective_count(weights)

    assert 1 - 1e-9 <= count <= len(weights) + 1e-9
    assert effective_count([weight * factor for weight in weights]) == pytest.approx(count)


def test_mcnemar_of_agrestis_approval_ratings_is_that_of_statsmodels():
    lost, won = AGRESTI
    theirs = statsmodels_mcnemar([[794, lost], [won, 570]], exact=True)

    assert mcnemar(lost, won) == pytest.approx(theirs.pvalue)
    # Agresti's own z is -4.17.
    assert mcnemar(lost, won) == pytest.approx(2 * stats.norm.sf(4.17), rel=0.25)


@settings(deadline=None)
@given(st.integers(0, 400), st.integers(0, 400))
def test_mcnemar_is_the_binomial_test_and_knows_no_direction(failed, passed):
    assume(failed + passed)

    assert mcnemar(failed, passed) == pytest.approx(stats.binomtest(failed, failed + passed).pvalue)
    assert mcnemar(failed, passed) == mcnemar(passed, failed)


def test_mcnemar_of_no_change_is_one_and_of_very_many_changes_none():
    assert mcnemar(0, 0) == 1
    assert mcnemar(20_000, 0) == 0


def test_the_bootstrap_interval_of_darwins_maize_is_that_of_scipy():
    confidence = 1 - 2 * tail_share(len(DARWIN))
    theirs = stats.bootstrap(
        (DARWIN,), np.mean, confidence_level=confidence, method="percentile", n_resamples=50_000, rng=1
    ).confidence_interval

    assert bootstrap_interval(DARWIN, [1.0] * 15, seed=0) == pytest.approx(tuple(theirs), abs=0.02)


def test_it_is_about_as_wide_as_the_interval_that_fisher_gives():
    low, high = bootstrap_interval(DARWIN, [1.0] * 15, seed=0)
    fisher = stats.t.interval(0.95, 14, np.mean(DARWIN), stats.sem(DARWIN))

    assert high - low == pytest.approx(fisher[1] - fisher[0], rel=0.1)


def test_with_weights_it_is_that_of_scipy_over_the_weighted_mean():
    weights = [1.0, 2.0, 3.0, 4.0, 5.0] * 3

    def weighted(drawn: np.ndarray, chosen: np.ndarray, axis: int) -> np.ndarray:
        return (drawn * chosen).sum(axis) / chosen.sum(axis)

    theirs = stats.bootstrap(
        (DARWIN, weights),
        weighted,
        paired=True,
        vectorized=True,
        confidence_level=1 - 2 * tail_share(15),
        method="percentile",
        n_resamples=50_000,
        rng=1,
    ).confidence_interval

    assert bootstrap_interval(DARWIN, weights, seed=0) == pytest.approx(tuple(theirs), abs=0.025)


@pytest.mark.parametrize("changed", [0.02, 0.3, 1.0])
def test_that_pairs_without_a_change_are_not_drawn_one_by_one_changes_no_interval(changed):
    random = np.random.default_rng(5)
    found = np.where(random.random(400) < changed, random.choice([-1, -0.5, 0.25], 400), 0.0).tolist()
    # A weight that differs in the ninth digit is drawn pair by pair and weighs the same.
    drawn_singly = bootstrap_interval(found, [1.000000001, *[1.0] * 399], seed=3)

    assert bootstrap_interval(found, [1.0] * 400, seed=3) == pytest.approx(drawn_singly, abs=0.01)


@pytest.mark.parametrize("pairs", [5, 8, 10, 30, 100, 10_000])
def test_the_percentiles_are_as_far_out_as_hesterbergs_with_scipys_student(pairs):
    right = stats.norm.cdf(-math.sqrt(pairs / (pairs - 1)) * stats.t.ppf(0.975, pairs - 1))

    assert tail_share(pairs) == pytest.approx(right, rel=0.02)


@settings(max_examples=40, deadline=None)
@given(differences, st.data())
def test_an_interval_lies_within_the_differences_and_is_the_same_for_the_same_seed(found, data):
    weights = data.draw(st.lists(st.floats(0.1, 10), min_size=len(found), max_size=len(found)))

    low, high = bootstrap_interval(found, weights, seed=11)

    assert min(found) - 1e-12 <= low <= high <= max(found) + 1e-12
    assert bootstrap_interval(found, weights, seed=11) == (low, high)


@settings(max_examples=20, deadline=None)
@given(differences, st.integers(2, 64))
def test_the_unit_of_the_weights_does_not_matter(found, factor):
    weights = [1.0 + number % 3 for number in range(len(found))]
    scaled = [weight * factor for weight in weights]

    interval = bootstrap_interval(found, weights, seed=2)
    assert bootstrap_interval(found, scaled, seed=2) == pytest.approx(interval, abs=1e-12)


@settings(deadline=None)
@given(st.floats(-1, 1), st.integers(1, 50))
def test_pairs_that_differ_all_alike_leave_no_doubt(difference, pairs):
    found = bootstrap_interval([difference] * pairs, [1.0] * pairs, seed=0)

    assert found == (difference, difference)


def test_a_seed_gives_these_figures_on_every_python_version():
    found = [0.0] * 40 + [0.25, -0.25, 1.0, -1.0, -0.5, -0.5]
    weights = [1.0 + number % 2 for number in range(46)]

    assert bootstrap_interval(found, [1.0] * 46, seed=7) == pytest.approx((-0.0923913043478, 0.0489130434783))
    assert bootstrap_interval(found, weights, seed=7) == pytest.approx((-0.1212462759144, 0.0255944101011))
