"""Promises of a stored report: it comes back as it was, and says nothing that its cases do not."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from promptops.domain.canonical import canonical
from promptops.domain.errors import EvaluationTooFew, EvidenceMismatch, InvalidScore
from promptops.domain.evaluation.compare import compared
from promptops.domain.policy import Thresholds
from promptops.domain.report import Baseline, Binding, Report
from tests.unit.domain.evaluation.results import pairs, result, results

MAX_BYTES = 4_000_000
LIVE = Baseline("prod", 12, "b" * 64, "a-model")


def report(cases: list[Any], *, compare: bool = False, **differs: Any) -> Report:
    thresholds = differs.pop("thresholds", Thresholds(min_cases=1))
    return Report(
        evaluation_id="evaluation-1",
        prompt_id="support-ticket",
        version=13,
        binding=Binding("c" * 64, "d" * 64, "graders", "a-model", "bedrock"),
        thresholds=thresholds,
        cases=tuple(cases),
        started_at="2026-03-01T00:00:00Z",
        finished_at="2026-03-01T00:01:00Z",
        dataset_cases=differs.pop("dataset_cases", len(cases)),
        baseline=LIVE if compare else None,
        comparison=compared(cases, thresholds=thresholds, seed=0) if compare else None,
        **differs,
    )


def stored(found: Report) -> dict[str, Any]:
    """What is in the bucket."""
    document: dict[str, Any] = json.loads(canonical(found.to_dict()))
    return document


COMPARED = report(pairs(*[(1, 1), (0.5, 1), (0.75, 0.25), (1, 1)] * 5), compare=True)
READINGS = [
    report(results(1, 0.5, 1)),
    COMPARED,
    report(pairs((1, 1)), compare=True, thresholds=Thresholds(min_score=0.5, min_cases=1)),
    report(results(*[1, 0] * 60), dataset_cases=2_000),
    report([result(metrics={"format": 0.5}, tags=("a", "b"), weight=2.5, pass_rate=0.75, cost_usd=0.01)]),
    report([result("broken", 0.0, error="E_MODEL_UNAVAILABLE", pass_rate=0.0)]),
]


@pytest.mark.parametrize("found", READINGS, ids=range(len(READINGS)))
def test_a_report_is_the_same_after_it_was_written_and_read(found):
    again = Report.from_dict(stored(found))

    assert again == found
    assert (again.gate, again.score) == (found.gate, found.score)


def test_score_verdict_and_reasons_are_those_of_the_cases_whatever_is_written_there():
    forged = {
        **stored(report(results(0, 0, 0))),
        "score": 1.0,
        "verdict": "pass",
        "reasons": [],
        "failed_critical": [],
    }

    again = Report.from_dict(forged)

    assert (again.score, again.verdict) == (0.0, "fail")


def test_what_cannot_be_judged_is_never_written():
    with pytest.raises(EvaluationTooFew):
        report(results(1, 1), thresholds=Thresholds(min_cases=5)).to_dict()


@pytest.mark.parametrize(
    "forged",
    [
        {"difference": 0.5},
        {"low": 0.0, "high": 0.0},
        {"low": -0.01, "high": 0.3},
        {"newly_failed": []},
        {"pairs": 3},
        {"p_value": 0.9},
        {"impossible_because": "the live model is gone"},
    ],
    ids=str,
)
def test_a_comparison_that_is_not_that_of_its_cases_is_refused(forged):
    document = stored(COMPARED)

    with pytest.raises(EvidenceMismatch):
        Report.from_dict({**document, "comparison": {**document["comparison"], **forged}})


@pytest.mark.parametrize("missing", ["comparison", "baseline"])
def test_a_report_beside_the_live_version_has_both_baseline_and_comparison(missing):
    with pytest.raises(EvidenceMismatch, match="a baseline without a comparison"):
        Report.from_dict({**stored(COMPARED), missing: None})


def test_a_score_that_is_none_is_refused():
    document = stored(report(results(1, 1)))
    document["cases"][0]["score"] = float("nan")

    with pytest.raises(InvalidScore):
        Report.from_dict(document)


def test_a_critical_case_that_failed_in_one_repeat_is_among_the_failed():
    flaky = result("flaky", 0.9, passed=True, pass_rate=0.9, critical=True)

    assert report([flaky, result("fine", critical=True)]).failed_critical == ("flaky",)


def test_ten_thousand_cases_with_reasons_fit_into_four_megabytes():
    random = Random(0)
    cases = [
        result(
            f"intent-router-case-{number:05d}",
            round(random.random(), 3) if number % 5 == 0 else 1.0,
            reasons=("severity: expected one of high, medium, low",) if number % 5 == 0 else (),
            live_score=1.0,
            tags=("card-arrival", "short"),
            metrics={"format": 1.0, "severity": 0.0},
            latency_ms=812,
            input_tokens=1430,
            output_tokens=88,
            cost_usd=0.00123456,
        )
        for number in range(10_000)
    ]

    content = canonical(report(cases, compare=True).to_dict())

    assert len(content) < MAX_BYTES
    assert Report.from_dict(json.loads(content)).cases == tuple(cases)


def test_a_report_of_schema_1_is_read():
    document = stored(report(results(1, 0.5)))
    for name in ("measuring", "dataset_cases", "baseline", "comparison", "usage"):
        del document[name]

    again = Report.from_dict({**document, "schema": 1})

    assert (again.complete, again.score) == (True, 0.75)
    assert again.verdict == "fail"


def test_reports_differ_in_whether_every_case_was_measured():
    assert COMPARED.complete
    assert not replace(COMPARED, dataset_cases=21).complete
