"""A report is evidence for exactly what it measured, and for nothing that differs in a single part."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from promptops.domain.errors import EvaluationFailed, EvaluationTooFew, EvidenceMismatch, Inconclusive
from promptops.domain.evaluation.measuring import Measuring
from promptops.domain.evidence_rules import Demands, evidence_problem
from promptops.domain.grader_set import GRADERS
from promptops.domain.policy import Policy, Thresholds
from promptops.domain.question import ModelName
from promptops.domain.report import Report
from promptops.domain.version import VersionRecord
from tests.unit.release_world import World

DEMANDS = Demands(GRADERS, ("bedrock", "standin"))


@pytest.fixture
def measured() -> tuple[VersionRecord, Report]:
    """A version and the report that passed it."""
    world = World()
    record = world.publish()
    return record, world.reports.load(world.evaluate(record))


def sampled(verdict: str = "pass") -> tuple[VersionRecord, Report]:
    """A version and the report over 20 of its 100 cases."""
    world = World()
    world.publish()
    ref = world.publish(2).ref
    world.change(ref, policy=Policy("low", Thresholds(), Measuring(sample=20)))
    world.change(ref, dataset=replace(world.registry.rows[ref].dataset, cases=100))
    record = world.registry.version(ref)
    score = 1.0 if verdict == "pass" else 0.1
    return record, world.reports.load(world.evaluate(record, cases=20, of=100, score=score))


def test_a_report_is_evidence_for_what_it_measured(measured):
    assert evidence_problem(*measured, DEMANDS) is None


@pytest.mark.parametrize("part", ["content_sha256", "dataset_sha256", "graders", "model_id", "graded_by"])
def test_a_report_of_another_text_dataset_grader_or_model_is_none(measured, part: str):
    record, report = measured
    other = replace(report, binding=replace(report.binding, **{part: "another"}))

    assert isinstance(evidence_problem(record, other, DEMANDS), EvidenceMismatch)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"prompt_id": "another"},
        {"thresholds": Thresholds(0.1)},
        {"measuring": Measuring(repeats=2)},
        {"measuring": Measuring(judge=ModelName("another"))},
        {"cases": ()},
        {"dataset_cases": 4},
        {"dataset_cases": 6},
    ],
    ids=str,
)
def test_a_report_of_another_version_or_measured_with_other_rules_is_none(measured, change: dict[str, Any]):
    record, report = measured

    assert isinstance(evidence_problem(record, replace(report, **change), DEMANDS), EvidenceMismatch)


def test_a_sample_is_evidence_unless_every_case_is_asked_for():
    record, report = sampled()

    assert report.verdict == "pass"
    assert evidence_problem(record, report, DEMANDS) is None
    problem = evidence_problem(record, report, replace(DEMANDS, full=True))
    assert "20 of 100 cases run, all are asked for" in str(problem)


def test_a_sample_smaller_than_the_policy_says_is_no_evidence():
    record, report = sampled()

    assert isinstance(
        evidence_problem(record, replace(report, cases=report.cases[:19]), DEMANDS), EvidenceMismatch
    )


def test_a_sample_that_failed_has_failed_also_where_every_case_is_asked_for():
    record, report = sampled("fail")

    assert isinstance(evidence_problem(record, report, replace(DEMANDS, full=True)), EvaluationFailed)


def test_a_report_that_could_not_be_judged_is_no_evidence(measured):
    record, report = measured
    high = Policy("low", Thresholds(min_cases=6))

    problem = evidence_problem(
        replace(record, policy=high), replace(report, thresholds=high.thresholds), DEMANDS
    )

    assert isinstance(problem, EvaluationTooFew)


def test_an_unclear_report_counts_only_where_no_verdict_is_demanded():
    world = World()
    world.released(1)
    record = world.publish(2)
    report = world.reports.load(world.unclear(record))

    assert evidence_problem(record, report, DEMANDS) is None
    assert isinstance(evidence_problem(record, report, replace(DEMANDS, conclusive=True)), Inconclusive)


def test_a_report_counts_beside_the_version_it_was_compared_with():
    world = World()
    world.released(1)
    first, second = world.registry.version(world.publish(2).ref), world.publish(3)
    live = world.registry.rows[replace(first.ref, version=1)]
    report = world.reports.load(world.evaluate(second))

    assert evidence_problem(second, report, replace(DEMANDS, live=live)) is None
    for other in (first, replace(live, sha256="another")):
        problem = evidence_problem(second, report, replace(DEMANDS, live=other))
        assert "compared with v1" in str(problem)


def test_a_report_beside_nothing_counts_only_where_nothing_is_live(measured):
    record, report = measured
    live = replace(record, ref=replace(record.ref, version=7))

    assert "compared with nothing, live is v7" in str(
        evidence_problem(record, report, replace(DEMANDS, live=live))
    )


def test_reasons_for_a_failure_are_named_and_few(measured):
    record, report = measured
    failed = tuple(replace(case, score=0.0, passed=False, critical=True) for case in report.cases)

    problem = str(evidence_problem(record, replace(report, cases=failed), DEMANDS))

    assert "critical case case-0 fails" in problem
    assert "and 3 more" in problem
