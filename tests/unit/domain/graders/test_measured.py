"""Promises of latency and cost: what nobody measured is no grade."""

from __future__ import annotations

import pytest

from promptops.domain.errors import GraderUnavailable, InvalidDataset
from promptops.domain.graders.grading import MET, Output
from tests.unit.domain.graders.grading_of import a_grader, graded

ANSWER = Output("text", latency_ms=800, cost_usd=0.002)


@pytest.mark.parametrize(
    ("kind", "threshold", "passed"),
    [
        ("latency", 800, True),
        ("latency", 799.5, False),
        ("latency", 0, False),
        ("cost", 0.002, True),
        ("cost", 0.0019, False),
        ("cost", 1, True),
    ],
)
def test_it_passes_up_to_its_threshold_and_its_negation_above_it(kind: str, threshold: float, passed: bool):
    assert graded(kind, ANSWER, threshold=threshold).passed is passed
    assert graded(f"not-{kind}", ANSWER, threshold=threshold).passed is not passed


@pytest.mark.parametrize("kind", ["latency", "not-latency", "cost", "not-cost"])
def test_what_nobody_measured_is_neither_met_nor_missed(kind: str):
    with pytest.raises(GraderUnavailable, match="has nothing to grade"):
        graded(kind, Output("text"), threshold=1)


def test_nothing_is_a_measured_amount_too():
    assert graded("cost", Output("text", cost_usd=0.0), threshold=0) == MET
    assert graded("latency", Output("text", latency_ms=0), threshold=0) == MET


@pytest.mark.parametrize("kind", ["latency", "cost", "not-latency", "not-cost"])
@pytest.mark.parametrize("threshold", [None, float("nan"), float("inf"), True, "1"])
def test_without_a_number_to_compare_with_there_is_no_grader(kind: str, threshold: float | None):
    with pytest.raises(InvalidDataset, match="threshold"):
        a_grader(kind, threshold=threshold)


def test_reasons_hold_both_numbers():
    assert graded("latency", ANSWER, threshold=500).reason == "latency: 800 ms, at most 500 expected"
    assert graded("cost", ANSWER, threshold=0.001).reason == "cost: 0.002 USD, at most 0.001 expected"
    assert (
        graded("not-latency", ANSWER, threshold=900).reason
        == "not-latency: met, and must not be: threshold 900"
    )
