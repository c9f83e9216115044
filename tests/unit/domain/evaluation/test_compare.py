"""Promises of the comparison with the live version: paired, over what both answered, and not to be forged."""

from __future__ import annotations

from dataclasses import replace
from statistics import pstdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptops.domain.errors import EvaluationEmpty, EvidenceMismatch
from promptops.domain.evaluation.compare import check_comparison, compared
from promptops.domain.evaluation.comparison import Comparison
from promptops.domain.policy import Thresholds
from tests.unit.domain.evaluation.results import pairs, result, results

THRESHOLDS = Thresholds(min_cases=5)


def compare(cases, **differs) -> Comparison:
    return compared(cases, thresholds=Thresholds(**{"min_cases": 5, **differs}), seed=0)


def test_the_difference_is_new_minus_live_and_its_interval_lies_around_it():
    found = compare(pairs((0.5, 1), (1, 1), (1, 1), (1, 1), (1, 0), (1, 1), (1, 1), (0, 1), (1, 1), (1, 1)))

    assert (found.pairs, found.difference) == (10, pytest.approx(-0.05))
    assert -1 < found.low < -0.05 < 0 < found.high < 1


def test_weights_count_in_the_difference():
    cases = [result("heavy", 0.5, live_score=1.0, weight=8.0), *pairs((1, 1), (1, 1), (1, 1), (1, 1))]

    assert compare(cases).difference == pytest.approx(-1 / 3)


def test_a_case_without_weight_changes_no_mean_and_is_named_all_the_same():
    cases = [result("odd", 0.0, live_score=1.0, weight=0.0), *pairs((1, 1), (0.5, 1), (1, 1), (1, 1))]

    found = compare(cases)

    assert (found.pairs, found.difference) == (5, pytest.approx(-0.125))
    assert found.newly_failed == ("odd", "case-2")


def test_where_no_pair_has_any_weight_there_is_no_mean():
    with pytest.raises(EvaluationEmpty, match="no case has any weight"):
        compare(pairs(*[(1, 1)] * 5, weight=0.0))


def test_who_newly_fails_and_who_newly_passes_is_named_and_critical_ones_apart():
    cases = [
        result("worse", 0.5, live_score=1.0),
        result("worse-and-critical", 0.5, live_score=1.0, critical=True),
        result("better", 1.0, live_score=0.5),
        result("still-bad", 0.5, live_score=0.5, critical=True),
        result("still-good", 1.0, live_score=1.0),
    ]

    found = compare(cases)

    assert found.newly_failed == ("worse", "worse-and-critical")
    assert found.newly_failed_critical == ("worse-and-critical",)
    assert found.newly_passed == ("better",)
    assert found.p_value == 1


def test_six_that_newly_fail_and_none_that_newly_passes_are_no_chance():
    assert compare(pairs(*[(0, 1)] * 6, (1, 1))).p_value == pytest.approx(2 / 2**6)


def test_only_cases_that_both_versions_answered_are_pairs():
    cases = [
        *pairs((1, 1), (1, 1), (1, 1), (1, 1), (0.5, 1)),
        result("live-was-silent", 0.0),
        result("error", 0.0, live_score=1.0, error="E_MODEL_UNAVAILABLE"),
    ]

    found = compare(cases)

    assert (found.pairs, found.newly_failed) == (5, ("case-5",))
    assert found.difference == pytest.approx(-0.1)


def test_with_fewer_pairs_than_an_evaluation_needs_cases_nothing_is_compared():
    found = compare([*pairs((0, 1), (1, 1)), *results(1, 1, 1)[1:]], min_cases=3)

    assert found == Comparison(
        2, impossible_because="2 of 4 cases have an answer of both versions, 3 are needed"
    )


def test_the_same_cases_and_seed_give_the_same_comparison():
    cases = pairs(*[(1, 1), (0.5, 1), (0.75, 0.25), (0, 1)] * 5)

    assert compared(cases, thresholds=THRESHOLDS, seed=4) == compared(cases, thresholds=THRESHOLDS, seed=4)
    assert compared(cases, thresholds=THRESHOLDS, seed=4) != compared(cases, thresholds=THRESHOLDS, seed=5)


MEASURED = pairs(*[(1, 1), (0.5, 1), (0.75, 0.25), (0, 1)] * 5)


@pytest.mark.parametrize(
    "cases",
    [
        MEASURED,
        pairs(*[(1, 1)] * 8),
        pairs(*[(0.7, 0.9)] * 8),
        pairs(*[(0, 1)] * 3),
        pairs(*[(1, 1)] * 99, (0, 1)),
    ],
    ids=["mixed", "all alike", "all worse alike", "too few", "one in a hundred"],
)
def test_what_was_compared_holds_when_it_is_checked(cases):
    check_comparison(compare(cases), cases, thresholds=THRESHOLDS)


@pytest.mark.parametrize(
    "forged",
    [
        {"pairs": 21},
        {"difference": 0.0},
        {"p_value": 1.0},
        {"newly_failed": ()},
        {"newly_passed": ("case-1",)},
        {"newly_failed_critical": ("case-2",)},
        {"impossible_because": "nobody was there"},
        {"low": float("nan")},
        {"high": float("inf")},
        {"low": 0.1},
        {"high": -0.4},
        {"low": -1.1},
    ],
    ids=str,
)
def test_a_comparison_that_the_cases_do_not_give_is_refused(forged):
    with pytest.raises(EvidenceMismatch):
        check_comparison(replace(compare(MEASURED), **forged), MEASURED, thresholds=THRESHOLDS)


@pytest.mark.parametrize(("below", "above"), [(0.1, 0.1), (0.9, 0.9), (0.4, 3), (3, 0.4)])
def test_an_interval_of_too_few_standard_errors_is_refused(below, above):
    honest, error = compare(MEASURED), pstdev([0, -0.5, 0.5, -1]) / 20**0.5
    forged = replace(honest, low=honest.difference - below * error, high=honest.difference + above * error)

    with pytest.raises(EvidenceMismatch, match="no interval of these cases"):
        check_comparison(forged, MEASURED, thresholds=THRESHOLDS)


@settings(deadline=None, max_examples=80)
@given(
    st.lists(
        st.tuples(st.sampled_from((0.0, 0.5, 1.0)), st.sampled_from((0.0, 0.5, 1.0)), st.floats(0.01, 1000)),
        min_size=2,
        max_size=12,
    ),
    st.integers(0, 9),
)
def test_an_honest_comparison_is_never_refused(measured, seed):
    rules = Thresholds(min_cases=1)
    cases = [
        result(f"case-{number}", new, live_score=live, weight=weight)
        for number, (new, live, weight) in enumerate(measured)
    ]

    check_comparison(compared(cases, thresholds=rules, seed=seed), cases, thresholds=rules)


def test_a_comparison_is_the_same_after_it_was_written_and_read():
    honest = compare(MEASURED)

    assert Comparison.from_dict(honest.to_dict()) == honest
