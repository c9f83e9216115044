"""What an approver reads of the evaluation."""

from __future__ import annotations

from dataclasses import replace

from lambdas.approve.page.evidence import evidence
from promptops.domain.evaluation.comparison import Comparison
from promptops.domain.report import Report
from tests.unit.approve.test_site import Elements
from tests.unit.cli.reports import a_case, a_report, worse_than_live


def text_of(report: Report) -> str:
    return Elements(evidence(report, "e" * 64)).text


def test_the_comparison_the_floors_and_the_cost_are_there() -> None:
    text = text_of(worse_than_live())

    for part in (
        "Worse by 0.038 than v2 (live in prod)",
        "1 newly failed (late-order)",
        "The evaluation's verdict is fail",
        "critical case late-order passes live and fails here",
        "metric format0.970.99missed",
        "slice billing0.960.90held",
        "all 20 cases, each asked 3 times",
        "$0.15 (prices as of 2026-02-01; verify on the provider's page)",
    ):
        assert part in text, part


def test_a_sample_is_called_one() -> None:
    report = replace(a_report(*(a_case(f"case-{number}") for number in range(30))), dataset_cases=900)

    assert "a sample of 30 of 900 cases, seed 0" in text_of(report)


def test_more_newly_failed_cases_than_fit_a_sentence_have_a_line() -> None:
    cases = [a_case(f"case-{number}", passed=number > 6) for number in range(40)]
    comparison = Comparison(40, -0.1, -0.2, 0.0, 0.01, tuple(f"case-{number}" for number in range(7)))

    text = text_of(a_report(*cases, comparison=comparison))

    assert "Newly failed: case-0, case-1, case-2, case-3, case-4, case-5, case-6" in text


def test_without_a_live_version_the_page_says_so() -> None:
    assert "Compared with no other version: none was live." in text_of(a_report(a_case("one")))


def test_unsteady_cases_are_named() -> None:
    assert "Flaky casesone (67%)" in text_of(a_report(a_case("one", pass_rate=2 / 3), a_case("two")))


def test_only_a_stand_in_is_called_one() -> None:
    report = a_report(a_case("one"))
    standin = replace(report, binding=replace(report.binding, model_kind="standin"))
    endpoint = replace(report, binding=replace(report.binding, model_kind="endpoint/lab"))

    assert "Not a real model" in text_of(standin)
    assert "Not a real model" not in text_of(endpoint)
