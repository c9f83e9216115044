"""What an approver reads of the evaluation."""

from __future__ import annotations

from dataclasses import replace

from lambdas.approve.page.evidence import evidence
from promptops.domain.evaluation.comparison import Comparison
from promptops.domain.evaluation_history import EvaluationHistory, PastEvaluation
from promptops.domain.report import Report
from promptops.stages.background import Background
from tests.unit.approve.test_site import Elements
from tests.unit.cli.reports import a_case, a_report, worse_than_live

ONLY = Background(
    "newest", EvaluationHistory(1, [PastEvaluation("newest", "pass", 0.9, "2026-03-01T10:00:00Z")])
)


def text_of(report: Report | None, behind: Background = ONLY) -> str:
    return Elements(evidence(report, "e" * 64, behind)).text


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


def tried(*outcomes: tuple[str, float], total: int = 0) -> Background:
    """Newest first; the newest is the one on the page."""
    newest = [
        PastEvaluation(f"report-{number}", verdict, score, f"2026-03-{28 - number:02}T10:00:00Z")
        for number, (verdict, score) in enumerate(outcomes)
    ]
    return Background("report-0", EvaluationHistory(total or len(newest), newest))


def test_whoever_measured_until_it_passed_is_seen() -> None:
    text = text_of(a_report(a_case("one")), tried(("pass", 0.82), ("fail", 0.74), ("inconclusive", 0.78)))

    assert "Evaluation 3 of 3 of this version" in text
    assert "fail 0.74, 27 Mar 2026, 10:00 UTC" in text
    assert text.index("fail 0.74") < text.index("inconclusive 0.78")
    assert "pass 0.82, " not in text


def test_more_attempts_than_are_shown_are_counted() -> None:
    text = text_of(a_report(a_case("one")), tried(*[("fail", 0.7)] * 10, total=40))

    assert "Evaluation 40 of 40 of this version" in text
    assert text.count("fail 0.70, ") == 9
    assert "and 30 older" in text


def test_a_first_attempt_raises_no_doubt() -> None:
    text = text_of(a_report(a_case("one")))

    assert "evaluation 1 of 1 of this version" in text
    assert "asks the models anew" not in text


def test_an_attempt_without_a_score_is_shown_without_one() -> None:
    text = text_of(a_report(a_case("one")), tried(("pass", 0.9), ("error", 0.0)))

    assert "error, 27 Mar 2026" in text


def test_a_shrunken_dataset_and_looser_rules_stand_beside_those_of_live() -> None:
    behind = replace(ONLY, other_cases="cases: 16 (live was measured on 25)", softened=("min_score 0.70",))

    for report in (a_report(a_case("one")), None):
        text = text_of(report, behind)
        assert "Other cases than live: cases: 16 (live was measured on 25)" in text
        assert "min_score 0.70" in text
    assert "Not measured as the live version was" not in text_of(a_report(a_case("one")))
