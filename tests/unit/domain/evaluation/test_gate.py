"""Promises of the gate: what it lets pass, what it stops, what it leaves open, and that it says why."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptops.domain.errors import EvaluationEmpty, EvaluationError, EvaluationTooFew, InvalidScore
from promptops.domain.evaluation.compare import compared
from promptops.domain.evaluation.comparison import Comparison
from promptops.domain.evaluation.floors import Measured, floors
from promptops.domain.evaluation.gate import Gate, enough, judged
from promptops.domain.policy import Thresholds
from tests.unit.domain.evaluation.results import pairs, result, results

#: Nothing but what the case says can fail.
LENIENT = Thresholds(min_score=0, min_cases=1)


def gate(cases, *, comparison: Comparison | None = None, of: int = 0, **thresholds) -> Gate:
    rules = Thresholds(**{"min_cases": 1, **thresholds})
    return judged(Measured(cases, of or len(cases)), rules, comparison)


def beside_live(cases, **thresholds) -> Gate:
    rules = Thresholds(**{"min_score": 0, "min_cases": 1, **thresholds})
    return judged(Measured(cases, len(cases)), rules, compared(cases, thresholds=rules, seed=0))


# Floors


def test_what_reaches_every_floor_passes_and_says_what_it_reached():
    cases = results(1, 1, 1, 0.5, metrics={"format": 0.9}, tags=("short",))

    found = gate(cases, min_score=0.8, metrics={"format": 0.9}, slices={"short": 0.85})

    assert found == Gate(
        "pass",
        (
            "score 0.88 reaches 0.80 (4 cases)",
            "metric format 0.90 reaches 0.90 (4 cases)",
            "slice short 0.88 reaches 0.85 (4 cases)",
        ),
    )


def test_a_score_below_its_floor_fails():
    assert gate(results(1, 0.5, 0.6), min_score=0.8) == Gate("fail", ("score 0.70 is below 0.80 (3 cases)",))


def test_a_score_that_misses_by_little_is_written_with_the_digits_it_takes():
    assert gate(results(1, 0.5996), min_score=0.8).reasons == ("score 0.7998 is below 0.8000 (2 cases)",)


def test_a_score_that_rounding_alone_puts_below_its_floor_reaches_it():
    cases = results(*[0.8] * 5, weight=0.3)

    assert math.fsum([0.8 * 0.3] * 5) / math.fsum([0.3] * 5) < 0.8
    assert gate(cases, min_score=0.8).verdict == "pass"


def test_weights_count_in_every_floor():
    cases = [
        result("heavy", 0.5, weight=3.0, tags=("t",), metrics={"m": 0.5}),
        result("light", 1.0, tags=("t",), metrics={"m": 1.0}),
    ]

    found = gate(cases, min_score=0.7, metrics={"m": 0.7}, slices={"t": 0.7})

    assert [reason.partition(" is")[0] for reason in found.reasons] == [
        "score 0.62",
        "metric m 0.62",
        "slice t 0.62",
    ]


def test_a_slice_below_its_floor_fails_a_good_score():
    cases = [*results(*[1] * 20), result("evil-1", 0.5, tags=("adversarial", "long")), result("evil-2", 0.75)]

    assert gate(cases, slices={"adversarial": 0.9}).reasons == (
        "slice adversarial 0.50 is below 0.90 (1 case)",
    )


def test_a_metric_is_judged_by_the_cases_that_have_it():
    cases = [*results(*[1] * 9, metrics={"format": 1.0}), result("other", 1.0, metrics={"format": 0.0})]

    assert gate(cases, metrics={"format": 0.95}).reasons == ("metric format 0.90 is below 0.95 (10 cases)",)
    assert gate([*cases[:9], result("none")], metrics={"format": 0.95}).verdict == "pass"


# Critical cases


def test_one_failed_critical_case_fails_a_perfect_rest():
    cases = [*results(*[1] * 99), result("refund-without-order", 0.9, critical=True)]

    assert gate(cases) == Gate("fail", ("critical case refund-without-order fails",))


def test_a_critical_case_that_newly_fails_is_named_as_such():
    cases = [*pairs(*[(1, 1)] * 99), result("refund", 0.75, live_score=1.0, critical=True)]

    assert beside_live(cases).reasons == ("critical case refund passes live and fails here",)


def test_a_critical_case_must_pass_in_every_repeat_whatever_is_enough_for_others():
    flaky = result("flaky", 0.8, passed=True, pass_rate=0.8)

    assert gate([flaky], min_pass_rate=0.6).verdict == "pass"
    assert gate([replace(flaky, critical=True)], min_pass_rate=0.6) == Gate(
        "fail", ("critical case flaky passes in 80% of its repeats, all must pass",)
    )


def test_of_many_failed_critical_cases_ten_are_named_and_the_others_counted():
    reasons = gate(results(*[0] * 14, critical=True), min_score=0).reasons

    assert len(reasons) == 11
    assert reasons[-1] == "4 more critical cases fail"


# Beside the live version


def test_a_version_that_does_the_same_as_the_live_one_passes_even_with_no_margin_at_all():
    cases = pairs((1, 1), (0.5, 0.5), (1, 1), (0.25, 0.25), (1, 1))

    found = beside_live(cases, margin=0.0)

    assert found.verdict == "pass"
    assert found.reasons[-1] == (
        "scores the same as the live version, between 0.00 and 0.00 over 5 cases; 0.00 lower is allowed"
    )


def test_a_version_shown_to_be_worse_than_the_margin_allows_fails():
    found = beside_live(pairs(*[(0.75, 1)] * 20, *[(1, 1)] * 20), margin=0.05)

    assert found.verdict == "fail"
    assert found.reasons[0].startswith("scores 0.12 lower than the live version, between -0.16 and -0.08")
    assert found.reasons[0].endswith(" over 40 cases; 0.05 lower is allowed")


def test_a_version_shown_to_be_no_worse_than_the_margin_allows_passes():
    found = beside_live(pairs(*[(0.75, 1)] * 2, *[(1, 1)] * 98), margin=0.05)

    assert found.verdict == "pass"
    assert found.reasons[-1].startswith("scores 0.005 lower") or "0.01 lower" in found.reasons[-1]


def test_what_may_be_worse_or_not_is_inconclusive_and_says_how_many_cases_would_tell():
    found = beside_live(pairs((0, 1), *[(1, 1)] * 29), margin=0.05)

    assert found.verdict == "inconclusive"
    assert len(found.reasons) == 1
    assert found.reasons[0].startswith("scores 0.03 lower than the live version, between -0.1")
    assert found.reasons[0].endswith("0.05 lower is allowed; about 480 cases would tell")


def test_many_more_failures_than_live_fail_although_the_scores_are_close():
    cases = pairs(*[(0.96, 1)] * 12, *[(1, 1)] * 88)

    assert beside_live(cases, margin=0.05) == Gate(
        "fail",
        (
            "12 cases newly fail and 0 newly pass of 100 (exact McNemar p 0.00049): "
            "12.0% more fail than live, 5.0% allowed",
        ),
    )


@pytest.mark.parametrize(
    ("cases", "why"),
    [
        (pairs(*[(0.96, 1)] * 5, *[(1, 1)] * 15), "five of five changes are chance"),
        (pairs(*[(0.96, 1)] * 12, *[(1, 1)] * 388), "three in a hundred are within the margin"),
        (pairs(*[(1, 0.96)] * 12, *[(1, 1)] * 88), "they newly pass"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_changes_of_pass_and_fail_do_not(cases, why):
    assert beside_live(cases, margin=0.05).verdict == "pass", why


def test_where_comparing_is_impossible_the_floors_decide_and_it_is_said():
    comparison = Comparison(2, impossible_because="2 of 9 cases have an answer of both versions")

    found = gate(results(*[1] * 9), comparison=comparison)

    assert found.verdict == "pass"
    assert found.reasons[-1] == (
        "not compared with the live version: 2 of 9 cases have an answer of both versions"
    )


def test_a_failed_floor_weighs_more_than_what_is_left_open():
    cases = pairs((0, 1), *[(1, 1)] * 29)

    assert beside_live(cases, min_score=0.99).verdict == "fail"
    assert all("score 0.97" in reason for reason in beside_live(cases, min_score=0.99).reasons)


# What is no verdict


def test_a_case_that_could_not_be_measured_makes_an_error_of_the_worst_and_of_the_best():
    broken = result("broken", 0.0, error="E_MODEL_UNAVAILABLE", critical=True)
    other = result("other", 0.0, error="E_EVAL_GRADER")

    assert gate([*results(*[1] * 8), broken, other]) == Gate(
        "error", ("2 of 10 cases could not be measured: E_EVAL_GRADER (1), E_MODEL_UNAVAILABLE (1)",)
    )


def test_without_a_case_there_is_no_verdict():
    with pytest.raises(EvaluationEmpty):
        judged(Measured([], 0), LENIENT, None)


def test_a_dataset_smaller_than_an_evaluation_needs_has_none():
    with pytest.raises(EvaluationTooFew, match="4 of 5 cases"):
        gate(results(1, 1, 1, 1), min_cases=5)


@pytest.mark.parametrize(
    "broken",
    [
        {"score": float("nan")},
        {"score": 1.5},
        {"score": -0.1},
        {"score": True},
        {"pass_rate": float("nan")},
        {"metrics": {"format": float("inf")}},
        {"live_score": float("nan"), "live_passed": True},
        {"weight": float("nan")},
        {"weight": -1.0},
        {"weight": float("inf")},
        {"passed": "no"},
        {"critical": 0},
        {"live_score": 1.0, "live_passed": None},
    ],
    ids=str,
)
def test_a_number_or_claim_that_is_none_has_none(broken):
    with pytest.raises(InvalidScore, match="case 'case-1' has"):
        judged(Measured([replace(result(), **broken)], 1), LENIENT, None)


def test_a_case_that_was_measured_twice_has_none():
    with pytest.raises(EvaluationError, match="case 'case-1' was measured twice"):
        gate([result(), result()])


def test_cases_without_any_weight_have_none():
    with pytest.raises(EvaluationEmpty, match="no case has any weight"):
        gate(results(1, 1, weight=0.0))


@pytest.mark.parametrize("floor", [{"metrics": {"tone": 0.5}}, {"slices": {"tone": 0.5}}], ids=str)
def test_a_floor_under_what_no_case_has_is_no_floor_that_holds(floor):
    with pytest.raises(EvaluationTooFew, match=r"no case has the (metric|slice) tone"):
        gate(results(1, 1, tags=("other",), metrics={"other": 1.0}), **floor)


# Samples


def test_a_sample_far_above_its_floor_passes_and_one_far_below_fails():
    good, bad = results(*[1] * 100), results(*[1, 0] * 50)

    assert gate(good, of=1_000, min_score=0.8).verdict == "pass"
    assert gate(bad, of=1_000, min_score=0.8).reasons == (
        "score 0.50 in a sample, 0.41 to 0.59 in all, is below 0.80 (100 cases)",
    )
    assert gate(bad, of=1_000, min_score=0.8).verdict == "fail"


def test_a_sample_near_its_floor_is_inconclusive_until_all_are_measured():
    near = results(*[1] * 82, *[0] * 18)

    assert gate(near, of=1_000, min_score=0.8) == Gate(
        "inconclusive",
        ("score 0.82 in a sample, 0.74 to 0.88 in all, may be below 0.80 (100 cases)",),
    )
    assert gate(near, min_score=0.8).verdict == "pass"


def test_the_more_of_a_dataset_is_measured_the_surer_it_is():
    near = results(*[1] * 85, *[0] * 15)

    def width(dataset_cases: int) -> float:
        (score,) = floors(Measured(near, dataset_cases), LENIENT)
        return score.high - score.low

    assert width(100_000) > width(200) > width(110) > width(101) > width(100) == 0


def test_critical_cases_are_all_measured_and_count_as_they_are():
    """A tenth of the dataset is critical and known, so that only nine tenths of the score are uncertain."""
    critical = [result(f"critical-{number}", 1.0, critical=True) for number in range(100)]
    others = results(*[1, 0] * 50)

    (score,) = floors(Measured([*critical, *others], 1_000), LENIENT)
    (alone,) = floors(Measured(others, 900), LENIENT)

    assert (score.low, score.high) == pytest.approx((0.1 + 0.9 * alone.low, 0.1 + 0.9 * alone.high))


def test_a_slice_of_which_the_sample_has_no_case_is_left_open():
    found = gate(results(*[1] * 100), of=1_000, slices={"rare": 0.9})

    assert found == Gate("inconclusive", ("slice rare: no such case is in the sample, 0.90 is needed",))


def test_a_slice_of_which_the_sample_has_critical_cases_only_is_left_open():
    rare = result("rare", 1.0, critical=True, tags=("rare",))

    assert gate([*results(*[1] * 100), rare], of=1_000, slices={"rare": 0.9}).verdict == "inconclusive"


def test_more_floors_make_each_bound_wider_so_that_all_hold_together():
    cases = results(*[1] * 85, *[0] * 15, tags=("a", "b", "c"))
    alone = floors(Measured(cases, 1_000), LENIENT)[0]
    among = floors(Measured(cases, 1_000), replace(LENIENT, slices={"a": 0, "b": 0, "c": 0}))[0]

    assert among.low < alone.low < alone.high < among.high


def test_a_sample_with_too_few_pairs_to_compare_is_left_open():
    comparison = Comparison(2, impossible_because="2 of 100 cases have an answer of both versions")

    assert gate(results(*[1] * 100), of=1_000, comparison=comparison).verdict == "inconclusive"


# Enough


def verdict_on(sample, *, full: bool, of: int = 1_000, comparison: Comparison | None = None) -> str:
    return enough(Measured(sample, of), Thresholds(min_cases=1), comparison, full=full)


def test_a_sample_that_fails_is_enough_for_every_risk():
    bad = results(*[1, 0] * 50)

    assert verdict_on(bad, full=False) == verdict_on(bad, full=True) == "report"


def test_a_sample_that_passes_is_enough_unless_every_case_is_demanded():
    good = results(*[1] * 100)

    assert verdict_on(good, full=False) == "report"
    assert verdict_on(good, full=True) == "rest"


def test_a_sample_that_leaves_it_open_is_never_enough():
    near = results(*[1] * 82, *[0] * 18)

    assert verdict_on(near, full=False) == verdict_on(near, full=True) == "rest"


def test_a_failed_critical_case_in_the_sample_is_enough():
    assert verdict_on([*results(*[1] * 99), result("critical", 0.5, critical=True)], full=True) == "report"


def test_no_more_is_asked_after_an_error_nor_when_there_is_no_more():
    near = results(*[1] * 82, *[0] * 18)

    assert verdict_on([*results(*[1] * 99), result("x", 0, error="E_EVAL_GRADER")], full=True) == "report"
    assert verdict_on(near, full=True, of=100) == "report"


def test_a_sample_much_worse_than_live_is_enough_and_one_that_may_be_is_not():
    worse, open_ = pairs(*[(0.85, 1)] * 100), pairs(*[(1, 1)] * 97, *[(0, 1)] * 3)

    for cases, decision in ((worse, "report"), (open_, "rest")):
        comparison = compared(cases, thresholds=LENIENT, seed=0)
        assert verdict_on(cases, full=False, comparison=comparison) == decision


# For any data


quarters = st.sampled_from((0.0, 0.25, 0.5, 0.75, 1.0))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(quarters, quarters), min_size=5, max_size=40), st.floats(0, 0.3))
def test_a_better_answer_never_makes_the_verdict_worse(scores, margin):
    rank = {"fail": 0, "inconclusive": 1, "pass": 2}
    before = beside_live(pairs(*scores), margin=margin, min_score=0.5)
    perfect = beside_live(pairs(*((1.0, live) for _, live in scores)), margin=margin, min_score=0.5)

    assert rank[before.verdict] <= rank[perfect.verdict]
    assert perfect.verdict == "pass"


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(quarters, quarters), min_size=5, max_size=40), st.floats(0, 0.3))
def test_every_verdict_has_a_reason(scores, margin):
    found = beside_live(pairs(*scores), margin=margin, min_score=0.5)

    assert found.reasons
    assert not any(reason.endswith(".") or "\n" in reason for reason in found.reasons)


@settings(deadline=None, max_examples=60)
@given(st.lists(quarters, min_size=2, max_size=60), st.integers(0, 200), st.floats(0, 1))
def test_a_sample_is_judged_as_the_whole_or_left_open_where_it_is_the_whole(scores, more, needed):
    cases = results(*scores)

    whole = gate(cases, min_score=needed).verdict
    sampled = gate(cases, of=len(cases) + more, min_score=needed).verdict

    assert sampled in (whole, "inconclusive")
    assert more or sampled == whole
