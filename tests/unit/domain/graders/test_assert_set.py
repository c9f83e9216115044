"""Promises of assert-set and of the pass rule it shares with a case."""

from __future__ import annotations

import pytest

from promptops.domain.errors import GraderUnavailable, InvalidDataset
from promptops.domain.graders.grading import Assertion, Output
from promptops.domain.graders.tally import Tally
from promptops.domain.graders.weighing import weigh
from tests.unit.domain.graders.grading_of import a_grader, graded
from tests.unit.fakes_evaluation import FakeAssistants


def contains(text: str, weight: float = 1.0, metric: str = "") -> Assertion:
    return Assertion("contains", a_grader("contains", text), weight, metric)


def a_set(
    *parts: Assertion, weight: float = 1.0, metric: str = "", threshold: float | None = None
) -> Assertion:
    return Assertion("assert-set", a_grader("assert-set", parts, threshold=threshold), weight, metric)


def weighed(answer: str, *assertions: Assertion, threshold: float | None = None):
    return weigh(assertions, threshold, Output(answer), FakeAssistants())


@pytest.mark.parametrize(
    ("answer", "threshold", "score", "passed"),
    [
        ("ab", None, 1.0, True),
        ("a", None, 0.75, False),
        ("a", 0.75, 0.75, True),
        ("a", 0.76, 0.75, False),
        ("b", 0.2, 0.25, True),
        ("", 0, 0.0, True),
        ("", None, 0.0, False),
    ],
)
def test_all_must_be_met_or_with_a_threshold_enough_of_their_weight(
    answer: str, threshold: float | None, score: float, passed: bool
):
    parts = (contains("a", 3), contains("b", 1))

    alone = weighed(answer, *parts, threshold=threshold)
    in_a_set = graded("assert-set", answer, parts, threshold=threshold)
    opposite = graded("not-assert-set", answer, parts, threshold=threshold)

    assert (alone.score, alone.passed) == (in_a_set.score, in_a_set.passed) == (score, passed)
    assert (opposite.score, opposite.passed) == (1 - score, not passed)


def test_a_set_counts_once_with_its_own_weight():
    both = a_set(contains("a"), contains("b"), weight=1)

    assert weighed("ac", both, contains("c", 3)).score == pytest.approx((0.5 + 3) / 4)


def test_what_weighs_nothing_is_measured_and_cannot_fail():
    result = weighed("a", contains("a"), contains("b", 0, "length"), a_set(contains("c"), weight=0))

    assert (result.score, result.passed, result.failures) == (1.0, True, ())
    assert result.metrics["length"].mean == 0.0
    assert weighed("ab", contains("a"), contains("b", 0, "length")).metrics["length"].mean == 1.0


def test_metrics_are_weighted_means_of_what_names_them():
    result = weighed("a", contains("a", 3, "tone"), contains("b", 1, "tone"), contains("a", 1, "other"))

    assert {name: tally.mean for name, tally in result.metrics.items()} == {"tone": 0.75, "other": 1.0}


def test_metrics_inside_a_set_count_with_the_sets_weight():
    inner = a_set(contains("a", 1, "tone"), contains("b", 1, "facts"), weight=3, metric="all")

    result = weighed("a", inner, contains("b", 1, "tone"))

    assert result.metrics["tone"].mean == pytest.approx(3 / 4)
    assert result.metrics["facts"].mean == 0.0
    assert result.metrics["all"].mean == 0.5


def test_a_part_with_the_metric_of_its_set_is_not_counted_twice():
    inner = a_set(contains("a", 1, "tone"), contains("b", 1, "tone"), metric="tone")

    assert weighed("a", inner).metrics == {"tone": Tally.of(0.5, 1)}


def test_a_failure_names_the_parts_that_failed():
    parts = (contains("a"), contains("b"), contains("c"), contains("d"), contains("e"))

    (failure,) = weighed("a", a_set(*parts, metric="facts")).failures

    assert (failure.kind, failure.metric, failure.name) == ("assert-set", "facts", "facts")
    assert failure.reason == (
        "assert-set: 4 of 5 not met (contains: lacks 'b'; contains: lacks 'c'; contains: lacks 'd')"
    )
    assert graded("assert-set", "a", parts, threshold=0.5).reason.startswith(
        "assert-set: score 0.20, at least 0.5 expected; 4 of 5 not met"
    )


def test_a_failure_without_a_metric_is_named_by_its_kind():
    (failure,) = weighed("", contains("a")).failures

    assert failure.name == "contains"


@pytest.mark.parametrize("kind", ["assert-set", "not-assert-set"])
def test_a_part_that_could_not_run_leaves_the_set_without_a_grade(kind: str):
    parts = (contains("a", 1), Assertion("cost", a_grader("cost", threshold=1), 0))

    with pytest.raises(GraderUnavailable):
        graded(kind, "a", parts)


@pytest.mark.parametrize(
    "value",
    [
        None,
        (),
        "contains",
        [contains("a")],
        ({"type": "contains", "value": "a"},),
        (contains("a", 0),),
        (contains("a"), a_set(contains("b"))),
        (contains("a"), Assertion("not-assert-set", a_grader("not-assert-set", (contains("b"),)))),
    ],
)
def test_a_set_holds_assertions_of_which_one_has_a_weight_and_none_is_a_set(value: object):
    with pytest.raises(InvalidDataset):
        a_grader("assert-set", value)


def test_a_threshold_of_a_set_is_a_number():
    with pytest.raises(InvalidDataset, match="threshold"):
        a_grader("assert-set", (contains("a"),), threshold=float("nan"))
