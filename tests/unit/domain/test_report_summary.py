"""What every page says about a report."""

from __future__ import annotations

from dataclasses import replace

import pytest

from promptops.domain.evaluation.comparison import Comparison
from promptops.domain.evaluation.measuring import Measuring
from promptops.domain.policy import Thresholds
from promptops.domain.question import ModelName
from promptops.domain.report import Usage
from promptops.domain.report_summary import (
    Unmeasured,
    compared,
    cost,
    dollars,
    extent,
    flaky,
    floor_rows,
    headline,
    listed,
    score_beside_floor,
    signed,
    tokens,
    unmeasured,
    worst,
)
from tests.unit.cli.reports import a_case, a_report, worse_than_live


def test_the_comparison_is_one_sentence_with_everything_that_decides() -> None:
    assert compared(worse_than_live()) == (
        "Worse by 0.038 than v2 (live in prod), over 20 pairs (95% interval -0.113 to 0.000, margin 0.05); "
        "1 newly failed (late-order), 1 newly passed; exact McNemar p = 1.000."
    )


@pytest.mark.parametrize(
    ("difference", "begins"),
    [(0.02, "Better by 0.020 than v2"), (-0.0004, "As good as v2"), (0.0, "As good as v2")],
)
def test_better_and_equal_have_words_of_their_own(difference: float, begins: str) -> None:
    report = replace(worse_than_live(), comparison=Comparison(20, difference, -0.1, 0.1))

    assert compared(report).startswith(begins)


def test_what_could_not_be_compared_says_why() -> None:
    impossible = Comparison(2, impossible_because="2 of 20 cases have an answer of both versions")
    report = replace(worse_than_live(), comparison=impossible)

    assert compared(report) == (
        "Not compared with v2 (live in prod): 2 of 20 cases have an answer of both versions."
    )


def test_nothing_live_is_no_comparison() -> None:
    assert compared(a_report(a_case("one"))) == ""


def test_a_score_just_below_its_floor_does_not_look_like_it() -> None:
    report = a_report(a_case("one", score=0.7996, passed=False))

    assert score_beside_floor(report) == ("0.7996", "0.8000")


def test_an_error_has_no_score() -> None:
    report = a_report(a_case("one"), a_case("two", passed=False, error="E_MODEL"))

    assert headline(report) == "support-ticket@v3: error, nothing to judge it by"
    assert floor_rows(report) == []


def test_what_could_not_be_measured_is_counted_by_its_code_with_an_example() -> None:
    cases = [
        a_case(f"case-{number}", passed=False, error=code, reasons=(f"reason {number}",))
        for number, code in enumerate(("E_MODEL", "E_EVAL_GRADER", "E_MODEL"))
    ]

    assert unmeasured([*cases, a_case("fine")]) == [
        Unmeasured("E_MODEL", ("case-0", "case-2"), "reason 0"),
        Unmeasured("E_EVAL_GRADER", ("case-1",), "reason 1"),
    ]


def test_floors_are_held_missed_or_with_a_sample_uncertain() -> None:
    whole = {row.name: row.outcome for row in floor_rows(worse_than_live())}
    cases = [a_case(f"case-{number}", passed=number > 4) for number in range(30)]
    part = floor_rows(a_report(*cases, dataset_cases=3_000, thresholds=Thresholds(min_score=0.85)))

    assert whole == {"score": "held", "metric format": "missed", "slice billing": "held"}
    assert [row.outcome for row in part] == ["uncertain"]
    assert " in all)" in part[0].measured


def test_the_worst_are_critical_then_new_then_low() -> None:
    cases = [
        a_case("low", passed=False, score=0.1),
        a_case("new", passed=False, score=0.9),
        a_case("fine"),
        a_case("critical", passed=False, score=0.95, critical=True),
        a_case("broken", passed=False, score=0.0, error="E_MODEL"),
    ]

    assert [case.case_id for case in worst(cases, ["new"])] == ["critical", "new", "low"]


def test_only_repeats_that_differ_are_flaky() -> None:
    cases = [
        a_case("always"),
        a_case("never", passed=False),
        a_case("seldom", passed=False, pass_rate=0.2),
        a_case("half", pass_rate=0.5),
    ]

    assert [case.case_id for case in flaky(cases)] == ["half", "seldom"]


def test_how_much_was_measured_names_sample_seed_and_repeats() -> None:
    sample = a_report(a_case("one"), dataset_cases=10_000, measuring=Measuring(seed=7, repeats=3))

    assert extent(sample) == "a sample of 1 of 10,000 cases, seed 7, each asked 3 times"
    assert extent(a_report(a_case("one"))) == "all 1 cases"


def test_an_unknown_price_is_an_unknown_cost() -> None:
    known, unknown = a_report(a_case("one")), a_report(a_case("one"), usage=Usage(10, 10))

    assert cost(known) == "$0.15 (prices as of 2026-02-01; verify on the provider's page)"
    assert cost(unknown) == f"cost unknown: no price for {known.binding.model_id}"


def test_an_unknown_price_may_be_that_of_any_model_that_was_asked() -> None:
    measuring = Measuring(judge=ModelName("some-judge", "lab"))
    report = a_report(a_case("one"), usage=Usage(10, 10), measuring=measuring)

    assert cost(report) == f"cost unknown: no price for one of {report.binding.model_id}, some-judge"


def test_older_reports_have_their_tokens_in_the_cases() -> None:
    assert tokens(a_report(a_case("one"), a_case("two"), usage=Usage())) == (800, 200)


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "$0.00"), (0.09999, "$0.10"), (0.00123, "$0.0012"), (0.1476, "$0.15"), (1234.5, "$1,234.50")],
)
def test_dollars(amount: float, text: str) -> None:
    assert dollars(amount) == text


def test_numbers_with_signs_and_lists_with_ends() -> None:
    assert [signed(value) for value in (-0.0001, 0.01, -0.01)] == ["0.000", "+0.010", "-0.010"]
    assert listed(["a", "b", "c"], 2) == "a, b and 1 more"
    assert listed(["a", "b"], 2) == "a, b"
